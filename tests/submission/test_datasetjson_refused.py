"""What Dataset-JSON cannot hold is refused, and no file is left; a file edited by chance is never misread."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical.errors import DerivationError, InputError
from submission.datasetjson import write_json
from submission.datasetjson_check import check_datasetjson
from submission.datasetjson_read import read_datasetjson
from tests.submission.dsj_files import ABOUT, column, moment, moments, text, write


@pytest.fixture
def refused(tmp_path):
    """Writes a file, which must fail and leave nothing behind; gives the message."""

    def attempt(frame: pd.DataFrame, *columns: object, **about: object) -> str:
        with pytest.raises(DerivationError) as error:
            write_json(tmp_path / "dm.json", frame, replace(ABOUT, **about), list(columns))
        assert list(tmp_path.iterdir()) == []
        return str(error.value)

    return attempt


def one(values: object) -> pd.DataFrame:
    """A frame with the one column X."""
    return pd.DataFrame({"X": values})


VALUES = [
    (text("ab", "abc"), column("X", length=2), "values are longer than the length 2 (rows 2)"),
    (text("≥≥", "≥≥≥"), column("X", length=2), "values are longer than the length 2 (rows 2)"),
    ([1.0, np.inf, -np.inf], column("X", "float"), "values are infinite or beyond 1.8e308 (rows 2, 3)"),
    ([1.0, 1.5], column("X", "integer"), "values are not whole numbers below 2**63 (rows 2)"),
    ([1.0, np.inf], column("X", "integer"), "values are not whole numbers below 2**63 (rows 2)"),
    ([1.0, 2.0**63], column("X", "integer"), "values are not whole numbers below 2**63 (rows 2)"),
    (
        moments(None, "2024-05-12T00:00:01"),
        moment("X"),
        "values have a time of day, which a date would drop (rows 2)",
    ),
    (moments("1581-12-31"), moment("X"), "dates lie before 1582 or after 9999 (rows 1)"),
    (
        np.array(["10000-01-01"], "M8[s]"),
        moment("X", "datetime"),
        "dates lie before 1582 or after 9999 (rows 1)",
    ),
    ([86400.0, -1.0, 0.0], moment("X", "time"), "values are no time of a day (rows 1, 2)"),
    ([1e-7], moment("X", "time"), "values have parts of a second finer than a microsecond (rows 1)"),
    (
        moments("2024-05-12T00:00:00.000000001", unit="ns"),
        moment("X", "datetime"),
        "values have parts of a second finer than a microsecond (rows 1)",
    ),
    (
        text("1.5", "<5"),
        column("X", "decimal", targetDataType="decimal"),
        "values are no decimal numbers (rows 2)",
    ),
    (pd.Series(["a", "\ud800"], dtype="object"), column("X"), "values have half a character (rows 2)"),
]


@pytest.mark.parametrize(("values", "of", "message"), VALUES)
def test_values_that_cannot_be_written_are_refused(refused, values, of, message):
    assert refused(one(values), of) == f"DM.X: {message}"


TYPES = [
    (text("a"), column("X", "float"), "text", "float", "none"),
    (text("2024-05-12"), moment("X"), "text", "date", "integer"),
    ([1.0], column("X"), "number", "string", "none"),
    ([1.0], moment("X"), "number", "date", "integer"),
    ([1.0], column("X", "boolean"), "number", "boolean", "none"),
    ([True], column("X"), "boolean", "string", "none"),
    (moments("2024-05-12"), column("X", "date"), "datetime", "date", "none"),
    (moments("2024-05-12"), column("X"), "datetime", "string", "none"),
    ([b"x"], column("X"), "object (bytes)", "string", "none"),
    ([datetime(2024, 5, 12, tzinfo=UTC)], moment("X"), "type timestamp[us, tz=UTC]", "date", "integer"),
]


@pytest.mark.parametrize(("values", "of", "found", "kind", "target"), TYPES)
def test_a_column_of_another_type_is_refused(refused, values, of, found, kind, target):
    message = f"the column holds {found}, which cannot be written as {kind} with targetDataType {target}"
    assert refused(one(values), of) == f"DM.X: {message}"


NO_MOMENT = "which is no date and time such as 2024-05-12T10:30:00"
ABOUTS = [
    ({"created": ""}, f"DM: created is '', {NO_MOMENT}"),
    ({"created": "2025-02-30T00:00:00"}, f"DM: created is '2025-02-30T00:00:00', {NO_MOMENT}"),
    ({"modified": "yesterday"}, f"DM: modified is 'yesterday', {NO_MOMENT}"),
    ({"modified": "2025-03-10T00:00:00"}, "DM: the database was changed after the file was made"),
    ({"itemGroupOID": ""}, "DM: itemGroupOID is empty"),
]


@pytest.mark.parametrize(("about", "message"), ABOUTS)
def test_metadata_that_cannot_be_are_refused(refused, about, message):
    assert refused(one(text("a")), column("X"), **about) == message


COLUMNS = [
    ([], "DM: there are no columns"),
    ([column("X"), column("X")], "X is given twice as name"),
    ([column("X", keySequence=2)], "DM: the numbers of the keys are 2; they must be 1, 2, 3 and so on"),
    (
        [column("X", targetDataType="integer")],
        "DM.X: dataType string and targetDataType integer do not go together",
    ),
    ([column("X", "text")], "DM.X: dataType text and targetDataType none do not go together"),
    ([column("X", length=0)], "DM.X: length 0 is not allowed; it is 1 or more"),
    ([replace(column("X"), itemOID="")], "DM.X: itemOID is empty"),
    ([column("Y")], "DM: frame and columns differ: only in the frame X; only in the columns Y"),
]


@pytest.mark.parametrize(("columns", "message"), COLUMNS)
def test_columns_that_cannot_be_are_refused(refused, columns, message):
    assert message in refused(one(text("a")), *columns)


def test_everything_that_is_wrong_is_told_at_once(refused):
    frame = pd.DataFrame({"X": text("abc"), "N": [np.inf]})
    assert refused(frame, column("X", length=1), column("N", "float")) == (
        "DM: 2 things that a Dataset-JSON file cannot hold:\n"
        "  DM.X: values are longer than the length 1 (rows 1)\n"
        "  DM.N: values are infinite or beyond 1.8e308 (rows 1)"
    )


def test_a_frame_with_two_columns_of_one_name_is_refused(refused):
    frame = pd.DataFrame([["a", "b"]], columns=["X", "X"])
    assert "X is given twice as column of the frame" in refused(frame, column("X"))


def test_the_frame_is_not_changed(tmp_path):
    frame = pd.DataFrame({"X": text('a"', ""), "N": [-0.0, np.nan]})
    before = frame.copy(deep=True)
    write(tmp_path / "dm.json", frame, column("X"), column("N", "float"))
    pd.testing.assert_frame_equal(frame, before)


EDITS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 2), st.text('[]",\\ nul1.0eE-{}:\tt\r\n', max_size=3)),
    max_size=3,
)
BEFORE = pd.DataFrame({"A": ['x"y', "],[", None], "N": [1.5, 10.0, np.nan]})


def never(name: str) -> None:
    """What Python's reader lets pass and JSON does not have: NaN and the infinities."""
    raise ValueError(name)


def parsed(path: Path) -> list | None:
    """The rows as the standard library reads them; None if it does not, or not as rows."""
    try:
        if path.suffix == ".json":
            rows = json.loads(path.read_bytes(), parse_constant=never)["rows"]
        else:
            lines = path.read_bytes().decode().split("\n")[1:]
            rows = [json.loads(line, parse_constant=never) for line in lines if line.strip(" \t\r")]
    except (ValueError, KeyError):
        return None
    return rows if isinstance(rows, list) and all(map(is_right, rows)) else None


def is_right(row: object) -> bool:
    """True for a text and a finite number, or null."""
    if not isinstance(row, list) or len(row) != 2:
        return False
    one, other = row
    number = type(other) in (int, float) and abs(other) < np.inf
    return (one is None or isinstance(one, str)) and (other is None or number)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(EDITS, st.sampled_from([".json", ".ndjson"]))
def test_a_file_edited_by_chance_is_read_as_the_standard_library_does_or_not_at_all(
    tmp_path_factory, edits, form
):
    path = tmp_path_factory.mktemp("edited") / f"dm{form}"
    write(path, BEFORE, column("A"), column("N", "float"))
    head, begin, rows = path.read_text().partition('"rows":[' if form == ".json" else "\n")
    for at, gone, new in edits:
        place = at % max(len(rows), 1)
        rows = rows[:place] + new + rows[place + gone :]
    path.write_text(head + begin + rows, newline="")
    expected = parsed(path)
    head = head.replace('"records":3', f'"records":{3 if expected is None else len(expected)}')
    path.write_text(head + begin + rows, newline="")
    try:
        got = read_datasetjson(path).frame
    except InputError:
        assert expected is None
        assert check_datasetjson(path) != []
        return
    assert expected is not None
    assert got["A"].fillna("").tolist() == [row[0] or "" for row in expected]
    numbers = [np.nan if row[1] is None else float(row[1]) for row in expected]
    np.testing.assert_array_equal(got["N"], numbers)
    if [fault.id for fault in check_datasetjson(path)] != ["dsj.schema"]:  # an attribute more
        assert check_datasetjson(path) == []

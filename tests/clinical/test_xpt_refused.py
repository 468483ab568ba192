"""What a transport file cannot hold is refused before a file exists; what it changes is told. Rule F-XPT."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from xpt_files import char, moments, num, text, write

from clinical.errors import DerivationError, SpecError
from clinical.xpt import Variable, check_format, check_label, check_name, read_xpt

PRINTABLE_ONLY = "text is printable ASCII"


@pytest.fixture
def refused(tmp_path):
    """Writes DM, which must fail and leave nothing behind; gives the message."""

    def attempt(frame: object, *variables: Variable, **more: object) -> str:
        with pytest.raises(DerivationError) as error:
            write(tmp_path / "dm.xpt", frame, *variables, **more)
        assert list(tmp_path.iterdir()) == []
        return str(error.value)

    return attempt


def one(values: object) -> pd.DataFrame:
    """A frame with the one column X."""
    return pd.DataFrame({"X": values})


@pytest.mark.parametrize("name", ["age", "Age", "AGEATONSET", "1AGE", "_AGE", "AGE GRP", "ALTÉR"])
def test_a_name_that_sas_does_not_know_is_refused(refused, name):
    expected = (
        f"{name} is no name of 1 to 8 capital letters, digits and underscores that starts with a letter"
    )
    frame = pd.DataFrame({name: [1.0]})
    assert refused(frame, Variable(name, "", "Num")) == f"DM.{name}: {expected}"
    assert refused(one([1.0]), num("X"), name=name) == f"{name}: {expected}"


def test_a_label_over_40_characters_is_refused_and_not_cut(refused):
    long = "x" * 41
    message = "the label has 41 characters, 40 are allowed"
    assert refused(one([1.0]), Variable("X", long, "Num")) == f"DM.X: {message}"
    assert refused(one([1.0]), num("X"), label=long) == f"DM: {message}"


def test_a_label_with_a_dash_from_a_document_is_refused(refused):
    message = "the label holds U+2013; labels are printable ASCII"
    assert refused(one([1.0]), Variable("X", "Time – Hours", "Num")) == f"DM.X: {message}"
    assert refused(one([1.0]), num("X"), label="Time – Hours") == f"DM: {message}"


NO_FORMATS = ["date9.", "DATE9", "$8.", "MYFMT5.", "8.8", ".", "8", "DATE99.", "8.2.", "9", "best8."]


@pytest.mark.parametrize("format", NO_FORMATS)
def test_a_format_that_is_not_on_the_list_is_refused(refused, format):
    message = f"DM.X: {format} is not a SAS format for Num variables that is on the list"
    assert refused(one([1.0]), num("X", format)) == message


@pytest.mark.parametrize("format", ["DATE9.", "20.", "$20.2", "$201.", "$char5."])
def test_a_format_of_the_other_type_is_refused(refused, format):
    message = f"DM.X: {format} is not a SAS format for Char variables that is on the list"
    assert refused(one(text("a")), char("X", format=format)) == message


def test_a_type_is_char_or_num(refused):
    message = "DM.X: Date is no type; a variable is Char or Num"
    assert refused(one([1.0]), Variable("X", "", "Date")) == message


def test_a_length_beyond_the_format_is_refused(refused):
    more = "text has 1 to 200 bytes, a number 8"
    assert (
        refused(one(text("a")), char("X", length=201)) == f"DM.X: length 201 is not allowed for Char: {more}"
    )
    assert refused(one(text("a")), char("X", length=0)) == f"DM.X: length 0 is not allowed for Char: {more}"
    assert refused(one([1.0]), num("X", length=4)) == f"DM.X: length 4 is not allowed for Num: {more}"


def test_a_system_name_that_does_not_fit_the_header_is_refused(refused):
    more = "cannot be the version or system of the header: up to 8 printable ASCII characters"
    assert refused(one([1.0]), num("X"), system=("9.4", "cdiscflow")) == f"DM: 'cdiscflow' {more}"


def test_a_file_without_variables_is_refused(refused):
    assert refused(pd.DataFrame()) == "DM: 0 variables; a transport file has 1 to 9999"


def test_two_columns_of_one_name_are_refused(refused):
    frame = pd.DataFrame([[1.0, 2.0]], columns=["X", "X"])
    assert refused(frame, num("X")) == "DM: X is given twice in the frame"
    assert refused(one([1.0]), num("X"), num("X")) == "DM: X is given twice in the variables"


def test_a_column_is_neither_forgotten_nor_made_up(refused):
    frame = pd.DataFrame({"X": [1.0], "Y": [2.0]})
    expected = "DM: frame and variables differ: only in the frame Y; only in the variables Z"
    assert refused(frame, num("X"), num("Z")) == expected
    expected = "DM: frame and variables differ: only in the frame Y; only in the variables none"
    assert refused(frame, num("X")) == expected


MIXED = [
    ([1, "a"], "object (mixed-integer)"),
    ([Decimal("1.1"), Decimal("2")], "object (decimal)"),
    ([date(2024, 1, 1), None], "object (date)"),
    ([pd.Timestamp("2024-01-01"), date(2024, 1, 1)], "object (date)"),
    ([b"a", b"b"], "object (bytes)"),
    ([True, None], "object (boolean)"),
]


@pytest.mark.parametrize(("values", "found"), MIXED)
@pytest.mark.parametrize("type_", ["Char", "Num"])
def test_a_column_of_objects_is_refused(refused, values, found, type_):
    frame = one(pd.Series(values, dtype="object"))
    message = f"DM.X: the column holds {found}, which cannot be written as {type_}"
    assert refused(frame, Variable("X", "", type_)) == message


OTHERS = [
    (pd.Series([timedelta(days=1)]), "type timedelta64[us]"),
    (pd.Series([timedelta(days=1)], dtype="timedelta64[s]"), "type timedelta64[s]"),
    (
        pd.Series(pd.to_datetime(["2024-01-01"], utc=True)).astype("datetime64[s, UTC]"),
        "type timestamp[s, tz=UTC]",
    ),
    (pd.Series([1j]), "type complex128"),
    (pd.Series(["1.10"], dtype=pd.ArrowDtype(pa.decimal128(5, 2))), "type decimal128(5, 2)"),
    (
        pd.Series(pd.period_range("2024-01", periods=1, freq="M")),
        "type extension<pandas.period<ArrowPeriodType>>",
    ),
    (text("1"), "text"),
]


@pytest.mark.parametrize(("column", "found"), OTHERS, ids=[found for _, found in OTHERS])
def test_a_column_that_would_have_to_be_guessed_is_refused_as_number(refused, column, found):
    message = f"DM.X: the column holds {found}, which cannot be written as Num"
    assert refused(one(column), num("X", "DATETIME20.")) == message


def test_numbers_are_not_made_text(refused):
    assert refused(one([1.0]), char("X")) == "DM.X: the column holds number, which cannot be written as Char"
    dates = one(moments("2024-01-01"))
    assert refused(dates, char("X")) == "DM.X: the column holds datetime, which cannot be written as Char"


def test_a_date_without_a_date_format_is_refused(refused):
    dates = one(moments("2024-01-01"))
    message = "DM.X: a column of kind datetime needs DATE9. or DATETIME20., not {}"
    assert refused(dates, num("X")) == message.format("no format")
    assert refused(dates, num("X", "TIME8.")) == message.format("TIME8.")
    times = pa.table({"X": pa.array([1], pa.time32("s"))})
    assert refused(times, num("X", "DATE9.")) == "DM.X: a column of kind time needs TIME8., not DATE9."


def test_text_that_is_not_ascii_is_refused_with_its_rows(refused):
    frame = one(text("ok", "5 µg", None, "≥ 3 µg"))
    assert refused(frame, char("X")) == f"DM.X: values hold U+00B5, U+2265; {PRINTABLE_ONLY} (rows 2, 4)"


@pytest.mark.parametrize(
    ("sign", "code"), [("\0", "U+0000"), ("\n", "U+000A"), ("\t", "U+0009"), ("\x7f", "U+007F")]
)
def test_null_bytes_line_breaks_and_tabs_are_refused(refused, sign, code):
    frame = one(text("ok", f"a{sign}b"))
    assert refused(frame, char("X")) == f"DM.X: values hold {code}; {PRINTABLE_ONLY} (rows 2)"


def test_text_that_was_decoded_leniently_is_refused(refused):
    """0xFF read with `surrogateescape` is half a pair, U+DCFF, which no file can hold."""
    frame = one(pd.Series(["ok", None, "a\udcff"], dtype="object"))
    assert refused(frame, char("X")) == f"DM.X: values hold U+FFFD; {PRINTABLE_ONLY} (rows 3)"


def test_at_most_five_rows_are_named(refused, monkeypatch):
    monkeypatch.setattr("clinical.xpt_columns.ROWS_A_CHECK", 4)
    frame = one(text(*(["ok"] + ["é"] * 8)))
    message = f"DM.X: values hold U+00E9; {PRINTABLE_ONLY} (rows 2, 3, 4, 5, 6 and 3 more)"
    assert refused(frame, char("X")) == message


def test_201_bytes_are_refused_and_not_cut(refused):
    message = "DM.X: values are longer than 200 bytes, the longest has 201 (rows 2)"
    assert refused(one(text("a", "x" * 201)), char("X")) == message
    message = "DM.X: values are longer than 3 bytes, the longest has 4 (rows 1)"
    assert refused(one(text("abcd", "abc")), char("X", length=3)) == message


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e76, -7.3e75])
def test_infinite_and_too_large_numbers_are_refused(refused, value):
    message = "DM.X: values are infinite or beyond 7.2e75 (rows 2)"
    assert refused(one([1.0, value]), num("X")) == message


@pytest.mark.parametrize("dtype", ["int64", "uint64", "Int64"])
def test_a_whole_number_that_would_be_rounded_is_refused(refused, dtype):
    message = "DM.X: whole numbers beyond 2**53 would be rounded (rows 1)"
    assert refused(one(pd.Series([2**53 + 1, 5], dtype=dtype)), num("X")) == message


def test_a_date_with_a_time_of_day_is_refused(refused):
    frame = one(moments("2024-01-01", "2024-01-01T00:00:01"))
    assert (
        refused(frame, num("X", "DATE9."))
        == "DM.X: values have a time of day, which DATE9. would drop (rows 2)"
    )


@pytest.mark.parametrize(
    ("moment", "unit"), [("2024-01-01T00:00:00.000000001", "ns"), ("9998-01-01T00:00:00.000001", "us")]
)
def test_parts_of_a_second_that_would_be_lost_are_refused(refused, moment, unit):
    message = "DM.X: values have parts of a second that would be lost (rows 1)"
    assert refused(one(moments(moment, unit=unit)), num("X", "DATETIME20.")) == message


@pytest.mark.parametrize("moment", ["1581-12-31", "10000-01-01"])
@pytest.mark.parametrize("format", ["DATE9.", "DATETIME20."])
def test_a_date_that_sas_does_not_know_is_refused(refused, moment, format):
    frame = one(pd.Series(np.array([moment], dtype="M8[D]").astype("M8[s]")))
    assert refused(frame, num("X", format)) == "DM.X: dates lie before 1582 or after 9999 (rows 1)"


def test_codes_of_missing_values_must_belong_to_the_dataset(refused):
    message = "DM: the codes of missing values need the rows of the frame and names of Num variables"
    frame = pd.DataFrame({"X": [np.nan], "A": text("a")})
    variables = [num("X"), char("A")]
    assert refused(frame, *variables, codes=pd.DataFrame({"X": text(".A", ".B")})) == message
    assert refused(frame, *variables, codes=pd.DataFrame({"A": text(".A")})) == message


def test_a_missing_code_is_one_of_sas(refused):
    message = "DM.X: missing codes are none of . ._ .A to .Z (rows 1, 2, 3)"
    codes = pd.DataFrame({"X": text("A", ".a", ".AA", ".A", None)})
    assert refused(one([np.nan] * 5), num("X"), codes=codes) == message


def test_a_number_that_is_there_has_no_missing_code(refused):
    message = "DM.X: values have a number and a missing code (rows 2)"
    assert refused(one([np.nan, 0.0]), num("X"), codes=pd.DataFrame({"X": text(".A", ".A")})) == message


def test_a_blank_last_record_of_a_narrow_dataset_is_refused(refused):
    message = (
        "DM: the last row is blank, and rows are shorter than 80 bytes: readers would take it for padding"
    )
    assert refused(one(text("a", None)), char("X")) == message
    assert refused(one(text(None)), char("X")) == message


def test_all_faults_of_a_dataset_are_told_together(refused):
    frame = pd.DataFrame({"X": text("é"), "N": [np.inf], "OK": [1.0]})
    assert refused(frame, char("X"), num("N"), num("OK")) == (
        "DM: 2 things that a transport file cannot hold:\n"
        "  DM.X: values hold U+00E9; text is printable ASCII (rows 1)\n"
        "  DM.N: values are infinite or beyond 7.2e75 (rows 1)"
    )


def test_the_limits_can_be_asked_with_a_place_in_a_spec():
    at = "mappings/toy/sdtm/dm.yml:4: DM.Age"
    with pytest.raises(SpecError) as error:
        check_name("Age", at, SpecError)
    assert str(error.value).startswith(f"{at}: Age is no name of 1 to 8 capital letters")
    with pytest.raises(SpecError, match="the label has 41 characters, 40 are allowed"):
        check_label("x" * 41, at, SpecError)
    with pytest.raises(SpecError, match="DATE is not a SAS format for Num variables"):
        check_format("DATE", "Num", at, SpecError)
    for format in ("", "8.", "8.2", "DATE9.", "DATETIME20.", "TIME8.", "BEST12.", "E8601DA10.", "Z5."):
        check_format(format, "Num")
    for format in ("$20.", "$CHAR8."):
        check_format(format, "Char")


def told(tmp_path, frame: pd.DataFrame, *variables: Variable) -> list[tuple[str, str, str]]:
    """Variable, severity and text of each finding of a dataset that can be written."""
    findings = write(tmp_path / "dm.xpt", frame, *variables).findings
    assert (findings["dataset"] == "DM").all()
    return list(findings[["variable", "severity", "text"]].itertuples(index=False, name=None))


def test_blanks_around_a_text_are_told(tmp_path):
    frame = one(text(" a", "b  ", "c", None, "   ", "d"))
    assert told(tmp_path, frame, char("X")) == [
        ("X", "warning", "values of X start with a blank (rows 1)"),
        ("X", "info", "values of X end with a blank, which is not kept (rows 2, 5)"),
    ]
    got = read_xpt(tmp_path / "dm.xpt")
    assert got.variables[0].length == 2
    assert got.frame["X"].fillna("-").tolist() == [" a", "b", "c", "-", "-", "d"]


def test_a_number_that_becomes_zero_is_told(tmp_path):
    told_ = told(tmp_path, one([1.0, 1e-80, -5e-324, 0.0]), num("X"))
    assert told_ == [("X", "info", "values of X are nearer to zero than 5.4e-79 and become 0 (rows 2, 3)")]
    assert read_xpt(tmp_path / "dm.xpt").frame["X"].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("dtype", ["float32", "float16", "Float32"])
def test_single_precision_is_told(tmp_path, dtype):
    told_ = told(tmp_path, one(pd.Series([0.1], dtype=dtype)), num("X"))
    assert told_ == [("X", "info", "X has single precision: 0.1 is written as 0.10000000149")]

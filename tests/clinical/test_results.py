"""Results in standard form: rule C-RES, the table of C.4, rows 11 and 12 of the planted dirt."""

from pathlib import Path

import pandas as pd
import pytest

from clinical.results import standardise, to_number
from clinical.terms import Terms
from clinical.units import Units

LIBRARY = Path(__file__).parents[2] / "mappings" / "library"
UNITS = Units(LIBRARY / "units.csv")
TERMS = Terms(LIBRARY)


def text(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def shown(series: pd.Series) -> list:
    return [None if pd.isna(value) else value for value in series]


def standard(test: str | None, result: str | None, unit: str | None, **options) -> tuple:
    got = standardise(text(result), text(unit), text(test), UNITS, TERMS, **options)
    return shown(got.text)[0], shown(got.number)[0], shown(got.unit)[0]


@pytest.mark.parametrize(
    ("test", "result", "unit", "expected"),
    [
        # the table of C.4
        ("ALB", "4.1", "g/dL", ("41", 41.0, "g/L")),
        ("CMVDNA", "<50", "IU/mL", ("<50", None, "IU/mL")),
        ("INTLK6", ">5000", "pg/mL", (">5000", None, "ng/L")),
        ("HBSAG", "阴性", None, ("NEGATIVE", None, None)),
        ("HBSAG", "neg.", None, ("NEGATIVE", None, None)),
        ("EBDNA", "未检出", None, ("NOT DETECTED", None, None)),
        ("BLASTNCE", "0-1", "%", ("0-1", None, "%")),
        # planted dirt 12 and 15
        ("EBDNA", "BLQ", "copies/mL", ("BLQ", None, "copies/mL")),
        ("EBDNA", "<LLOQ", "copies/mL", ("<LLOQ", None, "copies/mL")),
        ("HBSAG", "+", None, ("POSITIVE", None, None)),
        ("PROTUR", "1+", None, ("1+", None, None)),
        ("PLAT", "150,000", "/uL", ("150", 150.0, "10^9/L")),
        ("EBDNA", "1.2E5", "copies/mL", ("120000", 120000.0, "copies/mL")),
        ("TEMP", "３８．５", "C", ("38.5", 38.5, "C")),
        ("TEMP", " 98.6 ", "F", ("37", 37.0, "C")),
        ("ALB", "4,1", "g/L", ("4,1", None, "g/L")),
        # limits are converted like numbers
        ("ALB", "<0.5", "g/dL", ("<5", None, "g/L")),
        ("CREAT", "≥ 10", "mg/dL", (">=884", None, "umol/L")),
        # six significant digits, only where something was converted
        ("CREAT", "1.23456", "mg/dL", ("109.135", 109.135, "umol/L")),
        ("EBDNA", "1234567", "copies/mL", ("1234567", 1234567.0, "copies/mL")),
        ("EBDNA", "4.10", "copies/mL", ("4.1", 4.1, "copies/mL")),
        # other text is not converted, so it has no standard unit
        ("ALB", "3-4", "g/dL", ("3-4", None, None)),
        ("INR", "1.1", None, ("1.1", 1.1, "RATIO")),
        ("ALB", None, "g/dL", (None, None, None)),
    ],
)
def test_a_result_is_put_into_standard_text_number_and_unit(test, result, unit, expected):
    assert standard(test, result, unit) == expected


@pytest.mark.parametrize("result", ["<50", "BLQ", "blq", "<LLOQ", "< 50", "≤50"])
def test_a_concentration_below_quantification_is_blq(result):
    """Rule C-RES, PC."""
    assert standard("CARVCN", result, "copies/ug gDNA", below="BLQ") == ("BLQ", None, "DNA copies/ug")


def test_a_concentration_above_quantification_is_not_blq():
    assert standard("CARVCN", ">50", "DNA copies/ug", below="BLQ") == (">50", None, "DNA copies/ug")
    assert standard("CARVCN", "50", "DNA copies/ug", below="BLQ") == ("50", 50.0, "DNA copies/ug")


@pytest.mark.parametrize(("result", "unit"), [("4.1", "furlong"), ("4.1", None), ("<4.1", "furlong")])
def test_a_number_in_an_unknown_unit_has_no_standard_value_and_is_reported(result, unit):
    """Rule B-DIRT-11."""
    got = standardise(text(result, "neg."), text(unit, unit), text("ALB", "ALB"), UNITS, TERMS)
    assert (shown(got.text), shown(got.number), shown(got.unit)) == (
        [None, "NEGATIVE"],
        [None, None],
        [None, None],
    )
    assert got.no_unit.tolist() == [True, False]


def test_a_decimal_comma_is_read_only_where_the_study_says_so():
    assert standard("ALB", "41,5", "g/L", comma=True) == ("41.5", 41.5, "g/L")


def test_a_result_without_unit_or_test_column_is_read_all_the_same():
    got = standardise(text("4.10", "neg.", None), None, None, UNITS, TERMS)
    assert shown(got.text) == ["4.1", "NEGATIVE", None]
    assert shown(got.number) == [4.1, None, None]
    assert got.no_unit.tolist() == [False, False, False]


@pytest.mark.parametrize(
    ("given_text", "comma", "expected"),
    [
        ("1,200", False, 1200.0), ("1,234,567.5", False, 1234567.5), ("1.2E5", False, 120000.0),
        ("1.2e-2", False, 0.012), ("-5", False, -5.0), ("+5", False, 5.0), (".5", False, 0.5),
        ("5.", False, 5.0),
        (" 41 ", False, 41.0), ("−5", False, -5.0), ("0", False, 0.0), ("007", False, 7.0),
        ("8,5", True, 8.5), ("1.200,5", True, 1200.5), ("8.5", True, 8.5), ("1200", True, 1200.0),
    ],
)  # fmt: skip
def test_a_number_is_read_from_text(given_text, comma, expected):
    got, wrong = to_number(text(given_text), comma)
    assert (got.tolist(), wrong.tolist()) == ([expected], [False])


@pytest.mark.parametrize(
    "given_text",
    [
        "8,5", "1,20", "12,3456", "1,200,5", "<5", "0-1", "1+", "E5", ".", "-", "nan", "inf",
        "1E999", "1_0", "0x1",
    ],
)  # fmt: skip
def test_text_that_is_no_number_is_told(given_text):
    got, wrong = to_number(text(given_text))
    assert (shown(got), wrong.tolist()) == ([None], [True])


def test_a_missing_number_is_not_a_wrong_one():
    got, wrong = to_number(text(None))
    assert (shown(got), wrong.tolist()) == ([None], [False])


def test_the_order_and_number_of_rows_does_not_matter():
    got = standardise(
        text("4.1", "x", "4.1", None, "4.1"),
        text("g/dL", None, "g/L", None, "g/dL"),
        text(*["ALB"] * 5),
        UNITS,
        TERMS,
    )
    assert shown(got.text) == ["41", "x", "4.1", None, "41"]
    assert len(standardise(text(), text(), text(), UNITS, TERMS).text) == 0

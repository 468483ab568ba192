"""Units and their conversion: rule C-RES, the table of C.4, dose units of C.2."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clinical.errors import SpecError
from clinical.terms import Terms
from clinical.units import Units

LINE = (
    "a conversion needs a test or a unit to convert from, a unit to convert to, and is given once for a test"
)
LIBRARY = Path(__file__).parents[2] / "mappings" / "library"


@pytest.fixture(scope="module")
def units() -> Units:
    return Units(LIBRARY / "units.csv")


def text(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def shown(series: pd.Series) -> list:
    return [None if pd.isna(value) else value for value in series]


@pytest.mark.parametrize(
    ("test", "value", "source", "target", "expected"),
    [
        ("CREAT", 1.0, "mg/dL", "umol/L", 88.4),
        ("BILI", 1.0, "mg/dL", "umol/L", 17.1),
        ("BILDIR", 2.0, "mg/dL", "umol/L", 34.2),
        ("HGB", 12.5, "g/dL", "g/L", 125.0),
        ("ALB", 4.1, "g/dL", "g/L", 41.0),
        ("PROT", 7.0, "g/dL", "g/L", 70.0),
        ("PLAT", 150000.0, "/uL", "10^9/L", 150.0),
        ("WBC", 4200.0, "/uL", "10^9/L", 4.2),
        ("NEUT", 500.0, "10^6/L", "10^9/L", 0.5),
        ("PLAT", 150.0, "10^3/uL", "10^9/L", 150.0),
        ("TEMP", 98.6, "F", "C", 37.0),
        ("TEMP", 32.0, "F", "C", 0.0),
        ("TEMP", -40.0, "F", "C", -40.0),
        ("FERRITIN", 300.0, "ng/mL", "ug/L", 300.0),
        ("INTLK6", 12.0, "pg/mL", "ng/L", 12.0),
        ("CARTLYC", 35.0, "cells/uL", "10^6/L", 35.0),
        ("LDIAM", 1.5, "cm", "mm", 15.0),
        ("WEIGHT", 100.0, "LB", "kg", 45.359237),
        ("WEIGHT", 70000.0, "g", "kg", 70.0),
        # dose units
        (None, 2.5e8, "cells", "10^6 cells", 250.0),
        (None, 2.5, "10^8 cells", "10^6 cells", 250.0),
        (None, 250.0, "10^6 cells", "10^6 cells", 250.0),
        (None, 1.0e7, "cells/kg", "10^6/kg", 10.0),
        (None, 10.0, "10^6/kg", "10^6/kg", 10.0),
        (None, 48.0, "h*DNA copies/ug", "day*DNA copies/ug", 2.0),
    ],
)
def test_a_number_is_converted_by_the_table(units, test, value, source, target, expected):
    got, no_row = units.convert(pd.Series([value]), text(source), target, text(test))
    assert got.tolist() == pytest.approx([expected], rel=1e-12, abs=1e-12)
    assert no_row.tolist() == [False]


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [(685200000.0, "cells", "10^6 cells", 685.2), (6.852, "10^8 cells", "10^6 cells", 685.2)],
)
def test_a_power_of_ten_leaves_no_trace_of_binary_fractions(units, value, source, target, expected):
    got, _ = units.convert(pd.Series([value]), text(source), target)
    assert got.tolist() == [expected]


def test_without_a_row_there_is_no_number_and_the_record_is_named(units):
    got, no_row = units.convert(
        pd.Series([1.0, 1.0, np.nan, 1.0]), text("mg/dL", None, "foo", "umol/L"), "umol/L", text(*["ALB"] * 4)
    )
    assert shown(got) == [None, None, None, 1.0]
    assert no_row.tolist() == [True, True, False, False]


def test_a_row_of_the_test_comes_before_one_for_any_test(tmp_path):
    table = tmp_path / "units.csv"
    table.write_text("test,from,to,factor,offset,source\n,a,b,2,0,x\nT,a,b,3,1,x\n", encoding="utf-8")
    got, _ = Units(table).convert(pd.Series([1.0, 1.0]), text("a", "a"), "b", text("T", "U"))
    assert got.tolist() == [4.0, 2.0]


@pytest.mark.parametrize(
    ("test", "source", "target", "factor"),
    [
        ("HGB", "g/dL", "g/L", 10.0),
        ("HGB", "g/L", "g/L", 1.0),
        ("HGB", "mg/L", None, None),
        ("HGB", None, None, None),
        ("PLAT", "/uL", "10^9/L", 0.001),
        ("CARTLYC", "/uL", "10^6/L", 1.0),
        ("ALT", "IU/L", "U/L", 1.0),
        ("ALT", "U/L", "U/L", 1.0),
        ("HEIGHT", "cm", "cm", 1.0),
        ("LDIAM", "cm", "mm", 10.0),
        ("LDIAM", "mm", "mm", 1.0),
        ("INR", None, "RATIO", 1.0),
        ("INR", "RATIO", "RATIO", 1.0),
        ("INR", "sec", None, None),
        ("APTT", "sec", "sec", 1.0),
        ("APTT", None, None, None),
        ("INTLK6", "pg/mL", "ng/L", 1.0),
        ("INTLK6", "ng/mL", None, None),
        ("INTLK6", "IU/mL", None, None),
        ("INTLK6", None, None, None),
        ("FERRITIN", "ng/mL", "ug/L", 1.0),
        ("DDIMER", "ug/L FEU", "mg/L FEU", 0.001),
        ("CARVCN", "copies/ug gDNA", "DNA copies/ug", 1.0),
        ("CARVCN", "copies/mL", None, None),
        ("CMVDNA", "copies/mL", "copies/mL", 1.0),
        ("CMVDNA", "IU/mL", "IU/mL", 1.0),
        ("CMVDNA", "DNA copies/ug", None, None),
        ("CARVCN", None, None, None),
        ("CARTLYC", None, None, None),
        ("CARTLYP", "cells/uL", None, None),
        ("BLASTNCE", "%", "%", 1.0),
        ("BLASTNCE", "10^9/L", None, None),
        ("SYSBP", "mmHg", "mmHg", 1.0),
        ("SYSBP", "%", None, None),
        ("QTAG", "beats/min", None, None),
        ("LDIAM", "in", None, None),
        ("ICETOT", None, None, 1.0),
        ("INR", "furlong", None, None),
        (None, "mg/L", "mg/L", 1.0),
        (None, None, None, 1.0),
    ],
)
def test_a_test_is_reported_in_one_unit_whatever_unit_it_was_collected_in(
    units, test, source, target, factor
):
    unit, factors, _, no_row = units.standard(text(test), text(source))
    assert (shown(unit), shown(factors), no_row.tolist()) == ([target], [factor], [factor is None])


def test_units_without_a_test_are_reported_by_the_rows_for_any_test(units):
    unit, factor, offset, no_row = units.standard(None, text("F", "ng/mL", "furlong"))
    assert shown(unit) == ["C", "ug/L", None]
    assert shown(factor) == [pytest.approx(5 / 9), 1.0, None]
    assert shown(offset) == [pytest.approx(-160 / 9), 0.0, None]
    assert no_row.tolist() == [False, False, True]


def test_no_test_of_the_table_can_end_in_two_units():
    """A study that mixes two units of one test must not get two standard units for it.

    Only DNA of viruses has two: copies cannot be converted to international units without the assay's factor.
    """
    table = pd.read_csv(LIBRARY / "units.csv", dtype="str")
    targets = table.dropna(subset="test").groupby("test")["to"].nunique()
    assert len(targets) > 60
    assert set(targets.index[targets > 1]) == {"CMVDNA", "EBDNA", "HHV6DNA", "HBDNA"}


def test_the_standard_units_of_laboratory_tests_are_those_of_cdisc():
    table = pd.read_csv(LIBRARY / "units.csv", dtype="str").dropna(subset="test")
    terms = Terms(LIBRARY)
    tests = terms.codelist("LBTESTCD").values
    targets = set(table.loc[table["test"].isin(list(tests)), "to"])
    assert "10^9/L" in targets
    assert targets <= set(terms.codelist("UNIT").values)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "test,from,to,factor\nT,a,b,1\n",
            "1: a table of units has the columns test,from,to,factor,offset,source",
        ),
        (
            "test,from,to,factor,offset,source\nT,a,b,1,0,x\nT,a,b,2,0,x\n",
            f"3: {LINE}",
        ),
        (
            "test,from,to,factor,offset,source\n,,b,1,0,x\n",
            f"2: {LINE}",
        ),
        (
            'test,from,to,factor,offset,source\nT,a,b,"8,5",0,x\n',
            "2: '8,5' is neither a decimal number nor a fraction",
        ),
        (
            "test,from,to,factor,offset,source\nT,a,b,1/0,0,x\n",
            "2: '1/0' is neither a decimal number nor a fraction",
        ),
    ],
)
def test_a_faulty_table_is_refused_with_its_line(tmp_path, content, message):
    table = tmp_path / "mappings" / "library" / "units.csv"
    table.parent.mkdir(parents=True)
    table.write_text(content, encoding="utf-8")
    with pytest.raises(SpecError) as refused:
        Units(table)
    assert str(refused.value) == f"mappings/library/units.csv:{message}"


def test_no_rows_give_no_rows(units):
    got, no_row = units.convert(pd.Series([], dtype="float64"), text(), "kg")
    assert (len(got), len(no_row)) == (0, 0)
    assert [len(part) for part in units.standard(text(), text())] == [0, 0, 0, 0]

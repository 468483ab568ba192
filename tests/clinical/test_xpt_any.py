"""Transport files that readers get wrong: narrow ones, and whatever chance brings. SAS TS-140."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from xpt_files import char, checked, moments, num, peer, text, write

from clinical.xpt import Variable, read_xpt


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 10, 11, 16, 79, 80, 81, 160])
@pytest.mark.parametrize("width", [1, 8, 10, 40, 79, 80])
def test_a_narrow_dataset_of_text_keeps_every_record(tmp_path, width, rows):
    frame = pd.DataFrame({"A": text(*("x" * (1 + row % width) for row in range(rows)))})
    path = tmp_path / "narrow.xpt"
    write(path, frame, char("A", length=width))
    assert checked(path)["nobs"] == rows
    assert_frame_equal(read_xpt(path).frame, frame)
    assert_frame_equal(peer(path)[0], frame, check_dtype=False)


def test_a_narrow_dataset_keeps_a_last_record_that_another_reader_drops(tmp_path):
    """pandas.read_sas, which CORE uses, takes blank 8-byte words inside the last row for padding."""
    frame = pd.DataFrame(
        {"RDOMAIN": text("AE", "AE"), "IDVAR": text("AESEQ", "AESEQ"), "RELTYPE": text("ONE", None)}
    )
    path = tmp_path / "relrec.xpt"
    write(path, frame, char("RDOMAIN", length=16), char("IDVAR", length=24), char("RELTYPE", length=40))
    assert len(pd.read_sas(path, format="xport", encoding="ascii")) == 1
    assert_frame_equal(read_xpt(path).frame, frame)
    assert_frame_equal(peer(path)[0], frame, check_dtype=False)


def test_pandas_reads_a_narrow_file_whose_last_record_is_filled(tmp_path):
    frame = pd.DataFrame({"A": text("x" * 32, "y" * 32, "z" * 32), "N": [1.5, -2.0, 1e10]})
    path = tmp_path / "filled.xpt"
    write(path, frame, char("A"), num("N"))
    assert_frame_equal(pd.read_sas(path, format="xport", encoding="ascii"), frame, check_dtype=False)


def test_blank_records_inside_a_narrow_dataset_are_kept(tmp_path):
    frame = pd.DataFrame({"A": text(None, "x", None, "y")})
    path = tmp_path / "blank.xpt"
    write(path, frame, char("A"))
    assert_frame_equal(read_xpt(path).frame, frame)


def test_a_blank_last_record_is_kept_where_the_row_is_80_bytes_or_has_a_number(tmp_path):
    wide = pd.DataFrame({"A": text("x" * 80, None)})
    write(tmp_path / "wide.xpt", wide, char("A"))
    assert_frame_equal(read_xpt(tmp_path / "wide.xpt").frame, wide)
    number = pd.DataFrame({"A": text("x", None), "N": [1.0, np.nan]})
    write(tmp_path / "number.xpt", number, char("A"), num("N"))
    assert_frame_equal(read_xpt(tmp_path / "number.xpt").frame, number)


PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30)
TEXTS = st.one_of(st.none(), PRINTABLE.map(lambda value: value.rstrip(" ") or None))
NUMBERS = st.one_of(
    st.just(np.nan),
    st.integers(-(2**53), 2**53).map(float),
    st.floats(1e-78, 7.2e75),
    st.floats(-7.2e75, -1e-78),
)
DAYS = st.one_of(st.none(), st.dates(date(1582, 1, 1), date(9999, 12, 31)))


@st.composite
def datasets(draw: st.DrawFn) -> tuple[pd.DataFrame, list[Variable]]:
    """Up to six columns of text, numbers and dates, up to 20 rows."""
    rows = draw(st.integers(0, 20))
    columns, variables = {}, []
    for place, kind in enumerate(draw(st.lists(st.sampled_from("tnd"), min_size=1, max_size=6))):
        name = f"V{place}"
        values = draw(st.lists({"t": TEXTS, "n": NUMBERS, "d": DAYS}[kind], min_size=rows, max_size=rows))
        if kind == "d":
            columns[name] = moments(*(str(value) if value else None for value in values))
            variables.append(num(name, "DATE9."))
        else:
            columns[name] = text(*values) if kind == "t" else pd.Series(values, dtype="float64")
            variables.append(char(name) if kind == "t" else num(name))
    frame = pd.DataFrame(columns)
    all_text = all(variable.type == "Char" for variable in variables)
    assume(not (rows and all_text and frame.iloc[-1].isna().all()))
    return frame, variables


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(datasets())
def test_any_dataset_reads_back_equal_with_three_readers(tmp_path_factory, dataset):
    frame, variables = dataset
    path = tmp_path_factory.mktemp("any") / "any.xpt"
    write(path, frame, *variables)
    assert checked(path)["nobs"] == len(frame)
    assert_frame_equal(read_xpt(path).frame, frame, check_exact=True)
    other = peer(path)[0]
    assert len(other) == len(frame)
    for variable in variables:
        if variable.format:
            days = (frame[variable.name] - pd.Timestamp("1960-01-01")).dt.days
            np.testing.assert_array_equal(other[variable.name].astype("float64"), days.astype("float64"))
        elif variable.type == "Num":
            np.testing.assert_array_equal(other[variable.name].astype("float64"), frame[variable.name])
        else:
            assert other[variable.name].fillna("").tolist() == frame[variable.name].fillna("").tolist()

"""Columns beyond the levels of one variable: groups and parts by a condition, rows for each key."""

from __future__ import annotations

import pandas as pd
import pytest

from clinical.errors import SpecErrors
from tests.tlf.small import HEAD, make, read

ADSL = {
    "USUBJID": ["P1", "P2", "P3", "P4"],
    "SAFFL": ["Y", "Y", "Y", "Y"],
    "RSPFL": ["Y", "N", "Y", None],
    "AGE": [1.0, 2.0, 3.0, 40.0],
}
ADAE = {
    "USUBJID": ["P1", "P1", "P2", "P3"],
    "AETERM": ["A", "B", "A", "A"],
    "ATOXGRN": [1.0, 3.0, 3.0, 2.0],
}
GROUPS = """\
columns:
  groups:
    Responder: {where: {RSPFL: Y}}
    Severe: {from: ADAE, where: {ATOXGRN: {ge: 3}}}
  total: All
"""


def _frames() -> dict[str, pd.DataFrame]:
    return {"ADSL": pd.DataFrame(ADSL), "ADAE": pd.DataFrame(ADAE)}


def _cells(displays: object) -> list[list[str]]:
    lines = displays.files["t_1.csv"].decode().splitlines()
    return [line.split(",", 2)[2].replace('"', "").split(",") for line in lines]


def test_groups_are_conditions_on_the_population_or_on_any_record_of_a_subject(tmp_path):
    """P1 and P3 respond; P1 and P2 have an event of grade 3; a subject may be in both groups or in none."""
    made = make(tmp_path, HEAD + GROUPS + "rows: {all: {count: all, label: All, show: n}}\n", **_frames())
    assert _cells(made) == [
        ["label", "Responder (N=2)", "Severe (N=2)", "All (N=4)"],
        ["All", "2", "2", "4"],
    ]


def test_a_part_adds_its_condition_to_what_a_row_reads(tmp_path):
    columns = "columns: {each: {any: Any, hi: {label: Grade 3, where: {ATOXGRN: 3}}}}\n"
    rows = "rows: {ae: {count: {AETERM: A}, from: ADAE, label: A}}\n"
    made = make(tmp_path, HEAD + columns + rows, **_frames())
    assert _cells(made)[1] == ["A", "3 (75.0)", "1 (25.0)"]


def test_a_row_stands_once_for_each_key(tmp_path):
    rows = "rows: {t: {for_each: {A: Ache, B: Burn}, count: {AETERM: '{row}'}, from: ADAE, label: 'Any {label}', show: fraction}}\n"  # noqa: E501
    made = make(tmp_path, HEAD + rows, **_frames())
    assert _cells(made)[1:] == [["Any Ache", "3/4 (75.0)"], ["Any Burn", "1/4 (25.0)"]]
    assert set(made.results["analysis"]) == {"columns", "t.A", "t.B"}


def test_a_row_may_have_formats_of_its_own(tmp_path):
    rows = "rows: {a: {continuous: AGE, formats: {continuous: {Median (range): '{median:+1} ({min}, {max})'}}}}\n"  # noqa: E501
    made = make(tmp_path, HEAD + rows, **_frames())
    assert [line[0] for line in _cells(made)[1:]] == ["Median (range)"]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ("columns: {by: RSPFL, levels: [Y], groups: {A: {where: {RSPFL: Y}}}}\n", "by or groups"),
        ("columns: {groups: {A: {from: ADAE}}}\n", "where is needed"),
        ("columns: {groups: {A: {wher: {RSPFL: Y}}}}\n", "did you mean where"),
        ("columns: {each: {a: {label: A}}}\n", "where is needed"),
    ],
)
def test_columns_that_say_too_much_or_too_little_are_refused(tmp_path, columns, says):
    with pytest.raises(SpecErrors, match=says):
        read(tmp_path, HEAD + columns + "rows: {a: {count: all}}\n")


def test_show_fraction_and_events(tmp_path):
    """P1 has two events and P2, P3 one each: three subjects, four events."""
    rows = "rows: {a: {count: all, from: ADAE, label: Any, show: events}, b: {count: {AETERM: X}, from: ADAE, label: X, show: events}}\n"  # noqa: E501
    made = make(tmp_path, HEAD + rows, **_frames())
    assert _cells(made)[1:] == [["Any", "3 (75.0) [4]"], ["X", "0"]]

"""The worked subjects of the protocol, from raw CSV to every ADRS and ADTTE value.

Expected values: fixtures_rd13_02.json, worked out by hand from the rules D.0 to D.4 (43 cases: D.12 and E01
to E25).
"""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from clinical.check import check_study
from clinical.derive import derive
from clinical.frames import as_text
from clinical.study import load_study
from edc.read import read_extract
from tests.studies.rd1302 import CASES, WORKED

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = {
    case["subject"]: case
    for case in json.loads((ROOT / "tests/golden/fixtures_rd13_02.json").read_text("utf-8"))["cases"]
}
SUBJECTS = sorted(name for name in FIXTURES if name.isdigit())
NEVER_INFUSED = "07"


def _numbers() -> dict[str, tuple[str, str, Path]]:
    """Fixture -> screening number, data cut, extract."""
    found = {name: (f"01-0{name}", FIXTURES[name]["dcutdt"], WORKED) for name in SUBJECTS}
    with (CASES / "subjects.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[row["fixture"]] = (row["subject"], row["cut"], CASES / row["cut"])
    return found


NUMBERS = _numbers()


@cache
def _plan():
    return check_study(load_study(ROOT / "mappings" / "rd1302"))


@cache
def _derived(folder: Path, cut: str):
    plan = _plan()
    extract = read_extract(folder, plan.study.forms, plan.study.config)
    found = derive(plan, extract.frames, cut)
    assert found.stopped == {}
    return {name: _as_text(output.frame) for name, output in found.outputs.items()}


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: as_text(frame[name]).fillna("") for name in frame})


def _rows(fixture: str, dataset: str) -> pd.DataFrame:
    number, cut, folder = NUMBERS[fixture]
    frame = _derived(folder, cut)[dataset]
    return frame[frame["USUBJID"] == f"RD1302-{number}"].reset_index(drop=True)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def test_every_fixture_has_a_raw_subject():
    assert set(NUMBERS) == set(FIXTURES)
    assert len(FIXTURES) == 43


INFUSED = sorted(set(FIXTURES) - {NEVER_INFUSED})


@pytest.mark.parametrize("fixture", INFUSED)
def test_adsl_flags_and_dates(fixture):
    expected = FIXTURES[fixture]["expected"]
    row = _rows(fixture, "ADSL").iloc[0]
    for name, value in expected["FLAGS"].items():
        assert row[name] == value, name
    assert row["ACUTDT"] == expected["ACUTDT"]
    assert row["LSTALVDT"] == expected["LSTALVDT"]
    assert row["TRTSDT"] == FIXTURES[fixture]["input"]["TRTSDT"]


@pytest.mark.parametrize("fixture", INFUSED)
def test_every_one_row_response_parameter(fixture):
    expected = FIXTURES[fixture]["expected"]["ADRS"]
    rows = _rows(fixture, "ADRS")
    single = rows[~rows["PARAMCD"].isin(["OVR", "OVRD", "MRD", "MRDPCT"])]
    got = {r["PARAMCD"]: (r["AVALC"], r["AVAL"], r["ADT"]) for _, r in single.iterrows()}
    assert len(got) == len(single)
    wanted = {
        name: (_text(cell["AVALC"]), _text(cell["AVAL"]), _text(cell["ADT"]))
        for name, cell in expected.items()
    }
    assert got == wanted


@pytest.mark.parametrize("fixture", INFUSED)
def test_responses_in_the_evaluable_set(fixture):
    expected = FIXTURES[fixture]["expected"]["OVR_ANL01FL"]
    rows = _rows(fixture, "ADRS")
    got = rows.loc[rows["PARAMCD"] == "OVR", ["ADT", "AVALC", "ANL01FL"]]
    assert sorted(map(tuple, got.to_numpy())) == sorted((d, v, _text(f)) for d, v, f in expected)


@pytest.mark.parametrize("fixture", INFUSED)
def test_every_time_to_event_parameter(fixture):
    expected = FIXTURES[fixture]["expected"]["ADTTE"]
    rows = _rows(fixture, "ADTTE")
    columns = ["STARTDT", "ADT", "AVAL", "CNSR", "EVNTDESC", "CNSDTDSC"]
    got = {r["PARAMCD"]: {name: r[name] for name in columns} for _, r in rows.iterrows()}
    assert got == {name: {c: _text(cell[c]) for c in columns} for name, cell in expected.items()}


def test_the_subject_who_was_never_infused_has_no_efficacy_rows():
    """D.12 subject 07."""
    for dataset in ("ADRS", "ADTTE"):
        assert len(_rows(NEVER_INFUSED, dataset)) == 0
    row = _rows(NEVER_INFUSED, "ADSL").iloc[0]
    assert (row["ENRLFL"], row["LDFL"], row["SAFFL"], row["EFFFL"]) == ("Y", "Y", "N", "N")
    dm = _rows(NEVER_INFUSED, "DM").iloc[0]
    assert (dm["ARMCD"], dm["ACTARMCD"], dm["ARMNRS"]) == ("DL1", "", "ASSIGNED, NOT TREATED")
    assert (dm["RFSTDTC"], dm["RFXSTDTC"][:10], dm["DTHFL"]) == ("", "2024-09-10", "Y")

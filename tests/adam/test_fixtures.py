"""Every value of fixtures_rd13_02.json: 42 treated subjects, each ADRS and ADTTE parameter, from frames."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from adam.adrs import adrs
from tests.adam.cases import built, cases, drawn_adsl, drawn_cp, drawn_rs, no_components, spec
from tests.tables import table

NAMES = [case["subject"] for case in cases()]
ROWS_OF_MANY = {"OVR", "OVRD", "MRD", "MRDPCT"}


@cache
def all_built() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return built(cases())


def plain(value: object) -> object:
    """A cell as the fixtures write it."""
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return None if not isinstance(value, str) and pd.isna(value) else value


def by_parameter(frame: pd.DataFrame, subject: str, columns: list[str]) -> dict[str, dict]:
    mine = frame.loc[(frame["USUBJID"] == subject) & ~frame["PARAMCD"].isin(ROWS_OF_MANY)]
    return {
        row["PARAMCD"]: {name: plain(row[name]) for name in columns} for row in mine.to_dict(orient="records")
    }


def test_all_cases_of_the_fixtures_are_here():
    assert len(NAMES) == 42  # and 07, who was never infused, below


@pytest.mark.parametrize("place", range(42), ids=NAMES)
def test_adrs_of_a_worked_subject(place: int):
    """Rules D.3, E-ORR."""
    case = cases()[place]
    got = by_parameter(all_built()[1], case["subject"], ["AVALC", "AVAL", "ADT"])
    assert got == case["expected"]["ADRS"]


@pytest.mark.parametrize("place", range(42), ids=NAMES)
def test_the_evaluable_responses_of_a_worked_subject(place: int):
    """Rule E-EVSET."""
    case, found = cases()[place], all_built()[1]
    mine = found.loc[(found["USUBJID"] == case["subject"]) & (found["PARAMCD"] == "OVR")]
    got = [[plain(cell) for cell in row] for row in mine[["ADT", "AVALC", "ANL01FL"]].to_numpy().tolist()]
    expected = [tuple(row) for row in case["expected"]["OVR_ANL01FL"]]
    assert sorted(map(tuple, got), key=str) == sorted(expected, key=str)


@pytest.mark.parametrize("place", range(42), ids=NAMES)
def test_adtte_of_a_worked_subject(place: int):
    """Rules D.4, E-TTE."""
    case = cases()[place]
    columns = ["STARTDT", "ADT", "AVAL", "CNSR", "EVNTDESC", "CNSDTDSC"]
    got = by_parameter(all_built()[2], case["subject"], columns)
    assert got == case["expected"]["ADTTE"]


@pytest.mark.parametrize("place", range(42), ids=NAMES)
def test_the_population_flags_that_responses_decide(place: int):
    """Rule D.2: RSPFL is ORR, CRFL CRCRI; EVALFL asks for LSTA or death, MRDEVFL for a NEG or POS sample."""
    case, (_, found, _) = cases()[place], all_built()
    expected, mine = case["expected"]["FLAGS"], found.loc[found["USUBJID"] == case["subject"]]
    values = mine.set_index("PARAMCD")["AVALC"]
    efficacy, marrow = expected["EFFFL"] == "Y", case["input"]["MARROW_AT_BASELINE"]
    after = mine["ADT"] > pd.Timestamp(case["input"]["TRTSDT"])
    samples = (mine["PARAMCD"] == "MRD") & mine["AVALC"].isin(["NEG", "POS"]) & after
    samples &= mine["ADT"] <= pd.Timestamp(case["expected"]["ACUTDT"])
    got = {
        "EVALFL": efficacy and ("LSTA" in values or values["DEATH"] == "Y"),
        "MRDEVFL": efficacy and marrow and bool(samples.any()),
        "RSPFL": values.get("ORR") == "Y",
        "CRFL": values.get("CRCRI") == "Y",
    }
    assert {name: "Y" if holds else "N" for name, holds in got.items()} == {
        name: expected[name] for name in got
    }


def test_the_subject_who_was_never_infused_has_no_response_rows():
    """Subject 07 of D.12."""
    adsl = drawn_adsl("USUBJID | SAFFL | EFFFL | TRTSDT | DTHDT\n07 | N | N | | 2024-09-20")
    rs = drawn_rs("USUBJID | RSDTC | RSSTRESC\n07 | 2024-08-28 | NR")
    cp = drawn_cp("USUBJID | CPDTC | CPSTRESC\n07 | 2024-08-28 | 44")
    sv = table("USUBJID | VISITNUM | SVSTDTC")
    assert adrs(adsl, rs, cp, sv, spec=spec("adrs"), **no_components())[0].empty

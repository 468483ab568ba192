"""ADEX of rd1302 from pages drawn by hand [D.7]: what was given, in total and against the plan.

Plan (study.yml): 3 x 30 mg/m2 of fludarabine, 3 x 500 mg/m2 of cyclophosphamide; 10 x 10^6 cells/kg at dose level 1.
"""

from __future__ import annotations

import pytest

from tests.studies.rd1302_domains.domain import AROUND, domain

NOT_INFUSED = AROUND["INF"].replace("| Y  ", "| N  ")
LD = """
    Subject | Folder | RecordPosition | LDTRT_STD | LDDAT      | LDSTTIM | LDENTIM | LDDOSE | LDDOSU_STD | LDBSA | LDADJ_STD
    01-001  | LD1    | 1              | FLU       | 2024-03-10 | 09:00   | 09:30   | 30     | mg/m2      |       | N
    01-001  | LD2    | 2              | FLU       | 2024-03-11 | 09:00   | 09:30   | 60     | mg         | 2.0   | N
    01-001  | LD3    | 3              | FLU       | 2024-03-12 | 09:00   | 09:30   | 15     | mg/m2      |       | R
    01-001  | LD1    | 4              | CY        | 2024-03-10 | 10:00   | 11:00   | 250    | mg/m2      |       | N
    01-001  | LD1    | 5              | CY        | 2024-03-10 | 15:00   | 16:00   | 250    | mg/m2      |       | N
    01-001  | LD2    | 6              | CY        | 2024-03-11 | 10:00   | 11:00   | 500    | mg/m2      |       | N
    01-001  | LD3    | 7              | CY        | 2024-03-12 | 10:00   | 11:00   | 500    | mg/m2      |       | H
    01-001  | LD3    | 8              | OTH       | 2024-03-12 | 10:00   | 11:00   | 1      | mg/m2      |       | N
    """
HEAD = (
    "Subject | PageRepeatNumber | Folder | INFYN_STD | INFDAT | INFSTTIM | INFENTIM | INFWT | INFDOSE | INFDOSEU_STD"
    " | INFVIAB | INFCARP | INFINT_STD | INFINTM"
)


def infusions(*lines: str) -> str:
    """INF pages: date, start, end, cells (10^6), viability, CAR+ cells, interrupted, minutes of interruption."""
    rows = []
    for page, line in enumerate(lines):
        day, start, end, cells, *rest = (cell.strip() for cell in line.split("|"))
        rows.append(
            " | ".join(["01-001", str(page), "D0", "Y", day, start, end, "70", cells, "10^6 cells", *rest])
        )
    return "\n".join([HEAD, *rows])


def given(**pages: str) -> dict[str, object]:
    """AVAL, or AVALC, of each parameter."""
    frame = domain("ADEX", **pages).frame
    return dict(zip(frame["PARAMCD"], frame["AVAL"].astype("object").fillna(frame["AVALC"]), strict=True))


def test_lymphodepletion_is_dose_days_and_percent_of_the_plan():
    """D.7: two records of a day are one day, a held dose is none, mg are divided by the body surface."""
    domain("ADEX", LD=LD, INF=NOT_INFUSED).shows("""
        PARAMCD | EXTRT            | AVAL              | ASTDT      | AENDT      | PARAMTYP | SAFFL
        CYDAYS  | CYCLOPHOSPHAMIDE | 2                 | 2024-03-10 | 2024-03-11 | DERIVED  | N
        CYDOSE  | CYCLOPHOSPHAMIDE | 1000              | 2024-03-10 | 2024-03-11 | DERIVED  | N
        CYPCT   | CYCLOPHOSPHAMIDE | 66.66666666666667 | 2024-03-10 | 2024-03-11 | DERIVED  | N
        FLUDAYS | FLUDARABINE      | 3                 | 2024-03-10 | 2024-03-12 | DERIVED  | N
        FLUDOSE | FLUDARABINE      | 75                | 2024-03-10 | 2024-03-12 | DERIVED  | N
        FLUPCT  | FLUDARABINE      | 83.33333333333333 | 2024-03-10 | 2024-03-12 | DERIVED  | N
        """)


def test_a_total_to_which_one_dose_is_not_known_is_not_known():
    """C.2: without LDBSA a dose in mg is missing; the days are known all the same."""
    found = given(LD=LD.replace("60     | mg         | 2.0 ", "60     | mg         |     "))
    assert "FLUDOSE" not in found
    assert "FLUPCT" not in found
    assert found["FLUDAYS"] == 3


def test_the_infusion_is_dose_duration_and_quality():
    """D.7: 700 x 10^6 cells at 70 kg are the planned 10 x 10^6/kg; a pause within the record is not subtracted."""
    found = given(INF=infusions("2024-03-15 | 10:00 | 10:40 | 700 | 91 | 45 | Y | 10"))
    expected = {
        "TOTDOSE": 700, "DOSEKG": 10, "DOSEPCT": 100, "INFDUR": 40, "VIAB": 91, "CARPCT": 45, "INTERR": "Y"
    }  # fmt: skip
    assert {code: found[code] for code in expected} == expected


def test_an_interrupted_infusion_in_two_records_is_one():
    """D.7, decision 25: across midnight too; viability and CAR+ cells of the first record, minutes of both."""
    page = infusions(
        "2024-03-15 | 23:30 | 23:50 | 350 | 91 | 45 | N |", "2024-03-16 | 00:20 | 00:50 | 350 | 88 | 44 | N |"
    )
    found = given(INF=page)
    expected = {
        "TOTDOSE": 700, "DOSEKG": 10, "DOSEPCT": 100, "INFDUR": 50, "VIAB": 91, "CARPCT": 45, "INTERR": "Y"
    }  # fmt: skip
    assert {code: found[code] for code in expected} == expected


def test_the_quality_of_the_first_infusion_may_stand_on_its_second_record():
    """D.7, decision 25."""
    page = infusions(
        "2024-03-15 | 10:00 | 10:20 | 350 | | | Y |", "2024-03-15 | 11:00 | 11:20 | 350 | 88 | 44 | |"
    )
    found = given(INF=page)
    assert (found["VIAB"], found["CARPCT"], found["INTERR"]) == (88, 44, "Y")


def test_a_second_infusion_adds_dose_and_minutes_but_no_quality():
    """D.7: totals over all infusions, viability of the first; two days apart they are two, and none was interrupted."""
    page = infusions(
        "2024-03-15 | 10:00 | 10:20 | 700 | | 45 | N |", "2024-03-17 | 10:00 | 10:30 | 350 | 88 | 44 | N |"
    )
    found = given(INF=page)
    assert "VIAB" not in found
    expected = {"TOTDOSE": 1050, "DOSEKG": 15, "DOSEPCT": 150, "INFDUR": 50, "CARPCT": 45, "INTERR": "N"}
    assert {code: found[code] for code in expected} == expected


@pytest.mark.parametrize(("start", "end", "minutes"), [("10:00", "", None), ("23:50", "00:10", 20)])
def test_minutes_need_both_times_and_pass_midnight(start, end, minutes):
    """D.7 INFDUR, B-DIRT-28."""
    assert given(INF=infusions(f"2024-03-15 | {start} | {end} | 700 | | | |")).get("INFDUR") == minutes


def test_nothing_is_known_of_an_interruption_that_nobody_asked_for():
    """D.7 INTERR."""
    assert "INTERR" not in given(INF=infusions("2024-03-15 | 10:00 | 10:20 | 700 | | | |"))


def test_a_parameter_is_traced_to_every_record_of_ex_behind_it():
    """D-TRACE: the three days of fludarabine; EXSEQ 4 to 6 come after cyclophosphamide."""
    built = domain("ADEX", LD=LD)
    row = int(built.frame.index[built.frame["PARAMCD"] == "FLUDOSE"][0])
    lineage = built.derived.outputs["ADEX"].lineage
    assert lineage.loc[lineage["row"] == row, ["source", "record"]].to_numpy().tolist() == [
        ["EX", "RD1302-01-001/5"], ["EX", "RD1302-01-001/6"], ["EX", "RD1302-01-001/7"]
    ]  # fmt: skip


def test_nobody_without_a_dose_has_a_record():
    """D.7: the screen failure P2 and whoever was given nothing."""
    assert domain("ADEX", LD="Subject", INF=NOT_INFUSED).frame.empty

"""ADSL: the columns that need an algorithm, by rule D-IMP and D.1; the infusion is on 2024-03-04."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from adam import adsl
from adam.verbs.results import inequality, upper_bound
from clinical.frames import Frame
from clinical.read import Mapping
from tests.adam.cases import drawn, drawn_rs, spec, study
from tests.tables import assert_table, table, typed

SPEC = spec("adsl")


def infused(text: str) -> Frame:
    """ADSL as far as it is known when dates are imputed."""
    days = {"TRTSDT": "2024-03-04", "ACUTDT": "2025-03-18", "DCUTDT": "2025-06-30", "DTHDT": None}
    frame = drawn(text, **days)
    for name in ("resp1", "pd1", "alive"):
        column = frame[name] if name in frame else [None] * len(frame)
        frame[name] = typed([None if pd.isna(day) else str(day) for day in column], "Date")
    return frame


def test_a_missing_day_of_death_is_the_day_after_the_last_contact_within_the_month_and_the_cut():
    """Rule D-IMP, death; DAY is subject 08 of D.12."""
    subjects = infused("""
        USUBJID | DTHFL | alive      | DCUTDT
        DAY     | Y     | 2025-01-14 | 2025-06-30
        FIRST   | Y     | 2024-12-20 | 2025-06-30
        LASTDAY | Y     | 2025-01-31 | 2025-06-30
        CUT     | Y     | 2025-01-14 | 2025-01-14
        MONTH   | Y     | 2025-02-03 | 2025-06-30
        JANUARY | Y     | 2024-11-30 | 2025-06-30
        NODATE  | Y     | 2025-02-03 | 2025-06-30
        NEVER   | Y     |            | 2025-06-30
        KNOWN   | Y     | 2025-02-03 | 2025-06-30
        ALIVE   |       | 2025-02-03 | 2025-06-30
        """)
    dm = table("""
        USUBJID | DTHDTC
        DAY     | 2025-01
        FIRST   | 2025-01
        LASTDAY | 2025-01
        CUT     | 2025-01
        MONTH   | 2025
        JANUARY | 2025
        NODATE  |
        NEVER   |
        KNOWN   | 2025-02-10
        ALIVE   |
        """)
    got = subjects[["USUBJID"]].assign(
        DTHDT=adsl.death_date(subjects, dm, SPEC), DTHDTF=adsl.death_date_flag(subjects, dm, SPEC)
    )
    assert_table(
        got,
        """
        USUBJID | DTHDT      | DTHDTF
        DAY     | 2025-01-15 | D
        FIRST   | 2025-01-01 | D
        LASTDAY | 2025-01-31 | D
        CUT     | 2025-01-14 | D
        MONTH   | 2025-02-04 | M
        JANUARY | 2025-01-01 | M
        NODATE  | 2025-02-04 | Y
        NEVER   |            |
        KNOWN   | 2025-02-10 |
        ALIVE   |            |
        """,
    )


def test_a_transplant_of_unknown_day_follows_infusion_and_response_of_its_month_and_needs_a_month():
    """Rule D-IMP, HSCT; D.1 HSCTDT: the first after the infusion."""
    subjects = infused("""
        USUBJID | resp1
        KNOWN   | 2024-04-01
        FIRST   | 2024-03-20
        RESP    | 2024-04-10
        INFUSED |
        MONTH   | 2024-04-01
        BEFORE  |
        TWO     |
        NONE    |
        """)
    pr = table("""
        USUBJID | PRCAT      | PRSTDTC    | PRSEQ
        KNOWN   | HSCT       | 2024-05-06 | 1
        FIRST   | HSCT       | 2024-04    | 1
        RESP    | HSCT       | 2024-04    | 1
        INFUSED | HSCT       | 2024-03    | 1
        MONTH   | HSCT       | 2024       | 1
        BEFORE  | HSCT       | 2024-03-04 | 1
        BEFORE  | HSCT       | 2023-01    | 2
        TWO     | HSCT       | 2024-06-06 | 1
        TWO     | HSCT       | 2024-05-06 | 2
        NONE    | PRIOR HSCT | 2024-05-06 | 1
        """)
    got = subjects[["USUBJID"]].assign(
        HSCTDT=adsl.transplant_date(subjects, pr, SPEC), HSCTDTF=adsl.transplant_date_flag(subjects, pr, SPEC)
    )
    assert_table(
        got,
        """
        USUBJID | HSCTDT     | HSCTDTF
        KNOWN   | 2024-05-06 |
        FIRST   | 2024-04-01 | D
        RESP    | 2024-04-11 | D
        INFUSED | 2024-03-05 | D
        MONTH   |            |
        BEFORE  |            |
        TWO     | 2024-05-06 |
        NONE    |            |
        """,
    )


def test_new_therapy_of_unknown_day_follows_infusion_and_response_or_is_dated_by_the_relapse_it_answers():
    """Rule D-IMP, NACT start."""
    subjects = infused("""
        USUBJID | resp1      | pd1
        KNOWN   |            |
        FIRST   |            |
        INFUSED |            |
        RESP    | 2024-04-10 |
        RELAPSE | 2024-04-10 | 2024-04-20
        OTHER   | 2024-04-10 | 2024-04-20
        OUTSIDE | 2024-04-10 | 2024-05-01
        YEAR    | 2024-04-10 |
        TIE     |            |
        NODATE  |            |
        """)
    cm = drawn(
        """
        USUBJID | CMSTDTC    | NACTREAS    | CMSEQ
        KNOWN   | 2024-04-15 | RELAPSE/PD  | 1
        FIRST   | 2024-04    | NO RESPONSE | 1
        INFUSED | 2024-03    | NO RESPONSE | 1
        RESP    | 2024-04    | OTHER       | 1
        RELAPSE | 2024-04    | RELAPSE/PD  | 1
        OTHER   | 2024-04    | NO RESPONSE | 1
        OUTSIDE | 2024-04    | RELAPSE/PD  | 1
        YEAR    | 2024       | OTHER       | 1
        TIE     | 2024-05    | OTHER       | 1
        TIE     | 2024-05-01 | OTHER       | 2
        NODATE  |            | OTHER       | 1
        """,
        CMCAT="SUBSEQUENT ANTI-CANCER THERAPY",
        CMSCAT="CHEMOTHERAPY",
    )
    pr = table("USUBJID | PRCAT | PRDECOD | PRSTDTC | PRSEQ | NACTREAS")
    got = subjects[["USUBJID"]].assign(
        NACTDT=adsl.new_therapy_date(subjects, cm, pr, SPEC),
        NACTDTF=adsl.new_therapy_date_flag(subjects, cm, pr, SPEC),
    )
    assert_table(
        got,
        """
        USUBJID | NACTDT     | NACTDTF
        KNOWN   | 2024-04-15 |
        FIRST   | 2024-04-01 | D
        INFUSED | 2024-03-05 | D
        RESP    | 2024-04-11 | D
        RELAPSE | 2024-04-20 | D
        OTHER   | 2024-04-11 | D
        OUTSIDE | 2024-04-11 | D
        YEAR    | 2024-04-11 | M
        TIE     | 2024-05-01 |
        NODATE  |            |
        """,
    )


def test_conditioning_prophylaxis_and_maintenance_are_no_new_therapy_radiotherapy_for_disease_is():
    """Rule D.1 NACTDT: NATYPE 8, 9 and 10 do not count; DLI and second CAR-T do; an unknown type does."""
    names = ("COND", "CNS", "MAINT", "DLI", "CART", "UNKNOWN", "RADIO", "PRIOR", "EARLIER")
    subjects = infused("USUBJID\n" + "\n".join(names))
    cm = drawn(
        """
        USUBJID | CMSCAT                | CMCAT
        COND    | HSCT CONDITIONING     | SUBSEQUENT ANTI-CANCER THERAPY
        CNS     | CNS PROPHYLAXIS IT    | SUBSEQUENT ANTI-CANCER THERAPY
        MAINT   | POST-HSCT MAINTENANCE | SUBSEQUENT ANTI-CANCER THERAPY
        DLI     | DLI                   | SUBSEQUENT ANTI-CANCER THERAPY
        CART    | SECOND CAR-T          | SUBSEQUENT ANTI-CANCER THERAPY
        UNKNOWN |                       | SUBSEQUENT ANTI-CANCER THERAPY
        PRIOR   | CHEMOTHERAPY          | PRIOR ANTI-CANCER THERAPY
        EARLIER | CHEMOTHERAPY          | SUBSEQUENT ANTI-CANCER THERAPY
        """,
        CMSTDTC="2024-05-10",
        CMSEQ=1,
        NACTREAS="OTHER",
    )
    pr = table("""
        USUBJID | PRCAT                          | PRDECOD      | PRSTDTC    | PRSEQ | NACTREAS
        RADIO   | SUBSEQUENT ANTI-CANCER THERAPY | RADIOTHERAPY | 2024-05-09 | 1     | OTHER
        PRIOR   | PRIOR ANTI-CANCER THERAPY      | RADIOTHERAPY | 2024-05-09 | 1     |
        EARLIER | SUBSEQUENT ANTI-CANCER THERAPY | RADIOTHERAPY | 2024-05-09 | 1     | OTHER
        """)
    got = subjects[["USUBJID"]].assign(NACTDT=adsl.new_therapy_date(subjects, cm, pr, SPEC))
    assert_table(
        got,
        """
        USUBJID | NACTDT
        COND    |
        CNS     |
        MAINT   |
        DLI     | 2024-05-10
        CART    | 2024-05-10
        UNKNOWN | 2024-05-10
        RADIO   | 2024-05-09
        PRIOR   |
        EARLIER | 2024-05-09
        """,
    )


def test_the_first_response_and_progression_after_infusion_are_what_imputed_dates_follow():
    """Rules D-IMP, E-PD: the worst of a day counts; nobody who was not infused has either."""
    subjects = infused("""
        USUBJID | TRTSDT     | ACUTDT
        P1      | 2024-03-04 | 2025-03-18
        LATE    | 2024-03-04 | 2024-04-09
        NEVER   |            | 2025-06-30
        """)
    rs = drawn_rs("""
        USUBJID | RSDTC      | RSSTRESC
        P1      | 2024-03-04 | CR
        P1      | 2024-04-01 | PR
        P1      | 2024-04-01 | NR
        P1      | 2024-04-10 | CRi
        P1      | 2024-05-10 | RELAPSED DISEASE
        LATE    | 2024-04-10 | PD
        NEVER   | 2024-04-10 | CR
        NEVER   | 2024-05-10 | PD
        """)
    sv = table("USUBJID | VISITNUM | SVSTDTC")
    got = subjects[["USUBJID"]].assign(
        ADT=adsl.first_response(subjects, rs, sv, SPEC), ASTDT=adsl.first_progression(subjects, rs, sv, SPEC)
    )
    assert_table(
        got, "USUBJID | ADT | ASTDT\nP1 | 2024-04-10 | 2024-05-10\nLATE | |\nNEVER | |", ASTDT="Date"
    )


def test_the_infusion_starts_with_its_first_and_ends_with_its_last_record_and_missing_times_are_flagged():
    """Rules D.1, D-IMP times: 00:00 for a start, 23:59 for an end; without an end the start stands for it."""
    subjects = infused("USUBJID\nTWO\nNOTIME\nNOEND\nHOUR\nNONE")
    ex = table("""
        USUBJID | EXTRT       | EXDOSE | EXSTDTC          | EXENDTC
        TWO     | RD13-02     | 5      | 2024-03-04T23:40 | 2024-03-05T00:20
        TWO     | RD13-02     | 5      | 2024-03-04T10:00 | 2024-03-04T10:30
        TWO     | FLUDARABINE | 30     | 2024-02-28T10:00 | 2024-03-28T10:30
        NOTIME  | RD13-02     | 5      | 2024-03-04       | 2024-03-04
        NOEND   | RD13-02     | 5      | 2024-03-04T10:00 |
        HOUR    | RD13-02     | 5      | 2024-03-04T10    | 2024-03-04T11
        NONE    | OTHER       | 5      | 2024-03-04T10:00 | 2024-03-04T10:30
        """)
    got = subjects[["USUBJID"]].assign(
        TRTSDTM=adsl.first_moment(subjects, ex, SPEC),
        TRTSTMF=adsl.first_moment_flag(subjects, ex, SPEC),
        TRTEDTM=adsl.last_moment(subjects, ex, SPEC),
        TRTETMF=adsl.last_moment_flag(subjects, ex, SPEC),
    )
    assert_table(
        got,
        """
        USUBJID | TRTSDTM             | TRTSTMF | TRTEDTM             | TRTETMF
        TWO     | 2024-03-04T10:00:00 |         | 2024-03-05T00:20:00 |
        NOTIME  | 2024-03-04T00:00:00 | H       | 2024-03-04T23:59:00 | H
        NOEND   | 2024-03-04T10:00:00 |         | 2024-03-04T10:00:00 |
        HOUR    | 2024-03-04T10:00:00 | M       | 2024-03-04T11:59:00 | M
        NONE    |                     |         |                     |
        """,
    )


def test_the_horizon_is_379_days_after_infusion_and_the_cut_may_come_before_it():
    """Rule D-HOR; `none` leaves the cut alone, and so does not being infused."""
    subjects = infused("""
        USUBJID | TRTSDT     | DCUTDT
        HORIZON | 2024-03-01 | 2025-06-30
        CUT     | 2025-04-07 | 2025-06-30
        NEVER   |            | 2025-06-30
        """)
    subjects["HORIZDT"] = adsl.horizon(subjects, SPEC)
    got = subjects.assign(ACUTDT=adsl.analysis_cutoff(subjects, SPEC))
    assert_table(
        got,
        """
        USUBJID | HORIZDT    | ACUTDT
        HORIZON | 2025-03-15 | 2025-03-15
        CUT     | 2026-04-21 | 2025-06-30
        NEVER   |            | 2025-06-30
        """,
    )
    no_horizon = replace(SPEC, study=Mapping({**study(), "horizon_days": "none"}, study().at))
    assert adsl.horizon(subjects, no_horizon).isna().all()


def test_the_cause_of_death_has_a_category_and_a_death_without_page_is_unknown():
    """Rule D.1 DTHCAT."""
    subjects = infused("USUBJID | DTHFL\nDISEASE | Y\nRELATED | Y\nHSCT | Y\nEMPTY | Y\nNOPAGE | Y\nALIVE | ")
    dd = table("""
        USUBJID | DDTESTCD | DDRESCAT                         | DDSEQ
        DISEASE | AUTOPIND |                                  | 1
        DISEASE | PRCDTH   | DISEASE PROGRESSION/RELAPSE      | 2
        RELATED | PRCDTH   | ADVERSE EVENT RELATED TO RD13-02 | 1
        HSCT    | PRCDTH   | HSCT COMPLICATION                | 1
        EMPTY   | PRCDTH   |                                  | 1
        """)
    got = subjects[["USUBJID"]].assign(DTHCAT=adsl.death_category(subjects, dd, SPEC))
    assert_table(
        got,
        """
        USUBJID | DTHCAT
        DISEASE | DISEASE
        RELATED | ADVERSE EVENT RELATED
        HSCT    | HSCT RELATED
        EMPTY   | UNKNOWN
        NOPAGE  | UNKNOWN
        ALIVE   |
        """,
    )


def test_the_dose_given_is_in_percent_of_the_planned_level():
    """Rule D.1 DOSEPCT: 24 of 20 is 120 %."""
    subjects = drawn("USUBJID | ARMCD | DOSEKG\nP1 | DL2 | 24\nP2 | DLM1 | 4\nP3 | | 4\nP4 | DL1 |")
    got = subjects[["USUBJID"]].assign(DOSEPCT=adsl.dose_percent(subjects, SPEC))
    assert_table(got, "USUBJID | DOSEPCT\nP1 | 120\nP2 | 80\nP3 |\nP4 |")


def test_baseline_blasts_are_the_flagged_marrow_result_and_a_range_counts_by_its_upper_end():
    """Rules D-BASE, D.1 BLBLAST: 0-1 is 1; of two methods the later sample."""
    subjects = infused("USUBJID\nRANGE\nNUMBER\nNOFLAG\nTWO")
    lb = table("""
        USUBJID | LBTESTCD | LBSPEC      | LBSTRESC | LBSTRESN | LBLOBXFL | LBDTC      | LBSEQ
        RANGE   | BLASTNCE | BONE MARROW | 0-1      |          | Y        | 2024-02-20 | 1
        NUMBER  | BLASTNCE | BONE MARROW | 62       | 62       | Y        | 2024-02-20 | 1
        NUMBER  | BLASTNCE | BLOOD       | 7        | 7        | Y        | 2024-02-21 | 2
        NUMBER  | CELLULAR | BONE MARROW | 9        | 9        | Y        | 2024-02-21 | 3
        NOFLAG  | BLASTNCE | BONE MARROW | 3        | 3        |          | 2024-04-20 | 1
        TWO     | BLASTNCE | BONE MARROW | 30       | 30       | Y        | 2024-02-21 | 1
        TWO     | BLASTNCE | BONE MARROW | 20       | 20       | Y        | 2024-02-20 | 2
        """)
    got = subjects[["USUBJID"]].assign(BLBLAST=adsl.baseline_blasts(subjects, lb, SPEC))
    assert_table(got, "USUBJID | BLBLAST\nRANGE | 1\nNUMBER | 62\nNOFLAG |\nTWO | 30")


def test_a_result_that_is_text_has_a_number_where_the_rules_give_it_one():
    """Rules D.1, D.6: upper end of a range, half of a lower limit, an upper limit itself."""
    shown = typed(["0-1", "<1", "<= 0.5", ">90", "62", "many", None], "Char")
    number = typed([None, None, None, None, "62", None, None], "Num")
    got = upper_bound(shown, number)
    assert got.fillna(-1).tolist() == [1, 0.5, 0.25, 90, 62, -1, -1]
    sign, limit = inequality(shown)
    assert sign.tolist() == ["", "<", "<", ">", "", "", ""]
    assert pd.Series(limit).fillna(-1).tolist() == [-1, 1, 0.5, 90, -1, -1, -1]

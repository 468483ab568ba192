"""ADRS: every rule of D.3 on both sides of its boundary. The infusion is on 2024-03-04 (see `drawn_adsl`)."""

from __future__ import annotations

import pandas as pd
import pytest

from adam.adrs import adrs
from tests.adam.cases import NO_CP, NO_RS, drawn_adsl, drawn_cp, drawn_rs, made_adrs, spec
from tests.tables import assert_table, table

ONE = """
    USUBJID
    P1
"""


def weekly(rs: str, adsl: str = ONE, only: tuple[str, ...] = ("STW4", "ORRW4")) -> pd.DataFrame:
    return made_adrs(adsl, rs, only=only)


def test_a_record_one_day_outside_the_window_is_unscheduled_and_not_a_weekly_response():
    """Rule E-ORR: W4 is protocol days 21 to 35, both inside."""
    got = made_adrs(
        "USUBJID\nP20\nP21\nP35\nP36",
        """
        USUBJID | RSDTC      | RSSTRESC
        P20     | 2024-03-24 | CR
        P21     | 2024-03-25 | CR
        P35     | 2024-04-08 | CR
        P36     | 2024-04-09 | CR
        """,
        only=("OVR", "ORRW4"),
    )
    assert set(got["AWU"].dropna()) == {"PROTOCOL DAY"}
    assert_table(
        got,
        """
        USUBJID | PARAMCD | AVALC | AVISIT      | AVISITN | AWTARGET | AWTDIFF | AWLO | AWHI | ANL02FL
        P20     | OVR     | CR    | UNSCHEDULED | 999     |          |         |      |      |
        P21     | OVR     | CR    | WEEK 4      | 4       | 28       | 7       | 21   | 35   | Y
        P35     | OVR     | CR    | WEEK 4      | 4       | 28       | 7       | 21   | 35   | Y
        P36     | OVR     | CR    | UNSCHEDULED | 999     |          |         |      |      |
        P20     | ORRW4   | N     | WEEK 4      | 4       | 28       |         | 21   | 35   |
        P21     | ORRW4   | Y     | WEEK 4      | 4       | 28       | 7       | 21   | 35   |
        P35     | ORRW4   | Y     | WEEK 4      | 4       | 28       | 7       | 21   | 35   |
        P36     | ORRW4   | N     | WEEK 4      | 4       | 28       |         | 21   | 35   |
        """,
    )


def test_months_have_windows_for_display_and_before_the_infusion_all_is_baseline():
    """Rules E-ORR, E-PD: M4 is protocol days 106 to 134; a response on D0 is baseline."""
    got = made_adrs(
        ONE,
        """
        USUBJID | RSDTC      | RSSTRESC
        P1      | 2024-02-26 | PD
        P1      | 2024-03-04 | CR
        P1      | 2024-06-18 | CR
        P1      | 2024-07-16 | CRi
        P1      | 2025-03-18 | CR
        """,
        only=("OVR",),
    )
    assert_table(
        got,
        """
        ADT        | AVALC | AVAL | AVISIT   | AVISITN | AWTARGET | AWTDIFF | ANL01FL | ANL02FL
        2024-02-26 | PD    | 5    | BASELINE | 0       |          |         |         |
        2024-03-04 | CR    | 1    | BASELINE | 0       |          |         |         |
        2024-06-18 | CR    | 1    | MONTH 4  | 104     | 120      | 14      | Y       |
        2024-07-16 | CRi   | 2    | MONTH 4  | 104     | 120      | 14      | Y       | Y
        2025-03-18 | CR    | 1    | MONTH 12 | 112     | 365      | 14      | Y       | Y
        """,
    )


def test_the_nearest_to_the_target_counts_and_of_two_as_near_the_later():
    """Rule E-ORR step 3: D26 and D30 are both two days from D28."""
    got = weekly("""
        USUBJID | RSDTC      | RSSTRESC
        P1      | 2024-03-25 | CR
        P1      | 2024-03-30 | PR
        P1      | 2024-04-03 | NR
        """)
    assert_table(
        got,
        """
        PARAMCD | AVALC | AVAL | ADT        | AWTDIFF | SRCDOM | SRCVAR   | SRCSEQ
        STW4    | NR    | 4    | 2024-04-03 | 2       | RS     | RSSTRESC | 3
        ORRW4   | N     | 0    | 2024-04-03 | 2       | RS     | RSSTRESC | 3
        """,
    )


def test_on_one_date_the_worst_response_counts_and_not_evaluable_never_does():
    """Rule D.3: RD, PD, NR, PR, CRi, CR from worst to best."""
    got = made_adrs(
        ONE,
        """
        USUBJID | RSDTC      | RSSTRESC
        P1      | 2024-03-10 | CR
        P1      | 2024-03-10 | CRi
        P1      | 2024-03-11 | CRi
        P1      | 2024-03-11 | PR
        P1      | 2024-03-12 | PR
        P1      | 2024-03-12 | NR
        P1      | 2024-03-13 | NE
        P1      | 2024-03-13 | CR
        P1      | 2024-03-14 | CR
        P1      | 2024-03-14 | CR
        P1      | 2024-03-15 | PD
        P1      | 2024-03-15 | RELAPSED DISEASE
        """,
        only=("OVR", "PD"),
    )
    assert_table(
        got,
        """
        PARAMCD | ADT        | AVALC | RSSEQ | ANL01FL | SRCSEQ
        OVR     | 2024-03-10 | CR    | 1     |         | 1
        OVR     | 2024-03-10 | CRi   | 2     | Y       | 2
        OVR     | 2024-03-11 | CRi   | 3     |         | 3
        OVR     | 2024-03-11 | PR    | 4     | Y       | 4
        OVR     | 2024-03-12 | PR    | 5     |         | 5
        OVR     | 2024-03-12 | NR    | 6     | Y       | 6
        OVR     | 2024-03-13 | NE    | 7     |         | 7
        OVR     | 2024-03-13 | CR    | 8     | Y       | 8
        OVR     | 2024-03-14 | CR    | 9     | Y       | 9
        OVR     | 2024-03-14 | CR    | 10    |         | 10
        OVR     | 2024-03-15 | PD    | 11    |         | 11
        OVR     | 2024-03-15 | RD    | 12    | Y       | 12
        PD      | 2024-03-15 | Y     |       |         | 12
        """,
    )


def test_an_assessment_on_the_day_of_new_therapy_progression_or_horizon_still_counts_a_later_one_does_not():
    """Rules E-EVSET, D-HOR."""
    got = made_adrs(
        """
        USUBJID | NACTDT     | ACUTDT
        THERAPY | 2024-04-10 | 2025-03-18
        PROGR   |            | 2025-03-18
        HORIZON |            | 2024-04-10
        """,
        """
        USUBJID | RSDTC      | RSSTRESC
        THERAPY | 2024-04-10 | CR
        THERAPY | 2024-04-11 | CR
        PROGR   | 2024-04-10 | PD
        PROGR   | 2024-04-11 | CR
        HORIZON | 2024-04-10 | CR
        HORIZON | 2024-04-11 | CR
        """,
        only=("OVR", "LSTA"),
    )
    assert_table(
        got,
        """
        USUBJID | PARAMCD | ADT        | AVALC | ANL01FL
        THERAPY | OVR     | 2024-04-10 | CR    | Y
        THERAPY | OVR     | 2024-04-11 | CR    |
        PROGR   | OVR     | 2024-04-10 | PD    | Y
        PROGR   | OVR     | 2024-04-11 | CR    |
        HORIZON | OVR     | 2024-04-10 | CR    | Y
        HORIZON | OVR     | 2024-04-11 | CR    |
        THERAPY | LSTA    | 2024-04-11 | Y     |
        PROGR   | LSTA    | 2024-04-11 | Y     |
        HORIZON | LSTA    | 2024-04-10 | Y     |
        """,
    )


def test_the_reasons_for_no_weekly_response_come_in_their_order():
    """Rule E-ORR steps 1 to 6: the W8 window is protocol days 49 (04-22) to 63 (05-06)."""
    got = made_adrs(
        """
        USUBJID | NACTDT     | DTHDT      | ACUTDT
        PD48    |            | 2024-04-30 | 2025-03-18
        PD49    |            |            | 2025-03-18
        NT48    | 2024-04-21 | 2024-04-30 | 2025-03-18
        NT49    | 2024-04-22 |            | 2025-03-18
        NT50    | 2024-04-23 |            | 2025-03-18
        DTH63   |            | 2024-05-06 | 2024-05-05
        DTH64   |            | 2024-05-07 | 2025-03-18
        CUT62   |            |            | 2024-05-05
        CUT63   |            |            | 2024-05-06
        ONLYNE  |            |            | 2025-03-18
        NEGONE  |            |            | 2024-04-25
        """,
        """
        USUBJID | RSDTC      | RSSTRESC
        PD48    | 2024-04-21 | PD
        PD48    | 2024-04-29 | CR
        PD49    | 2024-04-22 | PD
        NT48    | 2024-04-29 | CR
        NT49    | 2024-04-22 | CR
        NT50    | 2024-04-29 | CR
        ONLYNE  | 2024-04-29 | NE
        NEGONE  | 2024-04-24 | NE
        """,
        only=("STW8", "ORRW8"),
    )
    assert_table(
        got,
        """
        USUBJID | PARAMCD | AVALC           | AVAL | ADT        | SRCDOM | SRCVAR   | SRCSEQ
        PD48    | STW8    | PD/RELAPSE      |      |            | RS     | RSSTRESC | 1
        PD48    | ORRW8   | N               | 0    |            | RS     | RSSTRESC | 1
        PD49    | STW8    | PD              | 5    | 2024-04-22 | RS     | RSSTRESC | 1
        PD49    | ORRW8   | N               | 0    | 2024-04-22 | RS     | RSSTRESC | 1
        NT48    | STW8    | NEW THERAPY     |      |            | ADSL   | NACTDT   |
        NT48    | ORRW8   | N               | 0    |            | ADSL   | NACTDT   |
        NT49    | STW8    | CR              | 1    | 2024-04-22 | RS     | RSSTRESC | 1
        NT49    | ORRW8   | Y               | 1    | 2024-04-22 | RS     | RSSTRESC | 1
        NT50    | STW8    | NEW THERAPY     |      |            | ADSL   | NACTDT   |
        NT50    | ORRW8   | N               | 0    |            | ADSL   | NACTDT   |
        DTH63   | STW8    | NOT YET REACHED |      |            | ADSL   | ACUTDT   |
        DTH63   | ORRW8   |                 |      |            | ADSL   | ACUTDT   |
        DTH64   | STW8    | NO ASSESSMENT   |      |            | ADSL   | ACUTDT   |
        DTH64   | ORRW8   | N               | 0    |            | ADSL   | ACUTDT   |
        CUT62   | STW8    | NOT YET REACHED |      |            | ADSL   | ACUTDT   |
        CUT62   | ORRW8   |                 |      |            | ADSL   | ACUTDT   |
        CUT63   | STW8    | NO ASSESSMENT   |      |            | ADSL   | ACUTDT   |
        CUT63   | ORRW8   | N               | 0    |            | ADSL   | ACUTDT   |
        ONLYNE  | STW8    | NOT EVALUABLE   |      |            | ADSL   | ACUTDT   |
        ONLYNE  | ORRW8   | N               | 0    |            | ADSL   | ACUTDT   |
        NEGONE  | STW8    | NOT YET REACHED |      |            | ADSL   | ACUTDT   |
        NEGONE  | ORRW8   |                 |      |            | ADSL   | ACUTDT   |
        """,
    )


def test_a_death_up_to_the_last_day_of_the_window_is_the_reason_also_when_the_cut_came_before_that_day():
    """Rule E-ORR step 4 before step 5: death on D60, the cut on D61, the W8 window ends on D63."""
    got = made_adrs(
        """
        USUBJID | DTHDT      | ACUTDT
        EARLY   | 2024-05-03 | 2024-05-04
        LAST    | 2024-05-06 | 2024-05-06
        """,
        only=("STW8",),
    )
    assert_table(
        got,
        """
        USUBJID | AVALC | SRCVAR
        EARLY   | DEATH | DTHDT
        LAST    | DEATH | DTHDT
        """,
    )


def test_responses_later_than_the_transplant_do_not_exist_for_the_sensitivity_rates():
    """Rule E-ORR, ORRWnH: PD and NE included; a response on the day of HSCT is used."""
    got = made_adrs(
        """
        USUBJID | HSCTDT     | DTHDT
        SAMEDAY | 2024-04-29 |
        DAYLATE | 2024-04-28 |
        PDLATER | 2024-04-10 | 2024-05-30
        """,
        """
        USUBJID | RSDTC      | RSSTRESC
        SAMEDAY | 2024-04-29 | CR
        DAYLATE | 2024-04-29 | CR
        PDLATER | 2024-04-15 | PD
        """,
        only=("ORRW8", "ORRW8H", "STW12", "ORRW12H"),
    )
    assert_table(
        got.loc[got["PARAMCD"] != "STW12"],
        """
        USUBJID | PARAMCD | AVALC | SRCVAR
        SAMEDAY | ORRW8   | Y     | RSSTRESC
        SAMEDAY | ORRW8H  | Y     | RSSTRESC
        SAMEDAY | ORRW12H | N     | ACUTDT
        DAYLATE | ORRW8   | Y     | RSSTRESC
        DAYLATE | ORRW8H  | N     | ACUTDT
        DAYLATE | ORRW12H | N     | ACUTDT
        PDLATER | ORRW8   | N     | RSSTRESC
        PDLATER | ORRW8H  | N     | ACUTDT
        PDLATER | ORRW12H | N     | DTHDT
        """,
    )


def test_the_best_response_is_dated_where_it_was_first_reached_and_by_week_12_means_up_to_d91():
    """Rule D.3, BOR and BORW12: D91 is 2024-06-03."""
    got = made_adrs(
        "USUBJID\nP1\nP2\nNONE",
        """
        USUBJID | RSDTC      | RSSTRESC
        P1      | 2024-04-01 | PR
        P1      | 2024-04-29 | PR
        P1      | 2024-06-03 | CRi
        P1      | 2024-06-04 | CR
        P1      | 2024-07-04 | CR
        P2      | 2024-06-04 | PD
        NONE    | 2024-04-01 | NE
        """,
        only=("BOR", "BORW12"),
    )
    assert_table(
        got,
        """
        USUBJID | PARAMCD | AVALC | AVAL | ADT        | SRCDOM | SRCSEQ
        P1      | BOR     | CR    | 1    | 2024-06-04 | RS     | 4
        P1      | BORW12  | CRi   | 2    | 2024-06-03 | RS     | 3
        P2      | BOR     | PD    | 5    | 2024-06-04 | RS     | 1
        P2      | BORW12  | NE    | 9    |            | ADSL   |
        NONE    | BOR     | NE    | 9    |            | ADSL   |
        NONE    | BORW12  | NE    | 9    |            | ADSL   |
        """,
    )


def test_a_relapse_follows_a_complete_remission_and_keeps_where_it_was():
    """Rule D.3 RELAPSE: the type is on another row of the same page; a PD after CR1 is none."""
    got = made_adrs(
        "USUBJID\nRELAPSED\nPROGR\nNOCR",
        """
        USUBJID  | RSTESTCD | RSDTC      | RSSTRESC         | VISITNUM | RSSEQ | RELAPTYP
        RELAPSED | OVRLRESP | 2024-04-01 | CR               | 11       | 2     |
        RELAPSED | OVRLRESP | 2024-04-29 | RELAPSED DISEASE | 12       | 3     |
        RELAPSED | DRCRIND  | 2024-04-29 | Y                | 12       | 1     | CNS
        PROGR    | OVRLRESP | 2024-04-01 | CRi              | 11       | 1     |
        PROGR    | OVRLRESP | 2024-04-29 | PD               | 12       | 2     |
        NOCR     | OVRLRESP | 2024-04-01 | PR               | 11       | 1     |
        NOCR     | OVRLRESP | 2024-04-29 | RELAPSED DISEASE | 12       | 2     |
        """,
        only=("OVR", "RELAPSE", "PD"),
    )
    assert_table(
        got.loc[(got["PARAMCD"] != "OVR") | (got["AVALC"] == "RD")],
        """
        USUBJID  | PARAMCD | AVALC | ADT        | RELAPTYP
        RELAPSED | OVR     | RD    | 2024-04-29 | CNS
        RELAPSED | PD      | Y     | 2024-04-29 |
        RELAPSED | RELAPSE | Y     | 2024-04-29 | CNS
        PROGR    | PD      | Y     | 2024-04-29 |
        PROGR    | RELAPSE | N     |            |
        NOCR     | OVR     | RD    | 2024-04-29 |
        NOCR     | PD      | Y     | 2024-04-29 |
        NOCR     | RELAPSE | N     |            |
        """,
    )


def test_a_partial_response_date_is_that_of_its_visit_else_the_last_day_up_to_death_or_cut():
    """Rule D-IMP, response date: the visit counts if it lies in what the date can mean."""
    got = made_adrs(
        """
        USUBJID | DTHDT      | DCUTDT
        VISIT   |            | 2025-06-30
        OUTSIDE |            | 2025-06-30
        DEATH   | 2024-04-20 | 2025-06-30
        CUT     |            | 2024-04-11
        YEAR    |            | 2024-12-01
        NODATE  |            | 2025-06-30
        NOTHING |            | 2025-06-30
        """,
        """
        USUBJID | RSDTC   | RSSTRESC | VISITNUM
        VISIT   | 2024-04 | PR       | 11
        OUTSIDE | 2024-04 | PR       | 11
        DEATH   | 2024-04 | PR       | 11
        CUT     | 2024-04 | CR       | 11
        YEAR    | 2024    | NR       | 11
        NODATE  |         | CR       | 11
        NOTHING |         | CR       | 11
        """,
        sv="""
        USUBJID | VISITNUM | SVSTDTC
        VISIT   | 10       | 2024-04-01
        VISIT   | 11       | 2024-04-03
        OUTSIDE | 11       | 2024-05-02
        CUT     | 12       | 2024-04-03
        NODATE  | 11       | 2024-04-03
        NOTHING | 11       | 2024-04
        """,
        only=("OVR",),
    )
    assert_table(
        got,
        """
        USUBJID | ADT        | ADTF | ADTNOTE               | ANL01FL
        VISIT   | 2024-04-03 |      | TAKEN FROM VISIT DATE | Y
        OUTSIDE | 2024-04-30 | D    |                       | Y
        DEATH   | 2024-04-20 | D    |                       | Y
        CUT     | 2024-04-11 | D    |                       | Y
        YEAR    | 2024-12-01 | M    |                       | Y
        NODATE  | 2024-04-03 |      | TAKEN FROM VISIT DATE | Y
        NOTHING |            |      |                       |
        """,
    )


def test_a_partial_progression_date_is_that_of_its_visit_else_the_first_day_after_the_last_assessment():
    """Rule D-IMP, PD/RD date; VISIT and FIRST are subject 08 and variant 08b of D.12."""
    got = made_adrs(
        "USUBJID\nVISIT\nFIRST\nAFTER\nLATER\nLASTDAY",
        """
        USUBJID | RSDTC      | RSSTRESC         | VISITNUM
        VISIT   | 2024-12    | RELAPSED DISEASE | 13.1
        FIRST   | 2024-11-04 | CRi              | 12
        FIRST   | 2024-12    | RELAPSED DISEASE | 13.1
        AFTER   | 2024-12-05 | CR               | 13
        AFTER   | 2024-12    | PD               | 13.1
        LATER   | 2024-12-20 | CR               | 14
        LATER   | 2024-12    | PD               | 13.1
        LASTDAY | 2024-12-31 | CR               | 13
        LASTDAY | 2024-12    | PD               | 13.1
        """,
        sv="""
        USUBJID | VISITNUM | SVSTDTC
        VISIT   | 13.1     | 2024-12-10
        FIRST   | 13.1     | 2024-11-30
        """,
        only=("OVR",),
    )
    assert_table(
        got.loc[got["AVALC"].isin(["PD", "RD"])],
        """
        USUBJID | AVALC | ADT        | ADTF | ADTNOTE
        VISIT   | RD    | 2024-12-10 |      | TAKEN FROM VISIT DATE
        FIRST   | RD    | 2024-12-01 | D    |
        AFTER   | PD    | 2024-12-06 | D    |
        LATER   | PD    | 2024-12-01 | D    |
        LASTDAY | PD    | 2024-12-01 | D    |
        """,
    )


def test_a_derived_record_says_how_its_date_was_imputed():
    """Rule D-IMP: the flag and the note of the source record, or of the date in ADSL."""
    got = made_adrs(
        """
        USUBJID | DTHDT      | DTHDTF | NACTDT     | NACTDTF
        P1      | 2024-12-20 | D      | 2024-12-19 | M
        """,
        """
        USUBJID | RSDTC   | RSSTRESC | VISITNUM
        P1      | 2024-04 | CR       | 11
        P1      | 2024-12 | PD       | 13
        """,
        sv="""
        USUBJID | VISITNUM | SVSTDTC
        P1      | 11       | 2024-04-03
        """,
        only=("RSP", "PD", "DEATH", "NACT", "STW4"),
    )
    assert_table(
        got,
        """
        PARAMCD | ADT        | ADTF | ADTNOTE
        STW4    | 2024-04-03 |      | TAKEN FROM VISIT DATE
        RSP     | 2024-04-03 |      | TAKEN FROM VISIT DATE
        PD      | 2024-12-01 | D    |
        DEATH   | 2024-12-20 | D    |
        NACT    | 2024-12-19 | M    |
        """,
    )


def test_the_mrd_status_is_worked_out_from_percentage_and_sensitivity():
    """Rules A.4, B-DIRT-24: NEG below 0.01 with a sensitivity of 0.01 or better, POS from 0.01 on."""
    got = made_adrs(
        ONE,
        cp="""
        USUBJID | CPSEQ | CPDTC      | CPSTRESC | CPLLOQ | MRDQUAL       | BMQUAL
        P1      | 1     | 2024-04-01 | 0.0099   | 0.01   | POSITIVE      | ADEQUATE
        P1      | 2     | 2024-04-02 | 0.01     | 0.01   | NEGATIVE      | ADEQUATE
        P1      | 3     | 2024-04-03 | 0.005    | 0.001  | NEGATIVE      | ADEQUATE
        P1      | 4     | 2024-04-04 | 0        | 0.1    | NEGATIVE      | ADEQUATE
        P1      | 5     | 2024-04-05 | <0.01    |        | NEGATIVE      | ADEQUATE
        P1      | 6     | 2024-04-06 | <0.1     |        | NEGATIVE      | ADEQUATE
        P1      | 7     | 2024-04-07 | 0        |        | NEGATIVE      | ADEQUATE
        P1      | 8     | 2024-04-08 | NEGATIVE | 0.01   | NEGATIVE      | ADEQUATE
        P1      | 9     | 2024-04-09 | NEGATIVE |        | NEGATIVE      | ADEQUATE
        P1      | 10    | 2024-04-10 | POSITIVE |        | POSITIVE      | ADEQUATE
        P1      | 11    | 2024-04-11 | 0        | 0.01   | NOT EVALUABLE | ADEQUATE
        P1      | 12    | 2024-04-12 | 0.5      | 0.01   | POSITIVE      | HAEMODILUTE
        P1      | 13    | 2024-04-13 | >10      | 0.01   |               |
        """,
        only=("MRD", "MRDPCT"),
    )
    assert_table(
        got,
        """
        PARAMCD | SRCSEQ | AVALC | AVAL  | SRCDOM | SRCVAR   | RSSEQ
        MRD     | 1      | NEG   | 0     | CP     | CPSTRESC |
        MRD     | 2      | POS   | 1     | CP     | CPSTRESC |
        MRD     | 3      | NEG   | 0     | CP     | CPSTRESC |
        MRD     | 4      | NE    |       | CP     | CPSTRESC |
        MRD     | 5      | NEG   | 0     | CP     | CPSTRESC |
        MRD     | 6      | NE    |       | CP     | CPSTRESC |
        MRD     | 7      | NE    |       | CP     | CPSTRESC |
        MRD     | 8      | NEG   | 0     | CP     | CPSTRESC |
        MRD     | 9      | NE    |       | CP     | CPSTRESC |
        MRD     | 10     | POS   | 1     | CP     | CPSTRESC |
        MRD     | 11     | NE    |       | CP     | CPSTRESC |
        MRD     | 12     | NE    |       | CP     | CPSTRESC |
        MRD     | 13     | POS   | 1     | CP     | CPSTRESC |
        MRDPCT  | 1      |       |       | CP     | CPSTRESN |
        MRDPCT  | 2      |       | 0.01  | CP     | CPSTRESN |
        MRDPCT  | 3      |       | 0.005 | CP     | CPSTRESN |
        MRDPCT  | 4      |       | 0     | CP     | CPSTRESN |
        MRDPCT  | 5      |       |       | CP     | CPSTRESN |
        MRDPCT  | 6      |       |       | CP     | CPSTRESN |
        MRDPCT  | 7      |       | 0     | CP     | CPSTRESN |
        MRDPCT  | 8      |       |       | CP     | CPSTRESN |
        MRDPCT  | 9      |       |       | CP     | CPSTRESN |
        MRDPCT  | 10     |       |       | CP     | CPSTRESN |
        MRDPCT  | 11     |       | 0     | CP     | CPSTRESN |
        MRDPCT  | 12     |       | 0.5   | CP     | CPSTRESN |
        MRDPCT  | 13     |       |       | CP     | CPSTRESN |
        """,
    )


def test_blood_other_tests_and_samples_not_done_are_no_mrd_records():
    """Rule D.3 MRD: marrow only."""
    got = made_adrs(
        ONE,
        cp="""
        USUBJID | CPTESTCD | CPSPEC      | CPSTAT   | CPDTC      | CPSTRESC
        P1      | ABCCE    | BLOOD       |          | 2024-04-01 | 0
        P1      | CARTLYP  | BONE MARROW |          | 2024-04-01 | 0
        P1      | ABCCE    | BONE MARROW | NOT DONE | 2024-04-01 |
        """,
        only=("MRD", "MRDPCT", "MRDNEG"),
    )
    assert_table(got, "PARAMCD | AVALC | SRCVAR\nMRDNEG | N | ACUTDT")


def test_mrd_samples_count_up_to_progression_and_new_therapy_and_the_positive_wins_its_day():
    """Rule E-MRDSET."""
    got = made_adrs(
        """
        USUBJID | NACTDT
        PROGR   |
        THERAPY | 2024-05-06
        DAY     |
        """,
        """
        USUBJID | RSDTC      | RSSTRESC
        PROGR   | 2024-05-06 | PD
        """,
        """
        USUBJID | CPDTC      | CPSTRESC | MRDQUAL
        PROGR   | 2024-03-04 | 0        |
        PROGR   | 2024-05-06 | 0        |
        PROGR   | 2024-05-07 | 0        |
        THERAPY | 2024-05-06 | 0        |
        THERAPY | 2024-05-07 | 0        |
        DAY     | 2024-04-01 |          | NOT EVALUABLE
        DAY     | 2024-04-01 | 0        |
        DAY     | 2024-04-01 | 0.5      |
        DAY     | 2024-04-02 |          | NOT EVALUABLE
        DAY     | 2024-04-02 | 0        |
        """,
        only=("MRD", "MRDNEG"),
    )
    assert_table(
        got,
        """
        USUBJID | PARAMCD | ADT        | AVALC | ANL01FL | SRCSEQ
        PROGR   | MRD     | 2024-03-04 | NEG   |         | 1
        PROGR   | MRD     | 2024-05-06 | NEG   | Y       | 2
        PROGR   | MRD     | 2024-05-07 | NEG   |         | 3
        THERAPY | MRD     | 2024-05-06 | NEG   | Y       | 1
        THERAPY | MRD     | 2024-05-07 | NEG   |         | 2
        DAY     | MRD     | 2024-04-01 | NE    |         | 1
        DAY     | MRD     | 2024-04-01 | NEG   |         | 2
        DAY     | MRD     | 2024-04-01 | POS   | Y       | 3
        DAY     | MRD     | 2024-04-02 | NE    |         | 4
        DAY     | MRD     | 2024-04-02 | NEG   | Y       | 5
        PROGR   | MRDNEG  | 2024-05-06 | Y     |         | 2
        THERAPY | MRDNEG  | 2024-05-06 | Y     |         | 1
        DAY     | MRDNEG  | 2024-04-02 | Y     |         | 5
        """,
    )


def test_a_negative_sample_seven_days_from_a_complete_remission_makes_it_mrd_negative_eight_days_do_not():
    """Rule D.3 MRDORR: on either side, dated by the remission; PR is none."""
    got = made_adrs(
        "USUBJID\nBEFORE7\nBEFORE8\nAFTER7\nAFTER8\nPARTIAL\nSECOND",
        """
        USUBJID | RSDTC      | RSSTRESC
        BEFORE7 | 2024-04-15 | CR
        BEFORE8 | 2024-04-15 | CR
        AFTER7  | 2024-04-15 | CRi
        AFTER8  | 2024-04-15 | CRi
        PARTIAL | 2024-04-15 | PR
        SECOND  | 2024-04-15 | CR
        SECOND  | 2024-05-13 | CR
        """,
        """
        USUBJID | CPDTC      | CPSTRESC
        BEFORE7 | 2024-04-08 | 0
        BEFORE8 | 2024-04-07 | 0
        AFTER7  | 2024-04-22 | 0
        AFTER8  | 2024-04-23 | 0
        PARTIAL | 2024-04-15 | 0
        SECOND  | 2024-05-13 | 0
        """,
        only=("MRDORR",),
    )
    assert_table(
        got,
        """
        USUBJID | AVALC | AVAL | ADT        | SRCDOM | SRCSEQ
        BEFORE7 | Y     | 1    | 2024-04-15 | RS     | 1
        BEFORE8 | N     | 0    |            | ADSL   |
        AFTER7  | Y     | 1    | 2024-04-15 | RS     | 1
        AFTER8  | N     | 0    |            | ADSL   |
        PARTIAL | N     | 0    |            | ADSL   |
        SECOND  | Y     | 1    | 2024-05-13 | RS     | 2
        """,
    )


def test_a_molecular_relapse_is_positive_after_a_negative_sample_while_the_remission_holds():
    """Rule D.3 MRDREL: later than CR1 and than a NEG; the last response on or before the sample is CR/CRi."""
    got = made_adrs(
        "USUBJID\nYES\nONCR1\nNONEG\nNEGLATE\nLOST\nPDSAME",
        """
        USUBJID | RSDTC      | RSSTRESC
        YES     | 2024-04-01 | CRi
        ONCR1   | 2024-04-01 | CR
        NONEG   | 2024-04-01 | CR
        NEGLATE | 2024-04-01 | CR
        LOST    | 2024-04-01 | CR
        LOST    | 2024-04-29 | PR
        PDSAME  | 2024-04-01 | CR
        PDSAME  | 2024-04-29 | PD
        """,
        """
        USUBJID | CPDTC      | CPSTRESC
        YES     | 2024-03-20 | 0
        YES     | 2024-04-02 | 0.02
        ONCR1   | 2024-03-20 | 0
        ONCR1   | 2024-04-01 | 0.02
        NONEG   | 2024-04-29 | 0.02
        NEGLATE | 2024-04-29 | 0.02
        NEGLATE | 2024-05-06 | 0
        LOST    | 2024-04-01 | 0
        LOST    | 2024-04-29 | 0.02
        PDSAME  | 2024-04-01 | 0
        PDSAME  | 2024-04-29 | 0.02
        """,
        only=("MRDREL",),
    )
    assert_table(
        got,
        """
        USUBJID | AVALC | ADT        | SRCDOM | SRCVAR   | SRCSEQ
        YES     | Y     | 2024-04-02 | CP     | CPSTRESC | 2
        ONCR1   | N     |            | ADSL   | ACUTDT   |
        NONEG   | N     |            | ADSL   | ACUTDT   |
        NEGLATE | N     |            | ADSL   | ACUTDT   |
        LOST    | N     |            | ADSL   | ACUTDT   |
        PDSAME  | N     |            | ADSL   | ACUTDT   |
        """,
    )


def test_a_transplant_is_in_remission_after_the_first_response_up_to_progression_and_new_therapy():
    """Rule D.3 HSCTREM: not on the day of the response; on that of progression or new therapy it is."""
    got = made_adrs(
        """
        USUBJID | HSCTDT     | NACTDT
        SAMEDAY | 2024-04-01 |
        DAY2    | 2024-04-02 |
        ONPD    | 2024-04-29 |
        AFTERPD | 2024-04-30 |
        ONNT    | 2024-04-29 | 2024-04-29
        AFTERNT | 2024-04-30 | 2024-04-29
        HORIZON | 2025-03-19 |
        NORESP  | 2024-04-30 |
        NOHSCT  |            |
        """,
        """
        USUBJID | RSDTC      | RSSTRESC
        SAMEDAY | 2024-04-01 | PR
        DAY2    | 2024-04-01 | PR
        ONPD    | 2024-04-01 | CR
        ONPD    | 2024-04-29 | PD
        AFTERPD | 2024-04-01 | CR
        AFTERPD | 2024-04-29 | PD
        ONNT    | 2024-04-01 | CR
        AFTERNT | 2024-04-01 | CR
        HORIZON | 2024-04-01 | CR
        NORESP  | 2024-04-01 | NR
        NOHSCT  | 2024-04-01 | CR
        """,
        only=("HSCTREM", "HSCTANY"),
    )
    assert_table(
        got,
        """
        USUBJID | PARAMCD | AVALC | AVAL | ADT        | SRCDOM | SRCVAR
        SAMEDAY | HSCTREM | N     | 0    |            | ADSL   | ACUTDT
        DAY2    | HSCTREM | Y     | 1    | 2024-04-02 | ADSL   | HSCTDT
        ONPD    | HSCTREM | Y     | 1    | 2024-04-29 | ADSL   | HSCTDT
        AFTERPD | HSCTREM | N     | 0    |            | ADSL   | ACUTDT
        ONNT    | HSCTREM | Y     | 1    | 2024-04-29 | ADSL   | HSCTDT
        AFTERNT | HSCTREM | N     | 0    |            | ADSL   | ACUTDT
        HORIZON | HSCTREM | N     | 0    |            | ADSL   | ACUTDT
        NOHSCT  | HSCTREM | N     | 0    |            | ADSL   | ACUTDT
        SAMEDAY | HSCTANY | Y     | 1    | 2024-04-01 | ADSL   | HSCTDT
        DAY2    | HSCTANY | Y     | 1    | 2024-04-02 | ADSL   | HSCTDT
        ONPD    | HSCTANY | Y     | 1    | 2024-04-29 | ADSL   | HSCTDT
        AFTERPD | HSCTANY | Y     | 1    | 2024-04-30 | ADSL   | HSCTDT
        ONNT    | HSCTANY | Y     | 1    | 2024-04-29 | ADSL   | HSCTDT
        AFTERNT | HSCTANY | Y     | 1    | 2024-04-30 | ADSL   | HSCTDT
        HORIZON | HSCTANY | N     | 0    |            | ADSL   | ACUTDT
        NORESP  | HSCTANY | Y     | 1    | 2024-04-30 | ADSL   | HSCTDT
        NOHSCT  | HSCTANY | N     | 0    |            | ADSL   | ACUTDT
        """,
    )


def test_therapy_and_death_after_the_horizon_are_not_used():
    """Rule D-HOR: the horizon is 2025-03-18."""
    got = made_adrs(
        """
        USUBJID | NACTDT     | DTHDT
        ON      | 2025-03-18 | 2025-03-18
        AFTER   | 2025-03-19 | 2025-03-19
        """,
        only=("NACT", "DEATH"),
    )
    assert_table(
        got,
        """
        USUBJID | PARAMCD | AVALC | AVAL | ADT        | SRCVAR
        ON      | NACT    | Y     | 1    | 2025-03-18 | NACTDT
        ON      | DEATH   | Y     | 1    | 2025-03-18 | DTHDT
        AFTER   | NACT    | N     | 0    |            | ACUTDT
        AFTER   | DEATH   | N     | 0    |            | ACUTDT
        """,
    )


def test_the_untreated_have_no_rows_and_those_without_disease_only_what_is_for_the_safety_population():
    """Rule D.3: OVR, MRD, MRDPCT, PD, HSCTANY, LSTA, NACT, DEATH for SAFFL, the rest for EFFFL."""
    got = made_adrs(
        """
        USUBJID | SAFFL | EFFFL
        NEVER   | N     | N
        NODIS   | Y     | N
        """,
        """
        USUBJID | RSDTC      | RSSTRESC
        NEVER   | 2024-04-01 | CR
        NODIS   | 2024-04-01 | CR
        STRANGE | 2024-04-01 | CR
        """,
        """
        USUBJID | CPDTC      | CPSTRESC
        NODIS   | 2024-04-01 | 0
        """,
    )
    assert set(got["USUBJID"]) == {"NODIS"}
    assert set(got["PARAMCD"]) == {"OVR", "MRD", "MRDPCT", "PD", "HSCTANY", "LSTA", "NACT", "DEATH"}


def test_each_parameter_has_one_name_one_number_and_says_whether_it_was_derived():
    """Rule D.0: PARAMCD, PARAM and PARAMN are 1:1:1; collected parameters have no PARAMTYP."""
    got = made_adrs(
        ONE,
        "USUBJID | RSDTC | RSSTRESC\nP1 | 2024-04-01 | CR",
        "USUBJID | CPDTC | CPSTRESC\nP1 | 2024-04-01 | 0",
    )
    named = got[["PARAMCD", "PARAM", "PARAMN"]].drop_duplicates()
    assert len(named) == 31
    assert all(named[column].is_unique for column in named)
    collected = got.loc[got["PARAMTYP"].isna(), "PARAMCD"]
    assert set(collected) == {"OVR", "MRDPCT"}
    assert set(got["PARAMTYP"].dropna()) == {"DERIVED"}


def test_every_derived_record_names_its_source():
    """Rule D-TRACE: domain and variable always, a sequence number where the source has one."""
    got = made_adrs(
        ONE,
        "USUBJID | RSDTC | RSSTRESC\nP1 | 2024-04-01 | CR",
        "USUBJID | CPDTC | CPSTRESC\nP1 | 2024-04-01 | 0",
    )
    assert got[["SRCDOM", "SRCVAR"]].notna().all(axis=None)
    assert (got["SRCSEQ"].notna() == got["SRCDOM"].isin(["RS", "CP"])).all()


def test_the_order_of_the_records_does_not_matter():
    """Style guide: a derivation does not care in which order the rows arrive."""
    rs = drawn_rs("""
        USUBJID | RSSEQ | VISITNUM | RSDTC      | RSSTRESC
        P1      | 1     | 11       | 2024-04-01 | CR
        P1      | 2     | 11       | 2024-04-01 | CR
        P1      | 3     | 12       | 2024-05    | PD
        P2      | 1     | 11       | 2024-04    | PR
        """)
    cp = drawn_cp("USUBJID | CPSEQ | CPDTC | CPSTRESC\nP1 | 1 | 2024-04-01 | 0\nP1 | 2 | 2024-04-01 | 0")
    sv = table("USUBJID | VISITNUM | SVSTDTC\nP2 | 11 | 2024-04-02\nP1 | 12 | 2024-05-02")
    adsl = drawn_adsl("USUBJID\nP1\nP2")
    keys = ["USUBJID", "PARAMCD", "ADT", "AVISITN", "RSSEQ", "SRCSEQ"]
    forward, backward = (
        adrs(
            *(frame.iloc[::step].reset_index(drop=True) for frame in (adsl, rs, cp, sv)), spec("adrs")
        ).sort_values(keys, ignore_index=True)
        for step in (1, -1)
    )
    pd.testing.assert_frame_equal(forward, backward)


def test_no_subjects_give_no_rows_and_all_columns():
    """Style guide, law empty."""
    visits = table("USUBJID | VISITNUM | SVSTDTC")
    empty = adrs(drawn_adsl("USUBJID"), drawn_rs(NO_RS), drawn_cp(NO_CP), visits, spec("adrs"))
    assert len(empty) == 0
    assert list(empty) == list(made_adrs(ONE))


@pytest.mark.parametrize("name", ["adsl", "rs", "cp", "sv"])
def test_the_frames_handed_in_are_not_changed(name: str):
    """Style guide, law purity."""
    given = {
        "adsl": drawn_adsl(ONE),
        "rs": drawn_rs("USUBJID | RSDTC | RSSTRESC\nP1 | 2024-04 | CR"),
        "cp": drawn_cp("USUBJID | CPDTC | CPSTRESC\nP1 | 2024-04 | 0"),
        "sv": table("USUBJID | VISITNUM | SVSTDTC\nP1 | 1 | 2024-04-02"),
    }
    before = given[name].copy()
    adrs(**given, spec=spec("adrs"))
    pd.testing.assert_frame_equal(given[name], before)

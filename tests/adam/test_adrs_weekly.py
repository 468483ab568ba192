"""ADRS: weekly response on both sides of each boundary (rule E-ORR).

The infusion is on 2024-03-04 (see `drawn_adsl`).
"""

from __future__ import annotations

from tests.adam.cases import ONE, made_adrs
from tests.tables import assert_table


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
    got = made_adrs(
        ONE,
        """
        USUBJID | RSDTC      | RSSTRESC
        P1      | 2024-03-25 | CR
        P1      | 2024-03-30 | PR
        P1      | 2024-04-03 | NR
        """,
        only=("STW4", "ORRW4"),
    )
    assert_table(
        got,
        """
        PARAMCD | AVALC | AVAL | ADT        | AWTDIFF | SRCDOM | SRCVAR   | SRCSEQ
        STW4    | NR    | 4    | 2024-04-03 | 2       | RS     | RSSTRESC | 3
        ORRW4   | N     | 0    | 2024-04-03 | 2       | RS     | RSSTRESC | 3
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

"""SE: elements entered, their order and their ends (rules C.1 SE, C-EPOCH)."""

from __future__ import annotations

import pandas as pd

from sdtm.se import se
from tests.sdtm.specs import stated
from tests.tables import assert_table, table

SPEC = stated(
    "SE",
    """
    elements:
      SCRN: {start: RFICDTC}
      LD:   {start: RFXSTDTC, unless: RFSTDTC}
      CART: {start: RFSTDTC}
      FU:   {start: RFSTDTC, days: 29}
    end: RFPENDTC
    """,
)
TA = table("""
    ARMCD | ETCD | EPOCH     | TAETORD
    A     | SCRN | SCREENING | 1
    A     | LD   | TREATMENT | 2
    A     | CART | TREATMENT | 3
    A     | FU   | FOLLOW-UP | 4
    B     | SCRN | SCREENING | 1
    B     | LD   | TREATMENT | 2
    B     | CART | TREATMENT | 3
    B     | FU   | OBSERVATION | 5
    """)


def elements(drawn: str) -> pd.DataFrame:
    return se(table(drawn), TA, SPEC)


def test_each_element_ends_when_the_next_begins_and_the_last_with_participation():
    """Follow-up starts 29 days after the infusion, without a time: 2024-03-01 + 29 days is 2024-03-30."""
    got = elements("""
        USUBJID | ARMCD | RFICDTC          | RFXSTDTC         | RFSTDTC          | RFPENDTC
        P1      | A     | 2024-02-10T10:00 | 2024-02-25T09:00 | 2024-03-01T10:05 | 2025-05-10
        """)
    assert_table(
        got,
        """
        USUBJID | ETCD | EPOCH     | TAETORD | SESTDTC          | SEENDTC
        P1      | SCRN | SCREENING | 1       | 2024-02-10T10:00 | 2024-02-25T09:00
        P1      | LD   | TREATMENT | 2       | 2024-02-25T09:00 | 2024-03-01T10:05
        P1      | CART | TREATMENT | 3       | 2024-03-01T10:05 | 2024-03-30
        P1      | FU   | FOLLOW-UP | 4       | 2024-03-30       | 2025-05-10
        """,
    )


def test_follow_up_is_entered_by_who_takes_part_until_its_first_day_and_by_nobody_else():
    got = elements("""
        USUBJID | ARMCD | RFICDTC    | RFXSTDTC   | RFSTDTC    | RFPENDTC
        P1      | A     | 2024-02-10 | 2024-02-25 | 2024-03-01 | 2024-03-30
        P2      | A     | 2024-02-10 | 2024-02-25 | 2024-03-01 | 2024-03-29
        """)
    assert_table(
        got[got["ETCD"].isin(["CART", "FU"])],
        """
        USUBJID | ETCD | SESTDTC    | SEENDTC
        P1      | CART | 2024-03-01 | 2024-03-30
        P1      | FU   | 2024-03-30 | 2024-03-30
        P2      | CART | 2024-03-01 | 2024-03-29
        """,
    )


def test_without_lymphodepletion_screening_lasts_until_the_infusion():
    got = elements("""
        USUBJID | ARMCD | RFICDTC    | RFXSTDTC         | RFSTDTC          | RFPENDTC
        P1      | A     | 2024-02-10 | 2024-03-01T10:05 | 2024-03-01T10:05 | 2024-03-05
        """)
    assert_table(
        got,
        """
        USUBJID | ETCD | SESTDTC          | SEENDTC
        P1      | SCRN | 2024-02-10       | 2024-03-01T10:05
        P1      | CART | 2024-03-01T10:05 | 2024-03-05
        """,
    )


def test_who_is_not_infused_after_lymphodepletion_stays_in_treatment_until_the_end():
    got = elements("""
        USUBJID | ARMCD | RFICDTC    | RFXSTDTC   | RFSTDTC | RFPENDTC
        P1      | A     | 2024-08-20 | 2024-09-10 |         | 2024-09-20
        """)
    assert_table(
        got,
        """
        USUBJID | ETCD | EPOCH     | SESTDTC    | SEENDTC
        P1      | SCRN | SCREENING | 2024-08-20 | 2024-09-10
        P1      | LD   | TREATMENT | 2024-09-10 | 2024-09-20
        """,
    )


def test_a_screen_failure_without_an_arm_has_screening_only():
    got = elements("""
        USUBJID | ARMCD | RFICDTC    | RFXSTDTC | RFSTDTC | RFPENDTC
        P1      |       | 2024-08-20 |          |         | 2024-09-02
        """)
    assert_table(
        got,
        """
        USUBJID | ETCD | EPOCH     | TAETORD | SESTDTC    | SEENDTC
        P1      | SCRN | SCREENING | 1       | 2024-08-20 | 2024-09-02
        """,
    )


def test_without_an_arm_an_element_on_which_the_arms_differ_has_no_epoch():
    got = elements("""
        USUBJID | ARMCD | RFICDTC    | RFXSTDTC   | RFSTDTC    | RFPENDTC
        P1      |       | 2024-02-10 | 2024-02-25 | 2024-03-01 | 2024-06-01
        P2      | B     | 2024-02-10 | 2024-02-25 | 2024-03-01 | 2024-06-01
        """)
    assert_table(
        got[got["ETCD"] == "FU"],
        """
        USUBJID | EPOCH       | TAETORD
        P1      |             |
        P2      | OBSERVATION | 5
        """,
    )


def test_nobody_gives_no_elements_but_all_columns():
    got = elements("USUBJID | ARMCD | RFICDTC | RFXSTDTC | RFSTDTC | RFPENDTC")
    assert got.empty
    assert list(got) == ["USUBJID", "ETCD", "EPOCH", "TAETORD", "SESTDTC", "SEENDTC"]

"""DM: delivered dose, actual arm, other screening numbers (rules C.1, C-ID)."""

from __future__ import annotations

import pandas as pd

from sdtm.dm import actual_arm, delivered_dose, other_screenings
from tests.sdtm.specs import stated
from tests.tables import assert_table, table

SPEC = stated(
    "DM",
    "{product: CELLS, within_hours: 24}",
    """
    dose_tolerance_pct: 20
    dose_levels:
      - {code: HIGH, planned_1e6_per_kg: 30}
      - {code: LOW, planned_1e6_per_kg: 10}
      - {code: MID, planned_1e6_per_kg: 20}
    subject: {rescreened: {01-031: 01-007, 01-040: 01-007, 01-033: 01-009}}
    """,
)


def arms(drawn: str) -> pd.DataFrame:
    dm = table(drawn, delivered="Num")
    return dm.assign(ACTARMCD=actual_arm(dm, SPEC))


def delivered(dm: str, ex: str) -> pd.DataFrame:
    persons = table(dm)
    return persons.assign(dose=delivered_dose(persons, table(ex), SPEC))


def test_a_dose_within_twenty_percent_of_the_planned_level_is_the_planned_arm_both_ends_included():
    got = arms("""
        USUBJID | ARMCD | delivered
        P1      | LOW   | 8
        P2      | LOW   | 12
        P3      | MID   | 24
        P4      | HIGH  | 24
        P5      | HIGH  | 35.9999
        """)
    assert_table(
        got,
        """
        USUBJID | ACTARMCD
        P1      | LOW
        P2      | LOW
        P3      | MID
        P4      | HIGH
        P5      | HIGH
        """,
    )


def test_a_dose_just_beyond_twenty_percent_is_not_the_planned_arm():
    got = arms("""
        USUBJID | ARMCD | delivered
        P1      | LOW   | 7.9999
        P2      | LOW   | 12.0001
        P3      | MID   | 24.0001
        P4      | HIGH  | 36.0001
        """)
    assert_table(
        got,
        """
        USUBJID | ACTARMCD
        P1      |
        P2      |
        P3      | HIGH
        P4      |
        """,
    )


def test_a_dose_near_two_other_levels_is_the_lower_of_them():
    """24 is 20 % above 20 and 20 % below 30; planned was 10."""
    got = arms("""
        USUBJID | ARMCD | delivered
        P1      | LOW   | 24
        P2      |       | 24
        """)
    assert_table(got, "USUBJID | ACTARMCD\n P1 | MID\n P2 | MID")


def test_who_was_not_treated_has_no_actual_arm():
    assert_table(arms("USUBJID | ARMCD | delivered\n P1 | LOW |"), "USUBJID | ACTARMCD\n P1 |")


def test_two_bags_within_a_day_are_one_dose_and_a_later_infusion_is_not_part_of_it():
    got = delivered(
        """
        USUBJID | RFSTDTC
        P1      | 2024-03-01T10:00
        P2      | 2024-03-01T10:00
        """,
        """
        USUBJID | EXTRT | EXDOSE | EXSTDTC
        P1      | CELLS | 6.1    | 2024-03-01T10:00
        P1      | CELLS | 3.2    | 2024-03-02T10:00
        P1      | CELLS | 5      | 2024-03-02T10:01
        P1      | OTHER | 99     | 2024-03-01T11:00
        P2      | CELLS | 10     | 2024-03-01T10:00
        P2      | CELLS | 10     | 2024-05-01T10:00
        """,
    )
    assert_table(got, "USUBJID | dose\n P1 | 9.3\n P2 | 10", dose="Num")


def test_without_times_the_day_after_still_counts_and_the_second_day_does_not():
    got = delivered(
        "USUBJID | RFSTDTC\n P1 | 2024-03-01\n P2 | 2024-03-01T10:00\n P3 | 2024-03-01T10:00",
        """
        USUBJID | EXTRT | EXDOSE | EXSTDTC
        P1      | CELLS | 4      | 2024-03-01
        P1      | CELLS | 4      | 2024-03-02
        P1      | CELLS | 4      | 2024-03-03
        P2      | CELLS | 4      | 2024-03-01T10:00
        P2      | CELLS | 4      | 2024-03
        P3      | CELLS | 4      | 2024-03-01T10:00
        P3      | CELLS | 2      | 2024-03-01
        """,
    )
    assert_table(got, "USUBJID | dose\n P1 | 8\n P2 | 4\n P3 | 6", dose="Num")


def test_a_dose_of_which_a_part_is_not_known_is_not_known():
    got = delivered(
        "USUBJID | RFSTDTC\n P1 | 2024-03-01T10:00\n P2 | 2024-03-01T10:00",
        """
        USUBJID | EXTRT | EXDOSE | EXSTDTC
        P1      | CELLS | 6      | 2024-03-01T10:00
        P1      | CELLS |        | 2024-03-01T10:30
        P2      | CELLS |        | 2024-03-01T10:00
        """,
    )
    assert_table(got, "USUBJID | dose\n P1 |\n P2 |", dose="Num")


def test_a_person_who_had_only_lymphodepletion_has_no_delivered_dose():
    got = delivered(
        "USUBJID | RFSTDTC\n P1 |",
        "USUBJID | EXTRT | EXDOSE | EXSTDTC\n P1 | OTHER | 30 | 2024-03-01",
    )
    assert_table(got, "USUBJID | dose\n P1 |", dose="Num")


def test_other_screening_numbers_of_a_person_are_listed_in_order_without_the_one_shown():
    dm = table("""
        USUBJID | SUBJID
        S-007   | 01-031
        S-009   | 01-009
        S-010   | 01-010
        """)
    assert_table(
        dm.assign(others=other_screenings(dm, SPEC)),
        """
        SUBJID | others
        01-031 | 01-007;01-040
        01-009 | 01-033
        01-010 |
        """,
    )

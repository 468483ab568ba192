"""ADRS: dates of responses that are not complete (rule D-IMP).

The infusion is on 2024-03-04 (see `drawn_adsl`).
"""

from __future__ import annotations

from tests.adam.cases import made_adrs
from tests.tables import assert_table


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


def test_a_partial_date_that_can_only_mean_days_after_death_is_the_day_of_death():
    """Rule D-IMP, response date: not beyond death. V-RS-12 queries it; a complete date stays as collected."""
    got = made_adrs(
        """
        USUBJID | DTHDT      | DCUTDT
        EVE     | 2024-04-30 | 2025-06-30
        MORROW  | 2024-05-01 | 2025-06-30
        MONTH   | 2024-04-20 | 2025-06-30
        YEAR    | 2024-12-31 | 2025-06-30
        PD      | 2024-04-30 | 2025-06-30
        PDFIRST | 2024-05-01 | 2025-06-30
        KNOWN   | 2024-04-30 | 2025-06-30
        """,
        """
        USUBJID | RSDTC      | RSSTRESC | VISITNUM
        EVE     | 2024-05    | PR       | 11
        MORROW  | 2024-05    | PR       | 11
        MONTH   | 2024-05    | PR       | 11
        YEAR    | 2025       | CR       | 11
        PD      | 2024-05    | PD       | 11
        PDFIRST | 2024-05    | PD       | 11
        KNOWN   | 2024-05-01 | PR       | 11
        """,
        only=("OVR",),
    )
    assert_table(
        got,
        """
        USUBJID | ADT        | ADTF
        EVE     | 2024-04-30 | M
        MORROW  | 2024-05-01 | D
        MONTH   | 2024-04-20 | M
        YEAR    | 2024-12-31 | Y
        PD      | 2024-04-30 | M
        PDFIRST | 2024-05-01 | D
        KNOWN   | 2024-05-01 |
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

"""ADTTE: times from infusion and to transplant (rules D.4, E-TTE h).

The infusion is on 2024-03-04 (see `drawn_adsl`).
"""

from __future__ import annotations

from tests.adam.cases import made_adtte
from tests.tables import assert_table


def test_time_to_response_without_any_assessment_is_one_day_with_reason_7_whatever_the_end_of_study():
    """Rule E-TTE h: an assessment on D0 is not after the start. Rule c comes first."""
    got = made_adtte(
        """
        USUBJID | NACTDT     | DCSREAS           | EOSDT
        NONE    |            |                   |
        LOST    |            | LOST TO FOLLOW-UP | 2024-04-10
        DAY0    |            |                   |
        THERAPY | 2024-03-20 |                   |
        DAY1    |            |                   |
        """,
        """
        USUBJID | PARAMCD | ADT        | AVALC | ANL01FL
        DAY0    | OVR     | 2024-03-04 | CR    |
        THERAPY | OVR     | 2024-04-01 | CR    |
        DAY1    | OVR     | 2024-03-05 | NR    | Y
        """,
        only=("TTR",),
    )
    therapy = "LAST ADEQUATE ASSESSMENT BEFORE NEW THERAPY"
    none = "NO ADEQUATE ASSESSMENT"
    last = "LAST ADEQUATE ASSESSMENT"
    assert_table(
        got,
        f"""
        USUBJID | ADT        | AVAL | CNSR | CNSDTDSC  | SRCDOM | SRCVAR | SRCSEQ
        NONE    | 2024-03-04 | 1    | 7    | {none}    | ADSL   | TRTSDT |
        LOST    | 2024-03-04 | 1    | 7    | {none}    | ADSL   | TRTSDT |
        DAY0    | 2024-03-04 | 1    | 7    | {none}    | ADSL   | TRTSDT |
        THERAPY | 2024-03-04 | 1    | 3    | {therapy} | ADSL   | TRTSDT |
        DAY1    | 2024-03-05 | 2    | 1    | {last}    | ADRS   | ADT    | 1
        """,
    )


def test_the_first_evaluable_response_ends_the_time_to_response():
    """Rule D.4 TTR, TTCR: PR ends the first only; a response that is not evaluable neither."""
    got = made_adtte(
        "USUBJID\nP1",
        """
        USUBJID | PARAMCD | ADT        | AVALC | ANL01FL
        P1      | OVR     | 2024-03-20 | CR    |
        P1      | OVR     | 2024-04-01 | PR    | Y
        P1      | OVR     | 2024-04-29 | CRi   | Y
        """,
        only=("TTR", "TTCR"),
    )
    assert_table(
        got,
        """
        PARAMCD | ADT        | AVAL | CNSR | EVNTDESC       | SRCSEQ
        TTR     | 2024-04-01 | 29   | 0    | FIRST RESPONSE | 2
        TTCR    | 2024-04-29 | 57   | 0    | FIRST CR/CRi   | 3
        """,
    )


def test_no_complete_remission_by_d91_is_a_failure_on_the_first_day_once_it_is_known():
    """Rule D.4 EFSINF: D91 is 2024-06-03; open until then unless PD, therapy or death decided it."""
    got = made_adtte(
        """
        USUBJID | ACUTDT     | NACTDT     | DTHDT      | DCSREAS           | EOSDT
        CR91    | 2025-03-18 |            |            |                   |
        CR92    | 2025-03-18 |            |            |                   |
        CUT90   | 2024-06-02 |            |            |                   |
        CUT91   | 2024-06-03 |            |            |                   |
        PD      | 2024-05-10 |            |            |                   |
        THERAPY | 2024-05-10 | 2024-05-10 |            |                   |
        DEATH   | 2024-05-10 |            | 2024-05-10 |                   |
        LATER   | 2024-05-10 | 2024-05-11 | 2024-05-11 |                   |
        LOST    | 2024-05-10 |            |            | LOST TO FOLLOW-UP | 2024-05-10
        """,
        """
        USUBJID | PARAMCD | ADT        | AVALC
        CR91    | CR1     | 2024-06-03 | Y
        CR91    | OVR     | 2024-06-03 | CR
        CR92    | CR1     | 2024-06-04 | Y
        CR92    | OVR     | 2024-06-04 | CR
        CUT90   | OVR     | 2024-04-01 | NR
        CUT91   | OVR     | 2024-04-01 | NR
        PD      | PD      | 2024-04-01 | Y
        PD      | OVR     | 2024-04-01 | PD
        THERAPY | PD      |            | N
        LATER   | OVR     | 2024-04-01 | NR
        LOST    | OVR     | 2024-04-01 | NR
        """,
        only=("EFSINF",),
    )
    assert_table(
        got,
        """
        USUBJID | ADT        | AVAL | CNSR | EVNTDESC          | SRCDOM | SRCVAR
        CR91    | 2024-06-03 | 92   | 1    | CENSORED          | ADRS   | ADT
        CR92    | 2024-03-04 | 1    | 0    | TREATMENT FAILURE | ADSL   | TRTSDT
        CUT90   | 2024-04-01 | 29   | 1    | CENSORED          | ADRS   | ADT
        CUT91   | 2024-03-04 | 1    | 0    | TREATMENT FAILURE | ADSL   | TRTSDT
        PD      | 2024-03-04 | 1    | 0    | TREATMENT FAILURE | ADSL   | TRTSDT
        THERAPY | 2024-03-04 | 1    | 0    | TREATMENT FAILURE | ADSL   | TRTSDT
        DEATH   | 2024-03-04 | 1    | 0    | TREATMENT FAILURE | ADSL   | TRTSDT
        LATER   | 2024-04-01 | 29   | 1    | CENSORED          | ADRS   | ADT
        LOST    | 2024-04-01 | 29   | 2    | CENSORED          | ADRS   | ADT
        """,
    )


def test_after_a_complete_remission_relapse_and_death_end_the_time_from_infusion():
    """Rule D.4 EFSINF: a progression before CR1 is no event of its own."""
    got = made_adtte(
        "USUBJID | DTHDT\nRELAPSE | \nDEATH | 2024-06-20",
        """
        USUBJID | PARAMCD | ADT        | AVALC
        RELAPSE | CR1     | 2024-04-29 | Y
        RELAPSE | OVR     | 2024-04-29 | CR
        RELAPSE | OVR     | 2024-06-10 | RD
        DEATH   | CR1     | 2024-04-29 | Y
        DEATH   | OVR     | 2024-04-29 | CR
        """,
        only=("EFSINF",),
    )
    assert_table(
        got,
        """
        USUBJID | ADT        | AVAL | CNSR | EVNTDESC | SRCDOM | SRCSEQ
        RELAPSE | 2024-06-10 | 99   | 0    | RELAPSE  | ADRS   | 3
        DEATH   | 2024-06-20 | 109  | 0    | DEATH    | ADSL   |
        """,
    )


def test_the_way_to_transplant_ends_with_it_in_remission_or_is_cut_by_progression_or_death():
    """Rule D.4 TTHSCT: no rule c; the event goes before a progression on its day."""
    got = made_adtte(
        """
        USUBJID | RSPFL | HSCTDT     | NACTDT     | DTHDT      | DCSREAS           | EOSDT
        REM     | Y     | 2024-06-10 |            |            |                   |
        PDFIRST | Y     | 2024-07-10 |            | 2024-08-01 |                   |
        DEATH   | Y     |            |            | 2024-05-20 |                   |
        THERAPY | Y     |            | 2024-04-20 |            |                   |
        LOST    | Y     |            |            |            | LOST TO FOLLOW-UP | 2024-06-01
        """,
        """
        USUBJID | PARAMCD | ADT        | AVALC
        REM     | RSP     | 2024-04-01 | Y
        REM     | OVR     | 2024-04-01 | CR
        REM     | OVR     | 2024-06-10 | RD
        REM     | HSCTREM | 2024-06-10 | Y
        PDFIRST | RSP     | 2024-04-01 | Y
        PDFIRST | OVR     | 2024-06-10 | PD
        PDFIRST | OVR     | 2024-06-10 | RD
        DEATH   | RSP     | 2024-04-01 | Y
        DEATH   | OVR     | 2024-04-01 | CR
        THERAPY | RSP     | 2024-04-01 | Y
        THERAPY | OVR     | 2024-04-01 | CR
        THERAPY | OVR     | 2024-05-01 | CR
        LOST    | RSP     | 2024-04-01 | Y
        LOST    | OVR     | 2024-04-01 | CR
        """,
        only=("TTHSCT",),
    )
    before, last = "PD, RELAPSE OR DEATH BEFORE HSCT", "LAST ADEQUATE ASSESSMENT"
    assert_table(
        got,
        f"""
        USUBJID | ADT        | AVAL | CNSR | EVNTDESC          | CNSDTDSC | SRCDOM | SRCVAR | SRCSEQ
        REM     | 2024-06-10 | 71   | 0    | HSCT IN REMISSION |          | ADSL   | HSCTDT |
        PDFIRST | 2024-06-10 | 71   | 1    | CENSORED          | {before} | ADRS   | ADT    | 3
        DEATH   | 2024-05-20 | 50   | 1    | CENSORED          | {before} | ADSL   | DTHDT  |
        THERAPY | 2024-05-01 | 31   | 1    | CENSORED          | {last}   | ADRS   | ADT    | 3
        LOST    | 2024-04-01 | 1    | 2    | CENSORED          | {last}   | ADRS   | ADT    | 2
        """,
    )

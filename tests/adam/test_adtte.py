"""ADTTE: each step of E-TTE on both sides of its boundary; infusion on 2024-03-04 (see `drawn_adsl`)."""

from __future__ import annotations

import pandas as pd
import pytest

from adam.adtte import adtte
from clinical.errors import DerivationError
from tests.adam.cases import drawn_adsl, made_adtte, spec
from tests.tables import assert_table, table, typed


def test_a_relapse_counts_after_the_start_and_up_to_the_horizon():
    """Rule E-TTE a: STARTDT < date <= ACUTDT."""
    got = made_adtte(
        """
        USUBJID | RSPFL | ACUTDT
        NEXTDAY | Y     | 2024-06-10
        LASTDAY | Y     | 2024-06-10
        TOOLATE | Y     | 2024-06-10
        """,
        """
        USUBJID | PARAMCD | ADT        | AVALC
        NEXTDAY | RSP     | 2024-04-01 | Y
        NEXTDAY | OVR     | 2024-04-01 | CR
        NEXTDAY | OVR     | 2024-04-02 | RD
        LASTDAY | RSP     | 2024-04-01 | Y
        LASTDAY | OVR     | 2024-04-01 | CR
        LASTDAY | OVR     | 2024-06-10 | PD
        TOOLATE | RSP     | 2024-04-01 | Y
        TOOLATE | OVR     | 2024-04-01 | CR
        TOOLATE | OVR     | 2024-06-11 | RD
        """,
        only=("DOR",),
    )
    last = "LAST ADEQUATE ASSESSMENT"
    assert_table(
        got,
        f"""
        USUBJID | STARTDT    | ADT        | AVAL | CNSR | EVNTDESC            | CNSDTDSC | SRCDOM | SRCSEQ
        NEXTDAY | 2024-04-01 | 2024-04-02 | 2    | 0    | RELAPSE             |          | ADRS   | 3
        LASTDAY | 2024-04-01 | 2024-06-10 | 71   | 0    | DISEASE PROGRESSION |          | ADRS   | 3
        TOOLATE | 2024-04-01 | 2024-04-01 | 1    | 1    | CENSORED            | {last}   | ADRS   | 2
        """,
    )


def test_a_death_may_be_on_the_day_of_the_start():
    """Rule E-TTE a; D-DAY: one day."""
    got = made_adtte(
        "USUBJID | RSPFL | CRFL | DTHDT      | DTHCAT\nP1 | Y | Y | 2024-04-01 | DISEASE",
        """
        USUBJID | PARAMCD | ADT        | AVALC
        P1      | RSP     | 2024-04-01 | Y
        P1      | CR1     | 2024-04-01 | Y
        P1      | OVR     | 2024-04-01 | CR
        """,
        only=("DOR", "EFS", "EFSINF"),
    )
    assert_table(
        got,
        """
        PARAMCD | ADT        | AVAL | CNSR | EVNTDESC             | SRCDOM | SRCVAR | SRCSEQ
        DOR     | 2024-04-01 | 1    | 0    | DEATH DUE TO DISEASE | ADSL   | DTHDT  |
        EFS     | 2024-04-01 | 1    | 0    | DEATH                | ADSL   | DTHDT  |
        EFSINF  | 2024-04-01 | 29   | 0    | DEATH                | ADSL   | DTHDT  |
        """,
    )


def test_on_one_date_progression_names_the_event_before_mrd_relapse_and_that_before_death():
    """Rule E-TTE a, tie; RD and PD by the OVR value."""
    got = made_adtte(
        """
        USUBJID | CRFL | DTHDT
        RDDEATH | Y    | 2024-05-01
        PDMRD   | Y    |
        MRDDTH  | Y    | 2024-05-01
        """,
        """
        USUBJID | PARAMCD | ADT        | AVALC
        RDDEATH | CR1     | 2024-04-01 | Y
        RDDEATH | OVR     | 2024-05-01 | PD
        RDDEATH | OVR     | 2024-05-01 | RD
        PDMRD   | CR1     | 2024-04-01 | Y
        PDMRD   | MRDREL  | 2024-05-01 | Y
        PDMRD   | OVR     | 2024-05-01 | PD
        MRDDTH  | CR1     | 2024-04-01 | Y
        MRDDTH  | MRDREL  | 2024-05-01 | Y
        """,
        only=("EFSMRD",),
    )
    assert_table(
        got,
        """
        USUBJID | ADT        | EVNTDESC            | SRCDOM | SRCSEQ
        RDDEATH | 2024-05-01 | RELAPSE             | ADRS   | 3
        PDMRD   | 2024-05-01 | DISEASE PROGRESSION | ADRS   | 3
        MRDDTH  | 2024-05-01 | MRD RELAPSE         | ADRS   | 2
        """,
    )


def test_new_therapy_before_the_event_censors_at_the_last_assessment_not_after_it():
    """Rule E-TTE c: therapy on the day of the event leaves the event; one after the horizon is not used."""
    got = made_adtte(
        """
        USUBJID | RSPFL | NACTDT     | ACUTDT
        SAMEDAY | Y     | 2024-06-01 | 2025-03-18
        BEFORE  | Y     | 2024-05-31 | 2025-03-18
        ONVISIT | Y     | 2024-05-01 | 2025-03-18
        ONSTART | Y     | 2024-04-01 | 2025-03-18
        LATE    | Y     | 2024-06-11 | 2024-06-10
        NOEVENT | Y     | 2024-06-10 | 2024-06-10
        """,
        """
        USUBJID | PARAMCD | ADT        | AVALC
        SAMEDAY | RSP     | 2024-04-01 | Y
        SAMEDAY | OVR     | 2024-04-01 | CR
        SAMEDAY | OVR     | 2024-06-01 | RD
        BEFORE  | RSP     | 2024-04-01 | Y
        BEFORE  | OVR     | 2024-04-01 | CR
        BEFORE  | OVR     | 2024-05-01 | CR
        BEFORE  | OVR     | 2024-06-01 | RD
        ONVISIT | RSP     | 2024-04-01 | Y
        ONVISIT | OVR     | 2024-04-01 | CR
        ONVISIT | OVR     | 2024-05-01 | CR
        ONVISIT | OVR     | 2024-06-01 | RD
        ONSTART | RSP     | 2024-04-01 | Y
        ONSTART | OVR     | 2024-04-01 | CR
        ONSTART | OVR     | 2024-05-01 | CR
        LATE    | RSP     | 2024-04-01 | Y
        LATE    | OVR     | 2024-04-01 | CR
        LATE    | OVR     | 2024-05-01 | CR
        NOEVENT | RSP     | 2024-04-01 | Y
        NOEVENT | OVR     | 2024-04-01 | CR
        NOEVENT | OVR     | 2024-05-01 | CR
        """,
        only=("DOR",),
    )
    therapy = "LAST ADEQUATE ASSESSMENT BEFORE NEW THERAPY"
    assert_table(
        got,
        f"""
        USUBJID | ADT        | AVAL | CNSR | CNSDTDSC                 | SRCSEQ
        SAMEDAY | 2024-06-01 | 62   | 0    |                          | 3
        BEFORE  | 2024-05-01 | 31   | 3    | {therapy} | 3
        ONVISIT | 2024-05-01 | 31   | 3    | {therapy} | 3
        ONSTART | 2024-04-01 | 1    | 3    | {therapy} | 2
        LATE    | 2024-05-01 | 31   | 1    | LAST ADEQUATE ASSESSMENT | 3
        NOEVENT | 2024-05-01 | 31   | 3    | {therapy} | 3
        """,
    )


def test_the_transplant_versions_censor_on_its_day_unless_event_or_new_therapy_came_first():
    """Rule E-TTE b: from the start on, before the event, not after new therapy, not after the horizon."""
    got = made_adtte(
        """
        USUBJID | RSPFL | HSCTDT     | NACTDT     | ACUTDT
        ONSTART | Y     | 2024-04-01 |            | 2025-03-18
        BEFORE  | Y     | 2024-03-31 |            | 2025-03-18
        ONEVENT | Y     | 2024-06-01 |            | 2025-03-18
        DAYPRIO | Y     | 2024-05-31 |            | 2025-03-18
        WITHNT  | Y     | 2024-05-20 | 2024-05-20 | 2025-03-18
        AFTERNT | Y     | 2024-05-21 | 2024-05-20 | 2025-03-18
        HORIZON | Y     | 2024-05-21 |            | 2024-05-20
        """,
        "USUBJID | PARAMCD | ADT | AVALC\n"
        + "\n".join(
            f"{who} | RSP | 2024-04-01 | Y\n{who} | OVR | 2024-04-01 | CR\n{who} | OVR | 2024-06-01 | RD"
            for who in ("ONSTART", "BEFORE", "ONEVENT", "DAYPRIO", "WITHNT", "AFTERNT", "HORIZON")
        ),
        only=("DORHSCT",),
    )
    therapy, last = "LAST ADEQUATE ASSESSMENT BEFORE NEW THERAPY", "LAST ADEQUATE ASSESSMENT"
    assert_table(
        got,
        f"""
        USUBJID | ADT        | CNSR | EVNTDESC | CNSDTDSC  | SRCDOM | SRCVAR | SRCSEQ
        ONSTART | 2024-04-01 | 4    | CENSORED | HSCT      | ADSL   | HSCTDT |
        BEFORE  | 2024-06-01 | 0    | RELAPSE  |           | ADRS   | ADT    | 3
        ONEVENT | 2024-06-01 | 0    | RELAPSE  |           | ADRS   | ADT    | 3
        DAYPRIO | 2024-05-31 | 4    | CENSORED | HSCT      | ADSL   | HSCTDT |
        WITHNT  | 2024-05-20 | 4    | CENSORED | HSCT      | ADSL   | HSCTDT |
        AFTERNT | 2024-04-01 | 3    | CENSORED | {therapy} | ADRS   | ADT    | 2
        HORIZON | 2024-04-01 | 1    | CENSORED | {last}    | ADRS   | ADT    | 2
        """,
    )


def test_two_missed_assessments_before_the_event_censor_one_does_not():
    """Rule E-TTE d: W8 is D49 (04-22) to D63, W12 D77 to D91 (06-03); both lie between response and event."""
    got = made_adtte(
        """
        USUBJID | RSPFL | DTHDT      | DTHCAT
        RD92    | Y     |            |
        RD91    | Y     |            |
        DTH92   | Y     | 2024-06-04 | DISEASE
        DTH91   | Y     | 2024-06-03 | DISEASE
        ONVISIT | Y     | 2024-06-04 | DISEASE
        OPENW8  | Y     |            |
        ONW8    | Y     |            |
        """,
        """
        USUBJID | PARAMCD | ADT        | AVALC
        RD92    | RSP     | 2024-04-01 | Y
        RD92    | OVR     | 2024-04-01 | CR
        RD92    | OVR     | 2024-06-04 | RD
        RD91    | RSP     | 2024-04-01 | Y
        RD91    | OVR     | 2024-04-01 | CR
        RD91    | OVR     | 2024-06-03 | RD
        DTH92   | RSP     | 2024-04-01 | Y
        DTH92   | OVR     | 2024-04-01 | CR
        DTH91   | RSP     | 2024-04-01 | Y
        DTH91   | OVR     | 2024-04-01 | CR
        ONVISIT | RSP     | 2024-04-01 | Y
        ONVISIT | OVR     | 2024-04-01 | CR
        ONVISIT | OVR     | 2024-06-04 | NR
        OPENW8  | RSP     | 2024-04-01 | Y
        OPENW8  | OVR     | 2024-04-01 | CR
        OPENW8  | OVR     | 2024-04-21 | CR
        OPENW8  | OVR     | 2024-06-04 | RD
        ONW8    | RSP     | 2024-04-01 | Y
        ONW8    | OVR     | 2024-04-01 | CR
        ONW8    | OVR     | 2024-04-22 | CR
        ONW8    | OVR     | 2024-06-04 | RD
        """,
        only=("DORMISS",),
    )
    assert_table(
        got,
        """
        USUBJID | ADT        | CNSR | CNSDTDSC                                           | SRCDOM | SRCSEQ
        RD92    | 2024-04-01 | 6    | LAST ADEQUATE ASSESSMENT BEFORE MISSED ASSESSMENTS | ADRS   | 2
        RD91    | 2024-06-03 | 0    |                                                    | ADRS   | 3
        DTH92   | 2024-04-01 | 6    | LAST ADEQUATE ASSESSMENT BEFORE MISSED ASSESSMENTS | ADRS   | 2
        DTH91   | 2024-06-03 | 0    |                                                    | ADSL   |
        ONVISIT | 2024-06-04 | 0    |                                                    | ADSL   |
        OPENW8  | 2024-04-21 | 6    | LAST ADEQUATE ASSESSMENT BEFORE MISSED ASSESSMENTS | ADRS   | 3
        ONW8    | 2024-06-04 | 0    |                                                    | ADRS   | 4
        """,
    )


def test_a_gap_without_an_event_after_it_is_not_censored_before_the_gap():
    """Rule E-TTE d: no event, no rule d; new therapy (c) goes before it."""
    got = made_adtte(
        """
        USUBJID | CRFL | NACTDT
        NOEVENT | Y    |
        THERAPY | Y    | 2024-08-30
        """,
        """
        USUBJID | PARAMCD | ADT        | AVALC
        NOEVENT | CR1     | 2024-04-01 | Y
        NOEVENT | OVR     | 2024-04-01 | CR
        NOEVENT | OVR     | 2024-09-02 | CR
        THERAPY | CR1     | 2024-04-01 | Y
        THERAPY | OVR     | 2024-04-01 | CR
        THERAPY | OVR     | 2024-09-02 | RD
        """,
        only=("EFSMISS",),
    )
    assert_table(got, "USUBJID | ADT | CNSR\nNOEVENT | 2024-09-02 | 1\nTHERAPY | 2024-04-01 | 3")


def test_a_death_of_another_cause_ends_the_response_at_the_last_assessment_before_it():
    """Rule E-TTE f; with DORALL and EFS it is an event; unknown cause counts as disease."""
    got = made_adtte(
        """
        USUBJID | RSPFL | DTHDT      | DTHCAT                    | ACUTDT
        OTHER   | Y     | 2024-05-20 | ADVERSE EVENT NOT RELATED | 2025-03-18
        VISIT   | Y     | 2024-05-01 | OTHER                     | 2025-03-18
        UNKNOWN | Y     | 2024-05-20 | UNKNOWN                   | 2025-03-18
        LATE    | Y     | 2024-05-20 | OTHER                     | 2024-05-19
        """,
        "USUBJID | PARAMCD | ADT | AVALC\n"
        + "\n".join(
            f"{who} | RSP | 2024-04-01 | Y\n{who} | OVR | 2024-04-01 | CR\n{who} | OVR | 2024-05-01 | CR"
            for who in ("OTHER", "VISIT", "UNKNOWN", "LATE")
        ),
        only=("DOR", "DORALL"),
    )
    other = "LAST ADEQUATE ASSESSMENT BEFORE NON-DISEASE DEATH"
    assert_table(
        got,
        f"""
        USUBJID | PARAMCD | ADT        | CNSR | EVNTDESC             | CNSDTDSC
        OTHER   | DOR     | 2024-05-01 | 5    | CENSORED             | {other}
        VISIT   | DOR     | 2024-05-01 | 5    | CENSORED             | {other}
        UNKNOWN | DOR     | 2024-05-20 | 0    | DEATH DUE TO DISEASE |
        LATE    | DOR     | 2024-05-01 | 1    | CENSORED             | LAST ADEQUATE ASSESSMENT
        OTHER   | DORALL  | 2024-05-20 | 0    | DEATH                |
        VISIT   | DORALL  | 2024-05-01 | 0    | DEATH                |
        UNKNOWN | DORALL  | 2024-05-20 | 0    | DEATH                |
        LATE    | DORALL  | 2024-05-01 | 1    | CENSORED             | LAST ADEQUATE ASSESSMENT
        """,
    )


def test_loss_or_withdrawal_is_the_reason_if_it_is_dated_up_to_the_horizon():
    """Rule E-TTE g: CNSR 2, else 1."""
    got = made_adtte(
        """
        USUBJID | RSPFL | DCSREAS               | EOSDT      | ACUTDT     | LSTALVDT
        LOST    | Y     | LOST TO FOLLOW-UP     | 2024-06-10 | 2024-06-10 | 2024-05-20
        WITHDR  | Y     | WITHDRAWAL BY SUBJECT | 2024-06-10 | 2024-06-10 | 2024-05-20
        LATE    | Y     | LOST TO FOLLOW-UP     | 2024-06-11 | 2024-06-10 | 2024-05-20
        NODATE  | Y     | LOST TO FOLLOW-UP     |            | 2024-06-10 | 2024-05-20
        OTHER   | Y     | PHYSICIAN DECISION    | 2024-06-10 | 2024-06-10 | 2024-05-20
        """,
        "USUBJID | PARAMCD | ADT | AVALC\n"
        + "\n".join(
            f"{who} | RSP | 2024-04-01 | Y\n{who} | OVR | 2024-04-01 | CR\n{who} | OVR | 2024-05-01 | CR"
            for who in ("LOST", "WITHDR", "LATE", "NODATE", "OTHER")
        ),
        only=("DOR", "OS"),
    )
    lost, alive = "LOST TO FOLLOW-UP OR WITHDRAWN", "ALIVE AT LAST CONTACT"
    assert_table(
        got,
        f"""
        USUBJID | PARAMCD | ADT        | CNSR | CNSDTDSC                 | SRCVAR
        LOST    | DOR     | 2024-05-01 | 2    | LAST ADEQUATE ASSESSMENT | ADT
        WITHDR  | DOR     | 2024-05-01 | 2    | LAST ADEQUATE ASSESSMENT | ADT
        LATE    | DOR     | 2024-05-01 | 1    | LAST ADEQUATE ASSESSMENT | ADT
        NODATE  | DOR     | 2024-05-01 | 1    | LAST ADEQUATE ASSESSMENT | ADT
        OTHER   | DOR     | 2024-05-01 | 1    | LAST ADEQUATE ASSESSMENT | ADT
        LOST    | OS      | 2024-05-20 | 2    | {lost}                   | LSTALVDT
        WITHDR  | OS      | 2024-05-20 | 2    | {lost}                   | LSTALVDT
        LATE    | OS      | 2024-05-20 | 1    | {alive}                  | LSTALVDT
        NODATE  | OS      | 2024-05-20 | 1    | {alive}                  | LSTALVDT
        OTHER   | OS      | 2024-05-20 | 1    | {alive}                  | LSTALVDT
        """,
    )


def test_survival_is_censored_at_the_horizon_for_those_known_alive_after_it():
    """Rule E-TTE g, CNSR 8: last contact later than 2025-03-18, or death; on the day itself CNSR 1."""
    got = made_adtte(
        """
        USUBJID | LSTALVDT   | DTHDT      | DCSREAS           | EOSDT
        ONDAY   | 2025-03-18 |            |                   |
        AFTER   | 2025-03-19 |            |                   |
        DIED    | 2025-03-19 | 2025-03-19 |                   |
        DIEDON  | 2025-03-18 | 2025-03-18 |                   |
        LOST    | 2025-03-19 |            | LOST TO FOLLOW-UP | 2025-03-10
        """,
        only=("OS", "FUP"),
    )
    horizon, alive = "ALIVE AT ONE-YEAR HORIZON", "ALIVE AT LAST CONTACT"
    assert_table(
        got,
        f"""
        USUBJID | PARAMCD | ADT        | AVAL | CNSR | EVNTDESC  | CNSDTDSC  | SRCVAR
        ONDAY   | OS      | 2025-03-18 | 380  | 1    | CENSORED  | {alive}   | LSTALVDT
        AFTER   | OS      | 2025-03-18 | 380  | 8    | CENSORED  | {horizon} | HORIZDT
        DIED    | OS      | 2025-03-18 | 380  | 8    | CENSORED  | {horizon} | HORIZDT
        DIEDON  | OS      | 2025-03-18 | 380  | 0    | DEATH     |           | DTHDT
        LOST    | OS      | 2025-03-18 | 380  | 8    | CENSORED  | {horizon} | HORIZDT
        ONDAY   | FUP     | 2025-03-18 | 380  | 0    | {alive}   |           | LSTALVDT
        AFTER   | FUP     | 2025-03-18 | 380  | 0    | {horizon} |           | HORIZDT
        DIED    | FUP     | 2025-03-18 | 380  | 0    | {horizon} |           | HORIZDT
        DIEDON  | FUP     | 2025-03-18 | 380  | 1    | CENSORED  | DEATH     | DTHDT
        LOST    | FUP     | 2025-03-18 | 380  | 0    | {horizon} |           | HORIZDT
        """,
    )


def test_without_any_horizon_survival_runs_to_the_last_contact():
    """Rule D-HOR, `horizon_days: none`: HORIZDT is missing and ACUTDT the data cut."""
    got = made_adtte("USUBJID | HORIZDT | ACUTDT | LSTALVDT\nP1 | | 2025-06-30 | 2025-06-20", only=("OS",))
    assert_table(got, "ADT | CNSR | CNSDTDSC\n2025-06-20 | 1 | ALIVE AT LAST CONTACT")


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


def test_of_several_responses_on_the_last_date_the_worst_is_cited():
    """Rule D.3, several OVR on one date; not evaluable is no assessment."""
    got = made_adtte(
        "USUBJID | RSPFL\nP1 | Y",
        """
        USUBJID | PARAMCD | ADT        | AVALC
        P1      | RSP     | 2024-04-01 | Y
        P1      | OVR     | 2024-04-01 | CR
        P1      | OVR     | 2024-05-01 | CR
        P1      | OVR     | 2024-05-01 | NR
        P1      | OVR     | 2024-05-01 | PR
        P1      | OVR     | 2024-06-01 | NE
        """,
        only=("DOR",),
    )
    assert_table(got, "ADT | CNSR | SRCDOM | SRCVAR | SRCSEQ\n2024-05-01 | 1 | ADRS | ADT | 4")


def test_who_is_outside_the_population_has_no_row():
    """Rule D.4: not a null row."""
    got = made_adtte(
        """
        USUBJID | SAFFL | EFFFL | RSPFL | CRFL
        NEVER   | N     | N     | N     | N
        SAFETY  | Y     | N     | N     | N
        EFFIC   | Y     | Y     | N     | N
        """,
    )
    assert set(got["USUBJID"]) == {"SAFETY", "EFFIC"}
    assert set(got.loc[got["USUBJID"] == "SAFETY", "PARAMCD"]) == {"OS", "FUP"}
    assert set(got.loc[got["USUBJID"] == "EFFIC", "PARAMCD"]) == {"OS", "FUP", "TTR", "TTCR", "EFSINF"}


def test_a_subject_whom_no_rule_decides_stops_the_dataset():
    """Message rules.no-outcome, word for word: survival without contact date, responder without response."""
    with pytest.raises(DerivationError) as fault:
        made_adtte("USUBJID | LSTALVDT\nP1 |")
    assert str(fault.value) == "ADTTE.OS: 1 subjects have neither an event nor a line of otherwise: P1"
    with pytest.raises(DerivationError) as fault:
        made_adtte("USUBJID | RSPFL\n" + "\n".join(f"P{number} | Y" for number in range(7)))
    assert str(fault.value) == (
        "ADTTE.DOR: 7 subjects have neither an event nor a line of otherwise: P0, P1, P2, P3, P4"
    )


def test_the_order_of_records_and_subjects_does_not_matter():
    """Style guide: a derivation does not care in which order the rows arrive."""
    records = table("""
        USUBJID | PARAMCD | ADT        | AVALC | AVAL | ANL01FL | ASEQ
        P1      | RSP     | 2024-04-01 | Y     | 1    |         | 4
        P1      | OVR     | 2024-04-01 | CR    | 1    | Y       | 1
        P1      | OVR     | 2024-06-01 | RD    | 6    | Y       | 2
        P2      | RSP     | 2024-04-01 | Y     | 1    |         | 3
        P2      | OVR     | 2024-04-01 | PR    | 3    | Y       | 1
        P2      | OVR     | 2024-05-01 | PR    | 3    | Y       | 2
        """)
    adsl = drawn_adsl("USUBJID | RSPFL\nP1 | Y\nP2 | Y").assign(CRFL=typed(["N", "N"], "Char"))
    forward, backward = (
        adtte(
            adsl=adsl.iloc[::step].reset_index(drop=True),
            spec=spec("adtte"),
            adrs=records.iloc[::step].reset_index(drop=True),
        ).sort_values(["USUBJID", "PARAMCD"], ignore_index=True)
        for step in (1, -1)
    )
    pd.testing.assert_frame_equal(forward, backward)


def test_no_subjects_give_no_rows_and_all_columns():
    """Style guide, law empty."""
    empty = made_adtte("USUBJID | RSPFL | CRFL")
    assert len(empty) == 0
    assert list(empty) == list(made_adtte("USUBJID\nP1"))

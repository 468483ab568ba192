"""ADTTE: DOR and EFS, each step of E-TTE on both sides of its boundary.

The infusion is on 2024-03-04 (see `drawn_adsl`).
"""

from __future__ import annotations

import pandas as pd
import pytest

from adam.adtte import adtte
from clinical.errors import DerivationError
from tests.adam.cases import drawn_adsl, made_adtte, no_recovery, spec
from tests.tables import assert_table, table, typed


def test_a_relapse_counts_after_the_start_and_up_to_the_horizon():
    """Rule E-TTE a: STARTDT < date <= ACUTDT."""
    got = made_adtte(
        """
        USUBJID | RSPFL | ACUTDT
        SAMEDAY | Y     | 2024-06-10
        NEXTDAY | Y     | 2024-06-10
        LASTDAY | Y     | 2024-06-10
        TOOLATE | Y     | 2024-06-10
        """,
        """
        USUBJID | PARAMCD | ADT        | AVALC
        SAMEDAY | RSP     | 2024-04-01 | Y
        SAMEDAY | OVR     | 2024-04-01 | RD
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
        SAMEDAY | 2024-04-01 | 2024-04-01 | 1    | 1    | CENSORED            | {last}   | ADRS   | 2
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
            **no_recovery(),
        ).sort_values(["USUBJID", "PARAMCD"], ignore_index=True)
        for step in (1, -1)
    )
    pd.testing.assert_frame_equal(forward, backward)


def test_no_subjects_give_no_rows_and_all_columns():
    """Style guide, law empty."""
    empty = made_adtte("USUBJID | RSPFL | CRFL")
    assert len(empty) == 0
    assert list(empty) == list(made_adtte("USUBJID\nP1"))

"""ADTTE: survival, follow-up and who was lost (rule E-TTE g).

The infusion is on 2024-03-04 (see `drawn_adsl`).
"""

from __future__ import annotations

from tests.adam.cases import made_adtte
from tests.tables import assert_table


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

"""Terms and numbers as a page holds them, in the form that AE, DS and DM show."""

from __future__ import annotations

import pandas as pd

from sdtm import ae, dm, ds, ec, ex
from tests.tables import assert_table, table


def test_reported_terms_are_shown_in_capital_letters_and_a_missing_one_stays_missing():
    events = table("""
        USUBJID | verbatim
        P1      | Application Site Pruritus
        P1      | Pt Finds Patches"Inconvenient & Itchy"
        P2      |
        P2      | Application Site Pruritus
        """)
    for shown in (
        ae.upper_case_term(ae=events),
        ds.upper_case_term(ds=events),
        ec.other_drug(ec=events),
        ex.other_drug(ex=events),
    ):
        assert_table(
            events.assign(AETERM=shown),
            """
            USUBJID | AETERM
            P1      | APPLICATION SITE PRURITUS
            P1      | PT FINDS PATCHES"INCONVENIENT & ITCHY"
            P2      |
            P2      | APPLICATION SITE PRURITUS
            """,
        )


def test_a_screening_number_is_the_site_and_the_number_within_it():
    persons = table("""
        USUBJID | subject
        P1      | 701-1015
        P2      | 718-1427
        P3      |
        """)
    found = persons.assign(SITEID=dm.site_of_subject(dm=persons), SUBJID=dm.number_within_site(dm=persons))
    assert_table(
        found,
        """
        USUBJID | SITEID | SUBJID
        P1      | 701    | 1015
        P2      | 718    | 1427
        P3      |        |
        """,
    )


def test_no_persons_give_no_numbers():
    none = pd.DataFrame({"USUBJID": pd.Series(dtype="str"), "subject": pd.Series(dtype="str")})
    assert len(dm.site_of_subject(dm=none)) == len(dm.number_within_site(dm=none)) == 0
    assert len(ae.upper_case_term(ae=none.assign(verbatim=none["subject"]))) == 0

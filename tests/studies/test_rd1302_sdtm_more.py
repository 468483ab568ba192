"""SDTM of rd1302, continued: arms, reference dates, disposition, procedures and trial design by hand."""

from __future__ import annotations

from tests.studies.test_rd1302_sdtm import RULES, domain
from tests.tables import assert_table


def test_arms_of_doses_off_plan():
    """Planned 10: 14 is near none; 6 + 4.5 within a day is 10.5; 16 is 20 % below 20; 10 is near DL1."""
    got = domain("DM", RULES)
    assert_table(
        got[got["SUBJID"].isin(["01-301", "01-302", "01-303", "01-304", "01-311", "01-312"])],
        """
        SUBJID | ARMCD | ACTARMCD | ARMNRS              | ACTARMUD
        01-301 |       |          | SCREEN FAILURE      |
        01-302 |       |          | NOT ASSIGNED        |
        01-303 | DL1   |          | UNPLANNED TREATMENT | RD13-02 14 10^6 CAR+ T cells/kg
        01-304 | DL1   | DL1      |                     |
        01-311 | DL1   | DL2      |                     |
        01-312 |       | DL1      |                     |
        """,
    )


def test_reference_dates_of_a_second_infusion_and_of_no_lymphodepletion():
    got = domain("DM", RULES)
    assert_table(
        got[got["SUBJID"].isin(["01-302", "01-304", "01-305"])],
        """
        SUBJID | RFSTDTC          | RFXSTDTC         | RFXENDTC         | RFPENDTC
        01-302 |                  |                  |                  | 2025-06-20
        01-304 | 2024-10-07T10:05 | 2024-10-02T09:00 | 2024-12-06T10:45 | 2024-12-06
        01-305 | 2024-10-07T10:05 | 2024-10-07T10:05 | 2024-10-07T10:45 | 2024-10-11
        """,
    )
    assert list(domain("SE", RULES, "01-305")["ETCD"]) == ["SCRN", "CART"]
    assert list(domain("SE", RULES, "01-310")["ETCD"]) == ["SCRN", "LD", "CART"]


def test_why_participation_ended():
    """C.3: reason 5 is relapse only if a relapse was recorded; other reasons show what was written."""
    got = domain("DS", RULES)
    assert_table(
        got[got["DSSCAT"].notna() | (got["DSCAT"] == "OTHER EVENT")],
        """
        USUBJID       | DSSCAT              | DSDECOD               | DSTERM                | DSSTDTC
        RD1302-01-301 | STUDY PARTICIPATION | SCREEN FAILURE        | Eligibility           | 2024-09-20
        RD1302-01-306 | STUDY PARTICIPATION | DISEASE RELAPSE       | DISEASE RELAPSE       | 2025-01-15
        RD1302-01-307 | STUDY PARTICIPATION | PROGRESSIVE DISEASE   | PROGRESSIVE DISEASE   | 2024-11-20
        RD1302-01-308 |                     | DEATH                 | DEATH                 |
        RD1302-01-309 | STUDY PARTICIPATION | OTHER                 | Moved abroad          | 2024-12-30
        RD1302-01-310 | STUDY PARTICIPATION | WITHDRAWAL BY SUBJECT | WITHDRAWAL BY SUBJECT | 2024-11-04
        """,
    )


def test_radiotherapy_is_a_procedure_and_no_medication():
    assert domain("CM", RULES).empty
    assert_table(
        domain("PR", RULES, PRDECOD="RADIOTHERAPY"),
        """
        USUBJID       | PRTRT                    | PRCAT                          | PRSTDTC    | PRENDTC
        RD1302-01-306 | Craniospinal irradiation | SUBSEQUENT ANTI-CANCER THERAPY | 2024-12-09 | 2024-12-20
        """,
    )


def test_trial_design_has_four_arms_of_four_elements_and_the_scheduled_visits():
    """C.5 and A.2: 4 x 4 records in TA, 19 visits, no day zero (day 0 is study day 1)."""
    arms = domain("TA")
    assert len(arms) == 16
    assert_table(
        arms[arms["ARMCD"] == "DL2"],
        """
        TAETORD | ETCD | ELEMENT         | EPOCH     | TABRANCH
        1       | SCRN | Screening       | SCREENING | Assigned to DL2
        2       | LD   | Lymphodepletion | TREATMENT |
        3       | CART | RD13-02         | TREATMENT |
        4       | FU   | Follow-Up       | FOLLOW-UP |
        """,
    )
    visits = domain("TV")
    assert len(visits) == 19
    assert_table(
        visits[visits["VISITNUM"].isin([1, 5, 12, 90])],
        """
        VISITNUM | VISIT        | VISITDY | TVSTRL
        1        | SCREENING    | -28     | Protocol day -28 to -6
        5        | DAY 0        | 1       | Protocol day 0 +/- 0
        12       | WEEK 8       | 57      | Protocol day 56 +/- 7
        90       | END OF STUDY |         | At end of participation
        """,
    )

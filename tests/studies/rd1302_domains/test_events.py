"""AE, MH, DV and DS of rd1302 from pages drawn by hand [C.3]."""

from __future__ import annotations

from tests.studies.rd1302_domains.domain import domain

LONG = "A term that goes on " * 12  # 240 characters


def test_an_event_has_dates_outcome_seriousness_and_its_line():
    """C.3, C.6: --SPID is the line; a partial date has no study day and, inside one epoch, an epoch."""
    got = domain(
        "AE",
        AE="""
        Subject | RecordPosition | AETERM | AEPT  | AEPTCD   | AESOC                | AESOCCD  | AESTDAT    | AESTTIM | AEENDAT    | AEGR_STD | AEREL_STD | AEACN_STD | AEOUT_STD | AESER_STD | AESHOSP_STD | AETRT_STD
        01-001  | 1              | fever  | Fever | 90000001 | General disorders    | 90000002 | 2024-03-16 | 08:00   | 2024-03-18 | 2        | 2         | 1         | 1         | N         | N           | Y
        01-001  | 2              | 皮疹    | Rash  | 90000003 | Skin                 | 90000004 | 2024-05    |         | 2024-06-01 | 1        | 5         | 4         | 4         | Y         | Y           | N
        """,
    )
    got.shows("""
        AESPID | AEDECOD | AEPTCD   | AEBODSYS          | AEBDSYCD | AESOC             | AESOCCD  | AESTDTC          | AEENDTC    | AESTDY | AEENDY | EPOCH     | AETOXGR
        AE-1   | Fever   | 90000001 | General disorders | 90000002 | General disorders | 90000002 | 2024-03-16T08:00 | 2024-03-18 | 2      | 4      | TREATMENT | 2
        AE-2   | Rash    | 90000003 | Skin              | 90000004 | Skin              | 90000004 | 2024-05          | 2024-06-01 |        | 79     | FOLLOW-UP | 1
        """)
    got.shows("""
        AESPID | AEREL             | AEACN            | AEOUT                            | AESER | AESHOSP | AECONTRT | AEENRTPT | AEENTPT
        AE-1   | PROBABLY RELATED  | DOSE NOT CHANGED | RECOVERED/RESOLVED               | N     | N       | Y        |          |
        AE-2   | NOT RELATED       | NOT APPLICABLE   | RECOVERED/RESOLVED WITH SEQUELAE | Y     | Y       | N        |          |
        """)
    assert got.frame.loc[got.frame["AESPID"] == "AE-2", "AETERM"].str.fullmatch(r"\?+").all()
    assert "build.not-ascii" in set(got.findings["message"])  # 皮疹 is in no table of characters (B-DIRT-15)


def test_an_ongoing_event_has_no_end_and_an_end_date_wins():
    """C.3, B-DIRT-20."""
    got = domain(
        "AE",
        AE="""
        Subject | RecordPosition | AETERM | AEPT | AESTDAT    | AEENDAT    | AEONGO_STD | AEGR_STD
        01-001  | 1              | a      | A    | 2024-03-16 |            | Y          | 2
        01-001  | 2              | b      | B    | 2024-03-16 | 2024-03-17 | Y          | 2
        01-001  | 3              | c      | C    | 2024-03-16 |            | N          | 2
        """,
    )
    got.shows("""
        AESPID | AEENRTPT | AEENTPT
        AE-1   | ONGOING  | END OF STUDY
        AE-2   |          |
        AE-3   |          |
        """)


def test_events_of_special_interest_have_category_group_and_scale():
    """C.3: the group is that collected, else the line of an event with a category; the scale follows the event."""
    got = domain(
        "AE",
        AE="""
        Subject | RecordPosition | AETERM   | AEPT | AESTDAT    | AEGR_STD | AESI_STD | AEGRPID | AEGRSCAL_STD | AERELLD_STD | AEDLT_STD
        01-001  | 1              | crs      | A    | 2024-03-16 | 1        | 1        | G1      |              |             | N
        01-001  | 2              | crs      | A    | 2024-03-18 | 2        | 1        | G1      | 1            |             |
        01-001  | 3              | gvhd     | B    | 2024-04-16 | 1        | 3        |         |              |             |
        01-001  | 4              | headache | C    | 2024-04-17 | 1        | 0        |         |              | 3           |
        """,
    )
    got.shows("""
        AESPID | AECAT                     | AEGRPID
        AE-1   | CYTOKINE RELEASE SYNDROME | G1
        AE-2   | CYTOKINE RELEASE SYNDROME | G1
        AE-3   | ACUTE GVHD                | AE-3
        AE-4   |                           |
        """)
    got.qualifies("""
        IDVARVAL | QNAM     | QVAL             | QORIG
        1        | AEDLT    | N                | CRF
        1        | AESIFL   | Y                | Assigned
        1        | AETOXSCL | ASTCT 2019       | Assigned
        2        | AESIFL   | Y                | Assigned
        2        | AETOXSCL | CTCAE v5.0       | Assigned
        3        | AESIFL   | Y                | Assigned
        3        | AETOXSCL | MAGIC 2016       | Assigned
        4        | AERELLD  | POSSIBLY RELATED | CRF
        4        | AETOXSCL | CTCAE v5.0       | Assigned
        """)


def test_a_term_over_200_characters_goes_on_in_the_qualifiers():
    """C-SPLIT: cut at the last blank within 200: ten times 20 characters are 200, and the blank at the end goes."""
    got = domain(
        "AE",
        AE=f"""
        Subject | RecordPosition | AETERM | AEPT | AESTDAT    | AEGR_STD
        01-001  | 1              | {LONG} | A    | 2024-03-16 | 1
        """,
    )
    (term,) = got.frame["AETERM"]
    assert term == ("A term that goes on " * 10).strip()
    rest = got.supp[got.supp["QNAM"] == "AETERM1"]
    assert rest[["QVAL", "QLABEL"]].values.tolist() == [
        [("A term that goes on " * 2).strip(), "Reported Term for the Adverse Event"]
    ]


def test_a_fatal_event_makes_the_death_flag():
    """C.1 DTHFL: AEOUT 5 is one of its sources; there is no death page, so no date."""
    page = """
        Subject | RecordPosition | AETERM | AEPT | AESTDAT    | AEGR_STD | AEOUT_STD
        01-001  | 1              | a      | A    | 2024-03-16 | 5        | {}
        """
    assert domain("DM", AE=page.format(5)).frame["DTHFL"].tolist()[0] == "Y"
    assert domain("DM", AE=page.format(1)).frame["DTHFL"].isna().all()


def test_medical_history_and_the_diagnosis_with_its_last_relapse():
    """C.3 MH: the diagnosis page has no date, so MHDTC is the start of the screening visit, study day -13."""
    got = domain(
        "MH",
        MH="""
        Subject | RecordPosition | MHTERM       | MHPT         | MHSOC    | MHSTDAT | MHENDAT | MHONGO_STD | MHCTCAE
        01-001  | 1              | hypertension | Hypertension | Vascular | 2019    |         | Y          | 2
        01-001  | 2              | fracture     | Fracture     | Injury   | 2010-05 | 2010-07 | N          |
        """,
        DH="""
        Subject | Folder | DHTYPE_STD | DXDAT   | RELDAT
        01-001  | SCR    | TALL       | 2023-01 | 2024-02-10
        01-002  | SCR    | TLBL       |         |
        """,
    )
    got.shows("""
        USUBJID       | MHCAT                   | MHTERM                              | MHEVDTYP                    | MHSTDTC    | MHENDTC | MHENRTPT | MHENTPT   | MHDTC      | MHDY | MHSPID
        RD1302-01-001 | GENERAL MEDICAL HISTORY | fracture                            |                             | 2010-05    | 2010-07 |          |           |            |      | MH-2
        RD1302-01-001 | GENERAL MEDICAL HISTORY | hypertension                        |                             | 2019       |         | ONGOING  | SCREENING |            |      | MH-1
        RD1302-01-001 | PRIMARY DIAGNOSIS       | T-CELL ACUTE LYMPHOBLASTIC LEUKEMIA | INITIAL DIAGNOSIS           | 2023-01    |         |          |           | 2024-03-02 | -13  |
        RD1302-01-001 | PRIMARY DIAGNOSIS       | T-CELL ACUTE LYMPHOBLASTIC LEUKEMIA | MOST RECENT DISEASE RELAPSE | 2024-02-10 |         |          |           | 2024-03-02 | -13  |
        RD1302-01-002 | PRIMARY DIAGNOSIS       | T-LYMPHOBLASTIC LYMPHOMA            | INITIAL DIAGNOSIS           |            |         |          |           | 2024-03-06 |      |
        """)
    got.qualifies("""
        IDVARVAL | QNAM    | QVAL
        2        | MHGRADE | 2
        """)


def test_deviations_have_category_date_and_impact():
    """C.3 DV; 2024-03-16 is study day 2."""
    got = domain(
        "DV",
        protocol_dev="""
        Subject | DVDAT      | DVCAT          | DVTERM                 | DVIMP
        01-001  | 2024-03-16 | Visit window   | Visit a day late       | Minor
        01-001  | 2024-03    | Prohibited med | Prednisone before dose | Major
        """,
    )
    got.shows("""
        DVTERM                 | DVCAT                 | DVSTDTC    | DVSTDY | EPOCH
        Prednisone before dose | PROHIBITED MEDICATION | 2024-03    |        |
        Visit a day late       | VISIT WINDOW          | 2024-03-16 | 2      | TREATMENT
        """)
    got.qualifies("""
        IDVARVAL | QNAM     | QVAL  | QORIG
        1        | DVIMPACT | MAJOR | eDT
        2        | DVIMPACT | MINOR | eDT
        """)

"""LB and MB of rd1302: laboratory files, pages, marrow, cerebrospinal fluid, and the visits of samples [C.4 LB]."""

from __future__ import annotations

from functools import cache

from tests.studies.rd1302_domains.domain import Built, domain

PAGES = """
    Subject | Folder | PageRepeatNumber | LBPANEL_STD | LBDAT      | LBTIM | LBND | LBACCN
    01-001  | SCR    | 0                | HEM         | 2024-03-02 | 08:00 |      | A1
    01-001  | SCR    | 1                | VIRO        | 2024-03-02 | 08:00 |      | A2
    01-001  | D28    | 0                | CHEM        |            |       | 1    |
    01-001  | D28    | 1                | VIRO        |            |       | 1    |
    01-001  | W8     | 0                | URIN        | 2024-05-10 | 07:30 |      |
    """
CENTRAL = """
    Subject | VISITNAME   | COLLDATE         | ACCESSION | TESTCODE | RESULT | UNITS  | REFLOW | REFHIGH | SPECIMEN    | FASTING | STATUS | REPORTDT
    01-001  | Screening   | 2024-03-02T08:00 | A1        | HGB      | 12.3   | g/dL   | 11     | 15      | Whole blood |         | F      | 2024-03-02
    01-001  | Screening   | 2024-03-02T08:00 | A1        | PLT      | 90000  | /uL    | 100000 | 300000  | Whole blood |         | F      | 2024-03-02
    01-001  | Screening   | 2024-03-02T08:00 | A1        | WBC      | 4.0    | 10^9/L | 4.0    | 10.0    | Whole blood |         | P      | 2024-03-02
    01-001  | Screening   | 2024-03-02T08:00 | A1        | WBC      | 4.1    | 10^9/L | 4.0    | 10.0    | Whole blood |         | F      | 2024-03-03
    01-001  | Screening   | 2024-03-02T08:00 | A1        | WBC      | 10.0   | 10^9/L | 4.0    | 10.0    | Whole blood |         | C      | 2024-03-04
    01-001  | Screening   | 2024-03-02T08:00 | A1        | NEUT     | 10.01  | 10^9/L | 4.0    | 10.0    | Whole blood |         | F      | 2024-03-04
    01-001  | Screening   | 2024-03-02T08:00 | A1        | CREA     | <0.5   | mg/dL  |        | 1.2     | Serum       | Y       | F      | 2024-03-04
    01-001  | Screening   | 2024-03-02T08:00 | A2        | CMV-DNA  | 未检出   |        |        |         | Plasma      |         | F      | 2024-03-04
    01-001  | Week 8      | 2024-05-10T07:30 | A3        | ALT      |        | U/L    |        |         | Serum       |         | X      | 2024-05-11
    01-001  |             | 2024-05-10T07:30 | A4        | AST      | 20     | U/L    |        | 40      | Serum       |         | F      | 2024-05-11
    01-001  |             | 2024-05-03T07:30 | A5        | ALB      | 4.1    | g/dL   |        |         | Serum       |         | F      | 2024-05-04
    """


@cache
def laboratory() -> Built:
    return domain("LB", more=("MB", "SV"), LB=PAGES, central_lab=CENTRAL)


def test_results_ranges_and_indicator_are_in_the_standard_unit():
    """C-RES: 12.3 g/dL is 123 g/L in 110 to 150; 90000 /uL is 90 below 100; 10.0 is not above 10.0 and 10.01 is.

    Of the three WBC the corrected one counts, the preliminary one never (B.3). `<0.5` has no number, so no indicator:
    0.5 x 88.4 = 44.2.
    """
    laboratory().shows(
        """
        LBREFID | LBTESTCD | LBCAT      | LBORRES | LBORRESU | LBSTRESC | LBSTRESN | LBSTRESU | LBSTNRLO | LBSTNRHI | LBNRIND | LBSPEC | LBFAST | LBSTAT
        A1      | CREAT    | CHEMISTRY  | <0.5    | mg/dL    | <44.2    |          | umol/L   |          |          |         | SERUM  | Y      |
        A1      | HGB      | HEMATOLOGY | 12.3    | g/dL     | 123      | 123      | g/L      | 110      | 150      | NORMAL  | BLOOD  |        |
        A1      | NEUT     | HEMATOLOGY | 10.01   | 10^9/L   | 10.01    | 10.01    | 10^9/L   | 4        | 10       | HIGH    | BLOOD  |        |
        A1      | PLAT     | HEMATOLOGY | 90000   | /uL      | 90       | 90       | 10^9/L   | 100      | 300      | LOW     | BLOOD  |        |
        A1      | WBC      | HEMATOLOGY | 10.0    | 10^9/L   | 10       | 10       | 10^9/L   | 4        | 10       | NORMAL  | BLOOD  |        |
        A3      | ALT      | CHEMISTRY  |         |          |          |          |          |          |          |         | SERUM  |        | NOT DONE
        A4      | AST      | CHEMISTRY  | 20      | U/L      | 20       | 20       | U/L      |          | 40       | NORMAL  | SERUM  |        |
        A5      | ALB      | CHEMISTRY  | 4.1     | g/dL     | 41       | 41       | g/L      |          |          |         | SERUM  |        |
                | LBALL    | CHEMISTRY  |         |          |          |          |          |          |          |         |        |        | NOT DONE
        """,
        LBSTNRLO="Num",
        LBSTNRHI="Num",
    )


def test_the_visit_of_a_sample_comes_from_its_page_its_name_or_its_day():
    """C-VISIT, first hit: accession A1, the name Week 8, the day of week 8 (A4), else an unscheduled visit of its own."""
    laboratory().shows("""
        LBREFID | LBTESTCD | VISITNUM | VISIT            | LBDTC            | LBDY | EPOCH     | LBNAM
        A1      | CREAT    | 1        | SCREENING        | 2024-03-02T08:00 | -13  | SCREENING | CENTRAL LABORATORY
        A1      | HGB      | 1        | SCREENING        | 2024-03-02T08:00 | -13  | SCREENING | CENTRAL LABORATORY
        A1      | NEUT     | 1        | SCREENING        | 2024-03-02T08:00 | -13  | SCREENING | CENTRAL LABORATORY
        A1      | PLAT     | 1        | SCREENING        | 2024-03-02T08:00 | -13  | SCREENING | CENTRAL LABORATORY
        A1      | WBC      | 1        | SCREENING        | 2024-03-02T08:00 | -13  | SCREENING | CENTRAL LABORATORY
        A3      | ALT      | 12       | WEEK 8           | 2024-05-10T07:30 | 57   | FOLLOW-UP | CENTRAL LABORATORY
        A4      | AST      | 12       | WEEK 8           | 2024-05-10T07:30 | 57   | FOLLOW-UP | CENTRAL LABORATORY
        A5      | ALB      | 11.2     | UNSCHEDULED 11.2 | 2024-05-03T07:30 | 50   | FOLLOW-UP | CENTRAL LABORATORY
                | LBALL    | 11       | DAY 28 (WEEK 4)  |                  |      |           |
        """)


def test_a_day_of_samples_without_visit_is_an_unscheduled_visit():
    """C-VISIT: 2024-05-03 comes after the unscheduled 2024-04-20 (11.1), both after day 28; asked as a derived visit."""
    visits = laboratory().derived.outputs["SV"]
    row = visits.frame[visits.frame["VISITNUM"] == 11.2].iloc[0]
    assert row[["SVSTDTC", "SVENDTC", "SVUPDES"]].tolist() == ["2024-05-03", "2024-05-03", "UNSCHEDULED"]
    assert row[["SVPRESP", "SVOCCUR"]].isna().all()
    lineage = visits.lineage[visits.lineage["row"] == row.name]
    assert lineage["source"].tolist() == ["raw.central_lab"]
    findings = laboratory().derived.findings
    assert (findings["message"] == "sdtm.visit-derived").sum() == 1


def test_virology_is_in_mb_with_its_method():
    """C.4: not detected in Chinese is a term; what a panel was not done for has its dataset label."""
    built = laboratory().derived.outputs["MB"].frame
    shown = built[
        ["MBTESTCD", "MBTEST", "MBORRES", "MBSTRESC", "MBSPEC", "MBMETHOD", "MBSTAT", "VISITNUM", "MBREFID"]
    ]
    assert shown.astype("object").where(shown.notna(), None).values.tolist() == [
        [
            "CMVDNA",
            "Cytomegalovirus DNA",
            "NOT DETECTED",
            "NOT DETECTED",
            "PLASMA",
            "POLYMERASE CHAIN REACTION",
            None,
            1.0,
            "A2",
        ],
        ["MBALL", "Microbiology Specimen", None, None, None, None, "NOT DONE", 11.0, None],
    ]


def test_the_last_result_before_the_first_dose_is_flagged_and_a_missing_one_never():
    """C-LOBX."""
    frame = laboratory().frame
    assert sorted(frame.loc[frame["LBLOBXFL"] == "Y", "LBTESTCD"]) == ["CREAT", "HGB", "NEUT", "PLAT", "WBC"]


def test_a_code_that_nobody_knows_is_asked_and_kept():
    """C-CT, B-DIRT-14: an antibody is no virology of ours, so its row is here without a test."""
    got = domain(
        "LB",
        central_lab="""
        Subject | VISITNAME | COLLDATE         | ACCESSION | TESTCODE | RESULT | STATUS | REPORTDT
        01-001  | Screening | 2024-03-02T08:00 | A1        | CMV-IGG  | pos.   | F      | 2024-03-02
        """,
    )
    got.shows("""
        LBREFID | LBTESTCD | LBORRES | LBSTRESC
        A1      |          | pos.    | POSITIVE
        """)
    assert set(got.findings["message"]) == {"build.no-term"}


def test_results_of_the_site_take_date_panel_and_accession_from_their_page():
    """B.2 LB, C.6a: lines of a page; 1 mg/dL of bilirubin is 17.1 umol/L; protein on a urine page is of the urine."""
    got = domain(
        "LB",
        LB="""
        Subject | Folder | PageRepeatNumber | LBPANEL_STD | LBDAT      | LBTIM | LBACCN
        01-001  | SCR    | 0                | CHEM        | 2024-03-02 | 08:00 | A1
        01-001  | SCR    | 1                | URIN        | 2024-03-02 |       |
        01-001  | SCR    | 2                | VIRO        | 2024-03-02 |       | A2
        """,
        LBLINE="""
        Subject | Folder | PageRepeatNumber | RecordPosition | LBTEST  | LBORRES  | LBORRESU  | LBLO | LBHI
        01-001  | SCR    | 0                | 1              | CRP     | 3.5      | mg/L      | 0    | 5
        01-001  | SCR    | 0                | 2              | 总胆红素   | 1        | mg/dL     |      |
        01-001  | SCR    | 1                | 1              | PROT    | NEGATIVE |           |      |
        01-001  | SCR    | 2                | 1              | EBV DNA | 1,200    | copies/mL |      |
        """,
    )
    got.shows("""
        LBTESTCD | LBCAT      | LBORRES  | LBSTRESC | LBSTRESN | LBSTRESU | LBNRIND | LBDTC            | LBREFID | LBSPEC | VISITNUM
        BILI     | CHEMISTRY  | 1        | 17.1     | 17.1     | umol/L   |         | 2024-03-02T08:00 | A1      | BLOOD  | 1
        CRP      | CHEMISTRY  | 3.5      | 3.5      | 3.5      | mg/L     | NORMAL  | 2024-03-02T08:00 | A1      | BLOOD  | 1
        PROT     | URINALYSIS | NEGATIVE | NEGATIVE |          |          |         | 2024-03-02       |         | URINE  | 1
        """)
    got.asks()


def test_cytokines_have_their_visit_by_day():
    """B.3, C-RES: pg/mL is ng/L; a limit has no number; ferritin is no cytokine but chemistry."""
    got = domain(
        "LB",
        cytokine="""
        Subject | COLLDTC          | ANALYTE  | RESULT | UNIT
        01-001  | 2024-03-15T09:00 | IL-6     | 12.5   | pg/mL
        01-001  | 2024-03-15T09:00 | IL-2R    | >5000  | U/mL
        01-001  | 2024-03-15T09:00 | ferritin | 800    | ng/mL
        """,
    )
    got.shows("""
        LBTESTCD | LBCAT     | LBORRES | LBSTRESC | LBSTRESN | LBSTRESU | VISITNUM | LBDY
        FERRITIN | CHEMISTRY | 800     | 800      | 800      | ug/L     | 5        | 1
        IL2SR    | CYTOKINE  | >5000   | >5000    |          | U/mL     | 5        | 1
        INTLK6   | CYTOKINE  | 12.5    | 12.5     | 12.5     | ng/L     | 5        | 1
        """)


def test_marrow_and_cerebrospinal_fluid():
    """C.4: a range of blasts stays text; 5 cells/uL are 0.005 x 10^9/L; blasts are present or absent. C-ND."""
    got = domain(
        "LB",
        BM="""
        Subject | Folder | BMDAT      | BMBLAST | BMCELL_STD | BMQUAL_STD | BMND | BMREAS
        01-001  | SCR    | 2024-03-02 | 0-1     | hypo       | 2          |      |
        01-001  | D28    |            |         |            |            | 1    | refused
        """,
        CSF="""
        Subject | Folder | CSFDAT     | CSFWBC | CSFBLAST_STD | CSFND
        01-001  | SCR    | 2024-03-02 | 5      | N            |
        01-001  | D28    | 2024-04-12 |        | Y            |
        01-001  | W8     |            |        |              | 1
        """,
    )
    got.shows("""
        LBCAT       | LBTESTCD | LBSPEC              | LBORRES | LBORRESU | LBSTRESC     | LBSTRESN | LBSTRESU | LBSTAT   | LBREASND | VISITNUM | LBMETHOD
        BONE MARROW | BLASTNCE | BONE MARROW         | 0-1     | %        | 0-1          |          | %        |          |          | 1        | MICROSCOPY
        BONE MARROW | CELLULAR | BONE MARROW         | hypo    |          | HYPOCELLULAR |          |          |          |          | 1        | MICROSCOPY
        BONE MARROW | LBALL    | BONE MARROW         |         |          |              |          |          | NOT DONE | refused  | 11       |
        CSF         | BLAST    | CEREBROSPINAL FLUID | ABSENT  |          | ABSENT       |          |          |          |          | 1        |
        CSF         | BLAST    | CEREBROSPINAL FLUID | PRESENT |          | PRESENT      |          |          |          |          | 11       |
        CSF         | LBALL    | CEREBROSPINAL FLUID |         |          |              |          |          | NOT DONE |          | 12       |
        CSF         | WBC      | CEREBROSPINAL FLUID | 5       | /uL      | 0.005        | 0.005    | 10^9/L   |          |          | 1        |
        """)
    got.qualifies("""
        IDVARVAL | QNAM   | QVAL
        1        | BMQUAL | HAEMODILUTE
        2        | BMQUAL | HAEMODILUTE
        """)


def test_a_visit_that_only_a_sample_names_gets_a_record():
    """C-VISIT: nobody entered a page of month 4; every VISITNUM used is in SV."""
    got = domain(
        "LB",
        more=("SV",),
        central_lab="""
        Subject | VISITNAME | COLLDATE         | ACCESSION | TESTCODE | RESULT | UNITS  | STATUS | REPORTDT
        01-001  | MONTH 4   | 2024-06-20T08:00 | A9        | WBC      | 4.1    | 10^9/L | F      | 2024-06-21
        """,
    )
    got.shows("""
        LBREFID | VISITNUM | VISIT   | VISITDY
        A9      | 14       | MONTH 4 | 121
        """)
    visits = got.derived.outputs["SV"].frame
    row = visits[visits["VISITNUM"] == 14].iloc[0]
    assert row[["VISIT", "SVSTDTC", "SVENDTC", "SVPRESP", "SVOCCUR"]].tolist() == [
        "MONTH 4", "2024-06-20", "2024-06-20", "Y", "Y",
    ]  # fmt: skip


def test_of_two_visits_that_include_a_day_the_later_one_has_the_sample():
    """C-VISIT says "the visit whose start to end holds the date"; two can: the last to begin."""
    got = domain(
        "LB",
        VS="""
        Subject | Folder | VSDAT      | PULSE
        01-001  | D28    | 2024-05-20 | 70
        """,
        central_lab="""
        Subject | COLLDATE         | ACCESSION | TESTCODE | RESULT | UNITS  | STATUS | REPORTDT
        01-001  | 2024-05-10T08:00 | A9        | WBC      | 4.1    | 10^9/L | F      | 2024-06-21
        """,
    )
    got.shows("""
        LBREFID | VISITNUM
        A9      | 12
        """)


def test_a_ticked_page_gives_no_result_even_if_values_are_on_it():
    """C-ND, B-DIRT-29."""
    got = domain(
        "LB",
        BM="""
        Subject | Folder | BMDAT      | BMBLAST | BMND
        01-001  | SCR    | 2024-03-02 | 45      | 1
        """,
    )
    got.shows("""
        LBTESTCD | LBCAT       | LBORRES | LBSTAT
        LBALL    | BONE MARROW |         | NOT DONE
        """)


def test_a_unit_that_is_wrong_for_the_test_gives_no_number_and_is_asked():
    """B-DIRT-11, C-RES: pg/mL of interleukin 6 are ng/L; ng/mL, IU/mL and none are no unit of it; U/L none of APTT."""
    got = domain(
        "LB",
        central_lab="""
        Subject | COLLDATE         | ACCESSION | TESTCODE | RESULT | UNITS | STATUS | REPORTDT
        01-001  | 2024-05-10T08:00 | A1        | APTT     | 30     | sec   | F      | 2024-05-11
        01-001  | 2024-05-10T09:00 | A2        | APTT     | 30     | U/L   | F      | 2024-05-11
        01-001  | 2024-05-10T10:00 | A3        | APTT     | 30     |       | F      | 2024-05-11
        01-001  | 2024-05-10T11:00 | A4        | INR      | 1.1    |       | F      | 2024-05-11
        """,
        cytokine="""
        Subject | COLLDTC          | ANALYTE | RESULT | UNIT
        01-001  | 2024-05-10T08:00 | IL-6    | 13.8   | pg/mL
        01-001  | 2024-05-10T09:00 | IL-6    | 13.8   | ng/mL
        01-001  | 2024-05-10T10:00 | IL-6    | 13.8   | IU/mL
        01-001  | 2024-05-10T11:00 | IL-6    | 13.8   |
        """,
    )
    got.shows("""
        LBTESTCD | LBDTC            | LBORRES | LBSTRESC | LBSTRESN | LBSTRESU
        APTT     | 2024-05-10T08:00 | 30      | 30       | 30       | sec
        APTT     | 2024-05-10T09:00 | 30      |          |          |
        APTT     | 2024-05-10T10:00 | 30      |          |          |
        INR      | 2024-05-10T11:00 | 1.1     | 1.1      | 1.1      | RATIO
        INTLK6   | 2024-05-10T08:00 | 13.8    | 13.8     | 13.8     | ng/L
        INTLK6   | 2024-05-10T09:00 | 13.8    |          |          |
        INTLK6   | 2024-05-10T10:00 | 13.8    |          |          |
        INTLK6   | 2024-05-10T11:00 | 13.8    |          |          |
        """)
    asked = got.findings[got.findings["message"] == "build.no-unit"]
    assert asked["variable"].tolist() == ["LBSTRESN"] * 5


def test_seconds_of_a_laboratory_are_left_out():
    """C-DTC: Thh:mm."""
    got = domain(
        "LB",
        central_lab="""
        Subject | COLLDATE            | ACCESSION | TESTCODE | RESULT | UNITS | STATUS | REPORTDT
        01-001  | 2024-05-10T14:23:59 | A1        | ALT      | 30     | U/L   | F      | 2024-05-11
        """,
    )
    assert got.frame["LBDTC"].tolist() == ["2024-05-10T14:23"]

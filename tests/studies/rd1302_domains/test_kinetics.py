"""PC and the vendor part of CP of rd1302: samples by barcode, repeats, limits, time points [C.4 PC, CP]."""

from __future__ import annotations

from functools import cache

from tests.studies.rd1302_domains.domain import Built, domain

PKS = """
    Subject | Folder | PageRepeatNumber | PKDAT      | PKTIM | PKTPT_STD | PKSAMP | PKSPEC_STD | PKND | PKREAS
    01-001  | D0     | 0                | 2024-03-15 | 09:30 | PRE       | B1     | 1          |      |
    01-001  | D0     | 1                | 2024-03-15 | 11:30 | EOI1H     | B2     | 1          |      |
    01-001  | D28    | 0                | 2024-04-12 | 08:00 | VISIT     | B3     | 1          |      |
    01-001  | D28    | 1                | 2024-04-12 | 08:00 | VISIT     | B4     | 2          |      |
    01-001  | W8     | 0                |            |       | VISIT     | B5     | 1          | 1    | no vein
    """
QPCR = """
    Subject | BARCODE | COLLDTC          | MATRIX | ASSAY    | RESULT  | UNIT            | LLOQ | ULOQ | RUNID | REPEAT | QC
    01-001  | B1      | 2024-03-15T09:31 | PB     | VCN-CAR7 | <50     | copies/ug gDNA  | 50   | 1E7  | R1    | 0      | PASS
    01-001  | B2      | 2024-03-15T11:30 | PB     | VCN-CAR7 | 8.8E+04 | copies/ug gDNA  | 50   | 1E7  | R1    | 0      | PASS
    01-001  | B2      | 2024-03-15T11:30 | PB     | VCN-CAR7 | 50      | copies/ug gDNA  | 50   | 1E7  | R2    | 1      | PASS
    01-001  | B3      | 2024-04-12T08:00 | PB     | VCN-CAR7 | 49.9    | copies/ug gDNA  | 50   | 1E7  | R3    | 0      | PASS
    01-001  | B3      | 2024-04-12T08:00 | PB     | VCN-CAR7 | 700     | copies/ug gDNA  | 50   | 1E7  | R4    | 1      | FAIL
    01-001  | B4      | 2024-04-12T08:00 | BM     | VCN-CAR7 | NR      | copies/ug gDNA  | 50   | 1E7  | R3    | 0      | PASS
    01-001  | B6      | 2024-05-10T08:00 | PB     | VCN-CAR7 | 300     | copies/ug gDNA  | 50   | 1E7  | R5    | 0      | FAIL
    """


@cache
def copies() -> Built:
    return domain("PC", PKS=PKS, ck_qpcr=QPCR)


def test_the_last_repeat_that_passed_counts_and_below_the_limit_is_blq():
    """B.3, C-RES: 50 is at the limit of 50 and a number, 49.9 and <50 are BLQ; FAIL and NR are not done."""
    copies().shows(
        """
        PCREFID | PCSPEC      | PCORRES | PCORRESU      | PCSTRESC | PCSTRESN | PCSTRESU      | PCSTAT   | PCREASND           | PCLLOQ | PCULOQ
        B1      | BLOOD       | <50     | DNA copies/ug | BLQ      |          | DNA copies/ug |          |                    | 50     | 10000000
        B2      | BLOOD       | 50      | DNA copies/ug | 50       | 50       | DNA copies/ug |          |                    | 50     | 10000000
        B3      | BLOOD       | 49.9    | DNA copies/ug | BLQ      |          | DNA copies/ug |          |                    | 50     | 10000000
        B4      | BONE MARROW |         |               |          |          |               | NOT DONE | NO RESULT REPORTED | 50     | 10000000
        B5      | BLOOD       |         |               |          |          |               | NOT DONE | no vein            |        |
        B6      | BLOOD       |         |               |          |          |               | NOT DONE | QC FAIL            | 50     | 10000000
        """,
        PCLLOQ="Num",
        PCULOQ="Num",
    )


def test_time_points_dates_and_visits_come_from_the_page():
    """C.4 PC: before the infusion that begins next, 1 h after the end of the last; B6 has no page, so the vendor's time."""
    copies().shows("""
        PCREFID | PCTPT                  | PCTPTNUM | PCELTM | PCTPTREF                    | PCRFTDTC         | PCDTC            | VISITNUM | PCDY | PCGRPID
        B1      | PRE-INFUSION           | 0        |        | START OF RD13-02 INFUSION   | 2024-03-15T10:00 | 2024-03-15T09:30 | 5        | 1    | CARVCN-BLOOD-1
        B2      | 1 H POST END OF INFUSION | 1      | PT1H   | END OF RD13-02 INFUSION     | 2024-03-15T10:30 | 2024-03-15T11:30 | 5        | 1    | CARVCN-BLOOD-1
        B3      |                        |          |        |                             |                  | 2024-04-12T08:00 | 11       | 29   | CARVCN-BLOOD-1
        B4      |                        |          |        |                             |                  | 2024-04-12T08:00 | 11       | 29   |
        B5      |                        |          |        |                             |                  |                  | 12       |      |
        B6      |                        |          |        |                             |                  | 2024-05-10T08:00 | 12       | 57   |
        """)
    copies().asks()


def test_a_unit_that_is_wrong_for_copies_gives_no_number_and_is_asked():
    """B-DIRT-11, C-RES: copies per mL of blood are not copies per ug of DNA, nor are copies of nothing."""
    got = domain(
        "PC",
        ck_qpcr="""
        Subject | BARCODE | COLLDTC          | MATRIX | RESULT | UNIT           | LLOQ | REPEAT | QC
        01-001  | C1      | 2024-03-20T08:00 | PB     | 60     | copies/ug gDNA | 50   | 0      | PASS
        01-001  | C2      | 2024-03-21T08:00 | PB     | 31562  | copies/mL      | 50   | 0      | PASS
        01-001  | C3      | 2024-03-22T08:00 | PB     | 31562  |                | 50   | 0      | PASS
        01-001  | C4      | 2024-03-23T08:00 | PB     | <50    | copies/ug gDNA | 50   | 0      | PASS
        """,
    )
    got.shows("""
        PCREFID | PCORRES | PCSTRESC | PCSTRESN | PCSTRESU
        C1      | 60      | 60       | 60       | DNA copies/ug
        C2      | 31562   |          |          |
        C3      | 31562   |          |          |
        C4      | <50     | BLQ      |          | DNA copies/ug
        """)
    asked = got.findings[got.findings["message"] == "build.no-unit"]
    assert asked["variable"].tolist() == ["PCSTRESN", "PCSTRESN"]


def test_samples_after_a_second_infusion_belong_to_it():
    """C.4 PCGRPID: the day of the second infusion already counts for it, the day before does not."""
    got = domain(
        "PC",
        INF="""
        Subject | Folder | PageRepeatNumber | INFYN_STD | INFDAT     | INFSTTIM | INFENTIM | INFWT | INFDOSE | INFDOSEU_STD
        01-001  | D0     | 0                | Y         | 2024-03-15 | 10:00    | 10:30    | 70    | 700     | 10^6 cells
        01-001  | W8     | 0                | Y         | 2024-05-10 | 10:00    | 10:30    | 70    | 700     | 10^6 cells
        """,
        ck_qpcr="""
        Subject | BARCODE | COLLDTC          | MATRIX | RESULT | UNIT           | LLOQ | REPEAT | QC
        01-001  | C1      | 2024-03-14T09:00 | PB     | 60     | copies/ug gDNA | 50   | 0      | PASS
        01-001  | C2      | 2024-05-09T23:00 | PB     | 60     | copies/ug gDNA | 50   | 0      | PASS
        01-001  | C3      | 2024-05-10T08:00 | PB     | 60     | copies/ug gDNA | 50   | 0      | PASS
        """,
    )
    got.shows("""
        PCREFID | PCGRPID        | VISITNUM
        C1      |                | 2.1
        C2      | CARVCN-BLOOD-1 | 11.2
        C3      | CARVCN-BLOOD-2 | 12
        """)


def test_an_infusion_in_two_records_is_one_infusion():
    """B-DIRT-28: of one day, and of a day and the next; a second infusion is another one."""
    got = domain(
        "PC",
        INF="""
        Subject | Folder | PageRepeatNumber | INFYN_STD | INFDAT     | INFSTTIM | INFENTIM | INFWT | INFDOSE | INFDOSEU_STD
        01-001  | D0     | 0                | Y         | 2024-03-15 | 23:00    | 23:20    | 70    | 300     | 10^6 cells
        01-001  | D0     | 1                | Y         | 2024-03-15 | 23:40    | 23:50    | 70    | 200     | 10^6 cells
        01-001  | D0     | 2                | Y         | 2024-03-16 | 00:10    | 00:30    | 70    | 200     | 10^6 cells
        01-001  | W8     | 0                | Y         | 2024-03-18 | 10:00    | 10:30    | 70    | 700     | 10^6 cells
        """,
        ck_qpcr="""
        Subject | BARCODE | COLLDTC          | MATRIX | RESULT | UNIT           | LLOQ | REPEAT | QC
        01-001  | C1      | 2024-03-16T08:00 | PB     | 60     | copies/ug gDNA | 50   | 0      | PASS
        01-001  | C2      | 2024-03-17T08:00 | PB     | 60     | copies/ug gDNA | 50   | 0      | PASS
        01-001  | C3      | 2024-03-18T08:00 | PB     | 60     | copies/ug gDNA | 50   | 0      | PASS
        """,
    )
    got.shows("""
        PCREFID | PCGRPID
        C1      | CARVCN-BLOOD-1
        C2      | CARVCN-BLOOD-1
        C3      | CARVCN-BLOOD-2
        """)


def test_cells_by_flow_cytometry_are_beside_the_residual_disease():
    """C.4 CP: cells/uL are 10^6/L; the category stands where MRD has no percentage; NGS has no marker string."""
    got = domain(
        "CP",
        PKS=PKS,
        ck_flow="""
        Subject | BARCODE | COLLDTC          | MATRIX | PARAM    | RESULT | UNIT     | LLOQ | RUNID
        01-001  | B3      | 2024-04-12T00:10 | PB     | CAR+%CD3 | 12.5   | %        | 0.1  | F1
        01-001  | B3      | 2024-04-12T00:10 | PB     | CAR+ABS  | 35     | cells/uL | 1    | F1
        01-001  | B3      | 2024-04-12T00:10 | PB     | CD4CAR%  | NR     | %        | 0.1  | F1
        """,
        BM="""
        Subject | Folder | BMDAT      | MRDDONE_STD | MRDDAT     | MRDMETH_STD | MRDRES_STD | MRDPCT | MRDSENS | MRDCD7_STD
        01-001  | SCR    | 2024-03-02 | Y           |            | 1           | 2          | 1.2E-2 | 0.01    | Y
        01-001  | D28    | 2024-04-12 | Y           | 2024-04-13 | 2           | 1          |        | 0.01    |
        01-001  | W8     | 2024-05-10 | N           |            |             |            |        |         |
        """,
    )
    got.shows("""
        CPSCAT                   | CPTESTCD | CPSPEC      | CPORRES  | CPORRESU | CPSTRESC | CPSTRESN | CPSTRESU | CPSTAT   | CPDTC            | VISITNUM | CPREFID | CPLLOQ
        CELLULAR KINETICS        | CARTLYC  | BLOOD       | 35       | cells/uL | 35       | 35       | 10^6/L   |          | 2024-04-12T08:00 | 11       | B3      | 1
        CELLULAR KINETICS        | CARTLYP  | BLOOD       | 12.5     | %        | 12.5     | 12.5     | %        |          | 2024-04-12T08:00 | 11       | B3      | 0.1
        CELLULAR KINETICS        | CD4CARP  | BLOOD       |          | %        |          |          |          | NOT DONE | 2024-04-12T08:00 | 11       | B3      | 0.1
        MINIMAL RESIDUAL DISEASE | ABCCE    | BONE MARROW | 1.2E-2   | %        | 0.012    | 0.012    | %        |          | 2024-03-02       | 1        |         | 0.01
        MINIMAL RESIDUAL DISEASE | ABCCE    | BONE MARROW | Negative |          | NEGATIVE |          |          |          | 2024-04-13       | 11       |         | 0.01
        MINIMAL RESIDUAL DISEASE | ABCCE    | BONE MARROW |          |          |          |          |          | NOT DONE | 2024-05-10       | 12       |         |
        """)
    assert got.frame.loc[got.frame["CPMRKSTR"].notna(), "CPMETHOD"].tolist() == ["FLOW CYTOMETRY"]

"""EG, CV, PE and IE of rd1302 from pages drawn by hand [C.4]."""

from __future__ import annotations

from tests.studies.rd1302_domains.domain import domain


def test_an_ecg_has_intervals_and_an_interpretation():
    """C.4 EG: what was described stands for the interpretation; NCS is not clinically significant, CS is."""
    got = domain(
        "EG",
        EG="""
        Subject | Folder | EGDAT      | EGTIM | HR | PR  | QRS | QT  | QTCF | QTCF_UNIT | EGINT_STD | EGDESC
        01-001  | SCR    | 2024-03-02 | 10:00 | 70 | 150 |     |     | 0.41 | sec       | 1         |
        01-001  | LD1    | 2024-03-10 | 08:00 |    |     |     | 400 |      |           | 2         |
        01-001  | D28    | 2024-04-12 |       |    |     | 90  |     | 450  | ms        | 3         | Long QT
        """,
    )
    got.shows("""
        EGTESTCD | EGTEST                           | EGORRES      | EGORRESU  | EGSTRESC | EGSTRESN | EGSTRESU  | EGCLSIG | VISITNUM | EGLOBXFL
        EGHRMN   | ECG Mean Heart Rate              | 70           | beats/min | 70       | 70       | beats/min |         | 1        | Y
        INTP     | Interpretation                   | Normal       |           | NORMAL   |          |           |         | 1        |
        INTP     | Interpretation                   | Abnormal NCS |           | ABNORMAL |          |           | N       | 2        | Y
        INTP     | Interpretation                   | Long QT      |           | ABNORMAL |          |           | Y       | 11       |
        PRAG     | PR Interval, Aggregate           | 150          | msec      | 150      | 150      | msec      |         | 1        | Y
        QRSAG    | QRS Duration, Aggregate          | 90           | msec      | 90       | 90       | msec      |         | 11       |
        QTAG     | QT Interval, Aggregate           | 400          | msec      | 400      | 400      | msec      |         | 2        | Y
        QTCFAG   | QTcF Interval, Aggregate         | 0.41         | sec       | 410      | 410      | msec      |         | 1        | Y
        QTCFAG   | QTcF Interval, Aggregate         | 450          | msec      | 450      | 450      | msec      |         | 11       |
        """)


def test_ejection_fraction_is_a_cardiovascular_finding():
    """C.4 CV, C-ND: one test on the page, so the row that was not done names it."""
    got = domain(
        "CV",
        ECHO="""
        Subject | Folder | ECHODAT    | LVEF | ECHOND
        01-001  | SCR    | 2024-03-02 | 60   |
        01-001  | D28    |            |      | 1
        """,
    )
    got.shows("""
        CVTESTCD | CVTEST                            | CVORRES | CVORRESU | CVSTRESN | CVSTAT   | CVMETHOD         | VISITNUM | CVLOBXFL | CVDTC
        LVEF     | Left Ventricular Ejection Fraction | 60     | %        | 60       |          | ECHOCARDIOGRAPHY | 1        | Y        | 2024-03-02
        LVEF     | Left Ventricular Ejection Fraction |        |          |          | NOT DONE | ECHOCARDIOGRAPHY | 11       |          |
        """)


def test_an_examination_has_a_row_a_body_system_dated_by_its_page():
    """C.4 PE."""
    got = domain(
        "PE",
        PE="""
        Subject | Folder | PageRepeatNumber | PEDAT
        01-001  | SCR    | 0                | 2024-03-02
        01-001  | D28    | 0                | 2024-04-12
        01-001  | D28    | 1                | 2024-04-13
        """,
        PELINE="""
        Subject | Folder | PageRepeatNumber | RecordPosition | PESYS_STD  | PERES_STD | PEDESC
        01-001  | SCR    | 0                | 1              | LYMPH NODE | N         |
        01-001  | SCR    | 0                | 2              | SKIN       | A         | Rash
        01-001  | D28    | 0                | 1              | SKIN       | A         |
        01-001  | D28    | 1                | 1              | TESTIS     | ND        |
        """,
    )
    got.shows("""
        PETESTCD | PETEST      | PEORRES  | PESTRESC | PESTAT   | VISITNUM | PEDTC      | PELOBXFL
        LYMPHNOD | Lymph Nodes | NORMAL   | NORMAL   |          | 1        | 2024-03-02 | Y
        SKIN     | Skin        | Rash     | Rash     |          | 1        | 2024-03-02 | Y
        SKIN     | Skin        | ABNORMAL | ABNORMAL |          | 11       | 2024-04-12 |
        TESTIS   | Testis      |          |          | NOT DONE | 11       | 2024-04-13 |
        """)
    got.asks()


def test_criteria_not_met_have_the_text_of_the_protocol():
    """C.4 IE: an exclusion that was met is Y, an inclusion that was not is N."""
    got = domain(
        "IE",
        more=("TI",),
        IELINE="""
        Subject | Folder | RecordPosition | IETESTCD_STD | IEORRES_STD
        01-002  | SCR    | 1              | INCL06       | N
        01-002  | SCR    | 2              | EXCL02       | Y
        """,
    )
    got.shows("""
        USUBJID       | IETESTCD | IETEST                                                                        | IECAT     | IEORRES | IESTRESC | VISITNUM | IEDTC      | EPOCH
        RD1302-01-002 | EXCL02   | Active involvement of the central nervous system (CNS3) at screening. | EXCLUSION | Y       | Y        | 1        | 2024-03-06 | SCREENING
        RD1302-01-002 | INCL06   | ECOG performance status of 0 to 2.                                            | INCLUSION | N       | N        | 1        | 2024-03-06 | SCREENING
        """)
    assert len(got.derived.outputs["TI"].frame) == 25

"""CM and PR of rd1302 from pages drawn by hand [C.2]."""

from __future__ import annotations

from tests.studies.rd1302_domains.domain import domain

CM = """
    Subject | RecordPosition | CMTRT      | CMDECOD     | CMATC1     | CMATC4                  | CMCATR_STD | CMINDC | CMDOSE | CMDOSU | CMFREQ_STD | CMROUTE_STD | CMSTDAT    | CMSTTIM | CMENDAT    | CMONGO_STD
    01-001  | 1              | tocilizumab | TOCILIZUMAB | L TOY ONE | L04AC Interleukin toys  | 3          | crs    | 480    | mg     | ONCE       | IV          | 2024-03-17 | 09:00   | 2024-03-17 |
    01-001  | 2              | ointment    |             |           | D02                     | 6          |        | a thin layer |  | OTH        | OTH         | 2024-03    |         |            | Y
    """


def test_medication_has_class_dose_frequency_and_route():
    """C.2: the class is split at its first blank; text is no dose; OTH is no term of FREQ and ROUTE."""
    got = domain("CM", CM=CM)
    got.shows("""
        CMSPID | CMTRT       | CMDECOD     | CMCAT                  | CMSCAT               | CMCLASCD | CMCLAS           | CMDOSE | CMDOSTXT     | CMDOSU | CMDOSFRQ | CMROUTE     | CMSTDTC          | CMENDTC    | CMENRTPT | CMENTPT
        CM-1   | tocilizumab | TOCILIZUMAB | CONCOMITANT MEDICATION | CRS/ICANS MANAGEMENT | L04AC    | Interleukin toys | 480    |              | mg     | ONCE     | INTRAVENOUS | 2024-03-17T09:00 | 2024-03-17 |          |
        CM-2   | ointment    |             | CONCOMITANT MEDICATION | OTHER                | D02      |                  |        | a thin layer |        |          |             | 2024-03          |            | ONGOING  | END OF STUDY
        """)
    got.qualifies("""
        QNAM | QLABEL                    | QVAL      | QORIG
        ATC1 | ATC Level 1 Code and Name | L TOY ONE | Assigned
        """)


def test_prior_and_later_therapy_and_transfusions_have_their_category():
    """C.2: radiotherapy and transplantation are procedures; types 8 to 10 of NACT stay, told apart by CMSCAT."""
    pages = {
        "PT": """
        Subject | RecordPosition | PTTYPE_STD | PTTRT         | PTREG | PTSTDAT | PTBEST_STD | PTDONOR_STD | PTATC3  | PTDECOD
        01-001  | 1              | 1          | Chemo         | 1     | 2022-01 | CR         |             | L01 Toy | VINCRISTINE
        01-001  | 2              | 2          | Irradiation   | 2     | 2022-05 | PR         |             |         |
        01-001  | 3              | 3          | Transplant    | 2     | 2022-09 | CR         | 2           |         |
        01-001  | 4              | 4          | CAR-T of CD19 | 3     | 2023    |            |             |         |
        """,
        "NACT": """
        Subject | RecordPosition | NATYPE_STD | NATRT   | NASTDAT    | NAREAS_STD
        01-001  | 1              | 8          | Bu/Cy   | 2024-06-01 | 3
        01-001  | 2              | 5          | Cranial | 2024-06-02 | 1
        """,
        "TRF": """
        Subject | RecordPosition | TRDAT      | TRPROD_STD | TRUNITS | TRUNIT_STD
        01-001  | 1              | 2024-03-20 | PLT        | 2       | U
        """,
    }
    medication = domain("CM", **pages)
    medication.shows("""
        CMCAT                          | CMSCAT            | CMTRT         | CMDECOD     | CMSTDTC    | CMSPID | CMDOSE | CMDOSU
        BLOOD PRODUCT                  |                   | PLATELETS     |             | 2024-03-20 | TRF-1  | 2      | U
        PRIOR ANTI-CANCER THERAPY      | CAR-T             | CAR-T of CD19 |             | 2023       | PT-4   |        |
        PRIOR ANTI-CANCER THERAPY      | SYSTEMIC          | Chemo         | VINCRISTINE | 2022-01    | PT-1   |        |
        SUBSEQUENT ANTI-CANCER THERAPY | HSCT CONDITIONING | Bu/Cy         |             | 2024-06-01 | NACT-1 |        |
        """)
    medication.qualifies("""
        IDVARVAL | QNAM     | QVAL
        2        | PTLINE   | 3
        3        | ATC3     | L01 Toy
        3        | PTBEST   | CR
        3        | PTLINE   | 1
        4        | NACTREAS | CONSOLIDATION
        """)
    procedures = domain("PR", **pages)
    procedures.shows("""
        PRCAT                          | PRTRT       | PRDECOD      | PRSTDTC    | PRSPID
        PRIOR ANTI-CANCER THERAPY      | Irradiation | RADIOTHERAPY | 2022-05    | PT-2
        PRIOR HSCT                     | Transplant  |              | 2022-09    | PT-3
        SUBSEQUENT ANTI-CANCER THERAPY | Cranial     | RADIOTHERAPY | 2024-06-02 | NACT-2
        """)
    procedures.qualifies("""
        IDVARVAL | QNAM     | QVAL
        1        | PTBEST   | PR
        1        | PTLINE   | 2
        2        | DONORTYP | HAPLOIDENTICAL
        2        | PTBEST   | CR
        2        | PTLINE   | 2
        3        | NACTREAS | RELAPSE/PD
        """)


def test_punctures_and_other_procedures():
    """C.2: a puncture where the CSF page was done; PRO pages have no decoded term. 2024-03-20 is study day 6."""
    got = domain(
        "PR",
        CSF="""
        Subject | Folder | CSFDAT     | CSFND
        01-001  | SCR    | 2024-03-02 |
        01-001  | D28    |            | 1
        """,
        PRO="""
        Subject | RecordPosition | PRTRT    | PRDAT      | PRINDC
        01-001  | 1              | Dialysis | 2024-03-20 | TLS
        """,
    )
    got.shows("""
        PRCAT                 | PRTRT           | PRDECOD         | PRINDC | PRSTDTC    | PRSTDY
        CONCOMITANT PROCEDURE | Dialysis        |                 | TLS    | 2024-03-20 | 6
        STUDY ASSESSMENT      | LUMBAR PUNCTURE | LUMBAR PUNCTURE |        | 2024-03-02 | -13
        """)


def test_another_drug_of_lymphodepletion_is_called_what_was_written():
    """C.2: in capitals; a drug of the page has its name."""
    page = """
        Subject | Folder | RecordPosition | LDTRT_STD | LDOTH | LDDAT      | LDDOSE | LDDOSU_STD | LDBSA | LDADJ_STD
        01-001  | LD1    | 1              | OTH       | Mesna | 2024-03-10 | 850    | mg         | 1.7   | N
        01-001  | LD1    | 2              | CY        |       | 2024-03-10 | 500    | mg/m2      |       | N
        """
    collected = domain("EC", LD=page).frame
    given = domain("EX", LD=page).frame
    assert collected.loc[collected["ECCAT"] == "LYMPHODEPLETION", "ECTRT"].tolist() == [
        "CYCLOPHOSPHAMIDE",
        "MESNA",
    ]
    assert given.loc[given["EXCAT"] == "LYMPHODEPLETION", ["EXTRT", "EXDOSE", "EXDOSU"]].values.tolist() == [
        ["CYCLOPHOSPHAMIDE", 500.0, "mg/m2"],
        ["MESNA", 500.0, "mg/m2"],
    ]

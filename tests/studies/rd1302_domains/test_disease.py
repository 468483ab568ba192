"""TU, TR, RS, CO and FA of rd1302 from pages drawn by hand [C.4, C.1 CO]."""

from __future__ import annotations

from tests.studies.rd1302_domains.domain import domain

LESIONS = """
    Subject | Folder | RecordPosition | LESID | LESTYPE_STD | LESLOC      | LESMETH_STD | LESDAT     | LDIAM | SDIAM | LESUNIT_STD | LESSTATE_STD            | DEAUV_STD
    01-001  | SCR    | 1              | T01   | T           | Mediastinum | CT          | 2024-03-02 | 2.5   | 2     | cm          | PRESENT                 |
    01-001  | SCR    | 2              | T02   | T           | 纵隔         | CT          | 2024-03-02 | 30    | 10.1  | mm          | PRESENT                 |
    01-001  | SCR    | 3              | NT01  | NT          | Skin        | PE          | 2024-03-02 |       |       |             | PRESENT                 |
    01-001  | D28    | 1              | T01   | T           | Mediastinum | PETCT       | 2024-04-12 | 10    | 10    | mm          | PRESENT                 | 2
    01-001  | D28    | 2              | T02   | T           | Mediastinum | PETCT       | 2024-04-13 | 0     | 0     | mm          | ABSENT                  | 1
    01-001  | W8     | 1              | T01   | T           | Mediastinum | CT          | 2024-05-10 | 10    | 10    | mm          | NOT EVALUABLE           |
    01-001  | W8     | 2              | NEW01 | NEW         | Liver       | CT          | 2024-05-10 |       |       |             | UNEQUIVOCAL PROGRESSION |
    """


def test_a_lesion_is_identified_once_at_its_first_record():
    """C.4 TU; baseline is a lesion's own."""
    got = domain("TU", LES=LESIONS)
    got.shows("""
        TULNKID | TUTESTCD | TUTEST               | TUORRES    | TUSTRESC   | TULOC       | TUMETHOD             | TUEVAL       | VISITNUM | TUDTC      | TULOBXFL
        NEW01   | TUMIDENT | Tumor Identification | NEW        | NEW        | LIVER       | CT SCAN              | INVESTIGATOR | 12       | 2024-05-10 |
        NT01    | TUMIDENT | Tumor Identification | NON-TARGET | NON-TARGET | SKIN        | PHYSICAL EXAMINATION | INVESTIGATOR | 1        | 2024-03-02 | Y
        T01     | TUMIDENT | Tumor Identification | TARGET     | TARGET     | MEDIASTINUM | CT SCAN              | INVESTIGATOR | 1        | 2024-03-02 | Y
        T02     | TUMIDENT | Tumor Identification | TARGET     | TARGET     | MEDIASTINUM | CT SCAN              | INVESTIGATOR | 1        | 2024-03-02 | Y
        """)


def test_lesions_are_measured_in_millimetres_with_products_and_their_sum():
    """C.4 TR: 25 x 20 = 500, 30 x 10.1 = 303, sum 803; 100 + 0 = 100; at week 8 T02 was not measured: no sum."""
    got = domain("TR", LES=LESIONS)
    frame = got.frame
    sums = frame[frame["TRTESTCD"] == "SUMPPD"]
    assert sums[
        ["VISITNUM", "TRSTRESC", "TRSTRESN", "TRSTRESU", "TRGRPID", "TRDRVFL", "TRDTC"]
    ].values.tolist() == [
        [1.0, "803", 803.0, "mm2", "TARGET", "Y", "2024-03-02"],
        [11.0, "100", 100.0, "mm2", "TARGET", "Y", "2024-04-13"],
    ]
    assert sums["TRLNKID"].isna().all()
    others = frame[(frame["TRTESTCD"] != "SUMPPD") & (frame["VISITNUM"] != 12)]
    shown = others[
        ["TRLNKID", "TRTESTCD", "VISITNUM", "TRORRES", "TRORRESU", "TRSTRESC", "TRSTRESU", "TRDRVFL"]
    ]
    assert shown.astype("object").where(shown.notna(), None).values.tolist() == [
        ["NT01", "TUMSTATE", 1.0, "PRESENT", None, "PRESENT", None, None],
        ["T01", "FDP5PS", 11.0, "2", None, "2", None, None],
        ["T01", "LDIAM", 1.0, "2.5", "cm", "25", "mm", None],
        ["T01", "LDIAM", 11.0, "10", "mm", "10", "mm", None],
        ["T01", "LPERP", 1.0, "2", "cm", "20", "mm", None],
        ["T01", "LPERP", 11.0, "10", "mm", "10", "mm", None],
        ["T01", "PPD", 1.0, None, None, "500", "mm2", "Y"],
        ["T01", "PPD", 11.0, None, None, "100", "mm2", "Y"],
        ["T01", "TUMSTATE", 1.0, "PRESENT", None, "PRESENT", None, None],
        ["T01", "TUMSTATE", 11.0, "PRESENT", None, "PRESENT", None, None],
        ["T02", "FDP5PS", 11.0, "1", None, "1", None, None],
        ["T02", "LDIAM", 1.0, "30", "mm", "30", "mm", None],
        ["T02", "LDIAM", 11.0, "0", "mm", "0", "mm", None],
        ["T02", "LPERP", 1.0, "10.1", "mm", "10.1", "mm", None],
        ["T02", "LPERP", 11.0, "0", "mm", "0", "mm", None],
        ["T02", "PPD", 1.0, None, None, "303", "mm2", "Y"],
        ["T02", "PPD", 11.0, None, None, "0", "mm2", "Y"],
        ["T02", "TUMSTATE", 1.0, "PRESENT", None, "PRESENT", None, None],
        ["T02", "TUMSTATE", 11.0, "ABSENT", None, "ABSENT", None, None],
    ]
    week8 = frame[(frame["VISITNUM"] == 12) & (frame["TRTESTCD"] == "TUMSTATE")]
    assert week8["TRSTRESC"].tolist() == ["UNEQUIVOCAL PROGRESSION", "NE"]
    assert set(frame["TRLNKGRP"]) == {f"RD1302-01-001-{visit}" for visit in (1, 11, 12)}
    lineage = got.derived.outputs["TR"].lineage
    assert sorted(lineage.loc[lineage["row"] == sums.index[0], "record"]) == [
        "LES/01-001/SCR/0/0/1", "LES/01-001/SCR/0/0/2",
    ]  # fmt: skip


def test_responses_link_to_the_lesions_of_their_visit():
    """C.4 RS, C.5: only where TR has rows of the visit; EMDRESP keeps SD, the overall response has NR for it."""
    got = domain(
        "RS",
        more=("CO",),
        LES=LESIONS,
        RS="""
        Subject | Folder | RSDAT      | RSOVR_STD | RSEMD_STD | RSLUG_STD | RSCOM        | RSND | RSREASND
        01-001  | D28    | 2024-04-13 | 5         | SD        | NMR       | hazy picture |      |
        01-001  | UNS    | 2024-04-20 | 6         | NA        | NA        |              |      |
        01-001  | W8     |            |           |           |           | no visit     | 1    | moved
        """,
    )
    got.shows("""
        RSTESTCD | RSTEST                              | RSCAT                              | RSORRES | RSSTRESC | RSSTAT   | RSREASND | RSLNKGRP         | VISITNUM | RSEVAL
        RSALL    | Disease Response and Clin Classification |                               |         |          | NOT DONE | moved    | RD1302-01-001-12 | 12       |
        METBRESP | Metabolic Response                  | LUGANO CLASSIFICATION              | NMR     | SMD      |          |          | RD1302-01-001-11 | 11       | INVESTIGATOR
        EMDRESP  | Extramedullary Disease Response     | PROTOCOL DEFINED RESPONSE CRITERIA | SD      | SD       |          |          | RD1302-01-001-11 | 11       | INVESTIGATOR
        OVRLRESP | Overall Response                    | PROTOCOL DEFINED RESPONSE CRITERIA | SD      | NR       |          |          | RD1302-01-001-11 | 11       | INVESTIGATOR
        OVRLRESP | Overall Response                    | PROTOCOL DEFINED RESPONSE CRITERIA | PD      | PD       |          |          |                  | 11.1     | INVESTIGATOR
        """)
    comments = got.derived.outputs["CO"].frame
    shown = comments[["RDOMAIN", "IDVAR", "IDVARVAL", "COVAL", "COEVAL", "CODTC"]]
    overall = got.frame.loc[(got.frame["RSTESTCD"] == "OVRLRESP") & (got.frame["VISITNUM"] == 11), "RSSEQ"]
    assert shown.astype("object").where(shown.notna(), None).values.tolist() == [
        ["RS", None, None, "no visit", "INVESTIGATOR", None],
        ["RS", "RSSEQ", f"{overall.item():g}", "hazy picture", "INVESTIGATOR", "2024-04-13"],
    ]


def test_a_comment_over_200_characters_goes_on_in_the_comment():
    """C-SPLIT: COVAL, COVAL1."""
    text = "word " * 50
    got = domain(
        "CO",
        RS=f"""
        Subject | Folder | RSDAT      | RSOVR_STD | RSCOM
        01-001  | D28    | 2024-04-13 | 1         | {text}
        """,
    )
    assert got.frame[["COVAL", "COVAL1"]].values.tolist() == [
        [("word " * 40).strip(), ("word " * 10).strip()]
    ]


def test_performance_status_and_central_nervous_system():
    """C.4 RS: ECOG as a number; the status of the history is dated by the screening visit."""
    got = domain(
        "RS",
        PS="""
        Subject | Folder | PSDAT      | ECOG_STD | PSND
        01-001  | SCR    | 2024-03-02 | 1        |
        01-001  | LD1    | 2024-03-10 | 0        |
        01-001  | D28    |            |          | 1
        """,
        DH="""
        Subject | Folder | DHCNS_STD
        01-001  | SCR    | CNS1
        """,
        CSF="""
        Subject | Folder | CSFDAT     | CNSGR_STD | CSFND
        01-001  | D28    | 2024-04-12 | CNS2      |
        01-001  | W8     |            |           | 1
        """,
    )
    got.shows("""
        RSCAT                              | RSTESTCD | RSTEST                   | RSORRES | RSSTRESC | RSSTRESN | RSSTAT   | VISITNUM | RSDTC      | RSLOBXFL | RSEVAL
        ECOG                               | ECOG101  | ECOG1-Performance Status | 1       | 1        | 1        |          | 1        | 2024-03-02 |          | INVESTIGATOR
        ECOG                               | ECOG101  | ECOG1-Performance Status | 0       | 0        | 0        |          | 2        | 2024-03-10 | Y        | INVESTIGATOR
        ECOG                               | ECOG101  | ECOG1-Performance Status |         |          |          | NOT DONE | 11       |            |          | INVESTIGATOR
        PROTOCOL DEFINED RESPONSE CRITERIA | CNSSTAT  | CNS Status               | CNS1    | CNS1     |          |          | 1        | 2024-03-02 | Y        | INVESTIGATOR
        PROTOCOL DEFINED RESPONSE CRITERIA | CNSSTAT  | CNS Status               | CNS2    | CNS2     |          |          | 11       | 2024-04-12 |          | INVESTIGATOR
        """)


def test_disease_history_is_about_the_diagnosis():
    """C.4 FA: numbers are numbers, text stays as it was written; no stage where it does not apply."""
    got = domain(
        "FA",
        DH="""
        Subject | Folder | DHTYPE_STD | DHSTAT_STD | DHETP_STD | DHLINES | CD7PCT | CD7MFI | DHEMD_STD | DHEMDLOC | DHHSCT_STD | DHCYTO        | DHFUSG | DHMUT  | ANNARBOR_STD
        01-001  | SCR    | TALL       | 2          | U         | 3       | 98.5   | 1,200  | Y         | Skin     | N          | 46,XY,del(9q) | None   | NOTCH1 | NA
        """,
    )
    got.shows("""
        FATESTCD | FATEST                             | FAORRES       | FAORRESU | FASTRESC      | FASTRESN | FASTRESU
        BLASTMFI | CD7 Mean Fluorescence Intensity    | 1,200         |          | 1200          | 1200     |
        CD7PCT   | CD7-Positive Blasts                | 98.5          | %        | 98.5          | 98.5     | %
        DISSTAT  | Disease Status at Study Entry      | First relapse |          | FIRST RELAPSE |          |
        EMDIND   | Extramedullary Disease Indicator   | Y             |          | Y             |          |
        EMDLOC   | Extramedullary Disease Location    | Skin          |          | Skin          |          |
        ETP      | Early T-Precursor Phenotype        | U             |          | U             |          |
        FUSGENE  | Fusion Gene                        | None          |          | None          |          |
        GENEMUT  | Gene Mutation                      | NOTCH1        |          | NOTCH1        |          |
        KARYOTYP | Karyotype                          | 46,XY,del(9q) |          | 46,XY,del(9q) |          |
        NLINES   | Number of Prior Lines of Therapy   | 3             |          | 3             | 3        |
        PRHSCT   | Prior HSCT Indicator               | N             |          | N             |          |
        """)
    assert set(got.frame["FAOBJ"]) == {"T-CELL ACUTE LYMPHOBLASTIC LEUKEMIA"}
    assert got.frame[["FACAT", "FADTC", "VISITNUM", "FALOBXFL"]].drop_duplicates().values.tolist() == [
        ["DISEASE HISTORY", "2024-03-02", 1.0, "Y"]
    ]


def test_daily_assessments_belong_to_the_event_on_whose_days_they_were_made():
    """C.4 FA, CG0174: both ends of the event count, names in any case; an event without end is open."""
    got = domain(
        "FA",
        AE="""
        Subject | RecordPosition | AETERM | AEPT                       | AESTDAT    | AEENDAT    | AEGR_STD | AESI_STD | AEGRPID
        01-001  | 1              | crs    | Cytokine release syndrome  | 2024-03-16 | 2024-03-18 | 2        | 1        | G1
        01-001  | 2              | gvhd   | Acute graft versus host disease | 2024-04-10 |       | 1        | 3        |
        """,
        CRS="""
        Subject | RecordPosition | CRDAT      | CRTIM | CRTMAX | CRHYPO_STD | CRGR_STD | ICETOT | ICCONS_STD
        01-001  | 1              | 2024-03-15 | 20:00 | 37.0   |            |          |        |
        01-001  | 2              | 2024-03-16 | 20:00 | 39.1   | 1          | 2        | 10     | 0
        01-001  | 3              | 2024-03-18 | 20:00 | 37.5   |            | 0        |        |
        01-001  | 4              | 2024-03-19 | 20:00 | 37.0   |            |          |        |
        """,
        GVH="""
        Subject | Folder | GVDAT      | GVTYPE_STD | GVSKIN | GVGR_STD | GVBIOP_STD
        01-001  | D28    | 2024-04-12 | A          | 1      | 1        | N
        01-001  | W8     | 2024-05-10 | C          | 0      | 0        |
        """,
    )
    got.shows("""
        FAOBJ                              | FACAT | FATESTCD | FAORRES     | FASTRESC    | FASTRESN | FADTC            | FASPID | FAGRPID | VISITNUM
        ACUTE GRAFT VERSUS HOST DISEASE    | GVHD  | BIOPSIND | N           | N           |          | 2024-04-12       |        | AE-2    | 11
        ACUTE GRAFT VERSUS HOST DISEASE    | GVHD  | STGSKIN  | 1           | 1           | 1        | 2024-04-12       |        | AE-2    | 11
        ACUTE GRAFT VERSUS HOST DISEASE    | GVHD  | TOXGR    | 1           | 1           | 1        | 2024-04-12       |        | AE-2    | 11
        CHRONIC GRAFT VERSUS HOST DISEASE  | GVHD  | STGSKIN  | 0           | 0           | 0        | 2024-05-10       |        |         | 12
        CHRONIC GRAFT VERSUS HOST DISEASE  | GVHD  | TOXGR    | 0           | 0           | 0        | 2024-05-10       |        |         | 12
        CYTOKINE RELEASE SYNDROME          | CRS   | HYPOTN   | Fluids only | FLUIDS ONLY |          | 2024-03-16T20:00 | CRS-2  | G1      |
        CYTOKINE RELEASE SYNDROME          | CRS   | TMAX24   | 37.0        | 37          | 37       | 2024-03-15T20:00 | CRS-1  |         |
        CYTOKINE RELEASE SYNDROME          | CRS   | TMAX24   | 39.1        | 39.1        | 39.1     | 2024-03-16T20:00 | CRS-2  | G1      |
        CYTOKINE RELEASE SYNDROME          | CRS   | TMAX24   | 37.5        | 37.5        | 37.5     | 2024-03-18T20:00 | CRS-3  | G1      |
        CYTOKINE RELEASE SYNDROME          | CRS   | TMAX24   | 37.0        | 37          | 37       | 2024-03-19T20:00 | CRS-4  |         |
        CYTOKINE RELEASE SYNDROME          | CRS   | TOXGR    | 2           | 2           | 2        | 2024-03-16T20:00 | CRS-2  | G1      |
        CYTOKINE RELEASE SYNDROME          | CRS   | TOXGR    | 0           | 0           | 0        | 2024-03-18T20:00 | CRS-3  | G1      |
        IMMUNE EFFECTOR CELL-ASSOCIATED NEUROTOXICITY SYNDROME | ICANS | CONSC | Awake | AWAKE | | 2024-03-16T20:00   | CRS-2  |         |
        IMMUNE EFFECTOR CELL-ASSOCIATED NEUROTOXICITY SYNDROME | ICANS | ICETOT | 10   | 10    | 10 | 2024-03-16T20:00 | CRS-2  |         |
        """)

"""ADCM of rd1302 from pages drawn by hand [D.7, D-IMP]; the infusion is on 2024-03-15, protocol day 28 on 2024-04-12."""

from __future__ import annotations

from tests.studies.rd1302_domains.domain import AROUND, domain

NOT_INFUSED = AROUND["INF"].replace("| Y  ", "| N  ")
HEAD = "Subject | RecordPosition | CMTRT | CMSTDAT | CMENDAT | CMONGO_STD"
RESPONSE = """
    Subject | Folder | RSDAT      | RSOVR_STD
    01-001  | D28    | 2024-04-12 | {first}
    01-001  | W8     | 2024-05-10 | {second}
    """
THERAPIES = """
    Subject | RecordPosition | NATYPE_STD | NATRT | NASTDAT | NAREAS_STD
    01-001  | 1              | 1          | A     | 2024-03 | 2
    01-001  | 2              | 1          | B     | 2024-04 | 2
    01-001  | 3              | 2          | C     | 2024-05 | 1
    01-001  | 4              | 6          | D     | 2024-05 | 2
    01-001  | 5              | 8          | E     | 2024-03 | 2
    01-001  | 6              | 9          | F     | 2024-04 | 2
    01-001  | 7              | 10         | G     | 2024-06 | 2
    """


def drugs(*lines: str) -> str:
    """A CM page: start, end and whether it goes on; of each line the drug is its number."""
    return "\n".join([HEAD, *(f"01-001 | {n} | D{n} | {line}" for n, line in enumerate(lines, 1))])


def test_a_drug_is_of_the_time_before_during_or_after_the_first_four_weeks_or_of_several():
    """D.7: PREFL begins before the infusion, ONTRTFL any day in D0 to D28, FUPFL begins after D28."""
    page = drugs(
        "2024-03-01 | 2024-03-14 |", "2024-03-01 | 2024-03-15 |", "2024-03-14 | | Y", "2024-03-15 | 2024-03-15 |",
        "2024-04-12 | | Y", "2024-04-13 | 2024-04-20 |", "2024-03-01 | |", "2024-04-12 | 2024-04-30 |", "2024-04-13 | | Y",
    )  # fmt: skip
    domain("ADCM", CM=page).shows("""
        CMTRT | PREFL | ONTRTFL | FUPFL | ASTDY
        D1    | Y     |         |       | -14
        D2    | Y     | Y       |       | -14
        D7    | Y     | Y       |       | -14
        D3    | Y     | Y       |       | -1
        D4    |       | Y       |       | 1
        D5    |       | Y       |       | 29
        D8    |       | Y       |       | 29
        D6    |       |         | Y     | 30
        D9    |       |         | Y     | 30
        """)


def test_a_start_that_nobody_knows_counts_by_the_end():
    """D.7: before, if it ended before the infusion, else perhaps during."""
    domain("ADCM", CM=drugs("| 2024-03-14 |", "| 2024-03-15 |", "| | Y")).shows(
        "CMTRT | PREFL | ONTRTFL | FUPFL | ASTDT\nD1 | Y | | |\nD2 | | Y | |\nD3 | | Y | |", ASTDT="Date"
    )


def test_without_an_infusion_there_is_no_before_and_after():
    """D.7: the flags compare with TRTSDT."""
    got = domain("ADCM", CM=drugs("2024-03-01 | 2024-04-01 |", "| | Y"), INF=NOT_INFUSED).frame
    assert got[["PREFL", "ONTRTFL", "FUPFL", "NACTFL"]].isna().all(axis=None)


def test_a_partial_start_is_the_first_and_a_partial_end_the_last_day():
    """D-IMP, CM: the end not after death or cut; missing and ongoing is missing."""
    page = drugs("2024-03 | 2024-04 |", "2024 | 2024 |", "2024-05-01 | 2025 |", "2024-05-02 | | Y")
    death = "Subject | Folder | DTHDAT | DTHCAUS_STD\n01-001 | LOG | {day} | 1"
    domain("ADCM", CM=page).shows("""
        CMTRT | ASTDT      | ASTDTF | AENDT      | AENDTF
        D2    | 2024-01-01 | M      | 2024-12-31 | M
        D1    | 2024-03-01 | D      | 2024-04-30 | D
        D3    | 2024-05-01 |        | 2025-06-30 | M
        D4    | 2024-05-02 |        |            |
        """)
    ends = domain("ADCM", CM=page, DTH=death.format(day="2024-04-20")).frame["AENDT"]
    assert [str(day)[:10] for day in ends] == ["2024-04-20", "2024-04-20", "2025-06-30", "NaT"]


def test_prior_therapies_end_before_the_study_even_if_nobody_knows_when():
    """D.7: a prior therapy without an end is not taken for one during treatment."""
    page = "Subject | RecordPosition | PTTYPE_STD | PTTRT | PTSTDAT | PTENDAT\n01-001 | 1 | 1 | Chemo | 2022-01 |"
    domain("ADCM", PT=page).shows("CMTRT | CMCAT | PREFL | ONTRTFL\nChemo | PRIOR ANTI-CANCER THERAPY | Y |")


def test_blood_products_are_records_of_adcm():
    """D.7: transfusions are ADCM rows, CMCAT BLOOD PRODUCT."""
    page = "Subject | RecordPosition | TRDAT | TRPROD_STD | TRUNITS\n01-001 | 1 | 2024-03-20 | 2 | 1"
    got = domain("ADCM", TRF=page).frame
    assert got[["CMCAT", "ONTRTFL", "ASTDY", "AENDT"]].astype("str").to_numpy().tolist() == [
        ["BLOOD PRODUCT", "Y", "6.0", "2024-03-20"]
    ]


def test_drugs_against_crs_are_known_by_name_or_class():
    """D.7: TOCIFL, STERFL, VASOFL, RUXOFL."""
    page = """
        Subject | RecordPosition | CMTRT | CMDECOD        | CMATC4                                  | CMSTDAT
        01-001  | 1              | a     | TOCILIZUMAB    | L04AC INTERLEUKIN INHIBITORS            | 2024-03-16
        01-001  | 2              | b     | SILTUXIMAB     | L04AC INTERLEUKIN INHIBITORS            | 2024-03-17
        01-001  | 3              | c     | DEXAMETHASONE  | H02AB GLUCOCORTICOIDS                   | 2024-03-18
        01-001  | 4              | d     | DEXAMETHASONE  | D07AB CORTICOSTEROIDS, MODERATELY POTENT | 2024-03-19
        01-001  | 5              | e     | NOREPINEPHRINE | C01CA ADRENERGIC AND DOPAMINERGIC AGENTS | 2024-03-20
        01-001  | 6              | f     | VASOPRESSIN    | H01BA VASOPRESSIN AND ANALOGUES         | 2024-03-21
        01-001  | 7              | g     | DESMOPRESSIN   | H01BA VASOPRESSIN AND ANALOGUES         | 2024-03-22
        01-001  | 8              | h     | RUXOLITINIB    | L01EJ JANUS KINASE INHIBITORS           | 2024-03-23
        """
    domain("ADCM", CM=page).shows("""
        CMTRT | TOCIFL | STERFL | VASOFL | RUXOFL
        a     | Y      |        |        |
        b     |        |        |        |
        c     |        | Y      |        |
        d     |        |        |        |
        e     |        |        | Y      |
        f     |        |        | Y      |
        g     |        |        |        |
        h     |        |        |        | Y
        """)


def test_a_new_therapy_of_unknown_day_follows_infusion_and_response_and_answers_its_relapse():
    """D-IMP, NACT start; D.1: conditioning, intrathecal prophylaxis and maintenance are no new therapies."""
    got = domain("ADCM", NACT=THERAPIES, RS=RESPONSE.format(first="1", second="6"), more=("ADSL",))
    got.shows("""
        CMTRT | ASTDT      | ASTDTF | NACTFL | FUPFL
        E     | 2024-03-01 | D      |        |
        A     | 2024-03-16 | D      | Y      |
        F     | 2024-04-01 | D      |        |
        B     | 2024-04-13 | D      | Y      | Y
        D     | 2024-05-01 | D      | Y      | Y
        C     | 2024-05-10 | D      | Y      | Y
        G     | 2024-06-01 | D      |        | Y
        """)
    subjects = got.derived.outputs["ADSL"].frame.set_index("SUBJID")
    assert str(subjects.loc["01-001", "NACTDT"].date()) == "2024-03-16"


def test_a_therapy_for_progression_starts_on_its_day_even_before_a_later_response():
    """D-IMP, NACT start: NAREAS 1 and the PD date in the interval decide."""
    page = RESPONSE.replace("2024-05-10", "2024-04-20").format(first="6", second="1")
    line = "Subject | RecordPosition | NATYPE_STD | NATRT | NASTDAT | NAREAS_STD\n01-001 | 1 | 1 | A | 2024-04 | "
    assert str(domain("ADCM", NACT=line + "1", RS=page).frame["ASTDT"][0].date()) == "2024-04-12"
    assert str(domain("ADCM", NACT=line + "2", RS=page).frame["ASTDT"][0].date()) == "2024-04-21"


def test_a_therapy_on_the_day_of_infusion_is_not_a_new_one():
    """D.1 NACTDT: after TRTSDT."""
    line = "Subject | RecordPosition | NATYPE_STD | NATRT | NASTDAT\n01-001 | 1 | 1 | A | {day}"
    flags = [
        domain("ADCM", NACT=line.format(day=day)).frame["NACTFL"][0] for day in ("2024-03-15", "2024-03-16")
    ]
    assert flags[1] == "Y"
    assert flags[0] != "Y"

"""ADAE of rd1302 from pages drawn by hand [D.5, D-IMP]; the infusion is on 2024-03-15 from 10:00 to 10:30.

Protocol day 28 is 2024-04-12, day 90 is 2024-06-13; lymphodepletion began on 2024-03-10.
"""

from __future__ import annotations

import pytest

from tests.studies.rd1302_domains.domain import AROUND, domain, plan_with

HEAD = "Subject | RecordPosition | AETERM | AEPT | AESTDAT | AEGR_STD |"
NOT_INFUSED = AROUND["INF"].replace("| Y  ", "| N  ")
HSCT = "Subject | HSTYPE_STD | HSDAT\n01-001 | 1 | {day}"
NACT = (
    "Subject | RecordPosition | NATYPE_STD | NATRT | NASTDAT | NAREAS_STD\n01-001 | 1 | 1 | FLAG | {day} | 2"
)
DEATH = "Subject | Folder | DTHDAT | DTHCAUS_STD\n01-001 | LOG | {day} | 3"


def events(more: str, *lines: str) -> str:
    """An AE page: line number, start, grade and what `more` names; of each line the term is its number."""
    rows = []
    for number, line in enumerate(lines, 1):
        start, grade, *rest = (cell.strip() for cell in line.split("|"))
        rows.append(" | ".join(["01-001", str(number), f"T{number}", f"T{number}", start, grade, *rest]))
    return "\n".join([f"{HEAD} {more}".rstrip(" |"), *rows])


DAYS = events(
    "AESTTIM",
    "2024-03-09 | 1 |", "2024-03-10 | 1 |", "2024-03-14 | 1 | 23:59", "2024-03-15 | 1 | 09:59", "2024-03-15 | 1 | 10:00",
    "2024-03-15 | 1 |", "2024-04-12 | 1 |", "2024-04-13 | 1 |", "2024-06-13 | 1 |", "2024-06-14 | 1 |",
)  # fmt: skip


def test_an_event_is_of_the_phase_its_start_lies_in_and_emerges_from_the_start_of_the_infusion():
    """D.5: TRTEMFL with the time if both are known; LDEMFL from the first day of lymphodepletion."""
    domain("ADAE", AE=DAYS).shows("""
        AETERM | APHASE | TRTEMFL | LDEMFL | POSTFL | ASTDY
        T1     | PRE-LD |         |        |        | -6
        T2     | LD     |         | Y      |        | -5
        T3     | LD     |         | Y      |        | -1
        T4     | LD     |         | Y      |        | 1
        T5     | D0-D28 | Y       |        |        | 1
        T6     | D0-D28 | Y       |        |        | 1
        T7     | D0-D28 | Y       |        |        | 29
        T8     | D29-M3 | Y       |        |        | 30
        T9     | D29-M3 | Y       |        |        | 91
        T10    | >M3    | Y       |        |        | 92
        """)


def test_without_the_time_of_the_infusion_the_day_decides():
    """D.5: with time if both are known."""
    page = AROUND["INF"].replace("| 10:00    | 10:30 ", "|          |       ")
    got = domain("ADAE", INF=page, AE=events("AESTTIM", "2024-03-14 | 1 | 23:59", "2024-03-15 | 1 | 00:10"))
    got.shows("AETERM | APHASE | TRTEMFL | LDEMFL\nT1 | LD | | Y\nT2 | D0-D28 | Y |")


def test_who_was_never_infused_has_events_of_lymphodepletion_only():
    """D.5, D.12 subject 07: LDEMFL Y, TRTEMFL null; without lymphodepletion neither."""
    page = events("AESTTIM", "2024-03-09 | 1 |", "2024-03-10 | 1 |", "2024-05-10 | 5 |")
    domain("ADAE", INF=NOT_INFUSED, AE=page).shows("""
        AETERM | APHASE | TRTEMFL | LDEMFL | ASTDY
        T1     | PRE-LD |         |        |
        T2     | LD     |         | Y      |
        T3     | LD     |         | Y      |
        """)
    domain("ADAE", INF=NOT_INFUSED, LD="Subject", AE=page).shows("""
        AETERM | APHASE | TRTEMFL | LDEMFL
        T1     | PRE-LD |         |
        T2     | PRE-LD |         |
        T3     | PRE-LD |         |
        """)


@pytest.mark.parametrize(
    ("pages", "day_before", "day"),
    [
        ({"HSCT": HSCT.format(day="2024-05-11")}, "Y |", "| Y"),
        ({"NACT": NACT.format(day="2024-05-11")}, "Y |", "| Y"),
        ({"HSCT": HSCT.format(day="2024-05-20"), "NACT": NACT.format(day="2024-05-11")}, "Y |", "| Y"),
        ({"HSCT": HSCT.format(day="2024-05-11"), "NACT": NACT.format(day="2024-05-20")}, "Y |", "| Y"),
        ({"HSCT": HSCT.format(day="2024-05-12")}, "Y |", "Y |"),
        ({}, "Y |", "Y |"),
    ],
    ids=["transplant", "new therapy", "therapy first", "transplant first", "the day after", "neither"],
)
def test_events_from_the_day_of_transplant_or_new_therapy_are_no_longer_of_the_treatment(
    pages, day_before, day
):
    """D.5: TRTEMFL before the first of HSCTDT and NACTDT, POSTFL from that day on."""
    page = events("AESTTIM", "2024-05-10 | 1 | 23:59", "2024-05-11 | 1 | 00:00")
    domain("ADAE", AE=page, **pages).shows(f"AETERM | TRTEMFL | POSTFL\nT1 | {day_before}\nT2 | {day}")


@pytest.mark.parametrize(
    ("teae_end", "post"), [("hsct_or_nact", "Y | Y"), ("nact", "Y | Y"), ("hsct", "| Y")]
)
def test_what_ends_the_time_at_risk_is_a_setting_of_the_study(tmp_path, teae_end, post):
    """A.5 teae_end: therapy on 2024-05-11, transplant on 2024-05-20; POSTFL of both days."""
    changed = plan_with(tmp_path, "teae_end: hsct_or_nact", f"teae_end: {teae_end}")
    pages = {"HSCT": HSCT.format(day="2024-05-20"), "NACT": NACT.format(day="2024-05-11")}
    got = domain("ADAE", AE=events("", "2024-05-11 | 1", "2024-05-20 | 1"), planned=changed, **pages)
    shown = ["Y" if flag == "Y" else "" for flag in got.frame["POSTFL"]]
    assert shown == [cell.strip() for cell in post.split("|")]


def test_a_partial_start_is_the_infusion_if_it_can_be_unless_the_event_was_over_before():
    """D-IMP, AE start: the first day of the interval, else the infusion if inside, else the end before it."""
    got = domain(
        "ADAE",
        AE=events(
            "AEENDAT",
            "2024-02 | 1 |", "2024-03 | 1 |", "2024-03 | 1 | 2024-03-15", "2024-03 | 1 | 2024-03-14",
            "2024-04 | 1 |", "2024 | 1 |", "2023 | 1 |", "2024-03-01 | 1 |", "2024 | 1 | 2024-02",
        ),
    )  # fmt: skip
    got.shows("""
        AETERM | ASTDT      | ASTDTF | ASTDTM     | TRTEMFL
        T7     | 2023-01-01 | M      |            |
        T1     | 2024-02-01 | D      |            |
        T9     | 2024-02-29 | M      |            |
        T8     | 2024-03-01 |        | 2024-03-01 |
        T4     | 2024-03-14 | D      |            |
        T2     | 2024-03-15 | D      |            | Y
        T3     | 2024-03-15 | D      |            | Y
        T6     | 2024-03-15 | M      |            | Y
        T5     | 2024-04-01 | D      |            | Y
        """)


def test_a_start_that_nobody_knows_counts_as_emergent_unless_the_event_was_over_before():
    """D-IMP, D.5: conservative; a missing start has no date."""
    page = events("AEENDAT", "| 1 | 2024-03-14", "| 1 | 2024-03-15", "| 1 |")
    domain("ADAE", AE=page).shows("""
        AETERM | ASTDT | APHASE | TRTEMFL | ADURN
        T1     |       |        |         |
        T2     |       |        | Y       |
        T3     |       |        | Y       |
        """, ASTDT="Date")  # fmt: skip
    assert domain("ADAE", AE=page, INF=NOT_INFUSED).frame["TRTEMFL"].isna().all()


def test_a_partial_end_is_the_last_day_it_can_mean_not_after_death_or_cut():
    """D-IMP, AE end; the cut is 2025-06-30. Missing is missing, ongoing or not."""
    lines = ["2024-03-20 | 1 | 2024-04 |", "2024-03-20 | 1 | 2024 |", "2024-03-20 | 1 | 2025-06 |", "2024-03-20 | 1 | 2025 |",
             "2024-03-20 | 1 | | Y", "2024-03-20 | 1 | 2024-06-10 |", "2024-03-20 | 1 | 2024-06 |"]  # fmt: skip
    page = events("AEENDAT | AEONGO_STD", *lines)
    domain("ADAE", AE=page).shows("""
        AETERM | AENDT      | AENDTF | AENDY | ADURN | ADURU
        T1     | 2024-04-30 | D      | 47    | 42    | DAYS
        T2     | 2024-12-31 | M      | 292   | 287   | DAYS
        T3     | 2025-06-30 | D      | 473   | 468   | DAYS
        T4     | 2025-06-30 | M      | 473   | 468   | DAYS
        T5     |            |        |       |       |
        T6     | 2024-06-10 |        | 88    | 83    | DAYS
        T7     | 2024-06-30 | D      | 108   | 103   | DAYS
        """)
    got = domain("ADAE", AE=page, DTH=DEATH.format(day="2024-06-20")).frame.set_index("AETERM")
    assert [str(day.date()) for day in got.loc[["T2", "T6", "T7"], "AENDT"]] == [
        "2024-06-20", "2024-06-10", "2024-06-20"
    ]  # fmt: skip


def test_the_records_of_one_event_stay_and_the_first_carries_its_end_and_highest_grade():
    """D.5, B-DIRT-21: first start, last end, highest grade on the record with ACOLLFL; no records are added."""
    got = domain(
        "ADAE",
        AE=events(
            "AESTTIM | AEENDAT | AEGRPID",
            "2024-03-18 | 3 | | 2024-03-20 | G1", "2024-03-16 | 1 | 20:00 | 2024-03-17 | G1", "2024-03-21 | 2 | | 2024-04 | G1",
            "2024-03-16 | 2 | 08:00 | 2024-03-17 | G2", "2024-03-19 | 1 | | | G2", "2024-03-16 | 4 | | 2024-03-16 |",
            "2024-03-16 | 1 | | 2024-03-16 |",
        ),
    )  # fmt: skip
    got.shows("""
        AETERM | ACOLLFL | ASTDT      | AENDT      | AENDTF | ADURN | AETOXGR | ATOXGR | ATOXGRN
        T2     | Y       | 2024-03-16 | 2024-04-30 | D      | 46    | 1       | 3      | 3
        T4     | Y       | 2024-03-16 |            |        |       | 2       | 2      | 2
        T6     | Y       | 2024-03-16 | 2024-03-16 |        | 1     | 4       | 4      | 4
        T7     | Y       | 2024-03-16 | 2024-03-16 |        | 1     | 1       | 1      | 1
        T1     |         | 2024-03-18 | 2024-03-20 |        | 3     | 3       | 3      | 3
        T5     |         | 2024-03-19 |            |        |       | 1       | 1      | 1
        T3     |         | 2024-03-21 | 2024-04-30 | D      | 41    | 2       | 2      | 2
        """)


def test_an_event_that_began_before_the_infusion_emerges_if_it_worsens_before_transplant_or_new_therapy():
    """D.5, decision 27: the record of the higher grade, and the first record because it stands for the event."""
    lines = [
        "2024-03-12 | 2 | WORSE", "2024-03-16 | 2 | WORSE", "2024-03-18 | 3 | WORSE",
        "2024-03-12 | 3 | BETTER", "2024-03-16 | 3 | BETTER", "2024-03-18 | 2 | BETTER",
        "2024-03-12 | 1 | LATE", "2024-05-11 | 2 | LATE",
    ]  # fmt: skip
    got = domain("ADAE", AE=events("AEGRPID", *lines), HSCT=HSCT.format(day="2024-05-11"))
    got.shows("""
        AETERM | AEGRPID | ACOLLFL | ATOXGR | APHASE | TRTEMFL | LDEMFL | POSTFL | AOCCFL | AOCCIFL
        T1     | WORSE   | Y       | 3      | LD     | Y       | Y      |        | Y      | Y
        T4     | BETTER  | Y       | 3      | LD     |         | Y      |        |        |
        T7     | LATE    | Y       | 2      | LD     |         | Y      |        |        |
        T2     | WORSE   |         | 2      | D0-D28 |         |        |        |        |
        T5     | BETTER  |         | 3      | D0-D28 |         |        |        |        |
        T3     | WORSE   |         | 3      | D0-D28 | Y       |        |        |        |
        T6     | BETTER  |         | 2      | D0-D28 |         |        |        |        |
        T8     | LATE    |         | 2      | D29-M3 |         |        | Y      |        |
        """)


def test_occurrence_flags_count_emergent_events_once_for_subject_class_and_term():
    """D.5: records with ACOLLFL and TRTEMFL only; order start, time, AESEQ; for the grades the highest first."""
    page = """
        Subject | RecordPosition | AETERM | AEPT  | AESOC | AESTDAT    | AESTTIM | AEGR_STD | AEGRPID
        01-001  | 1              | before | Rash  | Skin  | 2024-03-12 |         | 5        |
        01-001  | 2              | first  | Rash  | Skin  | 2024-03-16 | 08:00   | 1        | G1
        01-001  | 3              | part   | Rash  | Skin  | 2024-03-17 |         | 2        | G1
        01-001  | 4              | second | Itch  | Skin  | 2024-03-16 | 09:00   | 3        |
        01-001  | 5              | third  | Rash  | Skin  | 2024-03-20 |         | 3        |
        01-001  | 6              | fourth | Fever | Other | 2024-03-21 |         | 3        |
        01-001  | 7              | fifth  | Fever | Other | 2024-03-22 |         | 3        |
        """
    domain("ADAE", AE=page).shows("""
        AETERM | AOCCFL | AOCCSFL | AOCCPFL | AOCCIFL | AOCCSIFL | AOCCPIFL
        before |        |         |         |         |          |
        second |        |         | Y       | Y       | Y        | Y
        first  | Y      | Y       | Y       |         |          |
        part   |        |         |         |         |          |
        third  |        |         |         |         |          | Y
        fourth |        | Y       | Y       |         | Y        | Y
        fifth  |        |         |         |         |          |
        """)


def test_special_interest_is_a_matter_of_the_term_or_of_the_tick():
    """D.5: CQ01NAM to CQ08NAM; infections are those of their class."""
    page = """
        Subject | RecordPosition | AETERM | AEPT | AESOC | AESTDAT | AEGR_STD | AESI_STD
        01-001 | 1  | a | Cytokine release syndrome | I | 2024-03-16 | 1 | 0
        01-001 | 2  | b | Pyrexia | G | 2024-03-17 | 1 | 1
        01-001 | 3  | c | Immune effector cell-associated neurotoxicity syndrome | N | 2024-03-18 | 1 |
        01-001 | 4  | d | Confusional state | N | 2024-03-19 | 1 | 2
        01-001 | 5  | e | Chronic graft versus host disease | I | 2024-03-20 | 1 |
        01-001 | 6  | f | Rash | S | 2024-03-21 | 1 | 3
        01-001 | 7  | g | Rash | S | 2024-03-22 | 1 | 4
        01-001 | 8  | h | Haemophagocytic lymphohistiocytosis | B | 2024-03-23 | 1 |
        01-001 | 9  | i | Pneumonia | Infections and infestations | 2024-03-24 | 1 |
        01-001 | 10 | j | Tumour lysis syndrome | M | 2024-03-25 | 1 |
        01-001 | 11 | k | Myelodysplastic syndrome | N | 2024-03-26 | 1 | 9
        01-001 | 12 | l | Rash | S | 2024-03-27 | 1 | 0
        """
    frame = domain("ADAE", AE=page).frame.set_index("AETERM")
    queries = frame[[name for name in frame if name.startswith("CQ")]]
    assert {term: row.dropna().to_dict() for term, row in queries.iterrows()} == {
        "a": {"CQ01NAM": "CYTOKINE RELEASE SYNDROME"}, "b": {"CQ01NAM": "CYTOKINE RELEASE SYNDROME"},
        "c": {"CQ02NAM": "ICANS"}, "d": {"CQ02NAM": "ICANS"},
        "e": {"CQ03NAM": "GRAFT VERSUS HOST DISEASE"}, "f": {"CQ03NAM": "GRAFT VERSUS HOST DISEASE"},
        "g": {"CQ03NAM": "GRAFT VERSUS HOST DISEASE"}, "h": {"CQ04NAM": "HLH/MAS"}, "i": {"CQ05NAM": "INFECTION"},
        "j": {"CQ07NAM": "TLS"}, "k": {"CQ08NAM": "SECOND MALIGNANCY"}, "l": {},
    }  # fmt: skip


CYTOPENIA = """
    Subject | RecordPosition | AETERM | AEPT                       | AESTDAT    | AEENDAT    | AEGR_STD | AESI_STD | AEGRPID
    01-001  | 1              | a      | Neutropenia                | 2024-04-12 | 2024-04-12 | 3        |          |
    01-001  | 2              | b      | Platelet count decreased   | 2024-04-13 |            | 3        |          |
    01-001  | 3              | c      | Neutrophil count decreased | 2024-03-20 | 2024-04-11 | 4        |          |
    01-001  | 4              | d      | Thrombocytopenia           | 2024-03-20 |            | 4        |          |
    01-001  | 5              | e      | Cytopenia                  | 2024-03-20 |            | 2        |          |
    01-001  | 6              | f      | Anaemia                    | 2024-03-20 |            | 3        |          |
    01-001  | 7              | g      | Pancytopenia               | 2024-05-20 | 2024-05-21 | 1        | 7        |
    01-001  | 8              | h      | Neutropenia                | 2024-03-18 | 2024-03-25 | 2        |          | N1
    01-001  | 9              | i      | Neutropenia                | 2024-03-26 | 2024-04-20 | 3        |          | N1
    01-001  | 10             | j      | Neutropenia                | 2024-03-17 | 2024-03-30 | 3        |          | N2
    01-001  | 11             | k      | Neutropenia                | 2024-03-31 | 2024-04-20 | 2        |          | N2
    """


def test_a_prolonged_cytopenia_is_of_grade_three_on_day_28():
    """D.5 CQ06NAM: ASTDT <= D28 <= AENDT or ongoing; the record, and the first record of its event."""
    got = domain("ADAE", AE=CYTOPENIA).frame
    assert set(got.loc[got["CQ06NAM"].notna(), "AETERM"]) == {"a", "d", "g", "h", "i"}


@pytest.mark.parametrize(("day", "ongoing"), [("2024-04-11", False), ("2024-04-12", True)])
def test_a_cytopenia_of_a_subject_who_died_before_day_28_is_not_known_to_be_prolonged(day, ongoing):
    """D.5 CQ06NAM: nobody is followed beyond death."""
    got = domain("ADAE", AE=CYTOPENIA, DTH=DEATH.format(day=day)).frame.set_index("AETERM")
    assert (got["CQ06NAM"].notna()["d"], got["CQ06NAM"].notna()["g"]) == (ongoing, True)


def test_a_dose_limiting_toxicity_begins_between_the_infusion_and_day_28():
    """A.3, D.5 DLTFL: the tick of the investigator, D0 to D28 both included; ADSL.DLTFL follows."""
    page = events("AEDLT_STD", "2024-03-14 | 3 | Y", "2024-03-15 | 3 | Y", "2024-04-12 | 3 | Y", "2024-04-13 | 3 | Y", "2024-04-01 | 3 | N")  # fmt: skip
    domain("ADAE", AE=page).shows("""
        AETERM | AEDLT | DLTFL
        T1     | Y     |
        T2     | Y     | Y
        T5     | N     |
        T3     | Y     | Y
        T4     | Y     |
        """)


def test_a_causality_nobody_gave_counts_as_related():
    """D.5 RELGR1."""
    lines = [f"2024-03-16 | 1 | {code}" for code in ("1", "2", "3", "4", "5", "")]
    got = domain("ADAE", AE=events("AEREL_STD", *lines)).frame.sort_values("AESEQ")
    related = ["RELATED"] * 3 + ["NOT RELATED"] * 2 + ["RELATED"]
    assert got["RELGR1"].tolist() == related

"""DLTDFL of ADAE, the rule that the tick of the investigator is compared with (A.3), on both sides of each boundary.

The infusion is on 2024-03-15 from 10:00; protocol day 28 is 2024-04-12, the cut 2025-06-30.
"""

from __future__ import annotations

import pytest

from tests.studies.rd1302_domains.domain import domain

CRS, NEURO = "Cytokine release syndrome", "Immune effector cell-associated neurotoxicity syndrome"
ACUTE, CHRONIC = "Acute graft versus host disease", "Chronic graft versus host disease"
LIVER, BLOOD = "Hepatic failure", "Neutrophil count decreased"
DISORDERS = "Blood and lymphatic system disorders"
SOC = {BLOOD: "Investigations", "Platelet count decreased": "Investigations"}
SOC |= dict.fromkeys(
    ("Anaemia", "Neutropenia", "Thrombocytopenia", "Haemophagocytic lymphohistiocytosis"), DISORDERS
)
HEAD = "Subject | RecordPosition | AETERM | AEPT | AESOC | AESTDAT | AEENDAT | AEGR_STD | AEREL_STD | AEGRPID"


def limits(*lines: str, **pages: str) -> list[bool]:
    """Whether each line `term, start, end, grade, related, group` carries DLTDFL."""
    rows = []
    for number, line in enumerate(lines, 1):
        term, start, end, grade, related, group = [*map(str.strip, line.split(",")), "1", "", ""][:6]
        soc = SOC.get(term, "General disorders")
        rows.append(
            f"01-001 | {number} | {term} | {term} | {soc} | {start} | {end} | {grade} | {related} | {group}"
        )
    page = "\n".join([HEAD, *rows])
    found = domain("ADAE", AE=page, **pages).frame.sort_values("AESEQ")
    assert len(found) == len(lines)
    return found.set_index("AESEQ")["DLTDFL"].eq("Y").tolist()


def marrow(blasts: str, day: str = "2024-04-12") -> dict[str, str]:
    return {
        "BM": f"Subject | Folder | BMDAT | BMBLAST | BMQUAL_STD\n01-001 | D28 | {day} | {blasts} | 1",
    }


@pytest.mark.parametrize(
    ("line", "limiting"),
    [
        (f"{CRS}, 2024-03-18, 2024-03-19, 4", True),
        (f"{CRS}, 2024-03-18, 2024-03-24, 3", False),  # 7 days; grade 2 or less on the day after
        (f"{CRS}, 2024-03-18, 2024-03-25, 3", True),
        (f"{CRS}, 2024-03-18, 2024-04-25, 2", False),
        (f"{NEURO}, 2024-03-18, 2024-03-18, 3", True),
        (f"{NEURO}, 2024-03-18, 2024-04-18, 2", False),
        (f"{ACUTE}, 2024-03-28, 2024-03-28, 3", True),
        (f"{ACUTE}, 2024-03-28, 2024-04-28, 2", False),
        (f"{LIVER}, 2024-03-18, 2024-03-24, 3", False),
        (f"{LIVER}, 2024-03-18, 2024-03-25, 3", True),
        (f"{LIVER}, 2024-03-18, 2024-03-24, 4", False),
        (f"{LIVER}, 2024-03-18, 2024-05-25, 2", False),
        (f"{LIVER}, 2024-03-18, 2024-03-18, 5", True),
        ("Haemophagocytic lymphohistiocytosis, 2024-03-18, 2024-03-24, 4", False),
        ("Haemophagocytic lymphohistiocytosis, 2024-03-18, 2024-03-25, 4", True),
        ("Anaemia, 2024-03-18, 2024-05-18, 3", False),
        ("Anaemia, 2024-03-18, 2024-05-18, 4", False),
        ("Anaemia, 2024-03-18, 2024-03-18, 5", True),
    ],
)
def test_each_line_of_the_definition(line: str, limiting: bool):
    """A.3: CRS >= 4, or 3 not <= 2 within 7 d; ICANS >= 3; acute GVHD >= 3; other >= 3 for > 7 d; any grade 5."""
    assert limits(line) == [limiting]


@pytest.mark.parametrize(
    ("start", "limiting"),
    [("2024-03-14", False), ("2024-03-15", True), ("2024-04-12", True), ("2024-04-13", False), ("", False)],
)
def test_it_begins_from_the_infusion_to_day_28(start: str, limiting: bool):
    """A.3: D0-D28."""
    assert limits(f"{NEURO}, {start}, , 3") == [limiting]


@pytest.mark.parametrize(
    ("related", "limiting"), [("1", True), ("2", True), ("3", True), ("4", False), ("5", False)]
)
def test_it_is_at_least_possibly_related(related: str, limiting: bool):
    """A.3: at least possibly related, of a fatal event, too."""
    assert limits(f"{NEURO}, 2024-03-18, , 3, {related}") == [limiting]
    assert limits(f"{LIVER}, 2024-03-18, , 5, {related}") == [limiting]


def test_an_event_that_has_not_ended_lasts_to_death_or_cut():
    """A.3; D-IMP: missing and ongoing."""
    death = "Subject | Folder | DTHDAT | DTHCAUS_STD\n01-001 | LOG | {} | 3"
    line = f"{LIVER}, 2024-03-18, , 3"
    assert limits(line) == [True]
    assert limits(line, DTH=death.format("2024-03-24")) == [False]
    assert limits(line, DTH=death.format("2024-03-25")) == [True]


def test_grades_of_one_event_are_followed_over_its_lines():
    """A.3; B.5: grade changes are separate lines; the first of them carries the event."""
    first, later = f"{CRS}, 2024-03-17, 2024-03-17, 1, 1, G1", f"{CRS}, 2024-03-22, 2024-03-25, 3, 1, G1"
    assert limits(first, f"{CRS}, 2024-03-18, 2024-03-21, 3, 1, G1", later) == [True, False, False]
    assert limits(first, f"{CRS}, 2024-03-18, 2024-03-20, 3, 1, G1", later) == [
        False,
        False,
        False,
    ]  # a day without
    assert limits(first, f"{CRS}, 2024-03-18, 2024-03-21, 2, 1, G1", later) == [False, False, False]
    worse = f"{CRS}, 2024-03-21, 2024-03-21, 2, 1, G1"
    assert limits(f"{CRS}, 2024-03-18, 2024-03-20, 3, 1, G1", worse, later) == [False, False, False]
    assert limits(first, f"{CRS}, 2024-03-18, 2024-03-21, 3, 1, G2", later) == [False, False, False]


def test_grade_4_of_another_day_counts_for_its_event_alone():
    """A.3."""
    assert limits(f"{CRS}, 2024-03-17, 2024-03-17, 2, 1, G1", f"{CRS}, 2024-03-18, 2024-03-18, 4, 1, G1") == [
        True,
        False,
    ]
    assert limits(f"{CRS}, 2024-03-17, 2024-03-17, 2", f"{CRS}, 2024-03-18, 2024-03-18, 4") == [False, True]


@pytest.mark.parametrize(
    ("end", "grade", "blasts", "limiting"),
    [
        ("2024-04-12", "4", "4.9", True),
        ("2024-04-11", "4", "4.9", False),
        ("", "4", "4.9", True),
        ("2024-04-12", "3", "4.9", False),
        ("2024-04-12", "4", "5", False),
        ("2024-04-12", "4", "<5", True),
    ],
)
def test_a_cytopenia_limits_the_dose_if_it_persists_on_day_28_in_remission(end, grade, blasts, limiting):
    """A.3: grade 4 neutropenia or thrombocytopenia persisting at D28 with < 5 % marrow blasts."""
    for term in (BLOOD, "Platelet count decreased", "Thrombocytopenia", "Neutropenia"):
        assert limits(f"{term}, 2024-03-18, {end}, {grade}", **marrow(blasts)) == [limiting], term


def test_without_a_marrow_near_day_28_a_cytopenia_is_not_judged():
    """A.3; as the components of a response, 7 days."""
    line = f"{BLOOD}, 2024-03-18, , 4"
    assert limits(line) == [False]
    for day, limiting in (
        ("2024-04-05", True),
        ("2024-04-19", True),
        ("2024-04-04", False),
        ("2024-04-20", False),
    ):
        assert limits(line, **marrow("1", day)) == [limiting], day


def test_chronic_disease_of_the_graft_limits_only_by_its_duration():
    """A.3: acute GVHD; any other non-haematological >= 3 for more than 7 days."""
    assert limits(f"{CHRONIC}, 2024-03-18, 2024-03-24, 3") == [False]
    assert limits(f"{CHRONIC}, 2024-03-18, 2024-03-25, 3") == [True]

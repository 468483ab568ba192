"""The table of toxicity grades says what CTCAE v5.0 says, but for the differences it states [D.6]."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from adam.verbs.grades import BOUNDS
from tests.adam.cases import MAPPINGS

GRADES = MAPPINGS / "library" / "grades"
PUBLISHED = Path(__file__).parents[1] / "golden" / "ctcae" / "ctcae_v5_lab_terms.csv"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


NUMBER = r"\d*\.?\d+"
UNIT = re.compile(
    r"(?:x )?(ULN|LLN|baseline)$|(g/dl above ULN|mg/dL|g/dL|g/L|mmol/L|/mm3|x 10e9 ?/L)", re.IGNORECASE
)
LIMITS = re.compile(rf"(?P<op>[<>]?) ?(?P<one>ULN|LLN|{NUMBER})(?: ?- ?(?P<two>{NUMBER}))?")
SCALES = {"g/dl above uln": 10, "mg/dl": 0.01, "/mm3": 0.001}
PROSE = ("-", "bleeding", "symptomatic", "seizures")
START = re.compile(r"(Hemoglobin \(Hgb\)|Hgb|Corrected serum calcium of|Increase in|absolute value)\s*")


def limit(text: str, of: str, scale: float) -> str:
    """A limit of the published text as the table writes it."""
    if text in ("ULN", "LLN"):
        return text
    value = round(float(text) * scale, 6)
    if of == "+ULN":
        return f"ULN+{value:g}" if value else "ULN"
    return f"{value:g}" if not of else of if value == 1 else f"{value:g}x{of}"


def asked(clause: str) -> tuple | None:
    """What one clause asks for: baseline, limits; None for prose, another analyte, a conventional unit."""
    whole = clause.strip()
    if (
        whole in PROSE
        or whole.startswith("Ionized")
        or re.search(r"indicated|initiated|conseq|manifest", whole)
    ):
        return None
    text, _, baseline = START.sub("", whole).replace(",", "").partition(" if baseline was ")
    units = [found.group(2).lower() for found in UNIT.finditer(text) if found.group(2)]
    conventional = {"mg/dl", "g/dl"} & set(units) and not whole.startswith("absolute")
    if conventional:
        return None
    multiple = UNIT.search(text) if not units else None
    of = {"uln": "ULN", "lln": "LLN", "baseline": "BASE"}[multiple.group(1).lower()] if multiple else ""
    of = of if re.search(r"\d", text) else ""
    of = "+ULN" if "g/dl above uln" in units else of
    bare = re.sub(" +", " ", (UNIT.sub("", text) if of or units else text)).strip()
    match = LIMITS.fullmatch(bare.replace("x ULN ", ""))
    if match is None:
        return ("as published", whole)
    scale = SCALES.get(units[0], 1) if units else 1
    names = {"<": ("below", "at_least"), ">": ("above", "at_most"), "": ("at_least", "at_most")}[match["op"]]
    ends = zip(names, (match["one"], match["two"]), strict=True)
    return baseline, frozenset((name, limit(text, of, scale)) for name, text in ends if text)


def published(text: str, unit: str) -> set[tuple]:
    """What the text of a grade asks for, one element a clause."""
    other = "mmol/L" if unit == "g/L" else "nothing"
    return {found for clause in text.split(";") if other not in clause and (found := asked(clause))}


def ours(term: str, direction: str, grade: str) -> set[tuple]:
    return {
        (row["baseline"], frozenset((name, row[name]) for name in BOUNDS if row[name]))
        for row in rows(GRADES / "ctcae_v5_lab.csv")
        if (row["term"], row["direction"], row["grade"]) == (term, direction, grade)
    }  # fmt: skip


def stated_differences() -> set[tuple[str, str]]:
    """(term, grade) of the table of differences in the README of grades."""
    text = (GRADES / "README.md").read_text("utf-8")
    lines = text.partition("## Deliberate differences")[2].partition("\n## ")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return {(term, grade) for term, grades, *_ in cells[1:] for grade in grades.split()}


def test_the_table_is_the_published_text_but_for_the_stated_differences():
    """D.6: compared term by term; each deliberate difference is recorded, and none that is not one."""
    used = {row["term"] for row in rows(GRADES / "ctcae_v5_lab.csv")}
    different = set()
    for row in rows(PUBLISHED):
        if row["term"] in used:
            for grade in "1234":
                stated = published(row[f"grade_{grade}"], row["unit"])
                if stated != ours(row["term"], row["direction"], grade):
                    different.add((row["term"], grade))
    assert different == stated_differences()


def test_every_published_term_is_used_or_said_not_to_be():
    used = {(row["term"], row["direction"]) for row in rows(GRADES / "ctcae_v5_lab.csv")}
    known = {(row["term"], row["direction"]) for row in rows(PUBLISHED)}
    text = " ".join((GRADES / "README.md").read_text("utf-8").partition("## Published terms")[2].split())
    left = {term for term, _ in known - used}
    assert used <= known
    assert {term for term in left if term not in text} == set()
    assert {term for term, _ in used if f"{term}," in text} == set()

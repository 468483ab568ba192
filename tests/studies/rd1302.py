"""The extracts of study rd1302 and the fixtures they were written for."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
STUDY = ROOT / "mappings" / "rd1302"
WORKED = Path(__file__).parent / "rd1302_worked"
CASES = Path(__file__).parent / "rd1302_cases"
FIXTURES = ROOT / "tests" / "golden" / "fixtures_rd13_02.json"
EXTRACTS = [WORKED, *sorted(path.parent for path in CASES.glob("*/manifest.json"))]


@cache
def fixtures() -> dict[str, dict]:
    """The worked subjects and edge cases by name."""
    cases = json.loads(FIXTURES.read_text("utf-8"))["cases"]
    return {case["subject"]: case for case in cases}


@cache
def places() -> dict[str, tuple[str, Path]]:
    """Screening number and extract of each fixture: in rd1302_worked, or where subjects.csv says."""
    found = {name: (f"01-0{name}", WORKED) for name in fixtures() if name.isdigit()}
    with (CASES / "subjects.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[row["fixture"]] = (row["subject"], CASES / row["cut"])
    return found


def pages(extract: Path, form: str, subject: str | None = None) -> list[dict[str, str]]:
    """The rows of a form's CSV as text, of one screening number if asked."""
    with (extract / "edc_csv" / f"{form}.csv").open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if subject in (None, row["Subject"])]

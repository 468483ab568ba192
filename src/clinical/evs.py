"""The official CDISC terminology as NCI EVS publishes it: tab separated text, one package a file."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pandas as pd

from clinical.errors import InputError

COLUMNS = [
    "codelist_code", "codelist", "codelist_name", "extensible",
    "term_code", "submission_value", "preferred_term", "origin",
]  # fmt: skip
_NEEDED = [
    "Code", "Codelist Code", "Codelist Extensible (Yes/No)", "Codelist Name",
    "CDISC Submission Value", "NCI Preferred Term",
]  # fmt: skip
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def import_evs(path: Path) -> pd.DataFrame:
    """One row a term, with the columns of `mappings/library/ct/sdtm.csv`, sorted by codelist code and value.

    `origin` is the date of the package: of the column `Standard and Date`, or of the file's name.

    Raises: InputError for a file without the official columns, a term whose codelist is not in the file,
            or a file that names no package date.
    Source: NCI EVS, CDISC Terminology, text files.
    """
    rows = _read(path)
    lists = {row["Code"]: row for row in rows if not row["Codelist Code"]}
    terms = []
    for row in rows:
        if not row["Codelist Code"]:
            continue
        head = lists.get(row["Codelist Code"])
        if head is None:
            raise InputError("evs.no-codelist", f"{path.name}:{row['line']}", code=row["Codelist Code"])
        terms.append(
            {
                "codelist_code": head["Code"],
                "codelist": head["CDISC Submission Value"],
                "codelist_name": head["Codelist Name"],
                "extensible": "Y" if head["Codelist Extensible (Yes/No)"].upper() == "YES" else "N",
                "term_code": row["Code"],
                "submission_value": row["CDISC Submission Value"],
                "preferred_term": row["NCI Preferred Term"],
                "origin": _package_date(row, path),
            }
        )
    frame = pd.DataFrame(terms, columns=COLUMNS, dtype="str")
    frame = frame.mask(frame == "")
    return frame.sort_values(["codelist_code", "submission_value", "term_code"], ignore_index=True)


def write_ct(frame: pd.DataFrame, path: Path) -> None:
    """Writes imported terms as a file of `mappings/library/ct/`."""
    path.write_text(frame.to_csv(index=False, lineterminator="\n"), encoding="utf-8", newline="\n")


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        absent = [column for column in _NEEDED if column not in (reader.fieldnames or [])]
        if absent:
            raise InputError("evs.columns", f"{path.name}:1", columns=", ".join(absent))
        return [
            {key: _plain(row[key]) for key in (*_NEEDED, "Standard and Date") if key in row}
            | {"line": str(reader.line_num)}
            for row in reader
        ]


def _plain(cell: str | None) -> str:
    """A cell without the quotes that a spreadsheet put around it."""
    text = (cell or "").strip()
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1].replace('""', '"') if quoted else text


def _package_date(row: dict[str, str], path: Path) -> str:
    for text in (row.get("Standard and Date", ""), path.name):
        found = _DATE.search(text)
        if found:
            return found[0]
    raise InputError("evs.no-date", path.name)

"""The variables of the standards a study builds: order, label, type, core, codelist
(`mappings/library/standards`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

TYPES = {"Char": "Char", "Num": "Num", "Num (DATE9.)": "Date", "Num (DATETIME20.)": "Datetime"}
SUPP = "SUPP--"


@dataclass(frozen=True)
class Variable:
    """One variable of one dataset; `type` is Char, Num, Date or Datetime; `core` Req, Exp, Perm or empty."""

    name: str
    label: str
    type: str
    order: int
    core: str = ""
    role: str = ""
    codelist: str = ""


@dataclass(frozen=True)
class Standard:
    """The variables of one dataset by name, in the standard's order, with the dataset's label."""

    name: str
    label: str
    variables: dict[str, Variable]

    def type_of(self, name: str) -> str:
        """Char, Num, Date or Datetime; empty for what the standard does not know."""
        found = self.variables.get(name)
        return found.type if found else ""


def read_standards(library: Path, study: Path) -> dict[str, Standard]:
    """Every dataset the library and the study's own `standards.csv` describe, by name."""
    found: dict[str, Standard] = {}
    labels = {row["dataset"]: row["label"] for row in _rows(library / "standards" / "datasets.csv")}
    for row in _rows(library / "standards" / "sdtm.csv"):
        _add(found, row["domain"], labels.get(row["domain"], ""), row)
    for path in (library / "standards" / "adam.csv", study / "standards.csv"):
        for row in _rows(path):
            _add(found, row["dataset"], row["dataset_label"], row)
    return found


def read_classes(library: Path) -> dict[str, str]:
    """The class of every SDTM dataset the library describes, such as EVENTS."""
    return {row["dataset"]: row["class"] for row in _rows(library / "standards" / "datasets.csv")}


def _add(found: dict[str, Standard], name: str, label: str, row: dict[str, str]) -> None:
    standard = found.setdefault(name, Standard(name, label, {}))
    standard.variables[row["variable"]] = Variable(
        name=row["variable"],
        label=row["label"],
        type=TYPES[row["type"]],
        order=int(row["order"]),
        core=row.get("core") or "",
        role=row.get("role") or "",
        codelist=row.get("codelist") or "",
    )


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))

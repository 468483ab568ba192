"""Two data sets cell by cell, and the document that says where they differ."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

DOCUMENT = Path(__file__).with_name("DIFFERENCES.md")
HEADING = re.compile(r"## (\w+) against `([\w./]+)`")
ABSENT = re.compile(r"Not here: ([^.]+)\.")
Classes = dict[tuple[str, str, str], int]


@dataclass
class Differences:
    """Counts by (variable, what is here, what is there), and the variables that only the other side has."""

    cells: Classes = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)


def compare(here: pd.DataFrame, there: pd.DataFrame, keys: list[str]) -> Differences:
    """The cells in which the records that agree on `keys` differ, and the records without a partner."""
    left, right = _keyed(here, keys), _keyed(there, keys)
    found = Differences(absent={name for name in there if name not in here and there[name].notna().any()})
    _add(found.cells, "record", "nothing", int((~right.index.isin(left.index)).sum()))
    _add(found.cells, "nothing", "record", int((~left.index.isin(right.index)).sum()))
    both = left.index.intersection(right.index)
    left, right = left.loc[both], right.loc[both]
    for name in there:
        if name in here and name not in keys:
            _add_cells(found.cells, name, left[name], right[name])
    return found


def _add(cells: Classes, there: str, here: str, count: int) -> None:
    if count:
        cells["record", here, there] = count


def _keyed(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The frame under an index of its keys as text; records that share them are numbered in their order."""
    text = frame[keys[0]].pipe(as_text)
    for name in keys[1:]:
        text = text + "|" + as_text(frame[name])
    return frame.set_axis(text + "|" + frame.groupby(text).cumcount().astype("str"))


def _add_cells(cells: Classes, name: str, here: pd.Series, there: pd.Series) -> None:
    no_left, no_right = here.isna().to_numpy(), there.isna().to_numpy()
    differs = ~no_left & ~no_right & ~_same(here, there)
    for count, left, right in (
        ((no_left & ~no_right).sum(), "nothing", "value"),
        ((~no_left & no_right).sum(), "value", "nothing"),
        (differs.sum(), "value", "other value"),
    ):
        if count:
            cells[name, left, right] = int(count)


def _same(here: pd.Series, there: pd.Series) -> np.ndarray:
    if all(pd.api.types.is_numeric_dtype(side) for side in (here, there)):
        return np.isclose(here.to_numpy(float), there.to_numpy(float), rtol=1e-12, atol=1e-9)
    return as_text(here).to_numpy() == as_text(there).to_numpy()


def as_text(column: pd.Series) -> pd.Series:
    """Values as text: whole numbers without a point, days as ISO 8601, nothing as the empty text."""
    if pd.api.types.is_numeric_dtype(column):
        text = column.map(lambda value: f"{value:.10g}" if pd.notna(value) else "")
    elif pd.api.types.is_datetime64_any_dtype(column):
        text = column.dt.strftime("%Y-%m-%d")
    else:
        text = column.map(lambda value: "" if pd.isna(value) else str(value))
    return text.astype("str").fillna("")


def documented() -> dict[tuple[str, str], Differences]:
    """What DIFFERENCES.md says, by data set and reference."""
    sections: dict[tuple[str, str], Differences] = {}
    current = Differences()
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if heading := HEADING.match(line):
            current = sections.setdefault((heading[1], heading[2]), Differences())
        elif absent := ABSENT.match(line):
            current.absent |= set(re.findall(r"\w+", absent[1]))
        elif line.startswith("|") and not line.startswith(("| variable", "|---")):
            variable, here, there, cells, *_ = (cell.strip() for cell in line.strip("|").split("|"))
            current.cells[variable, here, there] = int(cells.replace(",", ""))
    return sections

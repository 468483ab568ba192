"""Tests are small tables: drawn in text, blank is missing, types follow from the column's name (style.md)."""

from __future__ import annotations

import csv
import difflib
from functools import cache
from pathlib import Path

import pandas as pd

STANDARDS = Path(__file__).parents[1] / "mappings" / "library" / "standards"
NUMBER_ENDINGS = ("SEQ", "NUM", "STRESN", "LLOQ", "DOSE")


@cache
def types() -> dict[str, str]:
    """Char, Num, Date or Datetime by variable, from the standards; ADaM decides where both have one."""
    named = {"Num (DATE9.)": "Date", "Num (DATETIME20.)": "Datetime"}
    found = {}
    for name in ("sdtm", "adam"):
        with (STANDARDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                found[row["variable"]] = named.get(row["type"], row["type"])
    return found


def table(drawn: str, **given: str) -> pd.DataFrame:
    """The frame that a drawing shows: a header line, then one line a record, cells between bars.

    Blank is missing. A column's type is that of the variable in the standards; `given` states others, such as
    `seconds="Num"`. A column that the standards do not know is text.
    """
    lines = [line.split("|") for line in drawn.splitlines() if line.strip()]
    header, *rows = [[cell.strip() for cell in line] for line in lines]
    if any(len(row) != len(header) for row in rows):
        raise ValueError("a line of the drawing has more or fewer cells than its header")
    kinds = {**types(), **given}
    columns = {
        name: typed([row[place] or None for row in rows], kinds.get(name, "Char"))
        for place, name in enumerate(header)
    }
    return pd.DataFrame(columns)


def typed(values: list[str | None], kind: str) -> pd.Series:
    """Cells as the frames of the product hold them: str, float64 or datetime64[s]."""
    if kind == "Num":
        return pd.Series([float(value) if value is not None else None for value in values], dtype="float64")
    if kind in ("Date", "Datetime"):
        return pd.Series(
            pd.to_datetime(pd.Series(values, dtype="str"), format="ISO8601").astype("datetime64[s]")
        )
    return pd.Series(values, dtype="str")


def assert_table(got: pd.DataFrame, drawn: str, **given: str) -> None:
    """Fails unless `got` has exactly the drawn records, in any order, in the drawn columns."""
    expected = table(drawn, **given)
    missing = [column for column in expected if column not in got]
    if missing:
        raise AssertionError(f"no column {', '.join(missing)}")
    wanted, found = shown(expected), shown(got[list(expected)])
    if wanted != found:
        lines = difflib.unified_diff(
            wanted.splitlines(), found.splitlines(), "drawn", "got", lineterm="", n=99
        )
        raise AssertionError("\n".join(lines))


def shown(frame: pd.DataFrame) -> str:
    """The records of a frame as sorted lines of text, for a readable difference."""
    cells = [[_cell(value) for value in frame[column]] for column in frame]
    lines = sorted(" | ".join(row) for row in zip(*cells, strict=True))
    return "\n".join([" | ".join(frame.columns), *lines])


def _cell(value: object) -> str:
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)

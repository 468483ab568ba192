"""Units of measurement: a table of conversions, and which unit a test is reported in.

A row of `units.csv` says: for this test (blank: any), a number in `from` times `factor` plus `offset` is
the number in `to`. Factors may be fractions (`5/9`). A blank `from` is for a test that needs no unit (INR).
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from clinical.distinct import distinct, pairs, spread, spread_text
from clinical.errors import SpecError

_COLUMNS = ["test", "from", "to", "factor", "offset", "source"]
SAME = (Fraction(1), Fraction(0))


@dataclass(frozen=True)
class Conversion:
    """A number times `factor` plus `offset` is the number in unit `to`."""

    to: str | None
    factor: Fraction
    offset: Fraction


class Units:
    """The conversions of one `units.csv`."""

    def __init__(self, path: Path):
        self._rows = _read(path)

    def convert(
        self, values: pd.Series, source: pd.Series, target: str, test: pd.Series | None = None
    ) -> tuple[pd.Series, np.ndarray]:
        """Each number in unit `target`; True where there is a number but no row converts its unit.

        A row of the test comes before one for any test; a number already in `target` stays as it is.

        A factor is taken as the fraction it is, so 685200000 times 1/1000000 is 685.2 and not a hair less.

        Missing: without a row (or without a unit) the result is missing.
        Source:  rule C-RES; units.csv.
        """
        codes, found = self._per_pair(test, source, lambda name, unit: self._to(name, unit, target))
        _, offset, known = _arrays(codes, found)
        times = spread(codes, _floats(found, lambda each: each.factor.numerator), np.nan)
        per = spread(codes, _floats(found, lambda each: each.factor.denominator), np.nan)
        return values * times / per + offset, ~known & values.notna().to_numpy()

    def standard(
        self, test: pd.Series | None, source: pd.Series
    ) -> tuple[pd.Series, pd.Series, pd.Series, np.ndarray]:
        """The unit in which each test is reported, factor and offset to get there, and True where none is
        known.

        A test with rows of its own is reported in the units that these lead to; other tests by the rows
        for any test. The first row of a unit decides. Ranges are converted with the same factor and offset.

        Missing: without a unit a test with rows of its own is known only if one of them has a blank `from`;
                 a test without rows of its own has no unit then, and factor 1.
        Source:  rule C-RES; units.csv.
        """
        codes, found = self._per_pair(test, source, self._standard)
        factor, offset, known = _arrays(codes, found)
        unit = spread_text(codes, [each.to if each else None for each in found], source.index)
        return unit, pd.Series(factor, index=source.index), pd.Series(offset, index=source.index), ~known

    def _per_pair(
        self, test: pd.Series | None, source: pd.Series, find: Callable[[str, str | None], Conversion | None]
    ) -> tuple[np.ndarray, list[Conversion | None]]:
        unit_codes, units = distinct(source)
        test_codes, tests = (np.full(len(source), -1), []) if test is None else distinct(test)
        codes, both = pairs(test_codes, unit_codes)
        names, sources = [*tests, ""], [*units, None]
        return codes, [find(names[one], sources[other]) for one, other in both]

    def _to(self, test: str, unit: str | None, target: str) -> Conversion | None:
        if unit == target:
            return Conversion(target, *SAME)
        return next(
            (row for name in (test, "") for row in self._from(name, unit) if row.to == target),
            None,
        )

    def _standard(self, test: str, unit: str | None) -> Conversion | None:
        own = self._rows.get(test, {}) if test else {}
        targets = {row.to for rows in (own or self._rows[""]).values() for row in rows}
        if unit is None:
            return next(iter(own.get(None, ())), None) if own else Conversion(None, *SAME)
        rows = self._from(test, unit) or ([Conversion(unit, *SAME)] if unit in targets else [])
        rows = rows or [row for row in self._from("", unit) if row.to in targets]
        return rows[0] if rows else None

    def _from(self, test: str, unit: str | None) -> list[Conversion]:
        return self._rows.get(test, {}).get(unit, [])


def _arrays(codes: np.ndarray, found: list[Conversion | None]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    factors = _floats(found, lambda each: each.factor)
    offsets = _floats(found, lambda each: each.offset)
    known = np.array([each is not None for each in found], dtype=bool)
    return spread(codes, factors, np.nan), spread(codes, offsets, np.nan), spread(codes, known, False)


def _floats(found: list[Conversion | None], part: Callable[[Conversion], Fraction | int]) -> np.ndarray:
    return np.array([float(part(each)) if each else np.nan for each in found], dtype="float64")


def _read(path: Path) -> dict[str, dict[str | None, list[Conversion]]]:
    """Rows by test and unit, in the order of the file."""
    name = PurePosixPath(*path.parts[-3:])
    table: dict[str, dict[str | None, list[Conversion]]] = {"": {}}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if reader.fieldnames != _COLUMNS:
            raise SpecError("units.columns", f"{name}:1", columns=",".join(_COLUMNS))
        for row in reader:
            at = f"{name}:{reader.line_num}"
            rows = table.setdefault(row["test"] or "", {}).setdefault(row["from"] or None, [])
            if (
                not (row["test"] or row["from"])
                or not row["to"]
                or any(known.to == row["to"] for known in rows)
            ):
                raise SpecError("units.row", at)
            rows.append(Conversion(row["to"], _number(row["factor"], at), _number(row["offset"] or "0", at)))
    return table


def _number(text: str, at: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError) as fault:
        raise SpecError("units.number", at, text=text) from fault

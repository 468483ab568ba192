"""Toxicity grades of laboratory results, from a table of criteria (rule D.6).

A criterion is a row of `library/grades/*.csv`: for a test and a direction, the limits between which a result
has a grade. A limit is a number in the unit of the criterion, a multiple of a reference (`3xULN`, `0.75xLLN`,
`1.5xBASE`) or so much above one (`ULN+20`). Criteria of one grade are alternatives; the worst grade counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from adam.rules import chosen, need, only, refuse, text
from clinical.distinct import distinct, spread, spread_text
from clinical.frames import Frame
from clinical.read import Mapping, Sequence

COLUMNS = ("term", "test", "unit", "direction", "baseline", "grade", "above", "at_least", "below", "at_most")
BOUNDS = {"above": np.greater, "at_least": np.greater_equal, "below": np.less, "at_most": np.less_equal}
LIMIT = re.compile(r"(?:(\d+\.?\d*)x)?(ULN|LLN|BASE)(?:\+(\d+\.?\d*))?|(\d+\.?\d*)")
UNGRADED, FIXED_LIMITS = "ungraded", "fixed_limits"
REFERENCES = {"ULN": "high", "LLN": "low", "BASE": "base"}
LOW, HIGH = "L", "H"
GRADES = ("1", "2", "3", "4")
DECIMALS = 9


@dataclass(frozen=True)
class Limit:
    """`factor` times a reference, plus `more`; without reference `more` alone."""

    reference: str
    factor: float
    more: float

    def of(self, records: Frame) -> np.ndarray:
        """The limit for each record; NaN where it has no reference."""
        if not self.reference:
            return np.full(len(records), self.more)
        return np.round(records[self.reference].to_numpy() * self.factor + self.more, DECIMALS)


@dataclass(frozen=True)
class Criterion:
    """One row of the table; `baseline` is `normal` or `abnormal` where only such a baseline has it."""

    test: str
    unit: str
    direction: str
    baseline: str
    grade: int
    bounds: tuple[tuple[str, Limit], ...]


def read_criteria(rows: Sequence, owner: str) -> tuple[Criterion, ...]:
    """The criteria that a table states.

    Raises: SpecError for a column, direction, baseline, grade or limit that is none, or a row without limit.
    """
    if not isinstance(rows, Sequence):
        raise refuse("rules.shape", getattr(rows, "at", ""), owner, key="grades", shape="a table")
    return tuple(_criterion(row, owner) for row in rows)


def _criterion(row: Mapping, owner: str) -> Criterion:
    only(row, COLUMNS, owner)
    bounds = tuple((name, _limit(row, name, owner)) for name in BOUNDS if row.get(name))
    if not bounds:
        raise refuse("rules.needed", row.at, owner, what="a criterion", key=" or ".join(BOUNDS))
    baseline = text(row, "baseline", owner, "")
    return Criterion(
        test=text(row, "test", owner),
        unit=text(row, "unit", owner, ""),
        direction=chosen(row, "direction", text(row, "direction", owner), (LOW, HIGH), owner),
        baseline=chosen(row, "baseline", baseline, ("normal", "abnormal"), owner) if baseline else "",
        grade=int(chosen(row, "grade", text(row, "grade", owner), GRADES, owner)),
        bounds=bounds,
    )


def _limit(row: Mapping, name: str, owner: str) -> Limit:
    found = LIMIT.fullmatch(need(row, name, owner))
    if found is None:
        choices = "a number, ULN, LLN or BASE"
        raise refuse("rules.choice", row.at, owner, key=name, choices=choices, value=str(row[name]))
    factor, reference, more, number = found.groups()
    if number:
        return Limit("", 0, float(number))
    return Limit(REFERENCES[reference], float(factor or 1), float(more or 0))


def grade_results(
    records: Frame, criteria: tuple[Criterion, ...], direction: str, without_range: str = UNGRADED
) -> np.ndarray:
    """The grade of each result in one direction: 4 to 1, 0 where no criterion holds, NaN where not graded.

    `without_range` says what becomes of a result that lacks a limit of the range which a criterion of its
    test means: `ungraded` (D.6), or `fixed_limits`: a result beyond the fixed limits of a grade has it.

    Needs:   test, unit, value, low, high (the range), base (baseline value), abnormal (whether that is above
             its range).
    Missing: a test without criteria, a result without value or in another unit is not graded. Without
             baseline value the baseline is normal and no multiple of it is exceeded.
    Source:  rule D.6; CTCAE v5.0.
    """
    grades = np.full(len(records), np.nan)
    codes, tests = distinct(records["test"])
    for number, test in enumerate(tests):
        asked = [one for one in criteria if one.test == test and one.direction == direction]
        if asked:
            rows = np.flatnonzero(codes == number)
            mine = records.iloc[rows]
            found = _grade(mine, asked)
            if without_range == UNGRADED:
                found[_lacks_range(mine, asked)] = np.nan
            grades[rows] = found
    return grades


def _lacks_range(records: Frame, criteria: list[Criterion]) -> np.ndarray:
    """Results without a limit of the range that a criterion means."""
    means = {limit.reference for one in criteria for _, limit in one.bounds} & {"low", "high"}
    return records[sorted(means)].isna().any(axis=1).to_numpy()


def _grade(records: Frame, criteria: list[Criterion]) -> np.ndarray:
    """Worst grade first; a criterion that cannot be judged ends the search without a grade."""
    value = np.round(records["value"].to_numpy(), DECIMALS)
    (unit,) = {one.unit for one in criteria}
    found = np.full(len(records), np.nan)
    undecided = ~np.isnan(value)
    if unit:
        undecided &= (records["unit"] == unit).to_numpy(dtype=bool, na_value=False)
    for grade in sorted({one.grade for one in criteria}, reverse=True):
        parts = [_judged(records, value, one) for one in criteria if one.grade == grade]
        holds = np.any([part for part, _ in parts], axis=0)
        unknown = np.any([part for _, part in parts], axis=0) & ~holds
        found[undecided & holds] = grade
        undecided &= ~(holds | unknown)
    found[undecided] = 0
    return found


def _judged(records: Frame, value: np.ndarray, criterion: Criterion) -> tuple[np.ndarray, np.ndarray]:
    """Where the criterion holds, and where a missing range leaves that open."""
    holds, unknown = np.ones(len(value), dtype=bool), np.zeros(len(value), dtype=bool)
    for name, limit in criterion.bounds:
        edge = limit.of(records)
        missing = np.isnan(edge)
        unknown |= missing
        holds &= np.where(missing, limit.reference != "base", BOUNDS[name](value, edge))
    if criterion.baseline:
        holds &= records["abnormal"].to_numpy() == (criterion.baseline == "abnormal")
    return holds & ~unknown, holds & unknown


def combined_grade(low: np.ndarray, high: np.ndarray, graded: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """One signed grade: low ones negative; of two the worse, of two alike the high one.

    `graded` says for low and for high whether the test has criteria in that direction.

    Missing: no grade where one direction is open and the other has nothing to report.
    Source:  rule D.6.
    """
    lows, highs = np.nan_to_num(low), np.nan_to_num(high)
    worse = np.where(highs >= lows, highs, -lows)
    unknown = (graded[0] & np.isnan(low)) | (graded[1] & np.isnan(high))
    return np.where((unknown & (worse == 0)) | ~(graded[0] | graded[1]), np.nan, worse)


def has_criteria(tests: pd.Series, criteria: tuple[Criterion, ...], direction: str) -> np.ndarray:
    """Which tests have criteria in a direction."""
    asked = {one.test for one in criteria if one.direction == direction}
    return tests.isin(asked).to_numpy()


def grade_text(grades: np.ndarray, index: pd.Index) -> pd.Series:
    """Grades as text: `-4` to `4`."""
    codes = np.where(np.isnan(grades), -1, np.nan_to_num(grades) + 4).astype("int64")
    return spread_text(codes, [str(grade) for grade in range(-4, 5)], index)


def grade_numbers(grades: pd.Series) -> np.ndarray:
    """Grades from their text; NaN where there is none."""
    codes, texts = distinct(grades)
    return spread(codes, [float(text) for text in texts] or [np.nan], np.nan)

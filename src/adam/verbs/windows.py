"""Analysis windows around scheduled days: which window a date falls in, which record of a window counts.

Days are protocol days, days since the reference date: the reference date itself is day 0 [A-DAY].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from adam.rules import need, only, refuse, text, whole
from clinical.distinct import spread_text
from clinical.frames import Frame
from clinical.read import Mapping

SECONDS = 86_400


@dataclass(frozen=True)
class Window:
    """A window: protocol days `first` to `last` (both inside) around `target`, shown as `visit`."""

    name: str
    target: int
    first: int
    last: int
    visit: str = ""
    number: float = np.nan


@dataclass(frozen=True)
class Visits:
    """Windows in order of time, and what a day before the reference date or outside them is called."""

    windows: tuple[Window, ...]
    before: tuple[str, float]
    outside: tuple[str, float]
    unit: str


def read_limits(node: Mapping, owner: str) -> dict[str, Window]:
    """Windows as study.yml has them: `W4: [28, 21, 35]` is target, first and last day, in order of time.

    Raises: SpecError for a window that is not three whole numbers or does not hold its target.
    """
    found = {}
    for name, days in node.items():
        at = node.line(name)
        numbers = [int(day) for day in days if day.lstrip("-").isdigit()]
        target, first, last = numbers if len(numbers) == len(days) == 3 else (0, 1, 0)
        if not first <= target <= last:
            raise refuse("rules.shape", at, owner, key=name, shape="[target, first day, last day]")
        found[name] = Window(name, target, first, last)
    return found


def read_visits(node: Mapping, limits: dict[str, Window], owner: str) -> Visits:
    """AVISIT and AVISITN of each window, of days `before` the reference date and `outside` every window."""
    only(node, ("windows", "before", "outside", "unit"), owner)
    windows = []
    for name, shown in need(node, "windows", owner).items():
        at = node["windows"].line(name)
        if name not in limits:
            raise refuse("rules.choice", at, owner, key="window", choices=" or ".join(limits), value=name)
        visit, number = _visit(shown, f"{owner}.{name}")
        limit = limits[name]
        windows.append(Window(name, limit.target, limit.first, limit.last, visit, number))
    before = _visit(need(node, "before", owner), owner)
    return Visits(
        tuple(windows), before, _visit(need(node, "outside", owner), owner), text(node, "unit", owner)
    )


def _visit(node: Mapping, owner: str) -> tuple[str, float]:
    only(node, ("visit", "number"), owner)
    return text(node, "visit", owner), float(whole(node, "number", owner))


def days_since(dates: pd.Series, reference: pd.Series) -> np.ndarray:
    """Whole days from the reference date, 0 on it; NaN where either is missing [A-DAY]."""
    return np.floor((dates.to_numpy() - reference.to_numpy()) / np.timedelta64(SECONDS, "s"))


def plus_days(dates: pd.Series, days: int) -> pd.Series:
    """The date so many days later."""
    return dates + pd.Timedelta(days=days)


def window_of(days: np.ndarray, windows: tuple[Window, ...]) -> np.ndarray:
    """The number of the window each day lies in, -1 for none."""
    found = np.full(len(days), -1)
    for number, window in enumerate(windows):
        found[(days >= window.first) & (days <= window.last)] = number
    return found


def add_visit(records: Frame, visits: Visits, reference: pd.Series) -> Frame:
    """AVISIT, AVISITN and the window a record's ADT falls in.

    Needs:   ADT; `reference` aligned with the records.
    Gives:   AVISIT, AVISITN; AWTARGET, AWTDIFF (distance in days), AWLO, AWHI, AWU inside a window only.
    Missing: no ADT or no reference date gives none of them.
    Source:  rule E-ORR; ADaMIG 1.3 3.3.3.
    """
    days = days_since(records["ADT"], reference)
    windows = visits.windows
    inside = window_of(days, windows)
    kind = np.where(np.isnan(days), -1, np.where(inside >= 0, inside, len(windows) + (days > 0)))
    shown = [*((window.visit, window.number) for window in windows), visits.before, visits.outside]
    numbers = np.append([number for _, number in shown], np.nan)
    target = _each(inside, [window.target for window in windows])
    return records.assign(
        AVISIT=spread_text(kind, [visit for visit, _ in shown], records.index),
        AVISITN=numbers[kind],
        AWTARGET=target,
        AWTDIFF=np.abs(days - target),
        AWLO=_each(inside, [window.first for window in windows]),
        AWHI=_each(inside, [window.last for window in windows]),
        AWU=spread_text(np.where(inside >= 0, 0, -1), [visits.unit], records.index),
        window=inside,
    )


def _each(inside: np.ndarray, values: list[int]) -> np.ndarray:
    return np.append(np.array(values, dtype="float64"), np.nan)[inside]


def flag_nearest(records: Frame, among: np.ndarray) -> np.ndarray:
    """In each subject's windows the one record nearest to the target.

    Needs: subject, window, AWTDIFF, ADT, as `add_visit` leaves them.
    Ties:  the later date, on one date the record that stands first.
    """
    rows = np.flatnonzero(among & (records["window"].to_numpy() >= 0))
    found = records.loc[rows, ["subject", "window", "AWTDIFF", "ADT"]]
    found = found.sort_values(
        ["subject", "window", "AWTDIFF", "ADT"], ascending=[True, True, True, False], kind="stable"
    )
    nearest = np.zeros(len(records), dtype=bool)
    nearest[found.index[~found.duplicated(["subject", "window"])]] = True
    return nearest

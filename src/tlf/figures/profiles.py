"""Concentrations over time on a logarithmic axis: one line a subject, or one line a group.

With `individual` every group has panels of its own, its subjects at actual times and a summary on top;
without it the summaries of all groups share each panel. A panel is a range of days with a linear scale of its
own, so no axis is broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.errors import SpecError
from clinical.frames import Frame, as_text
from clinical.read import Mapping, Text
from clinical.where import Condition, condition
from tlf.figures.kind import Kind
from tlf.figures.profile_panels import draw_profiles
from tlf.nodes import Filter, choice, known, numbers, place, required, with_part
from tlf.rows import Row
from tlf.statistics import Calculable, summarise
from tlf.words.summaries import calculable_of, measured, tell_repeated

if TYPE_CHECKING:
    from tlf.people import Group, Records
    from tlf.results import Results
    from tlf.spec import Display

DIGITS = 6
STATISTICS = {"median": "median", "geometric_mean": "gm"}


@dataclass(frozen=True)
class Line:
    """A variable of time, one of values, and the records they are read from beside the display's `where`."""

    time: str
    value: str
    filters: tuple[Filter, ...]


@dataclass(frozen=True)
class Profiles:
    """Axis titles, panels with their ticks, what is below the limit, and what is drawn."""

    x: str
    y: str
    panels: dict[str, tuple[float, ...]]
    limit: str
    below: Condition
    individual: Line | None
    summary: Line
    statistic: str
    when: Calculable


def _read(node: Mapping, owner: str) -> Profiles:
    panels = required(node, "panels", owner, Mapping)
    summary = required(node, "summary", owner, Mapping)
    at = f"{owner}.summary"
    known(summary, ("statistic", "time", "value", "where", "least", "most_below"), at)
    individual = node.get("individual")
    if individual is not None:
        known(individual, ("time", "value", "where"), f"{owner}.individual")
    return Profiles(
        x=str(required(node, "x", owner, Text)),
        y=str(required(node, "y", owner, Text)),
        panels={name: _ticks(panels, name, f"{owner}.panels") for name in panels},
        limit=str(required(node, "limit", owner, Text)),
        below=condition(required(node, "below", owner), f"{owner}.below"),
        individual=_line(individual, f"{owner}.individual") if individual is not None else None,
        summary=_line(summary, at),
        statistic=STATISTICS[choice(summary, "statistic", tuple(STATISTICS), at)],
        when=calculable_of(summary, at),
    )


def _ticks(node: Mapping, name: str, owner: str) -> tuple[float, ...]:
    days = numbers(node, name, owner)
    if len(days) < 2 or list(days) != sorted(set(days)):
        raise SpecError("tlf.kind", place(node, name, owner), key=name, kind="a list of days that rise")
    return days


def _line(node: Mapping, owner: str) -> Line:
    return Line(
        time=str(required(node, "time", owner, Text)),
        value=str(required(node, "value", owner, Text)),
        filters=(with_part(node["where"], ("",), owner),) if "where" in node else (),
    )


def _add(results: Results) -> None:
    """Every point of every subject, the summary of every group at every time, and the limits."""
    limit, *samples, summary = _rows(results.display)
    limits = _add_limits(results, limit)
    for group in results.people.groups:
        for row in samples:
            _add_samples(results, row, group)
        _add_summary(results, summary, group, limits[0] / 2 if len(limits) else np.nan)


def _rows(display: Display) -> tuple[Row, ...]:
    own = display.figure.own
    summary = {"by": own.summary.time, "below": own.below, "statistic": own.statistic, "when": own.when}
    summary["analyses"] = ("limit",)
    samples = {"time": own.individual.time, "below": own.below} if own.individual else {}
    return (
        _row(display, "limit", own.individual or own.summary, own.limit, {}),
        *([_row(display, "samples", own.individual, own.individual.value, samples)] if samples else []),
        _row(display, "summary", own.summary, own.summary.value, summary),
    )


def _row(display: Display, name: str, line: Line, variable: str, own: dict[str, object]) -> Row:
    """The row that stands for one analysis of the figure."""
    return Row(
        name=name, word=name, at=display.at, dataset=display.records, filters=line.filters,
        variables=(variable,), formats=display.formats, own=own,
    )  # fmt: skip


def _add_limits(results: Results, row: Row) -> np.ndarray:
    (name,) = row.variables
    values = results.people.variable(results.people.records(row, ""), name, row.at)
    limits = np.sort(values.dropna().unique())
    for index, limit in enumerate(limits):
        results.add(row, "", "", "limit", limit, digits=DIGITS, significant=True, level=str(index))
    return limits


def _times(results: Results, row: Row, records: Records, name: str) -> np.ndarray:
    return results.people.variable(records, name, row.at).to_numpy(dtype="float64")


def _add_samples(results: Results, row: Row, group: Group) -> None:
    """Time, value and whether it is below the limit, of every sample, by subject and time.

    Missing: a sample without time or value is not drawn.
    """
    own = results.display.figure.own
    records = results.people.records(row, "")
    values, below = measured(results, row, records, own.below)
    times = _times(results, row, records, own.individual.time)
    drawn = np.flatnonzero(group.member[records.person] & ~np.isnan(times) & ~np.isnan(values))
    order = drawn[np.lexsort((values[drawn], times[drawn], records.person[drawn]))]
    person = records.person[order]
    number = pd.Series(person).groupby(person, sort=False).cumcount().to_numpy() + 1
    for at, sample in zip(order.tolist(), number.tolist(), strict=True):
        subject, level = results.people.ids[records.person[at]], str(sample)
        for name, value in (("time", times[at]), ("value", values[at])):
            results.add(row, group.label, "", name, value, digits=DIGITS, level=level, parent=subject)
        results.add(row, group.label, "", "below", below[at], level=level, parent=subject)


def _add_summary(results: Results, row: Row, group: Group, half: float) -> None:
    """Samples, those below the limit, the statistic with its range, and where it is drawn, at every time.

    Missing: a median below the limit, and a mean that is not calculated for the share below it, are drawn at
             half the limit; a mean that is not calculated for too few values is not drawn.
    """
    own = results.display.figure.own
    records = results.people.records(row, "")
    values, below = measured(results, row, records, own.below)
    times = _times(results, row, records, own.summary.time)
    kept = group.member[records.person] & ~np.isnan(times) & ~np.isnan(values)
    results.add_subjects(row, group.label, "", np.unique(records.person[kept]))
    for time, level in _levels(times[kept]):
        here = kept & (times == time)
        tell_repeated(results, row, records.person[here])
        found = summarise(values[here], below[here], own.when)
        names = ("n", "below", "lower", "upper") if own.statistic == "gm" else ("n", "below")
        numbers = {name: found[name] for name in names} | {"time": time, "value": found[own.statistic]}
        numbers |= _drawn(own, found, half)
        for name, value in numbers.items():
            digits = 0 if name in ("n", "below", "at_half") else DIGITS
            results.add(row, group.label, "", name, value, digits=digits, missing="-", level=level)


def _levels(times: np.ndarray) -> list[tuple[float, str]]:
    distinct = pd.Series(np.unique(times))
    return list(zip(distinct.tolist(), as_text(distinct).tolist(), strict=True))


def _drawn(own: Profiles, found: dict[str, float], half: float) -> dict[str, float]:
    """The height of a point, and whether it stands at half the limit because too much is below it."""
    value = found[own.statistic]
    if own.statistic == "median":
        low = found["below"] > 0 and value < 2 * half
    else:
        low = 100 * found["below"] > own.when.most_below * found["n"]
    return {"height": half if low else value, "at_half": float(low)}


def _notes(display: Display, results: Frame) -> tuple[str, ...]:
    own = display.figure.own
    if own.statistic != "gm":
        return ()
    return (
        "Geometric means of the quantifiable values; bars: divided and multiplied by the geometric SD.",
        f"Times with more than {own.when.most_below:g}% BLQ are drawn open at LLOQ/2; otherwise times with "
        f"fewer than {own.when.least} quantifiable values are left out, and the line has a gap.",
    )


SAYS = {
    "limit": "distinct limits of all records, rising",
    "samples": "time and value of each sample of a subject and whether it is `below`, by time, then value",
    "summary": "median, or geometric mean of what is not `below` with the mean divided and multiplied by the "
    "geometric SD; none with fewer than `when.least` of these or more than `when.most_below` percent below. "
    "Height: half the least limit (at_half = 1) for more than that percent below, or for a median below the "
    "least limit where any is below; else the value",
}
PROFILES = Kind(
    "profiles", ("x", "y", "panels", "limit", "below", "individual", "summary"), _read, _rows, _add,
    draw_profiles, notes=_notes, says=SAYS,
)  # fmt: skip

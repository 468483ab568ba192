"""`quantiles`, `rates`, `range`: times to an event in days, shown in the unit of the display [E-KM]."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clinical.errors import SpecError
from clinical.read import Mapping
from tlf.formats import NOT_ESTIMABLE, Format
from tlf.nodes import numbers, parts_of_one
from tlf.rows import Asked, Place, Row
from tlf.survival import Curve, Estimate, at_risk, kaplan_meier, quantile, survival_at
from tlf.words.word import Word

if TYPE_CHECKING:
    from tlf.people import Group, Records
    from tlf.results import Results
    from tlf.shapes.lines import Cells, Line
    from tlf.spec import Display

EDGES = ("estimate", "lower", "upper")
QUANTILE_LABELS = {"0.25": "25th percentile", "0.5": "Median", "0.75": "75th percentile"}


@dataclass(frozen=True)
class Points:
    """Parts of 1, or times in the unit of the display."""

    points: tuple[float, ...] = ()


def _read_quantiles(node: Mapping, here: Place) -> Asked:
    return Asked(own=Points(parts_of_one(node, "quantiles", here.owner)))


def _read_rates(node: Mapping, here: Place) -> Asked:
    return Asked(own=Points(numbers(node, "rates", here.owner)))


def _read_range(node: Mapping, here: Place) -> Asked:
    return Asked(own=Points())


def observed(results: Results, row: Row) -> Iterator[tuple[str, Records, np.ndarray, np.ndarray]]:
    """For every part of the columns the records, their times, and whether each ended in an event.

    Raises: SpecError when a subject has two times.
    """
    settings = results.display.survival
    for part in results.display.columns.parts:
        records = results.people.records(row, part)
        if len(np.unique(records.person)) < len(records.person):
            raise SpecError("tlf.two-times", row.at)
        time = results.people.variable(records, settings.time, row.at).to_numpy(dtype="float64")
        yield part, records, time, results.people.mask(records, settings.event, row.at)


def curves(results: Results, row: Row) -> Iterator[tuple[Group, str, Curve, np.ndarray]]:
    """The product-limit curve of every column, with the subjects it is made of."""
    for part, records, time, event in observed(results, row):
        for group in results.people.groups:
            inside = group.member[records.person]
            yield group, part, kaplan_meier(time[inside], event[inside]), np.sort(records.person[inside])


def add_estimate(
    results: Results, row: Row, group: str, part: str, estimate: Estimate, form: str, level: str, scale: float
) -> None:
    """An estimate and its limits in one cell, with the decimals of the named format."""
    for name, value in zip(EDGES, (estimate.value, estimate.lower, estimate.upper), strict=True):
        digits = row.formats[form].decimals(name, 0)
        results.add(row, group, part, name, value * scale, digits=digits, missing=NOT_ESTIMABLE, level=level)


def _add_quantiles(results: Results, row: Row) -> None:
    """Kaplan-Meier quantiles with limits, in the unit of the display; NE where not reached."""
    settings = results.display.survival
    for group, part, curve, who in curves(results, row):
        for point in row.own.points:
            found = quantile(curve, point, settings.conf, settings.conf_type, settings.flat_tail)
            add_estimate(results, row, group.label, part, found, "quantile", f"{point:g}", 1 / settings.days)
        results.add_subjects(row, group.label, part, who)


def _add_rates(results: Results, row: Row) -> None:
    """Event-free rates in percent at times in the unit of the display, with limits and the number at risk."""
    settings = results.display.survival
    for group, part, curve, who in curves(results, row):
        for point in row.own.points:
            time = point * settings.days
            found = survival_at(curve, time, settings.conf, settings.conf_type, settings.beyond)
            results.add(row, group.label, part, "at_risk", at_risk(curve, [time])[0], level=f"{point:g}")
            add_estimate(results, row, group.label, part, found, "rate", f"{point:g}", 100)
        results.add_subjects(row, group.label, part, who)


def _add_range(results: Results, row: Row) -> None:
    """Shortest and longest observed time; + marks one at which nobody had the event.

    Ties:    the shortest time is an event's if one is at it; the longest is censored if a censoring is at it.
    """
    settings = results.display.survival
    form = row.formats["range"]
    for group, part, curve, who in curves(results, row):
        known = len(curve.time) > 0
        marks = {"min": known and not curve.events[0], "max": known and bool(curve.censored[-1])}
        for place, (name, censored) in enumerate(marks.items()):
            value = curve.time[-place] / settings.days if known else np.nan
            digits = form.decimals(name, 0)
            results.add(row, group.label, part, name, value, digits=digits, missing=NOT_ESTIMABLE)
            results.add_mark(row, group.label, part, f"{name}_sign", censored, "+")
        results.add_subjects(row, group.label, part, who)


def _estimate(form: Format) -> Callable[[dict[str, str]], str]:
    def text(found: dict[str, str]) -> str:
        if all(found[name] in (NOT_ESTIMABLE, "") for name in form.digits):
            return NOT_ESTIMABLE
        return form.fill(found)

    return text


def _quantile_lines(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    yield from _points(row, cells, _estimate(row.formats["quantile"]), _quantile_label)


def _quantile_label(point: str) -> str:
    return QUANTILE_LABELS.get(point, f"{float(point) * 100:g}th percentile")


def rate_lines(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    """A line for every time, in percent with its interval."""
    unit = display.survival.unit
    yield from _points(row, cells, _estimate(row.formats["rate"]), lambda point: f"{point} {unit}")


def _points(
    row: Row, cells: Cells, text: Callable[[dict[str, str]], str], label: Callable[[str], str]
) -> Iterator[Line]:
    if row.label:
        yield cells.heading(row, row.label, row.indent)
    levels = cells.levels(row.name)
    for place, (_, level) in enumerate(levels):
        indent = row.indent + bool(row.label)
        yield cells.line(row, label(level), indent, text, level=level, keep=place < len(levels) - 1)


def _range_lines(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    yield cells.line(row, row.label, row.indent, _estimate(row.formats["range"]))


QUANTILES = Word("quantiles", (), _read_quantiles, _add_quantiles, _quantile_lines, needs_survival=True)
RATES = Word("rates", (), _read_rates, _add_rates, rate_lines, needs_survival=True)
RANGE = Word("range", (), _read_range, _add_range, _range_lines, needs_survival=True)

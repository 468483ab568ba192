"""Rows and curves of times to an event: days are estimated, then shown in the unit of the display [E-KM]."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clinical.errors import SpecError
from tlf.formats import NOT_ESTIMABLE
from tlf.people import Group
from tlf.results import Results
from tlf.rows import Row
from tlf.spec import Display
from tlf.survival import Curve, Estimate, at_risk, kaplan_meier, limits, quantile, survival_at

EDGES = ("estimate", "lower", "upper")


def curves(results: Results, row: Row) -> Iterator[tuple[Group, str, Curve, np.ndarray]]:
    """The product-limit curve of every column, with the subjects it is made of.

    Raises: SpecError when a subject has two times.
    """
    settings = results.display.survival
    for part in results.display.columns.parts:
        records = results.people.records(row, part)
        if len(np.unique(records.person)) < len(records.person):
            raise SpecError("tlf.two-times", row.at)
        time = results.people.variable(records, settings.time, row.at).to_numpy(dtype="float64")
        event = results.people.mask(records, settings.event, row.at)
        for group in results.people.groups:
            inside = group.member[records.person]
            yield group, part, kaplan_meier(time[inside], event[inside]), np.sort(records.person[inside])


def _add_estimate(
    results: Results, row: Row, group: str, part: str, estimate: Estimate, form: str, level: str, scale: float
) -> None:
    for name, value in zip(EDGES, (estimate.value, estimate.lower, estimate.upper), strict=True):
        digits = results.display.formats[form].decimals(name, 0)
        results.add(row, group, part, name, value * scale, digits=digits, missing=NOT_ESTIMABLE, level=level)


def add_quantiles(results: Results, row: Row) -> None:
    """Kaplan-Meier quantiles with limits, in the unit of the display; NE where not reached."""
    settings = results.display.survival
    for group, part, curve, who in curves(results, row):
        for point in row.points:
            found = quantile(curve, point, settings.conf, settings.conf_type, settings.flat_tail)
            _add_estimate(results, row, group.label, part, found, "quantile", f"{point:g}", 1 / settings.days)
        results.add_subjects(row, group.label, part, who)


def add_rates(results: Results, row: Row) -> None:
    """Event-free rates in percent at times in the unit of the display, with limits and the number at risk."""
    settings = results.display.survival
    for group, part, curve, who in curves(results, row):
        for point in row.points:
            time = point * settings.days
            found = survival_at(curve, time, settings.conf, settings.conf_type, settings.beyond)
            results.add(row, group.label, part, "at_risk", at_risk(curve, [time])[0], level=f"{point:g}")
            _add_estimate(results, row, group.label, part, found, "rate", f"{point:g}", 100)
        results.add_subjects(row, group.label, part, who)


def add_range(results: Results, row: Row) -> None:
    """Shortest and longest observed time; + marks one at which nobody had the event.

    Ties:    the shortest time is an event's if one is at it; the longest is censored if a censoring is at it.
    """
    settings = results.display.survival
    form = results.display.formats["range"]
    for group, part, curve, who in curves(results, row):
        known = len(curve.time) > 0
        marks = {"min": known and not curve.events[0], "max": known and bool(curve.censored[-1])}
        for place, (name, censored) in enumerate(marks.items()):
            value = curve.time[-place] / settings.days if known else np.nan
            digits = form.decimals(name, 0)
            results.add(row, group.label, part, name, value, digits=digits, missing=NOT_ESTIMABLE)
            results.add_mark(row, group.label, part, f"{name}_sign", censored, "+")
        results.add_subjects(row, group.label, part, who)


def add_curves(results: Results) -> None:
    """All that a Kaplan-Meier figure shows: steps, band, censored times, numbers at risk, events, median."""
    display = results.display
    settings, axes = display.survival, display.figure
    ticks = np.arange(0, axes.to + axes.step / 2, axes.step)
    curve_row, risk_row, median_row = (figure_row(display, name) for name in ("curve", "at_risk", "median"))
    for group, part, curve, who in curves(results, curve_row):
        if axes.curves and group.label not in axes.curves:
            continue
        lower, upper = limits(curve, settings.conf, settings.conf_type)
        steps = {
            "time": curve.time / settings.days, "survival": curve.survival, "lower": lower, "upper": upper,
            "events": curve.events, "censored": curve.censored,
        }  # fmt: skip
        for index in range(len(curve.time)):
            for name, values in steps.items():
                results.add(curve_row, group.label, part, name, values[index], digits=6, level=str(index))
        for tick in ticks:
            number = at_risk(curve, [tick * settings.days])[0]
            results.add(risk_row, group.label, part, "at_risk", number, level=f"{tick:g}")
        results.add(median_row, group.label, part, "n", len(who))
        results.add(median_row, group.label, part, "events", curve.events.sum())
        found = quantile(curve, 0.5, settings.conf, settings.conf_type, settings.flat_tail)
        _add_estimate(results, median_row, group.label, part, found, "quantile", "0.5", 1 / settings.days)
        results.add_subjects(median_row, group.label, part, who)


def figure_row(display: Display, name: str) -> Row:
    """The row that stands for one analysis of a figure."""
    variables = (display.survival.time,)
    return Row(name=name, word="figure", at=display.at, dataset=display.records, variables=variables)

"""Kaplan-Meier curves of times to an event, with a band for the total, censored times and numbers at risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clinical.frames import Frame
from clinical.read import Mapping, Text
from tlf.figures.kind import Kind
from tlf.figures.style import COLOURS, INCHES, STYLES, TOTAL_COLOUR
from tlf.formats import NO_DATA, NOT_ESTIMABLE
from tlf.nodes import number, numbers, required, texts
from tlf.rows import Row
from tlf.survival import at_risk, limits, quantile
from tlf.words.times import add_estimate, curves

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.shapes.grid import Grid
    from tlf.spec import Display

RISK_LINE, LETTER, HEADROOM, WIDE_LEGEND = 0.19, 0.088, 1.04, 58


@dataclass(frozen=True)
class Axes:
    """The axes, and the columns drawn as curves (none named: all)."""

    x: str
    y: str
    to: float
    step: float
    curves: tuple[str, ...]


def _read(node: Mapping, owner: str) -> Axes:
    return Axes(
        x=str(required(node, "x", owner, Text)),
        y=str(required(node, "y", owner, Text)),
        to=numbers(node, "to", owner)[0],
        step=number(node, "step", owner, 1.0),
        curves=texts(node, "curves", owner),
    )


def _add(results: Results) -> None:
    """All that a Kaplan-Meier figure shows: steps, band, censored times, numbers at risk, events, median."""
    display = results.display
    settings, axes = display.survival, display.figure.own
    ticks = np.arange(0, axes.to + axes.step / 2, axes.step)
    curve_row, risk_row, median_row = _rows(display)
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
        add_estimate(results, median_row, group.label, part, found, "quantile", "0.5", 1 / settings.days)
        results.add_subjects(median_row, group.label, part, who)


def _rows(display: Display) -> tuple[Row, ...]:
    return tuple(
        Row(
            name=name, word=name, at=display.at, dataset=display.records, variables=(display.survival.time,),
            formats=display.formats, own={},
        )
        for name in ("curve", "at_risk", "median")
    )  # fmt: skip


@dataclass(frozen=True)
class CurveOf:
    """One curve as the results frame holds it; times in the unit of the figure."""

    label: str
    total: bool
    steps: dict[str, np.ndarray]
    at_risk: dict[str, str]
    legend: str


def curves_of(results: Frame, axes: Axes, total: str, unit: str) -> list[CurveOf]:
    """The curves of a figure, as the spec names them, else all; a group without subjects has none."""
    found = []
    for label in axes.curves or results["group"].unique():
        own = results[results["group"] == label]
        steps = {
            name: part["value"].to_numpy()
            for name, part in own[own["analysis"] == "curve"].groupby("statistic", sort=False)
        }
        if not steps:
            continue
        risk = own[own["analysis"] == "at_risk"]
        summary = own[own["analysis"] == "median"].set_index("statistic")["text"]
        median = "NE"
        if not (summary[["estimate", "lower", "upper"]] == NOT_ESTIMABLE).all():
            median = f"{summary['estimate']} ({summary['lower']}, {summary['upper']})"
        legend = f"{label}: {summary['events']}/{summary['n']} events, median {median} {unit}"
        found.append(
            CurveOf(label, label == total, steps, dict(zip(risk["level"], risk["text"], strict=True)), legend)
        )
    return found


def _draw(canvas: object, grid: Grid, results: Frame) -> None:
    display = grid.display
    drawn = curves_of(results, display.figure.own, display.columns.total, display.survival.unit)
    if drawn:
        places = {label: at for at, label in enumerate(grid.labels())}
        _plot(canvas, drawn, display.figure.own, places)
    else:
        canvas.text(0.5, 0.5, NO_DATA, ha="center", va="center", fontsize=12)


def _plot(canvas: object, curves: list[CurveOf], spec: Axes, places: dict[str, int]) -> None:
    """Curves above their numbers at risk; a group keeps its look in every figure, whoever else is drawn."""
    labels = max(len(curve.label) for curve in curves)
    columns = 2 if max(len(curve.legend) for curve in curves) < WIDE_LEGEND else 1
    entries = -(-(len(curves) + 1) // columns)
    left = max(0.9, 0.25 + LETTER * labels) / INCHES[0]
    below = (0.75 + RISK_LINE * (len(curves) + 1)) / INCHES[1]
    above = (0.35 + RISK_LINE * entries) / INCHES[1]
    axes = canvas.add_axes((left, below, 0.98 - left, 1 - above - below))
    for place, curve in enumerate(curves):
        at = places[curve.label]
        colour = TOTAL_COLOUR if curve.total else COLOURS[at % len(COLOURS)]
        style = "-" if curve.total else STYLES[at % len(STYLES)]
        _draw_curve(axes, curve, colour, style, spec)
        _draw_risk(canvas, axes, curve, colour, place, spec)
    axes.axhline(0.5, color="#888888", linewidth=0.7, linestyle=":")
    ticks = np.arange(0, spec.to + spec.step / 2, spec.step)
    axes.set(xlim=(0, spec.to + spec.step / 2), ylim=(0, HEADROOM), xlabel=spec.x, ylabel=spec.y)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks(np.arange(0, 1.01, 0.2))
    axes.plot([], [], color="#444444", marker="+", linestyle="none", markersize=7, label="censored")
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, fontsize=8.5,
        borderaxespad=0.2, handlelength=2.6, labelspacing=0.25,
    )  # fmt: skip


def _draw_curve(axes: object, curve: CurveOf, colour: str, style: object, spec: Axes) -> None:
    time = np.concatenate([[0.0], curve.steps["time"]])
    level = np.concatenate([[1.0], curve.steps["survival"]])
    if curve.total:
        lower, upper = (np.concatenate([[np.nan], curve.steps[name]]) for name in ("lower", "upper"))
        axes.fill_between(time, lower, upper, step="post", color=colour, alpha=0.10, linewidth=0)
    width, order = (2.4, 2) if curve.total else (1.4, 3)
    axes.step(
        time,
        level,
        where="post",
        color=colour,
        linestyle=style,
        linewidth=width,
        zorder=order,
        label=curve.legend,
    )
    censored = (curve.steps["censored"] > 0) & (curve.steps["time"] <= spec.to + spec.step / 2)
    axes.plot(
        curve.steps["time"][censored], curve.steps["survival"][censored],
        color=colour, marker="+", linestyle="none", markersize=8, markeredgewidth=1.3, zorder=4,
        clip_on=False,
    )  # fmt: skip


def _draw_risk(canvas: object, axes: object, curve: CurveOf, colour: str, place: int, spec: Axes) -> None:
    """Numbers at risk below the axis, each under its tick, in the colour of the curve."""
    box = axes.get_position()
    start = box.y0 - 0.55 / INCHES[1]
    if place == 0:
        canvas.text(0.1 / INCHES[0], start, "Number at risk", fontsize=8.5, fontweight="bold", va="top")
    height = start - RISK_LINE * (place + 1) / INCHES[1]
    canvas.text(0.1 / INCHES[0], height, curve.label, fontsize=8.5, color=colour, va="top")
    for tick, shown in curve.at_risk.items():
        across = box.x0 + box.width * float(tick) / (spec.to + spec.step / 2)
        canvas.text(across, height, shown, fontsize=8.5, color=colour, va="top", ha="center")


SAYS = {
    "curve": "time, survival with its limits, events and censored at each observed time, from 0 on",
    "at_risk": "observed times of at least so many units",
    "median": "subjects, events, and the part of the survival function with its limits",
}
KAPLAN_MEIER = Kind(
    "kaplan_meier",
    ("x", "y", "to", "step", "curves"),
    _read,
    _rows,
    _add,
    _draw,
    needs_survival=True,
    says=SAYS,
)

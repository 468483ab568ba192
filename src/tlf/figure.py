"""Kaplan-Meier figures, drawn from the results frame: PNG, SVG and PDF that are the same bytes every time.

The font is the one inside matplotlib's wheel, no file has a date, and a user's own settings are not read.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from clinical.frames import Frame
from tlf.formats import NOT_ESTIMABLE
from tlf.shapes.grid import NO_DATA, Grid
from tlf.spec import Figure

INCHES = (9.2, 5.2)
DOTS_PER_INCH = 300
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
STYLES = ("-", (0, (6, 2)), (0, (1, 1.4)), (0, (6, 2, 1, 2)), (0, (3, 1.5)), (0, (8, 2, 2, 2)))
KINDS = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}  # without a date
TOTAL_COLOUR = "#555555"
RISK_LINE, LETTER, HEADROOM, WIDE_LEGEND = 0.19, 0.088, 1.04, 58
SETTINGS = {
    "font.family": "DejaVu Sans", "font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "cdiscflow",
    "pdf.fonttype": 42, "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
}  # fmt: skip


@dataclass(frozen=True)
class CurveOf:
    """One curve as the results frame holds it; times in the unit of the figure."""

    label: str
    total: bool
    steps: dict[str, np.ndarray]
    at_risk: dict[str, str]
    legend: str


def curves_of(results: Frame, figure: Figure, total: str, unit: str) -> list[CurveOf]:
    """The curves of a figure, as the spec names them, else all; a group without subjects has none."""
    found = []
    for label in figure.curves or results["group"].unique():
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


def draw(grid: Grid, results: Frame) -> dict[str, bytes]:
    """The figure of a display as png, svg and pdf."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    axes_spec = grid.display.figure
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        canvas = Canvas(figsize=INCHES)
        FigureCanvasAgg(canvas)
        curves = (
            curves_of(results, axes_spec, grid.display.columns.total, grid.display.survival.unit)
            if len(results)
            else []
        )
        if curves:
            _plot(canvas, curves, axes_spec, grid)
        else:
            canvas.text(0.5, 0.5, NO_DATA, ha="center", va="center", fontsize=12)
        return {kind: _saved(canvas, kind, metadata) for kind, metadata in KINDS.items()}


def _saved(canvas: object, kind: str, metadata: dict[str, None]) -> bytes:
    out = io.BytesIO()
    canvas.savefig(out, format=kind, dpi=DOTS_PER_INCH, metadata=metadata)
    return out.getvalue()


def _plot(canvas: object, curves: list[CurveOf], spec: Figure, grid: Grid) -> None:
    labels = max(len(curve.label) for curve in curves)
    columns = 2 if max(len(curve.legend) for curve in curves) < WIDE_LEGEND else 1
    entries = -(-(len(curves) + 1) // columns)
    left = max(0.9, 0.25 + LETTER * labels) / INCHES[0]
    below = (0.75 + RISK_LINE * (len(curves) + 1)) / INCHES[1]
    above = (0.35 + RISK_LINE * entries) / INCHES[1]
    axes = canvas.add_axes((left, below, 0.98 - left, 1 - above - below))
    for place, curve in enumerate(curves):
        colour = TOTAL_COLOUR if curve.total else COLOURS[place % len(COLOURS)]
        style = "-" if curve.total else STYLES[place % len(STYLES)]
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


def _draw_curve(axes: object, curve: CurveOf, colour: str, style: object, spec: Figure) -> None:
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
    censored = curve.steps["censored"] > 0
    axes.plot(
        curve.steps["time"][censored], curve.steps["survival"][censored],
        color=colour, marker="+", linestyle="none", markersize=8, markeredgewidth=1.3, zorder=4,
    )  # fmt: skip


def _draw_risk(canvas: object, axes: object, curve: CurveOf, colour: str, place: int, spec: Figure) -> None:
    """Numbers at risk below the axis, each under its tick, in the colour of the curve."""
    box = axes.get_position()
    start = box.y0 - 0.55 / INCHES[1]
    if place == 0:
        canvas.text(0.1 / INCHES[0], start, "Number at risk", fontsize=8.5, fontweight="bold", va="top")
    height = start - RISK_LINE * (place + 1) / INCHES[1]
    canvas.text(0.1 / INCHES[0], height, curve.label, fontsize=8.5, color=colour, va="top")
    for tick, number in curve.at_risk.items():
        across = box.x0 + box.width * float(tick) / (spec.to + spec.step / 2)
        canvas.text(across, height, number, fontsize=8.5, color=colour, va="top", ha="center")

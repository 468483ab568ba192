"""The panels of concentrations over time, drawn from results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clinical.frames import Frame
from tlf.figures.style import COLOURS, INCHES, STYLES
from tlf.formats import NO_DATA

if TYPE_CHECKING:
    from tlf.shapes.grid import Grid

MARKERS = ("o", "s", "^", "D", "v", "P")
SUBJECT_COLOUR, BELOW_COLOUR, LIMIT_COLOUR, LINE_COLOUR = "#8a8a8a", "#777777", "#444444", "#000000"
OPEN = {
    "linestyle": "none", "marker": "o", "markerfacecolor": "white", "markeredgecolor": BELOW_COLOUR,
    "markeredgewidth": 0.8,
}  # fmt: skip
NAMES = {"median": "Median", "gm": "Geometric mean"}
APART, MARGIN, LEAST_RANGE = 1.6, 0.02, 10
FEW = 30


def draw_profiles(canvas: object, grid: Grid, results: Frame) -> None:
    """Panels of one group each with its subjects, or panels that all groups share."""
    own = grid.display.figure.own
    headers = {column.group: f"{column.group} (N={column.size})" for column in grid.columns}
    groups = [name for name in headers if (results["group"] == name).any()]
    if not groups:
        canvas.text(0.5, 0.5, NO_DATA, ha="center", va="center", fontsize=12)
        return
    limits = results.loc[results["analysis"] == "limit", "value"].to_numpy()
    if own.individual:
        panels = _grid_of_panels(canvas, len(groups), own)
        for place, group in enumerate(groups):
            for axes, _ in panels[place]:
                _draw_subjects(axes, results, group)
                _draw_line(axes, results, group, Look(LINE_COLOUR, "-", "o"))
            panels[place][0][0].set_title(headers[group], fontsize=9, fontweight="bold")
    else:
        panels = _grid_of_panels(canvas, 1, own)
        for place, group in enumerate(groups):
            shift = APART * (place - (len(groups) - 1) / 2)
            at = grid.labels().index(group)
            signs = [signs[at % len(signs)] for signs in (COLOURS, STYLES, MARKERS)]
            for axes, _ in panels[0]:
                _draw_line(axes, results, group, Look(*signs, shift, headers[group]))
    for axes, name in (panel for column in panels for panel in column):
        _finish(axes, results, limits, own.panels[name], name)
    _legend(canvas, panels[0][0][0], own)


def _grid_of_panels(canvas: object, groups: int, own: object) -> list[list[tuple[object, str]]]:
    """For each group its panels with their names: below each other, side by side where there is one group."""
    names = list(own.panels)
    across, down = (len(names), 1) if groups == 1 else (groups, len(names))
    left, right, below, above = 0.85, 0.12, 0.55, 0.72 if own.individual else 0.45
    spec = canvas.add_gridspec(
        down, across, left=left / INCHES[0], right=1 - right / INCHES[0], bottom=below / INCHES[1],
        top=1 - above / INCHES[1], wspace=0.06, hspace=0.22,
    )  # fmt: skip
    first = None
    panels = []
    for group in range(groups):
        column = []
        for place, name in enumerate(names):
            row, at = (0, place) if groups == 1 else (place, group)
            axes = canvas.add_subplot(spec[row, at], sharey=first)
            axes.tick_params(labelleft=at == 0, labelsize=7.5)
            first = first or axes
            column.append((axes, name))
        panels.append(column)
    canvas.text(0.5 + left / 2 / INCHES[0], 0.1 / INCHES[1], own.x, ha="center", va="bottom", fontsize=9)
    middle = (below + INCHES[1] - above) / 2 / INCHES[1]
    canvas.text(0.1 / INCHES[0], middle, own.y, ha="left", va="center", rotation=90, fontsize=9)
    return panels


def _wide(results: Frame, analysis: str, group: str) -> Frame:
    """One row a point with what the results say of it, in the order of subjects and times."""
    own = results[(results["analysis"] == analysis) & (results["group"] == group)]
    points = own.pivot(index=["parent", "level"], columns="statistic", values="value").reset_index()
    return points.sort_values(["parent", "time"], kind="stable") if len(points) else points


def _draw_subjects(axes: object, results: Frame, group: str) -> None:
    from matplotlib.collections import LineCollection

    points = _wide(results, "samples", group)
    if not len(points):
        return
    lines = [own[["time", "value"]].to_numpy() for _, own in points.groupby("parent", sort=False)]
    alpha, size = (0.7, 1.8) if len(lines) <= FEW else (0.35, 1.0)
    axes.add_collection(LineCollection(lines, colors=SUBJECT_COLOUR, linewidths=0.6, alpha=alpha, zorder=2))
    below = points["below"] > 0
    axes.plot(
        points["time"][~below], points["value"][~below], linestyle="none", marker="o", markersize=size,
        color=SUBJECT_COLOUR, zorder=2,
    )  # fmt: skip
    axes.plot(points["time"][below], points["value"][below], markersize=3.2, zorder=4, **OPEN)


@dataclass(frozen=True)
class Look:
    """How the line of a group looks, and how many points it stands beside its times."""

    colour: str
    style: object
    marker: str
    shift: float = 0.0
    label: str = ""


def _draw_line(axes: object, results: Frame, group: str, look: Look) -> None:
    """One line through the summaries of a group; open points stand at half the limit.

    The line has a gap where a mean is not calculated; a median is always there.
    """
    from matplotlib.transforms import ScaledTranslation

    points = _wide(results, "summary", group)
    if not len(points):
        return
    beside = axes.transData + ScaledTranslation(look.shift / 72, 0, axes.figure.dpi_scale_trans)
    line = {"color": look.colour, "linestyle": look.style, "linewidth": 1.6}
    known, low = points["value"].notna(), points["at_half"] > 0
    axes.plot(points["time"], points["height"].where(known), zorder=3, transform=beside, **line)
    shown, open_ones = points[~low & known], points[low]
    if "lower" in points and len(shown):
        axes.vlines(
            shown["time"], shown["lower"], shown["upper"], color=look.colour, linewidth=0.8, alpha=0.8,
            zorder=2, transform=beside,
        )  # fmt: skip
    sign = {"linestyle": "none", "marker": look.marker, "zorder": 5, "transform": beside}
    axes.plot(
        shown["time"], shown["height"], color=look.colour, markersize=4.6, markeredgecolor="white",
        markeredgewidth=0.5, **sign,
    )  # fmt: skip
    axes.plot(
        open_ones["time"], open_ones["height"], markersize=5, markeredgecolor=look.colour,
        markerfacecolor="none" if look.label else "white", **sign,
    )  # fmt: skip
    if look.label:
        axes.plot([], [], marker=look.marker, markersize=4.6, label=look.label, **line)


def _finish(axes: object, results: Frame, limits: np.ndarray, ticks: tuple[float, ...], name: str) -> None:
    """Scales, ticks, the limit with its label inside the axes, and the name of the panel."""
    heights = results.loc[results["statistic"].isin(("value", "height", "lower", "upper")), "value"]
    shown = np.concatenate([heights[heights > 0], limits / 2, limits * LEAST_RANGE])
    axes.set_yscale("log")
    if len(shown):
        axes.set_ylim(shown.min() / 1.6, shown.max() * 2.5)
    span = ticks[-1] - ticks[0]
    axes.set_xlim(ticks[0] - MARGIN * span, ticks[-1] + 2 * MARGIN * span)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    for limit in limits:
        axes.axhline(limit, color=LIMIT_COLOUR, linewidth=0.8, linestyle=(0, (5, 3)), zorder=1)
        axes.annotate(
            f"LLOQ {limit:g}", (1, limit), xycoords=("axes fraction", "data"), xytext=(-2, 2),
            textcoords="offset points", ha="right", va="bottom", fontsize=7, color=LIMIT_COLOUR, zorder=6,
        )  # fmt: skip
    axes.text(0.99, 0.97, name, transform=axes.transAxes, ha="right", va="top", fontsize=8)


def _legend(canvas: object, axes: object, own: object) -> None:
    """Above the panels, what is drawn: each sign once."""
    from matplotlib.lines import Line2D

    if own.individual:
        signs = {
            "Subject (actual day)": {
                "color": SUBJECT_COLOUR, "linewidth": 0.8, "marker": "o", "markersize": 2.5,
            },
            f"{NAMES[own.statistic]} (nominal day)": {
                "color": LINE_COLOUR, "linewidth": 1.6, "marker": "o", "markersize": 4.6,
            },
            "BLQ, drawn at LLOQ/2": {"markersize": 4, **OPEN},
        }  # fmt: skip
        handles = [Line2D([], [], label=label, **look) for label, look in signs.items()]
    else:
        handles = [line for line in axes.get_lines() if not line.get_label().startswith("_")]
        label = f"More than {own.when.most_below:g}% BLQ, drawn at LLOQ/2"
        handles.append(Line2D([], [], label=label, markersize=4, **OPEN))
    canvas.legend(handles=handles, loc="upper center", ncols=len(handles), fontsize=8.5, handlelength=2.6)

"""Heat strip: one line a subject, one cell a day coloured by grade, side by side for each grading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clinical.frames import Frame
from clinical.read import Mapping, Text
from tlf.figures.dated import (
    FALLING,
    Dated,
    add_people,
    all_dated,
    datasets_of,
    date_of,
    days_of,
    records_of,
    row_of,
    rows_of_people,
)
from tlf.figures.kind import Kind
from tlf.figures.pages import Found, add_boxes, add_names, lines_of, pages_of
from tlf.figures.style import DOTS, GRADES, INCHES
from tlf.nodes import numbers, required

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.rows import Row
    from tlf.shapes.grid import Grid
    from tlf.spec import Display

MOST, PITCH, STUB, GAP, FIRST_DARK = 42, (0.1, 0.24), 1.1, 0.25, 3
KEYS = ("x", "start", "to", "panels", "marks")


@dataclass(frozen=True)
class Strip:
    """What is drawn: the panels' grades on days 0 (that of `start`) to `to`, and marks of single days."""

    x: str
    start: str
    to: int
    panels: tuple[Dated, ...]
    marks: tuple[Dated, ...]


def _read(node: Mapping, owner: str) -> Strip:
    required(node, "panels", owner, Mapping)
    return Strip(
        x=str(required(node, "x", owner, Text)),
        start=str(required(node, "start", owner, Text)),
        to=int(numbers(node, "to", owner)[0]),
        panels=all_dated(node, "panels", owner, "from", "date", "value"),
        marks=all_dated(node, "marks", owner, "from", "date"),
    )


def _datasets(own: Strip) -> tuple[str, ...]:
    return datasets_of(*own.panels, *own.marks)


def _rows(display: Display) -> tuple[Row, ...]:
    own = display.figure.own
    axis = {"start": date_of(display, own.start), "to": own.to}
    panels = (
        row_of(display, "grade", one, name=one.name, variable=one.value, date=one.date, **axis)
        for one in own.panels
    )
    marks = (row_of(display, "mark", one, name=one.name, variable=one.date, **axis) for one in own.marks)
    return (*rows_of_people(display, *(one.name for one in own.panels)), *panels, *marks)


def grades_of(results: Results, own: Strip, panel: Dated) -> np.ndarray:
    """Grade of every subject (row) on every protocol day (column); NaN where none was given.

    Ties: the worst of several on one day.
    """
    records = records_of(results, panel)
    day = _protocol_days(results, own, panel)
    grade = results.people.variable(records, panel.value, panel.at).to_numpy(dtype="float64")
    found = np.full((len(results.people), own.to + 1), np.nan)
    kept = (day >= 0) & (day <= own.to)
    np.fmax.at(found, (records.person[kept], day[kept].astype("int64")), grade[kept])
    return found


def _protocol_days(results: Results, own: Strip, one: Dated) -> np.ndarray:
    """0 on the day of `start`: the study day less one, which has no day 0; -1 stays [A-DAY]."""
    study = np.asarray(days_of(results, one, records_of(results, one), own.start), dtype="float64")
    return study - (study > 0)


def _add(results: Results) -> None:
    """Grades and marks of everybody; first who had the highest grade of the first panel, then of the next."""
    own, people = results.display.figure.own, results.people
    size, place, *rows = _rows(results.display)
    grades = [grades_of(results, own, panel) for panel in own.panels]
    worst = [np.nan_to_num(one, nan=-1).max(axis=1) for one in grades]
    drawn = add_people(results, (size, place), np.lexsort([-one for one in reversed(worst)]))
    for row, of_panel in zip(rows, grades, strict=False):
        for group, person in drawn:
            for day in np.flatnonzero(~np.isnan(of_panel[person])):
                results.add(
                    row, group, "", "grade", of_panel[person, day], level=str(day), parent=people.ids[person]
                )
    for row, mark in zip(rows[len(own.panels) :], own.marks, strict=True):
        person, days = records_of(results, mark).person, _protocol_days(results, own, mark)
        seen: dict[int, set[int]] = {}
        for one, day in zip(person.tolist(), days.tolist(), strict=True):
            if 0 <= day <= own.to:
                seen.setdefault(one, set()).add(int(day))
        for group, one in drawn:
            for day in sorted(seen.get(one, ())):
                results.add(row, group, "", "day", day, level=str(day), parent=people.ids[one])


def _draw(canvas: object, grid: Grid, results: Frame) -> None:
    own, found = grid.display.figure.own, Found(results)
    lines, heads, count = lines_of(found)
    high = float(np.clip(4.25 / count, *PITCH)) * count
    height = high + 0.95
    canvas.set_size_inches(INCHES[0], height)
    wide = (INCHES[0] - STUB - 0.1 - GAP * (len(own.panels) - 1)) / len(own.panels)
    size = float(np.clip(72 * high / count * 0.72, 4.5, 8))
    for at, panel in enumerate(own.panels):
        left = STUB + at * (wide + GAP)
        axes = canvas.add_axes((left / INCHES[0], 0.5 / height, wide / INCHES[0], high / height))
        _draw_grades(axes, own, panel, found, lines, size)
        _draw_dots(axes, own, found, lines, size)
        axes.set(xlim=(-0.5, own.to + 0.5), ylim=(count - 0.4, -0.6), xlabel=own.x)
        axes.set_title(panel.label, fontsize=9, fontweight="bold", loc="left", pad=3)
        axes.set_xticks(range(0, own.to + 1, 7))
        axes.tick_params(length=0)
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.set_yticks([])
        if at == 0:
            add_names(axes, -0.5, lines, heads, found, size)
    canvas.legend(
        handles=_legend(own), loc="upper left", bbox_to_anchor=(0.05 / INCHES[0], 1 - 0.02 / height),
        ncols=10, fontsize=8, handlelength=1.0, handleheight=1.0, columnspacing=1.2, borderaxespad=0,
    )  # fmt: skip


def _draw_grades(
    axes: object, own: Strip, panel: Dated, found: Found, lines: np.ndarray, size: float
) -> None:
    """A cell for every grade; digits of grades above 0 in the cell."""
    rows = found.rows(panel.name, "grade")
    across = np.array([float(level) for _, level, _, _ in rows])
    down = np.array([lines[found.places[subject]] for subject, *_ in rows])
    grade = np.array([value for *_, value, _ in rows])
    for value, colour in enumerate(GRADES):
        own_cells = grade == value
        left = across[own_cells] - 0.5
        style = {"facecolor": colour, "edgecolor": "white", "linewidth": 0.4}
        add_boxes(axes, left, left + 1, down[own_cells], 0.9, **style)
        if value and own_cells.any():
            axes.plot(
                across[own_cells], down[own_cells], linestyle="none", marker=f"${value}$",
                markersize=size * 0.62, markeredgewidth=0,
                color="white" if value >= FIRST_DARK else "black",
            )  # fmt: skip


def _draw_dots(axes: object, own: Strip, found: Found, lines: np.ndarray, size: float) -> None:
    """Marks in the corners of their day, so that the digit stays free."""
    for (shape, colour, right, up), mark in zip(DOTS, own.marks, strict=False):
        rows = found.rows(mark.name, "day")
        axes.plot(
            [value + right for _, _, value, _ in rows], [lines[found.places[one]] + up for one, *_ in rows],
            linestyle="none", marker=shape, color=colour, markersize=size * 0.45, markeredgecolor="white",
            markeredgewidth=0.4, zorder=5, clip_on=False,
        )  # fmt: skip


def _legend(own: Strip) -> list[object]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    cells = [
        Patch(facecolor=colour, edgecolor="#999999", linewidth=0.4, label=f"Grade {value}")
        for value, colour in enumerate(GRADES)
    ]
    white = Patch(facecolor="white", edgecolor="#999999", linewidth=0.4, label="No grade")
    dots = [
        Line2D([], [], linestyle="none", marker=shape, color=colour, markersize=5, label=mark.label)
        for (shape, colour, *_), mark in zip(DOTS, own.marks, strict=False)
    ]
    return [*cells, white, *dots]


def _pages(grid: Grid, results: Frame) -> list[Frame]:
    return pages_of(results, MOST)


SAYS = {
    "order": FALLING,
    "grade": "highest grade of each day from the day of start (0) to `to`",
    "mark": "days of the records, from the day of start (0) to `to`",
}
HEAT_STRIP = Kind(
    "heat_strip", KEYS, _read, _rows, _add, _draw, _datasets, pages=_pages, says=SAYS, singly=True
)

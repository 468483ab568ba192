"""Swimmer plot: one bar a subject as long as the follow-up, the states in it, and marks of what happened."""

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
    dated,
    days_of,
    first_days,
    records_of,
    row_of,
    rows_of_people,
    who,
)
from tlf.figures.kind import Kind
from tlf.figures.pages import Found, add_boxes, add_names, lines_of, pages_of
from tlf.figures.style import ARROW, BAR, INCHES, MARKS, STATES
from tlf.nodes import number, numbers, required, texts

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.rows import Row
    from tlf.shapes.grid import Grid
    from tlf.spec import Display

MOST, PITCH, THICK, THIN, LEGEND_COLUMNS = 42, (0.1, 0.24), 0.78, 0.36, 4
CARET_BEYOND, NEAR, OFF = 9, 0.022, 0.2
KEYS = ("x", "length", "start", "days", "step", "states", "levels", "marks", "ongoing")


@dataclass(frozen=True)
class Swim:
    """What is drawn: `length` in days of the population, the state records and their levels, marks, arrow."""

    x: str
    length: str
    start: str
    days: float
    step: float
    states: Dated
    levels: tuple[str, ...]
    marks: tuple[Dated, ...]
    ongoing: Dated


def _read(node: Mapping, owner: str) -> Swim:
    return Swim(
        x=str(required(node, "x", owner, Text)),
        length=str(required(node, "length", owner, Text)),
        start=str(required(node, "start", owner, Text)),
        days=numbers(node, "days", owner)[0],
        step=number(node, "step", owner, 1.0),
        states=dated("states", required(node, "states", owner, Mapping), owner, "date", "value"),
        levels=texts(node, "levels", owner),
        marks=all_dated(node, "marks", owner, "date"),
        ongoing=dated("ongoing", required(node, "ongoing", owner, Mapping), owner, "label"),
    )


def _datasets(own: Swim) -> tuple[str, ...]:
    return datasets_of(own.states, *own.marks, own.ongoing)


def _rows(display: Display) -> tuple[Row, ...]:
    own = display.figure.own
    start, ends = date_of(display, own.start), ("length", "state", *(one.name for one in own.marks))
    state = {"date": own.states.date, "start": start, "states": own.levels}
    return (
        *rows_of_people(display, "length"),
        row_of(display, "length", variable=own.length, days=own.days),
        row_of(display, "state", own.states, variable=own.states.value, **state),
        row_of(display, "axis", analyses=ends, days=own.days, step=own.step),
        row_of(display, "ongoing", own.ongoing, text=own.ongoing.label),
        *(row_of(display, "mark", one, name=one.name, variable=one.date, start=start) for one in own.marks),
    )


def stretches(days: list[float], values: list[str], levels: tuple[str, ...]) -> list[tuple[str, int, int]]:
    """(state, first day, last day) of every stretch in one state, from one subject's assessments.

    A stretch lasts to the day before the first assessment that says something else; the last one to its last
    assessment, because nobody has looked after it.

    Ties: of several assessments on one day what is no level counts, else the one latest in `levels`.
    """
    ranks = {level: at for at, level in enumerate(levels)}
    by_day: dict[float, str] = {}
    for day, value in sorted(zip(days, values, strict=True), key=lambda one: (one[0], ranks.get(one[1], 99))):
        by_day[day] = value
    found: list[tuple[str, int, int]] = []
    state = ""
    for day, value in by_day.items():
        if state in ranks:
            found[-1] = (state, found[-1][1], int(day) - (value != state))
        if value in ranks and value != state:
            found.append((value, int(day), int(day)))
        state = value
    return found


def _add(results: Results) -> None:
    """Length, states, marks and arrow of everybody, longest first within a group; ties by subject."""
    own, people = results.display.figure.own, results.people
    size, place, length, state, axis, ongoing, *marks = _rows(results.display)
    days = people.variable(people.everybody(), own.length, length.at).to_numpy(dtype="float64")
    drawn = add_people(results, (size, place), np.argsort(-np.where(np.isnan(days), -1, days), kind="stable"))
    for group, person in drawn:
        subject = people.ids[person]
        results.add(length, group, "", "days", days[person], parent=subject)
        results.add(length, group, "", "months", days[person] / own.days, digits=2, parent=subject)
    last = [np.nanmax(days[[person for _, person in drawn]], initial=0.0)]
    last += [*_add_states(results, state, drawn), *_add_marks(results, marks, drawn)]
    end = own.step * np.ceil(max(last) / own.days / own.step)
    results.add(axis, "", "", "to", end, digits=2)
    going = who(results, own.ongoing)
    for group, person in drawn:
        if going[person]:
            results.add_mark(
                ongoing, group, "", "ongoing", True, own.ongoing.label, parent=people.ids[person]
            )


def _add_states(results: Results, row: Row, drawn: list[tuple[str, int]]) -> list[float]:
    """The stretches of everybody into the results; gives their last days."""
    own, people = results.display.figure.own, results.people
    records = records_of(results, own.states)
    days = np.asarray(days_of(results, own.states, records, own.start), dtype="float64")
    values = people.variable(records, own.states.value, own.states.at).to_numpy(dtype=object)
    seen: dict[int, tuple[list[float], list[str]]] = {}
    for person, day, value in zip(records.person.tolist(), days.tolist(), values, strict=True):
        if not np.isnan(day):
            found = seen.setdefault(person, ([], []))
            found[0].append(day)
            found[1].append(value)
    ends = []
    for group, person in drawn:
        for at, (state, first, last) in enumerate(
            stretches(*seen.get(person, ([], [])), own.levels), start=1
        ):
            key = {"parent": people.ids[person], "level": str(at)}
            results.add_mark(row, group, "", "state", True, state, **key)
            results.add(row, group, "", "from", first, **key)
            results.add(row, group, "", "to", last, **key)
            ends.append(float(last))
    return ends


def _add_marks(results: Results, rows: list[Row], drawn: list[tuple[str, int]]) -> list[float]:
    """The first day of every mark of everybody into the results; gives those days."""
    own, days = results.display.figure.own, []
    for row, mark in zip(rows, own.marks, strict=True):
        found = first_days(results, mark, own.start)
        for group, person in drawn:
            if not np.isnan(found[person]):
                results.add(row, group, "", "day", found[person], parent=results.people.ids[person])
                days.append(float(found[person]))
    return days


def _draw(canvas: object, grid: Grid, results: Frame) -> None:
    own, found = grid.display.figure.own, Found(results)
    lines, heads, count = lines_of(found)
    high = float(np.clip(4.1 / count, *PITCH)) * count
    entries = len(own.levels) + len(own.marks) + 2
    above = 0.06 + 0.165 * -(-entries // LEGEND_COLUMNS)
    height = high + above + 0.55
    canvas.set_size_inches(INCHES[0], height)
    axes = canvas.add_axes((1.25 / INCHES[0], 0.5 / height, 1 - 1.4 / INCHES[0], high / height))
    axes.set(xlim=(0, 1.02 * found.number("axis", "to")), ylim=(count - 0.4, -0.6), xlabel=own.x)
    axes.set_xticks(np.arange(0, found.number("axis", "to") + own.step / 2, own.step))
    size = float(np.clip(72 * high / count * 0.78, 4.5, 8))
    axes.set_yticks([])
    add_names(axes, 0, lines, heads, found, size)
    axes.spines["left"].set_visible(False)
    _draw_bars(axes, own, found, lines)
    _draw_marks(axes, own, found, lines, size)
    canvas.legend(
        *axes.get_legend_handles_labels(), bbox_to_anchor=(0.1 / INCHES[0], 1 - 0.03 / height),
        loc="upper left", ncols=LEGEND_COLUMNS, fontsize=8, borderaxespad=0, handlelength=1.6,
        labelspacing=0.25, columnspacing=1.4,
    )  # fmt: skip


def _draw_bars(axes: object, own: Swim, found: Found, lines: np.ndarray) -> None:
    """Follow-up thin and grey, states thick; day 1 begins at 0 and the last day ends where the bar ends."""
    rows = [row for row in found.rows("length", "days") if not np.isnan(row[2])]
    places = [lines[found.places[one]] for one, *_ in rows]
    ends = np.array([days for *_, days, _ in rows]) / own.days
    add_boxes(axes, 0 * ends, ends, places, THIN, color=BAR, linewidth=0, label="In follow-up")
    first, last = ({row[:2]: row[2] for row in found.rows("state", name)} for name in ("from", "to"))
    states = found.rows("state", "state")
    for (colour, hatch), level in zip(STATES, own.levels, strict=False):
        keys = [row[:2] for row in states if row[3] == level]
        left = np.array([first[key] - 1 for key in keys]) / own.days
        right = np.array([last[key] for key in keys]) / own.days
        style = {"facecolor": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0.4, "label": level}
        add_boxes(axes, left, right, [lines[found.places[key[0]]] for key in keys], THICK, **style)


def _draw_marks(axes: object, own: Swim, found: Found, lines: np.ndarray, size: float) -> None:
    style = {"linestyle": "none", "clip_on": False}
    aside = beside(own, found)
    for (shape, colour), mark in zip(MARKS, own.marks, strict=False):
        rows = found.rows(mark.name, "day")
        axes.plot(
            [day / own.days for _, _, day, _ in rows],
            [lines[found.places[one]] + aside[one, mark.name] for one, *_ in rows],
            marker=shape, color=colour, markersize=size * 0.95, markeredgecolor="white",
            markeredgewidth=0.5, label=mark.label, zorder=4, **style,
        )  # fmt: skip
    ends = {one: days / own.days for one, _, days, _ in found.rows("length", "days")}
    going = [one for one, *_ in found.rows("ongoing", "ongoing")]
    axes.plot(
        [ends[one] for one in going], [lines[found.places[one]] for one in going],
        marker=CARET_BEYOND, color=ARROW, markersize=size, label=own.ongoing.label, zorder=3, **style,
    )  # fmt: skip


def beside(own: Swim, found: Found) -> dict[tuple[str, str], float]:
    """How far each mark is moved off its line, so that marks of nearly one day do not cover each other."""
    near = NEAR * found.number("axis", "to") * own.days
    days: dict[str, list[tuple[float, str]]] = {}
    for mark in own.marks:
        for subject, _, day, _ in found.rows(mark.name, "day"):
            days.setdefault(subject, []).append((day, mark.name))
    moved = {}
    for subject, marks in days.items():
        marks.sort(key=lambda one: one[0])
        for at, (day, name) in enumerate(marks):
            around = [
                other for place, (other, _) in enumerate(marks) if place != at and abs(other - day) < near
            ]
            moved[subject, name] = (OFF if at % 2 else -OFF) if around else 0.0
    return moved


def _pages(grid: Grid, results: Frame) -> list[Frame]:
    return pages_of(results, MOST)


SAYS = {
    "order": FALLING,
    "length": "the variable in days, and in months of so many `days`",
    "state": "stretches in one of the states, each from its first assessment to the day before the next that "
    "says otherwise, else to its last; of several on one day what is no state counts, else the last in the "
    "list; day 1 is that of start",
    "mark": "first day of such a record; day 1 is that of start",
    "ongoing": "`text` for each subject with such a record",
    "axis": "next whole `step` at or above the last day of these analyses, in months of so many `days`",
}
SWIMMER = Kind("swimmer", KEYS, _read, _rows, _add, _draw, _datasets, pages=_pages, says=SAYS, singly=True)

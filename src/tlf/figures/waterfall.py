"""Waterfall plot: the best percent change of every subject, in falling order, with the response of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clinical.frames import Frame, as_text
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
    stated,
)
from tlf.figures.kind import Kind
from tlf.figures.pages import Found, people_of
from tlf.figures.style import INCHES, RESPONSES
from tlf.nodes import number, numbers, required, texts

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.rows import Row
    from tlf.shapes.grid import Grid
    from tlf.spec import Display

MOST, WIDEST, DEEPEST, LETTER, STEP = 80, 0.4, -100, 0.0092, 25
KEYS = ("y", "values", "base", "start", "until", "cap", "fall", "response", "levels", "absent")
ABSENT = ("none", "base", "zero")


@dataclass(frozen=True)
class Fall:
    """What is drawn: change and baseline of `values`, after `start` and up to the first of `until`."""

    y: str
    values: Dated
    base: str
    start: str
    until: tuple[Dated, ...]
    cap: float
    fall: float
    response: Dated
    levels: tuple[str, ...]
    absent: dict[str, str]


def _read(node: Mapping, owner: str) -> Fall:
    absent = required(node, "absent", owner, Mapping)
    return Fall(
        y=str(required(node, "y", owner, Text)),
        values=dated("values", required(node, "values", owner, Mapping), owner, "from", "date", "value"),
        base=str(required(node, "base", owner, Text)),
        start=str(required(node, "start", owner, Text)),
        until=all_dated(node, "until", owner, "date"),
        cap=numbers(node, "cap", owner)[0],
        fall=number(node, "fall", owner, 0.0),
        response=dated("response", required(node, "response", owner, Mapping), owner, "value"),
        levels=texts(node, "levels", owner),
        absent={key: str(required(absent, key, f"{owner}.absent", Text)) for key in ABSENT},
    )


def _datasets(own: Fall) -> tuple[str, ...]:
    return datasets_of(own.values, *own.until, own.response)


def _rows(display: Display) -> tuple[Row, ...]:
    own = display.figure.own
    of_values = {"of": own.values, "variable": own.values.value}
    best = {"date": own.values.date, "start": date_of(display, own.start)}
    best["until"] = tuple(stated(display, one) for one in own.until)
    texts_of = {f"text.{why}": text for why, text in own.absent.items()}
    return (
        *rows_of_people(display, "change"),
        row_of(display, "response", own.response, variable=own.response.value),
        row_of(display, "change", **of_values, **best),
        row_of(display, "shown", **of_values, analyses=("change",), cap=own.cap),
        row_of(display, "absent", **of_values, **best, base=own.base, **texts_of),
        row_of(display, "axis", analyses=("change",), cap=own.cap, step=STEP),
    )


@dataclass(frozen=True)
class Best:
    """For each subject the least percent change, and why there is none (empty: there is)."""

    change: np.ndarray
    why: np.ndarray


def best_of(results: Results, own: Fall) -> Best:
    """The least percent change after the day of `start` and up to the first of `until`, that day included.

    Missing: no value in that time is `none`; a baseline of 0 `zero`, and none at all `base`: neither has a
             percent change.
    """
    records, people = records_of(results, own.values), results.people
    days = np.asarray(days_of(results, own.values, records, own.start), dtype="float64")
    last = np.full(len(people), np.inf)
    for limit in own.until:
        last = np.fmin(last, first_days(results, limit, own.start))
    kept = (days > 1) & (days <= last[records.person])
    records = records.kept(kept)
    change = people.variable(records, own.values.value, own.values.at).to_numpy(dtype="float64")
    base = people.variable(records, own.base, own.values.at).to_numpy(dtype="float64")
    least, lowest = (np.full(len(people), np.inf) for _ in range(2))
    np.fmin.at(least, records.person, change)
    np.fmin.at(lowest, records.person, base)
    why = np.full(len(people), "none", dtype=object)
    why[records.person] = "base"
    why[lowest == 0] = "zero"
    why[np.isfinite(least)] = ""
    return Best(np.where(np.isfinite(least), least, np.nan), why)


def _add(results: Results) -> None:
    """Change, what is shown of it and response of everybody, highest change first; ties by subject."""
    own, people = results.display.figure.own, results.people
    best, response = best_of(results, own), _responses(results, own)
    size, place, said, change, shown, absent, axis = _rows(results.display)
    order = np.argsort(-np.where(np.isnan(best.change), -np.inf, best.change), kind="stable")
    drawn = add_people(results, (size, place), order)
    by_change = np.argsort(order)
    for group, person in sorted(drawn, key=lambda one: by_change[one[1]]):
        subject = people.ids[person]
        results.add_mark(said, group, "", "response", True, response.get(person, ""), parent=subject)
        if best.why[person]:
            results.add_mark(
                absent, group, "", best.why[person], True, own.absent[best.why[person]], parent=subject
            )
            continue
        results.add(change, group, "", "percent", best.change[person], digits=1, parent=subject)
        results.add(shown, group, "", "percent", min(best.change[person], own.cap), digits=1, parent=subject)
    highest = np.nanmax(best.change[[person for _, person in drawn]], initial=0.0)
    top = min(own.cap, STEP * np.ceil(highest / STEP))
    results.add(axis, "", "", "top", top, digits=0)


def _responses(results: Results, own: Fall) -> dict[int, str]:
    records = records_of(results, own.response)
    values = as_text(results.people.variable(records, own.response.value, own.response.at))
    return dict(zip(records.person.tolist(), values.fillna("").tolist(), strict=True))


def pages(grid: Grid, results: Frame) -> list[Frame]:
    """Everybody with a bar on one page, or, where these are too many to read, a page for each group."""
    barred = results[(results["analysis"] == "shown").to_numpy(dtype=bool)]
    if len(barred) <= MOST:
        return [results]
    found = []
    groups = results.loc[(results["analysis"] == "subjects").to_numpy(dtype=bool), "group"]
    for group in groups[groups.isin(barred["group"])]:
        subjects = barred.loc[(barred["group"] == group).to_numpy(dtype=bool), "parent"].tolist()
        for part in np.array_split(np.array(subjects, dtype=object), -(-len(subjects) // MOST)):
            found.append(
                results[((results["parent"] == "") | results["parent"].isin(part)).to_numpy(dtype=bool)]
            )
    return found


def _notes(display: Display, results: Frame) -> tuple[str, ...]:
    """How many bars there are, and who has none for which reason."""
    own = display.figure.own
    whole = len(people_of(results))
    barred = int((results["analysis"] == "shown").sum())
    absent = results[(results["analysis"] == "absent").to_numpy(dtype=bool)]
    found = [f"A bar for {barred} of {whole} subjects."]
    for why in ABSENT:
        subjects = sorted(absent.loc[(absent["statistic"] == why).to_numpy(dtype=bool), "parent"])
        if subjects:
            found.append(f"{own.absent[why]} ({len(subjects)}): {', '.join(subjects)}.")
    return tuple(found)


def _draw(canvas: object, grid: Grid, results: Frame) -> None:
    own, found = grid.display.figure.own, Found(results)
    shown = found.rows("shown", "percent")
    if not shown:
        canvas.text(0.5, 0.5, own.absent["none"], ha="center", va="center", fontsize=12)
        return
    wide = min(WIDEST * len(shown), INCHES[0] - 1.0)
    size = float(np.clip(72 * wide / len(shown) * 0.62, 4.5, 8.5))
    groups = {subject: group for group, subject in found.people}
    labels = [f"{subject}  {groups[subject]}" for subject, *_ in shown]
    below = (LETTER * size * max(map(len, labels)) + size * 0.9 / 72 + 0.1) / INCHES[1]
    left = max(0.8, (INCHES[0] - wide) / 2)
    axes = canvas.add_axes((left / INCHES[0], below, wide / INCHES[0], 0.93 - below))
    _draw_bars(axes, own, found, size)
    axes.axhline(0, color="#111111", linewidth=0.8)
    if own.fall:
        axes.axhline(-own.fall, color="#555555", linewidth=0.7, linestyle=":", zorder=0)
    top = found.number("axis", "top")
    room = size * 0.03 / 4 * (top - DEEPEST)
    axes.set(xlim=(-0.7, len(shown) - 0.3), ylim=(DEEPEST - room, top + room), ylabel=own.y)
    axes.set_yticks(np.arange(DEEPEST, top + 1, STEP))
    axes.set_xticks([])
    for place, label in enumerate(labels):
        axes.text(place, DEEPEST - 1.6 * room, label, rotation=90, fontsize=size, ha="center", va="top")
    axes.spines["bottom"].set_visible(False)
    canvas.legend(
        *axes.get_legend_handles_labels(), loc="upper left",
        bbox_to_anchor=((left - 0.1) / INCHES[0], 0.995), ncols=8,
        fontsize=8.5, handlelength=1.2, columnspacing=1.4,
    )  # fmt: skip


def _draw_bars(axes: object, own: Fall, found: Found, size: float) -> None:
    shown = found.rows("shown", "percent")
    said = {subject: text for subject, _, _, text in found.rows("response", "response")}
    whole = {subject: (value, text) for subject, _, value, text in found.rows("change", "percent")}
    for level, (colour, hatch) in zip(own.levels, RESPONSES, strict=False):
        bars = [(place, row[2]) for place, row in enumerate(shown) if said[row[0]] == level]
        places, heights = ([bar[at] for bar in bars] for at in (0, 1))
        style = {"color": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0.4}
        axes.bar(places, heights, 0.82, label=level if bars else None, **style)
    for place, (subject, _, height, _) in enumerate(shown):
        value, text = whole[subject]
        label = f"{said[subject]} ({text})" if value > own.cap else said[subject]
        upward = height >= 0
        axes.text(
            place, height + (1.5 if upward else -1.5), label, rotation=90, fontsize=size, ha="center",
            va="bottom" if upward else "top",
        )  # fmt: skip


SAYS = {
    "order": FALLING,
    "response": "the value of such a record, if any",
    "change": "lowest value after the day of start and on or before the first day of any `until`",
    "shown": "the result of this analysis, at most `cap`",
    "absent": "why a subject has no such value: `none` in that time, else a `base` of `zero`, else no `base`",
    "axis": "next whole `step` at or above 0 and all results of this analysis, at most `cap`",
}
WATERFALL = Kind(
    "waterfall", KEYS, _read, _rows, _add, _draw, _datasets, pages=pages, notes=_notes, says=SAYS, singly=True
)

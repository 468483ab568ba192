"""The profile of a subject as one page that needs nothing else: a timeline and small charts, drawn as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import floor, log10

from tlf.links import PROFILES
from tlf.profile_data import Mark, Point, Shown
from tlf.profile_spec import Chart, Profile, Track
from tlf.render import environment

WIDTH, STUB, LANE, TOP, BOTTOM = 1000, 190, 16, 8, 34
CHART_WIDTH, CHART_HEIGHT, CHART_LEFT, CHART_BOTTOM, CHART_TOP = 320, 130, 46, 18, 8
LETTER, LABEL_LETTERS, LEAST_BAR = 5.4, 30, 3
WEEK, TICK_ROOM = 7, 34
NICE = (1, 2, 5, 10)
LINE_COLOUR = "#0072B2"


@dataclass(frozen=True)
class Axis:
    """Days to places: up to `split` on one scale, beyond it on another, each over its share of the width."""

    low: float
    high: float
    split: float
    share: float
    left: float
    right: float

    @property
    def broken(self) -> bool:
        """Whether there are two scales."""
        return self.split > 0 and self.high > 2 * self.split

    def at(self, day: float) -> float:
        """The place of a day."""
        if not self.broken:
            return self._between(day, self.low, self.high, self.left, self.right)
        middle = self.left + self.share * (self.right - self.left)
        if day <= self.split:
            return self._between(day, self.low, self.split, self.left, middle)
        return self._between(day, self.split, self.high, middle, self.right)

    def _between(self, day: float, low: float, high: float, left: float, right: float) -> float:
        return round(left + (day - low) / max(high - low, 1) * (right - left), 1)

    def ticks(self) -> list[tuple[float, int]]:
        """Places and days of the ticks: whole weeks, as many as there is room for."""
        edges = [self.low, self.split, self.high] if self.broken else [self.low, self.high]
        found: dict[int, float] = {}
        for low, high in pairwise(edges):
            room = max(self.at(high) - self.at(low), 1)
            step = WEEK
            while (high - low) / step * TICK_ROOM > room:
                step *= 2
            day = -(-int(low) // step) * step
            while day <= high:
                found[day] = self.at(day)
                day += step
        return _apart(sorted((place, day) for day, place in found.items()))


def _apart(ticks: list[tuple[float, int]]) -> list[tuple[float, int]]:
    kept: list[tuple[float, int]] = []
    for place, day in ticks:
        if not kept or place - kept[-1][0] >= TICK_ROOM * 0.8:
            kept.append((place, day))
    return kept


def render_profile(profile: Profile, shown: Shown, footer: dict[str, object]) -> bytes:
    """The page of one subject."""
    axis = _axis(profile, shown)
    charts = [_chart(profile, one, shown, axis) for one in profile.charts]
    text = environment("html").get_template("profile.html.j2").render(
        title=profile.title, subject=shown.subject, header=[pair for pair in shown.header if pair[1]],
        sets=shown.sets, origin=profile.origin, day_0=shown.origin, axis=axis, width=WIDTH, stub=STUB,
        timeline=_timeline(profile, shown, axis), charts=charts, left_out=sorted(shown.left_out.items()),
        chart={"width": CHART_WIDTH, "height": CHART_HEIGHT, "left": CHART_LEFT, "bottom": CHART_BOTTOM},
        source=f"Program: {footer['program']}. Data cut: {footer['data_cut']}.", line=LINE_COLOUR,
        back="../" * (PROFILES.count("/") + 1) + "index.html",
    )  # fmt: skip
    return text.encode("utf-8")


def _axis(profile: Profile, shown: Shown) -> Axis:
    days = [
        day for lanes in shown.lanes.values() for marks in lanes.values() for m in marks for day in _ends(m)
    ]
    days += [point.day for points in shown.points.values() for point in points]
    low, high = min(days, default=0), max(days, default=1)
    return Axis(min(low, 0) - 1, max(high, low + 2) + 1, profile.split, profile.share, STUB, WIDTH - 14)


def _ends(mark: Mark) -> tuple[float, ...]:
    return (mark.start,) if mark.end is None else (mark.start, mark.end)


def _timeline(profile: Profile, shown: Shown, axis: Axis) -> dict[str, object]:
    rows, top = [], TOP
    for track in profile.tracks:
        lanes = shown.lanes.get(track.name, {})
        if track.lane and lanes:
            rows.append({"y": top, "head": track.label, "label": "", "whole": "", "marks": []})
            top += LANE
        for lane, marks in (lanes or {"": []}).items() if not track.lane else _by_start(lanes):
            label = lane if track.lane else track.label
            drawn = [_drawn(track, mark, axis) for mark in marks]
            short = label if len(label) <= LABEL_LETTERS else f"{label[: LABEL_LETTERS - 1]}\u2026"
            rows.append({"y": top, "head": "", "label": short, "whole": label, "marks": _labelled(drawn)})
            top += LANE
    legends = [{"label": one.label, "items": one.colours} for one in profile.tracks if one.colours]
    return {
        "rows": rows,
        "bottom": top + 2,
        "height": top + BOTTOM,
        "ticks": axis.ticks(),
        "legends": legends,
    }


def _by_start(lanes: dict[str, list[Mark]]) -> list[tuple[str, list[Mark]]]:
    return sorted(lanes.items(), key=lambda lane: (lane[1][0].start, lane[0]))


def _drawn(track: Track, mark: Mark, axis: Axis) -> dict[str, object]:
    start = axis.at(mark.start)
    end = axis.at(mark.end if mark.end is not None else axis.high)
    wide = round(max(end - start, LEAST_BAR), 1) if track.marker == "bar" else 0
    return {
        "kind": track.marker, "x": start, "wide": wide, "open": track.marker == "bar" and not mark.ends,
        "colour": mark.colour or "#555555", "text": mark.text, "told": mark.told, "dark": _dark(mark.colour),
    }  # fmt: skip


def _dark(colour: str) -> bool:
    """Whether white letters are read better on it."""
    if not colour:
        return True
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 0.3 * red + 0.59 * green + 0.11 * blue < 140


def _labelled(marks: list[dict[str, object]]) -> list[dict[str, object]]:
    """Texts where there is room: in a bar, or behind a mark up to the next; else when pointed at."""
    for mark, after in zip(marks, [*marks, {"x": WIDTH}][1:], strict=True):
        size = LETTER * len(mark["text"]) + 4
        inside = mark["kind"] == "bar" and size <= mark["wide"]
        mark["inside"] = inside
        mark["beside"] = not inside and mark["x"] + mark["wide"] + 6 + size <= after["x"]
    return marks


def _chart(profile: Profile, chart: Chart, shown: Shown, whole: Axis) -> dict[str, object]:
    points = shown.points.get(chart.name, [])
    limits = shown.limits.get(chart.name, {})
    axis = Axis(whole.low, whole.high, whole.split, whole.share, CHART_LEFT, CHART_WIDTH - 8)
    scale = _Scale.of(chart, points, limits)
    drawn = [
        {"x": axis.at(one.day), "y": scale.at(one.value), "hollow": one.hollow, "told": one.told}
        for one in points
    ]
    return {
        "label": chart.label, "points": drawn, "path": " ".join(f"{p['x']},{p['y']}" for p in drawn),
        "y_ticks": scale.ticks(), "x_ticks": axis.ticks() if points else [], "zero": axis.at(0),
        "split": axis.at(axis.split) if axis.broken else None, "log": chart.scale == "log",
        "range": _range(scale, limits), "limit": scale.at(limits["limit"]) if "limit" in limits else None,
    }  # fmt: skip


def _range(scale: _Scale, limits: dict[str, float]) -> tuple[float, float] | None:
    """Top and height of the shaded reference range."""
    if not {"low", "high"} <= set(limits):
        return None
    top, bottom = scale.at(limits["high"]), scale.at(limits["low"])
    return top, round(bottom - top, 1)


@dataclass(frozen=True)
class _Scale:
    """Values to heights."""

    low: float
    high: float
    log: bool

    @classmethod
    def of(cls, chart: Chart, points: list[Point], limits: dict[str, float]) -> _Scale:
        """The scale that holds all points and the limits."""
        values = [point.value for point in points] + [value for value in limits.values() if points]
        if chart.scale == "log":
            values = [value for value in values if value > 0] or [1.0, 10.0]
            low, high = floor(log10(min(values))), -floor(-log10(max(values)))
            return cls(low, max(high, low + 1), True)
        high = max([*values, 0.0])
        return cls(min([*values, 0.0]), high * 1.05 or 1.0, False)

    def at(self, value: float) -> float:
        """The height of a value, from above; a value off the scale is drawn at its edge."""
        given = log10(value) if self.log and value > 0 else self.low if self.log else value
        part = min(max((given - self.low) / (self.high - self.low), 0.0), 1.0)
        return round(CHART_TOP + (1 - part) * (CHART_HEIGHT - CHART_BOTTOM - CHART_TOP), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """Heights and values of the ticks."""
        if self.log:
            step = max(1, (int(self.high) - int(self.low)) // 3)
            powers = range(int(self.low), int(self.high) + 1, step)
            return [(self.at(10.0**power), f"{10.0**power:g}") for power in powers]
        raw = (self.high - self.low) / 4
        size = 10.0 ** floor(log10(raw))
        step = next(size * nice for nice in NICE if size * nice >= raw)
        first = -(-self.low // step) * step
        count = int((self.high - first) / step) + 1
        return [(self.at(first + step * at), f"{round(first + step * at, 10):g}") for at in range(count)]

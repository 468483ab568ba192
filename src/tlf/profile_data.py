"""What the profile of every subject shows, read once from the datasets and divided by subject."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Datasets
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from clinical.errors import SpecError
from clinical.findings import Findings
from clinical.frames import Frame, as_text
from clinical.where import Condition, mask
from tlf.nodes import hint
from tlf.people import SUBJECT
from tlf.profile_spec import FIELD, Chart, Profile, Track


@dataclass(frozen=True)
class Mark:
    """One record on the timeline, in days; `end` is None where it has none or none is known."""

    start: float
    end: float | None
    ends: bool
    text: str
    colour: str
    told: str


@dataclass(frozen=True)
class Point:
    """One number of a chart; `hollow` ones are open."""

    day: float
    value: float
    hollow: bool
    told: str


@dataclass
class Shown:
    """The page of one subject: lanes by track, points by chart, limits by chart, records without a date."""

    subject: str
    header: list[tuple[str, str]]
    sets: list[str]
    origin: str
    lanes: dict[str, dict[str, list[Mark]]] = field(default_factory=dict)
    points: dict[str, list[Point]] = field(default_factory=dict)
    limits: dict[str, dict[str, float]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)


def profiles_of(profile: Profile, frames: Datasets[str, Frame], findings: Findings) -> list[Shown]:
    """What is shown of every subject, in the order of their identifiers; nobody where the dataset is absent.

    Missing: a dataset that the run does not have is a finding; a record without a date, or without a place on
             a logarithmic axis, is counted on the page.
    Raises:  SpecError for a variable that is not there.
    """
    for name in profile.datasets:
        if name not in frames:
            findings.add("tlf.profile-without", dataset=name)
    if profile.dataset not in frames:
        return []
    people = frames[profile.dataset].sort_values(SUBJECT, kind="stable").reset_index(drop=True)
    _has(people, profile.variables, profile.at)
    shown = {one.subject: one for one in _subjects(profile, people)}
    starts = pd.Series(_origin(profile, people).to_numpy(), index=people[SUBJECT])
    for track in (one for one in profile.tracks if one.dataset in frames):
        _add_track(shown, track, frames[track.dataset], starts)
    for chart in (one for one in profile.charts if one.dataset in frames):
        _add_chart(shown, chart, frames[chart.dataset], starts)
    return list(shown.values())


def _has(frame: Frame, names: tuple[str, ...], at: str) -> None:
    for name in names:
        if name not in frame.columns:
            raise SpecError("tlf.no-variable", at, variable=name, hint=hint(name, tuple(frame.columns)))


def _origin(profile: Profile, people: Frame) -> pd.Series:
    """Day 0: the first of the dates that is there."""
    days = people[profile.dates[0]]
    for name in profile.dates[1:]:
        days = days.fillna(people[name])
    return days.dt.normalize()


def _subjects(profile: Profile, people: Frame) -> Iterator[Shown]:
    headers = [(label, _filled(people, shown)) for label, shown in profile.header]
    sets = [(label, people[name].eq("Y").fillna(False).tolist()) for label, name in profile.sets]
    origins = as_text(_origin(profile, people)).fillna("").tolist()
    for at, subject in enumerate(people[SUBJECT].tolist()):
        header = [(label, texts[at]) for label, texts in headers]
        inside = [label for label, holds in sets if holds[at]]
        yield Shown(subject, header, inside, origins[at])


def _filled(frame: Frame, text: str) -> list[str]:
    """The text of every record, its variables filled in; what is missing leaves nothing behind."""
    if not text:
        return [""] * len(frame)
    pieces = FIELD.split(text)
    columns = [
        as_text(frame[piece]).fillna("").tolist() if at % 2 else [piece] * len(frame)
        for at, piece in enumerate(pieces)
    ]
    return ["".join(parts).strip(" ,") for parts in zip(*columns, strict=True)]


def _read(
    frame: Frame, where: Condition | None, names: tuple[str, ...], at: str, starts: pd.Series
) -> tuple[Frame, pd.Series]:
    """The records that are asked for, of known subjects, and the day 0 of each."""
    _has(frame, (SUBJECT, *names, *sorted(where.columns if where else ())), at)
    kept = frame[SUBJECT].isin(starts.index).to_numpy(dtype=bool)
    if where:
        kept = kept & mask(frame, where)
    found = frame[kept].reset_index(drop=True)
    return found, found[SUBJECT].map(starts)


def _days(dates: pd.Series, origin: pd.Series) -> np.ndarray:
    """Days after day 0, which is 0; NaN where a date is missing."""
    return (dates.dt.normalize() - origin).dt.days.to_numpy(dtype="float64")


def _counted(shown: dict[str, Shown], label: str, records: Frame, drawn: np.ndarray) -> list[int]:
    """The records that can be drawn; the others are counted on the pages of their subjects."""
    for subject, count in records.loc[~drawn, SUBJECT].value_counts(sort=False).items():
        left_out = shown[subject].left_out
        left_out[label] = left_out.get(label, 0) + int(count)
    return np.flatnonzero(drawn).tolist()


def _add_track(shown: dict[str, Shown], track: Track, frame: Frame, starts: pd.Series) -> None:
    records, origin = _read(frame, track.where, track.variables, track.at, starts)
    start = _days(records[track.start], origin)
    end = _days(records[track.end], origin) if track.end else start
    texts = _filled(records, track.text)
    lanes = as_text(records[track.lane]).fillna("Missing").tolist() if track.lane else [""] * len(records)
    colours = dict(track.colours)
    paint = [colours.get(v, "") for v in as_text(records[track.by]).fillna("")] if track.by else None
    first = as_text(records[track.start].dt.normalize()).fillna("").tolist()
    last = as_text(records[track.end].dt.normalize()).fillna("").tolist() if track.end else first
    dated = _counted(shown, track.label, records, ~np.isnan(start))
    subjects = records[SUBJECT].tolist()
    for at in sorted(dated, key=lambda at: (start[at], lanes[at], texts[at], last[at])):
        one = shown[subjects[at]]
        ends = not np.isnan(end[at])
        said = first[at] if last[at] == first[at] else f"{first[at]} to {last[at] or 'open'}"
        named = ", ".join(dict.fromkeys(part for part in (lanes[at] or track.label, texts[at]) if part))
        told = f"{named}; day {start[at]:g}, {said}"
        until = end[at] if ends else None
        mark = Mark(start[at], until, ends, texts[at], paint[at] if paint else "", told)
        one.lanes.setdefault(track.name, {}).setdefault(lanes[at], []).append(mark)


def _add_chart(shown: dict[str, Shown], chart: Chart, frame: Frame, starts: pd.Series) -> None:
    records, origin = _read(frame, chart.where, chart.variables, chart.at, starts)
    days = _days(records[chart.date], origin)
    values = records[chart.value].to_numpy(dtype="float64")
    hollow = mask(records, chart.hollow) if chart.hollow else np.zeros(len(records), dtype=bool)
    texts = as_text(records[chart.value]).fillna("").tolist()
    limit = records[chart.limit].to_numpy(dtype="float64") if chart.limit else np.full(len(records), np.nan)
    values = np.where(hollow & ~np.isnan(limit), limit / 2, values)
    drawn = ~(np.isnan(days) | np.isnan(values))
    if chart.scale == "log":
        drawn &= np.nan_to_num(values) > 0
    said = as_text(records[chart.date].dt.normalize()).fillna("").tolist()
    subjects = records[SUBJECT].tolist()
    for at in sorted(_counted(shown, chart.label, records, drawn), key=lambda at: (days[at], values[at])):
        one = shown[subjects[at]]
        shown_as = f"< {limit[at]:g}" if hollow[at] and chart.limit else texts[at]
        point = Point(days[at], values[at], bool(hollow[at]), f"{shown_as}; day {days[at]:g}, {said[at]}")
        one.points.setdefault(chart.name, []).append(point)
    for kind, name in (("low", chart.low), ("high", chart.high), ("limit", chart.limit)):
        for subject, value in _constant(records, name).items():
            shown[subject].limits.setdefault(chart.name, {})[kind] = value


def _constant(records: Frame, name: str) -> dict[str, float]:
    """The limit of every subject who has one and the same throughout; one that changed is not drawn."""
    if not name:
        return {}
    limits = records[[SUBJECT, name]].dropna().drop_duplicates()
    return limits[~limits[SUBJECT].duplicated(keep=False)].set_index(SUBJECT)[name].to_dict()

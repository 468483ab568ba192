"""What a subject's profile shows, as `profile.yml` in a study's `tlf` folder states it.

| key | holds |
|---|---|
| `title`, `extends` | title of the page; base files, as of a display |
| `subjects` | the dataset of the subjects, one record each: everybody in it has a profile |
| `origin` | date variables of that dataset, the first that is there is day 0; and what the axis is called: `{dates, label}` |
| `axis` | `{split: 28, share: 0.5}`: the days to `split` take this share of the width, and the page says so |
| `header` | `{label: text}` with variables of the subject in braces: `"{AGE} {AGEU}"` |
| `sets` | `{label: variable}`: the populations, each `Y` or not |
| `tracks` | `{name: track}`, lanes of the timeline from above |
| `charts` | `{name: chart}`, small pictures of numbers over time |

A track: `label`, `from`, `where`, `start` and `end` (dates; the end may be missing), `text` (variables in braces), `lane` (a variable: a lane for
each of its values), `marker` (dot, square, diamond, triangle, cross, bar), `colour: {by: VARIABLE, of: {value: "#RRGGBB"}}`. A chart: `label`,
`from`, `where`, `date`, `value`, `scale` (linear, log), `low` and `high` (variables: a range), `hollow` (a condition:
open points) and `limit` (a variable: open points stand at half of it, [E.2]).
"""  # noqa: E501

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from clinical.errors import SpecError
from clinical.read import Mapping, Text
from clinical.where import Condition, condition
from tlf.nodes import choice, known, number, place, required, text, texts
from tlf.spec import PROFILE, display_node

KEYS = ("extends", "title", "subjects", "origin", "axis", "header", "sets", "tracks", "charts", "note")
TRACK_KEYS = ("label", "from", "where", "start", "end", "text", "lane", "marker", "colour", "note")
CHART_KEYS = ("label", "from", "where", "date", "value", "scale", "low", "high", "hollow", "limit", "note")
MARKERS = ("dot", "square", "diamond", "triangle", "cross", "bar")
SCALES = ("linear", "log")
COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Track:
    """Records as marks or bars of the timeline."""

    name: str
    at: str
    label: str
    dataset: str
    where: Condition | None
    start: str
    end: str
    text: str
    lane: str
    marker: str
    by: str
    colours: tuple[tuple[str, str], ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable that it reads beside those of its condition."""
        names = {self.start, self.end, self.lane, self.by, *FIELD.findall(self.text)}
        return tuple(sorted(names - {""}))


@dataclass(frozen=True)
class Chart:
    """Numbers over time."""

    name: str
    at: str
    label: str
    dataset: str
    where: Condition | None
    date: str
    value: str
    scale: str
    low: str
    high: str
    hollow: Condition | None
    limit: str

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable that it reads beside those of its conditions."""
        return tuple(sorted({self.date, self.value, self.low, self.high, self.limit} - {""}))


@dataclass(frozen=True)
class Profile:
    """The page of a subject."""

    title: str
    at: str
    dataset: str
    dates: tuple[str, ...]
    origin: str
    split: float
    share: float
    header: tuple[tuple[str, str], ...]
    sets: tuple[tuple[str, str], ...]
    tracks: tuple[Track, ...]
    charts: tuple[Chart, ...]

    @property
    def datasets(self) -> tuple[str, ...]:
        """Every dataset the page reads, in alphabetical order."""
        return tuple(sorted({self.dataset, *(one.dataset for one in (*self.tracks, *self.charts))}))

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable of the subject that it reads."""
        fields = (name for _, shown in self.header for name in FIELD.findall(shown))
        return tuple(sorted({*self.dates, *fields, *(name for _, name in self.sets)}))


def read_profile(folder: Path) -> Profile | None:
    """The profile that a study's `tlf` folder states; None where it states none.

    Raises: SpecError for what the language refuses.
    """
    path = folder / PROFILE
    if not path.is_file():
        return None
    node = display_node(path, folder.parent.parent)
    owner = "profile"
    known(node, KEYS, owner)
    origin = required(node, "origin", owner, Mapping)
    known(origin, ("dates", "label"), f"{owner}.origin")
    axis = node.get("axis", Mapping())
    known(axis, ("split", "share"), f"{owner}.axis")
    return Profile(
        title=text(node, "title", owner, "Subject profile"),
        at=f"{node.at}: {owner}",
        dataset=str(required(node, "subjects", owner, Text)),
        dates=texts(origin, "dates", f"{owner}.origin"),
        origin=text(origin, "label", f"{owner}.origin", "Day"),
        split=number(axis, "split", f"{owner}.axis", 0.0),
        share=number(axis, "share", f"{owner}.axis", 0.5),
        header=_pairs(node, "header", owner),
        sets=_pairs(node, "sets", owner),
        tracks=tuple(_each(node, "tracks", _track)),
        charts=tuple(_each(node, "charts", _chart)),
    )


def _pairs(node: Mapping, key: str, owner: str) -> tuple[tuple[str, str], ...]:
    given = required(node, key, owner, Mapping) if key in node else Mapping()
    return tuple((name, text(given, name, f"{owner}.{key}", "")) for name in given)


def _each(node: Mapping, key: str, read: object) -> list:
    given = required(node, key, "profile", Mapping) if key in node else Mapping()
    return [
        read(name, required(given, name, f"profile.{key}", Mapping), f"profile.{key}.{name}")
        for name in given
    ]


def _where(node: Mapping, key: str, owner: str) -> Condition | None:
    return condition(node[key], owner) if key in node else None


def _track(name: str, node: Mapping, owner: str) -> Track:
    known(node, TRACK_KEYS, owner)
    by, colours = _colours(node, owner)
    return Track(
        name=name,
        at=f"{node.at}: {owner}",
        label=text(node, "label", owner, name),
        dataset=str(required(node, "from", owner, Text)),
        where=_where(node, "where", owner),
        start=str(required(node, "start", owner, Text)),
        end=text(node, "end", owner, ""),
        text=text(node, "text", owner, ""),
        lane=text(node, "lane", owner, ""),
        marker=choice(node, "marker", MARKERS, owner),
        by=by,
        colours=colours,
    )


def _colours(node: Mapping, owner: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    if "colour" not in node:
        return "", ()
    owner = f"{owner}.colour"
    given = required(node, "colour", owner, Mapping)
    known(given, ("by", "of"), owner)
    of = required(given, "of", owner, Mapping)
    for value, colour in of.items():
        if not (isinstance(colour, Text) and COLOUR.fullmatch(colour)):
            raise SpecError("tlf.kind", place(of, value, owner), key=value, kind='a colour, "#RRGGBB"')
    return str(required(given, "by", owner, Text)), tuple((str(v), str(c)) for v, c in of.items())


def _chart(name: str, node: Mapping, owner: str) -> Chart:
    known(node, CHART_KEYS, owner)
    return Chart(
        name=name,
        at=f"{node.at}: {owner}",
        label=text(node, "label", owner, name),
        dataset=str(required(node, "from", owner, Text)),
        where=_where(node, "where", owner),
        date=str(required(node, "date", owner, Text)),
        value=str(required(node, "value", owner, Text)),
        scale=choice(node, "scale", SCALES, owner),
        low=text(node, "low", owner, ""),
        high=text(node, "high", owner, ""),
        hollow=_where(node, "hollow", owner),
        limit=text(node, "limit", owner, ""),
    )

"""`count`: subjects with a record that satisfies a condition, and the exact interval of their proportion.

`having` and `lacking` (`{from, where}`) keep those subjects who also have, or do not have, such a record, and
`worst` a subject's records with its highest value; `event` names what makes records one event.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clinical.read import Mapping, Sequence
from tlf.nodes import Filter, choice, confidence, known, required, text, with_part
from tlf.rows import Asked, Place, Row
from tlf.statistics import clopper_pearson
from tlf.words.once import records_once
from tlf.words.shares import Share, add_share, share_text, show_of
from tlf.words.word import Word

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.shapes.lines import Cells, Line
    from tlf.spec import Display


@dataclass(frozen=True)
class Other:
    """Records of a dataset that a counted subject also has, or has not."""

    dataset: str
    where: Filter
    wanted: bool


@dataclass(frozen=True)
class Count(Share):
    """The interval below the count, if any, and its label; other records; the highest value; the event."""

    ci: str
    ci_label: str
    conf: float
    others: tuple[Other, ...]
    worst: str
    event: str


def _read(node: Mapping, here: Place) -> Asked:
    owner, filters = here.owner, ()
    if node["count"] != "all":
        kind = Sequence if isinstance(node["count"], Sequence) else Mapping
        filters = (with_part(required(node, "count", owner, kind), here.parts, owner),)
    own = Count(
        show=show_of(node, owner),
        ci=choice(node, "ci", ("none", "clopper_pearson"), owner),
        ci_label=text(node, "ci_label", owner, "95% CI"),
        conf=confidence(node, owner),
        others=tuple(_other(node, key, here) for key in ("having", "lacking") if key in node),
        worst=text(node, "worst", owner, ""),
        event=text(node, "event", owner, ""),
    )
    return Asked(filters=filters, own=own, also=tuple(one.dataset for one in own.others))


def _other(node: Mapping, key: str, here: Place) -> Other:
    given = required(node, key, here.owner, Mapping)
    owner = f"{here.owner}.{key}"
    known(given, ("from", "where"), owner)
    dataset = text(given, "from", owner, text(node, "from", owner, here.records))
    return Other(dataset, with_part(required(given, "where", owner), here.parts, owner), key == "having")


def _add(results: Results, row: Row) -> None:
    parts = list(results.display.columns.parts)
    sizes = np.zeros((len(parts), len(results.people.groups)), dtype="int64")
    for index, part in enumerate(parts):
        person = records_once(results, row, part, row.own.worst, row.own.event).person
        for other in row.own.others:
            has = results.people.who_has(other.dataset, other.where[part], row.at)
            person = person[has[person] == other.wanted]
        of = results.denominators(row, part)
        for place, group in enumerate(results.people.groups):
            count = len(add_share(results, row, place, part, person, int(of[place])))
            sizes[index, place] = count
            if row.own.ci != "none":
                _add_interval(results, row, group.label, part, count, int(of[place]))
    results.sizes[row.name] = sizes


def _add_interval(results: Results, row: Row, group: str, part: str, count: int, of: int) -> None:
    form = row.formats["interval"]
    for name, limit in zip(("lower", "upper"), clopper_pearson(count, of, row.own.conf), strict=True):
        digits = form.decimals(name, 0)
        results.add(row, group, part, name, 100 * limit, digits=digits, missing="-", denominator=of)


def _lines(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    interval = row.own.ci != "none"
    yield cells.line(row, row.label, row.indent, share_text(row), keep=interval)
    if interval:
        yield cells.line(row, row.own.ci_label, row.indent + 1, row.formats["interval"].fill, linked=False)


ARGUMENTS = ("show", "ci", "ci_label", "conf", "having", "lacking", "worst", "event")
SAYS = "subjects with at least one such record, each counted once"
COUNT = Word("count", ARGUMENTS, _read, _add, _lines, says=SAYS)

"""`nested`: n (%) of the subjects with each outer level and, under it, with each inner level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.errors import SpecError
from clinical.frames import Frame, as_text
from clinical.read import Mapping
from tlf.nodes import number, place, text, texts
from tlf.rows import MISSING, Asked, Place, Row
from tlf.words.once import at_worst, first_of_event, worst_values
from tlf.words.shares import Share, add_share, share_text, show_of
from tlf.words.word import Word

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.shapes.lines import Cells, Line
    from tlf.spec import Display

LEVEL = "{level}"


@dataclass(frozen=True)
class Nested(Share):
    """The label of records without a level, what is shown of whom, and how an inner level is labelled."""

    missing: str
    worst: str
    event: str
    minimum: float
    inner_label: str


@dataclass(frozen=True)
class Term:
    """One line: an outer level, or an inner level of it."""

    outer: str
    inner: str = ""

    @property
    def label(self) -> str:
        """The level that the line is about."""
        return self.inner or self.outer


def _read(node: Mapping, here: Place) -> Asked:
    owner = here.owner
    variables = texts(node, "nested", owner)
    if len(variables) not in (1, 2):
        raise SpecError("tlf.variables", place(node, "nested", owner), word="nested", wanted="1 or 2")
    own = Nested(
        show=show_of(node, owner),
        missing=text(node, "missing", owner, ""),
        worst=text(node, "worst", owner, ""),
        event=text(node, "event", owner, ""),
        minimum=number(node, "minimum", owner, 0.0),
        inner_label=text(node, "inner_label", owner, LEVEL),
    )
    return Asked(variables=variables, own=own)


def _add(results: Results, row: Row) -> None:
    """n (%) of the subjects with each outer level and, under it, with each inner level.

    Rows:    with `minimum` only inner levels that this percentage of the subjects of a group has (of the
             total, if it is the only one), and outer levels with such a line; the percentage is enough.
    Needs:   `worst` counts a subject in each line at its highest value alone, before the parts' conditions.
    Ties:    lines by falling number of subjects of all groups together, before the parts' conditions, then
             by alphabet, within each level: the same order and the same lines under every part.
    Missing: a level `Missing`, or what the row says, last.
    Source:  E.0, E.2.
    """
    missing = row.own.missing or MISSING
    read = {part: _records(results, row, part, missing) for part in results.display.columns.parts}
    terms = _terms(results, row, read, missing)
    for part, frame in read.items():
        of = results.denominators(row, part)
        behind = {inner: _behind(row, frame, inner) for inner in (False, True)}
        for term in terms:
            person = behind[bool(term.inner)].get(_key(term), np.zeros(0, dtype="int64"))
            parent = term.outer if term.inner else ""
            for group in range(len(results.people.groups)):
                add_share(results, row, group, part, person, int(of[group]), term.label, parent)


def _records(results: Results, row: Row, part: str, missing: str) -> Frame:
    """What the row reads for a part: levels, subject, and whether the part's own condition holds."""
    people = results.people
    records = people.records(row, part, conditioned=False)
    levels = [
        as_text(people.variable(records, name, row.at)).fillna(missing).to_numpy(dtype=object)
        for name in row.variables
    ]
    asked = results.display.columns.conditions.get(part)
    frame = {
        "outer": levels[0],
        "inner": levels[-1] if len(levels) == 2 else "",
        "person": records.person,
        "of_part": people.mask(records, asked, row.at) if asked else True,
        "worst": worst_values(results, row, records, row.own.worst) if row.own.worst else 0.0,
        "event": people.variable(records, row.own.event, row.at) if row.own.event else None,
    }
    return pd.DataFrame(frame, index=range(len(records.person)))


def _behind(row: Row, frame: Frame, inner: bool) -> dict[tuple[str, str], np.ndarray]:
    """For each line the subjects counted under the part, one entry a record or a named event."""
    by = ["outer", "inner"] if inner else ["outer"]
    found = frame
    if row.own.worst:
        found = found[at_worst(found, [*by, "person"], "worst")]
    found = found[found["of_part"].to_numpy(dtype=bool)]
    behind = {}
    for key, one in found.groupby(by, sort=False):
        kept = first_of_event(one["person"].to_numpy(), one["event"]) if row.own.event else slice(None)
        behind[key if inner else (key[0], "")] = one["person"].to_numpy()[kept]
    return behind


def _terms(results: Results, row: Row, read: dict[str, Frame], missing: str) -> list[Term]:
    """The lines in the order in which they are printed."""
    whole = pd.concat(list(read.values()), ignore_index=True)
    two = len(row.variables) == 2
    kept = _frequent(results, row, read) if row.own.minimum else None
    inner = [one for one in _counted(whole, ["outer", "inner"]) if kept is None or _key(one[0]) in kept]
    outer = [one for one in _counted(whole, ["outer"]) if one[0].outer in {term.outer for term, _ in inner}]
    lines: list[Term] = []
    for term in _ordered(outer, missing):
        lines.append(term)
        if two:
            lines += _ordered([one for one in inner if one[0].outer == term.outer], missing)
    return lines


def _counted(frame: Frame, by: list[str]) -> list[tuple[Term, int]]:
    counts = frame.groupby(by, sort=True)["person"].nunique()
    return [(Term(*(key if isinstance(key, tuple) else (key,))), int(n)) for key, n in counts.items()]


def _ordered(lines: list[tuple[Term, int]], missing: str) -> list[Term]:
    ordered = sorted(lines, key=lambda one: (one[0].label == missing, -one[1], one[0].label))
    return [term for term, _ in ordered]


def _frequent(results: Results, row: Row, read: dict[str, Frame]) -> set[tuple[str, str]]:
    """The innermost lines that enough subjects of a column have."""
    total = results.display.columns.total
    places = [at for at, group in enumerate(results.people.groups) if group.label != total] or [0]
    found = set()
    for part, frame in read.items():
        of = results.denominators(row, part)
        once = frame[["outer", "inner", "person"]].drop_duplicates()
        for at in places:
            member = results.people.groups[at].member[once["person"].to_numpy()]
            counts = once[member].groupby(["outer", "inner"], sort=False).size()
            found |= {key for key, count in counts.items() if 100 * count >= row.own.minimum * of[at]}
    return found


def _key(term: Term) -> tuple[str, str]:
    return term.outer, term.inner


def _lines(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    if row.label:
        yield cells.heading(row, row.label, row.indent)
    levels = cells.levels(row.name)
    for at, (parent, level) in enumerate(levels):
        inner = bool(parent)
        follows = at + 1 < len(levels) and bool(levels[at + 1][0])
        yield cells.line(
            row,
            row.own.inner_label.replace(LEVEL, level) if inner else level,
            row.indent + inner,
            share_text(row),
            level=level,
            parent=parent,
            keep=follows and not inner,
        )


ARGUMENTS = ("missing", "show", "worst", "event", "minimum", "inner_label")
SAYS = "subjects with at least one record of the level, each counted once a level; most frequent first"
NESTED = Word("nested", ARGUMENTS, _read, _add, _lines, says=SAYS)

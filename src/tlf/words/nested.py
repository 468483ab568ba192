"""`nested`: n (%) of the subjects with each outer level and, under it, with each inner level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.frames import as_text
from clinical.read import Mapping
from tlf.nodes import text
from tlf.rows import MISSING, Asked, Place, Row
from tlf.words.shares import Share, add_share, share_text, show_of
from tlf.words.word import Word, variables_of

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.shapes.lines import Cells, Line
    from tlf.spec import Display


@dataclass(frozen=True)
class Nested(Share):
    """The label of records without a level."""

    missing: str


def _read(node: Mapping, here: Place) -> Asked:
    own = Nested(show=show_of(node, here.owner), missing=text(node, "missing", here.owner, ""))
    return Asked(variables=variables_of(node, "nested", here.owner, wanted=2), own=own)


def _add(results: Results, row: Row) -> None:
    """n (%) of the subjects with each outer level and, under it, with each inner level.

    Ties:    lines by falling number of subjects of all groups together, then by alphabet, within each level.
    Missing: a level `Missing`, or what the row says, last.
    """
    missing = row.own.missing or MISSING
    for part in results.display.columns.parts:
        records = results.people.records(row, part)
        outer, inner = (
            as_text(results.people.variable(records, name, row.at)).fillna(missing).to_numpy(dtype=object)
            for name in row.variables
        )
        of = results.denominators(row, part)
        frame = pd.DataFrame({"parent": outer, "level": inner, "person": records.person})
        parents = _ordered(frame, ["parent"], missing)
        children = {key[0]: [] for key, _ in parents}
        for key, who in _ordered(frame, ["parent", "level"], missing):
            children[key[0]].append((key[1], who))
        for (parent,), who in parents:
            _add_groups(results, row, part, who, of, parent, "")
            for level, those in children[parent]:
                _add_groups(results, row, part, those, of, level, parent)


def _add_groups(
    results: Results, row: Row, part: str, who: np.ndarray, of: np.ndarray, level: str, parent: str
) -> None:
    for place in range(len(results.people.groups)):
        add_share(results, row, place, part, who, int(of[place]), level, parent)


def _ordered(frame: pd.DataFrame, by: list[str], missing: str) -> list[tuple[tuple[str, ...], np.ndarray]]:
    """For each combination of `by` the subjects that have it, in the order in which the lines are printed."""
    once = frame[[*by, "person"]].drop_duplicates().sort_values([*by, "person"], kind="stable")
    groups = once.groupby(by, sort=True)["person"]
    lines = [(key if isinstance(key, tuple) else (key,), who.to_numpy()) for key, who in groups]
    return sorted(lines, key=lambda line: (line[0][-1] == missing, -len(line[1]), line[0]))


def _lines(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    if row.label:
        yield cells.heading(row, row.label, row.indent)
    for parent, level in cells.levels(row.name):
        inner = bool(parent)
        indent = row.indent + inner
        share = share_text(row)
        yield cells.line(row, level, indent, share, level=level, parent=parent, keep=not inner)


NESTED = Word("nested", ("missing", "show"), _read, _add, _lines)

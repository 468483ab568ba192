"""`shift`: subjects by their level at baseline (lines) and their worst level after it (parts of the columns).

`baseline` and `worst` are the conditions of the one record of each; `columns.each` has a part for every
level, `missing` for those without a worst level and `total` for all of a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clinical.errors import SpecError
from clinical.frames import as_text
from clinical.read import Mapping
from clinical.where import Condition, condition
from tlf.nodes import required
from tlf.people import Records
from tlf.rows import MISSING, Asked, Level, Place, Row, levels_of
from tlf.words.shares import Share, add_share, level_lines, show_of
from tlf.words.word import Word, variables_of

if TYPE_CHECKING:
    from tlf.results import Results

NO_LEVEL, ALL = "missing", "total"
NO_LEVEL_LABEL, ALL_LABEL = MISSING, "Total"


@dataclass(frozen=True)
class Shift(Share):
    """The levels in order and which record of a subject is which."""

    levels: tuple[Level, ...]
    baseline: Condition
    worst: Condition


def _read(node: Mapping, here: Place) -> Asked:
    owner = here.owner
    levels = levels_of(required(node, "levels", owner), owner)
    wanted = (*(level.values[0] for level in levels), NO_LEVEL, ALL)
    if here.parts != wanted:
        raise SpecError("tlf.shift-parts", here.at, parts=", ".join(wanted))
    own = Shift(
        show=show_of(node, owner),
        levels=levels,
        baseline=condition(required(node, "baseline", owner), f"{owner}.baseline"),
        worst=condition(required(node, "worst", owner), f"{owner}.worst"),
    )
    return Asked(variables=variables_of(node, "shift", owner), own=own)


def _add(results: Results, row: Row) -> None:
    """Subjects of every level at baseline with every worst level; all of a group are in the total.

    Missing: a line and a part of their own.
    Raises:  SpecError for two records of a subject where one is meant, and for a level that is not listed.
    Source:  E.2, T14.3.9.
    """
    parts = list(results.display.columns.parts)
    records = results.people.records(row, parts[0], conditioned=False)
    before, after = (_codes(results, row, records, one) for one in (row.own.baseline, row.own.worst))
    everybody = np.ones(len(before), dtype=bool)
    count = len(row.own.levels)
    choices = [*range(count), -1, None]
    labels = [*(level.label for level in row.own.levels), NO_LEVEL_LABEL, ALL_LABEL]
    for column, part in zip(choices, parts, strict=True):
        of = results.denominators(row, part)
        inside = everybody if column is None else after == column
        for line, label in zip(choices, labels, strict=True):
            person = np.flatnonzero(inside & (everybody if line is None else before == line))
            for place in range(len(results.people.groups)):
                add_share(results, row, place, part, person, int(of[place]), label)


def _codes(results: Results, row: Row, records: Records, asked: Condition) -> np.ndarray:
    """For each of the population the place of its level, -1 for none."""
    people = results.people
    kept = people.mask(records, asked, row.at)
    values = as_text(people.variable(records, row.variables[0], row.at))[kept]
    person = records.person[kept]
    if len(np.unique(person)) < len(person):
        raise SpecError("tlf.two-records", row.at, count=len(person) - len(np.unique(person)))
    place = {value: at for at, level in enumerate(row.own.levels) for value in level.values}
    strange = sorted(set(values.dropna()) - set(place))
    if strange:
        raise SpecError("tlf.shift-level", row.at, variable=row.variables[0], value=strange[0])
    codes = np.full(len(people), -1)
    codes[person] = [place.get(value, -1) for value in values]
    return codes


SHIFT = Word("shift", ("levels", "baseline", "worst", "show"), _read, _add, level_lines)

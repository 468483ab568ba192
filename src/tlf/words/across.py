"""`across`: a number summarised at each level of a variable; every part of the columns is a statistic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.errors import SpecError
from clinical.frames import as_text
from clinical.read import Mapping, Text
from tlf.formats import formats_of
from tlf.nodes import hint, required
from tlf.rows import MISSING, Asked, Level, Place, Row, levels_of
from tlf.words.summaries import (
    ARGUMENTS,
    GEOMETRIC_MEAN,
    Summary,
    add_summary,
    measured,
    summary_notes,
    summary_of,
    tell_repeated,
)
from tlf.words.word import Word, variables_of

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.shapes.lines import Cells, Line
    from tlf.spec import Display


@dataclass(frozen=True)
class Across(Summary):
    """The lines: a variable and its levels in order."""

    by: str
    levels: tuple[Level, ...]


def _read(node: Mapping, here: Place) -> Asked:
    owner = here.owner
    forms = formats_of(node.get("formats", Mapping()), here.formats, owner)["across"]
    for part in here.parts:
        if part not in forms:
            raise SpecError("tlf.no-statistic", here.at, part=part, hint=hint(part, tuple(forms)))
    own = Across(
        **vars(summary_of(node, owner)),
        by=str(required(node, "by", owner, Text)),
        levels=levels_of(required(node, "levels", owner), owner),
    )
    return Asked(variables=variables_of(node, "across", owner), own=own)


def _add(results: Results, row: Row) -> None:
    """The statistic of every column at every level, in every group.

    Ties:    all values of a subject at a level count, with a finding where there are several.
    Missing: a line of its own for records without a level, and one for each value that is not listed.
    """
    forms = row.formats["across"]
    for part in results.display.columns.parts:
        records = results.people.records(row, part)
        values, below = measured(results, row, records, row.own.below)
        who = _counted(forms[part].digits, ~np.isnan(values), below)
        texts = as_text(results.people.variable(records, row.own.by, row.at)).fillna(MISSING)
        first = part == next(iter(results.display.columns.parts))
        for level in _levels(results, row, texts, tell=first):
            at = texts.isin(list(level.values)).to_numpy(dtype=bool)
            if first:
                tell_repeated(results, row, records.person[at & ~np.isnan(values)])
            for group in results.people.groups:
                inside = at & group.member[records.person]
                add_summary(
                    results, row, group.label, part, (forms[part],),
                    values=values[inside], below=below[inside], level=level.label,
                )  # fmt: skip
                people = np.unique(records.person[inside & who])
                results.add_subjects(row, group.label, part, people, level.label)


def _counted(statistics: dict[str, tuple[bool, int]], known: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Which values a column is of: those below the limit, those above it, or all."""
    if set(statistics) <= {"below"}:
        return known & below
    return known & ~below if set(statistics) <= set(GEOMETRIC_MEAN) else known


def _levels(results: Results, row: Row, texts: pd.Series, *, tell: bool) -> list[Level]:
    listed = {value for level in row.own.levels for value in level.values}
    strange = sorted(set(texts) - listed)
    if strange and tell:
        results.findings.add(
            "tlf.value-without-line",
            dataset=row.dataset,
            variable=row.own.by,
            display=results.display.name,
            analysis=row.name,
            count=len(strange),
        )
    return [*row.own.levels, *(Level((value,), value) for value in strange)]


def _lines(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    forms = {frozenset(form.digits): form for form in row.formats["across"].values()}
    if row.label:
        yield cells.heading(row, row.label, row.indent)
    for _, level in cells.levels(row.name):
        indent = row.indent + bool(row.label)
        yield cells.line(row, level, indent, lambda found: forms[frozenset(found)].fill(found), level=level)


ACROSS = Word("across", (*ARGUMENTS, "by", "levels"), _read, _add, _lines, notes=summary_notes)

"""`visits`: a number summarised at every visit, on one line where its format has one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clinical.frames import as_text
from clinical.read import Mapping
from tlf.formats import NOT_DEFINED, Format
from tlf.nodes import number, required, text
from tlf.rows import Asked, Level, Place, Row, levels_of
from tlf.statistics import describe
from tlf.words.once import worst_values
from tlf.words.word import Word, variables_of

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.shapes.lines import Cells, Line
    from tlf.spec import Display


@dataclass(frozen=True)
class Visits:
    """The variable of the visit, the visits in order, decimals of the raw value."""

    by: str
    levels: tuple[Level, ...]
    decimals: int


def _read(node: Mapping, here: Place) -> Asked:
    own = Visits(
        by=text(node, "by", here.owner, "AVISIT"),
        levels=levels_of(required(node, "levels", here.owner), here.owner),
        decimals=int(number(node, "decimals", here.owner, 0)),
    )
    return Asked(variables=variables_of(node, "visits", here.owner), own=own)


def _add(results: Results, row: Row) -> None:
    """The statistics of the format, of every visit and group.

    Missing: `-` where a statistic does not exist; n is 0 at a visit nobody had. Visits that are not listed
             are not shown.
    """
    forms = row.formats["continuous"].values()
    digits = {name: form.decimals(name, row.own.decimals) for form in forms for name in form.digits}
    for part in results.display.columns.parts:
        records = results.people.records(row, part)
        numbers = worst_values(results, row, records, row.variables[0])
        visit = as_text(results.people.variable(records, row.own.by, row.at))
        for level in row.own.levels:
            at = visit.isin(list(level.values)).to_numpy() & ~np.isnan(numbers)
            for group in results.people.groups:
                inside = at & group.member[records.person]
                found = describe(numbers[inside])
                for name, places in digits.items():
                    results.add(
                        row, group.label, part, name, found[name], digits=places, missing=NOT_DEFINED,
                        level=level.label,
                    )  # fmt: skip
                who = np.unique(records.person[inside])
                results.add_subjects(row, group.label, part, who, level.label)


def _lines(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    if row.label:
        yield cells.heading(row, row.label, row.indent)
    forms = row.formats["continuous"]
    indent = row.indent + bool(row.label)
    for _, level in cells.levels(row.name):
        if len(forms) == 1:
            form = next(iter(forms.values()))
            yield cells.line(row, level, indent, _or_nothing(form), level=level)
            continue
        yield cells.heading(row, level, indent)
        for at, (label, form) in enumerate(forms.items()):
            yield cells.line(row, label, indent + 1, form.fill, level=level, keep=at < len(forms) - 1)


def _or_nothing(form: Format) -> Callable[[dict[str, str]], str]:
    return lambda found: "0" if found.get("n") == "0" else form.fill(found)


VISITS = Word("visits", ("by", "levels", "decimals"), _read, _add, _lines)

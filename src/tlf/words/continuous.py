"""`continuous`: a number summarised in every group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.errors import SpecError
from clinical.read import Mapping
from tlf.formats import NOT_DEFINED
from tlf.nodes import number
from tlf.rows import Asked, Place, Row
from tlf.statistics import describe
from tlf.words.word import Word, variables_of

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.shapes.lines import Cells, Line
    from tlf.spec import Display


@dataclass(frozen=True)
class Continuous:
    """Decimals of the raw value."""

    decimals: int


def _read(node: Mapping, here: Place) -> Asked:
    own = Continuous(int(number(node, "decimals", here.owner, 0)))
    return Asked(variables=variables_of(node, "continuous", here.owner), own=own)


def _add(results: Results, row: Row) -> None:
    """n, mean, SD, median, quartiles and range of a variable, in every group.

    Missing: `-` where a statistic does not exist (SD of one value, anything of none).
    """
    formats = row.formats["continuous"]
    digits = {
        name: form.decimals(name, row.own.decimals) for form in formats.values() for name in form.digits
    }
    for part in results.display.columns.parts:
        records = results.people.records(row, part)
        values = results.people.variable(records, row.variables[0], row.at)
        if not pd.api.types.is_float_dtype(values):
            raise SpecError("tlf.not-a-number", row.at, variable=row.variables[0])
        numbers = values.to_numpy()
        for group in results.people.groups:
            inside = group.member[records.person] if len(records.person) else np.zeros(0, dtype=bool)
            found = describe(numbers[inside])
            for name, places in digits.items():
                results.add(row, group.label, part, name, found[name], digits=places, missing=NOT_DEFINED)
            results.add_subjects(
                row, group.label, part, np.unique(records.person[inside & ~np.isnan(numbers)])
            )


def _lines(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    if row.label:
        yield cells.heading(row, row.label, row.indent)
    formats = row.formats["continuous"]
    for place, (label, form) in enumerate(formats.items()):
        more = place < len(formats) - 1
        yield cells.line(row, label, row.indent + bool(row.label), form.fill, keep=more)


CONTINUOUS = Word("continuous", ("decimals",), _read, _add, _lines)

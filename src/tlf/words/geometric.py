"""`geometric`: a positive number, such as an exposure, summarised in every group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clinical.read import Mapping
from tlf.rows import Asked, Place, Row
from tlf.words.summaries import (
    ARGUMENTS,
    add_summary,
    format_lines,
    measured,
    summary_notes,
    summary_of,
    tell_repeated,
)
from tlf.words.word import Word, variables_of

if TYPE_CHECKING:
    from tlf.results import Results


def _read(node: Mapping, here: Place) -> Asked:
    own = summary_of(node, here.owner)
    return Asked(variables=variables_of(node, "geometric", here.owner), own=own)


def _add(results: Results, row: Row) -> None:
    """n, geometric mean, geometric CV%, median and range of a variable, in every group.

    Missing: `NC` for a geometric mean that is not calculated, `-` for another statistic that does not exist.
    """
    forms = tuple(row.formats["geometric"].values())
    for part in results.display.columns.parts:
        records = results.people.records(row, part)
        values, below = measured(results, row, records, row.own.below)
        known = ~np.isnan(values)
        tell_repeated(results, row, records.person[known])
        for group in results.people.groups:
            inside = group.member[records.person]
            add_summary(results, row, group.label, part, forms, values=values[inside], below=below[inside])
            results.add_subjects(row, group.label, part, np.unique(records.person[inside & known]))


GEOMETRIC = Word("geometric", ARGUMENTS, _read, _add, format_lines, notes=summary_notes)

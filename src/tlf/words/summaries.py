"""What words that summarise measurements with a limit of quantification share [D.8, E.0]."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.errors import SpecError
from clinical.read import Mapping
from clinical.where import Condition, condition
from tlf.formats import NOT_CALCULATED, NOT_DEFINED, Format
from tlf.nodes import number
from tlf.rows import Row
from tlf.statistics import Calculable, summarise

if TYPE_CHECKING:
    from tlf.people import Records
    from tlf.results import Results
    from tlf.shapes.lines import Cells, Line
    from tlf.spec import Display

ARGUMENTS = ("decimals", "below", "least", "most_below")
GEOMETRIC_MEAN = ("gm", "gcv")


@dataclass(frozen=True)
class Summary:
    """Decimals of the raw value, which values are below the limit, when a geometric mean is calculated."""

    decimals: int
    below: Condition | None
    when: Calculable


def summary_of(node: Mapping, owner: str) -> Summary:
    """The arguments of a summary."""
    return Summary(
        decimals=int(number(node, "decimals", owner, 0)),
        below=condition(node["below"], f"{owner}.below") if "below" in node else None,
        when=calculable_of(node, owner),
    )


def calculable_of(node: Mapping, owner: str) -> Calculable:
    """When the geometric mean of a summary is calculated."""
    return Calculable(int(number(node, "least", owner, 1)), number(node, "most_below", owner, 100.0))


def measured(
    results: Results, row: Row, records: Records, asked: Condition | None
) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the row's variable, and which of them are below the limit.

    Raises: SpecError for a variable that is not a number.
    """
    values = results.people.variable(records, row.variables[0], row.at)
    if not pd.api.types.is_float_dtype(values):
        raise SpecError("tlf.not-a-number", row.at, variable=row.variables[0])
    below = results.people.mask(records, asked, row.at) if asked else np.zeros(len(values), dtype=bool)
    return values.to_numpy(), below


def add_summary(
    results: Results, row: Row, group: str, part: str, forms: tuple[Format, ...], *, values: np.ndarray,
    below: np.ndarray, level: str = "",
) -> None:  # fmt: skip
    """Adds the statistics that the formats name, of the values of one cell."""
    found = summarise(values, below, row.own.when)
    for form in forms:
        for name in form.digits:
            results.add(
                row, group, part, name, found[name],
                digits=form.decimals(name, row.own.decimals), significant=name in form.significant,
                missing=NOT_CALCULATED if name in GEOMETRIC_MEAN else NOT_DEFINED, level=level,
            )  # fmt: skip


def format_lines(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    """The label of a row, if it has one, and a line for each format of its word below it."""
    if row.label:
        yield cells.heading(row, row.label, row.indent)
    formats = row.formats[row.word]
    for place, (label, form) in enumerate(formats.items()):
        more = place < len(formats) - 1
        yield cells.line(row, label, row.indent + bool(row.label), form.fill, keep=more)


def tell_repeated(results: Results, row: Row, person: np.ndarray) -> None:
    """A finding where subjects have several values in one cell: each value counts. `person`: one a value."""
    count = int((np.unique(person, return_counts=True)[1] > 1).sum())
    if count:
        results.findings.add(
            "tlf.values-repeated",
            dataset=row.dataset,
            variable=row.variables[0],
            display=results.display.name,
            analysis=row.name,
            count=count,
        )


def summary_notes(row: Row) -> tuple[str, ...]:
    """How geometric means are made and when they are not."""
    return (calculation(row.own.when, blq=row.own.below is not None),)


def calculation(when: Calculable, *, blq: bool) -> str:
    """The sentence that says what a geometric mean is of and when it is not calculated."""
    of, fewer, share = "all values", "values", ""
    if blq:
        of, fewer = "the quantifiable values", "quantifiable values"
        share = f" or more than {when.most_below:g}% BLQ"
    return (
        f"Geometric mean and CV% are of {of}; geometric CV% = 100 x sqrt(exp(s^2) - 1), s = SD of the "
        f"natural logarithms. NC = not calculated: fewer than {when.least} {fewer}{share}."
    )

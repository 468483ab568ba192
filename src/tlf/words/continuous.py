"""`continuous`: a number, or the time between two dates, summarised in every group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.dates import duration
from clinical.errors import SpecError
from clinical.read import Mapping
from tlf.formats import NOT_DEFINED
from tlf.nodes import choice, number, text
from tlf.rows import Asked, Place, Row
from tlf.statistics import describe
from tlf.words.summaries import format_lines
from tlf.words.word import Word, variables_of

if TYPE_CHECKING:
    from tlf.people import Records
    from tlf.results import Results


@dataclass(frozen=True)
class Continuous:
    """Decimals of the raw value; `since` a date, in units of `per` days; which of several values."""

    decimals: int
    since: str
    per: float
    subject: str


def _read(node: Mapping, here: Place) -> Asked:
    own = Continuous(
        decimals=int(number(node, "decimals", here.owner, 0)),
        since=text(node, "since", here.owner, ""),
        per=number(node, "per", here.owner, 1.0),
        subject=choice(node, "subject", ("all", "lowest", "highest"), here.owner),
    )
    return Asked(variables=variables_of(node, "continuous", here.owner), own=own)


def _values(results: Results, row: Row, records: Records) -> np.ndarray:
    values = results.people.variable(records, row.variables[0], row.at)
    if not row.own.since:
        if not pd.api.types.is_float_dtype(values):
            raise SpecError("tlf.not-a-number", row.at, variable=row.variables[0])
        return values.to_numpy()
    since = results.people.variable(records, row.own.since, row.at)
    for name, dates in ((row.variables[0], values), (row.own.since, since)):
        if not pd.api.types.is_datetime64_any_dtype(dates):
            raise SpecError("tlf.not-a-date", row.at, variable=name)
    return (duration(since, values, "days").to_numpy() - 1) / row.own.per


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
        numbers = _of_subject(_values(results, row, records), records.person, row.own.subject)
        for group in results.people.groups:
            inside = group.member[records.person] if len(records.person) else np.zeros(0, dtype=bool)
            found = describe(numbers[inside])
            for name, places in digits.items():
                results.add(row, group.label, part, name, found[name], digits=places, missing=NOT_DEFINED)
            results.add_subjects(
                row, group.label, part, np.unique(records.person[inside & ~np.isnan(numbers)])
            )


def _of_subject(numbers: np.ndarray, person: np.ndarray, which: str) -> np.ndarray:
    """The values, but for the lowest or highest of each subject missing; of equal ones the first."""
    if which == "all":
        return numbers
    frame = pd.DataFrame({"person": person, "value": numbers}).sort_values(
        "value", ascending=which == "lowest", kind="stable"
    )
    kept = frame.drop_duplicates("person").index.to_numpy()
    return np.where(np.isin(np.arange(len(numbers)), kept), numbers, np.nan)


SAYS = "values that are not missing; SD with n - 1; quartiles as SAS PCTLDEF=5"
CONTINUOUS = Word("continuous", ("decimals", "since", "per", "subject"), _read, _add, format_lines, says=SAYS)

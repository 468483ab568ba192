"""Rows that summarise a number."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical.errors import SpecError
from tlf.formats import NOT_DEFINED
from tlf.results import Results
from tlf.rows import Row
from tlf.statistics import describe


def add_continuous(results: Results, row: Row) -> None:
    """n, mean, SD, median, quartiles and range of a variable, in every group.

    Missing: `-` where a statistic does not exist (SD of one value, anything of none).
    """
    formats = results.display.formats["continuous"]
    digits = {name: form.decimals(name, row.decimals) for form in formats.values() for name in form.digits}
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

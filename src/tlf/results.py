"""The numbers of a display, before anything is laid out: one long frame, and the subjects behind every count.

| column | holds |
|---|---|
| display, analysis | the display and its row |
| variable, parent, level | what was counted or measured, and the level of it (a line of the table) |
| group_variable, group, part | the column of the table |
| statistic, value, type | the number, as a number; `integer`, `decimal` or `text` |
| format, text | its pattern and its formatted form |
| denominator, denominator_n | the row whose n the percentage is of (none: N of the column), and that n |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.distinct import distinct
from clinical.errors import DerivationError
from clinical.findings import Findings
from clinical.frames import Frame
from tlf.formats import number_text, pattern
from tlf.rows import Row

if TYPE_CHECKING:
    from tlf.people import Group, People
    from tlf.spec import Display

RESULTS = {
    "display": "str", "analysis": "str", "variable": "str", "parent": "str", "level": "str",
    "group_variable": "str", "group": "str", "part": "str", "statistic": "str", "value": "float64",
    "type": "str", "format": "str", "text": "str", "denominator": "str", "denominator_n": "float64",
}  # fmt: skip
HEADER = "columns"
WHOLE = (
    "n", "of", "records", "at_risk", "events", "below", "day", "days", "from", "to", "grade", "place",
)  # fmt: skip
SUBJECTS = ("display", "analysis", "parent", "level", "group", "part", "USUBJID")


@dataclass
class Results:
    """Collects results and subjects of one display; what it holds follows the order of the rows.

    `cells` are the texts of a listing, one record a line.
    """

    display: Display
    people: People
    findings: Findings
    sizes: dict[str, np.ndarray] = field(default_factory=dict)
    cells: Frame | None = None
    _rows: list[tuple] = field(default_factory=list)
    _subjects: list[tuple[tuple[str, str, str, str, str], np.ndarray]] = field(default_factory=list)

    def add(
        self,
        row: Row,
        group: str,
        part: str,
        statistic: str,
        value: float,
        *,
        digits: int = 0,
        missing: str = "",
        level: str = "",
        parent: str = "",
        denominator: float = np.nan,
        significant: bool = False,
    ) -> None:
        """One number of one cell."""
        kind = "integer" if digits == 0 and statistic in WHOLE else "decimal"
        text = number_text(value, digits, missing, significant=significant)
        key = (row.name, " ".join(row.variables), parent, level, self.display.columns.by, group, part)
        cell = (statistic, value, kind, pattern(digits, significant=significant), text, row.of, denominator)
        self._rows.append((self.display.name, *key, *cell))

    def add_mark(
        self, row: Row, group: str, part: str, statistic: str, holds: bool, text: str, *,
        level: str = "", parent: str = "",
    ) -> None:  # fmt: skip
        """One mark of a cell, such as the + of a censored time, or nothing."""
        key = (row.name, " ".join(row.variables), parent, level, self.display.columns.by, group, part)
        cell = (statistic, float(holds), "text", "", text if holds else "", row.of, np.nan)
        self._rows.append((self.display.name, *key, *cell))

    def add_subjects(
        self, row: Row, group: str, part: str, people: np.ndarray, level: str = "", parent: str = ""
    ) -> None:
        """The subjects behind one count: positions in the population, in order."""
        self._subjects.append(((row.name, parent, level, group, part), people))

    def add_sizes(self) -> None:
        """N of every column, as its header shows it, under the analysis `columns`."""
        row = Row(HEADER, HEADER, self.display.at, self.display.population.dataset)
        for group in self.people.groups:
            self.add(row, group.label, "", "n", group.size)
            self.add_subjects(row, group.label, "", np.flatnonzero(group.member))

    def denominators(self, row: Row, part: str) -> np.ndarray:
        """For every group the number that percentages of this row are of."""
        if not row.of:
            return np.array([group.size for group in self.people.groups])
        return self.sizes[row.of][self.part_index(part)]

    def part_index(self, part: str) -> int:
        """Where a part stands among the parts of the columns."""
        return list(self.display.columns.parts).index(part)

    def header_size(self, group: Group) -> int | str:
        """N of a header."""
        return group.size

    def percent(self, row: Row, count: int, of: int) -> float:
        """100 count / of; NaN of none.

        Raises: DerivationError when more are counted than there are.
        """
        if count > of:
            raise DerivationError("tlf.more-than-all", row.at, count=count, of=of)
        return 100 * count / of if of else np.nan

    def frame(self) -> Frame:
        """All results, typed."""
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(RESULTS)
        return pd.DataFrame(
            {
                name: pd.Series(list(values), dtype=RESULTS[name])
                for name, values in zip(RESULTS, columns, strict=True)
            }
        )

    def subjects(self) -> Frame:
        """The subjects behind every count, one a row; columns are categories: a study can have millions."""
        sizes = [len(people) for _, people in self._subjects]
        keys = np.array([key for key, _ in self._subjects], dtype=object).reshape(len(sizes), 5)
        ids = (
            np.concatenate([people for _, people in self._subjects]) if sizes else np.array([], dtype="int64")
        )
        rows = np.repeat(np.arange(len(sizes)), sizes)
        whole = {"display": _categories([self.display.name], np.zeros(len(ids), dtype="int64"))}
        for at, name in enumerate(SUBJECTS[1:-1]):
            whole[name] = _categories(keys[:, at], rows)
        whole["USUBJID"] = _categories(self.people.ids, ids)
        return pd.DataFrame(whole)


def _categories(texts: Sequence[str], rows: np.ndarray) -> pd.Categorical:
    """The text at each of `rows`."""
    codes, values = distinct(pd.Series(texts, dtype="str"))
    return pd.Categorical.from_codes(codes[rows], pd.Index(values, dtype="str"))

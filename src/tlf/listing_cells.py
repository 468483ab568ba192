"""The cells of a listing: every text that is shown, in the order shown, and how many records they stand for.

Records in = lines + records that share a line + records left out by the condition + records of subjects
outside the population; the four numbers are in the results and in a footnote.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.distinct import distinct
from clinical.errors import SpecError
from clinical.frames import Frame, as_text, codes_of, group_codes, ranks_of, take
from clinical.rounding import fixed, shortest, significant
from clinical.where import as_numbers, in_words
from tlf.listing import FIELD, Listing, Shown
from tlf.nodes import hint
from tlf.people import SUBJECT, Records
from tlf.rows import Row

if TYPE_CHECKING:
    from tlf.results import Results

PAGE = "page"
NOTHING = "-"
SEVERAL = "; "
SURE_DIGITS = 12
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
LINES, SHARED, LEFT_OUT, OUTSIDE = "lines", "shared", "left out", "outside the population"


def add_listing(results: Results) -> None:
    """The cells of the listing and the number of records behind them."""
    display, people = results.display, results.people
    row = Row(name="records", word="", at=display.at, dataset=display.records or display.population.dataset)
    read, inside = people.sizes_of(row)
    records = people.records(row, "")
    found = len(records)
    cells, person = _cells(_Source(results, records), display.listing)
    results.cells = cells
    counts = {LINES: len(cells), SHARED: found - len(cells), LEFT_OUT: inside - found, OUTSIDE: read - inside}
    for level, count in counts.items():
        results.add(row, "", "", "records", count, level=level)
    subjects = np.unique(person)
    results.add(row, "", "", "n", len(subjects), level=LINES)
    results.add_subjects(row, "", "", subjects, LINES)


def _cells(source: _Source, listing: Listing) -> tuple[Frame, np.ndarray]:
    """One text a column and line, under the columns' names, `page` before them; and whose line it is."""
    kept = _firsts(source, listing)
    columns = {one.name: _shown(source, one)[kept] for one in listing.columns}
    page = np.full(len(kept), "", dtype=object)
    if listing.page_by:
        page = _shown(source, listing.page_by)[kept]
        page[page == ""] = listing.page_missing
    keys = [_rank(take(source.column(name, listing.at), kept)) for name in listing.sort]
    keys += [_rank(pd.Series(np.where(texts == "", None, texts), dtype="str")) for texts in columns.values()]
    order = np.lexsort(keys[::-1])
    order = order[np.argsort(codes_of(pd.Series(page[order])), kind="stable")]
    whole = {PAGE: page[order], **{name: texts[order] for name, texts in columns.items()}}
    frame = pd.DataFrame({name: pd.Series(texts, dtype="str") for name, texts in whole.items()})
    return frame, source.records.person[kept][order]


def _firsts(source: _Source, listing: Listing) -> np.ndarray:
    """The positions of the records that have a line: all, or the first of those that agree."""
    if not listing.once_for:
        return np.arange(len(source))
    keys = [codes_of(source.column(name, listing.at)) for name in (SUBJECT, *listing.once_for)]
    return np.unique(group_codes(keys), return_index=True)[1]


def _rank(column: pd.Series) -> np.ndarray:
    """Where each value stands in ascending order; missing comes last."""
    ranks = ranks_of(column)
    return np.where(ranks < 0, len(ranks), ranks)


class _Source:
    """The variables of the records, and of their subjects where the records have none of that name."""

    def __init__(self, results: Results, records: Records):
        self.results, self.people = results, results.people
        self.records = records

    def __len__(self) -> int:
        return len(self.records)

    def column(self, name: str, at: str) -> pd.Series:
        """One variable, a value a record."""
        if name in self.records.source.columns:
            return self.records.column(name)
        if name not in self.people.frame.columns:
            known = (*self.records.source.columns, *self.people.frame.columns)
            raise SpecError("tlf.no-variable", at, variable=name, hint=hint(name, known))
        return take(self.people.frame[name], self.records.person)


def _shown(source: _Source, shown: Shown) -> np.ndarray:
    """The text of one column, a cell a record; nothing where every variable of it is missing."""
    if not shown.dataset:
        return _filled(shown, [source.column(name, shown.at) for name in shown.variables])
    theirs = _looked_up(source, shown)
    get = source.people.variable
    cells = _filled(shown, [get(theirs, name, shown.at) for name in shown.variables])
    left = [as_text(source.column(ours, shown.at)) for ours, _ in shown.by]
    right = [as_text(get(theirs, other, shown.at)) for _, other in shown.by]
    return _joined(cells, (source.records.person, left), (theirs.person, right))


def _looked_up(source: _Source, shown: Shown) -> Records:
    """The records of another dataset that a column may show; a condition that none satisfies is a finding."""
    row = Row(name=shown.name, word="", at=shown.at, dataset=shown.dataset, joins_records=False)
    theirs = source.people.records(row, "")
    if not shown.where:
        return theirs
    kept = source.people.mask(theirs, shown.where, shown.at)
    if len(kept) and not kept.any():
        display = source.results.display.name
        named = {"dataset": shown.dataset, "display": display, "column": shown.name}
        source.results.findings.add("tlf.nothing-found", where=in_words(shown.where), **named)
    return theirs.kept(kept)


Keys = tuple[np.ndarray, list[pd.Series]]


def _joined(cells: np.ndarray, ours: Keys, theirs: Keys) -> np.ndarray:
    """For every record of ours the cells of theirs with the same keys, each once, in the order of theirs."""
    whole = [pd.concat([one, two], ignore_index=True) for one, two in zip(ours[1], theirs[1], strict=True)]
    people = np.concatenate([ours[0], theirs[0]])
    missing = (
        np.any([one.isna().to_numpy() for one in whole], axis=0) if whole else np.zeros(len(people), bool)
    )
    groups = group_codes([people, *map(codes_of, whole)])
    groups[missing] = -1
    found: dict[int, dict[str, None]] = {}
    size = len(ours[0])
    for group, cell in zip(groups[size:].tolist(), cells.tolist(), strict=True):
        if cell and group >= 0:
            found.setdefault(group, {})[cell] = None
    texts = {group: SEVERAL.join(each) for group, each in found.items()}
    return np.array([texts.get(group, "") for group in groups[:size].tolist()], dtype=object)


def _filled(shown: Shown, columns: list[pd.Series]) -> np.ndarray:
    """The text of a column with the values of its variables; `-` for one that is missing beside others."""
    texts = [_text(shown, name, column) for name, column in zip(shown.variables, columns, strict=True)]
    if len(texts) == 1 and shown.text == f"{{{shown.variables[0]}}}":
        return texts[0]
    some = np.any([one != "" for one in texts], axis=0)
    between = FIELD.sub("\0", shown.text).split("\0")
    whole = np.full(len(some), between[0], dtype=object)
    for one, after in zip(texts, between[1:], strict=True):
        whole = whole + np.where(one == "", NOTHING, one) + after
    return np.where(some, whole, "")


def _text(shown: Shown, name: str, column: pd.Series) -> np.ndarray:
    """A variable as text, worked out once for each of its values."""
    codes, values = distinct(column)
    stated = dict(shown.values)
    texts = [
        CONTROL.sub(" ", text) for text in _of_values(shown, name, pd.Series(values, dtype=column.dtype))
    ]
    texts = [stated.get(text, text) for text in texts]
    return np.array([*texts, ""], dtype=object)[codes]


def _of_values(shown: Shown, name: str, values: pd.Series) -> list[str]:
    if pd.api.types.is_datetime64_any_dtype(values):
        unit = "m" if name.endswith("DTM") else "D"
        return [str(one) for one in values.to_numpy().astype(f"datetime64[{unit}]")]
    numeric = pd.api.types.is_float_dtype(values)
    if shown.decimals is None and shown.significant is None:
        return (shortest(significant(values, SURE_DIGITS)) if numeric else values).tolist()
    numbers = pd.Series(as_numbers(values))
    if shown.significant is not None:
        texts = shortest(significant(numbers, shown.significant)).tolist()
    else:
        texts = [fixed(one, shown.decimals) if one == one else "" for one in numbers]
    return [
        text if number == number else raw for text, number, raw in zip(texts, numbers, values, strict=True)
    ]

"""`during`: the interval of the subject that a date, however partial, can only fall in [C-EPOCH]."""

from __future__ import annotations

import numpy as np

from clinical import dates
from clinical.frames import (
    Column,
    codes_of,
    expand,
    first_of_groups,
    group_codes,
    take,
)
from clinical.resolve import split_source
from clinical.rows import Records, Rows, column_of
from clinical.words import Word

DAY = 86_400


def during(rows: Rows, word: Word) -> Column:
    """The value shared by every interval [from, to) that the date can fall in.

    Compared at the coarser precision of the two; the last interval, and with `closed` each, includes its end.
    An interval without end is open, one without start is none.

    Missing: intervals with different values, a possible day that is in none.
    Source:  rule C-EPOCH.
    """
    head, column = split_source(word.value)
    records = (
        rows.build.form(head[4:]) if head.startswith("raw.") else rows.build.dataset(head, rows.made.spec)
    )
    left, right, groups = rows.groups(records)
    at = rows.value(word.args["at"])
    question = group_codes([left, codes_of(at)])
    distinct = first_of_groups(question, [], int(question.max(initial=-1)) + 1)
    asked = take(at, distinct)
    spans = _Spans(rows, records, word, right, groups)
    found = spans.value_at(asked, left[distinct])
    missing = at.isna().to_numpy()
    return take(
        column_of(rows.build, records, column), np.where(missing, -1, found[question] if len(found) else -1)
    )


class _Spans:
    """The intervals of each group, and the record whose value a date shares."""

    def __init__(self, rows: Rows, records: Records, word: Word, group: np.ndarray, groups: int):
        self.group, self.groups = group, groups
        starts = column_of(rows.build, records, word.args["from"].rpartition(".")[2])
        ends = column_of(rows.build, records, word.args["to"].rpartition(".")[2])
        self.start, self.start_timed = _moment(starts, dates.earliest), dates.has_time(starts)
        self.has_start = starts.notna().to_numpy()
        closed = self._last() if not word.args.get("closed") else np.ones(len(group), dtype=bool)
        self.end = np.where(closed, _moment(ends, dates.latest), _moment(ends, dates.earliest))
        self.end_timed, self.open = dates.has_time(ends), ends.isna().to_numpy()
        self.closed = closed
        self.value = codes_of(column_of(rows.build, records, split_source(word.value)[1]))

    def _last(self) -> np.ndarray:
        row = first_of_groups(self.group, [self.start], self.groups, last=True)
        closed = np.zeros(len(self.group), dtype=bool)
        closed[row[row >= 0]] = True
        return closed

    def value_at(self, at: Column, group: np.ndarray) -> np.ndarray:
        """The record that answers for each date, -1 for none."""
        low, high, timed = _moment(at, dates.earliest), _moment(at, dates.latest), dates.has_time(at)
        low = np.where(timed, low, low // DAY * DAY)
        left, row = expand(np.where(at.notna().to_numpy(), group, -1), self.group, self.groups)
        keep = self.has_start[row] & (self.value[row] >= 0)
        left, row = left[keep], row[keep]
        low, high, timed = low[left], np.where(timed, low, high)[left], timed[left]
        starts_by = _compare(self.start[row], high, timed & self.start_timed[row], ("le",))
        begun = _compare(self.start[row], low, timed & self.start_timed[row], ("le",))
        both = timed & self.end_timed[row]
        ends_after = self._before_end(low, row, both)
        still = self._before_end(high, row, both)
        touches = starts_by & ends_after
        size = len(at)
        low_in, high_in = np.zeros(size, bool), np.zeros(size, bool)
        low_in[left[begun & ends_after]] = True
        high_in[left[starts_by & still]] = True
        answer = np.full(size, -1, dtype="int64")
        hit_left, hit_row = left[touches], row[touches]
        answer[hit_left[::-1]] = hit_row[::-1]
        differs = np.zeros(size, bool)
        differs[hit_left[self.value[hit_row] != self.value[answer[hit_left]]]] = True
        differs[self._with_gap(hit_left, hit_row)] = True
        return np.where(low_in & high_in & ~differs, answer, -1)

    def _with_gap(self, left: np.ndarray, row: np.ndarray) -> np.ndarray:
        """The questions whose intervals leave a day between them that is in none."""
        start, end = self.start[row] // DAY, self.end[row] // DAY + self.closed[row]
        end = np.where(self.open[row], np.iinfo("int32").max, end)
        order = np.lexsort([start, left])
        left, start, end = left[order], start[order], end[order]
        apart = np.int64(2) ** 33
        covered = np.maximum.accumulate(end + left * apart) - left * apart
        gap = (left[1:] == left[:-1]) & (start[1:] > covered[:-1])
        return left[1:][gap]

    def _before_end(self, moment: np.ndarray, row: np.ndarray, both: np.ndarray) -> np.ndarray:
        inside = np.where(
            self.closed[row],
            _compare(moment, self.end[row], both, ("le",)),
            _compare(moment, self.end[row], both, ("lt",)),
        )
        return inside | self.open[row]


def _moment(column: Column, end: object) -> np.ndarray:
    return end(column).to_numpy().astype("datetime64[s]").astype("int64")


def _compare(left: np.ndarray, right: np.ndarray, timed: np.ndarray, how: tuple[str]) -> np.ndarray:
    """Comparison at the coarser precision: by the second where both have a time, else by the day."""
    operation = np.less_equal if how == ("le",) else np.less
    return np.where(timed, operation(left, right), operation(left // DAY, right // DAY))

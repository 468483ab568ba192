"""First and last dates of subjects among their records: what a time-to-event rule is made of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from adam.adtte_rules import NOWHERE, Dated, Line, Named
from adam.verbs.subjects import keep_subjects, moments
from clinical.frames import Frame, take
from clinical.where import Condition, mask

DAY = np.timedelta64(86_400, "s")


@dataclass(frozen=True, eq=False)
class Picked:
    """One date for each subject (NaT: none), the sequence number of its record and what to cite for it."""

    date: np.ndarray
    seq: np.ndarray
    cited: np.ndarray

    @property
    def found(self) -> np.ndarray:
        """Subjects that have the date."""
        return ~np.isnat(self.date)

    def where(self, holds: np.ndarray, other: Picked) -> Picked:
        """This where it holds, else the other."""
        pairs = ((self.date, other.date), (self.seq, other.seq), (self.cited, other.cited))
        return Picked(*(np.where(holds, mine, theirs) for mine, theirs in pairs))


@dataclass(frozen=True, eq=False)
class Days:
    """Dates of records, at most one record for each subject and date, sorted by both."""

    subject: np.ndarray
    date: np.ndarray
    seq: np.ndarray


@dataclass(eq=False)
class Histories:
    """The records of ADSL's subjects, asked by the dates that rules describe.

    `subjects` is ADSL with the named dates as further columns; `citations` are (SRCDOM, SRCVAR) by number.
    """

    subjects: Frame
    records: dict[str, Frame]
    citations: list[tuple[str, str]] = field(default_factory=list)
    _days: dict[Dated, Days] = field(default_factory=dict)

    @classmethod
    def of(cls, adsl: Frame, records: dict[str, Frame], names: dict[str, Named]) -> Histories:
        """The histories of ADSL's subjects, with every named date worked out."""
        found = cls(adsl, {name: keep_subjects(frame, adsl) for name, frame in records.items()})
        for name, named in names.items():
            first = found.first(named.dated)
            found.subjects = found.subjects.assign(**{name: first.date + named.plus_days * DAY})
        return found

    @property
    def size(self) -> int:
        """Number of subjects."""
        return len(self.subjects)

    def none(self) -> Picked:
        """No date for anybody."""
        nowhere = np.full(self.size, np.datetime64("NaT", "s"))
        return Picked(nowhere, np.full(self.size, np.nan), np.zeros(self.size, dtype="int64"))

    def cite(self, source: tuple[str, str]) -> int:
        """The number of a citation."""
        if source not in self.citations:
            self.citations.append(source)
        return self.citations.index(source)

    def who(self, asked: Condition) -> np.ndarray:
        """The subjects that satisfy a condition on ADSL or named dates."""
        return mask(self.subjects, asked)

    def date(self, column: str) -> np.ndarray:
        """A date of ADSL."""
        return self.subjects[column].to_numpy()

    def days(self, dated: Dated) -> Days:
        """The dates a rule describes; of several on one day the highest or lowest, or the first."""
        key = replace(dated, after_start=False)
        if key not in self._days:
            self._days[key] = self._read(dated)
        return self._days[key]

    def _read(self, dated: Dated) -> Days:
        if dated.dataset == "ADSL":
            frame = self.subjects.assign(subject=np.arange(self.size))
        else:
            frame = self.records[dated.dataset]
        holds = frame[dated.column].notna().to_numpy()
        if dated.where is not None:
            subject = frame["subject"].to_numpy()
            holds = holds & mask(frame, dated.where, lambda name: take(self.subjects[name], subject))
        kept = one_a_day(frame.loc[holds], dated)
        if dated.lasting is not None:
            kept = kept.loc[self._lasts(kept, dated)]
        number = sequence_of(kept, dated)
        seq = kept[number].to_numpy() if number else np.full(len(kept), np.nan)
        return Days(kept["subject"].to_numpy(), kept[dated.column].to_numpy(), seq)

    def _lasts(self, records: Frame, dated: Dated) -> np.ndarray:
        """Where a record, one a day, is the first of so many in a row that all satisfy the rule.

        A record that does not satisfy it breaks the row; one of `without` from so many days before the first
        record to the last, both included, undoes it.
        """
        rule = dated.lasting
        subject, date = records["subject"].to_numpy(), records[dated.column].to_numpy()
        good = mask(records, rule.where, lambda name: take(self.subjects[name], subject))
        so_far = np.append(0, np.cumsum(good & (date > self.date(rule.later_than)[subject])))
        rows = np.arange(max(len(records) - rule.times + 1, 0))
        ends = rows + rule.times - 1
        lasts = (so_far[ends + 1] - so_far[rows] == rule.times) & (subject[rows] == subject[ends])
        if rule.without is not None:
            other = self.days(rule.without)
            at, near = days_of(subject, date), days_of(other.subject, other.date)
            until = np.searchsorted(near, at[ends], "right")
            lasts &= until == np.searchsorted(near, at[rows] - rule.days_before, "left")
        return np.isin(np.arange(len(records)), rows[lasts])

    def first(self, dated: Dated, start: np.ndarray | None = None, until: np.ndarray | None = None) -> Picked:
        """The first date not before `start` (with `after_start`: later) and not later than `until`."""
        return self._pick(dated, start, until, first=True)

    def last(self, dated: Dated, start: np.ndarray, until: np.ndarray) -> Picked:
        """The last date not before `start` and not later than `until`."""
        return self._pick(dated, start, until, first=False)

    def _pick(self, dated: Dated, start: np.ndarray | None, until: np.ndarray | None, first: bool) -> Picked:
        days = self.days(dated)
        inside = np.ones(len(days.date), dtype=bool)
        if start is not None:
            since = start[days.subject]
            inside &= days.date > since if dated.after_start else days.date >= since
        if until is not None:
            inside &= days.date <= until[days.subject]
        rows = np.flatnonzero(inside)
        rows = rows[::-1] if first else rows
        found = self.none()
        found.date[days.subject[rows]] = days.date[rows]
        found.seq[days.subject[rows]] = days.seq[rows]
        return Picked(found.date, found.seq, np.full(self.size, self.cite(dated.cited)))

    def earliest(
        self, lines: tuple[Line, ...], start: np.ndarray, until: np.ndarray
    ) -> tuple[Picked, np.ndarray]:
        """The earliest date of several lines and the number of its line (-1: none); ties: the first line."""
        best, which = self.none(), np.full(self.size, -1)
        for number, line in enumerate(lines):
            found = self.first(line.dated, start, until)
            sooner = found.found & ~(best.date <= found.date)
            best, which = found.where(sooner, best), np.where(sooner, number, which)
        return best, which


def one_a_day(records: Frame, dated: Dated) -> Frame:
    """The record that counts on each subject's date, sorted by both."""
    number = sequence_of(records, replace(dated, source=NOWHERE)) or sequence_of(records, dated)
    size = len(records)
    seq = records[number].to_numpy() if number else np.zeros(size)
    height = -records[dated.highest].to_numpy() if dated.highest else np.zeros(size)
    height = records[dated.lowest].to_numpy() if dated.lowest else height
    subject, date = records["subject"].to_numpy(), records[dated.column].to_numpy()
    order = np.lexsort([seq, height, date, subject])
    subject, date = subject[order], date[order]
    first = np.ones(size, dtype=bool)
    first[1:] = (subject[1:] != subject[:-1]) | (date[1:] != date[:-1])
    return records.iloc[order[first]]


def sequence_of(records: Frame, dated: Dated) -> str:
    """The name of the number by which records of the variable cited are found, empty if there is none."""
    domain, _ = dated.cited
    names = ("ASEQ", f"{domain}SEQ") if domain == dated.dataset else (f"{domain}SEQ",)
    return next((name for name in names if name in records), "")


def days_of(subject: np.ndarray, date: np.ndarray) -> np.ndarray:
    """Subject and date as `moments` gives them."""
    return moments(pd.DataFrame({"subject": subject, "ADT": date}))

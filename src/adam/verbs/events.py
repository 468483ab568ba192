"""First and last dates of subjects among their records: what a time-to-event rule is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from adam.adtte_rules import Dated, Line, Named
from adam.verbs.subjects import keep_subjects
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
    _days: dict[tuple, Days] = field(default_factory=dict)

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
        """The dates a rule describes; of several records on one date the highest, then the lowest number."""
        key = (dated.dataset, dated.column, dated.where, dated.highest)
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
        kept = frame.loc[holds]
        number = next((name for name in ("ASEQ", f"{dated.dataset}SEQ") if name in kept), "")
        seq = kept[number].to_numpy() if number else np.full(len(kept), np.nan)
        height = -kept[dated.highest].to_numpy() if dated.highest else np.zeros(len(kept))
        subject, date = kept["subject"].to_numpy(), kept[dated.column].to_numpy()
        order = np.lexsort([seq, height, date, subject])
        subject, date, seq = subject[order], date[order], seq[order]
        first = np.ones(len(order), dtype=bool)
        first[1:] = (subject[1:] != subject[:-1]) | (date[1:] != date[:-1])
        return Days(subject[first], date[first], seq[first])

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
        if not dated.source[0]:
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

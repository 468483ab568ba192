"""What a word sees while a dataset is built: the records it is computed for, and the columns it may read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from clinical import dates, results
from clinical.errors import DerivationError
from clinical.frames import Column, Frame, constant, empty, expand, joint_codes, ordered, take
from clinical.kinds import DATE, NUMBER
from clinical.resolve import DATASET, EACH, FORM, OWN, RECORD, SOURCE, Ref
from clinical.spec import Dataset, Line, Part
from clinical.where import Condition, Test, compare, mask

if TYPE_CHECKING:
    from clinical.build import Build


class Records(Protocol):
    """Many records and the person of each (-1: nobody); `study_wide` when they belong to no person."""

    name: str
    person: np.ndarray
    study_wide: bool

    def column(self, name: str) -> Column: ...

    def coordinates(self, rows: np.ndarray) -> Frame: ...


class Raw:
    """The records of one raw form."""

    study_wide = False

    def __init__(self, name: str, frame: Frame, person: np.ndarray):
        self.name, self.frame, self.person = name, frame, person

    def column(self, name: str) -> Column:
        """A field as text; missing throughout where this extract does not have it."""
        return self.frame[name] if name in self.frame else empty("str", len(self.frame))

    def coordinates(self, rows: np.ndarray) -> Frame:
        """The EDC coordinates of some records, for findings."""
        wanted = [
            "USUBJID",
            "record",
            "Subject",
            "Folder",
            "InstanceRepeatNumber",
            "PageRepeatNumber",
            "RecordPosition",
        ]
        found = {name: take(self.frame[name], rows) for name in wanted if name in self.frame}
        return pd.DataFrame({**found, "form": constant(self.name, len(rows))})


@dataclass(eq=False)
class PartRows:
    """The records one part of a dataset gave: where each came from, and which line of `each` made it."""

    part: Part
    start: int
    stop: int
    source: Records | None = None
    taken: np.ndarray | None = None
    line: np.ndarray | None = None
    listed: Frame | None = None


@dataclass(eq=False)
class Made:
    """A dataset in the making: canonical row order, one column a name."""

    spec: Dataset
    person: np.ndarray
    parts: list[PartRows] = field(default_factory=list)
    columns: dict[str, Column] = field(default_factory=dict)
    programmed: Frame | None = None
    settled: dict[str, Column] = field(default_factory=dict)
    place: np.ndarray | None = None

    @property
    def name(self) -> str:
        """The dataset's name."""
        return self.spec.name

    @property
    def size(self) -> int:
        """How many records it has."""
        return len(self.person)

    @property
    def study_wide(self) -> bool:
        """Whether its records belong to no person."""
        return self.spec.scope == "study"

    def column(self, name: str) -> Column:
        """One column, in canonical row order."""
        found = self.columns.get(name)
        if found is not None:
            return found
        if name in self.settled:
            return ordered(self.settled[name], self.place)
        raise DerivationError("build.column-not-made", self.name, column=name)

    def settle(self, order: np.ndarray) -> None:
        """From now on columns can be given away in the order in which they leave the build."""
        self.place = np.empty(self.size, dtype="int64")
        self.place[order] = np.arange(self.size)
        self.programmed = None

    def give_away(self, name: str, order: np.ndarray) -> Column:
        """A column in its final order; memory holds it only so, and who still reads it has it put back."""
        self.settled[name] = ordered(self.columns[name], order)
        del self.columns[name]
        return self.settled[name]

    def coordinates(self, rows: np.ndarray) -> Frame:
        """The EDC coordinates behind some records: those of the raw record, or of the source dataset's."""
        pieces = []
        for part in self.parts:
            inside = np.flatnonzero((rows >= part.start) & (rows < part.stop))
            if part.source is not None and len(inside):
                frame = part.source.coordinates(part.taken[rows[inside] - part.start])
                pieces.append(frame.set_axis(inside))
        found = (
            pd.concat(pieces).reindex(range(len(rows))) if pieces else pd.DataFrame(index=range(len(rows)))
        )
        return found.astype("str") if len(found.columns) else found


class Cut:
    """A domain as ADaM sees it: without records that start after the data cut [D-CUT]."""

    def __init__(self, made: Made, starts: list[str], cut: str):
        self.made, self.name, self.study_wide, self._cut = made, made.name, made.study_wide, cut
        self.rows = np.arange(made.size)
        if cut and starts and made.name != "DM":
            self.rows = np.flatnonzero(~self._after(made.column(starts[0])))
        self.person = made.person[self.rows]
        self._columns: dict[str, Column] = {}

    def _after(self, column: Column) -> np.ndarray:
        last = pd.Timestamp(self._cut) + pd.Timedelta(days=1)
        return (dates.earliest(column) >= last).to_numpy()

    def column(self, name: str) -> Column:
        """A column without what became known after the cut: end dates, and in DM the death."""
        if name not in self._columns:
            whole = self.made.column(name)
            found = whole if len(self.rows) == self.made.size else take(whole, self.rows)
            if self._cut and len(found):
                found = self._without_future(name, found)
            self._columns[name] = found
        return self._columns[name]

    def _without_future(self, name: str, found: Column) -> Column:
        if self.name == "DM" and name in ("DTHDTC", "DTHFL"):
            return found.mask(self._after(self.made.column("DTHDTC")))
        if name == f"{self.name}ENDTC":
            return found.mask(self._after(found))
        return found

    def coordinates(self, rows: np.ndarray) -> Frame:
        """As the domain's own."""
        return self.made.coordinates(self.rows[rows])


class Rows:
    """Some records of a dataset in the making, and everything a word may ask about them."""

    def __init__(
        self, build: Build, made: Made, part: PartRows | None, index: np.ndarray, trial: bool = False
    ):
        """`trial`: only to see whether there is a value; nothing is reported, the real evaluation follows."""
        self.build, self.made, self.part, self.index, self.trial = build, made, part, index, trial

    @property
    def size(self) -> int:
        """How many records."""
        return len(self.index)

    @property
    def person(self) -> np.ndarray:
        """The person of each record."""
        return self.made.person[self.index]

    def some(self, chosen: np.ndarray) -> Rows:
        """The records that a bool array or positions choose."""
        return Rows(self.build, self.made, self.part, self.index[chosen], self.trial)

    def value(self, name: str) -> Column:
        """The column that a name means on these records."""
        ref = self.understand(name)
        if ref.kind == OWN:
            return self._own(ref.column)
        if ref.kind in (RECORD, SOURCE):
            return self._of_record(ref)
        if ref.kind == FORM:
            return self._of_subject(self.build.form(ref.dataset), ref.column)
        if ref.kind == DATASET:
            return self._of_subject(self.build.dataset(ref.dataset, self.made.spec), ref.column)
        if ref.kind == EACH:
            return self._of_list(ref.column)
        setting = self.build.setting(ref.column)
        return constant(setting, self.size) if setting else empty("str", self.size)

    def understand(self, name: str) -> Ref:
        """What a name means on these records."""
        return self.build.understand(self.made.spec, self.part.part if self.part else None, name)

    def tested(self, name: str) -> Column:
        """The column as conditions and orders see it: a number field as numbers."""
        column = self.value(name)
        return as_tested(self.build, column, self.build.kinds.of(self.understand(name)))

    def dated(self, name: str) -> bool:
        """Whether a name on these records is a date."""
        return self.build.kinds.of(self.understand(name)) == DATE

    def _of_list(self, column: str) -> Column:
        listed = self.part.listed if self.part else None
        if listed is None or column not in listed:
            return empty("str", self.size)
        return take(listed[column], self.index - self.part.start)

    def _own(self, name: str) -> Column:
        if name == "STUDYID":
            return constant(self.build.study.id, self.size)
        if name == "DOMAIN":
            return constant(self.made.name, self.size)
        if name == "USUBJID":
            return take(self.build.persons, self.person)
        column = self.made.column(name)
        return column if self.size == self.made.size else take(column, self.index)

    def _of_record(self, ref: Ref) -> Column:
        if self.part is None or self.part.source is None:
            return empty("str", self.size)
        if ref.kind == RECORD and not isinstance(self.part.source, Raw):
            return empty("str", self.size)
        column = column_of(self.build, self.part.source, ref.column)
        return ordered(column, self.part.taken[self.index - self.part.start])

    def _of_subject(self, records: Records, column: str) -> Column:
        left, right, groups = self.groups(records)
        row = np.full(groups + 1, -1, dtype="int64")
        row[right[::-1]] = np.arange(len(right))[::-1]
        row[-1] = -1
        self.build.use(self.made.spec, records, row[row >= 0])
        return take(column_of(self.build, records, column), row[left])

    def groups(self, records: Records) -> tuple[np.ndarray, np.ndarray, int]:
        """Codes under which these records and others belong together: by person, or all when either is study-
        wide.
        """
        if self.made.study_wide or records.study_wide:
            return np.zeros(self.size, dtype="int64"), np.zeros(len(records.person), dtype="int64"), 1
        return self.person, records.person, len(self.build.persons)

    def holds(self, asked: Condition) -> np.ndarray:
        """Which records satisfy a `when`."""
        return mask(self.tested, asked, other=self.tested, member=self.member, dated=self.dated)

    def member(self, values: Column, test: Test) -> np.ndarray:
        """Which values are (`in`) or are not (`notin`) among the subject's values of a column.

        Missing: a missing value is neither; nor is any value where the name has one value and that is
                 missing.
        """
        ref = self.understand(test.value.name)
        dated = self.build.kinds.of(ref) == DATE
        if self.build.names.is_single(ref, self.made.spec):
            return compare(values, test.op, self.tested(test.value.name), dated)
        records = self.build.form(ref.dataset) if ref.kind == FORM else self.build.dataset(
            ref.dataset, self.made.spec)  # fmt: skip
        column = tested(self.build, records, ref.column)
        left, right, groups = self.groups(records)
        if dated:
            return self._date_among(values, test.op, column, expand(left, right, groups))
        here, there = joint_codes([pd.Series(left), values], [pd.Series(right), column])
        inside = np.isin(here, there[there >= 0]) & (here >= 0)
        return inside if test.op == "in" else ~inside & values.notna().to_numpy()

    def _date_among(
        self, values: Column, op: str, column: Column, pairs: tuple[np.ndarray, np.ndarray]
    ) -> np.ndarray:
        """`in`: the same day as one of the dates, whatever they mean; `notin`: another day than each."""
        asker, row = pairs
        row, asker = row[column.notna().to_numpy()[row]], asker[column.notna().to_numpy()[row]]
        if op == "in":
            found = np.zeros(self.size, dtype=bool)
            found[asker[dates.holds(take(values, asker), "eq", take(column, row))]] = True
            return found
        found = values.notna().to_numpy().copy()
        found[asker[~dates.holds(take(values, asker), "ne", take(column, row))]] = False
        return found

    def found(
        self, message: str, where: np.ndarray, variable: str, value: Column | None = None, **words: object
    ) -> None:
        """A finding for each record that `where` marks, with its EDC coordinates."""
        if where.any() and not self.trial:
            rows = np.flatnonzero(where)
            self.build.found(
                message,
                self.made,
                self.index[rows],
                variable,
                take(value, rows) if value is not None else "",
                **words,
            )


def as_tested(build: Build, column: Column, kind: str) -> Column:
    """A column as conditions and orders see it: text of a number field as numbers [C-RES]."""
    if kind == NUMBER and pd.api.types.is_string_dtype(column):
        return results.to_number(column, build.comma)[0]
    return column


def tested(build: Build, records: Records, name: str) -> Column:
    """A column of many records, as conditions and orders see it."""
    return as_tested(build, column_of(build, records, name), kind_of(build, records, name))


def column_of(build: Build, records: Records, name: str) -> Column:
    """A column of many records; those that every dataset has without stating them included."""
    if isinstance(records, Raw) or name not in ("STUDYID", "DOMAIN", "USUBJID"):
        return records.column(name)
    if name == "USUBJID":
        return take(build.persons, records.person)
    return constant(build.study.id if name == "STUDYID" else records.name, len(records.person))


def kind_of(build: Build, records: Records, name: str) -> str:
    """What a column of many records holds."""
    head = f"raw.{records.name}" if isinstance(records, Raw) else records.name
    return build.kinds.of_source(head, name)


def line_rows(part: PartRows, line: Line) -> np.ndarray:
    """The dataset's rows that a line of `each` or `table` made."""
    number = part.part.lines.index(line)
    return part.start + np.flatnonzero(part.line == number)

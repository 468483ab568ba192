"""Who is in a display and in which column, and the records that belong to them.

The population dataset alone decides both [V-N]: records of other datasets are joined to it by USUBJID, and
where such a dataset carries its own copy of a population flag or treatment the two must agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Datasets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from clinical.errors import DerivationError, SpecError
from clinical.findings import Findings
from clinical.frames import Frame, as_text, take
from clinical.where import Condition, mask
from tlf.nodes import hint
from tlf.rows import Row

if TYPE_CHECKING:
    from tlf.spec import Display

SUBJECT = "USUBJID"


class Source(Protocol):
    """A dataset: a frame, or what gives the columns of one that is too large for memory."""

    columns: Iterable[str]

    def __len__(self) -> int: ...

    def __getitem__(self, name: str) -> pd.Series: ...


@dataclass(frozen=True)
class Group:
    """A group of columns: its header and which of the population are in it."""

    label: str
    member: np.ndarray

    @property
    def size(self) -> int:
        """N of the header."""
        return int(self.member.sum())


@dataclass(frozen=True)
class Records:
    """Rows of a dataset; `person` is the position of each one's subject in the population."""

    source: Source
    rows: np.ndarray
    person: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> pd.Series:
        """One variable of these records; only what is asked for is taken out of the dataset."""
        return take(self.source[name], self.rows)

    def kept(self, which: np.ndarray) -> Records:
        """Those of the records for which `which` holds."""
        return Records(self.source, self.rows[which], self.person[which])


class People:
    """The population of a display, its groups, and the records it reads."""

    def __init__(self, display: Display, frames: Datasets[str, Source], findings: Findings):
        self._display = display
        self._frames = frames
        self._positions: dict[str, np.ndarray] = {}
        self._masks: dict[tuple[str, Condition], np.ndarray] = {}
        asked = display.population
        self.frame = self._filtered(self._dataset(asked.dataset, asked.at), asked.where, asked.at)
        if self.frame[SUBJECT].duplicated().any():
            raise DerivationError("tlf.population-twice", display.at, dataset=display.population.dataset)
        self.ids = self.frame[SUBJECT].to_numpy(dtype=object)
        self.groups = self._groups(findings)
        self._agrees()

    def __len__(self) -> int:
        return len(self.ids)

    def records(self, row: Row, part: str, *, conditioned: bool = True) -> Records:
        """What a row reads for one part of the columns; that part's own condition only if `conditioned`."""
        frame = self._dataset(row.dataset, row.at)
        person = self._position(row.dataset)
        kept = person >= 0
        asked = self._display.filters if row.joins_records and self._display.records else ()
        for one in (*asked, *row.filters):
            kept &= self._mask_of(row.dataset, one[part], row.at)
        if row.who:
            kept &= self._having(row.who.where[part], row.who.dataset, row.at)[person]
        found = Records(frame, np.flatnonzero(kept), person[kept])
        return self.of_part(found, part, row.at) if conditioned else found

    def sizes_of(self, row: Row) -> tuple[int, int]:
        """How many records the dataset of a row has, and how many of them belong to the population."""
        self._dataset(row.dataset, row.at)
        person = self._position(row.dataset)
        return len(person), int((person >= 0).sum())

    def of_part(self, records: Records, part: str, at: str) -> Records:
        """Those of the records that satisfy the condition of a part of the columns, if it has one."""
        asked = self._display.columns.conditions.get(part)
        if asked is None:
            return records
        return records.kept(self.mask(records, asked, at))

    def who_has(self, dataset: str, asked: Condition, at: str) -> np.ndarray:
        """Whether each of the population has a record of a dataset that satisfies a condition."""
        self._dataset(dataset, at)
        person = self._position(dataset)
        found = person[(person >= 0) & self._mask_of(dataset, asked, at)]
        return np.isin(np.arange(len(self)), found)

    def has_records(self) -> bool:
        """Whether anybody of the population has a record that the display is about."""
        name = self._display.records
        if not len(self) or not name:
            return len(self) > 0
        self._dataset(name, self._display.at)
        person = self._position(name)
        for part in self._display.columns.parts:
            kept = person >= 0
            for one in self._display.filters:
                kept &= self._mask_of(name, one[part], self._display.at)
            if kept.any():
                return True
        return False

    def everybody(self) -> Records:
        """The population itself as records, one a subject."""
        places = np.arange(len(self))
        return Records(self.frame, places, places)

    def variable(self, records: Records, name: str, at: str) -> pd.Series:
        """One variable of the records."""
        self._has(records.source, (name,), at)
        return records.column(name)

    def mask(self, records: Records, asked: Condition, at: str) -> np.ndarray:
        """Which of the records satisfy a condition."""
        self._has(records.source, tuple(sorted(asked.columns | asked.others)), at)
        return mask(records.column, asked)

    def _dataset(self, name: str, at: str) -> Source:
        if name not in self._frames:
            raise SpecError("tlf.no-dataset", at, dataset=name, hint=hint(name, tuple(sorted(self._frames))))
        return self._frames[name]

    def _position(self, dataset: str) -> np.ndarray:
        if dataset not in self._positions:
            self._positions[dataset] = pd.Index(self.ids).get_indexer(self._frames[dataset][SUBJECT])
        return self._positions[dataset].copy()

    def _has(self, frame: Source, names: tuple[str, ...], at: str) -> None:
        for name in names:
            if name not in frame.columns:
                near = hint(name, tuple(frame.columns))
                raise SpecError("tlf.no-variable", at, variable=name, hint=near)

    def _mask_of(self, dataset: str, asked: Condition, at: str) -> np.ndarray:
        """Which records of a dataset satisfy a condition, worked out once for all rows that ask it."""
        key = dataset, asked
        if key not in self._masks:
            self._masks[key] = self._mask(self._dataset(dataset, at), asked, at)
        return self._masks[key]

    def _mask(self, frame: Source, asked: Condition, at: str) -> np.ndarray:
        self._has(frame, tuple(sorted(asked.columns | asked.others)), at)
        return mask(frame.__getitem__, asked)

    def _filtered(self, frame: Frame, asked: Condition | None, at: str) -> Frame:
        kept = self._mask(frame, asked, at) if asked else np.ones(len(frame), dtype=bool)
        return frame[kept].sort_values(SUBJECT, kind="stable").reset_index(drop=True)

    def _groups(self, findings: Findings) -> list[Group]:
        columns = self._display.columns
        groups: list[Group] = []
        if columns.by:
            self._has(self.frame, (columns.by,), self._display.at)
            values = as_text(self.frame[columns.by])
            groups = [Group(one.label, values.isin(list(one.values)).to_numpy()) for one in columns.levels]
            groups = [g for g in groups if g.size or g.label not in columns.when_used]
            listed = {value for level in columns.levels for value in level.values}
            strange = sorted(set(values.dropna()) - listed)
            groups += [
                Group(value, (values == value).to_numpy(dtype=bool, na_value=False)) for value in strange
            ]
            for _ in strange[:1]:
                findings.add(
                    "tlf.value-without-column",
                    dataset=self._display.population.dataset,
                    variable=columns.by,
                    display=self._display.name,
                    count=len(strange),
                )
        groups += [
            Group(one.label, self._having(one.where, one.dataset, self._display.at) != one.absent)
            for one in columns.groups
        ]
        if columns.total:
            groups.append(Group(columns.total, np.ones(len(self), dtype=bool)))
        return groups

    def _having(self, where: Condition, dataset: str, at: str) -> np.ndarray:
        """Who of the population satisfies a condition, or has a record of the dataset that does."""
        return self.who_has(dataset, where, at) if dataset else self._mask(self.frame, where, at)

    def _agrees(self) -> None:
        """Every dataset's own copy of a population variable says what the population dataset says [V-N]."""
        asked = self._display.population.where
        names = sorted({self._display.columns.by, *(asked.columns if asked else ())} - {""})
        for dataset in self._display.datasets:
            if dataset == self._display.population.dataset:
                continue
            frame = self._dataset(dataset, self._display.at)
            position = self._position(dataset)
            inside = position >= 0
            for name in (one for one in names if one in frame.columns):
                here = as_text(frame[name])[inside].to_numpy(dtype=object)
                there = as_text(self.frame[name]).to_numpy(dtype=object)[position[inside]]
                differs = (here != there) & ~(pd.isna(here) & pd.isna(there))
                if differs.any():
                    subjects = sorted(set(self.ids[position[inside][differs]]))
                    raise DerivationError(
                        "tlf.population-differs",
                        self._display.at,
                        dataset=dataset,
                        variable=name,
                        population=self._display.population.dataset,
                        count=len(subjects),
                        subjects=", ".join(subjects[:5]),
                    )

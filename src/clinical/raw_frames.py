"""Raw frames by form: those just read are in memory, those of the last run on disk, read when asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from clinical.errors import RunError
from clinical.files import file_hash
from clinical.fingerprint import bucket_of
from clinical.frames import Column, Frame
from clinical.store import read_groups, read_parquet


@dataclass(frozen=True, eq=False)
class Stored:
    """A raw frame on disk: a group of rows for each bucket, `rows` of them, in the order of the buckets."""

    path: Path
    sha256: str
    rows: dict[int, int]
    columns: tuple[str, ...]

    def check(self) -> None:
        """Raises: RunError run.file-changed where it is not the file that the last run wrote."""
        if not self.path.is_file() or file_hash(self.path) != self.sha256:
            raise RunError("run.file-changed", f"{self.path.parents[2].name}/state/raw/{self.path.name}")


class RawFrames(Mapping[str, Frame]):
    """The raw frames of an extract; `stored` are those that are as in the last run."""

    def __init__(self, fresh: Mapping[str, Frame], stored: Mapping[str, Stored] | None = None):
        self.fresh, self.stored = dict(fresh), dict(stored or {})
        self._whole: dict[str, Frame] = {}
        self._buckets: dict[tuple[str, int], np.ndarray] = {}
        self._checked: set[str] = set()

    def _place(self, form: str) -> Path:
        """Where a form is stored, once it is known to be what was stored."""
        if form not in self._checked:
            self.stored[form].check()
            self._checked.add(form)
        return self.stored[form].path

    def __getitem__(self, form: str) -> Frame:
        """All records of a form, in the order of their ids."""
        if form in self.fresh:
            return self.fresh[form]
        if form not in self._whole:
            self._whole[form] = _in_order(read_parquet(self._place(form)))
        return self._whole[form]

    def __contains__(self, form: object) -> bool:
        return form in self.fresh or form in self.stored

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self.fresh, *self.stored}))

    def __len__(self) -> int:
        return len({*self.fresh, *self.stored})

    def columns(self, form: str) -> tuple[str, ...]:
        """The columns of a form, without reading it."""
        return tuple(self.fresh[form].columns) if form in self.fresh else self.stored[form].columns

    def size(self, form: str) -> int:
        """How many records a form has, without reading it."""
        return len(self.fresh[form]) if form in self.fresh else sum(self.stored[form].rows.values())

    def column(self, form: str, name: str) -> Column:
        """One column of a form, of its records in any order."""
        if form in self.fresh:
            return self.fresh[form][name]
        return read_parquet(self._place(form), [name])[name]

    def some(self, form: str, names: Collection[str]) -> Frame:
        """Those of some columns that a form has, of all its records in the order of their ids."""
        columns = [name for name in self.columns(form) if name in names]
        if form in self.fresh or form in self._whole:
            return self[form][columns]
        return _in_order(read_parquet(self._place(form), list(dict.fromkeys([*columns, "place"]))))[columns]

    def buckets(self, form: str, count: int) -> np.ndarray:
        """The bucket of each record of a form that was just read."""
        if (form, count) not in self._buckets:
            self._buckets[form, count] = bucket_of(self.fresh[form]["USUBJID"], count).astype("int64")
        return self._buckets[form, count]

    def sizes(self, form: str, count: int) -> dict[int, int]:
        """How many records each bucket has."""
        if form in self.stored:
            return self.stored[form].rows
        numbers, sizes = np.unique(self.buckets(form, count), return_counts=True)
        return {int(number): int(size) for number, size in zip(numbers, sizes, strict=True)}

    def part(self, form: str, chosen: Collection[int], count: int) -> Frame:
        """The records of some buckets, in the order of their ids."""
        if form in self.fresh:
            rows = np.isin(self.buckets(form, count), sorted(chosen))
            return self.fresh[form][rows].reset_index(drop=True)
        groups = [place for place, bucket in enumerate(self.stored[form].rows) if bucket in chosen]
        return _in_order(read_groups(self._place(form), groups))


def _in_order(frame: Frame) -> Frame:
    order = np.argsort(frame["place"].to_numpy(), kind="stable")
    return frame.take(order).reset_index(drop=True)


def by_bucket(frame: Frame, buckets: np.ndarray) -> tuple[Frame, dict[int, int]]:
    """A raw frame as it is stored, and how many records each bucket has."""
    order = np.argsort(buckets, kind="stable")
    numbers, sizes = np.unique(buckets, return_counts=True)
    rows = {int(number): int(size) for number, size in zip(numbers, sizes, strict=True)}
    return frame.take(order).reset_index(drop=True), rows


def persons_of(raw: RawFrames) -> Column:
    """The USUBJIDs of all records, sorted, each once."""
    found: set[str] = set()
    for form in raw:
        found.update(raw.column(form, "USUBJID").dropna().unique())
    return pd.Series(sorted(found), dtype="str")

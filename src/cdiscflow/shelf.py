"""Pieces of datasets on disk between deriving and writing, so that one whole dataset at a time is in memory.

A piece is an Arrow file (LZ4) that nobody keeps: it has the types that the build gave. Readers put a dataset
together column by column, in the order in which a derivation in one go would give it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import feather

from clinical.files import create
from clinical.frames import Column, Frame, empty, ordered, same_type, sorted_rows
from clinical.standards import Variable

PARTS = ("pieces", "lineages", "behinds", "buckets")


def write_piece(path: Path, frame: Frame) -> None:
    """A new piece."""
    create(path)
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    feather.write_feather(table, path, compression="lz4")


def read_piece(path: Path) -> Frame:
    """The frame of a piece."""
    with _opened(path) as file:
        table = file.read_all()
    return pd.DataFrame({name: _series(table[name]) for name in table.column_names}, copy=False)


@contextmanager
def _opened(path: Path) -> Iterator[pa.ipc.RecordBatchFileReader]:
    with pa.memory_map(str(path)) as source:
        yield pa.ipc.open_file(source)


def _series(column: pa.ChunkedArray) -> Column:
    text = pa.types.is_large_string(column.type) or pa.types.is_null(column.type)
    return (
        pd.Series(pd.array(column.cast(pa.large_string()), dtype="str"), copy=False)
        if text
        else column.to_pandas()
    )


class Shelf:
    """Holds the frame that was asked for last, and no other."""

    def __init__(self) -> None:
        self._held: dict[object, Frame] = {}

    def frame(self, key: object, make: Callable[[], Frame]) -> Frame:
        """The frame `key`, made again unless it was the last one asked for."""
        if key not in self._held:
            self._held.clear()
            self._held[key] = make()
        return self._held[key]


@dataclass(eq=False)
class Stored:
    """A finished dataset whose records are in pieces: reads as `clinical.output.Output` does.

    `persons` are all persons in their order; each piece has its persons in that order, those of `buckets`.
    """

    name: str
    label: str
    layer: str
    variables: tuple[Variable, ...]
    keys: tuple[str, ...]
    pieces: list[Path]
    lineages: list[Path]
    behinds: list[Path]
    persons: pd.Index
    frames: Shelf = field(default_factory=Shelf)
    origins: Shelf = field(default_factory=Shelf)
    others: Shelf = field(default_factory=Shelf)
    buckets: list[frozenset[int]] = field(default_factory=list)
    order: np.ndarray | None = None

    @property
    def frame(self) -> Frame:
        """All its records."""
        return self.frames.frame(self.name, self._frame)

    @property
    def lineage(self) -> Frame:
        """Where each of them comes from."""
        return self.origins.frame(self.name, self._lineage)

    @property
    def behind(self) -> Frame | None:
        """What study-wide datasets read of it."""
        return self.others.frame(self.name, self._behind) if self.behinds[0].is_file() else None

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The forms and datasets that its records come from."""
        return tuple(sorted(_column(self.lineages, "source").dropna().unique()))

    @property
    def rows(self) -> int:
        """How many records it has."""
        return sum(_sizes(self.pieces))

    @property
    def columns(self) -> list[str]:
        """The names of its columns."""
        return [variable.name for variable in self.variables]

    def read(self, columns: list[str]) -> Frame:
        """Some variables of all its records; no other is read."""
        return self._of(self.pieces, columns)

    def near(self, buckets: Collection[int]) -> Stored:
        """The dataset with the pieces that have records of some buckets; its frames are its own."""
        chosen = [place for place, own in enumerate(self.buckets) if not own.isdisjoint(buckets)] or [0]
        own = {name: [getattr(self, name)[place] for place in chosen] for name in PARTS}
        return replace(self, **own, order=None, frames=Shelf(), origins=Shelf(), others=Shelf())

    def narrow(self, columns: Collection[str]) -> Stored:
        """The dataset with only some of its variables; its frames are its own."""
        variables = tuple(variable for variable in self.variables if variable.name in columns)
        return replace(self, variables=variables, frames=Shelf(), origins=Shelf(), others=Shelf())

    def _of(self, pieces: list[Path], columns: list[str]) -> Frame:
        order = self._order()
        found = {name: ordered(column, order) for name, column in _columns(pieces, columns)}
        return pd.DataFrame(found, copy=False)

    def _order(self) -> np.ndarray:
        """The place of each record among all pieces, in the order of the dataset: records of nobody first."""
        if len(self.pieces) == 1:
            return np.arange(_sizes(self.pieces)[0])
        if self.order is None:
            self.order = np.argsort(self.persons.get_indexer(_column(self.pieces, "USUBJID")), kind="stable")
        return self.order

    def _frame(self) -> Frame:
        return self.read([variable.name for variable in self.variables])

    def _behind(self) -> Frame:
        with _opened(self.behinds[0]) as file:
            return self._of(self.behinds, file.schema.names)

    def _lineage(self) -> Frame:
        order = self._order()
        place = np.empty(len(order), dtype="int64")
        place[order] = np.arange(len(order))
        starts = np.cumsum([0, *_sizes(self.pieces)[:-1]])
        found = dict(_columns(self.lineages, ["row", "source", "record", "role"]))
        row = place[found["row"].to_numpy() + np.repeat(starts, _sizes(self.lineages))]
        by = sorted_rows(row)
        others = {name: ordered(column, by) for name, column in found.items() if name != "row"}
        return pd.DataFrame({"row": row[by], **others}, copy=False)


def _sizes(pieces: list[Path]) -> list[int]:
    sizes = []
    for path in pieces:
        with _opened(path) as file:
            sizes.append(sum(file.get_batch(n).num_rows for n in range(file.num_record_batches)))
    return sizes


def _column(pieces: list[Path], name: str) -> Column:
    return next(column for _, column in _columns(pieces, [name]))


def _columns(pieces: list[Path], names: list[str]) -> Iterator[tuple[str, Column]]:
    """Columns through all pieces, one after the other; missing in those that do not have it."""
    sizes = _sizes(pieces)
    for name in names:
        found = []
        for path, size in zip(pieces, sizes, strict=True):
            with _opened(path) as file:
                known = name in file.schema.names
            found.append(_series(feather.read_table(path, [name])[name]) if known else empty("str", size))
        yield name, pd.concat(same_type(found), ignore_index=True) if len(found) > 1 else found[0]

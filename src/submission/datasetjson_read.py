"""Dataset-JSON 1.1, read: all three forms, in any layout, a piece of rows at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from clinical.errors import InputError
from clinical.findings import Frame
from clinical.xpt_columns import EXACT_INTEGER, Rows
from clinical.xpt_read import TEXT as FRAME_TEXT
from submission.datasetjson_columns import COLUMN_ORDER, DECIMAL, About, Column
from submission.datasetjson_file import Stream, open_stream
from submission.datasetjson_iso import is_iso, moments_of
from submission.datasetjson_rows import NUMBER, STRING, TEXT, TRUTH, Cells, Malformed, Width, cells_of
from submission.datasetjson_schema import schema_problems

KINDS = {"integer": NUMBER, "float": NUMBER, "double": NUMBER, "boolean": TRUTH}  # the others are strings
PIECES_AT_ONCE = 32
NUMBERS = {"integer": pa.int64(), "float": pa.float64(), "double": pa.float64(), "boolean": pa.bool_()}


class DatasetJson(NamedTuple):
    """A dataset and what its file says about it.

    `frame`: text `str`, numbers float64 (integers beyond 2**53 stay Int64), truth boolean, dates and
    datetimes with targetDataType integer datetime64[s], or [us] with parts of a second, such times seconds.
    """

    about: About
    columns: list[Column]
    frame: Frame


def read_datasetjson(path: Path) -> DatasetJson:
    """The dataset of a .json, .ndjson or .dsjc file; of the last, zlib and gzip.

    Missing: null and an empty text are missing, as in a transport file. Decimals become float64.
    Raises:  InputError for a file that is cut off, breaks the schema, or has a row or value that is not what
             its column says; attributes the schema does not know are let pass.
    Source:  CDISC Dataset-JSON 1.1, Compressed Dataset-JSON 1.1.
    """
    path = Path(path)
    stream = open_stream(path)
    columns = columns_in(stream, path.name)
    _check_names(columns, path.name)
    parts = [_Parts(column) for column in columns]
    rows = 0
    for cells in cells_in(stream, columns, path.name):
        for at, column in enumerate(columns):
            _check_fit(cells, at, column, f"{path.name}: {column.name}", rows)
            parts[at].add(cells.columns[at])
        rows += len(cells)
    about = about_in(stream, path.name)
    if about.records != rows:
        raise InputError("dsj.records", path.name, said=about.records, found=rows)
    series = {}
    for column in columns:
        whole = parts.pop(0).whole()
        series[column.name] = _series(whole, column, f"{path.name}: {column.name}")
    return DatasetJson(about, columns, pd.DataFrame(series, index=pd.RangeIndex(rows), copy=False))


def columns_in(stream: Stream, at: str) -> list[Column]:
    """The columns that the metadata describes.

    Raises: InputError dsj.schema.
    """
    for place, problem in schema_problems(stream.metadata, stream.lines, strict=False):
        if "columns" not in stream.metadata or place.startswith("columns"):
            raise InputError("dsj.schema", at, place=place, problem=problem)
    return [
        Column(**{name: value for name, value in entry.items() if name in COLUMN_ORDER})
        for entry in stream.metadata["columns"]
    ]


def _check_names(columns: list[Column], at: str) -> None:
    """A frame needs columns, and one of each name."""
    if not columns:
        raise InputError("dsj.no-columns", at)
    for name, count in Counter(column.name for column in columns).items():
        if count > 1:
            raise InputError("dsj.column-twice", at, name=name, attribute="name")


def cells_in(stream: Stream, columns: list[Column], at: str) -> Iterator[Cells]:
    """The values of the rows, a piece of the file at a time.

    Raises: InputError dsj.row-malformed, dsj.row-width.
    """
    kinds = [KINDS.get(column.dataType, STRING) for column in columns]
    whole = [column.dataType == "integer" for column in columns]
    rows = 0
    try:
        for piece in stream.pieces:
            cells = cells_of(piece, not stream.lines, kinds, whole)
            yield cells
            rows += len(cells)
    except Malformed as fault:
        raise InputError("dsj.row-malformed", at, row=rows + fault.row + 1) from fault
    except Width as fault:
        words = {"row": rows + fault.row + 1, "found": fault.found, "expected": len(columns)}
        raise InputError("dsj.row-width", at, **words) from fault


def about_in(stream: Stream, at: str) -> About:
    """What the metadata says of the dataset; complete after the last row.

    Raises: InputError dsj.schema.
    """
    said = stream.metadata
    for place, problem in schema_problems(said, stream.lines, strict=False):
        raise InputError("dsj.schema", at, place=place, problem=problem)
    system = said.get("sourceSystem")
    same = ("fileOID", "originator", "studyOID", "metaDataVersionOID", "metaDataRef")
    return About(
        created=said["datasetJSONCreationDateTime"],
        modified=said.get("dbLastModifiedDateTime", ""),
        version=said["datasetJSONVersion"],
        sourceSystem=(system["name"], system["version"]) if system else None,
        **{name: said[name] for name in ("itemGroupOID", "records", "name", "label")},
        **{name: said.get(name, "") for name in same},
    )


def misfit(cells: Cells, at: int, column: Column) -> tuple[str, np.ndarray] | None:
    """The message about values that are not of the column's dataType, and in which rows of the piece."""
    if at not in cells.unfit:
        return None
    infinite = pa.types.is_floating(cells.columns[at].type)
    return "dsj.infinite" if infinite else "dsj.row-type", cells.unfit[at]


def _check_fit(cells: Cells, at: int, column: Column, where: str, before: int) -> None:
    if found := misfit(cells, at, column):
        rows = Rows()
        rows.add(before, found[1])
        raise InputError(found[0], where, rows=rows, type=column.dataType)


class _Parts:
    """A column while it is read: small arrays are joined, because many would keep much more memory."""

    def __init__(self, column: Column):
        self.kind = NUMBERS.get(column.dataType, TEXT)
        self.done: list[pa.Array] = []
        self.waiting: list[pa.Array] = []

    def add(self, part: pa.Array) -> None:
        self.waiting.append(part)
        if len(self.waiting) == PIECES_AT_ONCE:
            self._join()

    def _join(self) -> None:
        """Puts the parts that wait together; an empty text is missing."""
        whole = pa.chunked_array(self.waiting, self.kind).combine_chunks()
        self.waiting = []
        if pa.types.is_large_string(self.kind):
            empty = pc.equal(pc.binary_length(whole), 0)
            whole = pc.if_else(empty, None, whole) if pc.any(empty).as_py() else whole
        self.done.append(whole)

    def whole(self) -> pa.ChunkedArray:
        """The column in the pieces it has: text stays in them, as when a transport file is read."""
        self._join()
        return pa.chunked_array(self.done, self.kind)


def _series(whole: pa.ChunkedArray, column: Column, where: str) -> object:
    if column.is_moment:
        whole = whole.combine_chunks()
        _check_all(is_iso(whole, column.dataType, complete=True), "dsj.iso", column, where)
        return moments_of(whole, column.dataType)
    if column.dataType == "decimal":
        fits = np.asarray(pc.match_substring_regex(whole, DECIMAL).fill_null(True))
        _check_all(fits, "dsj.decimal", column, where)
        return pc.replace_substring(whole, ",", "").cast(pa.float64()).to_numpy()
    if column.dataType == "integer":
        return _whole_numbers(whole)
    if column.dataType == "boolean":
        return pd.array(whole.to_numpy(), dtype="boolean")
    if column.dataType in NUMBERS:
        return whole.to_numpy()
    return FRAME_TEXT.__from_arrow__(whole)


def _check_all(fits: np.ndarray, message: str, column: Column, where: str) -> None:
    if not fits.all():
        rows = Rows()
        rows.add(0, ~fits)
        raise InputError(message, where, rows=rows, type=column.dataType)


def _whole_numbers(whole: pa.ChunkedArray) -> object:
    """float64 like every number of a frame; Int64 where that would round one."""
    bounds = pc.min_max(whole).as_py()
    if max(abs(bounds["min"] or 0), abs(bounds["max"] or 0)) > EXACT_INTEGER:
        missing = np.asarray(whole.is_null())
        return pd.arrays.IntegerArray(whole.fill_null(0).to_numpy().copy(), missing)
    return whole.cast(pa.float64()).to_numpy()

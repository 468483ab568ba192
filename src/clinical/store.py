"""Frames on disk: the same values give the same bytes, on any machine and in any chunks.

A schema maps each column to Char, Num, Date, Datetime or Int (row numbers of lineage, counts; never missing).
Empty text, NaN and None are all missing, and -0.0 is 0.0 (architecture.md 4, Same input, same bytes).
"""

from __future__ import annotations

import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from pandas.api.types import is_datetime64_dtype, is_integer_dtype, is_numeric_dtype
from pyarrow.csv import WriteOptions

from clinical.distinct import distinct, spread_text
from clinical.errors import DerivationError, RunError
from clinical.files import create, json_bytes, write_bytes
from clinical.printable import printable
from clinical.rounding import shortest

Frame = pd.DataFrame
Schema = Mapping[str, str]
Arrow = pa.Array | pa.ChunkedArray

ROWS_A_GROUP = 1 << 17
ON_DISK = {
    "Char": pa.string(),
    "Num": pa.float64(),
    "Date": pa.date32(),
    "Datetime": pa.timestamp("s"),
    "Int": pa.int64(),
}
OPTIONS = {"compression": "zstd", "compression_level": 3, "store_schema": False}
NO_TIME = np.iinfo("int64").min
RUNS_IN_A_SPREADSHEET = re.compile(r"^\s*[=+\-@＝＋－＠\t\r\n]")
A_NUMBER = re.compile(r"^[+-]?\d+(?:\.\d*)?$")
FOR_A_SPREADSHEET = WriteOptions(eol="\r\n", quoting_style="all_valid", quoting_header="all_valid")


def schema_of(frame: Frame) -> dict[str, str]:
    """The schema a frame suggests by itself, where no spec describes it (findings, lineage, accounts)."""
    return {str(name): _kind(frame[name]) for name in frame.columns}


def _kind(column: pd.Series) -> str:
    if is_integer_dtype(column.dtype):
        return "Int"
    if is_numeric_dtype(column.dtype):
        return "Num"
    return "Datetime" if is_datetime64_dtype(column.dtype) else "Char"


def write_parquet(path: Path, frame: Frame, schema: Schema, groups: Sequence[int] | None = None) -> None:
    """A new Parquet file of the schema's columns in the schema's order; `groups` are sizes of row groups.

    Raises: DerivationError run.columns, run.type where the frame does not keep the schema's promise.
    """
    columns = _arrow_columns(frame, schema, path.stem.upper())
    layout = pa.schema([(name, ON_DISK[kind]) for name, kind in schema.items()])
    create(path)
    with pq.ParquetWriter(path, layout, **OPTIONS) as writer:
        for start, size in _groups(len(frame), groups):
            pieces = {name: column.slice(start, size) for name, column in columns.items()}
            arrays = [_piece(pieces[name], ON_DISK[kind]) for name, kind in schema.items()]
            writer.write_table(pa.Table.from_arrays(arrays, schema=layout), row_group_size=max(size, 1))


def _groups(rows: int, groups: Sequence[int] | None) -> Iterator[tuple[int, int]]:
    if groups:
        yield from zip(np.cumsum([0, *groups[:-1]]).tolist(), groups, strict=True)
    else:
        yield from ((start, ROWS_A_GROUP) for start in range(0, max(rows, 1), ROWS_A_GROUP))


def _piece(piece: Arrow, kind: pa.DataType) -> pa.Array:
    """One row group of one column in one chunk: chunk borders would show in the bytes."""
    if isinstance(piece, pa.ChunkedArray):
        piece = piece.combine_chunks()
    return piece.cast(kind)


def read_parquet(path: Path, columns: list[str] | None = None) -> Frame:
    """A frame as the store wrote it: text `str`, dates and datetimes datetime64[s], numbers float64.

    Raises: RunError run.file-damaged where it is not readable; DerivationError run.columns.
    """
    try:
        with pq.ParquetFile(path) as file:
            table = file.read(columns)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as fault:
        raise RunError("run.file-damaged", path.name) from fault
    missing = set(columns or []) - set(table.column_names)
    if missing:
        raise DerivationError("run.columns", path.name, missing=_names(missing), extra="none")
    return _frame(table)


def read_groups(path: Path, groups: list[int]) -> Frame:
    """Some row groups of a file of the store.

    Raises: RunError run.file-damaged where it is not readable.
    """
    try:
        with pq.ParquetFile(path) as file:
            return _frame(file.read_row_groups(groups))
    except (pa.ArrowException, OSError) as fault:
        raise RunError("run.file-damaged", path.name) from fault


def _frame(table: pa.Table) -> Frame:
    return table.cast(pa.schema([_in_seconds(field) for field in table.schema])).to_pandas()


def _in_seconds(field: pa.Field) -> pa.Field:
    return field.with_type(pa.timestamp("s")) if pa.types.is_temporal(field.type) else field


def column_hashes(frame: Frame, schema: Schema | None = None) -> dict[str, str]:
    """The content hash of each column: of its values in their order, never of how they are held."""
    columns = _arrow_columns(frame, schema_of(frame) if schema is None else schema, "")
    return {name: _column_hash(column) for name, column in columns.items()}


def content_hash(frame: Frame, schema: Schema | None = None) -> str:
    """The content hash of a whole frame: names, order and values of its columns."""
    return combine_hashes(column_hashes(frame, schema), len(frame))


def combine_hashes(columns: Mapping[str, str], rows: int) -> str:
    """The content hash of a frame of `rows` rows from those of its columns."""
    whole = "".join(f"{name} {digest}\n" for name, digest in columns.items())
    return blake2b(f"{rows}\n{whole}".encode(), digest_size=16).hexdigest()


def bucket_hashes(
    frame: Frame, buckets: np.ndarray, schema: Schema | None = None
) -> dict[int, dict[str, str]]:
    """The content hash of each column in each bucket; a bucket without rows is not named."""
    order = np.argsort(buckets, kind="stable")
    numbers, starts = np.unique(buckets[order], return_index=True)
    ends = np.append(starts, len(order))[1:]
    hashes: dict[int, dict[str, str]] = {int(number): {} for number in numbers}
    in_order = bool((np.diff(order) > 0).all())
    for name, column in _arrow_columns(frame, schema_of(frame) if schema is None else schema, "").items():
        rows = column if in_order else column.take(pa.array(order))
        for number, start, end in zip(numbers, starts, ends, strict=True):
            hashes[int(number)][name] = _column_hash(rows.slice(start, end - start))
    return hashes


def _column_hash(column: Arrow) -> str:
    """BLAKE2b over kind, number and values: 64 bits, little endian; text as lengths of 32 bits, then UTF-8.

    Missing: a length of 0, the one canonical NaN, the least 64-bit integer.
    """
    kind = column.type
    digest = blake2b(f"{_family(kind)} {len(column)}\n".encode(), digest_size=16)
    if _is_text(kind):
        for part in _filled(column):
            digest.update(pc.binary_length(part).to_numpy(zero_copy_only=False).astype("<i4"))
        for part in _filled(column):
            digest.update(_text_bytes(part))
    else:
        for part in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
            digest.update(_bytes(part))
    return digest.hexdigest()


def _filled(column: Arrow) -> Iterator[pa.LargeStringArray]:
    """A text column in pieces without nulls; a coded one is decoded a piece at a time."""
    if pa.types.is_dictionary(column.type):
        starts = range(0, len(column), ROWS_A_GROUP)
        parts = (column.slice(start, ROWS_A_GROUP).cast(pa.large_string()) for start in starts)
    else:
        parts = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    for part in parts:
        yield pc.fill_null(part, "") if part.null_count else part


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_large_string(kind) or pa.types.is_dictionary(kind)


def _family(kind: pa.DataType) -> str:
    if _is_text(kind):
        return "text"
    return {pa.float64(): "number", pa.int64(): "integer"}.get(kind, "time")


def _bytes(part: pa.Array) -> np.ndarray:
    if pa.types.is_floating(part.type):
        values = pc.fill_null(part, np.nan).to_numpy(zero_copy_only=False)
        return np.where(np.isnan(values), np.nan, values).astype("<f8")
    whole = part.cast(pa.timestamp("s")).cast(pa.int64()) if pa.types.is_temporal(part.type) else part
    return pc.fill_null(whole, NO_TIME).to_numpy(zero_copy_only=False).astype("<i8", copy=False)


def _text_bytes(part: pa.LargeStringArray) -> memoryview:
    """The characters of a text array without nulls; an array can be a window on a longer buffer."""
    _, offsets, data = part.buffers()
    if data is None or len(part) == 0:
        return memoryview(b"")
    borders = np.frombuffer(offsets, dtype="<i8")[part.offset : part.offset + len(part) + 1]
    return memoryview(data)[borders[0] : borders[-1]]


def _arrow_columns(frame: Frame, schema: Schema, dataset: str) -> dict[str, Arrow]:
    missing, extra = [set(schema) - set(frame.columns), set(frame.columns) - set(schema)]
    if missing or extra:
        raise DerivationError("run.columns", dataset, missing=_names(missing), extra=_names(extra))
    make = {"Char": _texts, "Num": _numbers, "Int": _integers, "Date": _days, "Datetime": _moments}
    return {name: make[kind](frame[name], f"{dataset}.{name}") for name, kind in schema.items()}


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(map(str, names))) or "none"


def _texts(column: pd.Series, at: str) -> Arrow:
    try:
        array = pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as fault:
        raise DerivationError("run.type", at, kind="Char", found="values of several types") from fault
    coded = pa.types.is_dictionary(array.type)
    plain = array.type.value_type if coded else array.type
    if array.null_count < len(array) and not (pa.types.is_string(plain) or pa.types.is_large_string(plain)):
        raise DerivationError("run.type", at, kind="Char", found=f"values of type {plain}")
    if coded and len(array.dictionary) and pc.min(pc.binary_length(array.dictionary)).as_py() > 0:
        return array  # stays as small as it is: whoever writes or hashes it decodes a piece at a time
    array = array.cast(pa.large_string())
    empty = pc.equal(pc.binary_length(array), 0)
    return pc.if_else(empty, None, array) if pc.any(empty).as_py() else array


def _numbers(column: pd.Series, at: str) -> pa.Array:
    if not is_numeric_dtype(column.dtype) and column.notna().any():
        raise DerivationError("run.type", at, kind="Num", found=f"values of type {column.dtype}")
    return pa.array(column.to_numpy(dtype="float64", na_value=np.nan) + 0.0, from_pandas=True)


def _integers(column: pd.Series, at: str) -> Arrow:
    if not is_integer_dtype(column.dtype):
        raise DerivationError("run.type", at, kind="Int", found=f"values of type {column.dtype}")
    if column.isna().any():
        raise DerivationError("run.type", at, kind="Int", found="missing values")
    return pa.array(column, from_pandas=True).cast(pa.int64())


def _moments(column: pd.Series, at: str) -> pa.Array:
    if not is_datetime64_dtype(column.dtype):
        if column.notna().any():
            raise DerivationError("run.type", at, kind="Datetime", found=f"values of type {column.dtype}")
        return pa.nulls(len(column), pa.timestamp("s"))
    return pa.array(_exact(column.to_numpy(), "s", at, "Datetime", "parts of a second"), from_pandas=True)


def _days(column: pd.Series, at: str) -> pa.Array:
    if not is_datetime64_dtype(column.dtype):
        if column.notna().any():
            raise DerivationError("run.type", at, kind="Date", found=f"values of type {column.dtype}")
        return pa.nulls(len(column), pa.date32())
    return pa.array(_exact(column.to_numpy(), "D", at, "Date", "times of day"), from_pandas=True)


def _exact(values: np.ndarray, unit: str, at: str, kind: str, found: str) -> np.ndarray:
    coarse = values.astype(f"datetime64[{unit}]")
    if ((coarse != values) & ~np.isnat(values)).any():
        raise DerivationError("run.type", at, kind=kind, found=found)
    return coarse


def write_json(path: Path, value: object) -> None:
    """A new JSON file with sorted keys."""
    write_bytes(path, json_bytes(value))


def write_csv(path: Path, frame: Frame) -> None:
    """A new CSV file for a spreadsheet: UTF-8 with a mark, text quoted, numbers in their shortest form.

    Text that a spreadsheet would run as a formula gets an apostrophe in front; text that is a number stays.
    Characters that act on a screen are written as their escapes, so that a record is one line and `cat` shows
    the file; Parquet has the text as it is.
    """
    cells = {str(name): pc.fill_null(pa.array(_cells(frame[name]), pa.large_string()), "") for name in frame}
    file = io.BytesIO(BOM_UTF8)
    file.seek(0, io.SEEK_END)
    pyarrow.csv.write_csv(pa.table(cells), file, FOR_A_SPREADSHEET)
    write_bytes(path, file.getvalue())


def _cells(column: pd.Series) -> pd.Series:
    if is_numeric_dtype(column.dtype):
        return shortest(column.astype("float64"))
    if is_datetime64_dtype(column.dtype):
        return _moment_text(column)
    codes, values = distinct(column.astype("str"))
    return spread_text(codes, [_cell(value) for value in values], column.index)


def _cell(text: str) -> str:
    runs = not text[:1].isalnum() and RUNS_IN_A_SPREADSHEET.search(text) and not A_NUMBER.search(text)
    return f"'{printable(text)}" if runs else printable(text)


def _moment_text(column: pd.Series) -> pd.Series:
    """ISO 8601; without the clock where every value of the column is at midnight."""
    days = column.dropna()
    pattern = "%Y-%m-%d" if (days == days.dt.normalize()).all() else "%Y-%m-%dT%H:%M:%S"
    return column.dt.strftime(pattern)

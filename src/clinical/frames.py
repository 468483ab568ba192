"""Fast, order-true handling of columns and records: the one place that may be clever about pandas and numpy.

A column is a pandas Series with a meaningless RangeIndex: `str` (missing NaN), float64 or datetime64[s].
"""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Frame = pd.DataFrame
Column = pd.Series
DAY = "datetime64[s]"
ROOM = 2**62
PIECE = 1 << 16

if "ARROW_DEFAULT_MEMORY_POOL" not in os.environ and "jemalloc" in pa.supported_memory_backends():
    pa.set_memory_pool(pa.jemalloc_memory_pool())  # a tenth less memory at the peak, the same time


def take(column: Column, rows: np.ndarray) -> Column:
    """The column's values at `rows`; row -1 gives missing."""
    if len(column) == 0:
        return empty(column.dtype, len(rows))
    if len(rows) and rows.min() < 0:
        return pd.Series(column.array.take(rows, allow_fill=True), copy=False)
    return pd.Series(column.array.take(rows), copy=False)


def places_in(known: pd.Index, column: Column) -> np.ndarray:
    """Where each value of a text column stands among distinct texts; -1 where it does not, or is missing."""
    texts = pa.array(known, pa.large_string(), from_pandas=True)
    found = pc.index_in(pa.array(column, pa.large_string(), from_pandas=True), texts, skip_nulls=True)
    return np.asarray(found.fill_null(-1)).astype("int64")


def ordered(column: Column, rows: np.ndarray) -> Column:
    """The column's values at `rows`: itself where these are all of its rows as they stand."""
    same = len(rows) == len(column) and (rows == np.arange(len(rows))).all()
    return column if same else take(column, rows)


def empty(dtype: object, size: int) -> Column:
    """A column of `size` missing values."""
    return pd.Series(index=range(size), dtype=dtype)


def constant(value: str | float, size: int) -> Column:
    """A column that holds `value` in every record; a long text column repeats one piece of memory."""
    if isinstance(value, float):
        return pd.Series(np.full(size, value))
    piece = pa.array([value], pa.large_string()).take(pa.array(np.zeros(min(size, PIECE), dtype="int64")))
    pieces = [piece] * (size // PIECE) + [piece[: size % PIECE]]
    return pd.Series(pd.array(pa.chunked_array(pieces), dtype="str"), copy=False)


def same_type(columns: list[Column]) -> list[Column]:
    """The columns brought to one type: theirs if they agree, else text; all-missing ones follow suit."""
    kinds = {str(column.dtype) for column in columns if column.notna().any()} or {str(columns[0].dtype)}
    if len(kinds) == 1:
        kind = next(iter(kinds))
        return [c if str(c.dtype) == kind else empty(kind, len(c)) for c in columns]
    return [as_text(column) for column in columns]


def as_text(column: Column) -> Column:
    """The column as text: numbers in their shortest form, dates as ISO 8601."""
    if pd.api.types.is_float_dtype(column):
        from clinical.rounding import shortest

        return shortest(column)
    if pd.api.types.is_datetime64_any_dtype(column):
        from clinical.dates import iso_text

        return iso_text(column)
    return column


def assemble(size: int, pieces: list[tuple[np.ndarray, Column]]) -> Column:
    """One column of `size` records from pieces that each fill some rows; rows nobody fills are missing."""
    pieces = [(rows, column) for rows, column in pieces if len(rows)]
    if not pieces:
        return empty("str", size)
    columns = same_type([column for _, column in pieces])
    whole = columns[0] if len(columns) == 1 else pd.concat(columns, ignore_index=True)
    rows = np.concatenate([rows for rows, _ in pieces])
    if len(rows) == size and (rows == np.arange(size)).all():
        return whole
    where = np.full(size, -1, dtype="int64")
    where[rows] = np.arange(len(whole))
    return take(whole, where)


def codes_of(column: Column) -> np.ndarray:
    """An integer for each distinct value, in order of first appearance; -1 where missing."""
    if pd.api.types.is_string_dtype(column) and len(column) > 50_000:
        coded = pa.array(column).dictionary_encode()
        coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
        indices = coded.indices.fill_null(-1)
        return indices.to_numpy(zero_copy_only=False).astype("int64")
    return pd.factorize(column)[0].astype("int64")


def ranks_of(column: Column) -> np.ndarray:
    """Where each value stands in ascending order (text by code point); missing is -1 and so comes first."""
    if pd.api.types.is_float_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        codes, _ = pd.factorize(column, sort=True)
        return codes.astype("int64")
    codes, values = pd.factorize(column)
    order = np.argsort(np.array(values, dtype=object)) if len(values) else np.array([], dtype="int64")
    rank = np.empty(len(values) + 1, dtype="int64")
    rank[order] = np.arange(len(values))
    rank[-1] = -1
    return rank[codes]


def packed(columns: list[np.ndarray]) -> np.ndarray:
    """One integer a row that sorts as the rows of integer columns (-1 and up) do, the first column first."""
    whole, room = columns[0].astype("int64") + 1, int(columns[0].max(initial=-1)) + 2
    for column in columns[1:]:
        span = int(column.max(initial=-1)) + 2
        if room > ROOM // span:
            whole = pd.factorize(whole, sort=True)[0].astype("int64")
            room = int(whole.max(initial=-1)) + 1
        whole = whole * span + (column + 1)
        room *= span
    return whole


def group_codes(columns: list[np.ndarray]) -> np.ndarray:
    """One integer for each distinct combination of integer columns, in order of first appearance."""
    return pd.factorize(packed(columns))[0].astype("int64")


def sorted_rows(key: np.ndarray) -> np.ndarray:
    """The rows in ascending order of an integer key, ties by position."""
    if (key[1:] >= key[:-1]).all():
        return np.arange(len(key))
    return np.argsort(key, kind="stable")


def left_out(rows: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """The rows that are not among `kept`."""
    there = np.zeros(int(max(rows.max(initial=-1), kept.max(initial=-1))) + 1, dtype=bool)
    there[kept] = True
    return rows[~there[rows]]


def expand(left: np.ndarray, right: np.ndarray, groups: int) -> tuple[np.ndarray, np.ndarray]:
    """All pairs (row of left, row of right) whose group codes agree; codes below 0 meet nothing.

    Rows: ordered by left row, then by right row.
    """
    order = np.argsort(right, kind="stable")
    order = order[right[order] >= 0]
    counts = np.bincount(right[order], minlength=groups) if len(order) else np.zeros(groups, dtype="int64")
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]) if groups else np.zeros(0, dtype="int64")
    inside = left >= 0
    size = np.where(inside, counts[np.where(inside, left, 0)] if groups else 0, 0)
    pairs_left = np.repeat(np.arange(len(left)), size)
    offset = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    return pairs_left, order[np.repeat(starts[np.where(inside, left, 0)], size) + offset]


def joint_codes(left: list[Column], right: list[Column]) -> tuple[np.ndarray, np.ndarray]:
    """Codes under which equal combinations of left and right columns are equal; -1 where any is missing."""
    size = len(left[0])
    parts = []
    for one, two in zip(left, right, strict=True):
        both = pd.concat(_comparable(one, two), ignore_index=True)
        parts.append(codes_of(both))
    missing = np.any([part < 0 for part in parts], axis=0)
    whole = group_codes(parts)
    whole[missing] = -1
    return whole[:size], whole[size:]


def _comparable(one: Column, two: Column) -> list[Column]:
    if pd.api.types.is_float_dtype(one) != pd.api.types.is_float_dtype(two):
        from clinical.where import as_numbers

        return [pd.Series(as_numbers(one)), pd.Series(as_numbers(two))]
    return [one, two]


def first_of_groups(groups: np.ndarray, order: list[np.ndarray], size: int, last: bool = False) -> np.ndarray:
    """For each group 0..size-1 the row that comes first (or last) by the order keys; -1 where it has no rows.

    Ties: by position, the first position for first and the last for last.
    """
    rows = np.flatnonzero(groups >= 0)
    for key in order:
        rows = rows[_at_the_end(groups[rows], key[rows], size, last)]
    rows = rows if last else rows[::-1]
    found = np.full(size, -1, dtype="int64")
    found[groups[rows]] = rows
    return found


def _at_the_end(groups: np.ndarray, key: np.ndarray, size: int, last: bool) -> np.ndarray:
    """Which rows have the least (or greatest) key of their group; NaN is above every number."""
    if key.dtype.kind == "f":
        end = np.full(size, -np.inf if last else np.nan)
        with np.errstate(invalid="ignore"):
            (np.maximum if last else np.fmin).at(end, groups, key)
        return (key == end[groups]) | (np.isnan(key) & np.isnan(end[groups]))
    key, limits = key.astype("int64", copy=False), np.iinfo("int64")
    end = np.full(size, limits.min if last else limits.max)
    (np.maximum if last else np.minimum).at(end, groups, key)
    return key == end[groups]

"""Work per distinct value: what a column holds, once each, and the way back to its rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def distinct(series: pd.Series) -> tuple[np.ndarray, list]:
    """The number of each row's value (-1 = missing), and the values by number, in order of appearance."""
    if isinstance(series.dtype, pd.StringDtype):
        encoded = _texts(series).dictionary_encode()
        return encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), encoded.dictionary.to_pylist()
    codes, values = pd.factorize(series)
    return codes, list(values)


def spread(codes: np.ndarray, results: Sequence | np.ndarray, missing: object) -> np.ndarray:
    """One result a row: `results[code]`, or `missing` where the code is -1."""
    return np.append(np.asarray(results), np.asarray([missing]))[codes]


def spread_text(codes: np.ndarray, results: Sequence[str | None], index: pd.Index) -> pd.Series:
    """One text a row: `results[code]`, missing where the code is -1 or the result is None."""
    texts = pa.array([*results, None], type=pa.large_string())
    rows = texts.take(pa.array(np.where(codes < 0, len(results), codes)))
    return pd.Series(pd.array(rows, dtype="str"), index=index)


def append_text(texts: pd.Series, ends: pd.Series) -> pd.Series:
    """Each text with its end appended; a missing end appends nothing, a missing text stays missing."""
    nothing = pa.scalar("", pa.large_string())
    joined = pc.binary_join_element_wise(_texts(texts), pc.fill_null(_texts(ends), nothing), nothing)
    return pd.Series(pd.array(joined, dtype="str"), index=texts.index)


def _texts(series: pd.Series) -> pa.LargeStringArray:
    rows = pa.array(series.astype("str").array, type=pa.large_string())
    return rows.combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows


def pairs(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """The number of each row's pair of codes, and the pairs by number; -1 (missing) is a code too."""
    width = int(right.max(initial=0)) + 2
    codes, values = pd.factorize((left.astype("int64") + 1) * width + right + 1)
    return codes, [(int(value) // width - 1, int(value) % width - 1) for value in values]


def distinct_rows(columns: list[pd.Series]) -> tuple[np.ndarray, list[pd.Series]]:
    """The number of each row's combination of values, and the columns of the combinations by number."""
    codes = distinct(columns[0])[0]
    for column in columns[1:]:
        codes = pairs(codes, distinct(column)[0])[0]
    codes, numbers = pd.factorize(codes)
    first = np.zeros(len(numbers), dtype="int64")
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return codes, [column.iloc[first].reset_index(drop=True) for column in columns]


def only_printable_ascii(series: pd.Series) -> bool:
    """True if no value of a text column has a character outside 0x20 to 0x7E; looks at all bytes at once."""
    texts = _texts(series)
    offsets = np.frombuffer(texts.buffers()[1], dtype="int64")[texts.offset : texts.offset + len(texts) + 1]
    if not len(offsets) or texts.buffers()[2] is None:
        return True
    content = np.frombuffer(texts.buffers()[2], dtype="uint8")[offsets[0] : offsets[-1]]
    return not len(content) or bool(content.min() >= 0x20 and content.max() <= 0x7E)


def longest(series: pd.Series) -> int:
    """The bytes of the longest text of a text column; 0 where there is none."""
    return pc.max(pc.binary_length(_texts(series))).as_py() or 0

"""The order of records: ids made of parts, sorted part by part, numbers as numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]{1,9})?$"
_ROOM = 2**62


def arrow(text: pd.Series) -> pa.Array:
    """The column as an Arrow array of text."""
    return pa.array(text.array, type=pa.large_string())


def _scalar(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())


def joined(parts: list[pd.Series], separator: str) -> pd.Series:
    """The parts of each row as one text; a missing part is empty."""
    texts = [pc.fill_null(arrow(part), "") for part in parts]
    together = pc.binary_join_element_wise(*texts, _scalar(separator)) if len(texts) > 1 else texts[0]
    return pd.Series(pd.array(together, dtype="str"), copy=False)


def record_ids(form: str, parts: list[pd.Series]) -> pd.Series:
    """The id of each record: form and parts, joined by a slash."""
    texts = [pc.fill_null(arrow(part), "") for part in parts]
    ids = pc.binary_join_element_wise(_scalar(form), *texts, _scalar("/"))
    return pd.Series(pd.array(ids, dtype="str"), copy=False)


def ranks(text: pd.Series) -> tuple[np.ndarray, int]:
    """The place of each value among the distinct ones (missing: 0; numbers before text), and their number."""
    encoded = arrow(text).dictionary_encode()
    values = encoded.dictionary
    numeric = pc.match_substring_regex(values, _NUMBER)
    numbers = pc.cast(pc.if_else(numeric, values, "0"), pa.float64()).to_numpy(zero_copy_only=False)
    place_of_text = np.empty(len(values), dtype="int64")
    place_of_text[pc.array_sort_indices(values).to_numpy()] = np.arange(len(values))
    order = np.lexsort((place_of_text, numbers, ~numeric.to_numpy(zero_copy_only=False)))
    places = np.zeros(len(values) + 1, dtype="int64")
    places[order] = np.arange(1, len(values) + 1)
    rows = encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    return places[rows], len(values) + 1


def sort_key(parts: list[pd.Series]) -> np.ndarray:
    """One number a row that sorts as its parts do, the first part first; equal where all parts are."""
    key, room = np.zeros(len(parts[0]), dtype="int64"), 1
    for part in parts:
        places, count = ranks(part)
        if room > _ROOM // count:
            seen, key = np.unique(key, return_inverse=True)
            room = len(seen)
        key, room = key * count + places, room * count
    return key

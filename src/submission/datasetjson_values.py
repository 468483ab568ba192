"""Values on their way into Dataset-JSON: the JSON of every value of a column, a block of rows at a time.

Arrow makes the text, in passes over whole blocks; what must be escaped or is a date is made once per distinct
value.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from clinical.xpt_columns import FIRST_DAY as FIRST_SAS_DAY
from clinical.xpt_columns import LAST_DAY as LAST_SAS_DAY
from clinical.xpt_columns import Rows, Source, block_of
from submission.datasetjson_columns import DECIMAL, Column

TEXT = pa.large_string()
QUOTE, NOTHING = pa.scalar('"', TEXT), pa.scalar("", TEXT)
TO_ESCAPE = r'["\\\x00-\x1f]'
DAY = 86_400 * 10**6  # in microseconds, like every moment here
EPOCH_DAYS = 3653  # from 1960-01-01 to 1970-01-01
FIRST, LAST = (FIRST_SAS_DAY - EPOCH_DAYS) * DAY, (LAST_SAS_DAY - EPOCH_DAYS + 1) * DAY

# What a column of a frame may hold for each dataType; a moment with targetDataType may also be one.
ACCEPTED = {
    "string": {"text"}, "URI": {"text"}, "date": {"text"}, "datetime": {"text"}, "time": {"text"},
    "integer": {"number", "boolean"}, "float": {"number", "boolean"}, "double": {"number", "boolean"},
    "boolean": {"boolean"}, "decimal": {"text", "number"},
}  # fmt: skip
ACCEPTED_MOMENTS = {
    "date": {"date", "datetime"},
    "datetime": {"date", "datetime"},
    "time": {"time", "number"},
}


def accepted(column: Column) -> set[str]:
    """The kinds of frame columns that can be written as `column`."""
    kinds = ACCEPTED_MOMENTS[column.dataType] if column.is_moment else ACCEPTED[column.dataType]
    return kinds | {"empty"}


class Values:
    """One column of a frame; `bad` has the rows that Dataset-JSON cannot hold, by message."""

    def __init__(self, column: Column, source: Source, kind: str):
        self.column = column
        self.source = source
        self.kind = kind
        self.bad: dict[str, Rows] = defaultdict(Rows)

    def tokens(self, start: int, stop: int) -> pa.LargeStringArray:
        """The JSON of rows `start` to `stop`; null where a value is missing or cannot be held."""
        if self.kind == "empty":
            return pa.nulls(stop - start, TEXT)
        if self.kind == "text":
            return self._texts(start, stop)
        block = block_of(self.source, start, stop, text=False)
        if self.column.is_moment:
            return self._moments(block, start)
        if self.column.dataType == "boolean":
            return block.cast(TEXT)
        block = block.cast(pa.uint8()) if pa.types.is_boolean(block.type) else block
        if self.column.dataType == "integer":
            return self._integers(block, start)
        numbers = self._floats(block, start)
        return _decimals(numbers) if self.column.dataType == "decimal" else numbers

    def words(self, rows: Rows) -> dict[str, object]:
        """The words of a message about some of its rows."""
        return {"rows": str(rows), "length": self.column.length}

    def _texts(self, start: int, stop: int) -> pa.LargeStringArray:
        try:
            block = self._text_block(start, stop)
        except UnicodeEncodeError:
            halves = [isinstance(text, str) and not _is_unicode(text) for text in self.source[start:stop]]
            self.bad["dsj.not-unicode"].add(start, np.array(halves))
            return pa.nulls(stop - start, TEXT)
        lengths = pc.binary_length(block)
        bounds = pc.min_max(lengths)
        if bounds["min"].as_py() == 0:
            block = pc.if_else(pc.equal(lengths, 0), None, block)
        limit = self.column.length
        if limit and (bounds["max"].as_py() or 0) > limit:
            self._mark("dsj.text-length", start, pc.greater(pc.utf8_length(block), limit))
        if self.column.dataType == "decimal":
            self._mark("dsj.decimal", start, pc.invert(pc.match_substring_regex(block, DECIMAL)))
        return _quoted(_escaped(block))

    def _text_block(self, start: int, stop: int) -> pa.LargeStringArray:
        if isinstance(self.source, np.ndarray):
            return pa.array(self.source[start:stop], TEXT, from_pandas=True)
        return block_of(self.source, start, stop, text=True)

    def _mark(self, message: str, start: int, mask: pa.BooleanArray) -> None:
        self.bad[message].add(start, np.asarray(mask.fill_null(False)))

    def _integers(self, block: pa.Array, start: int) -> pa.LargeStringArray:
        if pa.types.is_integer(block.type):
            return block.cast(TEXT)
        values = _doubles(block)
        there = ~np.isnan(values)
        with np.errstate(invalid="ignore"):
            odd = there & ((np.rint(values) != values) | (np.abs(values) >= 2.0**63))
        self.bad["dsj.not-whole"].add(start, odd)
        whole = np.where(there & ~odd, values, 0.0).astype("i8")
        return pa.array(whole, mask=~there | odd).cast(TEXT)

    def _floats(self, block: pa.Array, start: int) -> pa.LargeStringArray:
        if pa.types.is_integer(block.type):
            return block.cast(TEXT)
        values = _doubles(block) + 0.0  # -0.0 is 0.0, as in the store: what has one hash has one text
        self.bad["dsj.infinite"].add(start, np.isinf(values))
        return pa.array(values, mask=~np.isfinite(values)).cast(TEXT)

    def _moments(self, block: pa.Array, start: int) -> pa.LargeStringArray:
        micro, there = self._microseconds(block, start)
        if self.column.dataType == "date":
            self.bad["dsj.time-of-day"].add(start, there & (micro % DAY != 0))
        if self.column.dataType == "time":
            outside = there & ((micro < 0) | (micro >= DAY))
            self.bad["dsj.time"].add(start, outside)
        else:
            outside = there & ((micro < FIRST) | (micro >= LAST))
            self.bad["dsj.date-range"].add(start, outside)
        coded = pa.array(micro, mask=~there | outside).dictionary_encode()
        texts = _iso(coded.dictionary.to_numpy(zero_copy_only=False), self.column.dataType)
        return _quoted(pa.array(texts, TEXT)).take(coded.indices)

    def _microseconds(self, block: pa.Array, start: int) -> tuple[np.ndarray, np.ndarray]:
        """Microseconds since 1970 or midnight, and which are not missing; finer ones are bad."""
        if self.kind == "number":
            seconds = _doubles(block)
            there = np.isfinite(seconds)
            filled = np.where(there, seconds, 0.0).clip(-1.0, 86_400.0)
            micro = np.rint(filled * 10**6)
            self.bad["dsj.fraction"].add(start, micro / 10**6 != filled)
            self.bad["dsj.infinite"].add(start, np.isinf(seconds))
            return micro.astype("i8"), there
        fine = pa.time64("us") if self.kind == "time" else pa.timestamp("us")
        coarse = block.cast(fine, safe=False)
        if pa.types.is_temporal(block.type) and getattr(block.type, "unit", "") == "ns":
            self._mark("dsj.fraction", start, pc.not_equal(coarse.cast(block.type), block))
        there = np.asarray(block.is_valid())
        return coarse.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False), there


def _is_unicode(text: str) -> bool:
    """False for half of a surrogate pair, left by a lenient decoder."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _quoted(block: pa.LargeStringArray) -> pa.LargeStringArray:
    return pc.binary_join_element_wise(QUOTE, block, QUOTE, NOTHING)


def _escaped(block: pa.LargeStringArray) -> pa.LargeStringArray:
    """Texts as they stand between the quotes of JSON."""
    _, offsets, data = block.buffers()
    if data is None or not len(block):
        return block
    ends = np.frombuffer(offsets, "i8")[[block.offset, block.offset + len(block)]]
    written = np.frombuffer(data, "u1")[ends[0] : ends[1]]
    if not len(written) or not ((written < 0x20) | (written == ord('"')) | (written == ord("\\"))).any():
        return block
    odd = pc.match_substring_regex(block, TO_ESCAPE).fill_null(False)
    coded = block.filter(odd).dictionary_encode()
    texts = [orjson.dumps(text)[1:-1].decode() for text in coded.dictionary.to_pylist()]
    return pc.replace_with_mask(block, odd, pa.array(texts, TEXT).take(coded.indices))


def _doubles(block: pa.Array) -> np.ndarray:
    """A block of numbers as float64, missing NaN."""
    return block.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)


def _decimals(numbers: pa.LargeStringArray) -> pa.LargeStringArray:
    """Numbers as text without an exponent, which a decimal has not."""
    coded = numbers.dictionary_encode()
    texts = [format(Decimal(text), "f") if "e" in text else text for text in coded.dictionary.to_pylist()]
    return _quoted(pa.array(texts, TEXT)).take(coded.indices)


def _iso(micro: np.ndarray, kind: str) -> list[str]:
    """ISO 8601 texts; parts of a second only where there are any."""
    moments = micro.astype("M8[us]")
    if kind == "date":
        return np.datetime_as_string(moments, "D").tolist()
    whole = micro % 10**6 == 0
    texts = np.where(whole, np.datetime_as_string(moments, "s"), np.datetime_as_string(moments, "us"))
    return [text[11:] for text in texts.tolist()] if kind == "time" else texts.tolist()

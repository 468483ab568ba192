"""Columns on their way into a transport file: what they hold, if the format can hold it, and their bytes.

A column is looked at twice, in blocks of rows so that memory stays flat: once to check and measure it before
any file exists, once to encode it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from clinical.errors import DerivationError
from clinical.findings import Findings
from clinical.ibm import CODES, LARGEST, SMALLEST, to_ibm
from clinical.xpt_layout import (
    DATE_FORMATS,
    DATETIME_FORMATS,
    TEXT_BYTES,
    TIME_FORMATS,
    Variable,
    characters_not_printable,
    format_name,
)

ROWS_A_CHECK = 65_536
EXACT_INTEGER = 2**53
EPOCH_DAYS = 3653  # from 1960-01-01 to 1970-01-01
DAY = 86_400
FIRST_DAY, LAST_DAY = -138_061, 2_936_549  # 1582-01-01, where SAS dates begin, and 9999-12-31
A_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}

ACCEPTED = {"Char": {"text", "empty"}, "Num": {"number", "date", "datetime", "time", "empty"}}

Source = np.ndarray | pa.ChunkedArray
Blocks = Iterator[tuple[int, int]]


@dataclass
class Report:
    """What is wrong with one dataset, and what is worth telling about it."""

    dataset: str
    faults: list[DerivationError] = field(default_factory=list)
    notes: Findings = field(default_factory=Findings)

    def at(self, variable: str) -> str:
        """Where a fault is: `ADSL.TRTSDT`."""
        return f"{self.dataset}.{variable}"

    def fault(self, message: str, at: str, **words: object) -> None:
        """Keeps one fault, so that all of them are told together."""
        self.faults.append(DerivationError(message, at, **words))

    def attempt(self, check: Callable[..., None], *arguments: object) -> None:
        """Runs a check that raises, and keeps what it raises."""
        try:
            check(*arguments)
        except DerivationError as fault:
            self.faults.append(fault)

    def note(self, message: str, variable: str, **words: object) -> None:
        """A finding about a whole variable."""
        self.notes.add(message, dataset=self.dataset, variable=variable, **words)

    def stop(self) -> None:
        """Raises the faults kept so far: the one, or all of them as one."""
        if len(self.faults) == 1:
            raise self.faults[0]
        if self.faults:
            faults = "\n".join(f"  {fault}" for fault in self.faults)
            raise DerivationError("xpt.several", self.dataset, count=len(self.faults), faults=faults)


class Rows:
    """Rows with one kind of fault, counted over blocks; the first five are named, from 1."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[int] = []

    def add(self, start: int, bad: np.ndarray) -> None:
        """Rows of a block that begins at row `start`, as a mask."""
        rows = np.flatnonzero(bad)
        self.count += len(rows)
        self._first += [start + int(row) + 1 for row in rows[: 5 - len(self._first)]]

    def __str__(self) -> str:
        named = ", ".join(map(str, self._first))
        return f"{named} and {self.count - 5} more" if self.count > 5 else named


def source_of(column: pd.Series | pa.ChunkedArray) -> Source:
    """A column without its index: a numpy array, or Arrow data that share memory with it."""
    if isinstance(column, pa.ChunkedArray):
        return column
    if isinstance(column.dtype, np.dtype):
        return column.to_numpy()
    try:
        array = pa.array(column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
        return column.to_numpy(dtype="object")
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def kind_of(source: Source) -> str:
    """`text`, `number`, `date`, `datetime`, `time` or `empty`; else the name of a type that is refused."""
    if isinstance(source, pa.ChunkedArray):
        return _arrow_kind(source.type)
    if source.dtype.kind == "O":
        found = pd.api.types.infer_dtype(source, skipna=True)
        return {"string": "text", "empty": "empty"}.get(found, f"object ({found})")
    if source.dtype.kind in "fiub" and source.dtype.itemsize <= 8:
        return "number"
    if source.dtype.kind == "M":
        return "date" if np.datetime_data(source.dtype)[0] == "D" else "datetime"
    return f"type {source.dtype}"


def _arrow_kind(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        return _arrow_kind(kind.value_type)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "text"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return "number"
    if pa.types.is_timestamp(kind) and kind.tz is None:
        return "datetime"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_time(kind):
        return "time"
    return "empty" if pa.types.is_null(kind) else f"type {kind}"


def block_of(source: Source, start: int, stop: int, text: bool) -> pa.Array:
    """Rows `start` to `stop` as one plain Arrow array, large_string for text."""
    if isinstance(source, pa.ChunkedArray):
        part = source.slice(start, stop - start).combine_chunks()
        if pa.types.is_dictionary(part.type):
            part = part.dictionary_decode()
        return part.cast(pa.large_string()) if text else part
    part = source[start:stop]
    if source.dtype.kind == "O":
        return _object_block(part, pa.large_string() if text else pa.float64())
    return pa.array(part.astype(part.dtype.newbyteorder("="), copy=False))


def _object_block(part: np.ndarray, kind: pa.DataType) -> pa.Array:
    try:
        return pa.array(part, kind, from_pandas=True)
    except UnicodeEncodeError:
        # half a surrogate pair, left by a lenient decoder: shown as U+FFFD, which the check refuses
        texts = pd.Series(part, dtype="object").str.encode("utf-16", "surrogatepass")
        return pa.array(texts.str.decode("utf-16", "replace"), kind, from_pandas=True)


def blocks(rows: int, size: int) -> Blocks:
    """Start and end of each block of `size` rows."""
    for start in range(0, rows, size):
        yield start, min(start + size, rows)


class TextColumn:
    """A Char variable: printable ASCII, at most 200 bytes, padded with blanks."""

    def __init__(self, variable: Variable, source: Source):
        self.variable = variable
        self.source = source
        self.length = 1

    def check(self, report: Report) -> None:
        """Measures the values and keeps what the format cannot hold or would change."""
        strange, leading, trailing, long = Rows(), Rows(), Rows(), Rows()
        texts: list[str] = []
        limit = self.variable.length or TEXT_BYTES
        longest = 0
        for start, stop in blocks(len(self.source), ROWS_A_CHECK):
            block = block_of(self.source, start, stop, text=True)
            offsets, data, lengths = _text(block)
            if _has_unprintable(data[offsets[0] : offsets[-1]]):
                bad = np.asarray(pc.match_substring_regex(block, r"[^ -~]").fill_null(False))
                strange.add(start, bad)
                texts += block.filter(pa.array(bad)).slice(0, 100).to_pylist()
            filled = lengths > 0
            last = np.zeros(len(block), "bool")
            last[filled] = data[offsets[1:][filled] - 1] == 0x20
            if last.any():
                trailing.add(start, last)
                _, _, lengths = _text(pc.ascii_rtrim(block, characters=" "))
            first = lengths > 0
            first[first] = data[offsets[:-1][first]] == 0x20
            leading.add(start, first)
            longest = max(longest, int(lengths.max()))
            long.add(start, lengths > limit)
        self.length = self.variable.length or max(longest, 1)
        name = self.variable.name
        if strange.count:
            characters = characters_not_printable(texts)
            report.fault("xpt.text", report.at(name), characters=characters, rows=strange)
        if long.count:
            report.fault("xpt.text-length", report.at(name), limit=limit, longest=longest, rows=long)
        for message, rows in (("xpt.leading-blank", leading), ("xpt.trailing-blank", trailing)):
            if rows.count:
                report.note(message, name, rows=rows)

    def encode(self, start: int, stop: int) -> np.ndarray:
        """One void item of `length` bytes a row.

        Each value is fetched with whatever bytes follow it, then everything behind its end becomes blank.
        Padding value by value is three times as slow for wide text (measured).
        """
        width = self.length
        offsets, data, lengths = _text(block_of(self.source, start, stop, text=True))
        data = np.concatenate([data[offsets[0] : offsets[-1]], np.zeros(width, "u1")])
        anywhere = np.ndarray(len(data) - width + 1, f"V{width}", data, strides=(1,))
        fetched = anywhere[offsets[:-1] - offsets[0]].view("u1")
        inside = np.tri(width + 1, width, -1, "u1") * np.uint8(255)
        keep = inside.view(f"V{width}").ravel()[np.minimum(lengths, width)].view("u1")
        fetched ^= 0x20
        fetched &= keep
        fetched ^= 0x20
        return fetched.view(f"V{width}")


def _text(block: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Offsets, bytes and lengths of a large_string array.

    Missing: length 0; pandas leaves the bytes of a former value there.
    """
    _, offsets, data = block.buffers()
    starts = np.frombuffer(offsets, "i8")[block.offset : block.offset + len(block) + 1]
    lengths = np.diff(starts)
    if block.null_count:
        lengths[np.asarray(block.is_null())] = 0
    return starts, np.frombuffer(data, "u1") if data else np.zeros(0, "u1"), lengths


def _has_unprintable(data: np.ndarray) -> bool:
    return bool(data.size) and (data.min() < 0x20 or data.max() > 0x7E)


class NumberColumn:
    """A Num variable: 8-byte IBM floats; dates are days, datetimes and times seconds."""

    length = 8

    def __init__(self, variable: Variable, source: Source, kind: str, codes: np.ndarray | None = None):
        self.variable = variable
        self.source = source
        self.kind = kind
        self.codes = codes

    def check(self, report: Report) -> None:
        """Keeps what the format cannot hold or would change."""
        name, format = self.variable.name, format_name(self.variable.format)
        if not self._format_fits(format):
            needed = "TIME8." if self.kind == "time" else "DATE9. or DATETIME20."
            found = self.variable.format or "no format"
            report.fault("xpt.date-format", report.at(name), kind=self.kind, needed=needed, format=found)
            return
        bad = {key: Rows() for key in ("xpt.number-range", "xpt.integer", "xpt.time-of-day", "xpt.fraction",
                                       "xpt.date-range", "xpt.code-and-number", "xpt.underflow")}  # fmt: skip
        for start, stop in blocks(len(self.source), ROWS_A_CHECK):
            block = block_of(self.source, start, stop, text=False)
            self._check_block(block, start, bad)
        underflow = bad.pop("xpt.underflow")
        for message, rows in bad.items():
            if rows.count:
                words = {"rows": rows, "format": self.variable.format}
                report.fault(message, report.at(name), **words)
        if underflow.count:
            report.note("xpt.underflow", name, rows=underflow)
        if _single_precision(self.source):
            report.note("xpt.single-precision", name)

    def _format_fits(self, format: str) -> bool:
        if self.kind == "time":
            return format in TIME_FORMATS
        return self.kind not in ("date", "datetime") or format in DATE_FORMATS | DATETIME_FORMATS

    def _check_block(self, block: pa.Array, start: int, bad: dict[str, Rows]) -> None:
        if self.kind in ("date", "datetime", "time"):
            self._check_moments(block, start, bad)
        elif pa.types.is_integer(block.type) and block.type.bit_width == 64:
            whole = block.fill_null(0).to_numpy(zero_copy_only=False)
            bad["xpt.integer"].add(start, (whole > EXACT_INTEGER) | (whole < -EXACT_INTEGER))
        values = self._numbers(block)
        magnitude = np.abs(values)
        bad["xpt.number-range"].add(start, magnitude >= LARGEST)
        bad["xpt.underflow"].add(start, (magnitude < SMALLEST) & (magnitude > 0))
        if self.codes is not None:
            bad["xpt.code-and-number"].add(
                start, ~np.isnan(values) & (self.codes[start : start + len(values)] != 0)
            )

    def _check_moments(self, block: pa.Array, start: int, bad: dict[str, Rows]) -> None:
        ticks, second, there = _ticks(block)
        whole_days = format_name(self.variable.format) in DATE_FORMATS
        if not whole_days:
            bad["xpt.fraction"].add(
                start, there & _finer_than_kept(self._numbers(block), ticks % second, second)
            )
        if self.kind == "time":
            return
        days = ticks // (DAY * second) + EPOCH_DAYS
        bad["xpt.date-range"].add(start, there & ((days < FIRST_DAY) | (days > LAST_DAY)))
        if whole_days:
            bad["xpt.time-of-day"].add(start, there & (ticks % (DAY * second) != 0))

    def _numbers(self, block: pa.Array) -> np.ndarray:
        """The SAS numbers of a block, missing NaN."""
        if self.kind not in ("date", "datetime", "time"):
            block = block.cast(pa.uint8()) if pa.types.is_boolean(block.type) else block
            return block.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        ticks, second, there = _ticks(block)
        if format_name(self.variable.format) in DATE_FORMATS:
            values = (ticks // (DAY * second) + EPOCH_DAYS).astype("f8")
        else:
            epoch = 0 if self.kind == "time" else EPOCH_DAYS * DAY
            values = ticks // second + epoch + ticks % second / second
        values[~there] = np.nan
        return values

    def encode(self, start: int, stop: int) -> np.ndarray:
        """One void item of 8 bytes a row."""
        values = self._numbers(block_of(self.source, start, stop, text=False))
        codes = (
            None
            if self.codes is None
            else np.where(self.codes[start:stop] == 0, CODES["."], self.codes[start:stop])
        )
        return to_ibm(values, codes).astype(">u8").view("V8")


def _ticks(block: pa.Array) -> tuple[np.ndarray, int, np.ndarray]:
    """Dates and times as whole ticks, how many ticks a second has, and which are not missing.

    A date is given in seconds, so that everything here counts from midnight of 1970-01-01 or of the day.
    """
    if pa.types.is_date32(block.type):
        block, scale, second = block.cast(pa.int32()).cast(pa.int64()), DAY, 1
    elif pa.types.is_date64(block.type):
        block, scale, second = block.cast(pa.int64()), 1, 1000
    else:
        narrow = pa.int32() if pa.types.is_time32(block.type) else pa.int64()
        second, scale = A_SECOND[block.type.unit], 1
        block = block.cast(narrow).cast(pa.int64())
    there = np.asarray(block.is_valid())
    return block.fill_null(0).to_numpy(zero_copy_only=False) * scale, second, there


def _finer_than_kept(seconds: np.ndarray, rest: np.ndarray, second: int) -> np.ndarray:
    """Where the microseconds cannot be had back from the SAS number, or were not whole."""
    micro, finer = np.divmod(rest * 10**6, second)
    return (finer != 0) | (np.rint((seconds - np.floor(seconds)) * 1e6) != micro)


def _single_precision(source: Source) -> bool:
    if isinstance(source, pa.ChunkedArray):
        return pa.types.is_float16(source.type) or pa.types.is_float32(source.type)
    return source.dtype.kind == "f" and source.dtype.itemsize < 8


def codes_of(column: pd.Series, report: Report, name: str) -> np.ndarray:
    """The code byte of each row (0 without one) from a column of `.A`, `._`, `.`; other text is a fault."""
    place = pd.Index(list(CODES)).get_indexer(pd.Index(column))
    unknown = Rows()
    unknown.add(0, (place == -1) & column.notna().to_numpy())
    if unknown.count:
        report.fault("xpt.code", report.at(name), rows=unknown)
    return np.array([*CODES.values(), 0], "u1")[place]

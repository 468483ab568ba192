"""Reads SAS transport files, version 5, also of other makers: short numbers, old code pages, cut files."""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from clinical.errors import InputError
from clinical.findings import Findings, Frame
from clinical.ibm import CODES, POINT, from_ibm
from clinical.xpt_columns import DAY, EPOCH_DAYS, FIRST_DAY, LAST_DAY, blocks
from clinical.xpt_layout import (
    DATE_FORMATS,
    DATETIME_FORMATS,
    DESCRIPTOR,
    LIBRARY,
    LIBRARY_8,
    MEMBER,
    NAMES,
    NAMESTR,
    OBSERVATIONS,
    RECORD,
    Variable,
    format_name,
    record,
)

BLOCK_BYTES = 8 * 1024**2
FALLBACK = "cp1252"
LIBRARY_END = 3 * RECORD
BLANK = b" "
TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
CODE_TEXT = np.full(256, None, "object")
CODE_TEXT[[byte for code, byte in CODES.items() if code != "."]] = [code for code in CODES if code != "."]

_MEMBER_START = record(MEMBER, "").rstrip().encode()
_MEMBER = re.compile(re.escape(_MEMBER_START) + rb"0{17}160{8}(140|136)  ")
_NAMES = re.compile(re.escape(record(NAMES, "").rstrip().encode()) + rb"0{6}(\d{4})0{20}  ")


@dataclass(frozen=True)
class XptFile:
    """A dataset and all that its transport file says about it.

    `frame`: text `str`, numbers float64, dates and datetimes datetime64[s], or [us] with parts of a second.
    `codes`: same rows; one text column (`.A` to `.Z`, `._`) for each variable with special missing values.
    `created`: the stamp as written; `findings`: what a reader should know about how the file was read.
    """

    frame: Frame
    variables: list[Variable]
    name: str
    label: str
    codes: Frame
    created: str
    findings: Frame


@dataclass(frozen=True)
class _Entry:
    """One variable as the header has it; texts still as bytes."""

    is_text: bool
    length: int
    name: bytes
    label: bytes
    format: bytes
    width: int
    decimals: int
    position: int


@dataclass
class Layout:
    """Where things are in a file; texts still as bytes."""

    name: bytes
    label: bytes
    created: str
    entries: list[_Entry]
    start: int
    end: int
    rows: int = 0
    padded: int = 0

    @property
    def width(self) -> int:
        """Bytes of a record."""
        return sum(entry.length for entry in self.entries)

    @property
    def row(self) -> np.dtype:
        """A record as numpy sees it."""
        return np.dtype(
            {
                "names": [str(place) for place in range(len(self.entries))],
                "formats": [f"V{entry.length}" for entry in self.entries],
                "offsets": [entry.position for entry in self.entries],
                "itemsize": self.width,
            }
        )

    @property
    def texts(self) -> list[bytes]:
        """Name and label of the dataset, then of each variable."""
        return [
            self.name,
            self.label,
            *(text for entry in self.entries for text in (entry.name, entry.label)),
        ]


def read_xpt(path: Path, encoding: str = "") -> XptFile:
    """The one dataset of a version 5 transport file.

    Needs:   `encoding` only where the file is neither UTF-8 nor, failing that, cp1252 (which is reported).
    Missing: a blank text is missing; of special missing values the frame has NaN and `codes` the letter.
    Raises:  InputError for a file that is empty, cut off, damaged, of another kind, or of two datasets.
    Source:  SAS TS-140.
    """
    path = Path(path)
    data = map_file(path)
    layout = layout_of(data, path.name)
    columns = [_Text(entry.length) if entry.is_text else _Number(layout.rows) for entry in layout.entries]
    whole = np.frombuffer(data, layout.row, layout.rows, layout.start)
    for start, stop in blocks(layout.rows, max(BLOCK_BYTES // layout.width, 1)):
        for place, column in enumerate(columns):
            column.take(whole[str(place)][start:stop], start)
        read = layout.start + stop * layout.width
        data.madvise(mmap.MADV_DONTNEED, 0, read - read % mmap.PAGESIZE)
    return _assemble(layout, columns, path.name, encoding)


class _Text:
    """A Char variable while it is read: the bytes without trailing blanks, not yet decoded."""

    def __init__(self, width: int):
        self.width = width
        self.parts: list[pa.Array] = []
        self.ascii = True
        self.nul = False

    def take(self, raw: np.ndarray, start: int) -> None:
        bytes_ = np.ascontiguousarray(raw).view("u1")
        nul = bytes_.min() == 0
        self.nul |= bool(nul)
        self.ascii &= bool(bytes_.max() < 0x80)
        ends = np.arange(0, len(bytes_) + 1, self.width)
        padded = pa.LargeStringArray.from_buffers(len(raw), pa.py_buffer(ends), pa.py_buffer(bytes_))
        _, offsets, trimmed = pc.ascii_rtrim(padded, characters=" \0" if nul else " ").buffers()
        there = np.diff(np.frombuffer(offsets, "i8")[: len(raw) + 1]) > 0
        valid = pa.py_buffer(np.packbits(there, bitorder="little"))
        self.parts.append(pa.LargeStringArray.from_buffers(len(raw), offsets, trimmed, valid))

    def whole(self) -> pa.ChunkedArray:
        """The column in the pieces it was read in: joining them would cost as much again (measured)."""
        return pa.chunked_array(self.parts, pa.large_string())


class _Number:
    """A Num variable while it is read."""

    def __init__(self, rows: int):
        self.values = np.empty(rows)
        self.codes: np.ndarray | None = None
        self.rounded = 0

    def take(self, raw: np.ndarray, start: int) -> None:
        bytes_ = np.ascontiguousarray(raw).view("u1").reshape(len(raw), -1)
        values, codes, rounded = from_ibm(bytes_)
        self.values[start : start + len(raw)] = values
        self.rounded += rounded
        if (codes > POINT).any():
            if self.codes is None:
                self.codes = np.zeros(len(self.values), "u1")
            self.codes[start : start + len(raw)] = codes


def map_file(path: Path) -> mmap.mmap:
    """The bytes of a transport file.

    Raises: InputError for what is no version 5 transport file.
    """
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise InputError("xpt.empty", path.name)
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as fault:
        raise InputError("xpt.not-readable", path.name, problem=fault.strerror) from fault
    first = data[:RECORD]
    if first.startswith(record(LIBRARY_8).encode()[:28]):
        raise InputError("xpt.version-8", path.name)
    if first.lstrip()[:5].lower() in (b"<html", b"<!doc"):
        raise InputError("xpt.html", path.name)
    if first.startswith(b"**COMPRESSED**"):
        raise InputError("xpt.cport", path.name)
    if not record(LIBRARY).encode().startswith(first):
        raise InputError("xpt.not-transport", path.name)
    if len(data) % RECORD or len(data) < LIBRARY_END:
        raise InputError(
            "xpt.truncated", path.name, problem=f"{len(data)} bytes are no whole records of {RECORD}"
        )
    return data


def layout_of(data: mmap.mmap, file: str) -> Layout:
    """Reads all headers; says how many rows there are."""
    member = _expect(data, LIBRARY_END, _MEMBER, "MEMBER", file)
    size = int(member[1])
    place = LIBRARY_END + RECORD
    _expect(data, place, re.compile(re.escape(record(DESCRIPTOR).encode())), "DSCRPTR", file)
    about = data[place + RECORD : place + 3 * RECORD]
    place += 3 * RECORD
    count = int(_expect(data, place, _NAMES, "NAMESTR", file)[1])
    names = data[place + RECORD : place + RECORD + count * size]
    place += RECORD + len(names) + -len(names) % RECORD
    _expect(data, place, re.compile(re.escape(record(OBSERVATIONS).encode())), "OBS", file)
    layout = Layout(
        name=_trim(about[8:16]),
        label=_trim(about[112:152]),
        created=about[64:80].decode("latin-1"),
        entries=_entries(names, size, file),
        start=place + RECORD,
        end=len(data),
    )
    _check_members(data, layout, file)
    _count_rows(data, layout, file)
    return layout


def _expect(data: mmap.mmap, place: int, pattern: re.Pattern, kind: str, file: str) -> re.Match:
    if place + RECORD > len(data):
        raise InputError("xpt.truncated", file, problem=f"it ends before the {kind} header")
    found = pattern.fullmatch(data[place : place + RECORD])
    if not found:
        raise InputError("xpt.damaged", file, problem=f"no {kind} header at byte {place}")
    return found


def _trim(raw: bytes) -> bytes:
    """A header field; some writers fill it with null bytes instead of blanks."""
    return raw.split(b"\0")[0].rstrip(b" ")


def _entry(raw: bytes, number: int, position: int, file: str) -> _Entry:
    kind, _, length, _, name, label, format, width, decimals, *_, place = NAMESTR.unpack(
        raw[:88].ljust(140, b"\0")
    )
    name = _trim(name)
    if length not in {1: range(2, 9), 2: range(1, 32768)}.get(kind, ()) or place != position or not name:
        raise InputError("xpt.damaged", file, problem=f"variable {number} has no name, type, length or place")
    return _Entry(kind == 2, length, name, _trim(label), _trim(format), width, decimals, place)


def _entries(names: bytes, size: int, file: str) -> list[_Entry]:
    entries: list[_Entry] = []
    position = 0
    for at in range(0, len(names), size):
        entries.append(_entry(names[at : at + size], len(entries) + 1, position, file))
        position += entries[-1].length
    if not entries or len({entry.name.upper() for entry in entries}) < len(entries):
        raise InputError("xpt.damaged", file, problem="no variables, or two of one name")
    return entries


def _check_members(data: mmap.mmap, layout: Layout, file: str) -> None:
    """One dataset a file; a second begins with a MEMBER header on a record boundary."""
    at = data.find(_MEMBER_START, layout.start)
    while at >= 0:
        if (at - layout.start) % RECORD == 0 and data[at + RECORD : at + 2 * RECORD] == record(
            DESCRIPTOR
        ).encode():
            raise InputError("xpt.two-datasets", file)
        at = data.find(_MEMBER_START, at + 1)


def _count_rows(data: mmap.mmap, layout: Layout, file: str) -> None:
    """Whole rows that fit, without the blank rows at the end that fit into the padding of the last record."""
    width, total = layout.width, layout.end - layout.start
    rows, rest = divmod(total, width)
    if rest >= RECORD or data[layout.end - rest : layout.end].strip(BLANK):
        raise InputError("xpt.truncated", file, problem=f"the last row has {rest} of {width} bytes")
    layout.rows = rows
    while layout.rows and total - (layout.rows - 1) * width < RECORD:
        at = layout.start + (layout.rows - 1) * width
        if data[at : at + width].strip(BLANK):
            break
        layout.rows -= 1
    layout.padded = rows - layout.rows


def _assemble(layout: Layout, columns: list[_Text | _Number], file: str, encoding: str) -> XptFile:
    """Decodes what was read and makes the frame."""
    notes = Findings()
    arrays = {place: column.whole() for place, column in enumerate(columns) if isinstance(column, _Text)}
    foreign = [place for place in arrays if not columns[place].ascii]
    encoding = encoding or _encoding(layout.texts, [arrays[place] for place in foreign])
    try:
        name, label, *texts = [text.decode(encoding) for text in layout.texts]
        arrays |= {place: _decoded(arrays[place], encoding) for place in foreign}
    except (UnicodeDecodeError, LookupError) as fault:
        raise InputError("xpt.encoding", file, encoding=encoding) from fault
    if encoding == FALLBACK:
        notes.add("xpt.code-page", dataset=name, encoding=encoding)
    if layout.padded and all(entry.is_text for entry in layout.entries):
        notes.add("xpt.blank-rows", dataset=name, count=layout.padded, limit=RECORD)
    variables = [variable_of(entry, *texts[2 * at : 2 * at + 2]) for at, entry in enumerate(layout.entries)]
    series, codes = {}, {}
    for place, (column, variable) in enumerate(zip(columns, variables, strict=True)):
        if isinstance(column, _Text):
            series[variable.name] = TEXT.__from_arrow__(arrays.pop(place))
        else:
            series[variable.name] = _numbers(column, variable, name, notes)
            if column.codes is not None:
                codes[variable.name] = pd.Series(CODE_TEXT[column.codes], dtype="str")
        if isinstance(column, _Text) and column.nul:
            notes.add("xpt.null-bytes", dataset=name, variable=variable.name)
    rows = pd.RangeIndex(layout.rows)
    frame, coded = pd.DataFrame(series, index=rows, copy=False), pd.DataFrame(codes, index=rows)
    return XptFile(frame, variables, name, label, coded, layout.created, notes.frame())


def variable_of(entry: _Entry, name: str, label: str) -> Variable:
    """A variable as the header describes it."""
    format = entry.format.decode("latin-1")
    if format or entry.width:
        format = f"{format}{entry.width or ''}.{entry.decimals or ''}"
    return Variable(name, label, "Char" if entry.is_text else "Num", entry.length, format)


def _encoding(headers: list[bytes], arrays: list[pa.ChunkedArray]) -> str:
    """UTF-8 if all texts of the file are that, else cp1252: one file has one encoding."""
    try:
        for array in arrays:
            array.validate(full=True)
        b"".join(headers).decode("utf-8")
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return FALLBACK
    return "utf-8"


def _decoded(array: pa.ChunkedArray, encoding: str) -> pa.Array:
    distinct = array.combine_chunks().cast(pa.large_binary()).dictionary_encode()
    texts = [text.decode(encoding) for text in distinct.dictionary.to_pylist()]
    return pa.array(texts, pa.large_string()).take(distinct.indices)


def _numbers(column: _Number, variable: Variable, dataset: str, notes: Findings) -> np.ndarray:
    """Numbers, or dates and datetimes where the format says so and every number is one."""
    if column.rounded:
        notes.add("xpt.rounded", dataset=dataset, variable=variable.name, count=column.rounded)
    name = format_name(variable.format)
    if name not in DATE_FORMATS | DATETIME_FORMATS:
        return column.values
    moments = _moments(column.values, DAY if name in DATE_FORMATS else 1)
    if moments is None:
        notes.add("xpt.not-dates", dataset=dataset, variable=variable.name, format=variable.format)
        return column.values
    return moments


def _moments(values: np.ndarray, seconds: int) -> np.ndarray | None:
    """SAS days or seconds as datetime64; None if that would change a number or leave the calendar of SAS."""
    there = ~np.isnan(values)
    filled = np.where(there, values, 0.0)
    days = filled * seconds / DAY
    if (days < FIRST_DAY).any() or (days >= LAST_DAY + 1).any():
        return None
    whole = np.floor(filled)
    micro = np.rint((filled - whole) * 1e6)
    if (whole + micro / 1e6 != filled).any() or (seconds == DAY and micro.any()):
        return None
    moments = (whole.astype("i8") * seconds - EPOCH_DAYS * DAY).view("M8[s]")
    if micro.any():
        moments = moments.astype("M8[us]") + micro.astype("i8").view("m8[us]")
    moments[~there] = np.datetime64("NaT")
    return moments

"""Reader of CSV: EDC exports and vendor transfers (RFC 4180, with what people's tools make of it)."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from clinical.errors import InputError
from edc.careful import header, mended
from edc.collected import Collected
from edc.scan import BOM, CHUNK, Scan, are_tidy, record_lines

TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
_TEXT_ARRAY = type(pd.array([""], dtype=TEXT))
_UNNAMED = "\0"
BLOCK = 1 << 22
_UTF8 = ("utf-8", "utf-8-sig", "ascii")


def read_csv(path: Path, name: str, encoding: str, scan: Scan) -> Collected:
    """A CSV file as text; `name` stands for the file in messages.

    Without a named `encoding`, UTF-8 (with or without a byte order mark) is tried, then cp1252, and the
    second is noted. A row with more cells than the header is taken if the excess is empty. Any other ragged
    row, a quoted field that does not end, a header that names a column twice: the whole file is refused,
    because values have moved.

    Raises: InputError with file and line.
    """
    data, used, notes = _as_utf8(path, name, encoding, scan)
    names = [column or f"{_UNNAMED}{place}" for place, column in enumerate(header(data, name), start=1)]
    tidy = scan.tidy if data is path else are_tidy(data)
    columns, lines = _read_tidy(data, names) if tidy else [], None
    if not columns:
        data, lines = mended(data, name, len(names))
        columns = _read(data, names, len(data) + 1)
    frame = _frame(names, columns, name, scan.returns)

    def numbered() -> np.ndarray:
        found = record_lines(_pieces(data))[1:] if lines is None else lines
        return found if len(found) == len(frame) else mended(data, name, len(names))[1]

    return Collected(name, frame, numbered, used, notes, is_text=True)


def header_of(path: Path, name: str, encoding: str) -> list[str]:
    """The column names of a CSV file, without reading the rest; unnamed ones left out.

    Raises: InputError where the file or its header is missing.
    """
    if not path.is_file():
        raise InputError("raw.file-missing", name)
    with path.open("rb") as file:
        start = file.read(CHUNK)
    wide = encoding and codecs.lookup(encoding).name not in _UTF8
    text = start.decode(encoding if wide else "utf-8", errors="replace").encode()
    return [column for column in header(text, name) if column]


def _as_utf8(path: Path, name: str, encoding: str, scan: Scan) -> tuple[Path | bytes, str, list]:
    """The file itself, or its text as UTF-8; the encoding used; notes."""
    if scan.bytes == 0 or (scan.bytes == len(BOM) and path.read_bytes() == BOM):
        raise InputError("raw.file-empty", name)
    if encoding and codecs.lookup(encoding).name not in _UTF8:
        return _transcoded(path, name, encoding), encoding, []
    if scan.nul:
        raise InputError("raw.file-binary", name)
    if scan.cut:
        raise InputError("raw.file-cut", f"{name}:{scan.not_utf8}")
    if not scan.not_utf8:
        return path, "utf-8", []
    if encoding:
        raise InputError("raw.encoding", f"{name}:{scan.not_utf8}", encoding=encoding)
    notes = [("raw.encoding-tried", {"file": name, "line": scan.not_utf8})]
    return _transcoded(path, name, "cp1252"), "cp1252", notes


def _transcoded(path: Path, name: str, encoding: str) -> bytes:
    data = path.read_bytes()
    try:
        return data.decode(encoding).encode("utf-8")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        raise InputError("raw.encoding", f"{name}:{line}", encoding=encoding) from fault


def _read_tidy(data: Path | bytes, names: list[str]) -> list[pa.ChunkedArray]:
    """The columns; none where the careful way has to look at the file."""
    try:
        return _read(data, names, BLOCK)
    except pa.ArrowInvalid:
        return []


def _read(data: Path | bytes, names: list[str], block: int) -> list[pa.ChunkedArray]:
    table = arrow_csv.read_csv(
        str(data) if isinstance(data, Path) else pa.BufferReader(data),
        arrow_csv.ReadOptions(column_names=names, skip_rows_after_names=1, block_size=block),
        arrow_csv.ParseOptions(newlines_in_values=True),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            check_utf8=False,
        ),
    )
    return table.columns


def _pieces(data: Path | bytes) -> Iterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    with data.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece


def _frame(names: list[str], columns: list[pa.ChunkedArray], name: str, returns: bool) -> pd.DataFrame:
    """The columns as clean text; `columns` is used up, each given back as soon as it is read."""
    found = {}
    for column in names:
        text = _clean(columns.pop(0), returns)
        if not column.startswith(_UNNAMED):
            found[column] = pd.Series(_TEXT_ARRAY(text, dtype=TEXT), copy=False)
        elif text.null_count < len(text):
            raise InputError("raw.column-unnamed", f"{name}:1", place=column[1:])
    return pd.DataFrame(found, copy=False)


def _clean(text: pa.ChunkedArray, returns: bool) -> pa.Array:
    """Trimmed, line ends as line feeds, an empty text missing."""
    if returns and pc.any(pc.match_substring(text, "\r")).as_py():
        text = pc.replace_substring(pc.replace_substring(text, "\r\n", "\n"), "\r", "\n")
    text = pc.utf8_trim_whitespace(text)
    if pc.min(pc.binary_length(text)).as_py() == 0:
        text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    return text.cast(pa.large_string()).combine_chunks()

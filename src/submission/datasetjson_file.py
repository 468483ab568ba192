"""Dataset-JSON files as a stream: first the metadata, then pieces of whole rows, never the whole file."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from clinical.errors import InputError
from submission.datasetjson_rows import Malformed, rows_end

CHUNK = (
    1 << 20
)  # pieces of this size stay in the processor's cache: larger ones are a third slower (measured)
ZLIB_OR_GZIP = 47  # wbits: the specification says zlib, the examples of CDISC are gzip
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_ROWS = re.compile(rb"\s*:\s*\[")
_BLANKS = b" \t\r\n"


@dataclass
class Stream:
    """A file that is open: `metadata` as it is in the file (complete only after the last piece), and pieces.

    `lines` is True for NDJSON; in the other form rows have commas between them.
    """

    metadata: dict[str, object]
    pieces: Iterator[bytes]
    lines: bool


def open_stream(path: Path) -> Stream:
    """The stream of a .json, .ndjson or .dsjc file.

    Gives:   pieces that begin with the `[` of a row and end with the `]` of a row.
    Raises:  InputError dsj.file-name, dsj.not-readable, dsj.packed, dsj.not-json; Malformed with a piece.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in (".json", ".ndjson", ".dsjc"):
        raise InputError("dsj.file-name", path.name)
    chunks = _chunks(path) if ending != ".dsjc" else _unpacked(path)
    return _json(chunks, path.name) if ending == ".json" else _ndjson(chunks, path.name)


def _chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file in chunks, none of them empty."""
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as fault:
        raise InputError("dsj.not-readable", path.name, problem=fault.strerror) from fault


def _unpacked(path: Path) -> Iterator[bytes]:
    packer = zlib.decompressobj(ZLIB_OR_GZIP)
    try:
        for chunk in _chunks(path):
            while chunk:
                if packer.eof:
                    packer = zlib.decompressobj(ZLIB_OR_GZIP)  # gzip may have several members
                if data := packer.decompress(chunk, CHUNK):
                    yield data
                chunk = packer.unconsumed_tail or packer.unused_data
        if data := packer.flush():
            yield data
    except zlib.error as fault:
        raise InputError("dsj.packed", path.name) from fault
    if not packer.eof:
        raise InputError("dsj.packed", path.name)


def _ndjson(chunks: Iterator[bytes], at: str) -> Stream:
    buffer = b""
    while b"\n" not in buffer and (chunk := next(chunks, b"")):
        buffer += chunk
    first, _, rest = buffer.partition(b"\n")
    return Stream(_object(first, at), _line_pieces(rest, chunks), lines=True)


def _line_pieces(buffer: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            buffer += chunk
            continue
        yield from _stripped(buffer + chunk[:cut])
        buffer = chunk[cut:]
    yield from _stripped(buffer)


def _stripped(piece: bytes) -> Iterator[bytes]:
    if piece := piece.strip(_BLANKS):
        yield piece


def _json(chunks: Iterator[bytes], at: str) -> Stream:
    """The metadata before the rows; where the columns come behind the rows, everything is read at once."""
    buffer = b""
    found = None
    size = CHUNK
    while found is None:
        more = _at_least(chunks, size)
        buffer += more
        found = _rows_begin(buffer)
        if not more:
            break
        size = len(buffer)
    if found is None:
        return _whole(_object(buffer, at))
    head, start = found
    metadata = _object(head.rstrip(_BLANKS).rstrip(b",") + b"}", at)
    if "columns" not in metadata:
        return _whole(_object(buffer + b"".join(chunks), at))
    return Stream(metadata, _json_pieces(buffer[start:], chunks, metadata, at), lines=False)


def _at_least(chunks: Iterator[bytes], size: int) -> bytes:
    parts = []
    while size > 0 and (chunk := next(chunks, b"")):
        parts.append(chunk)
        size -= len(chunk)
    return b"".join(parts)


def _rows_begin(buffer: bytes) -> tuple[bytes, int] | None:
    """What is before the attribute `rows`, and where its list begins; None if it is not there (yet)."""
    depth = 0
    for token in _TOKEN.finditer(buffer):
        sign = token[0]
        if sign in b"{[":
            depth += 1
        elif sign in b"}]":
            depth -= 1
        elif depth == 1 and sign == b'"rows"' and (colon := _ROWS.match(buffer, token.end())):
            return buffer[: token.start()], colon.end()
    return None


def _whole(metadata: dict[str, object]) -> Stream:
    rows = metadata.pop("rows", None)
    lines = b"\n".join(orjson.dumps(row) for row in rows) if isinstance(rows, list) else b""
    return Stream(metadata, _line_pieces(lines, iter(())), lines=True)


def _json_pieces(
    buffer: bytes, chunks: Iterator[bytes], metadata: dict[str, object], at: str
) -> Iterator[bytes]:
    """Rows up to the end of their list; what comes behind it is added to the metadata."""
    first = True
    for chunk in chunks:
        buffer += chunk
        cut = buffer.rfind(b"],\n[") + 1
        closed = -1
        if not cut:
            cut, closed = rows_end(buffer)
        if closed >= 0:
            break
        if cut:
            yield _next_piece(buffer[:cut], first)
            buffer, first = buffer[cut:], False
    buffer += b"".join(chunks)
    cut, closed = rows_end(buffer)
    if closed < 0:
        raise InputError("dsj.not-json", at, problem="the list of rows does not end")
    if cut:
        yield _next_piece(buffer[:cut], first)
    tail = buffer[closed + 1 :].strip(_BLANKS)
    if buffer[cut:closed].strip(_BLANKS) or tail[:1] not in (b"}", b","):
        raise InputError("dsj.not-json", at, problem="the list of rows does not end as one")
    metadata |= _object(b"{" + tail.lstrip(b","), at)


def _next_piece(piece: bytes, first: bool) -> bytes:
    """A piece without the comma that separates it from the one before."""
    piece = piece.strip(_BLANKS)
    if first:
        return piece
    if piece[:1] != b",":
        raise Malformed
    return piece[1:].lstrip(_BLANKS)


def _object(text: bytes, at: str) -> dict[str, object]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        raise InputError("dsj.not-json", at, problem=str(fault)) from fault
    if not isinstance(found, dict):
        raise InputError("dsj.not-json", at, problem="it is no object")
    return found

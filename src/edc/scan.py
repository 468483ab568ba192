"""What the bytes of a delivered file tell before it is read: hash, encoding, quotes, starts of records."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

CHUNK = 1 << 20
BOM = codecs.BOM_UTF8
QUOTE, COMMA, LINE_FEED, RETURN = b'",\n\r'
_BEFORE_OPENING = np.zeros(256, dtype=bool)
_BEFORE_OPENING[[QUOTE, COMMA, LINE_FEED, RETURN]] = True


@dataclass(frozen=True)
class Scan:
    """The facts about one file.

    `not_utf8` is the line of the first byte that is not UTF-8 (0: all is), `cut` says that this byte starts a
    character at the very end of the file, `tidy` that every quote opens, closes or is doubled in a field.
    """

    sha256: str
    bytes: int
    not_utf8: int
    cut: bool
    nul: bool
    returns: bool
    tidy: bool
    ends_with_line: bool


def scan_file(path: Path) -> Scan:
    """One pass over the file, in pieces: the memory it takes does not grow with the file."""
    digest, size, nul, returns = sha256(), 0, False, False
    utf8, quotes, last = _Utf8(), _Quotes(), b""
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
            start = len(BOM) if size == 0 and piece.startswith(BOM) else 0
            size += len(piece)
            nul |= b"\0" in piece
            returns |= b"\r" in piece
            utf8.feed(piece)
            quotes.feed(piece[start:] if start else piece)
            last = piece[-2:].strip(b"\0")[-1:]
    utf8.end()
    return Scan(
        sha256=digest.hexdigest(),
        bytes=size,
        not_utf8=_line_of(path, utf8.place),
        cut=utf8.cut,
        nul=nul,
        returns=returns,
        tidy=quotes.tidy(),
        ends_with_line=last in (b"\n", b"\r"),
    )


def _line_of(path: Path, place: int) -> int:
    """The line that the byte at `place` is on; 0 for none."""
    if place < 0:
        return 0
    with path.open("rb") as file:
        return file.read(place).count(b"\n") + 1


class _Utf8:
    """Finds the first character that is not UTF-8: the place of one of its bytes."""

    def __init__(self) -> None:
        self.place, self.cut = -1, False
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._read = 0

    def feed(self, piece: bytes) -> None:
        if self.place >= 0:
            return
        try:
            self._decoder.decode(piece)
        except UnicodeDecodeError as fault:
            self.place = self._read + fault.start
        self._read += len(piece)

    def end(self) -> None:
        if self.place >= 0:
            return
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            self.place, self.cut = self._read - 1, True


class _Quotes:
    """Whether each quote opens or closes a field or is doubled in one (RFC 4180), and the last one closes."""

    def __init__(self) -> None:
        self._inside, self._tidy = False, True
        self._before, self._held = b"\n", b""

    def feed(self, piece: bytes) -> None:
        if not piece:
            return
        piece = self._held + piece
        self._check(piece[:-1], piece[-1])
        self._held = piece[-1:]

    def tidy(self) -> bool:
        self._check(self._held, LINE_FEED)
        return self._tidy and not self._inside

    def _check(self, piece: bytes, after: int) -> None:
        if not piece or not self._tidy:
            return
        data = np.frombuffer(self._before + piece + bytes([after]), dtype=np.uint8)
        places = np.flatnonzero(data[1:-1] == QUOTE) + 1
        opening, closing = places[int(self._inside) :: 2], places[1 - int(self._inside) :: 2]
        self._tidy = bool(
            _BEFORE_OPENING[data[opening - 1]].all() and _BEFORE_OPENING[data[closing + 1]].all()
        )
        self._inside ^= len(places) % 2 == 1
        self._before = piece[-1:]


def are_tidy(data: bytes) -> bool:
    """Whether the quotes of the text open, close or are doubled in a field, each of them."""
    quotes = _Quotes()
    quotes.feed(data)
    return quotes.tidy()


def record_lines(pieces: Iterator[bytes]) -> np.ndarray:
    """The line on which each record starts, header included, blank lines left out; for a tidy file."""
    found, inside, lines, start, before = [], 0, 1, 1, b"\n\n"
    for piece in pieces:
        data = np.frombuffer(before + piece, dtype=np.uint8)
        feeds = np.flatnonzero(data[2:] == LINE_FEED) + 2
        quotes = np.flatnonzero(data[2:] == QUOTE) + 2
        ends = (np.searchsorted(quotes, feeds) + inside) % 2 == 0
        numbers = lines + np.arange(1, len(feeds) + 1)
        starts = np.concatenate([[start], numbers[ends]])
        found.append(starts[:-1][~_ends_blank_line(data, feeds[ends])])
        start, lines = int(starts[-1]), lines + len(feeds)
        inside = (inside + len(quotes)) % 2
        before = (before + piece)[-2:]
    if before[-1] != LINE_FEED:
        found.append(np.array([start]))
    return np.concatenate(found) if found else np.array([], dtype="int64")


def _ends_blank_line(data: np.ndarray, feeds: np.ndarray) -> np.ndarray:
    """Which line feeds end a line that holds nothing."""
    return (data[feeds - 1] == LINE_FEED) | ((data[feeds - 1] == RETURN) & (data[feeds - 2] == LINE_FEED))

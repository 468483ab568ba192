"""The lines of a table, made by its words: labels, indents and cells made of formatted statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from clinical.frames import Frame
from tlf.rows import Row
from tlf.spec import Display
from tlf.words import WORDS

LONGEST_BLOCK = 31
Key = tuple[str, str, str, str, str]
KEPT_WHOLE = 30


@dataclass(frozen=True)
class Line:
    """One line of a table; `keys` name the results behind each cell, `keep` ties it to the next line."""

    analysis: str
    label: str
    indent: int
    cells: tuple[str, ...]
    keys: tuple[Key | None, ...]
    keep: bool = False


class Cells:
    """Formatted statistics of every cell, by analysis, parent, level, group and part."""

    def __init__(self, results: Frame, columns: tuple):
        self.columns = columns
        self._sizes = [column.size for column in columns]
        self._found: dict[Key, dict[str, str]] = {}
        names = ("analysis", "parent", "level", "group", "part", "statistic", "text")
        for *key, statistic, text in zip(*(results[name].tolist() for name in names), strict=True):
            self._found.setdefault(tuple(key), {})[statistic] = text

    def levels(self, analysis: str) -> list[tuple[str, str]]:
        """(parent, level) of an analysis, in the order of the results."""
        return list(dict.fromkeys((key[1], key[2]) for key in self._found if key[0] == analysis))

    def line(
        self, row: Row, label: str, indent: int, text: Callable[[dict[str, str]], str], *, level: str = "",
        parent: str = "", linked: bool = True, keep: bool = False,
    ) -> Line:  # fmt: skip
        """A line with one cell a column; blank where the column has no subjects."""
        keys = [(row.name, parent, level, column.group, column.part) for column in self.columns]
        cells = [
            text(self._found[key]) if size and key in self._found else ""
            for key, size in zip(keys, self._sizes, strict=True)
        ]
        return Line(
            row.name, label, indent, tuple(cells), tuple(keys) if linked else (None,) * len(keys), keep
        )

    def heading(self, row: Row, label: str, indent: int) -> Line:
        """A line without numbers, kept with the line below it."""
        return Line(row.name, label, indent, ("",) * len(self.columns), (None,) * len(self.columns), True)


def lines_of(display: Display, results: Frame, columns: tuple) -> Iterator[Line]:
    """All lines of a display in the order of its rows; what belongs together is kept on one page."""
    cells = Cells(results, columns)
    lines = [line for row in display.rows.values() for line in WORDS[row.word].lines(display, row, cells)]
    group: list[Line] = []
    for line in _together(lines):
        if line.indent == 0:
            yield from _kept(group)
            group = []
        group.append(line)
    yield from _kept(group)


def _kept(group: list[Line]) -> Iterator[Line]:
    """Rows of a group tied to each other: a line that is not indented and all that are below it."""
    whole = len(group) <= KEPT_WHOLE
    for line, below in zip(group, [*group, None][1:], strict=True):
        joined = whole and below is not None and below.analysis != line.analysis
        yield replace(line, keep=line.keep or joined)


def _together(lines: list[Line]) -> Iterator[Line]:
    """Every line of a block kept with the next: a heading and the indented lines below it."""
    starts = [at for at, line in enumerate(lines) if not line.indent]
    kept: set[int] = set()
    for start, end in pairwise([*starts, len(lines)]):
        if not any(lines[start].cells) and end - start <= LONGEST_BLOCK:
            kept |= set(range(start, end - 1))
    for at, line in enumerate(lines):
        yield replace(line, keep=True) if at in kept else line

"""The lines of a table, one function a word: labels, indents and cells made of formatted statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from clinical.frames import Frame
from tlf.formats import NOT_ESTIMABLE, Format
from tlf.rows import Row
from tlf.spec import Display

Key = tuple[str, str, str, str, str]
QUANTILES = {"0.25": "25th percentile", "0.5": "Median", "0.75": "75th percentile"}


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
    """All lines of a display in the order of its rows."""
    words = {
        "heading": _heading, "count": _count, "categorical": _categorical, "continuous": _continuous,
        "nested": _nested, "quantiles": _quantiles, "rates": _rates, "range": _range,
    }  # fmt: skip
    cells = Cells(results, columns)
    for row in display.rows.values():
        yield from words[row.word](display, row, cells)


def _heading(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    yield cells.heading(row, row.label, row.indent)


def _share(display: Display, row: Row) -> Callable[[dict[str, str]], str]:
    """n (%); 0 stands alone."""
    percent, alone = display.formats["percent"], display.formats["n"]

    def text(found: dict[str, str]) -> str:
        if row.show == "n" or found["n"] == "0" or found["p"] == "":
            return alone.fill(found)
        return percent.fill(found)

    return text


def _count(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    yield cells.line(row, row.label, row.indent, _share(display, row), keep=row.ci != "none")
    if row.ci != "none":
        yield cells.line(row, row.ci_label, row.indent + 1, display.formats["interval"].fill, linked=False)


def _categorical(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    levels = cells.levels(row.name)
    if row.label:
        yield cells.heading(row, row.label, row.indent)
    for place, (_, level) in enumerate(levels):
        indent = row.indent + bool(row.label)
        yield cells.line(row, level, indent, _share(display, row), level=level, keep=place < len(levels) - 1)


def _continuous(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    if row.label:
        yield cells.heading(row, row.label, row.indent)
    formats = display.formats["continuous"]
    for place, (label, form) in enumerate(formats.items()):
        yield cells.line(row, label, row.indent + bool(row.label), form.fill, keep=place < len(formats) - 1)


def _nested(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    if row.label:
        yield cells.heading(row, row.label, row.indent)
    for parent, level in cells.levels(row.name):
        inner = bool(parent)
        indent = row.indent + inner
        yield cells.line(row, level, indent, _share(display, row), level=level, parent=parent, keep=not inner)


def _estimate(form: Format) -> Callable[[dict[str, str]], str]:
    def text(found: dict[str, str]) -> str:
        if all(found[name] in (NOT_ESTIMABLE, "") for name in form.digits):
            return NOT_ESTIMABLE
        return form.fill(found)

    return text


def _quantiles(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    yield from _points(row, cells, _estimate(display.formats["quantile"]), _quantile_label)


def _quantile_label(point: str) -> str:
    return QUANTILES.get(point, f"{float(point) * 100:g}th percentile")


def _rates(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    unit = display.survival.unit
    yield from _points(row, cells, _estimate(display.formats["rate"]), lambda point: f"{point} {unit}")


def _points(
    row: Row, cells: Cells, text: Callable[[dict[str, str]], str], label: Callable[[str], str]
) -> Iterator[Line]:
    if row.label:
        yield cells.heading(row, row.label, row.indent)
    levels = cells.levels(row.name)
    for place, (_, level) in enumerate(levels):
        indent = row.indent + bool(row.label)
        yield cells.line(row, label(level), indent, text, level=level, keep=place < len(levels) - 1)


def _range(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    yield cells.line(row, row.label, row.indent, _estimate(display.formats["range"]))

"""`heading`: a line without numbers, kept with the line below it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from clinical.read import Mapping
from tlf.nodes import text
from tlf.rows import Asked, Place, Row
from tlf.words.word import Word

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.shapes.lines import Cells, Line
    from tlf.spec import Display


def _read(node: Mapping, here: Place) -> Asked:
    return Asked(label=text(node, "heading", here.owner, ""))


def _add(results: Results, row: Row) -> None:
    """Nothing is computed."""


def _lines(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    yield cells.heading(row, row.label, row.indent)


HEADING = Word("heading", (), _read, _add, _lines)

"""What all words that count subjects share: n (%) of a cell [E.0]."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clinical.read import Mapping
from tlf.nodes import choice
from tlf.rows import Row

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.shapes.lines import Cells, Line
    from tlf.spec import Display

SHOW = ("percent", "n", "fraction", "events")


@dataclass(frozen=True)
class Share:
    """How a count is shown: `n (%)`, `n`, `n/N (%)`, or `n (%) [records]`."""

    show: str


def show_of(node: Mapping, owner: str) -> str:
    """How the counts of a row are shown."""
    return choice(node, "show", SHOW, owner)


def add_share(
    results: Results,
    row: Row,
    place: int,
    part: str,
    person: np.ndarray,
    of: int,
    level: str = "",
    parent: str = "",
) -> np.ndarray:
    """Adds n, % and the subjects of one cell; gives the subjects. `person` holds one entry a record."""
    group = results.people.groups[place]
    inside = person[group.member[person]]
    who = np.unique(inside)
    words = {"level": level, "parent": parent, "denominator": of}
    results.add(row, group.label, part, "n", len(who), **words)
    if row.own.show == "events":
        results.add(row, group.label, part, "records", len(inside), **words)
    if row.own.show != "n":
        share = results.percent(row, len(who), of)
        digits = 0 if share == 100 else row.formats["percent"].decimals("p", 0)
        results.add(row, group.label, part, "p", share, digits=digits, **words)
        results.add(row, group.label, part, "of", of, **words)
    results.add_subjects(row, group.label, part, who, level, parent)
    return who


def share_text(row: Row) -> Callable[[dict[str, str]], str]:
    """n (%) of a cell; 0 stands alone, and so does n where there is nothing to divide by."""
    forms = row.formats
    form = forms[row.own.show]

    def text(found: dict[str, str]) -> str:
        if row.own.show != "fraction" and found["n"] == "0":
            return forms["n"].fill(found)
        if row.own.show != "n" and found["p"] == "":
            return forms["n"].fill(found)
        return form.fill(found)

    return text


def level_lines(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    """The label of a row, if it has one, and a line for each level below it."""
    levels = cells.levels(row.name)
    if row.label:
        yield cells.heading(row, row.label, row.indent)
    for place, (_, level) in enumerate(levels):
        indent = row.indent + bool(row.label)
        yield cells.line(row, level, indent, share_text(row), level=level, keep=place < len(levels) - 1)

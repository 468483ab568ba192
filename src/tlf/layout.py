"""Widths and alignment on paper: how wide text is, how numbers line up, which columns fit a page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from tlf.shapes.grid import Column, Grid, header_of

LEAD = re.compile(r"\d+|NE|-")
SPACE = 0.25
WIDTHS = {
    **dict.fromkeys("0123456789$", 0.5),
    **dict.fromkeys(" .,;:'|!\u00a0", 0.25),
    **dict.fromkeys("()[]-/", 0.333),
    **dict.fromkeys("iljtfrI", 0.31),
    **dict.fromkeys("mwMW%", 0.83),
    **dict.fromkeys("+<>=_^~", 0.56),
}
UPPER, LOWER, WIDE = 0.69, 0.47, 1.0
BOLD, PADDING, MOST_SPARE = 1.06, 1.2, 12.0


@lru_cache(maxsize=1 << 16)
def width(text: str) -> float:
    """Width of text in em of a Times-like face; characters beyond Latin count as full width."""
    return sum(
        WIDTHS.get(sign) or (WIDE if ord(sign) > 0x2E7F else UPPER if sign.isupper() else LOWER)
        for sign in text
    )


def lines_needed(text: str, room: float) -> int:
    """How many lines a text takes in `room` em, broken between words."""
    used, count = 0.0, 1
    for word in text.split(" "):
        size = width(word) + SPACE
        if used and used + size > room:
            used, count = 0.0, count + 1
        used += size
    return count


@dataclass(frozen=True)
class Aligned:
    """Cells whose whole numbers end below each other: spaces before each, width of the block in em."""

    spaces: tuple[int, ...]
    block: float


@lru_cache(maxsize=1 << 9)
def align(cells: tuple[str, ...]) -> Aligned:
    """Lines up the whole numbers of a column; what has none, such as an interval, starts where they end."""
    leads = [_lead(cell) for cell in cells]
    widest = max(leads, default=0.0)
    spaces = tuple(
        round((widest - lead) / SPACE) if cell else 0 for cell, lead in zip(cells, leads, strict=True)
    )
    block = max((width(cell) + SPACE * pad for cell, pad in zip(cells, spaces, strict=True)), default=0.0)
    return Aligned(spaces, block)


def _lead(cell: str) -> float:
    found = LEAD.match(cell)
    return width(found.group()) if found else 0.0


def column_cells(grid: Grid, place: int) -> tuple[str, ...]:
    """All cells of one column."""
    return tuple(line.cells[place] for line in grid.lines)


def stub_width(grid: Grid, indent: float, most: float) -> float:
    """Width of the label column in em, at most `most`."""
    return min(
        max((width(line.label) + indent * line.indent for line in grid.lines), default=10.0) + 1.0, most
    )


def column_width(grid: Grid, place: int, header_lines: int = 2) -> float:
    """Width in em that one column needs: its block of numbers, and its header in `header_lines` lines."""
    column = grid.columns[place]
    sharing = sum(header_of(other) == header_of(column) for other in grid.columns)
    header = max((width(word) for word in column.label.split(" ")), default=0.0)
    if sharing == 1:
        header = max(header, BOLD * width(column.group) / header_lines)
    else:
        header = max(header, BOLD * width(header_of(column)) / sharing)
    return max(align(column_cells(grid, place)).block, header, 3.0) + PADDING


def pages_of_columns(grid: Grid, room: float, stub: float) -> list[list[int]]:
    """Columns that fit on a page beside the stub, spread evenly over the pages; a group is never divided."""
    groups = _by_group(grid.columns)
    widths = [sum(column_width(grid, place) for place in group) for group in groups]
    for pages in range(1, len(groups) + 1):
        each = -(-len(groups) // pages)
        starts = range(0, len(groups), each)
        if each == 1 or all(stub + sum(widths[at : at + each]) <= room for at in starts):
            return [[place for group in groups[at : at + each] for place in group] for at in starts]
    return []


def _by_group(columns: tuple[Column, ...]) -> list[list[int]]:
    groups: dict[str, list[int]] = {}
    for place, column in enumerate(columns):
        groups.setdefault(column.group, []).append(place)
    return list(groups.values())


def edges_of(grid: Grid, places: list[int], stub: float, room: float) -> list[float]:
    """Right edges of the stub and of the columns in em: equal columns where they fit, spare room shared."""
    narrow = [column_width(grid, place) for place in places]
    roomy = [column_width(grid, place, header_lines=1) for place in places]
    options = [[max(roomy)] * len(places), roomy, [max(narrow)] * len(places), narrow]
    widths = next((option for option in options if stub + sum(option) <= room), narrow)
    more = min(max(room - stub - sum(widths), 0.0) / (len(widths) + 1), MOST_SPARE)
    edges = [stub + more]
    for one in widths:
        edges.append(edges[-1] + one + more)
    return edges

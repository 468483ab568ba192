"""A display as the merged PDF prints it: sections of columns with their widths, rows, and rows kept together.

It is data (JSON in the end), so that a display that is taken over from the last run needs no new computation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Datasets

from tlf.formats import NO_DATA
from tlf.layout import align, column_cells, edges_of, pages_of_columns, stub_width
from tlf.render import BODY, INDENT, PAPERS, SIDE, STUB_PART, TWIPS_PER_POINT, gaps_of
from tlf.shapes.grid import Grid, header_of
from tlf.spec import Display

MOST_KEPT = 25
EM = BODY * TWIPS_PER_POINT
NUMBERS = re.compile(r"\d+")
KINDS = {"T": "Tables", "F": "Figures", "L": "Listings"}
OTHERS = "Other displays"


def kind_of(name: str) -> str:
    """Tables, Figures or Listings, as the number of a display says."""
    return KINDS.get(name[:1].upper(), OTHERS)


def section_of(name: str, sections: Datasets[str, str]) -> str:
    """`14.1 Demographic Data`: the longest stated number that a display's begins with; else its kind."""
    numbers = NUMBERS.findall(name)
    whole = [".".join(numbers[:length]) for length in range(len(numbers), 0, -1)]
    return next((f"{one} {sections[one]}" for one in whole if one in sections), kind_of(name))


def reading_order(name: str, sections: Datasets[str, str]) -> tuple[int, int, tuple[int, ...], str]:
    """Sections as stated, in them tables, figures, listings, each by its number, so that 10 follows 9."""
    kinds = [*KINDS.values(), OTHERS]
    places = [*(f"{number} {title}" for number, title in sections.items()), *kinds]
    numbers = tuple(map(int, NUMBERS.findall(name)))
    return places.index(section_of(name, sections)), kinds.index(kind_of(name)), numbers, name


def paper_of(grid: Grid, picture: str = "", pages: int = 1) -> dict[str, object]:
    """The display for the merged PDF; `picture` names a figure's file of so many pages, in place of rows."""
    sections = [] if picture else _sections(grid)
    shown = {"picture": picture, "pages": pages, "sections": sections, "runs": []}
    return {**head_of(grid.display), **shown, **_below(grid)}


def head_of(display: Display) -> dict[str, object]:
    """Number, titles and paper: what the contents and every page of a display show above."""
    return {
        "name": display.name,
        "titles": [display.name, display.title, display.population.label],
        "paper": display.paper.lower() if display.paper == "A4" else "us-letter",
        "empty": NO_DATA,
    }


def _below(grid: Grid) -> dict[str, object]:
    return {"footnotes": list(grid.footnotes), "source": list(grid.source)}


def _sections(grid: Grid) -> list[dict[str, object]]:
    room = (PAPERS[grid.display.paper][0] - 2 * SIDE) / EM
    stub = stub_width(grid, INDENT / EM, STUB_PART * room)
    sections = []
    for places in pages_of_columns(grid, room, stub) if grid.lines else []:
        edges = edges_of(grid, places, stub, room)
        widths = [b - a for a, b in zip([0.0, *edges[:-1]], edges, strict=True)]
        shown = {"widths": [round(one, 3) for one in widths], "headers": _headers(grid, places)}
        sections.append({**shown, "groups": _groups(grid, places)})
    return sections


def _headers(grid: Grid, places: list[int]) -> list[list[tuple[str, int]]]:
    """Header rows as (text, how many columns)."""
    if not grid.two_headers:
        return [[("", 1), *((header_of(grid.columns[at]).replace(" (N=", "\n(N="), 1) for at in places)]]
    spans: dict[str, int] = {}
    for at in places:
        spans[header_of(grid.columns[at])] = spans.get(header_of(grid.columns[at]), 0) + 1
    return [[("", 1), *spans.items()], [("", 1), *((grid.columns[at].label, 1) for at in places)]]


def text_of(cell: str) -> str:
    """The text of a cell, which is never broken."""
    return cell.replace(" ", "\u00a0")


def _groups(grid: Grid, places: list[int]) -> list[list[dict[str, object]]]:
    """Rows in groups that a page end does not tear; a group as long as a page is divided."""
    aligned = [align(column_cells(grid, at)) for at in places]
    gaps = gaps_of(grid)
    groups: list[list[dict[str, object]]] = []
    kept = False
    for index, line in enumerate(grid.lines):
        cells = [
            {"text": text_of(line.cells[at]), "pad": one.spaces[index], "block": round(one.block, 2)}
            for at, one in zip(places, aligned, strict=True)
        ]  # fmt: skip
        row = {"label": line.label, "indent": line.indent, "gap": gaps[index], "cells": cells}
        if kept and len(groups[-1]) < MOST_KEPT:
            groups[-1].append(row)
        else:
            groups.append([row])
        kept = line.keep
    return groups

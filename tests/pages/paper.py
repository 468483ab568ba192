"""Whether printed pages show a display whole: each page with titles, column headers, footnotes and number,
all cells once and in order, no word divided, nothing outside the margins or on other text, nothing torn.

A fault is a sentence that names the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np

from tests.pages.pdf import Sheet, squeezed
from tests.pages.rtf import Document, Section

NEAR, LINE, HALF, FULL = 2.0, 6.0, 0.5, 0.35
SPARSE_PAGES = 0.01  # LibreOffice 7.4 now and then breaks before a row that would fit
LONG_WORD = 40
SOURCE = re.compile(r"Program: .+ Data cut: \d{4}-\d\d-\d\d\. Datasets: .+ \(hash [0-9a-f]{12,}\)")
Kind = Literal["table", "listing", "grouped"]
MAY_END_A_LINE = ("-", "/", "\u2013", "_")


@dataclass
class _Place:
    """How far into a document the pages have come."""

    section: int = 0
    row: int = 0
    pages: int = 0
    sparse: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class _Found:
    """The stretches of a page: what stands above, column headers, the body, what stands below."""

    above: slice
    headers: slice
    body: slice
    below: slice


class Fault(Exception):
    """What is wrong with a page, so that its cells cannot be followed further."""


def check_frame(document: Document, titles: tuple[str, ...]) -> list[str]:
    """Where a section has not these titles above, or not program, data cut and hash below [E.0]."""
    faults = []
    for number, section in enumerate(document.sections, start=1):
        if tuple(section.above[: len(titles)]) != titles:
            faults.append(f"section {number} has the titles {section.above}, not {titles}")
        if not SOURCE.fullmatch(" ".join(section.below[-2:])):
            faults.append(
                f"section {number} does not end with program, data cut and hash: {section.below[-2:]}"
            )
    return faults


def check_pages(
    document: Document, sheets: list[Sheet], *, first: int = 1, total: int = 0, kind: Kind = "table"
) -> list[str]:
    """What is wrong with the pages of a display.

    `first` and `total` are the numbers that they say. A table leaves no line alone on its last page; the
    first cell of a grouped listing is empty only within a group.
    """
    place, faults = _Place(), []
    for number, sheet in enumerate(sheets, start=first):
        try:
            numbered = (number, total or len(sheets))
            for said in _page(document, sheet, place, numbered, kind):
                faults.append(f"page {number}: {said}")
        except Fault as fault:
            return [*faults, f"page {number}: {fault}"]
    if len(place.sparse) > SPARSE_PAGES * len(sheets):
        faults.append(f"pages {place.sparse} are nearly empty, and the section goes on")
    if _left(document, place):
        faults.append(f"the pages end before {_next(document, place)!r}")
    return faults


def _left(document: Document, place: _Place) -> bool:
    whole = place.row == len(document.sections[place.section].rows)
    return not whole or place.section < len(document.sections) - 1


def _next(document: Document, place: _Place) -> str:
    rows = document.sections[place.section].rows
    return " | ".join(rows[place.row].cells)[:60] if place.row < len(rows) else "the next section"


def _page(
    document: Document, sheet: Sheet, place: _Place, numbered: tuple[int, int], kind: Kind
) -> Iterator[str]:
    if not sheet.words:
        raise Fault("is empty")
    yield from _outside(document, sheet)
    yield from _on_top(sheet)
    section = document.sections[place.section]
    if place.pages and place.row == len(section.rows):
        if place.section == len(document.sections) - 1:
            raise Fault("follows after everything was shown")
        place.section, place.row, place.pages = place.section + 1, 0, 0
        section = document.sections[place.section]
    place.pages += 1
    found = _stretches(section, sheet, *numbered)
    yield from _apart(sheet, found)
    if section.pictures:
        return
    start = place.row
    yield from _cells(section, sheet, found.body, place)
    yield from _torn(section, start, place, kind)
    if place.row < len(section.rows) and _sparse(sheet, found):
        place.sparse.append(numbered[0])


def _outside(document: Document, sheet: Sheet) -> Iterator[str]:
    low = np.array([document.side - NEAR, document.edge - LINE])
    high = np.array([sheet.width - document.side + NEAR, sheet.height - document.edge + LINE])
    wrong = (sheet.boxes[:, :2] < low).any(axis=1) | (sheet.boxes[:, 2:] > high).any(axis=1)
    for at in np.flatnonzero(wrong)[:1]:
        yield f"{sheet.words[at]!r} reaches over the margin"


def _on_top(sheet: Sheet) -> Iterator[str]:
    """Words that share a place: half of a line's height and some width."""
    boxes = sheet.boxes
    over = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - np.maximum(
        boxes[:, None, :2], boxes[None, :, :2]
    )
    heights = boxes[:, 3] - boxes[:, 1]
    shared = (over[..., 0] > NEAR) & (over[..., 1] > HALF * np.minimum(heights[:, None], heights[None, :]))
    for one, two in np.argwhere(np.triu(shared, 1))[:1]:
        yield f"{sheet.words[one]!r} and {sheet.words[two]!r} lie on each other"


def _stretches(section: Section, sheet: Sheet, number: int, total: int) -> _Found:
    """Where titles, headers, body and footnotes are; the body is what is between them.

    Raises: Fault if the page has not got them.
    """
    above = _stretch(sheet, section.above, 0, "titles")
    headers = _stretch(
        sheet, [cell for row in section.headers for cell in row.cells], above.stop, "column headers"
    )
    notes = [*section.below, f"Page {number} of {total}"]
    text = "".join(map(squeezed, notes))
    begin = sheet.text.rfind(text)
    if begin < headers.stop:
        missing = next((note for note in notes if squeezed(note) not in sheet.text), notes[0])
        raise Fault(f"does not end with its footnotes, source and number: {missing!r}")
    below = slice(begin, begin + len(text))
    if below.stop != len(sheet.text):
        raise Fault(f"has text below its number: {sheet.text[below.stop :][:60]!r}")
    return _Found(above, headers, slice(headers.stop, begin), below)


def _stretch(sheet: Sheet, texts: list[str], start: int, what: str) -> slice:
    text = "".join(map(squeezed, texts))
    if not sheet.text.startswith(text, start):
        raise Fault(f"does not begin with the {what} {texts}: {sheet.text[start : start + 60]!r}")
    return slice(start, start + len(text))


def _span(sheet: Sheet, stretch: slice) -> np.ndarray:
    """The boxes of a stretch."""
    return (
        sheet.boxes[sheet.between(stretch.start, stretch.stop)]
        if stretch.stop > stretch.start
        else sheet.boxes[:0]
    )


def _apart(sheet: Sheet, found: _Found) -> Iterator[str]:
    """Titles, headers, body and footnotes one below the other."""
    spans = [(name, _span(sheet, getattr(found, name))) for name in ("above", "headers", "body", "below")]
    spans = [(name, boxes) for name, boxes in spans if len(boxes)]
    for (upper, one), (lower, two) in pairwise(spans):
        if one[:, 3].max() > two[:, 1].min() + NEAR:
            yield f"{upper} reaches into {lower}"


def _cells(section: Section, sheet: Sheet, body: slice, place: _Place) -> Iterator[str]:
    """Follows the cells of the rows through the page; the place moves on."""
    at = body.start
    while place.row < len(section.rows) and at < body.stop:
        row, edge = section.rows[place.row], 0.0
        for cell in row.cells:
            text = squeezed(cell)
            if not text:
                continue
            if not sheet.text.startswith(text, at, body.stop):
                raise Fault(
                    f"has {sheet.text[at : min(at + 60, body.stop)]!r} in place of {cell!r} of {row.cells}"
                )
            boxes = sheet.boxes[sheet.between(at, at + len(text))]
            if boxes[:, 0].min() < edge - NEAR:
                yield f"{cell!r} begins before the cell left of it ends"
            edge = boxes[:, 2].max()
            yield from _divided(sheet, cell, at)
            at += len(text)
        place.row += 1
    if at < body.stop:
        raise Fault(f"has text that is in no cell: {sheet.text[at : min(at + 60, body.stop)]!r}")


def _divided(sheet: Sheet, cell: str, start: int) -> Iterator[str]:
    """Words of a cell that go on in another line, though they have no hyphen there and are not overlong."""
    at = start
    for word in map(squeezed, cell.split()):
        parts = sheet.between(at, at + len(word))
        boxes = sheet.boxes[parts]
        for one in range(len(boxes) - 1):
            below = boxes[one + 1, 1] > boxes[one, 1] + NEAR
            if below and len(word) < LONG_WORD and not sheet.words[parts][one].endswith(MAY_END_A_LINE):
                yield f"{word!r} is divided: {sheet.words[parts]}"
        at += len(word)


def _torn(section: Section, start: int, place: _Place, kind: Kind) -> Iterator[str]:
    """A heading without its lines, a line of a group without its name, a line alone on the last page."""
    shown = section.rows[start : place.row]
    goes_on = place.row < len(section.rows)
    if section.rows and not shown:
        yield "shows no row"
        return
    if goes_on and section.rows[place.row].indent > shown[-1].indent:
        yield f"ends with {shown[-1].cells[0]!r}, whose lines are on the next page"
    if kind == "grouped" and not shown[0].cells[0]:
        yield f"begins in the middle of a group: {shown[0].cells}"
    if kind == "table" and not goes_on and start and len(shown) == 1:
        yield f"has one line alone: {shown[0].cells[0]!r}"


def _sparse(sheet: Sheet, found: _Found) -> bool:
    body, below = _span(sheet, found.body), _span(sheet, found.below)
    top, bottom, foot = body[:, 1].min(), body[:, 3].max(), below[:, 1].min()
    return bool(bottom - top < FULL * (foot - top))

"""A listing as the merged PDF prints it: its pages by value and part of the columns, in pieces kept whole."""

from __future__ import annotations

from tlf.listing_sheet import Measured, Page, Part, Sheet, blocks_of, heights_of, text_of
from tlf.paper import head_of


def paper_of_listing(sheet: Sheet, needs: list[Measured], parts: list[Part]) -> dict[str, object]:
    """The listing for the merged PDF: its sections are those of its RTF, line by line."""
    runs = [
        {
            "heading": sheet.heading_of(page, number, len(parts)),
            "widths": [round(one, 3) for one in part.widths],
            "labels": [text_of(sheet.columns[at].label) for at in part.places],
            "aligns": ["right" if needs[at].numeric else "left" for at in part.places],
            "pieces": _pieces(page, sheet.group, part),
        }
        for page in sheet.pages
        for number, part in enumerate(parts)
    ]
    shown = {"picture": "", "pages": 1, "sections": [], "runs": runs}
    below = {"footnotes": list(sheet.footnotes), "source": list(sheet.source)}
    return {**head_of(sheet.display), **shown, **below}


def _pieces(page: Page, group: int, part: Part) -> list[dict[str, object]]:
    """Lines that a page end does not tear; a piece that begins a block stands apart from the one before."""
    heights = heights_of(page, part.places, part.widths)
    blocks = blocks_of(page, group, heights)
    columns = []
    for number, place in enumerate(part.places):
        made = {text: text_of(text) for text in set(page.texts[place])}
        texts = [made[text] for text in page.texts[place]]
        if number < group:
            texts = [text if first else "" for text, first in zip(texts, blocks.printed, strict=True)]
        columns.append(texts)
    pieces: list[dict[str, object]] = []
    lines = zip(blocks.begins, blocks.printed, heights, *columns, strict=True)
    for begins, printed, height, *cells in lines:
        if printed:
            pieces.append({"apart": begins and bool(group) and bool(pieces), "high": height, "cells": []})
        pieces[-1]["cells"].extend(cells)
    return pieces

"""A frame as a workbook that a person reads and no spreadsheet runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from clinical.frames import Frame

CREATED = datetime(2000, 1, 1)  # a workbook's own stamp; what it lists has its days in columns
USUAL_WIDTH = 10


def write_workbook(
    path: Path,
    frame: Frame,
    columns: Mapping[str, str],
    *,
    title: str,
    sheet: str,
    widths: Mapping,
    frozen: int,
) -> None:
    """One sheet of text: header frozen with the first `frozen` columns, filters on, no formulas or links.

    `columns` are the titles of the frame's columns, in order. Same frame, same bytes.
    """
    from xlsxwriter import Workbook

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(path, options) as book:
        book.set_properties({"title": title, "created": CREATED})
        head = book.add_format({"bold": True, "bg_color": "#E6EBF0", "bottom": 1, "valign": "top"})
        cell = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        page = book.add_worksheet(sheet)
        page.freeze_panes(1, frozen)
        for place, (name, heading) in enumerate(columns.items()):
            page.set_column(place, place, widths.get(name, USUAL_WIDTH), cell)
            page.write_string(0, place, heading, head)
            for row, text in enumerate(frame[name], start=1):
                page.write_string(row, place, str(text), cell)
        page.autofilter(0, 0, len(frame), len(columns) - 1)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)

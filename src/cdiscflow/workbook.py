"""A frame as a workbook that a person reads and no spreadsheet runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np

from clinical.distinct import distinct, spread
from clinical.files import write_bytes
from clinical.frames import Frame

CREATED = datetime(2000, 1, 1)  # a workbook's own stamp; what it lists has its days in columns
USUAL_WIDTH = 10
LONGEST = 32_767  # characters that Excel takes in a cell
LINE, TALLEST = 15, 405  # points; Excel takes no taller row
SHEET = "xl/worksheets/sheet{}.xml"
NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")


@dataclass(frozen=True)
class Sheet:
    """A frame with the titles of its columns, in order; frozen are the header and the first columns."""

    name: str
    frame: Frame
    columns: Mapping[str, str]
    frozen: int = 0


def write_workbook(
    path: Path,
    frame: Frame,
    columns: Mapping[str, str],
    *,
    sheet: str,
    title: str,
    widths: Mapping,
    frozen: int,
) -> None:
    """One sheet of text: header frozen with the first `frozen` columns, filters on, no formulas or links."""
    write_sheets(path, [Sheet(sheet, frame, columns, frozen)], title=title, widths=widths)


def write_sheets(path: Path, sheets: Sequence[Sheet], *, title: str, widths: Mapping) -> None:
    """Sheets of text: header frozen, filters on, no formulas or links. Same frames, same bytes.

    An empty text has no cell. The rows are put into the sheets here, a text in its cell: 15 times as fast as
    a call a cell.
    """
    from xlsxwriter import Workbook

    empty = BytesIO()
    with Workbook(empty) as book:
        book.set_properties({"title": title, "created": CREATED})
        head = book.add_format({"bold": True, "bg_color": "#E6EBF0", "bottom": 1, "valign": "top"})
        cell = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        for one in sheets:
            page = book.add_worksheet(one.name)
            page.freeze_panes(1, one.frozen)
            for place, (name, heading) in enumerate(one.columns.items()):
                page.set_column(place, place, widths.get(name, USUAL_WIDTH), cell)
                page.write_string(0, place, heading, head)
            page.autofilter(0, 0, len(one.frame), len(one.columns) - 1)
            page.set_landscape()
            page.fit_to_pages(1, 0)
            page.repeat_rows(0)
    write_bytes(path, _filled(empty, {SHEET.format(n): one for n, one in enumerate(sheets, start=1)}, widths))


def _filled(empty: BytesIO, sheets: dict[str, Sheet], widths: Mapping) -> bytes:
    """The workbook with the rows of each frame below the header of its sheet, in the style of the columns."""
    from xlsxwriter.utility import xl_col_to_name

    whole = BytesIO()
    with ZipFile(empty) as old, ZipFile(whole, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            if part.filename in sheets:
                frame = sheets[part.filename].frame[list(sheets[part.filename].columns)]
                letters = [xl_col_to_name(place) for place in range(frame.shape[1])]
                head, _, tail = text.decode().partition("</sheetData>")
                style = re.search(r'<col [^>]*style="(\d+)"', head)[1]
                size = f'<dimension ref="A1:{letters[-1]}{len(frame) + 1}"'
                head = re.sub('<dimension ref="[^"]*"', size, head)
                wide = [widths.get(name, USUAL_WIDTH) for name in frame]
                rows = _rows(frame, letters, style, _heights(frame, wide))
                text = "".join([head, *rows, "</sheetData>", tail]).encode()
            new.writestr(part, text)
    return whole.getvalue()


def _heights(frame: Frame, widths: list[float]) -> list[str]:
    """The height of each row with a text of several lines, for programs that do not find it themselves."""
    lines = np.ones(len(frame), dtype="int64")
    for name, width in zip(frame, widths, strict=True):
        codes, texts = distinct(frame[name].astype("str"))
        needed = [sum(-(-len(line) // int(width)) or 1 for line in text.split("\n")) for text in texts]
        lines = np.maximum(lines, spread(codes, np.array(needed, dtype="int64"), 1))
    return ["" if one == 1 else f' ht="{min(one * LINE, TALLEST)}"' for one in lines.tolist()]


def _rows(frame: Frame, letters: list[str], style: str, heights: list[str]) -> Iterator[str]:
    columns = []
    for letter, name in zip(letters, frame, strict=True):
        codes, texts = distinct(frame[name].astype("str"))
        ends = [*(_end(text, style) for text in texts), ""]
        cells = enumerate((ends[code] for code in codes.tolist()), start=2)
        columns.append([f'<c r="{letter}{row}"{end}' if end else "" for row, end in cells])
    for row, (height, *cells) in enumerate(zip(heights, *columns, strict=True), start=2):
        yield f'<row r="{row}"{height}>{"".join(cells)}</row>'


def _end(text: str, style: str) -> str:
    """A cell after its place; a character that XML has no word for as Excel writes it, `_x0001_`."""
    if not text:
        return ""
    shown = escape(NOT_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text[:LONGEST]), quote=False)
    return f' s="{style}" t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'

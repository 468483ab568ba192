"""Workbooks of specs on disk: rows written as text cells, and read back with the address of each."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from pathlib import Path

from cdiscflow.specbook_cells import LONGEST, SHEETS, Read, Rows, letters
from clinical.errors import InputError, SpecError
from clinical.names import closest

ABOUT = "about"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
CREATED = dt.datetime(2000, 1, 1)
WIDTHS = {"value": 50, "label": 30, "note": 40, "codes": 40, "take": 40, "set": 40, "where": 30, "yaml": 30}
_AS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_book(path: Path, rows: Rows, about: list[str]) -> None:
    """A workbook with a sheet for each kind of row, all cells text: the same rows give the same bytes.

    Raises: SpecError book.too-long for a text that no cell holds.
    """
    from xlsxwriter import Workbook

    _must_fit(rows)
    beside = path.with_name(f".tmp-{path.name}")
    book = Workbook(str(beside), {"in_memory": True, **_AS_TEXT})
    book.set_properties({"created": CREATED})
    head = book.add_format({"bold": True, "num_format": "@", "bottom": 1})
    text = book.add_format({"num_format": "@", "valign": "top"})
    inert = book.add_format({"num_format": "@", "valign": "top", "quote_prefix": True})
    sheet = book.add_worksheet(ABOUT)
    sheet.set_column(0, 0, 110, text)
    for number, line in enumerate(about):
        sheet.write_string(number, 0, line, text)
    for name, columns in SHEETS.items():
        sheet = book.add_worksheet(name)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, WIDTHS.get(column, 16), text)
            sheet.write_string(0, place, column, head)
        for number, row in enumerate(rows[name], start=1):
            for place, column in enumerate(columns):
                if column in row:
                    cell = row[column]
                    sheet.write_string(number, place, cell, inert if cell.startswith(FORMULA) else text)
        sheet.freeze_panes(1, min(2, len(columns)))
        sheet.autofilter(0, 0, max(len(rows[name]), 1), len(columns) - 1)
    book.close()
    beside.replace(path)


def _must_fit(rows: Rows) -> None:
    for name, of_sheet in rows.items():
        for number, row in enumerate(of_sheet, start=2):
            for column, text in row.items():
                if len(text) > LONGEST:
                    at = f"{name}!{letters(SHEETS[name].index(column))}{number}"
                    raise SpecError("book.too-long", at, file=row.get("file", "study.yml"), most=LONGEST)


def read_book(path: Path) -> tuple[dict[str, list[Read]], list[SpecError]]:
    """The rows of each sheet, and what is wrong with single sheets, columns and cells.

    Raises: InputError where the file is missing or no workbook.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    if not path.is_file():
        raise InputError("book.missing", str(path))
    faults: list[SpecError] = []
    sheets: dict[str, list[Read]] = {}
    try:
        book = CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            if name == ABOUT:
                continue
            if name not in SHEETS:
                hint = _hint(name, SHEETS)
                known = ", ".join(SHEETS)
                faults.append(SpecError("book.sheet", f"{name}!A1", sheet=name, known=known, hint=hint))
                continue
            cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            sheets[name] = list(_rows(name, cells, faults))
        gone = [name for name in SHEETS if name not in book.sheet_names]
        faults += [SpecError("book.sheet-missing", f"{name}!A1", sheet=name) for name in gone]
    except (CalamineError, OSError, ValueError) as fault:
        raise InputError("book.unreadable", str(path), problem=str(fault).splitlines()[0]) from fault
    return sheets, faults


def _rows(sheet: str, cells: list[list[object]], faults: list[SpecError]) -> Iterable[Read]:
    names = [_text(cell, f"{sheet}!{letters(place)}1", faults) for place, cell in
             enumerate(cells[0] if cells else [])]  # fmt: skip
    columns: dict[str, int] = {}
    for place, name in enumerate(names):
        at = f"{sheet}!{letters(place)}1"
        if name in columns:
            faults.append(SpecError("book.column-twice", at, column=name))
        elif name and name not in SHEETS[sheet]:
            hint = _hint(name, SHEETS[sheet])
            faults.append(SpecError("book.column", at, sheet=sheet, column=name, hint=hint))
        elif name:
            columns[name] = place
    gone = [name for name in SHEETS[sheet] if name not in columns]
    faults += [SpecError("book.column-missing", f"{sheet}!A1", sheet=sheet, column=name) for name in gone]
    owners = {place: name for name, place in columns.items()}
    for number, row in enumerate(cells[1:], start=2):
        found: dict[str, str] = {}
        for place, cell in enumerate(row):
            at = f"{sheet}!{letters(place)}{number}"
            text = _text(cell, at, faults)
            if text and place in owners:
                found[owners[place]] = text
            elif text and not (place < len(names) and names[place]):
                faults.append(SpecError("book.no-column", at))
        if found:
            yield Read(sheet, number, found, columns)


def _hint(name: str, known: Iterable[str]) -> str:
    near = closest(name, known)
    return f"; did you mean {near}?" if near else ""


def _text(cell: object, at: str, faults: list[SpecError]) -> str:
    """A cell as text; what the program made a date of is refused, because the text typed is gone."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else f"{cell:.15g}"
    if isinstance(cell, dt.date | dt.time | dt.timedelta):
        faults.append(SpecError("book.not-text", at))
        return ""
    return re.sub(r"\r\n?", "\n", str(cell)).strip()

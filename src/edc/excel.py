"""Reader of workbooks (xlsx, xlsb, xls, ods), a sheet a form, by python-calamine."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd

from clinical.errors import InputError
from edc.cells import TEXT, cleaned
from edc.collected import Collected


def read_excel(path: Path, name: str, sheet: str) -> Collected:
    """One sheet: its first row that holds anything is the header; blank rows are left out.

    A number is written as a CSV export would write it, a date or time as ISO 8601, a truth value as TRUE or
    FALSE. A cell whose formula has no stored result is missing and noted, as is a cell with an error.

    Raises: InputError where the file is no workbook, the sheet is not there, or its header is empty or names
            a column twice.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    if not path.is_file():
        raise InputError("raw.file-missing", name)
    if not path.stat().st_size:
        raise InputError("raw.file-empty", name)
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = book.sheet_names
        if sheet and sheet not in sheets:
            raise InputError("raw.sheet-missing", name, sheet=sheet, sheets=", ".join(sheets))
        rows = book.get_sheet_by_name(sheet or sheets[0]).to_python(skip_empty_area=False)
    except CalamineError as fault:
        raise InputError("raw.workbook-unreadable", name, problem=str(fault)) from fault
    return _collected(f"{name}#{sheet or sheets[0]}", rows)


def _collected(name: str, rows: list[list[object]]) -> Collected:
    first = next((number for number, row in enumerate(rows) if any(_shown(cell) for cell in row)), None)
    if first is None:
        raise InputError("raw.header-missing", f"{name}:1")
    names = [_shown(cell).strip() for cell in rows[first]]
    for place, column in enumerate(names):
        if column and column in names[:place]:
            twice = {"first": names.index(column) + 1, "second": place + 1}
            raise InputError("raw.header-twice", f"{name}:{first + 1}", column=column, **twice)
    body = rows[first + 1 :]
    there = np.array([any(_shown(cell) for cell in row) for row in body], dtype=bool)
    lines = np.flatnonzero(there) + first + 2
    kept = [row for row, held in zip(body, there, strict=True) if held]
    columns = {}
    for place, column in enumerate(names):
        text = cleaned(pd.Series([_shown(row[place]) or None for row in kept], dtype=TEXT))
        if column:
            columns[column] = text
        elif text.notna().any():
            raise InputError("raw.column-unnamed", f"{name}:{first + 1}", place=place + 1)
    frame = pd.DataFrame({column: text.array for column, text in columns.items()}, index=range(len(kept)))
    return Collected(name, frame, lambda: lines)


def _shown(cell: object) -> str:
    """A cell as the text that CSV has for it."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e16 else f"{cell:.15g}"
    if isinstance(cell, dt.datetime):
        return cell.isoformat() if cell.time() != dt.time() else cell.date().isoformat()
    if isinstance(cell, dt.timedelta):
        seconds = round(cell.total_seconds())
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)

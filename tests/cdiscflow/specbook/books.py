"""Workbooks as a person edits and saves them."""

from __future__ import annotations

from pathlib import Path

from xlsxwriter import Workbook


def cells_of(path: Path) -> dict[str, list[list[object]]]:
    from python_calamine import CalamineWorkbook

    found = CalamineWorkbook.from_path(str(path))
    return {
        name: found.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in found.sheet_names
    }


def saved(path: Path, cells: dict[str, list[list[object]]]) -> None:
    """The cells as a person's program saves them: numbers as numbers, dates as dates."""
    with Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as found:
        for name, rows in cells.items():
            sheet = found.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(number, place, cell)
                    else:
                        sheet.write(number, place, cell)


def edit(path: Path, sheet: str, column: str, value: object, **where: str) -> str:
    """Another text in the one row with these cells; the address of the cell."""
    cells = cells_of(path)
    header, *rows = cells[sheet]
    found = [
        number
        for number, row in enumerate(rows, start=1)
        if all(row[header.index(name)] == text for name, text in where.items())
    ]
    assert len(found) == 1, found
    place = header.index(column)
    cells[sheet][found[0]][place] = value
    saved(path, cells)
    letter = chr(ord("A") + place) if place < 26 else "A" + chr(ord("A") + place - 26)
    return f"{sheet}!{letter}{found[0] + 1}"


def changed_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]

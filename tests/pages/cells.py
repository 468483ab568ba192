"""Whether the cells of an RTF display are those of its CSV: all of them, in order, in the same words."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.pages.pdf import squeezed
from tests.pages.rtf import Document, Section

NOT_CELLS = 2  # the first columns of a table's CSV say which analysis a line is of, and its indent
PART = "Columns, part "


def read_csv(path: Path) -> list[list[str]]:
    """The rows of a CSV file, the header first; without apostrophes against spreadsheets."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [[text[1:] if text[:1] == "'" else text for text in row] for row in csv.reader(lines)]


def table_cells(document: Document) -> list[list[str]]:
    """The lines of a table whose columns may go on in further sections, each with the label of its line."""
    first, *others = [[list(row.cells) for row in section.rows] for section in document.sections]
    for one in others:
        if [row[0] for row in one] != [row[0] for row in first]:
            return []
        first = [[*line, *row[1:]] for line, row in zip(first, one, strict=True)]
    return first


def check_table(document: Document, rows: list[list[str]]) -> list[str]:
    """Where the lines of a table and those of its CSV differ."""
    wanted = [row[NOT_CELLS:] for row in rows[1:]]
    if len(wanted) == 1 and len(document.sections[0].rows[0].cells) == 1:
        wanted = [wanted[0][:1]]  # no data to report
    return _differences(table_cells(document), wanted)


def check_listing(document: Document, rows: list[list[str]]) -> list[str]:
    """Where the lines of a listing and those of its CSV differ.

    Every section has some of the columns, by their headers; a value that is that of the line above may be
    left out. The pages of a value have it in their heading, which the CSV has in its first column.
    """
    header, *lines = rows
    if not document.sections[0].headers:
        return _differences([list(row.cells) for row in document.sections[0].rows], [lines[0][:1]])
    paged = len(header) - len({cell for one in document.sections for cell in one.headers[0].cells})
    faults, seen, start, stop = [], set(), 0, 0
    for section in document.sections:
        names = section.headers[0].cells
        if seen.issuperset(names):  # the next page of values begins with the first set of columns again
            start, seen = stop, set()
        seen |= set(names)
        stop = start + len(section.rows)
        places = [paged + header[paged:].index(name) for name in names]
        faults += _check_section(section, [[line[at] for at in places] for line in lines[start:stop]])
        if paged and any(line[0] not in " ".join(section.above) for line in lines[start:stop]):
            faults.append(f"the pages of {lines[start][0]!r} are headed {section.above[-1]!r}")
    return faults if stop == len(lines) else [*faults, f"{len(lines)} lines in the CSV, {stop} in the RTF"]


def _check_section(section: Section, wanted: list[list[str]]) -> list[str]:
    above, found = [""] * len(section.headers[0].cells), []
    for row, line in zip(section.rows, wanted, strict=False):
        cells = [
            cell or (before if before == after else "")
            for cell, before, after in zip(row.cells, above, line, strict=True)
        ]
        found.append(cells)
        above = line
    return _differences(found, wanted)


def _differences(found: list[list[str]], wanted: list[list[str]]) -> list[str]:
    faults = [
        f"line {number}: {one} in the RTF, {two} in the CSV"
        for number, (one, two) in enumerate(zip(found, wanted, strict=False), start=1)
        if list(map(squeezed, one)) != list(map(squeezed, two))
    ]
    return (
        faults
        if len(found) == len(wanted)
        else [*faults, f"{len(wanted)} lines in the CSV, {len(found)} in the RTF"]
    )

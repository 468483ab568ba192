"""The slow, careful way through a CSV file: mends what is harmless, names the line of what is not."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from clinical.errors import InputError

LONGEST_FIELD = 1 << 24
NAMED = 5
SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "vertical bars"}


@contextmanager
def _records(data: Path | bytes) -> Iterator:
    """A strict reader of UTF-8 text."""
    text = data.open("rb") if isinstance(data, Path) else io.BytesIO(data)
    usual = csv.field_size_limit(LONGEST_FIELD)
    try:
        with io.TextIOWrapper(text, "utf-8-sig", newline="") as lines:
            yield csv.reader(lines, strict=True)
    finally:
        csv.field_size_limit(usual)


def header(data: Path | bytes, name: str) -> list[str]:
    """The names in the first line, without blanks around them; a column without a name has the empty text.

    Raises: InputError for a file without header and for a name that is given twice.
    """
    with _records(data) as records:
        try:
            found = next(records, [])
        except csv.Error as fault:
            raise _broken(fault, name, 1) from fault
    names = [cell.strip() for cell in found]
    if len(names) == 1:
        _refuse_other_separator(names[0], name)
    if not any(names):
        raise InputError("raw.header-missing", f"{name}:1")
    for place, column in enumerate(names):
        if column and column in names[:place]:
            first = names.index(column) + 1
            raise InputError("raw.header-twice", f"{name}:1", column=column, first=first, second=place + 1)
    return names


def _refuse_other_separator(line: str, name: str) -> None:
    for separator, called in SEPARATORS.items():
        if len(columns := [column for column in line.split(separator) if column.strip()]) > 1:
            raise InputError("raw.separator", f"{name}:1", called=called, columns=len(columns))


def mended(data: Path | bytes, name: str, width: int) -> tuple[bytes, np.ndarray]:
    """The file as tidy CSV without blank lines and empty cells beyond the header; the line of each record.

    Raises: InputError for quotes that do not match, a field that is too long, rows with too many or too few
            cells.
    """
    tidy, lines, ragged = io.StringIO(newline=""), [], []
    write = csv.writer(tidy, lineterminator="\n", quoting=csv.QUOTE_ALL)
    start = 1
    with _records(data) as records:
        try:
            for cells in records:
                start, line = records.line_num + 1, start
                if len(cells) == width or (len(cells) > width and not any(map(str.strip, cells[width:]))):
                    write.writerow(cells[:width])
                    lines.append(line)
                elif any(map(str.strip, cells)):
                    ragged.append((line, len(cells)))
        except csv.Error as fault:
            raise _broken(fault, name, start) from fault
    if ragged:
        line, found = ragged[0]
        more = _also([line for line, _ in ragged[1:]])
        raise InputError("raw.ragged", f"{name}:{line}", found=found, expected=width, more=more)
    return tidy.getvalue().encode(), np.array(lines[1:], dtype="int64")


def _broken(fault: csv.Error, name: str, line: int) -> InputError:
    kinds = {"unexpected end of data": "raw.quote-open", "field larger than field limit": "raw.field-long"}
    kind = next((kinds[start] for start in kinds if str(fault).startswith(start)), "raw.quote-broken")
    words = {"most": LONGEST_FIELD} if kind == "raw.field-long" else {}
    return InputError(kind, f"{name}:{line}", **words)


def _also(lines: list[int]) -> str:
    """`; also lines 9, 12 and 3 more`."""
    if not lines:
        return ""
    named = [str(line) for line in lines[: NAMED - 1]]
    if len(lines) > len(named):
        named.append(f"{len(lines) - len(named)} more")
    if len(named) == 1:
        return f"; also line {named[0]}"
    return f"; also lines {', '.join(named[:-1])} and {named[-1]}"

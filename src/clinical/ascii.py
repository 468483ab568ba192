"""Text that a transport file can hold: printable ASCII, by a table and never by guessing."""

from __future__ import annotations

import csv
import re
import unicodedata
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from clinical.distinct import distinct, only_printable_ascii, spread, spread_text
from clinical.errors import SpecError

Table = dict[str, str]
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_BREAK = re.compile(r"\r\n|[\t\r\n\v\f]")


def read_transliteration(*paths: Path) -> Table:
    """What stands for what, from files with the columns from,to; a later file overrides an earlier one."""
    table: Table = {}
    for path in paths:
        name = PurePosixPath(*path.parts[-3:])
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines)
            if next(reader, None) != ["from", "to"]:
                raise SpecError("ascii.columns", f"{name}:1")
            for cells in reader:
                if len(cells) != 2 or not cells[0] or _UNPRINTABLE.search(cells[1]):
                    raise SpecError("ascii.row", f"{name}:{reader.line_num}")
                table[cells[0]] = cells[1]
    return table


def to_ascii(text: pd.Series, table: Table) -> tuple[pd.Series, np.ndarray]:
    """Each text in printable ASCII, and True where a character had to be replaced by a question mark.

    The table comes first, its longest entries before shorter ones; then full width becomes half width
    (NFKC) and the table is asked again; a Latin letter that is left loses its accents (`é` is `e`). A line
    break or tab becomes a blank.

    Source: study_rd13_02.md F.4; rules B-DIRT-15, V-ASCII.
    """
    if only_printable_ascii(text):
        return text, np.zeros(len(text), dtype=bool)
    codes, values = distinct(text)
    pattern = re.compile("|".join(re.escape(key) for key in sorted(table, key=len, reverse=True)) or r"(?!)")
    written = [_written(value, pattern, table) for value in values]
    replaced = np.array([each[1] for each in written], dtype=bool)
    return spread_text(codes, [each[0] for each in written], text.index), spread(codes, replaced, False)


def _written(text: str, pattern: re.Pattern[str], table: Table) -> tuple[str, bool]:
    if not _UNPRINTABLE.search(text):
        return text, False
    text = pattern.sub(lambda match: table[match[0]], _BREAK.sub(" ", text))
    text = pattern.sub(lambda match: table[match[0]], unicodedata.normalize("NFKC", text))
    text = _UNPRINTABLE.sub(_without_accents, text)
    plain, count = _UNPRINTABLE.subn("?", text)
    return plain, count > 0


def _without_accents(letter: re.Match[str]) -> str:
    base, *marks = unicodedata.normalize("NFKD", letter[0])
    return base if base.isascii() and base.isalpha() and all(map(unicodedata.combining, marks)) else letter[0]

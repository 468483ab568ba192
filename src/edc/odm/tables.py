"""The rows of the forms of an ODM file, column by column, each different text held once."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import repeat

import numpy as np
import pandas as pd
import pyarrow as pa

from clinical.findings import Frame

TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
_TEXT_ARRAY = type(pd.array([""], dtype=TEXT))
ABSENT, NULL = -1, -2  # an item that nobody mentioned, and one that was set to nothing


class Column:
    """A text column being filled: a number for each row, and the text each number stands for."""

    __slots__ = ("codes", "known")

    def __init__(self) -> None:
        self.codes = array("i")
        self.known: dict[str, int] = {}

    def put(self, row: int, value: str) -> None:
        """The value of a row, in any order of rows."""
        self.set(row, self.known.setdefault(value, len(self.known)))

    def set(self, row: int, code: int) -> None:
        """The code of a row: of a known text, ABSENT or NULL."""
        codes = self.codes
        gap = row - len(codes)
        if gap < 0:
            codes[row] = code
            return
        if gap:
            codes.extend(repeat(ABSENT, gap))
        codes.append(code)

    def code(self, row: int) -> int:
        """ABSENT, NULL or the number of the text."""
        return self.codes[row] if row < len(self.codes) else ABSENT

    def text(self, rows: int, written: dict[str, str] | None = None) -> pa.Array:
        """The column as text; `written` says what stands for what, blanks around are cut off."""
        codes = np.full(rows, ABSENT, dtype="int32")
        codes[: len(self.codes)] = np.frombuffer(self.codes, dtype="int32") if self.codes else codes[:0]
        values = list(self.known) if written is None else [written.get(each) for each in self.known]
        values = [_clean(each) for each in values]
        empty = np.array([each is None for each in values] + [True], dtype=bool)
        missing = (codes < 0) | empty[np.where(codes < 0, len(values), codes)]
        numbers = pa.array(np.where(missing, 0, codes), mask=missing)
        texts = pa.array([each or "" for each in values] or [""], pa.large_string())
        return pa.DictionaryArray.from_arrays(numbers, texts).cast(pa.large_string())


class Table:
    """The rows of one form: coordinates and items, each a Column."""

    def __init__(self) -> None:
        self.rows = 0
        self.columns: dict[str, Column] = {}

    def column(self, name: str) -> Column:
        """The column of that name, new if there is none."""
        found = self.columns.get(name)
        if found is None:
            found = self.columns[name] = Column()
        return found

    def add(self) -> int:
        """A new row; its number."""
        self.rows += 1
        return self.rows - 1


def frame_of(rows: int, texts: Iterator[tuple[str, pa.Array]]) -> Frame:
    """A frame of the text columns."""
    columns = {name: pd.Series(_TEXT_ARRAY(text, dtype=TEXT), copy=False) for name, text in texts}
    return pd.DataFrame(columns, index=range(rows), copy=False)


def _clean(text: str | None) -> str | None:
    """Trimmed, line ends as line feeds, an empty text missing, as the reader of CSV has it."""
    if text is None:
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n").strip() or None

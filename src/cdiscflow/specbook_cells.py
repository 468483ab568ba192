"""Cells of a workbook of specs: which sheets and columns there are, and how a value is one text.

A cell is the text itself; where the language has a list or a mapping, it is that in YAML on one line. What
a cell cannot show (an empty text, blanks around it) is in the row's last cell, `yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field

from cdiscflow.yaml_text import flow
from clinical.errors import SpecError
from clinical.form_fields import FIELD_KEYS
from clinical.forms import FORM_KEYS, READ_KEYS
from clinical.read import At, Mapping, Sequence, Text, Value, parse_yaml
from clinical.words import COMMON, WORDS

Row = dict[str, str]
Rows = dict[str, list[Row]]
LONGEST = 32_767  # characters a cell of a workbook holds
STRUCTURED = {
    "names", "texts", "condition", "where", "lines", "sources", "match", "reads",
    "record", "coordinates", "duplicates", "dates", "codes", "required", "keys", "keep", "each", "table",
    "take", "set",
}  # fmt: skip
ARGUMENTS = {name: kind for _, arguments in reversed(WORDS.values()) for name, kind in arguments.items()}
IN_ORDER = tuple(dict.fromkeys(name for _, arguments in WORDS.values() for name in arguments))
OPENERS = ("[", "{", '"', "'")
FORM_COLUMNS = tuple(key for key in FORM_KEYS if key not in ("read", "fields"))
DATASET_TEXTS = ("dataset", "extends", "scope", "label", "note")
PART_COLUMNS = ("from", "where", "keep", "each", "table", "program", "reads", "rule")
SHEETS: dict[str, tuple[str, ...]] = {
    "study": ("setting", "value"),
    "forms": ("file", *FORM_COLUMNS[:2], *READ_KEYS, *FORM_COLUMNS[2:], "yaml"),
    "fields": ("file", "field", *FIELD_KEYS, "yaml"),
    "datasets": ("file", *DATASET_TEXTS, "keys", "part", *PART_COLUMNS, "part yaml", "yaml"),
    "lines": ("file", "part", "list", "take", "set", "where"),
    "variables": ("file", "part", "section", "variable", "word", "value", *IN_ORDER, *COMMON, "yaml"),
    "parameters": ("file", "setting", "value"),
    "codelists": ("file", "collected", "submission", "code"),
}


@dataclass(frozen=True)
class Cell(At):
    """Where a value was written in a workbook: `variables!F12`."""

    def __str__(self) -> str:
        return self.file


@dataclass(eq=False)
class Read:
    """One row of a sheet as read: the text of each cell that has one, and what the cells are called."""

    sheet: str
    number: int
    cells: dict[str, str]
    columns: dict[str, int]
    taken: set[str] = field(default_factory=set)

    def at(self, column: str) -> Cell:
        """The address of a cell of this row."""
        return Cell(f"{self.sheet}!{letters(self.columns.get(column, 0))}{self.number}", 0)

    def text(self, column: str) -> str:
        """The text of a cell, which counts as read now; empty where there is none."""
        self.taken.add(column)
        return self.cells.get(column, "")


def letters(place: int) -> str:
    """The name of a column: A, B, ..., AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def is_shown(text: str) -> bool:
    """Whether a cell shows this text as it is: not empty, no blanks around it, nothing unseen."""
    return bool(text) and text == text.strip() and all(c.isprintable() or c == "\n" for c in text)


def written(kind: str, value: object) -> str | None:
    """The text of the cell that holds `value`; None where a cell of this kind cannot hold it."""
    if isinstance(value, str):
        if kind not in STRUCTURED:
            return str(value) if is_shown(value) else None
        return str(value) if is_shown(value) and not value.startswith(OPENERS) else snippet(value)
    return snippet(value) if kind in STRUCTURED else None


def snippet(value: object) -> str:
    """A value as YAML on one line; a text always in quotes."""
    if not isinstance(value, str):
        return flow(value)
    made = flow([value])[1:-1]
    return made if made.startswith('"') else f'"{made}"'


def read_value(kind: str, text: str, at: Cell) -> Value:
    """What a cell says.

    Raises: SpecError book.snippet where it begins like YAML and is none.
    """
    if kind in STRUCTURED and text.startswith(OPENERS):
        return read_snippet(text, at)
    return Text(text, at)


def read_snippet(text: str, at: Cell) -> Value:
    """The YAML of a cell.

    Raises: SpecError book.snippet.
    """
    try:
        value = parse_yaml("v: " + text.replace("\n", "\n  "), str(at))["v"]
    except SpecError as fault:
        raise SpecError("book.snippet", at, problem=str(fault).rpartition(": ")[2]) from fault
    return placed(value, at)


def placed(value: Value, at: Cell) -> Value:
    """The same value, all of it written in one cell."""
    if isinstance(value, AnyMapping):
        items = {key: placed(each, at) for key, each in value.items()}
        return Mapping(items, at, dict.fromkeys(items, at))
    if isinstance(value, list):
        return Sequence([placed(each, at) for each in value], at)
    return Text(str(value), at)

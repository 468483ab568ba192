"""What a plant is, and how one is made: the record, the field, before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from edc.simulate.book import Record
from edc.simulate.dice import Dice
from edc.simulate.extract import Extract, Row

HANDLED, QUERY = "H", "Q"
ADDED, REMOVED = "(added)", "(removed)"


@dataclass(frozen=True)
class Plant:
    """A line of the ledger. A whole record that was added or taken away has no field.

    `asked` is the record that a query should name, where it is not the one that was changed.
    """

    kind: int
    what: str
    form: str
    record: str
    field: str
    before: str
    after: str
    expected: str
    asked: str = ""


LEDGER = tuple(Plant.__dataclass_fields__)
Variant = Callable[[Extract, Dice], list[Plant]]


class Planter:
    """Makes the plants of one kind, and remembers which records they are on."""

    def __init__(self, kind: int, extract: Extract):
        self.kind, self.extract = kind, extract

    def value(self, record: Record, field: str, after: str | None, expected: str, what: str) -> Plant:
        """Gives a field another value."""
        before = record.values.get(field) or ""
        record.values[field] = after
        return self.note(record, field, before, after or "", expected, what)

    def cells(
        self,
        record: Record,
        field: str,
        cells: dict[str, str],
        expected: str,
        what: str,
        value: str | None = None,
    ) -> Plant:
        """Writes other cells of the CSV form; `value` is what ODM shall carry, else what was there."""
        before = record.values.get(field) or ""
        record.cells |= cells
        if value is not None:
            record.values[field] = value
        shown = " | ".join(f"{column}={text}" for column, text in cells.items())
        return self.note(record, field, before, shown, expected, what)

    def note(self, record: Record, field: str, before: str, after: str, expected: str, what: str) -> Plant:
        """A line about a record."""
        self.extract.touched.add(record.key)
        form = self.extract.files[record.form].raw_form(record.line)
        return Plant(self.kind, what, form, self.named(record), field, before, after, expected)

    def named(self, record: Record) -> str:
        """The record id that the readers make."""
        form = self.extract.files[record.form].raw_form(record.line)
        return form + record.key[len(record.form) :]

    def row(self, name: str, row: Row, field: str, after: str, expected: str, what: str) -> Plant:
        """Gives a vendor's row another value; the row is named by what it was."""
        key, before = self.extract.row_key(name, row), row.get(field, "")
        row[field] = after
        self.extract.touched |= {key, self.extract.row_key(name, row)}
        return Plant(self.kind, what, name, key, field, before, after, expected)

    def whole(self, form: str, key: str, added: bool, expected: str, what: str) -> Plant:
        """A record or row that was added or taken away."""
        self.extract.touched.add(key)
        before, after = ("", ADDED) if added else (REMOVED, "")
        file = self.extract.files[form]
        name = file.forms[0].name if file.vendor else file.raw_form(int(key.rsplit("/", 1)[1]))
        return Plant(self.kind, what, name, name + key[key.index("/") :], "", before, after, expected)


def asking(lines: list[Plant], record: str) -> list[Plant]:
    """The lines, with the record that a query should name."""
    return [replace(line, asked=record) for line in lines]


def one_of(records: Iterable[Record], dice: Dice) -> Record | None:
    """One of the records, none if there is none."""
    found = list(records)
    return dice.pick(found) if found else None


def rows_of(rows: Iterable[Row], dice: Dice) -> Row | None:
    """One of the rows, none if there is none."""
    found = list(rows)
    return dice.pick(found) if found else None


def shifted(record: Record, seconds: int, more: int = 50_000) -> Record:
    """A copy that was entered later, with numbers of its own."""
    other = record.copy()
    other.record_id, other.page_id = record.record_id + more, record.page_id + more
    other.entered, other.updated = record.entered + seconds, record.updated + seconds
    return other

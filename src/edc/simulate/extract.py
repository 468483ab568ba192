"""An extract in memory: the records of some subjects, vendor rows, and what is done to whole files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from edc.simulate.book import Record
from edc.simulate.layout import File
from edc.simulate.protocol import Protocol

Row = dict[str, str]


@dataclass
class Extract:
    """Records and rows as they will be written.

    `hazards` are done to whole CSV files (bom, crlf, trailing), `added` are columns of a new form version.
    `touched` are the records that dirt was planted on.
    """

    protocol: Protocol
    files: dict[str, File]
    night: int
    records: list[Record] = field(default_factory=list)
    vendor: dict[str, list[Row]] = field(default_factory=dict)
    hazards: dict[str, set[str]] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    def of(self, form: str) -> list[Record]:
        """The records of a form that no dirt was planted on, in the order written."""
        return [one for one in self.records if one.form == form and one.key not in self.touched]

    def subject(self, number: str, form: str) -> list[Record]:
        """A subject's records of a form."""
        return [one for one in self.records if one.form == form and one.subject == number]

    def rows(self, name: str) -> list[Row]:
        """The rows of a vendor file that no dirt was planted on."""
        return [row for row in self.vendor.get(name, []) if self.row_key(name, row) not in self.touched]

    def row_key(self, name: str, row: Row) -> str:
        """The record id of a vendor's row."""
        return vendor_key(self.files[name], row)

    def copy(self) -> Extract:
        """Another extract with the same content."""
        return Extract(
            self.protocol,
            self.files,
            self.night,
            [one.copy() for one in self.records],
            {name: [dict(row) for row in rows] for name, rows in self.vendor.items()},
        )

    def after(self, record: Record, more: Iterable[Record]) -> None:
        """Puts records behind one."""
        place = next(n for n, one in enumerate(self.records) if one is record) + 1
        self.records[place:place] = list(more)


NO_KEY = ("SUBJID", "DVDAT", "DVTERM")  # of a file whose lines are known by their place alone


def vendor_key(file: File, row: Row) -> str:
    """What tells a vendor's row from the others: the record id that its raw form makes."""
    parts = file.forms[0].record
    columns = NO_KEY if parts == ("file",) else parts
    return "/".join([file.forms[0].name, *(row.get(column, "") for column in columns)])

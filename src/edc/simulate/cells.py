"""The cells of a record in the CSV form: codes with their text, dates in all their columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from clinical.form_fields import Field
from edc.simulate.book import Record, utc
from edc.simulate.layout import File, columns_of
from edc.simulate.protocol import Protocol

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
NOTHING = {"code": ("", ""), "date": ("",) * 5}


@lru_cache(maxsize=1 << 16)
def date_cells(text: str) -> tuple[str, ...]:
    """X, X_RAW, X_YYYY, X_MM and X_DD of a partial ISO date."""
    year, month, day = (*text.split("-"), "", "")[:3]
    name = MONTHS[int(month) - 1] if month else "UNK"
    return (text if day else "", f"{day or 'UN'} {name} {year}", year, month, day)


def code_cells(field: Field) -> Callable[[str], tuple[str, ...]]:
    """X and X_STD of a code; one the form does not know stands in both."""
    known = {code: (text, code) for code, text in field.codes.items()}

    def cells(code: str) -> tuple[str, ...]:
        return known.get(code) or (code, code)

    return cells


class Cells:
    """Makes the cells of a form's records."""

    def __init__(self, file: File, protocol: Protocol, header: list[str]):
        self._more = len(header) - len(file.columns)
        self._protocol, self._folders = protocol, protocol.by_folder
        self._make = []
        for one in file.fields.values():
            made = {"code": code_cells(one), "date": date_cells}.get(one.type, lambda text: (text,))
            self._make.append((one.name, made, NOTHING.get(one.type, ("",)) if columns_of(one) else ()))
        self._place = {name: place for place, name in enumerate(header)}

    def of(self, record: Record) -> list[str]:
        """The cells in the order of the header."""
        cells = self._system(record)
        values = record.values
        for name, made, nothing in self._make:
            value = values.get(name)
            cells.extend(made(value) if value else nothing)
        cells.extend([""] * self._more)
        for column, text in record.cells.items():
            if column in self._place:
                cells[self._place[column]] = text
        return cells

    def _system(self, record: Record) -> list[str]:
        visit = self._folders[record.folder]
        return [
            self._protocol.project, record.environment, record.subject, record.subject.split("-")[0],
            record.folder, visit.name, str(visit.order),
            str(record.instance), str(record.page), str(record.line),
            str(record.record_id), str(record.page_id), record.active, record.status,
            utc(record.entered), utc(record.updated),
        ]  # fmt: skip

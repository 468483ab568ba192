"""Records of an EDC as the simulator holds them, and the book in which one subject's are kept."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from edc.simulate.dice import Dice
from edc.simulate.protocol import LOG, Protocol

DAY = 86_400
EXTRACTED = 23 * 3600 + 30 * 60  # the night's extract, site clock
Values = dict[str, str | None]


@lru_cache(maxsize=1 << 16)
def iso(day: int) -> str:
    """The ISO date of an ordinal."""
    return date.fromordinal(day).isoformat()


def clock(minutes: int) -> str:
    """hh:mm of minutes after midnight."""
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def utc(seconds: int) -> str:
    """UTC text of seconds counted from ordinal 0."""
    day, rest = divmod(seconds, DAY)
    return f"{iso(day)}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}Z"


class Record:
    """One record of a form: coordinates, audit and values as codes, ISO dates and text.

    `cells` are cells of the CSV form that differ from what the values would give.
    """

    __slots__ = (
        "active", "cells", "entered", "environment", "folder", "form", "instance", "line", "page", "page_id",
        "record_id", "status", "subject", "updated", "values",
    )  # fmt: skip

    def __init__(
        self, form: str, subject: str, folder: str, instance: int, page: int, line: int, values: Values
    ):
        self.form, self.subject, self.folder = form, subject, folder
        self.instance, self.page, self.line, self.values = instance, page, line, values
        self.record_id = self.page_id = self.entered = self.updated = 0
        self.active, self.environment, self.status = "1", "", "Complete"
        self.cells: dict[str, str] = {}

    @property
    def key(self) -> str:
        """The record's id as the readers make it: form and coordinates."""
        return f"{self.form}/{self.subject}/{self.folder}/{self.instance}/{self.page}/{self.line}"

    def copy(self) -> Record:
        """Another record with the same content."""
        other = Record(
            self.form, self.subject, self.folder, self.instance, self.page, self.line, dict(self.values)
        )
        for name in ("active", "entered", "environment", "page_id", "record_id", "status", "updated"):
            setattr(other, name, getattr(self, name))
        other.cells = dict(self.cells)
        return other


class Book:
    """The pages of one subject, entered as time goes by; what is entered later than `night` is not there yet.

    By the last night of the simulation everything up to that day is entered. `drawn` is what was drawn while
    pages and files were written, before it was rounded, given a unit or put into words: part of the truth.
    """

    def __init__(
        self, protocol: Protocol, seed: int, number: int, subject: str, night: int, wanted: set[str]
    ):
        self.protocol, self.seed, self.number, self.subject = protocol, seed, number, subject
        self.night, self.wanted = night, wanted
        self.records: list[Record] = []
        self.vendor: dict[str, list[dict[str, str]]] = {}
        self.drawn: dict[str, list] = {}
        self._limit = night * DAY + EXTRACTED - protocol.offset * 60
        self._last = protocol.last_night * DAY + EXTRACTED - protocol.offset * 60
        self._made, self._pages = 0, {}
        self._audit = Dice(seed, number, "audit")

    def dice(self, purpose: str) -> Dice:
        """Chance for one purpose of this subject."""
        return Dice(self.seed, self.number, purpose)

    def wants(self, *forms: str) -> bool:
        """Whether any of these forms or files is simulated."""
        return any(form in self.wanted for form in forms)

    def page(
        self,
        form: str,
        folder: str,
        day: int,
        values: Values,
        instance: int = 0,
        page: int = 0,
        line: int = 0,
        later: tuple[int, Values] | None = None,
    ) -> Record | None:
        """Enters a record a few days after `day`; `later` are values that become known on another day."""
        if form not in self.wanted:
            return None
        self._made += 1
        entered = self._entry(day, self._audit.part())
        updated = min(entered + int(self._audit.part() ** 3 * 3 * DAY) + 60, max(entered, self._last - 60))
        changed = self._entry(later[0], self._audit.part()) if later else 0
        if entered > self._limit:
            return None
        record = Record(form, self.subject, folder, instance, page, line, values)
        if later and changed <= self._limit:
            values.update(later[1])
            updated = max(updated, changed)
        place = (form, folder, instance, page)
        record.page_id = self.number * 10_000 + self._pages.setdefault(place, len(self._pages))
        record.record_id = self.number * 100_000 + self._made
        record.entered, record.updated = entered, updated if updated <= self._limit else entered
        record.environment = self.protocol.environment
        self.records.append(record)
        return record

    def line(self, form: str, line: int, day: int, values: Values, later: tuple[int, Values] | None = None):
        """Enters a line of a log form."""
        return self.page(form, LOG, day, values, line=line, later=later)

    def _entry(self, day: int, part: float) -> int:
        """When something of that day is entered: office hours, up to four days later, not after the last."""
        late = int(part * part * 5)
        second = 9 * 3600 + int(part * 7919 % 1 * 8 * 3600) - self.protocol.offset * 60
        moment = (day + late) * DAY + second
        if moment > self._last >= day * DAY - self.protocol.offset * 60:
            return max(self._last - 3600 + int(part * 1800), 0)
        return moment

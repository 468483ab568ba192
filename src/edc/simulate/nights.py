"""What changes from night to night: late pages, values corrected, lines deleted [B-DIRT-26]."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from edc.simulate.book import DAY, EXTRACTED, Record, iso
from edc.simulate.protocol import Protocol

LATE = {"CM", "MH", "TRF", "SFU", "PS", "EG", "RS"}
EDITED = {"CM": "CMINDC", "MH": "MHCTCAE", "VS": "PULSE", "INF": "INFVOL", "EG": "HR", "TRF": "TRUNITS",
          "SVT": "SVREAS", "BM": "BMCELL", "PT": "PTTRT"}  # fmt: skip
DELETED = {"CM", "MH", "TRF"}
SHARE_LATE, SHARE_EDITED, SHARE_DELETED = 0.02, 0.02, 0.01
WRONG = {"BMCELL": "hypo", "MHCTCAE": "3"}


@dataclass(frozen=True)
class Change:
    """A line of the ledger of nights: what was different before `night`."""

    night: str
    what: str
    record: str
    field: str
    before: str
    after: str


CHANGES = tuple(Change.__dataclass_fields__)


def as_of(
    records: list[Record], protocol: Protocol, seed: int, night: int, first: int
) -> tuple[list[Record], list[Change]]:
    """The records as they stood on `night`, and what changed on it; `first` is the first night of all.

    Whether and when a record changes follows from the seed and its number, so that every night agrees.
    """
    nights = protocol.last_night - first
    if not nights:
        return records, []
    kept: list[Record] = []
    changes: list[Change] = []
    for record in records:
        draw = crc32(f"{seed}/{record.record_id}".encode())
        share, day = draw / 2**32, first + 1 + draw % nights
        if share >= SHARE_LATE + SHARE_EDITED + SHARE_DELETED or record.entered >= _opened(protocol, first):
            kept.append(record)
        elif share < SHARE_LATE and record.form in LATE:
            kept += _late(record, protocol, day, night, changes)
        elif share < SHARE_LATE + SHARE_EDITED and record.values.get(EDITED.get(record.form, "")):
            kept.append(_edited(record, protocol, day, night, changes))
        elif share >= SHARE_LATE + SHARE_EDITED and record.form in DELETED:
            kept += _deleted(record, day, night, changes)
        else:
            kept.append(record)
    return kept, changes


def _opened(protocol: Protocol, first: int) -> int:
    """The moment before which a record must have been entered to be on the first night."""
    return first * DAY + EXTRACTED - protocol.offset * 60 - 3 * DAY


def _morning(protocol: Protocol, day: int) -> int:
    return day * DAY + 10 * 3600 - protocol.offset * 60


def _late(record: Record, protocol: Protocol, day: int, night: int, changes: list[Change]) -> list[Record]:
    if night < day:
        return []
    record.entered = record.updated = _morning(protocol, day)
    if night == day:
        changes.append(Change(iso(day), "late page", record.key, "", "", "(added)"))
    return [record]


def _edited(record: Record, protocol: Protocol, day: int, night: int, changes: list[Change]) -> Record:
    field = EDITED[record.form]
    value = record.values[field]
    wrong = WRONG.get(field) or (str(int(value) + 1) if value.isdigit() else f"{value}?")
    if wrong == value:
        return record
    if night < day:
        record.values[field] = wrong
    else:
        record.updated = _morning(protocol, day) + 1800
        if night == day:
            changes.append(Change(iso(day), "corrected", record.key, field, wrong, value))
    return record


def _deleted(record: Record, day: int, night: int, changes: list[Change]) -> list[Record]:
    """A line that was entered twice stands until somebody deletes it."""
    other = record.copy()
    other.record_id, other.line = record.record_id + 60_000, record.line + 100
    if night == day:
        changes.append(Change(iso(day), "deleted", other.key, "", "(removed)", ""))
    return [record, other] if night < day else [record]

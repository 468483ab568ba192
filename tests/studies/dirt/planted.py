"""An extract in which every kind of dirt was planted, each on subjects of its own, and the same one clean.

So one derivation tells of all kinds what each did: a subject's rows differ for one kind alone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import cycle, islice

from edc.simulate.book import Record
from edc.simulate.dice import Dice
from edc.simulate.dirt.kinds import KINDS
from edc.simulate.dirt.plant import Plant
from edc.simulate.extract import Extract
from edc.simulate.layout import File
from edc.simulate.protocol import Protocol
from edc.simulate.run import Order, extracts

POOL, SEED = 240, 11
RARE = (18, 22, 23, 28, 21, 14, 17)  # of few subjects: they choose before the others
PLANTS = 3


@dataclass
class Planted:
    """The extract of some subjects before and after, the ledger by kind, the kind of each subject."""

    clean: Extract
    dirty: Extract
    ledger: dict[int, list[Plant]]
    kinds: dict[str, int]


def planted(protocol: Protocol, files: dict[str, File], pool: int = POOL) -> Planted:
    """Every way of every kind, at least three times a kind, no two kinds on one subject.

    Whoever was screened twice is left out: the dirt of one screening would be seen in the other.
    """
    before, whole = _people(protocol, files, pool), _people(protocol, files, pool)
    keys = {subject: _keys(one) for subject, one in whole.items()}
    free = _together(_empty(protocol, files), list(whole.values()))
    found = Planted(_empty(protocol, files), _empty(protocol, files), {}, {})
    for kind in sorted(KINDS, key=lambda number: (number not in RARE, number)):
        dice, ways, found.ledger[kind] = Dice(SEED, kind, "judged"), KINDS[kind].variants, []
        wanted = max(PLANTS, len(ways))
        for way in islice(cycle(ways), wanted * len(ways)):
            made = way(free, dice)
            found.ledger[kind] += made
            wanted -= bool(made)
            for subject in {line.record.split("/")[1] for line in made if "/" in line.record}:
                found.kinds[subject] = kind
                free.touched |= keys.get(subject, set())
            if not wanted:
                break
    after = split(free)
    changed = {subject for subject in after if not _same(after[subject], before.get(subject))}
    assert changed == set(found.kinds)
    _together(found.dirty, [after[subject] for subject in sorted(changed)])
    _together(found.clean, [before[subject] for subject in sorted(changed & set(before))])
    found.dirty.hazards, found.dirty.added = free.hazards, free.added
    return found


def subject_of(row: dict[str, str]) -> str:
    """The screening number of a vendor's row, however the vendor writes it."""
    digits = "".join(sign for sign in row.get("SUBJID") or row["SUBJECT"] if sign.isdigit())[-5:]
    return f"{digits[:2]}-{digits[2:]}"


def split(extract: Extract) -> dict[str, Extract]:
    """An extract of its own for each subject."""
    found: dict[str, Extract] = defaultdict(lambda: _empty(extract.protocol, extract.files))
    for record in extract.records:
        found[record.subject].records.append(record)
    for name, rows in extract.vendor.items():
        for row in rows:
            found[subject_of(row)].vendor.setdefault(name, []).append(row)
    return dict(found)


def _people(protocol: Protocol, files: dict[str, File], count: int) -> dict[str, Extract]:
    night = protocol.last_night
    twice = {*protocol.rescreened, *protocol.rescreened.values()}
    found: dict[str, Extract] = {}
    for piece, _, _ in extracts(protocol, files, Order(count, SEED), night, night):
        found |= {subject: one for subject, one in split(piece).items() if subject not in twice}
    return found


def _empty(protocol: Protocol, files: dict[str, File]) -> Extract:
    return Extract(protocol, files, protocol.last_night)


def _together(whole: Extract, parts: list[Extract]) -> Extract:
    for part in parts:
        whole.records += part.records
        for name, rows in part.vendor.items():
            whole.vendor.setdefault(name, []).extend(rows)
    return whole


def _keys(extract: Extract) -> set[str]:
    rows = {extract.row_key(name, row) for name, rows in extract.vendor.items() for row in rows}
    return rows | {one.key for one in extract.records}


def _same(one: Extract, other: Extract | None) -> bool:
    if other is None:
        return False
    filled = [{name: rows for name, rows in each.vendor.items() if rows} for each in (one, other)]
    return (
        len(one.records) == len(other.records)
        and all(map(_same_record, one.records, other.records))
        and filled[0] == filled[1]
    )


def _same_record(one: Record, other: Record) -> bool:
    return (one.values, one.cells, one.record_id, one.active) == (
        other.values, other.cells, other.record_id, other.active)  # fmt: skip

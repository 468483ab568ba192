"""What a build notes beside its datasets, by dataset and bucket: findings, records set aside, records taken,
filters that held. Kept so that a bucket that is not rebuilt keeps its part of every report (architecture.md,
4 and 5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.check import Plan, words_of
from clinical.findings import COLUMNS, Findings
from clinical.fingerprint import STUDY_BUCKET
from clinical.frames import Frame
from clinical.where import Condition, in_words

if TYPE_CHECKING:
    from clinical.rows import Raw

ACCOUNT = ["dataset", "part", "source", "reason", "rule", "records"]
PIECES = {
    "findings": [*COLUMNS, "bucket"],
    "aside": ["dataset", "part", "source", "reason", "rule", "bucket", "records"],
    "held": ["dataset", "place", "bucket"],
    "used": ["dataset", "form", "bucket", "bits"],
}


INTEGERS = ("bucket", "records")
Sizes = dict[str, dict[int, int]]


def piece(name: str, rows: Frame | list[tuple]) -> Frame:
    """A frame of a ledger with its columns and types: whole numbers, and text that is never missing."""
    if not len(rows):
        return _nothing(name).copy()
    if isinstance(rows, pd.DataFrame):
        return _typed(name, rows)
    cells = dict(zip(PIECES[name], zip(*rows, strict=True), strict=True))
    return pd.DataFrame({c: pd.Series(cells[c], dtype="int64" if c in INTEGERS else "str") for c in cells})


@cache
def _nothing(name: str) -> Frame:
    return _typed(name, pd.DataFrame(columns=PIECES[name]))


def _typed(name: str, frame: Frame) -> Frame:
    columns = frame.reindex(columns=PIECES[name])
    return pd.DataFrame(
        {
            c: columns[c].astype("int64") if c in INTEGERS else columns[c].astype("str").fillna("")
            for c in columns
        }
    )


@dataclass(eq=False)
class Ledger:
    """Four frames with the columns of PIECES; `used` marks in `bits` which of a form's records a dataset
    read.
    """

    findings: Frame
    aside: Frame
    held: Frame
    used: Frame

    def only(self, datasets: dict[str, set[int]]) -> Ledger:
        """The part of it that belongs to some buckets of some datasets."""
        return Ledger(**{name: _chosen(getattr(self, name), datasets) for name in PIECES})

    def joined(self, other: Ledger) -> Ledger:
        """Both together."""
        return Ledger(
            **{
                name: piece(name, pd.concat([getattr(self, name), getattr(other, name)], ignore_index=True))
                for name in PIECES
            }
        )


def _chosen(frame: Frame, datasets: dict[str, set[int]]) -> Frame:
    codes, names = pd.factorize(frame["dataset"])
    buckets, chosen = frame["bucket"].to_numpy(), np.zeros(len(frame), dtype=bool)
    for code, name in enumerate(names):
        if datasets.get(name):
            chosen |= (codes == code) & np.isin(buckets, list(datasets[name]))
    return frame[chosen].reset_index(drop=True)


class Notes:
    """Takes the notes of one build; `bucket` is the bucket of each person, by person code."""

    def __init__(self, bucket: np.ndarray):
        self.bucket = np.append(bucket, STUDY_BUCKET).astype("int64")
        self._aside: list[tuple] = []
        self._held: set[tuple[str, str, int]] = set()
        self._used: dict[tuple[str, str], np.ndarray] = {}

    def set_aside(
        self, dataset: str, part: str, source: str, reason: str, rule: str, persons: np.ndarray
    ) -> None:
        """Records of these persons that a dataset does not take."""
        buckets, counts = np.unique(self.bucket[persons], return_counts=True)
        self._aside += [
            (dataset, part, source, reason, rule, int(b), int(n))
            for b, n in zip(buckets, counts, strict=True)
        ]

    def held(self, dataset: str, place: str, persons: np.ndarray) -> None:
        """A filter held for records of these persons."""
        self._held |= {(dataset, place, int(bucket)) for bucket in np.unique(self.bucket[persons])}

    def use(self, dataset: str, form: str, size: int, rows: np.ndarray) -> None:
        """A dataset read these of a form's `size` records."""
        marks = self._used.setdefault((dataset, form), np.zeros(size, dtype=bool))
        marks[rows] = True

    def ledger(self, findings: Findings, persons: pd.Series, forms: Mapping[str, Raw]) -> Ledger:
        """Everything noted; `forms` tell the person of each record."""
        found = findings.frame()
        if len(found):
            place = pd.Series(self.bucket[:-1], index=persons.to_numpy())
            found["bucket"] = found["keys"].map(place).fillna(STUDY_BUCKET).astype("int64")
        used = [
            (dataset, form, bucket, bits)
            for (dataset, form), marks in sorted(self._used.items())
            for bucket, bits in self._bits(marks, forms[form].person)
        ]
        return Ledger(
            piece("findings", found),
            piece("aside", sorted(self._aside)),
            piece("held", sorted(self._held)),
            piece("used", used),
        )

    def _bits(self, marks: np.ndarray, person: np.ndarray) -> list[tuple[int, str]]:
        """One bit a record; a bucket of which nothing was read has no entry, whoever else was asked."""
        buckets = self.bucket[person]
        return [
            (int(bucket), np.packbits(marks[buckets == bucket]).tobytes().hex())
            for bucket in np.unique(buckets[marks])
        ]


def report(
    plan: Plan, ledger: Ledger, sizes: Sizes, stopped: set[str], judged: bool = True
) -> tuple[Frame, Frame]:
    """(findings, row account) of a whole study; a filter that held in no bucket is reported if `judged`.

    `sizes` are the records of each form in each bucket.
    """
    found = Findings()
    found.extend(ledger.findings[COLUMNS])
    if judged:
        held = set(zip(ledger.held["dataset"], ledger.held["place"], strict=True))
        for dataset, place in places_of(plan):
            if (dataset, place) not in held and dataset not in stopped:
                found.add(
                    "build.matched-nothing", keys=place.partition(": ")[2], dataset=dataset, place=place
                )
    findings = found.frame()
    if len(findings):
        findings = findings.sort_values(COLUMNS, kind="stable").reset_index(drop=True)
    aside: dict[tuple, int] = {}
    for *key, records in ledger.aside[ACCOUNT].itertuples(index=False):
        aside[tuple(key)] = aside.get(tuple(key), 0) + records
    rows = [*((*key, records) for key, records in sorted(aside.items())), *_taken(ledger, sizes)]
    return findings, pd.DataFrame(rows, columns=ACCOUNT)


def _taken(ledger: Ledger, sizes: Sizes) -> Iterator[tuple]:
    read: dict[tuple[str, int], int] = {}
    for form, bucket, bits in zip(*(ledger.used[name] for name in ("form", "bucket", "bits")), strict=True):
        read[form, bucket] = read.get((form, bucket), 0) | int(bits, 16)
    for form, buckets in sorted(sizes.items()):
        taken = sum(read.get((form, bucket), 0).bit_count() for bucket in buckets)
        yield ("", "", f"raw.{form}", "taken by a dataset", "", taken)
        yield ("", "", f"raw.{form}", "taken by none", "", sum(buckets.values()) - taken)


def place_of(owner: object, source: str, asked: Condition) -> str:
    """Where a filter stands and what it asks: `file:line: DATASET.VARIABLE: condition`."""
    return f"{owner.at}: {getattr(owner, 'owner', '') or source}: {in_words(asked)}"


def places_of(plan: Plan) -> list[tuple[str, str]]:
    """Every filter of records of a study: (dataset, place)."""
    found: dict[tuple[str, str], None] = {}
    for dataset in plan.study.datasets.values():
        for part in dataset.parts:
            for owner in (part, *part.lines):
                if owner.where is not None:
                    found[dataset.name, place_of(owner, part.source, owner.where)] = None
        for _, _, word in words_of(dataset):
            if word.word not in ("first", "last", "count", "total"):
                continue
            for source in word.value:
                for asked in (word.args.get("where"), source.where):
                    if asked is not None and not asked.others:
                        found[dataset.name, place_of(word, source.of, asked)] = None
    return list(found)

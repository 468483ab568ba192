"""What the gates said, by dataset, part of its rules and bucket of persons: kept for the next run.

A piece has a print of all that its verdict depends on. Equal prints give equal verdicts, findings and filters
that hold, so these are taken over and not judged again (docs/decisions/0020). The parts of a dataset:

| part | holds | a piece is |
|---|---|---|
| `records` | columns in order, keys, required values, value lists, rules about one person | a bucket |
| `day` | rules that also look at the last day | a bucket |
| `study` | rules that compare persons, and everything of a dataset without persons | the whole dataset |
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from checks import masks
from checks.rules import Rule
from clinical.check import Plan
from clinical.findings import COLUMNS
from clinical.fingerprint import STUDY_BUCKET, hash_of
from clinical.frames import Frame
from clinical.output import Output
from clinical.restore import Restoration, restore
from clinical.reuse import rows_of

RECORDS, DAY, STUDY = "records", "day", "study"
PARTS = (RECORDS, DAY, STUDY)
FRAMES = {
    "failed": {"dataset": "str", "part": "str", "bucket": "int64", "kind": "str", "column": "str",
               "records": "int64"},
    "held": {"dataset": "str", "part": "str", "bucket": "int64", "place": "str"},
    "findings": {"part": "str", "bucket": "int64", **dict.fromkeys(COLUMNS, "str")},
}  # fmt: skip
Prints = dict[str, dict[str, dict[int, str]]]


def frame_of(name: str, rows: Iterable[tuple] | Frame) -> Frame:
    """One of FRAMES with its columns and types; no text in it is missing."""
    kinds = FRAMES[name]
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows), columns=list(kinds))
    text = {column: frame[column].astype(kind) for column, kind in kinds.items()}
    return pd.DataFrame({c: s.fillna("") if kinds[c] == "str" else s for c, s in text.items()})


@dataclass(eq=False)
class Said:
    """What gates said: prints by dataset, part and bucket; expectations asked by dataset and part as (kind,
    column, severity, rule); records that failed one, filters that held and findings by piece.
    """

    prints: Prints = field(default_factory=dict)
    asked: dict[str, dict[str, list[list[str]]]] = field(default_factory=dict)
    failed: Frame = field(default_factory=lambda: frame_of("failed", ()))
    held: Frame = field(default_factory=lambda: frame_of("held", ()))
    findings: Frame = field(default_factory=lambda: frame_of("findings", ()))

    def only(self, prints: Prints) -> Said:
        """The pieces that have these very prints."""
        same = {
            (dataset, part, bucket)
            for dataset, parts in prints.items()
            for part, buckets in parts.items()
            for bucket, value in buckets.items()
            if self.prints.get(dataset, {}).get(part, {}).get(bucket) == value
        }
        found = Said(asked=self.asked)
        for dataset, part, bucket in sorted(same):
            found.prints.setdefault(dataset, {}).setdefault(part, {})[bucket] = prints[dataset][part][bucket]
        for name in FRAMES:
            frame = getattr(self, name)
            keys = zip(frame["dataset"], frame["part"], frame["bucket"], strict=True)
            setattr(found, name, frame[np.array([key in same for key in keys], dtype=bool)])
        return found

    def expectations(self, dataset: str) -> list[list[str]]:
        """Every expectation asked of a dataset."""
        return [each for part in self.asked.get(dataset, {}).values() for each in part]

    def joined(self, other: Said) -> Said:
        """What both said, of different datasets."""
        frames = {
            name: frame_of(name, pd.concat([getattr(self, name), getattr(other, name)], ignore_index=True))
            for name in FRAMES
        }
        return Said({**self.prints, **other.prints}, {**self.asked, **other.asked}, **frames)


@dataclass(eq=False)
class Night:
    """One run as the gates see it: whose records are in which bucket, what a dataset or form depends on in
    each bucket, what everything depends on, and what the gates of the last run said.
    """

    of_person: pd.Series
    buckets: frozenset[int]
    inputs: dict[str, dict[int, str]] = field(default_factory=dict)
    everything: str = ""
    kept: Said = field(default_factory=Said)

    def bucket(self, persons: pd.Series) -> np.ndarray:
        """The bucket of each record by its USUBJID; the study's where there is none."""
        place = pd.Index(self.of_person.index).get_indexer(persons)
        return np.append(self.of_person.to_numpy(dtype="int64"), STUDY_BUCKET)[place]

    def prints(self, part: str, names: Iterable[str], asked: list) -> dict[int, str]:
        """The prints of one part of a dataset, from what is asked and all that is read."""
        read = {name: self.inputs.get(name.removeprefix("SUPP"), {}) for name in sorted(names)}
        if part == STUDY:
            return {STUDY_BUCKET: hash_of([self.everything, part, asked, _texts(read)])}
        return {
            bucket: hash_of(
                [self.everything, part, asked,
                 {name: found.get(bucket, found.get(STUDY_BUCKET, "")) for name, found in read.items()}]
            )
            for bucket in sorted(self.buckets)
        }  # fmt: skip


def _texts(read: dict[str, dict[int, str]]) -> dict[str, dict[str, str]]:
    return {name: {str(bucket): value for bucket, value in found.items()} for name, found in read.items()}


def alone(build: Restoration) -> Night:
    """A run that takes nothing over and leaves nothing worth keeping: everybody in one bucket."""
    return Night(pd.Series(0, index=build.persons.to_numpy()), frozenset({STUDY_BUCKET, 0}))


def asks_last_day(rule: Rule) -> bool:
    """Whether the verdict of a rule also depends on the last day."""
    return rule.mask is not None and masks.asks_last_day(rule.mask.function)


def part_of(rule: Rule, study_wide: bool) -> str:
    """The part of its dataset to which a rule belongs."""
    if study_wide or (rule.mask is not None and masks.is_of_the_study(rule.mask.function)):
        return STUDY
    return DAY if asks_last_day(rule) else RECORDS


@dataclass(eq=False)
class Share:
    """The finished datasets of the persons of some buckets, and the bucket of each person by person code."""

    build: Restoration
    outputs: dict[str, Output]
    buckets: np.ndarray


def share_of(
    plan: Plan, build: Restoration, outputs: dict[str, Output], night: Night, buckets: frozenset[int]
) -> Share:
    """What belongs to some buckets; datasets without persons stay whole."""
    if not buckets >= night.buckets:
        wanted = sorted(buckets)
        raw = {each.name: _chosen(each.frame, night, wanted) for each in build.raw_forms()}
        outputs = {
            name: rows_of(output, np.flatnonzero(np.isin(night.bucket(output.frame["USUBJID"]), wanted)))
            if "USUBJID" in output.frame else output
            for name, output in outputs.items()
        }  # fmt: skip
        build = restore(plan, raw, outputs, build.cut)
    return Share(build, outputs, night.bucket(build.persons))


def _chosen(frame: Frame, night: Night, buckets: list[int]) -> Frame:
    return frame[np.isin(night.bucket(frame["USUBJID"]), buckets)].reset_index(drop=True)

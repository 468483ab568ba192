"""Great Expectations judges some records of some datasets; its counts, by bucket of persons, and findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from checks.broken import Broken, broken
from checks.expected import COLUMNS, UNIQUE, Expected, masks_of
from checks.listing import list_promise, list_rule
from checks.pieces import (
    FRAMES,
    PROMISES,
    Inputs,
    Night,
    Pieces,
    Said,
    compares_persons,
    frame_of,
    joined,
)
from checks.rules import Rule
from checks.share import Share
from checks.suites import Verdict, run_checkpoint
from clinical.errors import DerivationError
from clinical.findings import Findings
from clinical.fingerprint import STUDY_BUCKET
from clinical.frames import Frame


@dataclass(eq=False)
class Job:
    """Some rules of one dataset over the records of some buckets; `promises`: what the specs promise, too.

    `whole` are the parts that are one piece for the whole study.
    """

    expected: Expected
    promises: bool
    rules: list[Rule]
    share: Share
    buckets: frozenset[int]
    whole: frozenset[str]
    broken: dict[str, Broken] = field(default_factory=dict)

    @property
    def parts(self) -> list[str]:
        """What of the dataset is judged."""
        return [*([PROMISES] if self.promises else []), *(rule.id for rule in self.rules)]


@dataclass(eq=False)
class Judged:
    """What was said of all jobs of a gate, and which expectations Great Expectations let fail."""

    asked: dict[str, dict[str, list[list[str]]]]
    failed: set[tuple[str, str, str]]
    frames: dict[str, Frame]

    def joined(self, kept: Said, pieces: Pieces, inputs: Inputs) -> Said:
        """With what was kept: all that is said of a gate."""
        asked = {
            name: {
                part: self.asked.get(name, {}).get(part) or kept.asked[name].get(part, []) for part in parts
            }
            for name, parts in pieces.items()
        }
        frames = {name: joined([getattr(kept, name), frame]) for name, frame in self.frames.items()}
        return Said(inputs, asked, **frames)


def all_judged(parts: list[Judged]) -> Judged:
    """What was said of the jobs of a gate that was judged in several rounds."""
    asked: dict[str, dict[str, list[list[str]]]] = {}
    for one in parts:
        for name, said in one.asked.items():
            asked[name] = said | asked.get(name, {})
    frames = {name: joined([one.frames[name] for one in parts]) for name in FRAMES}
    return Judged(asked, set().union(*(one.failed for one in parts)), frames)


def whole_parts(study_wide: bool, rules: list[Rule]) -> frozenset[str]:
    """The parts of a dataset that are one piece for the whole study."""
    asked = {rule.id for rule in rules if study_wide or compares_persons(rule)}
    return frozenset(asked | {PROMISES} if study_wide else asked)


def judge(gate: str, jobs: list[Job], last_day: str, night: Night) -> Judged:
    """One checkpoint over all jobs.

    Raises: DerivationError where a rule or expectation cannot run, or counts otherwise than our own mask.
    """
    for number, job in enumerate(jobs):
        _prepare(job, str(number), last_day)
    verdict = run_checkpoint(gate, [job.expected for job in jobs])
    whole = Judged({}, set(), {})
    rows: dict[str, list] = {"failed": [], "held": []}
    findings = []
    for job in jobs:
        name = job.expected.dataset
        verdicts = verdict.datasets[job.expected.suite].expectations
        said = whole.asked.setdefault(name, {})
        said |= {part: [] for part in job.parts}
        for each in verdicts:
            said[each.rule].append([each.kind, _column(each), each.severity, each.rule])
        failing = [each for each in verdicts if not each.passed]
        whole.failed |= {(name, each.kind, _column(each)) for each in failing}
        own = masks_of(job.expected) if failing else {}
        marked = {each: _marked(job, each, own) for each in failing if each.kind != COLUMNS}
        rows["held"] += _held(job)
        rows["failed"] += _failed(job, failing, marked, night)
        findings += [_findings(gate, job, marked, night)] if marked else []
    whole.frames = {name: frame_of(name, found) for name, found in rows.items()}
    whole.frames["findings"] = frame_of("findings", joined([frame_of("findings", ()), *findings]))
    return whole


def _prepare(job: Job, number: str, last_day: str) -> None:
    """The masks of the rules; promises only where they are judged."""
    nothing = {} if job.promises else {"columns": [], "keys": [], "required": [], "value_sets": {}}
    job.expected = replace(job.expected, masks={}, severities={}, piece=number, **nothing)
    for rule in job.rules:
        found = job.broken[rule.id] = broken(job.share.build, rule, last_day, job.share.buckets)
        job.expected.masks[rule.id], job.expected.severities[rule.id] = found.failed, rule.severity


def _column(verdict: Verdict) -> str:
    """What an expectation is about; that on the columns in order has a list of all, rules included."""
    return "" if verdict.kind == COLUMNS else verdict.column


def _marked(job: Job, verdict: Verdict, own: dict[tuple[str, str], np.ndarray]) -> np.ndarray:
    """The rows our own mask marks: as many as Great Expectations counts."""
    rows = np.flatnonzero(own[verdict.kind, verdict.column])
    if len(rows) != verdict.failed_records:
        raise DerivationError(
            "checks.counts-differ", job.expected.dataset, columns=verdict.column, ours=len(rows),
            theirs=verdict.failed_records,
        )  # fmt: skip
    return rows


def _held(job: Job) -> Iterator[tuple]:
    for rule in job.rules:
        for place, buckets in job.broken[rule.id].held.items():
            for bucket in {STUDY_BUCKET} if rule.id in job.whole else buckets:
                yield job.expected.dataset, rule.id, int(bucket), place


def _buckets(job: Job, part: str, rows: np.ndarray, night: Night) -> np.ndarray:
    if part in job.whole:
        return np.full(len(rows), STUDY_BUCKET)
    return night.bucket(job.expected.frame["USUBJID"].iloc[rows])


def _failed(
    job: Job, failing: list[Verdict], marked: dict[Verdict, np.ndarray], night: Night
) -> Iterator[tuple]:
    """Records that fail an expectation, by bucket: our mask says which, Great Expectations how many."""
    name = job.expected.dataset
    for each in failing:
        if each.kind == COLUMNS:
            for bucket in {STUDY_BUCKET} if each.rule in job.whole else job.buckets:
                yield name, each.rule, bucket, each.kind, _column(each), 1
            continue
        found = np.unique(_buckets(job, each.rule, marked[each], night), return_counts=True)
        for bucket, count in zip(*found, strict=True):
            yield name, each.rule, int(bucket), each.kind, each.column, int(count)


def _findings(gate: str, job: Job, marked: dict[Verdict, np.ndarray], night: Night) -> Frame:
    """A finding for each record that a failed expectation marks, unless it was reported already."""
    found, parts, buckets = Findings(), [], []
    by_id = {rule.id: rule for rule in job.rules}
    for verdict, rows in marked.items():
        if not verdict.rule and _reported(gate, job, verdict):
            continue
        if verdict.rule:
            list_rule(found, job.share, job.expected, by_id[verdict.rule], job.broken[verdict.rule], rows)
        else:
            list_promise(found, job.share, job.expected, verdict, rows)
        parts += [verdict.rule] * len(rows)
        buckets.append(_buckets(job, verdict.rule, rows, night))
    frame = found.frame()
    return frame.assign(part=parts, bucket=np.concatenate([np.zeros(0, dtype="int64"), *buckets]))


def _reported(gate: str, job: Job, verdict: Verdict) -> bool:
    """What the reader says of raw records, and the build of repeated keys, is not said twice."""
    known = job.expected.dataset in job.share.build.study.datasets
    return gate == "raw" or (verdict.kind == UNIQUE and known)

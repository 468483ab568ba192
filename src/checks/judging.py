"""Great Expectations judges some records of some datasets; its counts, by bucket of persons, and findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from checks.broken import Broken, broken
from checks.expected import COLUMNS, UNIQUE, Expected, masks_of
from checks.listing import list_promise, list_rule
from checks.pieces import RECORDS, STUDY, Night, Prints, Said, Share, frame_of, part_of
from checks.rules import Rule
from checks.suites import Verdict, run_checkpoint
from clinical.errors import DerivationError
from clinical.findings import Findings
from clinical.fingerprint import STUDY_BUCKET
from clinical.frames import Frame


@dataclass(eq=False)
class Job:
    """Some parts of one dataset, over the records of some buckets, and the rules of these parts."""

    expected: Expected
    parts: tuple[str, ...]
    rules: list[Rule]
    share: Share
    buckets: frozenset[int]
    study_wide: bool
    broken: dict[str, Broken] = field(default_factory=dict)


@dataclass(eq=False)
class Judged:
    """What was said of all jobs of a gate, and which expectations Great Expectations let fail."""

    asked: dict[str, dict[str, list[list[str]]]]
    failed: set[tuple[str, str, str]]
    frames: dict[str, Frame]

    def joined(self, kept: Said, prints: Prints) -> Said:
        """With what was kept: all that is said of the datasets that have these prints."""
        asked = {
            name: {**{part: kept.asked.get(name, {}).get(part) for part in parts}, **self.asked.get(name, {})}
            for name, parts in prints.items()
        }
        frames = {
            name: frame_of(name, pd.concat([getattr(kept, name), frame], ignore_index=True))
            for name, frame in self.frames.items()
        }
        return Said(prints, asked, **frames)


def judge(gate: str, jobs: list[Job], last_day: str, night: Night) -> Judged:
    """One checkpoint over all jobs.

    Raises: DerivationError where a rule or expectation cannot run, or counts otherwise than our own mask.
    """
    for number, job in enumerate(jobs):
        _prepare(job, str(number), last_day)
    verdict = run_checkpoint(gate, [job.expected for job in jobs])
    whole = Judged({}, set(), {name: frame_of(name, ()) for name in ("failed", "held", "findings")})
    parts: dict[str, list] = {"failed": [], "held": []}
    findings = [whole.frames["findings"]]
    for job in jobs:
        verdicts = verdict.datasets[job.expected.suite].expectations
        for each in verdicts:
            if _part(job, each) in job.parts:
                said = [each.kind, _column(each), each.severity, each.rule]
                name = job.expected.dataset
                whole.asked.setdefault(name, {}).setdefault(_part(job, each), []).append(said)
        for part in job.parts:
            whole.asked.setdefault(job.expected.dataset, {}).setdefault(part, [])
        failing = [each for each in verdicts if not each.passed and _part(job, each) in job.parts]
        whole.failed |= {(job.expected.dataset, each.kind, _column(each)) for each in failing}
        parts["held"] += _held(job)
        parts["failed"] += _failed(job, failing, night)
        findings.append(_findings(gate, job, failing, night))
    whole.frames |= {name: frame_of(name, rows) for name, rows in parts.items()}
    whole.frames["findings"] = pd.concat(findings, ignore_index=True)
    return whole


def _prepare(job: Job, number: str, last_day: str) -> None:
    """The masks of the rules; promises about records only where their part is judged."""
    promised = STUDY if job.study_wide else RECORDS
    nothing = {} if promised in job.parts else {"keys": [], "required": [], "value_sets": {}}
    job.expected = replace(job.expected, masks={}, severities={}, piece=number, **nothing)
    for rule in job.rules:
        found = job.broken[rule.id] = broken(job.share.build, rule, last_day, job.share.buckets)
        job.expected.masks[rule.id], job.expected.severities[rule.id] = found.failed, rule.severity


def _part(job: Job, verdict: Verdict) -> str:
    if verdict.rule:
        return part_of(next(rule for rule in job.rules if rule.id == verdict.rule), job.study_wide)
    return STUDY if job.study_wide else RECORDS


def _column(verdict: Verdict) -> str:
    """What an expectation is about; that on the columns in order has a list of all, rules included."""
    return "" if verdict.kind == COLUMNS else verdict.column


def _held(job: Job) -> Iterator[tuple]:
    for rule in job.rules:
        part = part_of(rule, job.study_wide)
        for place, buckets in job.broken[rule.id].held.items():
            for bucket in {STUDY_BUCKET} if part == STUDY else buckets:
                yield job.expected.dataset, part, int(bucket), place


def _buckets(job: Job, part: str, rows: np.ndarray, night: Night) -> np.ndarray:
    if part == STUDY:
        return np.full(len(rows), STUDY_BUCKET)
    return night.bucket(job.expected.frame["USUBJID"].iloc[rows])


def _failed(job: Job, failing: list[Verdict], night: Night) -> Iterator[tuple]:
    """Records that fail an expectation, by bucket: our mask says which, Great Expectations how many."""
    own = masks_of(job.expected) if failing else {}
    for verdict in failing:
        part, name = _part(job, verdict), job.expected.dataset
        if verdict.kind == COLUMNS:
            for bucket in {STUDY_BUCKET} if part == STUDY else job.buckets:
                yield name, part, bucket, verdict.kind, _column(verdict), 1
            continue
        rows = np.flatnonzero(own[verdict.kind, verdict.column])
        if len(rows) != verdict.failed_records:
            raise DerivationError(
                "checks.counts-differ", name, columns=verdict.column, theirs=verdict.failed_records,
                ours=len(rows),
            )  # fmt: skip
        for bucket, count in zip(
            *np.unique(_buckets(job, part, rows, night), return_counts=True), strict=True
        ):
            yield name, part, int(bucket), verdict.kind, verdict.column, int(count)


def _findings(gate: str, job: Job, failing: list[Verdict], night: Night) -> Frame:
    """A finding for each record that a failed expectation marks, unless it was reported already."""
    found, parts, buckets = Findings(), [], []
    own = masks_of(job.expected) if failing else {}
    by_id = {rule.id: rule for rule in job.rules}
    for verdict in failing:
        if verdict.kind == COLUMNS or (not verdict.rule and _reported(gate, job, verdict)):
            continue
        rows = np.flatnonzero(own[verdict.kind, verdict.column])
        if verdict.rule:
            rule = by_id[verdict.rule]
            list_rule(found, job.share, job.expected, rule, job.broken[rule.id], rows)
        else:
            list_promise(found, job.share, job.expected, verdict, rows)
        parts += [_part(job, verdict)] * len(rows)
        buckets.append(_buckets(job, _part(job, verdict), rows, night))
    frame = found.frame()
    return frame_of("findings", frame.assign(part=parts, bucket=np.concatenate([np.zeros(0), *buckets])))


def _reported(gate: str, job: Job, verdict: Verdict) -> bool:
    """What the reader says of raw records, and the build of repeated keys, is not said twice."""
    known = job.expected.dataset in job.share.build.study.datasets
    return gate == "raw" or (verdict.kind == UNIQUE and known)

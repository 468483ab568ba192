"""Derives what the last run does not have, and takes over the rest (architecture.md, 4)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cdiscflow.groups import Groups, derive_in_groups, in_groups
from cdiscflow.memory import Memory, People, contents_now, people_of, remember
from cdiscflow.unmatched import Answers, matching_nothing, unmatched_rules
from cdiscflow.why import reasons
from clinical.check import Plan
from clinical.derive import Derived, derive
from clinical.errors import DerivationError
from clinical.fingerprint import STUDY_BUCKET
from clinical.frames import Frame
from clinical.ledger import PIECES, Ledger, piece, report
from clinical.moved import Moved, moved_columns
from clinical.output import Output, unstated_required
from clinical.raw_frames import RawFrames
from clinical.restore import restore
from clinical.reuse import Contents, Last, Prints, fingerprints, followers, merged, stale, stated_of


@dataclass(eq=False)
class Rebuilt:
    """All datasets of a run, which buckets of which were derived anew and why, which of their columns differ
    from the last run's (None: nobody compared), what fingerprints are made of, and which filters of rules
    match nothing; `rounds` are the buckets of each group of a large study.
    """

    derived: Derived
    people: People
    last: Last
    raw: RawFrames
    again: dict[str, list[int]] = field(default_factory=dict)
    why: dict[str, dict[str, object]] = field(default_factory=dict)
    moved: Moved | None = None
    unmatched: Answers = field(default_factory=dict)
    rounds: list[frozenset[int]] = field(default_factory=list)

    @property
    def prints(self) -> Prints:
        """The fingerprint of each dataset in each bucket."""
        return self.last.prints

    @property
    def contents(self) -> Contents:
        """The content hash of each raw field in each bucket."""
        return self.last.contents

    @property
    def buckets(self) -> int:
        """How many buckets the persons are in."""
        return self.people.count


@dataclass(frozen=True)
class Wish:
    """What is to be derived although nothing changed: everything (`force`), or some datasets with what
    follows from them, for the persons of `subjects` or for everybody.
    """

    force: bool = False
    datasets: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()


def rebuild(
    plan: Plan,
    raw: Mapping[str, Frame],
    cut: str,
    before: Path | None,
    wish: Wish = Wish(),
    around: Callable | None = None,
    stated_as_before: bool = False,
    groups: Groups | None = None,
) -> Rebuilt:
    """The datasets of a study from raw frames, byte for byte what a full derivation gives.

    `stated_as_before` says that specs, terminology, code, packages and cut are those of the run `before`. A
    large study is derived in `groups`.
    """
    memory = None if wish.force and not wish.datasets else remember(before)
    raw = raw if isinstance(raw, RawFrames) else RawFrames(raw)
    raw, people = people_of(raw, memory)
    if memory and memory.buckets != people.count:
        memory = None
    old = memory.last if memory else None
    contents = contents_now(raw, people.count, old)
    stated = old.stated if old and stated_as_before else stated_of(plan, cut)
    numbers = {bucket for found in people.sizes.values() for bucket in found}
    last = Last(fingerprints(plan, stated, contents, numbers, old), stated, contents)
    again = stale(last.prints, old.prints if old else {})
    for name in followers(plan, wish.datasets) if wish.datasets else ():
        again.setdefault(name, set()).update(_asked(last.prints[name], people, wish.subjects))
    large = in_groups(groups, people)
    found = _Night(plan, raw, cut, people, again, around, memory, large).derive(last.prints)
    moved = moved_columns(found.outputs, memory.outputs, again, people.of_person) if memory else None
    _stop_followers(plan, found, last.prints)
    answers = _report(plan, found, people, memory if stated_as_before else None)
    found.build = restore(plan, raw, found.outputs, cut, people.persons)
    rebuilt = {name: sorted(buckets) for name, buckets in again.items()}
    rounds = large.of(people) if large and large.count(people) > 1 else []
    return Rebuilt(found, people, last, raw, rebuilt, reasons(last, old, again), moved, answers, rounds)


def _report(plan: Plan, found: Derived, people: People, memory: Memory | None) -> Answers:
    """Says what derivation found; which filters of rules match nothing, for datasets taken over as before."""
    found.findings, found.account = report(plan, found.ledger, people.sizes, set(found.stopped))
    required = unstated_required(plan.study.standards, found.outputs)
    known = memory.answers(found.outputs) if memory else {}
    answers = matching_nothing(plan.study, found.outputs, known)
    unmatched = unmatched_rules(plan.study, found.outputs, answers)
    found.findings = pd.concat([found.findings, required, unmatched], ignore_index=True)
    return answers


def _stop_followers(plan: Plan, found: Derived, prints: Prints) -> None:
    """What needs any column of a stopped dataset stops too, be it taken over or derived before."""
    more = followers(plan, found.stopped) - set(found.stopped)
    if not more:
        return
    while more:
        for name in sorted(more):
            needed = {
                need for node, needs in plan.graph.needs.items() if node[0] == name for need, _ in needs
            }
            for lacks in sorted(needed & set(found.stopped))[:1]:
                fault = DerivationError("build.not-made", name, lacks=lacks, dataset=lacks)
                found.stopped[name], found.lacking[name] = str(fault), lacks
                for output in (name, f"SUPP{name}"):
                    found.outputs.pop(output, None)
        more -= set(found.stopped)
    found.ledger = found.ledger.only({n: set(b) for n, b in prints.items() if n not in found.stopped})


def _asked(prints: dict[int, str], people: People, subjects: tuple[str, ...]) -> set[int]:
    if not subjects or set(prints) == {STUDY_BUCKET}:
        return set(prints)
    chosen = people.of_person[people.of_person.index.str.endswith(tuple(subjects))]
    return {int(bucket) for bucket in chosen}


class _Night:
    """Derives the stale datasets for the persons of stale buckets, and the study-wide ones for everybody."""

    def __init__(
        self, plan: Plan, raw: RawFrames, cut: str, people: People, again: dict[str, set[int]],
        around: Callable | None, memory: Memory | None, groups: Groups | None,
    ):  # fmt: skip
        self.plan, self.raw, self.cut, self.people = plan, raw, cut, people
        self.again, self.around, self.memory, self.groups = again, around, memory, groups
        self.wide = {name for name, spec in plan.study.datasets.items() if spec.scope == "study"}

    def derive(self, prints: Prints) -> Derived:
        """All datasets: fresh records and those of the last run."""
        local = self.again.keys() - self.wide
        stale = set().union(*(self.again[name] for name in local), set())
        if not self.groups and stale >= {STUDY_BUCKET, *self.people.of_person.unique()}:
            fresh = self._derived(set(self.again), self.raw)
            return self._together(fresh, prints, self.again) if self.memory else fresh
        fresh = self._local(local, stale) if local else Derived(ledger=_no_ledger())
        whole = self._together(fresh, prints, {name: self.again[name] for name in local})
        wide = self.again.keys() & self.wide
        return self._with_wide(whole, wide) if wide else whole

    def _local(self, names: set[str], stale: set[int]) -> Derived:
        """Datasets of persons, for those of the stale buckets."""
        if self.groups:
            asked = self.plan, self.raw, self.cut, self.people, sorted(names), stale
            return derive_in_groups(*asked, self.groups, self.around)
        return self._derived(
            names, {form: self.raw.part(form, stale, self.people.count) for form in self.raw}
        )

    def _derived(self, names: set[str], frames: Mapping[str, Frame], **given: object) -> Derived:
        workers = int(os.environ.get("CDISCFLOW_WORKERS", "1"))
        count = self.people.count
        return derive(self.plan, frames, self.cut, names, self.around, workers, count, **given)

    def _together(self, fresh: Derived, prints: Prints, again: dict[str, set[int]]) -> Derived:
        """The fresh records and, of what was not stale, those of the last run."""
        kept = {
            name: set(found) - self.again.get(name, set())
            for name, found in prints.items()
        }  # fmt: skip
        old = self.memory.ledger if self.memory else _no_ledger()
        ledger = fresh.ledger.only(again).joined(old.only(kept))
        outputs = fresh.outputs
        if self.memory:
            outputs = merged(outputs, self.memory.outputs, again, self.people.of_person, self.wide)
        return self._complete(outputs, fresh, ledger)

    def _with_wide(self, whole: Derived, wide: set[str]) -> Derived:
        """The study-wide datasets anew, from what the others left for them."""
        others = whole.outputs.items()
        given = {name: found.behind for name, found in others if name not in wide}
        given = {name: behind for name, behind in given.items() if behind is not None}
        part = self._derived(wide, self.raw, given=given, persons=self.people.persons)
        outputs = {name: found for name, found in others if name.removeprefix("SUPP") not in wide}
        part.stopped, part.lacking = whole.stopped | part.stopped, whole.lacking | part.lacking
        ledger = part.ledger.only({name: self.again[name] for name in wide}).joined(whole.ledger)
        return self._complete({**outputs, **part.outputs}, part, ledger)

    def _complete(self, outputs: dict[str, Output], fresh: Derived, ledger: Ledger) -> Derived:
        """The datasets in the order of the steps, without those that stopped."""
        order = dict.fromkeys(step.dataset for step in self.plan.graph.steps)
        known = [made for name in order for made in (name, f"SUPP{name}") if made in outputs]
        there = [name for name in known if name.removeprefix("SUPP") not in fresh.stopped]
        return Derived(
            outputs={name: outputs[name] for name in there},
            stopped=fresh.stopped,
            lacking=fresh.lacking,
            ledger=ledger,
        )


def _no_ledger() -> Ledger:
    return Ledger(**{name: piece(name, pd.DataFrame(columns=columns)) for name, columns in PIECES.items()})

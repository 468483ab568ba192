"""Derives what the last run does not have, and takes over the rest (architecture.md, 4)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from cdiscflow.memory import Memory, People, people_of, remember
from cdiscflow.unmatched import unmatched_rules
from clinical.check import Plan
from clinical.derive import Derived, derive
from clinical.errors import DerivationError
from clinical.fingerprint import STUDY_BUCKET
from clinical.frames import Frame
from clinical.ledger import PIECES, Ledger, piece, report
from clinical.output import unstated_required
from clinical.restore import restore
from clinical.reuse import Contents, Prints, contents_of, fingerprints, followers, merged, stale


@dataclass(eq=False)
class Rebuilt:
    """All datasets of a run, which buckets of which were derived anew, and the raw forms' content hashes."""

    derived: Derived
    prints: Prints
    people: People
    contents: Contents
    again: dict[str, list[int]] = field(default_factory=dict)

    @property
    def buckets(self) -> int:
        """How many buckets the persons are in."""
        return self.people.count


def rebuild(
    plan: Plan,
    raw: dict[str, Frame],
    cut: str,
    before: object,
    force: bool = False,
    datasets: tuple[str, ...] = (),
    subjects: tuple[str, ...] = (),
    around: Callable | None = None,
) -> Rebuilt:
    """The datasets of a study from raw frames, byte for byte what a full derivation gives.

    `force` takes nothing over; `datasets` names some to derive anew with what follows from them, for the
    buckets of `subjects` or for everybody.
    """
    people = people_of(raw)
    contents = contents_of(raw, people.of_records)
    prints = fingerprints(plan, raw, people.of_records, cut, contents)
    memory = None if force and not datasets else remember(before, people.count)
    again = stale(prints, memory.prints if memory else {})
    for name in followers(plan, datasets) if datasets else ():
        again.setdefault(name, set()).update(_asked(prints[name], people, subjects))
    fresh = _fresh(plan, raw, cut, people, again, around)
    found = _together(plan, fresh, memory, prints, again, people) if memory else fresh
    _stop_followers(plan, found, prints)
    form_buckets = {form: buckets.astype("int64") for form, buckets in people.of_records.items()}
    found.findings, found.account = report(plan, found.ledger, form_buckets, set(found.stopped))
    required = unstated_required(plan.study.standards, found.outputs)
    unmatched = unmatched_rules(plan.study, found.outputs)
    found.findings = pd.concat([found.findings, required, unmatched], ignore_index=True)
    found.build = restore(plan, raw, found.outputs, cut)
    rebuilt = {name: sorted(buckets) for name, buckets in again.items()}
    return Rebuilt(found, prints, people, contents, rebuilt)


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


def _fresh(
    plan: Plan,
    raw: dict[str, Frame],
    cut: str,
    people: People,
    again: dict[str, set[int]],
    around: Callable | None,
) -> Derived:
    """The stale datasets: for the persons of stale buckets, and the study-wide ones for everybody."""
    workers = int(os.environ.get("CDISCFLOW_WORKERS", "1"))
    wide = {name for name in again if plan.study.datasets[name].scope == "study"}
    wanted = set().union(*(again[name] for name in again.keys() - wide), set())
    if wide and (again.keys() - wide) and wanted >= {int(b) for b in people.of_person.unique()}:
        return derive(plan, raw, cut, set(again), around, workers, people.count)
    found = Derived(ledger=_no_ledger())
    chosen = {
        form: frame[pd.Series(people.of_records[form], index=frame.index).isin(wanted)].reset_index(drop=True)
        for form, frame in raw.items()
    }
    for names, frames in ((again.keys() - wide, chosen), (wide, raw)):
        if names:
            part = derive(plan, frames, cut, set(names), around, workers, people.count)
            found.outputs |= part.outputs
            found.stopped |= part.stopped
            found.lacking |= part.lacking
            found.ledger = found.ledger.joined(part.ledger.only({name: again[name] for name in names}))
    return found


def _no_ledger() -> Ledger:
    return Ledger(**{name: piece(name, pd.DataFrame(columns=columns)) for name, columns in PIECES.items()})


def _together(
    plan: Plan, fresh: Derived, memory: Memory, prints: Prints, again: dict[str, set[int]], people: People
) -> Derived:
    kept = {name: set(found) - again.get(name, set()) for name, found in prints.items()}
    ledger = fresh.ledger.only(again).joined(memory.ledger.only(kept))
    wide = {name for name, spec in plan.study.datasets.items() if spec.scope == "study"}
    outputs = merged(fresh.outputs, memory.outputs, again, people.of_person, wide)
    order = list(dict.fromkeys(step.dataset for step in plan.graph.steps))
    known = [made for name in order for made in (name, f"SUPP{name}") if made in outputs]
    stopped = set(fresh.stopped)
    return Derived(
        outputs={name: outputs[name] for name in known if name.removeprefix("SUPP") not in stopped},
        stopped=fresh.stopped,
        lacking=fresh.lacking,
        ledger=ledger,
    )

"""Runs the three gates over what a run made, and takes out of it what they stop."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cdiscflow.deriving import Rebuilt
from cdiscflow.home import Home
from cdiscflow.reconciliation import Asked
from clinical.check import Plan
from clinical.derive import Derived
from clinical.errors import DerivationError, sentence
from clinical.files import json_bytes
from clinical.findings import Findings, Frame
from clinical.fingerprint import STUDY_BUCKET, hash_of
from clinical.manifest import read_manifest
from clinical.restore import SHOWN
from clinical.run import Run, read_frame

if TYPE_CHECKING:
    from checks.gates import GateResults
    from checks.pieces import Night, Said
    from checks.rules import Rules

COORDINATES = ("USUBJID", *SHOWN)
SAID, SAID_OF = "state/gates.json", "state/gates-{}.parquet"
DEPENDS = ("spec", "terminology", "code", "packages")  # a change of any of them has everything judged again


@dataclass(eq=False)
class Gates:
    """What the gates said: their findings and verdicts, and the page that shows them."""

    study: str
    results: GateResults
    findings: Frame
    rules: Rules

    def asked(self) -> Asked:
        """The rules, and why some could not be asked."""
        return Asked(self.rules.rules, self.results.not_run)

    @property
    def verdicts(self) -> dict[str, dict[str, str]]:
        """passed, passed with findings or failed, by gate and dataset."""
        return self.results.summary()

    def page(self, findings: Frame) -> str:
        """The validation page, with all findings of the run."""
        from checks.page import validation_page

        return validation_page(self.study, self.results, findings)


def study_rules(home: Home, plan: Plan, derived: Derived | None = None) -> Rules:
    """The rules of the library and of a study; with `derived`, by the columns that are really there.

    Raises: SpecErrors.
    """
    from checks.rules import read_rules

    folders = [home.validation / "library", home.validation / plan.study.name]
    return read_rules(folders, plan.names, derived and _columns_of(derived))


def _columns_of(derived: Derived) -> Callable[[str, str], bool]:
    """Whether a dataset really has a column: a program need not return all that the standard knows."""
    from checks.rules import has_column

    build = derived.build
    forms = {f"raw.{name}": set(build.frames.columns(name)) for name in build.frames}

    def has(dataset: str, column: str) -> bool:
        if dataset in forms:
            return not column or column in forms[dataset]
        if dataset in derived.outputs and column not in ("", "STUDYID", "DOMAIN", "USUBJID"):
            return column in build.restored(dataset).column_names
        return has_column(build.names, dataset, column)

    return has


def pass_gates(
    home: Home, plan: Plan, derived: Derived, last_day: str = "", night: Night | None = None
) -> Gates:
    """What the gates say; `last_day` is the day the extract was taken, `night` knows what still holds.

    A dataset that a gate stops, and every dataset that needs it, leaves `derived.outputs`.
    """
    from checks.gates import run_gates  # imports Great Expectations: 5 s, so only when something is judged

    rules = study_rules(home, plan, derived)
    results = run_gates(plan, derived.build, derived.outputs, rules, last_day, night)
    stops = _stop(plan, derived, results.stopped)
    return Gates(plan.study.id, results, pd.concat([results.findings, stops], ignore_index=True), rules)


def night_of(rebuilt: Rebuilt, before: Path | None, inputs: dict[str, object]) -> Night:
    """What the gates may take over from the run `before` (None: nothing)."""
    from checks.pieces import Inputs, Night

    kept = _said(before) if before else None
    forms = {
        form: {bucket: hash_of(columns) for bucket, columns in found.items()}
        for form, found in rebuilt.contents.items()
    }
    places = {
        form: {bucket: hash_of({c: h for c, h in columns.items() if c in COORDINATES})
               for bucket, columns in found.items()}
        for form, found in rebuilt.contents.items()
    }  # fmt: skip
    now = Inputs(
        everything=hash_of([rebuilt.buckets, *(inputs[name] for name in DEPENDS)]),
        cut=rebuilt.derived.build.cut,
        datasets=rebuilt.prints,
        forms=forms,
        places=places,
        behind={name: list(output.sources) for name, output in rebuilt.derived.outputs.items()},
    )
    numbers = {bucket for found in rebuilt.contents.values() for bucket in found} | {STUDY_BUCKET}
    people = rebuilt.people
    moved = rebuilt.moved if kept else None
    return Night(people.of_person, frozenset(numbers), people.count, now, kept, moved, tuple(rebuilt.rounds))


def _said(before: Path) -> Said | None:
    """What the gates of a run said; None if it did not keep it."""
    from checks.pieces import FRAMES, Inputs, Said, frame_of

    if SAID not in read_manifest(before)["files"]:
        return None
    stated = json.loads((before / SAID).read_bytes())
    frames = {name: frame_of(name, read_frame(before, SAID_OF.format(name))) for name in FRAMES}
    return Said(Inputs.stated(stated["inputs"]), stated["asked"], **frames)


def leave_said(job: Run, said: Said) -> None:
    """Writes what the gates said for the next run, in an order that depends on nothing but the content."""
    from checks.pieces import FRAMES

    job.write_bytes(SAID, json_bytes(said.stated()))
    for name, kinds in FRAMES.items():
        frame = getattr(said, name).sort_values(list(kinds), kind="stable").reset_index(drop=True)
        schema = {column: "Int" if kind == "int64" else "Char" for column, kind in kinds.items()}
        job.write_frame(SAID_OF.format(name), frame, schema)


def _stop(plan: Plan, derived: Derived, stopped: dict[str, str]) -> Frame:
    """Takes the stopped datasets and their followers out; a finding for each."""
    found = Findings()
    for name, what in stopped.items():
        for follower in [name, *followers(plan, {name})]:
            derived.outputs.pop(f"SUPP{follower}", None)
            if derived.outputs.pop(follower, None) is None:
                continue
            if follower == name:
                derived.stopped[name] = str(DerivationError("checks.stops", name, what=what))
                found.add("checks.stops", dataset=name, keys=name, what=what)
            else:
                derived.stopped[follower] = sentence("checks.stopped-with", dataset=follower, needed=name)
                found.add("checks.stopped-with", dataset=follower, keys=name, needed=name)
    return found.frame()


def followers(plan: Plan, names: set[str]) -> list[str]:
    """The datasets that need any column of the named ones, directly or through others, without these."""
    found = set(names)
    while True:
        more = {
            node[0]
            for node, needs in plan.graph.needs.items()
            if node[0] not in found and any(need[0] in found for need in needs)
        }
        if not more:
            return sorted(found - names)
        found |= more

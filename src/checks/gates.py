"""The three gates: what the checkpoint says decides, what the masks mark is listed with EDC coordinates.

An expectation of Great Expectations has a mask of our own beside it, so that a listing of any size costs
milliseconds; a test holds the two counts equal for every expectation. What the last run said of pieces that
are as they were is taken over (checks/pieces.py): Great Expectations judges the others.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

import pandas as pd

from checks.broken import places_of
from checks.expected import COLUMNS, expected_of, names_in, shape_of
from checks.judging import Job, Judged, all_judged, judge, whole_parts
from checks.pieces import PROMISES, Changes, Night, Pieces, Said, all_said, alone
from checks.rules import GATES, Rule, Rules
from checks.share import Share, columns_read, narrow_share, share_of
from checks.suites import SEVERITY, GateVerdict, SuiteVerdict, Verdict
from clinical.check import Plan
from clinical.findings import COLUMNS as FINDING_COLUMNS
from clinical.findings import Findings
from clinical.fingerprint import STUDY_BUCKET
from clinical.frames import Frame
from clinical.output import Output
from clinical.restore import Restoration

WORDS = {"": "passed", "info": "passed with findings", "warning": "passed with findings", "error": "failed"}
NOT_RUN = "not all rules could run"
NAMED = 5


@dataclass(eq=False)
class GateResults:
    """Findings, verdicts by gate, rules that did not run and why, what stops which dataset; `said` is what
    the next run may take over.
    """

    findings: Frame = field(default_factory=pd.DataFrame)
    gates: dict[str, GateVerdict] = field(default_factory=dict)
    not_run: dict[str, str] = field(default_factory=dict)
    unused: dict[str, str] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    said: Said = field(default_factory=Said)

    def summary(self) -> dict[str, dict[str, str]]:
        """passed, passed with findings (nothing of severity error) or failed, by gate and dataset."""
        return {
            gate: {name: self._word(name, suite.worst) for name, suite in verdict.datasets.items()}
            for gate, verdict in self.gates.items()
        }

    def _word(self, dataset: str, worst: str) -> str:
        unsaid = any(reason.startswith(f"{dataset}: ") for reason in self.not_run.values())
        return NOT_RUN if unsaid and worst != "error" else WORDS[worst]


def run_gates(
    plan: Plan,
    build: Restoration,
    outputs: dict[str, Output],
    rules: Rules,
    last_day: str = "",
    night: Night | None = None,
) -> GateResults:
    """Every gate over the finished datasets of a run; `last_day` is the day the extract was taken, `night`
    knows what of the last run still holds (none: everything is judged).

    Raises: DerivationError where a rule or an expectation cannot run: that is an error of ours, never a pass.
    """
    gates = _Gates(plan, build, outputs, rules, last_day or build.cut, night or alone(build))
    for gate in GATES:
        gates.run(gate)
    gates.tell_not_run()
    said = gates.results.said = all_said(gates.said)
    whole = pd.concat([said.findings[FINDING_COLUMNS], gates.found.frame()], ignore_index=True)
    gates.results.findings = whole.sort_values(FINDING_COLUMNS, kind="stable").reset_index(drop=True)
    return gates.results


class _Gates:
    """Runs gate after gate, and puts together what is judged now and what was said before."""

    def __init__(
        self, plan: Plan, build: Restoration, outputs: dict[str, Output], rules: Rules, last_day: str,
        night: Night,
    ):  # fmt: skip
        self.plan, self.rules, self.last_day = plan, rules, last_day
        self.whole = Share(build, outputs, night.bucket(build.persons))
        names = [*names_in("raw", build, outputs), *outputs]
        shapes = {name: shape_of(build, outputs, name) for name in names}
        self.night = replace(night, inputs=replace(night.inputs, day=last_day, shapes=shapes))
        self.changes = Changes(self.night, {name: shape[0] for name, shape in shapes.items()})
        self.results, self.found, self.there = GateResults(unused=rules.unused), Findings(), set(names)
        self.unasked: dict[str, list[str]] = {}
        self.said: list[Said] = []

    def run(self, gate: str) -> None:
        """One gate: what is stale is judged, the rest taken over, all of it summed up by dataset."""
        for rule in self.rules.rules:
            if rule.gate == gate and rule.dataset not in self.there:
                self.results.not_run[rule.id] = f"{rule.dataset} is not in this run"
        names = names_in(gate, self.whole.build, self.whole.outputs)
        asked = {name: self._can_run(rule for rule in self.rules.of(gate, name)) for name in names}
        stale = {name: self._stale(name, rules) for name, rules in asked.items()}
        kept = self._kept(stale)
        judged = self._judged(gate, stale, asked)
        said = judged.joined(kept, stale, self.night.inputs)
        self.results.gates[gate] = self._verdict(asked, judged, said)
        held = set(zip(said.held["dataset"], said.held["place"], strict=True))
        for name, rules in asked.items():
            self._note_unmatched(name, rules, held)
            self._stop(gate, name, self.results.gates[gate].datasets[name].expectations)
        self.said.append(said)

    def _can_run(self, rules: Iterator[Rule]) -> list[Rule]:
        """The rules whose datasets and forms are all there; of the others it is said that they did not."""
        found = []
        for rule in rules:
            missing = sorted(rule.reads - self.there)
            if missing:
                self.results.not_run[rule.id] = f"{rule.dataset}: {missing[0]} is not in this run"
                self.unasked.setdefault(missing[0], []).append(rule.id)
            else:
                found.append(rule)
        return found

    def tell_not_run(self) -> None:
        """One finding for each dataset or form that is not there, with the rules that look at it."""
        for missing, rules in self.unasked.items():
            named = ", ".join(rules[:NAMED]) + (" ..." if len(rules) > NAMED else "")
            self.found.add("checks.not-run", dataset=missing, keys=missing, count=len(rules), rules=named)

    def _study_wide(self, name: str) -> bool:
        """Whether a dataset can only be judged whole: no persons, or keys that two persons could share."""
        keys, _, columns = self.night.inputs.shapes[name]
        return "USUBJID" not in columns or (len(keys) > 1 and "USUBJID" not in keys)

    def _stale(self, name: str, rules: list[Rule]) -> dict[str, frozenset[int]]:
        """The buckets in which each part of a dataset is to be judged."""
        whole = whole_parts(self._study_wide(name), rules)
        found = {PROMISES: self.changes.stale(name, None, PROMISES in whole)}
        return found | {rule.id: self.changes.stale(name, rule, rule.id in whole) for rule in rules}

    def _kept(self, stale: Pieces) -> Said:
        """What the last run said of all that is not stale."""
        every = self.night.buckets | {STUDY_BUCKET}
        fresh = {
            name: {part: every - found for part, found in parts.items()} for name, parts in stale.items()
        }
        return (self.night.kept or Said()).only(fresh)

    def _judged(self, gate: str, stale: Pieces, asked: dict[str, list[Rule]]) -> Judged:
        """What is judged now; of a large study round by round, and then the parts that are one piece."""
        rounds = [(buckets, False) for buckets in self.night.rounds] + [(self.night.buckets, True)]
        found = []
        for buckets, one_piece in rounds:
            jobs = self._jobs(stale, asked, buckets, one_piece)
            found.append(judge(gate, jobs, self.last_day, self.night))
            if self.night.rounds:  # Great Expectations' objects hold the records of a round in circles
                jobs.clear()
                gc.collect()
        return all_judged(found)

    def _parts(
        self, stale: Pieces, asked: dict[str, list[Rule]], chosen: frozenset[int], one_piece: bool
    ) -> dict[frozenset[int], dict[str, list[str]]]:
        """What is stale in the same of the chosen buckets, by dataset; `one_piece`: what is one piece for
        the whole study, and without rounds all else.
        """
        together: dict[frozenset[int], dict[str, list[str]]] = {}
        for name, parts in stale.items():
            whole = whole_parts(self._study_wide(name), asked[name])
            for part, found in parts.items():
                if part in whole:
                    buckets = self.night.buckets if found and one_piece else frozenset()
                else:
                    buckets = frozenset() if one_piece and self.night.rounds else found & chosen
                if buckets:
                    together.setdefault(buckets, {}).setdefault(name, []).append(part)
        return together

    def _jobs(
        self, stale: Pieces, asked: dict[str, list[Rule]], chosen: frozenset[int], one_piece: bool
    ) -> list[Job]:
        """What is to be judged: parts of a dataset that are stale in the same buckets go together."""
        jobs = []
        for buckets, parts in self._parts(stale, asked, chosen, one_piece).items():
            rules = {name: [rule for rule in asked[name] if rule.id in own] for name, own in parts.items()}
            share = self._share(buckets, parts, [rule for own in rules.values() for rule in own])
            for name, own in parts.items():
                expected = expected_of(self.plan, share.build, share.outputs, name)
                whole = whole_parts(self._study_wide(name), rules[name])
                jobs.append(Job(expected, PROMISES in own, rules[name], share, buckets, whole))
        return jobs

    def _share(self, buckets: frozenset[int], parts: dict[str, list[str]], rules: list[Rule]) -> Share:
        if buckets < self.night.buckets:
            names = {*parts}.union(*(rule.reads for rule in rules))
            return share_of(self.plan, self.whole, self.night, buckets, names)
        if not self.night.rounds:
            return self.whole
        promised = {name for name, own in parts.items() if PROMISES in own}
        return narrow_share(self.plan, self.whole, self.night, columns_read(rules, promised))

    def _verdict(self, asked: dict[str, list[Rule]], judged: Judged, said: Said) -> GateVerdict:
        """The checkpoint's verdict, and with it what was said before of the pieces that it did not judge."""
        failed = said.failed.groupby(["dataset", "kind", "column"])["records"].sum().to_dict()
        suites = {}
        for name in asked:
            verdicts = []
            for kind, column, severity, rule in chain.from_iterable(said.asked[name].values()):
                count = int(failed.get((name, kind, column), 0))
                passed = count == 0 and (name, kind, column) not in judged.failed
                verdicts.append(
                    Verdict(kind, column, passed, min(count, 1) if kind == COLUMNS else count, severity, rule)
                )
            bad = {verdict.severity for verdict in verdicts if not verdict.passed}
            suites[name] = SuiteVerdict(next((level for level in SEVERITY if level in bad), ""), verdicts)
        return GateVerdict(not any(suite.worst for suite in suites.values()), suites)

    def _note_unmatched(self, name: str, rules: list[Rule], held: set[tuple[str, str]]) -> None:
        raw = name.startswith("raw.")
        size = self.whole.build.frames.size(name[4:]) if raw else self.whole.outputs[name].rows
        for rule in rules:
            for place in places_of(rule, size):
                if (name, place) not in held:
                    self._note("checks.matched-nothing", rule, place, place=place)

    def _note(self, message: str, rule: Rule, keys: str, **words: str) -> None:
        self.found.add(message, dataset=rule.dataset, rule=rule.source, keys=keys, **words)

    def _stop(self, gate: str, dataset: str, verdicts: list[Verdict]) -> None:
        """A failed stopping rule, or columns that are not the spec's: the dataset leaves the run."""
        stopping = {rule.id for rule in self.rules.of(gate, dataset) if rule.stops}
        for verdict in verdicts:
            if verdict.kind == COLUMNS and not verdict.passed:
                self.found.add("checks.columns", dataset=dataset)
            if not verdict.passed and (verdict.kind == COLUMNS or verdict.rule in stopping):
                self.results.stopped.setdefault(dataset, verdict.rule or "columns in order")

"""The three gates: what the checkpoint says decides, what the masks mark is listed with EDC coordinates.

An expectation of Great Expectations has a mask of our own beside it, so that a listing of any size costs
milliseconds; a test holds the two counts equal for every expectation. What the last run said of pieces that
are as they were is taken over (checks/pieces.py): Great Expectations judges the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from checks.broken import places_of
from checks.expected import COLUMNS, Expected, expected_of
from checks.judging import Job, Judged, judge
from checks.pieces import RECORDS, STUDY, Night, Prints, Said, Share, alone, asks_last_day, part_of, share_of
from checks.rules import GATES, Rule, Rules
from checks.suites import SEVERITY, GateVerdict, SuiteVerdict, Verdict
from clinical.check import Plan
from clinical.findings import COLUMNS as FINDING_COLUMNS
from clinical.findings import Findings
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
    gates = _Gates(plan, Share(build, outputs, np.zeros(0)), rules, last_day or build.cut, night)
    for gate in GATES:
        gates.run(gate)
    gates.tell_not_run()
    found = [gates.results.said.findings[FINDING_COLUMNS], gates.found.frame()]
    whole = pd.concat(found, ignore_index=True)
    gates.results.findings = whole.sort_values(FINDING_COLUMNS, kind="stable").reset_index(drop=True)
    return gates.results


class _Gates:
    """Runs gate after gate, and puts together what is judged now and what was said before."""

    def __init__(self, plan: Plan, whole: Share, rules: Rules, last_day: str, night: Night | None):
        self.plan, self.whole, self.rules, self.last_day = plan, whole, rules, last_day
        self.night = night or alone(whole.build)
        self.reuse = night is not None
        self.results, self.found = GateResults(unused=rules.unused), Findings()
        self.unasked: dict[str, list[str]] = {}
        self.there = {*whole.outputs, *(f"raw.{raw.name}" for raw in whole.build.raw_forms())}
        self.shares: dict[frozenset[int], Share] = {}

    def run(self, gate: str) -> None:
        """One gate: what is stale is judged, the rest taken over, all of it summed up by dataset."""
        for rule in self.rules.rules:
            if rule.gate == gate and rule.dataset not in self.there:
                self.results.not_run[rule.id] = f"{rule.dataset} is not in this run"
        expected = {each.dataset: each for each in self._expected(self.whole, gate)}
        asked = {name: self._can_run(rule for rule in self.rules.of(gate, name)) for name in expected}
        prints = {name: self._prints(each, asked[name]) for name, each in expected.items()}
        kept = self.night.kept.only(prints) if self.reuse else Said()
        jobs = self._jobs(gate, prints, kept, asked)
        judged = judge(gate, jobs, self.last_day, self.night)
        said = judged.joined(kept, prints)
        self.results.gates[gate] = self._verdict(expected, asked, judged, said)
        for name, each in expected.items():
            self._note_unmatched(each, asked[name], said)
            self._stop(gate, name, self.results.gates[gate].datasets[name].expectations)
        self.results.said = self.results.said.joined(said)

    def _expected(self, share: Share, gate: str) -> Iterator[Expected]:
        return expected_of(self.plan, share.build, share.outputs, gate)

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

    def _prints(self, expected: Expected, rules: list[Rule]) -> dict[str, dict[int, str]]:
        """The prints of the parts of a dataset that have anything to judge."""
        wide = self._study_wide(expected)
        parts: dict[str, list[Rule]] = {STUDY if wide else RECORDS: []}
        for rule in rules:
            parts.setdefault(part_of(rule, wide), []).append(rule)
        shape = [expected.columns, [*expected.frame.columns]]
        return {part: self._prints_of(expected.dataset, part, own, shape) for part, own in parts.items()}

    def _prints_of(self, dataset: str, part: str, rules: list[Rule], shape: list) -> dict[int, str]:
        day = self.last_day if any(asks_last_day(rule) for rule in rules) else ""
        names = {dataset}.union(*(rule.reads for rule in rules))
        return self.night.prints(part, names, [day, sorted(rule.id for rule in rules), shape])

    def _study_wide(self, expected: Expected) -> bool:
        """Whether a dataset can only be judged whole: no persons, or keys that two persons could share."""
        return "USUBJID" not in expected.frame or (len(expected.keys) > 1 and "USUBJID" not in expected.keys)

    def _jobs(self, gate: str, prints: Prints, kept: Said, asked: dict[str, list[Rule]]) -> list[Job]:
        """What is to be judged: parts of a dataset that are stale in the same buckets go together."""
        together: dict[frozenset[int], dict[str, list[str]]] = {}
        for name, parts in prints.items():
            for part, buckets in parts.items():
                stale = set(buckets) - set(kept.prints.get(name, {}).get(part, {}))
                if stale:
                    where = self.night.buckets if part == STUDY else frozenset(stale)
                    together.setdefault(where, {}).setdefault(name, []).append(part)
        jobs = []
        for buckets, parts in together.items():
            share = self._share(buckets)
            for each in self._expected(share, gate):
                if each.dataset in parts:
                    wide = self._study_wide(each)
                    rules = [r for r in asked[each.dataset] if part_of(r, wide) in parts[each.dataset]]
                    jobs.append(Job(each, tuple(parts[each.dataset]), rules, share, buckets, wide))
        return jobs

    def _share(self, buckets: frozenset[int]) -> Share:
        if buckets not in self.shares:
            whole = self.whole
            self.shares[buckets] = share_of(self.plan, whole.build, whole.outputs, self.night, buckets)
        return self.shares[buckets]

    def _verdict(
        self, expected: dict[str, Expected], asked: dict[str, list[Rule]], judged: Judged, said: Said
    ) -> GateVerdict:
        """The checkpoint's verdict, and with it what was said before of the pieces that it did not judge."""
        failed = said.failed.groupby(["dataset", "kind", "column"])["records"].sum().to_dict()
        suites = {}
        for name in expected:
            order = {rule.id: number for number, rule in enumerate(asked[name])}
            verdicts = []
            for kind, column, severity, rule in said.expectations(name):
                count = int(failed.get((name, kind, column), 0))
                passed = count == 0 and (name, kind, column) not in judged.failed
                verdicts.append(
                    Verdict(kind, column, passed, min(count, 1) if kind == COLUMNS else count, severity, rule)
                )
            verdicts.sort(key=lambda verdict: order.get(verdict.rule, -1))
            bad = {verdict.severity for verdict in verdicts if not verdict.passed}
            suites[name] = SuiteVerdict(next((level for level in SEVERITY if level in bad), ""), verdicts)
        return GateVerdict(not any(suite.worst for suite in suites.values()), suites)

    def _note_unmatched(self, expected: Expected, rules: list[Rule], said: Said) -> None:
        held = set(said.held.loc[said.held["dataset"] == expected.dataset, "place"])
        for rule in rules:
            for place in places_of(rule, len(expected.frame)):
                if place not in held:
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

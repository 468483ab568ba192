"""The three gates: what the checkpoint says decides, what the masks mark is listed with EDC coordinates.

An expectation of Great Expectations has a mask of our own beside it, so that a listing of any size costs
milliseconds; a test holds the two counts equal for every expectation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from checks.broken import Broken, broken
from checks.expected import COLUMNS, IN_SET, NOT_NULL, UNIQUE, Expected, expected_of, masks_of
from checks.rules import GATES, Rule, Rules
from checks.suites import GateVerdict, Verdict, run_checkpoint
from clinical.check import Plan
from clinical.findings import Findings
from clinical.frames import Frame, as_text, take
from clinical.output import Output
from clinical.restore import Restoration

WORDS = {"": "passed", "info": "passed with findings", "warning": "passed with findings", "error": "failed"}
NOT_RUN = "not all rules could run"
LONGEST_SHOWN, NAMED = 80, 5
MESSAGES = {UNIQUE: "checks.not-unique", NOT_NULL: "checks.empty", IN_SET: "checks.not-in-list"}


@dataclass(eq=False)
class GateResults:
    """Findings, verdicts by gate, rules that did not run and why, and what stops which dataset."""

    findings: Frame = field(default_factory=pd.DataFrame)
    gates: dict[str, GateVerdict] = field(default_factory=dict)
    not_run: dict[str, str] = field(default_factory=dict)
    unused: dict[str, str] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)

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
    plan: Plan, build: Restoration, outputs: dict[str, Output], rules: Rules, last_day: str = ""
) -> GateResults:
    """Every gate over the finished datasets of a run; `last_day` is the day the extract was taken.

    Raises: DerivationError where a rule or an expectation cannot run: that is an error of ours, never a pass.
    """
    results = GateResults(unused=rules.unused)
    gates = _Gates(build, outputs, rules, last_day or build.cut, results)
    for gate in GATES:
        gates.run(gate, list(expected_of(plan, build, outputs, gate)))
    gates.tell_not_run()
    results.findings = gates.found.frame()
    return results


class _Gates:
    """Runs gate after gate and collects findings."""

    def __init__(
        self,
        build: Restoration,
        outputs: dict[str, Output],
        rules: Rules,
        last_day: str,
        results: GateResults,
    ):
        self.build, self.outputs, self.rules, self.last_day = build, outputs, rules, last_day
        self.results, self.found = results, Findings()
        self.broken: dict[str, Broken] = {}
        self.unasked: dict[str, list[str]] = {}
        self.there = {*outputs, *(f"raw.{raw.name}" for raw in build.raw_forms())}

    def run(self, gate: str, expected: list[Expected]) -> None:
        """One gate: the masks of its rules, its checkpoint, the listing of what failed."""
        for rule in self.rules.rules:
            if rule.gate == gate and rule.dataset not in self.there:
                self.results.not_run[rule.id] = f"{rule.dataset} is not in this run"
        for each in expected:
            for rule in self.rules.of(gate, each.dataset):
                self._add(rule, each)
        verdict = self.results.gates[gate] = run_checkpoint(gate, expected)
        for each in expected:
            self._list(gate, each, verdict.datasets[each.dataset].expectations)
            self._stop(gate, each, verdict.datasets[each.dataset].expectations)

    def _add(self, rule: Rule, expected: Expected) -> None:
        missing = sorted(rule.reads - self.there)
        if missing:
            self._not_run(rule, missing[0])
            return
        found = broken(self.build, rule, self.last_day)
        self.broken[rule.id] = found
        expected.masks[rule.id] = found.failed
        expected.severities[rule.id] = rule.severity
        for place in found.nothing:
            self._note("checks.matched-nothing", rule, place, place=place)

    def _not_run(self, rule: Rule, missing: str) -> None:
        self.results.not_run[rule.id] = f"{rule.dataset}: {missing} is not in this run"
        self.unasked.setdefault(missing, []).append(rule.id)

    def tell_not_run(self) -> None:
        """One finding for each dataset or form that is not there, with the rules that look at it."""
        for missing, rules in self.unasked.items():
            named = ", ".join(rules[:NAMED]) + (" ..." if len(rules) > NAMED else "")
            self.found.add("checks.not-run", dataset=missing, keys=missing, count=len(rules), rules=named)

    def _note(self, message: str, rule: Rule, keys: str, **words: str) -> None:
        self.found.add(message, dataset=rule.dataset, rule=rule.source, keys=keys, **words)

    def _list(self, gate: str, expected: Expected, verdicts: list[Verdict]) -> None:
        """A finding for each record that a failed expectation marks, unless it was reported already."""
        by_id = {rule.id: rule for rule in self.rules.of(gate, expected.dataset)}
        own = masks_of(expected)
        for verdict in verdicts:
            if verdict.passed:
                continue
            if verdict.rule:
                self._list_rule(expected, by_id[verdict.rule])
            elif verdict.kind == COLUMNS:
                self.found.add("checks.columns", dataset=expected.dataset)
            elif not self._reported(gate, expected, verdict):
                rows = np.flatnonzero(own[verdict.kind, verdict.column])
                self._list_promise(expected, verdict, rows)

    def _reported(self, gate: str, expected: Expected, verdict: Verdict) -> bool:
        """What the reader says of raw records, and the build of repeated keys, is not said twice."""
        return gate == "raw" or (verdict.kind == UNIQUE and expected.dataset in self.build.study.datasets)

    def _list_rule(self, expected: Expected, rule: Rule) -> None:
        rows = np.flatnonzero(expected.masks[rule.id])
        places = self._places(expected, rows)
        value = _shown({name: take(c, rows) for name, c in self.broken[rule.id].looked_at.items()}, len(rows))
        self.found.add_rule(
            rule.id, rule.severity, rule.says, rule.todo, rule.source, places,
            dataset=rule.dataset, variable=rule.variable, value=value,
        )  # fmt: skip

    def _list_promise(self, expected: Expected, verdict: Verdict, rows: np.ndarray) -> None:
        places = self._places(expected, rows)
        one = verdict.kind != UNIQUE
        self.found.add(
            MESSAGES[verdict.kind], places, dataset=expected.dataset, variable=verdict.column if one else "",
            keys=places["keys"], columns=verdict.column,
            value=as_text(take(expected.frame[verdict.column], rows)).fillna("") if one else "",
        )  # fmt: skip

    def _places(self, expected: Expected, rows: np.ndarray) -> Frame:
        """EDC coordinates of some records, as far as lineage leads to a page, and their keys."""
        name = expected.dataset
        if name.startswith("raw."):
            places = self.build.form(name[4:]).coordinates(rows)
            return places.assign(keys=take(expected.frame["USUBJID"], rows))
        known = name in self.build.study.datasets
        places = self.build.made(name).coordinates(rows) if known else pd.DataFrame(index=range(len(rows)))
        return places.assign(keys=_keys(self.outputs[name], rows))

    def _stop(self, gate: str, expected: Expected, verdicts: list[Verdict]) -> None:
        """A failed stopping rule, or columns that are not the spec's: the dataset leaves the run."""
        stopping = {rule.id for rule in self.rules.of(gate, expected.dataset) if rule.stops}
        for verdict in verdicts:
            if not verdict.passed and (verdict.kind == COLUMNS or verdict.rule in stopping):
                self.results.stopped.setdefault(expected.dataset, verdict.rule or "columns in order")


def _keys(output: Output, rows: np.ndarray) -> pd.Series:
    """The values of a dataset's keys, without STUDYID and sequence numbers."""
    names = [key for key in output.keys if key in output.frame]
    names = [key for key in names if key != "STUDYID" and not key.endswith("SEQ")]
    whole = pd.Series("", index=range(len(rows)), dtype="str")
    for name in names:
        text = as_text(take(output.frame[name], rows)).fillna("")
        whole = whole + text.where(text == "", " " + text)
    return whole.str.strip()


def _shown(columns: dict[str, pd.Series], size: int) -> pd.Series:
    """What a rule looked at in each record: `RSDTC 2024-05-01, previous 2024-05-03, RSSTAT empty`."""
    whole = pd.Series("", index=range(size), dtype="str")
    for number, (name, column) in enumerate(columns.items()):
        text = as_text(column).reset_index(drop=True).fillna("empty").str.slice(0, LONGEST_SHOWN)
        whole = whole + f"{', ' if number else ''}{name} " + text
    return whole

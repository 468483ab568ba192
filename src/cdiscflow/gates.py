"""Runs the three gates over what a run made, and takes out of it what they stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from cdiscflow.home import Home
from cdiscflow.reconciliation import Asked
from clinical.check import Plan
from clinical.derive import Derived
from clinical.errors import DerivationError, sentence
from clinical.findings import Findings, Frame

if TYPE_CHECKING:
    from checks.gates import GateResults
    from checks.rules import Rules


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
    forms = {f"raw.{raw.name}": set(raw.frame.columns) for raw in build.raw_forms()}

    def has(dataset: str, column: str) -> bool:
        if dataset in forms:
            return not column or column in forms[dataset]
        if dataset in derived.outputs and column not in ("", "STUDYID", "DOMAIN", "USUBJID"):
            return column in build.made(dataset).columns
        return has_column(build.names, dataset, column)

    return has


def pass_gates(home: Home, plan: Plan, derived: Derived, last_day: str = "") -> Gates:
    """What the gates say; `last_day` is the day the extract was taken.

    A dataset that a gate stops, and every dataset that needs it, leaves `derived.outputs`.
    """
    from checks.gates import run_gates  # imports Great Expectations: 5 s, so only when a gate is run

    rules = study_rules(home, plan, derived)
    results = run_gates(plan, derived.build, derived.outputs, rules, last_day)
    stops = _stop(plan, derived, results.stopped)
    return Gates(plan.study.id, results, pd.concat([results.findings, stops], ignore_index=True), rules)


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

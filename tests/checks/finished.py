"""Finished studies to hold gates over: the demonstration extract, with faults planted by the test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from cdiscflow.deriving import rebuild
from cdiscflow.gates import study_rules
from cdiscflow.home import Home
from checks.gates import GateResults, run_gates
from checks.rules import Rules
from clinical.check import Plan
from clinical.derive import Derived
from clinical.output import Output
from clinical.restore import restore
from clinical.store import content_hash
from tests.rules.studies import ROOT, STUDIES, plan_of, raw_of

EXTRACT_DAY = {"rd1302": "2025-08-15", "mini": "2022-06-30"}
Frames = dict[str, pd.DataFrame]


@dataclass(eq=False)
class Finished:
    """A study as it leaves the build, and its rules."""

    study: str
    plan: Plan
    raw: Frames
    derived: Derived
    validation: Path = ROOT / "validation"

    @property
    def rules(self) -> Rules:
        """The rules of the library and of the study, by the columns that are there."""
        nowhere = Path("nowhere")
        home = Home(nowhere, nowhere, nowhere, self.validation)
        return study_rules(home, self.plan, self.derived)

    def gates(self, rules: Rules | None = None) -> GateResults:
        """What the gates say."""
        return run_gates(
            self.plan, self.derived.build, self.derived.outputs, rules or self.rules, EXTRACT_DAY[self.study]
        )

    def with_output(self, name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Finished:
        """The same with one finished dataset changed."""
        output: Output = self.derived.outputs[name]
        return self.with_outputs(
            {**self.derived.outputs, name: replace(output, frame=change(output.frame.copy()))}
        )

    def with_outputs(self, outputs: dict[str, Output]) -> Finished:
        """The same with these datasets and no other."""
        build = restore(self.plan, self.raw, outputs, STUDIES[self.study][1])
        return replace(self, derived=replace(self.derived, outputs=outputs, build=build))


def finished(study: str, change: Callable[[Frames], None] | None = None) -> Finished:
    """A study from its demonstration extract; `change` plants faults in the raw frames."""
    raw = raw_of(study)
    if change is not None:
        change(raw)
    plan = plan_of(study)
    return Finished(study, plan, raw, rebuild(plan, raw, STUDIES[study][1], None).derived)


def plant(frame: pd.DataFrame, where: dict[str, str], **values: str | None) -> None:
    """Other values in the records (at least one) that have the values of `where`."""
    chosen = pd.Series(True, index=frame.index)
    for name, value in where.items():
        chosen &= (frame[name] == value).fillna(False)
    assert chosen.any()
    for name, value in values.items():
        frame.loc[chosen, name] = value


def found(results: GateResults, message: str) -> pd.DataFrame:
    """The findings of one rule or message."""
    return results.findings[results.findings["message"] == message].reset_index(drop=True)


def described(derived: Derived) -> dict[str, dict[str, str]]:
    """What the manifest of a run says of the content of each dataset."""
    return {name: {"content": content_hash(output.frame)} for name, output in derived.outputs.items()}

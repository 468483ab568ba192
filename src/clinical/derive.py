"""All datasets of a study from raw frames, in one process: the steps of the graph, stops, outputs and findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pandas as pd

from clinical.build import Build
from clinical.check import Plan
from clinical.errors import DerivationError
from clinical.frames import Frame
from clinical.graph import Step
from clinical.output import Output, outputs

ACCOUNT = ["dataset", "part", "source", "reason", "rule", "records"]


@dataclass(eq=False)
class Derived:
    """What a study's raw frames gave: outputs by name, findings, row account, and datasets that stopped and why."""

    outputs: dict[str, Output] = field(default_factory=dict)
    findings: Frame = field(default_factory=pd.DataFrame)
    account: Frame = field(default_factory=pd.DataFrame)
    stopped: dict[str, str] = field(default_factory=dict)


def derive(
    plan: Plan,
    raw: dict[str, Frame],
    cut: str = "",
    only: Iterable[str] | None = None,
    around: Callable[[Step, Callable[[], object]], object] | None = None,
) -> Derived:
    """The study's datasets; `only` names those wanted (what they need is built too).

    `around` calls a step's function: a flow wraps a task round it. A DerivationError stops that dataset and those
    that need it; the others are built.
    """
    build = Build(plan.study, plan.names, plan.graph, raw, cut)
    wanted = needed_columns(plan, only)
    found = Derived()
    waiting = _last_steps(plan, wanted)
    for step in plan.graph.steps:
        columns = tuple(column for column in step.columns if (step.dataset, column) in wanted)
        if not columns:
            continue
        part = Step(step.dataset, step.number, columns)
        try:
            _need_not_stopped(plan, part, found.stopped)
            (around or _call)(part, lambda part=part: build.run(part))
            if waiting[step.dataset] == step.number and (only is None or step.dataset in only):
                for output in outputs(build, step.dataset):
                    found.outputs[output.name] = output
        except DerivationError as fault:
            found.stopped[step.dataset] = str(fault)
            build.findings.add("build.stopped", dataset=step.dataset, reason=str(fault))
    _report_conditions(build, only)
    found.findings = build.findings.frame()
    found.account = pd.DataFrame(_account(build), columns=ACCOUNT)
    return found


def _call(step: Step, run: Callable[[], object]) -> object:
    return run()


def needed_columns(plan: Plan, only: Iterable[str] | None) -> set[tuple[str, str]]:
    """All columns, or those of some datasets and everything these need."""
    needs = plan.graph.needs
    if only is None:
        return set(needs)
    waiting = [node for node in needs if node[0] in set(only)]
    found: set[tuple[str, str]] = set()
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += needs[node]
            waiting += [
                (node[0], key) for key in plan.study.datasets[node[0]].keys if (node[0], key) in needs
            ]
    return found


def _last_steps(plan: Plan, wanted: set[tuple[str, str]]) -> dict[str, int]:
    last = {}
    for step in plan.graph.steps:
        if any((step.dataset, column) in wanted for column in step.columns):
            last[step.dataset] = step.number
    return last


def _need_not_stopped(plan: Plan, step: Step, stopped: dict[str, str]) -> None:
    if step.dataset in stopped:
        raise DerivationError("build.not-made", step.dataset, dataset=step.dataset)
    for column in step.columns:
        for dataset, _ in sorted(plan.graph.needs[step.dataset, column]):
            if dataset in stopped and dataset != step.dataset:
                raise DerivationError("build.not-made", step.dataset, dataset=dataset)


def _report_conditions(build: Build, only: Iterable[str] | None) -> None:
    if only is None:
        for place, held in build.conditions.items():
            if not held:
                build.findings.add("build.matched-nothing", keys=place, place=place)


def _account(build: Build) -> list[dict[str, object]]:
    """Set-aside records, and for each raw form how many records some dataset took or read."""
    rows = list(build.account)
    for raw in build.raw_forms():
        rows.append(
            {"dataset": "", "part": "", "source": f"raw.{raw.name}", "reason": "taken by a dataset", "rule": "",
             "records": int(raw.used.sum())}
        )  # fmt: skip
        rows.append(
            {"dataset": "", "part": "", "source": f"raw.{raw.name}", "reason": "taken by none", "rule": "",
             "records": int((~raw.used).sum())}
        )  # fmt: skip
    return rows

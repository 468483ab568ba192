"""All datasets of a study from raw frames, in one process: the steps of the graph, stops, outputs and
findings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from clinical.build import Build
from clinical.check import Plan
from clinical.errors import DerivationError
from clinical.frames import Column, Frame
from clinical.graph import Step
from clinical.ledger import Ledger, report
from clinical.output import Output, outputs


@dataclass(eq=False)
class Derived:
    """What a study's raw frames gave: outputs by name, findings, row account, and datasets that stopped and
    why.

    `lacking` names, for those that stopped for want of another dataset, which.
    """

    outputs: dict[str, Output] = field(default_factory=dict)
    findings: Frame = field(default_factory=pd.DataFrame)
    account: Frame = field(default_factory=pd.DataFrame)
    stopped: dict[str, str] = field(default_factory=dict)
    lacking: dict[str, str] = field(default_factory=dict)
    ledger: Ledger | None = None
    build: Build | None = None


def derive(
    plan: Plan,
    raw: Mapping[str, Frame],
    cut: str = "",
    only: Iterable[str] | None = None,
    around: Callable[[Step, Callable[[], object]], object] | None = None,
    workers: int = 1,
    buckets: int = 1,
    given: Mapping[str, Frame] | None = None,
    persons: Column | None = None,
) -> Derived:
    """The study's datasets; `only` names those wanted (what they need is built too).

    `around` calls a step's function: a flow wraps a task round it. A DerivationError stops that dataset and
    those that need it; the others are built. With more than one worker, steps that do not need each other run
    side by side; the result is the same. `given` are columns of datasets that are not built again, with
    USUBJID; `persons` are all persons, where they are known.
    """
    build = Build(plan.study, plan.names, plan.graph, raw, cut, buckets, persons)
    for name, frame in (given or {}).items():
        build.take(name, frame)
    job = _Job(plan, build, None if only is None else set(only), around or _call, set(given or ()))
    with ThreadPoolExecutor(max_workers=workers) as pool:
        job.run_all(pool)
    found = job.found
    found.build = build
    found.outputs = {
        name: found.outputs[name] for step in plan.graph.steps for name in job.made_by(step.dataset)
    }
    found.ledger = build.ledger()
    if given is not None:
        return found  # a part of a study: the reports are made of all parts
    sizes = {raw.name: _sizes(build.notes.bucket[raw.person]) for raw in build.raw_forms()}
    found.findings, found.account = report(plan, found.ledger, sizes, set(found.stopped), only is None)
    return found


def _sizes(buckets: np.ndarray) -> dict[int, int]:
    numbers, sizes = np.unique(buckets, return_counts=True)
    return dict(zip(numbers.tolist(), sizes.tolist(), strict=True))


class _Job:
    """Runs steps as soon as what they need is there."""

    def __init__(
        self, plan: Plan, build: Build, only: set[str] | None, around: Callable, given: set[str]
    ):  # fmt: skip
        self.plan, self.build, self.only, self.around = plan, build, only, around
        self.found = Derived()
        wanted = {node for node in needed_columns(plan, only, given) if node[0] not in given}
        self.steps = [
            Step(step.dataset, step.number, columns)
            for step in plan.graph.steps
            if (columns := tuple(c for c in step.columns if (step.dataset, c) in wanted))
        ]
        self.last = {step.dataset: step.number for step in self.steps}
        owner = {(step.dataset, c): i for i, step in enumerate(self.steps) for c in step.columns}
        before: dict[str, int] = {}
        self.needs: list[set[int]] = []
        for i, step in enumerate(self.steps):
            nodes = {need for c in step.columns for need in plan.graph.needs[step.dataset, c]}
            needs = {owner[need] for need in nodes if need[0] not in given}
            self.needs.append((needs | {before.get(step.dataset, i)}) - {i})
            before[step.dataset] = i

    def made_by(self, dataset: str) -> list[str]:
        """The outputs a dataset gave: itself and its qualifiers."""
        return [name for name in (dataset, f"SUPP{dataset}") if name in self.found.outputs]

    def run_all(self, pool: Executor) -> None:
        """Every step once, none before what it needs."""
        waiting = dict(enumerate(self.steps))
        done: set[int] = set()
        running: dict[Future, int] = {}
        while waiting or running:
            for number in [n for n in waiting if self.needs[n] <= done]:
                step = waiting.pop(number)
                running[pool.submit(copy_context().run, self._run, step)] = number
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
                done.add(running.pop(future))

    def _run(self, step: Step) -> None:
        if step.dataset in self.found.stopped:
            return
        try:
            _need_not_stopped(self.plan, step, self.found.stopped)
            self.around(step, lambda: self.build.run(step))
            if self.last[step.dataset] == step.number and (self.only is None or step.dataset in self.only):
                for output in outputs(self.build, step.dataset):
                    self.found.outputs[output.name] = output
        except DerivationError as fault:
            self.found.stopped[step.dataset] = str(fault)
            if fault.lacks:
                self.found.lacking[step.dataset] = fault.lacks
            self.build.findings.add("build.stopped", dataset=step.dataset, reason=str(fault))


def _call(step: Step, run: Callable[[], object]) -> object:
    return run()


def needed_columns(
    plan: Plan, only: Iterable[str] | None, given: Collection[str] = ()
) -> set[tuple[str, str]]:
    """All columns, or those of some datasets and everything these need; what is given needs nothing."""
    needs = plan.graph.needs
    if only is None:
        return set(needs)
    waiting = [node for node in needs if node[0] in set(only)]
    found: set[tuple[str, str]] = set()
    while waiting:
        node = waiting.pop()
        if node not in found and node[0] not in given:
            found.add(node)
            if node[0] in given:
                continue
            waiting += needs[node]
            waiting += [
                (node[0], key) for key in plan.study.datasets[node[0]].keys if (node[0], key) in needs
            ]
    return found


def _need_not_stopped(plan: Plan, step: Step, stopped: dict[str, str]) -> None:
    for column in step.columns:
        for dataset, _ in sorted(plan.graph.needs[step.dataset, column]):
            if dataset in stopped:
                raise DerivationError("build.not-made", step.dataset, lacks=dataset, dataset=dataset)

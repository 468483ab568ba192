"""Why datasets are not in a run: each cause once, with all that is missing because of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from clinical.check import Plan
from clinical.derive import Derived
from clinical.errors import InputError, catalogue, sentence
from clinical.findings import Findings, Frame

OF_A_STEP, OF_A_GATE, WITH_A_GATE = "build.stopped", "checks.stops", "checks.stopped-with"


@dataclass(frozen=True)
class Stop:
    """One cause: what is wrong and where, what to do, the datasets it hit, and those that need them."""

    reason: str
    todo: str
    datasets: tuple[str, ...]
    followers: tuple[str, ...] = ()


def stops_of(plan: Plan, derived: Derived, refused: Mapping[str, InputError], gates: Frame) -> list[Stop]:
    """The causes of all that stopped, in the order of the datasets.

    `refused` are the forms that could not be read, `gates` the findings of the gates.
    """
    with_gate = gates[gates["message"] == WITH_A_GATE]
    lacking = {**derived.lacking, **dict(zip(with_gate["dataset"], with_gate["keys"], strict=True))}
    found: dict[tuple[str, str], dict[bool, list[str]]] = {}
    for name in dict.fromkeys(step.dataset for step in plan.graph.steps):
        if name in derived.stopped:
            first, needed = _origin(name, lacking)
            form = refused.get(needed.removeprefix("raw.")) if needed else None
            hit = found.setdefault(_said(first, derived, form), {True: [], False: []})
            hit[name == first].append(name)
    return [Stop(*said, tuple(hit[True]), tuple(hit[False])) for said, hit in found.items()]


def _origin(name: str, lacking: Mapping[str, str]) -> tuple[str, str]:
    """The dataset that stopped first on the way to `name`, and the form it lacks, if it is a form."""
    while lacking.get(name, "raw.")[:4] != "raw.":
        name = lacking[name]
    return name, lacking.get(name, "")


def _said(dataset: str, derived: Derived, form: InputError | None) -> tuple[str, str]:
    if form is not None:
        return str(form), catalogue()[form.id].todo
    return derived.stopped[dataset].removeprefix(f"{dataset}: "), catalogue()[OF_A_STEP].todo


def stop_findings(derived: Derived, stops: list[Stop], gates: Frame) -> Frame:
    """The findings of the derivation with one for each dataset that stopped in it, naming the cause."""
    of_gates = set(gates.loc[gates["message"].isin([OF_A_GATE, WITH_A_GATE]), "dataset"])
    causes = {name: stop.reason for stop in stops for name in stop.datasets}
    found = Findings()
    for name in derived.stopped:
        if name not in of_gates:
            reason = causes.get(name) or sentence("build.not-made", dataset=derived.lacking.get(name, name))
            found.add(OF_A_STEP, dataset=name, keys=name, reason=reason)
    others = derived.findings[derived.findings["message"] != OF_A_STEP]
    return pd.concat([others, found.frame()], ignore_index=True)

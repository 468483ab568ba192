"""Why datasets are not in a run: each cause once, with all that is missing because of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from clinical.check import Plan, fields_of_columns
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
    unread = _unread(plan, refused)
    found: dict[tuple[str, str], dict[bool, list[str]]] = {}
    for name in dict.fromkeys(step.dataset for step in plan.graph.steps):
        if name in derived.stopped:
            first = _first(name, lacking, unread)
            causes = unread.get(first) or [_own(first, derived)]
            for cause in causes if first == name else causes[:1]:
                found.setdefault(cause, {True: [], False: []})[first == name].append(name)
    return [Stop(*cause, tuple(hit[True]), tuple(hit[False])) for cause, hit in found.items()]


def _unread(plan: Plan, refused: Mapping[str, InputError]) -> dict[str, list[tuple[str, str]]]:
    """What is wrong with the forms that a dataset reads itself, and what to do about each."""
    found: dict[str, dict[tuple[str, str], None]] = {}
    for (dataset, _), fields in fields_of_columns(plan.names).items():
        for form in sorted({form for form, _ in fields} & set(refused)):
            fault = refused[form]
            found.setdefault(dataset, {})[str(fault), catalogue()[fault.id].todo] = None
    return {dataset: sorted(faults) for dataset, faults in found.items()}


def _first(name: str, lacking: Mapping[str, str], unread: Collection[str]) -> str:
    """The dataset that stopped first on the way to `name`."""
    while name not in unread and name in lacking:
        name = lacking[name]
    return name


def _own(dataset: str, derived: Derived) -> tuple[str, str]:
    """The fault of a dataset itself: of its program or spec, or found by a gate."""
    return derived.stopped[dataset].removeprefix(f"{dataset}: "), catalogue()[OF_A_STEP].todo


def cause_of(stops: list[Stop], dataset: str) -> str:
    """Why a dataset is not there; '' if it is not because of these."""
    return next((s.reason for s in stops if dataset in (*s.datasets, *s.followers)), "")


def stops_in(manifest: dict) -> list[Stop]:
    """The causes of what is not in a run."""
    return [
        Stop(each["reason"], each["todo"], tuple(each["datasets"]), tuple(each["followers"]))
        for each in manifest.get("stops", [])
    ]


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

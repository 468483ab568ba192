"""Runs the three gates over what a run made, and takes out of it what they stop."""

from __future__ import annotations

from cdiscflow.home import Home
from clinical.check import Plan
from clinical.derive import Derived
from clinical.findings import Frame


def pass_gates(home: Home, plan: Plan, derived: Derived) -> tuple[Frame, dict[str, dict[str, str]], str]:
    """The gates' findings, their verdicts by gate and dataset, and the validation page.

    A dataset that a gate stops, and every dataset that needs it, leaves `derived.outputs`.
    """
    from checks.gates import run_gates  # imports Great Expectations: 5 s, so only when a gate is run

    folders = [home.validation / "library", home.validation / plan.study.name]
    result = run_gates(plan, derived.build, derived.outputs, folders)
    for name, reason in result.stopped.items():
        for follower in [name, *followers(plan, {name})]:
            if derived.outputs.pop(follower, None) is not None:
                derived.stopped[follower] = reason
            derived.outputs.pop(f"SUPP{follower}", None)
    return result.findings, result.summary(), result.page


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

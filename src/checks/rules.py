"""Rules beyond the spec: `validation/<study>/<gate>/<dataset>.yml`, each with a table that passes and one that fails.

A rule is an id, a severity, a dataset, a message and a condition. The condition may look at helpers: words of the spec
language that read other datasets, so a cross-dataset rule needs no Python.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from clinical.algorithms import evaluate
from clinical.build import Build
from clinical.errors import SpecError
from clinical.findings import Findings
from clinical.names import closest
from clinical.read import At, Mapping, read_yaml
from clinical.rows import Made, Rows
from clinical.where import Condition, condition
from clinical.words import Word, parse_word

GATES = ("raw", "sdtm", "adam")
RULE_KEYS = ("severity", "says", "todo", "rule", "helpers", "fails_when", "passes", "fails", "stops")
SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule: a record fails when `fails_when` holds for it; `stops` makes a failure stop the dataset."""

    id: str
    gate: str
    dataset: str
    severity: str
    says: str
    todo: str
    source: str
    helpers: dict[str, Word]
    fails_when: Condition
    passes: Mapping
    fails: Mapping
    stops: bool
    at: At


def read_rules(folders: list[Path], known: set[str]) -> list[Rule]:
    """The rules of a library and a study for the datasets they have; a later folder overrides an id.

    Raises: SpecError with file:line for what is not understood.
    """
    found: dict[str, Rule] = {}
    for folder in folders:
        for gate in GATES:
            for path in sorted((folder / gate).glob("*.yml")):
                for rule in _read_file(path, gate, folder.parent.parent):
                    if rule.dataset in known:
                        found[rule.id] = rule
    return list(found.values())


def _read_file(path: Path, gate: str, root: Path) -> list[Rule]:
    node = read_yaml(path, root)
    for key in node:
        if key not in ("dataset", "rules"):
            raise SpecError("checks.key", str(node.line(key)), key=key, hint=_hint(key, ("dataset", "rules")))
    dataset = str(node["dataset"])
    return [_rule(name, rule, gate, dataset, node["rules"].line(name)) for name, rule in node["rules"].items()]


def _hint(key: str, options: tuple[str, ...]) -> str:
    near = closest(key, options)
    return f"; did you mean {near}?" if near else ""


def _rule(name: str, node: Mapping, gate: str, dataset: str, at: At) -> Rule:
    for key in node:
        if key not in RULE_KEYS:
            raise SpecError("checks.key", f"{node.line(key)}: {name}", key=key, hint=_hint(key, RULE_KEYS))
    for key in ("severity", "says", "todo", "fails_when", "passes", "fails"):
        if key not in node:
            raise SpecError("checks.needed", f"{at}: {name}", key=key)
    if node["severity"] not in SEVERITIES:
        raise SpecError("checks.severity", f"{node.line('severity')}: {name}", value=node["severity"])
    owner = f"{dataset}.{name}"
    return Rule(
        id=name,
        gate=gate,
        dataset=dataset,
        severity=str(node["severity"]),
        says=str(node["says"]),
        todo=str(node["todo"]),
        source=str(node.get("rule", "")),
        helpers={key: parse_word(value, f"{dataset}.{key}") for key, value in node.get("helpers", {}).items()},
        fails_when=condition(node["fails_when"], owner),
        passes=node["passes"],
        fails=node["fails"],
        stops=node.get("stops") == "true",
        at=at,
    )


def broken(build: Build, rule: Rule) -> np.ndarray:
    """Which records of the dataset (canonical order) break the rule: a bool array.

    Raises: SpecError where the rule names what the study does not have.
    """
    made = build.made(rule.dataset)
    spec = replace(made.spec, variables={**made.spec.variables, **rule.helpers})
    scratch = copy.copy(build)
    scratch.names = build.names.with_dataset(spec)
    scratch.findings = Findings()
    scratch.forget_names()
    trial = Made(spec, made.person, made.parts, dict(made.columns))
    rows = Rows(scratch, trial, None, np.arange(made.size), trial=True)
    for name, word in rule.helpers.items():
        trial.columns[name] = evaluate(rows, word)
    return rows.holds(rule.fails_when)

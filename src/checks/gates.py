"""The three gates: what the checkpoint says decides, what the masks mark is listed with EDC coordinates.

Built-in expectations have a mask of our own beside them, so that a listing of any size costs milliseconds; a test holds
the two counts equal for every expectation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_string_dtype

from checks.page import validation_page
from checks.rules import Rule, broken, read_rules
from checks.suites import Expected, Suites, Verdict
from clinical.build import Build
from clinical.check import Plan, words_of
from clinical.errors import DerivationError
from clinical.findings import Findings
from clinical.forms import Form
from clinical.frames import Frame, codes_of, group_codes, take
from clinical.output import Output, output_order


@dataclass(eq=False)
class GateResults:
    """Findings, verdicts by gate and dataset, datasets that stop and why, and the validation page."""

    findings: Frame
    verdicts: dict[str, dict[str, list[Verdict]]] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    page: str = ""

    def summary(self) -> dict[str, dict[str, str]]:
        """passed or failed, by gate and dataset."""
        return {
            gate: {
                name: "passed" if all(v.passed for v in verdicts) else "failed"
                for name, verdicts in datasets.items()
            }
            for gate, datasets in self.verdicts.items()
        }


def run_gates(
    plan: Plan, build: Build, outputs: dict[str, Output], folders: list[Path], leave_out: str = ""
) -> GateResults:
    """Every gate over what a run made.

    `folders` hold the rules, the library's first. A rule that cannot run is an error of ours and raises.
    Raises: SpecError, RuntimeError.
    """
    rules = read_rules(folders, set(outputs) | {f"raw.{name}" for name in plan.study.forms})
    found = Findings()
    results = GateResults(found.frame())
    for gate in ("raw", "sdtm", "adam"):
        suites = Suites(gate)
        expected = _raw(plan, build) if gate == "raw" else _datasets(plan, build, outputs, gate)
        verdicts = results.verdicts.setdefault(gate, {})
        for each in expected:
            mine = [rule for rule in rules if rule.gate == gate and rule.dataset == each.dataset]
            _add_rules(build, outputs, each, mine)
            verdicts[each.dataset] = suites.check(each, leave_out)
            _list(build, outputs, each, mine, verdicts[each.dataset], found)
            _stop(each, mine, verdicts[each.dataset], results)
    results.findings = found.frame()
    results.page = validation_page(plan.study.id, results.summary(), results.verdicts, results.findings)
    return results


def _raw(plan: Plan, build: Build) -> list[Expected]:
    """The raw gate: record ids unique, required fields there, codes in their lists."""
    expected = []
    for raw in build.raw_forms():
        form: Form = plan.study.forms[raw.name]
        fields = [field for field in form.fields.values() if field.gives[0] in raw.frame]
        required = [field.name for field in fields if field.required and field.required_where is None]
        codes = {f"{field.name}_STD": sorted(field.codes) for field in fields if field.codes}
        columns = ["USUBJID", "record", *dict.fromkeys([*required, *codes])]
        frame = raw.frame[columns]
        expected.append(Expected(f"raw.{raw.name}", frame, columns, ["USUBJID", "record"], required, codes))
    return expected


def _datasets(plan: Plan, build: Build, outputs: dict[str, Output], gate: str) -> list[Expected]:
    expected = []
    for output in outputs.values():
        if output.layer != gate:
            continue
        columns = [variable.name for variable in output.variables]
        required = [variable.name for variable in output.variables if variable.core == "Req"]
        keys = [key for key in output.keys if key in output.frame]
        sets = _value_sets(plan, output)
        expected.append(Expected(output.name, output.frame, columns, keys, required, sets))
    return expected


def _value_sets(plan: Plan, output: Output) -> dict[str, list[str]]:
    """Closed codelists of the variables that a spec looks up: not extensible, or the sponsor's own."""
    spec = plan.study.datasets.get(output.name)
    sets: dict[str, set[str]] = {}
    opened: set[str] = set()
    for _, name, word in words_of(spec) if spec else ():
        if word.word != "term" or name not in output.frame or not is_string_dtype(output.frame[name]):
            continue
        codelist = plan.study.terms.codelist(word.args["codelist"])
        if codelist.extensible:
            opened.add(name)
        sets.setdefault(name, set()).update(codelist.values)
    other = {name for _, name, word in words_of(spec) if word.word not in ("term", "case", "any_of")} if spec else set()
    return {name: sorted(values) for name, values in sets.items() if name not in opened | other}


def _add_rules(build: Build, outputs: dict[str, Output], expected: Expected, rules: list[Rule]) -> None:
    for rule in rules:
        marks = broken(build, rule)
        if rule.gate != "raw":
            marks = marks[output_order(build, rule.dataset)]
        expected.masks[rule.id] = pd.Series(marks)
        expected.severities[rule.id] = rule.severity


def builtin_masks(expected: Expected) -> dict[tuple[str, str], np.ndarray]:
    """Our own mask for each built-in expectation, by its kind and column."""
    masks = {}
    frame = expected.frame
    if len(expected.keys) > 1:
        groups = group_codes([codes_of(frame[key]) for key in expected.keys])
        repeated = pd.Series(groups).duplicated(keep=False).to_numpy()
        masks["expect_compound_columns_to_be_unique", " ".join(expected.keys)] = repeated
    for column in expected.required:
        masks["expect_column_values_to_not_be_null", column] = frame[column].isna().to_numpy()
    for column, values in expected.value_sets.items():
        outside = frame[column].notna() & ~frame[column].isin(values)
        masks["expect_column_values_to_be_in_set", column] = outside.to_numpy()
    return masks


MESSAGES = {
    "expect_compound_columns_to_be_unique": "checks.not-unique",
    "expect_column_values_to_not_be_null": "checks.empty",
    "expect_column_values_to_be_in_set": "checks.not-in-list",
}


def _list(
    build: Build, outputs: dict[str, Output], expected: Expected, rules: list[Rule], verdicts: list[Verdict], found: Findings
) -> None:
    """A finding for each record that a failed expectation marks."""
    own = builtin_masks(expected)
    by_id = {rule.id: rule for rule in rules}
    for verdict in verdicts:
        if verdict.passed:
            continue
        if verdict.rule:
            rule = by_id[verdict.rule]
            rows = np.flatnonzero(expected.masks[rule.id])
            places = _coordinates(build, expected, rows)
            found.add_rule(rule.id, rule.severity, rule.says, rule.todo, rule.source, expected.dataset, places)
        elif verdict.kind in MESSAGES:
            rows = np.flatnonzero(own[verdict.kind, verdict.column])
            places = _coordinates(build, expected, rows)
            found.add(
                MESSAGES[verdict.kind], places, dataset=expected.dataset,
                variable=verdict.column, keys=places["USUBJID"], columns=verdict.column,
            )  # fmt: skip


def _coordinates(build: Build, expected: Expected, rows: np.ndarray) -> Frame:
    name = expected.dataset
    if name.startswith("raw."):
        raw = build.form(name[4:])
        return raw.coordinates(rows).assign(USUBJID=take(raw.frame["USUBJID"], rows).to_numpy())
    if name.startswith("SUPP"):
        return pd.DataFrame({"USUBJID": take(expected.frame["USUBJID"], rows)})
    made = build.made(name)
    inner = output_order(build, name)[rows]
    places = made.coordinates(inner)
    return places.assign(USUBJID=take(build.persons, made.person[inner]).to_numpy())


def _stop(expected: Expected, rules: list[Rule], verdicts: list[Verdict], results: GateResults) -> None:
    stopping = {rule.id for rule in rules if rule.stops}
    for verdict in verdicts:
        structural = verdict.kind == "expect_table_columns_to_match_ordered_list"
        if not verdict.passed and (structural or verdict.rule in stopping):
            fault = DerivationError("checks.stops", expected.dataset, what=verdict.rule or "columns in order")
            results.stopped[expected.dataset] = str(fault)

"""Great Expectations: a suite for each dataset, one checkpoint a gate (docs/decisions/0010).

An expectation costs about 10 ms, so one is written only where a constraint can be broken (architecture.md,
5). Only this module imports Great Expectations; it reports nothing to anybody and reads frames from memory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from checks.expected import MARKED, Expected
from clinical.errors import DerivationError

SEVERITY = {"error": "critical", "warning": "warning", "info": "info"}
OURS = {theirs: ours for ours, theirs in SEVERITY.items()}
UNBROKEN = "rules unbroken"
ONE_AT_A_TIME = Lock()  # the context of Great Expectations belongs to the process


@dataclass(frozen=True)
class Verdict:
    """What Great Expectations said of one expectation; severity is error, warning or info."""

    kind: str
    column: str
    passed: bool
    failed_records: int
    severity: str
    rule: str = ""


@dataclass(frozen=True)
class SuiteVerdict:
    """What it said of one dataset: the worst severity that failed ('' for none), and each expectation."""

    worst: str
    expectations: list[Verdict]


@dataclass(frozen=True)
class GateVerdict:
    """What the checkpoint of a gate said: whether everything held, and of each suite."""

    passed: bool
    datasets: dict[str, SuiteVerdict]

    @property
    def worst(self) -> str:
        """The worst severity that failed anywhere; '' for none."""
        found = {suite.worst for suite in self.datasets.values()}
        return next((level for level in SEVERITY if level in found), "")


def run_checkpoint(gate: str, expected: list[Expected]) -> GateVerdict:
    """The verdict of one gate over all its suites: one a dataset, or several over different records of it.

    Raises: DerivationError where an expectation could not be evaluated: that is never a pass.
    """
    if not expected:
        return GateVerdict(True, {})
    with ONE_AT_A_TIME, _in_memory(gate, expected) as paths:
        result = _checkpoint(gate, expected, paths).run()
    runs = {run.suite_name: run for run in result.run_results.values()}
    datasets = {each.suite: _suite(each, runs[_suite_name(gate, each)]) for each in expected}
    return GateVerdict(bool(result.success), datasets)


def _suite(expected: Expected, run: object) -> SuiteVerdict:
    said = [_verdict(expected.dataset, each) for each in run.results]
    worst = run.get_max_severity_failure()
    each_rule = [one for verdict in said for one in _of_rules(expected, verdict)]
    return SuiteVerdict(OURS[worst.value] if worst else "", each_rule)


def _of_rules(expected: Expected, verdict: Verdict) -> Iterator[Verdict]:
    """What was said of the column of unbroken rules is said of each of them."""
    if verdict.kind != MARKED or not verdict.column.startswith(UNBROKEN):
        yield verdict
        return
    for name in _unbroken(expected)[verdict.severity]:
        yield replace(verdict, column=f"rule {name}", rule=name)


def _suite_name(gate: str, expected: Expected) -> str:
    return f"{gate} {expected.suite}"


@contextmanager
def _in_memory(gate: str, expected: list[Expected]) -> Iterator[dict[str, str]]:
    """The frames as Parquet in memory, by dataset: each validation reads its own, and nothing is on disk."""
    import fsspec

    folder = f"/cdiscflow/{os.getpid()}/{gate}"
    paths = {each.suite: f"memory:/{folder}/{number}.parquet" for number, each in enumerate(expected)}
    try:
        for each in expected:
            each.frame.assign(**_marks(each)).to_parquet(paths[each.suite], index=False)
        yield paths
    finally:
        fsspec.filesystem("memory").rm(folder, recursive=True)


def _checkpoint(gate: str, expected: list[Expected], paths: dict[str, str]) -> object:
    gx, context = _great_expectations()
    source = context.data_sources.add_pandas(gate)
    definitions = []
    for each in expected:
        asset = source.add_parquet_asset(each.suite, path=paths[each.suite])
        suite = gx.ExpectationSuite(name=_suite_name(gate, each), expectations=expectations(each))
        definitions.append(
            context.validation_definitions.add(
                gx.ValidationDefinition(
                    name=suite.name,
                    data=asset.add_batch_definition_whole_dataframe("all"),
                    suite=context.suites.add(suite),
                )
            )
        )
    return context.checkpoints.add(
        gx.Checkpoint(name=gate, validation_definitions=definitions, result_format={"result_format": "BASIC"})
    )


def _great_expectations() -> tuple[object, object]:
    """The package, and a context that keeps nothing, shows no progress and sends nothing."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types import base

    config = base.DataContextConfig(
        analytics_enabled=False,
        progress_bars=base.ProgressBarsConfig(globally=False),
        store_backend_defaults=base.InMemoryStoreBackendDefaults(),
    )
    return gx, gx.get_context(mode="ephemeral", project_config=config)


def _marks(expected: Expected) -> dict[str, np.ndarray]:
    """A column for each rule that a record breaks, and one a severity for all rules that none breaks.

    An expectation costs 10 ms whatever it finds, and most rules are broken by nothing (decision 0010).
    """
    marks = {f"rule {name}": mask for name, mask in expected.masks.items() if mask.any()}
    for severity, names in _unbroken(expected).items():
        marks[f"{UNBROKEN} {severity}"] = sum(expected.masks[name].astype("int64") for name in names)
    return marks


def _unbroken(expected: Expected) -> dict[str, list[str]]:
    """By severity, the rules that no record breaks."""
    found: dict[str, list[str]] = {}
    for name, mask in expected.masks.items():
        if not mask.any():
            found.setdefault(expected.severities[name], []).append(name)
    return found


def _severity(expected: Expected, column: str) -> str:
    kind, _, name = column.rpartition(" ")
    return name if kind == UNBROKEN else expected.severities[name]


def expectations(expected: Expected) -> list:
    """The expectations of one dataset."""
    import great_expectations.expectations as gxe

    rules = {name: SEVERITY[_severity(expected, name)] for name in _marks(expected)}
    columns = [*expected.columns, *rules]
    found = [gxe.ExpectTableColumnsToMatchOrderedList(column_list=columns, severity="critical")]
    if len(expected.keys) > 1:
        found.append(
            gxe.ExpectCompoundColumnsToBeUnique(
                column_list=expected.keys, ignore_row_if="never", severity="critical"
            )
        )
    for column in expected.required:
        found.append(gxe.ExpectColumnValuesToNotBeNull(column=column, severity="critical"))
    for column, values in expected.value_sets.items():
        found.append(gxe.ExpectColumnValuesToBeInSet(column=column, value_set=values, severity="warning"))
    for column, severity in rules.items():  # the sum of a mask takes less than half the time of its values
        found.append(
            gxe.ExpectColumnSumToBeBetween(column=column, min_value=0, max_value=0, severity=severity)
        )
    return found


def _verdict(dataset: str, result: object) -> Verdict:
    config = result.expectation_config
    columns = str(config.kwargs.get("column") or " ".join(config.kwargs.get("column_list", [])))
    fault = _raised(result.exception_info or {})
    if fault:
        raise DerivationError(
            "checks.expectation", dataset, expectation=config.type, columns=columns, reason=fault
        )
    severity = str(getattr(config.severity, "value", config.severity))
    return Verdict(
        kind=config.type,
        column=columns,
        passed=bool(result.success),
        failed_records=_failed(result),
        severity=OURS[severity],
        rule=columns.removeprefix("rule ") if columns.startswith("rule ") else "",
    )


def _failed(result: object) -> int:
    """Records that fail; of the columns in order, which are no records, whether they are not."""
    found = result.result
    whole = found.get("observed_value") if result.expectation_config.type == MARKED else None
    return int(found.get("unexpected_count", 0 if result.success else 1) if whole is None else whole)


def _raised(info: dict) -> str:
    """The message of an exception that Great Expectations caught; it nests them by metric."""
    if info.get("raised_exception"):
        return str(info.get("exception_message", ""))
    nested = [_raised(each) for each in info.values() if isinstance(each, dict)]
    return next((text for text in nested if text), "")

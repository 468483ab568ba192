"""Great Expectations: a suite for each dataset, one checkpoint a gate (docs/decisions/0010).

An expectation costs about 10 ms, so one is written only where a constraint can be broken (architecture.md,
5). Only this module imports Great Expectations; it reports nothing to anybody and reads frames from memory.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
import pandas as pd

from checks.expected import IN_SET, MARKED, NOT_NULL, Expected
from clinical.errors import DerivationError

SEVERITY = {"error": "critical", "warning": "warning", "info": "info"}
OURS = {theirs: ours for ours, theirs in SEVERITY.items()}
UNBROKEN = "unbroken"
WHOLE = "all"
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
    each = [one for verdict in said for one in _of_each(expected, verdict)]
    place = {key: number for number, key in enumerate(expected.own)}  # whatever is broken today
    each.sort(key=lambda one: place.get((one.kind, one.column), -1))
    return SuiteVerdict(OURS[worst.value] if worst else "", each)


def _of_each(expected: Expected, verdict: Verdict) -> Iterator[Verdict]:
    """What was said of the column of all that is unbroken is said of each rule and promise in it."""
    if verdict.column != UNBROKEN:
        yield verdict
        return
    for kind, column in _unbroken(expected):
        rule = column.removeprefix("rule ") if kind == MARKED else ""
        severity = expected.severity(kind, column)
        yield replace(verdict, kind=kind, column=column, severity=severity, rule=rule)


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
            _seen(each).to_parquet(paths[each.suite], index=False)
        yield paths
    finally:
        fsspec.filesystem("memory").rm(folder, recursive=True)


def _checkpoint(gate: str, expected: list[Expected], paths: dict[str, str]) -> object:
    gx, context = _great_expectations()
    assets = [_asset(each, paths[each.suite]) for each in expected]
    source = context.data_sources.add_pandas(
        gate, assets=assets
    )  # one by one, each is written with all others
    definitions = []
    for each in expected:
        suite = gx.ExpectationSuite(name=_suite_name(gate, each), expectations=expectations(each))
        definitions.append(
            context.validation_definitions.add(
                gx.ValidationDefinition(
                    name=suite.name,
                    data=source.get_asset(each.suite).get_batch_definition(WHOLE),
                    suite=context.suites.add(suite),
                )
            )
        )
    return context.checkpoints.add(
        gx.Checkpoint(name=gate, validation_definitions=definitions, result_format={"result_format": "BASIC"})
    )


def _great_expectations() -> tuple[object, object]:
    """The package, and a context that keeps nothing, shows no progress and sends nothing."""
    gx = _imported()
    from great_expectations.data_context.types import base

    config = base.DataContextConfig(
        analytics_enabled=False,
        progress_bars=base.ProgressBarsConfig(globally=False),
        store_backend_defaults=base.InMemoryStoreBackendDefaults(),
    )
    return gx, gx.get_context(mode="ephemeral", project_config=config)


def _asset(expected: Expected, path: str) -> dict[str, object]:
    """A frame as Great Expectations describes it: a Parquet file, read whole."""
    whole = {"name": WHOLE, "partitioner": None}
    return {"type": "parquet", "name": expected.suite, "path": path, "batch_definitions": [whole]}


def _imported() -> object:
    """The package. The half million objects it leaves stay for good: nobody need look for garbage in them."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    if "great_expectations" not in sys.modules:
        gc.disable()
        try:
            import great_expectations  # noqa: F401
        finally:
            gc.enable()
            gc.freeze()
    return sys.modules["great_expectations"]


def _seen(expected: Expected) -> pd.DataFrame:
    """What Great Expectations reads: columns that no expectation looks into stand for their names alone, and
    where nothing is promised of columns there are but the marks.
    """
    looked_into = {*expected.keys, *(column for kind, column in _broken(expected) if kind != MARKED)}
    nothing = np.zeros(len(expected.frame), dtype="int8")
    columns = expected.frame.columns if expected.columns else expected.frame.columns.intersection(looked_into)
    named = {name: expected.frame[name] if name in looked_into else nothing for name in columns}
    return pd.DataFrame(named | _marks(expected), copy=False)


def _marks(expected: Expected) -> dict[str, np.ndarray]:
    """A column for each rule that a record breaks, and one for everything that none breaks.

    An expectation costs 5 to 15 ms whatever it finds, and most are broken by nothing (decision 0040).
    """
    marks = {column: expected.own[kind, column] for kind, column in _broken(expected) if kind == MARKED}
    unbroken = _unbroken(expected)
    if unbroken:
        count = marks[UNBROKEN] = np.zeros(len(expected.frame), dtype="int64")
        for key in unbroken:
            count += expected.own[key]
    return marks


def _broken(expected: Expected) -> list[tuple[str, str]]:
    return [key for key, mask in expected.own.items() if mask.any()]


def _unbroken(expected: Expected) -> list[tuple[str, str]]:
    return [key for key, mask in expected.own.items() if not mask.any()]


def expectations(expected: Expected) -> list:
    """The expectations of one dataset."""
    import great_expectations.expectations as gxe

    found = []
    if expected.columns:
        columns = [*expected.columns, *_marks(expected)]
        found.append(gxe.ExpectTableColumnsToMatchOrderedList(column_list=columns, severity="critical"))
    if len(expected.keys) > 1:
        found.append(
            gxe.ExpectCompoundColumnsToBeUnique(
                column_list=expected.keys, ignore_row_if="never", severity="critical"
            )
        )
    marked = [(column, "error") for column in [UNBROKEN] if _unbroken(expected)]
    for kind, column in _broken(expected):
        severity = expected.severity(kind, column)
        if kind == NOT_NULL:
            found.append(gxe.ExpectColumnValuesToNotBeNull(column=column, severity=SEVERITY[severity]))
        elif kind == IN_SET:
            values = expected.value_sets[column]
            found.append(
                gxe.ExpectColumnValuesToBeInSet(column=column, value_set=values, severity=SEVERITY[severity])
            )
        else:
            marked.append((column, severity))
    for column, severity in marked:  # the sum of a mask takes less than half the time of its values
        found.append(
            gxe.ExpectColumnSumToBeBetween(
                column=column, min_value=0, max_value=0, severity=SEVERITY[severity]
            )
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

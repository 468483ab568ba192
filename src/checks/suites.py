"""Great Expectations suites: generated from the specs, with one expectation a rule, one checkpoint a dataset.

An expectation costs 12 ms, so one is written only where a constraint can be broken (architecture.md, 5). Only this
module imports Great Expectations; it reports nothing to anybody.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import pandas as pd

from clinical.frames import Frame

SEVERITY = {"error": "critical", "warning": "warning", "info": "info"}


@dataclass
class Expected:
    """What one dataset must satisfy: column order, unique keys, required columns, value sets, rules by mask."""

    dataset: str
    frame: Frame
    columns: list[str]
    keys: list[str]
    required: list[str] = field(default_factory=list)
    value_sets: dict[str, list[str]] = field(default_factory=dict)
    masks: dict[str, pd.Series] = field(default_factory=dict)
    severities: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What Great Expectations said of one expectation."""

    kind: str
    column: str
    passed: bool
    failed_records: int
    severity: str
    rule: str = ""


class Suites:
    """An ephemeral Great Expectations context; `check` runs the checkpoint of one dataset."""

    def __init__(self, gate: str):
        os.environ["GX_ANALYTICS_ENABLED"] = "false"
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        self.gate = gate
        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = ProgressBarsConfig(globally=False)
        self._source = self._context.data_sources.add_pandas(f"{gate}-frames")

    def check(self, expected: Expected, leave_out: str = "") -> list[Verdict]:
        """The verdict of each expectation of a dataset; `leave_out` drops one by its kind or rule id."""
        import great_expectations as gx

        asset = self._source.add_dataframe_asset(expected.dataset)
        batch = asset.add_batch_definition_whole_dataframe("all")
        suite = self._context.suites.add(gx.ExpectationSuite(name=f"{self.gate}-{expected.dataset}"))
        for expectation in expectations(expected):
            if leave_out not in (expectation.expectation_type, expectation.meta.get("rule", "")) or not leave_out:
                suite.add_expectation(expectation)
        definition = self._context.validation_definitions.add(
            gx.ValidationDefinition(name=suite.name, data=batch, suite=suite)
        )
        checkpoint = self._context.checkpoints.add(
            gx.Checkpoint(
                name=suite.name, validation_definitions=[definition], result_format={"result_format": "BASIC"}
            )
        )
        frame = expected.frame.assign(**{f"rule {name}": mask for name, mask in expected.masks.items()})
        result = checkpoint.run(batch_parameters={"dataframe": frame})
        return [_verdict(each) for run in result.run_results.values() for each in run.results]


def expectations(expected: Expected) -> list:
    """The expectations of one dataset."""
    import great_expectations.expectations as gxe

    rules = [f"rule {name}" for name in expected.masks]
    found = [
        gxe.ExpectTableColumnsToMatchOrderedList(
            column_list=[*expected.columns, *rules], severity="critical", meta={"rule": ""}
        )
    ]
    if len(expected.keys) > 1:
        found.append(
            gxe.ExpectCompoundColumnsToBeUnique(
                column_list=expected.keys, severity="critical", meta={"rule": ""}, ignore_row_if="never"
            )
        )
    for column in expected.required:
        found.append(gxe.ExpectColumnValuesToNotBeNull(column=column, severity="critical", meta={"rule": ""}))
    for column, values in expected.value_sets.items():
        found.append(
            gxe.ExpectColumnValuesToBeInSet(
                column=column, value_set=values, severity="warning", meta={"rule": ""}
            )
        )
    for name in expected.masks:
        found.append(
            gxe.ExpectColumnValuesToBeInSet(
                column=f"rule {name}", value_set=[False], severity=SEVERITY[expected.severities[name]],
                meta={"rule": name},
            )  # fmt: skip
        )
    return found


def _verdict(result: object) -> Verdict:
    config = result.expectation_config
    if result.exception_info and result.exception_info.get("raised_exception"):
        raise RuntimeError(f"{config.type}: {result.exception_info['exception_message']}")
    columns = config.kwargs.get("column") or " ".join(config.kwargs.get("column_list", []))
    return Verdict(
        kind=config.type,
        column=str(columns),
        passed=bool(result.success),
        failed_records=int(result.result.get("unexpected_count", 0 if result.success else 1)),
        severity=str(getattr(config.severity, "value", config.severity)),
        rule=str((config.meta or {}).get("rule", "")),
    )

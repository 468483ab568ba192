"""The validation page: one HTML file for data managers, offline, everything escaped (Data Docs need outside hosts)."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

import pandas as pd

from clinical.findings import Frame

if TYPE_CHECKING:
    from checks.gates import GateResults

MOST_LISTED = 2000
LEVELS = ("error", "warning", "info")
GATE_NAMES = {"raw": "Raw data", "sdtm": "SDTM", "adam": "ADaM"}
KINDS = {
    "expect_table_columns_to_match_ordered_list": "columns in order",
    "expect_compound_columns_to_be_unique": "keys unique",
    "expect_column_values_to_not_be_null": "filled",
    "expect_column_values_to_be_in_set": "in its codelist",
}


def validation_page(study: str, results: GateResults, findings: Frame) -> str:
    """The open findings of a run, worst first, and what the gates said of each dataset."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    text = (resources.files("checks") / "templates" / "validation.html.j2").read_text("utf-8")
    listed = findings[findings["status"] != "closed"] if "status" in findings else findings
    return environment.from_string(text).render(
        study=study,
        counts={level: int((listed["severity"] == level).sum()) for level in LEVELS},
        closed=len(findings) - len(listed),
        findings=_lines(listed.head(MOST_LISTED)),
        total=len(listed),
        gates=_gates(results),
        not_run=results.not_run,
        unused=results.unused,
        stopped=results.stopped,
    )


def _lines(findings: Frame) -> list[dict[str, str]]:
    """The findings as text; where a record comes from the EDC, its page is named in one word."""
    found = findings.fillna("").astype("str")
    place = found["folder"].where(found["folder"] != "", found["form"])
    page = found["form"].where(found["folder"] == "", found["form"] + " in " + found["folder"])
    page = page.where(place != "", "")
    for name, word in (("instance", "visit"), ("page", "page"), ("line", "line")):
        number = pd.to_numeric(found[name], errors="coerce").fillna(0) > 0
        page = page + (f", {word} " + found[name]).where(number, "")
    who = found["subject"].where(found["subject"] != "", found["keys"])
    return found.assign(place=page, who=who).to_dict("records")


def _gates(results: GateResults) -> list[dict]:
    """For each gate its datasets, failed ones first, with the expectations that failed and how many held."""
    summary = results.summary()
    gates = []
    for gate, verdict in results.gates.items():
        datasets = [
            {
                "name": name,
                "word": summary[gate][name],
                "failed": [_expectation(each) for each in verdicts if not each.passed],
                "held": sum(each.passed for each in verdicts),
                "rules": sum(bool(each.rule) for each in verdicts),
            }
            for name, verdicts in verdict.datasets.items()
        ]
        datasets.sort(key=lambda each: each["word"] == "passed")
        gates.append({"name": GATE_NAMES[gate], "passed": verdict.passed, "datasets": datasets})
    return gates


def _expectation(verdict: object) -> dict[str, object]:
    kind = verdict.rule or KINDS.get(verdict.kind, verdict.kind)
    column = "" if verdict.rule or kind == "columns in order" else verdict.column
    return {
        "what": kind, "column": column, "severity": verdict.severity, "records": verdict.failed_records,
    }  # fmt: skip

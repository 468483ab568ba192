"""The validation page for data managers: one HTML file, offline, escaped (Data Docs need outside hosts)."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

import pandas as pd

from checks.expected import COLUMNS, IN_SET, NOT_NULL, UNIQUE
from checks.gates import NOT_RUN, WORDS, GateResults
from checks.suites import Verdict
from clinical.findings import CLOSED, NOT_OPEN, OPEN, WAIVED, Frame, counts

MOST_LISTED = 2000
LONGEST_KEYS = 40  # shown beside the subject where they fit
SHOWN = (
    "severity", "who", "more", "place", "record", "of", "text", "value", "todo", "message", "rule", "status",
    "first_seen", "waiver",
)  # fmt: skip
GATE_NAMES = {"raw": "Raw data", "sdtm": "SDTM", "adam": "ADaM"}
KINDS = {COLUMNS: "columns in order", UNIQUE: "keys unique", NOT_NULL: "filled", IN_SET: "in its codelist"}


def validation_page(study: str, results: GateResults, findings: Frame) -> str:
    """The open findings of a run, worst first, those that are waived, and what the gates said of each
    dataset.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    text = (resources.files("checks") / "templates" / "validation.html.j2").read_text("utf-8")
    status = findings["status"] if "status" in findings else pd.Series(OPEN, index=findings.index)
    listed, waived = findings[~status.isin(NOT_OPEN)], findings[status == WAIVED]
    return environment.from_string(text).render(
        study=study,
        counts=counts(findings.assign(status=status)),
        closed=int((status == CLOSED).sum()),
        findings=[*_lines(listed.head(MOST_LISTED))],
        total=len(listed),
        waived=[*_lines(waived.head(MOST_LISTED))],
        total_waived=len(waived),
        gates=_gates(results),
        not_run=results.not_run,
        unused=results.unused,
        stopped=results.stopped,
    )


def _lines(findings: Frame) -> Iterator[tuple[str, ...]]:
    """What SHOWN names of each finding; the EDC page of a record is named in one phrase."""
    found = findings.fillna("").astype("str")
    apart = (found["folder"] != "") & (found["folder"] != found["form"])
    page = found["form"].where(~apart, found["form"] + " in " + found["folder"])
    for name, word in (("instance", "visit"), ("page", "page"), ("line", "line")):
        number = pd.to_numeric(found[name], errors="coerce").fillna(0) > 0
        page = page + (f", {word} " + found[name]).where(number, "")
    said = [key in text for key, text in zip(found["keys"].tolist(), found["text"].tolist(), strict=True)]
    keys = found["keys"].mask(pd.Series(said, index=found.index, dtype=bool), "")
    known = found["subject"] != ""
    found["place"], found["who"] = page, found["subject"].where(known, keys)
    found["more"] = keys.where(known & keys.str.contains(" ") & (keys.str.len() <= LONGEST_KEYS), "")
    field = (found["dataset"] + " " + found["variable"]).where(found["field"] == "", found["field"])
    found["of"] = field.str.strip()
    return zip(*(found[name].tolist() if name in found else [""] * len(found) for name in SHOWN), strict=True)


def _gates(results: GateResults) -> list[dict]:
    """For each gate its datasets, worst first, with the expectations that failed and how many held."""
    summary = results.summary()
    order = [WORDS["error"], NOT_RUN, WORDS["warning"], WORDS[""]]
    gates = []
    for gate, verdict in results.gates.items():
        datasets = [
            {
                "name": name,
                "word": summary[gate][name],
                "failed": [_expectation(each) for each in suite.expectations if not each.passed],
                "held": sum(each.passed for each in suite.expectations),
            }
            for name, suite in verdict.datasets.items()
        ]
        datasets.sort(key=lambda each: order.index(each["word"]))
        gates.append({"name": GATE_NAMES[gate], "word": WORDS[verdict.worst], "datasets": datasets})
    return gates


def _expectation(verdict: Verdict) -> dict[str, object]:
    what = verdict.rule or KINDS[verdict.kind]
    column = "" if verdict.rule or verdict.kind == COLUMNS else verdict.column
    return {"what": what, "column": column, "severity": verdict.severity, "records": verdict.failed_records}

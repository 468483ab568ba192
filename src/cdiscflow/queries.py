"""The query listing: what a site has to answer, as a workbook, as CSV and as a page a subject [C-QUERY].

A finding is a query where it has a subject and its `todo` begins with the word Query: that is how the
catalogue and the rules say that only the site can answer. What follows a semicolon there is for whoever
maintains the study, and not asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from cdiscflow.workbook import write_workbook
from clinical.frames import Frame

ASKS = "Query"
COLUMNS = {
    "query": "Query",
    "site": "Site",
    "subject": "Subject",
    "folder": "Visit",
    "form": "Form",
    "instance": "Visit repeat",
    "page": "Page repeat",
    "line": "Line",
    "field": "Field",
    "value": "Collected",
    "question": "Question",
    "rule": "Rule",
    "first_seen": "First seen",
    "status": "Status",
}
WIDTHS = {"value": 28, "question": 60, "form": 10, "field": 14, "rule": 16, "query": 14, "first_seen": 16}


def queries_of(
    findings: Frame, sites: dict[str, str], folders: Iterable[str], labels: dict[tuple[str, str], str]
) -> Frame:
    """One row for each finding that a site must answer, as a data manager works: site, subject, visit.

    `findings` is findings.parquet of a run, `sites` the site of each subject number, `folders` the visits in
    their order, `labels` what the EDC calls each field of each form. Columns are those of COLUMNS; a query
    that is answered is not listed.

    Ties: visits that are not in the plan come last, by name.
    """
    asked = findings["todo"].str.startswith(ASKS) & (findings["subject"] != "")
    found = findings[asked & (findings["status"] != "closed")].copy()
    found["field"] = found["field"].where(found["field"] != "", found["variable"])
    found["form"] = found["form"].where(found["form"] != "", found["dataset"].str.removeprefix("raw."))
    named = [labels.get(each, "") for each in zip(found["form"], found["field"], strict=True)]
    found["field"] = [
        f"{label} [{name}]" if label else name for label, name in zip(named, found["field"], strict=True)
    ]
    found["query"] = found["id"]
    found["site"] = [sites.get(subject, "") for subject in found["subject"]]
    found["question"] = [_question(*each) for each in zip(found["text"], found["todo"], strict=True)]
    rank = {folder: number for number, folder in enumerate(folders)}
    found["visit"] = found["folder"].map(rank).fillna(len(rank))
    for name in ("instance", "page", "line"):
        found[f"{name}_number"] = pd.to_numeric(found[name], errors="coerce").fillna(-1)
    order = ["site", "subject", "visit", "folder", "instance_number", "form", "page_number", "line_number"]
    found = found.sort_values([*order, "field", "rule", "query"], kind="stable", ignore_index=True)
    return found[list(COLUMNS)]


def _question(says: str, todo: str) -> str:
    """`The graft was given before the infusion. Please confirm or correct the date.`"""
    asked = todo.partition(";")[0].removeprefix(ASKS).strip(" .") or "it"
    return f"{says[:1].upper()}{says[1:].rstrip('.')}. Please confirm or correct {asked}."


def write_listing(path: Path, queries: Frame, study: str) -> None:
    """The listing as a workbook."""
    title = f"Queries of {study}"
    write_workbook(path, queries, COLUMNS, title=title, sheet="Queries", widths=WIDTHS, frozen=3)


def page_of(queries: Frame, study: str, extract: str) -> str:
    """An HTML page with a section for each subject that has an open query, a printed page each."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("cdiscflow"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    subjects = [
        {"number": number, "site": lines["site"].iloc[0], "queries": lines.to_dict("records")}
        for number, lines in queries.groupby("subject", sort=False)
    ]
    return environment.get_template("queries.html.j2").render(
        study=study, extract=extract, subjects=subjects, total=len(queries)
    )

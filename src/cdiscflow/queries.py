"""The query listing: what a site has to answer, as a workbook, as CSV and as a page a subject [C-QUERY].

A finding is a query where it has a subject and its `todo` begins with the word Query: that is how the
catalogue and the rules say that only the site can answer. What follows a semicolon there is for whoever
maintains the study, and not asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
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


def open_questions(findings: Frame) -> Frame:
    """The findings that a site must answer and that are not closed."""
    asked = findings["todo"].str.startswith(ASKS) & (findings["subject"] != "")
    return findings[asked & (findings["status"] != "closed")]


def queries_of(
    findings: Frame, sites: dict[str, str], folders: Iterable[str], labels: dict[tuple[str, str], str]
) -> Frame:
    """One row for each question that a site must answer, as a data manager works: site, subject, visit.

    `findings` is findings.parquet of a run with fields and values as the site knows them, `sites` the site of
    each subject number, `folders` the visits in their order, `labels` what the EDC calls each field of each
    form. Columns are those of COLUMNS; a query that is answered is not listed.

    Rows: findings that ask the same about the same record are one query, whatever dataset each is about.
    Ties: visits that are not in the plan come last, by name.
    """
    found = open_questions(findings).copy()
    found["question"] = [
        _question(*each) for each in zip(found["text"], found["variable"], found["todo"], strict=True)
    ]
    found = _once(found)
    found["field"] = [
        ", ".join(_named(labels.get((form, name), ""), name) for name in fields.split())
        for form, fields in zip(found["form"], found["field"], strict=True)
    ]
    found["site"] = [sites.get(subject, "") for subject in found["subject"]]
    rank = {folder: number for number, folder in enumerate(folders)}
    found["visit"] = found["folder"].map(rank).fillna(len(rank))
    for name in ("instance", "page", "line"):
        found[f"{name}_number"] = pd.to_numeric(found[name], errors="coerce").fillna(-1)
    order = ["site", "subject", "visit", "folder", "instance_number", "form", "page_number", "line_number"]
    found = found.sort_values([*order, "field", "rule", "query"], kind="stable", ignore_index=True)
    return found[list(COLUMNS)]


def _once(found: Frame) -> Frame:
    """Each question about a record once, under an id that does not depend on which findings ask it.

    It is new only if all of them are. Two pages with the same coordinates show both values.
    """
    if not len(found):
        return found.assign(query="")
    record = found["record"].where(found["record"] != "", found["keys"])
    found["query"] = [
        sha256(f"{where}|{question}".encode()).hexdigest()[:12]
        for where, question in zip(record, found["question"], strict=True)
    ]
    found["status"] = pd.Categorical(found["status"], ["open", "reopened", "new"], ordered=True)
    found = found.sort_values(["query", "id"], kind="stable")
    together = found.groupby("query", sort=False)
    several = {
        "value": together["value"].agg(_each_once, " / "),
        "field": together["field"].agg(lambda names: _each_once(" ".join(names).split(), " ")),
        "status": together["status"].min().astype("str"),
        "first_seen": together["first_seen"].min(),
        "rule": together["rule"].max(),
    }
    return together.first().assign(**several).reset_index()


def _each_once(texts: Iterable[str], between: str) -> str:
    return between.join(dict.fromkeys(text for text in texts if text))


def _named(label: str, name: str) -> str:
    return f"{label} [{name}]" if label else name


def _question(says: str, variable: str, todo: str) -> str:
    """`The graft was given before the infusion. Please confirm or correct the date.`"""
    asked = todo.partition(";")[0].removeprefix(ASKS).strip(" .") or "it"
    says = says.removeprefix(f"{variable}: ")
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

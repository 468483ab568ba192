"""The query listing: what a site has to answer, as a workbook, as CSV and as a page a site [C-QUERY].

A finding is a query where it has a subject and its `todo` begins with the word Query: that is how the
catalogue and the rules say that only the site can answer. What follows a semicolon there is for whoever
maintains the study, and not asked. What many records of a subject ask alike is one question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from cdiscflow.workbook import write_workbook
from clinical.errors import catalogue, sentence
from clinical.findings import NOT_OPEN
from clinical.forms import Form
from clinical.frames import Frame

ASKS, IT = "Query", "it"
MANY = 10  # records of a subject that are asked the same one by one
COLUMNS = {
    "query": "Query",
    "site": "Site",
    "subject": "Subject",
    "folder": "Visit",
    "form": "Form",
    "instance": "Visit repeat",
    "page": "Page repeat",
    "line": "Line",
    "vendor": "Record of the vendor",
    "field": "Field",
    "value": "Collected",
    "question": "Question",
    "rule": "Rule",
    "first_seen": "First seen",
    "status": "Status",
}
WIDTHS = {
    "vendor": 30, "value": 28, "question": 60, "form": 10, "field": 14, "rule": 16, "query": 14,
    "first_seen": 16,
}  # fmt: skip
EMPTY = "checks.empty"
FOR_SITES = {"build.by-zero": "queries.by-zero", "build.lookup-none": "queries.lookup-none"}
ON_PAGE = ("vendor", "field", "value", "question", "query", "rule", "status", "first_seen")
PAGE = "queries.html"
PLAIN = re.compile(r"[A-Za-z0-9]{1,11}")  # shorter than a hash, so that no site takes the page of another
REPEATS = ["instance", "page", "line"]


def open_questions(findings: Frame) -> Frame:
    """The findings that a site must answer and that are neither closed nor waived."""
    asked = findings["todo"].str.startswith(ASKS) & (findings["subject"] != "")
    return findings[asked & ~findings["status"].isin(NOT_OPEN)].fillna("")


def queries_of(
    findings: Frame, sites: dict[str, str], folders: Iterable[str], forms: dict[str, Form]
) -> Frame:
    """One row for each question that a site must answer, as a data manager works: site, subject, visit.

    `findings` is findings.parquet of a run with fields and values as the site knows them, `sites` the site of
    each subject number, `folders` the visits in their order. Columns are those of COLUMNS; a query that is
    answered is not listed.

    Rows: findings that ask the same about the same record are one query, whatever dataset each is about, and
          so are all about the same fields of a record. What more than MANY records of a subject ask alike is
          one query, of their form if they have one.
    Ties: visits that are not in the plan come last, by name.
    """
    found = _needed(_worded(open_questions(findings)))
    found = _by_place(_together(_by_subject(found), ["where", "says", "asked"]))
    found["vendor"] = [_vendor(*each) for each in _lines(found, "record", "line", "subject")]
    found["field"] = [_fields(form, names, forms) for form, names in _lines(found, "form", "field")]
    found["site"] = _sites(found["subject"], sites)
    rank = {folder: number for number, folder in enumerate(folders)}
    found["visit"] = found["folder"].map(rank).fillna(len(rank))
    for name in REPEATS:
        found[f"{name}_number"] = pd.to_numeric(found[name], errors="coerce").fillna(-1)
    known = {name: form_name(form) for name, form in forms.items()}
    found["form"] = [known.get(name, name) for name in found["form"].tolist()]
    order = ["site", "subject", "visit", "folder", "instance_number", "form", "page_number", "line_number"]
    found = found.sort_values([*order, "vendor", "field", "rule", "query"], kind="stable", ignore_index=True)
    return found[list(COLUMNS)]


def form_name(form: Form) -> str:
    """What the EDC calls the form: several of our forms may be parts of one of its own."""
    path = PurePosixPath(form.source.path)
    return form.source.odm.removeprefix("FO.") or form.source.sheet or path.stem or form.name


def _lines(found: Frame, *columns: str) -> Iterator[tuple[str, ...]]:
    return zip(*(found[name].tolist() for name in columns), strict=True)


def _worded(found: Frame) -> Frame:
    """What each finding says and asks, in words for a site, and the record that it is about (`where`)."""
    keys = found["subject"] + "|" + found["keys"]
    found = found.assign(count=0, where=found["record"].where(found["record"] != "", keys))
    about = _lines(found, "message", "text", "variable", "field", "value")
    found["says"] = pd.Series([_says(*each) for each in about], found.index, "str")
    found["asked"] = pd.Series([_asked(todo) for todo in found["todo"].tolist()], found.index, "str")
    found["status"] = pd.Categorical(found["status"], ["open", "reopened", "new"], ordered=True)
    return found


def _says(message: str, text: str, variable: str, field: str, value: str) -> str:
    """`The graft was given before the infusion`"""
    if message in FOR_SITES:
        text = sentence(FOR_SITES[message])
    elif message == EMPTY and field:
        text = sentence("queries.not-derived" if value else "queries.empty")
    text = text.removeprefix(f"{variable}: ").rstrip(".")
    return f"{text[:1].upper()}{text[1:]}"


def _asked(todo: str) -> str:
    return todo.partition(";")[0].removeprefix(ASKS).strip(" .") or IT


def _needed(found: Frame) -> Frame:
    """The findings without those that another one asks better.

    That a variable is empty is asked where nothing else is asked of its field; about a field of an empty page
    only if nothing is asked about the page; about a page that is not there only if no page asks for the same.
    """
    drop = set()
    several = np.flatnonzero(found["where"].duplicated(keep=False))
    for rows in found.iloc[several].groupby("where").indices.values():
        lines = found.iloc[several[rows]].to_dict("records")
        drop |= {row for row, line in zip(several[rows], lines, strict=True) if _asked_better(line, lines)}
    there = found[found["folder"] != ""]
    asked = {*_lines(there, "subject", "asked")}
    nowhere = (found["folder"] == "") & ~found["dataset"].str.startswith("raw.")
    of_rule = nowhere & ~found["message"].isin(catalogue())
    pairs = _lines(found, "subject", "asked")
    drop |= {
        row for row, (pair, rule) in enumerate(zip(pairs, of_rule, strict=True)) if rule and pair in asked
    }
    return found.iloc[[row for row in range(len(found)) if row not in drop]]


def _asked_better(line: dict[str, str], lines: list[dict[str, str]]) -> bool:
    fields = set(line["field"].split())
    if not fields:
        return False
    if line["message"] == EMPTY:
        return any(other["message"] != EMPTY and fields & set(other["field"].split()) for other in lines)
    pages = [other for other in lines if other["dataset"].startswith("raw.") and not other["value"]]
    wider = (set(page["field"].split()) for page in pages)
    return not line["value"] and any(not more or fields < more for more in wider)


def _by_subject(found: Frame) -> Frame:
    """What more than MANY records of a subject ask alike as one line, of what these have in common."""
    same = ["subject", "says", "asked"]
    records = found.groupby(same)["where"].transform("nunique").astype("int64")
    many = found[records > MANY].assign(count=records[records > MANY], record="")
    if not len(many):
        return found
    many["where"] = many["subject"] + "|" + many["says"]
    common = many.groupby(same)[["form", "folder", "field", "value"]].transform("nunique") == 1
    for name in ("folder", "field"):
        common[name] &= common["form"]
    many[common.columns] = many[common.columns].where(common, "")
    return pd.concat([found[records <= MANY], many.assign(**dict.fromkeys(REPEATS, ""))], ignore_index=True)


def _by_place(found: Frame) -> Frame:
    """What is asked about the same fields of a record as one question, with its id.

    The id is that of the record and its fields, so that it stays when one of two reasons to ask is gone; a
    question about no field is known by its words.
    """
    fields = pd.Series(
        [" ".join(sorted(names.split())) for names in found["field"].tolist()], found.index, "str"
    )
    alone = (found["field"] == "") | (found["count"] > 0)
    about = fields.mask(alone, found["says"] + "|" + found["asked"])
    found["query"] = [
        sha256(f"{where}|{what}".encode()).hexdigest()[:12]
        for where, what in zip(found["where"].tolist(), about.tolist(), strict=True)
    ]
    found = _together(found, ["query"])
    words = _lines(found, "says", "asked", "count")
    found["question"] = [
        sentence("queries.ask-many" if count else "queries.ask", says=says, asked=asked, count=count)
        for says, asked, count in words
    ]
    found["rule"] = found["rule"].where(found["rule"] != "", found["message"])
    return found.assign(status=found["status"].astype("str"))


def _together(found: Frame, by: list[str]) -> Frame:
    """One row for each group: new only if all of it is. Different values are all shown."""
    several = found.duplicated(by, keep=False)
    if not several.any():
        return found
    together = found[several].sort_values([*by, "message", "id"], kind="stable").groupby(by, sort=False)
    all_of_it = {
        "value": together["value"].agg(_values),
        "field": together["field"].agg(lambda names: _each_once(" ".join(names).split(), " ")),
        "says": together["says"].agg(_each_once, ". "),
        "asked": together["asked"].agg(_all_asked),
        "rule": together["rule"].agg(_each_once, " "),
        "status": together["status"].min(),
        "first_seen": together["first_seen"].min(),
    }
    one = together.first().assign(**{name: column for name, column in all_of_it.items() if name not in by})
    return pd.concat([found[~several], one.reset_index()], ignore_index=True)


def _each_once(texts: Iterable[str], between: str) -> str:
    return between.join(dict.fromkeys(text for text in texts if text))


def _all_asked(texts: Iterable[str]) -> str:
    return _each_once((text for text in texts if text != IT), " and ") or IT


def _values(texts: Iterable[str]) -> str:
    """Values of the same fields in another order are the same."""
    return " / ".join({frozenset(text.split(", ")): text for text in texts if text}.values())


def _vendor(record: str, line: str, subject: str) -> str:
    """What tells a vendor's record from its others; a record of the EDC has its line."""
    return "" if line else record.partition("/")[2].removeprefix(f"{subject}/")


def _fields(form: str, names: str, forms: dict[str, Form]) -> str:
    return ", ".join(_named(form, name, forms) for name in names.split())


def _named(form: str, name: str, forms: dict[str, Form]) -> str:
    """`Overall Response [RSOVR]`; of another form `Blasts (%) [BM.BMBLAST]`."""
    other, _, field = name.rpartition(".")
    fields = forms[other or form].fields if (other or form) in forms else {}
    label = fields[field].label if field in fields else ""
    return f"{label} [{name}]" if label else name


def _sites(subjects: pd.Series, sites: dict[str, str]) -> list[str]:
    """The site of each subject number, or else the known one that the number names: `01-0014`."""
    known = {*sites.values()} - {""}
    return [
        sites.get(subject) or next((part for part in subject.split("-")[:-1] if part in known), "")
        for subject in subjects.tolist()
    ]


def write_listing(path: Path, queries: Frame, study: str) -> None:
    """The listing as a workbook."""
    title = f"Queries of {study}"
    write_workbook(path, queries, COLUMNS, title=title, sheet="Queries", widths=WIDTHS, frozen=3)


def pages_of(queries: Frame, study: str, extract: str) -> Iterator[tuple[str, str]]:
    """The pages of a listing, (file, HTML): `queries.html` counts them by site and leads to a page a site.

    A page of a site has a section for each subject that has an open query, a printed page each. Where nothing
    is asked there is `queries.html` alone.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("cdiscflow"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    places = [_place(*each) for each in _lines(queries, "folder", "form", *REPEATS)]
    lines = _lines(queries.assign(place=places), "site", "subject", "place", *ON_PAGE)
    sites = [_of_site(site, [*of_site]) for site, of_site in groupby(lines, itemgetter(0))]
    said = {"study": study, "extract": extract}
    total = {"subjects": sum(len(site["subjects"]) for site in sites), "queries": len(queries)}
    yield PAGE, environment.get_template("queries.html.j2").render(said, sites=sites, total=total)
    template = environment.get_template("queries_site.html.j2")
    for site in sites:
        yield site["file"], template.render(said, site=site)


def _place(folder: str, form: str, *repeats: str) -> str:
    """`D28 RS, visit 2, line 3`"""
    numbers = zip(("visit", "page", "line"), repeats, strict=True)
    return f"{folder} {form}" + "".join(f", {word} {n}" for word, n in numbers if n not in ("", "0"))


def _of_site(number: str, lines: list[tuple[str, ...]]) -> dict:
    """What the pages say of a site; a line is site, subject, place and the columns of ON_PAGE."""
    subjects = [(subject, [each[2:] for each in of]) for subject, of in groupby(lines, itemgetter(1))]
    seen = [line[-2:] for line in lines]
    return {
        "number": number,
        "file": _file_of(number),
        "subjects": subjects,
        "queries": len(lines),
        "new": sum(status == "new" for status, _ in seen),
        "first_seen": min(first for _, first in seen),
    }


def _file_of(site: str) -> str:
    """`site-01.html`; a number that is no part of a file's name is told by its hash."""
    name = f"-{site if PLAIN.fullmatch(site) else sha256(site.encode()).hexdigest()[:12]}" if site else ""
    return f"site{name}.html"

"""A data manager finds what a query is about by its coordinates, in the files as they were delivered."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from cdiscflow.home import Home
from cdiscflow.pipeline import Request, run_study
from clinical.check import check_study
from clinical.study import load_study
from edc.simulate.run import Order, simulate
from tests.edc.simulate.look import NIGHT, table

ROOT = Path(__file__).parents[2]
PLACE = ["Subject", "Folder", "InstanceRepeatNumber", "PageRepeatNumber", "RecordPosition"]
SHOWN = ["subject", "folder", "instance", "page", "line"]
# what follows from dirt on another page of the subject, by rule: the form that was changed
CONSEQUENCES = {
    "V-raw.RS-103": "BM",
    "V-ADRS-111": "BM RS",
    "V-raw.DS-101": "DTH",
    "V-DM-66": "DTH",
    "V-ADPC-103": "INF",
}


@dataclass(frozen=True)
class Night:
    """Findings and queries of a run on dirty subjects, the pages as delivered and what was planted."""

    findings: pd.DataFrame
    queries: pd.DataFrame
    pages: dict[str, list[dict[str, str]]]
    ledger: list[dict[str, str]]

    def at(self, form: str, place: list[str]) -> list[dict[str, str]]:
        """The records of a form at some coordinates: several where a page was entered twice."""
        return [page for page in self.pages[form] if [page[name] for name in PLACE] == place]


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Night:
    place = tmp_path_factory.mktemp("night")
    plan = check_study(load_study(ROOT / "mappings" / "rd1302", ROOT / "mappings" / "library"))
    order = Order(24, seed=1, dirty=True)
    (extract,) = simulate(plan.study.config, plan.study.forms, order, place / "data" / "rd1302")
    home = Home(ROOT / "mappings", place / "data", place / "outputs", ROOT / "validation")
    run = run_study(home, "rd1302", Request(who="test")).folder
    pages = {}
    for name, form in plan.study.forms.items():
        if form.source.path.startswith("edc_csv/"):
            pages[name] = _delivered(extract / form.source.path)
    queries = pd.read_csv(
        run / "queries" / "queries.csv", dtype="str", keep_default_na=False, encoding="utf-8-sig"
    )
    findings = pd.read_csv(
        run / "findings" / "findings.csv", dtype="str", keep_default_na=False, encoding="utf-8-sig"
    )
    return Night(findings, queries, pages, table(place / "data" / "rd1302" / f"{NIGHT}.dirt.csv"))


def _delivered(path: Path) -> list[dict[str, str]]:
    """The lines of a file with the leading zeros of the subject, which one line has lost."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        found = list(csv.DictReader(lines))
    for line in found:
        site, _, number = line["Subject"].partition("-")
        line["Subject"] = f"{site.zfill(2)}-{number.zfill(3)}"
    return found


def on_pages(shown: pd.DataFrame) -> pd.DataFrame:
    """Those with coordinates of the EDC: a vendor's rows have no line of a page."""
    return shown[(shown["form"] != "") & (shown["line"] != "")]


def test_every_finding_with_coordinates_leads_to_a_record_of_the_delivered_file(night):
    found = on_pages(night.findings)
    assert len(found) > 50
    for each in found.to_dict("records"):
        assert night.at(each["form"], [each[name] for name in SHOWN]), each


def test_what_a_query_shows_as_collected_stands_in_the_record(night):
    """Every value, in the cell of its field or of its code; of a page entered twice, one in each entry.

    What was looked up stands on another page of the visit: `BM.BMBLAST 56`.
    """
    asked = on_pages(night.queries)
    assert (asked["value"] != "").sum() > 30
    for each in asked.to_dict("records"):
        records = night.at(each["form"], [each[name] for name in SHOWN])
        cells = cells_of(records)
        for entry in each["value"].split(" / ") if len(records) > 1 else [each["value"]]:
            one = each["field"].count("[") <= 1
            for part in [entry] if one else entry.split(", "):
                name, _, value = ("", "", part) if one else part.partition(" ")
                form = name.rpartition(".")[0]
                there = cells_of(night.pages[form]) if form else cells
                both = re.fullmatch(r"(.*) \(code (.*)\)", value)
                assert {*(both.groups() if both else [value])} <= {"", *there}, (each, part)


def cells_of(records: list[dict[str, str]]) -> set[str]:
    """Every text of some records."""
    return {cell for record in records for cell in record.values() if isinstance(cell, str)}


def test_every_query_names_a_page_and_a_page_that_is_gone_is_asked_for_on_those_that_tell_of_it(night):
    """The death page of 01-009 was taken away; adverse event and end of study still tell of the death."""
    assert (night.queries["form"] != "").all()
    assert (night.queries["rule"] != "").all()
    taken = [line["record"] for line in night.ledger if line["after"] == "" and line["before"] == "(removed)"]
    assert "DTH/01-009/LOG/0/0/0" in taken
    asking = night.queries[night.queries["question"].str.contains("the death page.", regex=False)]
    asking = asking[asking["subject"] == "01-009"]
    assert asking[["form", "rule"]].to_numpy().tolist() == [["AE", "B-DIRT-22"], ["DS", "B-DIRT-22"]]


def test_no_query_is_asked_twice_about_a_record(night):
    assert not night.queries.duplicated(["subject", "form", *SHOWN[1:], "question", "field", "value"]).any()
    assert night.queries["query"].is_unique


def test_what_nobody_made_dirty_is_asked_by_nobody(night):
    """A finding is on a record of the ledger, or follows from one of the same subject."""
    planted = {line[name] for line in night.ledger for name in ("record", "asked")} - {""}
    changed = {tuple(line["record"].split("/")[:2]) for line in night.ledger}
    found = night.findings[(night.findings["record"] != "") & (night.findings["severity"] != "info")]
    assert len(found) > 50
    for each in found[~found["record"].isin(planted)].to_dict("records"):
        causes = {(form, each["subject"]) for form in CONSEQUENCES[each["message"]].split()}
        assert causes & changed, each

"""Reconciliation: what came in went somewhere, counted a second time by the csv module [C-RECON]."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from cdiscflow.deriving import rebuild
from cdiscflow.reconciliation import COLUMNS, Asked, Totals, reconcile, totals, write_sheet
from clinical.check import Plan
from clinical.derive import Derived
from clinical.errors import InputError
from clinical.findings import COLUMNS as FINDING
from edc.read import Extract, read_extract
from tests.rules.studies import STUDIES, plan_of
from tests.studies.rd1302 import WORKED

NOBODY_ASKED = Asked([], {})
NO_FINDINGS = pd.DataFrame(columns=[*FINDING, "id", "status"], dtype="str")


def lines_of(path: Path) -> list[dict[str, str]]:
    """The records of a file, by other code than the product's."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file) if any(row.values())]


@dataclass
class Read:
    """An extract read and derived."""

    folder: Path
    plan: Plan
    extract: Extract
    derived: Derived

    def sheet(self, asked: Asked = NOBODY_ASKED, findings: pd.DataFrame = NO_FINDINGS) -> pd.DataFrame:
        return reconcile(self.plan, self.extract, self.derived, asked, findings)


def plant_rows(folder: Path) -> None:
    """Five more lines in SVT: of a test, of a test subject, deleted, entered twice, and without a subject."""
    path = folder / "edc_csv" / "SVT.csv"
    rows = lines_of(path)
    first = rows[0]
    more = [
        {**first, "environment": "UAT"}, {**first, "Subject": "99-999"}, {**first, "RecordActive": "0"},
        first, {**first, "Subject": ""},
    ]  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(first), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows([*rows, *more])
    stated = folder / "manifest.json"
    manifest = json.loads(stated.read_text("utf-8"))
    manifest["files"]["edc_csv/SVT.csv"] = {
        "rows": len(rows) + len(more), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()
    }  # fmt: skip
    stated.write_text(json.dumps(manifest), "utf-8")


@pytest.fixture(scope="module")
def dirty(tmp_path_factory) -> Read:
    """The worked subjects with rows that the reader must leave out."""
    folder = tmp_path_factory.mktemp("recon") / WORKED.name
    shutil.copytree(WORKED, folder)
    plant_rows(folder)
    plan = plan_of("rd1302")
    extract = read_extract(folder, plan.study.forms, plan.study.config)
    return Read(folder, plan, extract, rebuild(plan, extract.frames, STUDIES["rd1302"][1], None).derived)


def counted(sheet: pd.DataFrame, part: str, source: str) -> list[tuple[str, str, str, str]]:
    mine = sheet[(sheet["part"] == part) & (sheet["source"] == source)]
    return list(mine[["what", "reason", "rule", "records"]].itertuples(index=False, name=None))


def test_each_file_has_as_many_lines_as_the_csv_module_counts_and_forms_claim_them_all(dirty):
    sheet = dirty.sheet()
    files = sheet[sheet["part"] == "files"]
    said = files[files["what"] == "lines"].set_index("source")["records"].astype(int)
    second = {path: len(lines_of(dirty.folder / path)) for path in said.index}
    assert said.to_dict() == second
    assert set(second) == {path.relative_to(dirty.folder).as_posix() for path in dirty.folder.rglob("*.csv")}
    assert set(files.loc[files["what"] == "unexplained", "records"]) == {"0"}


def test_of_each_form_what_came_in_was_mapped_or_set_aside_with_a_reason(dirty):
    sheet = dirty.sheet()
    records = sheet[sheet["part"] == "records"].assign(count=lambda frame: frame["records"].astype(int))
    for _form, lines in records.groupby("source"):
        sums = Counter(dict(lines.groupby("what")["count"].sum()))
        assert sums["delivered"] == sums["mapped"] + sums["set aside"]
        assert sums["unexplained"] == 0
        assert (lines.loc[lines["what"] == "set aside", "reason"] != "").all()


def test_a_page_of_a_test_or_deleted_or_entered_twice_is_set_aside_under_its_rule(dirty):
    whole = len(lines_of(dirty.folder / "edc_csv" / "SVT.csv"))
    assert counted(dirty.sheet(), "records", "SVT") == [
        ("delivered", "", "", str(whole)),
        ("set aside", "other environment", "B-DIRT-8", "1"),
        ("set aside", "inactive", "B-DIRT-7", "1"),
        ("set aside", "test subject", "B-DIRT-8", "1"),
        ("set aside", "no subject", "C-ID", "1"),
        ("set aside", "repeated, identical", "B-DIRT-5", "1"),
        ("mapped", "", "", str(whole - 5)),
        ("unexplained", "", "", "0"),
    ]


def test_two_forms_of_one_file_share_its_lines_as_the_csv_module_divides_them(dirty):
    rows = lines_of(dirty.folder / "edc_csv" / "IE.csv")
    header = sum(row["RecordPosition"] == "0" for row in rows)
    assert counted(dirty.sheet(), "files", "edc_csv/IE.csv") == [
        ("lines", "", "", str(len(rows))),
        ("claimed by form IE", "", "", str(header)),
        ("claimed by form IELINE", "", "", str(len(rows) - header)),
        ("unexplained", "", "", "0"),
    ]


def test_the_totals_are_the_sums_of_the_forms(dirty):
    found = totals(dirty.sheet())
    assert found.delivered == sum(len(lines_of(path)) for path in dirty.folder.rglob("*.csv"))
    assert found.delivered == found.mapped + sum(found.aside.values())
    assert (found.aside["inactive"], found.aside["other environment"], found.unexplained) == (1, 1, 0)


def test_a_record_that_nothing_took_and_nothing_set_aside_is_unexplained(dirty):
    account = dirty.derived.account.copy()
    mine = account["source"] == "raw.SVT"
    account.loc[mine & (account["reason"] == "taken by a dataset"), "records"] -= 2
    account.loc[mine & (account["reason"] == "taken by none"), "records"] += 2
    lost = replace(dirty, derived=replace(dirty.derived, account=account))
    assert counted(lost.sheet(), "records", "SVT")[-1] == ("unexplained", "", "", "2")
    assert totals(lost.sheet()).unexplained == 2


def test_lines_of_a_file_that_no_form_claims_are_unexplained(dirty):
    """Three lines more in one file and two fewer in another: five, and not one."""
    files = dirty.extract.files.copy()
    files.loc[files["path"] == "edc_csv/SVT.csv", "rows"] += 3
    files.loc[files["path"] == "edc_csv/BM.csv", "rows"] -= 2
    sheet = replace(dirty, extract=replace(dirty.extract, files=files)).sheet()
    assert counted(sheet, "files", "edc_csv/SVT.csv")[-1] == ("unexplained", "", "", "3")
    assert counted(sheet, "files", "edc_csv/BM.csv")[-1] == ("unexplained", "", "", "-2")
    assert totals(sheet).unexplained == 5


def test_where_a_form_is_unreadable_every_record_of_the_others_is_accounted_for(dirty):
    """Forms that are only looked up in, or read by a program, are set aside for the datasets that stopped."""
    frames = {name: frame for name, frame in dirty.extract.frames.items() if name != "IC"}
    extract = replace(dirty.extract, frames=frames, refused={"IC": "cut"})
    derived = rebuild(dirty.plan, frames, STUDIES["rd1302"][1], None).derived
    assert {"DM", "SV"} <= set(derived.stopped)
    sheet = replace(dirty, extract=extract, derived=derived).sheet()
    for form in ("DM", "SVT", "RS"):
        last = {what: reason for what, reason, _, _ in counted(sheet, "records", form)}["set aside"]
        assert last.startswith("not derived: ")
    assert totals(sheet).unexplained == 0


def test_records_whose_dataset_stopped_are_set_aside_for_that(dirty):
    """RS is read by the dataset RS, which is not in the run."""
    account = dirty.derived.account.copy()
    account = account[(account["source"] != "raw.RS") | (account["dataset"] == "")]
    mine = account["source"] == "raw.RS"
    count = int(account.loc[mine & (account["reason"] == "taken by a dataset"), "records"].sum())
    account.loc[mine & (account["reason"] == "taken by a dataset"), "records"] = 0
    account.loc[mine & (account["reason"] == "taken by none"), "records"] = count
    stopped = replace(dirty.derived, account=account, stopped={"RS": "a fault"})
    lines = counted(replace(dirty, derived=stopped).sheet(), "records", "RS")
    assert ("set aside", "not derived: RS stopped", "", str(count)) in lines
    assert lines[-1] == ("unexplained", "", "", "0")


@pytest.mark.parametrize(("accounted", "unexplained"), [(2, "0"), (1, "2")])
def test_records_left_out_by_a_rule_are_named_with_it_if_it_accounts_for_all(dirty, accounted, unexplained):
    """Two records of SVT that no dataset took; SV left out as many, or one only."""
    account = dirty.derived.account.copy()
    mine = account["source"] == "raw.SVT"
    account.loc[mine & (account["reason"] == "taken by a dataset"), "records"] -= 2
    account.loc[mine & (account["reason"] == "taken by none"), "records"] += 2
    account = account[~mine | (account["dataset"] == "")]
    line = {"source": "raw.SVT", "dataset": "SV", "part": "", "reason": "keep", "rule": "B.3"}
    more = pd.DataFrame([{**line, "records": accounted}])
    derived = replace(dirty.derived, account=pd.concat([account, more], ignore_index=True))
    sheet = replace(dirty, derived=derived).sheet()
    lines = counted(sheet, "records", "SVT")
    assert (("set aside", "SV: keep", "B.3", "2") in lines) == (accounted == 2)
    assert lines[-1] == ("unexplained", "", "", unexplained)
    assert totals(sheet).aside.get("left out by rule", 0) == (2 if accounted == 2 else 0)


def test_a_form_that_could_not_be_read_is_named_and_in_no_account(dirty):
    refused = {"HSCT": InputError("raw.file-missing", "HSCT", file="edc_csv/HSCT.csv")}
    account = dirty.extract.account[dirty.extract.account["form"] != "HSCT"]
    files = dirty.extract.files.copy()
    files.loc[files["path"] == "edc_csv/HSCT.csv", "rows"] = float("nan")
    extract = replace(dirty.extract, refused=refused, account=account, files=files)
    sheet = replace(dirty, extract=extract).sheet()
    words = "the file could not be read; see the finding"
    assert counted(sheet, "files", "edc_csv/HSCT.csv") == [("refused", words, "", "")]
    assert counted(sheet, "records", "HSCT") == [("refused", words, "", "")]


def test_every_field_is_read_or_not_submitted_with_a_reason(dirty):
    fields = dirty.sheet()
    fields = fields[fields["part"] == "fields"]
    assert set(fields["what"]) == {"read", "not submitted"}
    assert (fields.loc[fields["what"] == "not submitted", "reason"] != "").all()
    named = sorted(
        f"{source}.{name}" for source, names in zip(fields["source"], fields["value"], strict=True)
        for name in names.split()
    )  # fmt: skip
    forms = dirty.plan.study.forms.values()
    assert named == sorted(f"{form.name}.{name}" for form in forms for name in form.fields)
    assert fields["records"].astype(int).sum() == len(named)


@dataclass
class Check:
    """As much of a rule as a cross-check shows."""

    id: str
    dataset: str
    says: str = "they disagree"
    reconciles: str = "deaths"


FOUND = {
    "message": "V-raw.DTH-9", "subject": "01-004", "form": "DTH", "folder": "LOG", "field": "DTHDAT",
    "value": "=2+2", "text": "they disagree", "status": "open",
}  # fmt: skip


def test_a_cross_check_shows_what_it_looked_at_and_the_findings_behind_it(dirty):
    rules = [
        Check("V-raw.DTH-9", "raw.DTH"), Check("V-DM-9", "DM"), Check("V-PP-9", "PP"),
        Check("V-DM-8", "DM", reconciles=""),
    ]  # fmt: skip
    closed, other = {**FOUND, "status": "closed"}, {**FOUND, "message": "V-raw.DTH-8"}
    findings = pd.DataFrame([FOUND, closed, other], columns=NO_FINDINGS.columns).astype("str")
    outputs = {name: output for name, output in dirty.derived.outputs.items() if name != "PP"}
    read = replace(dirty, derived=replace(dirty.derived, outputs=outputs, stopped={"PP": "a fault"}))
    sheet = read.sheet(Asked(rules, {"V-DM-9": "DM: DD is not in this run"}), findings)
    deaths = len(lines_of(dirty.folder / "edc_csv" / "DTH.csv"))
    assert set(sheet.loc[sheet["part"] == "cross-checks", "source"]) == {"deaths"}
    assert counted(sheet, "cross-checks", "deaths") == [
        ("raw.DTH: records looked at", "they disagree", "V-raw.DTH-9", str(deaths)),
        ("raw.DTH: findings", "they disagree", "V-raw.DTH-9", "1"),
        ("finding", "they disagree", "V-raw.DTH-9", ""),
        ("not asked", "DM: DD is not in this run", "V-DM-9", ""),
        ("not asked", "not derived: PP stopped", "V-PP-9", ""),
    ]
    (line,) = sheet[sheet["what"] == "finding"].to_dict("records")
    assert (line["subject"], line["place"], line["value"]) == ("01-004", "DTH LOG DTHDAT", "=2+2")


def test_the_workbook_holds_text_only_and_has_the_same_bytes_each_time(dirty, tmp_path):
    findings = pd.DataFrame([FOUND], columns=NO_FINDINGS.columns).astype("str")
    sheet = dirty.sheet(Asked([Check("V-raw.DTH-9", "raw.DTH")], {}), findings)
    for name in ("one.xlsx", "two.xlsx"):
        write_sheet(tmp_path / name, sheet, "S")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    rows = CalamineWorkbook.from_path(tmp_path / "one.xlsx").get_sheet_by_index(0).to_python()
    assert rows[0] == list(COLUMNS.values())
    assert len(rows) == len(sheet) + 1
    assert {type(cell) for row in rows for cell in row} == {str}
    assert rows[-1][-1] == "=2+2"


def test_the_summary_says_it_in_one_line():
    whole = Totals(100, 90, {"inactive": 3, "not submitted": 7}, 0)
    assert (
        str(whole) == "100 records in, 90 mapped, 10 set aside (3 inactive, 7 not submitted), 0 unexplained"
    )
    assert str(Totals(5, 4, {}, 1)) == "5 records in, 4 mapped, 0 set aside, 1 unexplained"


def test_a_run_prints_it_and_keeps_both_files(home, run):
    lines = run("run", "mini", "--force").out.splitlines()
    folder = home.latest / "findings"
    assert (folder / "reconciliation.csv").is_file()
    assert (folder / "reconciliation.xlsx").is_file()
    said = home.manifest(home.latest)["reconciled"]
    assert said.endswith(" 0 unexplained")
    assert f"  reconciled: {said}" in lines

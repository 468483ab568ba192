"""Writes what a run made into its folder; what is as it was in the last run is linked from there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import pandas as pd

from cdiscflow.account import field_account, row_account
from cdiscflow.home import Delivery
from cdiscflow.queries import page_of, queries_of, write_listing
from cdiscflow.reconciliation import Asked, reconcile, totals, write_sheet
from clinical.check import Plan
from clinical.derive import Derived
from clinical.findings import with_status
from clinical.fingerprint import hash_of
from clinical.manifest import read_manifest
from clinical.output import Output
from clinical.run import Run, read_frame
from clinical.store import content_hash, write_csv
from clinical.xpt import Variable, write_xpt
from edc.read import Extract

FORMATS = {"Date": "DATE9.", "Datetime": "DATETIME20."}
NO_DAY = datetime(2000, 1, 1)  # header date of the XPT files of an extract that does not say its day
FINDINGS = "findings/findings.parquet"


def write_datasets(
    job: Run, before: Path | None, outputs: dict[str, Output], delivery: Delivery
) -> dict[str, dict[str, object]]:
    """Parquet, lineage and XPT of every dataset; what the manifest says of each."""
    old = read_manifest(before)["datasets"] if before else {}
    described = {}
    for name, output in outputs.items():
        described[name] = entry = _described(output, delivery)
        stem = name.lower()
        files = (
            f"{output.layer}/{stem}.parquet",
            f"lineage/{stem}.parquet",
            f"xpt/{output.layer}/{stem}.xpt",
        )
        if before and old.get(name) == entry:
            for file in files:
                job.link(file, before)
            continue
        job.write_frame(files[0], output.frame, schema_of_output(output), str(entry["content"]))
        job.write_frame(files[1], output.lineage, content=str(entry["lineage"]))
        _write_xpt(job.path(files[2]), output, delivery)
    return described


def schema_of_output(output: Output) -> dict[str, str]:
    """The types of a dataset's columns, for the store."""
    return {variable.name: variable.type for variable in output.variables}


def _described(output: Output, delivery: Delivery) -> dict[str, object]:
    shape = [[v.name, v.label, v.type] for v in output.variables]
    return {
        "content": content_hash(output.frame, schema_of_output(output)),
        "lineage": content_hash(output.lineage),
        "shape": hash_of([shape, output.label, delivery.day]),
        "rows": len(output.frame),
        "columns": len(output.variables),
        "label": output.label,
        "keys": list(output.keys),
    }


def _write_xpt(path: Path, output: Output, delivery: Delivery) -> None:
    variables = [
        Variable(v.name, v.label, "Char" if v.type == "Char" else "Num", None, FORMATS.get(v.type, ""))
        for v in output.variables
    ]
    created = datetime.fromisoformat(delivery.day) if delivery.day else NO_DAY
    write_xpt(path, output.frame, name=output.name, label=output.label, variables=variables, created=created)


def write_findings(
    job: Run, before: Path | None, found: list[pd.DataFrame], extract: str, stopped: Collection[str]
) -> pd.DataFrame:
    """All findings with their status against the last run, as Parquet and for a spreadsheet."""
    old = read_frame(before, FINDINGS) if before else None
    findings = with_status(pd.concat(found, ignore_index=True), old, extract, stopped)
    job.write_frame(FINDINGS, findings)
    write_csv(job.path("findings/findings.csv"), findings)
    return findings


def write_accounts(job: Run, plan: Plan, extract: Extract, derived: Derived) -> None:
    """Where every record and every field went."""
    write_csv(job.path("findings/row_account.csv"), row_account(extract, derived))
    write_csv(job.path("findings/field_account.csv"), field_account(plan))


def write_reconciliation(
    job: Run, plan: Plan, extract: Extract, derived: Derived, asked: Asked, findings: pd.DataFrame
) -> str:
    """The reconciliation as CSV and workbook; its totals for the run summary."""
    sheet = reconcile(plan, extract, derived, asked, findings)
    write_csv(job.path("findings/reconciliation.csv"), sheet)
    write_sheet(job.path("findings/reconciliation.xlsx"), sheet, plan.study.id)
    return str(totals(sheet))


def write_queries(
    job: Run, plan: Plan, extract: Extract, derived: Derived, findings: pd.DataFrame, name: str
) -> None:
    """What the sites have to answer: workbook, CSV and a page with a section a subject."""
    study = plan.study
    folders = [str(visit["folder"]) for visit in study.config.get("visits", []) if "folder" in visit]
    dm = derived.outputs["DM"].frame if "DM" in derived.outputs else pd.DataFrame()
    queries = queries_of(findings, sites_of(extract.frames, dm), folders, study.forms)
    write_csv(job.path("queries/queries.csv"), queries)
    write_listing(job.path("queries/queries.xlsx"), queries, study.id)
    job.write_text("queries/queries.html", page_of(queries, study.id, name))


def sites_of(frames: dict[str, pd.DataFrame], dm: pd.DataFrame) -> dict[str, str]:
    """The site of each subject number: that of DM, or else what its pages say."""
    sites: dict[str, str] = {}
    for frame in frames.values():
        if "SiteNumber" in frame and "Subject" in frame:
            pages = frame[["Subject", "SiteNumber"]].dropna().drop_duplicates("Subject")
            sites = dict(zip(pages["Subject"], pages["SiteNumber"], strict=True)) | sites
    if "SITEID" in dm and "SUBJID" in dm:
        sites |= dict(zip(dm["SUBJID"], dm["SITEID"].fillna(""), strict=True))
    return sites


def counts(findings: pd.DataFrame) -> dict[str, int]:
    """How many findings are open, by severity."""
    still = findings[findings["status"] != "closed"]
    return {level: int((still["severity"] == level).sum()) for level in ("error", "warning", "info")}

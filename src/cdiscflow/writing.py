"""Writes what a run made into its folder; what is as it was in the last run is linked from there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cdiscflow.account import field_account, row_account
from cdiscflow.home import Delivery
from cdiscflow.memory import KeptOutput
from cdiscflow.queries import pages_of, queries_of, write_listing
from cdiscflow.reconciliation import Asked, reconcile, totals, write_sheet
from cdiscflow.waivers import Waiver, about_waivers, waived
from clinical.check import Plan
from clinical.derive import Derived
from clinical.findings import with_status
from clinical.fingerprint import hash_of
from clinical.manifest import read_manifest
from clinical.output import Output
from clinical.raw_frames import RawFrames
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
    """Parquet and lineage of every dataset; what the manifest says of each."""
    old = read_manifest(before)["datasets"] if before else {}
    described = {}
    for name, output in outputs.items():
        described[name] = entry = _described(output, delivery)
        files = (f"{output.layer}/{name.lower()}.parquet", f"lineage/{name.lower()}.parquet")
        if isinstance(output, KeptOutput) or _same(old, name, entry):
            for file in files:
                job.link(file, before)
            continue
        job.write_frame(files[0], output.frame, schema_of_output(output), str(entry["content"]))
        job.write_frame(files[1], output.lineage, content=str(entry["lineage"]))
    return described


def write_xpts(
    job: Run, before: Path | None, outputs: dict[str, Output], delivery: Delivery, described: dict[str, dict]
) -> None:
    """The XPT file of every dataset; `described` is what the manifest says of each."""
    old = read_manifest(before)["datasets"] if before else {}
    for name, output in outputs.items():
        file = f"xpt/{output.layer}/{name.lower()}.xpt"
        if _same(old, name, described[name]):
            job.link(file, before)
        else:
            _write_xpt(job.path(file), output, delivery)


def _same(old: dict[str, dict], name: str, entry: dict[str, object]) -> bool:
    """Whether the files of a dataset are those of the last run."""
    return old.get(name) == entry


def schema_of_output(output: Output) -> dict[str, str]:
    """The types of a dataset's columns, for the store."""
    return {variable.name: variable.type for variable in output.variables}


def _described(output: Output, delivery: Delivery) -> dict[str, object]:
    shape = [[v.name, v.label, v.type] for v in output.variables]
    if isinstance(output, KeptOutput):
        return output.entry | {"shape": hash_of([shape, output.label, delivery.day])}
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
    job: Run,
    before: Path | None,
    found: list[pd.DataFrame],
    delivery: Delivery,
    stopped: Collection[str],
    waivers: list[Waiver],
) -> pd.DataFrame:
    """All findings with their status against the last run and their waivers, as Parquet and for a
    spreadsheet; a waiver that is about none, or has expired, is a finding too.
    """
    old = read_frame(before, FINDINGS) if before else None
    whole = pd.concat(found, ignore_index=True)
    findings = with_status(whole, old, delivery.name, stopped)
    notes = about_waivers(findings, waivers, delivery.day)
    if len(notes):
        findings = with_status(pd.concat([whole, notes]), old, delivery.name, stopped)
    findings = waived(findings, waivers, delivery.day)
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
    """What the sites have to answer: workbook, CSV and a page a site with a section a subject."""
    study = plan.study
    folders = [str(visit["folder"]) for visit in study.config.get("visits", []) if "folder" in visit]
    dm = derived.outputs.get("DM")
    dm = dm.read([name for name in ("SUBJID", "SITEID") if name in dm.columns]) if dm else pd.DataFrame()
    sites = sites_of(extract.frames, dm, findings["subject"])
    queries = queries_of(findings, sites, folders, study.forms)
    write_csv(job.path("queries/queries.csv"), queries)
    write_listing(job.path("queries/queries.xlsx"), queries, study.id)
    for file, page in pages_of(queries, study.id, name):
        job.write_text(f"queries/{file}", page)


def sites_of(raw: RawFrames, dm: pd.DataFrame, asked: Iterable[str] | None = None) -> dict[str, str]:
    """The site of each subject number: that of DM, or else the first of those that its pages say.

    No page is read where DM has a site for each of `asked`.
    """
    sites: dict[str, str] = {}
    if "SITEID" in dm and "SUBJID" in dm:
        sites = dict(zip(dm["SUBJID"], dm["SITEID"].fillna(""), strict=True))
    if asked is not None and all(map(sites.get, {*asked} - {""})):
        return sites
    known = pa.array([*sites], pa.large_string())
    others = [pd.DataFrame({"Subject": [], "SiteNumber": []}, dtype="str")]
    for form in raw:
        if {"SiteNumber", "Subject"} <= set(raw.columns(form)):
            subjects = raw.column(form, "Subject")
            strange = np.flatnonzero(~np.asarray(pc.is_in(pa.array(subjects), known)))
            if len(strange):
                pages = {"Subject": subjects, "SiteNumber": raw.column(form, "SiteNumber")}
                others.append(pd.DataFrame(pages).iloc[strange])
    pages = pd.concat(others).dropna().sort_values(["Subject", "SiteNumber"]).drop_duplicates("Subject")
    return sites | dict(zip(pages["Subject"], pages["SiteNumber"], strict=True))

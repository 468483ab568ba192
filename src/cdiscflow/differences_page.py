"""What changed since the last run as people read it: a workbook, one page, and Parquet, in `changes/`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd

from cdiscflow.differences import (
    CAUSES,
    CUT,
    RECORDS,
    Night,
    cells_moved,
    differences,
    findings_moved,
)
from cdiscflow.edits import EDITS
from cdiscflow.tables import RESULTS, SUBJECTS
from cdiscflow.workbook import Sheet, write_sheets
from cdiscflow.writing import FINDINGS
from clinical.files import file_hash
from clinical.frames import Frame
from clinical.run import Run, read_frame
from clinical.store import read_parquet
from clinical.study import Study

PAGE, SHEET = "changes/changes.html", "changes/changes.xlsx"
FILES = {name: f"changes/{name}.parquet" for name in ("records", "findings", "cells", "edits")}
MOST_ROWS, MOST_SHOWN = 100_000, 500  # of a sheet, of a list on the page; all are in Parquet
FINDING = ["status", "cause", "severity", "message", "dataset", "variable", "keys", "record", "value", "text"]
PLACE = ["display", "analysis", "parent", "level", "group", "part", "statistic", "old", "new", "cause"]
TITLES = {
    "records": {"cause": "Cause", "dataset": "Dataset", "change": "Change", "keys": "Record",
                "variable": "Variable", "old": "Before", "new": "Now", "pages": "EDC record edited"},
    "findings": {"status": "Status", "cause": "Cause", "severity": "Severity", "message": "Message",
                 "dataset": "Dataset", "variable": "Variable", "keys": "Record", "record": "EDC record",
                 "value": "Value", "text": "What is wrong"},
    "cells": {"cause": "Cause", "display": "Display", "analysis": "Row", "parent": "Within", "level": "Level",
              "group": "Column", "part": "Part", "statistic": "Statistic", "old": "Before", "new": "Now"},
    "edits": {"USUBJID": "Subject", "form": "Form", "record": "EDC record", "change": "Change"},
    "cut": {"dataset": "Dataset", "change": "Change", "variable": "Variable", "count": "Values or records"},
}  # fmt: skip
NAMES = {
    "edits": "EDC records edited", "records": "Records of datasets", "findings": "Findings",
    "cells": "Cells of displays", "cut": "Moved by the cut alone",
}  # fmt: skip
WIDTHS = {
    "keys": 42, "record": 34, "pages": 34, "old": 24, "new": 24, "text": 60, "value": 24, "cause": 14,
    "message": 20, "USUBJID": 20, "analysis": 20, "level": 24, "group": 20, "variable": 12, "count": 18,
}  # fmt: skip


def write_changes(
    job: Run, night: Night, findings: Frame, datasets: Callable[[str], tuple[str, ...]]
) -> dict[str, dict[str, int]]:
    """How many records, findings and cells differ from the run before, by kind and cause.

    Writes them to `changes/`: Parquet with all, a workbook with a sheet a kind, and a page. What the cut
    alone moved is summed up by variable there, and not listed.
    """
    records = differences(night)
    found = {
        "edits": night.mine[EDITS],
        "records": records,
        "findings": findings_moved(findings, read_frame(night.before, FINDINGS), records, night),
        "cells": _cells(job, night, records, datasets),
    }
    for name, columns in (("edits", EDITS), ("records", RECORDS), ("findings", FINDING), ("cells", PLACE)):
        job.write_frame(FILES[name], found[name][columns], dict.fromkeys(columns, "Char"))
    counts = {name: _counts(found[name]) for name in ("records", "findings", "cells")}
    lists = {name: found[name].loc[_listed(found[name])].fillna("") for name in found}
    lists["cut"] = _summed(records[(records["cause"] == CUT).to_numpy()])
    title = (
        f"{night.plan.study.id}: what changed since the run of extract {night.manifest['extract']['name']}"
    )
    sheets = [Sheet(NAMES[name], lists[name].head(MOST_ROWS), TITLES[name]) for name in NAMES]
    write_sheets(job.path(SHEET), sheets, title=title, widths=WIDTHS)
    job.write_text(PAGE, _page(title, night, counts, lists))
    return counts


def datasets_of_displays(study: Study) -> Callable[[str], tuple[str, ...]]:
    """Which datasets a display reads; none of one that the study no longer has."""
    from cdiscflow.explain_display import displays_of

    @cache
    def known() -> dict[str, tuple[str, ...]]:
        return {name: display.datasets for name, display in displays_of(study).items()}

    return lambda name: known().get(name, ())


def write_first(job: Run, study: str) -> None:
    """The page of a run with none before it."""
    job.write_text(PAGE, _rendered(title=f"{study}: the first run", changed=[], counts={}, parts=[]))


def _listed(frame: Frame) -> pd.Series:
    """What is listed one by one: all but what the cut alone moved."""
    return frame["cause"] != CUT if "cause" in frame else pd.Series(True, index=frame.index)


def _cells(job: Run, night: Night, records: Frame, datasets: Callable[[str], tuple[str, ...]]) -> Frame:
    nothing = pd.DataFrame(columns=PLACE, dtype="str")
    old, new = night.manifest["files"].get(RESULTS), job.folder / RESULTS
    if old is None or not new.is_file() or file_hash(new) == old["sha256"]:
        return nothing
    sides = (
        (read_frame(night.before, RESULTS), read_frame(night.before, SUBJECTS)),
        (read_parquet(new), read_parquet(job.folder / SUBJECTS)),
    )
    return cells_moved(sides, datasets, records, night)


def _counts(frame: Frame) -> dict[str, int]:
    found = frame["cause"].value_counts()
    return {cause: int(found[cause]) for cause in CAUSES if cause in found}


def _summed(records: Frame) -> Frame:
    names = ["dataset", "change", "variable"]
    return records.groupby(names, sort=True).size().reset_index(name="count")


def _page(title: str, night: Night, counts: dict[str, dict[str, int]], lists: dict[str, Frame]) -> str:
    parts = [
        {
            "name": NAMES[name],
            "anchor": name,
            "titles": list(TITLES[name].values()),
            "rows": lists[name][list(TITLES[name])].head(MOST_SHOWN).astype("str").to_numpy().tolist(),
            "count": len(lists[name]),
            "file": FILES.get(name, FILES["records"]).partition("/")[2],
        }
        for name in NAMES
    ]
    return _rendered(title=title, changed=night.changed, counts=counts, parts=parts)


def _rendered(**told: object) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("changes.html.j2").render(causes=CAUSES, most=MOST_SHOWN, **told)

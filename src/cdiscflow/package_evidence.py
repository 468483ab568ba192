"""What an official package rests on beside the gate: findings of the run, a second implementation, a second
run [F-5, F-6, F-7].
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from cdiscflow.home import Home
from cdiscflow.pipeline import Request, run_study
from clinical.errors import RunError
from clinical.findings import CLOSED
from clinical.manifest import read_manifest
from clinical.store import read_parquet
from clinical.study import Study
from submission.contents import Contents
from submission.core import is_set, validate
from submission.gate import Report
from submission.guides import OpenFinding
from submission.plan import PackagePlan
from submission.tree import Fault

FINDINGS = "findings/findings.parquet"
FOLDER = "second"
SAME = (".xpt", ".parquet", ".csv", ".xml", ".json", ".rtf", ".html", ".pdf", ".png", ".svg")
OWN = ("manifest.json", "changes/", "queries/", "findings/", "state/", "tlf/index")
SHOWN = 5


def open_findings(run: Path, report: Report, plan: PackagePlan) -> list[OpenFinding]:
    """The open findings of run and gate by rule and dataset, with what the study says of them; no infos."""
    frame = read_parquet(run / FINDINGS)
    frame = frame[(frame["status"] != CLOSED) & (frame["severity"] != "info")]
    found = []
    for (message, dataset), rows in frame.groupby(["message", "dataset"], sort=True):
        first = rows.iloc[0]
        found.append(OpenFinding(message, dataset, first["severity"], len(rows), _plain(first["text"])))
    gate: dict[tuple[str, str], list[object]] = {}
    for fault in report.faults:
        if fault.severity != "info":
            gate.setdefault((fault.id, fault.dataset), []).append(fault)
    for (id_, dataset), faults in sorted(gate.items()):
        count = sum(one.count for one in faults)
        found.append(OpenFinding(id_, dataset, faults[0].severity, count, _plain(faults[0].text)))
    explained = []
    for one in found:
        said = plan.explained(one.rule, one.dataset)
        explained.append(replace(one, disposition=said.disposition, explanation=said.text) if said else one)
    order = {"error": 0, "warning": 1}
    return sorted(explained, key=lambda one: (order[one.severity], one.rule, one.dataset))


def _plain(text: str) -> str:
    return " ".join(text.split())


def outside(folder: Path, made: Contents) -> tuple[list[Fault], str]:
    """What CDISC CORE says of a package, where it is set up, and a sentence for the guides."""
    if not is_set():
        return [], "CDISC CORE was not asked."
    faults: list[Fault] = []
    said = []
    guides = {"sdtm": ("sdtmig", "sdtm_ig", "3.4"), "adam": ("adamig", "adam_ig", "1.3")}
    for layer, (standard, setting, default) in guides.items():
        if layer in made.defines:
            version = str(made.study.config.get(setting, default))
            result = validate(folder / made.places.layer(layer), standard, version)
            faults += result.faults
            said.append(result.sentence(f"{standard.upper()} {version}"))
    return faults, " ".join(said)


def second_evidence(home: Home, study: str, run: Path, needed: bool) -> dict[str, object] | None:
    """What the second implementation of a study says of a run's ADRS and ADTTE; None where there is none.

    It runs as a process of its own, which reads the transport files and knows nothing of this product.
    Raises: RunError package.no-second where an official package needs it, package.second-failed.
    """
    folder = home.validation / study / FOLDER
    if not (folder / "compare.py").is_file():
        if needed:
            raise RunError("package.no-second", study, study=study)
        return None
    with tempfile.TemporaryDirectory(prefix="cdiscflow-") as name:
        out, xpt = Path(name) / "second.json", run / "xpt"
        about = [xpt / "sdtm", xpt / "adam", home.mappings / study / "study.yml", "--out", out]
        module = f"{home.validation.name}.{study}.{FOLDER}"
        ended = subprocess.run(
            [sys.executable, "-m", module, *map(str, about)],
            cwd=home.validation.parent, capture_output=True, check=False,
        )  # fmt: skip
        if not out.is_file():
            raise RunError("package.second-failed", study, code=ended.returncode)
        return json.loads(out.read_bytes())


def made_again(home: Home, study: Study, run: Path) -> None:
    """Derives the run's extract once more, from nothing, and compares every file [F-6].

    Raises: RunError package.not-reproduced with the files that differ.
    """
    with tempfile.TemporaryDirectory(prefix="cdiscflow-") as name:
        elsewhere = replace(home, outputs=Path(name))
        summary = run_study(elsewhere, study.name, Request(who="cdiscflow", why="made again", force=True))
        again, first = (read_manifest(one)["files"] for one in (summary.folder, run))
    files = sorted(file for file in set(again) | set(first) if _counts(file))
    differ = [file for file in files if _hash(again, file) != _hash(first, file)]
    if differ:
        named = ", ".join(differ[:SHOWN])
        raise RunError("package.not-reproduced", study.name, run=run.name, count=len(differ), files=named)


def _hash(files: dict[str, dict], file: str) -> str:
    return files.get(file, {}).get("sha256", "")


def _counts(file: str) -> bool:
    """Whether a file is a result; what compares with the run before is not."""
    return file.endswith(SAME) and not file.startswith(OWN)

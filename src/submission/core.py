"""CDISC CORE, the outside validator: a program of an environment of its own, run if a setting names it.

CDISCFLOW_CORE is its command (`/opt/core/bin/python /opt/core/core.py`), CDISCFLOW_CORE_RULES a list of rules
(all where it is not set), CDISCFLOW_CORE_SECONDS the time limit of a rule. A rule that does not finish, or
that CORE could not run, is said so and is never a pass. The CDISC Library key stays in CORE's environment.

Source: notes_conformance.md 1; JSON report of cdisc-rules-engine 0.9 to 0.17.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from clinical.errors import RunError
from submission.tree import Fault, fault

COMMAND, RULES, SECONDS = "CDISCFLOW_CORE", "CDISCFLOW_CORE_RULES", "CDISCFLOW_CORE_SECONDS"
A_RULE, EVERYTHING = 120, 330
RAN = ("SUCCESS", "ISSUE REPORTED")
DETAILS, SUMMARY, RUN_RULES = "Conformance_Details", "Issue_Summary", "Rules_Report"


@dataclass(frozen=True)
class CoreResult:
    """What CORE said: findings by rule and dataset, how many rules ran, those that did not finish."""

    version: str
    rules: int
    faults: tuple[Fault, ...]
    unfinished: tuple[str, ...]

    def sentence(self, standard: str) -> str:
        """The sentence for a reviewer's guide."""
        issues = [one for one in self.faults if one.id == "core.issue"]
        count, rules = sum(one.count for one in issues), len({one.text.split(":")[0] for one in issues})
        late = f" {len(self.unfinished)} rules did not finish." if self.unfinished else ""
        ran = f"CDISC CORE {self.version} ran {self.rules} rules of {standard}"
        return f"{ran}: {rules} rules found {count} issues.{late}"


def is_set() -> bool:
    """Whether the outside validator is set up."""
    return bool(os.environ.get(COMMAND, "").strip())


def validate(folder: Path, standard: str, version: str) -> CoreResult:
    """What CORE says of the datasets in a folder; rule by rule where CDISCFLOW_CORE_RULES names them.

    Raises: RunError core.not-set, core.failed, core.report.
    """
    if not is_set():
        raise RunError("core.not-set", "CDISC CORE", name=COMMAND)
    limit = int(os.environ.get(SECONDS, A_RULE))
    rules = os.environ.get(RULES, "").replace(",", " ").split()
    if not rules:
        report = _run(folder, standard, version, (), limit * EVERYTHING)
        if report is None:
            return CoreResult("", 0, (fault("core.time", folder.name, seconds=limit * EVERYTHING),), ("all",))
        return read_report(report, folder.name)
    results, late = [], []
    for rule in rules:
        report = _run(folder, standard, version, (rule,), limit)
        if report is None:
            late.append(rule)
        else:
            results.append(read_report(report, folder.name))
    timed = [fault("core.time", folder.name, variable=rule, seconds=limit) for rule in late]
    found = [one for result in results for one in result.faults]
    unfinished = [*late, *(rule for result in results for rule in result.unfinished)]
    known = next((result.version for result in results), "")
    return CoreResult(known, sum(one.rules for one in results), (*found, *timed), tuple(unfinished))


def _run(folder: Path, standard: str, version: str, rules: tuple[str, ...], limit: int) -> bytes | None:
    """The JSON report; None where the time was up, and then its processes are gone."""
    with tempfile.TemporaryDirectory(prefix="cdiscflow-") as name:
        out = Path(name) / "report"
        call = [
            *shlex.split(os.environ[COMMAND]),
            "validate",
            "-s",
            standard,
            "-v",
            version.replace(".", "-"),
        ]
        call += [
            "-d",
            str(folder),
            "-of",
            "JSON",
            "-o",
            str(out),
            *(part for one in rules for part in ("-r", one)),
        ]
        process = subprocess.Popen(
            call,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return None
        report = out.with_suffix(".json")
        if code or not report.is_file():
            raise RunError("core.failed", folder.name, code=code)
        return report.read_bytes()


def read_report(content: bytes, file: str) -> CoreResult:
    """The findings of a JSON report, by rule and dataset; values of subjects are left in the report.

    Raises: RunError core.report.
    """
    try:
        told = json.loads(content)
        about, issues, rules = told[DETAILS], told[SUMMARY], told[RUN_RULES]
        found = [_finding(one, file) for one in issues]
        unfinished = tuple(str(one["core_id"]) for one in rules if str(one["status"]).upper() not in RAN)
        release = str(about.get("CORE_Engine_Version", ""))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError("core.report", file, problem=type(error).__name__) from error
    late = [fault("core.not-run", file, variable=rule, rule=rule) for rule in unfinished]
    return CoreResult(release, len(rules), (*found, *late), unfinished)


def _finding(one: dict[str, object], file: str) -> Fault:
    dataset = str(one["dataset"]).removesuffix(".xpt").upper()
    told = f"{one['core_id']}: {one['message']}"
    return fault("core.issue", file, dataset, count=int(one["issues"]), found=told)

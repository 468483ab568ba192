"""A submission package of a run: made, judged, signed, recorded [F.1, F.7].

A draft shows what is there. An official package is of the frozen cut and of the specs and programs that are
here, has no finding without an explanation, agrees with the second implementation, can be made again byte by
byte, and is signed; the signature is in the audit trail, never in the package.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cdiscflow.changes import describe_specs
from cdiscflow.home import CHECKOUT, Home, is_day
from cdiscflow.package_evidence import made_again, open_findings, outside, second_evidence
from cdiscflow.runs import find_run
from clinical.audit import SHORTEST_NAME, SHORTEST_REASON, append_audit
from clinical.errors import InputError, RunError
from clinical.files import file_hash, files_below, json_bytes, remove_tree, write_bytes
from clinical.lock import study_lock
from clinical.manifest import NAME, Digests, check_files, read_manifest
from clinical.packages import PACKAGES, UNFINISHED, record_package
from clinical.run import COMPLETE, recover
from clinical.study import Study
from submission.contents import Contents, begin, environment, finish, rows_and_variables
from submission.datasets import write_dataset_json
from submission.gate import Report, data_faults, file_faults, report_json, report_lines, report_of
from submission.guides import Facts, OpenFinding, decisions_for_reviewers
from submission.plan import PackagePlan, read_plan
from submission.tree import open_tree

DRAFT, OFFICIAL = "draft", "official"
PURPOSES = (DRAFT, OFFICIAL)
GATE, SECOND, SIGNED = "gate.json", "second.json", "sign-off"
MOST = 20


@dataclass(frozen=True)
class Asked:
    """A request for a package; `meaning` is what a signature means, `sealed` the manifest that is signed."""

    run: str
    purpose: str
    who: str
    reason: str
    meaning: str = ""
    sealed: str = ""


@dataclass(frozen=True)
class Packed:
    """A package that was made: where it is, what the gate says, the hash of its manifest.

    `open` counts the kinds of findings without an explanation; a draft may have them.
    """

    folder: Path
    report: Report
    seal: str
    open: int


def make_package(home: Home, study: str, asked: Asked, warn: Callable[[str], object] | None = None) -> Packed:
    """The folder `outputs/<study>/packages/<purpose>-<run>`, made anew; an official one must be signed.

    Raises: InputError for what the request lacks; RunError where the run is damaged or not fit to be
            submitted; SpecErrors of the study's words for its package.
    """
    _check_request(study, asked)
    if asked.purpose == OFFICIAL and not asked.meaning.strip():
        raise InputError("package.unsigned", study)
    with _candidate(home, study, asked, warn) as packed:
        if asked.sealed and asked.sealed != packed.seal:
            raise RunError("package.signed-other", packed.folder.name)
        return _place(home, study, asked, packed)


def try_package(home: Home, study: str, asked: Asked, warn: Callable[[str], object] | None = None) -> Packed:
    """The same without leaving a package: what somebody is asked to sign.

    Raises: as `make_package`, but for the signature.
    """
    _check_request(study, asked)
    with _candidate(home, study, asked, warn) as packed:
        return packed


def _check_request(study: str, asked: Asked) -> None:
    if asked.purpose not in PURPOSES:
        raise InputError("ask.purpose", study, purpose=asked.purpose, known=" or ".join(PURPOSES))
    if len(asked.who.strip()) < SHORTEST_NAME:
        raise InputError("ask.package-who", study)
    if len(asked.reason.strip()) < SHORTEST_REASON:
        raise InputError("package.reason", study, shortest=SHORTEST_REASON)


class _candidate:
    """The package under a hidden name, judged; gone afterwards unless it was placed. Holds the lock."""

    def __init__(self, home: Home, study: str, asked: Asked, warn: Callable[[str], object] | None):
        self.home, self.name, self.asked = home, study, asked
        self.source = find_run(home, study, asked.run)
        self.lock = study_lock(home.outputs / study, f"package of {study}", say=warn)
        folder = home.outputs / study / PACKAGES
        self.folder = folder / f"{UNFINISHED}{asked.purpose}-{self.source.name}"

    def __enter__(self) -> Packed:
        self.lock.__enter__()
        try:
            recover(self.home.outputs / self.name, self.asked.who)
            for fault in check_files(self.source, read_manifest(self.source), Digests()).values():
                raise fault
            remove_tree(self.folder)
            return self._made()
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __exit__(self, *_: object) -> None:
        remove_tree(self.folder)
        self.lock.__exit__(None, None, None)

    def _made(self) -> Packed:
        study = self.home.load(self.name)
        plan = read_plan(study.folder)
        official = self.asked.purpose == OFFICIAL
        _check_run(self.home, study, self.source, official)
        evidence = second_evidence(self.home, self.name, self.source, official)
        made = begin(study, plan, self.source, self.folder)
        write_dataset_json(made)
        tree = open_tree(self.folder)
        asked, said = outside(self.folder, made)
        faults = [*data_faults(tree), *asked]
        found = open_findings(self.source, report_of(tree, faults), plan)
        finish(made, _facts(self.source, found, evidence, said))
        report = report_of(tree, [*faults, *file_faults(open_tree(self.folder))])
        self._complete(made, report, plan, evidence)
        if official:
            _refuse_open(self.name, open_findings(self.source, report, plan), evidence)
            made_again(self.home, study, self.source)
        unexplained = sum(not one.explanation for one in open_findings(self.source, report, plan))
        return Packed(self.folder, report, file_hash(self.folder / NAME), unexplained)

    def _complete(
        self, made: Contents, report: Report, plan: PackagePlan, evidence: dict[str, object] | None
    ) -> None:
        """What lies beside module 5: the gate's report, the evidence, checksums."""
        write_bytes(self.folder / GATE, json_bytes(report_json(report, plan)))
        if evidence is not None:
            write_bytes(self.folder / SECOND, json_bytes(evidence))
        write_bytes(self.folder / f"run-{NAME}", (self.source / NAME).read_bytes())
        files = {}
        for path in files_below(self.folder):
            files[path.relative_to(self.folder).as_posix()] = entry = {"sha256": file_hash(path)}
            if path.suffix == ".xpt":
                entry |= rows_and_variables(path)
        about = {"run": self.source.name, "purpose": self.asked.purpose, "study": made.study.id}
        write_bytes(self.folder / NAME, json_bytes({**about, "files": files}))


def _check_run(home: Home, study: Study, run: Path, official: bool) -> None:
    """The specs must be those of the run; for an official package also programs, cut and completeness."""
    manifest = read_manifest(run)
    name = manifest["extract"]["name"]
    now = describe_specs(home, study, name if is_day(name) else "")
    if any(manifest[name] != now[name] for name in ("spec", "terminology")):
        raise RunError("package.specs", study.name, run=run.name)
    if not official:
        return
    if manifest["code"] != now["code"]:
        raise RunError("package.code", study.name, run=run.name)
    if manifest["run"]["status"] != COMPLETE or manifest["stops"]:
        raise RunError("package.stops", study.name, run=run.name)
    frozen = study.setting("data_cut")
    if not frozen or str(frozen) != manifest["cut"] or manifest["run"]["asked"].get("cut"):
        raise RunError("package.cut", study.name, run=run.name)


def _facts(run: Path, found: list[OpenFinding], evidence: dict[str, object] | None, core: str) -> Facts:
    manifest = read_manifest(run)
    second = ""
    if evidence is not None:
        second = (
            f"ADRS and ADTTE were derived a second time by an independent program: {evidence['cells']} cells "
            f"compared, {evidence['differences']} differ."
        )
    return Facts(
        run=run.name,
        cut=manifest["cut"],
        reconciled=f"Raw records: {manifest['reconciled']}.",
        environment=environment(run),
        findings=found,
        decisions=decisions_for_reviewers(CHECKOUT / "docs" / "decisions"),
        second=second,
        core=core,
    )


def _refuse_open(study: str, found: list[OpenFinding], evidence: dict[str, object] | None) -> None:
    """Raises: RunError package.unexplained, package.no-second, package.second."""
    open_ = [one for one in found if not one.explanation]
    if open_:
        lines = [f"{one.severity}: {one.rule} {one.dataset}: {one.text} ({one.count})" for one in open_]
        shown = "\n".join(lines[:MOST] + ([f"and {len(lines) - MOST} more"] if len(lines) > MOST else []))
        raise RunError("package.unexplained", study, count=len(lines), faults=shown)
    if evidence is None:
        raise RunError("package.no-second", study, study=study)
    if evidence["differences"]:
        raise RunError("package.second", study, count=evidence["differences"], file=SECOND)


def _place(home: Home, study: str, asked: Asked, packed: Packed) -> Packed:
    """Gives the package its name, and its lines in the audit trail."""
    target = packed.folder.with_name(packed.folder.name.removeprefix(UNFINISHED))
    remove_tree(target)
    os.rename(packed.folder, target)
    record_package(target, asked.who, asked.reason)
    if asked.purpose == OFFICIAL:
        told = {"package": target.name, "manifest": packed.seal, "meaning": asked.meaning.strip()}
        run = json.loads((target / NAME).read_bytes())["run"]
        append_audit(home.outputs / study, SIGNED, asked.who, asked.reason, {"run": run}, told)
    return Packed(target, packed.report, packed.seal, packed.open)


def package_lines(study: str, asked: Asked, packed: Packed) -> list[str]:
    """What a person reads about a package that was made."""
    counts = report_json(packed.report)["counts"]
    lines = [
        f"{study}: {asked.purpose} package {packed.folder.name}",
        f"  gate:     {packed.report.datasets} datasets, {packed.report.records} records read: "
        f"{counts['error']} error, {counts['warning']} warning, {counts['info']} info",
        f"  to explain before it can be official: {packed.open} kinds of findings",
        f"  manifest: {packed.seal}",
    ]
    return [*lines, *(f"  {line}" for line in report_lines(packed.report.errors[:MOST]))]

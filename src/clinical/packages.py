"""Packages of a study (`outputs/<study>/packages`): a line of the audit trail each, and whether they are as
it says.
"""

from __future__ import annotations

import json
from pathlib import Path

from clinical.audit import append_audit
from clinical.errors import RunError
from clinical.files import file_hash
from clinical.manifest import NAME, Digests, check_listed

PACKAGES, PACKAGE, UNFINISHED = "packages", "package", ".tmp-"


def packages_of(home: Path) -> list[Path]:
    """The folders of all packages, by name."""
    return sorted(path for path in (home / PACKAGES).glob("*") if not path.name.startswith(UNFINISHED))


def record_package(package: Path, who: str, why: str) -> None:
    """The audit line of a package: its run, and the hash of its manifest."""
    run = json.loads((package / NAME).read_bytes())["run"]
    told = {"package": package.name, "manifest": file_hash(package / NAME)}
    append_audit(package.parents[1], PACKAGE, who, why, {"run": run}, told)


def check_packages(home: Path, lines: list[dict]) -> list[RunError]:
    """What of the packages is not as the last line about each of them says: gone, unknown, changed."""
    said = {line["outputs"]["package"]: line["outputs"]["manifest"] for line in lines
            if "package" in line["outputs"]}  # fmt: skip
    there = packages_of(home)
    names = {path.name for path in there}
    faults = [RunError("run.package-missing", f"{PACKAGES}/{name}") for name in said if name not in names]
    for path in there:
        if path.name not in said:
            faults.append(RunError("run.package-unrecorded", f"{PACKAGES}/{path.name}"))
        faults += _faults(path, said.get(path.name))
    return faults


def _faults(package: Path, recorded: str | None) -> list[RunError]:
    file = package / NAME
    if recorded is not None and (not file.is_file() or file_hash(file) != recorded):
        return [RunError("run.package-changed", f"{PACKAGES}/{package.name}/{NAME}")]
    try:
        listed = json.loads(file.read_bytes())["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return [RunError("run.package-changed", f"{PACKAGES}/{package.name}/{NAME}")]
    faults = check_listed(package, listed, Digests())
    return [RunError(fault.id, f"{PACKAGES}/{fault.at}") for fault in faults.values()]

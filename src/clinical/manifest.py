"""`manifest.json` of a run: what went in, what came out, and the hash of every file.

All but the parts `run` and `hash` is the same for every run on the same input; `hash` is the hash of it. What
belongs to this one run (id, who, why, status, start, timings, why a dataset was rebuilt) is in `run`.
"""

from __future__ import annotations

import json
from pathlib import Path

from clinical.errors import RunError
from clinical.files import file_hash, files_below, json_bytes, write_bytes
from clinical.fingerprint import hash_of

NAME = "manifest.json"
OWN = {"run", "hash", "files"}
NOT_HASHED = {"run", "hash"}


def read_manifest(path: Path) -> dict:
    """The manifest of the run in folder `path`.

    Raises: RunError run.manifest-unreadable.
    """
    try:
        manifest = json.loads((path / NAME).read_bytes())
        _ = {name: manifest[name] for name in OWN}
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise RunError("run.manifest-unreadable", f"{path.name}/{NAME}") from fault
    return manifest


def write_manifest(path: Path, content: dict, files: dict[str, dict], run: dict) -> None:
    """The manifest of a run whose files are all written; `files` tells sha256 and bytes of each."""
    whole = json.loads(json_bytes({**content, "files": files}))  # hashed as it is read: keys are text then
    write_bytes(path / NAME, json_bytes({**whole, "hash": manifest_hash(whole), "run": run}))


def manifest_hash(manifest: dict) -> str:
    """The hash of what is the same for every run on the same input."""
    return hash_of({name: value for name, value in manifest.items() if name not in NOT_HASHED})


class Digests:
    """SHA-256 of files, each inode read once: a linked file is a file of several runs."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], str] = {}

    def of(self, path: Path) -> str:
        """The SHA-256 of the file at `path`."""
        inode = inode_of(path)
        if inode not in self._known:
            self._known[inode] = file_hash(path)
        return self._known[inode]


def inode_of(path: Path) -> tuple[int, int]:
    """What two names of one file have in common."""
    status = path.stat()
    return status.st_dev, status.st_ino


def check_files(path: Path, manifest: dict, digests: Digests) -> dict[str, RunError]:
    """What is wrong with the files of a finished run, by file: changed, missing, added, or its manifest."""
    faults: dict[str, RunError] = {}
    if manifest_hash(manifest) != manifest["hash"]:
        faults[NAME] = RunError("run.manifest-changed", f"{path.name}/{NAME}")
    return faults | check_listed(path, manifest["files"], digests)


def check_listed(path: Path, listed: dict[str, dict], digests: Digests) -> dict[str, RunError]:
    """What is wrong with the files of a folder beside its manifest, by file: changed, missing, added."""
    faults: dict[str, RunError] = {}
    present = {file.relative_to(path).as_posix(): file for file in files_below(path)}
    for name, entry in listed.items():
        file = present.pop(name, None)
        if file is None:
            faults[name] = RunError("run.file-missing", f"{path.name}/{name}")
        elif file.is_symlink() or digests.of(file) != entry["sha256"]:
            faults[name] = RunError("run.file-changed", f"{path.name}/{name}")
    for name in present:
        if name != NAME:
            faults[name] = RunError("run.file-added", f"{path.name}/{name}")
    return faults

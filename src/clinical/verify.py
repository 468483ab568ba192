"""`cdiscflow verify`: does everything of a study still say what it said when it was finished?"""

from __future__ import annotations

from pathlib import Path

from clinical.audit import read_chain, recorded_runs, torn_fault
from clinical.errors import RunError
from clinical.files import WRITE_BITS, file_hash, files_below, folders_below
from clinical.manifest import NAME as MANIFEST
from clinical.manifest import Digests, check_files, inode_of, read_manifest
from clinical.packages import check_packages
from clinical.run import RUNS, UNFINISHED, last_accepted, latest_run
from clinical.store import content_hash, read_parquet

Faults = list[RunError]
OTHERS = 0o007


def verify(home: Path) -> Faults:
    """What in `outputs/<study>` does not match: audit trail, manifests, files, contents, modes, `latest`,
    packages.

    Needs:  no run of the study going on (hold its lock where one might be).
    """
    chain = read_chain(home)
    faults = [*chain.faults, *([torn_fault(chain)] if chain.torn else [])]
    said = recorded_runs(chain.lines)
    runs = home / RUNS
    folders = sorted(path for path in runs.glob("*") if not path.name.startswith(UNFINISHED))
    faults += [RunError("run.unrecorded", path.name) for path in folders if path.name not in said]
    for run_id, outputs in said.items():
        if not outputs.get("removed") and not (runs / run_id).is_dir():
            faults.append(RunError("run.missing", run_id))
    faults += _runs(folders, said)
    return faults + _latest(home) + check_packages(home, chain.lines) + _readable(home)


def _runs(folders: list[Path], said: dict[str, dict]) -> Faults:
    faults: Faults = []
    digests, read_before = Digests(), {}
    damaged: dict[tuple[int, int], str] = {}
    for path in folders:
        try:
            manifest = read_manifest(path)
        except RunError as fault:
            faults.append(fault)
            continue
        found = check_files(path, manifest, digests)
        expected = said.get(path.name, {}).get("manifest")
        if expected is not None and file_hash(path / MANIFEST) != expected:
            found[MANIFEST] = RunError("run.manifest-changed", f"{path.name}/{MANIFEST}")
        found |= _contents(path, manifest, set(found), read_before)
        faults += [*found.values(), *_writable(path)]
        damaged |= {inode_of(path / name): name for name in found if (path / name).is_file()}
    return faults + _shared(folders, damaged)


def _contents(path: Path, manifest: dict, known: set[str], read_before: dict) -> dict[str, RunError]:
    """Frames whose bytes are right and whose values read differently: another release of the reader."""
    faults: dict[str, RunError] = {}
    for name, entry in manifest["files"].items():
        if name in known or "content" not in entry:
            continue
        inode = inode_of(path / name)
        if inode not in read_before:
            read_before[inode] = content_hash(read_parquet(path / name))
        if read_before[inode] != entry["content"]:
            faults[name] = RunError("run.content-changed", f"{path.name}/{name}")
    return faults


def _writable(path: Path) -> Faults:
    places = [*files_below(path), *folders_below(path)]
    open_ones = [place for place in places if place.lstat().st_mode & WRITE_BITS and not place.is_symlink()]
    return [RunError("run.writable", place.relative_to(path.parent).as_posix()) for place in open_ones]


def _readable(home: Path) -> Faults:
    """What any account of the machine may read, write or enter."""
    places = [home, *files_below(home), *folders_below(home)] if home.is_dir() else []
    found = [place for place in places if not place.is_symlink() and place.lstat().st_mode & OTHERS]
    return [RunError("run.readable", place.relative_to(home.parent).as_posix()) for place in found]


def _shared(folders: list[Path], damaged: dict[tuple[int, int], str]) -> Faults:
    """Which runs hold the same file where one is at fault: what is done to one of them is done to all."""
    holders: dict[tuple[int, int], list[str]] = {inode: [] for inode in damaged}
    for path in folders:
        for file in files_below(path):
            if not file.is_symlink() and inode_of(file) in holders:
                holders[inode_of(file)].append(path.name)
    shared = {inode: runs for inode, runs in holders.items() if len(runs) > 1}
    return [RunError("run.shared", damaged[inode], runs=", ".join(runs)) for inode, runs in shared.items()]


def _latest(home: Path) -> Faults:
    shown, expected = latest_run(home), last_accepted(home)
    if (shown.name if shown else None) == expected:
        return []
    return [RunError("run.latest", home.name, run=expected or "none")]

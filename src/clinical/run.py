"""A run of a study on disk: written beside its place, made durable and read-only, shown only when complete.

A kill at any moment leaves the run before it whole; `recover` puts in order what it left at the start of the
next run (architecture.md 4).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from clinical.audit import (
    append_audit,
    begin_new_chain,
    read_chain,
    recorded_runs,
    set_torn_aside,
)
from clinical.clock import utc_now
from clinical.errors import DerivationError, RunError, sentence
from clinical.files import (
    FINISHED_FILE,
    FINISHED_FOLDER,
    FOLDER,
    file_hash,
    files_below,
    folders_below,
    inside,
    link_or_copy,
    make_folder,
    remove_tree,
    safe_name,
    sync,
    write_bytes,
)
from clinical.fingerprint import hash_of
from clinical.lock import require_lock
from clinical.manifest import NAME as MANIFEST
from clinical.manifest import OWN, Digests, check_files, read_manifest, write_manifest
from clinical.packages import packages_of, record_package
from clinical.store import Frame, content_hash, read_parquet, schema_of, write_parquet

RUNS, LATEST, UNFINISHED = "runs", "latest", ".tmp-"
COMPLETE, WITH_STOPS = "complete", "completed with stops"
INTERRUPTED, RECORDED_AGAIN, REMOVED = "completed after interruption", "recorded again", "retention"
INPUTS = ("extract", "cut", "spec", "code", "packages")


class Run:
    """A run that is being written. Its files go below `folder`; nobody sees them before `finish`."""

    def __init__(self, home: Path, run_id: str, event: str) -> None:
        self.home, self.id, self.event = home, run_id, event
        self.folder = home / RUNS / f"{UNFINISHED}{run_id}"
        self._started = utc_now()
        self._linked: dict[str, dict] = {}
        self._contents: dict[str, str] = {}
        self._manifests: dict[Path, dict] = {}

    @classmethod
    def begin(cls, home: Path, run_id: str, *, event: str = "run", who: str = "cdiscflow") -> Run:
        """A new run in `home` (`outputs/<study>`), after what an interrupted one left there is put in order.

        Needs:  the study's lock; an id of `next_run_id`.
        Raises: RunError run.exists, run.name, and what `recover` raises.
        """
        recover(home, who)
        run = cls(home, safe_name(run_id), event)
        if run_id in recorded_runs(read_chain(home).lines) or (home / RUNS / run_id).exists():
            raise RunError("run.exists", f"{home.name} {run_id}")
        make_folder(run.folder)
        return run

    def path(self, relative: str) -> Path:
        """Where a file of this run is to be written by somebody else; its folder is made.

        Raises: DerivationError run.file-twice where it is there already: it may be an older run's file too.
        """
        path = inside(self.folder, relative)
        if path.exists() or relative == MANIFEST:
            raise DerivationError("run.file-twice", relative)
        make_folder(path.parent)
        return path

    def write_bytes(self, relative: str, data: bytes) -> None:
        """A new file of this run."""
        write_bytes(self.path(relative), data)

    def write_text(self, relative: str, text: str) -> None:
        """A new file of this run, in UTF-8, its line ends as they are in `text`."""
        self.write_bytes(relative, text.encode())

    def write_frame(
        self,
        relative: str,
        frame: Frame,
        schema: Mapping[str, str] | None = None,
        content: str | None = None,
        groups: Sequence[int] | None = None,
    ) -> str:
        """A new Parquet file of this run; gives its content hash (`content`, if that is known already)."""
        layout = schema_of(frame) if schema is None else schema
        write_parquet(self.path(relative), frame, layout, groups)
        self._contents[relative] = content_hash(frame, layout) if content is None else content
        return self._contents[relative]

    def link(self, relative: str, previous: Path) -> None:
        """The file of the finished run in folder `previous` is a file of this run too.

        Raises: RunError run.not-in-previous, run.file-missing, run.file-changed.
        """
        if previous not in self._manifests:
            self._manifests[previous] = read_manifest(previous)
        entry = _entry(self._manifests[previous], previous, relative)
        target = self.path(relative)
        if link_or_copy(inside(previous, relative), target):
            self._linked[relative] = entry
        elif file_hash(target) != entry["sha256"]:
            raise RunError("run.file-changed", f"{previous.name}/{relative}")
        if "content" in entry:
            self._contents[relative] = entry["content"]

    def discard(self) -> None:
        """Nothing of this run stays."""
        remove_tree(self.folder)

    def finish(
        self, manifest: Mapping[str, object], status: str, who: str, why: str, *, accept_stops: bool = False
    ) -> Path:
        """The folder of the run, complete and read-only; `latest` shows it if its status is accepted.

        Needs:  what differs between two runs on one input (timings, why a dataset was rebuilt) in the part
                `run` of `manifest`; in `accept_stops` the study's policy on runs completed with stops.
        """
        require_lock(self.home)
        accepted = status == COMPLETE or (accept_stops and status == WITH_STOPS)
        said = {"id": self.id, "event": self.event, "who": who, "why": why, "status": status}
        run = {**dict(manifest.get("run", {})), **said, "accepted": accepted, "started": self._started}
        content = {name: value for name, value in manifest.items() if name not in OWN}
        write_manifest(self.folder, content, self._files(), run)
        self._make_durable()
        self._take_write_bits()
        final = self.home / RUNS / self.id
        os.rename(self.folder, final)
        sync(self.home / RUNS)
        _record(final, self.event)
        if accepted:
            _show(self.home, self.id)
        return final

    def _files(self) -> dict[str, dict]:
        entries: dict[str, dict] = {}
        for path in files_below(self.folder):
            name = path.relative_to(self.folder).as_posix()
            inside(self.folder, name)
            if name in self._linked:
                entries[name] = self._linked[name]
                continue
            entries[name] = {"sha256": file_hash(path), "bytes": path.stat().st_size}
            if name in self._contents:
                entries[name]["content"] = self._contents[name]
        return entries

    def _own_files(self) -> list[Path]:
        return [
            p for p in files_below(self.folder) if p.relative_to(self.folder).as_posix() not in self._linked
        ]

    def _make_durable(self) -> None:
        for path in self._own_files():
            sync(path)
        for folder in folders_below(self.folder):
            sync(folder)

    def _take_write_bits(self) -> None:
        for path in self._own_files():
            os.chmod(path, FINISHED_FILE)
        for folder in folders_below(self.folder):
            os.chmod(folder, FINISHED_FOLDER)


def next_run_id(home: Path, extract: str, digest: str) -> str:
    """`<extract>-<first 8 hex digits of digest>`, with -2, -3 for a repeat; an id is never used twice.

    Needs:  `digest` is the hash of extract, specs, code and versions.
    """
    base = safe_name(f"{extract}-{digest[:8]}")
    used = {*recorded_runs(read_chain(home).lines), *(path.name for path in _folders(home))}
    run_id, number = base, 1
    while run_id in used:
        number += 1
        run_id = f"{base}-{number}"
    return run_id


def read_frame(
    finished: Path, relative: str, columns: list[str] | None = None, manifest: dict | None = None
) -> Frame:
    """A frame of the finished run in folder `finished`, if its file is still the one its manifest names.

    Raises: RunError run.not-in-previous, run.file-missing, run.file-changed.
    """
    return read_parquet(checked(finished, relative, manifest or read_manifest(finished)), columns)


def checked(finished: Path, relative: str, manifest: dict) -> Path:
    """The place of a file of a finished run, if it is still the one its manifest names.

    Raises: RunError run.not-in-previous, run.file-missing, run.file-changed.
    """
    entry, path = _entry(manifest, finished, relative), inside(finished, relative)
    if file_hash(path) != entry["sha256"]:
        raise RunError("run.file-changed", f"{finished.name}/{relative}")
    return path


def _entry(manifest: dict, finished: Path, relative: str) -> dict:
    entry, at = manifest["files"].get(relative), f"{finished.name}/{relative}"
    if entry is None:
        raise RunError("run.not-in-previous", at)
    path = inside(finished, relative)
    if not path.is_file():
        raise RunError("run.file-missing", at)
    if path.stat().st_size != entry["bytes"]:
        raise RunError("run.file-changed", at)
    return entry


def latest_run(home: Path) -> Path | None:
    """The folder of the last accepted run of `outputs/<study>`, or None before the first."""
    link = home / LATEST
    if not link.is_symlink():
        return None
    shown = Path(os.readlink(link))
    return home / shown if shown.parent == Path(RUNS) and (home / shown).is_dir() else None


def accepted_runs(home: Path) -> list[str]:
    """The ids of the accepted runs whose folders are there, in the order they were finished."""
    recorded = recorded_runs(read_chain(home).lines)
    return [run for run, said in recorded.items() if said.get("accepted") and (home / RUNS / run).is_dir()]


def last_accepted(home: Path) -> str | None:
    """The id of the run that `latest` is to show."""
    return next(reversed(accepted_runs(home)), None)


def sound_run(home: Path) -> tuple[Path | None, RunError | None]:
    """The last accepted run of which every file is as it was finished, and what is wrong with the one that
    `latest` shows: the next run takes over from the first and from nothing else.
    """
    shown, digests = latest_run(home), Digests()
    damage = _damage_of(shown, digests) if shown else None
    if damage is None:
        return shown, None
    older = (home / RUNS / run for run in reversed(accepted_runs(home)) if run != shown.name)
    return next((run for run in older if _damage_of(run, digests) is None), None), damage


def newest_run(home: Path) -> Path | None:
    """The folder of the last finished run, accepted or with stops, or None before the first."""
    recorded = recorded_runs(read_chain(home).lines)
    there = [run for run in recorded if (home / RUNS / run).is_dir()]
    return home / RUNS / there[-1] if there else None


def recover(home: Path, who: str = "cdiscflow") -> list[str]:
    """What an interrupted run left in `outputs/<study>` is put in order; a sentence for each thing done.

    Raises: RunError run.audit-broken, run.two-unrecorded, run.unrecorded-damaged; then nothing is shown.
    """
    require_lock(home)
    make_folder(home / RUNS)
    done = [_tell("run.leftover-removed", home, folder=path.name) for path in _remove_unfinished(home)]
    done += [_tell("run.torn-set-aside", home, file=name) for name in set_torn_aside(home, who)]
    recorded = recorded_runs(read_chain(home).lines)
    for path in _folders(home):
        if recorded.get(path.name, {}).get("removed"):
            _remove(path)
    unrecorded = [path for path in _folders(home) if path.name not in recorded]
    if len(unrecorded) > 1:
        names = ", ".join(path.name for path in unrecorded)
        raise RunError("run.two-unrecorded", home.name, runs=names)
    for path in unrecorded:
        _refuse_damaged(path)
        _record(path, INTERRUPTED)
        done.append(_tell("run.recorded-late", home, run=path.name))
    shown = last_accepted(home)
    if shown and (latest_run(home) is None or latest_run(home).name != shown):
        _show(home, shown)
        done.append(_tell("run.latest-moved", home, run=shown))
    return done


def remove_run(home: Path, run_id: str, who: str, why: str) -> None:
    """Retention: the run is gone, its line and a line about the removal stay.

    Raises: RunError run.is-latest for the run people see.
    """
    path = inside(home / RUNS, run_id)
    latest = latest_run(home)
    if latest is not None and latest.name == run_id:
        raise RunError("run.is-latest", f"{home.name} {run_id}")
    inputs = {"manifest": file_hash(path / MANIFEST)}
    append_audit(home, REMOVED, who, why, inputs, {"run": run_id, "removed": True})
    _remove(path)


def record_anew(home: Path, who: str, why: str) -> None:
    """After a person has looked: a trail that cannot be mended is set aside; every run and every package gets
    a new line, by the clock; but the run that `latest` shows comes after every other accepted one, since a
    clock may jump and people must go on seeing it.
    """
    shown = latest_run(home)
    begin_new_chain(home, who, why)
    said = {path: read_manifest(path)["run"] for path in _folders(home)}
    order = sorted(said, key=lambda path: (said[path]["started"], path.name))
    last = max((place for place, path in enumerate(order) if said[path]["accepted"]), default=0)
    if shown in said and order.index(shown) < last:
        order.remove(shown)
        order.insert(last, shown)
    for path in order:
        _refuse_damaged(path)
        _record(path, RECORDED_AGAIN)
    for package in packages_of(home):
        record_package(package, who, why)


def _folders(home: Path) -> list[Path]:
    runs = home / RUNS
    if not runs.is_dir():
        return []
    return sorted(path for path in runs.iterdir() if path.is_dir() and not path.name.startswith(UNFINISHED))


def _record(path: Path, event: str) -> None:
    """The audit line of a finished run, from its manifest alone: an interrupted one says the same."""
    manifest = read_manifest(path)
    run = manifest["run"]
    given = {name: manifest[name] for name in INPUTS if name in manifest}
    inputs = {name: value if isinstance(value, str) else hash_of(value) for name, value in given.items()}
    if run.get("asked"):
        inputs["asked"] = run["asked"]
    outputs = {name: run[name] for name in ("status", "accepted", "started")}
    outputs |= {"run": path.name, "manifest": file_hash(path / MANIFEST), "hash": manifest["hash"]}
    append_audit(path.parents[1], event, run["who"], run["why"], inputs, outputs)


def _damage_of(path: Path, digests: Digests) -> RunError | None:
    """What is wrong with a finished run, the first thing; none where every file is as it was finished."""
    try:
        faults = check_files(path, read_manifest(path), digests)
    except RunError as fault:
        return fault
    return next(iter(faults.values()), None)


def _refuse_damaged(path: Path) -> None:
    faults = check_files(path, read_manifest(path), Digests())
    if faults:
        fault = next(iter(faults.values()))
        raise RunError("run.unrecorded-damaged", path.parents[1].name, run=path.name, fault=str(fault))


def _show(home: Path, run_id: str) -> None:
    """`latest` names the run, in one step."""
    new = home / f".{LATEST}"
    new.unlink(missing_ok=True)
    os.symlink(f"{RUNS}/{run_id}", new)
    os.replace(new, home / LATEST)
    sync(home)


def _remove_unfinished(home: Path) -> list[Path]:
    leftovers = sorted((home / RUNS).glob(f"{UNFINISHED}*"))
    for path in leftovers:
        remove_tree(path)
    return leftovers


def _remove(path: Path) -> None:
    """A finished run disappears in one step; what is left of it is removed then or by the next run."""
    os.chmod(path, FOLDER)
    hidden = path.with_name(f"{UNFINISHED}{path.name}")
    os.rename(path, hidden)
    remove_tree(hidden)


def _tell(message: str, home: Path, **words: str) -> str:
    return f"{home.name}: {sentence(message, **words)}"

"""The audit trail of a study: `audit.jsonl`, one line an event, each with the hash of the line before it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from clinical.clock import utc_now
from clinical.errors import RunError
from clinical.files import FILE, file_hash, json_line, sync, write_bytes
from clinical.fingerprint import hash_of
from clinical.lock import require_lock

NAME = "audit.jsonl"
FIRST = "0" * 64
TORN, BROKEN = "audit.torn-", "audit.broken-"
SHORTEST_REASON, LONGEST_REASON, SHORTEST_NAME = 10, 200, 2  # of what a person must give
KEYS = {"line", "event", "who", "when", "why", "inputs", "outputs", "before", "hash"}


@dataclass(frozen=True)
class Chain:
    """What `audit.jsonl` holds: its whole lines, what is wrong with them, and a last line that was cut."""

    lines: list[dict] = field(default_factory=list)
    faults: list[RunError] = field(default_factory=list)
    torn: bytes = b""

    @property
    def head(self) -> str:
        """The hash the next line names as the one before it."""
        return self.lines[-1]["hash"] if self.lines else FIRST


def read_chain(folder: Path) -> Chain:
    """The audit trail of `outputs/<study>`, each line checked against its own hash and the line before it."""
    path = folder / NAME
    if not path.exists():
        return Chain()
    *whole, torn = path.read_bytes().split(b"\n")
    lines: list[dict] = []
    faults: list[RunError] = []
    before = FIRST
    for number, raw in enumerate(whole, start=1):
        entry = _entry(raw)
        if entry is None:
            faults.append(RunError("run.line-changed", f"{NAME}:{number}"))
            before = None
            continue
        if before is not None and entry["before"] != before:
            faults.append(RunError("run.line-order", f"{NAME}:{number}"))
        lines.append(entry)
        before = entry["hash"]
    return Chain(lines, faults, torn)


def _entry(raw: bytes) -> dict | None:
    """The line, or None where one byte of it is not as it was written."""
    try:
        entry = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(entry, dict) or set(entry) != KEYS or json_line(entry) != raw:
        return None
    content = {name: value for name, value in entry.items() if name != "hash"}
    return entry if hash_of(content) == entry["hash"] else None


def append_audit(folder: Path, event: str, who: str, why: str, inputs: dict, outputs: dict) -> str:
    """One more line at the end of the trail, on disk when this returns; gives its hash.

    Needs:  the study's lock; `inputs` and `outputs` hold names, hashes and counts, never values of records.
    Raises: RunError run.audit-broken where the trail is not whole.
    """
    require_lock(folder)
    chain = read_chain(folder)
    refuse_broken(folder, chain)
    if chain.torn:
        raise RunError("run.audit-broken", folder.name, fault=str(torn_fault(chain)))
    content = {
        "line": len(chain.lines) + 1,
        "event": event,
        "who": who,
        "when": utc_now(),
        "why": why,
        "inputs": inputs,
        "outputs": outputs,
        "before": chain.head,
    }
    content["hash"] = hash_of(content)
    _append(folder, json_line(content) + b"\n")
    return content["hash"]


def _append(folder: Path, line: bytes) -> None:
    path = folder / NAME
    is_new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, FILE)
    try:
        while line:
            line = line[os.write(descriptor, line) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        sync(folder)


def recorded_runs(lines: list[dict]) -> dict[str, dict]:
    """What the trail says of each run, in the order they were finished."""
    told = [line["outputs"] for line in lines if {"accepted", "removed"} & set(line["outputs"])]
    return {outputs["run"]: outputs for outputs in told}


def refuse_broken(folder: Path, chain: Chain) -> None:
    """Raises: RunError run.audit-broken where a whole line of the trail is not as it was written."""
    if chain.faults:
        raise RunError("run.audit-broken", folder.name, fault=str(chain.faults[0]))


def torn_fault(chain: Chain) -> RunError:
    """What `verify` says of a last line that was cut."""
    return RunError("run.line-torn", f"{NAME}:{len(chain.lines) + 1}", size=len(chain.torn))


def set_torn_aside(folder: Path, who: str) -> list[str]:
    """A last line cut by a kill is kept in a file of its own, and a line says so; gives the files' names."""
    chain = read_chain(folder)
    refuse_broken(folder, chain)
    if chain.torn:
        aside = folder / f"{TORN}{sha256(chain.torn).hexdigest()[:16]}"
        if not aside.exists() or aside.read_bytes() != chain.torn:
            aside.unlink(missing_ok=True)
            write_bytes(aside, chain.torn)
        sync(aside)
        os.truncate(folder / NAME, (folder / NAME).stat().st_size - len(chain.torn))
        sync(folder / NAME)
    recorded = {line["outputs"].get("file") for line in chain.lines}
    unrecorded = sorted(path for path in folder.glob(f"{TORN}*") if path.name not in recorded)
    for path in unrecorded:
        outputs = {"file": path.name, "sha256": file_hash(path), "bytes": path.stat().st_size}
        append_audit(folder, "torn line set aside", who, "the last line was cut", {}, outputs)
    return [path.name for path in unrecorded]


def begin_new_chain(folder: Path, who: str, why: str) -> None:
    """A trail that cannot be mended is kept under another name, and the new one starts with its hash.

    Needs:  the study's lock, and a person who has looked and says why; the runs are to be recorded again.
    """
    require_lock(folder)
    path, inputs = folder / NAME, {}
    if path.exists():
        digest = file_hash(path)
        inputs = {"file": f"{BROKEN}{digest[:16]}.jsonl", "sha256": digest}
        os.replace(path, folder / inputs["file"])
        sync(folder)
    append_audit(folder, "trail begun anew", who, why, inputs, {})

"""One group of buckets of a large study, derived wherever there is a processor and the same file system.

A unit names paths and fingerprints and is all that a worker is sent; the worker answers with a fingerprint.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from cdiscflow.faults import Holding, told
from cdiscflow.shelf import read_piece, write_piece
from clinical.check import check_study
from clinical.derive import Derived, derive
from clinical.errors import ClinicalError, RunError
from clinical.files import file_hash, files_below, json_bytes, remove_tree, write_bytes
from clinical.fingerprint import SOURCE, STUDY_BUCKET, hash_of, package_versions, tree
from clinical.ledger import PIECES, Ledger
from clinical.output import Output
from clinical.reuse import rows_of
from clinical.study import load_study

RAW, MADE, INDEX = "raw", "made", "index.json"
KINDS = "records", "lineage", "behind"


@dataclass(frozen=True)
class Unit:
    """What to derive: the study's specs, a folder with raw pieces, its buckets of `count`, and datasets.

    `code` is the fingerprint of the program and of its packages where the run was begun; `outputs` is the
    folder of the study, for what may not be said on the wire.
    """

    study: Path
    library: Path
    folder: Path
    buckets: tuple[int, ...]
    count: int
    datasets: tuple[str, ...]
    cut: str
    code: str
    outputs: Path


@cache
def code_here() -> str:
    """The fingerprint of the program and its packages as this process first saw them."""
    code = {name: digest for name, digest in tree(SOURCE).items() if "__pycache__" not in name}
    return hash_of([code, package_versions()])


def derive_unit(unit: Unit) -> str:
    """Derives a unit into its folder; gives the fingerprint of what it made.

    Two workers may do the same unit after one was thought dead: the first to finish gives its name.
    Raises: RunError run.worker-code where this process runs another program than the run was begun with.
    """
    if unit.code != code_here():
        raise RunError("run.worker-code", unit.study.name)
    plan = check_study(load_study(unit.study, unit.library))
    raw = {path.stem: read_piece(path) for path in files_below(unit.folder / RAW)}
    found = derive(plan, raw, unit.cut, unit.datasets, buckets=unit.count, given={})
    attempt = unit.folder / f"{MADE}-{os.uname().nodename}-{os.getpid()}"
    remove_tree(attempt)
    _write(attempt, unit, found)
    try:
        os.rename(attempt, unit.folder / MADE)
    except OSError:
        if not (unit.folder / MADE / INDEX).is_file():
            raise
        remove_tree(attempt)
    return file_hash(unit.folder / MADE / INDEX)


def derive_on_worker(unit: Unit) -> str:
    """`derive_unit` for a worker: what Python says of a fault may be a value, and workers write a log.

    Raises: RunError run.worker-fault, its details in `fault.txt` of the outputs; errors of ours as they are.
    """
    digest = ""
    with Holding() as held:
        digest = derive_unit(unit)
    if isinstance(held.fault, (ClinicalError, OSError)):
        raise held.fault
    if held.fault:
        raise RunError("run.worker-fault", unit.folder.name, said=told(held.fault, unit.outputs))
    return digest


def _write(folder: Path, unit: Unit, found: Derived) -> None:
    whole = STUDY_BUCKET in unit.buckets
    outputs = {name: output if whole else _of_persons(output) for name, output in found.outputs.items()}
    outputs = {name: output for name, output in outputs.items() if output is not None}
    for name, output in outputs.items():
        for kind, frame in zip(KINDS, (output.frame, output.lineage, output.behind), strict=True):
            if frame is not None:
                write_piece(folder / kind / f"{name}.arrow", frame)
    ledger = _of_buckets(found.ledger, unit)
    for name in PIECES:
        write_piece(folder / "ledger" / f"{name}.arrow", getattr(ledger, name))
    said = {
        "outputs": {name: _described(output) for name, output in outputs.items()},
        "stopped": found.stopped,
        "lacking": found.lacking,
        "pieces": {p.relative_to(folder).as_posix(): file_hash(p) for p in files_below(folder)},
    }
    write_bytes(folder / INDEX, json_bytes(said))


def _described(output: Output) -> dict[str, object]:
    variables = [asdict(variable) for variable in output.variables]
    return {"label": output.label, "layer": output.layer, "keys": list(output.keys), "variables": variables}


def _of_persons(output: Output) -> Output | None:
    """Its records of persons: those of nobody are the unit's that has the study bucket."""
    if "USUBJID" not in output.frame:
        return None
    known = output.frame["USUBJID"].notna().to_numpy()
    return output if known.all() else rows_of(output, np.flatnonzero(known))


def _of_buckets(ledger: Ledger, unit: Unit) -> Ledger:
    """What was noted of its buckets; filters and findings of nobody's records too, who may be in any unit."""
    own = ledger.only({name: set(unit.buckets) for name in unit.datasets})
    all_own = ledger.only({name: {*unit.buckets, STUDY_BUCKET} for name in unit.datasets})
    return Ledger(findings=all_own.findings, aside=own.aside, held=all_own.held, used=own.used)


def read_index(folder: Path, digest: str) -> dict:
    """What a finished unit says of its pieces.

    Raises: RunError run.file-changed where a file is not what the worker wrote.
    """
    path = folder / MADE / INDEX
    if file_hash(path) != digest:
        raise RunError("run.file-changed", folder.name)
    said = json.loads(path.read_bytes())
    for relative, expected in said["pieces"].items():
        if file_hash(folder / MADE / relative) != expected:
            raise RunError("run.file-changed", f"{folder.name}/{relative}")
    return said

"""A draft package: the XPT files of a run and the specs behind them, laid out as module 5 [F.1]."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cdiscflow.home import Home
from cdiscflow.report import find_run
from clinical.audit import SHORTEST_NAME
from clinical.errors import InputError
from clinical.files import file_hash, files_below, json_bytes, make_folder, remove_tree, write_bytes
from clinical.lock import study_lock
from clinical.manifest import NAME, Digests, check_files, read_manifest
from clinical.packages import PACKAGES, record_package
from clinical.run import recover

PURPOSES = ("draft",)
LAYERS = {"xpt/sdtm": "tabulations/sdtm", "xpt/adam": "analysis/adam/datasets"}
PROGRAMS = "analysis/adam/programs"


def draft_package(
    home: Home, study: str, run: str, purpose: str, who: str, warn: Callable[[str], object] | None = None
) -> Path:
    """The folder `outputs/<study>/packages/draft-<run>`, made anew; checksums lie outside m5 [F-NAME].

    `warn` is told who else writes the study while this waits for it.
    Raises: InputError for a purpose that is not built yet, nobody's name, or a run that is not there;
            RunError where a file of the run is not the one it was finished with.
    """
    if purpose not in PURPOSES:
        raise InputError("ask.purpose", study, purpose=purpose, known=" or ".join(PURPOSES))
    if len(who.strip()) < SHORTEST_NAME:
        raise InputError("ask.package-who", study)
    source = find_run(home, study, run)
    outputs = home.outputs / study
    with study_lock(outputs, f"package of {study}", say=warn):
        recover(outputs, who)
        for fault in check_files(source, read_manifest(source), Digests()).values():
            raise fault
        target = outputs / PACKAGES / f"{purpose}-{source.name}"
        beside = target.with_name(f".tmp-{target.name}")
        remove_tree(beside)
        _lay_out(beside, source, home.mappings / study)
        write_bytes(beside / NAME, json_bytes(_checksums(beside, source, purpose)))
        remove_tree(target)
        os.rename(beside, target)
        record_package(target, who, f"{purpose} package")
    return target


def _lay_out(target: Path, source: Path, specs: Path) -> None:
    data = target / "m5" / "datasets" / specs.name.lower()
    make_folder(data)
    for file in read_manifest(source)["files"]:
        folder, _, name = file.rpartition("/")
        if folder in LAYERS:
            _copy(source / file, data / LAYERS[folder] / name)
    for path in sorted([*specs.rglob("*.yml"), *specs.glob("sdtm/*.csv")]):
        parts = path.relative_to(specs).parts
        if "demo" not in parts:
            _copy(path, data / PROGRAMS / f"{'-'.join(parts).replace('.', '-').lower()}.txt")
    _copy(source / NAME, target / f"run-{NAME}")


def _copy(source: Path, target: Path) -> None:
    make_folder(target.parent)
    write_bytes(target, source.read_bytes())


def _checksums(target: Path, source: Path, purpose: str) -> dict[str, object]:
    datasets = {name.lower(): entry for name, entry in read_manifest(source)["datasets"].items()}
    files: dict[str, dict[str, object]] = {}
    for path in files_below(target):
        files[path.relative_to(target).as_posix()] = entry = {"sha256": file_hash(path)}
        if path.suffix == ".xpt":
            about = datasets[path.stem]
            entry |= {"rows": about["rows"], "variables": about["columns"]}
    return {"run": source.name, "purpose": purpose, "files": files}

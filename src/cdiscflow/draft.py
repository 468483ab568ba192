"""A draft package: the XPT files of a run, the specs and programs behind them, laid out as module 5."""

from __future__ import annotations

import shutil
from pathlib import Path

from cdiscflow.home import Home
from cdiscflow.report import find_run
from clinical.errors import InputError
from clinical.files import file_hash, files_below, json_bytes, make_folder, write_bytes
from clinical.manifest import read_manifest

PURPOSES = ("draft",)


def draft_package(home: Home, study_name: str, run: str, purpose: str) -> Path:
    """The folder `outputs/<study>/packages/draft-<run>`, made anew; a checksum manifest lies outside m5 [F-NAME].

    Raises: InputError for a purpose that is not built yet, or a run that is not there.
    """
    if purpose not in PURPOSES:
        raise InputError("ask.purpose", study_name, purpose=purpose, known=" or ".join(PURPOSES))
    source = find_run(home, study_name, run)
    study = home.load(study_name)
    target = home.outputs / study_name / "packages" / f"draft-{source.name}"
    if target.exists():
        shutil.rmtree(target)
    data = target / "m5" / "datasets" / study_name.lower()
    for file in sorted(read_manifest(source)["files"]):
        layer = {"xpt/sdtm": "tabulations/sdtm", "xpt/adam": "analysis/adam/datasets"}.get(file.rpartition("/")[0])
        if layer:
            _copy(source / file, data / layer / Path(file).name)
    for path in sorted(study.folder.rglob("*.yml")):
        if "demo" not in path.parts:
            name = "-".join(path.relative_to(study.folder).parts).removesuffix(".yml") + ".txt"
            _copy(path, data / "analysis" / "adam" / "programs" / name)
    files = {path.relative_to(target).as_posix(): file_hash(path) for path in files_below(target)}
    write_bytes(target / "manifest.json", json_bytes({"run": source.name, "purpose": purpose, "files": files}))
    return target


def _copy(source: Path, target: Path) -> None:
    make_folder(target.parent)
    write_bytes(target, source.read_bytes())

"""The same input gives the same bytes: in another folder, zone, locale, row order, with other hashes and
workers.
"""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from clinical.files import file_hash
from clinical.study import load_study
from tests.homes import ROOT, SETTINGS, LittleHome, deliver_worked, little_home

NEEDS: dict[str, str] = {}
COORDINATE = "RecordPosition"
DERIVE = """
import sys
from cdiscflow.home import home
from cdiscflow.pipeline import Request, run_study
for study in sys.argv[1:]:
    run_study(home(), study, Request("jane", "determinism", "run", True))
"""


@dataclass(frozen=True)
class Place:
    """Where and how a run is made."""

    folder: str
    environment: dict[str, str] = field(default_factory=dict)
    workers: int = 1
    shuffled: int | None = None


FIRST = Place("a", {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"})
SECOND = Place(
    "another folder", {"TZ": "America/Los_Angeles", "LC_ALL": "C", "PYTHONHASHSEED": "12345"}, 2, 7
)
THIRD = Place("c", {"TZ": "Asia/Shanghai", "LC_ALL": "POSIX", "PYTHONHASHSEED": "99"}, 1, 8)


def begin(root: Path, place: Place, *studies: str) -> tuple[LittleHome, subprocess.Popen]:
    """A home in `root`, and the process that makes one full run of each study there."""
    home = little_home(root / place.folder, *(study for study in studies if study != "mini"))
    extracts = {study: home.root / "mappings" / study / "demo" for study in studies}
    if "rd1302" in studies:
        extracts["rd1302"] = deliver_worked(home)
    if place.shuffled is not None:
        for study, extract in extracts.items():
            shuffle_extract(home.root / "mappings" / study, extract, place.shuffled)
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    environment |= {
        "CDISCFLOW_HOME": str(home.root),
        "CDISCFLOW_WORKERS": str(place.workers),
    } | place.environment
    process = subprocess.Popen([sys.executable, "-c", DERIVE, *studies], env=environment, cwd=ROOT)
    return home, process


def shuffle_extract(study: Path, extract: Path, seed: int) -> int:
    """The rows of an extract of a study in another order; how many files.

    A form whose record id is file and line stays as it is, since there the order says which record is which.
    """
    forms, order, done = load_study(study, study.parent / "library").forms, random.Random(seed), 0
    manifest = extract / "manifest.json"
    named = json.loads(manifest.read_text("utf-8")) if manifest.exists() else {"files": {}}
    for file in sorted({form.source.path for form in forms.values() if form.record != ("file",)}):
        path = extract / file
        with path.open(encoding="utf-8-sig", newline="") as lines:
            header, *rows = csv.reader(lines)
        by_name = any(form.record for form in forms.values() if form.source.path == file)
        if not by_name and COORDINATE not in header:
            continue
        order.shuffle(rows)
        with path.open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows([header, *rows])
        if file in named["files"]:
            named["files"][file]["sha256"] = file_hash(path)
        done += 1
    if manifest.exists():
        manifest.write_text(json.dumps(named), "utf-8")
    return done


def finish(home: LittleHome, process: subprocess.Popen, study: str) -> dict:
    """What the run of a study says of itself, without what it says of the extract's files and of this one
    run.
    """
    assert process.wait(timeout=1200) == 0, f"{home.root}: the run failed"
    manifest = home.manifest((home.root / "outputs" / study / "latest").resolve(strict=True))
    return {name: value for name, value in manifest.items() if name not in ("extract", "hash", "run")}


def differences(one: dict, two: dict) -> list[str]:
    """The files, or other parts of the manifest, in which two runs differ."""
    files = [name for name in one["files"] | two["files"] if one["files"].get(name) != two["files"].get(name)]
    return files + [name for name in one | two if name != "files" and one.get(name) != two.get(name)]


def run() -> str:
    """How many files of how many runs had the same bytes: every study, full runs."""
    studies = ["mini", *sorted(path.parent.name for path in (ROOT / "mappings").glob("*/study.yml"))]
    with TemporaryDirectory() as folder:
        begun = [begin(Path(folder), place, *studies) for place in (FIRST, SECOND, THIRD)]
        count = 0
        for study in studies:
            first, *others = [finish(home, process, study) for home, process in begun]
            for number, other in enumerate(others, start=2):
                assert differences(first, other) == [], f"{study}: run {number} differs from the first"
            count += len(first["files"])
        for home, _ in begun:
            home.remove()
    return f"{count} files of {len(studies)} studies the same in {len(begun)} full runs"

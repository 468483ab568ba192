"""Thirty random tamperings with a study's outputs: `verify` finds each and names it (issue 6, item 8).

The outputs have three runs that share files, a waiver and two packages; each tampering is done to a copy.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cdiscflow.home import home as home_of
from cdiscflow.package import Asked, make_package
from cdiscflow.pipeline import Request, run_study
from cdiscflow.waive import add_waiver
from clinical.manifest import manifest_hash
from clinical.verify import verify
from tests.homes import enter, little_home

COUNT = 30
FREE = 0o700


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """The outputs of the toy study: two edited nights after the first, and what people made of them."""
    made = little_home(tmp_path_factory.mktemp("tampering") / "home")
    with pytest.MonkeyPatch.context() as patch:
        enter(made, patch)
        here = home_of()
        run_study(here, "mini", Request())
        make_package(here, "mini", Asked("latest", "draft", "Jane Doe", "for the meeting of June"))
        made.edit("demo/dose.csv", "B001,2,Z,2021-03-17,09:00,20", "B001,2,Z,2021-03-17,09:00,25")
        run_study(here, "mini", Request())
        lines = (made.latest / "findings" / "findings.csv").read_text("utf-8").splitlines()
        finding = lines[1].partition(",")[0].strip('"')
        add_waiver(here, "mini", finding, "Jane Doe", "confirmed by the site", "2099-12-31")
        run_study(here, "mini", Request())
        make_package(here, "mini", Asked("latest", "draft", "Jane Doe", "for the meeting of June"))
    yield made.outputs
    made.remove()


def runs(home: Path) -> list[Path]:
    """The runs in the order of the trail."""
    said = [json.loads(line)["outputs"].get("run") for line in trail(home)]
    return [home / "runs" / run for run in said if run]


def trail(home: Path) -> list[str]:
    """The lines of the audit trail."""
    return (home / "audit.jsonl").read_text("utf-8").splitlines()


def files(folder: Path, chance: random.Random, count: int = 1) -> list[Path]:
    """Some files of a run or package, no manifest."""
    listed = json.loads((folder / "manifest.json").read_bytes())["files"]
    return [folder / name for name in chance.sample(sorted(listed), count)]


def holders(home: Path, file: Path) -> set[str]:
    """The files of all runs that are the same file."""
    found = (path for path in (home / "runs").rglob("*") if path.is_file())
    return {path.relative_to(home / "runs").as_posix() for path in found if path.samefile(file)}


def put(file: Path, data: bytes) -> None:
    """Other bytes in place, the mode and every other name of the file as they were."""
    mode, above = file.stat().st_mode, file.parent.stat().st_mode
    file.parent.chmod(FREE)
    file.chmod(FREE)
    file.write_bytes(data)
    file.chmod(mode)
    file.parent.chmod(above)


def freed(folder: Path, do: Callable[[], None]) -> None:
    """Something done in a read-only folder, whose mode is as before."""
    mode = folder.stat().st_mode
    folder.chmod(FREE)
    do()
    folder.chmod(mode)


def edit_a_file(home, chance):
    """One byte; every run that holds the file is named."""
    (file,) = files(chance.choice(runs(home)), chance)
    data = bytearray(file.read_bytes())
    place = chance.randrange(len(data))
    data[place] ^= 1 << chance.randrange(8)
    put(file, bytes(data))
    return holders(home, file)


def cut_a_file(home, chance):
    (file,) = files(chance.choice(runs(home)), chance)
    put(file, file.read_bytes()[: -chance.randrange(1, 40)])
    return holders(home, file)


def remove_a_file(home, chance):
    (file,) = files(chance.choice(runs(home)), chance)
    freed(file.parent, file.unlink)
    return {file.relative_to(home / "runs").as_posix()}


def add_a_file(home, chance):
    (file,) = files(chance.choice(runs(home)), chance)
    new = file.with_name("added.csv")
    freed(file.parent, lambda: new.write_bytes(b"1\n"))
    new.chmod(0o440)
    return {new.relative_to(home / "runs").as_posix()}


def swap_two_files(home, chance):
    run = chance.choice(runs(home))
    one, two = files(run, chance, 2)
    while one.read_bytes() == two.read_bytes():
        one, two = files(run, chance, 2)
    first, second = one.read_bytes(), two.read_bytes()
    for file in (one, two):
        freed(file.parent, file.unlink)
    for file, data in ((one, second), (two, first)):
        freed(file.parent, lambda file=file, data=data: file.write_bytes(data))
        file.chmod(0o440)
    return {file.relative_to(home / "runs").as_posix() for file in (one, two)}


def change_a_mode(home, chance):
    """Write for the owner, or read for the whole machine."""
    (file,) = files(chance.choice(runs(home)), chance)
    file.chmod(chance.choice([0o640, 0o444, 0o442]))
    return {file.relative_to(home / "runs").as_posix()}


def fit_a_manifest(home, chance):
    """A file is edited, and its manifest with all its hashes made to fit."""
    run = chance.choice(runs(home))
    manifest = json.loads((run / "manifest.json").read_bytes())
    manifest["files"][chance.choice(sorted(manifest["files"]))]["sha256"] = "0" * 64
    manifest["hash"] = manifest_hash(manifest)
    put(run / "manifest.json", json.dumps(manifest).encode())
    return {f"{run.name}/manifest.json"}


def edit_a_line(home, chance):
    lines = trail(home)
    number = chance.randrange(len(lines))
    lines[number] = lines[number].replace('"who":"', '"who":"not ')
    (home / "audit.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return {f"audit.jsonl:{number + 1}"}


def remove_a_line(home, chance):
    """Not the last: that is cutting off the end."""
    lines = trail(home)
    number = chance.randrange(len(lines) - 1)
    del lines[number]
    (home / "audit.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return {f"audit.jsonl:{number + 1}"}


def add_a_line(home, chance):
    lines = trail(home)
    number = chance.randrange(1, len(lines) + 1)
    others = [
        line for place, line in enumerate(lines) if place != number
    ]  # or else it is the next that is new
    lines.insert(number, chance.choice(others))
    (home / "audit.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return {f"audit.jsonl:{number + 1}"}


def cut_off_the_end(home, chance):
    """The runs and packages of the lines that are gone are named, and the trail itself is whole."""
    lines = trail(home)
    kept = chance.randrange(len(lines))
    (home / "audit.jsonl").write_text("".join(f"{line}\n" for line in lines[:kept]), "utf-8")
    gone = [json.loads(line)["outputs"] for line in lines[kept:]]
    packages = {f"packages/{told['package']}" for told in gone if "package" in told}
    return {told["run"] for told in gone if "run" in told} | packages


def change_a_package(home, chance):
    package = chance.choice(sorted((home / "packages").iterdir()))
    (file,) = files(package, chance)
    kind = chance.choice(["edit", "remove", "add"])
    named = file.with_name("added.xpt") if kind == "add" else file
    if kind == "remove":
        file.unlink()
    else:
        named.write_bytes((file.read_bytes() if kind == "edit" else b"") + b"x")
        named.chmod(0o640)
    return {named.relative_to(home).as_posix()}


def remove_a_package(home, chance):
    package = chance.choice(sorted((home / "packages").iterdir()))
    shutil.rmtree(package)
    return {package.relative_to(home).as_posix()}


def copy_a_run(home, chance):
    run = chance.choice(runs(home))
    copy = run.with_name(f"{run.name}-9")
    freed(run.parent, lambda: subprocess.run(["cp", "-a", run, copy], check=True))
    return {copy.name}


def show_another_run(home, chance):
    shown = home / "latest"
    other = chance.choice([run for run in runs(home) if run != shown.resolve()])
    shown.unlink()
    shown.symlink_to(os.path.relpath(other, home))
    return {shown.parent.name}


KINDS = (
    edit_a_file, cut_a_file, remove_a_file, add_a_file, swap_two_files, change_a_mode, fit_a_manifest,
    edit_a_line, remove_a_line, add_a_line, cut_off_the_end, change_a_package, remove_a_package, copy_a_run,
    show_another_run,
)  # fmt: skip


def copied(outputs: Path, folder: Path) -> Path:
    """The outputs again, their shared files shared."""
    subprocess.run(["cp", "-a", outputs, folder / "mini"], check=True)
    return folder / "mini"


def test_what_nobody_touched_has_no_fault(outputs, tmp_path):
    assert verify(copied(outputs, tmp_path)) == []


@pytest.mark.parametrize("seed", range(COUNT))
def test_a_tampering_is_found_and_named(outputs, tmp_path, seed):
    chance, home = random.Random(seed), copied(outputs, tmp_path)
    named = KINDS[seed % len(KINDS)](home, chance)
    assert named
    places = {fault.at for fault in verify(home)}
    assert named <= places, f"{KINDS[seed % len(KINDS)].__name__}: not named {sorted(named - places)}"
    subprocess.run(["chmod", "-R", "u+w", home], check=True)


def test_a_file_that_runs_share_is_named_for_each_of_them(outputs, tmp_path):
    home = copied(outputs, tmp_path)
    shared = next(path for path in sorted(runs(home)[0].rglob("*.parquet")) if path.stat().st_nlink == 3)
    put(shared, shared.read_bytes()[:-1])
    faults = verify(home)
    assert len(holders(home, shared)) == 3
    assert holders(home, shared) <= {fault.at for fault in faults}
    (together,) = [str(fault) for fault in faults if fault.id == "run.shared"]
    assert all(run.name in together for run in runs(home))
    subprocess.run(["chmod", "-R", "u+w", home], check=True)

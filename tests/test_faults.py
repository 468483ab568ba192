"""A machine that refuses, a clock that jumps, a damaged run, an extract that is half there: one message
each, nothing is lost, and the next run is as if nothing had happened.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest

from clinical.files import files_below
from clinical.manifest import NAME
from clinical.verify import verify
from tests.faults import begin
from tests.homes import LittleHome, smallest_home
from tests.kills import contents
from tests.warm import Warm

RUN = ["-m", "cdiscflow.cli", "run", "mini"]
FORCED = [*RUN, "--force"]
MESSAGE = 400  # bytes that the message itself may need, for its file has the same limit
WAS, CORRECTED = "B002,2021-03-05,1990", "B002,2021-03-05,1991"


class Tried:
    """A home and a process that runs commands on it."""

    def __init__(self, home: LittleHome, warm: Warm):
        self.home, self.warm = home, warm

    def run(self, fault: str = "nothing", command: list[str] = RUN) -> tuple[int, str]:
        """Exit code and words of a command."""
        return self.ended(begin(self.warm.start, self.home.root, self.home.root / "said", fault, command))

    def ended(self, process: object, said: str = "said") -> tuple[int, str]:
        """Exit code and words of a command that was begun."""
        code = process.wait(timeout=1200)
        return code, (self.home.root / said).read_text("utf-8").replace(str(self.home.root), "HOME")

    def made(self) -> dict[str, str]:
        """The bytes of the run that people see, without what differs from whichever run was before."""
        files = self.home.manifest()["files"]
        return {name: each["sha256"] for name, each in files.items() if not name.startswith("changes/")}

    def refused(self, fault: str) -> str:
        """The words of a command that makes no run; what was there is as it was, and the next is whole."""
        shown, undisturbed = self.home.latest, self.made()
        kept = contents(shown)
        code, said = self.run(fault, FORCED)
        assert (code, self.home.latest, contents(shown)) == (1, shown, kept), said
        self.make_next(undisturbed, FORCED)
        return said

    def make_next(self, undisturbed: dict[str, str], command: list[str] = RUN) -> None:
        """The next run is shown, holds what an undisturbed one holds, and clears up after the one before."""
        before = self.home.latest
        code, said = self.run(command=command)
        assert (code, self.made()) == (0, undisturbed), said
        assert self.home.latest != before
        assert not list((self.home.outputs / "runs").glob(".tmp-*"))


@pytest.fixture(scope="module")
def tried(tmp_path_factory) -> Iterator[Tried]:
    """A home with a run."""
    home = smallest_home(tmp_path_factory.mktemp("faults") / "home")
    with Warm(home.environment()) as warm:
        found = Tried(home, warm)
        assert found.run()[0] == 0
        yield found
    home.remove()


@pytest.fixture
def whole(tried: Tried) -> Iterator[Tried]:
    """The home, with nothing at fault afterwards."""
    yield tried
    assert [str(fault) for fault in verify(tried.home.outputs)] == []


@pytest.mark.parametrize("tenth", [0, 3, 6, 10])
def test_a_full_disk_is_one_message_and_the_next_run_is_whole(whole, tenth):
    """A limit just under the size of one of the files that hold the same in each run, from the smallest to
    the largest."""
    files = [path for path in files_below(whole.home.latest) if path.name != "manifest.json"]
    sizes = sorted({path.stat().st_size for path in files} - {*range(MESSAGE)})
    said = whole.refused(f"file_size:{sizes[(len(sizes) - 1) * tenth // 10] - 1}")
    assert said.startswith("the machine refused: File too large (HOME/outputs/mini")
    assert said.count("\n") == 1


@pytest.fixture
def small_disk(tried: Tried, tmp_path) -> Iterator[tuple[Tried, bool]]:
    """A home with a run, its outputs on a file system of their own; whether this machine allows that."""
    home = smallest_home(tmp_path / "home")
    outputs = home.root / "outputs"
    outputs.mkdir(mode=0o750)
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=750", "tmpfs", str(outputs)]
    allowed = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    found = Tried(home, tried.warm)
    assert found.run()[0] == 0
    yield found, allowed
    if allowed:
        subprocess.run(["umount", str(outputs)], check=True)


@pytest.mark.parametrize("left", [0, 4096, 65536])
def test_a_file_system_without_room_is_one_message_and_the_next_run_is_whole(small_disk, left):
    """Where mounting is not allowed, the room is taken by a limit of the size of files instead."""
    disk, allowed = small_disk
    shown, undisturbed = disk.home.latest, disk.made()
    filler, fault = disk.home.root / "outputs" / "filler", "nothing"
    if allowed:
        with filler.open("wb") as file, suppress(OSError):
            while True:
                os.write(file.fileno(), bytes(4096))
        os.truncate(filler, filler.stat().st_size - left)
    else:
        fault = f"file_size:{left}"
    code, said = disk.run(fault, FORCED)
    filler.unlink(missing_ok=True)
    assert (code, disk.home.latest) == (1, shown), said
    words = "No space left on device" if allowed else "File too large"
    assert (said.startswith("the machine refused: "), words in said, said.count("\n")) == (True, True, 1), (
        said
    )
    disk.make_next(undisturbed, FORCED)
    assert [str(fault) for fault in verify(disk.home.outputs)] == []


def test_a_limit_that_no_file_reaches_disturbs_nothing(whole):
    largest = max(path.stat().st_size for path in files_below(whole.home.latest))
    assert whole.run(f"file_size:{2 * largest}", FORCED)[0] == 0


@pytest.mark.parametrize(
    ("folder", "named"), [("outputs/mini", "latest"), ("outputs/mini/runs", "runs/.tmp-{run}")]
)
def test_a_folder_that_may_not_be_written_is_one_message_that_names_it(whole, folder, named):
    folder = whole.home.root / folder
    before, undisturbed = whole.home.latest, whole.made()
    folder.chmod(0o550)
    code, said = whole.run("plain_user", FORCED)
    folder.chmod(0o750)
    assert code == 1
    assert said.startswith("the machine refused: Permission denied (HOME/outputs/mini/")
    assert (named.partition("{")[0] in said, said.count("\n")) == (True, 1)
    assert whole.home.latest == before
    whole.make_next(undisturbed, FORCED)


def test_a_clock_that_jumps_back_and_ahead_changes_no_run_and_no_order(whole):
    undisturbed = whole.made()
    count = len(whole.home.audit())
    shown = []
    for days in (-9000, 20000, 0):
        assert whole.run(f"clock:{days}", FORCED)[0] == 0
        assert whole.made() == undisturbed
        shown.append(whole.home.latest.name)
    told = whole.home.audit()[count:]
    assert [line["outputs"]["run"] for line in told] == shown
    assert len(set(shown)) == 3
    years = [int(line["when"][:4]) for line in told]
    assert years[0] < years[2] < years[1]


def test_two_schedulers_at_once_make_one_run_and_the_second_says_that_nothing_changed(whole):
    home = whole.home
    home.edit("demo/consent.csv", WAS, CORRECTED)
    count = len(home.audit())
    with Warm(home.environment()) as other:
        begun = begin(other.start, home.root, home.root / "other", "nothing", RUN)
        ended = [whole.run(), whole.ended(begun, "other")]
    assert [code for code, _ in ended] == [0, 0]
    assert len(home.audit()) == count + 1
    one, two = sorted((said for _, said in ended), key=lambda said: "nothing changed" in said)
    assert f"mini: complete, run {home.latest.name}\n" in one
    assert f"mini: nothing changed since {home.latest.name}\n" in two
    home.edit("demo/consent.csv", CORRECTED, WAS)
    assert whole.run()[0] == 0


def flip(path: Path) -> None:
    """One bit in the middle of a file is another."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    """The second half of a file is gone."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def lose(path: Path) -> None:
    """The file is gone."""
    path.parent.chmod(0o750)
    path.unlink()


CHANGED = "the file is not the one the run was finished with"
MISSING = "the manifest names this file, and it is not there"
UNREADABLE = "the manifest is missing or not readable"


@pytest.fixture(scope="module")
def edited(tried: Tried, tmp_path_factory) -> dict[str, str]:
    """What the next run holds after an edit, where nothing is damaged."""
    home = tried.home.copy(tmp_path_factory.mktemp("edited") / "home")
    home.edit("demo/consent.csv", WAS, CORRECTED)
    copied = Tried(home, tried.warm)
    assert copied.run()[0] == 0
    found = copied.made()
    home.remove()
    return found


@pytest.mark.parametrize(
    ("file", "damage", "words"),
    [("sdtm/dm.parquet", flip, CHANGED), ("xpt/sdtm/ex.xpt", flip, CHANGED),
     ("lineage/dm.parquet", lose, MISSING), ("state/outputs.json", cut, CHANGED),
     (NAME, cut, UNREADABLE), (NAME, lose, UNREADABLE)],
)  # fmt: skip
def test_nothing_is_taken_over_from_a_damaged_run(tried, edited, tmp_path, file, damage, words):
    """The one before it is whole: the copy of a home has no file that two runs share."""
    home = tried.home.copy(tmp_path / "home")
    damaged = home.latest
    os.chmod(damaged / file, 0o640)
    damage(damaged / file)
    home.edit("demo/consent.csv", WAS, CORRECTED)
    code, said = Tried(home, tried.warm).run()
    assert (code, Tried(home, tried.warm).made()) == (0, edited), said
    assert f"  nothing is taken over from the last run: {damaged.name}/{file}: {words}\n" in said
    assert {str(fault).partition("/")[0] for fault in verify(home.outputs)} == {damaged.name}
    home.remove()


def test_a_fault_in_a_file_that_all_runs_share_is_not_in_the_next(tried, edited, tmp_path):
    home = tried.home.copy(tmp_path / "home")
    runs = list((home.outputs / "runs").iterdir())
    for run in runs:
        os.chmod(run / "sdtm" / "ex.parquet", 0o640)
        flip(run / "sdtm" / "ex.parquet")
    home.edit("demo/consent.csv", WAS, CORRECTED)
    copied = Tried(home, tried.warm)
    code, said = copied.run()
    assert code == 0
    assert (
        f"  nothing is taken over from the last run: {tried.home.latest.name}/sdtm/ex.parquet: {CHANGED}\n"
        in said
    )
    made = copied.made()
    anew = [name for name in made if name.split("/")[0] in ("sdtm", "lineage", "xpt")]
    assert {name: made[name] for name in anew} == {name: edited[name] for name in anew}
    assert {str(fault).partition("/")[0] for fault in verify(home.outputs)} == {run.name for run in runs}
    home.remove()


def delivered(home: LittleHome, name: str, consent: str) -> Path:
    """An extract with a manifest, as the toy study takes it from now on."""
    folder = home.root / "data" / "mini" / name
    shutil.copytree(home.study / "demo", folder)
    file = folder / "consent.csv"
    file.write_text(file.read_text("utf-8").replace(WAS, consent), "utf-8")
    files = {
        path.name: {"sha256": sha256(path.read_bytes()).hexdigest()} for path in sorted(folder.iterdir())
    }
    said = {"extract": name, "extracted_at": f"{name}T01:00:00Z", "files": files}
    (folder / "manifest.json").write_text(json.dumps(said), "utf-8")
    return folder


def test_a_study_waits_for_an_extract_that_is_half_written_and_goes_on_when_it_is_whole(tried, tmp_path):
    home = tried.home.copy(tmp_path / "home")
    home.edit("study.yml", "manifest: none", "manifest: required")
    copied = Tried(home, tried.warm)
    delivered(home, "2021-12-30", WAS)
    assert copied.run()[0] == 0
    first, count = home.latest, len(home.audit())
    kept = contents(first)
    folder = delivered(home, "2021-12-31", CORRECTED)
    undisturbed = home.copy(tmp_path / "undisturbed")
    whole = (folder / "dose.csv").read_bytes()
    (folder / "dose.csv").write_bytes(whole[: len(whole) // 2])
    code, said = copied.run()
    assert code == 1
    assert said == (
        "2021-12-31: manifest.json: the files are not those of the manifest: dose.csv has another sha256; "
        "the study waits for the whole extract, and what it had before is untouched\n"
    )
    assert (home.latest, contents(first), len(home.audit())) == (first, kept, count)
    (folder / "dose.csv").write_bytes(whole)
    assert copied.run()[0] == 0
    alone = Tried(undisturbed, tried.warm)
    assert alone.run()[0] == 0
    assert copied.made() == alone.made()
    home.remove()
    undisturbed.remove()

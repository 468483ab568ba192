"""Kills a command with SIGKILL, at chosen moments and at random ones, and looks at what is left."""

from __future__ import annotations

import os
import random
import runpy
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
ARMED = ["-m", "tests.kills"]  # as a file, its folder would hide our packages: tests/cdiscflow
Start = Callable[[list[str]], "subprocess.Popen"]
PHASES = ("before rename", "before audit line", "before latest", "after latest")
AT_RANDOM = "at random"


def start(arguments: list[str], environment: dict[str, str] | None = None) -> subprocess.Popen:
    """`python ARGUMENTS` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        env=environment,
        cwd=ROOT,
    )


def kill_runs(count: int, seed: int, home: Path, command: list[str], start: Start = start) -> Counter:
    """How many kills fell into each phase, judged by what they left; asserts what holds after each.

    `command` (what follows `python`) makes a new run in `home`, the folder of a study's outputs; `start`
    begins it.
    """
    order = random.Random(seed)
    started = time.monotonic()
    run_to_its_end(home, command, start)
    length = time.monotonic() - started
    phases: Counter = Counter()
    for moment in moments(count, order):
        before = shown(home)
        kept = contents(before)
        kill_one(home, command, moment, order.uniform(0, 1.1 * length), start)
        phase = phase_left(home, before)
        assert moment == AT_RANDOM or phase == PHASE_OF[moment.rstrip("0123456789 ")], f"{moment}: {phase}"
        phases[phase] += 1
        assert contents(before) == kept, f"{moment}: the run before it changed"
        new = shown(home)
        finished = {path.name for path in (home / "runs").iterdir() if not path.name.startswith(".tmp-")}
        run_to_its_end(home, command, start)
        assert shown(home) not in (before, new), f"{moment}: the next run is not shown"
        assert finished <= {path.name for path in (home / "runs").iterdir()}, f"{moment}: a run was removed"
    return phases


def moments(count: int, order: random.Random) -> list[str]:
    """In turn one of each phase and one at random, in random order; which call is hit is random too."""
    named = {phase: [name for name, at in PHASE_OF.items() if at == phase] for phase in PHASES}
    chosen = []
    for number in range(count):
        phase = (*PHASES, AT_RANDOM)[number % 5]
        name = AT_RANDOM if phase == AT_RANDOM else order.choice(named[phase])
        chosen.append(f"{name} {order.randint(1, 6)}" if name == "before fsync" else name)
    order.shuffle(chosen)
    return chosen


PHASE_OF = {
    "before fsync": "before rename",
    "before rename": "before rename",
    "after rename": "before audit line",
    "before line": "before audit line",
    "half line": "before audit line",
    "after line": "before latest",
    "before latest": "before latest",
    "after latest": "after latest",
}


def kill_one(home: Path, command: list[str], moment: str, seconds: float, start: Start) -> None:
    if moment != AT_RANDOM:
        process = start([*ARMED, moment, str(home), *command])
        assert process.wait(timeout=300) == -signal.SIGKILL, f"{moment} was not reached"
        return
    process = start(command)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run_to_its_end(home: Path, command: list[str], start: Start) -> None:
    """A run succeeds, and nothing in the study's outputs is at fault afterwards."""
    from clinical.verify import verify

    assert start(command).wait(timeout=600) == 0
    assert [str(fault) for fault in verify(home)] == []
    assert not list((home / "runs").glob(".tmp-*"))


def phase_left(home: Path, before: Path) -> str:
    """Where a kill fell, from what is on disk: nothing else is known of it."""
    from clinical.audit import read_chain, recorded_runs

    recorded = recorded_runs(read_chain(home).lines)
    there = {path.name for path in (home / "runs").iterdir() if not path.name.startswith(".tmp-")}
    if there - set(recorded):
        return "before audit line"
    if shown(home) != before:
        return "after latest"
    return "before rename" if list(recorded)[-1] == before.name else "before latest"


def shown(home: Path) -> Path:
    return (home / "latest").resolve(strict=True)


def contents(run: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file of a run with its mode, its inode and its bytes."""
    files = sorted(path for path in run.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mode, path.stat().st_ino, path.read_bytes()) for path in files}


# In the process that is killed


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(moment: str, home: Path) -> None:
    """This process kills itself where it comes to `moment` of a run in `home`."""
    side, _, place = moment.partition(" ")
    place, _, number = place.partition(" ")
    left = int(number or 1)

    def watch(name: str, is_it: Callable[..., bool]) -> None:
        real = getattr(os, name)

        def watched(*arguments: object, **options: object) -> object:
            nonlocal left
            if not is_it(*arguments):
                return real(*arguments, **options)
            left -= 1
            if left:
                return real(*arguments, **options)
            if side == "half":
                real(arguments[0], arguments[1][: len(arguments[1]) // 2])
            if side == "after":
                real(*arguments, **options)
            return die()

        setattr(os, name, watched)

    top = home.resolve()
    watchers = {
        "fsync": ("fsync", lambda fd: file_of(fd).is_relative_to(top / "runs")),
        "rename": ("rename", lambda old, new: Path(new).resolve().parent == top / "runs"),
        "line": ("write", lambda fd, data: file_of(fd) == top / "audit.jsonl"),
        "latest": ("replace", lambda old, new: Path(new).name == "latest"),
    }
    watch(*watchers[place])


def file_of(descriptor: int) -> Path:
    return Path(os.readlink(f"/proc/self/fd/{descriptor}"))


def main(moment: str, home: str, first: str, *others: str) -> None:
    arm(moment, Path(home))
    if first == "-m":
        sys.argv = list(others)
        runpy.run_module(others[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [first, *others]
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The flow, the worker or the server of a night is killed at a moment; what is there afterwards is whole."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from clinical.verify import verify
from tests.flows.team import Team, wait_for
from tests.kills import contents
from tests.portfolio import bytes_of

VICTIMS = {"flow": b"prefect.engine", "worker": b"flows.worker", "server": b"flows.server"}
MADE = ("sdtm/", "adam/", "lineage/", "xpt/")  # findings and changes also say what was before
COMPLETE, UNCHANGED = "mini complete", "mini unchanged"
DOSES = ("B001,2,Z,2021-03-17,09:00,20", "B001,2,Z,2021-03-17,09:00,25")


def night(team: Team, *outcomes: str) -> None:
    """A night to its end with one of these outcomes, and nothing is at fault."""
    state = team.ended(team.ask("nightly", {}))
    assert state["type"] == "COMPLETED", state
    assert state["message"] in outcomes, state
    assert [str(fault) for fault in verify(team.home.outputs)] == []
    assert not list((team.home.outputs / "runs").glob(".tmp-*"))


def made(team: Team) -> dict[str, str]:
    """The bytes of the datasets that people see."""
    return {name: sha for name, sha in bytes_of(team.home.latest).items() if name.startswith(MADE)}


def correct(team: Team) -> None:
    """A dose is the other one, so that there is something to derive."""
    text = (team.home.study / "demo" / "dose.csv").read_text("utf-8")
    old, new = DOSES if DOSES[0] in text else DOSES[::-1]
    team.home.edit("demo/dose.csv", old, new)


def first_nights(team: Team) -> dict[str, dict[str, str]]:
    """The bytes that undisturbed nights give with either dose; the home is left with the second."""
    found = {}
    with team.running():
        for _ in DOSES:
            night(team, COMPLETE)
            found[(team.home.study / "demo" / "dose.csv").read_text("utf-8")] = made(team)
            correct(team)
    correct(team)
    return found


def kill_in_a_night(team: Team, victim: str, seconds: float, undisturbed: dict[str, dict[str, str]]) -> str:
    """Kills it so many seconds after the night began; whether that night had made its run already.

    The run before is as it was, and the next night gives what an undisturbed one gives; it has nothing to do
    where the killed one had finished its run.
    """
    correct(team)
    before, there = team.home.latest, finished(team)
    kept = contents(before)
    with team.running():
        run = team.ask("nightly", {})
        wait_for(lambda: team.state_of(run)["type"] != "SCHEDULED", "the night does not begin")
        time.sleep(seconds)
        killed = [process for process in team.processes() if VICTIMS[victim] in line_of(process)]
        for process in killed:
            os.kill(process, signal.SIGKILL)
        if victim == "flow":
            state = team.ended(run)["type"]
            assert state in ("CRASHED", "COMPLETED"), state
        else:
            assert killed
            wait_for(lambda: team.process.poll() is not None, f"make server goes on without its {victim}")
    assert team.processes() == set()
    assert contents(before) == kept
    done = finished(team) > there
    with team.running():
        night(team, COMPLETE, *([UNCHANGED] if done else []))
    assert made(team) == undisturbed[(team.home.study / "demo" / "dose.csv").read_text("utf-8")]
    return "after its run" if done else "before its run"


def finished(team: Team) -> int:
    """How many runs have the name of a finished one."""
    return sum(not path.name.startswith(".tmp-") for path in (team.home.outputs / "runs").iterdir())


def line_of(process: int) -> bytes:
    """The command line of a process; nothing of one that ended."""
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b""

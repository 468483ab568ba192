"""`make server` as it is used: begun twice on one state, a killed run, a killed server, nothing left."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

from clinical.lock import study_lock
from tests.flows.team import Inbox, Team, wait_for
from tests.homes import little_home

NEEDS: dict[str, str] = {}
REASON = "the site corrected a dose"
ASKED = {"study": "mini", "datasets": ["EX"], "reason": REASON, "requested_by": "Jane Doe"}
CRASHED = {"text": "mini: the process of rederive was ended from outside; what was finished is untouched"}
CUT_OFF = {
    "text": "every study: the process of nightly was ended from outside; what was finished is untouched"
}


def run() -> str:
    """What came of a run of each deployment, of a killed one, and of a killed server."""
    with TemporaryDirectory() as folder, Inbox() as inbox:
        team = Team(little_home(Path(folder) / "home"), CDISCFLOW_WEBHOOK=inbox.address)
        with team.running():
            took = wait_for(team.scheduled, "the schedule made no run")
            said = carry_out(team)
            kill_the_run(team, inbox)
        assert (team.code, team.processes()) == (0, set())
        with team.running():
            cut_off = kill_the_server(team)
        with team.running():
            carry_on(team, inbox, cut_off)
        team.home.remove()
    return (
        f"scheduled after {took:.0f} s; {said}; one message of a killed run; a killed server leaves nothing"
        " and takes no place"
    )


def carry_out(team: Team) -> str:
    """A run of each deployment through the worker."""
    ended = {
        "nightly": team.ended(team.ask("nightly", {})),
        "rederive": team.ended(team.ask("rederive", {"request": ASKED})),
        "submission": team.ended(team.ask("submission", {"study": "mini", "requested_by": "Jane Doe"})),
    }
    assert {state["type"] for state in ended.values()} == {"COMPLETED"}, ended
    assert [line["event"] for line in team.home.audit()] == ["nightly", "rederive", "package"]
    return ", ".join(f"{name} {state['type']}" for name, state in ended.items())


def waiting_run(team: Team, name: str, parameters: dict) -> str:
    """A run that waits for the lock of the study, which we hold."""
    run = team.ask(name, parameters)
    wait_for(lambda: team.state_of(run)["type"] == "RUNNING", "the run does not begin")
    return run


def kill_the_run(team: Team, inbox: Inbox) -> None:
    """The process of a run is killed: the run is told crashed, in one message, and the next one is whole."""
    before = team.home.audit()
    with study_lock(team.home.outputs, "a test"):
        run = waiting_run(team, "rederive", {"request": ASKED})
        for process in team.processes():
            if b"prefect.engine" in Path(f"/proc/{process}/cmdline").read_bytes():
                os.kill(process, signal.SIGKILL)
        assert team.ended(run)["type"] == "CRASHED"
    wait_for(lambda: inbox.got, "nobody was told of the crash")
    assert (inbox.got, team.home.audit()) == ([CRASHED], before)


def kill_the_server(team: Team) -> str:
    """The second server goes on with the history of the first and is killed in the middle of a night."""
    nightly = team.api("deployments/name/nightly/nightly")
    assert len(nightly["schedules"]) == 1
    done = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
    assert team.api("flow_runs/count", done) == 3
    with study_lock(team.home.outputs, "a test"):
        run = waiting_run(team, "nightly", {})
        os.kill(team.process.pid, signal.SIGKILL)
        wait_for(lambda: not team.processes(), "a killed server leaves processes")
    return run


def carry_on(team: Team, inbox: Inbox, cut_off: str) -> None:
    """The third server tells that the night was cut off, in one message, and the next night has its place."""
    assert team.state_of(cut_off)["type"] == "CRASHED"
    assert inbox.got == [CRASHED, CUT_OFF]
    assert team.ended(team.ask("nightly", {}))["type"] == "COMPLETED"

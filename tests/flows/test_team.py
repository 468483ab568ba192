"""`make server` on a home with a study that works and one that cannot: schedule, requests, lock, messages."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest

from clinical.lock import study_lock
from tests.flows.conftest import PLANTED
from tests.flows.team import SILENT_FAULT, Inbox, Team, wait_for
from tests.homes import LittleHome

pytestmark = pytest.mark.prefect
REASON = "the site corrected a dose"
ASKED = {"study": "mini", "datasets": ["EX"], "reason": REASON, "requested_by": "Jane Doe"}


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    """Who gets the messages."""
    with Inbox() as made:
        yield made


@pytest.fixture(scope="module")
def team(home: LittleHome, inbox, tmp_path_factory) -> Iterator[Team]:
    """Server and worker, on outputs of their own; the last test ends them."""
    own = home.copy(tmp_path_factory.mktemp("team") / "home")
    made = Team(own, CDISCFLOW_WEBHOOK=inbox.address)
    running = made.running()
    made.stop = lambda: running.__exit__(None, None, None)
    running.__enter__()
    yield made
    if made.process.poll() is None:
        made.stop()
    own.remove()


@pytest.fixture(scope="module")
def night(team) -> dict:
    """A run that the cron schedule made, moved to now; the state it ended in."""
    wait_for(team.scheduled, "the schedule made no run")
    run = team.scheduled()[0]
    assert (run["auto_scheduled"], run["parameters"]) == (True, {})
    assert SILENT_FAULT not in (team.state / "server.log").read_text("utf-8")
    at_once = {"state": {"type": "SCHEDULED", "state_details": {}}, "force": True}
    team.api(f"flow_runs/{run['id']}/set_state", at_once)
    return team.ended(run["id"])


def test_the_schedule_makes_a_run_and_the_worker_carries_it_out(team, night):
    said = "no new run of broken; what they had before is untouched"
    assert (night["type"], night["message"]) == ("FAILED", said)
    (line,) = team.home.audit()
    assert (line["event"], line["why"]) == ("nightly", "nightly run")


def test_a_failing_study_sends_one_message_that_names_it_and_holds_nothing_of_subjects(team, night, inbox):
    said = "broken: no new run (nightly); what it had before is untouched"
    assert inbox.got == [{"text": said}]
    assert PLANTED in (team.home.latest / "findings" / "findings.csv").read_text("utf-8")


def test_a_request_without_a_reason_is_refused_by_the_server_and_nothing_runs(team, night):
    before, asked = team.home.audit(), {name: ASKED[name] for name in ASKED if name != "reason"}
    with pytest.raises(HTTPError) as refused:
        team.ask("rederive", {"request": asked})
    assert refused.value.code == 409
    assert "'reason' is a required property" in refused.value.read().decode()
    state = team.ended(team.ask("rederive", {"request": asked}, enforce_parameter_schema=False))
    assert state["type"] == "FAILED"  # the switch on the page that leaves the form unchecked
    assert team.home.audit() == before


def test_two_requests_at_once_for_one_study_queue_at_its_lock_and_both_finish(team, night):
    before, asked = team.home.audit(), {"Jane Doe": "EX", "John Roe": "AE"}
    with study_lock(team.home.outputs, "a test"):
        runs = [
            team.ask("rederive", {"request": ASKED | {"requested_by": who, "datasets": [dataset]}})
            for who, dataset in asked.items()
        ]
        wait_for(
            lambda: all(team.state_of(run)["type"] == "RUNNING" for run in runs), "two runs do not begin"
        )
        assert team.home.audit() == before
    states = [team.ended(run) for run in runs]
    assert [(state["type"], state["message"]) for state in states] == [("COMPLETED", "mini complete")] * 2
    first, second = team.home.audit()[len(before) :]
    assert {line["who"]: line["inputs"]["asked"]["datasets"] for line in (first, second)} == {
        "Jane Doe": ["EX"],
        "John Roe": ["AE"],
    }
    assert (first["why"], second["why"]) == (REASON, REASON)
    assert second["outputs"]["started"] >= first["when"]
    assert team.home.latest.name == second["outputs"]["run"]


def test_ctrl_c_ends_server_and_worker_and_nothing_of_them_is_left(team, night):
    assert len(team.processes()) >= 3
    port = int(team.page.rpartition(":")[2])
    team.stop()
    assert team.code == 0
    assert team.processes() == set()
    socket.create_server(("127.0.0.1", port)).close()

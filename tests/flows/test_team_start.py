"""`make server` before it serves: what it refuses, and the runs of an earlier server that were cut off."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import httpx
import pytest

from flows.notify import ADDRESS
from flows.server import ServerFault
from flows.worker import POOL
from tests.flows.team import Inbox
from tests.homes import ROOT


@pytest.fixture
def taken() -> Iterator[str]:
    """A port that somebody has."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield str(listening.getsockname()[1])


def refused(home, port: str) -> str:
    """What is said where the server cannot start."""
    own = {"PREFECT_HOME": str(home.root / "refused"), "PREFECT_SERVER_API_PORT": port}
    process = subprocess.run(
        [sys.executable, "-m", "flows.team"], cwd=ROOT, env=home.environment() | own, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert (process.returncode, process.stdout) == (1, "")
    assert not (home.root / "refused").exists()
    return process.stderr


def test_a_port_that_somebody_has_is_told(home, taken):
    at = f"('127.0.0.1', {taken})"
    said = f"Address already in use (while attempting to bind on address {at})"
    assert refused(home, taken) == f"the server could not be started: {said}\n"


@pytest.mark.parametrize("port", ["x", "65536", "-1", ""])
def test_a_port_that_is_none_is_told(home, port):
    said = f"the server could not be started: PREFECT_SERVER_API_PORT is no port: {port}\n"
    assert refused(home, port) == said


@pytest.fixture
def server(prefect) -> SimpleNamespace:
    """The server of the tests of this folder, as `make server` knows its own."""
    from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL

    url = httpx.URL(PREFECT_API_URL.value())
    return SimpleNamespace(host=url.host, port=url.port, password=PREFECT_API_AUTH_STRING.value())


@pytest.mark.prefect
def test_runs_cut_off_are_told_crashed_once_and_give_their_place_back_and_others_stay(server, monkeypatch):
    from flows.team import ask, tell_what_was_cut_off

    ask(server, "work_pools/", {"name": POOL, "type": "process"})
    assert ask(server, "work_pools/", {"name": POOL, "type": "process"}) is None
    flow = ask(server, "flows/", {"name": "nightly"})["id"]
    limit = {"concurrency_limit": 1, "concurrency_options": {"collision_strategy": "ENQUEUE"}}
    pooled = ask(server, "deployments/", {"name": "cut", "flow_id": flow, "work_pool_name": POOL, **limit})[
        "id"
    ]
    elsewhere = ask(server, "deployments/", {"name": "not cut", "flow_id": flow})["id"]

    def run_of(deployment: str, *states: str) -> str:
        run = ask(server, f"deployments/{deployment}/create_flow_run", {})["id"]
        for state in states:
            told = ask(server, f"flow_runs/{run}/set_state", {"state": {"type": state}})
            assert told["status"] == "ACCEPT", told
        return run

    runs = [
        run_of(pooled, "PENDING", "RUNNING"), run_of(elsewhere, "PENDING", "RUNNING"), run_of(pooled),
    ]  # fmt: skip

    def states() -> list[str]:
        found = ask(server, "flow_runs/filter", {"flow_runs": {"id": {"any_": runs}}})
        by_id = {run["id"]: run["state_type"] for run in found}
        return [by_id[run] for run in runs]

    with Inbox() as inbox:
        monkeypatch.setenv(ADDRESS, inbox.address)
        tell_what_was_cut_off(server)
        tell_what_was_cut_off(server)
    said = "every study: the process of nightly was ended from outside; what was finished is untouched"
    assert (states(), inbox.got) == (["CRASHED", "RUNNING", "SCHEDULED"], [{"text": said}])
    run_of(pooled, "PENDING", "RUNNING")


@pytest.mark.prefect
def test_a_refusal_of_the_server_is_told_with_its_code(server):
    from flows.team import ask

    with pytest.raises(ServerFault) as fault:
        ask(server, "work_pools/", {})
    assert str(fault.value) == "work_pools/ was answered with HTTP 422"

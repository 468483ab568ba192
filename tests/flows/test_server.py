"""The server of `python -m flows`: its own, quiet, gone with the command; and the command's exit code."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.homes import ROOT

START_AND_DIE = """
import os, signal
from flows.server import Server
print(Server().process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def alive(process: int) -> bool:
    """Whether a process is there and not only remembered."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_server_ends_when_the_command_is_killed(home):
    process = subprocess.run(
        [sys.executable, "-c", START_AND_DIE], capture_output=True, text=True, check=False, cwd=ROOT,
        env=home.environment() | {"PREFECT_HOME": str(home.root / "killed")},
    )  # fmt: skip
    server = int(process.stdout)
    until = time.monotonic() + 60
    while alive(server) and time.monotonic() < until:
        time.sleep(0.1)
    assert not alive(server)


def test_a_server_that_cannot_start_is_told_with_its_log(home, monkeypatch):
    from flows import server

    monkeypatch.setenv("PREFECT_HOME", str(home.root / "faulty"))
    monkeypatch.setattr(server, "PROGRAM", "flows.nothing")
    started = server.Server()
    with pytest.raises(server.ServerFault) as refused:
        started.wait()
    assert str(refused.value) == f"the Prefect server of this command did not start; see {started.log}"
    assert "No module named flows.nothing" in started.log.read_text("utf-8")


def test_no_server_is_started_where_the_environment_names_one(monkeypatch):
    from flows.server import start_for_this_command

    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    assert start_for_this_command() is None

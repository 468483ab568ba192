"""A Prefect server, a worker and the deployments as a team has them: schedules make runs, requests are
carried out.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tests.homes import ROOT, SETTINGS, LittleHome, little_home

NEEDS: dict[str, str] = {}
SILENT_FAULT = "bulk DML"  # sqlalchemy 2.1: all looks well, and no schedule ever makes a run
REASON = "the site corrected a dose"


class Team:
    """A checkout with its own server and worker; `api` asks the server."""

    def __init__(self, home: LittleHome) -> None:
        self.home = home
        self.port = free_port()
        self.environment = {name: value for name, value in os.environ.items() if name not in SETTINGS} | {
            "CDISCFLOW_HOME": str(home.root),
            "PREFECT_HOME": str(home.root / ".prefect"),
            "PREFECT_API_URL": f"http://127.0.0.1:{self.port}/api",
            "PREFECT_UI_STATIC_DIRECTORY": str(home.root / ".prefect" / "ui"),
            "DO_NOT_TRACK": "1",
        }

    def prefect(self, *arguments: str) -> list[str]:
        """The command line of Prefect."""
        return [sys.executable, "-m", "prefect", *arguments]

    def call(self, *arguments: str) -> str:
        """Runs a command of Prefect in the checkout; what it printed."""
        process = subprocess.run(
            self.prefect("--no-prompt", *arguments), cwd=self.home.root, env=self.environment, text=True,
            capture_output=True, check=False,
        )  # fmt: skip
        assert process.returncode == 0, process.stdout + process.stderr
        return process.stdout

    @contextmanager
    def running(self, *arguments: str) -> Iterator[Path]:
        """A command of Prefect that stays; its log."""
        log = self.home.root / f"{arguments[0]}.log"
        with log.open("wb") as said:
            process = subprocess.Popen(
                self.prefect(*arguments), cwd=self.home.root, env=self.environment, stdout=said, stderr=said
            )
        try:
            yield log
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def api(self, path: str, body: dict | None = None) -> object:
        """What the server answers."""
        data = None if body is None else json.dumps(body).encode()
        asked = Request(
            f"{self.environment['PREFECT_API_URL']}/{path}", data, {"Content-Type": "application/json"}
        )
        with urlopen(asked, timeout=60) as answer:
            return json.loads(answer.read())

    def is_up(self) -> bool:
        """Whether the server answers."""
        try:
            return self.api("health") is True
        except (URLError, OSError):
            return False

    def scheduled(self) -> int:
        """How many runs the schedules have made."""
        return int(self.api("flow_runs/count", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}))

    def ended(self, name: str, parameters: dict) -> dict:
        """The state that a run of a deployment ends in."""
        deployment = self.api(f"deployments/name/{name}/{name}")
        made = self.api(f"deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})
        wait_for(
            lambda: self.api(f"flow_runs/{made['id']}")["state"]["type"] in ENDED, 300, f"{name} did not end"
        )
        return self.api(f"flow_runs/{made['id']}")["state"]


ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def wait_for(holds: Callable[[], bool], seconds: float, otherwise: str) -> float:
    """How long it took until `holds`."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < seconds, otherwise
        time.sleep(0.5)
    return time.monotonic() - started


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def checkout(folder: Path) -> LittleHome:
    """A home with the flows and the deployments in it, as a checkout has them."""
    home = little_home(folder / "home")
    shutil.copytree(ROOT / "flows", home.root / "flows", ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("prefect.yaml", "prefect.toml"):
        shutil.copy(ROOT / file, home.root / file)
    return home


def refused_code(team: Team, parameters: dict) -> int:
    """The code with which the server refuses a request that does not fit the form."""
    try:
        team.ended("rederive", {"request": parameters})
    except HTTPError as refusal:
        return refusal.code
    raise AssertionError("a request without a reason was accepted")


def run() -> str:
    """How many runs were scheduled, and what came of a run of each deployment."""
    with TemporaryDirectory() as folder:
        home = checkout(Path(folder))
        team = Team(home)
        with team.running("server", "start", "--port", str(team.port)) as log:
            wait_for(team.is_up, 240, "the server is not up")
            team.call("work-pool", "create", "local", "--type", "process")
            team.call("deploy", "--all")
            took = wait_for(lambda: team.scheduled() > 0, 60, "the schedule made no run")
            scheduled = team.scheduled()
            with team.running("worker", "start", "--pool", "local", "--limit", "2"):
                said = carry_out(team)
            assert SILENT_FAULT not in log.read_text("utf-8"), "the scheduler cannot write its runs"
        home.remove()
    return f"{scheduled} runs scheduled after {took:.0f} s; {said}"


def carry_out(team: Team) -> str:
    """A run of each deployment through a worker."""
    asked = {"study": "mini", "datasets": ["EX"], "requested_by": "Jane Doe"}
    assert refused_code(team, asked) == 409
    ended = {
        "nightly": team.ended("nightly", {}),
        "rederive": team.ended("rederive", {"request": asked | {"reason": REASON}}),
        "submission": team.ended("submission", {"study": "mini", "requested_by": "Jane Doe"}),
    }
    types = {name: state["type"] for name, state in ended.items()}
    assert types == dict.fromkeys(ended, "COMPLETED"), ended
    events = [line["event"] for line in team.home.audit()]
    assert events == ["nightly", "rederive", "package"]
    assert team.home.audit()[1]["why"] == REASON
    return ", ".join(f"{name} {state}" for name, state in types.items())

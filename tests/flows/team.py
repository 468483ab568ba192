"""`make server` as a team has it, and somebody who gets its messages: for tests of the whole way."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.homes import ROOT, LittleHome

ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
SILENT_FAULT = "bulk DML"  # sqlalchemy 2.1: all looks well, and no schedule ever makes a run
LONGEST = 1200
BUSY = 503


def wait_for(holds: Callable[[], object], otherwise: str) -> float:
    """How long it took until `holds`."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < LONGEST, otherwise
        time.sleep(0.2)
    return time.monotonic() - started


class Team:
    """Server and worker of a home, from the command to Ctrl-C; `api` asks the server."""

    def __init__(self, home: LittleHome, **settings: str) -> None:
        self.home = home
        self.state = home.root / ".prefect"
        own = {"PREFECT_HOME": str(self.state), "PREFECT_SERVER_API_PORT": "0", "DO_NOT_TRACK": "1"}
        self.environment = home.environment() | own | settings
        self.page = self.password = ""

    @contextmanager
    def running(self) -> Iterator[Team]:
        """From the moment the page is told to Ctrl-C, and until nothing of it is left."""
        said, self.page = self.home.root / "team.log", ""
        with said.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flows.team"], cwd=ROOT, env=self.environment, stdout=out, stderr=out,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
            )  # fmt: skip
        try:
            wait_for(lambda: self._told(said.read_text("utf-8")), "make server told no page")
            yield self
        finally:
            self.process.send_signal(signal.SIGINT)
            self.code = self.process.wait(timeout=LONGEST)

    def _told(self, said: str) -> bool:
        assert self.process.poll() is None, said
        page, password = (
            re.search(r"page of this checkout is (\S+);", said),
            re.search(r"cdiscflow:\S+", said),
        )
        if page and said.endswith("\n") and password:
            self.page, self.password = page[1], password[0].rstrip(";")
        return bool(self.page)

    def api(self, path: str, body: dict | None = None) -> object:
        """What the server answers; SQLite that is written to says 503, and is asked again."""
        login = base64.b64encode(self.password.encode()).decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {login}"}
        data = None if body is None else json.dumps(body).encode()
        until = time.monotonic() + LONGEST
        while True:
            try:
                with urlopen(Request(f"{self.page}/api/{path}", data, headers), timeout=LONGEST) as answer:
                    return json.loads(answer.read())
            except HTTPError as refusal:
                if refusal.code != BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def scheduled(self) -> list[dict]:
        """The runs that schedules have made and nobody has begun."""
        return self.api("flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}})

    def ask(self, name: str, parameters: dict, **more: object) -> str:
        """The id of a run of a deployment that is asked for."""
        deployment = self.api(f"deployments/name/{name}/{name}")
        asked = {"parameters": parameters, **more}
        return self.api(f"deployments/{deployment['id']}/create_flow_run", asked)["id"]

    def state_of(self, run: str) -> dict:
        """The state that a run is in."""
        return self.api(f"flow_runs/{run}")["state"]

    def ended(self, run: str) -> dict:
        """The state that a run ends in."""
        wait_for(lambda: self.state_of(run)["type"] in ENDED, f"run {run} did not end")
        return self.state_of(run)

    def processes(self) -> set[int]:
        """Every process that works on the state of this server."""
        marked = f"PREFECT_HOME={self.state}".encode()
        found = set()
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):  # somebody else's, or it ended meanwhile
                found |= {int(path.parent.name)} if marked in path.read_bytes().split(b"\0") else set()
        return found - {os.getpid()}


class Inbox:
    """An HTTP server that keeps what it is sent."""

    def __init__(self, code: int = 200) -> None:
        self.got: list[dict] = []
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                inbox.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(code)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/hook"

    def __enter__(self) -> Inbox:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

"""A Prefect server that ends with the command that started it, however that ends.

For one command it is on loopback with a password of that moment; `flows.team` starts one with page and
schedules. Prefect can start one too, but only after its client has read the whole server (7 of 17 s); here
both start at once. The socket is open before the server listens, so whoever connects early waits and nobody
takes the port.
"""

from __future__ import annotations

import atexit
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from flows import ROOT

LONGEST_START = 300
LOOPBACK, ANY_ADDRESS = "127.0.0.1", ("", "0.0.0.0")
OURS = {"PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1", "PREFECT_UI_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "0.2"}  # fmt: skip
LOG, PROGRAM = "server.log", "flows.server"


class ServerFault(RuntimeError):
    """The server of this command did not start; its own words are in the log named."""


class Child:
    """A process that watches its standard input (`end_with_parent`) and writes to a log."""

    def __init__(self, program: list[str], log: Path, settings: dict[str, str], open_: tuple[int, ...] = ()):
        log.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        self.log = log
        with open(log, "wb", opener=partial(os.open, mode=0o640)) as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *program], cwd=ROOT, env=os.environ | settings, pass_fds=open_,
                stdin=subprocess.PIPE, stdout=said, stderr=said,
                start_new_session=True,  # Ctrl-C is for the parent, who ends its children in order
            )  # fmt: skip

    def stop(self, patience: float = 10) -> None:
        """Ends the process."""
        self.process.stdin.close()
        try:
            self.process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Server(Child):
    """A server process; `settings` are those of Prefect, for one command unless others are given."""

    def __init__(
        self, host: str = LOOPBACK, port: int = 0, password: str = "", settings: dict[str, str] = OURS
    ) -> None:
        listening = socket.create_server((host, port), backlog=128)
        self.host = LOOPBACK if host in ANY_ADDRESS else host
        self.port = listening.getsockname()[1]
        self.password = password or f"cdiscflow:{secrets.token_urlsafe(24)}"
        told = {"PREFECT_API_URL": self.settings["PREFECT_API_URL"]} if settings is not OURS else {}
        with listening:
            super().__init__(
                [PROGRAM, str(listening.fileno())], Path(os.environ["PREFECT_HOME"]) / LOG,
                settings | told | {"PREFECT_SERVER_API_AUTH_STRING": self.password}, (listening.fileno(),),
            )  # fmt: skip

    @property
    def settings(self) -> dict[str, str]:
        """What a client of this server must know."""
        return {
            "PREFECT_API_URL": f"http://{self.host}:{self.port}/api",
            "PREFECT_API_AUTH_STRING": self.password,
        }

    def wait(self) -> None:
        """Returns as soon as the server answers.

        Raises: ServerFault.
        """
        until = time.monotonic() + LONGEST_START
        while time.monotonic() < until and self.process.poll() is None:
            asked = HTTPConnection(self.host, self.port, timeout=5)
            try:
                asked.request("GET", "/api/health")
                if asked.getresponse().status == 200:
                    return
            except (OSError, HTTPException):
                time.sleep(0.05)
            finally:
                asked.close()
        self.stop()
        raise ServerFault(f"the Prefect server of this command did not start; see {self.log}")


def start_for_this_command() -> Server | None:
    """A server, unless the environment names one (PREFECT_API_URL); Prefect must not be read yet."""
    if os.environ.get("PREFECT_API_URL"):
        return None
    server = Server()
    os.environ.update(server.settings)
    atexit.register(server.stop)
    return server


def end_with_parent(end: Callable[[], None]) -> None:
    """`end` is called when our standard input is closed at its other end: the parent is gone."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        end()

    threading.Thread(target=watch, daemon=True).start()


def main(descriptor: int) -> None:
    """The server process itself."""
    os.umask(0o027)
    end_with_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
    import uvicorn

    config = uvicorn.Config(
        "prefect.server.api.server:create_app", factory=True, log_level="error", timeout_graceful_shutdown=2
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(int(sys.argv[1]))

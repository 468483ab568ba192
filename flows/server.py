"""A Prefect server for one command: on loopback, with a password of that moment, gone when the command ends.

Prefect can start one too, but only after its client has read the whole server (7 of 17 s); here both start at
once. The socket is open before the server listens, so whoever connects early waits and nobody takes the port.
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
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from flows import ROOT

LONGEST_START = 300
OURS = {"PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1", "PREFECT_UI_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "0.2"}  # fmt: skip
LOG, PROGRAM = "server.log", "flows.server"


class ServerFault(RuntimeError):
    """The server of this command did not start; its own words are in the log named."""


class Server:
    """A server process; it ends with the process that started it, however that ends."""

    def __init__(self) -> None:
        home = Path(os.environ["PREFECT_HOME"])
        home.mkdir(mode=0o750, parents=True, exist_ok=True)
        self.log = home / LOG
        listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = listening.getsockname()[1]
        self.password = f"cdiscflow:{secrets.token_urlsafe(24)}"
        with listening, self.log.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", PROGRAM, str(listening.fileno())],
                cwd=ROOT, stdin=subprocess.PIPE,
                stdout=said, stderr=said, pass_fds=[listening.fileno()],
                env=os.environ | OURS | {"PREFECT_SERVER_API_AUTH_STRING": self.password},
            )  # fmt: skip

    @property
    def settings(self) -> dict[str, str]:
        """What a client of this server must know."""
        return {
            "PREFECT_API_URL": f"http://127.0.0.1:{self.port}/api",
            "PREFECT_API_AUTH_STRING": self.password,
        }

    def wait(self) -> None:
        """Returns as soon as the server answers.

        Raises: ServerFault.
        """
        until = time.monotonic() + LONGEST_START
        while time.monotonic() < until and self.process.poll() is None:
            asked = HTTPConnection("127.0.0.1", self.port, timeout=5)
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

    def stop(self) -> None:
        """Ends the server."""
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_for_this_command() -> Server | None:
    """A server, unless the environment names one (PREFECT_API_URL); Prefect must not be read yet."""
    if os.environ.get("PREFECT_API_URL"):
        return None
    server = Server()
    os.environ.update(server.settings)
    atexit.register(server.stop)
    return server


def _end_with_parent() -> None:
    """The other end of our standard input is closed when the parent is gone, killed or not."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main(descriptor: int) -> None:
    """The server process itself."""
    os.umask(0o027)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import uvicorn

    config = uvicorn.Config(
        "prefect.server.api.server:create_app", factory=True, log_level="error", timeout_graceful_shutdown=2
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(int(sys.argv[1]))

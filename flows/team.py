"""`python -m flows.team` (`make server`): the Prefect server, a worker and the deployments of this checkout.

Ctrl-C ends all of it; what is left is state under `.prefect`, and the next start goes on with it. Host, port,
password and database are Prefect's own settings, from the environment.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace

from clinical.errors import sentence
from flows import ROOT
from flows.notify import tell_crash
from flows.server import LOOPBACK, Child, Server, ServerFault
from flows.worker import POOL, end_all, marked

HOST, PORT = "PREFECT_SERVER_API_HOST", "PREFECT_SERVER_API_PORT"
PASSWORD = "PREFECT_SERVER_API_AUTH_STRING"
FIRST_PORT, LAST_PORT = "4200", 65535
WORKER_LOG, MARK = "worker.log", "CDISCFLOW_TEAM"
PAUSES = (0.2, 0.5, 1, 2, 5, 10)
PATIENCE = 30  # seconds for the worker to end what it carries out


def serve() -> int:
    """Exit code 0 after Ctrl-C or SIGTERM, 1 if server or worker could not start or ended by itself."""
    children: list[Child] = []
    mark = {MARK: secrets.token_urlsafe(12)}
    try:
        server = _server()
        children.append(server)
        server.wait()
        settings = server.settings | _places() | mark
        ask(server, "work_pools/", {"name": POOL, "type": "process"})
        tell_what_was_cut_off(server)
        children.append(Child(["flows.worker"], server.log.with_name(WORKER_LOG), settings))
        deploy(settings)
        print(words(server), flush=True)
        return _watch(children)
    except KeyboardInterrupt:
        return 0
    except (OSError, ServerFault) as fault:
        print(sentence("flow.server", reason=getattr(fault, "strerror", "") or str(fault)), file=sys.stderr)
        return 1
    finally:
        for child in reversed(children):  # the worker first: it tells the server what it ends
            child.stop(PATIENCE)
        end_all(marked(*mark.items()))  # what a killed worker left


def _server() -> Server:
    home = Path(os.environ["PREFECT_HOME"])
    settings = {"PREFECT_UI_STATIC_DIRECTORY": str(home / "ui")}  # else written where Prefect is installed
    host, port = os.environ.get(HOST, LOOPBACK), os.environ.get(PORT, FIRST_PORT)
    if not (port.isdecimal() and int(port) <= LAST_PORT):
        raise ServerFault(f"{PORT} is no port: {port}")
    return Server(host, int(port), os.environ.get(PASSWORD, ""), settings)


def _places() -> dict[str, str]:
    """What the flows of the worker must know: the studies' home, and where the flows themselves are."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {"CDISCFLOW_HOME": os.environ.get("CDISCFLOW_HOME", str(ROOT)), "PYTHONPATH": path}


def ask(server: Server, path: str, body: dict) -> object:
    """What the server answers; nothing for what is there already.

    Raises: ServerFault with the code of a refusal.
    """
    login = base64.b64encode(server.password.encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    for pause in PAUSES:
        asked = HTTPConnection(server.host, server.port, timeout=60)
        with closing(asked):
            asked.request("POST", f"/api/{path}", json.dumps(body), headers)
            answer = asked.getresponse()
            if answer.status in (HTTPStatus.OK, HTTPStatus.CREATED):
                return json.loads(answer.read())
        if answer.status == HTTPStatus.CONFLICT:
            return None
        if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:  # SQLite, while something else writes
            break
        time.sleep(pause)
    raise ServerFault(f"{path} was answered with HTTP {answer.status}")


def tell_what_was_cut_off(server: Server) -> None:
    """Runs that ended with an earlier server and could not say so are told crashed, here and to the webhook.

    Without this they look as if they ran, and the place of a night stays taken: Prefect forgets at its end
    who holds a limit, so that no night would run again.
    """
    states = {"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}}
    asked = {"flow_runs": states, "work_pools": {"name": {"any_": [POOL]}}}
    for run in ask(server, "flow_runs/filter", asked):
        (flow,) = ask(server, "flows/filter", {"flows": {"id": {"any_": [run["flow_id"]]}}})
        crashed = {"type": "CRASHED", "message": "its server ended before it"}
        ask(server, f"flow_runs/{run['id']}/set_state", {"state": crashed, "force": True})
        tell_crash(SimpleNamespace(**flow), SimpleNamespace(**run), None)


def deploy(settings: dict[str, str]) -> None:
    """The deployments of prefect.yaml, as they and the studies are now.

    Raises: ServerFault with what Prefect said.
    """
    done = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"], cwd=ROOT, text=True,
        env=os.environ | settings, stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise ServerFault(f"{done.stdout}{done.stderr}")


def words(server: Server) -> str:
    """Where the page is, how one gets in, and what another shell needs."""
    known = [] if os.environ.get(PASSWORD) else [sentence("flow.server-password", password=server.password)]
    return "\n".join([
        sentence("flow.server-up", page=server.settings["PREFECT_API_URL"].removesuffix("/api")), *known,
        *(f"  export {name}={value}" for name, value in server.settings.items()
          if known or name == "PREFECT_API_URL"),
    ])  # fmt: skip


def _watch(children: list[Child]) -> int:
    while True:
        for child in children:
            if child.process.poll() is not None:
                print(sentence("flow.server-ended", log=child.log), file=sys.stderr)
                return 1
        time.sleep(0.5)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    raise SystemExit(serve())

"""The worker of `flows.team`: Prefect's own, and nothing that it started outlives it."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from flows.server import end_with_parent

POOL, AT_ONCE = "local", 2
PATIENCE = 10


def running() -> dict[int, int]:
    """Every process of this machine and its parent."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            state, parent = stat.read_text("utf-8").rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(stat.parent.name)] = int(parent)
    return parents


def below(process: int) -> list[int]:
    """The processes that `process` started, and those that they started; also in sessions of their own."""
    parents, found, new = running(), [], [process]
    while new:
        new = [pid for pid, parent in parents.items() if parent in new]
        found += new
    return found


def marked(setting: tuple[str, str]) -> list[int]:
    """The processes with this setting in their environment, whoever is their parent now."""
    wanted, found = "=".join(setting).encode(), []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # somebody else's, or it ended meanwhile
            if wanted in environment.read_bytes().split(b"\0"):
                found.append(int(environment.parent.name))
    return found


def end_all(processes: list[int]) -> None:
    """Asks them to end, and ends those that have not after a while."""
    for code in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, code)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and set(processes) & running().keys():
            time.sleep(0.1)


def main() -> None:
    """Carries out what the server schedules, until the parent closes our standard input."""
    os.umask(0o027)

    def end() -> None:
        end_all(below(os.getpid()))
        os._exit(0)

    end_with_parent(end)
    from prefect.cli import app

    sys.argv = ["prefect", "worker", "start", "--pool", POOL, "--type", "process", "--limit", str(AT_ONCE)]
    app()


if __name__ == "__main__":
    main()

"""Commands without the seconds it takes to read the packages: a process reads them once and forks for each
command.

Nothing of a run has begun when it forks, so the child is as good as a process of its own; it leads a process
group and can be killed as one.
"""

from __future__ import annotations

import json
import os
import runpy
import select
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


class WarmChild:
    """A command on its way, with what `subprocess.Popen` offers of it."""

    def __init__(self, warm: Warm, pid: int) -> None:
        self.warm, self.pid = warm, pid
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """The exit code of the command, negative where a signal ended it.

        Raises: subprocess.TimeoutExpired.
        """
        if self.returncode is None:
            ready, _, _ = select.select([self.warm.process.stdout], [], [], timeout)
            if not ready:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            self.returncode = self.warm.answer()
        return self.returncode


class Warm:
    """The process that forks, one command at a time; `with` ends it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()

    def start(self, arguments: list[str]) -> WarmChild:
        """`python ARGUMENTS`, begun; its output goes nowhere."""
        self.process.stdin.write(json.dumps(arguments).encode() + b"\n")
        self.process.stdin.flush()
        return WarmChild(self, self.answer())

    def answer(self) -> int:
        """The number the process says next: the id of a command it began, or its exit code."""
        return int(os.read(self.process.stdout.fileno(), 32).split(b"\n")[0])


def serve() -> None:
    """Reads the packages, then forks for each line of arguments."""
    import great_expectations  # noqa: F401

    import tlf.run  # noqa: F401

    for line in sys.stdin.buffer:
        child = os.fork()
        if not child:
            execute(json.loads(line))
        say(child)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        say(status)


def say(number: int) -> None:
    """Tells the test a number, on a line of fixed length: two of them are never read as one."""
    os.write(1, f"{number:31d}\n".encode())


def execute(arguments: list[str]) -> None:
    """In the child: as if Python had been started with these arguments."""
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    code = 1
    try:
        if arguments[0] == "-m":
            sys.argv = arguments[1:]
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = arguments
            runpy.run_path(arguments[0], run_name="__main__")
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve()

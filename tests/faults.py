"""What goes wrong on a machine, done to one command: a full disk, no right to write, another clock."""

from __future__ import annotations

import ctypes
import os
import resource
import runpy
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

DISTURBED = ["-m", "tests.faults"]
CAPABILITIES = 0x20080522  # the version of Linux's capset that takes two sets of 32
Start = Callable[[list[str]], object]


def begin(start: Start, home: Path, said: Path, fault: str, command: list[str]) -> object:
    """A command on `home` that `fault` befalls, begun; what it prints is in the file `said`."""
    return start([*DISTURBED, str(home), str(said), fault, *command])


# In the process that is disturbed


def file_size(limit: str) -> None:
    """No file of this process grows beyond `limit` bytes: the machine refuses as it does on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))


def plain_user(_: str) -> None:
    """This process has no right that is root's; where it is not root it has none anyway."""
    header = (ctypes.c_uint32 * 2)(CAPABILITIES, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capset(header, nothing):
        raise OSError(ctypes.get_errno(), "capset")


def clock(days: str) -> None:
    """The clock of this process is so many days ahead, or behind."""
    from clinical import clock

    class Elsewhere(datetime):
        @classmethod
        def now(cls, tz: object = UTC) -> datetime:
            return datetime.now(tz) + timedelta(days=int(days))

    clock.datetime = Elsewhere


def nothing(_: str) -> None:
    """An undisturbed command."""


def main(home: str, said: str, fault: str, *command: str) -> None:
    """Runs `-m MODULE ARGUMENTS` with a fault of the machine, such as `clock:-400`."""
    os.environ["CDISCFLOW_HOME"] = home
    descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    name, _, amount = fault.partition(":")
    {each.__name__: each for each in (file_size, plain_user, clock, nothing)}[name](amount)
    sys.argv = list(command[1:])
    runpy.run_module(command[1], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

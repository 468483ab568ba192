"""One piece of work in a process of its own: its CPU seconds, its peak memory, and what it says."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("pandas", "numpy", "pyarrow", "pyreadstat", "great-expectations", "prefect")


@dataclass(frozen=True)
class Cost:
    """What a process took: CPU seconds (user and system, children included), peak resident MB, wall seconds.

    `said` is the JSON object on the last line it printed, if there is one.
    """

    seconds: float
    peak: float
    wall: float
    said: dict = field(default_factory=dict)


def cost_of(arguments: list[str], **environment: str) -> Cost:
    """Runs `python <arguments>` in the checkout and waits for it.

    Raises: RuntimeError with the end of what it printed where it fails.
    """
    start = time.monotonic()
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)}: exit code {process.returncode}\n{printed[-2000:]}")
    last = printed.strip().rpartition("\n")[2]
    said = json.loads(last) if last.startswith("{") else {}
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, time.monotonic() - start, said)


def work(name: str, *arguments: object) -> Cost:
    """The cost of one function of `bench.work`."""
    return cost_of(["-m", "bench.work", name, *map(str, arguments)])


def made(name: str, *arguments: object) -> int | str:
    """What a function of `bench.data` says, in its own process: a child's peak starts at its parent's."""
    return cost_of(["-m", "bench.data", name, *map(str, arguments)]).said["made"]


def machine() -> str:
    """Processor, memory, system and versions, for the head of the report."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{os.cpu_count()} cores of {model or platform.machine()}, {memory:.0f} GiB, {platform.system()}; "
        f"Python {platform.python_version()}, {versions}."
    )

"""A run of rd1302 on six simulated subjects and its draft package, made once for all test processes."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from cdiscflow.home import CHECKOUT, Home
from cdiscflow.home import home as home_of
from cdiscflow.package import Asked, make_package
from cdiscflow.pipeline import Request, run_study
from cdiscflow.simulating import simulate_study
from edc.simulate.run import Order

STUDY, DONE = "rd1302", "done"


def packed_home(folder: Path) -> Home:
    """The home below `folder`, with one run of rd1302 and its draft; the first process that asks makes it."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CDISCFLOW_HOME", str(CHECKOUT))
            patch.setenv("CDISCFLOW_DATA", str(folder / "data"))
            patch.setenv("CDISCFLOW_OUTPUTS", str(folder / "outputs"))
            home = home_of()
        if not (folder / DONE).exists():
            _make(home)
            (folder / DONE).touch()
    return home


def _make(home: Home) -> None:
    simulate_study(home, STUDY, Order(subjects=6, seed=3))
    run_study(home, STUDY, Request("jane", "a run to pack", "run"))
    make_package(home, STUDY, Asked("latest", "draft", "Jane Doe", "a draft to look at"))

"""A home of the toy study, run once, and a fresh copy of it for each test that wants one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from tests.homes import LittleHome, command, enter, little_home


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Iterator[LittleHome]:
    """A home with one finished run. Tests only look at it."""
    from cdiscflow.home import home as home_of
    from cdiscflow.pipeline import Request, run_study

    made = little_home(tmp_path_factory.mktemp("finished") / "home")
    with pytest.MonkeyPatch.context() as patch:
        enter(made, patch)
        run_study(home_of(), "mini", Request("jane", "a first run", "run"))
    yield made
    made.remove()


@pytest.fixture
def seen(finished, monkeypatch) -> LittleHome:
    """The finished home, to look at."""
    enter(finished, monkeypatch)
    return finished


@pytest.fixture
def home(finished, tmp_path, monkeypatch) -> Iterator[LittleHome]:
    """A copy of the finished home, to change."""
    copy = finished.copy(tmp_path / "home")
    enter(copy, monkeypatch)
    yield copy
    copy.remove()


@pytest.fixture
def run(capsys):
    """The command line: `run("check", "mini")` gives exit code, output and messages."""
    return partial(command, capsys)

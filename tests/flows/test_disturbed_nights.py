"""`python -m flows` as a scheduler begins it: two at once, and one whose Prefect server is killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clinical.lock import study_lock
from clinical.verify import verify
from tests.flows.team import wait_for
from tests.homes import ROOT, LittleHome

pytestmark = pytest.mark.prefect


@pytest.fixture
def own(home, tmp_path) -> LittleHome:
    """A home with the study that works."""
    copied = home.copy(tmp_path / "home")
    (copied.root / "mappings" / "broken" / "study.yml").unlink()
    (copied.root / "mappings" / "broken").rmdir()
    yield copied
    copied.remove()


def begin(home: LittleHome, name: str) -> subprocess.Popen:
    """A night of its own, with its own Prefect; what it prints is in `name`.log."""
    settings = {"PREFECT_HOME": str(home.root / f".prefect-{name}")}
    environment = {key: value for key, value in home.environment().items() if key != "PREFECT_API_URL"}
    with (home.root / f"{name}.log").open("wb") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "flows"], env=environment | settings, cwd=ROOT, stdout=said, stderr=said
        )


def said(home: LittleHome, name: str) -> str:
    """What a night printed."""
    return (home.root / f"{name}.log").read_text("utf-8")


def test_two_schedulers_at_once_make_one_run_and_both_end_well(own):
    nights = [begin(own, name) for name in ("one", "two")]
    assert [night.wait(timeout=1200) for night in nights] == [0, 0]
    told = sorted(said(own, name) for name in ("one", "two"))
    assert len(own.audit()) == 1
    assert [
        len(re.findall(words, "".join(told))) for words in ("mini: complete, run", "nothing changed since")
    ] == [
        1,
        1,
    ]
    assert verify(own.outputs) == []


def test_a_server_killed_in_the_night_costs_no_study_and_is_one_message(own):
    with study_lock(own.outputs, "a test"):
        night = begin(own, "night")
        wait_for(lambda: "waits" in said(own, "night") or servers(own), "the night does not begin")
        wait_for(lambda: "a test" in said(own, "night"), "the night does not come to the study")
        (server,) = servers(own)
        os.kill(server, signal.SIGKILL)
    assert night.wait(timeout=1200) == 1
    text = said(own, "night")
    assert "mini: complete, run" in text
    assert text.count("the Prefect server does not answer") == 1
    assert "Traceback" not in text
    assert len(own.audit()) == 1
    assert verify(own.outputs) == []
    assert begin(own, "next").wait(timeout=1200) == 0
    assert "nothing changed since" in said(own, "next")


def servers(home: LittleHome) -> list[int]:
    """The Prefect servers of a night of this home."""
    mark, found = f"PREFECT_HOME={home.root}/.prefect-night".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = mark in (process / "environ").read_bytes().split(b"\0")
            if ours and b"flows.server" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found

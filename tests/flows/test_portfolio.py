"""A night of several studies: those that work finish, each that cannot is one message."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cdiscflow.home import home as home_of
from cdiscflow.pipeline import Request, run_study
from clinical.errors import InputError
from clinical.files import remove_tree
from flows.apart import SETTING, Apart, side_by_side
from tests.homes import LittleHome
from tests.portfolio import BROKEN, MISSING, UNREADABLE, add_studies, bytes_of, spoil

pytestmark = pytest.mark.prefect
SOUND = ["mini", "other1", "other2"]
STUDIES = [*SOUND, BROKEN, MISSING, UNREADABLE]
SAID = {
    BROKEN: "spec-broken: failed\nmappings/spec-broken/study.yml:2: not readable as YAML: ",
    MISSING: "extract-missing: failed\nextract-missing: no extract under data/ and no demonstration extract",
    UNREADABLE: "  DM stopped: consent.csv: this is no text in UTF-8 or a Windows encoding\n",
}


@pytest.fixture(scope="module")
def six(prefect) -> LittleHome:
    """The home with six studies, three of which cannot be derived."""
    add_studies(prefect, ["other1", "other2"])
    spoil(prefect)
    yield prefect
    for study in (*SOUND[1:], BROKEN, MISSING, UNREADABLE):
        remove_tree(prefect.root / "mappings" / study)


@pytest.fixture(scope="module")
def alone(six, tmp_path_factory) -> dict[str, dict[str, str]]:
    """The bytes of each study derived alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDISCFLOW_OUTPUTS", str(tmp_path_factory.mktemp("alone")))
        return {study: bytes_of(run_study(home_of(), study, Request()).folder) for study in SOUND}


@pytest.mark.parametrize("count", ["1", "2"])
def test_three_finish_as_if_alone_and_three_stop_with_a_message_each(
    six, alone, tmp_path, monkeypatch, capfd, count
):
    from flows.nightly import nightly

    monkeypatch.setenv("CDISCFLOW_OUTPUTS", str(tmp_path))
    monkeypatch.setenv(SETTING, count)
    state = nightly(STUDIES, return_state=True)
    printed = capfd.readouterr().out
    assert (state.is_failed(), state.name) == (True, "Failed")
    assert state.message == (
        "no new run of spec-broken, extract-missing; what they had before is untouched\n"
        "datasets stopped in unreadable; what is said of each study above names the cause"
    )
    assert {study: bytes_of((tmp_path / study / "latest").resolve(strict=True)) for study in SOUND} == alone
    assert {study: printed.count(words) for study, words in SAID.items()} == dict.fromkeys(SAID, 1)
    assert "Traceback" not in printed


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5"])
def test_a_setting_that_is_no_number_from_one_is_refused_in_one_line(prefect, monkeypatch, given):
    from flows.nightly import nightly

    monkeypatch.setenv(SETTING, given)
    state = nightly(["mini"], return_state=True)
    assert state.is_failed()
    assert state.message == f"CDISCFLOW_STUDIES is '{given}'; it is a whole number from 1"


def test_one_study_at_a_time_where_nothing_is_said(monkeypatch):
    monkeypatch.delenv(SETTING, raising=False)
    assert side_by_side() == 1
    monkeypatch.setenv(SETTING, "3")
    assert side_by_side() == 3
    monkeypatch.setenv(SETTING, "x")
    with pytest.raises(InputError):
        side_by_side()


def test_a_killed_process_fails_its_study_and_the_next_study_gets_another(six, tmp_path, monkeypatch):
    """The machine's way out where memory ends; the study is tried again, as after a full disk."""
    from cdiscflow.faults import Told, is_of_the_machine

    monkeypatch.setenv("CDISCFLOW_OUTPUTS", str(tmp_path))
    worker = Apart()
    assert worker.derive(home_of(), "mini", Request()).status == "complete"
    first = worker.process.pid
    os.kill(first, signal.SIGKILL)
    with pytest.raises(Told) as caught:
        worker.derive(home_of(), "mini", Request())
    assert is_of_the_machine(caught.value)
    assert str(caught.value) == (
        "mini: the process that derived it was ended from outside; what it had before is untouched"
    )
    assert worker.derive(home_of(), "mini", Request()).status == "unchanged"
    assert worker.process.pid != first
    worker.end()
    assert worker.process.exitcode == 0


HOLD = """
import sys
from cdiscflow.faults import Holding
from cdiscflow.home import home
from cdiscflow.pipeline import Request
from flows.apart import Apart
worker = Apart()
with Holding():
    worker.derive(home(), "nothing", Request())
print(worker.process.pid, flush=True)
sys.stdin.read()
"""


def test_a_process_ends_with_the_one_that_started_it(home):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=home.environment()
    )
    stat = Path(f"/proc/{int(holder.stdout.readline())}/stat")
    assert stat.exists()
    holder.kill()
    holder.wait()
    until = time.monotonic() + 1200
    while stat.exists() and state_of(stat) != "Z":
        assert time.monotonic() < until, "the process outlives its holder"
        time.sleep(0.1)


def state_of(stat: Path) -> str:
    """What a process does; Z: it has ended, and nobody asked how."""
    try:
        return stat.read_text("utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"

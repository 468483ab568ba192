"""Two runs of one study exclude each other."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from clinical.errors import DerivationError, RunError
from clinical.files import remove_tree
from clinical.lock import holder, require_lock, study_lock

HOLD = """
import sys, time
from pathlib import Path
from clinical.lock import study_lock
with study_lock(Path(sys.argv[1]), "nightly"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""
SAY = '    print("held", flush=True)\n'
HOLD_AND_FORK = HOLD.replace(
    SAY, f"    import os\n    if os.fork() == 0:\n    {SAY}        time.sleep(60)\n"
)  # the child says so: when it can, it has closed the file


def hold(folder, seconds, script=HOLD):
    command = [sys.executable, "-c", script, str(folder), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout.readline() == "held\n"
    return process


def kill_all_of(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def study(tmp_path):
    return tmp_path / "mini"


def test_who_does_not_wait_is_told_who_holds_the_lock_and_since_when(study):
    process = hold(study, 60)
    try:
        with pytest.raises(RunError) as caught, study_lock(study, "rederive", wait=0):
            pass
    finally:
        kill_all_of(process)
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    said = rf"mini: process {process.pid} on \S+ is writing this study since {moment} \(nightly\)"
    assert re.fullmatch(said, str(caught.value))


def test_who_waits_is_told_once_and_gets_the_lock_when_the_holder_ends(study):
    process, told = hold(study, 0.5), []
    with study_lock(study, "rederive", wait=30, say=told.append):
        assert process.wait() == 0
        assert holder(study).what == "rederive"
        assert holder(study).pid == str(os.getpid())
    assert len(told) == 1
    assert f"process {process.pid} on" in told[0]


def test_waiting_has_an_end(study):
    process, start = hold(study, 60), time.monotonic()
    try:
        with pytest.raises(RunError, match="is writing this study"), study_lock(study, "rederive", wait=0.3):
            pass
    finally:
        kill_all_of(process)
    assert 0.3 <= time.monotonic() - start < 10


def test_a_killed_holder_leaves_the_lock_free(study):
    process = hold(study, 60)
    process.kill()
    process.wait()
    with study_lock(study, "rederive", wait=0):
        assert holder(study).what == "rederive"


def test_a_forked_child_does_not_keep_the_lock_of_its_killed_parent(study):
    process = hold(study, 60, HOLD_AND_FORK)
    try:
        process.kill()
        process.wait()
        with study_lock(study, "rederive", wait=0):
            pass
    finally:
        os.killpg(process.pid, signal.SIGKILL)


def worker(folder, answers):
    try:
        with study_lock(folder, "worker", wait=0):
            answers.put("free")
    except RunError:
        answers.put("locked")


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_a_worker_process_does_not_have_the_lock_of_its_parent(study, method):
    context = multiprocessing.get_context(method)
    answers = context.Queue()
    with study_lock(study, "nightly"):
        process = context.Process(target=worker, args=(study, answers))
        process.start()
        assert answers.get(timeout=60) == "locked"
        process.join()
        require_lock(study)
        with pytest.raises(RunError), study_lock(study, "second thread", wait=0):
            pass


def test_a_removed_lock_file_does_not_let_two_in(study):
    process = hold(study, 1)
    remove_tree(study)
    with study_lock(study, "first", wait=0):
        assert process.wait() == 0
        require_lock(study)
        with pytest.raises(RunError), study_lock(study, "second", wait=0):
            pass


def test_a_lock_file_removed_while_somebody_asks_for_it_is_asked_for_again(study, monkeypatch):
    flock, asked = fcntl.flock, []

    def remove_first(descriptor, how):
        asked.append(descriptor)
        if len(asked) == 1:
            (study / ".lock").unlink()
        flock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    with study_lock(study, "nightly", wait=0):
        assert (len(asked), holder(study).what) == (2, "nightly")


def test_nothing_is_written_without_the_lock(study):
    with pytest.raises(DerivationError) as caught:
        require_lock(study)
    assert str(caught.value) == "mini: this process does not hold the lock of the study"
    with study_lock(study, "nightly"):
        require_lock(study)
    with pytest.raises(DerivationError):
        require_lock(study)


def test_a_lock_nobody_has_signed_says_unknown(study):
    study.mkdir()
    assert holder(study).pid == "unknown"
    (study / ".lock").write_text('{"pid": "1"')
    assert vars(holder(study)) == dict.fromkeys(["pid", "host", "since", "what"], "unknown")


@pytest.mark.parametrize("name", ["..", "a b", "é", ".hidden", "a\\b", "x" * 129])
def test_a_study_name_that_is_no_safe_folder_name_is_refused(tmp_path, name):
    with pytest.raises(RunError) as caught, study_lock(tmp_path / "outputs" / name, "nightly"):
        pass
    assert str(caught.value) == (
        f"{name!r} cannot be part of a path; names have ASCII letters, digits, dot, hyphen and underscore "
        "and start with a letter or digit"
    )
    assert not (tmp_path / "outputs").exists()

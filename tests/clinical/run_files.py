"""Small runs for the tests of the run folder: made, finished, killed, damaged."""

from __future__ import annotations

import os
from contextlib import contextmanager

import pandas as pd
import pytest

from clinical import run as runs
from clinical.audit import read_chain
from clinical.files import remove_tree
from clinical.lock import study_lock
from clinical.run import Run

AE = pd.DataFrame({"USUBJID": pd.Series(["S-01", "S-02"], dtype="str"), "AESEQ": [1.0, 2.0]})
SCHEMA = {"USUBJID": "Char", "AESEQ": "Num"}
MANIFEST = {"study": "MINI", "extract": "x1", "spec": {"dm.yml": "00"}}


def begun(home, run_id, frame=AE, previous=None):
    run = Run.begin(home, run_id)
    run.write_frame("sdtm/ae.parquet", frame, SCHEMA)
    run.write_text("findings/summary.csv", "a,b\n")
    if previous:
        run.link("tlf/t1.rtf", previous)
    else:
        run.write_bytes("tlf/t1.rtf", b"{\\rtf1}")
    return run


def finished(home, run_id, previous=None, status="complete", **options):
    run = begun(home, run_id, previous=previous)
    return run.finish(MANIFEST, status, "jane", "nightly", **options)


class Killed(BaseException):
    """What ends a run in these tests, as SIGKILL would."""


def kill(*_):
    raise Killed


@contextmanager
def killed_at(monkeypatch, owner, name):
    """What is inside ends where it would call `owner.name`."""
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, kill)
        with pytest.raises(Killed):
            yield


def killed_before(monkeypatch, home, run_id, name, *, previous=None, status="complete"):
    """A run that ends where it would call `name` of the run protocol."""
    run = begun(home, run_id, previous=previous)
    with killed_at(monkeypatch, runs, name):
        run.finish(MANIFEST, status, "jane", "nightly")


def events(home):
    return [line["event"] for line in read_chain(home).lines]


def flip(path, place=20):
    mode = path.stat().st_mode
    os.chmod(path, 0o640)
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1]))
    os.chmod(path, mode)


@contextmanager
def outputs(tmp_path):
    """The outputs of a study whose lock we hold."""
    with study_lock(tmp_path / "mini", "test", wait=0):
        yield tmp_path / "mini"
    remove_tree(tmp_path / "mini")

"""What an interrupted run leaves is put in order: each state a kill can leave, made by hand."""

from __future__ import annotations

import hashlib
import os
import stat

import pytest

from clinical.audit import read_chain
from clinical.errors import RunError
from clinical.run import Run, latest_run, record_anew, recover
from clinical.verify import verify
from tests.clinical.run_files import (
    MANIFEST,
    begun,
    events,
    finished,
    flip,
    killed_at,
    killed_before,
    outputs,
)


@pytest.fixture
def home(tmp_path):
    """The outputs of a study whose lock we hold."""
    with outputs(tmp_path) as home:
        yield home


def test_an_unfinished_run_is_removed_even_when_its_write_bits_are_gone(home, monkeypatch):
    first = finished(home, "x1-aaaaaaaa")
    begun(home, "x2-bbbbbbbb", previous=first)
    assert recover(home) == [
        "mini: removed .tmp-x2-bbbbbbbb, which an interrupted run left unfinished"
    ]  # fmt: skip
    run = begun(home, "x2-bbbbbbbb", previous=first)
    with killed_at(monkeypatch, os, "rename"):
        run.finish(MANIFEST, "complete", "jane", "nightly")
    assert stat.S_IMODE(run.folder.stat().st_mode) == 0o550
    recover(home)
    assert [path.name for path in (home / "runs").iterdir()] == ["x1-aaaaaaaa"]
    assert stat.S_IMODE((first / "tlf" / "t1.rtf").stat().st_mode) == 0o440
    assert verify(home) == []


def test_a_renamed_run_without_a_line_gets_its_line_and_is_shown(home, monkeypatch):
    first = finished(home, "x1-aaaaaaaa")
    killed_before(monkeypatch, home, "x2-bbbbbbbb", "_record", previous=first)
    assert latest_run(home) == first
    assert [str(fault) for fault in verify(home)] == ["x2-bbbbbbbb: the audit trail does not know this run"]
    assert recover(home) == [
        "mini: run x2-bbbbbbbb was complete when it was interrupted; it has its line in the audit trail now",
        "mini: latest shows x2-bbbbbbbb now, the last accepted run",
    ]
    line = read_chain(home).lines[-1]
    assert (line["event"], line["who"], line["why"]) == ("completed after interruption", "jane", "nightly")
    assert latest_run(home).name == "x2-bbbbbbbb"
    assert verify(home) == []
    assert recover(home) == []


def test_a_renamed_run_that_was_not_accepted_gets_its_line_and_is_not_shown(home, monkeypatch):
    first = finished(home, "x1-aaaaaaaa")
    killed_before(monkeypatch, home, "x2-bbbbbbbb", "_record", status="completed with stops")
    recover(home)
    assert latest_run(home) == first
    assert events(home) == ["run", "completed after interruption"]
    assert verify(home) == []


def test_two_runs_without_a_line_mean_that_the_trail_was_cut(home):
    first = finished(home, "x1-aaaaaaaa")
    second = finished(home, "x2-bbbbbbbb")
    (home / "audit.jsonl").unlink()
    for _ in range(2):
        with pytest.raises(RunError) as caught:
            recover(home)
    assert str(caught.value) == (
        "mini: the audit trail knows none of the runs x1-aaaaaaaa, x2-bbbbbbbb; a kill leaves one at most, "
        "so the trail was cut"
    )
    assert first.is_dir()
    assert second.is_dir()
    assert not (home / "audit.jsonl").exists()


def test_a_renamed_run_that_does_not_match_its_manifest_gets_no_line(home, monkeypatch):
    killed_before(monkeypatch, home, "x1-aaaaaaaa", "_record")
    flip(home / "runs" / "x1-aaaaaaaa" / "sdtm" / "ae.parquet")
    with pytest.raises(RunError) as caught:
        recover(home)
    assert str(caught.value) == (
        "mini: run x1-aaaaaaaa has no line in the audit trail and does not match its manifest: "
        "x1-aaaaaaaa/sdtm/ae.parquet: the file is not the one the run was finished with"
    )
    assert (home / "runs" / "x1-aaaaaaaa").is_dir()
    assert latest_run(home) is None


def test_a_renamed_run_whose_manifest_is_gone_gets_no_line(home, monkeypatch):
    killed_before(monkeypatch, home, "x1-aaaaaaaa", "_record")
    os.chmod(home / "runs" / "x1-aaaaaaaa", 0o750)
    (home / "runs" / "x1-aaaaaaaa" / "manifest.json").unlink()
    with pytest.raises(RunError) as caught:
        recover(home)
    assert str(caught.value) == "x1-aaaaaaaa/manifest.json: the manifest is missing or not readable"


def test_a_renamed_run_whose_manifest_was_changed_gets_no_line(home, monkeypatch):
    killed_before(monkeypatch, home, "x1-aaaaaaaa", "_record")
    path = home / "runs" / "x1-aaaaaaaa" / "manifest.json"
    os.chmod(path, 0o640)
    path.write_text(path.read_text().replace("MINI", "MAXI"))
    with pytest.raises(RunError, match="the manifest is not the one the run was finished with"):
        recover(home)


def test_latest_moves_when_an_accepted_line_lacks_it(home, monkeypatch):
    finished(home, "x1-aaaaaaaa")
    killed_before(monkeypatch, home, "x2-bbbbbbbb", "_show")
    (home / ".latest").symlink_to("runs/x2-bbbbbbbb")
    assert latest_run(home).name == "x1-aaaaaaaa"
    assert [str(fault) for fault in verify(home)] == [
        "mini: latest does not show the last accepted run, which is x2-bbbbbbbb"
    ]
    assert recover(home) == ["mini: latest shows x2-bbbbbbbb now, the last accepted run"]
    assert latest_run(home).name == "x2-bbbbbbbb"
    assert sorted(path.name for path in home.iterdir()) == [".lock", "audit.jsonl", "latest", "runs"]
    assert events(home) == ["run", "run"]


def test_a_line_torn_by_a_kill_is_set_aside_and_its_run_recorded(home):
    first = finished(home, "x1-aaaaaaaa")
    finished(home, "x2-bbbbbbbb", previous=first)
    trail = home / "audit.jsonl"
    one, two = trail.read_bytes().splitlines(keepends=True)
    piece = two[:100]
    trail.write_bytes(one + piece)
    (home / "latest").unlink()
    (home / "latest").symlink_to("runs/x1-aaaaaaaa")
    assert [str(fault) for fault in verify(home)] == [
        "audit.jsonl:2: the last line was cut after 100 bytes",
        "x2-bbbbbbbb: the audit trail does not know this run",
    ]
    aside = f"audit.torn-{hashlib.sha256(piece).hexdigest()[:16]}"
    assert recover(home) == [
        f"mini: the cut last line of the audit trail is kept in {aside}",
        "mini: run x2-bbbbbbbb was complete when it was interrupted; it has its line in the audit trail now",
        "mini: latest shows x2-bbbbbbbb now, the last accepted run",
    ]
    assert events(home) == ["run", "torn line set aside", "completed after interruption"]
    assert verify(home) == []


def test_nothing_goes_on_while_the_trail_is_broken_in_the_middle(home):
    finished(home, "x1-aaaaaaaa")
    finished(home, "x2-bbbbbbbb")
    flip(home / "audit.jsonl")
    with pytest.raises(
        RunError, match="mini: the audit trail is not whole, so nothing is added to it: audit"
    ):
        Run.begin(home, "x3-cccccccc")
    assert latest_run(home).name == "x2-bbbbbbbb"


def test_a_trail_nobody_can_mend_is_begun_anew_with_every_run_in_it(home):
    first = finished(home, "x1-aaaaaaaa")
    finished(home, "x2-bbbbbbbb", previous=first, status="completed with stops")
    flip(home / "audit.jsonl")
    record_anew(home, "jane", "the disk lost the trail, deviation 17")
    assert events(home) == ["trail begun anew", "recorded again", "recorded again"]
    assert [line["outputs"].get("run") for line in read_chain(home).lines] == [
        None,
        "x1-aaaaaaaa",
        "x2-bbbbbbbb",
    ]
    assert verify(home) == []
    assert recover(home) == []
    assert latest_run(home) == first


def test_a_new_trail_goes_on_showing_the_run_that_people_see_though_the_clock_went_back(home, monkeypatch):
    """The second run was made after the clock had been put back a year: by the clock it is the older one."""
    monkeypatch.setattr("clinical.run.utc_now", lambda: "2026-01-01T00:00:00Z")
    finished(home, "x1-aaaaaaaa")
    monkeypatch.setattr("clinical.run.utc_now", lambda: "2025-01-01T00:00:00Z")
    second = finished(home, "x2-bbbbbbbb")
    monkeypatch.setattr("clinical.run.utc_now", lambda: "2026-02-01T00:00:00Z")
    finished(home, "x3-cccccccc", status="completed with stops")
    record_anew(home, "jane", "the disk lost the trail, deviation 17")
    said = [line["outputs"].get("run") for line in read_chain(home).lines]
    assert said == [None, "x1-aaaaaaaa", "x2-bbbbbbbb", "x3-cccccccc"]
    assert latest_run(home) == second
    assert recover(home) == []
    assert verify(home) == []


def test_the_next_run_works_after_every_kind_of_kill(home, monkeypatch):
    finished(home, "x1-aaaaaaaa")
    for number, name in enumerate(["write_manifest", "sync", "_record", "append_audit", "_show"]):
        killed_before(monkeypatch, home, f"k{number}-aaaaaaaa", name)
        path = finished(home, f"n{number}-aaaaaaaa")
        assert latest_run(home) == path
        assert verify(home) == []

"""A run is whole or not there: writing, showing, linking, retention."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat

import pandas as pd
import pytest

from clinical import run as runs
from clinical.audit import append_audit, read_chain
from clinical.errors import DerivationError, RunError
from clinical.manifest import read_manifest
from clinical.run import Run, latest_run, next_run_id, read_frame, recover, remove_run
from clinical.store import content_hash
from clinical.verify import verify
from tests.clinical.run_files import AE, MANIFEST, SCHEMA, begun, events, finished, flip, killed_at, outputs


@pytest.fixture
def home(tmp_path):
    """The outputs of a study whose lock we hold."""
    with outputs(tmp_path) as home:
        yield home


# A finished run


def test_a_run_is_seen_by_nobody_before_it_is_finished(home):
    run = begun(home, "x1-aaaaaaaa")
    assert [path.name for path in (home / "runs").iterdir()] == [".tmp-x1-aaaaaaaa"]
    assert run.folder == home / "runs" / ".tmp-x1-aaaaaaaa"
    assert latest_run(home) is None
    path = run.finish(MANIFEST, "complete", "jane", "nightly")
    assert [each.name for each in (home / "runs").iterdir()] == ["x1-aaaaaaaa"]
    assert latest_run(home) == path
    assert os.readlink(home / "latest") == "runs/x1-aaaaaaaa"


def test_a_finished_run_is_read_only(home):
    path = finished(home, "x1-aaaaaaaa")
    modes = {each: stat.S_IMODE(each.stat().st_mode) for each in [path, *path.rglob("*")]}
    assert {mode for each, mode in modes.items() if each.is_dir()} == {0o550}
    assert {mode for each, mode in modes.items() if each.is_file()} == {0o440}


def test_the_manifest_names_every_file_with_its_hash_and_size(home):
    path = finished(home, "x1-aaaaaaaa")
    manifest = read_manifest(path)
    there = [each for each in path.rglob("*") if each.is_file() and each.name != "manifest.json"]
    expected = {
        each.relative_to(path).as_posix(): {
            "sha256": hashlib.sha256(each.read_bytes()).hexdigest(),
            "bytes": len(each.read_bytes()),
        }
        for each in there
    }
    expected["sdtm/ae.parquet"]["content"] = content_hash(AE, SCHEMA)
    assert manifest["files"] == expected
    assert {name: manifest[name] for name in MANIFEST} == MANIFEST


def test_two_runs_on_one_input_have_one_manifest_but_for_what_belongs_to_the_run(home):
    one = finished(home, "x1-aaaaaaaa")
    run = begun(home, "x1-aaaaaaaa-2", previous=one)
    two = run.finish({**MANIFEST, "run": {"timings": {"DM": 0.5}}}, "complete", "joe", "by hand")
    manifests = [read_manifest(path) for path in (one, two)]
    first, second = ({k: v for k, v in each.items() if k != "run"} for each in manifests)
    assert first == second
    assert (
        manifests[1]["run"].items() >= {"timings": {"DM": 0.5}, "who": "joe", "id": "x1-aaaaaaaa-2"}.items()
    )
    hashed = {name: value for name, value in first.items() if name != "hash"}
    text = json.dumps(hashed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert first["hash"] == hashlib.sha256(text.encode()).hexdigest()


def test_the_audit_line_of_a_run_ties_its_manifest_to_the_trail(home, monkeypatch):
    monkeypatch.setattr(runs, "utc_now", lambda: "2025-06-30T23:05:09Z")
    path = finished(home, "x1-aaaaaaaa")
    (line,) = read_chain(home).lines
    assert (line["event"], line["who"], line["why"]) == ("run", "jane", "nightly")
    spec = hashlib.sha256(b'{"dm.yml":"00"}').hexdigest()
    assert line["inputs"] == {"extract": "x1", "spec": spec}
    assert line["outputs"] == {
        "run": "x1-aaaaaaaa",
        "manifest": hashlib.sha256((path / "manifest.json").read_bytes()).hexdigest(),
        "hash": read_manifest(path)["hash"],
        "status": "complete",
        "accepted": True,
        "started": "2025-06-30T23:05:09Z",
    }


def test_latest_moves_only_for_an_accepted_status(home):
    first = finished(home, "x1-aaaaaaaa")
    finished(home, "x2-bbbbbbbb", status="completed with stops")
    assert latest_run(home) == first
    third = finished(home, "x3-cccccccc", status="completed with stops", accept_stops=True)
    assert latest_run(home) == third
    finished(home, "x4-dddddddd", status="refused", accept_stops=True)
    assert latest_run(home) == third
    assert [line["outputs"]["accepted"] for line in read_chain(home).lines] == [True, False, True, False]
    assert recover(home) == []


def test_everything_is_on_disk_before_the_run_is_renamed(home, monkeypatch):
    synced, run, fsync = [], begun(home, "x1-aaaaaaaa"), os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda fd: (synced.append(os.readlink(f"/proc/self/fd/{fd}")), fsync(fd))
    )
    run.finish(MANIFEST, "complete", "jane", "nightly")
    tmp, top = run.folder.resolve(), home.resolve()
    names = ["findings/summary.csv", "manifest.json", "sdtm/ae.parquet", "tlf/t1.rtf"]
    places = [tmp / each for each in [*names, "findings", "sdtm", "tlf", ""]]
    places += [top / "runs", top / "audit.jsonl", top, top]
    assert synced == [str(each) for each in places]


def test_a_finished_frame_reads_back_and_a_changed_one_does_not(home):
    path = finished(home, "x1-aaaaaaaa")
    pd.testing.assert_frame_equal(read_frame(path, "sdtm/ae.parquet"), AE)
    assert list(read_frame(path, "sdtm/ae.parquet", ["AESEQ"]).columns) == ["AESEQ"]
    flip(path / "sdtm" / "ae.parquet")
    with pytest.raises(RunError) as caught:
        read_frame(path, "sdtm/ae.parquet")
    assert str(caught.value) == (
        "x1-aaaaaaaa/sdtm/ae.parquet: the file is not the one the run was finished with"
    )


# What a run refuses


@pytest.mark.parametrize("name", ["../x.txt", "/etc/x", "a//b", "sdtm/.hidden", "a b"])
def test_a_file_outside_of_the_run_is_refused(home, name):
    with pytest.raises(RunError, match="cannot be part of a path"):
        Run.begin(home, "x1-aaaaaaaa").write_text(name, "x")


def test_a_file_is_written_once_because_it_may_be_linked(home):
    first = finished(home, "x1-aaaaaaaa")
    run = begun(home, "x1-aaaaaaaa-2", previous=first)
    for name in ("tlf/t1.rtf", "sdtm/ae.parquet", "manifest.json"):
        with pytest.raises(
            DerivationError, match=f"^{name}: this file of the run is there already; a file is"
        ):
            run.write_text(name, "x")
    assert (first / "tlf" / "t1.rtf").read_bytes() == b"{\\rtf1}"


def test_a_run_needs_the_lock(tmp_path):
    with pytest.raises(DerivationError, match="mini: this process does not hold the lock of the study"):
        Run.begin(tmp_path / "mini", "x1-aaaaaaaa")


def test_a_run_id_is_never_used_twice(home):
    assert next_run_id(home, "x1", "0123456789") == "x1-01234567"
    first = finished(home, "x1-01234567")
    assert next_run_id(home, "x1", "0123456789") == "x1-01234567-2"
    finished(home, "x1-01234567-2", previous=first)
    assert next_run_id(home, "x1", "0123456789") == "x1-01234567-3"
    remove_run(home, "x1-01234567", "jane", "retention")
    assert next_run_id(home, "x1", "0123456789") == "x1-01234567-3"
    for run_id in ("x1-01234567", "x1-01234567-2"):
        with pytest.raises(RunError) as caught:
            Run.begin(home, run_id)
        assert str(caught.value) == (
            f"mini {run_id}: there is, or was, a run of this name; a name is never used a second time"
        )


def test_an_extract_whose_name_leads_elsewhere_is_refused(home):
    with pytest.raises(RunError, match=r"^'\.\./x-01234567' cannot be part of a path"):
        next_run_id(home, "../x", "0123456789")


def test_a_run_that_fails_leaves_nothing(home):
    begun(home, "x1-aaaaaaaa").discard()
    assert list((home / "runs").iterdir()) == []


# Links


def test_an_unchanged_file_is_the_same_file_in_both_runs(home):
    first = finished(home, "x1-aaaaaaaa")
    second = finished(home, "x2-bbbbbbbb", previous=first)
    assert (first / "tlf" / "t1.rtf").samefile(second / "tlf" / "t1.rtf")
    assert verify(home) == []


def test_where_links_are_refused_the_file_is_copied(home, monkeypatch):
    first = finished(home, "x1-aaaaaaaa")

    def refuse(*_):
        raise OSError(errno.EXDEV, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    run = Run.begin(home, "x2-bbbbbbbb")
    run.link("sdtm/ae.parquet", first)
    second = run.finish(MANIFEST, "complete", "jane", "nightly")
    frames = [path / "sdtm" / "ae.parquet" for path in (first, second)]
    assert not frames[0].samefile(frames[1])
    assert frames[0].read_bytes() == frames[1].read_bytes()
    assert read_manifest(second)["files"] == {
        "sdtm/ae.parquet": read_manifest(first)["files"]["sdtm/ae.parquet"]
    }
    assert verify(home) == []
    flip(frames[0])
    with pytest.raises(RunError, match="the file is not the one the run was finished with"):
        Run.begin(home, "x3-cccccccc").link("sdtm/ae.parquet", first)


def test_a_linked_frame_keeps_its_content_hash(home):
    first = finished(home, "x1-aaaaaaaa")
    run = Run.begin(home, "x2-bbbbbbbb")
    run.link("sdtm/ae.parquet", first)
    second = run.finish(MANIFEST, "complete", "jane", "nightly")
    assert read_manifest(second)["files"] == {
        "sdtm/ae.parquet": read_manifest(first)["files"]["sdtm/ae.parquet"]
    }


def test_no_file_is_linked_that_is_not_what_its_manifest_says(home, monkeypatch):
    first = finished(home, "x1-aaaaaaaa")
    run = Run.begin(home, "x2-bbbbbbbb")
    with pytest.raises(RunError) as caught:
        run.link("sdtm/dm.parquet", first)
    assert str(caught.value) == "x1-aaaaaaaa/sdtm/dm.parquet: that run's manifest has no such file"
    os.chmod(first / "tlf", 0o750)
    path = first / "tlf" / "t1.rtf"
    path.unlink()
    with pytest.raises(RunError) as caught:
        run.link("tlf/t1.rtf", first)
    assert str(caught.value) == "x1-aaaaaaaa/tlf/t1.rtf: the manifest names this file, and it is not there"
    path.write_bytes(b"{\\rtf1} ")
    with pytest.raises(RunError) as caught:
        run.link("tlf/t1.rtf", first)
    assert str(caught.value) == "x1-aaaaaaaa/tlf/t1.rtf: the file is not the one the run was finished with"


# Retention


def test_a_removed_run_leaves_the_others_whole_and_a_line(home):
    first = finished(home, "x1-aaaaaaaa")
    second = finished(home, "x2-bbbbbbbb", previous=first)
    remove_run(home, "x1-aaaaaaaa", "jane", "30 runs are kept")
    assert [path.name for path in (home / "runs").iterdir()] == ["x2-bbbbbbbb"]
    line = read_chain(home).lines[-1]
    assert (line["event"], line["why"]) == ("retention", "30 runs are kept")
    assert line["outputs"] == {"run": "x1-aaaaaaaa", "removed": True}
    assert (second / "tlf" / "t1.rtf").read_bytes() == b"{\\rtf1}"
    assert stat.S_IMODE((second / "tlf" / "t1.rtf").stat().st_mode) == 0o440
    assert verify(home) == []


def test_the_run_people_see_is_not_removed(home):
    finished(home, "x1-aaaaaaaa")
    with pytest.raises(RunError) as caught:
        remove_run(home, "x1-aaaaaaaa", "jane", "why")
    assert str(caught.value) == "mini x1-aaaaaaaa: this is the run that latest shows; it is not removed"
    assert events(home) == ["run"]


def test_a_removal_that_was_interrupted_is_finished(home, monkeypatch):
    finished(home, "x1-aaaaaaaa")
    finished(home, "x2-bbbbbbbb")
    with killed_at(monkeypatch, runs, "_remove"):
        remove_run(home, "x1-aaaaaaaa", "jane", "why")
    recover(home)
    assert [path.name for path in (home / "runs").iterdir()] == ["x2-bbbbbbbb"]
    assert verify(home) == []


def test_other_events_that_name_a_run_do_not_change_what_is_shown(home):
    path = finished(home, "x1-aaaaaaaa")
    append_audit(home, "package", "jane", "draft", {"run": path.name}, {"run": path.name})
    assert recover(home) == []
    assert latest_run(home) == path
    assert verify(home) == []


def test_a_manifest_with_more_than_ten_buckets_is_the_one_it_was_written_as(home):
    """Numbers as keys come back as text, and text has another order: 0, 1, 10, 2."""
    buckets = {"fingerprints": {"DM": {number: f"{number:064d}" for number in range(12)}}}
    run = begun(home, "x1-aaaaaaaa").finish(MANIFEST | buckets, "complete", "jane", "nightly")
    assert verify(home) == []
    assert set(read_manifest(run)["fingerprints"]["DM"]) == {str(number) for number in range(12)}

"""A run is whole or not there: writing, showing, linking, recovering, retention."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from contextlib import contextmanager

import pandas as pd
import pytest

from clinical import run as runs
from clinical.audit import append_audit, read_chain
from clinical.errors import DerivationError, RunError
from clinical.files import remove_tree
from clinical.lock import study_lock
from clinical.manifest import read_manifest
from clinical.run import Run, latest_run, next_run_id, read_frame, record_anew, recover, remove_run
from clinical.store import content_hash
from clinical.verify import verify

AE = pd.DataFrame({"USUBJID": pd.Series(["S-01", "S-02"], dtype="str"), "AESEQ": [1.0, 2.0]})
SCHEMA = {"USUBJID": "Char", "AESEQ": "Num"}
MANIFEST = {"study": "MINI", "extract": "x1", "spec": {"dm.yml": "00"}}


@pytest.fixture
def home(tmp_path):
    """The outputs of a study whose lock we hold."""
    with study_lock(tmp_path / "mini", "test", wait=0):
        yield tmp_path / "mini"
    remove_tree(tmp_path / "mini")


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


def flip(path, place=20):
    mode = path.stat().st_mode
    os.chmod(path, 0o640)
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1]))
    os.chmod(path, mode)


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
    second = finished(home, "x2-bbbbbbbb", previous=first)
    assert not (first / "tlf" / "t1.rtf").samefile(second / "tlf" / "t1.rtf")
    assert (second / "tlf" / "t1.rtf").read_bytes() == b"{\\rtf1}"
    assert verify(home) == []


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


# Recovery: each state a kill can leave, made by hand


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


def test_the_next_run_works_after_every_kind_of_kill(home, monkeypatch):
    finished(home, "x1-aaaaaaaa")
    for number, name in enumerate(["write_manifest", "sync", "_record", "append_audit", "_show"]):
        killed_before(monkeypatch, home, f"k{number}-aaaaaaaa", name)
        path = finished(home, f"n{number}-aaaaaaaa")
        assert latest_run(home) == path
        assert verify(home) == []


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
    append_audit(home, "package", "jane", "draft", {"run": path.name}, {"run": path.name, "package": "p1"})
    assert recover(home) == []
    assert latest_run(home) == path
    assert verify(home) == []

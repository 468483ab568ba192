"""`verify` names everything in a study's outputs that is not as it was finished."""

from __future__ import annotations

import json
import os
import shutil

import pandas as pd
import pytest

from clinical.files import file_hash, remove_tree
from clinical.lock import study_lock
from clinical.manifest import manifest_hash, read_manifest
from clinical.run import Run
from clinical.verify import verify

AE = pd.DataFrame({"USUBJID": pd.Series(["S-01", "S-02"], dtype="str"), "AESEQ": [1.0, 2.0]})


@pytest.fixture
def home(tmp_path):
    """Three runs: the second has the frame of the first, the third has one of its own."""
    home = tmp_path / "mini"
    with study_lock(home, "test", wait=0):
        first = Run.begin(home, "x1-aaaaaaaa")
        first.write_frame("sdtm/ae.parquet", AE)
        first.write_text("findings.csv", "a,b\n")
        finished = first.finish({"study": "MINI"}, "complete", "jane", "nightly")
        second = Run.begin(home, "x2-bbbbbbbb")
        second.link("sdtm/ae.parquet", finished)
        second.write_text("findings.csv", "a,b\n")
        second.finish({"study": "MINI"}, "complete", "jane", "nightly")
        third = Run.begin(home, "x3-cccccccc")
        third.write_frame("sdtm/ae.parquet", AE)
        third.write_text("findings.csv", "a,b\n")
        third.finish({"study": "MINI"}, "complete", "jane", "nightly")
    yield home
    remove_tree(home)


def said(home):
    return [str(fault) for fault in verify(home)]


def open_folders(home):
    """Somebody gives himself the right to change the folders of all runs."""
    for folder in [path for path in (home / "runs").rglob("*") if path.is_dir()]:
        os.chmod(folder, 0o750)


def close_folders(home):
    for folder in [path for path in (home / "runs").rglob("*") if path.is_dir()]:
        os.chmod(folder, 0o550)


def flip(path, place):
    os.chmod(path, 0o640)
    data = path.read_bytes()
    path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    os.chmod(path, 0o440)


CHANGED = "the file is not the one the run was finished with"


def test_a_study_as_it_was_finished_has_no_fault(home):
    assert said(home) == []


def test_a_study_that_never_ran_has_no_fault(tmp_path):
    assert said(tmp_path / "mini") == []


def test_one_byte_in_a_shared_frame_is_a_fault_of_each_run_that_holds_it(home):
    flip(home / "runs" / "x1-aaaaaaaa" / "sdtm" / "ae.parquet", 30)
    assert said(home) == [
        f"x1-aaaaaaaa/sdtm/ae.parquet: {CHANGED}",
        f"x2-bbbbbbbb/sdtm/ae.parquet: {CHANGED}",
        "sdtm/ae.parquet: one file on disk is held by the runs x1-aaaaaaaa, x2-bbbbbbbb",
    ]


def test_one_byte_anywhere_in_a_frame_is_found(home):
    path = home / "runs" / "x3-cccccccc" / "sdtm" / "ae.parquet"
    for place in range(0, path.stat().st_size, 97):
        flip(path, place)
        assert said(home) == [f"x3-cccccccc/sdtm/ae.parquet: {CHANGED}"]
        flip(path, place)
    assert said(home) == []


def test_one_byte_in_the_middle_of_the_trail_is_found(home):
    trail = home / "audit.jsonl"
    whole = trail.read_bytes()
    trail.write_bytes(whole.replace(b'"line":2', b'"line":9'))
    assert said(home) == [
        "audit.jsonl:2: the line is not as it was written",
        "x2-bbbbbbbb: the audit trail does not know this run",
    ]
    trail.write_bytes(b"".join(whole.splitlines(keepends=True)[::2]))
    assert said(home) == [
        "audit.jsonl:2: the line before this one is not the one it was written after",
        "x2-bbbbbbbb: the audit trail does not know this run",
    ]


def test_the_end_of_the_trail_cut_off_is_found(home):
    trail = home / "audit.jsonl"
    trail.write_bytes(b"".join(trail.read_bytes().splitlines(keepends=True)[:1]))
    assert said(home) == [
        "x2-bbbbbbbb: the audit trail does not know this run",
        "x3-cccccccc: the audit trail does not know this run",
        "mini: latest does not show the last accepted run, which is x1-aaaaaaaa",
    ]


def test_a_file_removed_and_a_file_added_are_named(home):
    open_folders(home)
    (home / "runs" / "x1-aaaaaaaa" / "findings.csv").unlink()
    (home / "runs" / "x3-cccccccc" / "sdtm" / "notes.txt").write_text("x")
    os.chmod(home / "runs" / "x3-cccccccc" / "sdtm" / "notes.txt", 0o440)
    close_folders(home)
    assert said(home) == [
        "x1-aaaaaaaa/findings.csv: the manifest names this file, and it is not there",
        "x3-cccccccc/sdtm/notes.txt: the manifest does not name this file",
    ]


def test_a_file_replaced_by_a_link_to_another_place_is_a_changed_file(home, tmp_path):
    path = home / "runs" / "x3-cccccccc" / "findings.csv"
    open_folders(home)
    shutil.copy(path, tmp_path / "elsewhere.csv")
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere.csv")
    close_folders(home)
    assert said(home) == [f"x3-cccccccc/findings.csv: {CHANGED}"]


def test_a_manifest_made_to_fit_a_changed_file_does_not_fit_the_trail(home):
    run = home / "runs" / "x3-cccccccc"
    flip(run / "findings.csv", 0)
    manifest = read_manifest(run)
    manifest["files"]["findings.csv"]["sha256"] = file_hash(run / "findings.csv")
    write_over(run / "manifest.json", manifest)
    changed = "x3-cccccccc/manifest.json: the manifest is not the one the run was finished with"
    assert said(home) == [changed]
    write_over(run / "manifest.json", {**manifest, "hash": manifest_hash(manifest)})
    assert said(home) == [changed]


def write_over(path, value):
    os.chmod(path, 0o640)
    path.write_text(json.dumps(value))
    os.chmod(path, 0o440)


def test_a_manifest_that_is_not_readable_is_named(home):
    path = home / "runs" / "x3-cccccccc" / "manifest.json"
    for text in ("{", "[]", '{"files": {}}'):
        os.chmod(path, 0o640)
        path.write_text(text)
        assert said(home) == ["x3-cccccccc/manifest.json: the manifest is missing or not readable"]


def test_a_frame_that_reads_differently_than_it_was_written_is_named(home, monkeypatch):
    monkeypatch.setattr("clinical.verify.read_parquet", lambda path: AE.assign(AESEQ=[1.0, 3.0]))
    different = "the bytes are right, and the values read are not the ones written"
    assert [fault for fault in said(home) if "held by" not in fault] == [
        f"{run}/sdtm/ae.parquet: {different}" for run in ("x1-aaaaaaaa", "x2-bbbbbbbb", "x3-cccccccc")
    ]


def test_write_bits_in_a_finished_run_are_named(home):
    os.chmod(home / "runs" / "x3-cccccccc" / "findings.csv", 0o460)
    os.chmod(home / "runs" / "x3-cccccccc" / "sdtm", 0o750)
    assert said(home) == [
        "x3-cccccccc/findings.csv: write bits are set in a finished run",
        "x3-cccccccc/sdtm: write bits are set in a finished run",
    ]


def test_a_run_removed_by_hand_is_named_and_latest_is_not_right(home):
    remove_tree(home / "runs" / "x3-cccccccc")
    assert said(home) == [
        "x3-cccccccc: the audit trail knows this run, and its folder is not there",
        "mini: latest does not show the last accepted run, which is x2-bbbbbbbb",
    ]


def test_a_latest_that_was_moved_by_hand_is_named(home):
    wrong = "mini: latest does not show the last accepted run, which is x3-cccccccc"
    (home / "latest").unlink()
    assert said(home) == [wrong]
    for place in ("runs/x1-aaaaaaaa", "runs/x4-dddddddd", "../elsewhere/x3-cccccccc"):
        (home / "latest").symlink_to(place)
        assert said(home) == [wrong]
        (home / "latest").unlink()


def test_a_run_copied_here_is_named(home):
    os.chmod(home / "runs", 0o750)
    shutil.copytree(home / "runs" / "x1-aaaaaaaa", home / "runs" / "x9-99999999")
    assert said(home) == ["x9-99999999: the audit trail does not know this run"]


def test_all_faults_are_named_not_only_the_first(home):
    flip(home / "runs" / "x1-aaaaaaaa" / "findings.csv", 0)
    flip(home / "runs" / "x2-bbbbbbbb" / "findings.csv", 0)
    flip(home / "runs" / "x3-cccccccc" / "sdtm" / "ae.parquet", 50)
    assert said(home) == [
        f"x1-aaaaaaaa/findings.csv: {CHANGED}",
        f"x2-bbbbbbbb/findings.csv: {CHANGED}",
        f"x3-cccccccc/sdtm/ae.parquet: {CHANGED}",
    ]

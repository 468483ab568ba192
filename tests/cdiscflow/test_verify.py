"""`cdiscflow verify` finds what is not as it was; `cdiscflow record-anew` begins a trail that cannot be
mended.
"""

from __future__ import annotations

import pytest


def damage(path, text: str) -> None:
    """Somebody edits a file of a finished run."""
    path.chmod(0o640)
    path.write_text(path.read_text("utf-8") + text, "utf-8")
    path.chmod(0o440)


def test_runs_as_they_were_written_are_counted(home, run):
    run("run", "mini", "--force")
    answer = run("verify")
    assert (answer.code, answer.out) == (0, "mini: 2 runs, all as they were written\n")


def test_a_study_without_a_run_has_nothing_at_fault(seen, run, tmp_path, monkeypatch):
    monkeypatch.setenv("CDISCFLOW_OUTPUTS", str(tmp_path))
    answer = run("verify", "mini")
    assert (answer.code, answer.out) == (0, "mini: no run yet\n")
    assert list(tmp_path.iterdir()) == []


def test_an_edited_file_is_named(home, run):
    damage(home.latest / "findings" / "findings.csv", "one more\n")
    answer = run("verify")
    said = (
        f"mini: {home.latest.name}/findings/findings.csv: the file is not the one the run was finished with\n"
    )
    assert (answer.code, answer.err) == (1, said)


def test_a_trail_that_was_edited_stops_every_run_until_somebody_has_looked(home, run):
    trail = home.outputs / "audit.jsonl"
    trail.write_text(trail.read_text("utf-8").replace('"who":"jane"', '"who":"joan"'), "utf-8")
    refused = run("run", "mini", "--force")
    assert refused.code == 1
    assert refused.err.startswith("mini: ")
    assert run("verify").code == 1
    looked = run("record-anew", "mini", "--who", "Jane Doe", "--why", "the trail was edited, deviation 17")
    kept = home.audit()[0]["inputs"]["file"]
    assert looked.out == f"mini: 1 runs recorded anew; the old trail is {kept}\n"
    assert (home.outputs / kept).is_file()
    assert (home.audit()[0]["who"], home.audit()[0]["why"]) == (
        "Jane Doe",
        "the trail was edited, deviation 17",
    )
    assert run("run", "mini", "--force").code == 0
    assert run("verify").code == 0


def test_a_new_trail_needs_a_reason(seen, run):
    answer = run("record-anew", "mini", "--why", "broken")
    assert (answer.code, answer.err) == (
        1,
        "mini: a new audit trail needs a reason of at least 10 characters\n",
    )


def test_a_new_trail_needs_a_name(seen, run):
    answer = run("record-anew", "mini", "--why", "the trail was edited", "--who", " ")
    assert (answer.code, answer.err) == (1, "mini: a new audit trail needs the name of who begins it\n")


@pytest.mark.parametrize("arguments", [("--who", "Jane Doe"), ()])
def test_a_new_trail_is_never_begun_without_saying_why(seen, run, arguments):
    assert run("record-anew", "mini", *arguments).code == 2

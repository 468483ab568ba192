"""`cdiscflow rederive`: what, why and who are said, and land in the audit trail."""

from __future__ import annotations

import pytest

REASON = "the site corrected a dose"


def test_the_named_dataset_and_what_follows_from_it_are_derived_anew_and_nothing_else(home, run):
    answer = run("rederive", "mini", "--dataset", "ae", "--reason", REASON, "--who", "Jane Doe")
    assert answer.code == 0
    assert set(home.manifest()["run"]["rebuilt"]) == {"AE", "ADAE"}
    first = home.outputs / "runs" / home.audit()[0]["outputs"]["run"]
    assert home.manifest()["datasets"] == home.manifest(first)["datasets"]


def test_what_came_out_the_same_is_not_judged_again(home, run, monkeypatch):
    """Decision 46: no checkpoint, and what the next run may take over is as it was."""
    before = _hashes(home)
    monkeypatch.setattr("checks.suites._checkpoint", None)  # to judge anything would end the run
    answer = run("rederive", "mini", "--dataset", "AE", "--reason", REASON)
    assert (answer.code, answer.err) == (0, "")
    assert _hashes(home) == before


def _hashes(home) -> dict[str, str]:
    files = home.manifest()["files"].items()
    return {name: file["sha256"] for name, file in files if name.startswith(("state/", "sdtm/", "adam/"))}


def test_the_audit_trail_says_who_asked_and_why(home, run):
    run("rederive", "mini", "--dataset", "EX", "--reason", f"  {REASON} ", "--who", "Jane Doe")
    line = home.audit()[-1]
    assert (line["event"], line["who"], line["why"]) == ("rederive", "Jane Doe", REASON)
    assert line["inputs"]["asked"] == {"datasets": ["EX"]}


def test_the_audit_trail_says_which_subjects_and_which_cut_were_asked_for(home, run):
    asked = ["--dataset", "EX", "--subject", "B004", "--cut", "2021-10-31"]  # B004 is known as B002
    run("rederive", "mini", *asked, "--reason", REASON)
    said = {"datasets": ["EX"], "subjects": ["B002"], "cut": "2021-10-31"}
    assert home.audit()[-1]["inputs"]["asked"] == said


def test_a_re_derivation_without_a_reason_is_not_even_begun(seen, run):
    answer = run("rederive", "mini", "--dataset", "EX")
    assert answer.code == 2
    assert "Missing option '--reason'" in answer.err


@pytest.mark.parametrize("reason", ["", "typo", "          ", "corrected"])
def test_a_reason_of_a_word_is_refused(seen, run, reason):
    answer = run("rederive", "mini", "--dataset", "EX", "--reason", reason)
    said = "mini: a re-derivation needs a reason of at least 10 characters\n"
    assert (answer.code, answer.err) == (1, said)
    assert len(seen.audit()) == 1


def test_a_request_without_a_name_is_refused(seen, run):
    answer = run("rederive", "mini", "--dataset", "EX", "--reason", REASON, "--who", "J")
    assert (answer.code, answer.err) == (1, "mini: a re-derivation needs the name of who asks\n")


def test_an_unknown_dataset_is_refused_with_the_one_that_was_meant(seen, run):
    answer = run("rederive", "mini", "--dataset", "ADSLL", "--reason", REASON)
    assert (answer.code, answer.err) == (1, "mini: no dataset called ADSLL; did you mean ADSL?\n")


def test_a_request_that_names_no_dataset_is_refused(seen):
    from cdiscflow.home import home as home_of
    from cdiscflow.rederive import rederive_request
    from clinical.errors import InputError

    with pytest.raises(InputError) as refused:
        rederive_request(home_of(), "mini", [], [], REASON, "Jane Doe")
    assert str(refused.value) == "mini: a re-derivation names at least one dataset"


def test_a_subject_nobody_knows_is_refused_and_nothing_is_written(home, run):
    before = home.audit()
    answer = run("rederive", "mini", "--dataset", "EX", "--subject", "B999", "--reason", REASON)
    said = "mini: no record of a subject whose number ends as 'B999'\n"
    assert (answer.code, answer.err) == (1, said)
    assert home.audit() == before
    assert [path.name for path in (home.outputs / "runs").iterdir()] == [home.latest.name]


def test_a_re_derivation_before_any_run_derives_everything(home, run, tmp_path, monkeypatch):
    monkeypatch.setenv("CDISCFLOW_OUTPUTS", str(tmp_path / "elsewhere"))
    answer = run("rederive", "mini", "--dataset", "EX", "--reason", REASON)
    lines = answer.out.splitlines()
    assert (answer.code, lines[1]) == (0, "  because of: this is the first run")
    assert lines[2].startswith("  records:   DM 3, AE ")


def test_a_re_derivation_in_which_datasets_stop_ends_in_exit_code_3(home, run):
    (home.study / "demo" / "event.csv").unlink()
    answer = run("rederive", "mini", "--dataset", "EX", "--reason", REASON)
    assert answer.code == 3
    assert "  AE stopped: event.csv: the file is not in the extract\n" in answer.out

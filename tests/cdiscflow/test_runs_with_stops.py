"""A run in which datasets stopped: what the terminal says, which run people see, and the night after."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.homes import STOPPING, LittleHome

CUT = "consent.csv:3: 5 cells where the header has 6"
ASK = "Ask for the file again; text with commas, quotes or line breaks stands in quotes."


def cut(home: LittleHome) -> None:
    """The transfer of CONSENT broke off in line 3: a cell is missing."""
    home.edit("demo/consent.csv", "B002,2021-03-05,1990,woman,no,\n", "B002,2021-03-05,1990,woman,no\n")


def runs(home: LittleHome) -> list[str]:
    """The names of the runs there are, in the order of the audit trail."""
    return [line["outputs"]["run"] for line in home.audit()]


def findings(home: LittleHome, run: str) -> pd.DataFrame:
    """The findings of a run."""
    return pd.read_parquet(home.outputs / "runs" / run / "findings" / "findings.parquet")


def test_the_terminal_names_the_file_at_fault_what_is_missing_which_run_stays_and_what_to_do(home, run):
    before = home.latest
    cut(home)
    answer = run("run", "mini")
    lines = answer.out.splitlines()
    stopped = runs(home)[-1]
    assert answer.code == 3
    assert lines[:3] == [
        f"mini: completed with stops, run {stopped}",
        "  because of: extract",
        "  records:   no dataset",
    ]
    assert lines[-6:] == [
        f"  results:   {home.outputs / 'runs' / stopped}",
        f"  DM stopped: {CUT}",
        "    and 5 that need it: AE, EX, SE, ADSL, ADAE",
        f"    to do: {ASK}",
        f"  latest was not moved: the accepted run is still {before.name}",
        f"  all its findings: cdiscflow findings mini --run {stopped}",
    ]
    assert home.latest == before


def test_a_file_that_did_not_come_stops_what_is_made_of_it_and_nothing_else(home, run):
    (home.study / "demo" / "event.csv").unlink()
    answer = run("run", "mini")
    lines = answer.out.splitlines()
    assert answer.code == 3
    at = lines.index("  AE stopped: event.csv: the file is not in the extract")
    assert lines[at + 1] == "    and 1 that needs it: ADAE"
    assert lines[2] == "  records:   DM 3, EX 5, SE 6, ADSL 3"


def test_two_causes_are_two_causes(home, run):
    """DM and EX read DOSE; AE reads EVENT, and needs DM too."""
    (home.study / "demo" / "event.csv").unlink()
    home.edit("demo/dose.csv", "PATIENT,LINE,DRUG", "PATIENT,LINE,DRUGS")
    lines = run("run", "mini").out.splitlines()
    missing = "dose.csv:1: form DOSE needs columns that are not there: DRUG (there is DRUGS)"
    at = lines.index(f"  DM, EX stopped: {missing}")
    assert lines[at + 1] == "    and 2 that need them: SE, ADSL"
    at = lines.index("  AE stopped: event.csv: the file is not in the extract")
    assert lines[at + 1] == "    and 1 that needs it: ADAE"


def test_a_rule_that_stops_is_named_as_the_cause(home, run):
    folder = home.root / "validation" / "mini" / "sdtm"
    folder.mkdir(parents=True)
    (folder / "ae.yml").write_text(STOPPING, "utf-8")
    answer = run("run", "mini")
    assert answer.code == 3
    assert (
        "  AE stopped: V-AE-101 failed at the gate, so the dataset and what needs it are not in this run\n"
        "    and 1 that needs it: ADAE\n"
        "    to do: Mend the cause and run again.\n"
    ) in answer.out


def test_the_same_extract_the_night_after_makes_no_new_run_and_says_the_same(home, run):
    cut(home)
    run("run", "mini")
    known, trail = runs(home), home.audit()
    folders = sorted((home.outputs / "runs").iterdir())
    answer = run("run", "mini")
    assert answer.code == 3
    assert answer.out.splitlines() == [
        f"mini: nothing changed since {known[-1]}, which was completed with stops",
        f"  results:   {home.outputs / 'runs' / known[-1]}",
        f"  DM stopped: {CUT}",
        "    and 5 that need it: AE, EX, SE, ADSL, ADAE",
        f"    to do: {ASK}",
        f"  latest was not moved: the accepted run is still {known[0]}",
        f"  all its findings: cdiscflow findings mini --run {known[-1]}",
    ]
    assert sorted((home.outputs / "runs").iterdir()) == folders
    assert home.audit() == trail


def test_the_extract_of_the_accepted_run_again_needs_no_run_at_all(home, run):
    good = home.latest.name
    cut(home)
    run("run", "mini")
    home.edit("demo/consent.csv", "woman,no\n", "woman,no,\n")
    answer = run("run", "mini")
    assert (answer.code, answer.out.splitlines()[0]) == (0, f"mini: nothing changed since {good}")


def test_a_mended_extract_is_a_complete_run_and_its_stops_are_closed(home, run):
    cut(home)
    run("run", "mini")
    home.edit("demo/consent.csv", "B002,2021-03-05,1990,woman,no\n", "B002,2021-03-05,1991,woman,no,\n")
    answer = run("run", "mini")
    assert (answer.code, answer.out.splitlines()[1]) == (0, "  because of: extract")
    assert home.latest.name == runs(home)[-1]
    assert "completed with stops" not in run("findings", "mini").out
    still = findings(home, runs(home)[-1])
    assert "build.stopped" not in set(still["message"])


def test_a_first_run_with_stops_says_that_latest_shows_nothing(home, run, tmp_path, monkeypatch):
    cut(home)
    monkeypatch.setenv("CDISCFLOW_OUTPUTS", str(tmp_path / "elsewhere"))
    answer = run("run", "mini")
    lines = answer.out.splitlines()
    name = lines[0].rpartition(" ")[2]
    assert (answer.code, lines[1]) == (3, "  because of: this is the first run")
    assert lines[-2] == "  latest shows nothing: no run was accepted yet"
    said = f"mini: no run was accepted yet; {name} was completed with stops: ask for it with --run newest\n"
    for command in (("findings", "mini"), ("explain", "mini", "DM"),
                    ("package", "mini", "--reason", "to look at it"),
                    ("diff", "mini", "latest")):  # fmt: skip
        refused = run(*command)
        assert (refused.code, refused.err) == (1, said), command
    assert run("findings", "mini", "--run", "newest").out.startswith(
        f"mini, run {name} (newest, completed with stops): 7 error, "
    )
    assert run("verify").out == "mini: 1 runs, all as they were written\n"


def test_a_first_run_is_called_that(home, run, tmp_path, monkeypatch):
    monkeypatch.setenv("CDISCFLOW_OUTPUTS", str(tmp_path / "elsewhere"))
    answer = run("run", "mini")
    assert (answer.code, answer.out.splitlines()[1]) == (0, "  because of: this is the first run")


def test_a_study_that_accepts_stops_shows_the_run_and_the_exit_code_still_says_it(home, run):
    cut(home)
    path = home.study / "study.yml"
    path.write_text(path.read_text("utf-8") + "accept_stops: true\n", "utf-8")
    answer = run("run", "mini")
    assert answer.code == 3
    said = "  latest shows this run all the same, because study.yml says accept_stops"
    assert said in answer.out.splitlines()
    assert home.latest.name == runs(home)[-1]
    assert run("findings", "mini").out.startswith(
        f"mini, run {home.latest.name} (latest, completed with stops): "
    )
    assert run("run", "mini").code == 3


@pytest.fixture
def stopped(home, run) -> LittleHome:
    """An accepted run, and a newer one with stops."""
    cut(home)
    run("run", "mini")
    return home


def test_findings_say_which_run_they_are_of_and_that_a_newer_one_has_stops(stopped, run):
    good, bad = runs(stopped)
    newer = f"a newer run, {bad}, was completed with stops: cdiscflow findings mini --run newest"
    lines = run("findings", "mini").out.splitlines()
    assert lines[0].startswith(f"mini, run {good} (latest): ")
    assert lines[1] == newer
    assert run("findings", "mini", "--run", "latest").out.splitlines() == lines
    assert run("findings", "mini", "--run", good).out.splitlines() == lines
    asked = run("findings", "mini", "--run", "newest").out
    assert asked.startswith(f"mini, run {bad} (newest, completed with stops): ")
    assert CUT in asked
    assert newer not in asked
    assert run("findings", "mini", "--run", bad).out == asked


def test_an_older_run_is_shown_without_a_word_on_newer_ones(home, run):
    first = home.latest.name
    run("run", "mini", "--force")
    assert run("findings", "mini", "--run", first).out.splitlines()[0].startswith(f"mini, run {first}: ")


def test_each_dataset_that_stopped_is_one_finding_and_the_first_names_the_file(stopped):
    found = findings(stopped, runs(stopped)[-1])
    stops = found[found["message"] == "build.stopped"].set_index("dataset")["text"].to_dict()
    assert stops == {
        "DM": f"DM stopped: {CUT}",
        **{name: f"{name} stopped: DM was not built" for name in ("AE", "EX", "SE", "ADSL")},
        "ADAE": "ADAE stopped: AE was not built",
    }


def test_rules_that_could_not_run_are_one_finding_for_each_thing_that_is_missing(home, run):
    (home.study / "demo" / "event.csv").unlink()
    run("run", "mini")
    found = findings(home, runs(home)[-1])
    unasked = found[found["message"] == "checks.not-run"]
    assert unasked["dataset"].is_unique
    assert set(unasked["dataset"]) <= {"AE", "ADAE", "SUPPAE", "raw.EVENT"}


def test_the_cause_is_in_the_manifest_for_whoever_reads_the_run(stopped):
    manifest = stopped.manifest(stopped.outputs / "runs" / runs(stopped)[-1])
    assert manifest["stops"] == [
        {"reason": CUT, "todo": ASK, "datasets": ["DM"], "followers": ["AE", "EX", "SE", "ADSL", "ADAE"]}
    ]
    assert stopped.manifest()["stops"] == []


def test_explain_says_which_run_it_explains_and_why_a_dataset_is_not_in_it(stopped, run):
    good, bad = runs(stopped)
    lines = run("explain", "mini", "DM", "SEX", "--subject", "B001").out.splitlines()
    assert lines[0] == f"mini, run {good} (latest)"
    assert lines[1].startswith(f"a newer run, {bad}, was completed with stops")
    for name in ("newest", bad):
        answer = run("explain", "mini", "ADSL", "--run", name)
        assert (answer.code, answer.err) == (1, f"mini: ADSL was not built: {CUT}\n")
    assert run("explain", "mini", "ADLS", "--run", bad).err == "mini: no dataset called ADLS\n"


def test_diff_says_that_a_newer_run_has_stops_and_compares_with_it_on_request(stopped, run):
    good, bad = runs(stopped)
    lines = run("diff", "mini", good).out.splitlines()
    assert lines[0] == f"mini: from {good} to {good}; changed inputs: nothing"
    assert lines[1].startswith(f"a newer run, {bad}, was completed with stops")
    lines = run("diff", "mini", "latest", "newest").out.splitlines()
    assert lines[0] == f"mini: from {good} to {bad}; changed inputs: extract"
    assert ["DM", "removed", "3", "by", "edit"] in [line.split() for line in lines]


def test_help_tells_the_exit_codes(run):
    said = " ".join(run("--help").out.split())
    assert (
        "Exit code: 0 done; 1 refused or something is wrong (one message says what); 2 no such command or "
        "option; 3 a run is there, and datasets are not in it because something stopped them."
    ) in said
    assert "Exit code 3 if datasets stopped" in " ".join(run("run", "--help").out.split())


def test_what_was_taken_over_from_the_last_run_stops_with_what_it_needs(home, run):
    """ADSL takes of DM what no event can change, and nothing needs ADSL here, so it is taken over; DM counts
    events and stops. A run from the beginning has no ADSL either.
    """
    home.edit("sdtm/dm.yml", "  SEX:      {term", "  events:   {count: raw.EVENT.NO}\n  SEX:      {term")
    (home.study / "adam" / "adae.yml").unlink()
    run("run", "mini")
    (home.study / "demo" / "event.csv").unlink()
    short = run("run", "mini").out.splitlines()
    full = run("run", "mini", "--force").out.splitlines()
    said = ["  DM, AE stopped: event.csv: the file is not in the extract",
            "    and 3 that need them: EX, SE, ADSL"]  # fmt: skip
    assert short[2] == full[2] == "  records:   no dataset"
    at = short.index(said[0])
    assert short[at : at + 2] == full[at : at + 2] == said

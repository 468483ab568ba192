"""`cdiscflow run`: a new run, nothing changed, or a reason why not; the last run stays as it was."""

from __future__ import annotations

import shutil

import pytest

from cdiscflow.home import home as home_of
from cdiscflow.pipeline import Request, run_study
from clinical.errors import InputError

EVENTS = "PATIENT,NO,WHAT,BEGAN,ENDED,BAD,BAD_STD,NOTE\nB001,1,headache,2021-03-10,,a little,1,\n"


def test_a_second_run_says_that_nothing_changed_and_leaves_no_trace(home, run):
    before, lines = home.latest, home.audit()
    answer = run("run", "mini")
    said = f"mini: nothing changed since {before.name}\n  results:   {before}\n"
    assert (answer.code, answer.out, answer.err) == (0, said, "")
    assert (home.latest, home.audit()) == (before, lines)


def test_the_run_is_summed_up_with_records_findings_and_where_the_results_are(home, run):
    answer = run("run", "mini", "--force")
    lines = answer.out.splitlines()
    assert answer.code == 0
    assert lines[0] == f"mini: complete, run {home.latest.name}"
    assert "DM 3, " in next(line for line in lines if line.startswith("  records:"))
    assert lines[-1] == f"  results:   {home.latest}"


def test_a_forced_run_gives_the_same_hashed_files_under_another_name(home, run):
    first = home.latest
    run("run", "mini", "--force")
    second = home.latest
    run("run", "mini", "--force")
    assert (second.name, home.latest.name) == (f"{first.name}-2", f"{first.name}-3")
    assert home.manifest()["hash"] == home.manifest(second)["hash"]


@pytest.mark.parametrize(
    ("file", "old", "new", "cause"),
    [
        ("demo/dose.csv", "B001,2,Z,2021-03-17,09:00,20", "B001,2,Z,2021-03-17,09:00,25", "extract"),
        ("sdtm/ex.yml", "{constant: mg}", "{constant: g}", "spec"),
        ("study.yml", '"2021-12-31"', '"2021-11-30"', "cut, spec"),
    ],
)
def test_a_new_run_names_what_changed(home, run, file, old, new, cause):
    home.edit(file, old, new)
    assert f"  because of: {cause}\n" in run("run", "mini").out


def test_an_edited_table_of_trial_facts_is_a_changed_spec(home, run):
    """The lines of TS, TA and the like stand in CSV files beside the specs."""
    (home.study / "sdtm" / "ta.csv").write_text("ARMCD\nZ\n", "utf-8")
    assert "  because of: spec\n" in run("run", "mini").out


def test_a_cut_that_is_asked_for_is_a_cause_of_its_own(home, run):
    assert "  because of: cut\n" in run("run", "mini", "--cut", "2021-06-30").out
    assert home.manifest()["cut"] == "2021-06-30"


@pytest.mark.parametrize("cut", ["2021-13-01", "31DEC2021", "20211231", "none"])
def test_a_cut_that_is_no_day_is_refused_before_anything_is_read(home, run, cut):
    before = home.latest
    answer = run("run", "mini", "--cut", cut)
    assert (answer.code, answer.err) == (1, f"the data cut is a day as 2025-06-30, not '{cut}'\n")
    assert home.latest == before


def test_a_fault_of_a_spec_is_named_and_the_last_run_stays(home, run):
    before = home.latest
    home.edit("sdtm/ex.yml", "EXDOSU:  {constant: mg}", "EXDOSU:  {constnat: mg}")
    answer = run("run", "mini")
    assert answer.code == 1
    assert answer.err.startswith("mappings/mini/sdtm/ex.yml:8: EX.EXDOSU: no algorithm called 'constnat'")
    assert "Traceback" not in answer.err
    assert home.latest == before


def test_a_study_without_any_extract_is_refused(home, run):
    (home.study / "demo").rename(home.root / "elsewhere")
    answer = run("run", "mini")
    assert (answer.code, answer.err) == (
        1,
        "mini: no extract under data/ and no demonstration extract in its folder\n",
    )


def test_an_extract_that_is_written_anew_while_it_is_read_makes_no_run(home):
    """The run would say of the old file what was read in the new one, and the next run would believe it."""
    before, file = home.latest, home.study / "demo" / "event.csv"

    def write_anew(text: str) -> None:
        if "reading extract" in text:
            file.write_text(EVENTS, "utf-8")

    with pytest.raises(InputError) as told:
        run_study(home_of(), "mini", Request(force=True), say=write_anew)
    assert "event.csv: the file was written anew while the extract was read" in str(told.value)
    assert home.latest == before
    done = run_study(home_of(), "mini", Request())
    assert (done.changed, done.rows["AE"]) == (["extract"], 1)


def test_the_newest_delivered_extract_is_taken(home, run):
    for day in ("2021-11-01", "2021-12-01"):
        shutil.copytree(home.study / "demo", home.root / "data" / "mini" / day)
    (home.root / "data" / "mini" / "2021-12-01" / "event.csv").write_text(EVENTS, "utf-8")
    assert run("run", "mini").code == 0
    assert home.latest.name.startswith("2021-12-01-")
    assert home.manifest()["datasets"]["AE"]["rows"] == 1


def test_who_and_why_are_in_the_audit_trail(home, run):
    run("run", "mini", "--force", "--who", "Jane Doe", "--why", "after the reader was mended")
    line = home.audit()[-1]
    assert (line["event"], line["who"], line["why"]) == ("run", "Jane Doe", "after the reader was mended")
    assert line["outputs"]["run"] == home.latest.name

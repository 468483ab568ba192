"""`cdiscflow check` and `cdiscflow build`: what a writer of specs asks all day."""

from __future__ import annotations

import pytest


def test_a_study_without_a_fault_is_counted(seen, run):
    answer = run("check")
    assert answer.code == 0
    assert answer.out.startswith("mini: 3 forms, 6 datasets, ")
    assert answer.out.endswith(" steps: all fine\n")


def test_every_fault_of_every_file_is_told_at_once(home, run):
    home.edit("sdtm/ex.yml", "{constant: mg}", "{constnat: mg}")
    home.edit("sdtm/dm.yml", "SUBJID:   raw.PATIENT", "SUBJID:   {copy: raw.PATIENT, wen: {PATIENT: B001}}")
    answer = run("check", "mini")
    assert answer.code == 1
    assert [line.split(": ")[1] for line in answer.err.splitlines()] == ["DM.SUBJID", "EX.EXDOSU"]


def test_a_fault_of_the_study_file_does_not_hide_another_study(home, run):
    (home.root / "mappings" / "mini2").mkdir()
    (home.root / "mappings" / "mini2" / "study.yml").write_text("study: [", "utf-8")
    answer = run("check")
    assert answer.code == 1
    assert answer.out.startswith("mini: 3 forms")
    assert answer.err.startswith("mappings/mini2/study.yml:")


def test_a_column_that_the_delivery_lacks_is_found_before_a_run(home, run):
    home.edit("demo/dose.csv", "PATIENT,LINE,DRUG,GIVEN,AT,MG", "PATIENT,LINE,DRUG,GIVEN,AT,MILLIGRAM")
    answer = run("check", "mini")
    assert answer.code == 1
    assert "dose.csv" in answer.err
    assert "MG" in answer.err


def test_a_fault_of_a_display_or_a_rule_is_found_too(home, run):
    (home.study / "tlf").mkdir(exist_ok=True)
    (home.study / "tlf" / "t1.yml").write_text("disply: T1\n", "utf-8")
    rules = home.root / "validation" / "mini" / "sdtm"
    rules.mkdir(parents=True)
    (rules / "dm.yml").write_text("dataset: DM\nruls: []\n", "utf-8")
    answer = run("check", "mini")
    assert answer.code == 1
    assert "mini/tlf/t1.yml:1: " in answer.err
    assert "mini/sdtm/dm.yml:" in answer.err


WOMEN = """\
display: T1.1
title: Women
population: {dataset: ADSL, label: Everybody}
rows: {women: {count: {SEX: F}}}
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "SEX: F",
            "SX: F",
            "4: T1.1.women: no variable called SX in the dataset it reads; did you mean SEX?",
        ),
        (
            "dataset: ADSL",
            "dataset: ADSLL",
            "3: T1.1.population: no dataset called ADSLL; did you mean ADSL?",
        ),
        ("count: {SEX: F}", "continuous: SEX", "4: T1.1.women: SEX is not a number, so it has no mean"),
    ],
)
def test_what_a_display_reads_is_looked_for_before_a_run(home, run, old, new, said):
    """style.md: a fault of a spec is told before any data is read; the run before stays."""
    tables = home.study / "tlf"
    tables.mkdir(exist_ok=True)
    (tables / "t_1_1.yml").write_text(WOMEN, "utf-8")
    assert run("check", "mini").code == 0
    (tables / "t_1_1.yml").write_text(WOMEN.replace(old, new), "utf-8")
    latest = home.latest
    for command in ("check", "run"):
        answer = run(command, "mini")
        assert (answer.code, answer.err) == (1, f"mappings/mini/tlf/t_1_1.yml:{said}\n")
    assert home.latest == latest


def test_an_agreement_about_a_display_that_is_not_there_is_found_too(home, run):
    """V-N."""
    (home.study / "tlf").mkdir(exist_ok=True)
    (home.study / "tlf" / "t_1_1.yml").write_text(WOMEN, "utf-8")
    rules = home.root / "validation" / "mini" / "tlf"
    rules.mkdir(parents=True)
    (rules / "a.yml").write_text("rules: {V-N-1: {says: x, cell: T1.2 women, equals: T1.1 women}}\n", "utf-8")
    answer = run("check", "mini")
    assert answer.code == 1
    assert answer.err == (
        "validation/mini/tlf/a.yml:1: V-N-1: no display called 'T1.2'; did you mean T1.1?\n"
    )


def test_a_setting_that_nothing_reads_is_refused_until_something_does(home, run):
    """A.5. A display and a rule read as a dataset does; the name in a comment does not count."""
    path = home.study / "study.yml"
    path.write_text(path.read_text("utf-8") + "new_policy: censor\nlimit: 3\n", "utf-8")
    lines = len(path.read_text("utf-8").splitlines())
    home.edit("sdtm/ex.yml", "{constant: mg}", "{constant: mg}  # not study.limit")
    answer = run("check", "mini")
    assert (answer.code, answer.err.splitlines()) == (
        1,
        [
            f"mappings/mini/study.yml:{number}: {key} is read by no dataset, program, rule or display"
            for number, key in ((lines - 1, "new_policy"), (lines, "limit"))
        ],
    )
    home.edit("sdtm/ex.yml", "{constant: mg}", "{constant: mg, when: {study.limit: 3}}")
    assert "limit" not in run("check", "mini").err


def test_one_dataset_of_one_subject_is_printed_and_nothing_written(home, run):
    before = sorted(home.root.rglob("*"))
    answer = run("build", "mini", "ex", "--subject", "B001")
    same, header, *records = answer.out.splitlines()
    assert same.startswith("2 records with STUDYID=MINI01, DOMAIN=EX, USUBJID=MINI01.B001, ")
    assert header.split() == ["EXSEQ", "EXSPID", "EXDOSE", "EXSTDTC", "EXSTDY"]
    assert [record.split() for record in records] == [
        ["1", "DOSE-1", "10", "2021-03-10T08:30", "1"],
        ["2", "DOSE-2", "20", "2021-03-17T09:00", "8"],
    ]
    assert sorted(home.root.rglob("*")) == before


def test_a_dataset_is_printed_before_any_run(seen, run, tmp_path, monkeypatch):
    answer = run("build", "mini", "DM", "--subject", "B001")
    monkeypatch.setenv("CDISCFLOW_OUTPUTS", str(tmp_path))
    assert run("build", "mini", "DM", "--subject", "B001") == answer
    assert answer.code == 0
    assert list(tmp_path.iterdir()) == []


def test_a_study_without_an_extract_is_checked_as_far_as_its_specs_go(home, run):
    (home.study / "demo").rename(home.root / "elsewhere")
    answer = run("check", "mini")
    assert (answer.code, answer.out.splitlines()[0]) == (0, "mini: no extract to look at")


def test_a_dataset_whose_form_cannot_be_read_is_refused_with_the_file(home, run):
    (home.study / "demo" / "dose.csv").unlink()
    answer = run("build", "mini", "SE")
    said = "mini: SE was not built: dose.csv: the file is not in the extract\n"
    assert (answer.code, answer.err) == (1, said)


def test_a_single_record_is_printed_a_line_a_variable(seen, run):
    lines = run("build", "mini", "DM", "--subject", "B001").out.splitlines()
    assert "USUBJID   MINI01.B001" in lines
    assert "SEX       M" in lines


def test_a_person_is_found_by_an_earlier_screening_number_too(seen, run):
    """Rescreened: B004 is B002 again."""
    assert run("build", "mini", "EX", "--subject", "B004") == run("build", "mini", "EX", "--subject", "B002")


def test_a_subject_that_nobody_knows_is_refused(seen, run):
    answer = run("build", "mini", "DM", "--subject", "B999")
    assert (answer.code, answer.err) == (1, "mini: no record of a subject whose number ends as 'B999'\n")


def test_a_dataset_that_the_specs_do_not_state_is_refused(seen, run):
    answer = run("build", "mini", "ADEX")
    assert (answer.code, answer.err) == (1, "mini: no dataset called ADEX; did you mean ADAE?\n")


def test_qualifiers_that_a_dataset_has_not_are_refused(seen, run):
    answer = run("build", "mini", "SUPPDM")
    assert (answer.code, answer.err) == (1, "mini: SUPPDM was not built: no qualifiers\n")

"""`cdiscflow findings`, `explain` and `diff`: what people read after a run."""

from __future__ import annotations

import re

import pandas as pd
import pytest


def test_findings_name_the_page_the_value_and_what_to_do(seen, run):
    lines = run("findings", "mini", "--message", "build.no-term").out.splitlines()
    assert lines[0] == f"mini, run {seen.latest.name} (latest): 0 error, 2 warning, 0 info; 2 new"
    assert lines[2:4] == [
        "warning  build.no-term C-CT  AE.AEDECOD",
        "  AEDECOD: the collected text has no term in codelist EVENT",
    ]
    assert lines[4].startswith("    new      EVENT B001 2: headache that began after lunch")
    assert re.search(r"was reading\.\.\.  \([0-9a-f]{12}\)$", lines[4])
    assert re.fullmatch(r"    new      EVENT B004 2: headache ≥ 3 h  \([0-9a-f]{12}\)", lines[5])
    assert lines[6] == "  to do: Add the collected text to the study's ct file or query the site."
    assert lines[-1].endswith("/findings/findings.csv")


def test_findings_of_one_weight_only_are_listed_on_request(seen, run):
    listed = run("findings", "mini", "--severity", "info").out
    assert ": 0 error, 0 warning, " in listed.splitlines()[0]
    assert "\nwarning  " not in listed


def test_at_most_five_records_of_a_finding_are_named_and_the_others_counted(home, run):
    more = "".join(f"B001,{number},it hurt,2021-03-12,,rather,2,\n" for number in range(10, 16))
    path = home.study / "demo" / "event.csv"
    path.write_text(path.read_text("utf-8") + more, "utf-8")
    run("run", "mini")
    lines = run("findings", "mini", "--message", "build.no-term").out.splitlines()
    assert sum(line.startswith("    new ") or line.startswith("    open ") for line in lines) == 5
    assert "    ... and 3 more" in lines


def test_a_weight_that_does_not_exist_is_no_option(seen, run):
    assert run("findings", "mini", "--severity", "fatal").code == 2


@pytest.mark.parametrize(
    "arguments",
    [("findings", "mini"), ("explain", "mini", "DM"), ("package", "mini", "--reason", "to look at it"),
     ("diff", "mini"),
     ("diff", "mini", "latest"), ("findings", "mini", "--run", "newest"),
     ("findings", "mini", "--run", "demo-00000000")],
)  # fmt: skip
def test_a_study_that_was_never_run_has_nothing_to_show(seen, run, tmp_path, monkeypatch, arguments):
    """Commands that only look leave nothing behind either."""
    monkeypatch.setenv("CDISCFLOW_OUTPUTS", str(tmp_path))
    answer = run(*arguments)
    assert list(tmp_path.iterdir()) == []
    assert (answer.code, answer.err) == (1, "mini: no run yet\n")


@pytest.mark.parametrize(
    ("identity", "place", "says"),
    [
        (
            "V-xx-31",
            "validation/library/sdtm/findings.yml:",
            "there is a collected result, and no standard result",
        ),
        (
            "V-LB-31",
            "validation/library/sdtm/findings.yml:",
            "there is a collected result, and no standard result",
        ),
        ("V-raw.SVT-101", "validation/rd1302/raw/svt.yml:", "dated before an earlier visit of the schedule"),
        (
            "V-N-1",
            "validation/rd1302/tlf/agreements.yml:3, error)",
            "responders of the best overall response are the subjects of the duration of response",
        ),
    ],
)
def test_a_rule_is_explained_by_its_id_and_by_the_id_its_findings_carry(
    run, monkeypatch, identity, place, says
):
    monkeypatch.delenv("CDISCFLOW_HOME", raising=False)
    lines = run("explain", identity).out.splitlines()
    assert place in lines[0]
    assert lines[1] == f"  says:  {says}"
    assert lines[2].startswith("  to do: ")


def test_a_rule_that_does_not_exist_is_no_study_either(seen, run):
    answer = run("explain", "V-LB-9999")
    assert (answer.code, "no such study" in answer.err) == (1, True)


def test_a_value_is_explained_by_its_spec_line_the_record_it_was_taken_from_and_the_page(seen, run):
    lines = run("explain", "mini", "ADSL", "TRTSDT", "--subject", "B001").out.splitlines()
    assert lines.pop(0) == f"mini, run {seen.latest.name} (latest)"
    place, said = lines[0].split(": ", 1)
    assert place.startswith("mappings/mini/adam/adsl.yml:")
    assert said == "ADSL.TRTSDT is the earliest complete date of EX.EXSTDTC where EXDOSE > 0"
    assert lines[1:] == [
        "ADSL row 1: USUBJID=MINI01.B001, TRTSDT=2021-03-10",
        "  EX USUBJID=MINI01.B001, EXTRT=ZETAMAB, EXSTDTC=2021-03-10T08:30, EXSPID=DOSE-1",
        "    EDC page DOSE/B001/1",
    ]


def test_a_message_is_explained_by_the_catalogue(run):
    lines = run("explain", "ask.reason").out.splitlines()
    assert lines == [
        "ask.reason (since 0.1)",
        "  says:  a re-derivation needs a reason of at least {shortest} characters",
        "  means: The reason goes into the audit trail.",
        "  cause: It was left empty or is a word.",
        "  to do: Say why the data are derived again; no subject data.",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ADLS",), "mini: no dataset called ADLS; did you mean ADSL?"),
        (("DM", "SEXX"), "mini: DM has neither a variable nor a parameter SEXX"),
        (("DM", "SEX", "--subject", "B777"), "mini: no record of a subject whose number ends as 'B777'"),
        (("DM", "--subject", "B777"), "mini: no record of a subject whose number ends as 'B777'"),
    ],
)
def test_what_cannot_be_explained_is_refused(seen, run, arguments, said):
    answer = run("explain", "mini", *arguments)
    assert (answer.code, answer.err) == (1, f"{said}\n")


def test_two_runs_are_compared_by_key_and_the_changed_input_is_named(home, run):
    before = home.latest.name
    home.edit("demo/dose.csv", "B001,2,Z,2021-03-17,09:00,20", "B001,2,Z,2021-03-17,09:00,25")
    run("run", "mini")
    lines = run("diff", "mini").out.splitlines()
    assert lines[0] == f"mini: from {before} to {home.latest.name}; changed inputs: extract"
    assert [line.split() for line in lines[1:3]] == [
        ["ADSL", "changed", "1", "by", "edit"],
        ["EX", "changed", "1", "by", "edit"],
    ]
    assert lines[3] == "  changed records: 2 by edit"
    assert (home.latest / "changes" / "changes.html").is_file()
    said = "EX changed MINI01.B001 ZETAMAB 2021-03-17T09:00 DOSE-2 EXDOSE 20 25 edit DOSE/B001/2"
    assert lines[-1].split() == said.split()
    assert run("diff", "mini", before, "latest").out.splitlines() == lines


def test_two_runs_on_one_input_do_not_differ(home, run):
    run("run", "mini", "--force")
    lines = run("diff", "mini").out.splitlines()
    assert lines[0].endswith("; changed inputs: nothing")
    assert lines[1:] == ["no record differs"]


def test_a_comparison_needs_two_runs(seen, run):
    answer = run("diff", "mini")
    assert (answer.code, answer.err) == (1, "mini: there is only one run, and no other to compare it with\n")


@pytest.mark.parametrize(
    "arguments",
    [("diff", "mini", "demo-00000000"), ("diff", "mini", "latest", "demo-00000000"),
     ("findings", "mini", "--run", "demo-00000000"), ("explain", "mini", "DM", "--run", "demo-00000000"),
     ("package", "mini", "--run", "demo-00000000", "--reason", "to look at it")],
)  # fmt: skip
def test_a_run_that_does_not_exist_is_refused(seen, run, arguments):
    answer = run(*arguments)
    assert (answer.code, answer.err) == (1, "mini: no run called demo-00000000\n")


@pytest.mark.parametrize("name", ["../../mini", "..", "/etc", "runs/x"])
def test_the_name_of_a_run_never_leads_out_of_its_folder(seen, run, name):
    answer = run("findings", "mini", "--run", name)
    assert answer.code == 1
    assert answer.out == ""
    assert "Traceback" not in answer.err


ACTING = "\x1b]0;owned\x07\x1b[31mred\x9b2J \u202egpj.exe"
SHOWN = r"\x1b]0;owned\x07\x1b[31mred\x9b2J \u202egpj.exe"


@pytest.fixture
def hostile(home, run):
    """A collected text that would act on a screen, and one that a spreadsheet would run."""
    path = home.study / "demo" / "event.csv"
    lines = f'B001,8,{ACTING},2021-03-12,,rather,2,\nB001,9,"=HYPERLINK(1,2)",2021-03-12,,rather,2,\n'
    path.write_text(path.read_text("utf-8") + lines, "utf-8")
    run("run", "mini")
    return home


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [(("findings", "mini", "--message", "build.no-term"), SHOWN),
     (("build", "mini", "AE", "--subject", "B001"), "red?"),  # a dataset holds ASCII only [F.4]
     (("explain", "mini", "AE", "AETERM", "--subject", "B001"), "red?"), (("diff", "mini"), "AE")],
)  # fmt: skip
def test_what_was_collected_is_shown_on_a_terminal_and_never_acts_on_it(hostile, run, arguments, shown):
    answer = run(*arguments)
    assert shown in answer.out
    assert not set(answer.out) & set("\x1b\x07\x9b\u202e\r")


def test_what_was_collected_does_nothing_in_a_spreadsheet_and_is_whole_in_parquet(hostile):
    text = (hostile.latest / "findings" / "findings.csv").read_text("utf-8-sig")
    assert f'"{SHOWN}"' in text
    assert '"\'=HYPERLINK(1,2)"' in text
    assert not set(text) & set("\x1b\x07\x9b\u202e")
    found = pd.read_parquet(hostile.latest / "findings" / "findings.parquet")
    assert {ACTING, "=HYPERLINK(1,2)"} <= set(found["value"])


def test_the_name_of_a_column_does_not_act_on_a_terminal_either(home, run):
    home.edit("demo/dose.csv", "PATIENT,LINE,DRUG", "PATIENT,LINE,DRUG\x1b[31m")
    answer = run("check", "mini")
    assert r"DRUG (there is DRUG\x1b[31m)" in answer.err
    assert "\x1b" not in answer.err + run("run", "mini").out

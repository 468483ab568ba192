"""Findings across nights: new, open, closed, reopened, waived; the same counts wherever they are shown."""

from __future__ import annotations

import re
import shutil

import pandas as pd
import pytest

from cdiscflow.home import home as home_of
from cdiscflow.pipeline import Request, run_study
from cdiscflow.report import summary_text
from clinical.errors import ClinicalError, SpecErrors
from clinical.findings import COLUMNS, counts, finding_ids, with_status
from tests.homes import LittleHome

WHY = "the site confirmed it, query 17"
SAID = f"who: Jane Doe, why: '{WHY}'"
LATE = f"{{message: V-raw.EVENT-1, {SAID}, until: '2099-12-31'}}"


def deliver(home: LittleHome, day: str) -> None:
    """The demonstration extract again, as one taken on a day."""
    shutil.copytree(home.study / "demo", home.root / "data" / "mini" / day)


def write(home: LittleHome, *waivers: str) -> None:
    """The waivers of the study."""
    file = home.root / "validation" / "mini" / "waivers.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("waivers:\n" + "".join(f"  - {waiver}\n" for waiver in waivers), "utf-8")


def one(identity: str, until: str = "2099-12-31") -> str:
    """A waiver of one finding."""
    return f"{{finding: {identity}, {SAID}, until: {until}}}"


def night(home: LittleHome) -> pd.DataFrame:
    """The findings of the next run, by id."""
    run_study(home_of(), "mini", Request())
    return pd.read_parquet(home.latest / "findings" / "findings.parquet").set_index("id")


def id_of(home: LittleHome, message: str = "checks.empty", subject: str = "B001") -> str:
    """The id of a finding of the last run."""
    found = pd.read_parquet(home.latest / "findings" / "findings.parquet")
    (identity,) = found.loc[(found["message"] == message) & (found["subject"] == subject), "id"]
    return identity


def test_a_waiver_holds_up_to_its_day_and_the_finding_is_reopened_on_the_next(home):
    identity = id_of(home)
    write(home, one(identity, "2022-03-10"))
    for day, status in (("2022-03-09", "waived"), ("2022-03-10", "waived"), ("2022-03-11", "reopened")):
        deliver(home, day)
        assert night(home).loc[identity, "status"] == status, day
    found = night(home)  # no new run: nothing changed
    assert found.loc[identity, "waiver"] == f"expired: Jane Doe, until 2022-03-10: {WHY}"
    (expired,) = found.loc[found["message"] == "waivers.expired", "text"]
    assert "waivers.yml:2 ended on 2022-03-10" in expired


def test_a_waiver_taken_away_reopens_its_finding(home):
    identity = id_of(home)
    write(home, one(identity))
    assert night(home).loc[identity, "status"] == "waived"
    write(home, LATE)
    assert night(home).loc[identity, "status"] == "reopened"


def test_a_waiver_about_nothing_is_reported_and_so_is_one_whose_finding_is_gone(home):
    identity = id_of(home, "V-raw.EVENT-1", "B004")
    write(home, one(identity), one("0" * 12))
    assert (night(home)["message"] == "waivers.unmatched").sum() == 1
    home.edit("demo/event.csv", "2022-01-15", "2021-05-15")
    home.edit("demo/event.csv", "2022-01-16", "2021-05-16")
    found = night(home)
    assert found.loc[identity, "status"] == "closed"
    assert (found["message"] == "waivers.unmatched").sum() == 2


def test_a_waiver_of_a_message_is_about_all_of_it_and_a_subject_narrows_it(home):
    line = LATE.replace("V-raw.EVENT-1", "build.no-term")
    write(home, line)
    found = night(home)
    assert found.loc[found["message"] == "build.no-term", "status"].tolist() == ["waived", "waived"]
    write(home, line.replace("who", "subject: B004, who"))
    found = night(home)
    mine = found[found["message"] == "build.no-term"].set_index("subject")["status"]
    assert mine.to_dict() == {"B001": "reopened", "B004": "waived"}


def test_a_finding_of_a_stopped_dataset_stays_waived(home):
    identity = id_of(home)
    write(home, one(identity))
    night(home)
    home.edit("demo/consent.csv", "B002,2021-03-05,1990,woman,no,\n", "B002,2021-03-05,1990,woman,no\n")
    done = run_study(home_of(), "mini", Request())
    found = pd.read_parquet(done.folder / "findings" / "findings.parquet").set_index("id")
    assert "AE" in done.stopped
    assert found.loc[identity, "status"] == "waived"
    assert not (found["message"] == "waivers.unmatched").any()


def test_summary_page_list_and_frame_count_the_same_and_no_site_is_asked_about_a_waived_finding(home, run):
    asked = home.latest / "queries" / "queries.csv"
    before = asked.read_text("utf-8")
    write(home, one(id_of(home)), LATE)
    summary = run_study(home_of(), "mini", Request())
    frame = pd.read_parquet(summary.folder / "findings" / "findings.parquet")
    count = {"error": 1, "warning": 2, "info": 0, "waived": 2}
    assert counts(frame) == summary.findings == home.manifest()["findings"] == count
    told = "1 error, 2 warning, 0 info; 2 waived"
    assert f"  findings:  {told}\n" in summary_text(summary)
    page = (summary.folder / "findings" / "validation.html").read_text("utf-8")
    assert re.findall(r"f-(\w+)\">\w+ \((\d+)\)", page) == [("error", "1"), ("warning", "2"), ("info", "0")]
    assert "3 open, 2 waived" in page
    assert "<h2>Waived (2)</h2>" in page
    assert page.count(f"Jane Doe, until 2099-12-31: {WHY}") == 2
    assert run("findings", "mini").out.splitlines()[0].endswith(": 1 error, 2 warning, 0 info")
    assert run("findings", "mini", "--waived").out.splitlines()[0].endswith("0 info; 2 waived")
    after = (summary.folder / "queries" / "queries.csv").read_text("utf-8")
    assert "before 1920" in before
    assert "before 1920" not in after


def test_the_list_is_narrowed_to_what_is_new_a_subject_a_rule_or_a_status(home, run):
    def listed(*asked: str) -> list[str]:
        return re.findall(r"^    (\w+) +EVENT (\w+)", run("findings", "mini", *asked).out, re.MULTILINE)

    assert len(listed("--new")) == 5
    home.edit("demo/event.csv", "B002,1,", "B002,1,further ")
    run_study(home_of(), "mini", Request())
    assert listed("--new") == [("new", "B002"), ("new", "B002")]
    assert len(listed()) == 7
    assert listed("--rule", "B-DIRT-19") == listed("--rule", "V-raw.EVENT-1") == [("open", "B004")]
    assert {subject for _, subject in listed("--subject", "B001")} == {"B001"}
    assert listed("--status", "closed") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("waiver: []\n", "waivers.yml:1: the file has one key"),
        ("waivers:\n  - Jane\n", "waivers.yml:2: the file has one key"),
        ("waivers:\n  - {findin: a, who: Jane, why: long enough, until: '2026-01-01'}\n",
         "no key 'findin', or not this value; did you mean finding?"),
        ("waivers:\n  - {who: Jane, why: long enough, until: '2026-01-01'}\n", "about one `finding`"),
        ("waivers:\n  - {finding: a, message: b, who: Jane, why: long enough, until: '2026-01-01'}\n",
         "about one `finding`"),
        ("waivers:\n  - {finding: a, subject: b, who: Jane, why: long enough, until: '2026-01-01'}\n",
         "about one `finding`"),
        ("waivers:\n  - {finding: a, who: Jane, why: long enough}\n", "a waiver needs until"),
        ("waivers:\n  - {finding: a, who: Jane, why: long enough, until: 2026-02-29}\n",
         "'2026-02-29' is no day"),
        ("waivers:\n  - {finding: a, who: J, why: long enough, until: 2026-02-28}\n",
         "who needs 2 characters"),
        ("waivers:\n  - {finding: a, who: Jo, why: too short, until: 2026-02-28}\n",
         "why needs 10 characters"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_understood_makes_no_run_and_is_named_by_check(home, run, text, said):
    """Messages waivers.file, waivers.key, waivers.about, waivers.needed, waivers.until, waivers.short."""
    file = home.root / "validation" / "mini" / "waivers.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    with pytest.raises((ClinicalError, SpecErrors)) as told:
        run_study(home_of(), "mini", Request())
    assert said in str(told.value)
    assert said in run("check", "mini").err


def test_waive_writes_a_line_for_people_and_one_for_the_audit_trail(home, run):
    identity = id_of(home)
    file = home.root / "validation" / "mini" / "waivers.yml"
    write(home, f"{LATE}  # agreed at the meeting")
    answer = run("waive", "mini", identity, "--why", WHY, "--until", "2099-12-31", "--who", "Jane Doe")
    assert (answer.code, answer.out) == (
        0, f"mini: {identity} is waived until 2099-12-31, validation/mini/waivers.yml:3\n",
    )  # fmt: skip
    assert "# agreed at the meeting" in file.read_text("utf-8")
    line = home.audit()[-1]
    assert (line["event"], line["who"], line["why"]) == ("waiver", "Jane Doe", WHY)
    assert line["inputs"]["finding"] == identity
    found = night(home)
    assert found.loc[identity, "status"] == "waived"
    assert run("verify", "mini").code == 0


@pytest.mark.parametrize(
    ("identity", "until", "said"),
    [("0" * 12, "2099-12-31", "no open finding"), ("", "next year", "'next year' is no day")],
)
def test_waive_refuses_what_nobody_found_or_no_day_and_leaves_all_as_it_was(home, run, identity, until, said):
    lines = home.audit()
    answer = run("waive", "mini", identity or id_of(home), "--why", WHY, "--until", until, "--who", "Jane")
    assert answer.code == 1
    assert said in answer.err
    assert not (home.root / "validation" / "mini" / "waivers.yml").exists()
    assert home.audit() == lines


def test_what_was_waived_and_is_gone_is_closed_and_comes_back_reopened():
    found = pd.DataFrame([{"message": "V-LB-31", "dataset": "LB"}]).reindex(columns=COLUMNS, fill_value="")
    before = with_status(found, None, "n1").assign(status="waived", waiver="")
    closed = with_status(found.iloc[:0], before, "n2")
    assert closed["status"].tolist() == ["closed"]
    assert with_status(found, closed, "n3")["status"].tolist() == ["reopened"]
    assert with_status(found, before, "n2")["status"].tolist() == ["reopened"]
    assert finding_ids(found).tolist() == closed["id"].tolist()

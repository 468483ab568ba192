"""A word planted in every field of every form is in the outputs and nowhere else (issue 6, item 8).

Nowhere: not in logs, Prefect's database, states, parameters and artifacts, messages, audit trail, manifests
and names of files. The nights: one with findings, one with a dataset stopped by a cut file, a request, and a
study that cannot be read.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinical.files import file_hash
from clinical.study import load_study
from tests.flows.team import Inbox, Team
from tests.homes import LittleHome, deliver_worked, little_home

pytestmark = pytest.mark.prefect
CANARY = "Zqxcanary"
SUBJECT = re.compile(r"\b01-\d{3}\b")
TOLD_APART = ("Subject", "RecordId")
CUT = "RS.csv"


def plant(home: LittleHome, extract: Path) -> set[str]:
    """A word of its own in a cell of every field of every form; the words."""
    forms = load_study(home.root / "mappings" / "rd1302", home.root / "mappings" / "library").forms
    words: set[str] = set()
    for path in sorted({form.source.path for form in forms.values()}):
        file = extract / path
        if file.suffix != ".csv" or not file.is_file():
            continue
        with file.open(encoding="utf-8-sig", newline="") as lines:
            header, *rows = csv.reader(lines)
        fields = [
            field for form in forms.values() if form.source.path == path for field in form.fields.values()
        ]
        known = {column for field in fields for column in field.columns}
        for number, column in enumerate(header):
            if rows and column in known and column not in TOLD_APART:
                word = f"{CANARY}{len(words):04d}"
                rows[number % len(rows)][number] = word
                words.add(word)
        with file.open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows([header, *rows])
    promise(extract)
    return words


def promise(extract: Path) -> None:
    """The manifest of the extract fits its files again."""
    manifest = json.loads((extract / "manifest.json").read_text("utf-8"))
    for file, said in manifest["files"].items():
        said["sha256"] = file_hash(extract / file)
        said.pop("rows", None)
    (extract / "manifest.json").write_text(json.dumps(manifest), "utf-8")


@pytest.fixture(scope="module")
def team(tmp_path_factory) -> Iterator[Team]:
    """A server, a worker and a home after two nights and a request."""
    home = little_home(tmp_path_factory.mktemp("canary") / "home", "rd1302")
    for displays in (home.root / "mappings" / "rd1302" / "tlf", home.root / "validation" / "rd1302" / "tlf"):
        shutil.rmtree(displays)
    (home.root / "mappings" / "broken").mkdir()
    (home.root / "mappings" / "broken" / "study.yml").write_text(f"study: [{CANARY}", "utf-8")
    extract = deliver_worked(home)
    words = plant(home, extract)
    with Inbox() as inbox:
        made = Team(home, CDISCFLOW_WEBHOOK=inbox.address)
        made.words, made.inbox, made.states = words, inbox, []
        asked = {
            "study": "rd1302",
            "datasets": ["ADTTE"],
            "reason": "query 17 answered",
            "requested_by": "Jane Doe",
        }
        with made.running():
            made.states.append(made.ended(made.ask("nightly", {})))
            made.states.append(made.ended(made.ask("rederive", {"request": asked})))
            whole = (extract / "edc_csv" / CUT).read_bytes()
            (extract / "edc_csv" / CUT).write_bytes(whole[: whole.rindex(b",")] + f',"{CANARY}'.encode())
            promise(extract)
            made.states.append(made.ended(made.ask("nightly", {})))
    yield made
    home.remove()


def runs(team: Team) -> list[Path]:
    """The runs of rd1302; their names say nothing about which came first."""
    return sorted((team.home.root / "outputs" / "rd1302" / "runs").iterdir())


def test_the_words_are_in_the_outputs_of_each_night_and_each_night_was_what_it_should_be(team):
    """Without this the test below could not fail."""
    assert [state["name"] for state in team.states] == ["Failed", "Completed", "Failed"]
    assert len(runs(team)) == 3
    assert len(team.words) > 200
    for run in runs(team):
        written = b"".join(path.read_bytes() for path in run.rglob("*.csv"))
        assert sum(word.encode() in written for word in team.words) > 50, run.name
    stops = [
        json.dumps(json.loads((run / "manifest.json").read_text("utf-8"))["stops"]) for run in runs(team)
    ]
    assert [CUT in told for told in stops].count(True) == 1


def test_no_log_database_message_trail_or_manifest_holds_a_word(team):
    places = [path for path in (team.home.root / ".prefect").rglob("*") if path.is_file()]
    places += [team.home.root / "team.log", *team.home.root.glob("outputs/*/audit.jsonl")]
    names = {path.name for path in places}
    assert {"team.log", "server.log", "worker.log", "audit.jsonl", "prefect.db"} <= names
    places += [run / "manifest.json" for run in runs(team)]
    assert [path.name for path in places if CANARY.encode() in path.read_bytes()] == []
    assert CANARY not in json.dumps(team.inbox.got)
    assert len(team.inbox.got) == 3  # broken twice, rd1302 with stops


def test_nothing_in_the_database_of_prefect_names_a_subject(team):
    database = team.home.root / ".prefect" / "prefect.db"
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as opened:
        told = "\n".join(opened.iterdump())
    assert told.count("CREATE TABLE") > 20
    assert CANARY not in told
    assert SUBJECT.findall(told) == []


def test_no_name_of_a_file_holds_a_word(team):
    names = [path.name for path in team.home.root.rglob("*")]
    assert [name for name in names if CANARY.lower() in name.lower()] == []


def test_no_file_of_the_home_or_of_prefect_is_for_everybody(team):
    """The outputs, the locks and what Prefect keeps; the studies' own folders came with the checkout."""
    places = [*(team.home.root / "outputs").glob("*"), *(team.home.root / "outputs").glob("*/**/*")]
    places += (team.home.root / ".prefect").glob("*.*")
    open_ones = [path.name for path in places if not path.is_symlink() and path.stat().st_mode & 0o007]
    assert open_ones == []

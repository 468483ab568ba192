"""`cdiscflow simulate`: a dry run before the first patient, from the command line."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from cdiscflow.cli import app
from cdiscflow.home import home, newest_extract
from cdiscflow.simulating import simulate_study
from clinical.errors import InputError
from edc.simulate.run import Order


def run(*words):
    """The command, and what it says."""
    return CliRunner().invoke(app, ["simulate", *words], catch_exceptions=False)


def test_nights_are_written_where_a_run_looks_for_the_newest_extract(tmp_path, monkeypatch):
    monkeypatch.setenv("CDISCFLOW_DATA", str(tmp_path))
    done = run("rd1302", "--subjects", "3", "--seed", "2", "--nights", "2", "--dirt", "all")
    assert done.exit_code == 0
    assert [line.rsplit("/", 1)[1] for line in done.output.splitlines()] == ["2025-06-29", "2025-06-30"]
    here = home()
    assert newest_extract(here, here.load("rd1302")).name == "2025-06-30"
    beside = sorted(path.name for path in (tmp_path / "rd1302").iterdir() if path.is_file())
    assert beside == [
        "2025-06-29.nights.csv", "2025-06-29.truth.json",
        "2025-06-30.dirt.csv", "2025-06-30.nights.csv", "2025-06-30.truth.json",
    ]  # fmt: skip
    truth = json.loads((tmp_path / "rd1302" / "2025-06-30.truth.json").read_text("utf-8"))
    assert list(truth) == ["01-001", "01-002", "01-003"]
    with (tmp_path / "rd1302" / "2025-06-30.dirt.csv").open(encoding="utf-8") as file:
        assert next(csv.reader(file)) == [
            "kind", "what", "form", "record", "field", "before", "after", "expected", "asked",
        ]  # fmt: skip


def test_with_if_none_a_study_that_has_an_extract_keeps_it_and_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("CDISCFLOW_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    first = run("rd1302", "--subjects", "1", "--forms", "spine", "--if-none")
    assert (first.exit_code, first.output) == (0, f"{tmp_path}/rd1302/2025-06-30\n")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    again = run("rd1302", "--subjects", "2", "--forms", "spine", "--if-none")
    said = "rd1302: nothing is simulated: the study runs on rd1302/2025-06-30\n"
    assert (again.exit_code, again.output) == (0, said)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_with_if_none_a_demo_folder_is_an_extract_to_run_on(tmp_path, monkeypatch):
    monkeypatch.setenv("CDISCFLOW_DATA", str(tmp_path))
    monkeypatch.chdir(home().mappings)
    done = run("cdiscpilot01", "--if-none")
    said = "cdiscpilot01: nothing is simulated: the study runs on cdiscpilot01/demo\n"
    assert (done.exit_code, done.output) == (0, said)
    assert list(tmp_path.iterdir()) == []


def test_both_forms_of_one_extract_go_to_a_folder_of_ones_own(tmp_path):
    done = run("rd1302", "--subjects", "1", "--format", "both", "--forms", "spine", "--to", str(tmp_path))
    assert done.exit_code == 0
    assert (tmp_path / "csv" / "2025-06-30" / "edc_csv" / "IC.csv").is_file()
    assert (tmp_path / "odm" / "2025-06-30" / "odm.xml").is_file()


@pytest.mark.parametrize(
    ("study", "order", "sentence"),
    [
        (
            "rd1302",
            Order(1, form="both"),
            "--format both: both forms of an extract need a folder of their own",
        ),
        ("rd1320", Order(1), "rd1320: no such study; there are cdiscpilot01, rd1302"),
        (
            "cdiscpilot01",
            Order(1),
            "CDISCPILOT01: study.yml has no visits, dose_levels, ld_plan: there is no plan to simulate",
        ),
    ],
)
def test_what_cannot_be_simulated_is_refused(study, order, sentence):
    with pytest.raises(InputError) as refused:
        simulate_study(home(), study, order)
    assert str(refused.value) == sentence


def test_a_simulation_that_is_killed_leaves_no_extract_and_the_next_one_starts_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("CDISCFLOW_DATA", str(tmp_path))
    place = tmp_path / "rd1302"
    start = [sys.executable, "-c", "from cdiscflow.cli import app; app()"]
    process = subprocess.Popen([*start, "simulate", "rd1302", "--subjects", "2000", "--forms", "spine"])
    deadline = time.monotonic() + 60
    while not (place / ".2025-06-30.begun").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    assert process.wait(10) == -signal.SIGKILL
    assert [path.name for path in place.iterdir() if path.is_dir()] == [".2025-06-30.begun"]
    here = home()
    with pytest.raises(InputError):
        newest_extract(here, here.load("rd1302"))
    assert run("rd1302", "--subjects", "1", "--forms", "spine", "--if-none").exit_code == 0
    assert [path.name for path in place.iterdir() if path.is_dir()] == ["2025-06-30"]

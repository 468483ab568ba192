"""`cdiscflow simulate`: a dry run before the first patient, from the command line."""

from __future__ import annotations

import csv
import json

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

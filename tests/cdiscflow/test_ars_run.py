"""The reporting event of a run: every number of every display again, from JSON and transport files alone."""

from __future__ import annotations

import csv
import json
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from cdiscflow import front, tables
from cdiscflow.home import Delivery
from cdiscflow.writing import write_datasets, write_xpts
from clinical.lock import study_lock
from clinical.run import COMPLETE, Run, read_frame
from tests.checks.finished import finished
from tests.tlf.ars_files import PAGE, differences, results_of, schema
from tlf import canvas
from tlf import run as making

INPUTS = {"spec": "s", "terminology": "t", "code": "c", "packages": "p"}


@cache
def blank() -> bytes:
    """A page without a picture, for the merged PDF."""
    file = BytesIO()
    Figure((1, 1)).savefig(file, format="pdf")
    return file.getvalue()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of the demonstration extract that holds datasets and displays."""
    study, folder = finished("rd1302"), tmp_path_factory.mktemp("event")
    with pytest.MonkeyPatch.context() as patch, study_lock(folder, "test"):
        patch.setattr(canvas, "draw", lambda grid, results: {**PAGE, "pdf": blank()})
        patch.setattr(making, "_picture", lambda png: {"pixels": [1, 1], "goal": [1, 1], "hex": ""})
        job = Run.begin(folder, "night-1")
        outputs, delivery = study.derived.outputs, Delivery(folder, "demo", "2025-08-15")
        datasets = write_datasets(job, None, outputs, delivery)
        write_xpts(job, None, outputs, delivery, datasets)
        rules = Path("none")
        tables.write_displays(study.plan, study.derived, job, "2025-08-15", None, INPUTS, rules, datasets)
        return job.finish({}, COMPLETE, "test", "test")


def test_every_number_of_every_display_follows_from_the_files_of_the_run(run):
    """E.0: a numeric check needs no parsing, and no code of ours."""
    event = json.loads((run / "tlf" / "ars.json").read_bytes())
    assert [error.message for error in schema().iter_errors(event)] == []
    frame = read_frame(run, tables.RESULTS)
    listings = frame["display"].str.startswith("L").to_numpy(dtype=bool)
    assert results_of(event) == (~listings).sum() > 1000
    assert differences(event, run / "xpt" / "adam", run / "xpt" / "sdtm") == []


def test_every_display_file_of_the_run_is_in_the_event(run):
    event = json.loads((run / "tlf" / "ars.json").read_bytes())
    named = {file["location"] for output in event["outputs"] for file in output["fileSpecifications"]}
    whole = {tables.EVENT, tables.LIST, tables.RESULTS, tables.SUBJECTS}
    whole |= {front.INDEX, *(f"tlf/{file}" for file in (front.ALL, front.LISTINGS)), "tlf/profiles"}
    own = {path.name for path in (run / "tlf").iterdir()} - {name.split("/")[1] for name in whole}
    assert named == own


def test_the_results_as_csv_are_the_frame(run):
    frame = read_frame(run, tables.RESULTS)
    with (run / "tlf" / "results.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == list(frame.columns)
    assert len(rows) == len(frame)
    assert [float(row["value"] or "nan") for row in rows] == pytest.approx(
        frame["value"].tolist(), abs=0, nan_ok=True
    )
    assert [row["level"] for row in rows] == frame["level"].astype("object").fillna("").tolist()

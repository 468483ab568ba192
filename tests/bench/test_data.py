"""The larger studies that are measured: every subject again under new numbers, and nothing else."""

import csv
import json
from pathlib import Path

from bench import data
from bench.work import datasets


def column(path: Path, name: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [row[name] for row in csv.DictReader(lines)]


def test_two_copies_of_the_pilot_have_twice_its_subjects_and_rows(tmp_path: Path):
    assert data.pilot(tmp_path, 2) == 2 * 15_916
    subjects = column(tmp_path / "dm_raw.csv", "PATNUM")
    assert len(set(subjects)) == len(subjects) == 612
    assert column(tmp_path / "dm_raw.csv", "IT.SEX")[:306] == column(tmp_path / "dm_raw.csv", "IT.SEX")[306:]


def test_the_spine_has_exactly_the_subjects_asked_for_and_a_manifest_that_agrees(tmp_path: Path):
    data.spine(tmp_path, 20)
    subjects = set(column(tmp_path / "edc_csv" / "IC.csv", "Subject"))
    assert subjects == {f"00-{number:03d}" for number in range(20)}
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert manifest["files"]["edc_csv/IC.csv"]["rows"] == len(
        column(tmp_path / "edc_csv" / "IC.csv", "Subject")
    )


def test_one_edit_changes_one_response_of_one_subject(tmp_path: Path):
    data.spine(tmp_path, 20)
    before = column(tmp_path / "edc_csv" / "RS.csv", "RSOVR")
    subject = data.edit_one_record(tmp_path)
    after = column(tmp_path / "edc_csv" / "RS.csv", "RSOVR")
    changed = [row for row, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    assert [column(tmp_path / "edc_csv" / "RS.csv", "Subject")[row] for row in changed] == [subject]


def test_the_pilots_results_are_the_59580_published_and_each_is_a_record_of_adlb(tmp_path: Path):
    """Architecture 8: 306 subjects, 59,580 LB rows; the persons of a copy have other numbers."""
    assert data.laboratory(tmp_path / "two", 2) == 2 * 59_580
    subjects = set(column(tmp_path / "two" / "dm.csv", "USUBJID"))
    assert len(subjects) == 612
    assert set(column(tmp_path / "two" / "lb.csv", "USUBJID")) < subjects
    data.laboratory(tmp_path / "one", 1)
    assert datasets("pilot", str(tmp_path / "one"), "ADSL,ADLB")["rows"] == {"ADSL": 306, "ADLB": 59_580}

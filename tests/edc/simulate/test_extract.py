"""What the simulator writes: the same from one seed, complete, and clean where nothing was planted."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from clinical.errors import InputError
from edc.read import read_extract
from edc.simulate.run import Order, simulate
from tests.edc.simulate.look import NIGHT, filled, tables


def hashes(folder):
    """The hash of each file below a folder."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_one_seed_gives_the_same_bytes_and_another_seed_other_subjects(tmp_path, study, forms):
    order = Order(12, seed=5, nights=2, form="both", dirty=True)
    for place in ("first", "again"):
        simulate(study, forms, order, tmp_path / place)
    simulate(study, forms, Order(12, seed=6, nights=2, form="both", dirty=True), tmp_path / "other")
    first, again, other = (hashes(tmp_path / place) for place in ("first", "again", "other"))
    assert first == again
    assert first.keys() == other.keys()
    path = f"csv/{NIGHT}/edc_csv/DM.csv"
    assert first[path] != other[path]


def test_a_subject_is_the_same_whatever_the_number_of_subjects(tmp_path, study, forms, clean):
    simulate(study, forms, Order(31), tmp_path)
    few, many = tables(clean / "csv" / NIGHT), tables(tmp_path / NIGHT)
    names = {form.source.path.split("/")[1].removesuffix(".csv"): form.subject for form in forms.values()}
    for name, rows in few.items():
        mine = {row[names[name]] for row in rows}
        assert [row for row in many[name] if row[names[name]] in mine] == rows, name


def test_the_spine_tells_the_same_stories_with_fewer_forms(tmp_path, study, forms, clean):
    simulate(study, forms, Order(24, spine=True), tmp_path)
    whole, spine = tables(clean / "csv" / NIGHT), tables(tmp_path / NIGHT)
    assert set(spine) == {
        "IC", "DM", "IE", "INF", "LD", "BM", "RS", "HSCT", "NACT", "DS", "SFU", "DTH", "SVT",
    }  # fmt: skip
    numbers = ("RecordId", "DataPageId", "MinCreated", "MaxUpdated")
    for name, rows in spine.items():
        bare = [{k: v for k, v in row.items() if k not in numbers} for row in rows]
        assert bare == [{k: v for k, v in row.items() if k not in numbers} for row in whole[name]], name
    both = [json.loads((folder / f"{NIGHT}.truth.json").read_text("utf-8")) for folder in (tmp_path, clean)]
    for subject, facts in both[0].items():
        told = {
            name for name, value in facts.items() if value or name not in ("events", "samples", "results")
        }
        assert {name: both[1][subject][name] for name in told} == {name: facts[name] for name in told}


@pytest.fixture(scope="module")
def read(study, forms, clean):
    """The clean extract as the readers have it, by form."""
    return {form: read_extract(clean / form / NIGHT, forms, study) for form in ("csv", "odm")}


def test_nothing_in_a_clean_extract_is_a_finding(forms, read):
    for form, extract in read.items():
        assert extract.findings["text"].tolist() == [], form
        assert extract.refused == {}
        assert set(extract.frames) == set(forms)


def test_the_odm_form_holds_what_the_csv_form_holds(forms, read):
    """B-EQUIV; ODM has no numbers of records and no page status."""
    csv, odm = read["csv"].frames, read["odm"].frames
    for name in forms:
        both = csv[name].columns.intersection(odm[name].columns).drop("environment", errors="ignore")
        assert set(csv[name].columns) - set(both) <= {"RecordId", "DataPageId", "PageStatus", "environment"}
        assert csv[name][both].equals(odm[name][both]), name


def test_every_field_of_every_form_is_filled_somewhere(tmp_path, study, forms):
    simulate(study, forms, Order(200), tmp_path)
    found = {name: filled(rows) for name, rows in tables(tmp_path / NIGHT).items()}
    empty = []
    for form in forms.values():
        columns = found[form.source.path.split("/")[1].removesuffix(".csv")]
        for field in form.fields.values():
            if not field.joined and not any(columns[column] for column in field.columns):
                empty.append((form.name, field.name))
    assert empty == []


def test_each_night_has_its_manifest_and_only_what_was_entered_by_then(tmp_path, study, forms):
    folders = simulate(study, forms, Order(24, nights=3), tmp_path)
    assert [folder.name for folder in folders] == ["2025-06-28", "2025-06-29", "2025-06-30"]
    for folder in folders:
        stated = json.loads((folder / "manifest.json").read_text())
        assert stated["extract"] == folder.name
        assert stated["extracted_at"] == f"{folder.name}T15:30:00Z"
        for rows in tables(folder / "edc_csv").values():
            assert all(row["MaxUpdated"] <= stated["extracted_at"] for row in rows)
            assert all(row["MinCreated"] <= row["MaxUpdated"] for row in rows)


def test_an_earlier_night_is_clean_too(tmp_path, study, forms):
    first = simulate(study, forms, Order(12, nights=3), tmp_path)[0]
    assert read_extract(first, forms, study).findings["text"].tolist() == []


def test_pages_come_late_are_corrected_and_deleted_from_night_to_night(tmp_path, study, forms):
    first, second = (
        tables(folder / "edc_csv") for folder in simulate(study, forms, Order(24, nights=2), tmp_path)
    )
    said = tables(tmp_path)[f"{NIGHT}.nights"]
    assert {line["what"] for line in said} == {"late page", "corrected", "deleted"}
    coordinates = ("Subject", "Folder", "InstanceRepeatNumber", "PageRepeatNumber", "RecordPosition")
    for line in said:
        form, *place = line["record"].split("/")
        before, after = (
            [row for row in night[form] if [row[column] for column in coordinates] == place]
            for night in (first, second)
        )
        if line["what"] == "corrected":
            field = line["field"]
            shown = f"{field}_STD" if f"{field}_STD" in before[0] else field
            assert (before[0][shown], after[0][shown]) == (line["before"], line["after"])
            assert before[0]["MaxUpdated"] < after[0]["MaxUpdated"]
        else:
            assert (len(before), len(after)) == ((0, 1) if line["what"] == "late page" else (1, 0))


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (Order(0), "simulate: nothing to simulate: 0 subjects, 1 nights"),
        (
            Order(97_903),
            "study.yml: subject: the screening numbers of the study (00-000) have no room for subject 97903",
        ),
    ],
)
def test_an_order_that_cannot_be_met_is_refused(tmp_path, study, forms, order, sentence):
    with pytest.raises(InputError) as refused:
        simulate(study, forms, order, tmp_path)
    assert str(refused.value) == sentence


def test_screening_numbers_fill_one_site_and_then_the_next(protocol):
    numbers = [protocol.subject(n) for n in (1, 999, 1000, 97_902)]
    assert numbers == ["01-001", "01-999", "02-001", "98-999"]
    assert [protocol.number(subject) for subject in numbers] == [1, 999, 1000, 97_902]


def test_what_is_there_is_not_overwritten(tmp_path, study, forms):
    simulate(study, forms, Order(1), tmp_path)
    with pytest.raises(InputError, match="there is something already"):
        simulate(study, forms, Order(1), tmp_path)


def test_a_study_without_dose_levels_and_visits_has_no_plan_to_simulate(tmp_path, forms):
    with pytest.raises(InputError) as refused:
        simulate({"study": "TOY"}, forms, Order(1), tmp_path)
    assert str(refused.value) == (
        "TOY: study.yml has no visits, dose_levels, ld_plan: there is no plan to simulate"
    )

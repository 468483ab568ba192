"""The raw extracts of rd1302: readable, complete, and telling exactly what the fixtures start from (D.12)."""

from __future__ import annotations

import csv
import json
from hashlib import sha256

import pytest

from clinical.forms import read_forms
from clinical.read import read_yaml
from tests.studies.rd1302 import CASES, EXTRACTS, ROOT, STUDY, WORKED, fixtures, pages, places

SYSTEM = [
    "project", "environment", "Subject", "SiteNumber", "Folder", "FolderName", "FolderSeq",
    "InstanceRepeatNumber", "PageRepeatNumber", "RecordPosition", "RecordId", "DataPageId", "RecordActive",
    "PageStatus", "MinCreated", "MaxUpdated",
]  # fmt: skip
RESPONSE = {"1": "CR", "2": "CRi", "3": "PR", "4": "NR", "5": "NR", "6": "PD", "7": "RD", "8": "NE"}
MRD = {"1": "NEG", "2": "POS", "3": "NE"}
CAUSE = {
    "1": "DISEASE", "2": "ADVERSE EVENT RELATED", "3": "ADVERSE EVENT NOT RELATED", "4": "HSCT RELATED",
    "5": "OTHER", "6": "UNKNOWN", "": "UNKNOWN",
}  # fmt: skip
INFUSED = [name for name in places() if name != "07"]
EXTRACT_IDS = [path.name for path in EXTRACTS]


def date_of(page: dict[str, str], field: str) -> str:
    """The date as collected, right-truncated where it is partial."""
    parts = [page[f"{field}_{part}"] for part in ("YYYY", "MM", "DD")]
    return page[field] or "-".join(part for part in parts if part)


@pytest.mark.parametrize("extract", EXTRACTS, ids=EXTRACT_IDS)
def test_the_manifest_names_every_file_with_its_rows_and_hash(extract):
    files = json.loads((extract / "manifest.json").read_text("utf-8"))["files"]
    found = sorted(path for path in extract.rglob("*.csv"))
    assert sorted(files) == [path.relative_to(extract).as_posix() for path in found]
    for name, stated in files.items():
        assert stated["sha256"] == sha256((extract / name).read_bytes()).hexdigest(), name
        with (extract / name).open(encoding="utf-8", newline="") as lines:
            assert stated["rows"] == sum(1 for _ in csv.DictReader(lines)), name


@pytest.mark.parametrize("extract", EXTRACTS, ids=EXTRACT_IDS)
def test_every_form_is_delivered_with_system_columns_and_all_its_fields(extract):
    forms = read_forms(STUDY / "raw", ROOT)
    assert {"IC", "DM", "IE", "INF", "LD", "BM", "RS", "HSCT", "NACT", "DS", "SFU", "DTH", "SVT"} <= set(
        forms
    )
    for name, form in forms.items():
        with (extract / form.source.path).open(encoding="utf-8", newline="") as lines:
            header = next(csv.reader(lines))
        assert header[:16] == SYSTEM or form.source.path.startswith("external/"), name
        assert len(set(header)) == len(header), name
        dated = ("_RAW", "_YYYY", "_MM", "_DD", "_STD") if form.source.path.startswith("external/") else ()
        wanted = {column for field in form.fields.values() for column in field.columns}
        wanted = {column for column in wanted if not column.endswith(dated)}
        assert wanted <= set(header), name


@pytest.mark.parametrize("extract", EXTRACTS, ids=EXTRACT_IDS)
def test_record_ids_and_coordinates_are_unique(extract):
    for path in sorted((extract / "edc_csv").glob("*.csv")):
        rows = pages(extract, path.stem)
        keys = [tuple(row[name] for name in (SYSTEM[2], SYSTEM[4], *SYSTEM[7:10])) for row in rows]
        assert len(set(keys)) == len(keys), path.stem
        assert len({row["RecordId"] for row in rows}) == len(rows), path.stem


def test_every_fixture_has_its_subject_in_one_extract_of_its_cut():
    assert set(places()) == set(fixtures())
    subjects = [subject for subject, _ in places().values()]
    assert len(set(subjects)) == len(subjects) == 43
    for name, (subject, extract) in places().items():
        assert extract == WORKED or extract == CASES / fixtures()[name]["dcutdt"], name
        holders = [each for each in EXTRACTS if pages(each, "DM", subject)]
        assert holders == [extract], name


@pytest.mark.parametrize("name", INFUSED)
def test_the_response_pages_give_the_assessments_of_the_fixture(name):
    subject, extract = places()[name]
    told = [
        [date_of(page, "RSDAT"), RESPONSE[page["RSOVR_STD"]]]
        for page in pages(extract, "RS", subject)
        if not page["RSND"]
    ]
    expected = fixtures()[name]["input"]["OVR"]
    if name in ("08", "08b"):  # the relapse is dated UN DEC 2024; the day comes from SV or imputation
        expected = [*expected[:-1], ["2024-12", "RD"]]
    assert sorted(told) == sorted(expected)


@pytest.mark.parametrize("name", INFUSED)
def test_the_marrow_pages_give_the_mrd_samples_of_the_fixture(name):
    subject, extract = places()[name]
    told = []
    for page in pages(extract, "BM", subject):
        if page["MRDDONE_STD"] == "Y" and page["Folder"] != "SCR":
            percent = page["MRDPCT"].replace(" ", "")
            amount = 0 if percent == "<0.01" else float(percent) if percent else None
            told.append((date_of(page, "MRDDAT") or date_of(page, "BMDAT"), MRD[page["MRDRES_STD"]], amount))
    expected = [tuple(sample) for sample in fixtures()[name]["input"]["MRD"]]
    assert sorted(told, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize("name", INFUSED)
def test_the_pages_give_infusion_transplant_therapy_death_and_end_of_the_fixture(name):
    subject, extract = places()[name]
    told = fixtures()[name]["input"]
    infusions = [page for page in pages(extract, "INF", subject) if page["INFYN_STD"] == "Y"]
    assert [page["INFDAT"] for page in infusions] == [told["TRTSDT"]]
    transplants = [page["HSDAT"] for page in pages(extract, "HSCT", subject)]
    assert transplants == [told["HSCTDT"]] * bool(told["HSCTDT"])
    counted = [row for row in pages(extract, "NACT", subject) if row["NATYPE_STD"] not in ("8", "9", "10")]
    assert [page["NASTDAT"] for page in counted] == [told["NACTDT"]] * bool(told["NACTDT"])
    deaths = [
        (date_of(page, "DTHDAT"), CAUSE[page["DTHCAUS_STD"]]) for page in pages(extract, "DTH", subject)
    ]
    day = "2025-01" if name in ("08", "08b") else told["DTHDT"]
    assert deaths == [(day, told["DTHCAT"])] * bool(told["DTHDT"])
    reasons = {"2": "LTFU", "3": "WD"}
    lost = [
        (reasons[page["DSREAS_STD"]], page["DSDAT"])
        for page in pages(extract, "DS", subject)
        if page["DSTYPE_STD"] == "EOS" and page["DSREAS_STD"] in reasons
    ]
    assert lost == [(told["EOS"], told["EOSDT"])] * bool(told["EOS"])


@pytest.mark.parametrize("name", INFUSED)
def test_disease_in_the_screening_marrow_is_that_of_the_fixture(name):
    """At least 5 % blasts, before lymphodepletion, and after consent."""
    subject, extract = places()[name]
    page = next(page for page in pages(extract, "BM", subject) if page["Folder"] == "SCR")
    assert (float(page["BMBLAST"]) >= 5) is fixtures()[name]["input"]["DISEASE_AT_BASELINE"]
    assert fixtures()[name]["input"]["DISEASE_AT_BASELINE"] is fixtures()[name]["input"]["MARROW_AT_BASELINE"]
    consent = min(page["ICDAT"] for page in pages(extract, "IC", subject))
    assert consent < page["BMDAT"] < min(line["LDDAT"] for line in pages(extract, "LD", subject))


@pytest.mark.parametrize("name", INFUSED)
def test_the_last_contact_with_the_living_is_that_of_the_fixture(name):
    """D.1 LSTALVDT: visits, samples, treatment, contacts ALIVE, dispositions but for death and loss."""
    subject, extract = places()[name]
    told = fixtures()[name]["input"]
    cut = fixtures()[name]["dcutdt"]
    fields = [
        ("SVT", "SVDAT"),
        ("BM", "BMDAT"),
        ("BM", "MRDDAT"),
        ("RS", "RSDAT"),
        ("INF", "INFDAT"),
        ("LD", "LDDAT"),
    ]
    fields += [
        ("HSCT", "HSDAT"),
        ("HSCT", "HSENGDAT"),
        ("NACT", "NASTDAT"),
        ("IC", "ICDAT"),
        ("IE", "ENRDAT"),
    ]
    days = [page[field] for form, field in fields for page in pages(extract, form, subject)]
    days += [page["SFDAT"] for page in pages(extract, "SFU", subject) if page["SFSTAT_STD"] == "1"]
    days += [page["DSDAT"] for page in pages(extract, "DS", subject) if page["DSREAS_STD"] not in ("1", "2")]
    last = max(day for day in days if day and day <= cut)
    dead = told["DTHDT"] and told["DTHDT"] <= cut
    assert last <= told["DTHDT"] if dead else last == told["LAST_ALIVE_OR_DEATH"]
    if name in ("08", "08b"):
        assert last == "2025-01-14"


def test_the_subject_who_was_never_infused_has_the_dates_of_the_fixture():
    told = fixtures()["07"]["input"]
    assert [page["ICDAT"] for page in pages(WORKED, "IC", "01-007")] == [told["consent"]]
    assert [page["ENRDAT"] for page in pages(WORKED, "IE", "01-007")] == [told["enrolled"]]
    days = sorted(page["LDDAT"] for page in pages(WORKED, "LD", "01-007"))
    assert [days[0], days[-1]] == told["LD"]
    assert [page["INFYN_STD"] for page in pages(WORKED, "INF", "01-007")] == ["N"]
    assert [page["DTHDAT"] for page in pages(WORKED, "DTH", "01-007")] == [told["DTHDT"]]


def test_dose_levels_have_the_labels_of_the_arms():
    levels = read_yaml(STUDY / "study.yml")["dose_levels"]
    with (STUDY / "ct" / "arm.csv").open(encoding="utf-8", newline="") as lines:
        arms = {row["collected"]: row["submission"] for row in csv.DictReader(lines)}
    assert {str(level["code"]): str(level["label"]) for level in levels} == arms


def test_visit_days_are_protocol_days_without_a_day_zero():
    """A-DAY: VISITDY is the protocol day, plus one from day 0 on."""
    for visit in read_yaml(STUDY / "study.yml")["visits"]:
        if "day" in visit:
            day = int(visit["day"])
            assert int(visit["VISITDY"]) == day + (day >= 0), str(visit["VISIT"])

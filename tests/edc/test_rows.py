"""Whose record it is, which records count, and where every row went."""

from __future__ import annotations

import pytest

from clinical.errors import SpecError
from tests.edc.deliver import (
    STUDY,
    SYSTEM,
    assert_accounted,
    assert_others_read,
    deliver,
    records,
    rows,
    texts,
)

AE = "form: AE\nread: {csv: edc_csv/AE.csv}\nfields: {AETERM: {type: text, label: Term}}\n"
HEADER = f"{SYSTEM},AETERM\n"
RESCREENED = STUDY.replace(
    '"TOY-{subject}"',
    '"TOY-{subject}", rescreened: {01-031: 01-007, 01-044: 01-031}, shown: {form: IE, where: {ELIG_STD: 1}}',
)
IE = "form: IE\nread: {csv: edc_csv/IE.csv}\nfields: {ELIG: {type: code, codes: {1: Enrolled, 2: Failure}}}\n"
DM = "form: DM\nread: {csv: edc_csv/DM.csv}\nper: subject\nfields: {AGE: {type: number, label: Age}}\n"


def ae(place, *lines: str, study: str = STUDY):
    return deliver(place, {"AE": AE}, {"edc_csv/AE.csv": HEADER + "".join(lines)}, study)


def account(extract, form: str) -> list[list]:
    whole = extract.account
    return whole[whole["form"] == form][["rule", "reason", "rows"]].to_numpy().tolist()


def test_rows_of_other_environments_inactive_rows_and_test_subjects_are_dropped_and_counted(tmp_path):
    """B-DIRT-7, B-DIRT-8; a row that is several of these is counted once."""
    extract = ae(
        tmp_path,
        rows("01-001: a"),
        rows("01-001: b", "99-999: c", "99-999: d").replace("PROD", "UAT", 1),
        "TOY,DEV,99-999,SCR,0,0,5,1,0,,e\n",
        "TOY,PROD,01-002,SCR,0,0,6,1,0,,f\n",
        "TOY,PROD,01-002,SCR,0,0,7,1,1,,g\n",
    )
    assert extract.frames["AE"]["AETERM"].tolist() == ["a", "g"]
    assert account(extract, "AE") == [
        ["", "read", 7],
        ["B-DIRT-8", "other environment", 2],
        ["B-DIRT-7", "inactive", 1],
        ["B-DIRT-8", "test subject", 2],
        ["", "kept", 2],
    ]
    assert_others_read(extract)


def test_a_study_without_environment_keeps_all_of_them(tmp_path):
    study = STUDY.replace("environment: PROD\n", "")
    extract = ae(tmp_path, rows("01-001: a").replace("PROD", "UAT"), study=study)
    assert extract.frames["AE"]["environment"].tolist() == ["UAT"]


def test_lost_zeros_of_a_subject_number_are_put_back(tmp_path):
    """B-DIRT-30."""
    extract = ae(tmp_path, rows("1-1: a", "01-1: b", "０１-００２: c", "01-003: d", "1-1: e"))
    frame = extract.frames["AE"]
    assert frame["Subject"].tolist() == ["01-001", "01-001", "01-001", "01-002", "01-003"]
    assert frame["USUBJID"].tolist()[0] == "TOY-01-001"
    assert frame["record"].tolist()[0] == "AE/01-001/SCR/0/0/0"
    found = extract.findings[extract.findings["message"] == "raw.subject-repaired"]
    assert found["value"].tolist() == ["1-1", "01-1", "０１-００２"]
    assert found["severity"].unique().tolist() == ["info"]
    assert found["text"].unique().tolist() == ["the leading zeros of this subject number were put back"]


@pytest.mark.parametrize("number", ["01-1001", "01-Jan", "01001", "A1-001", "01-001-2"])
def test_a_subject_number_of_another_shape_stays_and_is_reported_once(tmp_path, number):
    extract = ae(tmp_path, rows(f"{number}: a", f"{number}: b", "01-001: c"))
    assert sorted(extract.frames["AE"]["Subject"]) == sorted([number, number, "01-001"])
    assert texts(extract, "raw.subject-shape") == [
        "this subject number has not the shape of the study's numbers"
    ]


def test_a_record_without_subject_is_set_aside_with_a_finding(tmp_path):
    extract = ae(tmp_path, rows("01-001: a", ": b"))
    assert extract.frames["AE"]["AETERM"].tolist() == ["a"]
    assert texts(extract, "raw.no-subject") == ["the record has no subject and was set aside"]
    assert records(extract, "raw.no-subject") == ["AE//SCR/0/0/1"]
    assert ["C-ID", "no subject", 1] in account(extract, "AE")
    assert_others_read(extract)


def test_a_study_without_shape_takes_numbers_as_they_are(tmp_path):
    study = "study: TOY\nmanifest: none\n"
    extract = ae(tmp_path, rows("1-1: a"), study=study)
    assert extract.frames["AE"]["USUBJID"].tolist() == ["TOY-1-1"]
    assert extract.findings.empty


def rescreened(place, ie: str, dm: str, study: str = RESCREENED):
    files = {
        "edc_csv/AE.csv": HEADER + rows("01-007: a", "01-031: b", "01-044: c", "01-002: d"),
        "edc_csv/IE.csv": f"{SYSTEM},ELIG,ELIG_STD\n" + ie,
        "edc_csv/DM.csv": f"{SYSTEM},AGE\n" + dm,
    }
    return deliver(place, {"AE": AE, "IE": IE, "DM": DM}, files, study)


def test_a_rescreened_person_has_one_usubjid_and_the_enrolled_screening_is_shown(tmp_path):
    """C-ID: the first screening number names the person, the enrolled participation is shown."""
    extract = rescreened(
        tmp_path,
        rows("01-007: Failure,2", "01-031: Enrolled,1", "01-044: Failure,2"),
        rows("01-007: 30", "01-031: 31", "01-044: 32", "01-002: 50"),
    )
    frame = extract.frames["AE"].set_index("AETERM")
    assert frame["USUBJID"].to_dict() == {
        "a": "TOY-01-007", "b": "TOY-01-007", "c": "TOY-01-007", "d": "TOY-01-002",
    }  # fmt: skip
    assert frame["participation"].to_dict() == {"a": "0", "b": "1", "c": "0", "d": "1"}
    assert frame["Subject"].to_dict() == {"a": "01-007", "b": "01-031", "c": "01-044", "d": "01-002"}


def test_a_form_that_promises_one_record_a_person_keeps_the_page_of_the_shown_screening(tmp_path):
    extract = rescreened(
        tmp_path,
        rows("01-007: Enrolled,1", "01-044: Failure,2"),
        rows("01-007: 30", "01-031: 31", "01-044: 32", "01-002: 50"),
    )
    assert extract.frames["DM"]["AGE"].tolist() == ["50", "30"]
    assert ["C-ID", "page of another screening", 2] in account(extract, "DM")
    assert extract.findings.empty
    assert_others_read(extract)


def test_without_enrolment_the_last_screening_is_shown(tmp_path):
    extract = rescreened(tmp_path, rows("01-007: Failure,2"), rows("01-044: 32", "01-007: 30"))
    assert extract.frames["AE"].set_index("AETERM")["participation"].to_dict() == {
        "a": "0", "b": "0", "c": "1", "d": "1",
    }  # fmt: skip
    assert extract.frames["DM"]["AGE"].tolist() == ["32"]


def test_where_the_shown_screening_has_no_page_the_last_other_one_is_kept(tmp_path):
    extract = rescreened(tmp_path, rows("01-044: Enrolled,1"), rows("01-007: 30", "01-031: 31"))
    assert extract.frames["DM"][["AGE", "participation"]].to_numpy().tolist() == [["31", "0"]]
    assert ["C-ID", "page of another screening", 1] in account(extract, "DM")
    assert extract.findings.empty


def test_a_second_page_of_a_person_is_an_error_and_the_last_by_record_id_stays(tmp_path):
    dm = rows("01-001: 30", "01-001: 40", "01-002: 50")
    extract = deliver(tmp_path, {"DM": DM}, {"edc_csv/DM.csv": f"{SYSTEM},AGE\n" + dm})
    assert extract.frames["DM"]["AGE"].tolist() == ["40", "50"]
    found = extract.findings
    assert found["record"].tolist() == ["DM/01-001/SCR/0/0/0", "DM/01-001/SCR/0/0/1"]
    assert found["severity"].tolist() == ["error", "error"]
    assert found["text"].unique().tolist() == [
        "the person has several records of a form that promises one; the last by record id is kept"
    ]
    assert_others_read(extract)


def test_rescreened_numbers_that_go_in_a_circle_are_refused(tmp_path):
    study = STUDY.replace('"TOY-{subject}"', '"TOY-{subject}", rescreened: {01-002: 01-003, 01-003: 01-002}')
    with pytest.raises(SpecError) as caught:
        ae(tmp_path, rows("01-001: a"), study=study)
    assert str(caught.value) == (
        "mappings/toy/study.yml:6: the rescreened numbers lead from 01-002 back to itself"
    )


def test_a_required_field_that_is_empty_is_a_finding_where_the_condition_holds(tmp_path):
    form = AE.replace("{type: text, label: Term}", "{type: text, required: {AEYN: Y}}, AEYN: {type: text}")
    content = f"{SYSTEM},AETERM,AEYN\n" + rows("01-001: ,N", "01-002: ,Y", "01-003: x,Y", "01-004: ,")
    extract = deliver(tmp_path, {"AE": form}, {"edc_csv/AE.csv": content})
    assert records(extract, "raw.required-empty") == ["AE/01-002/SCR/0/0/1"]
    assert texts(extract, "raw.required-empty") == ["AETERM must be filled and is empty"]
    assert len(extract.frames["AE"]) == 4


def test_findings_carry_what_a_site_needs_to_find_the_record(tmp_path):
    form = AE.replace("label: Term", "required: true")
    extract = deliver(tmp_path, {"AE": form}, {"edc_csv/AE.csv": HEADER + rows("01-001: a", "01-002: ")})
    found = extract.findings.iloc[0]
    shown = ["dataset", "form", "subject", "folder", "instance", "page", "line", "field", "record"]
    assert found[shown].tolist() == [
        "raw.AE", "AE", "01-002", "SCR", "0", "0", "1", "AETERM", "AE/01-002/SCR/0/0/1",
    ]  # fmt: skip


def test_every_row_of_every_form_is_accounted_for(tmp_path):
    lines = rows("01-001: a", "99-999: b", ": c", "01-001: d", "xx: e") + rows("01-001: a")
    assert_accounted(ae(tmp_path, lines, "," * 10 + "\n", lines.replace("PROD", "UAT")))

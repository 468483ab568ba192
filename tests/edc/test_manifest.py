"""An extract is what its manifest says, or it is not used."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from clinical.errors import InputError
from tests.edc.deliver import STUDY, VS_CSV, assert_others_read, deliver, texts

REQUIRED = STUDY.replace("manifest: none", "manifest: required")
GOOD = {"rows": 2, "sha256": sha256(VS_CSV.encode()).hexdigest()}


def manifest(files: dict[str, dict] | None = None) -> str:
    """The manifest of the good form, and what is given beside it."""
    listed = {"edc_csv/VS.csv": GOOD, **(files or {})}
    return json.dumps({"extract": "2025-06-30", "extracted_at": "2025-06-30T01:00:00Z", "files": listed})


def refusal(place, files: dict[str, str], study: str = REQUIRED) -> str:
    with pytest.raises(InputError) as caught:
        deliver(place, {}, files, study)
    return str(caught.value)


def test_an_extract_that_agrees_with_its_manifest_is_read_and_its_hashes_are_given(tmp_path):
    extract = deliver(tmp_path, {}, {"manifest.json": manifest()}, REQUIRED)
    assert_others_read(extract)
    assert extract.findings.empty
    assert extract.manifest["extract"] == "2025-06-30"
    assert extract.files.to_dict("records") == [
        {
            "path": "edc_csv/VS.csv",
            "rows": 2,
            "sha256": GOOD["sha256"],
            "bytes": len(VS_CSV),
            "encoding": "utf-8",
            "forms": "VS",
        }
    ]


def test_a_missing_manifest_stops_the_study(tmp_path):
    assert refusal(tmp_path, {}) == "manifest.json: the extract has no manifest"


def test_a_study_may_say_that_its_source_has_none(tmp_path):
    extract = deliver(tmp_path, {}, {"manifest.json": "{"}, STUDY)
    assert_others_read(extract)


@pytest.mark.parametrize("text", ["{", "[]", '{"files": []}', '{"files": {"a": 1}}', "{}"])
def test_a_manifest_that_is_none_stops_the_study(tmp_path, text):
    assert refusal(tmp_path, {"manifest.json": text}) == (
        "manifest.json: the manifest is not JSON with extract, extracted_at and files"
    )


def test_files_that_are_missing_changed_or_unlisted_are_all_named(tmp_path):
    files = {
        "manifest.json": manifest({"edc_csv/AE.csv": GOOD, "edc_csv/DM.csv": {**GOOD, "sha256": "0" * 64}}),
        "edc_csv/DM.csv": "A\n1\n",
    }
    assert refusal(tmp_path, files) == (
        "manifest.json: the files are not those of the manifest: "
        "edc_csv/AE.csv is missing; edc_csv/DM.csv has another sha256"
    )


def test_a_file_that_a_form_reads_and_the_manifest_does_not_list_stops_the_study(tmp_path):
    unlisted = json.dumps({"extract": "x", "extracted_at": "y", "files": {}})
    assert refusal(tmp_path, {"manifest.json": unlisted}) == (
        "manifest.json: the files are not those of the manifest: edc_csv/VS.csv is not in the manifest"
    )


def test_another_number_of_rows_stops_the_study(tmp_path):
    given = manifest({"edc_csv/VS.csv": {**GOOD, "rows": 3}})
    assert refusal(tmp_path, {"manifest.json": given}) == (
        "manifest.json: the files are not those of the manifest: edc_csv/VS.csv has 2 rows and not 3"
    )


def test_of_many_files_five_are_named_and_a_path_that_leaves_the_folder_is_not_opened(tmp_path):
    names = {f"../f{number}.csv": GOOD for number in range(7)}
    given = manifest(names)
    expected = "; ".join(f"../f{number}.csv is outside the folder" for number in range(5))
    assert refusal(tmp_path, {"manifest.json": given}) == (
        f"manifest.json: the files are not those of the manifest: {expected}; and 2 more"
    )


def test_a_listed_file_that_no_form_reads_is_a_warning(tmp_path):
    other = {"rows": 1, "sha256": sha256(b"A\n1\n").hexdigest()}
    files = {"manifest.json": manifest({"edc_csv/NEW.csv": other}), "edc_csv/NEW.csv": "A\n1\n"}
    extract = deliver(tmp_path, {}, files, REQUIRED)
    assert texts(extract, "raw.file-unread") == ["edc_csv/NEW.csv was delivered and no raw form reads it"]
    assert_others_read(extract)


def test_a_file_that_the_manifest_covers_needs_no_last_line_end(tmp_path):
    content = VS_CSV.rstrip("\n")
    facts = {"rows": 2, "sha256": sha256(content.encode()).hexdigest()}
    files = {"edc_csv/VS.csv": content, "manifest.json": manifest({"edc_csv/VS.csv": facts})}
    extract = deliver(tmp_path, {}, files, REQUIRED)
    assert extract.findings.empty


def test_a_file_that_cannot_be_opened_is_refused_and_the_others_are_read(tmp_path, monkeypatch):
    from edc import delivery

    scan = delivery.scan_file

    def no_right(path):
        if path.name == "AE.csv":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(delivery, "scan_file", no_right)
    ae = "form: AE\nread: {csv: edc_csv/AE.csv}\nfields: {A: {type: text}}\n"
    extract = deliver(tmp_path, {"AE": ae}, {"edc_csv/AE.csv": "A\n"})
    assert str(extract.refused["AE"]) == "edc_csv/AE.csv: the file cannot be opened: Permission denied"
    assert_others_read(extract)

"""What the files of laboratories may say of their records: status, quality control, date [B.3]."""

from __future__ import annotations

import pandas as pd
import pytest

from clinical.frames import Frame
from tests.edc.deliver import deliver
from tests.studies.rd1302 import STUDY

LAB = (
    "STUDY,SITE,SUBJID,VISITNAME,COLLDATE,ACCESSION,TESTCODE,TESTNAME,RESULT,UNITS,REFLOW,REFHIGH,FLAG,"
    "SPECIMEN,FASTING,STATUS,REPORTDT"
)
QPCR = (
    "STUDYNO,SUBJECT,BARCODE,COLLDTC,MATRIX,ASSAY,RESULT,UNIT,LLOQ,ULOQ,DNA_NG,RUNID,ANALDT,REPEAT,QC,COMMENT"
)


def read(place, form: str, header: str, **values: str) -> tuple[Frame, list[tuple[str, str]]]:
    """The one record of a file with these values, and the findings about it."""
    spec = (STUDY / "raw" / f"{form}.yml").read_text("utf-8")
    line = ",".join(values.get(name, "") for name in header.split(","))
    extract = deliver(place, {form: spec}, {f"external/{form}.csv": f"{header}\n{line}\n"}, with_vs=False)
    found = extract.findings
    return extract.frames[form], list(zip(found["message"], found["field"], strict=True))


@pytest.mark.parametrize(
    ("status", "value", "asked"),
    [
        ("F", "F", []),
        ("x", "X", []),
        (" c ", "C", []),
        ("Z", "Z", [("raw.text-unknown", "STATUS")]),
        ("", None, [("raw.required-empty", "STATUS")]),
    ],
)
def test_a_status_is_one_of_four_letters_in_any_case(tmp_path, status, value, asked):
    frame, found = read(
        tmp_path, "central_lab", LAB,
        SUBJID="01-001", COLLDATE="2024-05-10T08:00", ACCESSION="A1", TESTCODE="ALT", STATUS=status,
    )  # fmt: skip
    assert [None if pd.isna(each) else each for each in frame["STATUS"]] == [value]
    assert found == asked


@pytest.mark.parametrize(("status", "asked"), [("F", [("raw.required-empty", "COLLDATE")]), ("X", [])])
def test_a_result_has_the_date_of_its_sample_and_a_cancelled_test_needs_none(tmp_path, status, asked):
    _, found = read(
        tmp_path, "central_lab", LAB, SUBJID="01-001", ACCESSION="A1", TESTCODE="ALT", STATUS=status
    )
    assert found == asked


@pytest.mark.parametrize(
    ("control", "value", "asked"),
    [
        ("PASS", "PASS", []),
        ("fail", "FAIL", []),
        ("OK", "OK", [("raw.text-unknown", "QC")]),
        ("", None, [("raw.required-empty", "QC")]),
    ],
)
def test_quality_control_is_passed_or_failed(tmp_path, control, value, asked):
    frame, found = read(
        tmp_path, "ck_qpcr", QPCR, SUBJECT="01-001", BARCODE="B1", COLLDTC="2024-05-10T08:00:00Z", QC=control
    )
    assert [None if pd.isna(each) else each for each in frame["QC"]] == [value]
    assert found == asked

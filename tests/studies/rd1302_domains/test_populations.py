"""EFFFL and BLEMDFL: where disease is before lymphodepletion, from the pages to ADSL [D.2, D-BASE]."""

from __future__ import annotations

import pytest

from tests.studies.rd1302_domains.domain import AROUND, domain

MARROW = """
    Subject | Folder | BMDAT      | BMBLAST
    01-001  | SCR    | 2024-03-02 | {blasts}
    """
BLOOD = """
    Subject | COLLDATE        | ACCESSION | TESTCODE | RESULT   | UNITS | SPECIMEN | STATUS | REPORTDT
    01-001  | {day}T08:00 | A1        | BLAST%   | {blasts} | %     | Whole blood    | F      | 2024-03-20
    """
LESION = """
    Subject | Folder | RecordPosition | LESID | LESTYPE_STD | LESLOC  | LESMETH_STD | LESDAT | LESSTATE_STD
    01-001  | {folder}    | 1              | T01   | {type}           | Spleen | CT          | {day} | PRESENT
    """
HISTORY = """
    Subject | Folder | DHTYPE_STD | DHEMD_STD
    01-001  | SCR    | TALL       | {disease}
    """
NOT_INFUSED = AROUND["INF"].replace("| Y  ", "| N  ")


@pytest.mark.parametrize(
    ("pages", "efficacy", "extramedullary"),
    [
        ({"BM": MARROW.format(blasts="5")}, "Y", "N"),
        ({"BM": MARROW.format(blasts="4.9")}, "N", "N"),
        ({}, "N", "N"),
        ({"central_lab": BLOOD.format(day="2024-03-08", blasts="2")}, "Y", "N"),
        ({"central_lab": BLOOD.format(day="2024-03-08", blasts="0")}, "N", "N"),
        ({"central_lab": BLOOD.format(day="2024-03-20", blasts="2")}, "N", "N"),
        ({"LES": LESION.format(folder="SCR", type="T", day="2024-03-02")}, "Y", "Y"),
        ({"LES": LESION.format(folder="D28", type="NEW", day="2024-04-12")}, "N", "N"),
        ({"DH": HISTORY.format(disease="Y")}, "Y", "Y"),
        ({"DH": HISTORY.format(disease="N")}, "N", "N"),
        ({"DH": HISTORY.format(disease="Y"), "INF": NOT_INFUSED}, "N", "Y"),
    ],
    ids=[
        "five percent of the marrow", "less than five", "nothing collected", "blasts in the blood",
        "no blasts in the blood", "blasts in the blood after the first dose", "a lesion and a clear marrow",
        "a lesion that is new after the infusion", "extramedullary disease in the history", "none in the history",
        "never infused",
    ],
)  # fmt: skip
def test_disease_at_baseline_is_in_the_marrow_the_blood_or_elsewhere(pages, efficacy, extramedullary):
    """D.2: infused, and 5 % of blasts or more, or blasts in the blood, or a lesion, before the first dose."""
    person = domain("ADSL", more=("ADRS", "ADTTE"), **pages).frame.set_index("SUBJID").loc["01-001"]
    assert (person["EFFFL"], person["BLEMDFL"]) == (efficacy, extramedullary)

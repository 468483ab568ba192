"""What a site is shown of a finding: fields of its page and what they hold, not what a check worked out."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from cdiscflow.collected import with_collected
from checks.rules import Rules, read_rules
from clinical.findings import COLUMNS
from clinical.raw_frames import RawFrames
from tests.rules.studies import ROOT, plan_of
from tests.tables import table

PAGES = {
    "BM": """
        record        | BMDAT      | MRDRES   | MRDRES_STD | MRDPCT
        BM/1/M4/0/0/0 | 2024-05-01 | Positive | 2          | <0.01
        """,
    "MH": """
        record            | MHSTDAT    | MHENDAT
        MH/1/LOG/0/0/1    | 2017-04-07 | 2017-03-29
        """,
    "RS": """
        record            | RSDAT      | RSOVR   | RSOVR_STD | RSMRD    | RSMRD_STD
        RS/1/W8/0/0/0     | 2024-05-01 | Relapse | 7         | Negative | 1
        RS/1/W12/0/0/0    | 2024-06-01 |         | 1         |          |
        """,
    "INF": """
        record            | INFYN_STD | INFDOSE | INFDOSEU | INFDOSEU_STD | INFWT | INFPLAN
        INF/1/D0/0/0/0    | Y         | 709.9   | 10^6     | 10^6 cells   | 58.2  | 20
        INF/1/D1/0/0/0    | Y         | 709.9   | cells    | cells        | 0     | 20
        """,
    "VS": """
        record            | VSND | TEMP | TEMP_UNIT | WEIGHT | WEIGHT_UNIT
        VS/1/D0/0/0/0     |      | 36.7 | C         | 9.6    | stone
        """,
    "PKS": """
        record            | PKDAT      | PKTIM | PKSAMP
        PKS/1/D0/0/0/0    | 2024-05-01 | 10:00 | C1
        """,
    "IC": """
        record            | ICDAT
        IC/1/SCR/0/0/0    | 2024-01-01
        """,
    "DM": """
        record         | Subject | Folder | InstanceRepeatNumber | PageRepeatNumber | RecordPosition | SEX
        DM/1/SCR/0/0/4 | 1       | SCR    | 0                    | 0                | 4              | Martian
        """,
    "IE": """
        record         | Subject | Folder | InstanceRepeatNumber | PageRepeatNumber | RecordPosition | COHORT
        IE/2/SCR/0/0/6 | 2       | SCR    | 0                    | 0                | 6              | DL3
        IE/1/SCR/0/0/7 | 1       | SCR    | 0                    | 0                | 7              | DL9
        """,
}  # fmt: skip


@cache
def rules() -> Rules:
    folders = [ROOT / "validation" / name for name in ("library", "rd1302")]
    return read_rules(folders, plan_of("rd1302").names)


def shown(message: str, dataset: str, record: str, variable: str = "", **more: str) -> dict[str, str]:
    """What is shown of one finding."""
    form = record.partition("/")[0]
    given = {"message": message, "dataset": dataset, "variable": variable, "form": form, "record": record}
    line = {**dict.fromkeys(COLUMNS, ""), **given, "folder": record.split("/")[2], **more}
    frames = {name: table(drawn).astype("str").replace("nan", pd.NA) for name, drawn in PAGES.items()}
    found = pd.DataFrame([line], columns=COLUMNS, dtype="str")
    return with_collected(found, rules().rules, plan_of("rd1302").names, RawFrames(frames)).iloc[0].to_dict()


@pytest.mark.parametrize(
    ("message", "dataset", "record", "field", "value"),
    [
        ("V-raw.BM-102", "raw.BM", "BM/1/M4/0/0/0", "MRDPCT MRDRES", "MRDPCT <0.01, MRDRES Positive"),
        ("V-raw.RS-103", "raw.RS", "RS/1/W8/0/0/0", "RSOVR BM.BMBLAST", "RSOVR Relapse, BM.BMBLAST 56"),
        ("V-raw.RS-103", "raw.RS", "RS/1/W12/0/0/0", "RSOVR BM.BMBLAST", "RSOVR 1, BM.BMBLAST 56"),
        ("V-MH-4", "MH", "MH/1/LOG/0/0/1", "MHENDAT MHSTDAT", "MHENDAT 2017-03-29, MHSTDAT 2017-04-07"),
        ("V-RS-101", "RS", "RS/1/W8/0/0/0", "RSDAT RSOVR", "RSDAT 2024-05-01, RSOVR Relapse"),
        ("V-EX-4", "EX", "INF/1/D0/0/0/0", "INFDAT INFENTIM INFSTTIM", ""),
    ],
)
def test_a_rule_shows_the_fields_behind_its_columns_and_no_number_it_worked_out(
    message, dataset, record, field, value
):
    """Coded answers by their text, or else by their code; `blasts` was looked up on another page."""
    found = shown(message, dataset, record, value="RSOVR_STD 1, blasts 56")
    assert (found["field"], found["value"]) == (field, value)


def test_what_a_helper_reads_of_the_record_is_shown():
    """The ratio of V-raw.INF-108 is worked out from INFWT; the weight before is that of the day INFDAT."""
    found = shown("V-raw.INF-108", "raw.INF", "INF/1/D0/0/0/0", value="ratio 1.16")
    assert (found["field"], found["value"]) == ("INFWT INFDAT", "INFWT 58.2")


def test_what_the_reader_found_stays_as_it_was_collected():
    """The record holds no date: what was typed is none."""
    found = shown("raw.date-impossible", "raw.MH", "MH/1/LOG/0/0/1", field="MHENDAT", value="2017-02-30")
    assert (found["field"], found["value"]) == ("MHENDAT", "2017-02-30")


def test_of_a_page_with_many_fields_the_one_that_holds_what_was_seen_is_shown():
    """Every unit of the page may stand behind VSSTRESN; the build saw STONE."""
    found = shown("build.no-unit", "VS", "VS/1/D0/0/0/0", variable="VSSTRESN", value="STONE")
    assert (found["field"], found["value"]) == ("WEIGHT_UNIT", "stone")


def test_of_a_blank_page_no_field_is_named():
    found = shown("V-raw.VS-2", "raw.VS", "VS/1/gone/0/0/0")
    assert (found["field"], found["value"], found["form"]) == ("", "", "VS")


def person(message: str, variable: str) -> dict[str, str]:
    """What is shown of a finding about DM, which comes from the page of consent."""
    record = {"subject": "1", "record": "IC/1/SCR/0/0/0", "line": "0", "page": "0", "instance": "0"}
    found = shown(message, "DM", record.pop("record"), variable=variable, **record)
    return {name: found[name] for name in ("form", "folder", "line", "record", "field", "value")}


@pytest.mark.parametrize(
    ("message", "variable", "form", "folder", "line", "field", "value"),
    [
        ("checks.empty", "SEX", "DM", "SCR", "4", "SEX", "Martian"),
        ("V-DM-56", "", "IE", "SCR", "7", "COHORT ELIGDEC", "COHORT DL9"),
        ("V-DM-59", "", "IC", "SCR", "0", "ICDAT ICTIM", "ICDAT 2024-01-01"),
        ("V-DM-66", "DTHFL", "DTH", "", "", "", ""),
        ("V-DM-61", "", "", "", "", "", ""),
    ],
)
def test_what_is_about_a_person_is_shown_on_the_page_that_holds_the_field(
    message, variable, form, folder, line, field, value
):
    """The person has no death page, and DM-61 is about no page at all."""
    found = person(message, variable)
    assert [found[name] for name in ("form", "folder", "line", "field", "value")] == [
        form, folder, line, field, value,
    ]  # fmt: skip
    assert found["record"] == (f"{form}/1/SCR/0/0/{line}" if line else "")


def test_of_a_division_by_zero_the_field_that_is_0_is_shown():
    found = shown("build.by-zero", "EX", "INF/1/D1/0/0/0", variable="EXDOSE")
    assert (found["field"], found["value"]) == ("INFWT", "0")

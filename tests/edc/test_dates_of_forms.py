"""Dates as an EDC and its vendors deliver them, made one partial ISO 8601 text."""

from __future__ import annotations

import pytest

from tests.edc.deliver import STUDY, SYSTEM, assert_others_read, deliver, rows, texts

FORM = "form: BM\nread: {csv: edc_csv/BM.csv}\nfields:\n  BMDAT: {type: date, label: Date}\n"
FAMILY = ("BMDAT", "BMDAT_RAW", "BMDAT_YYYY", "BMDAT_MM", "BMDAT_DD")


def bm(place, *values: str, columns=FAMILY, form: str = FORM, study: str = STUDY):
    """The form BM with one record a line of values."""
    lines = rows(*[f"01-{number:03d}: {value}" for number, value in enumerate(values, start=1)])
    content = f"{SYSTEM},{','.join(columns)}\n{lines}"
    extract = deliver(place, {"BM": form}, {"edc_csv/BM.csv": content}, study)
    assert_others_read(extract)
    return extract


def read(extract, field: str = "BMDAT") -> list[str | None]:
    column = extract.frames["BM"][field]
    return column.astype(object).where(column.notna(), None).tolist()


FAMILIES = [
    ("2024-03-29,29 MAR 2024,2024,3,29", "2024-03-29"),
    (",UN DEC 2024,2024,12,", "2024-12"),
    (",UN DEC 2024,,,", "2024-12"),
    (",UNK UNK 2023,2023,,", "2023"),
    (",UNK UNK 2023,2023,UNK,UN", "2023"),
    (",15 UNK 2024,2024,,15", "2024---15"),
    (",,2024,2,9", "2024-02-09"),
    ("2024-12,,,,", "2024-12"),
    ("2024-03-29T00:00:00,,,,", "2024-03-29"),
    (",--2024,,,", "2024"),
    (",,,,", None),
]


@pytest.mark.parametrize(("family", "expected"), FAMILIES)
def test_the_columns_of_a_date_make_one_partial_date(tmp_path, family, expected):
    """C-DTC, B-DIRT-1."""
    extract = bm(tmp_path, family)
    assert read(extract) == [expected]
    assert extract.findings.empty


@pytest.mark.parametrize(
    ("family", "collected"),
    [
        ("2024-02-30,,,,", "2024-02-30"),
        (",30 FEB 2024,2024,2,30", "30 FEB 2024"),
        (",,2024,13,1", "2024-13-1"),
        (",,24,3,1", "24-3-1"),
        (",soon,,,", "soon"),
        ("29/03/2024,,,,", "29/03/2024"),
    ],
)
def test_an_impossible_date_is_a_finding_with_what_was_collected_and_stays_empty(tmp_path, family, collected):
    """B-DIRT-1."""
    extract = bm(tmp_path, family, "2024-03-29,,,,")
    assert read(extract) == [None, "2024-03-29"]
    found = extract.findings.iloc[0]
    assert len(extract.findings) == 1
    assert found["text"] == "BMDAT does not exist in the calendar, or cannot be read as a date"
    assert found[["rule", "severity", "value"]].tolist() == ["B-DIRT-1", "warning", collected]
    assert found[["subject", "field"]].tolist() == ["01-001", "BMDAT"]


def test_a_spreadsheets_day_number_is_no_date_unless_the_form_accepts_it(tmp_path):
    """B-DIRT-30; day 45380 of a 1900 spreadsheet is 2024-03-29."""
    extract = bm(tmp_path / "one", "45380,,,,")
    assert read(extract) == [None]
    assert texts(extract, "raw.date-day-number") == ["BMDAT is a spreadsheet's day number and no date"]
    assert extract.findings["value"].tolist() == ["45380"]
    accepted = bm(tmp_path / "two", "45380,,,,", form=FORM.replace("fields:", "dates: [excel]\nfields:"))
    assert read(accepted) == ["2024-03-29"]


def test_typed_forms_are_read_where_the_form_accepts_them(tmp_path):
    """B-DIRT-2."""
    form = FORM.replace("fields:", "dates: [ddMONyyyy, dd/mm/yyyy, yyyy年m月d日, yyyy/mm, mm-yyyy]\nfields:")
    values = ["29MAR2024", "29/03/2024", "2024年3月29日", "2024/12", "12-2024", "2024-03-29"]
    extract = bm(tmp_path, *values, columns=("BMDAT",), form=form)
    assert read(extract) == ["2024-03-29"] * 3 + ["2024-12"] * 2 + ["2024-03-29"]
    assert extract.findings.empty


def test_a_date_that_two_accepted_forms_read_differently_is_a_finding(tmp_path):
    """B-DIRT-2; 13/04/2024 can be read in one way only."""
    form = FORM.replace("fields:", "dates: [dd/mm/yyyy, mm/dd/yyyy]\nfields:")
    extract = bm(tmp_path, "03/04/2024", "13/04/2024", columns=("BMDAT",), form=form)
    assert read(extract) == [None, "2024-04-13"]
    assert texts(extract, "raw.date-ambiguous") == ["BMDAT can be read as two different dates"]


def test_columns_that_tell_different_dates_are_a_finding_and_the_date_column_wins(tmp_path):
    extract = bm(
        tmp_path, "2024-03-29,29 MAR 2024,2024,3,28", "2024-03-29,30 MAR 2024,,,", ",UN MAR 2024,2024,4,"
    )
    assert read(extract) == ["2024-03-29", "2024-03-29", "2024-04"]
    assert (
        texts(extract, "raw.date-disagrees")
        == ["the columns of BMDAT tell different dates; the date column wins, then year, month and day"] * 3
    )


def test_a_date_without_year_is_no_date_and_noted(tmp_path):
    extract = bm(tmp_path, ",UN DEC UNK,,12,", ",UN UNK UNKN,,,")
    assert read(extract) == [None, None]
    assert texts(extract, "raw.date-unknown") == ["BMDAT was collected without a year: there is no date"] * 2
    assert extract.findings["severity"].unique().tolist() == ["info"]


TIMED = FORM + "  BMTIM: {type: time}\n  BMDTM: {date: BMDAT, time: BMTIM}\n"


def test_a_time_is_joined_where_the_day_is_known(tmp_path):
    """C-DTC."""
    values = [
        "2024-03-29,8:05",
        "2024-03-29,23:59:30",
        "2024-03,08:05",
        ",08:05",
        "2024-03-29,",
        "2024-03-29,８：０５",
    ]
    extract = bm(tmp_path, *values, columns=("BMDAT", "BMTIM"), form=TIMED)
    assert read(extract, "BMDTM") == [
        "2024-03-29T08:05", "2024-03-29T23:59:30", "2024-03", None, "2024-03-29", "2024-03-29T08:05",
    ]  # fmt: skip
    assert read(extract, "BMTIM")[0] == "08:05"
    assert extract.findings.empty


@pytest.mark.parametrize("time", ["24:00", "8.05", "25:10", "noon", "0.3368", "08:5"])
def test_a_time_that_is_none_is_a_finding_and_the_date_stays(tmp_path, time):
    extract = bm(tmp_path, f"2024-03-29,{time}", columns=("BMDAT", "BMTIM"), form=TIMED)
    assert (read(extract, "BMTIM"), read(extract, "BMDTM")) == ([None], ["2024-03-29"])
    assert texts(extract, "raw.time-impossible") == ["BMTIM is no time of the day"]
    assert extract.findings["value"].tolist() == [time]


def test_a_time_with_an_offset_becomes_site_time_before_its_day_is_taken(tmp_path):
    """D-TZ, B-DIRT-25: 17:30 UTC is 01:30 of the next day at +08:00."""
    form = FORM.replace("type: date", "type: datetime, zone: offset")
    values = [
        "2024-03-29T17:30Z",
        "2024-03-29T07:45+08:00",
        "2024-03-29T20:00:00-05:00",
        "2024-03-29T07:45",
        "2024-03",
    ]
    extract = bm(tmp_path, *values, columns=("BMDAT",), form=form)
    assert read(extract) == [
        "2024-03-30T01:30", "2024-03-29T07:45", "2024-03-30T09:00:00", "2024-03-29T07:45", "2024-03",
    ]  # fmt: skip
    assert extract.findings.empty


def test_times_of_a_vendor_that_writes_utc_become_site_time(tmp_path):
    form = FORM.replace("type: date", "type: datetime, zone: UTC").replace(
        "fields:", "dates: [ddMONyyyy]\nfields:"
    )
    values = ["2024-03-29T17:30", "29MAR2024 17:30", "2024-03-29T17:30Z"]
    extract = bm(tmp_path, *values, columns=("BMDAT",), form=form)
    assert read(extract) == ["2024-03-30T01:30"] * 3


def test_a_joined_time_of_another_zone_becomes_site_time(tmp_path):
    form = TIMED.replace("time: BMTIM}", "time: BMTIM, zone: UTC}")
    extract = bm(tmp_path, "2024-03-29,17:30", "2024-03-29,", columns=("BMDAT", "BMTIM"), form=form)
    assert read(extract, "BMDTM") == ["2024-03-30T01:30", "2024-03-29"]


def test_a_datetime_that_is_none_is_a_finding(tmp_path):
    form = FORM.replace("type: date", "type: datetime, zone: offset")
    extract = bm(tmp_path, "2024-03-29T25:00Z", "2024-02-30T10:00", columns=("BMDAT",), form=form)
    assert read(extract) == [None, None]
    refused = "BMDAT does not exist in the calendar, or cannot be read as a date"
    assert texts(extract, "raw.date-impossible") == [refused] * 2


def test_what_is_missing_is_no_finding_and_a_required_date_is(tmp_path):
    form = FORM.replace("label: Date", "required: true")
    extract = bm(tmp_path, ",,,,", ",UN UNK 2024,,,", form=form)
    assert texts(extract, "raw.required-empty") == ["BMDAT must be filled and is empty"]
    assert extract.findings["subject"].tolist() == ["01-001"]


def test_a_joined_field_is_required_by_its_date(tmp_path):
    form = TIMED.replace("time: BMTIM}", "time: BMTIM, required: true}")
    extract = bm(tmp_path, ",08:00", "2024-03-29,", columns=("BMDAT", "BMTIM"), form=form)
    assert extract.findings["subject"].tolist() == ["01-001"]
    assert texts(extract, "raw.required-empty") == ["BMDTM must be filled and is empty"]

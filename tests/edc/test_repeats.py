"""Records entered twice: identical ones, ones that differ, and who decides."""

from __future__ import annotations

from tests.edc.deliver import SYSTEM, assert_others_read, deliver, records, texts

FORM = """
form: VSX
read: {csv: edc_csv/VSX.csv}
duplicates: {keep: {last: MaxUpdated}, by: [Folder, VSDAT]}
fields:
  VSDAT: {type: date, label: Date}
  TEMP:  {type: number, label: Temperature}
"""
HEADER = f"{SYSTEM},VSDAT,TEMP\n"
VENDOR = """
form: LIS
read: {csv: external/lis.csv}
subject: SUBJID
record: [SUBJID, ACC]
fields:
  ACC:      {type: text, label: Accession}
  RESULT:   {type: text, label: Result}
  REPORTDT: {type: datetime, zone: UTC, label: Reported}
"""


def page(number: int, updated: str, values: str, subject: str = "01-001", record: int = 1) -> str:
    return f"TOY,PROD,{subject},SCR,0,{number},0,{record},1,2024-01-{updated}T00:00:00Z,{values}\n"


def vsx(place, *lines: str, form: str = FORM):
    extract = deliver(place, {"VSX": form}, {"edc_csv/VSX.csv": HEADER + "".join(lines)})
    assert_others_read(extract)
    return extract


def reasons(extract, form: str) -> dict[str, int]:
    whole = extract.account[extract.account["form"] == form]
    return dict(zip(whole["reason"], whole["rows"], strict=True))


def test_a_page_entered_twice_alike_is_kept_once_and_noted(tmp_path):
    """B-DIRT-5: identical except audit; the latest stays."""
    extract = vsx(tmp_path, page(0, "05", "2024-03-29,37"), page(1, "04", "2024-03-29,37"))
    assert extract.frames["VSX"]["record"].tolist() == ["VSX/01-001/SCR/0/0/0"]
    found = extract.findings
    assert found["text"].tolist() == [
        "the record was entered twice and is the same both times; the latest is kept"
    ]
    assert found[["severity", "rule", "record"]].to_numpy().tolist() == [
        ["info", "B-DIRT-5", "VSX/01-001/SCR/0/1/0"]
    ]
    assert reasons(extract, "VSX") == {"read": 2, "repeated, identical": 1, "kept": 1}


def test_a_page_entered_twice_with_other_values_keeps_the_latest_and_flags_both(tmp_path):
    """B-DIRT-6."""
    extract = vsx(tmp_path, page(0, "04", "2024-03-29,37"), page(1, "05", "2024-03-29,38"))
    assert extract.frames["VSX"]["TEMP"].tolist() == ["38"]
    assert (
        texts(extract, "raw.repeat-differs")
        == ["the record was entered twice with different values; the latest is kept"] * 2
    )
    assert records(extract, "raw.repeat-differs") == ["VSX/01-001/SCR/0/0/0", "VSX/01-001/SCR/0/1/0"]
    assert extract.findings[["field", "value"]].to_numpy().tolist() == [["TEMP", "37"], ["TEMP", "38"]]
    assert reasons(extract, "VSX") == {"read": 2, "repeated, values differ": 1, "kept": 1}


def test_pages_that_differ_in_what_tells_them_apart_are_all_kept(tmp_path):
    lines = [
        page(0, "04", "2024-03-29,37"),
        page(1, "05", "2024-03-30,37"),
        page(0, "05", "2024-03-29,37", "01-002"),
    ]
    extract = vsx(tmp_path, *lines)
    assert len(extract.frames["VSX"]) == 3
    assert extract.findings.empty


def test_pages_without_the_value_that_tells_them_apart_are_no_repeats(tmp_path):
    """A missing value is equal to nothing."""
    extract = vsx(tmp_path, page(0, "04", ",37"), page(1, "05", ",37"))
    assert len(extract.frames["VSX"]) == 2


def test_the_same_coordinates_twice_are_a_repeat_in_every_form(tmp_path):
    form = FORM.replace("duplicates: {keep: {last: MaxUpdated}, by: [Folder, VSDAT]}\n", "")
    extract = vsx(
        tmp_path,
        page(0, "06", "2024-03-30,36"),
        page(0, "04", "2024-03-29,37"),
        page(0, "05", "2024-03-29,38"),
        form=form,
    )
    assert extract.frames["VSX"]["TEMP"].tolist() == ["36"]
    assert len(records(extract, "raw.repeat-differs")) == 3
    assert extract.findings[["field", "value"]].to_numpy().tolist() == [
        ["VSDAT TEMP", "VSDAT 2024-03-30, TEMP 36"],
        ["VSDAT TEMP", "VSDAT 2024-03-29, TEMP 37"],
        ["VSDAT TEMP", "VSDAT 2024-03-29, TEMP 38"],
    ]
    assert reasons(extract, "VSX") == {"read": 3, "repeated, values differ": 2, "kept": 1}


def test_of_equally_late_records_the_greater_record_id_of_the_edc_stays(tmp_path):
    extract = vsx(
        tmp_path, page(0, "05", "2024-03-29,37", record=10), page(1, "05", "2024-03-29,38", record=9)
    )
    assert extract.frames["VSX"]["TEMP"].tolist() == ["37"]


def test_the_time_of_the_last_change_counts_before_the_record_id(tmp_path):
    extract = vsx(
        tmp_path, page(0, "05", "2024-03-29,37", record=1), page(1, "04", "2024-03-29,38", record=2)
    )
    assert extract.frames["VSX"]["TEMP"].tolist() == ["37"]


def test_keep_first_keeps_the_earliest_by_a_field(tmp_path):
    form = FORM.replace("{last: MaxUpdated}, by: [Folder, VSDAT]", "{first: VSDAT}, by: [Folder]")
    lines = [
        page(0, "04", "2024-03-29,37"),
        page(1, "05", "2024-03-05,38"),
        page(2, "05", ",39"),
        page(3, "05", "2024-04,40"),
    ]
    extract = vsx(tmp_path, *lines, form=form)
    assert extract.frames["VSX"]["TEMP"].tolist() == ["38"]


def lis(place, *lines: str, form: str = VENDOR):
    content = "SUBJID,ACC,RESULT,REPORTDT\n" + "".join(f"{line}\n" for line in lines)
    extract = deliver(place, {"LIS": form}, {"external/lis.csv": content})
    assert_others_read(extract)
    return extract


def test_a_vendors_latest_report_is_kept_by_its_own_column(tmp_path):
    form = VENDOR.replace("fields:", "duplicates: {keep: {last: REPORTDT}, by: [ACC]}\nfields:")
    extract = lis(tmp_path, "01-001,A1,5,2024-03-29T23:00", "01-001,A1,6,2024-03-30T01:00+08:00", form=form)
    assert extract.frames["LIS"][["RESULT", "REPORTDT"]].to_numpy().tolist() == [["5", "2024-03-30T07:00"]]
    assert extract.frames["LIS"]["record"].tolist() == ["LIS/01-001/A1"]


def test_records_that_differ_and_that_nothing_orders_are_an_error_and_the_choice_is_stable(tmp_path):
    lines = ["01-001,A1,5,", "01-001,A1,6,", "01-002,A1,7,"]
    one, two = lis(tmp_path / "one", *lines), lis(tmp_path / "two", *reversed(lines))
    for extract in (one, two):
        assert extract.frames["LIS"]["RESULT"].tolist() == ["6", "7"]
        assert (
            texts(extract, "raw.repeat-undecided")
            == ["the record is there twice with different values and nothing tells which is the latest"] * 2
        )
        assert extract.findings["severity"].unique().tolist() == ["error"]


def test_a_vendors_identical_lines_are_kept_once(tmp_path):
    """B-DIRT-13."""
    extract = lis(tmp_path, "01-001,A1,5,", "01-001,A1,5,", "01-001,A1, 5 ,")
    assert extract.frames["LIS"]["RESULT"].tolist() == ["5"]
    assert reasons(extract, "LIS") == {"read": 3, "repeated, identical": 2, "kept": 1}


def test_a_key_that_two_persons_share_drops_nothing(tmp_path):
    form = VENDOR.replace("record: [SUBJID, ACC]", "record: [ACC]").replace(
        "fields:", "duplicates: {keep: {last: REPORTDT}, by: [ACC]}\nfields:"
    )
    extract = lis(tmp_path, "01-001,A1,5,", "01-002,A1,5,", "01-002,A2,5,", form=form)
    assert extract.frames["LIS"]["record"].tolist() == ["LIS/01-001/A1", "LIS/01-002/A1", "LIS/01-002/A2"]
    assert records(extract, "raw.key-shared") == ["LIS/01-001/A1", "LIS/01-002/A1"]
    assert texts(extract, "raw.key-shared")[0] == "another subject has a record with the same ACC"

"""What tells one record from another, their order, and files that two forms share."""

from __future__ import annotations

from tests.edc.deliver import assert_others_read, deliver, records, rows, texts
from tests.edc.test_csv import HEADER, LD, ld

VENDOR = """
form: LIS
read: {csv: external/lis.csv}
subject: SUBJID
record: file
fields: {RESULT: {type: text, label: R}}
"""


def test_two_forms_share_a_file_by_disjoint_conditions(tmp_path):
    """B.2 IE: header page and log lines; a column that one of them declares is not unknown."""
    head = LD.replace("LD.csv}", "LD.csv, where: {RecordPosition: 0}}").replace(
        "  LDREAS: {type: text, label: Reason}\n", ""
    )
    line = head.replace("form: LD", "form: LDLINE").replace("RecordPosition: 0", "RecordPosition: {gt: 0}")
    line = line.replace("LDTRT: ", "LDREAS:")
    content = HEADER + rows("01-001: FLU,", "01-001: ,one", "01-001: ,two")
    extract = deliver(tmp_path, {"LD": head, "LDLINE": line}, {"edc_csv/LD.csv": content})
    assert extract.frames["LD"]["LDTRT"].tolist() == ["FLU"]
    assert extract.frames["LDLINE"]["LDREAS"].tolist() == ["one", "two"]
    assert extract.findings.empty
    assert_others_read(extract)


def test_rows_that_no_form_or_two_forms_claim_are_reported(tmp_path):
    one = LD.replace("LD.csv}", "LD.csv, where: {RecordPosition: [0, 1]}}")
    two = one.replace("form: LD", "form: LDLINE").replace("[0, 1]", "1")
    content = HEADER + rows("01-001: FLU,", "01-001: ,one", "01-001: ,two", "01-001: ,three")
    extract = deliver(tmp_path, {"LD": one, "LDLINE": two}, {"edc_csv/LD.csv": content})
    assert texts(extract, "raw.rows-unclaimed") == ["2 rows of edc_csv/LD.csv belong to no raw form"]
    assert texts(extract, "raw.rows-claimed-twice") == ["1 rows of edc_csv/LD.csv belong to two raw forms"]


def test_a_source_without_coordinates_has_file_and_line_as_record_id(tmp_path):
    content = 'SUBJID,RESULT\n01-002,"a\nb"\n\n01-001,c\n01-001,d\n'
    extract = deliver(tmp_path, {"LIS": VENDOR}, {"external/lis.csv": content})
    frame = extract.frames["LIS"]
    assert frame["record"].tolist() == ["LIS/lis.csv/2", "LIS/lis.csv/5", "LIS/lis.csv/6"]
    assert frame["RESULT"].tolist() == ["a\nb", "c", "d"]


def test_lines_are_counted_in_a_mended_file_as_in_the_delivered_one(tmp_path):
    content = 'SUBJID,RESULT\n01-002,"a\nb",,\n\n01-001,5" c\n'
    extract = deliver(tmp_path, {"LIS": VENDOR}, {"external/lis.csv": content})
    assert extract.frames["LIS"]["record"].tolist() == ["LIS/lis.csv/2", "LIS/lis.csv/5"]


def test_a_finding_of_a_vendor_record_shows_the_column_that_stands_for_the_folder(tmp_path):
    spec = VENDOR.replace("record: file", "coordinates: {folder: VISITNAME}\nrecord: file").replace(
        "label: R}", "label: R, required: true}, VISITNAME: {type: text, label: Visit}"
    )
    content = "SUBJID,VISITNAME,RESULT\n01-001,WEEK 4,1\n01-001,WEEK 8,\n"
    extract = deliver(tmp_path, {"LIS": spec}, {"external/lis.csv": content})
    found = extract.findings.iloc[0]
    assert found[["form", "subject", "folder", "field"]].tolist() == ["LIS", "01-001", "WEEK 8", "RESULT"]
    assert found["text"] == "RESULT must be filled and is empty"


def test_records_are_in_the_order_of_their_ids_and_numbers_as_numbers(tmp_path):
    places = ["01-002,W8,0,0,10", "01-002,W8,0,0,9", "01-001,W8,0,0,2", "01-010,D0,0,0,1", "01-002,D0,0,0,11"]
    lines = [f"TOY,PROD,{place},{number},1,,FLU,{number}\n" for number, place in enumerate(places)]
    extract = ld(tmp_path, HEADER + "".join(lines))
    assert extract.frames["LD"]["record"].tolist() == [
        "LD/01-001/W8/0/0/2",
        "LD/01-002/D0/0/0/11",
        "LD/01-002/W8/0/0/9",
        "LD/01-002/W8/0/0/10",
        "LD/01-010/D0/0/0/1",
    ]
    assert extract.frames["LD"]["LDREAS"].tolist() == ["2", "4", "1", "0", "3"]


def test_the_order_of_rows_in_the_file_changes_nothing(tmp_path):
    """C-SEQ: dropped, repeated and faulty records included."""
    lines = rows("1-1: FLU,a", "01-001: CY,b", "99-999: CY,b", ": CY,nobody", "xx: CY,odd").splitlines()
    lines += rows("01-001: CY,b2").replace(",0,900,", ",1,999,").splitlines()
    one = ld(tmp_path / "one", HEADER + "\n".join(lines) + "\n")
    two = ld(tmp_path / "two", HEADER + "\n".join(reversed(lines)) + "\n")
    assert one.frames["LD"].equals(two.frames["LD"])
    key = ["message", "record", "text"]
    assert sorted(one.findings[key].to_numpy().tolist()) == sorted(two.findings[key].to_numpy().tolist())
    assert one.account.equals(two.account)
    assert records(one, "raw.repeat-differs") == ["LD/01-001/SCR/0/0/1", "LD/01-001/SCR/0/0/1"]

"""What people's tools make of CSV: each hazard is mended or refused by name, and the other forms are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinical.forms import read_forms
from edc import careful
from edc.read import check_headers
from tests.edc.deliver import SYSTEM, VS, VS_CSV, assert_others_read, deliver, rows, texts

LD = """
form: LD
read: {csv: edc_csv/LD.csv}
fields:
  LDTRT:  {type: text, label: Drug}
  LDREAS: {type: text, label: Reason}
"""
HEADER = f"{SYSTEM},LDTRT,LDREAS\n"
TWO = rows("01-001: FLU,ok", "01-002: CY,late")


def ld(place: Path, content: str | bytes, spec: str = LD):
    return deliver(place, {"LD": spec}, {"edc_csv/LD.csv": content})


def refused(place: Path, content: str | bytes, spec: str = LD) -> str:
    """Why LD was refused; the same sentence is an error finding of the form, and VS was read."""
    extract = ld(place, content, spec)
    assert "LD" not in extract.frames
    assert_others_read(extract)
    fault = str(extract.refused["LD"])
    found = extract.findings[extract.findings["form"] == "LD"]
    assert found["text"].tolist() == [fault]
    assert found["severity"].tolist() == ["error"]
    return fault


def test_a_clean_form_is_read_as_text_with_ids(tmp_path):
    extract = ld(tmp_path, HEADER + TWO)
    frame = extract.frames["LD"]
    assert frame["record"].tolist() == ["LD/01-001/SCR/0/0/0", "LD/01-002/SCR/0/0/1"]
    assert frame["place"].tolist() == [0, 1]
    assert frame["USUBJID"].tolist() == ["TOY-01-001", "TOY-01-002"]
    assert frame["LDREAS"].tolist() == ["ok", "late"]
    assert str(frame["LDREAS"].dtype) == "str"
    assert frame.columns.tolist()[:4] == ["USUBJID", "record", "participation", "Subject"]
    assert extract.findings.empty
    assert_others_read(extract)


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    extract = ld(tmp_path, b"\xef\xbb\xbf" + (HEADER + TWO).encode())
    assert extract.frames["LD"]["project"].tolist() == ["TOY", "TOY"]
    assert extract.findings.empty


def test_line_breaks_and_doubled_quotes_inside_quotes_belong_to_the_text(tmp_path):
    content = HEADER + rows('01-001: FLU,"first\r\nsecond, ""so called"""', "01-002: CY,late")
    extract = ld(tmp_path, content.replace("\n", "\r\n").replace("\r\r\n", "\r\n"))
    assert extract.frames["LD"]["LDREAS"].tolist() == ['first\nsecond, "so called"', "late"]
    assert extract.findings.empty


def test_empty_quotes_blanks_and_nothing_are_all_missing(tmp_path):
    extract = ld(tmp_path, HEADER + rows('01-001: "",', "01-002:  ,\u3000\u00a0", "01-003: NA,null"))
    frame = extract.frames["LD"]
    assert frame["LDTRT"].isna().tolist() == [True, True, False]
    assert frame["LDREAS"].isna().tolist() == [True, True, False]
    assert frame["LDTRT"].tolist()[2] == "NA"


def test_blanks_around_text_are_trimmed_and_full_width_letters_stay(tmp_path):
    extract = ld(tmp_path, HEADER + rows("01-001: FLU ,  ３８．５ °C\u3000"))
    assert extract.frames["LD"]["LDREAS"].tolist() == ["３８．５ °C"]


def test_a_file_that_is_not_utf8_is_read_as_cp1252_and_says_so(tmp_path):
    extract = ld(tmp_path, (HEADER + rows("01-001: FLU,ok", "01-002: CY,café ±5")).encode("cp1252"))
    assert extract.frames["LD"]["LDREAS"].tolist() == ["ok", "café ±5"]
    assert texts(extract, "raw.encoding-tried") == [
        "edc_csv/LD.csv is not UTF-8 (line 3) and was read as cp1252"
    ]
    assert extract.files.set_index("path")["encoding"].to_dict() == {
        "edc_csv/LD.csv": "cp1252",
        "edc_csv/VS.csv": "utf-8",
    }


@pytest.mark.parametrize("encoding", ["gb18030", "cp1252", "utf-16", "utf-8-sig"])
def test_a_named_encoding_is_used_without_a_word(tmp_path, encoding):
    text = {"gb18030": "骨髓抑制", "utf-16": "骨髓抑制", "utf-8-sig": "骨髓抑制", "cp1252": "café"}[encoding]
    spec = LD.replace("LD.csv}", f"LD.csv, encoding: {encoding}}}")
    extract = ld(tmp_path, (HEADER + rows(f'01-001: FLU,"{text}\n,2"')).encode(encoding), spec)
    assert extract.frames["LD"]["LDREAS"].tolist() == [f"{text}\n,2"]
    assert extract.findings.empty


def test_a_named_encoding_that_does_not_fit_refuses_the_form(tmp_path):
    spec = LD.replace("LD.csv}", "LD.csv, encoding: utf-8}")
    content = (HEADER + rows("01-001: FLU,ok", "01-002: CY,café")).encode("cp1252")
    assert refused(tmp_path, content, spec) == "edc_csv/LD.csv:3: this line is not utf-8"


def test_bytes_that_no_tried_encoding_has_refuse_the_form(tmp_path):
    content = HEADER.encode() + b"TOY,PROD,01-001,SCR,0,0,0,1,1,,FLU,\x81\x8d\n"
    assert refused(tmp_path, content) == "edc_csv/LD.csv:2: this line is not cp1252"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf16_without_a_name_is_refused_and_not_read_as_letters_between_zeros(tmp_path, encoding):
    content = (HEADER + TWO).encode(encoding)
    assert refused(tmp_path, content) == "edc_csv/LD.csv: this is no text in UTF-8 or a Windows encoding"


def test_a_row_that_is_too_short_refuses_the_form_and_names_the_line(tmp_path):
    content = HEADER + rows(
        "01-001: FLU,ok", "01-002: CY", '01-003: CY,"two\nlines"', "01-004: CY", "01-005: a,b,c"
    )
    assert refused(tmp_path, content) == (
        "edc_csv/LD.csv:3: 11 cells where the header has 12; also lines 6 and 7"
    )


def test_of_many_ragged_rows_five_are_named_and_the_others_counted(tmp_path):
    content = HEADER + rows(*[f"01-00{n}: a,b,{n}" for n in range(1, 9)])
    assert refused(tmp_path, content) == (
        "edc_csv/LD.csv:2: 13 cells where the header has 12; also lines 3, 4, 5, 6 and 3 more"
    )


def test_a_file_cut_inside_quotes_is_refused_where_the_quote_opens(tmp_path):
    """Left alone, the rest of the file would be one text."""
    content = HEADER + rows("01-001: FLU,ok", '01-002: CY,"late because', "01-003: CY,x", "01-004: CY,y")
    expected = "edc_csv/LD.csv:3: a quoted field opens in this record and never ends"
    assert refused(tmp_path, content) == expected


@pytest.mark.parametrize("last", ['"late because', '"', '"a ""b""'])
def test_a_file_cut_inside_the_last_quotes_is_refused(tmp_path, last):
    content = (HEADER + rows("01-001: FLU,ok", f"01-002: CY,{last}")).rstrip("\n")
    expected = "edc_csv/LD.csv:3: a quoted field opens in this record and never ends"
    assert refused(tmp_path, content) == expected


def test_a_cut_that_leaves_an_even_number_of_quotes_is_found_too(tmp_path):
    content = HEADER + rows('01-001: FLU,5" needle', '01-002: CY,"late because', "01-003: CY,x")
    expected = "edc_csv/LD.csv:3: a quoted field opens in this record and never ends"
    assert refused(tmp_path, content) == expected


def test_a_cut_right_after_an_opening_quote_is_found_beside_a_stray_one(tmp_path):
    content = (HEADER + rows('01-001: FLU,5"', '01-002: CY,"')).rstrip("\n")
    expected = "edc_csv/LD.csv:3: a quoted field opens in this record and never ends"
    assert refused(tmp_path, content) == expected


def test_a_quote_inside_quotes_that_is_not_doubled_refuses_the_form(tmp_path):
    content = HEADER + rows("01-001: FLU,ok", '01-002: CY,"the "late" one"')
    assert refused(tmp_path, content) == "edc_csv/LD.csv:3: text follows the end of a quoted field"


def test_a_quote_in_text_without_quotes_is_text(tmp_path):
    extract = ld(tmp_path, HEADER + rows('01-001: FLU,5" needle', '01-002: CY,6" and 7"'))
    assert extract.frames["LD"]["LDREAS"].tolist() == ['5" needle', '6" and 7"']


def test_a_file_cut_inside_a_character_is_refused(tmp_path):
    content = (HEADER + rows("01-001: FLU,骨髓抑制")).rstrip("\n").encode()[:-1]
    assert refused(tmp_path, content) == "edc_csv/LD.csv:2: the file ends in the middle of a character"


def test_a_file_without_last_line_end_is_read_with_a_warning(tmp_path):
    extract = ld(tmp_path, (HEADER + TWO).rstrip("\n"))
    assert extract.frames["LD"]["LDREAS"].tolist() == ["ok", "late"]
    assert texts(extract, "raw.last-line") == [
        "edc_csv/LD.csv does not end with a line end: its last value may be cut"
    ]


def test_a_column_named_twice_refuses_the_form(tmp_path):
    content = HEADER.replace("LDREAS", "LDTRT") + TWO
    assert refused(tmp_path, content) == "edc_csv/LD.csv:1: column LDTRT is there twice (columns 11 and 12)"


def test_an_empty_file_is_refused(tmp_path):
    assert refused(tmp_path, b"") == "edc_csv/LD.csv: the file is empty"


def test_a_file_of_nothing_but_a_byte_order_mark_is_refused(tmp_path):
    assert refused(tmp_path, b"\xef\xbb\xbf") == "edc_csv/LD.csv: the file is empty"


def test_a_file_that_starts_with_a_blank_line_is_refused(tmp_path):
    assert refused(tmp_path, "\n" + HEADER + TWO) == "edc_csv/LD.csv:1: the first line has no column names"


def test_a_missing_file_is_refused(tmp_path):
    extract = deliver(tmp_path, {"LD": LD}, {})
    assert str(extract.refused["LD"]) == "edc_csv/LD.csv: the file is not in the extract"
    assert texts(extract, "raw.file-missing") == ["edc_csv/LD.csv: the file is not in the extract"]
    assert_others_read(extract)


def test_a_form_with_a_header_only_has_all_columns_and_no_rows(tmp_path):
    extract = ld(tmp_path, HEADER)
    frame = extract.frames["LD"]
    assert len(frame) == 0
    assert {"USUBJID", "record", "participation", "LDTRT", "LDREAS"} <= set(frame.columns)
    assert {str(dtype) for dtype in frame.drop(columns="place").dtypes} == {"str"}
    assert_others_read(extract)


def test_empty_columns_at_the_end_are_no_columns(tmp_path):
    content = HEADER.replace("\n", ",,\n") + TWO.replace("\n", ",, \n")
    extract = ld(tmp_path, content)
    assert extract.frames["LD"]["LDREAS"].tolist() == ["ok", "late"]
    assert extract.findings.empty


def test_empty_cells_beyond_the_header_are_cut_off(tmp_path):
    extract = ld(tmp_path, HEADER + rows("01-001: FLU,ok,,", '01-002: CY,"a, b"', "01-003: CY,c, "))
    assert extract.frames["LD"]["LDREAS"].tolist() == ["ok", "a, b", "c"]
    assert extract.findings.empty


def test_values_in_a_column_without_name_refuse_the_form(tmp_path):
    content = HEADER.replace("\n", ",\n") + rows("01-001: FLU,ok,", "01-002: CY,late,x")
    assert refused(tmp_path, content) == "edc_csv/LD.csv:1: column 13 has values and no name"


def test_blank_lines_are_no_records(tmp_path):
    content = HEADER + rows("01-001: FLU,ok") + "\n  \n" + rows("01-002: CY,late") + "\n\n"
    extract = ld(tmp_path, content)
    assert extract.frames["LD"]["LDREAS"].tolist() == ["ok", "late"]


def test_rows_of_nothing_but_commas_are_counted_as_empty(tmp_path):
    extract = ld(tmp_path, HEADER + TWO + "," * 11 + "\n" + "," * 11 + "\n")
    account = extract.account[extract.account["form"] == "LD"]
    assert account[["reason", "rows"]].to_numpy().tolist() == [["read", 4], ["empty row", 2], ["kept", 2]]
    assert extract.findings.empty
    assert_others_read(extract)


def test_a_field_that_swallows_the_file_is_refused_and_not_held_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(careful, "LONGEST_FIELD", 1000)
    content = HEADER + rows("01-001: FLU,ok", '01-002: CY,"' + "x" * 2000)
    expected = "edc_csv/LD.csv:3: a field of this record is longer than 1000 characters"
    assert refused(tmp_path, content) == expected


def test_a_field_of_50_million_characters_is_refused(tmp_path):
    content = HEADER + rows("01-001: FLU,ok", '01-002: CY,"' + "x" * (3 << 24) + '"') + TWO
    expected = "edc_csv/LD.csv:3: a field of this record is longer than 16777216 characters"
    assert refused(tmp_path, content) == expected


def test_an_unknown_column_is_a_warning_and_the_form_is_read(tmp_path):
    """B-DIRT-26: a new version of the form added a field."""
    extract = ld(tmp_path, HEADER.replace("\n", ",LDNEW\n") + TWO.replace("\n", ",1\n"))
    assert extract.frames["LD"]["LDREAS"].tolist() == ["ok", "late"]
    found = extract.findings.iloc[0]
    assert found["text"] == "edc_csv/LD.csv has a column LDNEW that no raw form declares"
    assert found[["severity", "rule", "form", "field"]].tolist() == ["warning", "B-DIRT-26", "LD", "LDNEW"]


def test_an_unknown_column_spelled_like_one_that_is_missing_is_perhaps_that_one(tmp_path):
    """A field that is not submitted may be gone, so the form is read and only the name tells."""
    spec = LD + "  COUNTRY: {type: text, label: Country, not_submitted: example}\n"
    content = HEADER.replace("\n", ",COUNTRI\n") + TWO.replace("\n", ",CHN\n")
    extract = ld(tmp_path, content, spec)
    assert texts(extract, "raw.column-unknown") == [
        "edc_csv/LD.csv has a column COUNTRI that no raw form declares; did you mean COUNTRY?"
    ]
    assert texts(extract, "raw.column-gone") == [
        "edc_csv/LD.csv has no column COUNTRY, which is marked not_submitted"
    ]


@pytest.mark.parametrize(
    ("separator", "called"), [("\t", "tabs"), (";", "semicolons"), ("|", "vertical bars")]
)
def test_a_file_with_another_separator_is_refused_for_exactly_that(tmp_path, separator, called):
    content = (HEADER + TWO).replace(",", separator)
    count = HEADER.count(",") + 1
    said = f"edc_csv/LD.csv:1: the {count} columns are separated by {called}, and not by commas"
    assert refused(tmp_path, content) == said


def test_a_file_of_a_single_column_has_no_separator(tmp_path):
    fault = ld(tmp_path, "a name with blanks\n1\n").refused["LD"]
    assert fault.id == "raw.columns-missing"


def test_a_form_without_columns_it_declares_is_refused_with_all_of_them(tmp_path):
    content = HEADER.replace("LDTRT", "LDTRTX").replace(",LDREAS", "") + rows("01-001: FLU")
    spec = LD + "  LDBSA:  {type: number, label: BSA, not_submitted: example}\n"
    extract = ld(tmp_path, content, spec)
    assert str(extract.refused["LD"]) == (
        "edc_csv/LD.csv:1: form LD needs columns that are not there: LDTRT (there is LDTRTX), LDREAS"
    )
    assert_others_read(extract)


def test_a_form_that_has_lost_one_of_the_edcs_coordinates_is_refused(tmp_path):
    content = HEADER.replace("PageRepeatNumber,", "") + rows(
        "01-001: FLU,ok", system="TOY,PROD,{subject},SCR,0,0,1,1,"
    )
    assert refused(tmp_path, content) == (
        "edc_csv/LD.csv:1: form LD needs columns that are not there: PageRepeatNumber"
    )


def test_a_column_marked_not_submitted_may_be_gone(tmp_path):
    spec = LD + "  LDBSA:  {type: number, label: BSA, not_submitted: example}\n"
    extract = ld(tmp_path, HEADER + TWO, spec)
    assert extract.frames["LD"]["LDBSA"].isna().all()
    assert texts(extract, "raw.column-gone") == [
        "edc_csv/LD.csv has no column LDBSA, which is marked not_submitted"
    ]


def test_a_form_that_nothing_reads_may_have_lost_any_of_its_columns(tmp_path):
    spec = LD.replace("fields:", "not_submitted: no analysis uses it\nfields:")
    extract = ld(tmp_path, HEADER.replace(",LDREAS", "") + rows("01-001: FLU"), spec)
    assert extract.frames["LD"]["LDTRT"].tolist() == ["FLU"]
    assert len(texts(extract, "raw.column-gone")) == 1


def test_the_headers_alone_tell_which_forms_cannot_be_read(tmp_path):
    """Before a run: every faulty form by name, and no row is read."""
    specs = {"LD": LD, "LX": LD.replace("LD", "LX"), "VS": VS, "UT": LD.replace("LD", "UT")}
    specs["UT"] = specs["UT"].replace("UT.csv}", "UT.csv, encoding: utf-16}")
    folder, raw = tmp_path / "data" / "edc_csv", tmp_path / "raw"
    for place in (folder, raw):
        place.mkdir(parents=True)
    for name, text in specs.items():
        (raw / f"{name}.yml").write_text(text, "utf-8")
    (folder / "LD.csv").write_text(HEADER.replace(",LDREAS", "") + "too,short\n", "utf-8")
    (folder / "VS.csv").write_bytes(b"\xef\xbb\xbf" + VS_CSV.encode())
    (folder / "UT.csv").write_bytes(HEADER.replace("LD", "UT").encode("utf-16"))
    refused_forms = check_headers(tmp_path / "data", read_forms(raw, tmp_path))
    assert {name: str(fault) for name, fault in refused_forms.items()} == {
        "LD": "edc_csv/LD.csv:1: form LD needs columns that are not there: LDREAS",
        "LX": "edc_csv/LX.csv: the file is not in the extract",
    }


def test_a_delivered_file_that_no_form_reads_is_a_warning(tmp_path):
    extract = deliver(tmp_path, {}, {"edc_csv/NEW.csv": "A\n1\n"})
    assert texts(extract, "raw.file-unread") == ["edc_csv/NEW.csv was delivered and no raw form reads it"]

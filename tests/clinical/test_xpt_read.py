"""Transport files that others made, old ones and broken ones: the variety found in 647 public files."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from pandas.testing import assert_frame_equal
from xpt_files import CREATED, char, moments, num, text, write

from clinical.errors import InputError
from clinical.xpt import Variable, read_xpt
from clinical.xpt_layout import header


@pytest.fixture
def dm(tmp_path):
    """A small file of ours, to be spoiled: rows of 1 + 8 bytes after a header of 1040."""
    path = tmp_path / "dm.xpt"
    write(path, pd.DataFrame({"SEX": text("F", "M"), "AGE": [61.0, np.nan]}), char("SEX"), num("AGE"))
    return path


def foreign(path: Path, variables: list[Variable], data: bytes, spoil=(b"", b"")) -> Path:
    """A file made by hand from a header and the bytes of rows; the first of `spoil` becomes the second."""
    raw = header("DM", "Demographics", variables, CREATED, ("9.4", "X64_10PR")) + data
    path.write_bytes((raw + b" " * (-len(raw) % 80)).replace(*spoil))
    return path


def refusal(path) -> str:
    with pytest.raises(InputError) as error:
        read_xpt(path)
    return str(error.value)


def told(path, **more: str) -> list[tuple[str, str, str, str]]:
    """Dataset, variable, severity and text of each finding but that on padding, which most of them have."""
    findings = read_xpt(path, **more).findings.query("message != 'xpt.blank-rows'")
    return list(findings[["dataset", "variable", "severity", "text"]].itertuples(index=False, name=None))


def test_a_file_that_is_not_there_says_so(tmp_path):
    assert refusal(tmp_path / "dm.xpt") == "dm.xpt: cannot be opened: No such file or directory"
    assert refusal(tmp_path) == f"{tmp_path.name}: cannot be opened: Is a directory"


def test_an_empty_file_says_so(tmp_path):
    (tmp_path / "dm.xpt").write_bytes(b"")
    assert refusal(tmp_path / "dm.xpt") == "dm.xpt: the file is empty"


def test_a_version_8_file_says_so(tmp_path):
    path = tmp_path / "dm.xpt"
    pyreadstat.write_xport(pd.DataFrame({"A": [1.0]}), path, file_format_version=8)
    assert refusal(path) == "dm.xpt: this is a transport file of version 8; only version 5 is read"


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><title>404</title>", b"\n <html>", b"<HTML><body>Log in"])
def test_a_web_page_says_so(tmp_path, page):
    (tmp_path / "dm.xpt").write_bytes(page)
    assert refusal(tmp_path / "dm.xpt") == "dm.xpt: this is a web page, not a transport file"


def test_a_cport_file_says_so(tmp_path):
    (tmp_path / "dm.xpt").write_bytes(b"**COMPRESSED** **COMPRESSED** " * 20)
    expected = "dm.xpt: this file was made by PROC CPORT; only the XPORT engine's format is read"
    assert refusal(tmp_path / "dm.xpt") == expected


@pytest.mark.parametrize("data", [b"USUBJID,AGE\n1,2\n", b"\0" * 400, b"PK\3\4"])
def test_another_kind_of_file_says_so(tmp_path, data):
    (tmp_path / "dm.xpt").write_bytes(data)
    assert (
        refusal(tmp_path / "dm.xpt") == "dm.xpt: this is no SAS transport file: the LIBRARY header is missing"
    )


@pytest.mark.parametrize("size", [20, 80, 100, 1041, 1119])
def test_a_file_cut_inside_a_record_says_so(dm, size):
    dm.write_bytes(dm.read_bytes()[:size])
    assert refusal(dm) == f"dm.xpt: the file is cut off: {size} bytes are no whole records of 80"


CUTS = [(240, "MEMBER"), (320, "DSCRPTR"), (560, "NAMESTR"), (640, "OBS"), (720, "OBS"), (960, "OBS")]


@pytest.mark.parametrize(("size", "kind"), CUTS)
def test_a_file_cut_inside_its_headers_says_so(dm, size, kind):
    dm.write_bytes(dm.read_bytes()[:size])
    assert refusal(dm) == f"dm.xpt: the file is cut off: it ends before the {kind} header"


def test_a_file_cut_inside_a_row_says_so(tmp_path):
    path = tmp_path / "dm.xpt"
    write(path, pd.DataFrame({"A": text("x" * 100, "y" * 100)}), char("A"))
    path.write_bytes(path.read_bytes()[:-80])
    # 240 bytes of data become 160: one row of 100, and 60 bytes of the second
    assert refusal(path) == "dm.xpt: the file is cut off: the last row has 60 of 100 bytes"


def test_a_file_cut_inside_a_row_that_begins_blank_says_so(tmp_path):
    path = tmp_path / "dm.xpt"
    write(path, pd.DataFrame({"A": text(None), "B": text("y")}), char("A", length=100), char("B"))
    path.write_bytes(path.read_bytes()[:-80])
    assert refusal(path) == "dm.xpt: the file is cut off: the last row has 80 of 101 bytes"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b"MEMBER  HEADER", b"member  HEADER", "no MEMBER header at byte 240"),
        (b"DSCRPTR HEADER", b"dscrptr HEADER", "no DSCRPTR header at byte 320"),
        (b"NAMESTR HEADER", b"namestr HEADER", "no NAMESTR header at byte 560"),
        (b"OBS     HEADER", b"obs     HEADER", "no OBS header at byte 960"),
        (b"\0\1\0\0\0\x08\0\2AGE", b"\0\3\0\0\0\x08\0\2AGE", "variable 2 has no name, type, length or place"),
        (b"\0\1\0\0\0\x08\0\2AGE", b"\0\1\0\0\0\x09\0\2AGE", "variable 2 has no name, type, length or place"),
        (b"\0\2AGE     ", b"\0\2        ", "variable 2 has no name, type, length or place"),
        (b"\0\2AGE     ", b"\0\2sex     ", "no variables, or two of one name"),
    ],
)
def test_a_damaged_header_says_where(dm, old, new, problem):
    raw = dm.read_bytes()
    assert raw.count(old) == 1
    dm.write_bytes(raw.replace(old, new))
    assert refusal(dm) == f"dm.xpt: the header cannot be read: {problem}"


def test_a_file_without_variables_is_damaged(tmp_path):
    path = foreign(tmp_path / "dm.xpt", [], b"")
    assert refusal(path) == "dm.xpt: the header cannot be read: no variables, or two of one name"


def test_a_second_dataset_says_so(dm):
    raw = dm.read_bytes()
    dm.write_bytes(raw + raw[240:])
    assert refusal(dm) == "dm.xpt: the file has more than one dataset"


def test_text_that_looks_like_headers_is_text(dm):
    headers = dm.read_bytes()[240:400].decode().rstrip()
    frame = pd.DataFrame({"N": [1.0, 2.0], "A": text(headers, headers[:78])})
    write(dm, frame, num("N"), char("A", length=160))
    assert_frame_equal(read_xpt(dm).frame, frame)


def test_text_of_a_western_session_is_read_and_told(tmp_path):
    """13 of 639 public files are of this kind. e acute is 0xE9 and the dash 0x96 in cp1252."""
    variables = [Variable("TERM", "Label - here", "Char", 7), Variable("ASCII", "", "Char", 2)]
    path = foreign(
        tmp_path / "dm.xpt", variables, b"caf\xe9 \x96 okplain  no", (b"Label - h", b"Label \x96 h")
    )
    got = read_xpt(path)
    assert got.frame["TERM"].tolist() == ["café –", "plain"]
    assert got.frame["ASCII"].tolist() == ["ok", "no"]
    assert got.variables[0].label == "Label – here"
    assert told(path) == [("DM", "", "warning", "DM has text that is not UTF-8; it was read as cp1252")]


def test_text_in_utf_8_is_read_without_a_word(tmp_path):
    path = foreign(tmp_path / "dm.xpt", [Variable("TERM", "", "Char", 6)], "阴性5 µg".encode() + b" ")
    assert read_xpt(path).frame["TERM"].tolist() == ["阴性", "5 µg"]
    assert told(path) == []


def test_an_encoding_that_is_named_is_used(tmp_path):
    path = foreign(
        tmp_path / "dm.xpt", [Variable("TERM", "", "Char", 4)], "阴性".encode("gb18030") + b"    ok  "
    )
    assert read_xpt(path, encoding="gb18030").frame["TERM"].fillna("-").tolist() == ["阴性", "-", "ok"]
    assert told(path, encoding="gb18030") == []


@pytest.mark.parametrize(
    ("more", "shown"),
    [({}, "cp1252"), ({"encoding": "utf-8"}, "utf-8"), ({"encoding": "klingon"}, "klingon")],
)
def test_text_that_no_encoding_fits_says_so(tmp_path, more, shown):
    """0x81 means nothing in cp1252."""
    path = foreign(tmp_path / "dm.xpt", [Variable("TERM", "", "Char", 4)], b"\x81\xff  ")
    with pytest.raises(InputError) as error:
        read_xpt(path, **more)
    assert str(error.value) == f"dm.xpt: the text cannot be read as {shown}"


def test_null_bytes_in_text_are_told(tmp_path):
    path = foreign(tmp_path / "dm.xpt", [Variable("TERM", "", "Char", 4)], b"ab\0\0c\0d \0\0\0\0e   ")
    assert read_xpt(path).frame["TERM"].fillna("-").tolist() == ["ab", "c\0d", "-", "e"]
    assert told(path) == [
        ("DM", "TERM", "warning", "TERM has null bytes; those at the end of a value were dropped")
    ]


def test_null_bytes_in_header_fields_are_blanks(tmp_path):
    path = foreign(
        tmp_path / "dm.xpt", [Variable("TERM", "Label", "Char", 1)], b"x", (b"TERM    ", b"TERM\0abc")
    )
    assert read_xpt(path).frame.columns.tolist() == ["TERM"]


def test_blank_rows_at_the_end_of_a_narrow_file_are_padding_and_told(tmp_path):
    path = foreign(tmp_path / "dm.xpt", [Variable("SEX", "", "Char", 1)], b"F M")
    assert read_xpt(path).frame["SEX"].fillna("-").tolist() == ["F", "-", "M"]
    finding = read_xpt(path).findings.iloc[0]
    assert (finding["dataset"], finding["severity"]) == ("DM", "info")
    more = "and no number: 77 blank rows at the end were taken for padding"
    assert finding["text"] == f"the rows of DM have under 80 bytes {more}"


def test_digits_beyond_a_double_are_told(dm):
    dm.write_bytes(
        dm.read_bytes().replace(bytes.fromhex("423d000000000000"), bytes.fromhex("423d000000000000"))
    )
    assert told(dm) == []
    dm.write_bytes(
        dm.read_bytes().replace(bytes.fromhex("423d000000000000"), bytes.fromhex("42fd000000000001"))
    )
    assert read_xpt(dm).frame["AGE"][0] == 253.0
    more = "have more digits than a double and were rounded"
    assert told(dm) == [("DM", "AGE", "info", f"1 values of AGE {more}")]


def test_short_numbers_and_widths_of_other_makers_are_read(tmp_path):
    variables = [Variable("A", "", "Num", 3, "8.2"), Variable("B", "", "Num", 2)]
    path = foreign(tmp_path / "dm.xpt", variables, bytes.fromhex("c276a041102e00004200"))
    got = read_xpt(path)
    np.testing.assert_array_equal(got.frame["A"], [-118.625, np.nan])
    np.testing.assert_array_equal(got.frame["B"], [1.0, np.nan])
    assert got.codes["B"].fillna("-").tolist() == ["-", ".B"]
    assert got.variables == variables


def test_names_in_lower_case_are_read_as_they_are(tmp_path):
    """The accepted R pilot 3 of the R consortium has a dataset named in lower case."""
    path = foreign(tmp_path / "dm.xpt", [Variable("sex", "", "Char", 1)], b"F" * 80)
    got = read_xpt(path)
    assert got.frame.columns.tolist() == ["sex"]
    assert (got.name, got.label, got.created) == ("DM", "Demographics", "09MAR25:07:05:01")


@pytest.mark.parametrize(
    ("values", "format"),
    [
        ([1.5, 2.0], "DATE9."),
        ([2e9, 1.0], "DATE9."),
        ([1e15, 1.0], "DATETIME20."),
        ([0.1234567891, 1.0], "DATETIME20."),
    ],
)
def test_numbers_that_are_no_dates_stay_numbers_and_are_told(tmp_path, values, format):
    path = tmp_path / "dm.xpt"
    write(path, pd.DataFrame({"ADT": values}), num("ADT", format))
    assert read_xpt(path).frame["ADT"].tolist() == values
    more = "but not every number is one: the SAS numbers were kept"
    assert told(path) == [("DM", "ADT", "warning", f"ADT has format {format}, {more}")]


def test_dates_given_as_sas_numbers_are_read_as_dates(tmp_path):
    path = tmp_path / "dm.xpt"
    frame = pd.DataFrame(
        {"ADT": [0.0, -1.0, np.nan], "ADTM": [0.5, -0.25, np.nan], "ATM": [1.0, 2.0, np.nan]}
    )
    write(path, frame, num("ADT", "YYMMDD10."), num("ADTM", "E8601DT26.6"), num("ATM", "TIME8."))
    expected = pd.DataFrame(
        {
            "ADT": moments("1960-01-01", "1959-12-31", None),
            "ADTM": moments("1960-01-01T00:00:00.5", "1959-12-31T23:59:59.75", None, unit="us"),
            "ATM": [1.0, 2.0, np.nan],
        }
    )
    assert_frame_equal(read_xpt(path).frame, expected)

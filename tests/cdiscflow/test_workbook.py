"""Workbooks that people open: every text as it is, whatever it holds, read back with another library."""

from __future__ import annotations

import zipfile
from xml.etree import ElementTree

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from cdiscflow.workbook import LONGEST, SHEET, Sheet, write_sheets, write_workbook

COLUMNS = {"a": "First", "b": "Second"}
PLAIN = {"title": "T", "sheet": "S", "widths": {"a": 20}, "frozen": 1}


def written(folder, *rows, columns=COLUMNS):
    """The workbook of these rows, and its sheet as XML."""
    path = folder / "book.xlsx"
    write_workbook(path, pd.DataFrame(rows, columns=list(columns), dtype="str"), columns, **PLAIN)
    with zipfile.ZipFile(path) as parts:
        assert parts.testzip() is None
        return path, ElementTree.fromstring(parts.read(SHEET.format(1)))


def cells(path):
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name("S").to_python()


@pytest.mark.parametrize(
    "text",
    [
        "plain", "  blanks  ", "two\nlines", "a\ttab", "Größe ≥ 3 中", "😀", "<r>bold</r>", "a < b & c > d",
        'say "no"', "it's", "=1+1", "@x", "1.0", "http://x.y", "TRUE", "]]>", "&amp;", "_x0041", "x0041_",
    ],
)  # fmt: skip
def test_a_text_comes_back_as_it_is(tmp_path, text):
    path, _ = written(tmp_path, (text, "x"), ("y", text))
    assert cells(path) == [["First", "Second"], [text, "x"], ["y", text]]


def test_a_character_that_xml_has_no_word_for_is_written_as_excel_writes_it(tmp_path):
    """ECMA-376 part 1, 22.9.2.19: `_xHHHH_`; a text that looks like that has its underscore written so."""
    _, sheet = written(tmp_path, ("a\x07b", "\x1b[31m"), ("_x0041_", "end\uffff"))
    texts = [each.text for each in sheet.findall(".//{*}t")]
    assert texts == ["a_x0007_b", "_x001B_[31m", "_x005F_x0041_", "end_xFFFF_"]


def test_a_cell_holds_what_excel_takes_and_no_more(tmp_path):
    path, _ = written(tmp_path, ("x" * LONGEST, "x" * (LONGEST + 1)))
    assert [len(text) for text in cells(path)[1]] == [32767, 32767]


def test_a_row_is_as_high_as_its_longest_text_needs(tmp_path):
    """20 and 10 characters fit into a line of 15 points; LibreOffice showed rows over each other."""
    rows = ("x" * 20, "y" * 10), ("x" * 21, "y"), ("x" * 21, "y" * 21), ("a\nb\n\nc", ""), ("x" * 9999, None)
    _, sheet = written(tmp_path, *rows)
    assert [row.get("ht") for row in sheet.findall(".//{*}row")[1:]] == [None, "30", "45", "60", "405"]


def test_an_empty_or_missing_text_has_no_cell_and_the_others_keep_their_place(tmp_path):
    path, sheet = written(tmp_path, ("", "b2"), ("a3", None), ("", ""), ("a5", ""))
    assert cells(path) == [["First", "Second"], ["", "b2"], ["a3", ""], ["", ""], ["a5", ""]]
    assert [each.get("r") for each in sheet.findall(".//{*}c")] == ["A1", "B1", "B2", "A3", "A5"]


def test_the_sheet_says_how_large_it_is_and_filters_all_of_it(tmp_path):
    _, sheet = written(tmp_path, *[("a", "b")] * 3)
    assert sheet.find("{*}dimension").get("ref") == "A1:B4"
    assert sheet.find("{*}autoFilter").get("ref") == "A1:B4"
    assert sheet.find(".//{*}pane").get("topLeftCell") == "B2"


def test_a_text_has_the_style_of_its_column(tmp_path):
    """Wrapped at the top, and never taken for a number."""
    _, sheet = written(tmp_path, ("a", "b"))
    (style,) = {each.get("style") for each in sheet.findall(".//{*}col")}
    assert {each.get("s") for each in sheet.findall(".//{*}c") if each.get("r").endswith("2")} == {style}


def test_columns_beyond_the_alphabet_have_two_letters(tmp_path):
    columns = {f"c{number}": f"C{number}" for number in range(28)}
    path, sheet = written(tmp_path, [str(number) for number in range(28)], columns=columns)
    assert cells(path)[1] == [str(number) for number in range(28)]
    assert [*sheet.findall(".//{*}c")][-1].get("r") == "AB2"


def test_without_rows_there_is_a_header(tmp_path):
    path, sheet = written(tmp_path)
    assert cells(path) == [["First", "Second"]]
    assert sheet.find("{*}dimension").get("ref") == "A1:B1"


def test_each_sheet_has_the_rows_of_its_own_frame(tmp_path):
    sheets = [Sheet(name, pd.DataFrame({"a": [f"in {name}"]}), {"a": "Title"}) for name in ("one", "two")]
    write_sheets(tmp_path / "b.xlsx", sheets, title="T", widths={})
    book = CalamineWorkbook.from_path(str(tmp_path / "b.xlsx"))
    read = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    assert read == {"one": [["Title"], ["in one"]], "two": [["Title"], ["in two"]]}

"""Workbooks as raw text."""

from __future__ import annotations

import datetime as dt

import pytest
from xlsxwriter import Workbook

from clinical.errors import InputError
from edc.excel import read_excel
from tests.tables import assert_table


def workbook(path, *rows, sheet="lab"):
    with Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
        book.add_worksheet("notes").write_row(0, 0, ["nothing"])
    return path


def test_cells_are_the_text_that_a_csv_export_would_have(tmp_path):
    """The header may stand lower; blank rows are left out and the lines of the others kept."""
    path = workbook(
        tmp_path / "lab.xlsx",
        [],
        ["Subject", " RESULT ", "WHEN", "AT", "OK"],
        ["01-001", 5.4, dt.datetime(2024, 3, 1), dt.time(8, 30), True],
        [None, None, None, None, None],
        ["01-002", 12.0, dt.datetime(2024, 3, 1, 8, 30, 5), None, False],
        [" 01-003 ", 0.1 + 0.2, dt.date(2024, 3, 2), None, "x\r\ny"],
    )
    collected = read_excel(path, "external/lab.xlsx", "lab")
    assert collected.path == "external/lab.xlsx#lab"
    assert collected.lines().tolist() == [3, 5, 6]
    assert_table(
        collected.frame.assign(OK=collected.frame["OK"].str.replace("\n", "/")),
        """
        Subject | RESULT | WHEN                | AT       | OK
        01-001  | 5.4    | 2024-03-01          | 08:30:00 | TRUE
        01-002  | 12     | 2024-03-01T08:30:05 |          | FALSE
        01-003  | 0.3    | 2024-03-02          |          | x/y
        """,
    )


def test_without_a_sheet_the_first_is_read(tmp_path):
    path = workbook(tmp_path / "lab.xlsx", ["A"], ["1"])
    assert read_excel(path, "lab.xlsx", "").frame["A"].tolist() == ["1"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["A", "B", "A"], ["1", "2", "3"]], "lab.xlsx#lab:1: column A is there twice (columns 1 and 3)"),
        ([["A", None], ["1", "2"]], "lab.xlsx#lab:1: column 2 has values and no name"),
        ([[]], "lab.xlsx#lab:1: the first line has no column names"),
    ],
)
def test_a_header_that_leaves_doubt_is_refused(tmp_path, rows, said):
    with pytest.raises(InputError) as fault:
        read_excel(workbook(tmp_path / "lab.xlsx", *rows), "lab.xlsx", "lab")
    assert str(fault.value) == said


def test_a_sheet_that_is_not_there_is_named_with_those_that_are(tmp_path):
    path = workbook(tmp_path / "lab.xlsx", ["A"])
    with pytest.raises(InputError, match=r"^lab.xlsx: no sheet LAB; there are lab, notes$"):
        read_excel(path, "lab.xlsx", "LAB")


def test_a_file_that_is_missing_empty_cut_or_no_workbook_is_refused(tmp_path):
    path = tmp_path / "lab.xlsx"
    with pytest.raises(InputError, match=r"^lab.xlsx: the file is not in the extract$"):
        read_excel(path, "lab.xlsx", "")
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"^lab.xlsx: "):
        read_excel(path, "lab.xlsx", "")
    whole = workbook(tmp_path / "whole.xlsx", ["A"], ["1"]).read_bytes()
    for data in (b"A,B\n1,2\n", whole[: len(whole) // 2]):
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"^lab.xlsx: the workbook cannot be read: "):
            read_excel(path, "lab.xlsx", "")

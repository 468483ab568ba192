"""What a workbook has wrong is named by sheet and cell, and then nothing is written."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from cdiscflow.specbook_cells import SHEETS
from cdiscflow.specbook_files import read_book, write_book
from cdiscflow.specbook_import import Book
from clinical.errors import SpecErrors
from tests.cdiscflow.specbook.books import cells_of, edit, saved


@pytest.mark.parametrize(
    ("sheet", "column", "value", "where", "message"),
    [
        ("variables", "word", "frist", {"variable": "AETERM"},
         "AE.AETERM: no algorithm called 'frist'; did you mean first?"),
        ("variables", "codelist", "NY", {"variable": "AETERM"},
         "AE.AETERM: copy takes no argument 'codelist'"),
        ("fields", "type", "txt", {"file": "raw/EVENT.yml", "field": "WHAT"},
         "EVENT.WHAT: no field type called 'txt'"),
        ("variables", "section", "sup", {"variable": "AETERM"}, "here stands variables or supp"),
        ("variables", "variable", "", {"variable": "AETERM"}, "variable has no value"),
        ("variables", "when", "{AETERM: [x", {"variable": "AETERM"}, "no YAML: "),
        ("variables", "value", dt.date(2024, 1, 2), {"variable": "AETERM"},
         "the cell is a date or time and no text"),
        ("variables", "value", "", {"variable": "AETERM"}, "AETERM has no value"),
        ("variables", "variable", "AESPID", {"variable": "AETERM"}, "AESPID is given twice"),
        ("variables", "part", "log", {"variable": "AETERM"}, "sdtm/ae.yml has no part log on sheet datasets"),
        ("variables", "file", "sdtm/xx.yml", {"variable": "AETERM"},
         "sheet datasets has no row for sdtm/xx.yml"),
        ("datasets", "file", "../ae.yml", {"file": "sdtm/ae.yml"},
         "../ae.yml is no file of this sheet; it has sdtm/NAME.yml or adam/NAME.yml"),
        ("study", "setting", "a b", {"setting": "title"}, "'a b' is no name of a setting"),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_sheet_and_cell_and_nothing_is_written(
    home, book, run, sheet, column, value, where, message
):
    own = {"file": "sdtm/ae.yml"} if sheet == "variables" else {}
    before = {path: path.read_bytes() for path in home.study.rglob("*.yml")}
    at = edit(book, sheet, column, value, **own, **where)
    answer = run("spec", "import", "mini", str(book), "--write")
    assert answer.code == 1
    assert any(line.startswith(f"{at}: {message}") for line in answer.err.splitlines()), answer.err
    assert {path: path.read_bytes() for path in home.study.rglob("*.yml")} == before


def test_an_argument_that_the_word_does_not_take_is_named_and_not_dropped(book, run):
    edit(book, "variables", "word", "number", file="sdtm/ae.yml", variable="AETERM")
    at = edit(book, "variables", "codelist", "NY", file="sdtm/ae.yml", variable="AETERM")
    answer = run("spec", "import", "mini", str(book))
    assert answer.err == f"{at}: number takes no argument 'codelist'\n"


def test_unknown_and_missing_sheets_and_columns_and_lost_cells_are_named(book, run):
    cells = cells_of(book)
    cells["variable"] = [["x"]]
    del cells["parameters"]
    cells["lines"][0] = ["file", "part", "list", "take", "set"]
    cells["codelists"][0][3] = "cod"
    cells["study"][0].append("setting")
    cells["study"][1] += ["", "left alone"]
    saved(book, cells)
    answer = run("spec", "import", "mini", str(book))
    assert answer.err.splitlines() == [
        "study!C1: a second column setting",
        "study!D2: the cell is in no column of the sheet",
        "lines!A1: sheet lines has no column where",
        "codelists!D1: sheet codelists has no column cod; did you mean code?",
        "codelists!A1: sheet codelists has no column code",
        "variable!A1: no sheet is called variable; there are study, forms, fields, datasets, lines, "
        "variables, parameters, codelists; did you mean variables?",
        "parameters!A1: the workbook has no sheet parameters",
    ]


def book_of(path: Path, **rows: list[dict[str, str]]) -> list[str]:
    """The faults of a workbook with these rows."""
    write_book(path, {sheet: rows.get(sheet, []) for sheet in SHEETS}, [])
    return [str(fault) for fault in Book(read_book(path)[0]).faults]


def test_rows_that_say_something_twice_or_nothing_are_named(tmp_path):
    dm = {"file": "sdtm/dm.yml", "dataset": "DM", "from": "raw.DM"}
    assert book_of(
        tmp_path / "b.xlsx",
        study=[{"setting": "a", "value": "1"}, {"setting": "a.b", "value": "1"}, {"setting": "c"}],
        forms=[{"file": "raw/A.yml"}, {"file": "raw/A.yml"}],
        datasets=[dm, {"file": "sdtm/dm.yml", "from": "raw.X"}],
        lines=[{"file": "sdtm/dm.yml", "list": "any", "take": "{A: b}"}],
        codelists=[{"file": "ct/../x.csv", "collected": "1"}],
    ) == [
        "study!A3: a is given twice",
        "study!A4: c has no value",
        "forms!A3: raw/A.yml is given twice",
        "datasets!H3: a second row of sdtm/dm.yml needs the name of its part",
        "lines!C2: here stands each or table",
        "codelists!A2: ct/../x.csv is no file of this sheet; it has ct/NAME.csv",
    ]


def test_a_text_in_a_cell_that_its_row_does_not_use_is_named(tmp_path):
    faults = book_of(
        tmp_path / "b.xlsx",
        datasets=[
            {"file": "sdtm/dm.yml", "dataset": "DM", "part yaml": "{a: b}", "from": "raw.X", "part": "p"}
        ],
        forms=[{"file": "raw/A.yml", "yaml": "text"}],
    )
    assert faults == ["forms!T2: no YAML: a mapping is needed"]
    rows = read_book(tmp_path / "b.xlsx")[0]
    rows["study"].append(
        type(rows["forms"][0])("study", 9, {"setting": "x", "value": "y", "note": "z"}, {"note": 2})
    )
    assert [str(fault) for fault in Book({"study": rows["study"]}).faults] == [
        "study!C9: nothing reads this cell (column note)"
    ]


def test_a_workbook_that_is_there_is_not_written_over_unless_told(book, run):
    before = book.read_bytes()
    assert run("spec", "export", "mini", str(book)).err == (
        f"{book}: is there already; --force writes over it\n"
    )
    assert run("spec", "export", "mini", str(book), "--force").code == 0
    assert book.read_bytes() == before


def test_files_that_are_no_workbooks_are_refused(home, run, tmp_path):
    text = tmp_path / "x.xlsx"
    text.write_text("a,b")
    assert run("spec", "import", "mini", str(text)).err.startswith(f"{text}: no workbook that can be read: ")
    gone = tmp_path / "gone.xlsx"
    assert run("spec", "import", "mini", str(gone)).err == f"{gone}: no such workbook\n"
    assert run("spec", "export", "mini", str(tmp_path / "x.csv")).err == (
        f"{tmp_path / 'x.csv'}: a workbook is written to a file that ends in .xlsx, "
        "in a folder that is there\n"
    )


def test_a_text_that_no_cell_holds_is_refused_with_its_file(home, run, tmp_path):
    (home.study / "study.yml").write_text(f"study: MINI\ntitle: {'x' * 40000}\n", "utf-8")
    assert run("spec", "export", "mini", str(tmp_path / "x.xlsx")).err == (
        "study!B3: study.yml has a text that no cell holds (more than 32767 characters)\n"
    )


def test_all_faults_are_one_refusal(book):
    from cdiscflow.home import home as home_of
    from cdiscflow.specbook import import_specs

    edit(book, "variables", "word", "frist", file="sdtm/ae.yml", variable="AETERM")
    edit(book, "study", "setting", "a b", setting="title")
    with pytest.raises(SpecErrors) as refused:
        import_specs(home_of(), "mini", book, write=True)
    assert len(refused.value.errors) == 2

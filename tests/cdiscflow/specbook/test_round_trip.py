"""Specs as a workbook and back: nothing is lost, and an edited cell is one changed line."""

from __future__ import annotations

import shutil
import zipfile
from functools import partial
from pathlib import Path

import pytest

from cdiscflow import selftest
from cdiscflow.specbook import _codelists, _trees
from cdiscflow.specbook_export import rows_of
from cdiscflow.specbook_files import read_book, write_book
from cdiscflow.specbook_import import Book
from clinical.errors import SpecError
from tests.cdiscflow.specbook.books import cells_of, changed_lines, edit, saved
from tests.homes import ROOT, command, enter, little_home

STUDIES = [*sorted(path.parent for path in ROOT.glob("mappings/*/study.yml")), ROOT / "tests/studies/mini"]
NO_TREE = {"spec.sharing", "spec.key-twice", "spec.not-yaml", "spec.not-a-mapping", "spec.key-not-text"}
AE = "mappings/mini/sdtm/ae.yml"


def differences(folder: Path, book: Path) -> list[str]:
    """The files of a study that do not come back from a workbook as they went in, and every fault."""
    trees, (codelists, left) = dict(_trees(folder)), _codelists(folder)
    write_book(book, rows_of(trees, codelists), ["about"])
    sheets, faults = read_book(book)
    found = Book(sheets)
    lists = {name: [list(record) for record in records] for name, records in found.codelists.items()}
    wide = {name: [[*record, ""][:3] for record in records[1:]] for name, records in codelists.items()}
    return [
        *(str(fault) for fault in (*faults, *found.faults)),
        *(name for name, tree in trees.items() if tree and found.files.get(name) != tree),
        *(name for name, records in wide.items() if lists[name] != records),
        *left,
    ]


@pytest.mark.parametrize("folder", STUDIES, ids=lambda folder: folder.name)
def test_a_shipped_study_comes_back_from_its_workbook_as_it_went_in(folder, tmp_path):
    assert differences(folder, tmp_path / "book.xlsx") == []


def test_every_conformance_spec_comes_back_from_its_workbook_even_those_the_language_refuses(tmp_path):
    """Ten of them are no YAML of ours at all: anchors, tags, a key given twice; they have no tree to lose."""
    lost, unreadable, count = [], set(), 0
    with selftest.workplace() as root:
        for case in selftest.cases():
            outside = selftest._write(case.files, root / "mappings")
            try:
                lost += [
                    f"{case}: {each}" for each in differences(root / "mappings/toy", tmp_path / "b.xlsx")
                ]
            except SpecError as fault:
                unreadable.add(fault.id)
                count += 1
            shutil.rmtree(root / "mappings/toy")
            for path in outside:
                path.unlink(missing_ok=True)
    assert lost == []
    assert unreadable <= NO_TREE
    assert count < len(selftest.cases()) / 20


def test_nothing_edited_is_nothing_to_do(book, run):
    assert run("spec", "import", "mini", str(book)).out == "mini: nothing differs\n"


@pytest.mark.parametrize("study", [folder.name for folder in STUDIES])
def test_each_edited_cell_of_a_variable_changes_one_line_and_the_comments_stay(
    study, tmp_path, monkeypatch, capsys
):
    """Every note of every variable in turn would be slow: one a dataset file is enough."""
    made = little_home(tmp_path / "home", *([study] if study != "mini" else []))
    enter(made, monkeypatch)
    run, path = partial(command, capsys), tmp_path / "specs.xlsx"
    run("spec", "export", study, str(path))
    cells = cells_of(path)
    header, *rows = cells["variables"]
    first: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        if row[header.index("word")] == "constant":
            first.setdefault(row[0], number)
    for number in first.values():
        cells["variables"][number][header.index("value")] = "EDITED: 1"
    saved(path, cells)
    changes = changed_lines(run("spec", "import", study, str(path)).out)
    assert sum(line.startswith("+") for line in changes) == len(first) > 0
    assert all('"EDITED: 1"' in line for line in changes if line.startswith("+"))
    assert run("spec", "import", study, str(path), "--write").code == 0
    assert run("spec", "import", study, str(path)).out == f"{study}: nothing differs\n"


def test_an_import_shows_the_difference_and_writes_only_when_told(home, book, run):
    before = (home.root / AE).read_text("utf-8")
    edit(book, "variables", "value", "raw.TERM", file="sdtm/ae.yml", variable="AETERM")
    shown = run("spec", "import", "mini", str(book))
    old, new = changed_lines(shown.out)
    assert (old, new) == ("-  AETERM:  raw.WHAT", "+  AETERM:  raw.TERM")
    assert shown.out.endswith("mini: 1 files would change; --write does it\n")
    assert (home.root / AE).read_text("utf-8") == before
    told = run("spec", "import", "mini", str(book), "--write")
    assert told.out.endswith("mini: 1 files changed; next: cdiscflow check mini\n")
    assert (home.root / AE).read_text("utf-8") == before.replace(old[1:], new[1:])


def test_a_new_row_is_a_new_line_and_a_removed_row_a_removed_line(home, book, run):
    cells = cells_of(book)
    header = cells["variables"][0]
    place = next(
        n for n, row in enumerate(cells["variables"]) if row[:4] == ["sdtm/ae.yml", "", "variables", "AETERM"]
    )
    added = dict(zip(header, cells["variables"][place], strict=True)) | {
        "variable": "AEMODIFY", "word": "text", "value": "{AETERM}-1", "note": "a number: ours"}  # fmt: skip
    cells["variables"].insert(place + 1, [added[name] for name in header])
    saved(book, cells)
    assert changed_lines(run("spec", "import", "mini", str(book)).out) == [
        '+  AEMODIFY: {text: "{AETERM}-1", note: "a number: ours"}'
    ]
    del cells["variables"][place + 1], cells["variables"][place]
    saved(book, cells)
    changes = changed_lines(run("spec", "import", "mini", str(book)).out)
    assert len(changes) == 1
    assert changes[0].startswith("-  AETERM")


def test_a_number_that_the_program_made_of_a_text_is_that_text_again(book, run):
    edit(book, "variables", "round", 2.0, file="sdtm/ae.yml", variable="AETERM")
    assert "round: 2}" in run("spec", "import", "mini", str(book)).out


def test_a_codelist_gains_a_line_and_keeps_the_others(home, book, run):
    (home.study / "ct").mkdir(exist_ok=True)
    (home.study / "ct/sex.csv").write_text('collected,submission\n"1",M\n2,F\n', "utf-8")
    run("spec", "export", "mini", str(book), "--force")
    cells = cells_of(book)
    cells["codelists"].append(["ct/sex.csv", "male, old", "M", ""])
    saved(book, cells)
    run("spec", "import", "mini", str(book), "--write")
    text = (home.study / "ct/sex.csv").read_text("utf-8")
    assert text == 'collected,submission\n"1",M\n2,F\n"male, old",M\n'


def test_a_new_form_and_dataset_are_new_files(home, book, run):
    cells = cells_of(book)

    def add(sheet: str, **texts: str) -> None:
        cells[sheet].append([texts.get(name.replace(" ", "_"), "") for name in cells[sheet][0]])

    add("forms", file="raw/CMP.yml", form="CMP", csv="cm.csv", record="file", subject="SUBJ")
    add("fields", file="raw/CMP.yml", field="CMTRT", type="text", label="Name")
    add("datasets", file="sdtm/cm.yml", dataset="CM", keys="[STUDYID, USUBJID, CMTRT]", **{"from": "raw.CMP"})
    add("variables", file="sdtm/cm.yml", section="variables", variable="CMTRT", value="raw.CMTRT")
    saved(book, cells)
    assert run("spec", "import", "mini", str(book), "--write").code == 0
    assert (home.study / "sdtm/cm.yml").read_text("utf-8") == (
        "dataset: CM\nkeys: [STUDYID, USUBJID, CMTRT]\nrows: {from: raw.CMP}\n"
        "variables:\n  CMTRT: raw.CMTRT\n"
    )
    assert "  CMTRT: {type: text, label: Name}\n" in (home.study / "raw/CMP.yml").read_text("utf-8")


def test_a_file_without_rows_stays_and_is_named(book, run):
    cells = cells_of(book)
    for sheet in ("datasets", "variables", "lines", "parameters"):
        cells[sheet] = [row for row in cells[sheet] if row[0] != "sdtm/ae.yml"]
    saved(book, cells)
    said = run("spec", "import", "mini", str(book), "--write").out
    assert said == "mini/sdtm/ae.yml: no row is about it; it stays as it is\nmini: nothing differs\n"


def test_a_formula_in_a_spec_stays_a_text_in_the_workbook(home, run, tmp_path):
    path = home.study / "sdtm/ae.yml"
    line = next(
        each for each in path.read_text("utf-8").splitlines() if "AETERM" in each and "keys" not in each
    )
    path.write_text(
        path.read_text("utf-8").replace(line, "  AETERM: {constant: '=cmd|calc!A1', note: '@x'}"), "utf-8"
    )
    book = tmp_path / "specs.xlsx"
    run("spec", "export", "mini", str(book))
    with zipfile.ZipFile(book) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if "worksheets/sheet" in name]
        assert not any(b"<f>" in sheet for sheet in sheets)
        assert b"quotePrefix" in parts.read("xl/styles.xml")
    assert run("spec", "import", "mini", str(book)).out == "mini: nothing differs\n"


def test_the_same_specs_give_the_same_bytes(home, run, tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        run("spec", "export", "mini", str(tmp_path / name))
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_what_is_not_in_the_workbook_is_said(home, run, tmp_path):
    (home.study / "ct").mkdir(exist_ok=True)
    (home.study / "ct/odd.csv").write_text("a,b\n1,2\n", "utf-8")
    (home.study / "tlf").mkdir(exist_ok=True)
    (home.study / "tlf/t_1.yml").write_text("table: x\n", "utf-8")
    said = run("spec", "export", "mini", str(tmp_path / "x.xlsx")).out
    assert "not in the workbook: ct/odd.csv: its columns are not collected, submission, code\n" in said
    assert "not in the workbook: tlf/t_1.yml: edit it where it is\n" in said

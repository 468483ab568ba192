"""`cdiscflow compare`: the second programmer's file against a run's dataset."""

from __future__ import annotations

import csv
import shutil
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from cdiscflow.compare import COLUMNS, Side, _side, differences
from clinical.xpt import write_xpt
from clinical.xpt_layout import Variable
from clinical.xpt_read import read_xpt
from tests.tables import assert_table, table

SAS = Path(__file__).parents[1] / "edc" / "files" / "ae.sas7bdat"


def side(drawing: str, **labels: str) -> Side:
    """A drawn dataset: AVAL is a number, the rest text; labels are the names unless given."""
    frame = table(drawing, AVAL="Char")
    kinds = {name: "Num" if name == "AVAL" else "Char" for name in frame}
    return Side(frame, {name: (kinds[name], labels.get(name, name)) for name in frame})


def found(ours: Side, theirs: Side, *keys: str, tolerance: float = 0.0) -> pd.DataFrame:
    return differences(ours, theirs, keys or ("USUBJID", "PARAMCD"), tolerance)


OURS = """
    USUBJID | PARAMCD | AVAL | AVALC
    P1      | DOR     | 12.5 |
    P1      | OS      | 20   | x
    P2      | OS      | 7    | y
    """


def test_what_is_the_same_has_no_differences_in_whatever_order():
    turned = side(OURS)
    turned = Side(turned.frame.iloc[::-1].reset_index(drop=True), turned.facts)
    assert len(found(side(OURS), turned)) == 0


def test_values_records_and_variables_that_differ_are_named_by_record_and_variable():
    theirs = side(
        """
        USUBJID | PARAMCD | AVAL | CNSR
        P1      | DOR     | 12.6 | 0
        P1      | OS      |      | 0
        P3      | OS      | 7    | 1
        """,
        AVAL="Value",
    )
    assert_table(
        found(side(OURS), theirs),
        """
        kind              | key                     | variable | ours | theirs | apart
        label             |                         | AVAL     | AVAL | Value  |
        variable only here |                        | AVALC    |      |        |
        variable only there |                       | CNSR     |      |        |
        record only here  | USUBJID=P2 PARAMCD=OS   |          |      |        |
        record only there | USUBJID=P3 PARAMCD=OS   |          |      |        |
        value             | USUBJID=P1 PARAMCD=DOR  | AVAL     | 12.5 | 12.6   | 0.1
        value             | USUBJID=P1 PARAMCD=OS   | AVAL     | 20   |        |
        """,
        ours="Char",
        theirs="Char",
        apart="Char",
    )


@pytest.mark.parametrize(("tolerance", "differ"), [(0.0, 1), (0.09, 1), (0.25, 0), (0.3, 0)])
def test_numbers_apart_by_the_tolerance_are_the_same(tolerance, differ):
    theirs = side(OURS.replace("12.5", "12.75"))
    assert len(found(side(OURS), theirs, tolerance=tolerance)) == differ


TEXTS = ("PARAM", "TRTEMFL", "VISIT", "ATOXGR")
NUMBERS = {
    "PARAMN": 1,
    "TRTEMFN": 1,
    "CNSR": 1,
    "SRCSEQ": 1,
    "VISITNUM": 10.1,
    "AVAL": 20,
    "ADY": 3,
    "SCOREN": 4,
}


def coded(**other: object) -> Side:
    """One record of texts and numbers, one of them another one; SCOREN stands for no text."""
    values = {"USUBJID": "P1", **dict.fromkeys(TEXTS, "1"), **NUMBERS, **other}
    kinds = {name: "Num" if name in NUMBERS else "Char" for name in values}
    frame = pd.DataFrame({name: [str(value)] for name, value in values.items()}, dtype="str")
    return Side(frame, {name: (kind, name) for name, kind in kinds.items()})


@pytest.mark.parametrize("name", ["PARAMN", "TRTEMFN", "CNSR", "SRCSEQ", "VISITNUM"])
def test_a_tolerance_is_not_for_numbers_that_are_codes(name):
    """A number that stands for a text, CNSR and --SEQ are codes; how they are stored decides the last bit."""
    got = found(coded(), coded(**{name: NUMBERS[name] + 1}), "USUBJID", tolerance=2)
    assert got["variable"].tolist() == [name]
    assert len(found(coded(), coded(**{name: NUMBERS[name] + 1e-12}), "USUBJID", tolerance=2)) == 0


@pytest.mark.parametrize("name", ["AVAL", "ADY", "SCOREN"])
def test_a_tolerance_is_for_what_was_measured_or_counted(name):
    assert len(found(coded(), coded(**{name: NUMBERS[name] + 1}), "USUBJID", tolerance=2)) == 0


def test_a_tolerance_makes_no_text_of_digits_equal():
    """A grade of 1 and one of 2 are two grades, where they are text."""
    assert found(coded(), coded(ATOXGR="2"), "USUBJID", tolerance=2)["variable"].tolist() == ["ATOXGR"]
    assert found(coded(), coded(ATOXGR="01"), "USUBJID", tolerance=2)["variable"].tolist() == ["ATOXGR"]


def test_a_tolerance_makes_no_text_equal_and_nothing_equal_to_a_missing_value():
    theirs = side(OURS.replace("| x", "| z").replace("| y", "| "))
    got = found(side(OURS), theirs, tolerance=1e9)
    assert got[["kind", "ours", "theirs"]].to_numpy().tolist() == [["value", "x", "z"], ["value", "y", ""]]


def test_records_with_one_key_are_compared_in_their_order_and_the_key_is_named():
    theirs = side(OURS + "    P2      | OS      | 8    | y\n")
    got = found(side(OURS), theirs)
    assert got[["kind", "key"]].to_numpy().tolist() == [
        ["key not unique there", "USUBJID=P2 PARAMCD=OS"],
        ["record only there", "USUBJID=P2 PARAMCD=OS"],
    ]


def test_a_sas_dataset_has_types_labels_dates_and_numbers_as_text():
    read = _side(SAS)
    assert {name: kind for name, (kind, _) in read.facts.items()} == {
        **dict.fromkeys(("AEDAT", "AEDTM", "TEMP", "N", "TIM"), "Num"), "SUBJECT": "Char", "TXT": "Char",
    }  # fmt: skip
    assert read.frame["AEDAT"].tolist()[::2] == ["2024-03-01", "1959-12-31"]


@pytest.fixture
def theirs(seen, tmp_path, monkeypatch):
    """The run's ADSL as a second programmer would hand it in: the same file under another name."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "second.xpt"
    shutil.copyfile(seen.latest / "xpt" / "adam" / "adsl.xpt", path)
    return path


def test_the_same_file_has_no_differences_and_exit_code_0(theirs, run):
    answer = run("compare", "ADSL", theirs.name, "--study", "mini")
    assert (answer.code, answer.out.splitlines()[-1]) == (0, "  no differences")
    assert not list(theirs.parent.glob("compare-*"))


def changed(path: Path) -> None:
    """One number of the transport file is another."""
    file = read_xpt(path)
    frame = file.frame
    number = next(v.name for v in file.variables if v.type == "Num" and frame[v.name].dtype.kind == "f")
    frame.loc[0, number] = frame[number].fillna(0).iloc[0] + 1
    stamp = datetime(2024, 1, 1)
    path.unlink()
    write_xpt(path, frame, name=file.name, label=file.label, variables=file.variables, created=stamp)


def test_one_other_number_is_one_line_of_the_sheet_and_exit_code_1(theirs, run):
    changed(theirs)
    answer = run("compare", "ADSL", theirs.name, "--study", "mini")
    assert answer.code == 1
    assert answer.out.splitlines()[-1] == "  written to compare-ADSL.xlsx"
    sheet = CalamineWorkbook.from_path(theirs.parent / "compare-ADSL.xlsx")
    rows = sheet.get_sheet_by_name("Differences").to_python()
    assert rows[0] == list(COLUMNS.values())
    assert [row[0] for row in rows[1:]] == ["value"]
    assert rows[1][5] == "1"
    assert (theirs.parent / "compare-ADSL.xlsx").stat().st_mode & 0o007 == 0


@pytest.mark.parametrize(("number", "code"), [("CNSR", 1), ("AVAL", 0)])
def test_another_cnsr_is_a_difference_whatever_the_tolerance(seen, run, tmp_path, monkeypatch, number, code):
    """CNSR changed by 1 and a tolerance of 2: exit code 1; a day more in AVAL: 0."""
    monkeypatch.chdir(tmp_path)
    ours = pd.DataFrame({"USUBJID": pd.Series(["P1"], dtype="str"), "AVAL": [20.0], "CNSR": [0.0]})
    variables = [
        Variable("USUBJID", "Subject", "Char"),
        Variable("AVAL", "Days", "Num"),
        Variable("CNSR", "Censor", "Num"),
    ]
    for name, frame in (("ours.xpt", ours), ("theirs.xpt", ours.assign(**{number: ours[number] + 1}))):
        stamp = datetime(2024, 1, 1)
        write_xpt(tmp_path / name, frame, name="ADTTE", label="Times", variables=variables, created=stamp)
    monkeypatch.setattr("cdiscflow.compare._of_run", lambda *_: tmp_path / "ours.xpt")
    words = ("compare", "ADTTE", "theirs.xpt", "--study", "mini", "--key", "USUBJID", "--tolerance", "2")
    answer = run(*words)
    assert answer.code == code
    assert f"  value: {number} (1 records)" in answer.out.splitlines() if code else "no diff" in answer.out


def test_a_sheet_that_is_there_is_not_written_over_without_force(theirs, run):
    changed(theirs)
    words = ("compare", "ADSL", theirs.name, "--study", "mini", "--to", "found.csv")
    assert run(*words).code == 1
    refused = run(*words)
    assert (refused.code, refused.err) == (1, "found.csv: the file is there already\n")
    assert run(*words, "--force").code == 1
    with (theirs.parent / "found.csv").open(encoding="utf-8", newline="") as lines:
        assert [row["Difference"] for row in csv.DictReader(lines)] == ["value"]


def test_without_differences_no_sheet_of_an_earlier_comparison_stays(theirs, run):
    (theirs.parent / "found.csv").write_text("Difference", "utf-8")
    words = ("compare", "ADSL", theirs.name, "--study", "mini", "--to", "found.csv")
    assert run(*words).code == 1
    assert (theirs.parent / "found.csv").exists()
    assert run(*words, "--force").code == 0
    assert not (theirs.parent / "found.csv").exists()


@pytest.mark.parametrize("tolerance", ["-0.5", "nan", "inf"])
def test_a_tolerance_is_a_number_from_0_on(theirs, run, tolerance):
    answer = run("compare", "ADSL", theirs.name, "--study", "mini", "--tolerance", tolerance)
    assert (answer.code, answer.err) == (1, f"{tolerance} is no tolerance\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ADSL", "none.xpt"), "none.xpt: no such file\n"),
        (
            ("ADSL", "second.csv"),
            "neither a transport file (.xpt) nor a SAS dataset (.sas7bdat)\n",
        ),
        (("ADSL", "second.xpt", "--key", "SUBJ"), "ADSL has no variable SUBJ to tell its records apart by\n"),
        (("ADTTE", "second.xpt"), "has no dataset ADTTE\n"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(theirs, run, words, said):
    answer = run("compare", *words, "--study", "mini")
    assert answer.code == 1
    assert answer.err.endswith(said)


def test_a_dataset_of_no_study_must_be_named_with_its_study(theirs, run):
    answer = run("compare", "ADXX", theirs.name)
    assert (answer.code, answer.err) == (1, "ADXX is in these studies: none\n")

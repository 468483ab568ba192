"""`cdiscflow explain` of a cell and `cdiscflow diff --tlf`, on the toy study with two little tables.

It has three subjects: B002 was screened again as B004, and the pages of her doses bear that number.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.homes import LittleHome, enter

SEXES = """\
display: T1.1
title: Who was treated
population: {dataset: ADSL, where: {SAFFL: Y}, label: Safety Set}
rows:
  women: {count: {SEX: F}, label: Women}
  men:   {count: {SEX: M}, label: Men}
"""
DOSES = """\
display: T1.2
title: Dose
population: {dataset: ADSL, label: Everybody}
rows:
  treated: {count: {SAFFL: Y}, label: Treated}
  dose:    {continuous: DOSEKG, label: Total dose}
"""
FIRST_DOSE = "B004,1,Z,2021-05-10,23:50,5"


@pytest.fixture(scope="module")
def told(finished, tmp_path_factory) -> Iterator[LittleHome]:
    """The toy study with two tables, run once."""
    from cdiscflow.home import home as home_of
    from cdiscflow.pipeline import Request, run_study

    copy = finished.copy(tmp_path_factory.mktemp("told") / "home")
    (copy.study / "tlf").mkdir()
    for name, text in (("t_1_1", SEXES), ("t_1_2", DOSES)):
        (copy.study / "tlf" / f"{name}.yml").write_text(text, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        enter(copy, patch)
        run_study(home_of(), "mini", Request("jane", "two tables", "run"))
    yield copy
    copy.remove()


@pytest.fixture
def tables(told, tmp_path, monkeypatch) -> Iterator[LittleHome]:
    """A copy of it, to change."""
    copy = told.copy(tmp_path / "home")
    enter(copy, monkeypatch)
    yield copy
    copy.remove()


def blocks(text: str) -> tuple[list[list[str]], dict[str, list[str]]]:
    """The table of cells, and the records of each subject."""
    _, table, *people = text.strip().split("\n\n")
    return [line.split() for line in table.splitlines()], {
        lines.splitlines()[0]: [line.strip() for line in lines.splitlines()[1:]] for lines in people
    }


def test_the_number_of_a_display_asks_for_a_cell(tables, run):
    """B001, a man, and B002, a woman, had a dose above 0."""
    lines = run("explain", "mini", "T1.1", "women", "Total").out.splitlines()
    assert lines[0] == f"mini, run {tables.latest.name} (latest)"
    assert lines[1:3] == [
        "T1.1 Who was treated: row women, column Total",
        "  mappings/mini/tlf/t_1_1.yml:5: T1.1.women: count, 'Women'",
    ]
    assert "  p = 50.0: 100 * 1 / 2" in lines
    assert lines[-1] == "  1 subject: MINI01.B002"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("T1.3", "women", "Total"), "mini: no display called 'T1.3'; did you mean T1.2?"),
        (("X9.9", "women", "Total"), "mini: no display called 'X9.9'; there is T1.1, T1.2"),
        (("T1.1", "woman", "Total"), "T1.1: no row called 'woman'; did you mean women?"),
        (("T1.1", "girls", "Total"), "T1.1: no row called 'girls'; there is women, men, columns"),
        (("t1.1",), "T1.1: which row? There is women, men, columns"),
        (("T1.1", "women"), "T1.1: which column? There is Total"),
        (
            ("T1.1", "women", "Total", "--subject", "B002"),
            "mini: --subject is for datasets; the cell of T1.1 is explained with all its subjects",
        ),
    ],
)
def test_a_cell_that_is_not_there_is_refused(tables, run, arguments, said):
    answer = run("explain", "mini", *arguments)
    assert (answer.code, answer.err) == (1, f"{said}\n")


def test_a_run_from_before_there_were_displays_has_none(tables, run):
    before = min((tables.outputs / "runs").iterdir(), key=lambda each: (each / "tlf").is_dir())
    said = f"mini: run {before.name} has no displays\n"
    answer = run("explain", "mini", "T1.1", "women", "Total", "--run", before.name)
    assert (answer.code, answer.err) == (1, said)
    assert run("diff", "mini", before.name, "latest", "--tlf").err == said


def test_cells_that_changed_name_who_left_and_the_record_and_page_that_did_it(tables, run):
    """Without the day of her only dose B002 is not treated: 1 of 3 is, not 2; of 1 no woman is, not 1 of 2.

    The men are as many as before; what they are a part of is not. N of the header is the cell `columns`.
    """
    before = tables.latest.name
    tables.edit("demo/dose.csv", FIRST_DOSE, "B004,1,Z,2021-05,,5")
    assert run("run", "mini").code == 0
    text = run("diff", "mini", "--tlf").out
    assert text.splitlines()[:3] == [
        f"mini: from {before} to {tables.latest.name}; changed inputs: extract",
        "T1.1     cells changed 3",
        "T1.2     cells changed 1",
    ]
    cells, people = blocks(text)
    assert cells == [
        ["display", "row", "column", "old", "new", "subjects"],
        ["T1.1", "columns", "Total", "n", "2", "n", "1", "-MINI01.B002"],
        ["T1.1", "women", "Total", "n", "1,", "p", "50.0,", "of", "2", "n", "0,", "p", "0.0,", "of", "1",
         "-MINI01.B002"],
        ["T1.1", "men", "Total", "p", "50.0,", "of", "2", "p", "100,", "of", "1", "-MINI01.B002"],
        ["T1.2", "treated", "Total", "n", "2,", "p", "66.7", "n", "1,", "p", "33.3", "-MINI01.B002"],
    ]  # fmt: skip
    assert list(people) == ["MINI01.B002"]
    records = people["MINI01.B002"]
    assert records[0].startswith("ADSL changed MINI01.B002: ")
    assert "SAFFL Y -> N" in records[0]
    assert "TRTSDT 2021-05-10 -> empty" in records[0]
    assert next(line for line in records if line.startswith("EX ")).endswith(" (EDC page DOSE/B004/1)")


def test_a_number_that_changed_without_anybody_coming_or_leaving_names_whose_records_changed(tables, run):
    """B001 had 10 and 20, now 10 and 25; with 0 and 5 of the others the mean is 40 / 3, not 35 / 3."""
    tables.edit("demo/dose.csv", "B001,2,Z,2021-03-17,09:00,20", "B001,2,Z,2021-03-17,09:00,25")
    assert run("run", "mini").code == 0
    cells, people = blocks(run("diff", "mini", "--tlf").out)
    assert [line[:3] + line[-1:] for line in cells[1:]] == [["T1.2", "dose", "Total", "MINI01.B001"]]
    told = " ".join(cells[1])
    assert "mean 11.7, " in told
    assert "mean 13.3, " in told
    assert people["MINI01.B001"] == [
        "ADSL changed MINI01.B001: DOSEKG 30 -> 35",
        "EX changed MINI01.B001 ZETAMAB 2021-03-17T09:00 DOSE-2: EXDOSE 20 -> 25 (EDC page DOSE/B001/2)",
    ]


def test_the_same_cells_are_told_as_a_frame(tables, run):
    from cdiscflow.diff_displays import CHANGED, diff_cells
    from cdiscflow.home import home as home_of

    tables.edit("demo/dose.csv", FIRST_DOSE, "B004,1,Z,2021-05,,5")
    run("run", "mini")
    found = diff_cells(home_of(), "mini", "previous", "latest")
    assert list(found) == CHANGED
    (treated,) = found[found["row"] == "treated"].to_dict("records")
    assert (treated["old"], treated["new"]) == ("n 2, p 66.7", "n 1, p 33.3")
    assert "EX " in treated["records"]


def test_displays_that_came_and_went_are_named_and_runs_on_one_input_do_not_differ(tables, run):
    run("run", "mini", "--force")
    lines = run("diff", "mini", "--tlf").out.splitlines()
    assert lines[0].endswith("; changed inputs: nothing")
    assert lines[1:] == ["no cell of a display differs"]
    (tables.study / "tlf" / "t_1_2.yml").unlink()
    (tables.study / "tlf" / "t_1_9.yml").write_text(SEXES.replace("T1.1", "T1.9"), "utf-8")
    run("run", "mini")
    lines = run("diff", "mini", "--tlf").out.splitlines()
    assert lines[1:] == ["T1.9     new display", "T1.2     removed display", "no cell of a display differs"]

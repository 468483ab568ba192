"""Cells of different displays that must agree [V-N]."""

from __future__ import annotations

import pytest

from clinical.errors import SpecErrors
from tests.tables import table
from tests.tlf.frames import FOOTER
from tests.tlf.small import ARMS, HEAD, study_of, write
from tlf.agreements import check_agreements, read_agreements
from tlf.run import make_displays
from tlf.spec import read_displays

ONE = HEAD + ARMS + "rows: {all: {count: all, label: All}, old: {count: {AGE: {ge: 65}}, label: Old}}\n"
TWO = (
    HEAD.replace("T1", "T2")
    + ARMS
    + "rows:\n  sex: {categorical: SEX, levels: [F, M]}\n  young: {count: {AGE: {lt: 65}}, label: Young}\n"
)
ADSL = """
    USUBJID | SAFFL | TRT01A | SEX | AGE
    P1      | Y     | A      | F   | 70
    P2      | Y     | A      | M   | 64
    P3      | Y     | B      | F   | 65
    """
RULE = "rules:\n  V-N-1: {{says: all are counted, cell: T1 all, {}}}\n"


def found(folder, rule: str, made: tuple[str, ...] = ("T1", "T2")) -> list[tuple[str, str]]:
    """Column and text of every finding of a rule."""
    write(folder, ONE)
    tlf = write(folder, TWO, "t_2.yml")
    rules = folder / "validation" / "mini" / "tlf"
    rules.mkdir(parents=True)
    (rules / "agreements.yml").write_text(rule)
    study = study_of("study: MINI\n")
    results = make_displays(study, tlf, {"ADSL": table(ADSL)}, FOOTER).results
    agreements = read_agreements(rules, read_displays(tlf, study))
    frame = check_agreements(agreements, results, made)
    assert set(frame["severity"]) <= {"error"}
    return list(zip(frame["keys"], frame["text"], strict=True))


def test_cells_that_agree_in_every_column_are_no_finding(tmp_path):
    """By hand: A has a woman and a man, B a woman, the total two women and a man."""
    sexes = "[{display: T2, row: sex, level: F}, {display: T2, row: sex, level: M}]"
    assert found(tmp_path, RULE.format(f"equals: {sexes}")) == []


def test_a_disagreement_names_both_cells_with_their_numbers_in_each_column(tmp_path):
    """By hand: one of two in A, none of one in B (65 is not young), one of three in the total are young."""
    got = found(tmp_path, RULE.format("equals: [T1 old, T2 young, T2 young]"))
    text = "T1 all is {} and that is not {}, T1 old + T2 young + T2 young, in column {}: all are counted"
    assert got == [("A", text.format(2, 3, "A")), ("Total", text.format(3, 4, "Total"))]


@pytest.mark.parametrize(
    ("compared", "columns"),
    [("at_least: T2 young", []), ("at_most: T2 young", ["A", "B", "Total"]), ("at_most: T1 all", [])],
)
def test_a_cell_may_be_at_least_or_at_most_another(tmp_path, compared, columns):
    assert [column for column, _ in found(tmp_path, RULE.format(compared))] == columns


def test_a_rule_about_a_display_that_was_not_made_is_left_out(tmp_path):
    assert found(tmp_path, RULE.format("equals: T2 young"), made=("T1",)) == []


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (RULE.format("equals: T3 all"), "no display called 'T3'"),
        (RULE.format("equals: T1 al"), "T1 has no row called 'al'; did you mean all?"),
        (RULE.format("equals: {display: T1, row: all, part: W4}"), "part is 'W4'"),
        (RULE.format("equals: T1 all, at_least: T1 old"), "exactly one of equals or at_least or at_most"),
        (RULE.format("equal: T1 all"), "did you mean equals"),
    ],
)
def test_a_rule_that_names_what_is_not_there_is_refused(tmp_path, rule, says):
    with pytest.raises(SpecErrors, match=says.replace("?", r"\?")):
        found(tmp_path, rule)

"""What every row may say beside its word: who it is about, blocks, settings of the study, groups."""

import pytest

from clinical.errors import SpecError, SpecErrors
from tests.tables import table
from tests.tlf.frames import cells
from tests.tlf.small import ARMS, HEAD, make, read

ADSL = """
    USUBJID | SAFFL | TRT01A | CRFL | RFICDT     | DXDT
    P1      | Y     | A      | Y    | 2024-03-01 | 2024-02-01
    P2      | Y     | A      | N    | 2024-03-01 | 2024-03-01
    P3      | Y     | B      | Y    | 2024-03-01 | 2024-03-02
    P4      | Y     | B      | Y    | 2024-03-01 |
    """
ADRS = """
    USUBJID | PARAMCD | AVALC
    P1      | MRD     | NEG
    P2      | MRD     | NEG
    P3      | MRD     | POS
    P1      | CRW4    | N
    P2      | CRW4    | Y
    P3      | CRW4    | Y
    """
RECORDS = "records: {from: ADRS}\n"


def total(made):
    return {key: line["Total (N=4)"] for key, line in cells(made.files["t_1.csv"]).items()}


def test_a_row_can_be_about_some_subjects_of_the_population(tmp_path):
    """P1 and P2 are negative, of them only P1 has CRFL; three subjects have it."""
    rows = (
        "rows:\n  cr: {count: {CRFL: Y}, from: ADSL, show: n}\n"
        "  neg: {count: {AVALC: NEG}, who: {where: {CRFL: Y}}, of: cr, show: fraction}\n"
    )
    made = make(tmp_path, HEAD + RECORDS + rows, ADSL=table(ADSL), ADRS=table(ADRS))
    assert total(made) == {("cr", ""): "3", ("neg", ""): "1/3 (33.3)"}
    assert made.subjects.query("analysis == 'neg'")["USUBJID"].tolist() == ["P1"]


def test_a_row_can_be_about_subjects_with_a_record_elsewhere_for_each_part_of_the_columns(tmp_path):
    """Negative and CR at week 4: P2; P1 has a record of CRW4, but N. No week 8."""
    rows = (
        "columns: {each: {4: Week 4, 8: Week 8}, total: Total}\n"
        'rows: {a: {count: {AVALC: NEG}, who: {where: {PARAMCD: "CRW{each}", AVALC: Y}, from: ADRS}}}\n'
    )
    made = make(tmp_path, HEAD + RECORDS + rows, ADSL=table(ADSL), ADRS=table(ADRS))
    assert cells(made.files["t_1.csv"])["a", ""] == {
        "Total (N=4) | Week 4": "1 (25.0)",
        "Total (N=4) | Week 8": "0",
    }


def test_the_dataset_that_only_says_who_is_read_and_named_in_the_footer(tmp_path):
    rows = "rows: {a: {count: all, who: {where: {AVALC: NEG}, from: ADRS}}}\n"
    made = make(tmp_path, HEAD + rows, ADSL=table(ADSL), ADRS=table(ADRS))
    assert total(made) == {("a", ""): "2 (50.0)"}
    assert b"Datasets: ADRS, ADSL" in made.files["t_1.rtf"]


def test_a_block_is_written_once_and_printed_for_each_key_with_its_own_denominator(tmp_path):
    rows = """\
rows:
  arm:
    for_each: {NEG: Negative, POS: Positive}
    rows:
      name: {heading: "{label}"}
      all: {count: {AVALC: "{row}"}, show: n, label: Subjects}
      cr: {count: {AVALC: "{row}"}, who: {where: {CRFL: Y}}, of: "arm.{row}.all", label: With CR}
"""
    made = make(tmp_path, HEAD + RECORDS + rows, ADSL=table(ADSL), ADRS=table(ADRS))
    assert list(total(made).items()) == [
        (("arm.NEG.name", "Negative"), ""),
        (("arm.NEG.all", "Subjects"), "2"),
        (("arm.NEG.cr", "With CR"), "1 (50.0)"),
        (("arm.POS.name", "Positive"), ""),
        (("arm.POS.all", "Subjects"), "1"),
        (("arm.POS.cr", "With CR"), "1 (100)"),
    ]


@pytest.mark.parametrize(
    ("rows", "refusal"),
    [
        (
            "  b:\n    rows:\n      a: {count: all}\n",
            ":6: T1.b: for_each is needed here",
        ),
        (
            "  b:\n    for_each: {X: x}\n    label: y\n    rows:\n      a: {count: all}\n",
            ":7: T1.b: no key called 'label' here; there is for_each, rows, note",
        ),
        (
            "  b:\n    for_each: {X: x}\n    rows:\n      a: {count: all}\n      c: {count: al, lable: x}\n",
            ":9: T1.b: no key called 'lable' here; did you mean label?",
        ),
        (
            "  a: {count: all, who: {CRFL: Y}}\n",
            ":5: T1.a.who: no key called 'CRFL' here; there is where, from",
        ),
        (
            "  a: {count: all, who: {from: ADRS}}\n",
            ":5: T1.a.who: where is needed here",
        ),
    ],
)
def test_a_fault_of_a_block_or_of_who_names_its_line(tmp_path, rows, refusal):
    with pytest.raises(SpecErrors) as caught:
        read(tmp_path, HEAD + "rows:\n" + rows)
    assert str(caught.value) == "mappings/mini/tlf/t_1.yml" + refusal


@pytest.mark.parametrize(("policy", "labels"), [("censor", ["None", "HSCT"]), ("treatment_policy", ["None"])])
def test_a_level_that_a_policy_makes_impossible_has_no_line(tmp_path, policy, labels):
    """Decision 30: `hsct_policy: censor` needs the censoring reason 4."""
    rows = (
        "rows:\n  r:\n    categorical: CNSR\n    levels:\n      1: None\n"
        "      4: {study.hsct_policy: {treatment_policy: {drop: not censored}, censor: HSCT}}\n"
    )
    base = tmp_path / "mappings" / "library" / "base.yml"
    base.parent.mkdir(parents=True)
    base.write_text('rows: {r: {levels: {4: "HSCT, of the base"}}}\n', "utf-8")
    study = f"study: MINI\nhsct_policy: {policy}\n"
    display = read(tmp_path, HEAD + "extends: library/base.yml\n" + rows, study)
    assert sorted(level.label for level in display.rows["r"].own.levels) == sorted(labels)


def test_a_setting_may_decide_a_whole_row_a_list_or_what_it_says_in_another_setting(tmp_path):
    rows = (
        "rows:\n  a: {study.one: {x: {drop: no}, y: {count: all, label: {study.two: {u: U, v: V}}}}}\n"
        "  b: {categorical: SEX, levels: [M, {study.two: {u: F, v: W}}]}\n"
    )
    display = read(tmp_path, HEAD + rows, "study: MINI\none: y\ntwo: v\n")
    assert display.rows["a"].label == "V"
    assert [level.label for level in display.rows["b"].own.levels] == ["M", "W"]
    assert list(read(tmp_path, HEAD + rows, "study: MINI\none: x\ntwo: v\n").rows) == ["b"]


def test_a_value_of_a_setting_for_which_nothing_is_stated_is_refused_where_it_stands(tmp_path):
    rows = "rows:\n  a: {count: all, label: {study.days: {28: Four weeks}}}\n"
    with pytest.raises(SpecErrors) as caught:
        read(tmp_path, HEAD + rows, "study: MINI\ndays: 30\n")
    assert str(caught.value) == (
        "mappings/mini/tlf/t_1.yml:5: T1.rows.a.label: "
        "study.days is '30' in study.yml, and nothing is stated here for it; there is 28"
    )


def test_days_from_one_date_to_another_may_be_none_or_negative_and_need_both(tmp_path):
    """29 days of February 2024, 0, -1, and P4 without the first date: n 3."""
    rows = "rows: {d: {continuous: RFICDT, since: DXDT}}\n"
    found = {label: text for (_, label), text in total(make(tmp_path, HEAD + rows, ADSL=table(ADSL))).items()}
    assert (found["n"], found["Median"], found["Min, Max"]) == ("3", "0.0", "-1, 29")


def test_days_are_shown_in_a_unit_of_so_many_days(tmp_path):
    """29 / 30.4375 = 0.9528."""
    rows = "rows: {d: {continuous: RFICDT, since: DXDT, per: 30.4375, decimals: 2}}\n"
    found = {label: text for (_, label), text in total(make(tmp_path, HEAD + rows, ADSL=table(ADSL))).items()}
    assert found["Min, Max"] == "-0.03, 0.95"


def test_text_is_no_date(tmp_path):
    with pytest.raises(SpecError) as caught:
        make(tmp_path, HEAD + "rows:\n  d: {continuous: RFICDT, since: CRFL}\n", ADSL=table(ADSL))
    assert str(caught.value) == (
        "mappings/mini/tlf/t_1.yml:5: T1.d: CRFL is not a date, so there is no time from or to it"
    )


def test_records_of_every_level_are_counted_beside_its_subjects(tmp_path):
    """P1 has two NEG of which one is a repeat: 1 subject, 2 records."""
    again = ADRS + "    P1      | MRD     | NEG\n"
    rows = "rows: {r: {categorical: AVALC, where: {PARAMCD: MRD}, show: events, levels: [NEG, POS, NE]}}\n"
    made = make(tmp_path, HEAD + RECORDS + rows, ADSL=table(ADSL), ADRS=table(again))
    assert total(made) == {("r", "NEG"): "2 (50.0) [3]", ("r", "POS"): "1 (25.0) [1]", ("r", "NE"): "0"}


def test_a_level_named_in_when_used_is_left_out_if_nobody_of_the_display_has_it(tmp_path):
    """POS is P3's alone: kept, with 0 in arm A; NE is nobody's: left out; NEG is always there."""
    rows = (
        "rows: {r: {categorical: AVALC, where: {PARAMCD: MRD, AVALC: {ne: NEG}}, "
        "levels: [NEG, POS, NE], when_used: [POS, NE]}}\n"
    )
    made = make(tmp_path, HEAD + ARMS + RECORDS + rows, ADSL=table(ADSL), ADRS=table(ADRS))
    found = cells(made.files["t_1.csv"])
    assert [label for _, label in found] == ["NEG", "POS"]
    assert found["r", "POS"] == {"A (N=2)": "0", "B (N=2)": "1 (50.0)", "Total (N=4)": "1 (25.0)"}


def test_where_no_number_is_defined_a_single_dash_stands_for_all(tmp_path):
    rows = (
        "rows:\n  none: {count: {AVALC: NO}, show: n}\n"
        "  a: {count: {AVALC: NO}, of: none, ci: clopper_pearson}\n"
        "  b: {continuous: AVAL, where: {AVALC: NO}}\n"
    )
    adrs = table("USUBJID | PARAMCD | AVALC | AVAL\nP1 | MRD | NEG | 1")
    found = total(make(tmp_path, HEAD + RECORDS + rows, ADSL=table(ADSL), ADRS=adrs))
    assert found["a", "95% CI"] == "-"
    assert found["b", "Mean (SD)"] == "-"


def test_rows_of_a_group_stay_on_a_page_and_the_next_group_may_begin_another(tmp_path):
    rows = (
        "rows:\n  a: {count: all, label: Aa}\n  b: {count: all, label: Bb, indent: 1}\n"
        "  c: {count: all, label: Cc, indent: 1}\n  d: {count: all, label: Dd}\n"
    )
    text = make(tmp_path, HEAD + rows, ADSL=table(ADSL)).files["t_1.rtf"].decode()
    kept = {
        label: "\\keepn" in row
        for label in ("Aa", "Bb", "Cc", "Dd")
        for row in text.split("\\trowd")
        if label in row
    }
    assert kept == {
        "Aa": True,
        "Bb": True,
        "Cc": False,
        "Dd": True,
    }  # the last row stays with the closing line


@pytest.mark.parametrize(("rows", "kept"), [(30, True), (31, False)])
def test_a_group_that_fills_a_page_may_be_divided(tmp_path, rows, kept):
    below = "".join(f"  r{n}: {{count: all, label: Row{n}., indent: 1}}\n" for n in range(2, rows + 1))
    text = make(tmp_path, HEAD + "rows:\n  r1: {count: all, label: Row1.}\n" + below, ADSL=table(ADSL))
    row = next(one for one in text.files["t_1.rtf"].decode().split("\\trowd") if "Row1." in one)
    assert ("\\keepn" in row) is kept

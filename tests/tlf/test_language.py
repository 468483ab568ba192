"""What the language of displays refuses, word for word, and what extending a file does."""

import pytest

from clinical.errors import SpecErrors
from tests.tlf.small import ARMS, HEAD, read, study_of, write
from tlf.spec import read_displays

ROWS = "rows:\n"
SURVIVAL = "survival: {event: {CNSR: 0}}\n"
FILE = "mappings/mini/tlf/t_1.yml"
STOP = "study.nact is 'stop' in study.yml, and nothing is stated here for it; there is censor"


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (
            HEAD + "colums: {}\nrows: {}\n",
            f"{FILE}:4: T1: no key called 'colums' here; did you mean columns?",
        ),
        (
            HEAD + ROWS + "  a: {count: all, lable: x}\n",
            f"{FILE}:5: T1.a: no key called 'lable' here; did you mean label?",
        ),
        (
            HEAD + ROWS + "  a: {categoric: SEX}\n",
            f"{FILE}:5: T1.a: no row word called 'categoric'; did you mean categorical?",
        ),
        (
            HEAD + ROWS + "  a: {count: all, continuous: AGE}\n",
            f"{FILE}:5: T1.a: a row holds exactly one of heading, count, categorical, continuous, nested, "
            "shift, visits, decision, geometric, across, quantiles, rates, range, incidence",
        ),
        ("display: T1\ntitle: x\nrows: {}\n", f"{FILE}:1: T1: population is needed here"),
        (
            HEAD + ROWS + "  a: {quantiles: [0.5]}\n",
            f"{FILE}:5: T1.a: survival is needed here",
        ),
        (
            HEAD + "figure: {x: a, y: b, to: 12, curves: Total}\n",
            f"{FILE}:1: T1: survival is needed here",
        ),
        (
            "display: T1\ntitle: [Safety, efficacy]\npopulation: {label: x}\nrows: {}\n",
            f"{FILE}:2: T1: title must be text",
        ),
        (
            HEAD + SURVIVAL + ROWS + "  a: {rates: [three]}\n",
            f"{FILE}:6: T1.a: rates must be a number or a list of numbers",
        ),
        (
            HEAD + ROWS + "  a: {categorical: SEX, levels: M}\n",
            f"{FILE}:5: T1.a: levels must be a list of values or a mapping of value to label",
        ),
        (HEAD + "paper: A5\nrows: {}\n", f"{FILE}:4: T1: paper is 'A5'; it must be one of A4, Letter"),
        (
            HEAD + "survival: {event: {CNSR: 0}, conf_type: loglog}\nrows: {}\n",
            f"{FILE}:4: T1.survival: conf_type is 'loglog'; it must be one of log-log, log, plain",
        ),
        (HEAD, f"{FILE}:1: T1: a display has exactly one of rows or figure or listing"),
        (
            HEAD + ROWS + '  a: {count: {PARAMCD: "ORR{each}"}}\n',
            f"{FILE}:5: T1.a: {{each}} stands for a part of the columns, and these columns have no `each`",
        ),
        (
            HEAD + ROWS + "  evaluable: {count: all}\n  b: {count: all, of: evaluabel}\n",
            f"{FILE}:6: T1.b: no count row called 'evaluabel' above this one; did you mean evaluable?",
        ),
        (
            HEAD + ROWS + "  a: {nested: [A, B, C]}\n",
            f"{FILE}:5: T1.a: nested takes 1 or 2 variable(s)",
        ),
        (
            HEAD + 'formats: {percent: "{n} ({pct:1})"}\nrows: {}\n',
            f"{FILE}:4: T1.formats: no statistic called 'pct' in this format; there is n, p",
        ),
        (
            HEAD + 'formats: {percent: "{n} ({p:.1f})"}\nrows: {}\n',
            f"{FILE}:4: T1.formats: '{{n}} ({{p:.1f}})' is no format: "
            "name statistics in braces, such as {mean:+1}",
        ),
        (
            HEAD + "extends: library/tlf/none.yml\nrows: {}\n",
            f"{FILE}:4: no base file 'library/tlf/none.yml' under mappings, or it extends itself",
        ),
        (
            HEAD + "extends: mini/tlf/t_1.yml\nrows: {}\n",
            f"{FILE}:4: no base file 'mini/tlf/t_1.yml' under mappings, or it extends itself",
        ),
        (
            HEAD + "columns: {by: TRT01A, levels: study.doses}\nrows: {}\n",
            f"{FILE}:4: T1.columns: study.yml has no doses",
        ),
        (HEAD + "rows: [a, b]\n", f"{FILE}:4: T1: rows must be a mapping"),
        (HEAD + "rows:\n", f"{FILE}:4: T1: rows must be a mapping"),
        (
            HEAD + ROWS + "  a: {categorical: SEX, levels: [F, M, F]}\n",
            f"{FILE}:5: T1.a: level 'F' stands here twice",
        ),
        (
            HEAD + ROWS + "  a: {count: all, indent: [1, 2]}\n",
            f"{FILE}:5: T1.a: indent must be a number",
        ),
        (
            HEAD + ROWS + "  a: {continuous: AGE, decimals: one}\n",
            f"{FILE}:5: T1.a: decimals must be a number",
        ),
        (
            HEAD + "survival: {event: {CNSR: 0}, conf: 95}\nrows: {}\n",
            f"{FILE}:4: T1.survival: conf must be above 0 and below 1, such as 0.95",
        ),
        (
            HEAD + "survival: {event: {CNSR: 0}, conf: 1}\nrows: {}\n",
            f"{FILE}:4: T1.survival: conf must be above 0 and below 1, such as 0.95",
        ),
        (
            HEAD + SURVIVAL + ROWS + "  a: {quantiles: [0.5, 1]}\n",
            f"{FILE}:6: T1.a: quantiles must be above 0 and below 1, such as 0.95",
        ),
        (
            HEAD + SURVIVAL + ROWS + "  a: {quantiles: 0}\n",
            f"{FILE}:6: T1.a: quantiles must be above 0 and below 1, such as 0.95",
        ),
    ],
)
def test_a_fault_of_a_display_names_file_line_and_what_was_meant(tmp_path, text, refusal):
    with pytest.raises(SpecErrors) as caught:
        read(tmp_path, text)
    assert str(caught.value) == refusal


def test_a_misspelt_statistic_names_the_nearest(tmp_path):
    text = HEAD + 'formats: {continuous: {Mean: "{mena:+1}"}}\nrows: {}\n'
    with pytest.raises(SpecErrors) as caught:
        read(tmp_path, text)
    assert str(caught.value) == (
        f"{FILE}:4: T1.formats: no statistic called 'mena' in this format; did you mean mean?"
    )


def test_every_file_with_a_fault_is_named_in_one_go(tmp_path):
    write(tmp_path, HEAD + "rows: {a: {count: alle}}\n")
    write(tmp_path, HEAD.replace("T1", "T2"), "t_2.yml")
    with pytest.raises(SpecErrors) as caught:
        read_displays(write(tmp_path, HEAD.replace("T1", "T3"), "t_3.yml"), study_of("study: MINI\n"))
    assert [str(error).split(":")[0].split("/")[-1] for error in caught.value.errors] == [
        "t_1.yml",
        "t_2.yml",
        "t_3.yml",
    ]


def test_two_files_cannot_state_one_display(tmp_path):
    write(tmp_path, HEAD + "rows: {}\n")
    with pytest.raises(SpecErrors) as caught:
        read_displays(write(tmp_path, HEAD + "rows: {}\n", "t_2.yml"), study_of("study: MINI\n"))
    assert str(caught.value) == (
        "mappings/mini/tlf/t_2.yml:1: T1: display T1 is already stated in mini/tlf/t_1.yml"
    )


def test_a_display_takes_its_base_and_says_only_what_differs(tmp_path):
    base = tmp_path / "mappings" / "library" / "tlf" / "base.yml"
    base.parent.mkdir(parents=True)
    base.write_text(ARMS + "rows:\n  a: {count: all, label: All}\n  b: {count: all, label: Both}\n", "utf-8")
    display = read(
        tmp_path,
        HEAD + "extends: library/tlf/base.yml\nrows: {a: {label: Everyone}, b: {drop: not asked}}\n",
    )
    assert [(row.name, row.label) for row in display.rows.values()] == [("a", "Everyone")]
    assert [level.label for level in display.columns.levels] == ["A", "B"]


def test_of_two_bases_the_later_is_laid_over_the_earlier(tmp_path):
    folder = tmp_path / "mappings" / "library"
    folder.mkdir(parents=True)
    (folder / "one.yml").write_text("paper: Letter\nrows: {a: {count: all, label: One}}\n", "utf-8")
    (folder / "two.yml").write_text("rows: {a: {label: Two}}\n", "utf-8")
    display = read(tmp_path, HEAD + "extends: [library/one.yml, library/two.yml]\n")
    assert (display.paper, display.rows["a"].label) == ("Letter", "Two")


def test_a_fault_in_a_base_file_names_the_base_file(tmp_path):
    base = tmp_path / "mappings" / "library" / "base.yml"
    base.parent.mkdir(parents=True)
    base.write_text("rows:\n  a: {count: all, lable: x}\n", "utf-8")
    with pytest.raises(SpecErrors) as caught:
        read(tmp_path, HEAD + "extends: library/base.yml\n")
    assert str(caught.value) == (
        "mappings/library/base.yml:2: T1.a: no key called 'lable' here; did you mean label?"
    )


@pytest.mark.parametrize("value", ["censor", "ignore"])
def test_a_footnote_says_what_the_study_chose(tmp_path, value):
    """A.5: a policy that changes a result is told on its page."""
    notes = "footnotes: {a: One., b: {study.nact: {censor: Censored., ignore: Ignored.}}}\nrows: {}\n"
    display = read(tmp_path, HEAD + notes, f"study: MINI\nnact: {value}\n")
    assert display.footnotes == ("One.", {"censor": "Censored.", "ignore": "Ignored."}[value])


@pytest.mark.parametrize(
    ("note", "study", "said"),
    [
        ("{study.nact: {censor: C.}}", "nact: stop", STOP),
        ("{study.nact: {censor: C.}}", "other: 1", "study.yml has no nact"),
        ("{study.nact: {censor: C.}}", "nakt: 1", "study.yml has no nact; did you mean nakt?"),
        ("{nact: {censor: C.}}", "nact: censor", "b must be text, or {study.SETTING: {value: text}}"),
        ("{study.nact: C.}", "nact: censor", "study.nact must be a mapping"),
        ("[C.]", "nact: censor", "b must be text"),
    ],
)
def test_a_footnote_without_a_text_for_the_setting_is_refused(tmp_path, note, study, said):
    with pytest.raises(SpecErrors) as caught:
        read(tmp_path, HEAD + f"footnotes: {{b: {note}}}\nrows: {{}}\n", f"study: MINI\n{study}\n")
    assert str(caught.value) == f"{FILE}:4: T1.footnotes.b: {said}"


def test_columns_come_from_the_lines_of_study_yml(tmp_path):
    text = "study: MINI\ndoses:\n  - {code: D1, label: one}\n  - {code: D2, label: two}\n"
    display = read(tmp_path, HEAD + "columns: {by: TRT01A, levels: study.doses}\nrows: {}\n", text)
    assert [(level.values, level.label) for level in display.columns.levels] == [
        (("one",), "D1"),
        (("two",), "D2"),
    ]


def test_values_with_one_label_share_a_line(tmp_path):
    display = read(
        tmp_path, HEAD + ROWS + "  a: {categorical: AVALC, levels: {PD: Worse, RD: Worse, NR: Same}}\n"
    )
    assert [(level.values, level.label) for level in display.rows["a"].own.levels] == [
        (("PD", "RD"), "Worse"),
        (("NR",), "Same"),
    ]

"""Counts, denominators and formats on small tables [E.0], and what is refused [V-N]."""

import pytest

from clinical.errors import DerivationError, SpecError
from tests.tables import table
from tests.tlf.frames import FOOTER, cells
from tests.tlf.small import ARMS, HEAD, make, read, write
from tlf.run import make_display

ADSL = """
    USUBJID | SAFFL | TRT01A | SEX | AGE
    P1      | Y     | A      | F   | 10
    P2      | Y     | A      | M   | 20
    P3      | Y     | B      |     | 31
    P4      | N     | B      | F   | 99
    """


def text(made):
    return cells(made.files["t_1.csv"])


def test_zero_stands_alone_and_all_is_a_hundred_without_decimals(tmp_path):
    made = make(tmp_path, HEAD + ARMS + "rows: {f: {count: {SEX: F}}, a: {count: all}}\n", ADSL=table(ADSL))
    found = text(made)
    assert found["f", ""] == {"A (N=2)": "1 (50.0)", "B (N=1)": "0", "Total (N=3)": "1 (33.3)"}
    assert found["a", ""] == {"A (N=2)": "2 (100)", "B (N=1)": "1 (100)", "Total (N=3)": "3 (100)"}


def test_a_percentage_rounds_half_away_from_zero(tmp_path):
    """49 of 400 are 12.25 percent, printed 12.3; 1 of 2000 is 0.05, printed 0.1."""
    people = [f"P{n:04} | Y | {'AB'[n >= 400]} | {'MF'[n < 49 or n == 400]}" for n in range(2400)]
    people = table("\n".join(["USUBJID | SAFFL | TRT01A | SEX", *people]))
    made = make(tmp_path, HEAD + ARMS + "rows: {f: {count: {SEX: F}}}\n", ADSL=people)
    assert text(made)["f", ""] == {
        "A (N=400)": "49 (12.3)",
        "B (N=2000)": "1 (0.1)",
        "Total (N=2400)": "50 (2.1)",
    }


def test_denominators_are_the_population_and_not_who_has_records(tmp_path):
    """P2 has no record: one of two, not one of one."""
    made = make(
        tmp_path,
        HEAD + ARMS + "records: {from: ADAE}\nrows: {any: {count: all}}\n",
        ADSL=table(ADSL),
        ADAE=table("USUBJID | AEDECOD\nP1 | X\nP1 | X\nP4 | X"),
    )
    assert text(made)["any", ""] == {"A (N=2)": "1 (50.0)", "B (N=1)": "0", "Total (N=3)": "1 (33.3)"}
    total = made.results[(made.results["group"] == "Total") & (made.results["statistic"] == "p")]
    assert total["denominator_n"].tolist() == [3]


def test_a_row_can_count_among_those_of_a_row_above(tmp_path):
    rows = "rows: {old: {count: {AGE: {ge: 20}}, show: n}, male: {count: {SEX: M, AGE: {ge: 20}}, of: old}}\n"
    made = make(tmp_path, HEAD + ARMS + rows, ADSL=table(ADSL))
    assert text(made)["male", ""] == {"A (N=2)": "1 (100)", "B (N=1)": "0", "Total (N=3)": "1 (50.0)"}


def test_more_subjects_than_the_denominator_stops_the_display(tmp_path):
    rows = "rows:\n  old: {count: {AGE: {ge: 20}}}\n  all: {count: all, of: old}\n"
    with pytest.raises(DerivationError) as caught:
        make(tmp_path, HEAD + ARMS + rows, ADSL=table(ADSL))
    assert str(caught.value) == "mappings/mini/tlf/t_1.yml:7: T1.all: 2 subjects are counted of 1"


def test_a_value_without_a_level_gets_a_line_and_a_finding(tmp_path):
    rows = "rows: {sex: {categorical: SEX, levels: {F: Female}}}\n"
    made = make(tmp_path, HEAD + ARMS + rows, ADSL=table(ADSL))
    assert [label for _, label in text(made)] == ["Female", "M", "Missing"]
    assert made.findings["text"].tolist() == [
        "T1.sex: 1 value(s) of ADSL.SEX have no level in the spec; each has a line of its own"
    ]


def test_a_line_for_other_values_takes_them_without_a_finding(tmp_path):
    rows = "rows: {sex: {categorical: SEX, levels: {F: Female}, other: Other, missing: Unknown}}\n"
    made = make(tmp_path, HEAD + ARMS + rows, ADSL=table(ADSL))
    assert {label: line["Total (N=3)"] for (_, label), line in text(made).items()} == {
        "Female": "1 (33.3)",
        "Other": "1 (33.3)",
        "Unknown": "1 (33.3)",
    }
    assert len(made.findings) == 0


def test_a_treatment_without_a_column_gets_a_column_and_a_finding(tmp_path):
    columns = "columns: {by: TRT01A, levels: [A], total: Total}\n"
    made = make(tmp_path, HEAD + columns + "rows: {a: {count: all, show: n}}\n", ADSL=table(ADSL))
    assert text(made)["a", ""] == {"A (N=2)": "2", "B (N=1)": "1", "Total (N=3)": "3"}
    assert made.findings["text"].tolist() == [
        "T1: 1 value(s) of ADSL.TRT01A have no column in the spec; each has a column of its own"
    ]


def test_numbers_are_levels_as_people_write_them(tmp_path):
    rows = "records: {from: ADTTE}\nrows: {c: {categorical: CNSR, levels: {0: Event, 1: Censored}}}\n"
    records = table("USUBJID | CNSR\nP1 | 0\nP2 | 1\nP3 | 1")
    made = make(tmp_path, HEAD + rows, ADSL=table(ADSL), ADTTE=records)
    assert {label: line["Total (N=3)"] for (_, label), line in text(made).items()} == {
        "Event": "1 (33.3)",
        "Censored": "2 (66.7)",
    }


def test_statistics_have_the_decimals_of_the_raw_value_and_more(tmp_path):
    """10, 20, 31 with no decimals: mean 20.333, SD sqrt(110.33) = 10.504."""
    made = make(tmp_path, HEAD + "rows: {age: {continuous: AGE}}\n", ADSL=table(ADSL))
    found = {label: line["Total (N=3)"] for (_, label), line in text(made).items()}
    assert found == {
        "n": "3",
        "Mean (SD)": "20.3 (10.50)",
        "Median": "20.0",
        "Q1, Q3": "10.0, 31.0",
        "Min, Max": "10, 31",
    }


def test_a_display_can_state_its_own_formats(tmp_path):
    formats = 'formats: {continuous: {"Mean +/- SD": "{mean:2} +/- {sd:+1}"}}\n'
    made = make(tmp_path, HEAD + formats + "rows: {age: {continuous: AGE, decimals: 1}}\n", ADSL=table(ADSL))
    assert text(made)["age", "Mean +/- SD"]["Total (N=3)"] == "20.33 +/- 10.50"


def test_a_term_without_code_has_a_line_of_its_own(tmp_path):
    rows = "records: {from: ADAE}\nrows: {t: {nested: [AEBODSYS, AEDECOD], missing: Not coded}}\n"
    records = table("USUBJID | AEBODSYS | AEDECOD\nP1 | HEART | FAST\nP2 | |\nP3 | | ")
    made = make(tmp_path, HEAD + rows, ADSL=table(ADSL), ADAE=records)
    lines = made.files["t_1.csv"].decode().splitlines()[1:]
    assert lines == [
        "t,0,HEART,1 (33.3)",
        "t,1,FAST,1 (33.3)",
        "t,0,Not coded,2 (66.7)",
        "t,1,Not coded,2 (66.7)",
    ]


@pytest.mark.parametrize("records", ["P4 | X", "P1 |"])
def test_a_display_about_nobody_says_that_there_is_nothing_to_report(tmp_path, records):
    rows = "records: {from: ADAE, where: {AEDECOD: X}}\nrows: {any: {count: all}}\n"
    adae = table(f"USUBJID | AEDECOD\n{records}")
    made = make(tmp_path, HEAD + rows, ADSL=table(ADSL), ADAE=adae)
    assert made.files["t_1.csv"].decode().splitlines()[1] == ",0,No data to report,"
    assert b"No data to report" in made.files["t_1.rtf"]
    assert b"A table" in made.files["t_1.rtf"]
    assert b"No data to report" in made.files["t_1.html"]
    assert len(made.results) == 0


def test_a_population_flag_that_differs_from_adsl_stops_the_display(tmp_path):
    rows = "records: {from: ADAE}\nrows: {any: {count: all}}\n"
    adae = table("USUBJID | SAFFL | AEDECOD\nP1 | Y | X\nP2 | N | X")
    with pytest.raises(DerivationError) as caught:
        make(tmp_path, HEAD + rows, ADSL=table(ADSL), ADAE=adae)
    assert str(caught.value) == (
        "mappings/mini/tlf/t_1.yml:1: T1: ADAE.SAFFL differs from ADSL for 1 subject(s) (P2)"
    )


def test_a_subject_twice_in_the_population_stops_the_display(tmp_path):
    with pytest.raises(DerivationError) as caught:
        make(tmp_path, HEAD + "rows: {a: {count: all}}\n", ADSL=table("USUBJID | SAFFL\nP1 | Y\nP1 | Y"))
    assert str(caught.value) == "mappings/mini/tlf/t_1.yml:1: T1: ADSL has a subject twice"


@pytest.mark.parametrize(
    ("rows", "refusal"),
    [
        (
            "rows:\n  a: {count: {SEXX: F}}\n",
            ":5: T1.a: no variable called SEXX in the dataset it reads; did you mean SEX?",
        ),
        ("rows:\n  a: {continuous: SEX}\n", ":5: T1.a: SEX is not a number, so it has no mean"),
        (
            "records: {from: ADAE}\nsurvival: {event: {AEDECOD: X}}\nrows:\n  a: {quantiles: [0.5]}\n",
            ":7: T1.a: a subject has two times; an analysis of times needs one record a subject",
        ),
    ],
)
def test_what_the_data_do_not_have_is_said_with_the_line_that_asks_for_it(tmp_path, rows, refusal):
    adae = table("USUBJID | AEDECOD | AVAL\nP1 | X | 1\nP1 | X | 2")
    with pytest.raises(SpecError) as caught:
        make(tmp_path, HEAD + rows, ADSL=table(ADSL), ADAE=adae)
    assert str(caught.value) == "mappings/mini/tlf/t_1.yml" + refusal


def test_a_display_whose_dataset_stopped_is_a_finding_and_the_others_are_made(tmp_path):
    write(tmp_path, HEAD.replace("T1", "T2") + "rows: {a: {count: all}}\n", "t_2.yml")
    made = make(
        tmp_path,
        HEAD + "records: {from: ADTTE}\nrows: {a: {count: all, from: ADAE}}\n",
        ADSL=table(ADSL),
    )
    assert sorted(made.files) == ["t_2.csv", "t_2.html", "t_2.rtf"]
    assert made.findings["text"].tolist() == ["T1 was not made: this run has no ADAE, ADTTE"]


def test_one_display_alone_names_the_dataset_that_it_lacks(tmp_path):
    display = read(tmp_path, HEAD + "records: {from: ADEA}\nrows: {a: {count: all}}\n")
    with pytest.raises(SpecError) as caught:
        make_display(display, {"ADSL": table(ADSL), "ADAE": table(ADSL)}, FOOTER)
    assert str(caught.value) == (
        "mappings/mini/tlf/t_1.yml:1: T1: no dataset called ADEA; did you mean ADAE?"
    )


def test_a_footer_without_the_hash_of_a_dataset_is_refused(tmp_path):
    display = read(tmp_path, HEAD + "rows: {a: {count: all}}\n")
    with pytest.raises(KeyError):
        make_display(display, {"ADSL": table(ADSL)}, {**FOOTER, "datasets": {}})


def test_the_order_in_which_records_arrive_changes_nothing(tmp_path):
    rows = "records: {from: ADAE}\nrows: {t: {nested: [AEBODSYS, AEDECOD]}, c: {categorical: AEDECOD}}\n"
    adae = table("USUBJID | AEBODSYS | AEDECOD\nP1 | B | Y\nP2 | A | X\nP3 | B | Z\nP3 | A | X")
    adsl = table(ADSL)
    one = make(tmp_path, HEAD + ARMS + rows, ADSL=adsl, ADAE=adae)
    two = make(tmp_path, HEAD + ARMS + rows, ADSL=adsl[::-1], ADAE=adae[::-1])
    assert one.files == two.files
    assert one.results.equals(two.results)
    assert one.subjects.equals(two.subjects)


def test_what_is_handed_over_is_not_changed(tmp_path):
    adsl = table(ADSL)
    before = adsl.copy(deep=True)
    make(tmp_path, HEAD + ARMS + "rows: {sex: {categorical: SEX}}\n", ADSL=adsl)
    assert adsl.equals(before)

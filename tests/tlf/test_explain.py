"""How a cell came about [E.0, V-N]: population, records, method, formula with its numbers, subjects."""

import pytest

from clinical.errors import InputError
from tests.tables import table
from tests.tlf.small import ARMS, HEAD, make, read
from tlf.explain import Question, explain_cell

ADSL = """
    USUBJID | SAFFL | TRT01A | SEX | AGE
    P1      | Y     | A      | F   | 10
    P2      | Y     | A      | M   | 20
    P3      | Y     | B      | F   | 33
    P4      | N     | B      | F   | 99
    """
TIMES = """
survival: {time: AVAL, event: {CNSR: 0}, unit: months, days: 2}
records: {from: ADTTE, where: {PARAMCD: OS}}
rows: {median: {quantiles: 0.5}, rate: {rates: [5, 30]}, range: {range: observed}}
"""


def explain(folder, text, *asked, **datasets):
    """The lines about a cell of a display that was just made."""
    frames = {name: table(drawn) for name, drawn in datasets.items()}
    made = make(folder, text, **frames)
    return explain_cell(read(folder, text), made.results, made.subjects, frames, Question(*asked))


def times(*ends):
    """A subject a time in ADTTE; an ending `e` is an event."""
    lines = [f"P{place} | OS | {end[:-1]} | {int(end[-1] != 'e')}" for place, end in enumerate(ends, start=1)]
    people = [f"P{place} | Y" for place in range(1, len(ends) + 1)]
    return {
        "ADSL": "\n".join(["USUBJID | SAFFL", *people]),
        "ADTTE": "\n".join(["USUBJID | PARAMCD | AVAL | CNSR", *lines]),
    }


def estimate(lines):
    """What is said of the estimate."""
    (found,) = [line.strip() for line in lines if line.strip().startswith("estimate = ")]
    return found


def test_a_count_and_its_interval_say_population_records_formula_and_subjects(tmp_path):
    """Limits of 1 of 2 by hand: 1 - sqrt(0.975) = 1.26%, sqrt(0.975) = 98.74% [E-ORR]."""
    text = HEAD + ARMS + "rows: {f: {count: {SEX: F}, label: Women, ci: clopper_pearson}}\n"
    assert explain(tmp_path, text, "f", "A", ADSL=ADSL) == [
        "T1 A table: row f, column A",
        "  mappings/mini/tlf/t_1.yml:5: T1.f: count, 'Women'",
        "  population: Safety Set: ADSL where SAFFL is Y, N=3; column A: TRT01A is A, N=2",
        "  method: subjects with at least one such record, each counted once",
        "A:",
        "  records: ADSL where SEX is F: 1 record of 1 subject in the column",
        "  n = 1: subjects, each counted once",
        "  p = 50.0: 100 * 1 / 2",
        "  of = 2: N of the column",
        "  lower = 1.3: exact 95% interval (Clopper-Pearson) of 1 of 2: 100 * Beta(0.025; 1, 2)",
        "  upper = 98.7: exact 95% interval (Clopper-Pearson) of 1 of 2: 100 * Beta(0.975; 2, 1)",
        "  1 subject: P1",
    ]


@pytest.mark.parametrize(
    ("sex", "lower", "upper"),
    [("X", "0.0: 0, as nobody is counted", "84.2: 100 * Beta(0.975; 1, 2)"),
     ("[F, M]", "15.8: 100 * Beta(0.025; 2, 1)", "100.0: 100, as everybody is counted")],
)  # fmt: skip
def test_the_interval_of_nobody_and_of_everybody_has_an_edge(tmp_path, sex, lower, upper):
    """0 of 2: 1 - sqrt(0.025) = 84.19%; 2 of 2: sqrt(0.025) = 15.81% [E-ORR]."""
    text = HEAD + ARMS + f"rows: {{f: {{count: {{SEX: {sex}}}, ci: clopper_pearson}}}}\n"
    lines = explain(tmp_path, text, "f", "A", ADSL=ADSL)
    said = "exact 95% interval (Clopper-Pearson) of"
    found = [line.strip() for line in lines if said in line]
    assert [line.split(" = ")[1].split(":")[0] for line in found] == [
        each.split(":")[0] for each in (lower, upper)
    ]
    assert [line.rsplit(": ", 1)[1] for line in found] == [each.split(": ", 1)[1] for each in (lower, upper)]


def test_a_percentage_of_another_row_says_which(tmp_path):
    text = HEAD + ARMS + "rows: {all: {count: all, show: n}, f: {count: {SEX: F}, of: all}}\n"
    lines = explain(tmp_path, text, "f", "Total", ADSL=ADSL)
    assert "  p = 66.7: 100 * 2 / 3" in lines
    assert "  of = 3: the n of row all" in lines
    assert lines[-1] == "  2 subjects: P1, P3"


def test_a_level_says_its_values_and_a_part_its_own_condition(tmp_path):
    text = (
        HEAD + "columns: {each: {old: {label: Old, where: {AGE: {ge: 20}}}, all: All}}\n"
        "rows: {sex: {categorical: SEX, levels: {F: Women, M: Men}}}\n"
    )
    lines = explain(tmp_path, text, "sex", "Total", "old", "Women", ADSL=ADSL)
    assert lines[4:7] == [
        "Total, Women, Old:",
        "  records: ADSL where AGE >= 20: 2 records of 2 subjects in the column",
        "  level: SEX is F",
    ]
    assert lines[-1] == "  1 subject: P3"
    everything = explain(tmp_path, text, "sex", "Total", ADSL=ADSL)
    heads = [line for line in everything if line.startswith("Total, ")]
    assert set(heads) == {"Total, Women, Old:", "Total, Women, All:", "Total, Men, Old:", "Total, Men, All:"}


def test_a_summary_is_worked_out_from_the_values_of_its_subjects(tmp_path):
    """10, 20, 33: mean 63 / 3 = 21; squares 121 + 1 + 144 = 266, SD sqrt(133) = 11.53 [E.0]."""
    lines = explain(tmp_path, HEAD + ARMS + "rows: {a: {continuous: AGE}}\n", "a", "Total", ADSL=ADSL)
    assert lines[6:] == [
        "  n = 3: values that are not missing",
        "  mean = 21.0: 63 / 3",
        "  sd = 11.53: square root of 266 / 2",
        "  median = 20.0: the middle of 3 values: 20",
        "  q1 = 10.0: quartile as SAS PCTLDEF=5",
        "  q3 = 33.0: quartile as SAS PCTLDEF=5",
        "  min = 10: the smallest value",
        "  max = 33: the largest value",
        "  3 subjects: P1, P2, P3",
        "    P1: AGE 10",
        "    P2: AGE 20",
        "    P3: AGE 33",
    ]
    two = explain(tmp_path, HEAD + ARMS + "rows: {a: {continuous: AGE}}\n", "a", "A", ADSL=ADSL)
    assert "  median = 15.0: the middle of 2 values: 10 and 20" in two
    one = explain(tmp_path, HEAD + ARMS + "rows: {a: {continuous: AGE}}\n", "a", "B", ADSL=ADSL)
    assert "  sd = -: of one value there is none" in one


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        # 3/4, then 2 at risk: 3/4 * 1/2 = 0.375
        (("10e", "20c", "30e", "40e"),
         "estimate = 15.00: S(t) is 0.5 or less from AVAL 30 on: S = 0.75 * (2 - 1) / 2 = 0.375; 30 / 2"),
        # 3/4, 2/4: exactly at the level until 30
        (("10e", "20e", "30e", "40c"),
         "estimate = 12.50: S(t) is 0.5 or less from AVAL 20 on: S = 0.75 * (3 - 1) / 3 = 0.5; "
         "exactly 0.5 to 30, so (20 + 30) / 2 / 2"),
        (("10e", "20c"),
         "estimate = NE: S(t) is 0.5 or less from AVAL 10 on: S = 1 * (2 - 1) / 2 = 0.5; "
         "exactly 0.5 to the last observation 20, so NE: not 10"),
        (("10e", "20c", "30c"),
         "estimate = NE: S(t) never is 0.5 or less; the last observed time is 30, where S = 0.6667"),
    ],
)  # fmt: skip
def test_a_median_names_the_step_of_the_curve(tmp_path, ends, said):
    """E-KM: the first time where S <= 0.5, the midpoint of a step at it, NE without one."""
    lines = explain(tmp_path, HEAD + TIMES, "median", "Total", "", "0.5", **times(*ends))
    assert estimate(lines) == said
    methods = [line for line in lines if line.startswith("  method: ")]
    assert methods[0].startswith("  method: Kaplan-Meier estimates; 95% confidence intervals on the log(-log")
    assert lines[-len(ends)] == f"    P1: AVAL {ends[0][:-1]}, CNSR 0"


def test_the_other_convention_of_a_flat_tail_is_told_as_it_is(tmp_path):
    """E-KM, option flat_tail midpoint: (10 + 20) / 2 days are 7.5 units of 2 days."""
    text = HEAD + TIMES.replace("days: 2}", "days: 2, flat_tail: midpoint}")
    lines = explain(tmp_path, text, "median", "Total", "", "0.5", **times("10e", "20c"))
    assert estimate(lines).startswith("estimate = 7.50: ")
    assert estimate(lines).endswith("; exactly 0.5 to the last observation, so (10 + 20) / 2 / 2")


def test_a_rate_names_the_last_event_before_it_and_a_time_after_the_last_is_not_estimable(tmp_path):
    lines = explain(tmp_path, HEAD + TIMES, "rate", "Total", "", "5", **times("10e", "20c", "30e"))
    assert estimate(lines) == (
        "estimate = 66.7: 100 * S(t) at AVAL 10: last event not after it at 10: S = 1 * (3 - 1) / 3 = 0.6667"
    )
    lines = explain(tmp_path, HEAD + TIMES, "rate", "Total", "", "30", **times("10e", "20c", "30e"))
    assert estimate(lines) == (
        "estimate = NE: AVAL 60 is after the last observed time; the last observed time is 30, where S = 0"
    )
    lines = explain(tmp_path, HEAD + TIMES, "rate", "Total", "", "5", **times("11e", "20c"))
    assert estimate(lines) == "estimate = 100.0: 100 * S(t) at AVAL 10, before the first event"


def test_subjects_of_many_levels_are_named_once_and_a_range_says_its_marks(tmp_path):
    lines = explain(tmp_path, HEAD + TIMES, "rate", "Total", **times("10e", "20c", "30e"))
    assert [line for line in lines if "subjects: " in line] == [
        "  3 subjects: P1, P2, P3",
        "  3 subjects: those of the cell above",
    ]
    lines = explain(tmp_path, HEAD + TIMES, "range", "Total", **times("10e", "20c"))
    assert "  min = 5.00: 10 / 2" in lines
    assert "  max_sign = +: nobody had the event at that time" in lines


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("g", "A"), "T1: no row called 'g'; there is f, columns"),
        (("f", "C"), "T1: no column called 'C'; there is A, B, Total"),
        (("f", ""), "T1: which column? There is A, B, Total"),
        (("f", "A", "W4"), "T1: no part called 'W4'; there is no part with a name"),
        (("f", "A", "", "X"), "T1: no level called 'X'; there is F, M"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(tmp_path, asked, said):
    with pytest.raises(InputError) as refused:
        explain(tmp_path, HEAD + ARMS + "rows: {f: {categorical: SEX}}\n", *asked, ADSL=ADSL)
    assert str(refused.value) == said


def test_a_heading_and_an_empty_display_have_no_numbers(tmp_path):
    text = HEAD + ARMS + "rows: {h: {heading: Sex}, f: {count: {SEX: F}}}\n"
    with pytest.raises(InputError, match="T1: row h has no numbers"):
        explain(tmp_path, text, "h", "A", ADSL=ADSL)
    nobody = "USUBJID | SAFFL | TRT01A | SEX\nP1 | N | A | F"
    with pytest.raises(InputError, match="T1: the run has no numbers of it: nobody of its population has"):
        explain(tmp_path, text, "f", "A", ADSL=nobody)

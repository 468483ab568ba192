"""Geometric statistics and tables of cellular kinetics [D.8, E.2 T14.4.1 and T14.4.2]; worked by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from clinical.errors import SpecErrors
from tests.tlf.frames import cells
from tests.tlf.small import HEAD, make, read
from tlf.statistics import Calculable, geometric, summarise

RULE = Calculable(least=3, most_below=50)
FILE = "mappings/mini/tlf/t_1.yml"
ACROSS = """\
columns:
  each: {n: n, below: n BLQ, mean: Mean, sd: SD, cv: CV%, gm: GM, gcv: GCV%, median: Median, min: Min, max: Max}
records: {from: ADPC}
rows:
  t: {across: AVAL, by: NRRELTM, below: {BLQFL: Y}, least: 3, most_below: 50, levels: {4: Day 4, 7: Day 7, 10: Day 10, 14: Day 14}}
"""  # noqa: E501
STATISTICS = ("n", "n BLQ", "Mean", "SD", "CV%", "GM", "GCV%", "Median", "Min", "Max")


def people(number):
    return pd.DataFrame({"USUBJID": [f"P{n}" for n in range(1, number + 1)], "SAFFL": ["Y"] * number})


def samples(*days):
    """One sample a subject and day; a value of 0 is BLQ."""
    rows = [
        (f"P{n}", float(day), float(value), "Y" if value == 0 else None)
        for day, values in days
        for n, value in enumerate(values, 1)
    ]
    return pd.DataFrame(rows, columns=["USUBJID", "NRRELTM", "AVAL", "BLQFL"])


def line(made, label, header="Total (N=7)"):
    found = cells(made.files["t_1.csv"])["t", label]
    return [found[f"{header} | {name}"] for name in STATISTICS]


def test_geometric_statistics_equal_those_of_pknca():
    """PKNCA reference manual, geomean: of 1, 2, 3 the mean is 1.817121, the SD 1.742896, the CV% 60.13019."""
    found = geometric(np.array([1.0, 2.0, 3.0]))
    assert found["gm"] == pytest.approx(1.817121, abs=5e-7)
    assert found["gcv"] == pytest.approx(60.13019, abs=5e-6)
    assert found["upper"] / found["gm"] == pytest.approx(1.742896, abs=5e-7)
    assert found["gm"] / found["lower"] == pytest.approx(1.742896, abs=5e-7)


def test_geometric_cv_follows_from_the_variance_of_the_logarithms():
    """Logarithms 0, ln 10, 2 ln 10: s is ln 10 and exp(ln 10 ^ 2) = 200.7175; a variance of ln 2 is 100%."""
    found = geometric(np.array([1.0, 10.0, 100.0]))
    assert (found["gm"], found["gcv"]) == (pytest.approx(10), pytest.approx(1413.21, abs=0.01))
    apart = math.sqrt(math.log(2) / 2)
    assert geometric(np.exp([-apart, apart]))["gcv"] == pytest.approx(100)


def test_geometric_statistics_that_do_not_exist_are_missing():
    alone = geometric(np.array([5.0]))
    assert alone["gm"] == pytest.approx(5)
    assert math.isnan(alone["gcv"])
    for values in ([], [0.0, 1.0], [-1.0, 1.0]):
        assert all(math.isnan(value) for value in geometric(np.array(values)).values())


@pytest.mark.parametrize(
    ("values", "below", "calculated"),
    [
        (3, 0, True),
        (2, 0, False),
        (3, 3, True),
        (3, 4, False),
        (4, 4, True),
        (100, 101, False),
        (0, 0, False),
    ],
)
def test_a_geometric_mean_needs_three_quantifiable_values_and_at_most_half_below_the_limit(
    values, below, calculated
):
    """E.2 T14.4.1: NC if n quantifiable < 3 or > 50% BLQ."""
    assert RULE.holds(values, below) is calculated
    numbers = np.array([8.0] * values + [0.0] * below)
    found = summarise(numbers, numbers == 0, RULE)
    assert math.isnan(found["gm"]) is not calculated
    assert (found["n"], found["below"]) == (values + below, below)


def test_values_below_the_limit_are_zero_for_the_mean_and_left_out_of_the_geometric_mean(tmp_path):
    """D.8. Day 4: 10 20 40 and three BLQ. Mean 70/6; squares 2100 - 6 x 136.111 = 1283.333, / 5, SD 16.02; CV
    16.0208/11.6667; GM cube root of 8000; s = ln 2, CV% 100 sqrt(exp(0.480453) - 1) = 78.54."""
    made = make(tmp_path, HEAD + ACROSS, ADSL=people(7), ADPC=samples((4, (10, 20, 40, 0, 0, 0))))
    expected = ["6", "3", "11.7", "16.02", "137.3", "20.00", "78.5", "5.0", "0", "40"]
    assert line(made, "Day 4") == expected


def test_more_than_half_below_the_limit_or_two_values_are_not_calculated(tmp_path):
    """Day 7: four of seven BLQ; day 10: two values; day 14: none. Of one subject's value there is no SD."""
    days = ((7, (10, 20, 40, 0, 0, 0, 0)), (10, (10, 20)))
    made = make(tmp_path, HEAD + ACROSS, ADSL=people(7), ADPC=samples(*days))
    assert line(made, "Day 7")[:7] == ["7", "4", "10.0", "15.28", "152.8", "NC", "NC"]
    assert line(made, "Day 10") == ["2", "0", "15.0", "7.07", "47.1", "NC", "NC", "15.0", "10", "20"]
    assert line(made, "Day 14") == ["0", "0", "-", "-", "-", "NC", "NC", "-", "-", "-"]
    assert len(made.findings) == 0


def test_a_column_of_a_statistic_has_the_subjects_it_is_of(tmp_path):
    made = make(tmp_path, HEAD + ACROSS, ADSL=people(4), ADPC=samples((4, (10, 0, 40, 0))))
    own = made.subjects[made.subjects["level"] == "Day 4"]
    found = {part: "".join(one["USUBJID"]) for part, one in own.groupby("part")}
    everybody = dict.fromkeys(("n", "mean", "sd", "cv", "median", "min", "max"), "P1P2P3P4")
    assert found == {**everybody, "below": "P2P4", "gm": "P1P3", "gcv": "P1P3"}


def test_a_time_without_a_line_has_one_of_its_own_and_a_finding(tmp_path):
    given = samples((4, (10, 20)), (99, (30,)))
    given.loc[len(given)] = ["P2", np.nan, 7.0, None]
    made = make(tmp_path, HEAD + ACROSS, ADSL=people(7), ADPC=given)
    assert line(made, "99")[:3] == ["1", "0", "30.0"]
    assert line(made, "Missing")[:3] == ["1", "0", "7.0"]
    assert made.findings["text"].tolist() == [
        "T1.t: 2 value(s) of ADPC.NRRELTM have no level in the spec; each has a line of its own"
    ]


def test_two_samples_of_a_subject_at_a_time_are_told(tmp_path):
    twice = pd.concat([samples((4, (10, 20))), samples((4, (30,)))], ignore_index=True)
    made = make(tmp_path, HEAD + ACROSS, ADSL=people(7), ADPC=twice)
    assert line(made, "Day 4")[0] == "3"
    assert made.findings["text"].tolist() == [
        "T1.t: 1 subject(s) have several values of ADPC.AVAL in one cell; each value counts"
    ]


def test_a_part_of_the_columns_that_is_no_statistic_is_refused(tmp_path):
    with pytest.raises(SpecErrors) as error:
        read(tmp_path, HEAD + ACROSS.replace("median: Median", "medain: Median"))
    assert str(error.value) == (
        f"{FILE}:8: T1.t: the part 'medain' of the columns is no statistic; did you mean median?"
    )


def test_a_format_may_ask_for_significant_digits_and_not_for_none(tmp_path):
    with pytest.raises(SpecErrors) as error:
        read(tmp_path, HEAD + 'formats: {percent: "{n} ({p:0s})"}\nrows: {}\n')
    assert "is no format" in str(error.value)


def test_an_exposure_has_a_geometric_mean_in_four_significant_digits(tmp_path):
    """1000, 2000 and 4000000: cube root of 8e12 is 20000; P4 has no parameter."""
    adpp = pd.DataFrame({"USUBJID": ["P1", "P2", "P3", "P4"], "AVAL": [1000.0, 2000.0, 4e6, np.nan]})
    rows = "rows: {x: {geometric: AVAL, from: ADPP, label: Exposure, least: 3}}\n"
    made = make(tmp_path, HEAD + rows, ADSL=people(4), ADPP=adpp)
    found = {label: text["Total (N=4)"] for (_, label), text in cells(made.files["t_1.csv"]).items()}
    assert found["n"] == "3"
    assert found["Geometric mean"] == "20000"
    assert found["Median"] == "2000"
    assert found["Min, Max"] == "1000, 4000000"
    assert made.subjects.query("analysis == 'x'")["USUBJID"].tolist() == ["P1", "P2", "P3"]
    fewer = make(tmp_path, HEAD + rows, ADSL=people(2), ADPP=adpp)
    assert cells(fewer.files["t_1.csv"])["x", "Geometric mean"] == {"Total (N=2)": "NC"}


def test_the_footnote_says_when_a_mean_is_not_calculated(tmp_path):
    sentence = "fewer than 4 quantifiable values or more than 25% BLQ."
    options = ACROSS.replace("least: 3", "least: 4").replace("most_below: 50", "most_below: 25")
    made = make(tmp_path, HEAD + options, ADSL=people(2), ADPC=samples((4, (10, 20))))
    assert sentence in made.files["t_1.html"].decode()
    assert made.files["t_1.html"].decode().count("geometric CV% = 100 x sqrt(exp(s^2) - 1)") == 1


def test_a_group_may_be_those_without_a_record(tmp_path):
    """P1 has an event of grade 3, P2 one of grade 1, P3 none."""
    columns = "columns: {groups: {Severe: {from: ADAE, where: {ATOXGRN: 3}}, Not severe: {from: ADAE, where: {ATOXGRN: 3}, has: none}}}\n"  # noqa: E501
    adae = pd.DataFrame({"USUBJID": ["P1", "P2"], "ATOXGRN": [3.0, 1.0]})
    made = make(tmp_path, HEAD + columns + "rows: {all: {count: all, show: n}}\n", ADSL=people(3), ADAE=adae)
    assert cells(made.files["t_1.csv"])["all", ""] == {"Severe (N=1)": "1", "Not severe (N=2)": "2"}
    behind = made.subjects.query("analysis == 'all' and group == 'Not severe'")
    assert sorted(behind["USUBJID"]) == ["P2", "P3"]

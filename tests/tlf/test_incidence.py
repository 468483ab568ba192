"""Cumulative incidence with competing risks: published numbers, a second implementation, by hand [D.11]."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from clinical.errors import DerivationError, SpecErrors
from tests.tables import table
from tests.tlf.frames import cells
from tests.tlf.small import HEAD, make
from tlf.incidence import cumulative_incidence, incidence_at
from tlf.survival import kaplan_meier, survival_at

GOLDEN = Path(__file__).parents[1] / "golden" / "competing_risks"
PATIENTS = {7: 0, 10: 1, 14: 0, 16: 1, 18: 2, 23: 1, 24: 0, 26: 2, 27: 1}


def lines(name):
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return [{key: float(value) for key, value in line.items()} for line in csv.DictReader(file)]


def of(causes, rest=0, until=99.0):
    """The incidence of times and causes, and of `rest` more subjects censored at `until`."""
    return cumulative_incidence([*causes, *[until] * rest], [*causes.values(), *[0] * rest])


def three_digits(number):
    return float(f"{number:.3g}")


@pytest.mark.parametrize("line", lines("satagopan_2004.csv"), ids=lambda line: f"month {line['time']:g}")
def test_the_steps_are_those_of_a_published_table(line):
    incidence = of(PATIENTS, rest=296)
    place = list(incidence.time).index(line["time"])
    assert incidence.at_risk[place] == line["at_risk"]
    assert (incidence.events[place], incidence.failures[place]) == (line["of_interest"], line["any_cause"])
    after = incidence.before[place] * (1 - incidence.failures[place] / incidence.at_risk[place])
    assert round(100 * after, 1) == line["survival"]
    step = incidence.before[place] * incidence.events[place] / incidence.at_risk[place]
    assert round(100 * step, 1) == line["step"]
    assert incidence.level[place] == pytest.approx(step + (incidence.level[place - 1] if place else 0))


@pytest.mark.parametrize("line", lines("tidy_cuminc.csv"), ids=lambda line: f"{line['deaths']:g} deaths")
def test_standard_error_and_limits_are_those_that_cmprsk_prints(line):
    found = incidence_at(of({1: 1, 2: 1}, rest=96), line["deaths"])
    shown = [three_digits(part) for part in (found.value, found.error, found.lower, found.upper)]
    assert shown == [line["estimate"], line["error"], line["lower"], line["upper"]]


def jackknife(time, cause, at):
    """Infinitesimal jackknife: the square root of the sum of squares of dF/dw, by finite differences."""

    def weighted(weight):
        survival, level = 1.0, 0.0
        for moment in np.unique(time[cause > 0]):
            if moment <= at:
                here = time == moment
                risk = weight[time >= moment].sum()
                level += survival * weight[here & (cause == 1)].sum() / risk
                survival *= 1 - weight[here & (cause > 0)].sum() / risk
        return level

    step, total = 1e-5, 0.0
    for place in range(len(time)):
        more, less = np.ones(len(time)), np.ones(len(time))
        more[place], less[place] = 1 + step, 1 - step
        total += ((weighted(more) - weighted(less)) / (2 * step)) ** 2
    return math.sqrt(total)


def test_the_delta_method_is_the_infinitesimal_jackknife_of_a_second_implementation():
    random = np.random.default_rng(5)
    for size in (3, 6, 12, 40):
        time = random.integers(1, 9, size).astype("float64")
        cause = random.integers(0, 3, size)
        for at in (2, 4, 8):
            found = incidence_at(cumulative_incidence(time, cause), at, beyond="last", variance="delta")
            assert found.error == pytest.approx(jackknife(time, cause, at), abs=1e-7)


def test_without_a_competing_event_it_is_one_less_the_survival():
    """And the delta method then is Greenwood's variance."""
    time, event = [3.0, 5, 5, 7, 9, 12], [1, 0, 1, 1, 0, 0]
    incidence, curve = cumulative_incidence(time, event), kaplan_meier(time, event)
    for at in (3, 5, 8, 12):
        found, survival = incidence_at(incidence, at, variance="delta"), survival_at(curve, at)
        assert found.value == pytest.approx(1 - survival.value)
        assert found.error == pytest.approx(survival.error)


def test_causes_and_survival_sum_to_one():
    time, cause = np.array([2.0, 2, 3, 4, 4, 5, 8]), np.array([1, 2, 0, 1, 2, 0, 1])
    swapped = np.array([0, 2, 1])[cause]
    for at in (1, 2, 4, 7, 8):
        one, two = (incidence_at(cumulative_incidence(time, each), at) for each in (cause, swapped))
        survival = survival_at(kaplan_meier(time, cause > 0), at)
        assert one.value + two.value + survival.value == pytest.approx(1)


def test_an_event_counts_from_its_day_on_and_nothing_is_said_after_the_last_time():
    incidence = of({3: 1, 5: 2}, rest=2, until=9)
    assert incidence_at(incidence, 2.999).value == 0
    assert incidence_at(incidence, 3).value == 0.25
    assert incidence_at(incidence, 9).value == 0.25
    assert math.isnan(incidence_at(incidence, 9.001).value)
    assert incidence_at(incidence, 9.001, beyond="last").value == 0.25
    assert math.isnan(incidence_at(of({}), 1).value)


def test_a_censoring_on_the_day_of_an_event_was_still_at_risk():
    assert incidence_at(cumulative_incidence([3, 3], [0, 1]), 3).value == 0.5


@pytest.mark.parametrize("variance", ["aalen", "delta"])
def test_an_incidence_of_nothing_or_of_all_has_no_limits(variance):
    none = incidence_at(of({3: 2}, rest=1), 3, variance=variance)
    assert (none.value, none.error) == (0, 0)
    whole = incidence_at(of({3: 1, 4: 1}), 4, variance=variance)
    assert whole.value == 1
    assert all(math.isnan(limit) for limit in (none.lower, none.upper, whole.lower, whole.upper))


@pytest.mark.parametrize("option", ["beyond", "variance"])
def test_an_option_that_does_not_exist_is_refused(option):
    with pytest.raises(DerivationError) as caught:
        incidence_at(of({3: 1}), 3, **{option: "gray"})
    assert str(caught.value).startswith(f"{option} 'gray' is none of ")


ADTTE = """
    USUBJID | PARAMCD | AVAL | CNSR | EVNTDESC
    P1      | EFS     | 1    | 0    | DEATH
    P2      | EFS     | 2    | 0    | RELAPSE
    P3      | EFS     | 3    | 0    | PROGRESSION
    P4      | EFS     | 4    | 1    | RELAPSE
    P4      | OS      | 1    | 0    | RELAPSE
    """


def test_the_other_events_of_the_display_compete_and_a_censored_time_is_no_event(tmp_path):
    """P1's death competes: 1/4 by 2, 2/4 by 3; P4 is censored whatever its text says."""
    text = HEAD + (
        "survival: {event: {CNSR: 0}, unit: days}\nrecords: {from: ADTTE, where: {PARAMCD: EFS}}\n"
        "rows: {r: {incidence: [1, 2, 3, 4, 5], event: {EVNTDESC: [RELAPSE, PROGRESSION]}, label: Relapse}}\n"
    )
    adsl = table("USUBJID | SAFFL\nP1 | Y\nP2 | Y\nP3 | Y\nP4 | Y")
    made = make(tmp_path, text, ADSL=adsl, ADTTE=table(ADTTE))
    shown = {
        label: line["Total (N=4)"].split(" ")[0] for (_, label), line in cells(made.files["t_1.csv"]).items()
    }
    assert shown == {
        "Relapse": "",
        "1 days": "0.0",
        "2 days": "25.0",
        "3 days": "50.0",
        "4 days": "50.0",
        "5 days": "NE",
    }
    risk = made.results[made.results["statistic"] == "at_risk"]
    assert risk["value"].tolist() == [4, 3, 2, 1, 0]
    assert b"Aalen and Johansen" in made.files["t_1.rtf"]
    assert b"Aalen's variance, interval on the log(-log F) scale" in made.files["t_1.rtf"]


def test_the_event_of_interest_must_be_stated(tmp_path):
    text = HEAD + "survival: {event: {CNSR: 0}}\nrows:\n  r: {incidence: [1]}\n"
    with pytest.raises(SpecErrors) as caught:
        make(tmp_path, text, ADSL=table("USUBJID | SAFFL\nP1 | Y"))
    assert str(caught.value) == "mappings/mini/tlf/t_1.yml:6: T1.r: event is needed here"

"""Kaplan-Meier against R, and the conventions where R and SAS part [E-KM]."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from clinical.errors import DerivationError
from tests.tlf.frames import cases
from tlf.survival import (
    at_risk,
    kaplan_meier,
    limits,
    quantile,
    restricted_mean,
    survival_at,
)

REFERENCE = Path(__file__).parents[1] / "golden" / "km_reference"
MONTH = 30.4375
D12 = ("01", "02", "03", "04", "05", "06", "08", "09", "10", "11", "12", "13")


def lines(name):
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text):
    return math.nan if text == "NA" else float(text)


def reference_curve(line):
    data = lines(f"input_{line['set'].split(':')[0]}.csv")
    kept = [row for row in data if line["group"] in ("(all)", row["group"])]
    return kaplan_meier([float(row["time"]) for row in kept], [row["event"] == "1" for row in kept])


def close(got, expected):
    return got == pytest.approx(expected, abs=1e-9, rel=1e-11, nan_ok=True)


def named(line):
    return "-".join(line.get(key, "") for key in ("set", "group", "conf_type", "time"))


@pytest.mark.parametrize("line", lines("km_quantiles.csv"), ids=named)
def test_quartiles_their_limits_and_the_restricted_mean_are_those_that_r_prints(line):
    curve = reference_curve(line)
    assert curve.at_risk[0] == int(line["n"])
    assert curve.events.sum() == int(line["n_event"])
    for part, name, low, high in (
        (0.25, "q25", "q25_lo", "q25_hi"),
        (0.5, "median", "med_lo", "med_hi"),
        (0.75, "q75", "q75_lo", "q75_hi"),
    ):
        got = quantile(curve, part, conf_type=line["conf_type"], flat_tail="midpoint")
        assert close(got.value, number(line[name]))
        assert close(got.lower, number(line[low]))
        assert close(got.upper, number(line[high]))
    mean = restricted_mean(curve, until=curve.time[-1])
    assert close(mean.value, number(line["rmst"]))
    assert close(mean.error, number(line["rmst_se"]))


@pytest.mark.parametrize("block", ["lung:OS", "veteran:OS", "ovarian:OS"])
@pytest.mark.parametrize("conf_type", ["log-log", "log", "plain"])
def test_rates_errors_limits_and_numbers_at_risk_are_those_that_r_prints(block, conf_type):
    seen = 0
    before = {}
    for line in lines("km_survival_at.csv"):
        if (line["set"], line["conf_type"]) != (block, conf_type):
            continue
        seen += 1
        curve, time = reference_curve(line), float(line["time"])
        got = survival_at(curve, time, conf_type=conf_type, without_event="one")
        assert close(got.value, number(line["surv"]))
        assert close(got.error, number(line["std_err"]))
        assert close(got.lower, number(line["lower"]))
        assert close(got.upper, number(line["upper"]))
        assert at_risk(curve, [time])[0] == int(line["n_risk"])
        events = curve.events[curve.time <= time].sum()
        assert events - before.get(line["group"], 0) == int(line["n_event"])
        before[line["group"]] = events
    assert seen > 15


def worked_curve(parameter):
    rows = [case["expected"]["ADTTE"].get(parameter) for name, case in cases().items() if name in D12]
    kept = [row for row in rows if row]
    return kaplan_meier([row["AVAL"] for row in kept], [row["CNSR"] == 0 for row in kept])


def months(estimate):
    return [round(value / MONTH, 2) for value in (estimate.value, estimate.lower, estimate.upper)]


@pytest.mark.parametrize(
    ("parameter", "size", "events", "median"),
    [
        ("DOR", 10, 6, [3.09, 1.61, math.nan]),
        ("EFS", 9, 6, [2.96, 1.22, math.nan]),
        ("OS", 12, 4, [math.nan, 2.53, math.nan]),
    ],
)
def test_medians_of_the_worked_subjects_are_those_of_the_summary_in_d12(parameter, size, events, median):
    curve = worked_curve(parameter)
    assert (curve.at_risk[0], curve.events.sum()) == (size, events)
    assert months(quantile(curve, 0.5)) == pytest.approx(median, nan_ok=True)


def test_a_rate_of_exactly_one_half_on_a_step_gives_the_middle_of_the_step():
    """Four subjects, four events: S is 0.75 from 2, 0.5 from 4, 0.25 from 6; median (4 + 6) / 2."""
    curve = kaplan_meier([2, 4, 6, 8], [True, True, True, True])
    assert quantile(curve, 0.5).value == 5


def test_one_half_reached_through_a_product_of_thirds_still_counts_as_one_half():
    """5/6, 4/5 and 3/4 multiply to 0.5 up to the last bit; without a tolerance the median would be 9."""
    curve = kaplan_meier([1, 3, 5, 9, 9, 9], [True, True, True, True, True, True])
    assert quantile(curve, 0.5).value == 7


def test_a_curve_flat_at_one_half_to_the_end_has_no_median_unless_r_is_asked_for():
    """Events at 1 and 3 of four, censored at 5 and 9: S is 0.5 from 3 on. SAS: none; R: (3 + 9) / 2."""
    curve = kaplan_meier([1, 3, 5, 9], [True, True, False, False])
    assert math.isnan(quantile(curve, 0.5).value)
    assert quantile(curve, 0.5, flat_tail="midpoint").value == 6


def test_a_rate_after_the_last_observed_time_is_not_estimable_unless_it_is_to_be_carried_on():
    curve = kaplan_meier([1, 3, 5, 9], [True, True, False, False])
    assert survival_at(curve, 9).value == 0.5
    assert math.isnan(survival_at(curve, 9.01).value)
    assert survival_at(curve, 9.01, beyond="last").value == 0.5


def test_a_rate_of_one_and_a_rate_of_zero_have_no_interval():
    curve = kaplan_meier([2, 4], [True, True])
    for time, rate in ((1, 1.0), (4, 0.0)):
        got = survival_at(curve, time)
        assert got.value == rate
        assert math.isnan(got.lower)
        assert math.isnan(got.upper)
    lower, upper = limits(curve)
    assert np.isnan(lower).tolist() == [False, True]
    assert np.isnan(upper).tolist() == [False, True]


def test_a_subject_censored_at_the_time_of_an_event_was_still_at_risk_for_it():
    """Two subjects at 5, one event: S is 1 - 1/2."""
    curve = kaplan_meier([5, 5], [True, False])
    assert curve.survival.tolist() == [0.5]
    assert curve.censored.tolist() == [1]


def test_at_risk_counts_those_whose_time_is_at_least_the_tick():
    curve = kaplan_meier([10, 20, 20, 30], [True, False, True, False])
    assert at_risk(curve, [0, 10, 10.5, 20, 21, 30, 31]).tolist() == [4, 4, 3, 3, 1, 1, 0]


def test_nobody_gives_no_curve_and_no_estimate():
    curve = kaplan_meier([], [])
    assert len(curve.time) == 0
    assert math.isnan(quantile(curve, 0.5).value)
    assert math.isnan(survival_at(curve, 1).value)
    assert at_risk(curve, [0]).tolist() == [0]


def test_a_missing_or_negative_time_is_refused():
    with pytest.raises(DerivationError) as caught:
        kaplan_meier([1, math.nan, -1], [True, False, True])
    assert str(caught.value) == "2 time(s) to an event are missing or negative"


def test_a_convention_that_does_not_exist_is_refused():
    curve = kaplan_meier([1, 2], [True, False])
    for call, words in (
        (lambda: limits(curve, conf_type="loglog"), "conf_type 'loglog' is none of log-log, log, plain"),
        (lambda: quantile(curve, 0.5, flat_tail="R"), "flat_tail 'R' is none of NE, midpoint"),
        (lambda: survival_at(curve, 1, beyond="R"), "beyond 'R' is none of NE, last"),
        (lambda: survival_at(curve, 1, without_event="R"), "without_event 'R' is none of NE, one"),
    ):
        with pytest.raises(DerivationError) as caught:
            call()
        assert str(caught.value) == words

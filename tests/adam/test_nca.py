"""Non-compartmental analysis: the golden of rule D.9, its edges by hand, and a second implementation."""

from __future__ import annotations

import math
import random

import numpy as np
import pandas as pd
import pytest

from adam.verbs.nca import Terminal, area, curve_of, last_quantifiable, last_time, peak, terminal_slope

RULE = Terminal(points=3, least=0.80, tie=0.0001)
GOLDEN = [(-0.03, 0), (4, 1200), (7, 25000), (10, 88000), (14, 41000), (21, 6200), (28, 900), (56, 0)]


def frame(*subjects: list[tuple[float, float]]) -> pd.DataFrame:
    """Samples of subjects, each a list of (time, value)."""
    rows = [(number, *sample) for number, samples in enumerate(subjects) for sample in samples]
    return pd.DataFrame(rows, columns=["subject", "time", "value"])


def area_of(samples: list[tuple[float, float]], until: float, before: float = 0) -> float:
    return float(area(curve_of(frame(samples), 1), np.array([before]), np.array([until]))[0])


def slope_of(samples: list[tuple[float, float]], rule: Terminal = RULE) -> tuple[float, float, float]:
    """Rate, adjusted R2 and number of points used."""
    found = terminal_slope(curve_of(frame(samples), 1), rule)
    return float(found.rate[0]), float(found.fit[0]), float(found.used[0])


def test_the_golden_of_the_design():
    """D.9: CMAX 88000 at 10, CLST 900 at 28, AUC28 605528.35, lambda z 0.272781, half-life 2.541 d."""
    curve = curve_of(frame(GOLDEN), 1)
    top, last = peak(curve), last_quantifiable(curve)
    assert (curve.value[top[0]], curve.time[top[0]]) == (88000, 10)
    assert (curve.value[last[0]], curve.time[last[0]]) == (900, 28)
    assert last_time(curve).tolist() == [56]
    assert round(area_of(GOLDEN, 28), 2) == 605528.35
    rate, fit, used = slope_of(GOLDEN)
    assert (round(rate, 6), round(math.log(2) / rate, 3), round(fit, 5), used) == (
        0.272781,
        2.541,
        0.99992,
        3,
    )


@pytest.mark.parametrize(
    ("until", "whole"), [(4, 2400.0), (7, 41700.0), (10, 211200.0), (14, 457349.09), (21, 586304.66)]
)
def test_the_segments_of_the_golden(until, whole):
    """D.9: 2400; 39300; 169500; 246149.09; 128955.57."""
    assert area_of(GOLDEN, until) == pytest.approx(whole, abs=0.011)


def test_a_time_between_two_samples_is_interpolated_as_the_piece_is():
    """D.9: to (10, 100) in a line: 50 at 5; from 100 to 25 in 4 days by logarithm: 50 after 2."""
    rising, falling = [(10, 100)], [(10, 100), (14, 25), (20, 0)]
    assert area_of(rising, 5) == pytest.approx(5 * 50 / 2)
    assert area_of(falling, 12) == pytest.approx(500 + (100 - 50) * 2 / math.log(2))
    assert area_of(falling, 17) == pytest.approx(500 + (100 - 25) * 4 / math.log(4) + (25 + 12.5) * 3 / 2)


def test_a_flat_piece_is_linear():
    assert area_of([(2, 50), (6, 50)], 6) == pytest.approx(50 + 200)


def test_below_the_limit_between_quantifiable_samples_is_left_out_before_and_after_it_is_zero():
    """D.9: BLQ between quantifiables dropped; first BLQ after TLST = 0, linear down to it, the rest 0."""
    between = [(2, 40), (4, 0), (6, 40), (8, 0), (10, 0)]
    assert area_of(between, 10) == pytest.approx(40 + 160 + 40)
    leading = [(1, 0), (3, 20)]
    assert area_of(leading, 3) == pytest.approx(20)
    assert area_of([(3, 20)], 3) == pytest.approx(30)


def test_the_value_before_the_dose_begins_the_curve():
    """D.9: time 0 = 0 where it was below the limit or not measured."""
    assert area_of([(2, 30)], 2, before=10) == pytest.approx(40)
    assert area_of([(2, 30)], 2, before=np.nan) == pytest.approx(30)


def test_nothing_quantifiable_has_no_peak_and_no_area():
    curve = curve_of(frame([(-0.1, 60), (4, 0), (7, 0)], [], [(4, 5)]), 3)
    assert peak(curve).tolist() == [-1, -1, 2]
    assert last_quantifiable(curve).tolist() == [-1, -1, 2]
    assert last_time(curve)[0] == 7
    assert np.isnan(last_time(curve)[1])
    found = area(curve, np.zeros(3), np.array([28.0, 28, np.nan]))
    assert np.isnan(found).all()


def test_of_equal_maxima_the_first_time_and_of_one_time_the_higher_value():
    """D.9 TMAX: first time if tied."""
    curve = curve_of(frame([(10, 500), (7, 500), (14, 100), (14, 200)]), 1)
    assert curve.time[peak(curve)[0]] == 7
    assert curve.value[last_quantifiable(curve)[0]] == 200
    assert curve.row[peak(curve)[0]] == 1


def exact(rate: float, times: list[float]) -> list[tuple[float, float]]:
    return [(time, 1000 * math.exp(-rate * time)) for time in times]


def test_a_slope_needs_three_points_after_the_peak():
    """D.9: at least 3, Tmax excluded."""
    assert np.isnan(slope_of([(2, 5000), *exact(0.1, [5, 9])])[0])
    rate, fit, used = slope_of([(2, 5000), *exact(0.1, [5, 9, 14])])
    assert (round(rate, 10), round(fit, 10), used) == (0.1, 1, 3)


def test_within_the_tie_the_more_points_count():
    """D.9: all sets of a perfect line have adjusted R2 1, so the largest is used."""
    assert slope_of([(2, 5000), *exact(0.1, [5, 9, 14, 20, 30])])[2] == 5


def test_a_better_fit_of_fewer_points_wins_when_it_is_better_by_more_than_the_tie():
    """D.9: three points on a line after one that is off it; adjusted R2 of the four is far below 1."""
    samples = [(2, 5000), (4, 100), *exact(0.1, [9, 14, 20])]
    rate, fit, used = slope_of(samples)
    assert (round(rate, 10), round(fit, 10), used) == (0.1, 1, 3)
    assert slope_of(samples, Terminal(3, 0.8, 1.6))[2] == 4


def test_no_decline_has_a_rate_below_zero_and_no_change_none():
    samples = [(1, 5000), (2, 10), (3, 20), (4, 40)]
    rate, fit, _ = slope_of(samples)
    assert rate == pytest.approx(-math.log(2))
    assert fit == pytest.approx(1)
    assert np.isnan(slope_of([(1, 5000), (2, 10), (3, 10), (4, 10)])[0])


def test_samples_below_the_limit_are_no_points_of_the_slope():
    assert slope_of([(2, 5000), (3, 0), *exact(0.1, [5, 9, 14]), (20, 0)])[2] == 3


# -- a second implementation, record by record ---------------------------------------------------------------


def second(samples: list[tuple[float, float]], until: float) -> tuple[float | None, float | None]:
    """AUC to a time and lambda z, written from D.9 and from nothing else."""
    after = sorted(sample for sample in samples if sample[0] > 0)
    seen = [sample for sample in after if sample[1] > 0]
    if not seen:
        return None, None
    kept = [s for s in after if s[1] > 0 or s[0] < seen[0][0] or s[0] > seen[-1][0]]
    whole, (t1, c1) = 0.0, (0.0, 0.0)
    for t2, c2 in kept:
        falls = 0 < c2 < c1
        if t2 > until:
            share = (until - t1) / (t2 - t1)
            c2 = math.exp(math.log(c1) + share * math.log(c2 / c1)) if falls else c1 + share * (c2 - c1)
            t2 = until
        whole += (c1 - c2) / math.log(c1 / c2) * (t2 - t1) if falls else (c1 + c2) / 2 * (t2 - t1)
        t1, c1 = t2, c2
        if t2 >= until:
            break
    top = max(seen, key=lambda sample: (sample[1], -sample[0]))
    tail = [(t, math.log(c)) for t, c in seen if t > top[0]]
    fits = {n: fitted(tail[-n:]) for n in range(3, len(tail) + 1)}
    if not fits:
        return whole, None
    best = max(fit for _, fit in fits.values())
    return whole, fits[max(n for n, (_, fit) in fits.items() if fit >= best - 0.0001)][0]


def fitted(points: list[tuple[float, float]]) -> tuple[float, float]:
    x, y = np.array(points).T
    slope, start = np.polyfit(x, y, 1)
    left = float(((y - slope * x - start) ** 2).sum())
    explained = 1 - left / float(((y - y.mean()) ** 2).sum())
    return -float(slope), 1 - (1 - explained) * (len(x) - 1) / (len(x) - 2)


def test_a_second_implementation_agrees_on_random_curves():
    dice = random.Random(9)
    subjects = []
    for _ in range(300):
        times = sorted(dice.sample([t / 4 for t in range(1, 240)], dice.randint(1, 12)))
        subjects.append([(t, 0 if dice.random() < 0.2 else 10 ** dice.uniform(1.7, 6)) for t in times])
    shuffled = frame(*subjects).sample(frac=1, random_state=3).reset_index(drop=True)
    curve = curve_of(shuffled, len(subjects))
    until = np.minimum(last_time(curve), 28)
    areas = area(curve, np.zeros(len(subjects)), until)
    rates = terminal_slope(curve, RULE).rate
    for number, samples in enumerate(subjects):
        whole, rate = second(samples, float(until[number]))
        assert areas[number] == pytest.approx(np.nan if whole is None else whole, nan_ok=True), samples
        assert rates[number] == pytest.approx(np.nan if rate is None else rate, nan_ok=True), samples


def test_the_slope_of_a_subject_is_the_same_to_the_last_bit_whoever_is_analysed_with_it():
    """Law split: sums over the records of all subjects would be rounded otherwise."""
    others = [[(4, 3e6), (7, 2e6 / 3), (28, 1e5 / 3), (56.1, 7e4 / 3), (84.2, 1e3 / 7)]] * 9
    alone = terminal_slope(curve_of(frame(GOLDEN), 1), RULE)
    among = terminal_slope(curve_of(frame(*others, GOLDEN, *others), 19), RULE)
    assert (among.rate[9], among.fit[9]) == (alone.rate[0], alone.fit[0])

"""Exact intervals and descriptive statistics against published values and by hand."""

import math

import pytest

from clinical.rounding import fixed
from tlf.statistics import clopper_pearson, describe


@pytest.mark.parametrize(
    ("count", "total", "interval"),
    [
        (9, 12, "42.8 94.5"),
        (4, 11, "10.9 69.2"),
        (10, 12, "51.6 97.9"),
        (8, 12, "34.9 90.1"),
        (1, 10, "0.3 44.5"),
        (9, 11, "48.2 97.7"),
        (7, 11, "30.8 89.1"),
        (18, 20, "68.3 98.8"),
        (49, 55, "77.8 95.9"),
        (0, 6, "0.0 45.9"),
    ],
)
def test_exact_intervals_are_those_of_d12(count, total, interval):
    assert " ".join(fixed(100 * limit, 1) for limit in clopper_pearson(count, total)) == interval


def test_all_of_n_reaches_one_and_its_lower_limit_is_the_root_of_the_tail():
    """n of n: lower limit is (alpha/2) ** (1/n)."""
    lower, upper = clopper_pearson(5, 5)
    assert upper == 1
    assert lower == pytest.approx(0.025 ** (1 / 5), abs=1e-12)


def test_none_of_none_has_no_interval():
    assert all(math.isnan(limit) for limit in clopper_pearson(0, 0))


def test_quartiles_are_the_mean_of_two_neighbours_where_n_quarters_exactly():
    """PCTLDEF=5, n = 8: q1 (2 + 3) / 2, median (4 + 5) / 2, q3 (6 + 7) / 2."""
    found = describe([8, 1, 7, 2, 6, 3, 5, 4])
    assert (found["q1"], found["median"], found["q3"]) == (2.5, 4.5, 6.5)


def test_quartiles_are_the_next_value_where_n_does_not_quarter():
    """PCTLDEF=5, n = 5: 1.25, 2.5 and 3.75 go up to the second, third and fourth value."""
    found = describe([50, 10, 40, 20, 30])
    assert (found["q1"], found["median"], found["q3"]) == (20, 30, 40)


def test_missing_values_do_not_count():
    found = describe([1, math.nan, 3])
    assert (found["n"], found["mean"], found["min"], found["max"]) == (2, 2, 1, 3)
    assert found["sd"] == pytest.approx(math.sqrt(2))


def test_one_value_has_no_standard_deviation_and_none_has_nothing():
    assert math.isnan(describe([4])["sd"])
    empty = describe([math.nan])
    assert empty.pop("n") == 0
    assert all(math.isnan(value) for value in empty.values())

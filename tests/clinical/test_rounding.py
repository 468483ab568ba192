"""Rounding half away from zero on the decimal that was meant (study design E.0, C-RES)."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical import rounding


@pytest.mark.parametrize(
    ("number", "digits", "expected"),
    [
        # cells of published SAS output, whose means binary rounding would print a digit lower
        (42.65, 1, "42.7"), (60.55, 1, "60.6"), (40.25, 1, "40.3"), (36.25, 1, "36.3"), (162.85, 1, "162.9"),
        (12.25, 1, "12.3"), (2.675, 2, "2.68"), (1.005, 2, "1.01"),
        (0.5, 0, "1"), (1.5, 0, "2"), (2.5, 0, "3"),
        # away from zero, on both sides
        (-12.25, 1, "-12.3"), (-0.5, 0, "-1"), (12.2499, 1, "12.2"), (12.2501, 1, "12.3"),
        # no negative zero
        (-0.04, 1, "0.0"), (-0.0, 1, "0.0"), (-0.05, 1, "-0.1"), (-0.4, 0, "0"),
        # as many decimals as asked for
        (100, 0, "100"), (100, 2, "100.00"), (1e-9, 3, "0.000"),
        (1e15, 1, "1000000000000000.0"), (0.1 + 0.2, 1, "0.3"),
        (1234567890123.0, 0, "1234567890123"), (Decimal("2.345"), 2, "2.35"),
    ],
)  # fmt: skip
def test_half_is_rounded_away_from_zero_on_the_decimal_number(number, digits, expected):
    assert rounding.fixed(number, digits) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        # the fifth digit decides, a half away from zero: 1.0005 is stored as 1.000499...
        (12345, "12350"), (12344, "12340"), (1.0005, "1.001"), (1.0004, "1.000"), (-1.0005, "-1.001"),
        (0.00123450, "0.001235"), (0.00123449, "0.001234"), (123456789, "123500000"),
        # rounding adds a digit before the point, never a fifth significant one
        (9999.5, "10000"), (0.99995, "1.000"), (99.995, "100.0"), (9999.4, "9999"),
        # zeros at the end are significant
        (2, "2.000"), (12.3, "12.30"), (0.5, "0.5000"), (0, "0"), (-0.0, "0"),
    ],
)  # fmt: skip
def test_four_significant_digits_are_four_digits(number, expected):
    """E.0: geometric means have 4 significant digits."""
    assert rounding.significant_text(number, 4) == expected


def test_the_noise_of_a_calculation_does_not_decide_a_half():
    """4.35 * 100 is 434.99999999999994, 1.1 * 1.1 is 1.2100000000000002: 12 digits are meant."""
    assert rounding.fixed(4.35 * 100, 0) == "435"
    assert rounding.fixed(0.285 * 100, 0) == "29"
    assert rounding.fixed(0.284999 * 100, 0) == "28"


def test_rounding_to_tens_and_hundreds():
    assert float(rounding.round_half_away(149, -2)) == 100
    assert float(rounding.round_half_away(150, -2)) == 200
    assert float(rounding.round_half_away(-4, -1)) == 0


def test_a_column_is_rounded_and_missing_stays_missing():
    got = rounding.round_series(pd.Series([42.65, np.nan, -0.04, 42.65]), 1)
    assert got.tolist()[::2] == [42.7, 0.0]
    assert np.isnan(got[1])
    assert not np.signbit(got[2])
    assert got.dtype == "float64"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1234567.0, 1234570.0), (1234565.0, 1234570.0), (1234564.9, 1234560.0),
        (0.000123456500001, 0.000123457), (88.4 * 1.1, 97.24), (37.0, 37.0),
        (97.24000000001, 97.24), (0.0, 0.0), (-1234565.0, -1234570.0), (999999.5, 1000000.0),
    ],
)  # fmt: skip
def test_a_converted_number_keeps_six_significant_digits(number, expected):
    """Rule C-RES."""
    assert rounding.significant(pd.Series([number, np.nan])).tolist()[0] == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (41.0, "41"), (0.5, "0.5"), (1200000.0, "1200000"), (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"),
        (-0.0, "0"), (100.0, "100"), (-4.1, "-4.1"), (0.1, "0.1"), (120.0, "120"),
    ],
)  # fmt: skip
def test_the_text_of_a_number_is_its_shortest_decimal_without_exponent(number, expected):
    assert rounding.shortest(pd.Series([number])).tolist() == [expected]


def test_the_text_of_a_missing_number_is_missing():
    assert rounding.shortest(pd.Series([np.nan, 1.0])).isna().tolist() == [True, False]
    assert rounding.shortest(pd.Series([], dtype="float64")).tolist() == []


@given(st.decimals(-1_000_000, 1_000_000, places=4), st.integers(0, 3))
def test_rounding_agrees_with_decimal_arithmetic_on_what_was_written(number, digits):
    with localcontext() as context:
        context.rounding = ROUND_HALF_UP
        expected = abs(number).quantize(Decimal(1).scaleb(-digits))
    sign = "-" if number < 0 and expected else ""
    assert rounding.fixed(float(number), digits) == f"{sign}{expected:f}"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_shortest_text_is_the_same_number(number):
    assert float(rounding.shortest(pd.Series([number]))[0]) == number

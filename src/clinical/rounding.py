"""Rounding as SAS and people do it: half away from zero, on the decimal number that was meant.

Binary floating point stores 162.85 as 162.849999...; a number is therefore first taken at 12 significant
digits, then rounded. There is no negative zero.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
import pandas as pd

from clinical.distinct import distinct, spread, spread_text

_SURE_DIGITS = 12


def _meant(x: float | Decimal, digits: int) -> Decimal:
    """The closest decimal number of 12 significant digits; of more if rounding to `digits` needs them."""
    exact = x if isinstance(x, Decimal) else Decimal(repr(float(x)))
    precision = max(_SURE_DIGITS, exact.adjusted() + digits + 3)
    return Context(prec=precision, rounding=ROUND_HALF_UP).create_decimal(exact)


def round_half_away(x: float | Decimal, digits: int) -> Decimal:
    """`x` to `digits` decimal places, half away from zero: 12.25 to 12.3, -0.04 to 0.0; -2 digits: hundreds.

    Source: study_rd13_02.md E.0; SAS ROUND.
    """
    step = Decimal(1).scaleb(-digits)
    meant = _meant(x, digits)
    wide = Context(prec=max(28, meant.adjusted() + digits + 2), rounding=ROUND_HALF_UP)
    rounded = meant.quantize(step, context=wide)
    return abs(rounded) if rounded.is_zero() else rounded


def round_series(numbers: pd.Series, digits: int) -> pd.Series:
    """As `round_half_away`, for a column of numbers; missing stays missing."""
    codes, values = distinct(numbers)
    rounded = np.array([float(round_half_away(value, digits)) for value in values], dtype="float64")
    return pd.Series(spread(codes, rounded, np.nan), index=numbers.index)


def fixed(x: float | Decimal, digits: int) -> str:
    """`x` rounded half away from zero, with exactly `digits` decimal places: `12.3`, `0.0`, `100`."""
    return f"{round_half_away(x, max(digits, 0)):f}"


def significant(numbers: pd.Series, digits: int = 6) -> pd.Series:
    """Each number to `digits` significant digits, half away from zero [C-RES]."""
    codes, values = distinct(numbers)
    rounded = np.array([float(_significant(value, digits)) for value in values], dtype="float64")
    return pd.Series(spread(codes, rounded, np.nan), index=numbers.index)


def _significant(x: float, digits: int) -> Decimal:
    meant = _meant(x, 0)
    return round_half_away(meant, digits - 1 - meant.adjusted()) if meant else Decimal(0)


def significant_text(x: float | Decimal, digits: int) -> str:
    """`x` with exactly `digits` significant digits, half away from zero: `12.30`, `123500`; 0 is `0`.

    Source: study_rd13_02.md E.0.
    """
    rounded = _significant(x, digits)
    return fixed(rounded, digits - 1 - rounded.adjusted()) if rounded else "0"


def shortest(numbers: pd.Series) -> pd.Series:
    """Each number as its shortest decimal text, without exponent: `41`, `0.5`, `1200000`."""
    codes, values = distinct(numbers)
    return spread_text(codes, [_shortest(value) for value in values], numbers.index)


def _shortest(x: float) -> str:
    text = f"{Decimal(repr(float(x))):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text

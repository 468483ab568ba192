"""Results that are text where a number is asked for."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from clinical.distinct import distinct, spread, spread_text

RANGE = re.compile(r"\s*(\d+\.?\d*)\s*-\s*(\d+\.?\d*)\s*")
LIMIT = re.compile(r"\s*([<>])\s*=?\s*(\d+\.?\d*(?:[eE][+-]?\d+)?)\s*%?\s*")

HALVED, CUT_OFF, UPPER_END = "HALFLLOQ", "ULOQ", "MAXIMUM"  # DTYPE, C81224


def upper_bound(shown: pd.Series, number: pd.Series) -> pd.Series:
    """The number of a result; `0-1` is 1, `<1` half of it, `>90` is 90.

    Missing: text that is none of these.
    Source:  rules D.1 BLBLAST, D.6 AVAL.
    """
    codes, values = distinct(shown)
    read = spread(codes, [_bound(value) for value in values] or [np.nan], np.nan)
    return number.where(number.notna(), pd.Series(read, index=number.index))


def _bound(value: str) -> float:
    between, limit = RANGE.fullmatch(value), LIMIT.fullmatch(value)
    if between:
        return float(between[2])
    if limit:
        return float(limit[2]) / (2 if limit[1] == "<" else 1)
    return np.nan


def derivation_type(shown: pd.Series) -> pd.Series:
    """DTYPE of the number that `upper_bound` makes of a text; missing for other text.

    Source: rule D.6 AVAL.
    """
    codes, values = distinct(shown)
    return spread_text(codes, [_kind(value) for value in values], shown.index)


def _kind(value: str) -> str | None:
    limit = LIMIT.fullmatch(value)
    if limit:
        return HALVED if limit[1] == "<" else CUT_OFF
    return UPPER_END if RANGE.fullmatch(value) else None


def inequality(shown: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """The sign (`<`, `>` or empty) and the limit of results such as `<0.01`."""
    codes, values = distinct(shown)
    read = [LIMIT.fullmatch(value) for value in values]
    sign = spread(codes, [found[1] if found else "" for found in read] or [""], "")
    return sign, spread(codes, [float(found[2]) if found else np.nan for found in read] or [np.nan], np.nan)

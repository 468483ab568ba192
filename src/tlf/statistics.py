"""Numbers of a table that are not survival: exact intervals of proportions and descriptive statistics."""

from __future__ import annotations

import numpy as np

STATISTICS = ("n", "mean", "sd", "median", "q1", "q3", "min", "max")


def clopper_pearson(count: int, total: int, conf: float = 0.95) -> tuple[float, float]:
    """The exact two-sided confidence interval of the proportion count / total.

    Missing: both limits NaN when `total` is 0.
    Source:  Clopper and Pearson 1934; rule E-ORR.
    """
    if total == 0:
        return np.nan, np.nan
    from scipy.special import betaincinv

    tail = (1 - conf) / 2
    lower = betaincinv(count, total - count + 1, tail) if count > 0 else 0.0
    upper = betaincinv(count + 1, total - count, 1 - tail) if count < total else 1.0
    return float(lower), float(upper)


def describe(values: np.ndarray) -> dict[str, float]:
    """n, mean, sd, median, quartiles and range of the values that are not missing.

    Ties:    quartiles as SAS PCTLDEF=5: the mean of two neighbours where n times the part is a whole number.
    Missing: sd with one value, everything but n with none.
    Source:  SAS/Base, PROC UNIVARIATE, PCTLDEF=5; rule E.0.
    """
    values = np.asarray(values, dtype="float64")
    values = np.sort(values[~np.isnan(values)])
    if not len(values):
        return {name: 0.0 if name == "n" else np.nan for name in STATISTICS}
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
    return {
        "n": float(len(values)),
        "mean": float(values.mean()),
        "sd": float(values.std(ddof=1)) if len(values) > 1 else np.nan,
        "median": float(median),
        "q1": float(q1),
        "q3": float(q3),
        "min": float(values[0]),
        "max": float(values[-1]),
    }

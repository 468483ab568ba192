"""Numbers of a table that are not survival: exact intervals of proportions and descriptive statistics."""

from __future__ import annotations

from dataclasses import dataclass

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


def geometric(values: np.ndarray) -> dict[str, float]:
    """Geometric mean and CV%, and the mean divided (`lower`) and multiplied (`upper`) by the geometric SD.

    Missing: everything without values or with one that is not positive; all but the mean with one value.
    Source:  Kirkwood 1979, Biometrics 35: 908; CV% = 100 sqrt(exp(s^2) - 1), s the SD of the logarithms; E.0.
    """
    if not len(values) or not (values > 0).all():
        return dict.fromkeys(("gm", "gcv", "lower", "upper"), np.nan)
    logs = np.log(values)
    mean, sd = logs.mean(), logs.std(ddof=1) if len(logs) > 1 else np.nan
    return {
        "gm": float(np.exp(mean)),
        "gcv": float(100 * np.sqrt(np.expm1(sd**2))),
        "lower": float(np.exp(mean - sd)),
        "upper": float(np.exp(mean + sd)),
    }


@dataclass(frozen=True)
class Calculable:
    """When a geometric mean is calculated: values needed, and most percent that may be below the limit."""

    least: int = 1
    most_below: float = 100.0

    def holds(self, values: int, below: int) -> bool:
        """Whether so many values suffice beside so many below the limit; exactly the edge of either does."""
        return values >= self.least and 100 * below <= self.most_below * (values + below)


def summarise(values: np.ndarray, below: np.ndarray, when: Calculable) -> dict[str, float]:
    """What `describe` gives, CV%, how many values are below the limit, geometric statistics of the others.

    Needs:   values below the limit hold the number that arithmetic statistics take for them.
    Missing: CV% unless the mean is positive; geometric statistics where `when` does not hold.
    Source:  study_rd13_02.md D.8, E.2 T14.4.1.
    """
    known = ~np.isnan(values)
    found = describe(values)
    count, above = int((below & known).sum()), values[known & ~below]
    cv = 100 * found["sd"] / found["mean"] if found["mean"] > 0 else np.nan
    of_others = geometric(above if when.holds(len(above), count) else above[:0])
    return found | {"below": float(count), "cv": cv} | of_others

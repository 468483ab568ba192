"""Kaplan-Meier as R and SAS do it: product limit, Greenwood, three interval types, the midpoint rule.

Where R (survfit) and SAS (LIFETEST) differ, the choice is a named option and the default is SAS's [E-KM]:

| option | default | other |
|---|---|---|
| `flat_tail` | `NE`: a curve that stays at the level to the end has no such quantile | `midpoint` (R) |
| `beyond` | `NE`: no rate after the last observed time | `last` (R): the last rate is carried on |
| `without_event` | `NE`: a rate of exactly 1 has no interval | `one` (R): it is 1 to 1 |
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from clinical.errors import DerivationError

TOLERANCE = 1e-8
CONF_TYPES = ("log-log", "log", "plain")
FLAT_TAILS = ("NE", "midpoint")
BEYONDS = ("NE", "last")
WITHOUT_EVENTS = ("NE", "one")


@dataclass(frozen=True)
class Curve:
    """A product-limit estimate at every distinct observed time; `greenwood` is the variance of log S."""

    time: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    censored: np.ndarray
    survival: np.ndarray
    greenwood: np.ndarray


@dataclass(frozen=True)
class Estimate:
    """A number with its confidence limits and standard error; NaN is `NE`."""

    value: float
    lower: float
    upper: float
    error: float = np.nan


def kaplan_meier(time: np.ndarray, event: np.ndarray) -> Curve:
    """The product-limit curve of `time`, with `event` true where it ended in one and false where censored.

    Ties:    an event and a censoring at one time: the censored subject was still at risk for the event.
    Raises:  DerivationError if a time is missing or negative.
    Source:  Kaplan and Meier 1958; Greenwood 1926; rule E-KM.
    """
    time = np.asarray(time, dtype="float64")
    event = np.asarray(event, dtype=bool)
    if np.isnan(time).any() or (time < 0).any():
        raise DerivationError("tlf.survival-time", count=int((~(time >= 0)).sum()))
    distinct, position = np.unique(time, return_inverse=True)
    events = np.bincount(position[event], minlength=len(distinct)).astype("float64")
    censored = np.bincount(position[~event], minlength=len(distinct)).astype("float64")
    at_risk = np.cumsum((events + censored)[::-1])[::-1]
    with np.errstate(divide="ignore"):
        greenwood = np.cumsum(events / (at_risk * (at_risk - events)))
    survival = np.cumprod((at_risk - events) / at_risk)
    return Curve(distinct, at_risk, events, censored, survival, greenwood)


def limits(curve: Curve, conf: float = 0.95, conf_type: str = "log-log") -> tuple[np.ndarray, np.ndarray]:
    """Pointwise confidence limits of the survival function at `curve.time`.

    Missing: neither where S is 1 (no event yet) nor where S is 0.
    """
    return transformed_limits(curve.survival, curve.greenwood, conf, conf_type)


def transformed_limits(
    survival: np.ndarray, greenwood: np.ndarray, conf: float, conf_type: str
) -> tuple[np.ndarray, np.ndarray]:
    """Limits of probabilities on a transformed scale; `greenwood` is the variance of the log of each.

    Missing: neither limit of 1 or 0.
    """
    if conf_type not in CONF_TYPES:
        raise DerivationError(
            "tlf.unknown-option", option="conf_type", value=conf_type, known=", ".join(CONF_TYPES)
        )
    normal = NormalDist().inv_cdf(0.5 + conf / 2)
    inside = (survival > TOLERANCE) & (survival < 1 - TOLERANCE)
    s = np.where(inside, survival, 0.5)
    reach = normal * np.sqrt(np.where(inside, greenwood, 0.0))
    if conf_type == "log-log":
        centre, width = np.log(-np.log(s)), reach / np.log(s)
        lower, upper = np.exp(-np.exp(centre - width)), np.exp(-np.exp(centre + width))
    elif conf_type == "log":
        lower, upper = np.exp(np.log(s) - reach), np.minimum(np.exp(np.log(s) + reach), 1.0)
    else:
        lower, upper = np.maximum(s - reach * s, 0.0), np.minimum(s + reach * s, 1.0)
    return np.where(inside, lower, np.nan), np.where(inside, upper, np.nan)


def quantile(
    curve: Curve, part: float, conf: float = 0.95, conf_type: str = "log-log", flat_tail: str = "NE"
) -> Estimate:
    """The time by which `part` of the subjects had the event, with the limits of Brookmeyer and Crowley.

    Ties:    S exactly at 1 - part on a step: the middle of that step; `flat_tail` says what if it never ends.
             A limit that comes down to 1 - part, rises and comes down again (log, few subjects): the first.
    Missing: NaN where the curve, or the limit, does not come down to 1 - part.
    Source:  SAS LIFETEST; R survival, quantile.survfit; rule E-KM.
    """
    if flat_tail not in FLAT_TAILS:
        raise DerivationError(
            "tlf.unknown-option", option="flat_tail", value=flat_tail, known=", ".join(FLAT_TAILS)
        )
    lower, upper = limits(curve, conf, conf_type)
    value, low, high = (
        _crossing(curve.time, level, 1 - part, flat_tail) for level in (curve.survival, lower, upper)
    )
    return Estimate(value, low, high)


def _crossing(time: np.ndarray, level: np.ndarray, target: float, flat_tail: str) -> float:
    reached = np.flatnonzero(level <= target + TOLERANCE)
    passed = np.flatnonzero(level < target - TOLERANCE)
    if not len(reached):
        return np.nan
    if len(passed):
        return float(time[reached[0]] + time[passed[0]]) / 2
    return float(time[reached[0]] + time[-1]) / 2 if flat_tail == "midpoint" else np.nan


def survival_at(
    curve: Curve,
    time: float,
    conf: float = 0.95,
    conf_type: str = "log-log",
    beyond: str = "NE",
    without_event: str = "NE",
) -> Estimate:
    """The event-free rate at `time`, with limits and the standard error of Greenwood.

    Missing: `beyond` and `without_event`: after the last observed time, and before the first event.
    Source:  rule E-KM.
    """
    for option, value, known in (
        ("beyond", beyond, BEYONDS),
        ("without_event", without_event, WITHOUT_EVENTS),
    ):
        if value not in known:
            raise DerivationError("tlf.unknown-option", option=option, value=value, known=", ".join(known))
    if not len(curve.time) or (time > curve.time[-1] and beyond == "NE"):
        return Estimate(np.nan, np.nan, np.nan)
    step = int(np.searchsorted(curve.time, time, side="right")) - 1
    survival = curve.survival[step] if step >= 0 else 1.0
    greenwood = curve.greenwood[step] if step >= 0 else 0.0
    error = survival * np.sqrt(greenwood) if survival > TOLERANCE else np.nan
    if survival > 1 - TOLERANCE and without_event == "one":
        return Estimate(float(survival), 1.0, 1.0, float(error))
    lower, upper = transformed_limits(np.array([survival]), np.array([greenwood]), conf, conf_type)
    return Estimate(float(survival), float(lower[0]), float(upper[0]), float(error))


def at_risk(curve: Curve, times: np.ndarray) -> np.ndarray:
    """Number of subjects with an observed time of at least each of `times` [E-KM]."""
    counts = curve.events + curve.censored
    before = np.searchsorted(curve.time, np.asarray(times, dtype="float64"), side="left")
    return counts.sum() - np.concatenate([[0.0], np.cumsum(counts)])[before]


def restricted_mean(curve: Curve, until: float) -> Estimate:
    """Mean event-free time up to `until`: the area under the curve, with its standard error.

    Source:  R survival, print.survfit(rmean=); Klein and Moeschberger 2003, section 4.5.
    """
    inside = curve.time < until
    edges = np.concatenate([[0.0], curve.time[inside], [until]])
    levels = np.concatenate([[1.0], curve.survival[inside]])
    areas = levels * np.diff(edges)
    left = areas.sum() - np.cumsum(areas)[:-1]
    risk, events = curve.at_risk[inside], curve.events[inside]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(left > 0, left**2 * events / (risk * (risk - events)), 0.0)
    return Estimate(float(areas.sum()), np.nan, np.nan, float(np.sqrt(terms.sum())))

"""Cumulative incidence with competing risks: Aalen and Johansen's estimate and its variance [D.11].

Where tools differ the choice is a named option and the default is SAS's, as in `survival.py`:

| option | default | other |
|---|---|---|
| `variance` | `aalen`: SAS LIFETEST, R cmprsk | `delta`: SAS ERROR=DELTA; R survival, whose infinitesimal jackknife it equals |
| `beyond` | `NE`: none after the last observed time | `last`: the last value is carried on |
"""  # noqa: E501

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clinical.errors import DerivationError
from tlf.survival import BEYONDS, Estimate, kaplan_meier, transformed_limits

COMPETING, OF_INTEREST, NO_EVENT = 2, 1, 0
VARIANCES = ("aalen", "delta")


@dataclass(frozen=True)
class Incidence:
    """The estimate at every distinct time of an event of any kind; `before` is S just before it."""

    time: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    failures: np.ndarray
    before: np.ndarray
    level: np.ndarray
    last: float


def cumulative_incidence(time: np.ndarray, cause: np.ndarray) -> Incidence:
    """The probability of the event of interest by each time, where a competing event rules it out.

    Needs:   cause: 0 censored, 1 the event of interest, 2 a competing event.
    Ties:    a censoring at the time of an event: the censored subject was still at risk.
    Raises:  DerivationError if a time is missing or negative.
    Source:  Aalen and Johansen 1978; Satagopan et al. 2004; rule D.11.
    """
    time, cause = np.asarray(time, dtype="float64"), np.asarray(cause)
    curve = kaplan_meier(time, cause != NO_EVENT)
    events = np.array([(cause[time == at] == OF_INTEREST).sum() for at in curve.time], dtype="float64")
    before = np.concatenate([[1.0], curve.survival])[: len(curve.time)]
    level = np.cumsum(before * events / curve.at_risk)
    kept = curve.events > 0
    last = float(curve.time[-1]) if len(curve.time) else np.nan
    return Incidence(
        curve.time[kept],
        curve.at_risk[kept],
        events[kept],
        curve.events[kept],
        before[kept],
        level[kept],
        last,
    )


def incidence_at(
    incidence: Incidence,
    time: float,
    conf: float = 0.95,
    conf_type: str = "log-log",
    beyond: str = "NE",
    variance: str = "aalen",
) -> Estimate:
    """The cumulative incidence at `time`, with its limits and standard error.

    Missing: after the last observed time, unless `beyond` carries the last value on; no limits of 0 and 1.
    Source:  Aalen 1978; Marubini and Valsecchi 1995, section 10.3 (delta); limits: SAS LIFETEST; rule D.11.
    """
    for option, value, known in (("beyond", beyond, BEYONDS), ("variance", variance, VARIANCES)):
        if value not in known:
            raise DerivationError("tlf.unknown-option", option=option, value=value, known=", ".join(known))
    if np.isnan(incidence.last) or (time > incidence.last and beyond == "NE"):
        return Estimate(np.nan, np.nan, np.nan)
    past = incidence.time <= time
    value = float(incidence.level[past][-1]) if past.any() else 0.0
    error = float(np.sqrt(max(_variance(incidence, past, value, less=int(variance == "aalen")), 0.0)))
    of_log = np.array([(error / value) ** 2 if value else 0.0])
    lower, upper = transformed_limits(np.array([value]), of_log, conf, conf_type)
    return Estimate(value, float(lower[0]), float(upper[0]), error)


def _variance(incidence: Incidence, past: np.ndarray, value: float, less: int) -> float:
    """Aalen's with `less` 1, that of the delta method with 0: what is taken off the number at risk."""
    risk, events, failures = (
        part[past] for part in (incidence.at_risk, incidence.events, incidence.failures)
    )
    before, left = incidence.before[past], value - incidence.level[past]
    survivors, spared = risk - failures, risk - events
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.where(survivors > 0, failures / ((risk - less) * survivors), 0.0)
        own = np.where(risk > less, before**2 * events * spared / (risk**2 * (risk - less)), 0.0)
        of_aalen = np.where(survivors > 0, before * events * spared / (risk * survivors * (risk - 1)), 0.0)
    joint = of_aalen if less else before * events / risk**2
    return float((left**2 * hazard + own - 2 * left * joint).sum())

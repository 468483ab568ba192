"""Non-compartmental analysis: what a curve of samples says without a model of it.

Times are in one unit, counted from the dose; a value below the limit of quantitation is 0. Subjects are
numbered from 0, and every answer is an array with one element a subject, missing where it has none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clinical.frames import Frame

UNDECIDED = -1


@dataclass(frozen=True)
class Terminal:
    """How the terminal phase is found: least points, least adjusted R2, what still counts as its equal."""

    points: int
    least: float
    tie: float


@dataclass(frozen=True, eq=False)
class Slope:
    """The terminal phase: rate (lambda z), adjusted R2, and the points that there were and that were used."""

    rate: np.ndarray
    fit: np.ndarray
    points: np.ndarray
    used: np.ndarray


@dataclass(frozen=True, eq=False)
class Curve:
    """Samples after the dose sorted by subject and time, one a time; `row` is the sample's row outside."""

    subject: np.ndarray
    time: np.ndarray
    value: np.ndarray
    row: np.ndarray
    size: int

    def rows_of(self, place: np.ndarray) -> np.ndarray:
        """The rows outside of places on the curve; -1 stays -1."""
        return np.append(self.row, -1)[place]

    def at(self, column: np.ndarray, place: np.ndarray) -> np.ndarray:
        """Values of a column at places on the curve; missing where the place is -1."""
        return np.append(column, np.nan)[place]


def curve_of(samples: Frame, size: int) -> Curve:
    """The samples after the dose as a curve.

    Needs:   subject, time, value of samples that were measured.
    Ties:    of samples at one time the highest value, then the first.
    """
    after = np.flatnonzero((samples["time"] > 0).to_numpy())
    subject, time, value = (
        samples[name].to_numpy()[after].astype(kind)
        for name, kind in (("subject", "int64"), ("time", "float64"), ("value", "float64"))
    )
    order = np.lexsort([after, -value, time, subject])
    subject, time, value, row = subject[order], time[order], value[order], after[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (subject[1:] != subject[:-1]) | (time[1:] != time[:-1])
    return Curve(subject[first], time[first], value[first], row[first], size)


def peak(curve: Curve) -> np.ndarray:
    """The place of the highest quantifiable sample of each subject, -1 without one.

    Ties:   the first time.
    Source: rule D.9 CMAX, TMAX.
    """
    order = np.lexsort([curve.time, -curve.value, curve.subject])
    return _first(curve, order[curve.value[order] > 0])


def last_quantifiable(curve: Curve) -> np.ndarray:
    """The place of the last quantifiable sample of each subject, -1 without one [D.9 CLST, TLST]."""
    return _first(curve, np.flatnonzero(curve.value > 0)[::-1])


def last_time(curve: Curve) -> np.ndarray:
    """The time of the last sample of each subject, quantifiable or not."""
    return curve.at(curve.time, _first(curve, np.arange(len(curve.time))[::-1]))


def _first(curve: Curve, places: np.ndarray) -> np.ndarray:
    """For each subject the first of the places that are its own."""
    found = np.full(curve.size, UNDECIDED)
    found[curve.subject[places[::-1]]] = places[::-1]
    return found


def area(curve: Curve, before: np.ndarray, until: np.ndarray) -> np.ndarray:
    """The area under the curve from the dose to a time, by the linear up, log down rule.

    Needs:   the value `before` the dose of each subject (0 or missing: none), and the time `until`.
    Gives:   linear where the curve rises, is flat or has 0 at an end, logarithmic where it falls; a time
             between two samples is interpolated by the same rule. A sample below the limit between two
             quantifiable ones is left out; after the last quantifiable one the curve falls to 0 in a line.
    Missing: no quantifiable sample, or no time.
    Source:  rule D.9 AUC28, AUCLST.
    """
    last = last_quantifiable(curve)
    kept = np.flatnonzero(_on_the_area(curve))
    subject = np.concatenate([np.arange(curve.size), curve.subject[kept]])
    time = np.concatenate([np.zeros(curve.size), curve.time[kept]])
    value = np.concatenate([np.nan_to_num(before), curve.value[kept]])
    order = np.lexsort([time, subject])
    subject, time, value = subject[order], time[order], value[order]
    inside = subject[1:] == subject[:-1]
    pieces = _pieces(time[:-1], time[1:], value[:-1], value[1:], until[subject[:-1]])
    whole = np.bincount(subject[:-1][inside], weights=pieces[inside], minlength=curve.size)
    return np.where((last >= 0) & ~np.isnan(until), whole, np.nan)


def _on_the_area(curve: Curve) -> np.ndarray:
    """The samples that an area is drawn through: all but those below the limit between quantifiable ones."""
    last = last_quantifiable(curve)
    first = _first(curve, np.flatnonzero(curve.value > 0))
    place = np.arange(len(curve.time))
    return ~((curve.value == 0) & (place > first[curve.subject]) & (place < last[curve.subject]))


def area_places(curve: Curve, until: np.ndarray) -> np.ndarray:
    """The places of the samples that the area up to a time is drawn through.

    Gives: the last of them is the first at that time or later, where there is one.
    """
    kept = np.flatnonzero(_on_the_area(curve))
    subject, time = curve.subject[kept], curve.time[kept]
    starts = np.ones(len(kept), dtype=bool)
    starts[1:] = subject[1:] != subject[:-1]
    previous = np.where(starts, 0.0, np.roll(time, 1))
    return kept[previous < until[subject]]


def _pieces(
    start: np.ndarray, end: np.ndarray, first: np.ndarray, second: np.ndarray, until: np.ndarray
) -> np.ndarray:
    """The area of each piece between two samples, as far as `until`."""
    stop = np.clip(np.minimum(end, np.nan_to_num(until)), start, None)
    share = np.divide(stop - start, end - start, out=np.zeros(len(start)), where=end > start)
    falls = (second < first) & (first > 0) & (second > 0)
    ratio = np.divide(second, first, out=np.ones(len(first)), where=falls)
    there = np.where(falls, first * ratio**share, first + (second - first) * share)
    rate = np.log(np.divide(first, there, out=np.ones(len(first)), where=falls))
    line = (first + there) / 2
    mean = np.divide(first - there, rate, out=line.copy(), where=falls & (rate > 0))
    return mean * (stop - start)


def terminal_slope(curve: Curve, rule: Terminal) -> Slope:
    """Lambda z: the slope of the logarithms of the last points after the peak, the peak left out.

    Gives:   of the last 3, 4, ... quantifiable points after the peak those with the highest adjusted R2.
    Ties:    within `tie` of the highest the most points.
    Missing: fewer than `points` points, or values that do not differ; a slope upwards has a rate below 0.
    Source:  rule D.9 LAMZHL.
    """
    usable = _after_the_peak(curve)
    subject = curve.subject[usable]
    number = _number_within(subject)
    end = usable[np.arange(len(usable)) - number]
    x = curve.time[usable] - curve.time[end]
    y = np.log(curve.value[usable]) - np.log(curve.value[end])
    n = number + 1.0
    sx, sy, sxx, sxy, syy = (_sum_within(each, number) for each in (x, y, x * x, x * y, y * y))
    xx, xy, yy = sxx - sx * sx / n, sxy - sx * sy / n, syy - sy * sy / n
    fits = (n >= rule.points) & (xx > 0) & (yy > 1e-12 * n)
    slope = np.divide(xy, xx, out=np.full(len(n), np.nan), where=fits)
    explained = np.divide(xy * xy, xx * yy, out=np.full(len(n), np.nan), where=fits)
    adjusted = np.full(len(n), -np.inf)
    adjusted[fits] = 1 - (1 - explained[fits]) * (n[fits] - 1) / (n[fits] - 2)
    best = np.full(curve.size, -np.inf)
    np.maximum.at(best, subject, adjusted)
    equal = np.flatnonzero(fits & (adjusted >= best[subject] - rule.tie))
    chosen = np.full(curve.size, UNDECIDED)
    chosen[subject[equal]] = equal
    rate, fit = (np.append(each, np.nan)[chosen] for each in (-slope, adjusted))
    points = np.bincount(subject, minlength=curve.size)
    return Slope(rate, fit, points, np.append(n, 0)[chosen])


def _after_the_peak(curve: Curve) -> np.ndarray:
    """The places of the quantifiable samples after the peak, the last one first."""
    place = np.arange(len(curve.time))
    return np.flatnonzero((curve.value > 0) & (place > peak(curve)[curve.subject]))[::-1]


def terminal_places(curve: Curve, slope: Slope) -> np.ndarray:
    """The places of the points that the terminal phase was fitted to."""
    usable = _after_the_peak(curve)
    subject = curve.subject[usable]
    return usable[_number_within(subject) < slope.used[subject]]


def _number_within(subject: np.ndarray) -> np.ndarray:
    """0, 1, 2 ... within each run of one subject."""
    place = np.arange(len(subject))
    starts = np.ones(len(subject), dtype=bool)
    starts[1:] = subject[1:] != subject[:-1]
    return place - np.maximum.accumulate(np.where(starts, place, 0))


def _sum_within(values: np.ndarray, number: np.ndarray) -> np.ndarray:
    """The sum of each run of a subject up to every element, rounded as if the subject were alone."""
    run = np.cumsum(number == 0) - 1
    table = np.zeros((int(run.max(initial=-1)) + 1, int(number.max(initial=-1)) + 1))
    table[run, number] = values
    return np.cumsum(table, axis=1)[run, number]

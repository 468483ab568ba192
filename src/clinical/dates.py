"""Dates that may be partial: comparing, counting and completing them.

A date is partial ISO 8601 text (`2024`, `2024-03`, `2024---15`, `2024-03-29T10:30`) or datetime64[s]; a
datetime at midnight is a day without a time unless the column's name ends in DTM. Everything is worked out
once per distinct value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from clinical.distinct import append_text, distinct, spread, spread_text
from clinical.moments import (
    DAY,
    DAY_SECONDS,
    HOUR,
    MISSING,
    MONTH,
    NAT,
    YEAR,
    YEAR_AND_DAY,
    Moments,
    as_datetimes,
    calendar_day,
    first_days,
    last_days,
    moments,
    read_clock,
    read_moment,
)
from clinical.typed_dates import read_typed, to_site_time

__all__ = [
    "duration", "earliest", "has_time", "holds", "impute", "impute_time", "is_complete", "is_date", "is_time",
    "iso_text", "join_time", "latest", "read_typed", "roll_over", "study_day", "to_day", "to_minutes",
    "to_site_time",
]  # fmt: skip

_KNOWN = {"day": DAY, "month": MONTH, "year": YEAR}
_PRECISION = np.array([1, 1, 1, 1, 1, 3600, 60, 1])


def earliest(dates: pd.Series) -> pd.Series:
    """The first second that each date can mean."""
    return as_datetimes(moments(dates).first, dates.index)


def latest(dates: pd.Series) -> pd.Series:
    """The last second that each date can mean: 23:59:59 of the last possible day, 10:30:59 for 10:30."""
    return as_datetimes(moments(dates).last, dates.index)


def is_date(dates: pd.Series) -> np.ndarray:
    """True where there is a date, partial or not; False for text that is none and for missing."""
    return moments(dates).known > MISSING


def is_complete(dates: pd.Series) -> np.ndarray:
    """True where the day is known."""
    return moments(dates).known >= DAY


def has_time(dates: pd.Series) -> np.ndarray:
    """True where day and time are known, the time at least to the hour."""
    return moments(dates).known >= HOUR


def is_time(times: pd.Series) -> np.ndarray:
    """True where the text is a time of the day that `join_time` can append."""
    codes, values = distinct(times)
    return spread(codes, np.array([_clock_text(value) is not None for value in values], dtype=bool), False)


def to_day(dates: pd.Series) -> pd.Series:
    """The day at midnight; missing unless the day is known."""
    read = moments(dates)
    return as_datetimes(np.where(read.known >= DAY, first_days(read) * DAY_SECONDS, NAT), dates.index)


def iso_text(days: pd.Series) -> pd.Series:
    """The days as `YYYY-MM-DD`."""
    codes, values = distinct(to_day(days))
    return spread_text(codes, [str(value)[:10] for value in values], days.index)


def holds(left: pd.Series, op: str, right: pd.Series) -> np.ndarray:
    """True where the comparison holds for every day that the two dates can mean.

    `op` is eq, ne, lt, le, gt, ge or before. Compared at the coarser precision of the two: as days if
    either has no time, as minutes if either has no seconds. `before` is lt, and true on the same day where
    either has no time.

    Missing: a missing date satisfies no comparison.
    Source:  spec_language.md, 1; rules C-EPOCH, C-LOBX.
    """
    one, two = moments(left), moments(right)
    timed = (one.known >= HOUR) & (two.known >= HOUR)
    first, last = first_days(one), last_days(one)
    other_first, other_last = first_days(two), last_days(two)
    if timed.any():
        unit = np.maximum(_PRECISION[one.known[timed]], _PRECISION[two.known[timed]])
        first[timed] = last[timed] = one.first[timed] // unit
        other_first[timed] = other_last[timed] = two.first[timed] // unit
    if op == "lt":
        true = last < other_first
    elif op == "le":
        true = last <= other_first
    elif op == "gt":
        true = first > other_last
    elif op == "ge":
        true = first >= other_last
    elif op == "eq":
        true = (first == last) & (other_first == other_last) & (first == other_first)
    elif op == "before":
        true = np.where(timed, last < other_first, last <= other_first)
    elif op == "ne":
        true = (last < other_first) | (first > other_last)
        true |= _never_the_same_day(one, two, ~true)
    else:
        raise ValueError(op)
    return true & (one.known > MISSING) & (two.known > MISSING)


def _never_the_same_day(one: Moments, two: Moments, among: np.ndarray) -> np.ndarray:
    """Where `2024---15` cannot be the other date although its first and last day enclose that."""
    among = among & ((one.known == YEAR_AND_DAY) | (two.known == YEAR_AND_DAY))
    among &= (one.known > MISSING) & (two.known > MISSING)
    apart = np.zeros(len(among), dtype=bool)
    for rows, key in _groups(among, first_days(one), last_days(one), one.known, *_bounds_of(two)):
        apart[rows] = not (_possible_days(*key[:3]) & _possible_days(*key[3:]))
    return apart


def _bounds_of(read: Moments) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return first_days(read), last_days(read), read.known


def _possible_days(first: int, last: int, known: int) -> set[int]:
    if known != YEAR_AND_DAY:
        return set(range(first, last + 1))
    start = calendar_day(first)
    months = (read_moment(f"{start.year:04d}-{month:02d}-{start.day:02d}") for month in range(1, 13))
    return {moment[0] // DAY_SECONDS for moment in months if moment}


def _groups(among: np.ndarray, *columns: np.ndarray) -> Iterable[tuple[np.ndarray, tuple[int, ...]]]:
    """The rows of each distinct combination of the columns, with that, among the rows asked for."""
    rows = np.flatnonzero(among)
    if not len(rows):
        return
    keys, group = np.unique(np.stack([column[rows] for column in columns]), axis=1, return_inverse=True)
    order = np.argsort(group.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(group.ravel(), minlength=keys.shape[1]))
    for key, members in zip(keys.T, np.split(order, ends[:-1]), strict=True):
        yield rows[members], tuple(int(part) for part in key)


def study_day(dates: pd.Series, reference: pd.Series) -> pd.Series:
    """The study day: 1 on the reference day, -1 on the day before it; there is no day zero.

    Missing: an incomplete date or reference gives none.
    Source:  rules A-DAY, C-DY.
    """
    one, two = moments(dates), moments(reference)
    after = first_days(one) - first_days(two)
    known = (one.known >= DAY) & (two.known >= DAY)
    return pd.Series(np.where(known, after + (after >= 0), np.nan), index=dates.index)


def duration(start: pd.Series, end: pd.Series, unit: str, known: str = "day") -> pd.Series:
    """Completed `years` or `months` from start to end, or `days` with both ends counted.

    `known` (day, month, year) is the least that must be known of each date; what is missing counts as the
    first. A person born on 29 February completes a year on 1 March where the year has no such day. An end
    before the start gives a negative duration.

    Missing: less known than `known` gives none.
    Source:  rules C.1 AGE, D-DAY.
    """
    one, two = moments(start), moments(end)
    enough = _KNOWN[known]
    given = (one.known >= enough) & (two.known >= enough)
    first, last = np.where(given, first_days(one), 0), np.where(given, first_days(two), 0)
    if unit == "days":
        count = last - first + 1
    else:
        months = _completed_months(np.minimum(first, last), np.maximum(first, last))
        count = np.sign(last - first) * {"months": months, "years": months // 12}[unit]
    return pd.Series(np.where(given, count.astype("float64"), np.nan), index=start.index)


def _completed_months(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    from_month, from_day = _month_and_day(first)
    to_month, to_day_of_month = _month_and_day(last)
    return to_month - from_month - (to_day_of_month < from_day)


def _month_and_day(days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number of the month and the day of the month, from a calendar of the days that occur."""
    start, stop = int(days.min(initial=0)), int(days.max(initial=0))
    calendar = np.arange(start, stop + 1)
    months = calendar.astype("datetime64[D]").astype("datetime64[M]")
    day_of_month = calendar - months.astype("datetime64[D]").astype("int64")
    return months.astype("int64")[days - start], day_of_month[days - start]


def to_minutes(dates: pd.Series) -> pd.Series:
    """The dates with their times to the minute: `2024-03-29T14:23:59` is `2024-03-29T14:23` [C-DTC]."""
    codes, values = distinct(dates)
    end = len("2024-03-29T14:23")
    return spread_text(codes, [v[:end] if read_moment(v) else v for v in values], dates.index)


def join_time(dates: pd.Series, times: pd.Series) -> pd.Series:
    """The date with its time, `2024-03-29T09:05`; appended only where the day is complete [C-DTC].

    `times` is h:mm, hh:mm or hh:mm:ss. A date that has a time keeps it.

    Missing: a missing or unreadable time (`is_time` tells) leaves the date alone.
    """
    codes, values = distinct(times)
    clocks = [_clock_text(value) for value in values]
    given = spread(codes, np.array([clock is not None for clock in clocks], dtype=bool), False)
    rows = given & (moments(dates).known == DAY)
    ends = spread_text(np.where(rows, codes, -1), [f"T{clock}" for clock in clocks], dates.index)
    return append_text(dates, ends)


def _clock_text(text: str) -> str | None:
    text = text.strip()
    text = f"0{text}" if re.match(r"\d:", text) else text
    return text if ":" in text and read_clock(text) else None


def roll_over(ends: pd.Series, starts: pd.Series) -> pd.Series:
    """The end, moved to the next day where its clock is earlier than the start's on the same date.

    Missing: without both times, or on different dates, the end stays as it is.
    Source:  rule C.2 EXENDTC.
    """
    one, two = moments(ends), moments(starts)
    timed = (one.known >= HOUR) & (two.known >= HOUR)
    unit = np.maximum(_PRECISION[one.known], _PRECISION[two.known])
    earlier = timed & (first_days(one) == first_days(two)) & (one.first // unit < two.first // unit)
    codes, values = distinct(ends)
    moved = [_next_day(value) if read_moment(value) else value for value in values]
    codes = np.where(earlier, codes + len(values), codes)
    return spread_text(codes, values + moved, ends.index)


def _next_day(text: str) -> str:
    day = calendar_day(read_moment(text)[0] // DAY_SECONDS + 1)
    return f"{day.isoformat()}{text[10:]}"


def impute(
    dates: pd.Series,
    how: str,
    after: Iterable[pd.Series] = (),
    not_before: Iterable[pd.Series] = (),
    not_after: Iterable[pd.Series] = (),
) -> tuple[pd.Series, pd.Series]:
    """The day that a partial date is taken for, and what was imputed: D (day), M (month and day).

    The first or last possible day; from there the first possible day on or after `not_before` and later
    than `after`, and not later than `not_after`, which decides where they contradict each other. A bound
    is a complete date between the first and last day that the partial date can mean (for `after`: the day
    after it is); any other does not count. A known day stays as it is.

    Missing: a missing date stays missing, without flag.
    Source:  rule D-IMP.
    """
    read = moments(dates)
    days = first_days(read)
    partial = np.flatnonzero((read.known > MISSING) & (read.known < DAY))
    first, last = days[partial], last_days(read)[partial]
    lower, upper = first, last
    for bound, shift in [*((series, 1) for series in after), *((series, 0) for series in not_before)]:
        day = _known_days(bound.iloc[partial]) + shift
        lower = np.where(day <= last, np.maximum(lower, day), lower)
    for bound in not_after:
        day = _known_days(bound.iloc[partial])
        upper = np.where(day >= first, np.minimum(upper, day), upper)
    wanted = lower if how == "first" else last
    chosen = np.minimum(wanted, upper)
    for rows, key in _groups(read.known[partial] == YEAR_AND_DAY, first, last, wanted, upper):
        chosen[rows] = _nearest_possible(_possible_days(*key[:2], YEAR_AND_DAY), *key[2:])
    days[partial] = chosen
    flags = np.array([-1, 1, 1, 0, -1, -1, -1, -1])[read.known]
    imputed = as_datetimes(np.where(read.known > MISSING, days * DAY_SECONDS, NAT), dates.index)
    return imputed, spread_text(flags, ["D", "M"], dates.index)


def _known_days(dates: pd.Series) -> np.ndarray:
    read = moments(dates)
    return np.where(read.known >= DAY, first_days(read), NAT)


def _nearest_possible(days: set[int], aim: int, cap: int) -> int:
    day = min(day for day in days if day >= aim)
    return day if day <= cap else max(day for day in days if day <= cap)


def impute_time(dates: pd.Series, how: str) -> tuple[pd.Series, pd.Series]:
    """The moment of a complete date, its missing time taken as 00:00 (`first`) or 23:59 (`last`), and a flag.

    The flag is H where the time was imputed, M where its minutes were. Seconds are not collected: they
    count as zero and give no flag.

    Missing: an incomplete date gives neither.
    Source:  rule D-IMP, times.
    """
    read = moments(dates)
    imputed = (
        np.where(read.known == DAY, 86_340, np.where(read.known == HOUR, 3_540, 0)) if how == "last" else 0
    )
    moment = as_datetimes(np.where(read.known >= DAY, read.first + imputed, NAT), dates.index)
    flags = np.where(read.known == DAY, 0, np.where(read.known == HOUR, 1, -1))
    return moment, spread_text(flags, ["H", "M"], dates.index)

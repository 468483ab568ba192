"""What a partial ISO 8601 date can mean: its first and its last second, and how much of it is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from itertools import chain

import numpy as np
import pandas as pd

from clinical.distinct import distinct

# How much of a date is known, as an ordered scale; YEAR_AND_DAY is `2024---15`.
MISSING, YEAR, YEAR_AND_DAY, MONTH, DAY, HOUR, MINUTE, SECOND = range(8)
DAY_SECONDS = 86_400
NAT = np.iinfo("int64").min
_EPOCH = date(1970, 1, 1).toordinal()
_CLOCK = re.compile(r"(\d{2})(?::(\d{2})(?::(\d{2}))?)?", re.ASCII)
_ISO = re.compile(r"(\d{4})(?:---(\d{2})|(?:-(\d{2})(?:-(\d{2})(?:T([\d:]+))?)?)?)", re.ASCII)

Moment = tuple[int, int, int]  # first second, last second (since 1970), how much is known
NOTHING: Moment = (NAT, NAT, MISSING)


@dataclass(frozen=True)
class Moments:
    """A column of dates, its distinct values read once each: what is asked of them is spread over the rows.

    `of` is the number of each row's value; `read` has the first second, the last second and how much is known
    of each value, and at its end those of a missing date, which is number -1.
    """

    of: np.ndarray
    read: np.ndarray

    @cached_property
    def first(self) -> np.ndarray:
        """The first second that each row can mean; NAT if missing."""
        return self.read[0][self.of]

    @cached_property
    def last(self) -> np.ndarray:
        """The last second that each row can mean; NAT if missing."""
        return self.read[1][self.of]

    @cached_property
    def known(self) -> np.ndarray:
        """How much is known of each row, MISSING to SECOND."""
        return self.read[2].astype("int8")[self.of]


@lru_cache(maxsize=1 << 17)
def read_moment(text: str) -> Moment | None:
    """What a partial ISO text can mean; None if it is no such text or no day of the calendar [C-DTC]."""
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, lone_day, month, day, clock = match.groups()
    try:
        if lone_day:
            return _whole_days(
                date(int(year), 1, int(lone_day)), date(int(year), 12, int(lone_day)), YEAR_AND_DAY
            )
        if month is None:
            return _whole_days(date(int(year), 1, 1), date(int(year), 12, 31), YEAR)
        if day is None:
            return _whole_days(date(int(year), int(month), 1), last_of_month(int(year), int(month)), MONTH)
        given = date(int(year), int(month), int(day))
    except ValueError:
        return None
    if clock is None:
        return _whole_days(given, given, DAY)
    return _with_clock(given, clock)


def read_clock(text: str) -> tuple[int, int, int] | None:
    """Seconds after midnight, how many it can mean, and how much is known; None for no time of a day."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    hour, minute, second = match.groups()
    if int(hour) > 23 or int(minute or 0) > 59 or int(second or 0) > 59:
        return None
    start = int(hour) * 3600 + int(minute or 0) * 60 + int(second or 0)
    if second:
        return start, 1, SECOND
    return (start, 60, MINUTE) if minute else (start, 3600, HOUR)


def last_of_month(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, 12, 31) if month == 12 else date.fromordinal(date(year, month + 1, 1).toordinal() - 1)


def _whole_days(first: date, last: date, known: int) -> Moment:
    return day_number(first) * DAY_SECONDS, day_number(last) * DAY_SECONDS + DAY_SECONDS - 1, known


def _with_clock(given: date, clock: str) -> Moment | None:
    time = read_clock(clock)
    if time is None:
        return None
    start = day_number(given) * DAY_SECONDS + time[0]
    return start, start + time[1] - 1, time[2]


def day_number(given: date) -> int:
    """Days since 1970-01-01."""
    return given.toordinal() - _EPOCH


def calendar_day(number: int) -> date:
    """The date that is `number` days after 1970-01-01."""
    return date.fromordinal(int(number) + _EPOCH)


def moments(dates: pd.Series) -> Moments:
    """What each row can mean; `dates` is partial ISO text or datetime64.

    A datetime at midnight is a day without a time, unless the column's name ends in DTM: such a variable
    always has one.

    Missing: text that is no partial ISO date counts as missing.
    """
    if pd.api.types.is_datetime64_dtype(dates.dtype):
        return _of_datetimes(dates)
    codes, values = distinct(dates)
    read = [*(read_moment(value) or NOTHING for value in values), NOTHING]
    return Moments(codes, np.fromiter(chain.from_iterable(read), "int64").reshape(-1, 3).T.copy())


def _of_datetimes(dates: pd.Series) -> Moments:
    codes, values = pd.factorize(dates.to_numpy().astype("datetime64[s]"))
    first = values.astype("int64")
    if str(dates.name).endswith("DTM"):
        known, last = np.full(len(first), SECOND), first
    else:
        midnight = first % DAY_SECONDS == 0
        known = np.where(midnight, DAY, SECOND)
        last = np.where(midnight, first + DAY_SECONDS - 1, first)
    return Moments(codes, np.column_stack([[first, last, known], NOTHING]))


def as_datetimes(seconds: np.ndarray, index: pd.Index) -> pd.Series:
    """Seconds since 1970 as datetime64[s]; NAT is missing."""
    return pd.Series(seconds.astype("datetime64[s]"), index=index)


def first_days(read: Moments) -> np.ndarray:
    """The number of the first day each row can mean (without meaning where it is missing)."""
    return np.floor_divide(read.read[0], DAY_SECONDS)[read.of]


def last_days(read: Moments) -> np.ndarray:
    """The number of the last day each row can mean (without meaning where it is missing)."""
    return np.floor_divide(read.read[1], DAY_SECONDS)[read.of]

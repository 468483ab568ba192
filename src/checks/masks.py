"""What a condition cannot say: functions that a rule names under `mask`.

Each takes a frame of USUBJID and the columns the rule lists, for the records its `where` chooses, and gives the records
that fail: a bool array. `last_day` is the day the extract was taken, or that of the data cut.
"""

from __future__ import annotations

import re
from calendar import monthrange

import numpy as np
import pandas as pd

from clinical.frames import Column, Frame, codes_of, group_codes

FIRST_YEAR = "1920"
ISO_8601 = re.compile(
    r"(?:(?P<year>\d{4})|-)(?:-(?:(?P<month>0[1-9]|1[0-2])|-)(?:-(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?:T(?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:\.\d+)?)?)?)?)?)?"
)


def repeated(frame: Frame) -> np.ndarray:
    """Records that another record of the same subject equals in every column; two missing values are equal."""
    groups = group_codes([codes_of(frame[name]) for name in frame])
    return pd.Series(groups).duplicated(keep=False).to_numpy()


def not_one_to_one(frame: Frame) -> np.ndarray:
    """Records whose value in one of two columns goes with several values of the other anywhere in the study."""
    one, two = (codes_of(frame[name]) for name in frame.columns[1:])
    pairs = pd.DataFrame({"one": one, "two": two}).drop_duplicates()
    many_one = pairs.loc[pairs["one"].duplicated(keep=False), "one"]
    many_two = pairs.loc[pairs["two"].duplicated(keep=False), "two"]
    return np.isin(one, many_one) | np.isin(two, many_two)


def not_iso_8601(frame: Frame) -> np.ndarray:
    """Records with a date that is no ISO 8601 date of the calendar, partial or complete, with or without time."""
    failed = np.zeros(len(frame), dtype=bool)
    for name in frame.columns[1:]:
        codes, values = pd.factorize(frame[name])
        wrong = np.array([not _is_iso_8601(str(value)) for value in values] + [False])
        failed |= wrong[codes]
    return failed


def _is_iso_8601(text: str) -> bool:
    match = ISO_8601.fullmatch(text)
    if match is None or text == "-" or text.endswith("-"):
        return False
    year, month, day = match.group("year", "month", "day")
    if not (month and day):
        return True
    return int(day) <= monthrange(int(year or "2000"), int(month))[1]


def implausible_day(frame: Frame, last_day: str) -> np.ndarray:
    """Records with a date before 1920 or certainly after the last day."""
    failed = np.zeros(len(frame), dtype=bool)
    for name in frame.columns[1:]:
        day = frame[name].str.slice(0, 10)
        failed |= (day < FIRST_YEAR).to_numpy(dtype=bool, na_value=False)
        if last_day:
            failed |= _is_after(day, last_day)
    return failed


def _is_after(day: Column, last: str) -> np.ndarray:
    """A partial date is after the last day if its known beginning is greater."""
    codes, values = pd.factorize(day)
    later = np.array([str(value) > last[: len(str(value))] for value in values] + [False])
    return later[codes]


def blank(frame: Frame) -> np.ndarray:
    """Records without a value in any of the columns."""
    return frame[frame.columns[1:]].isna().all(axis=1).to_numpy()


MASKS = {each.__name__: each for each in (repeated, not_one_to_one, not_iso_8601, implausible_day, blank)}

"""What a condition cannot say: functions that a rule names under `mask`.

Each takes a frame of USUBJID and the columns the rule lists, for the records its `where` chooses, and gives
the records that fail: a bool array. `last_day` is the day the extract was taken, or that of the data cut;
`study` is study.yml.
"""

from __future__ import annotations

import inspect
import re
from calendar import monthrange

import numpy as np
import pandas as pd

from clinical.frames import Column, Frame, codes_of, group_codes
from clinical.read import Mapping

FIRST_YEAR = "1920"
ISO_8601 = re.compile(
    r"(?:(?P<year>\d{4})|-)(?:-(?:(?P<month>0[1-9]|1[0-2])|-)(?:-(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?:T(?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:\.\d+)?)?)?)?)?)?"
)


def repeated(frame: Frame) -> np.ndarray:
    """Records that another record of the subject equals in every column; two missing values are equal."""
    groups = group_codes([codes_of(frame[name]) for name in frame])
    return pd.Series(groups).duplicated(keep=False).to_numpy()


def not_one_to_one(frame: Frame) -> np.ndarray:
    """Records whose value in one of two columns goes with several values of the other in the study."""
    one, two = (codes_of(frame[name]) for name in frame.columns[1:])
    pairs = pd.DataFrame({"one": one, "two": two}).drop_duplicates()
    many_one = pairs.loc[pairs["one"].duplicated(keep=False), "one"]
    many_two = pairs.loc[pairs["two"].duplicated(keep=False), "two"]
    return np.isin(one, many_one) | np.isin(two, many_two)


def not_iso_8601(frame: Frame) -> np.ndarray:
    """Records with a date that is no ISO 8601 date of the calendar, partial or complete."""
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


def outside_window(frame: Frame, study: Mapping) -> np.ndarray:
    """Records of a planned visit whose study day is outside the window that `visits` of study.yml gives it.

    Needs:   the visit's folder or VISITNUM and the study day, in this order; the days of `visits` are
             protocol days, which have a zero [A-DAY].
    Missing: no study day, no planned day or neither `window` nor `until` is outside nothing.
    """
    visit, day = frame[frame.columns[1]], frame[frame.columns[2]].to_numpy()
    key = "folder" if pd.api.types.is_string_dtype(visit) else "VISITNUM"
    windows = {_key(each[key]): _window(each) for each in study.get("visits", ()) if "day" in each}
    codes, values = pd.factorize(visit)
    limits = np.array([windows.get(_key(value), NO_WINDOW) for value in values] + [NO_WINDOW])[codes]
    protocol = np.where(day > 0, day - 1, day)
    return (protocol < limits[:, 0]) | (protocol > limits[:, 1])


NO_WINDOW = (-np.inf, np.inf)


def _key(value: object) -> object:
    return str(value) if isinstance(value, str) and not value.replace(".", "").isdigit() else float(value)


def _window(visit: Mapping) -> tuple[float, float]:
    day = float(visit["day"])
    if "window" in visit:
        return day - float(visit["window"]), day + float(visit["window"])
    return (day, float(visit["until"])) if "until" in visit else NO_WINDOW


def is_of_the_study(function: str) -> bool:
    """Whether a mask compares the records of several persons: it cannot be asked person by person."""
    return function == not_one_to_one.__name__


def asks_last_day(function: str) -> bool:
    """Whether what a mask marks also depends on the last day."""
    return "last_day" in inspect.signature(MASKS[function]).parameters


MASKS = {
    each.__name__: each
    for each in (repeated, not_one_to_one, not_iso_8601, implausible_day, blank, outside_window)
}

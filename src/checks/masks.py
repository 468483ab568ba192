"""What a condition cannot say: functions that a rule names under `mask`.

Each takes a frame of USUBJID and the columns the rule lists, for the records its `where` chooses, and gives
the records that fail: a bool array. `last_day` is the day the extract was taken, or that of the data cut;
`study` is study.yml, `values` what the rule lists under `values`.
"""

from __future__ import annotations

import inspect
import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from clinical.dates import to_day
from clinical.frames import Column, Frame, codes_of, group_codes
from clinical.read import Mapping

FIRST_YEAR = "1920"
ISO_8601 = re.compile(
    r"(?:(?P<year>\d{4})|-)(?:-(?:(?P<month>0[1-9]|1[0-2])|-)(?:-(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?:T(?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:\.\d+)?)?)?)?)?)?"
)
AMOUNT = r"\d+(?:[.,]\d+)?"
ISO_DURATION = re.compile(
    rf"-?P(?=[\dT])(?:{AMOUNT}W|(?:{AMOUNT}Y)?(?:{AMOUNT}M)?(?:{AMOUNT}D)?"
    rf"(?:T(?=\d)(?:{AMOUNT}H)?(?:{AMOUNT}M)?(?:{AMOUNT}S)?)?)"
)
CONTINUOUS = re.compile(
    r"(?:[<>]=?|[\u2264\u2265])?\s*[-+]?(?:[\d,]*\d\.?|\d*\.\d+)(?:[eE][-+]?\d+)?(?:\s*-\s*\d*\.?\d+)?"
)
PLAIN = r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][-+]?\d+)?"
PLAIN_NUMBER = re.compile(rf"(?=.*\d){PLAIN}")
AMOUNT_OR_GRADE = re.compile(  # <50, 0-1, 1+, 1:80
    rf"(?:(?:[<>]=?|[\u2264\u2265])\s*{PLAIN}|{PLAIN}\s*-\s*{PLAIN}|\d+\+|\+\d+|[<>]?=?\s*1\s*:\s*\d+)"
)
NO_NUMBER = re.compile(r"[-+]?(?:nan|inf|infinity)", re.IGNORECASE)
DECIMAL_COMMA = re.compile(r"[<>]?=?\s*[-+]?\d+,(?:\d{1,2}|\d{4,})")  # 1,234 may be a thousand
OBSERVED = re.compile(r"[A-Z]{2}(?:ST|EN)?DTC")  # not --RFTDTC
HOUR = np.timedelta64(3600, "s")
DAY = pd.Timedelta(days=1)


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
    return _marks(frame, lambda text: not _is_iso_8601(text))


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


def of_another_person(frame: Frame) -> np.ndarray:
    """Records whose values a record of another person has too; a missing value is equal to none."""
    groups = group_codes([codes_of(frame[name]) for name in frame.columns[1:]])
    pairs = pd.DataFrame({"group": groups, "person": codes_of(frame["USUBJID"])}).drop_duplicates()
    shared = pairs.loc[pairs["group"].duplicated(keep=False), "group"]
    return np.isin(groups, shared) & frame[frame.columns[1:]].notna().all(axis=1).to_numpy()


def varies(frame: Frame) -> np.ndarray:
    """Records whose first column has several values in the study where the other columns are equal.

    Missing: neither the first nor the second column may be; the others may.
    """
    value, *others = (codes_of(frame[name]) for name in frame.columns[1:])
    groups, known = group_codes(others), (value >= 0) & (others[0] >= 0)
    pairs = pd.DataFrame({"group": groups, "value": value})[known].drop_duplicates()
    several = pairs.loc[pairs["group"].duplicated(keep=False), "group"]
    return np.isin(groups, several) & known


def alone(frame: Frame) -> np.ndarray:
    """Records that no other record of the subject equals in every column."""
    return ~repeated(frame)


def not_iso_duration(frame: Frame) -> np.ndarray:
    """Records with text that is no ISO 8601 duration (P28D, PT1H30M, -PT15M)."""
    return _marks(frame, lambda text: ISO_DURATION.fullmatch(text) is None)


def range_without_number(frame: Frame) -> np.ndarray:
    """Records with a reference range (second column and on) whose result (first) is no amount.

    A result below or above what can be measured (`<50`) and an interval (`0-1`) are amounts.
    """
    result, *ranges = frame.columns[1:]
    categorical = _marks(frame[["USUBJID", result]], lambda text: CONTINUOUS.fullmatch(text.strip()) is None)
    return categorical & frame[ranges].notna().any(axis=1).to_numpy()


def dose_outside(frame: Frame, study: Mapping) -> np.ndarray:
    """Records of an infusion whose doses together are further from the plan than `dose_tolerance_pct`.

    Records of one day, or of a day and the next, are one infusion that was interrupted.

    Needs:   the dose, the planned dose of the infusion and the start, in this order.
    Missing: no planned dose or no dose is outside nothing.
    Source:  B-DIRT-27, B-DIRT-28.
    """
    dose, planned, start = (frame[name] for name in frame.columns[1:])
    given = pd.DataFrame({"person": frame["USUBJID"], "day": to_day(start)})
    given = given.assign(dose=pd.to_numeric(dose), planned=pd.to_numeric(planned))
    given = given.sort_values(["person", "day"], kind="stable")
    apart = (given["person"] != given["person"].shift()) | ~(given["day"].diff() <= DAY)
    infusion = given.groupby(apart.cumsum())
    percent = infusion["dose"].transform("sum", min_count=1) / infusion["planned"].transform("max") * 100
    outside = (percent.round(6) - 100).abs() > float(study["dose_tolerance_pct"])
    return outside.reindex(frame.index).to_numpy(dtype=bool)


def decimal_comma(frame: Frame) -> np.ndarray:
    """Records whose result (first column) has a comma that cannot group thousands, and no number (second)."""
    result, number = frame.columns[1:]
    comma = _marks(frame[["USUBJID", result]], lambda text: DECIMAL_COMMA.fullmatch(text.strip()) is not None)
    return comma & frame[number].isna().to_numpy()


def garbled(frame: Frame) -> np.ndarray:
    """Records whose result (first column) has a unit (third) and digits, and is no number (second).

    `nan` and `inf` are marked without digits. A limit (`<50`), an interval (`0-1`), a grade (`1+`) and a
    titre (`1:80`) are not; nor is a decimal comma, which `decimal_comma` marks.
    """
    result, number, unit = frame.columns[1:]
    return (
        _marks(frame[["USUBJID", result]], _is_garbled)
        & (frame[number].isna() & frame[unit].notna()).to_numpy()
    )


def _is_garbled(text: str) -> bool:
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    if NO_NUMBER.fullmatch(text):
        return True
    if PLAIN_NUMBER.fullmatch(text):
        return not np.isfinite(float(text.replace(",", "")))
    known = AMOUNT_OR_GRADE.fullmatch(text) or DECIMAL_COMMA.fullmatch(text)
    return any(sign.isdigit() for sign in text) and not known


def implausible(frame: Frame, study: Mapping) -> np.ndarray:
    """Records whose number (second column) is outside the limits that `plausible` gives its test.

    Missing: no number, or no limits for the test, is outside nothing. The limits themselves are inside.
    """
    test, number = frame[frame.columns[1]], pd.to_numeric(frame[frame.columns[2]])
    limits = study.get("plausible", {})
    codes, tests = pd.factorize(test)
    known = [[float(each) for each in limits.get(name, NO_WINDOW)] for name in [*tests, ""]]
    low, high = np.array(known)[codes].T
    return ((number < low) | (number > high)).to_numpy(dtype=bool, na_value=False)


def _marks(frame: Frame, is_wrong: Callable[[str], bool]) -> np.ndarray:
    """Records in which a column but the first has a wrong text; each distinct text is looked at once."""
    failed = np.zeros(len(frame), dtype=bool)
    for name in frame.columns[1:]:
        codes, values = pd.factorize(frame[name])
        failed |= np.array([is_wrong(str(value)) for value in values] + [False])[codes]
    return failed


def differ(frame: Frame) -> np.ndarray:
    """Records whose two columns differ in more than the case of their letters; neither may be missing."""
    one, two = (frame[name].str.casefold() for name in frame.columns[1:])
    return (one != two).to_numpy(dtype=bool, na_value=False) & (one.notna() & two.notna()).to_numpy()


def over_an_hour_apart(frame: Frame) -> np.ndarray:
    """Records whose two moments, both with a time, lie more than an hour apart."""
    times = [frame[name].where(frame[name].str.len() > len("2024-05-01")) for name in frame.columns[1:]]
    one, two = (pd.to_datetime(text, format="ISO8601", errors="coerce") for text in times)
    return ((one - two).abs() > HOUR).to_numpy(dtype=bool, na_value=False)


def serious_without_criterion(frame: Frame) -> np.ndarray:
    """Records whose first column is Y, and none of the others."""
    serious, *criteria = (frame[name] == "Y" for name in frame.columns[1:])
    return _bools(serious) & ~_any(criteria, len(frame))


def criterion_without_serious(frame: Frame) -> np.ndarray:
    """Records whose first column is not Y, and one of the others is."""
    serious, *criteria = (frame[name] == "Y" for name in frame.columns[1:])
    return ~_bools(serious) & _any(criteria, len(frame))


def _bools(column: Column) -> np.ndarray:
    return column.to_numpy(dtype=bool, na_value=False)


def _any(columns: list[Column], size: int) -> np.ndarray:
    return np.any([np.zeros(size, dtype=bool), *map(_bools, columns)], axis=0)


def incompletely_coded(frame: Frame) -> np.ndarray:
    """Records with a term (first column) that lack one of the levels that other records of the study have."""
    term, *levels = (frame[name] for name in frame.columns[1:])
    lacking = [level.isna() for level in levels if level.notna().any()]
    return term.notna().to_numpy() & _any(lacking, len(frame))


def not_done_and_result(frame: Frame) -> np.ndarray:
    """Records that are marked as not done (first column) and have a result (second), or are and have neither.

    A derived record (third column Y) needs no collected result.
    """
    status, result, *derived = (frame[name] for name in frame.columns[1:])
    not_done, there = status.notna().to_numpy(), result.notna().to_numpy()
    return (not_done & there) | ~(not_done | there | _any([flag == "Y" for flag in derived], len(frame)))


def without_study_day(frame: Frame) -> np.ndarray:
    """Records with a day known in a --DTC, --STDTC or --ENDTC whose study day is not among the columns."""
    failed = np.zeros(len(frame), dtype=bool)
    for name in frame.columns[1:]:
        if OBSERVED.fullmatch(name) and f"{name.removesuffix('DTC')}DY" not in frame:
            failed |= (frame[name].str.len() >= len("2024-05-01")).to_numpy(dtype=bool, na_value=False)
    return failed


def lacking(frame: Frame, values: Sequence[str]) -> np.ndarray:
    """The first record, where one of the values is in no record of the column."""
    failed = np.zeros(len(frame), dtype=bool)
    failed[:1] = not set(values) <= set(frame[frame.columns[1]].dropna())
    return failed


OF_THE_STUDY = frozenset({"not_one_to_one", "of_another_person", "varies", "lacking", "incompletely_coded"})


def is_of_the_study(function: str) -> bool:
    """Whether a mask compares the records of several persons: it cannot be asked person by person."""
    return function in OF_THE_STUDY


def asks_last_day(function: str) -> bool:
    """Whether what a mask marks also depends on the last day."""
    return "last_day" in inspect.signature(MASKS[function]).parameters


MASKS = {
    each.__name__: each
    for each in (
        repeated, not_one_to_one, not_iso_8601, implausible_day, blank, outside_window, of_another_person,
        varies, alone, not_iso_duration, range_without_number, differ, over_an_hour_apart,
        serious_without_criterion, criterion_without_serious, without_study_day, lacking, not_done_and_result,
        incompletely_coded, decimal_comma, dose_outside, garbled, implausible,
    )
}  # fmt: skip

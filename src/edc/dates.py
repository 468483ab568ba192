"""Dates and times as collected, made one partial ISO 8601 text [C-DTC, B-DIRT-1, B-DIRT-2, D-TZ]."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pandas as pd

from clinical.dates import is_date, is_time, join_time, read_typed, to_site_time
from clinical.distinct import distinct, spread, spread_text
from clinical.findings import Frame
from clinical.form_fields import Field
from clinical.moments import read_moment
from edc.order import joined
from edc.report import Report

_UNKNOWN = ("", "UN", "UNK", "UNKN", "NULL")
_DAY_NUMBER = re.compile(r"[0-9]{5}(\.[0-9]+)?")
_APART = "\x1f"


def date_field(field: Field, frame: Frame, report: Report) -> pd.Series:
    """The date that X, X_RAW, X_YYYY, X_MM and X_DD tell together.

    X wins, then the parts, then the text as typed; where two of them differ there is a finding.

    Missing: an impossible or ambiguous date gives no value, and a finding with what was collected.
    """
    nothing = pd.Series(np.nan, index=frame.index, dtype="str")
    x, raw = frame.get(field.column, nothing), frame.get(f"{field.column}_RAW", nothing)
    forms = list(report.form.dates)
    iso, impossible, ambiguous = read_typed(x, forms)
    by_parts, wrong_parts, parts = _from_parts(field, frame, nothing)
    typed, wrong_typed, two_typed = read_typed(raw, [*forms, "UN"])
    from_parts = x.isna().to_numpy()
    from_raw = from_parts & parts.isna().to_numpy()
    impossible = impossible | (from_parts & wrong_parts) | (from_raw & wrong_typed)
    ambiguous = ambiguous | (from_raw & two_typed)
    collected = raw.fillna(x).fillna(parts)
    _refuse(field, report, collected, impossible, ambiguous)
    chosen = _without_midnight(iso).where(~from_parts, by_parts).where(~from_raw, typed)
    apart = _differ(by_parts, chosen) | _differ(typed, chosen)
    report.add("raw.date-disagrees", apart, field.name, collected)
    unknown = collected.notna().to_numpy() & chosen.isna().to_numpy() & ~impossible & ~ambiguous
    report.add("raw.date-unknown", unknown, field.name, collected)
    return chosen


def datetime_field(field: Field, frame: Frame, report: Report, site_tz: str) -> pd.Series:
    """A date with its time in one column, on the site's clock where the field names a zone [D-TZ]."""
    collected = frame[field.column]
    forms = list(report.form.dates)
    zoned = to_site_time(collected, field.zone or "offset", site_tz)
    typed, impossible, ambiguous = read_typed(zoned, forms)
    late = ~is_date(zoned)
    if field.zone and late.any():
        typed = typed.where(~late, to_site_time(typed, field.zone, site_tz))
    _refuse(field, report, collected, impossible, ambiguous)
    unknown = collected.notna().to_numpy() & typed.isna().to_numpy() & ~impossible & ~ambiguous
    report.add("raw.date-unknown", unknown, field.name, collected)
    return typed


def time_field(field: Field, frame: Frame, report: Report) -> pd.Series:
    """A time of the day as hh:mm or hh:mm:ss; anything else is a finding and gives no value."""
    collected = frame[field.column]
    codes, values = distinct(collected)
    clocks = [_clock(value) for value in values]
    read = spread_text(codes, clocks, frame.index)
    wrong = collected.notna().to_numpy() & ~is_time(read)
    report.add("raw.time-impossible", wrong, field.name, collected)
    return read.mask(wrong)


def joined_field(field: Field, made: dict[str, pd.Series], site_tz: str) -> pd.Series:
    """The date field with its time field, where the day is known."""
    together = join_time(made[field.date], made[field.time])
    return to_site_time(together, field.zone, site_tz) if field.zone else together


def _clock(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).strip()
    return f"0{text}" if text[1:2] == ":" else text


def _differ(other: pd.Series, chosen: pd.Series) -> np.ndarray:
    both = other.notna().to_numpy() & chosen.notna().to_numpy()
    return both & (other != chosen).to_numpy(dtype=bool, na_value=False)


def _without_midnight(dates: pd.Series) -> pd.Series:
    """A date that an export wrote as midnight is a day."""
    codes, values = distinct(dates)
    days = [text[:10] if text[10:] in ("T00:00", "T00:00:00") else text for text in values]
    return spread_text(codes, days, dates.index)


def _from_parts(field: Field, frame: Frame, nothing: pd.Series) -> tuple[pd.Series, np.ndarray, pd.Series]:
    """The date that year, month and day tell; where there is no such date; the parts as collected."""
    names = [f"{field.column}_{part}" for part in ("YYYY", "MM", "DD")]
    if not any(name in frame for name in names):
        return nothing, np.zeros(len(frame), dtype=bool), nothing
    codes, values = distinct(joined([frame.get(name, nothing) for name in names], _APART))
    read = [_of_parts(*value.split(_APART)) for value in values]
    written = [value.replace(_APART, "-") if value.strip(_APART) else None for value in values]
    dates = spread_text(codes, [date if real else None for date, real in read], frame.index)
    wrong = spread(codes, np.array([not real for _, real in read], dtype=bool), False)
    return dates, wrong, spread_text(codes, written, frame.index)


def _of_parts(year: str, month: str, day: str) -> tuple[str | None, bool]:
    """The partial date, none without a year; whether it exists."""
    year, month, day = ("" if part.upper() in _UNKNOWN else part for part in (year, month, day))
    if not all(part.isascii() and part.isdigit() for part in (year, month, day) if part):
        return None, False
    if not year:
        return None, True
    text = year
    if month:
        text += f"-{month.zfill(2)}" + (f"-{day.zfill(2)}" if day else "")
    elif day:
        text += f"---{day.zfill(2)}"
    return text, read_moment(text) is not None


def _refuse(
    field: Field, report: Report, collected: pd.Series, impossible: np.ndarray, ambiguous: np.ndarray
) -> None:
    codes, values = distinct(collected)
    numbers = np.array([_DAY_NUMBER.fullmatch(value) is not None for value in values], dtype=bool)
    day_number = impossible & spread(codes, numbers, False)
    report.add("raw.date-day-number", day_number, field.name, collected)
    report.add("raw.date-impossible", impossible & ~day_number, field.name, collected)
    report.add("raw.date-ambiguous", ambiguous, field.name, collected)

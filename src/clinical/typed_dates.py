"""Dates as people and vendors type them: a closed, named list of forms, and clocks of other time zones."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from clinical.distinct import distinct, spread, spread_text
from clinical.errors import SpecError
from clinical.moments import read_moment

_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_NAMES = [
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE",
    "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER",
]  # fmt: skip
_MONTH_OF = {name: number for names in (_MONTHS, _NAMES) for number, name in enumerate(names, 1)}
_UNKNOWN = r"UNK?|--|\?\?|XX"
_PARTS = {
    "DD": r"(?P<day>\d{2})",
    "MM": r"(?P<month>\d{2})",
    "dd": rf"(?P<day>\d{{1,2}}|{_UNKNOWN})",
    "mm": rf"(?P<month>\d{{1,2}}|{_UNKNOWN})",
    "Mon": rf"(?P<month>{'|'.join(sorted(_MONTH_OF, key=len, reverse=True))}|{_UNKNOWN}|---)",
    "yyyy": r"(?P<year>\d{4}|UNKN?|UN|----)",
}
_CLOCK = r"(?:[T :]\s*(?P<clock>\d{1,2}:\d{2}(?::\d{2})?)(?:\.\d+)?)?"
_ZONED = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s*([Zz]|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})?", re.ASCII)
_EXCEL_DAY_ZERO = date(1899, 12, 30)


def _pattern(form: str) -> re.Pattern[str]:
    pieces = re.split(f"({'|'.join(_PARTS)})", form)
    return re.compile("".join(_PARTS.get(piece, re.escape(piece)) for piece in pieces) + _CLOCK, re.ASCII)


def _expression(text: str) -> re.Pattern[str]:
    return re.compile(text, re.ASCII)


# An unknown day or month may be typed UN, UNK, --, ?? or XX in every form that has one of its own width.
FORMS: dict[str, list[re.Pattern[str]]] = {
    "iso": [_pattern("yyyy-MM-DD")],
    **{
        name: [_pattern(name)]
        for name in [
            "dd-Mon-yyyy", "dd Mon yyyy", "dd/Mon/yyyy", "Mon-yyyy", "Mon yyyy",
            "dd/mm/yyyy", "dd-mm-yyyy", "dd.mm.yyyy", "mm/dd/yyyy", "mm-dd-yyyy",
            "yyyy/mm/dd", "yyyy.mm.dd", "yyyy/mm", "mm/yyyy", "mm-yyyy",
        ]
    },
    "yyyy-m-d": [_pattern("yyyy-mm-dd")],
    "yyyymmdd": [_pattern("yyyyMMDD")],
    "ddMONyyyy": [_pattern("ddMonyyyy"), _pattern("Monyyyy")],
    "yyyy年m月d日": [_pattern("yyyy年mm月dd日"), _pattern("yyyy年mm月"), _pattern("yyyy年")],
    "UN": [
        _pattern("dd Mon yyyy"),
        _pattern("dd-Mon-yyyy"),
        _pattern("--yyyy"),
        _pattern("yyyy-mm-dd"),
        _expression(r"(?P<day>UNK?)[/-](?P<month>UNK?)[/-](?P<year>\d{4}|UNKN?|UN)"),
    ],
    "excel": [_expression(r"(?P<serial>\d{5})(?:\.0+)?")],
}  # fmt: skip


def read_typed(typed: pd.Series, forms: list[str]) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    """Partial ISO 8601 text of dates as typed; where one is impossible; where one is ambiguous.

    `forms` names the accepted forms of FORMS; `iso` is always accepted. Width and case do not matter, a
    time may follow. An unknown part is left out (`UN DEC 2024` gives `2024-12`); without a year nothing is
    known.

    Missing: an impossible date (30 February, no accepted form) and one that two accepted forms read
             differently (`03/04/2024` where dd/mm and mm/dd are both accepted) give no value.
    Raises:  SpecError for a form that is not in the list.
    Source:  rules C-DTC, B-DIRT-1, B-DIRT-2.
    """
    for form in forms:
        if form not in FORMS:
            at = getattr(form, "at", "")
            raise SpecError("terms.unknown-date-form", at, form=form, known=", ".join(FORMS))
    patterns = [pattern for form in dict.fromkeys(["iso", *forms]) for pattern in FORMS[form]]
    codes, values = distinct(typed)
    read = [_readings(value, patterns) for value in values]
    sure = [next(iter(meanings)) or None if len(meanings) == 1 else None for meanings in read]
    impossible = spread(codes, np.array([not meanings for meanings in read], dtype=bool), False)
    ambiguous = spread(codes, np.array([len(meanings) > 1 for meanings in read], dtype=bool), False)
    return spread_text(codes, sure, typed.index), impossible, ambiguous


def _readings(typed: str, patterns: list[re.Pattern[str]]) -> set[str]:
    """Every date that the text can be read as; the empty text stands for one without a year."""
    text = " ".join(unicodedata.normalize("NFKC", typed).split()).upper()
    if read_moment(text):
        return {text}
    matches = (pattern.fullmatch(text) for pattern in patterns)
    meanings = {_meaning(match.groupdict()) for match in matches if match}
    return {meaning for meaning in meanings if meaning is not None}


def _meaning(parts: dict[str, str | None]) -> str | None:
    if parts.get("serial"):
        return (_EXCEL_DAY_ZERO + timedelta(days=int(parts["serial"]))).isoformat()
    if not parts["year"].isdigit():
        return ""
    month, day = _number(parts.get("month")), _number(parts.get("day"))
    text = parts["year"]
    if month:
        text += f"-{month:02d}"
        text += f"-{day:02d}" if day else ""
    elif day:
        text += f"---{day:02d}"
    if parts.get("clock") and month and day:
        text += f"T{parts['clock'].zfill(5 if parts['clock'].count(':') == 1 else 8)}"
    zero = 0 in (month, day)
    return text if read_moment(text) and not zero else None


def _number(part: str | None) -> int | None:
    """The number of a day or a month; None if it is not known."""
    if part is None:
        return None
    return int(part) if part.isdigit() else _MONTH_OF.get(part)


def to_site_time(times: pd.Series, zone: str, site_tz: str) -> pd.Series:
    """ISO text on the site's clock, without offset.

    `zone` is `offset` (each value has its own offset or Z; one without is site time already) or `UTC` (a
    value without offset is UTC). Minutes stay minutes, fractions of a second are dropped.

    Missing: a date without a time, and text that is no ISO date and time, stays as it is; `read_typed`
             reports it.
    Source:  rule D-TZ.
    """
    site = _minutes(site_tz)
    codes, values = distinct(times)
    assumed = "Z" if zone == "UTC" else None
    return spread_text(codes, [_on_site_clock(value, site, assumed) for value in values], times.index)


def _on_site_clock(text: str, site: int, assumed: str | None) -> str:
    match = _ZONED.fullmatch(text.strip())
    if match is None:
        return text
    day, clock, offset = match.groups()
    if not read_moment(f"{day}T{clock}"):
        return text
    offset = offset or assumed
    if offset is None:
        return f"{day}T{clock}"
    moved = datetime.fromisoformat(f"{day}T{clock}") + timedelta(minutes=site - _minutes(offset))
    return moved.isoformat(timespec="minutes" if clock.count(":") == 1 else "seconds")


def _minutes(offset: str) -> int:
    """Minutes east of UTC."""
    if offset in ("Z", "z", "UTC"):
        return 0
    match = _OFFSET.fullmatch(offset)
    if match is None:
        raise SpecError("terms.not-an-offset", getattr(offset, "at", ""), offset=offset)
    sign, hours, minutes = match.groups()
    return (1 if sign == "+" else -1) * (int(hours) * 60 + int(minutes or 0))

"""Recovery of neutrophils and platelets, D.10: the lowest result of a day counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from .adtte import censored, row
from .records import Record, days, interval
from .subject import Subject

TESTS = (("ANCREC", "NEUT", 0.5, "NEUTROPHIL RECOVERY"), ("PLTREC", "PLAT", 20.0, "PLATELET RECOVERY"))
ENDS = (("DTHDT", "DEATH"), ("HSCTDT", "HSCT"), ("NACTDT", "NEW THERAPY"))
REACH = 7


def rows_of(subject: Subject, lb: list[Record], cm: list[Record]) -> list[Record]:
    """ANCREC and PLTREC of a subject whose count fell below the limit after the infusion."""
    if subject.adsl.get("SAFFL") != "Y":
        return []
    found = []
    for name, test, limit, text in TESTS:
        results = dict(sorted(_results(subject, lb, test)))
        low = next((day for day, value in results.items() if value < limit), None)
        if low is not None:
            given = _transfusions(cm) if test == "PLAT" else []
            found.append(_row(subject, name, results, low, limit, given, text))
    return [{"USUBJID": subject.id, **one} for one in found]


def _results(subject: Subject, lb: list[Record], test: str) -> Iterator[tuple[date, float]]:
    lowest: dict[date, float] = {}
    for one in lb:
        span = interval(one["LBDTC"])
        if one["LBTESTCD"] != test or one["LBSPEC"] != "BLOOD" or one["LBSTRESN"] is None or span is None:
            continue
        day = span[0]
        if span[0] == span[1] and subject.start < day <= subject.adsl["DCUTDT"]:
            lowest[day] = min(lowest.get(day, one["LBSTRESN"]), one["LBSTRESN"])
    yield from lowest.items()


def _transfusions(cm: list[Record]) -> list[date]:
    asked = [one for one in cm if one.get("CMCAT") == "BLOOD PRODUCT" and one.get("CMTRT") == "PLATELETS"]
    return [span[0] for one in asked if (span := interval(one.get("CMSTDTC")))]


def _row(
    subject: Subject,
    name: str,
    results: dict[date, float],
    low: date,
    limit: float,
    given: list[date],
    text: str,
) -> Record:
    event = _recovered(results, low, limit, given)
    cut = subject.adsl["DCUTDT"]
    ends = [
        (day, word) for key, word in ENDS if (day := subject.adsl.get(key)) and subject.start <= day <= cut
    ]
    ended = min(ends, default=None, key=lambda one: one[0])
    if event and (ended is None or event <= ended[0]):
        return row(name, subject.start, event, 0, text, None)
    if ended:
        return censored(name, subject.start, ended[0], 1, f"{ended[1]} BEFORE RECOVERY")
    return censored(name, subject.start, max(results), 1, "LAST RESULT WITHOUT RECOVERY")


def _recovered(results: dict[date, float], low: date, limit: float, given: list[date]) -> date | None:
    """The first of three results on three days at or above the limit, after the first low one."""
    later = [day for day in results if day > low]
    for place, first in enumerate(later[:-2]):
        third = later[place + 2]
        high = all(results[day] >= limit for day in later[place : place + 3])
        if high and not any(first - days(REACH) <= day <= third for day in given):
            return first
    return None

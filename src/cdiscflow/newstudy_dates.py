"""Which typed forms of a date a column has, from its values."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from clinical.dates import is_complete
from clinical.typed_dates import FORMS, read_typed

LAST = ("UN", "excel")  # they accept what other forms accept
CANDIDATES = [*(form for form in FORMS if form not in ("iso", *LAST)), "UN"]
NAMED = re.compile(r"(DAT|DATE|DT|DTC|DTM)\d*$", re.IGNORECASE)
CLOCK = re.compile(r"(?:\d[T :]\s*)(\d{1,2}:\d{2})(?::\d{2})?")
TIME = re.compile(r"\d{1,2}:\d{2}(:\d{2})?(\.0+)?")
OFFSET = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})")
MOST_FORMS = 3
ENOUGH, HALF = 0.9, 0.5
SAMPLE = 2_000


def date_forms(values: list[str], name: str) -> list[list[str]] | None:
    """The forms that read the values, as alternatives that read them differently; None for no dates.

    `[[]]` is ISO alone, `[["dd/mm/yyyy"], ["mm/dd/yyyy"]]` a column of which nobody can say which it is.
    """
    sample = values[:: max(1, len(values) // SAMPLE)]
    text = pd.Series([OFFSET.sub(_without_offset, each) for each in sample], dtype="str")
    meant = bool(NAMED.search(name))
    if not len(text) or not (meant or text.str.contains(r"\d\D+\d|\d\D{3}\d", regex=True).mean() > HALF):
        return None
    read = {form: _readable(text, [form]) for form in ["iso", *CANDIDATES]}
    best = max(read.values(), key=np.sum)
    if not best.any():
        return None
    ties = [form for form in read if read[form].sum() == best.sum()]
    if "iso" in ties:
        chosen = [[]]
    else:
        chosen = [[form] for form in ties if _apart(text, ties[0], form)] or []
        chosen = [[ties[0]], *chosen]
    covered = best.copy()
    chosen = [_with_more(forms, covered.copy(), read) for forms in chosen]
    known = _readable(text, chosen[0])
    days = is_complete(read_typed(text, [*chosen[0]])[0])
    if known.mean() < ENOUGH or (not meant and days.mean() < HALF):
        return None
    return chosen


def _without_offset(match: re.Match[str]) -> str:
    return match[0][: match.start(3) - match.start()].rstrip()


def _with_more(forms: list[str], covered: np.ndarray, read: dict[str, np.ndarray]) -> list[str]:
    """Adds forms while they read values that the others do not."""
    forms = list(forms)
    while not covered.all() and len(forms) < MOST_FORMS:
        gain = {form: int((mask & ~covered).sum()) for form, mask in read.items() if form not in forms}
        form = max(gain, key=gain.__getitem__, default="")
        if not form or not gain[form] or form == "iso":
            break
        forms.append(form)
        covered |= read[form]
    return forms


def _readable(text: pd.Series, forms: list[str]) -> np.ndarray:
    return ~read_typed(text, forms)[1]


def _apart(text: pd.Series, one: str, other: str) -> bool:
    """Whether two forms read a value as different dates."""
    return one != other and bool(read_typed(text, [one, other])[2].any())


def has_clock(values: list[str]) -> bool:
    """Whether most of the dates have a time of the day that says something."""
    clocks = [match[1] for match in map(CLOCK.search, values) if match]
    return len(clocks) > HALF * len(values) and any(clock.lstrip("0") not in (":00", "") for clock in clocks)


def is_clock(values: list[str]) -> bool:
    """Whether the values are times of the day."""
    return bool(values) and all(TIME.fullmatch(value) for value in values)


def has_offset(values: list[str]) -> bool:
    """Whether a value tells how far its clock is from UTC."""
    return any(OFFSET.search(value) for value in values)


def settle(columns: dict[str, list[list[str]]], elsewhere: list[str]) -> tuple[list[str], list[str]]:
    """The forms of a raw form's date columns together, and the columns that stay undecided.

    Where two forms read a column differently, the one that another column of the form needs is taken, then
    one that the study's other forms need; else both, so that no date is read as another.
    """
    sure = [form for choices in columns.values() if len(choices) == 1 for form in choices[0]]
    taken, open_columns = list(sure), []
    for name, choices in columns.items():
        if len(choices) == 1:
            continue
        decided = next(
            (forms for known in (sure, elsewhere) for forms in choices if set(forms) & set(known)), None
        )
        if decided is None:
            open_columns.append(name)
        taken += decided or [form for forms in choices for form in forms]
    return list(dict.fromkeys(taken)), open_columns

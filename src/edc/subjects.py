"""Whose record it is: screening number, person, and which of a person's screenings is shown [C-ID]."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clinical.distinct import distinct, spread, spread_text
from clinical.errors import SpecError
from clinical.findings import Frame
from clinical.frames import constant
from clinical.read import Mapping
from clinical.where import Condition, condition, mask


@dataclass(frozen=True, eq=False)
class Subjects:
    """What study.yml says about screening numbers.

    `shape` fits them with or without leading zeros, `whole` only with all of them. `person` is the first
    screening number of each rescreened person, by every later one; `screenings` the numbers of each such
    person in the order of screening; `shown` says which records tell the one DM shows.
    """

    shape: re.Pattern[str] | None
    whole: re.Pattern[str] | None
    widths: tuple[int, ...]
    pieces: tuple[str, ...]
    usubjid: str
    tests: frozenset[str]
    person: dict[str, str]
    screenings: dict[str, list[str]]
    shown_form: str
    shown_where: Condition | None


def read_subjects(study: Mapping) -> Subjects:
    """The subject settings of study.yml.

    Raises: SpecError where the map of rescreened subjects goes round in a circle.
    """
    given = study.get("subject", Mapping())
    pieces = tuple(re.split(r"(0+)", str(given.get("shape", ""))))
    shape, whole = (
        re.compile("".join(digits.format(len(p)) if p[:1] == "0" else re.escape(p) for p in pieces))
        for digits in ("([0-9]{{1,{}}})", "[0-9]{{{}}}")
    )
    shown = given.get("shown", Mapping())
    person, screenings = _persons(given)
    return Subjects(
        shape=shape if len(pieces) > 1 else None,
        whole=whole if len(pieces) > 1 else None,
        widths=tuple(len(piece) for piece in pieces if piece[:1] == "0"),
        pieces=tuple("{}" if piece[:1] == "0" else piece for piece in pieces),
        usubjid=str(given.get("usubjid", f"{study.get('study', '')}-{{subject}}")),
        tests=frozenset(str(name) for name in study.get("test_subjects", ())),
        person=person,
        screenings=screenings,
        shown_form=str(shown.get("form", "")),
        shown_where=condition(shown["where"], "study.yml") if "where" in shown else None,
    )


def _persons(given: Mapping) -> tuple[dict[str, str], dict[str, list[str]]]:
    later = {str(number): str(earlier) for number, earlier in given.get("rescreened", Mapping()).items()}
    person: dict[str, str] = {}
    screenings: dict[str, list[str]] = {}
    for number in later:
        first, seen = number, set()
        while first in later:
            if first in seen:
                raise SpecError("raw.rescreened-circle", given["rescreened"].line(number), number=number)
            seen.add(first)
            first = later[first]
        person[number] = first
        screenings.setdefault(first, [first]).append(number)
    return person, screenings


def repaired(collected: pd.Series, subjects: Subjects) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    """Screening numbers with their leading zeros; where zeros were put back; where the shape does not fit."""
    codes, values = distinct(collected)
    plain = [(v if v.isascii() else unicodedata.normalize("NFKC", v)).strip() for v in values]
    found = [_in_shape(value, subjects) for value in plain]
    whole = [value if fitted is None else fitted for value, fitted in zip(plain, found, strict=True)]
    changed = np.array([old != new for old, new in zip(values, whole, strict=True)], dtype=bool)
    unfit = np.array([fitted is None for fitted in found], dtype=bool)
    return (
        spread_text(codes, whole, collected.index),
        spread(codes, changed, False),
        spread(codes, unfit, False),
    )


def _in_shape(number: str, subjects: Subjects) -> str | None:
    if subjects.shape is None or subjects.whole.fullmatch(number):
        return number
    match = subjects.shape.fullmatch(number)
    if match is None:
        return None
    digits = iter(part.zfill(width) for part, width in zip(match.groups(), subjects.widths, strict=True))
    return "".join(next(digits) if piece == "{}" else piece for piece in subjects.pieces)


def usubjids(screening: pd.Series, subjects: Subjects) -> pd.Series:
    """USUBJID: the study's pattern around the first screening number of the person."""
    codes, values = distinct(screening)
    made = [subjects.usubjid.replace("{subject}", subjects.person.get(value, value)) for value in values]
    return spread_text(codes, made, screening.index)


def screenings_in(frames: dict[str, Frame], subjects: Subjects) -> tuple[set[str], set[str]]:
    """Of the numbers of rescreened persons those that have records in some forms, and those enrolled."""
    involved = {number for numbers in subjects.screenings.values() for number in numbers}
    present: set[str] = set()
    for frame in frames.values() if involved else ():
        present.update(frame["Subject"][frame["Subject"].isin(list(involved))].unique())
    if subjects.shown_form not in frames or subjects.shown_where is None:
        return present, set()
    form = frames[subjects.shown_form]
    return present, set(form["Subject"][mask(form, subjects.shown_where)].unique()) & involved


def shown_screenings(present: set[str], enrolled: set[str], subjects: Subjects) -> set[str]:
    """The screening of each rescreened person that DM shows: the last enrolled, else the last with records.

    Source: rule C-ID.
    """
    shown = set()
    for numbers in subjects.screenings.values():
        candidates = [n for n in numbers if n in enrolled] or [n for n in numbers if n in present]
        shown.update(candidates[-1:])
    return shown


def participation(screening: pd.Series, subjects: Subjects, shown: set[str]) -> pd.Series:
    """`1` for records of the screening that DM shows, `0` for those of a person's other screenings."""
    if not subjects.screenings:
        return constant("1", len(screening))
    hidden = {n for numbers in subjects.screenings.values() for n in numbers} - shown
    codes, values = distinct(screening)
    return spread_text(codes, ["0" if value in hidden else "1" for value in values], screening.index)

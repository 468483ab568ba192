"""Fields of a form from the columns of its file: families of columns, types by the values, codes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from cdiscflow.newstudy_dates import NAMED, date_forms, has_clock, has_offset, is_clock
from cdiscflow.newstudy_tables import Table, unique
from clinical.findings import Frame
from clinical.form_fields import RESERVED, SYSTEM
from clinical.terms import normalise

NUMBER = re.compile(r"[+-]?((0|[1-9][0-9]*)?|[0-9]+(?=\.))(\.[0-9]+)?([eE][+-]?[0-9]+)?")
PADDED = re.compile(r"0[0-9]+")
PARTS = ("_RAW", "_YYYY", "_MM", "_DD")
ENOUGH = 0.95
MOST_CODES, LONGEST_CODE, LONGEST_TEXT = 30, 20, 60
TIMED = re.compile(r"(TIM|TM|TIME)\d*$", re.IGNORECASE)
UNIT = "_UNIT"


@dataclass(eq=False)
class Guess:
    """One field: what is written of it, how many values say so, and the columns it is made from."""

    name: str
    column: str
    node: dict[str, object]
    values: int
    why: str
    columns: list[str] = field(default_factory=list)
    choices: list[list[str]] = field(default_factory=list)

    @property
    def type(self) -> str:
        """text, number, code, date, time or datetime."""
        return str(self.node["type"])


def fields_of(table: Table, subject: str) -> dict[str, Guess]:
    """The fields of a table by name; the EDC's own columns and the subject's are none."""
    frame, found, taken = table.frame, {}, set()
    inner = family_columns(list(frame))
    for column in frame:
        if column in SYSTEM or column == subject or column in inner:
            continue
        whole = [column, *(each for each, base in inner.items() if base == column)]
        name = unique(field_name(column), taken)
        found[name] = _guess(name, column, whole, table)
        if _tells_of_a_person(found[name].node.get("codes"), frame.get(subject)):
            del found[name].node["codes"]
    return found


def _tells_of_a_person(codes: object, subjects: pd.Series | None) -> bool:
    """Whether a code is a subject's number or has a date in it: then it is none of a list."""
    texts = {*codes, *(codes.values() if isinstance(codes, dict) else ())} if codes else set()
    known = set() if subjects is None else set(subjects.dropna())
    return bool(texts & known) or any(re.search(r"\d{4}-\d{2}|\d{2}[/.]\d{2}", text) for text in texts)


def family_columns(columns: list[str]) -> dict[str, str]:
    """The columns that belong to another one: X_STD of a coded X; X_RAW, X_YYYY, X_MM, X_DD of a date."""
    there, found = set(columns), {}
    for column in columns:
        base, _, ending = column.rpartition("_")
        if base in there and base not in SYSTEM and f"_{ending}" in ("_STD", *PARTS):
            found[column] = base
    return {column: base for column, base in found.items() if base not in found}


def field_name(column: str) -> str:
    """The column's name as a field: the part behind the last dot, letters, digits and `_`."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", column.rpartition(".")[2] or column).strip("_") or "X"
    plain = plain if plain[0].isalpha() else f"X_{plain}"
    return f"{plain}_" if plain in RESERVED else plain


def _guess(name: str, column: str, whole: list[str], table: Table) -> Guess:
    frame = table.frame
    there = frame[column].dropna()
    values = sorted(set(there))
    made = _type(name, column, whole, values, table)
    kind, why, more = made if made else ("text", "", {})
    node: dict[str, object] = {"type": kind}
    if name != column:
        node["column"] = column
    choices = more.pop("choices", [])
    node |= more
    return Guess(name, column, node, len(there), why, whole, choices)


def _type(
    name: str, column: str, whole: list[str], values: list[str], table: Table
) -> tuple[str, str, dict[str, object]]:
    """Type, why, and what else is written of a field."""
    endings = {each[len(column) :] for each in whole[1:]}
    if "_STD" in endings or (name in table.codes):
        codes, why = _codes(name, column, table)
        return "code", why, {"codes": codes} if codes else {}
    if endings & set(PARTS):
        choices = date_forms(values, name) or [[]]
        return "date", "its parts are columns of their own", {"choices": choices}
    if not values:
        kind = "date" if NAMED.search(name) else "time" if TIMED.search(name) else "text"
        return kind, "no value; by its name" if kind != "text" else "no value", {}
    if is_clock(values):
        return "time", "all values are times", {}
    there = table.frame[column].dropna()
    count = int(there.isin([value for value in values if is_number(value)]).sum())
    numbers = count >= ENOUGH * len(there)
    choices = None if numbers and not NAMED.search(name) else date_forms(values, name)
    if choices and has_clock(values):
        zone = {"zone": "offset"} if has_offset(values) else {}
        return "datetime", "dates with a time", {**zone, "choices": choices}
    if choices:
        return "date", "dates", {"choices": choices}
    return ("number", f"{count} numbers among", {}) if numbers else ("text", "", {})


def is_number(text: str) -> bool:
    """Whether a text is a number; a whole number with leading zeros may be an identifier."""
    return NUMBER.fullmatch(text) is not None and any(map(str.isdigit, text))


def as_result(guess: Guess, values: list[str]) -> None:
    """Makes a field a number whose name says that it is a result: then leading zeros are only a habit."""
    numbers = sum(is_number(value) or PADDED.fullmatch(value) is not None for value in values)
    if guess.type == "text" and values and numbers >= ENOUGH * len(values):
        guess.node["type"], guess.why = "number", "numbers with leading zeros among"


def _codes(name: str, column: str, table: Table) -> tuple[object, str]:
    """The codes that the ODM file lists, or those of the data where they are few and come again and again."""
    listed = table.codes.get(name) or {}
    if listed and _apart(listed.values()):
        return _short(listed), "code list of the ODM file"
    frame = table.frame
    if column not in frame or f"{column}_STD" not in frame:
        return None, "its code is a column of its own"
    pairs = frame[[column, f"{column}_STD"]].dropna()
    counted = pairs.value_counts().reset_index()
    pairs_of: dict[str, str] = {}
    for text, code in zip(counted[column], counted[f"{column}_STD"], strict=True):
        pairs_of.setdefault(str(code), str(text))
    few = 0 < len(pairs_of) <= min(MOST_CODES, len(pairs) // 2)
    short = all(len(c) <= LONGEST_CODE and len(t) <= LONGEST_TEXT for c, t in pairs_of.items())
    if not (few and short and _apart(pairs_of.values()) and len(counted) < 2 * len(pairs_of) + 1):
        return None, "its code is a column of its own"
    return _short(dict(sorted(pairs_of.items()))), "codes of the data"


def _short(codes: dict[str, str]) -> object:
    """Codes as they are written: a list where code and text are the same."""
    return list(codes) if all(code == text for code, text in codes.items()) else codes


def _apart(texts: Iterable[str]) -> bool:
    plain = normalise(pd.Series(list(texts), dtype="str"))
    return plain.notna().all() and plain.is_unique


def is_constant(frame: Frame, column: str) -> bool:
    """Whether a column says the same in every record."""
    return len(frame) > 1 and frame[column].notna().all() and frame[column].nunique() == 1

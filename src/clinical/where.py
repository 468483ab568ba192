"""Conditions as data: `where` filters the records a word reads, `when` looks at the record being built.

The same object makes the mask, the English sentence and the list of columns it reads (spec_language.md, 1). A missing
value satisfies no comparison, `ne` and `notin` included; `{missing: true}` asks for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clinical import dates
from clinical.errors import SpecError
from clinical.names import closest
from clinical.read import At, Mapping, Sequence, Text

COMPARATORS = ("eq", "ne", "lt", "le", "gt", "ge", "in", "notin", "before", "missing")
IN_WORDS = {
    "eq": "is", "ne": "is not", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    "in": "is one of", "notin": "is none of", "before": "is before",
}  # fmt: skip
ISO_START = re.compile(r"\d{4}(-|$)")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Column:
    """The right side `{column: NAME}`: a column of the record being built."""

    name: str


@dataclass(frozen=True)
class Test:
    """One comparison: `column op value`; value is text, a tuple of texts, a Column, or True/False for `missing`."""

    column: str
    op: str
    value: str | tuple[str, ...] | Column | bool
    at: At

    __test__ = False  # not a test of pytest


@dataclass(frozen=True)
class Condition:
    """Any of several alternatives, each of which asks for all of its tests."""

    any_of: tuple[tuple[Test, ...], ...]

    @property
    def columns(self) -> set[str]:
        """Names on the left: columns of what is filtered."""
        return {test.column for tests in self.any_of for test in tests}

    @property
    def others(self) -> set[str]:
        """Names on the right: columns of the record being built."""
        return {t.value.name for tests in self.any_of for t in tests if isinstance(t.value, Column)}


def condition(node: Mapping | Sequence, owner: str = "") -> Condition:
    """The condition a spec wrote; `owner` (DATASET.VARIABLE) is named in refusals.

    Raises: SpecError for an unknown comparator, an empty condition or a value that cannot be compared with.
    """
    alternatives = node if isinstance(node, Sequence) else [node]
    if not alternatives or not all(isinstance(part, Mapping) and part for part in alternatives):
        raise SpecError("spec.condition-shape", _at(getattr(node, "at", ""), owner))
    return Condition(tuple(tuple(_tests(part, owner)) for part in alternatives))


def _at(at: object, owner: str) -> str:
    return f"{at}: {owner}" if owner else str(at)


def _tests(part: Mapping, owner: str) -> list[Test]:
    found: list[Test] = []
    for name, given in part.items():
        at = part.line(name)
        if isinstance(given, Text):
            found.append(Test(name, "eq", str(given), at))
        elif isinstance(given, Sequence):
            found.append(Test(name, "in", _texts(given, at, owner), at))
        elif set(given) == {"column"}:
            found.append(Test(name, "eq", Column(str(given["column"])), at))
        else:
            found += [_comparison(name, op, value, at, owner) for op, value in given.items()]
    return found


def _comparison(name: str, op: str, value: object, at: At, owner: str) -> Test:
    if op not in COMPARATORS:
        near = closest(op, COMPARATORS)
        raise SpecError(
            "spec.comparator", _at(at, owner), word=op, hint=f"; did you mean {near}?" if near else ""
        )
    if op == "missing":
        if value not in ("true", "false"):
            raise SpecError("spec.missing-value", _at(at, owner), value=value)
        return Test(name, op, value == "true", at)
    if isinstance(value, Mapping) and set(value) == {"column"}:
        return Test(name, op, Column(str(value["column"])), at)
    if op in ("in", "notin"):
        texts = value if isinstance(value, Sequence) else Sequence([value], at)
        return Test(name, op, _texts(texts, at, owner), at)
    if not isinstance(value, Text):
        raise SpecError("spec.condition-value", _at(at, owner), name=name)
    if op in ("lt", "le", "gt", "ge") and not (NUMBER.fullmatch(value) or ISO_START.match(value)):
        raise SpecError("spec.condition-order", _at(at, owner), name=name, op=op, value=value)
    return Test(name, op, str(value), at)


def _texts(given: Sequence, at: At, owner: str) -> tuple[str, ...]:
    if not given or not all(isinstance(item, Text) for item in given):
        raise SpecError("spec.condition-value", _at(at, owner), name="the list")
    return tuple(str(item) for item in given)


Get = Callable[[str], pd.Series]
Member = Callable[[pd.Series, str], np.ndarray]


def mask(
    frame: pd.DataFrame | Get, asked: Condition, other: Get | None = None, member: Member | None = None
) -> np.ndarray:
    """Which records satisfy the condition: a bool array.

    `frame` gives the columns of the records; `other` the columns of the record being built, aligned with them;
    `member` answers `in {column: ...}` for a column of a dataset with many records.
    """
    get: Get = frame.__getitem__ if isinstance(frame, pd.DataFrame) else frame
    whole: np.ndarray | None = None
    for tests in asked.any_of:
        part: np.ndarray | None = None
        for test in tests:
            holds = _holds(get(test.column), test, other or get, member)
            part = holds if part is None else part & holds
        whole = part if whole is None else whole | part
    return whole


def _holds(left: pd.Series, test: Test, other: Get, member: Member | None) -> np.ndarray:
    if test.op == "missing":
        return left.isna().to_numpy() == test.value
    if isinstance(test.value, Column):
        if test.op in ("in", "notin") and member is not None:
            inside = member(left, test.value.name)
            return inside if test.op == "in" else ~inside & left.notna().to_numpy()
        return compare(left, test.op, other(test.value.name))
    if test.op in ("eq", "in"):
        return _is_in(left, test)
    if test.op in ("ne", "notin"):
        return ~_is_in(left, test) & left.notna().to_numpy()
    return _ordered(left, test)


def _is_in(left: pd.Series, test: Test) -> np.ndarray:
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    if pd.api.types.is_float_dtype(left):
        return left.isin([_number(value, test) for value in values]).to_numpy()
    if pd.api.types.is_datetime64_any_dtype(left):
        return left.isin(pd.to_datetime(list(values), format="ISO8601").astype("datetime64[s]")).to_numpy()
    if len(values) == 1:
        return (left == values[0]).to_numpy(dtype=bool, na_value=False)
    return left.isin(list(values)).to_numpy(dtype=bool)


def _ordered(left: pd.Series, test: Test) -> np.ndarray:
    if pd.api.types.is_float_dtype(left):
        return _compare_numbers(left.to_numpy(), test.op, _number(test.value, test))
    if pd.api.types.is_datetime64_any_dtype(left) or (ISO_START.match(test.value) and "-" in test.value):
        return dates.holds(left, test.op, pd.Series([test.value], dtype="str").take([0] * len(left)))
    return _compare_numbers(as_numbers(left), test.op, _number(test.value, test))


def _number(value: str, test: Test) -> float:
    if not NUMBER.fullmatch(value):
        raise SpecError("spec.condition-number", test.at, name=test.column, value=value)
    return float(value)


def as_numbers(text: pd.Series) -> np.ndarray:
    """Text as float64, NaN where it is no plain number."""
    if pd.api.types.is_float_dtype(text):
        return text.to_numpy()
    codes, values = pd.factorize(text)
    numbers = [float(value) if NUMBER.fullmatch(value) else np.nan for value in map(str, values)]
    return np.append(np.array(numbers, dtype="float64"), np.nan)[codes]


def _compare_numbers(left: np.ndarray, op: str, right: np.ndarray | float) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        found = {
            "eq": np.equal, "ne": np.not_equal, "lt": np.less, "before": np.less,
            "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
        }[op](left, right)  # fmt: skip
    return found & ~np.isnan(left) & ~np.isnan(right)


def compare(left: pd.Series, op: str, right: pd.Series) -> np.ndarray:
    """Record by record: numbers as numbers, `eq` and `ne` of text as text, all else as partial dates."""
    if pd.api.types.is_float_dtype(left) or pd.api.types.is_float_dtype(right):
        return _compare_numbers(as_numbers(left), op, as_numbers(right))
    dated = any(pd.api.types.is_datetime64_any_dtype(side) for side in (left, right))
    if op in ("in", "notin"):
        op = {"in": "eq", "notin": "ne"}[op]
    if op in ("eq", "ne") and not dated:
        both = left.notna().to_numpy() & right.notna().to_numpy()
        same = left.to_numpy(dtype=object) == right.to_numpy(dtype=object)
        return both & (same if op == "eq" else ~same)
    return dates.holds(left, op, right)


def in_words(asked: Condition) -> str:
    """The condition as an English phrase, for define.xml methods and `explain`."""
    return " or ".join(" and ".join(_phrase(test) for test in tests) for tests in asked.any_of)


def _phrase(test: Test) -> str:
    if test.op == "missing":
        return f"{test.column} is {'' if test.value else 'not '}missing"
    if isinstance(test.value, Column):
        return f"{test.column} {IN_WORDS[test.op]} {test.value.name}"
    value = ", ".join(test.value) if isinstance(test.value, tuple) else test.value
    return f"{test.column} {IN_WORDS[test.op]} {value}"

"""Conditions as data: `where` filters the records a word reads, `when` looks at the record being built.

The same object makes the mask, the English sentence and the list of columns it reads (spec_language.md, 1). A
missing value satisfies no comparison, `ne` and `notin` included; `{missing: true}` asks for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clinical import dates
from clinical.errors import SpecError
from clinical.frames import constant
from clinical.moments import read_moment
from clinical.names import closest
from clinical.read import At, Mapping, Sequence, Text

COMPARATORS = ("eq", "ne", "lt", "le", "gt", "ge", "in", "notin", "before", "missing")
IN_WORDS = {
    "eq": "is", "ne": "is not", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    "in": "is one of", "notin": "is none of", "before": "is before",
}  # fmt: skip
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
NAME = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*"


@dataclass(frozen=True)
class Column:
    """The right side `{column: NAME}`: a column of the record being built."""

    name: str


@dataclass(frozen=True)
class Test:
    """One comparison: `column op value`; value is text, a tuple of texts, a Column, or True/False for
    `missing`.
    """

    column: str
    op: str
    value: str | tuple[str, ...] | Column | bool
    at: At

    __test__ = False  # not a test of pytest

    @property
    def asks(self) -> tuple:
        """What it compares, wherever it stands."""
        return self.column, self.op, self.value

    @property
    def of_set(self) -> bool:
        """Whether the right side may be a set: the values of a column of many records."""
        return self.op in ("in", "notin") and isinstance(self.value, Column)


@dataclass(frozen=True)
class Condition:
    """Any of several alternatives, each of which asks for all of its tests."""

    any_of: tuple[tuple[Test, ...], ...]

    @property
    def tests(self) -> list[Test]:
        """Every comparison, in the order written."""
        return [test for tests in self.any_of for test in tests]

    @property
    def columns(self) -> set[str]:
        """Names on the left: columns of what is filtered."""
        return {test.column for test in self.tests}

    @property
    def others(self) -> set[str]:
        """Names on the right: columns of the record being built, or sets of values."""
        return {test.value.name for test in self.tests if isinstance(test.value, Column)}


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
        if not given:
            raise SpecError("spec.condition-value", _at(at, owner), name=name)
        if isinstance(given, Text):
            found.append(Test(name, "eq", str(given), at))
        elif isinstance(given, Sequence):
            found.append(Test(name, "in", _texts(name, given, at, owner), at))
        elif set(given) == {"column"}:
            found.append(Test(name, "eq", _column(given, at, owner), at))
        else:
            found += [_comparison(name, op, value, at, owner) for op, value in given.items()]
    return found


def _column(given: Mapping, at: At, owner: str) -> Column:
    name = given["column"]
    if not isinstance(name, Text) or not re.fullmatch(NAME, name):
        raise SpecError("spec.name", _at(at, owner), value=written(name))
    return Column(str(name))


def written(given: object) -> str:
    """What a spec says there, in one line, for a refusal."""
    if isinstance(given, Mapping):
        return "{" + ", ".join(f"{key}: {written(value)}" for key, value in given.items()) + "}"
    if isinstance(given, Sequence):
        return f"[{', '.join(map(written, given))}]"
    return str(given)


def _comparison(name: str, op: str, value: object, at: At, owner: str) -> Test:
    if op not in COMPARATORS:
        near = closest(op, COMPARATORS)
        hint = f"; did you mean {near}?" if near else f"; there is {', '.join(COMPARATORS)}"
        raise SpecError("spec.comparator", _at(at, owner), word=op, hint=hint)
    if op == "missing":
        if value not in ("true", "false"):
            raise SpecError("spec.missing-value", _at(at, owner), value=written(value))
        return Test(name, op, value == "true", at)
    if isinstance(value, Mapping) and set(value) == {"column"}:
        return Test(name, op, _column(value, at, owner), at)
    if op in ("in", "notin"):
        texts = value if isinstance(value, Sequence) else Sequence([value], at)
        return Test(name, op, _texts(name, texts, at, owner), at)
    if not isinstance(value, Text) or not value:
        raise SpecError("spec.condition-value", _at(at, owner), name=name)
    ordered = read_moment(value) or (op != "before" and NUMBER.fullmatch(value))
    if op in ("lt", "le", "gt", "ge", "before") and not ordered:
        raise SpecError("spec.condition-order", _at(at, owner), name=name, op=op, value=value)
    return Test(name, op, str(value), at)


def _texts(name: str, given: Sequence, at: At, owner: str) -> tuple[str, ...]:
    if not given or not all(isinstance(item, Text) and item for item in given):
        raise SpecError("spec.condition-value", _at(at, owner), name=name)
    return tuple(str(item) for item in given)


Get = Callable[[str], pd.Series]
Member = Callable[[pd.Series, Test], np.ndarray]


def ends_as_date(name: str) -> bool:
    """Whether a name is that of a date in partial ISO text: --DTC."""
    return name.endswith("DTC")


def mask(
    frame: pd.DataFrame | Get,
    asked: Condition,
    other: Get | None = None,
    member: Member | None = None,
    dated: Callable[[str], bool] = ends_as_date,
) -> np.ndarray:
    """Which records satisfy the condition: a bool array.

    `frame` gives the columns of the records; `other` the columns of the record being built, aligned with
    them; `member` answers `in` and `notin` `{column: ...}`; `dated` tells which names on the left are dates
    in ISO text.
    """
    get: Get = frame.__getitem__ if isinstance(frame, pd.DataFrame) else frame
    found: dict[tuple, np.ndarray] = {}
    whole: np.ndarray | None = None
    for tests in asked.any_of:
        part: np.ndarray | None = None
        for test in tests:
            if test.asks not in found:
                found[test.asks] = _holds(get(test.column), test, other or get, member, dated(test.column))
            holds = found[test.asks]
            part = holds if part is None else part & holds
        whole = part if whole is None else whole | part
    return whole


def _holds(left: pd.Series, test: Test, other: Get, member: Member | None, dated: bool) -> np.ndarray:
    if test.op == "missing":
        return left.isna().to_numpy() == test.value
    if isinstance(test.value, Column):
        if test.op in ("in", "notin") and member is not None:
            return member(left, test)
        return compare(left, test.op, other(test.value.name), dated or ends_as_date(test.value.name))
    if test.op in ("eq", "in"):
        return _is_one_of(left, test, dated)
    if test.op in ("ne", "notin"):
        return _is_none_of(left, test, dated)
    return _ordered(left, test, dated)


def _values(test: Test) -> tuple[str, ...]:
    return test.value if isinstance(test.value, tuple) else (test.value,)


def _is_one_of(left: pd.Series, test: Test, dated: bool) -> np.ndarray:
    values = _values(test)
    if dated or pd.api.types.is_datetime64_any_dtype(left):
        return np.any([dates.holds(left, "eq", constant(value, len(left))) for value in values], axis=0)
    if pd.api.types.is_float_dtype(left):
        return left.isin([float(value) for value in values if NUMBER.fullmatch(value)]).to_numpy()
    if len(values) == 1:
        return (left == values[0]).to_numpy(dtype=bool, na_value=False)
    return left.isin(list(values)).to_numpy(dtype=bool)


def _is_none_of(left: pd.Series, test: Test, dated: bool) -> np.ndarray:
    if dated or pd.api.types.is_datetime64_any_dtype(left):
        differs = [dates.holds(left, "ne", constant(value, len(left))) for value in _values(test)]
        return np.all(differs, axis=0)
    return ~_is_one_of(left, test, dated) & left.notna().to_numpy()


def _ordered(left: pd.Series, test: Test, dated: bool) -> np.ndarray:
    number = NUMBER.fullmatch(test.value) and not dated and not pd.api.types.is_datetime64_any_dtype(left)
    if number:
        return _compare_numbers(as_numbers(left), test.op, float(test.value))
    if pd.api.types.is_float_dtype(left):
        return np.zeros(len(left), dtype=bool)
    return dates.holds(left, test.op, constant(test.value, len(left)))


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


def compare(left: pd.Series, op: str, right: pd.Series, dated: bool = False) -> np.ndarray:
    """Record by record: numbers as numbers, dates for every day they can mean, `eq` and `ne` of other text as
    text.

    Other text has an order where both sides are numbers or both are dates.
    """
    op = {"in": "eq", "notin": "ne"}.get(op, op)
    if pd.api.types.is_float_dtype(left) or pd.api.types.is_float_dtype(right):
        return _compare_numbers(as_numbers(left), op, as_numbers(right))
    if dated or any(pd.api.types.is_datetime64_any_dtype(side) for side in (left, right)):
        return dates.holds(left, op, right)
    if op in ("eq", "ne"):
        both = left.notna().to_numpy() & right.notna().to_numpy()
        same = left.to_numpy(dtype=object) == right.to_numpy(dtype=object)
        return both & (same if op == "eq" else ~same)
    one, two = as_numbers(left), as_numbers(right)
    numbers = ~np.isnan(one) & ~np.isnan(two)
    return np.where(numbers, _compare_numbers(one, op, two), dates.holds(left, op, right))


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

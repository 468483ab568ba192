"""Conditions as ARS where-clauses.

ARS says nothing of missing values and cannot compare two variables. Here a missing value is the empty text,
every comparison that another program might let a missing value satisfy has `NE` the empty text beside it, and
`{ADSL.TRTSDT}` in braces as a value stands for that variable of the same record. `before` is LE where either
side has no time, because the same day is before then.
"""

from __future__ import annotations

from collections.abc import Iterable

from clinical.where import Column, Condition, Test, in_words

COMPARATORS = {
    "eq": "EQ", "ne": "NE", "lt": "LT", "le": "LE", "gt": "GT", "ge": "GE",
    "in": "IN", "notin": "NOTIN",
}  # fmt: skip
OF_ONE_VALUE = {"in": "EQ", "notin": "NE"}
WITH_MISSING = ("ne", "notin", "lt", "le")
MISSING = ""
MOMENT = "DTM"

Clause = dict[str, object]


def expression(dataset: str, asked: Iterable[Condition]) -> Clause:
    """The `condition` or `compoundExpression` that holds where all of the conditions do; empty for none.

    Source: ARS v1.0, WhereClause; a missing value satisfies no comparison (spec_language.md, 1).
    """
    alternatives = [
        _any([_all(_leaves(dataset, test) for test in tests) for tests in one.any_of]) for one in asked
    ]
    whole = _all(alternatives)
    return _without_place(whole, 1) if whole else {}


def comparison(dataset: str, variable: str, op: str, values: tuple[str, ...]) -> Clause:
    """A single comparison with plain values, as an expression."""
    return _without_place(_all([_compared(dataset, variable, op, values)]), 1)


def words(asked: Iterable[Condition]) -> str:
    """The conditions as an English phrase."""
    phrases = [in_words(one) for one in asked]
    several = len(phrases) > 1
    return " and ".join(f"({text})" if several and " or " in text else text for text in phrases)


Node = tuple[str, list]


def _all(parts: Iterable[Node | list[Node]]) -> Node | None:
    found: list[Node] = []
    for part in parts:
        for node in part if isinstance(part, list) else [part]:
            found += node[1] if node[0] == "AND" else [node]
    distinct = [node for at, node in enumerate(found) if node not in found[:at]]
    return distinct[0] if len(distinct) == 1 else ("AND", distinct) if distinct else None


def _any(parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else ("OR", parts)


def _leaves(dataset: str, test: Test) -> list[Node]:
    if test.op == "missing":
        return [_leaf(dataset, test.column, "EQ" if test.value else "NE", (MISSING,))]
    if isinstance(test.value, Column):
        other = test.value.name
        timed = test.column.endswith(MOMENT) and other.endswith(MOMENT)
        op = {"in": "eq", "notin": "ne", "before": "lt" if timed else "le"}.get(test.op, test.op)
        compared = _leaf(dataset, test.column, COMPARATORS[op], (f"{{{dataset}.{other}}}",))
        return [compared, *(_leaf(dataset, name, "NE", (MISSING,)) for name in (test.column, other))]
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    if test.op == "before":
        return _compared(dataset, test.column, "lt" if "T" in values[0] else "le", values)
    return _compared(dataset, test.column, test.op, values)


def _compared(dataset: str, variable: str, op: str, values: tuple[str, ...]) -> list[Node]:
    name = OF_ONE_VALUE.get(op, COMPARATORS[op]) if len(values) == 1 else COMPARATORS[op]
    present = [_leaf(dataset, variable, "NE", (MISSING,))] if op in WITH_MISSING else []
    return [_leaf(dataset, variable, name, values), *present]


def _leaf(dataset: str, variable: str, comparator: str, values: tuple[str, ...]) -> Node:
    stated = {"dataset": dataset, "variable": variable, "comparator": comparator, "value": list(values)}
    return ("condition", [stated])


def _without_place(node: Node, level: int) -> Clause:
    kind, parts = node
    if kind == "condition":
        return {"condition": parts[0]}
    clauses = [
        {"level": level + 1, "order": order, **_without_place(part, level + 1)}
        for order, part in enumerate(parts, start=1)
    ]
    return {"compoundExpression": {"logicalOperator": kind, "whereClauses": clauses}}

"""`formula`: names, numbers, + - * / and parentheses; nothing else, and never Python's eval."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clinical.errors import SpecError

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<sign>[-+*/()]))"
)


@dataclass(frozen=True)
class Formula:
    """An expression in reverse Polish order: floats, names and operators ('neg' is the sign)."""

    text: str
    steps: tuple[float | str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names it reads."""
        return tuple(
            dict.fromkeys(step for step in self.steps if isinstance(step, str) and step not in OPERATORS)
        )


OPERATORS = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3}


def parse_formula(text: str, here: str) -> Formula:
    """The formula that `text` states (shunting-yard).

    Raises: SpecError where it is none, with what was not understood.
    """
    output: list[float | str] = []
    waiting: list[str] = []
    after_value = False
    for kind, token in _tokens(text, here):
        if kind in ("number", "name"):
            if after_value:
                raise SpecError(
                    "spec.formula", here, value=text, problem=f"an operator is missing before {token}"
                )
            output.append(float(token) if kind == "number" else token)
            after_value = True
        elif token == "(":
            if after_value:
                raise SpecError("spec.formula", here, value=text, problem="an operator is missing before (")
            waiting.append(token)
        elif token == ")":
            _close(output, waiting, text, here)
            after_value = True
        else:
            _operator(token, after_value, output, waiting, text, here)
            after_value = False
    if not after_value or "(" in waiting:
        raise SpecError("spec.formula", here, value=text, problem="it ends too early")
    return Formula(text, tuple(output + waiting[::-1]))


def _tokens(text: str, here: str) -> list[tuple[str, str]]:
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if not match:
            raise SpecError(
                "spec.formula", here, value=text, problem=f"'{text[position:].strip()[0]}' is not allowed"
            )
        found.append((match.lastgroup, match.group(match.lastgroup)))
        position = match.end()
    return found


def _operator(token: str, after_value: bool, output: list, waiting: list, text: str, here: str) -> None:
    if not after_value:
        if token != "-":
            raise SpecError("spec.formula", here, value=text, problem=f"a value is missing before {token}")
        waiting.append("neg")
        return
    while waiting and waiting[-1] != "(" and OPERATORS[waiting[-1]] >= OPERATORS[token]:
        output.append(waiting.pop())
    waiting.append(token)


def _close(output: list, waiting: list, text: str, here: str) -> None:
    while waiting and waiting[-1] != "(":
        output.append(waiting.pop())
    if not waiting:
        raise SpecError(
            "spec.formula", here, value=text, problem="a parenthesis is closed that was not opened"
        )
    waiting.pop()


def compute_formula(
    formula: Formula, get: Callable[[str], np.ndarray]
) -> tuple[np.ndarray | float, np.ndarray | bool]:
    """The value (missing if a name is missing) and where it divided by zero (missing there too)."""
    stack: list = []
    by_zero: np.ndarray | bool = False
    for step in formula.steps:
        if isinstance(step, float):
            stack.append(step)
        elif step == "neg":
            stack.append(-stack.pop())
        elif step not in OPERATORS:
            stack.append(get(step))
        else:
            right, left = stack.pop(), stack.pop()
            if step == "/":
                zero = np.equal(right, 0) & ~np.isnan(left)
                by_zero = by_zero | zero
                right = np.where(np.equal(right, 0), np.nan, right)
            stack.append({"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}[step](left, right))
    return stack[0], by_zero

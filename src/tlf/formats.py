"""How a number becomes text: named formats, each naming its statistics and their decimals.

`{mean:+1}` is the statistic `mean` with one decimal more than the raw value, `{p:1}` with one decimal, `{n}`
a whole number, `{gm:4s}` with four significant digits. Every digit goes through
`clinical.rounding`, half away from zero on the decimal number [E.0].
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from clinical.errors import SpecError
from clinical.read import Mapping, Text
from clinical.rounding import fixed, significant_text
from tlf.nodes import hint, known, place

FIELD = re.compile(r"\{(\w+)(?::([+]?\d+|[1-9]\d*s))?\}")
NOT_ESTIMABLE = "NE"
NOT_DEFINED = "-"
NOT_CALCULATED = "NC"
NO_DATA = "No data to report"


@dataclass(frozen=True)
class Format:
    """A text with statistics in braces; `digits` is (relative to the raw value, decimals) for each.

    Of the `significant` ones the number counts significant digits.
    """

    text: str
    digits: dict[str, tuple[bool, int]]
    significant: frozenset[str] = frozenset()

    def decimals(self, statistic: str, raw: int) -> int:
        """Decimals of one statistic, for values collected with `raw` decimals."""
        relative, digits = self.digits[statistic]
        return raw + digits if relative else digits

    def fill(self, texts: dict[str, str]) -> str:
        """The text with the formatted statistics in their places; one `-` where none of them is defined."""
        if all(texts[name] == NOT_DEFINED for name in self.digits):
            return NOT_DEFINED
        return FIELD.sub(lambda field: texts[field.group(1)], self.text)


Formats = dict[str, Format | dict[str, Format]]


def format_of(given: str) -> Format:
    """The format that a text with braces states."""
    stated = FIELD.findall(given)
    digits = {name: (of.startswith("+"), int(of.rstrip("s") or 0)) for name, of in stated}
    return Format(given, digits, frozenset(name for name, of in stated if of.endswith("s")))


FORMATS: Formats = {
    "n": format_of("{n}"),
    "percent": format_of("{n} ({p:1})"),
    "fraction": format_of("{n}/{of} ({p:1})"),
    "events": format_of("{n} ({p:1}) [{records}]"),
    "interval": format_of("({lower:1}, {upper:1})"),
    "quantile": format_of("{estimate:2} ({lower:2}, {upper:2})"),
    "rate": format_of("{estimate:1} ({lower:1}, {upper:1})"),
    "range": format_of("{min:2}{min_sign}, {max:2}{max_sign}"),
    "continuous": {
        "n": format_of("{n}"),
        "Mean (SD)": format_of("{mean:+1} ({sd:+2})"),
        "Median": format_of("{median:+1}"),
        "Q1, Q3": format_of("{q1:+1}, {q3:+1}"),
        "Min, Max": format_of("{min:+0}, {max:+0}"),
    },
    "geometric": {
        "n": format_of("{n}"),
        "Geometric mean": format_of("{gm:4s}"),
        "Geometric CV%": format_of("{gcv:1}"),
        "Median": format_of("{median:4s}"),
        "Min, Max": format_of("{min:4s}, {max:4s}"),
    },
    "across": {
        "n": format_of("{n}"),
        "below": format_of("{below}"),
        "mean": format_of("{mean:+1}"),
        "sd": format_of("{sd:+2}"),
        "cv": format_of("{cv:1}"),
        "gm": format_of("{gm:4s}"),
        "gcv": format_of("{gcv:1}"),
        "median": format_of("{median:+1}"),
        "min": format_of("{min:+0}"),
        "max": format_of("{max:+0}"),
    },
}
DESCRIPTIVE = ("n", "mean", "sd", "median", "q1", "q3", "min", "max")
KINETIC = (*DESCRIPTIVE, "below", "cv", "gm", "gcv")
STATISTICS = {"continuous": DESCRIPTIVE, "geometric": KINETIC, "across": KINETIC}


def formats_of(node: Mapping, base: Formats, owner: str) -> Formats:
    """The house formats with those of a display in their place.

    Raises: SpecError for a format or a statistic that does not exist.
    """
    owner = f"{owner}.formats"
    known(node, tuple(base), owner)
    found = dict(base)
    for name, given in node.items():
        if isinstance(base[name], dict):
            if not isinstance(given, Mapping):
                raise SpecError(
                    "tlf.kind", place(node, name, owner), key=name, kind="a mapping of label to format"
                )
            found[name] = {label: _checked(given, label, STATISTICS[name], owner) for label in given}
        else:
            found[name] = _checked(node, name, tuple(base[name].digits), owner)
    return found


def _checked(node: Mapping, key: str, statistics: tuple[str, ...], owner: str) -> Format:
    if not isinstance(node[key], Text):
        raise SpecError("tlf.kind", place(node, key, owner), key=key, kind="text")
    made = format_of(node[key])
    for name in made.digits:
        if name not in statistics:
            raise SpecError("tlf.statistic", place(node, key, owner), name=name, hint=hint(name, statistics))
    if not made.digits or FIELD.sub("", made.text).count("{"):
        raise SpecError("tlf.format", place(node, key, owner), text=made.text)
    return made


def number_text(value: float, digits: int, missing: str, *, significant: bool = False) -> str:
    """The number with its decimals or significant digits, or what stands for one that does not exist."""
    if np.isnan(value):
        return missing
    return significant_text(value, digits) if significant else fixed(value, digits)


def pattern(digits: int, *, significant: bool = False) -> str:
    """`xx`, `xx.x` or `4 significant digits`: the format of a number as the results frame states it."""
    if significant:
        return f"{digits} significant digits"
    return "xx" if digits == 0 else "xx." + "x" * digits

"""How the numbers of a cell were worked out, with the numbers of its records put in: for `explain`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tlf.rows import Row
from tlf.spec import Display, Survival
from tlf.survival import TOLERANCE, Curve, kaplan_meier


@dataclass(frozen=True)
class Worked:
    """A cell: its statistics, as numbers and as text, the number its percentages are of, and its values."""

    display: Display
    row: Row
    level: str
    numbers: dict[str, float]
    texts: dict[str, str]
    of: float
    values: np.ndarray
    events: np.ndarray


def formulas(cell: Worked) -> list[str]:
    """A line for each statistic that is shown, in the order of the results: its text and its origin."""
    said = _share(cell) | OF_WORD.get(cell.row.word, lambda _: {})(cell)
    lines = []
    for name, text in cell.texts.items():
        if text or name in said:
            lines.append(f"{name} = {text or 'none'}" + (f": {said[name]}" if said.get(name) else ""))
    return lines


def _share(cell: Worked) -> dict[str, str]:
    said, count, whole = {"n": "subjects, each counted once"}, cell.numbers.get("n", np.nan), cell.of
    of = f"the n of row {cell.row.of}" if cell.row.of else "N of the column"
    if "p" in cell.numbers:
        said["p"] = f"100 * {count:g} / {whole:g}" if whole else "nobody to divide by"
        said["of"] = of
    if getattr(cell.row.own, "ci", "none") == "clopper_pearson" and whole:
        said |= _clopper_pearson(count, whole, cell.row.own.conf)
    return said


def _clopper_pearson(count: float, of: float, conf: float) -> dict[str, str]:
    tail, exact = (1 - conf) / 2, f"exact {100 * conf:g}% interval (Clopper-Pearson) of {count:g} of {of:g}"
    lower = f"100 * Beta({tail:g}; {count:g}, {of - count + 1:g})" if count else "0, as nobody is counted"
    upper = f"100 * Beta({1 - tail:g}; {count + 1:g}, {of - count:g})"
    return {
        "lower": f"{exact}: {lower}",
        "upper": f"{exact}: {upper if count < of else '100, as everybody is counted'}",
    }


def _continuous(cell: Worked) -> dict[str, str]:
    values = np.sort(cell.values[~np.isnan(cell.values)])
    count = len(values)
    said = {"n": "values that are not missing"}
    if not count:
        return said
    middle = values[(count - 1) // 2 : count // 2 + 1]
    said["mean"] = f"{values.sum():g} / {count}"
    said["median"] = f"the middle of {count} values: {' and '.join(f'{value:g}' for value in middle)}"
    said["min"], said["max"] = "the smallest value", "the largest value"
    said["q1"] = said["q3"] = "quartile as SAS PCTLDEF=5"
    squares = ((values - values.mean()) ** 2).sum()
    said["sd"] = f"square root of {squares:g} / {count - 1}" if count > 1 else "of one value there is none"
    return said


def _curve(cell: Worked) -> tuple[Curve, Survival]:
    return kaplan_meier(cell.values, cell.events), cell.display.survival


def _quantile(cell: Worked) -> dict[str, str]:
    curve, settings = _curve(cell)
    target = 1 - float(cell.level)
    reached = np.flatnonzero(curve.survival <= target + TOLERANCE)
    if not len(reached):
        return {"estimate": f"S(t) never is {target:g} or less; {_last(curve)}"}
    place = reached[0]
    said = f"S(t) is {target:g} or less from {settings.time} {curve.time[place]:g} on: {_step(curve, place)}"
    return {"estimate": f"{said}; {_of_step(curve, place, target, settings)}"}


def _of_step(curve: Curve, place: int, target: float, settings: Survival) -> str:
    """The time of a step; the midpoint to where the curve goes on, if it stands exactly at the level."""
    time, unit = f"{curve.time[place]:g}", f" / {settings.days:g}"
    if abs(curve.survival[place] - target) > TOLERANCE:
        return time + unit
    below = np.flatnonzero(curve.survival < target - TOLERANCE)
    if len(below):
        after = f"{curve.time[below[0]]:g}"
        return f"exactly {target:g} to {after}, so ({time} + {after}) / 2{unit}"
    end = curve.time[-1]
    if settings.flat_tail == "NE":
        return f"exactly {target:g} to the last observation {end:g}, so NE: not {time}"
    return f"exactly {target:g} to the last observation, so ({time} + {end:g}) / 2{unit}"


def _rate(cell: Worked) -> dict[str, str]:
    curve, settings = _curve(cell)
    time = float(cell.level) * settings.days
    if not len(curve.time) or time > curve.time[-1]:
        return {"estimate": f"{settings.time} {time:g} is after the last observed time; {_last(curve)}"}
    before = np.flatnonzero((curve.time <= time) & (curve.events > 0))
    said = f"100 * S(t) at {settings.time} {time:g}"
    if not len(before):
        return {"estimate": f"{said}, before the first event"}
    place = before[-1]
    return {"estimate": f"{said}: last event not after it at {curve.time[place]:g}: {_step(curve, place)}"}


def _range(cell: Worked) -> dict[str, str]:
    settings, known = cell.display.survival, len(cell.values)
    edges = {"min": min, "max": max} if known else {}
    return {name: f"{edge(cell.values):g} / {settings.days:g}" for name, edge in edges.items()} | {
        f"{name}_sign": "nobody had the event at that time" if cell.texts.get(f"{name}_sign") else ""
        for name in ("min", "max")
        if cell.texts.get(f"{name}_sign")
    }


def _step(curve: Curve, place: int) -> str:
    """`0.5 * (5 - 1) / 5 = 0.4`: the survival before a time, and what the events at it leave."""
    before = curve.survival[place - 1] if place else 1.0
    there, events = curve.at_risk[place], curve.events[place]
    return f"S = {before:.4g} * ({there:g} - {events:g}) / {there:g} = {curve.survival[place]:.4g}"


def _last(curve: Curve) -> str:
    if not len(curve.time):
        return "there is no time"
    return f"the last observed time is {curve.time[-1]:g}, where S = {curve.survival[-1]:.4g}"


OF_WORD: dict[str, Callable[[Worked], dict[str, str]]] = {
    "continuous": _continuous, "quantiles": _quantile, "rates": _rate, "range": _range,
}  # fmt: skip

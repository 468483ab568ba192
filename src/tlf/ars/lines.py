"""How the lines of each word are told apart: by groups of its variable, by operations, or not at all.

A word that is not named here has its lines by the values of its variables, as they are in the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tlf.ars.catalogue import Catalogue, Entry
from tlf.ars.where import MISSING, comparison
from tlf.people import SUBJECT
from tlf.rows import MISSING as MISSING_LABEL
from tlf.rows import Row

Key = tuple[str, str]


@dataclass(frozen=True)
class Layer:
    """Lines of a row that are one analysis: `keys` its (parent, level), each with the groups of the line."""

    name: str
    keys: frozenset[Key]
    groupings: tuple[str, ...] = ()
    groups: dict[Key, tuple[Entry, ...]] = field(default_factory=dict)
    by_operation: bool = False


def layers_of(catalogue: Catalogue, id: str, row: Row, keys: Iterable[Key]) -> list[Layer]:
    """The layers of a row; `keys` are the (parent, level) of its lines in the results."""
    made = _by_places if "." in row.word else LAYERS.get(row.word, _by_values)
    return made(catalogue, id, row, list(dict.fromkeys(keys)))


def _by_points(catalogue: Catalogue, id: str, row: Row, keys: list[Key]) -> list[Layer]:
    return [Layer("", frozenset(keys), by_operation=True)]


def _by_levels(catalogue: Catalogue, id: str, row: Row, keys: list[Key]) -> list[Layer]:
    """Groups of the levels that the spec states, with those that only the data have behind them."""
    variable = getattr(row.own, "by", row.variables[0])
    other, missing = (getattr(row.own, name, "") for name in ("other", "missing"))
    listed = tuple(value for level in row.own.levels for value in level.values)
    values = {level.label: ("in", level.values) for level in row.own.levels}
    if other:
        values[other] = ("notin", listed) if listed else ("ne", (MISSING,))
    for _, label in keys:
        values.setdefault(label, ("eq", (MISSING if label == (missing or MISSING_LABEL) else label,)))
    groups = [
        {"name": label, "label": label, **comparison(row.dataset, variable, op, given)}
        for label, (op, given) in values.items()
    ]
    grouping = catalogue.grouping(id, _factor(row, variable, {"groups": groups}))
    by_label = {group["name"]: group["id"] for group in grouping["groups"]}
    found = {key: ({"groupingId": grouping["id"], "groupId": by_label[key[1]]},) for key in keys}
    return [Layer("", frozenset(keys), (grouping["id"],), found)]


def _by_shift(catalogue: Catalogue, id: str, row: Row, keys: list[Key]) -> list[Layer]:
    """Groups of the levels before; the last two lines are for those without a level, and for all."""
    source, variable = row.dataset, row.variables[0]
    groups = {one.label: comparison(source, variable, "in", one.values) for one in row.own.levels}
    rest = [label for _, label in keys if label not in groups]
    for label, name, op in zip(rest, (variable, SUBJECT), ("eq", "ne"), strict=False):
        groups[label] = comparison(source, name, op, (MISSING,))
    stated = [{"name": label, "label": label, **where} for label, where in groups.items()]
    grouping = catalogue.grouping(id, _factor(row, variable, {"groups": stated}))
    by_label = {group["name"]: group["id"] for group in grouping["groups"]}
    found = {key: ({"groupingId": grouping["id"], "groupId": by_label[key[1]]},) for key in keys}
    return [Layer("", frozenset(keys), (grouping["id"],), found)]


def _by_values(catalogue: Catalogue, id: str, row: Row, keys: list[Key]) -> list[Layer]:
    """Groups of the values in the data, one layer for the lines of each depth; no value is the empty text."""
    missing = getattr(row.own, "missing", "") or MISSING_LABEL
    depths = list(dict.fromkeys(_depth(key) for key in keys)) or [0]
    layers = []
    for depth in depths:
        names = _variables(row, depth)
        ids = [catalogue.grouping(f"{id}.{name}", _factor(row, name))["id"] for name in names]
        own = [key for key in keys if _depth(key) == depth]
        found = {
            key: tuple(
                {"groupingId": one, "groupValue": MISSING if value == missing else value}
                for one, value in zip(ids, key[2 - depth :], strict=True)
            )
            for key in own
        }
        name = names[-1] if len(depths) > 1 and names else ""
        layers.append(Layer(name, frozenset(own), tuple(ids), found))
    return layers


def _by_places(catalogue: Catalogue, id: str, row: Row, keys: list[Key]) -> list[Layer]:
    """Groups of a figure: subjects, and in each the values of `by`, else numbers that no variable holds."""
    by = row.own.get("by", "")
    layers = []
    for shape in list(dict.fromkeys(tuple(map(bool, key)) for key in keys)) or [(False, False)]:
        factors = [_factor(row, SUBJECT)] if shape[0] else []
        factors += [_factor(row, by) if by else _place(row)] if shape[1] else []
        ids = [catalogue.grouping(f"{id}.{one['name']}", one)["id"] for one in factors]
        own = [key for key in keys if tuple(map(bool, key)) == shape]
        found = {
            key: tuple(
                {"groupingId": one, "groupValue": value}
                for one, value in zip(ids, filter(None, key), strict=True)
            )
            for key in own
        }
        several = layers and factors
        layers.append(Layer(factors[-1]["name"] if several else "", frozenset(own), tuple(ids), found))
    return layers


def _place(row: Row) -> Entry:
    name = PLACES.get(row.word, "Place")
    return {"name": name, "label": name, "groupingDataset": row.dataset, "dataDriven": True}


def _depth(key: Key) -> int:
    return 2 if key[0] else 1 if key[1] else 0


def _variables(row: Row, depth: int) -> tuple[str, ...]:
    return row.variables[:depth]


def _factor(row: Row, variable: str, more: Entry | None = None) -> Entry:
    named = {
        "name": variable,
        "label": variable,
        "groupingDataset": row.dataset,
        "groupingVariable": variable,
    }
    return {**named, "dataDriven": more is None, **(more or {})}


PLACES = {
    "kaplan_meier.curve": "Step", "kaplan_meier.at_risk": "Time", "kaplan_meier.median": "Part",
    "swimmer.state": "Stretch", "heat_strip.grade": "Day", "heat_strip.mark": "Day",
    "profiles.limit": "Limit", "profiles.samples": "Sample",
}  # fmt: skip
LAYERS: dict[str, Callable[[Catalogue, str, Row, list[Key]], list[Layer]]] = {
    "across": _by_levels,
    "categorical": _by_levels,
    "incidence": _by_points,
    "quantiles": _by_points,
    "rates": _by_points,
    "shift": _by_shift,
    "visits": _by_levels,
}

"""The columns of a table: groups of subjects, and the parts that each group is divided into."""

from __future__ import annotations

from dataclasses import dataclass

from clinical.errors import SpecError
from clinical.read import Mapping, Sequence, Text
from clinical.where import Condition, condition
from tlf.nodes import choice, known, required, setting, text, texts
from tlf.rows import Level, levels_of

TOTAL = "Total"


@dataclass(frozen=True)
class Stated:
    """A group by a condition on the population, or on the records of another dataset that a subject has.

    Any record that satisfies it puts a subject in the group; where the group is of the `absent`, none may.
    """

    label: str
    where: Condition
    dataset: str
    absent: bool = False


@dataclass(frozen=True)
class Columns:
    """Groups of subjects by the levels of `by`, or as stated, a total, and the parts of each group.

    `parts` are keys and headers; `conditions` are those that a part adds to what a row reads.
    """

    by: str
    levels: tuple[Level, ...]
    when_used: tuple[str, ...]
    groups: tuple[Stated, ...]
    total: str
    parts: dict[str, str]
    conditions: dict[str, Condition]


def columns_of(node: Mapping, study: Mapping, owner: str) -> Columns:
    """The columns that `columns` of a display states."""
    owner = f"{owner}.columns"
    known(node, ("by", "levels", "value", "header", "when_used", "groups", "total", "each"), owner)
    by = text(node, "by", owner, "")
    levels: tuple[Level, ...] = ()
    if by:
        levels = _column_levels(required(node, "levels", owner), node, study, owner)
    each = node.get("each", Mapping({"": ""}))
    if not isinstance(each, Mapping):
        raise SpecError(
            "tlf.kind", f"{node.line('each')}: {owner}", key="each", kind="a mapping of key to header"
        )
    groups = tuple(_stated(name, given, owner) for name, given in node.get("groups", Mapping()).items())
    if by and groups:
        raise SpecError("tlf.one-of", f"{node.at}: {owner}", keys="by or groups")
    total = text(node, "total", owner, "" if by or groups else TOTAL)
    parts, conditions = _parts(each, owner)
    return Columns(by, levels, texts(node, "when_used", owner), groups, total, parts, conditions)


def _stated(name: str, node: Mapping, owner: str) -> Stated:
    owner = f"{owner}.groups.{name}"
    known(node, ("where", "from", "has"), owner)
    where = condition(required(node, "where", owner), owner)
    absent = choice(node, "has", ("any", "none"), owner) == "none"
    return Stated(name, where, text(node, "from", owner, ""), absent)


def _parts(each: Mapping, owner: str) -> tuple[dict[str, str], dict[str, Condition]]:
    labels: dict[str, str] = {}
    conditions: dict[str, Condition] = {}
    for key, given in each.items():
        if isinstance(given, Mapping):
            known(given, ("label", "where"), f"{owner}.each.{key}")
            labels[str(key)] = text(given, "label", owner, str(key))
            conditions[str(key)] = condition(required(given, "where", owner), f"{owner}.each.{key}")
        else:
            labels[str(key)] = str(given)
    return labels, conditions


def _column_levels(given: object, node: Mapping, study: Mapping, owner: str) -> tuple[Level, ...]:
    if not (isinstance(given, Text) and given.startswith("study.")):
        return levels_of(given, owner)
    key = given.removeprefix("study.")
    lines = setting(study, key, owner, given.at, Sequence)
    value, header = (
        text(node, word, owner, default) for word, default in (("value", "label"), ("header", "code"))
    )
    levels = []
    for line in lines:
        if isinstance(line, Text):
            levels.append(Level((str(line),), str(line)))
            continue
        pair = [str(required(line, word, owner, Text, at=given.at)) for word in (value, header)]
        levels.append(Level((pair[0],), pair[1]))
    return tuple(levels)

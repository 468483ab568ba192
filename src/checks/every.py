"""Rules for every dataset (`dataset: --`): patterns of column names, and `--` as the dataset's prefix."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase

from clinical.read import Mapping, Sequence, Text
from clinical.resolve import Names

EVERY = "--"
DATES = ("date", "datetime")
FIELD_KINDS = {"type:date": DATES, "type:any": ("text", "number", "code", "time", *DATES)}
Has = Callable[[str, str], bool]


def columns_like(names: Names, dataset: str, pattern: str, has: Has) -> list[str]:
    """The columns of a dataset that a pattern stands for, in the dataset's order."""
    if dataset.startswith("raw."):
        kinds = FIELD_KINDS.get(pattern, ())
        fields = names.study.forms[dataset[4:]].fields.values()
        own = [each.name for each in fields if each.type in kinds and not each.joined]
        return [name for name in own if has(dataset, name)]
    standard = names.study.standards.get(dataset)
    stated = [*(standard.variables if standard else ()), *names.study.datasets[dataset].columns()]
    return [name for name in dict.fromkeys(stated) if fnmatchcase(name, pattern) and has(dataset, name)]


def is_pattern(name: str) -> bool:
    """Whether a name stands for several columns: `*DTC`, `type:date`, `type:any`."""
    return "*" in name or name in FIELD_KINDS


def filled_in(node: Mapping, dataset: str) -> Mapping:
    """A rule for every dataset, with `--` as the prefix of one: --DTC becomes LBDTC."""
    return node if dataset.startswith("raw.") else _replaced(node, dataset)


def _replaced(node: object, prefix: str) -> object:
    if isinstance(node, Mapping):
        items = {_renamed(key, prefix): _replaced(value, prefix) for key, value in node.items()}
        return Mapping(items, node.at, {_renamed(key, prefix): line for key, line in node.lines.items()})
    if isinstance(node, Sequence):
        return Sequence([_replaced(item, prefix) for item in node], node.at)
    return Text(_renamed(node, prefix), node.at) if "--" in node else node


def _renamed(text: str, prefix: str) -> str:
    """`--` before a capital letter or a point is the dataset; elsewhere (a partial date) it stays."""
    return re.sub(r"--(?=[A-Z.])", prefix, text) if "--" in text else text

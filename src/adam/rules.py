"""What the rule models share: reading `parameters` of a dataset key by key, refusing what they do not know.

Rules are data (style.md, Specs): a model reads them once, names file and line of every fault, and hands the
program plain values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from clinical.errors import SpecError
from clinical.names import closest
from clinical.read import At, Mapping, Sequence, Text
from clinical.spec import Dataset
from clinical.where import NUMBER, Condition


def refuse(message: str, at: object, owner: str, **words: object) -> SpecError:
    """The SpecError `file:line: DATASET.PARAMETER: sentence`."""
    return SpecError(message, f"{at}: {owner}", **words)


def only(node: Mapping, keys: Collection[str], owner: str) -> None:
    """Refuses every key that is not among `keys`."""
    if not isinstance(node, Mapping):
        raise refuse("rules.shape", getattr(node, "at", ""), owner, key=owner, shape="a mapping")
    for key in node:
        if key not in keys:
            near = closest(key, keys)
            hint = f"; did you mean {near}?" if near else ""
            raise refuse("rules.key", node.line(key), owner, key=key, hint=hint)


def need(node: Mapping, key: str, owner: str, what: str = "it") -> Text | Mapping | Sequence:
    """The value of a key that must be there."""
    if key not in node:
        raise refuse("rules.needed", node.at, owner, what=what, key=key)
    return node[key]


def text(node: Mapping, key: str, owner: str, default: str | None = None) -> str:
    """A text; without default the key must be there."""
    if key not in node and default is not None:
        return default
    value = need(node, key, owner)
    if not isinstance(value, Text):
        raise refuse("rules.shape", node.line(key), owner, key=key, shape="a text")
    return str(value)


def texts(node: Mapping, key: str, owner: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """A list of texts; one text alone is a list of one."""
    if key not in node and default is not None:
        return default
    value = need(node, key, owner)
    items = value if isinstance(value, Sequence) else [value]
    if not items or not all(isinstance(item, Text) for item in items):
        raise refuse("rules.shape", node.line(key), owner, key=key, shape="a text or a list of texts")
    return tuple(str(item) for item in items)


def whole(node: Mapping, key: str, owner: str) -> int:
    """A whole number, perhaps negative."""
    value = text(node, key, owner)
    if not value.lstrip("-").isdigit():
        raise refuse("rules.choice", node.line(key), owner, key=key, choices="a whole number", value=value)
    return int(value)


def number(node: Mapping, key: str, owner: str) -> float:
    """A number."""
    value = text(node, key, owner)
    if not NUMBER.fullmatch(value):
        raise refuse("rules.choice", node.line(key), owner, key=key, choices="a number", value=value)
    return float(value)


def yes(node: Mapping, key: str, owner: str) -> bool:
    """`true`; without the key false."""
    value = text(node, key, owner, "false")
    return chosen(node, key, value, ("true", "false"), owner) == "true"


def chosen(node: Mapping, key: str, value: str, choices: Iterable[str], owner: str) -> str:
    """The value, if it is one of the choices."""
    choices = tuple(choices)
    if value not in choices:
        raise refuse(
            "rules.choice", node.line(key), owner, key=key, choices=" or ".join(choices), value=value
        )
    return value


def setting(study: Mapping, key: str, owner: str, at: At) -> Text | Mapping | Sequence:
    """A value of study.yml that the rules rest on."""
    if key not in study:
        raise refuse("rules.needed", at, owner, what="study.yml", key=key)
    return study[key]


class Reads:
    """The columns that a dataset's program is handed, to check the names in its rules against."""

    def __init__(self, spec: Dataset):
        calls = [part.program for part in spec.parts if part.program]
        self._columns = dict(calls[0].args.get("reads", {})) if calls else {}

    def must_have(self, dataset: str, columns: Iterable[str], at: object, owner: str) -> None:
        """Refuses a column that `reads` does not name for the dataset."""
        if dataset not in self._columns:
            raise refuse("rules.not-read", at, owner, name=dataset)
        given = self._columns[dataset]
        for column in columns:
            if given is not None and column not in given:
                raise refuse("rules.not-read", at, owner, name=f"{dataset}.{column}")

    def must_have_left(self, dataset: str, asked: Condition | None, at: object, owner: str) -> None:
        """The same for the columns that a condition filters by."""
        if asked is not None:
            self.must_have(dataset, sorted(asked.columns), at, owner)

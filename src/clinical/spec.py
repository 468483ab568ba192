"""A dataset as its file states it: where records come from, one word a variable (spec_language.md, 2).

Bases are merged by `extends` before anything is parsed, so the model below is the whole truth about a dataset.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from clinical.errors import SpecError
from clinical.names import closest
from clinical.read import At, Mapping, Sequence, Text, read_yaml
from clinical.where import Condition, condition
from clinical.words import COMMON, WORDS, Word, parse_word

DATASET_KEYS = (
    "dataset",
    "extends",
    "scope",
    "keys",
    "rows",
    "variables",
    "supp",
    "parameters",
    "note",
    "label",
)
PART_KEYS = ("from", "where", "keep", "each", "table", "program", "reads", "variables", "rule")
MOST_HELPERS = 6


@dataclass(frozen=True)
class Keep:
    """One record a group and subject; the others are set aside under `rule`."""

    which: str
    order: tuple[str, ...]
    by: tuple[str, ...]
    rule: str
    at: At


@dataclass(frozen=True, eq=False)
class Line:
    """A line of `each` or `table`: words and constants for some variables, for records that satisfy `where`."""

    take: dict[str, Word]
    where: Condition | None
    at: At
    needs_value: bool


@dataclass(frozen=True, eq=False)
class Part:
    """One way records come about: `from` a form or dataset, a `table`, or a `program`."""

    name: str
    at: At
    source: str = ""
    where: Condition | None = None
    keep: Keep | None = None
    lines: tuple[Line, ...] = ()
    listed: str = ""
    program: Word | None = None
    variables: dict[str, Word] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """from, table or program."""
        return "program" if self.program else "from" if self.source else "table"


@dataclass(frozen=True, eq=False)
class Dataset:
    """A dataset file after `extends`; `layer` is sdtm or adam, `parameters` is for the program."""

    name: str
    layer: str
    scope: str
    keys: tuple[str, ...]
    parts: tuple[Part, ...]
    variables: dict[str, Word]
    supp: dict[str, Word]
    parameters: Mapping
    study: Mapping
    at: At
    raw: Mapping

    @property
    def by_subject(self) -> bool:
        """Whether its keys promise one record a subject."""
        return set(self.keys) <= {"STUDYID", "USUBJID"} and self.scope == "subject"

    def word(self, part: Part, line: Line | None, name: str) -> Word | None:
        """The word that states `name` for records of this part and line: the nearest statement wins."""
        if line and name in line.take:
            return line.take[name]
        return part.variables.get(name) or self.variables.get(name) or self.supp.get(name)

    def columns(self) -> list[str]:
        """Every name stated anywhere in the file, in the order of first statement."""
        names: dict[str, None] = {}
        for part in self.parts:
            for line in part.lines:
                names.update(dict.fromkeys(line.take))
            names.update(dict.fromkeys(part.variables))
        names.update(dict.fromkeys(self.variables))
        names.update(dict.fromkeys(self.supp))
        return list(names)


def read_dataset(path: Path, shown_from: Path, bases: Path, layer: str, study: Mapping) -> Dataset:
    """The dataset that a file states, with everything it extends; `bases` is where `extends` starts.

    Raises: SpecError for what the language refuses in one file.
    """
    node = _extended(read_yaml(path, shown_from), bases, ())
    name = _text(node, "dataset", str(path.stem).upper())
    _known(node, DATASET_KEYS, name)
    if "rows" not in node:
        raise SpecError("spec.needed", f"{node.at}: {name}", key="rows")
    keys = tuple(str(key) for key in node.get("keys", ()))
    if not keys:
        raise SpecError("spec.needed", f"{node.at}: {name}", key="keys")
    dataset = Dataset(
        name=name,
        layer=layer,
        scope=_text(node, "scope", "subject"),
        keys=keys,
        parts=_parts(node["rows"], name, node.line("rows")),
        variables=_words(node.get("variables", Mapping()), name),
        supp=_words(node.get("supp", Mapping()), name),
        parameters=node.get("parameters", Mapping()),
        study=study,
        at=node.at,
        raw=node,
    )
    _few_helpers(dataset)
    return dataset


def _text(node: Mapping, key: str, default: str) -> str:
    return str(node.get(key, default))


def _known(node: Mapping, keys: tuple[str, ...], owner: str) -> None:
    for key in node:
        if key not in keys:
            near = closest(key, keys)
            hint = f"; did you mean {near}?" if near else ""
            raise SpecError("spec.key", f"{node.line(key)}: {owner}", key=key, hint=hint)


def _few_helpers(dataset: Dataset) -> None:
    helpers = [name for name in dataset.columns() if name.islower()]
    if len(helpers) > MOST_HELPERS:
        raise SpecError(
            "spec.helpers", f"{dataset.at}: {dataset.name}", count=len(helpers), most=MOST_HELPERS
        )


def _words(node: Mapping, dataset: str) -> dict[str, Word]:
    return {name: parse_word(node[name], f"{dataset}.{name}") for name in node}


def _parts(rows: Mapping, dataset: str, at: At) -> tuple[Part, ...]:
    if not isinstance(rows, Mapping):
        raise SpecError("spec.rows", f"{at}: {dataset}")
    if "union" in rows:
        _known(rows, ("union",), dataset)
        return tuple(
            _part(name, node, dataset, rows["union"].line(name)) for name, node in rows["union"].items()
        )
    return (_part("", rows, dataset, at),)


def _part(name: str, node: Mapping, dataset: str, at: At) -> Part:
    owner = f"{dataset}.{name}" if name else dataset
    _known(node, PART_KEYS, owner)
    kinds = [key for key in ("from", "table", "program") if key in node]
    if len(kinds) != 1:
        raise SpecError("spec.rows", f"{at}: {owner}")
    variables = _words(node.get("variables", Mapping()), dataset)
    if kinds == ["program"]:
        call = Mapping({key: node[key] for key in ("program", "reads") if key in node}, node.at, node.lines)
        return Part(name, at, program=parse_word(call, owner), variables=variables)
    if kinds == ["table"]:
        lines, listed = _lines(node["table"], dataset, needs_value=False)
        return Part(name, at, lines=lines, listed=listed, variables=variables)
    lines, listed = _lines(node["each"], dataset, needs_value=True) if "each" in node else ((), "")
    return Part(
        name,
        at,
        source=str(node["from"]),
        where=condition(node["where"], owner) if "where" in node else None,
        keep=_keep(node["keep"], owner, node.line("keep")) if "keep" in node else None,
        lines=lines,
        listed=listed,
        variables=variables,
    )


def _keep(node: Mapping, owner: str, at: At) -> Keep:
    which = [key for key in ("first", "last") if key in node]
    if len(which) != 1 or set(node) - {"first", "last", "by", "rule"}:
        raise SpecError("spec.keep", f"{at}: {owner}")
    order, by = node[which[0]], node.get("by", Sequence())
    return Keep(
        which[0],
        tuple(map(str, order)) if isinstance(order, Sequence) else (str(order),),
        tuple(map(str, by)) if isinstance(by, Sequence) else (str(by),),
        str(node.get("rule", "")),
        at,
    )


def _lines(node: object, dataset: str, needs_value: bool) -> tuple[tuple[Line, ...], str]:
    if isinstance(node, Text):
        return (), str(node)
    lines = []
    for item in node:
        _known(item, ("take", "set", "where"), dataset)
        take = _words(item.get("take", Mapping()), dataset)
        for name, value in item.get("set", Mapping()).items():
            take[name] = Word("constant", str(value), item["set"].line(name), f"{dataset}.{name}")
        where = condition(item["where"], dataset) if "where" in item else None
        lines.append(Line(take, where, item.at, needs_value and "take" in item))
    return tuple(lines), ""


def _extended(node: Mapping, root: Path, chain: tuple[str, ...]) -> Mapping:
    """`node` laid over the file it extends, and over what that one extends."""
    if "extends" not in node:
        return node
    name = str(node["extends"])
    path = root / name
    if name in chain or not path.is_file():
        raise SpecError("spec.extends", node.line("extends"), base=name)
    base = _extended(read_yaml(path, root.parent), root, (*chain, name))
    items, lines = dict(base), {**base.lines, **node.lines}
    for key, value in node.items():
        if key in ("variables", "supp") and key in base:
            items[key] = _words_over(base[key], value, name)
        elif key == "parameters" and key in base:
            items[key] = _merged(base[key], value)
        else:
            items[key] = value
    return Mapping(items, node.at, lines)


def _words_over(base: Mapping, upper: Mapping, base_name: str) -> Mapping:
    """A word replaces a word whole; arguments alone refine the base's word; `{drop: reason}` removes it."""
    items, lines = dict(base), {**base.lines, **upper.lines}
    for name, value in upper.items():
        if isinstance(value, Mapping) and set(value) == {"drop"}:
            items.pop(name, None)
        elif name in items and not _is_word(value):
            items[name] = _refined(items[name], value, base_name, upper.line(name), name)
        else:
            items[name] = value
    return Mapping(items, upper.at, lines)


def _merged(base: Mapping, upper: Mapping) -> Mapping:
    """Mappings merge by key, lists and text replace, `{drop: reason}` removes."""
    items, lines = dict(base), {**base.lines, **upper.lines}
    for key, value in upper.items():
        if isinstance(value, Mapping) and set(value) == {"drop"}:
            items.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(items.get(key), Mapping):
            items[key] = _merged(items[key], value)
        else:
            items[key] = value
    return Mapping(items, upper.at, lines)


def _is_word(node: object) -> bool:
    return isinstance(node, Text) or (isinstance(node, Mapping) and any(key in WORDS for key in node))


def _refined(below: Text | Mapping, value: Mapping, base_name: str, at: At, name: str) -> Mapping:
    base = Mapping({"copy": below}, below.at) if isinstance(below, Text) else below
    word = next(key for key in base if key in WORDS)
    for key in value:
        if key not in COMMON and key not in WORDS[word][1]:
            raise SpecError("spec.contradicted", f"{at}: {name}", base=base_name, name=name, word=word)
    return Mapping({**base, **value}, value.at, {**base.lines, **value.lines})

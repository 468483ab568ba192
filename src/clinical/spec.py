"""A dataset as its file states it: where records come from, one word a variable (spec_language.md, 2).

Bases are merged by `extends` before anything is parsed: the model below is the whole truth about a dataset.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from clinical.errors import SpecError
from clinical.names import closest
from clinical.read import At, Mapping, Sequence, Text, find, read_yaml
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
PART_KEYS = {
    "from": ("from", "where", "keep", "each", "variables", "rule"),
    "table": ("table", "variables", "rule"),
    "program": ("program", "reads", "variables", "rule"),
}
KEEP_KEYS = ("first", "last", "by", "rule")
DATASET_NAME = re.compile(r"[A-Z][A-Z0-9]{0,7}")
TABLE = re.compile(r"library(/\w[\w-]*)+\.csv")
LISTED = re.compile(r"study(\.\w+)+|[A-Za-z0-9_][\w.-]*\.csv")
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
    """A line of `each` or `table`: words for some variables, for records that satisfy `where`."""

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

    def statements(self, name: str) -> list[tuple[Part, Word]]:
        """Each word that states `name`, with the part whose records it is computed for."""
        found: list[tuple[Part, Word]] = []
        for part in self.parts:
            given = [line.take[name] for line in part.lines if name in line.take]
            found += [(part, word) for word in given]
            if not part.lines or len(given) < len(part.lines):
                word = self.word(part, None, name)
                if word is not None:
                    found.append((part, word))
        return found

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
    own = read_yaml(path, shown_from)
    name = _text(own, "dataset", path.stem.upper(), path.stem.upper())
    if not DATASET_NAME.fullmatch(name):
        raise SpecError("spec.name", own.line("dataset"), value=name)
    whole = _extended(own, bases, (), name)
    node = _with_lists(whole, study, name)
    _known(node, [key for key in DATASET_KEYS if layer == "sdtm" or key != "supp"], name)
    for key in ("keys", "rows"):
        if key not in node:
            raise SpecError("spec.needed", f"{node.at}: {name}", key=key)
    scope = _text(node, "scope", name, "subject")
    if scope not in ("subject", "study"):
        choices = "subject or study"
        raise SpecError(
            "spec.choice", f"{node.line('scope')}: {name}", what="scope", choices=choices, value=scope
        )
    dataset = Dataset(
        name=name,
        layer=layer,
        scope=scope,
        keys=_texts(node, "keys", name),
        parts=_parts(_mapping(node, "rows", name), name, node.line("rows")),
        variables=_words(node, "variables", name),
        supp=_words(node, "supp", name),
        parameters=_with_tables(_mapping(node, "parameters", name), bases, name),
        study=study,
        at=node.at,
        raw=whole,
    )
    _few_helpers(dataset)
    return dataset


def _text(node: Mapping, key: str, owner: object, default: str = "") -> str:
    given = node.get(key, default)
    if not isinstance(given, str) or (key in node and not given):
        raise SpecError("spec.shape", f"{node.line(key)}: {owner}", key=key, shape="one text")
    return str(given)


def _mapping(node: Mapping, key: str, owner: str) -> Mapping:
    given = node.get(key, Mapping(at=node.at))
    if not isinstance(given, Mapping):
        raise SpecError("spec.shape", f"{node.line(key)}: {owner}", key=key, shape="a mapping")
    return given


def _with_lists(node: object, study: Mapping, dataset: str) -> object:
    """The same with the items of a list of study.yml where `in` or `notin` names it."""
    if isinstance(node, Sequence):
        return Sequence([_with_lists(item, study, dataset) for item in node], node.at)
    if not isinstance(node, Mapping):
        return node
    items = {key: _with_lists(value, study, dataset) for key, value in node.items()}
    for key in ("in", "notin"):
        name = node[key].get("column") if isinstance(node.get(key), Mapping) else None
        if isinstance(name, Text) and name.startswith("study."):
            given = find(study, name.removeprefix("study."))
            if given is None:
                raise SpecError("spec.no-setting", f"{name.at}: {dataset}", name=name)
            items[key] = given if isinstance(given, Sequence) else node[key]
    return Mapping(items, node.at, node.lines)


def _with_tables(node: Mapping, bases: Path, dataset: str) -> Mapping:
    """The parameters, with the rows of a table of the library in place of its name."""
    items = dict(node)
    for key, given in node.items():
        if isinstance(given, Text) and TABLE.fullmatch(given):
            if not (bases / given).is_file():
                raise SpecError("spec.no-list", f"{node.line(key)}: {dataset}", name=given)
            items[key] = _table(bases / given, f"{bases.name}/{given}")
    return Mapping(items, node.at, node.lines)


def _table(path: Path, name: str) -> Sequence:
    """The lines of a CSV file, each with its place; an empty cell is a key that is not there."""
    found = Sequence(at=At(name, 1))
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in (reader := csv.DictReader(lines)):
            at = At(name, reader.line_num)
            found.append(Mapping({key: Text(cell, at) for key, cell in row.items() if cell}, at))
    return found


def _texts(node: Mapping, key: str, owner: str) -> tuple[str, ...]:
    given = node[key]
    if not isinstance(given, Sequence) or not given or not all(isinstance(item, Text) for item in given):
        raise SpecError("spec.shape", f"{node.line(key)}: {owner}", key=key, shape="a list of names")
    return tuple(str(item) for item in given)


def _known(node: Mapping, keys: tuple[str, ...] | list[str], owner: str) -> None:
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


def _words(node: Mapping, key: str, dataset: str) -> dict[str, Word]:
    given = _mapping(node, key, dataset)
    return {name: parse_word(given[name], f"{dataset}.{name}") for name in given}


def _parts(rows: Mapping, dataset: str, at: At) -> tuple[Part, ...]:
    if "union" not in rows:
        return (_part("", rows, dataset, at),)
    _known(rows, ("union",), dataset)
    union = _mapping(rows, "union", dataset)
    if not union:
        raise SpecError("spec.rows", f"{at}: {dataset}")
    return tuple(_part(name, _mapping(union, name, dataset), dataset, union.line(name)) for name in union)


def _part(name: str, node: Mapping, dataset: str, at: At) -> Part:
    owner = f"{dataset}.{name}" if name else dataset
    kinds = [key for key in PART_KEYS if key in node]
    if len(kinds) != 1:
        raise SpecError("spec.rows", f"{at}: {owner}")
    _known(node, PART_KEYS[kinds[0]], owner)
    variables = _words(node, "variables", dataset)
    if kinds == ["program"]:
        call = Mapping({key: node[key] for key in ("program", "reads") if key in node}, node.at, node.lines)
        return Part(name, at, program=parse_word(call, owner), variables=variables)
    if kinds == ["table"]:
        lines, listed = _lines(node, "table", dataset)
        return Part(name, at, lines=lines, listed=listed, variables=variables)
    lines, listed = _lines(node, "each", dataset) if "each" in node else ((), "")
    return Part(
        name,
        at,
        source=_text(node, "from", owner),
        where=condition(node["where"], owner) if "where" in node else None,
        keep=_keep(_mapping(node, "keep", owner), owner, node.line("keep")) if "keep" in node else None,
        lines=lines,
        listed=listed,
        variables=variables,
    )


def _keep(node: Mapping, owner: str, at: At) -> Keep:
    which = [key for key in ("first", "last") if key in node]
    if len(which) != 1 or set(node) - set(KEEP_KEYS):
        raise SpecError("spec.keep", f"{at}: {owner}")
    named = {}
    for key in (which[0], "by"):
        given = node.get(key, Sequence())
        named[key] = tuple(given) if isinstance(given, Sequence) else (given,)
        if not all(isinstance(name, Text) and name for name in named[key]):
            raise SpecError("spec.keep", f"{at}: {owner}")
    if not named[which[0]]:
        raise SpecError("spec.keep", f"{at}: {owner}")
    order, by = (tuple(map(str, names)) for names in named.values())
    return Keep(which[0], order, by, _text(node, "rule", owner), at)


def _lines(node: Mapping, key: str, dataset: str) -> tuple[tuple[Line, ...], str]:
    """The lines of `each` or `table`, or the name of the list they stand in."""
    given, at = node[key], f"{node.line(key)}: {dataset}"
    if isinstance(given, Text) and LISTED.fullmatch(given):
        return (), str(given)
    if not isinstance(given, Sequence) or not given:
        raise SpecError("spec.lines-shape", at, key=key)
    lines = []
    for item in given:
        if not isinstance(item, Mapping) or not {"take", "set"} & set(item):
            raise SpecError("spec.lines-shape", f"{item.at}: {dataset}", key=key)
        _known(item, ("take", "set", "where") if key == "each" else ("take", "set"), dataset)
        take = _words(item, "take", dataset)
        for name, value in _mapping(item, "set", dataset).items():
            constant = Mapping({"constant": value}, item["set"].at, {"constant": item["set"].line(name)})
            take[name] = parse_word(constant, f"{dataset}.{name}")
        where = condition(item["where"], dataset) if "where" in item else None
        lines.append(Line(take, where, item.at, key == "each" and "take" in item))
    return tuple(lines), ""


def _extended(node: Mapping, root: Path, chain: tuple[str, ...], dataset: str) -> Mapping:
    """`node` laid over the file it extends, and over what that one extends."""
    if "extends" not in node:
        return node
    name = _text(node, "extends", dataset)
    parts = PurePosixPath(name).parts
    if name in chain or ".." in parts or name.startswith("/") or not (root / name).is_file():
        raise SpecError("spec.extends", f"{node.line('extends')}: {dataset}", base=name)
    base = _extended(read_yaml(root / name, root.parent), root, (*chain, name), dataset)
    return _laid_over(base, node, name, dataset, ())


def _laid_over(base: Mapping, upper: Mapping, name: str, dataset: str, path: tuple[str, ...]) -> Mapping:
    """Mappings merge by key, lists and text replace, `{drop: reason}` removes, a word replaces a word whole.

    Arguments without a word refine the base's word.
    """
    items, lines = dict(base), {**base.lines, **upper.lines}
    for key, value in upper.items():
        below = base.get(key)
        if isinstance(value, Mapping) and set(value) == {"drop"}:
            if key not in base:
                raise SpecError("spec.drop", f"{upper.line(key)}: {dataset}.{key}", base=name, name=key)
            del items[key]
        elif _are_words(path) and isinstance(value, Mapping) and not set(value) & set(WORDS) and key in base:
            items[key] = _refined(below, value, name, f"{upper.line(key)}: {dataset}.{key}", dataset)
        elif not _are_words(path) and isinstance(value, Mapping) and isinstance(below, Mapping):
            items[key] = _laid_over(below, value, name, dataset, (*path, key))
        else:
            items[key] = value
    return Mapping(items, upper.at, lines)


def _are_words(path: tuple[str, ...]) -> bool:
    """Whether the mapping at this place of a file states a word for each of its keys."""
    union = len(path) == 4 and path[:2] == ("rows", "union") and path[3] == "variables"
    return union or path in (("variables",), ("supp",), ("rows", "variables"))


def _refined(below: object, value: Mapping, base_name: str, start: str, dataset: str) -> object:
    base = Mapping({"copy": below}, below.at) if isinstance(below, Text) else below
    word = next((key for key in base if key in WORDS), None) if isinstance(base, Mapping) else None
    if word is None:
        return value
    for key in value:
        if key not in COMMON and key not in WORDS[word][1]:
            name = start.rpartition(".")[2]
            raise SpecError("spec.contradicted", start, base=base_name, name=name, word=word)
    return _laid_over(base, value, base_name, dataset, ("word",))

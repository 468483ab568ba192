"""Rules beyond the spec: `validation/<study>/<gate>/<name>.yml`, each with tables that pass and that fail.

A rule is an id, a severity, a dataset, a message and a mask. The mask is a condition of the spec language,
which may look at helpers (words that read other datasets), or a function of `checks.masks`. The keys are
explained in `validation/README.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from checks import masks
from checks.every import EVERY, Has, columns_like, filled_in, is_pattern
from clinical.errors import SpecError, SpecErrors
from clinical.moved import ANY
from clinical.names import closest
from clinical.read import At, Mapping, Sequence, Text, read_yaml
from clinical.resolve import EACH, RECORD, Names, split_source
from clinical.spec import Dataset, Part
from clinical.where import Test
from clinical.words import Word, own_names, parse_word, with_lines

GATES = ("raw", "sdtm", "adam")
RULE_KEYS = (
    "severity", "says", "todo", "rule", "needs", "except", "where", "helpers", "fails_when", "mask",
    "variable", "stops", "reconciles", "passes", "fails", "drop",
)  # fmt: skip
NEEDED = ("severity", "says", "todo", "passes", "fails")
SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True)
class Mask:
    """A function of `checks.masks`, its columns (`of`, and `also` where the dataset has them), its values."""

    function: str
    of: tuple[str, ...]
    also: tuple[str, ...]
    values: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule for one dataset.

    A record that satisfies `where` fails when `fails_when` holds for it or the mask marks it. `stops`: a
    failure stops the dataset. `reconciles` is the cross-check it is part of. `columns` are what it looks at,
    by dataset or form; ANY stands for all of a form's.
    """

    id: str
    gate: str
    dataset: str
    severity: str
    says: str
    todo: str
    source: str
    helpers: dict[str, Word]
    where: Word | None
    fails_when: Word | None
    mask: Mask | None
    variable: str
    stops: bool
    passes: Mapping | Text
    fails: Mapping | Text
    at: At
    reconciles: str = ""
    columns: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def reads(self) -> frozenset[str]:
        """The other datasets and forms it looks at."""
        return frozenset(self.columns) - {self.dataset}

    def words(self) -> Iterator[Word]:
        """Everything of it that reads data."""
        yield from self.helpers.values()
        yield from (word for word in (self.where, self.fails_when) if word is not None)

    def tests(self) -> list[Test]:
        """The comparisons of `fails_when`, in the order they are written."""
        return [test for tests in self.fails_when.value.any_of for test in tests] if self.fails_when else []


@dataclass(eq=False)
class Rules:
    """The rules of a study, and those of the library that it has nothing for, with what is lacking."""

    rules: list[Rule] = field(default_factory=list)
    unused: dict[str, str] = field(default_factory=dict)

    def of(self, gate: str, dataset: str) -> list[Rule]:
        """The rules of one gate for one dataset."""
        return [rule for rule in self.rules if (rule.gate, rule.dataset) == (gate, dataset)]


def read_rules(folders: Iterable[Path], names: Names, has: Has | None = None) -> Rules:
    """The rules in `folders` (the library's first) for the datasets and forms of a study.

    A later folder replaces an id. A rule of the library applies only where the study has what its `needs`
    names. `has` tells whether a dataset has a column, where more is known than the specs say.

    Raises: SpecErrors with every fault of every file.
    """
    reader = RuleReader(names, has or partial(has_column, names))
    for number, folder in enumerate([*folders][::-1]):
        reader.folder = number
        for gate in GATES:
            for path in sorted((folder / gate).glob("*.yml")):
                reader.read(path, folder.parent.parent, gate)
    reader.check_drops()
    if reader.faults:
        raise SpecErrors(reader.faults)
    rules = [rule for _, rule in reader.found.values() if rule is not None]
    rules.sort(key=lambda rule: (GATES.index(rule.gate), rule.dataset, _number(rule.id)))
    return Rules(rules, reader.unused)


def _number(identity: str) -> tuple[str, int]:
    stem, _, number = identity.rpartition("-")
    return stem, int(number) if number.isdigit() else 0


def dataset_of(names: Names, name: str) -> Dataset:
    """The spec of a dataset; of a raw form, one whose variables are its columns."""
    if not name.startswith("raw."):
        return names.study.datasets[name]
    form = names.study.forms[name[4:]]
    copies = {column: Word("copy", column, form.at, f"{name}.{column}") for column in form.columns}
    part = Part("", form.at, source=name)
    study = names.study.config
    return Dataset(name, "sdtm", "subject", (), (part,), copies, {}, Mapping(), study, form.at, Mapping())


def has_column(names: Names, dataset: str, column: str) -> bool:
    """Whether the specs know the dataset or form, and the column in it ('': the dataset itself)."""
    if dataset.startswith("raw."):
        form = names.study.forms.get(dataset[4:])
        return form is not None and (not column or column in form.columns)
    return dataset in names.study.datasets and (not column or names.has(dataset, column))


class RuleReader:
    """Reads file after file; faults are collected, so that a person sees all of them at once."""

    def __init__(self, names: Names, has: Has):
        self.names, self.has = names, has
        self.folder = 0
        self.found: dict[str, tuple[int, Rule | None]] = {}
        self.unused: dict[str, str] = {}
        self.dropped: dict[str, At] = {}
        self.faults: list[SpecError] = []
        self.specs: dict[str, Dataset] = {}

    def read(self, path: Path, root: Path, gate: str) -> None:
        """The rules of one file. Folders come last first: what is there already stays."""
        try:
            node = read_yaml(path, root)
            _known(node, ("dataset", "rules"), "")
            _must_have(node, ("dataset", "rules"), str(node.at))
            rules = _mapping(node, "rules", "")
        except SpecError as fault:
            self.faults.append(fault)
            return
        for name in rules:
            try:
                rule = _mapping(rules, name, name)
                if "drop" in rule:
                    self.found[name], self.dropped[name] = (self.folder, None), rules.line(name)
                    continue
                for one in self.rules(name, rule, str(node["dataset"]), gate, rules.line(name)):
                    self._add(one)
            except SpecError as fault:
                self.faults.append(fault)

    def _add(self, rule: Rule) -> None:
        folder, _ = self.found.setdefault(rule.id, (self.folder, rule))
        if folder == self.folder and self.found[rule.id][1] is not rule:
            raise SpecError("checks.rule-twice", f"{rule.at}: {rule.id}")
        if folder != self.folder:
            self.dropped.pop(rule.id, None)

    def check_drops(self) -> None:
        """Refuses to drop a rule that no folder before has."""
        for name, at in self.dropped.items():
            if name not in self.unused:
                self.faults.append(SpecError("checks.drop", f"{at}: {name}"))

    def rules(self, name: str, node: Mapping, dataset: str, gate: str, at: At) -> Iterator[Rule]:
        """The rules that one entry of a file gives: one, or for `dataset: --` one a dataset it applies to.

        Raises: SpecError.
        """
        _known(node, RULE_KEYS, name)
        _must_have(node, NEEDED, f"{at}: {name}")
        if node["severity"] not in SEVERITIES:
            raise SpecError("checks.severity", f"{node.line('severity')}: {name}", value=node["severity"])
        if ("fails_when" in node) == ("mask" in node):
            raise SpecError("checks.one-mask", f"{at}: {name}")
        shape = f"V-{'xx' if dataset == EVERY else dataset}-"
        if not (name.startswith(shape) and name.removeprefix(shape).isdigit()):
            raise SpecError("checks.id", f"{at}: {name}", shape=f"{shape}1")
        for each in self._datasets(dataset, gate, node, name, at):
            own = filled_in(node, each) if dataset == EVERY else node
            identity = name.replace("xx", each) if dataset == EVERY else name
            lacking = self._lacking(own, each, dataset == EVERY)
            if lacking is None:
                yield self._rule(identity, own, each, gate, at)
            elif dataset != EVERY:
                self.unused[identity] = lacking

    def _datasets(self, dataset: str, gate: str, node: Mapping, name: str, at: At) -> Iterator[str]:
        study = self.names.study
        if dataset != EVERY:
            if self.has(dataset, ""):
                self._must_be_of(gate, dataset, f"{at}: {name}")
                yield dataset
            elif not self.folder:
                known = [*study.datasets, *(f"raw.{form}" for form in study.forms)]
                near = _hint(dataset, known)
                raise SpecError("checks.no-dataset", f"{at}: {name}", dataset=dataset, hint=near)
            else:
                self.unused[name] = dataset
            return
        if "needs" not in node:
            raise SpecError("checks.every", f"{at}: {name}")
        left_out = _texts(node, "except", name)
        if gate == "raw":
            every = [f"raw.{form.name}" for form in study.forms.values() if not form.not_submitted]
        else:
            every = [d.name for d in study.datasets.values() if d.layer == gate and d.scope == "subject"]
        yield from (each for each in every if each not in left_out)

    def _must_be_of(self, gate: str, dataset: str, at: str) -> None:
        """Refuses a rule in the folder of another gate: nobody would ask it."""
        own = "raw" if dataset.startswith("raw.") else self.names.study.datasets[dataset].layer
        if own != gate:
            raise SpecError("checks.gate", at, dataset=dataset, gate=own)

    def _lacking(self, node: Mapping, dataset: str, every: bool) -> str | None:
        """The first thing of `needs` that the study does not have."""
        for needed in _texts(node, "needs", dataset):
            owner, column = self._owner(needed, dataset)
            if every and is_pattern(needed):
                if not columns_like(self.names, dataset, needed, self.has):
                    return needed
            elif not self.has(owner, column):
                return needed
        return None

    def _owner(self, name: str, dataset: str) -> tuple[str, str]:
        """`DM.DTHFL` -> (DM, DTHFL); `DM` -> (DM, ''); `AESEV` -> (the dataset itself, AESEV)."""
        head, column = split_source(name)
        if not column and not name.startswith("raw.") and name not in self.names.study.datasets:
            return dataset, name
        return head, column

    def _rule(self, name: str, node: Mapping, dataset: str, gate: str, at: At) -> Rule:
        owner = f"{dataset}.{name}"
        stated = _mapping(node, "helpers", name) if "helpers" in node else {}
        helpers = {key: parse_word(word, f"{dataset}.{key}") for key, word in stated.items()}
        if node.get("stops", "true") not in ("true", "false"):
            raise SpecError("checks.stops-value", f"{node.line('stops')}: {name}", value=node["stops"])
        rule = Rule(
            id=name,
            gate=gate,
            dataset=dataset,
            severity=str(node["severity"]),
            says=str(node["says"]),
            todo=str(node["todo"]),
            source=str(node.get("rule", "")),
            helpers=helpers,
            where=_flag(node, "where", owner),
            fails_when=_flag(node, "fails_when", owner),
            mask=self._mask(node, dataset, helpers),
            variable=str(node.get("variable", "")),
            stops=node.get("stops") == "true",
            passes=node["passes"],
            fails=node["fails"],
            at=at,
            reconciles=str(node.get("reconciles", "")),
        )
        return replace(rule, columns=self._columns(rule), variable=rule.variable or self._variable(rule))

    def _mask(self, rule: Mapping, dataset: str, helpers: Iterable[str]) -> Mask | None:
        if "mask" not in rule:
            return None
        node, at = rule["mask"], f"{rule.line('mask')}: {dataset}"
        if not isinstance(node, Mapping) or "function" not in node:
            raise SpecError("checks.mask-shape", at)
        _known(node, ("function", "of", "also", "values"), dataset)
        name = str(node["function"])
        if name not in masks.MASKS:
            raise SpecError("checks.no-mask", at, name=name, hint=_hint(name, masks.MASKS))
        of: list[str] = []
        for each in _texts(node, "of", dataset):
            of += [each] if each in helpers else self._expanded(dataset, each, at)
        also = [each for each in _texts(node, "also", dataset) if self.has(dataset, each)]
        return Mask(name, tuple(dict.fromkeys(of)), tuple(also), tuple(_texts(node, "values", dataset)))

    def _expanded(self, dataset: str, name: str, at: str) -> list[str]:
        found = columns_like(self.names, dataset, name, self.has) if is_pattern(name) else [name]
        if not found or not all(self.has(dataset, column) for column in found):
            raise SpecError("spec.no-column", at, dataset=dataset, column=name, hint="")
        return found

    def _columns(self, rule: Rule) -> dict[str, frozenset[str]]:
        """What it reads, by dataset and form; refuses what nothing has, or a finished dataset has no more."""
        if rule.dataset not in self.specs:
            self.specs[rule.dataset] = dataset_of(self.names, rule.dataset)
        spec, names = self.specs[rule.dataset], self.names
        if rule.helpers:
            spec = replace(spec, variables={**spec.variables, **rule.helpers})
        if rule.helpers or rule.dataset.startswith("raw."):
            names = names.with_dataset(spec)
        found: dict[str, set[str]] = {rule.dataset: {*rule.mask.of, *rule.mask.also} if rule.mask else set()}
        for word in rule.words():
            for name in own_names(word):
                if names.understand(spec, None, name, word.where_it_stands()).kind in (RECORD, EACH):
                    raise SpecError("checks.finished", word.where_it_stands(), name=name)
            for name, column in names.reads(spec, None, word):
                gone = column.islower() and not name.startswith("raw.")
                if gone and not (name == rule.dataset and column in rule.helpers):
                    raise SpecError("checks.finished", word.where_it_stands(), name=f"{name}.{column}")
                found.setdefault(name, set()).add(column)
        forms = {f"raw.{name}" for name in self.names.study.forms}
        named = {split_source(name)[0] for word in rule.words() for name in _named(word)} & forms
        found |= {name: {ANY} for name in named}
        return {name: frozenset(columns) for name, columns in found.items()}

    def _variable(self, rule: Rule) -> str:
        """What the listing names: the dataset's first column that is at fault, not one that selects."""
        if rule.mask is not None:
            return " ".join(name for name in rule.mask.of if name not in rule.helpers)
        own = [test for test in rule.tests() if test.column not in rule.helpers and "." not in test.column]
        at_fault = [test for test in own if test.op not in ("eq", "in")]
        return next((test.column for test in (*at_fault, *own)), "")


def _named(word: Word) -> Iterator[str]:
    """Every name a word and its lines have, of columns, forms and datasets."""
    for each in with_lines(word):
        yield from own_names(each)
        if each.word in ("first", "last", "count", "total"):
            yield from (source.of for source in each.value)
        elif each.word in ("lookup", "during"):
            yield each.value


def _flag(node: Mapping, key: str, owner: str) -> Word | None:
    if key not in node:
        return None
    return parse_word(Mapping({"flag": node[key]}, node.line(key)), owner)


def _hint(word: str, options: Iterable[str]) -> str:
    near = closest(word, options)
    return f"; did you mean {near}?" if near else ""


def _known(node: Mapping, keys: tuple[str, ...], owner: str) -> None:
    for key in node:
        if key not in keys:
            start = f"{node.line(key)}: {owner}" if owner else str(node.line(key))
            raise SpecError("checks.key", start, key=key, hint=_hint(key, keys))


def _must_have(node: Mapping, keys: tuple[str, ...], at: str) -> None:
    for key in keys:
        if key not in node:
            raise SpecError("checks.needed", at, key=key)


def _mapping(node: Mapping, key: str, owner: str) -> Mapping:
    if not isinstance(node[key], Mapping):
        start = f"{node.line(key)}: {owner}" if owner else str(node.line(key))
        raise SpecError("checks.mapping", start, key=key)
    return node[key]


def _texts(node: Mapping, key: str, owner: str) -> list[str]:
    """A list of names, or one."""
    given = node.get(key, Sequence())
    items = [given] if isinstance(given, Text) else given
    if not isinstance(items, list) or not all(isinstance(item, Text) for item in items):
        raise SpecError("checks.names", f"{node.line(key)}: {owner}", key=key)
    return [str(item) for item in items]

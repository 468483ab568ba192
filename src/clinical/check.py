"""Everything that can be known wrong before any data is read (spec_language.md, 7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from clinical.check_kinds import kind_faults, part_faults
from clinical.errors import SpecError, SpecErrors
from clinical.form_fields import Field
from clinical.forms import Form
from clinical.graph import Graph, build_graph
from clinical.kinds import Kinds
from clinical.names import closest
from clinical.resolve import FORM, RECORD, Names, Node, split_source
from clinical.spec import Dataset, Part
from clinical.study import Study
from clinical.where import Condition
from clinical.words import Word, own_names, with_lines


@dataclass(frozen=True, eq=False)
class Plan:
    """A study whose specs hold: names understood, columns in steps."""

    study: Study
    names: Names
    graph: Graph


def check_study(study: Study) -> Plan:
    """The plan of a study.

    Raises: SpecErrors with every fault of every spec file.
    """
    names = Names(study)
    errors: list[SpecError] = []
    try:
        graph = build_graph(names)
    except SpecErrors as faults:
        graph = None
        errors += faults.errors
    kinds = Kinds(names)
    for dataset in study.datasets.values():
        errors += _dataset(names, kinds, dataset)
        errors += _parameters(dataset)
    if graph is not None:
        errors += _forgotten(names)
    if errors:
        raise SpecErrors(list({str(error): error for error in errors}.values()))
    return Plan(study, names, graph)


def words_of(dataset: Dataset) -> Iterator[tuple[Part | None, str, Word]]:
    """Every word of a dataset, lines of case and any_of included, with its part and variable."""
    for part in dataset.parts:
        if part.program:
            yield part, "", part.program
        stated = [(name, word) for line in part.lines for name, word in line.take.items()]
        for name, word in [*stated, *part.variables.items()]:
            yield from ((part, name, each) for each in with_lines(word))
    for name, word in [*dataset.variables.items(), *dataset.supp.items()]:
        yield from ((None, name, each) for each in with_lines(word))


def _dataset(names: Names, kinds: Kinds, dataset: Dataset) -> Iterator[SpecError]:
    for key in dataset.keys:
        if key not in ("STUDYID", "USUBJID") and not names.has(dataset.name, key):
            at = f"{dataset.raw.line('keys')}: {dataset.name}"
            yield names.no_column(dataset.name, key, at)
    for part in dataset.parts:
        yield from part_faults(kinds, dataset, part)
    for part, _name, word in words_of(dataset):
        at = word.where_it_stands()
        yield from kind_faults(kinds, dataset, part, word)
        if word.word == "term":
            yield from _codelist(names.study, word, at)
        elif word.word == "imputed":
            stated = [each for _, each in dataset.statements(word.value)]
            if not any(each.word == "date" and "impute" in each.args for each in stated):
                yield SpecError("spec.imputed", at, name=word.value)
        elif word.word == "program":
            yield from _program(names.study, dataset, word, at)
    yield from _described(names, dataset)


def _described(names: Names, dataset: Dataset) -> Iterator[SpecError]:
    """Variables that neither the standard nor a label describes, and qualifiers without label."""
    standard = names.study.standards.get(dataset.name)
    for name in dataset.columns():
        words = [word for _, word in dataset.statements(name)]
        labelled = any(word.label for word in words)
        if name in dataset.supp and words and not labelled:
            at = words[0].where_it_stands()
            yield SpecError("spec.argument-needed", at, word=words[0].word, argument="label")
        known = name.islower() or name in dataset.supp or labelled or not words
        if not known and (standard is None or name not in standard.variables):
            at = words[0].where_it_stands()
            yield SpecError("spec.unknown-variable", at, standard=dataset.name, column=name)


def _codelist(study: Study, word: Word, at: str) -> Iterator[SpecError]:
    name = word.args["codelist"]
    try:
        study.terms.codelist(name)
    except SpecError as fault:
        if fault.id != "terms.unknown-codelist":
            yield fault
            return
        near = closest(name.upper(), study.terms.names())
        hint = f"; did you mean {near}?" if near else ""
        yield SpecError("spec.codelist", at, name=name, hint=hint, file=name.lower())


def _program(study: Study, dataset: Dataset, word: Word, at: str) -> Iterator[SpecError]:
    module = f"{dataset.layer}.{dataset.name.lower()}"
    path = f"{module}.{word.value}"
    if path in study.programs:
        return
    found = find_spec(module)
    if found is None or f"def {word.value}(" not in Path(found.origin).read_text("utf-8"):
        yield SpecError("spec.no-program", at, path=path)


def _parameters(dataset: Dataset) -> Iterator[SpecError]:
    """What the dataset's program finds wrong under `parameters`: its module may have a `read_rules`."""
    if not dataset.parameters or not any(word.word == "program" for _, _, word in words_of(dataset)):
        return
    module = f"{dataset.layer}.{dataset.name.lower()}"
    read_rules = getattr(import_module(module), "read_rules", None) if find_spec(module) else None
    try:
        if read_rules:
            read_rules(dataset)
    except SpecErrors as faults:
        yield from faults.errors
    except SpecError as fault:
        yield fault


def _forgotten(names: Names) -> Iterator[SpecError]:
    """Fields that no spec reads and nobody declared not_submitted [field account]."""
    read = fields_read(names)
    for form in names.study.forms.values():
        if form.not_submitted:
            continue
        used = read.get(form.name, set())
        if not used:
            yield SpecError("spec.forgotten-form", str(form.at), form=form.name)
            continue
        if "*" in used:
            continue
        used = used | _read_by_reader(form)
        for field in form.fields.values():
            if not field.not_submitted and not used & _columns_of(form, field):
                yield SpecError("spec.forgotten", str(field.at), form=form.name, field=field.name)


def _read_by_reader(form: Form) -> set[str]:
    """What makes a record's identity: subject, record id, coordinates, and which of two pages wins."""
    found = {form.subject, *form.record, *form.coordinates.values()}
    return found | ({form.duplicates.order, *form.duplicates.by} if form.duplicates else set())


def _columns_of(form: Form, field: Field) -> set[str]:
    joined = [other.name for other in form.fields.values() if field.name in (other.date, other.time)]
    return {*field.gives, *joined}


def fields_read(names: Names) -> dict[str, set[str]]:
    """The raw fields that any spec reads, by form; '*' stands for all of a form's fields."""
    read: dict[str, set[str]] = {}
    for form in names.study.forms.values():
        if form.source.where is not None:
            read.setdefault(form.name, set()).update(form.source.where.columns & set(form.fields))
    for found in fields_of_columns(names).values():
        for form, field in found:
            read.setdefault(form, set()).add(field)
    shown = names.study.setting("subject.shown")
    if shown:
        read.setdefault(str(shown["form"]), set()).update(shown.get("where", {}))
    return {form: fields - {""} for form, fields in read.items()}


def fields_of_columns(names: Names) -> dict[Node, set[tuple[str, str]]]:
    """The raw fields (form, field) that each column's words read; of a dataset's records under column ''."""
    read: dict[Node, set[tuple[str, str]]] = {}
    for dataset in names.study.datasets.values():
        rows = read.setdefault((dataset.name, ""), set())
        for part in dataset.parts:
            for form, fields in _part_fields(names, dataset, part):
                rows.update((form, field) for field in fields or {"USUBJID"})
            for line in part.lines:
                first = next(iter(line.take.values()), None)
                if line.needs_value and first is not None:
                    rows.update(_word_fields(names, dataset, part, first))
        for part, name, word in words_of(dataset):
            read.setdefault((dataset.name, name), set()).update(_word_fields(names, dataset, part, word))
    return read


def _part_fields(names: Names, dataset: Dataset, part: Part) -> Iterator[tuple[str, set[str]]]:
    if part.source.startswith("raw."):
        found = {*(part.keep.order + part.keep.by if part.keep else ())}
        for asked in (part.where, *(line.where for line in part.lines)):
            found |= _left(asked)
        yield part.source[4:], found
    for source, columns in (part.program.args.get("reads") or {}).items() if part.program else ():
        if source.startswith("raw."):
            yield source[4:], {"*"} if columns is None else set(columns)


def _left(asked: Condition | None) -> set[str]:
    return asked.columns if asked else set()


def _word_fields(names: Names, dataset: Dataset, part: Part | None, word: Word) -> Iterator[tuple[str, str]]:
    at = word.where_it_stands()
    parts = [part] if part is not None else list(dataset.parts)
    for name in own_names(word):
        for each in parts:
            ref = names.understand(dataset, each, name, at)
            if ref.kind == FORM or (ref.kind == RECORD and ref.dataset):
                yield ref.dataset, ref.column
    if word.word in ("first", "last", "count", "total"):
        for source in word.value:
            head, column = split_source(source.of)
            if head.startswith("raw."):
                columns = {
                    column,
                    *_left(source.where),
                    *_left(word.args.get("where")),
                    *word.args.get("order", ()),
                }
                yield from ((head[4:], each or "USUBJID") for each in columns)
    elif word.word in ("lookup", "during") and word.value.startswith("raw."):
        head, column = split_source(word.value)
        more = word.args.get("match") or [word.args[key].rpartition(".")[2] for key in ("from", "to")]
        yield from ((head[4:], each) for each in [column, *more])
    elif word.word == "program":
        for source, columns in (word.args.get("reads") or {}).items():
            if source.startswith("raw."):
                yield from ((source[4:], each) for each in (columns or ("*",)))

"""Everything that can be known wrong before any data is read (spec_language.md, 7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from clinical.errors import SpecError, SpecErrors
from clinical.graph import Graph, build_graph
from clinical.names import closest
from clinical.resolve import FORM, RECORD, Names, split_source
from clinical.spec import Dataset, Part
from clinical.study import Study
from clinical.where import Condition
from clinical.words import Word, own_names

ORDERED_ENDINGS = ("DTC", "DT", "DTM", "DY", "SEQ", "NUM")


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
    for dataset in study.datasets.values():
        errors += _dataset(names, dataset)
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
            yield from ((part, name, each) for each in _with_lines(word))
    for name, word in [*dataset.variables.items(), *dataset.supp.items()]:
        yield from ((None, name, each) for each in _with_lines(word))


def _with_lines(word: Word) -> Iterator[Word]:
    yield word
    if word.word in ("case", "any_of"):
        yield from word.value


def _dataset(names: Names, dataset: Dataset) -> Iterator[SpecError]:
    standard = names.study.standards.get(dataset.name)
    for _part, name, word in words_of(dataset):
        at = word.where_it_stands()
        if word.word == "term":
            yield from _codelist(names.study, word, at)
        elif word.word in ("first", "last") and "order" not in word.args:
            yield from _order(names, dataset, word, at)
        elif word.word == "imputed":
            stated = [each for _, owner, each in words_of(dataset) if owner == word.value]
            if not any(each.word == "date" and "impute" in each.args for each in stated):
                yield SpecError("spec.imputed", at, name=word.value)
        elif word.word == "program":
            yield from _program(names.study, dataset, word, at)
        known = not name or name.islower() or name in dataset.supp or word.label
        if not known and standard is not None and name not in standard.variables:
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


def _order(names: Names, dataset: Dataset, word: Word, at: str) -> Iterator[SpecError]:
    for source in word.value:
        head, column = split_source(source.of)
        if head.startswith("raw."):
            form = names.study.forms.get(head[4:])
            field = form.fields.get(column) if form else None
            decided = field is None or field.type in ("date", "datetime", "number")
        else:
            standard = names.study.standards.get(head)
            kind = standard.type_of(column) if standard else ""
            decided = (
                column.endswith(ORDERED_ENDINGS) or kind in ("Num", "Date", "Datetime") or column.islower()
            )
        if not decided:
            yield SpecError("spec.order", at, word=word.word, name=source.of)


def _program(study: Study, dataset: Dataset, word: Word, at: str) -> Iterator[SpecError]:
    module = f"{dataset.layer}.{dataset.name.lower()}"
    path = f"{module}.{word.value}"
    if path in study.programs:
        return
    found = find_spec(module)
    if found is None or f"def {word.value}(" not in Path(found.origin).read_text("utf-8"):
        yield SpecError("spec.no-program", at, path=path)


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
        for field in form.fields.values():
            if not field.not_submitted and not used & _columns_of(form, field):
                yield SpecError("spec.forgotten", str(field.at), form=form.name, field=field.name)


def _columns_of(form: object, field: object) -> set[str]:
    joined = [other.name for other in form.fields.values() if field.name in (other.date, other.time)]
    return {*field.gives, *joined}


def fields_read(names: Names) -> dict[str, set[str]]:
    """The raw fields that any spec reads, by form; '*' stands for all of a form's fields."""
    read: dict[str, set[str]] = {}
    for form in names.study.forms.values():
        if form.duplicates:
            read.setdefault(form.name, set()).update(
                {form.duplicates.order, *form.duplicates.by} & set(form.fields)
            )
        if form.source.where is not None:
            read.setdefault(form.name, set()).update(form.source.where.columns & set(form.fields))
    for dataset in names.study.datasets.values():
        for part in dataset.parts:
            for form, fields in _part_fields(names, dataset, part):
                read.setdefault(form, set()).update(fields)
        for part, _, word in words_of(dataset):
            for form, field in _word_fields(names, dataset, part, word):
                read.setdefault(form, set()).add(field)
    shown = names.study.setting("subject.shown")
    if shown:
        read.setdefault(str(shown["form"]), set()).update(shown.get("where", {}))
    return {form: fields - {""} for form, fields in read.items()}


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

"""Refusals that follow from what names hold: numbers, dates or text."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clinical.errors import SpecError
from clinical.kinds import DATE, NUMBER, TEXT, UNKNOWN, Kinds
from clinical.moments import read_moment
from clinical.resolve import split_source
from clinical.spec import Dataset, Part
from clinical.where import NUMBER as A_NUMBER
from clinical.where import Column, Condition
from clinical.words import Word

ARITHMETIC = ("formula", "number", "unit", "bin")
OF_RECORDS = ("first", "last", "count", "total")
KindOf = Callable[[str], str]


def kind_faults(kinds: Kinds, dataset: Dataset, part: Part | None, word: Word) -> Iterator[SpecError]:
    """What a word compares, orders or calculates that has no such comparison, order or number."""
    at = word.where_it_stands()
    for asked, kind in _conditions(kinds, dataset, part, word):
        yield from compared(asked, kind, word.owner)
    if word.word in ("first", "last") and "order" not in word.args:
        for source in word.value:
            if kinds.of_source(*split_source(source.of)) == TEXT:
                yield SpecError("spec.order", at, word=word.word, name=source.of)
    if word.word in ARITHMETIC:
        for name in word.value.names if word.word == "formula" else (word.value,):
            if _kind_here(kinds, dataset, part, name) == DATE:
                yield SpecError("spec.not-a-number", at, word=word.word, name=name)
    elif word.word == "total":
        for source in word.value:
            if kinds.of_source(*split_source(source.of)) == DATE:
                yield SpecError("spec.not-a-number", at, word=word.word, name=source.of)


def part_faults(kinds: Kinds, dataset: Dataset, part: Part) -> Iterator[SpecError]:
    """The same, of the conditions that choose the records of a part."""
    for asked in (part.where, *(line.where for line in part.lines)):
        if asked is not None:
            yield from compared(asked, lambda name: kinds.of_source(part.source, name), dataset.name)


def compared(asked: Condition, kind: KindOf, owner: str) -> Iterator[SpecError]:
    """Tests of a condition that compare a number or a date with something else."""
    for test in asked.tests:
        if test.op == "missing" or isinstance(test.value, Column):
            continue
        for value in test.value if isinstance(test.value, tuple) else (test.value,):
            at = f"{test.at}: {owner}"
            held = kind(test.column)
            if held == NUMBER and not A_NUMBER.fullmatch(value):
                yield SpecError("spec.condition-number", at, name=test.column, value=value)
            elif held == DATE and not read_moment(value):
                yield SpecError("spec.condition-date", at, name=test.column, value=value)


def _conditions(
    kinds: Kinds, dataset: Dataset, part: Part | None, word: Word
) -> Iterator[tuple[Condition, KindOf]]:
    """Each condition of a word, with the kinds of the names on its left."""

    def here(name: str) -> str:
        return _kind_here(kinds, dataset, part, name)

    if word.when:
        yield word.when, here
    if word.word == "flag":
        yield word.value, here
    where = word.args.get("where")
    if word.word == "pick" and where:
        yield where, lambda name: kinds.of_column(dataset.name, name)
    for source in word.value if word.word in OF_RECORDS else ():
        head = split_source(source.of)[0]
        for asked in (where, source.where):
            if asked:
                yield asked, lambda name, head=head: kinds.of_source(head, name)


def _kind_here(kinds: Kinds, dataset: Dataset, part: Part | None, name: str) -> str:
    """The kind of a name on a record of the part; of every part's records where they agree."""
    try:
        parts = [part] if part else dataset.parts
        found = {kinds.of(kinds.names.understand(dataset, each, name, "")) for each in parts}
    except SpecError:
        return UNKNOWN  # refused where it is read
    return found.pop() if len(found) == 1 else UNKNOWN

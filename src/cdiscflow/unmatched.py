"""Which filters in the rules of programs match no record of the whole study (architecture.md, 5).

The filters of words are noted while a dataset is built. Rules under `parameters` are read by programs; there
and in study.yml a filter is the `where` of a mapping whose `date` or `of` names DATASET.VARIABLE, or a
mapping (a list of them) of columns of one dataset that the program reads. They are asked of the finished
datasets, all persons together.
"""

from __future__ import annotations

from collections.abc import Iterator

from clinical.findings import Findings
from clinical.frames import Frame
from clinical.output import Output
from clinical.read import At, Mapping, Sequence, Text
from clinical.spec import Dataset
from clinical.study import Study
from clinical.where import COMPARATORS, Column, Condition, condition, in_words, mask

Answers = dict[str, dict[str, bool]]
Reads = dict[str, set[str] | None]  # the columns of each dataset that programs are handed; none: all of them

FIRST = 1000


def unmatched_rules(study: Study, outputs: dict[str, Output], answers: Answers | None = None) -> Frame:
    """A finding for each filter of a rule that no record of the datasets it may be about satisfies.

    Comparisons with a date of the subject are left aside, and filters by what no finished dataset has.
    `answers` are those of `matching_nothing`.
    """
    answers = answers or matching_nothing(study, outputs)
    found = Findings()
    told: set[str] = set()
    for name in sorted(outputs.keys() & study.datasets.keys()):
        for at, sources, asked in filters_of(study.datasets[name]):
            known = [answers[source][_text(asked)] for source in sources if source in outputs]
            place = f"{at}: {' or '.join(sources)}: {in_words(asked)}"
            if known and place not in told and all(known):
                told.add(place)
                found.add("build.matched-nothing", keys=place.partition(": ")[2], dataset=name, place=place)
    return found.frame()


def matching_nothing(study: Study, outputs: dict[str, Output], known: Answers | None = None) -> Answers:
    """For each filter of a rule whether no record of a dataset satisfies it, by dataset and filter.

    `known` has the answers for datasets that are as they were when these were given.
    """
    found: Answers = {}
    for name in sorted(outputs.keys() & study.datasets.keys()):
        for _, sources, asked in filters_of(study.datasets[name]):
            for source in (each for each in sources if each in outputs):
                said, text = found.setdefault(source, {}), _text(asked)
                if text not in said:
                    before = (known or {}).get(source, {}).get(text)
                    said[text] = _matches_nothing(outputs[source], asked) if before is None else before
    return found


def filters_of(spec: Dataset) -> Iterator[tuple[At, tuple[str, ...], Condition]]:
    """Every filter in the rules of a dataset: where it stands, the datasets it may read, its literal part."""
    reads: Reads = {}
    for node in _mappings(spec.raw):
        given = node.get("reads")
        for source, columns in given.items() if isinstance(given, Mapping) else ():
            whole = reads.get(source, set()) is None or not isinstance(columns, Sequence)
            reads[source] = None if whole else reads.get(source, set()) | set(map(str, columns))
    for part in (spec.parameters, spec.study):
        for at, sources, node in _filters(part, reads):
            asked = literal(condition(node, spec.name))
            if asked is not None:
                yield at, sources, asked


def _filters(node: object, reads: Reads) -> Iterator[tuple[At, tuple[str, ...], Mapping | Sequence]]:
    parts = node if isinstance(node, Sequence) else [node]
    if parts and all(_shaped(part) for part in parts):
        columns = {name for part in parts for name in part}
        sources = [name for name, known in reads.items() if known is not None and columns <= known]
        if sources:
            yield parts[0].line(next(iter(parts[0]))), tuple(sources), node
            return
    named = _named(node)
    if named:
        yield node.line("where"), (named,), node["where"]
    for key, each in node.items() if isinstance(node, Mapping) else enumerate(parts):
        if isinstance(each, (Mapping, Sequence)) and not (named and key == "where"):
            yield from _filters(each, reads)


def _shaped(node: object) -> bool:
    """Whether a mapping could be a condition."""
    return (
        isinstance(node, Mapping)
        and bool(node)
        and all(
            set(value) <= {"column", *COMPARATORS} if isinstance(value, Mapping) else bool(value)
            for value in node.values()
        )
    )


def _named(node: object) -> str:
    """The dataset that `date` or `of` of a mapping with a filter names."""
    if not isinstance(node, Mapping) or "where" not in node:
        return ""
    named = next((str(node[key]) for key in ("date", "of") if isinstance(node.get(key), Text)), "")
    return named.rpartition(".")[0]


def literal(asked: Condition) -> Condition | None:
    """The comparisons with written values; none if an alternative has no such comparison."""
    kept = tuple(
        tuple(test for test in tests if not isinstance(test.value, Column)) for tests in asked.any_of
    )
    return Condition(kept) if all(kept) else None


def _mappings(node: object) -> Iterator[Mapping]:
    if isinstance(node, Mapping):
        yield node
    for each in node.values() if isinstance(node, Mapping) else node if isinstance(node, Sequence) else ():
        yield from _mappings(each)


def _text(asked: Condition) -> str:
    return repr([[test.asks for test in tests] for tests in asked.any_of])


def _matches_nothing(output: Output, asked: Condition) -> bool:
    """Whether no record satisfies it: most filters hold for one of the first records."""
    if not asked.columns <= set(output.columns):
        return False
    columns = output.read(sorted(asked.columns))
    return not mask(columns.head(FIRST), asked).any() and not mask(columns, asked).any()

"""Which filters in the rules of programs match no record of the whole study (architecture.md, 5).

The filters of words are noted while a dataset is built. Rules under `parameters` are read by programs; there
a mapping whose `date` or `of` names DATASET.VARIABLE filters that dataset's records by its `where`. They are
asked of the finished datasets, all persons together.
"""

from __future__ import annotations

from collections.abc import Iterator

from clinical.findings import Findings
from clinical.frames import Frame
from clinical.output import Output
from clinical.read import At, Mapping, Sequence, Text
from clinical.spec import Dataset
from clinical.study import Study
from clinical.where import Column, Condition, condition, in_words, mask


def unmatched_rules(study: Study, outputs: dict[str, Output]) -> Frame:
    """A finding for each filter of a rule that no record of the dataset it reads satisfies.

    Comparisons with a date of the subject are left aside, and filters by what no finished dataset has.
    """
    found = Findings()
    for name in sorted(outputs.keys() & study.datasets.keys()):
        told: set[str] = set()
        for at, source, asked in filters_of(study.datasets[name]):
            place = f"{at}: {source}: {in_words(asked)}"
            if source in outputs and place not in told and _matches_nothing(outputs[source].frame, asked):
                told.add(place)
                found.add("build.matched-nothing", keys=place.partition(": ")[2], dataset=name, place=place)
    return found.frame()


def filters_of(spec: Dataset) -> Iterator[tuple[At, str, Condition]]:
    """Every filter in the rules of a dataset: where it stands, the dataset it reads, its literal part."""
    for node in _mappings(spec.parameters):
        named = next((str(node[key]) for key in ("date", "of") if isinstance(node.get(key), Text)), "")
        source = named.rpartition(".")[0]
        if source and "where" in node:
            asked = literal(condition(node["where"], spec.name))
            if asked is not None:
                yield node.line("where"), source, asked


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


def _matches_nothing(frame: Frame, asked: Condition) -> bool:
    return asked.columns <= set(frame) and not mask(frame, asked).any()

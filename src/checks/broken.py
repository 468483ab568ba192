"""Which records of a dataset break a rule, and which of the rule's filters hold for nothing at all."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from checks import masks
from checks.rules import Rule, dataset_of
from clinical.algorithms import evaluate
from clinical.build import Build
from clinical.errors import ClinicalError, DerivationError
from clinical.findings import Findings
from clinical.frames import Column, take
from clinical.ledger import Notes, place_of
from clinical.rows import Made, Rows
from clinical.where import Column as Other
from clinical.where import Test, in_words
from clinical.words import Word, with_lines


@dataclass(frozen=True, eq=False)
class Broken:
    """The records that fail (a bool array), the columns looked at, the buckets in which each filter holds."""

    failed: np.ndarray
    looked_at: dict[str, Column]
    held: dict[str, set[int]]
    places: list[str]

    @property
    def nothing(self) -> list[str]:
        """Where the filters stand that hold for no record."""
        return [place for place in self.places if place not in self.held]


def broken(build: Build, rule: Rule, last_day: str = "", buckets: np.ndarray | None = None) -> Broken:
    """What a rule says of its dataset or raw form; `buckets` is the bucket of each person, by person code.

    Raises: DerivationError that names the rule if it cannot run: that is never a pass.
    """
    try:
        return _Trial(build, rule, np.zeros(len(build.persons)) if buckets is None else buckets).run(last_day)
    except (ClinicalError, KeyError, TypeError, ValueError) as fault:
        raise DerivationError("checks.cannot-run", str(rule.at), rule=rule.id, reason=str(fault)) from fault


def places_of(rule: Rule, size: int) -> list[str]:
    """Where the filters of a rule stand, if its dataset has `size` records: each is to hold for one."""
    found = [place for word in rule.helpers.values() for place in _filters(word)]
    if rule.where is not None and size:
        found.append(_place_of_where(rule))
    return list(dict.fromkeys(found))


def _place_of_where(rule: Rule) -> str:
    return f"{rule.where.at}: {rule.id}: {in_words(rule.where.value)}"


class _Held(Notes):
    """Remembers in which buckets a filter held for any record, and nothing else."""

    def __init__(self, buckets: np.ndarray):
        super().__init__(buckets)
        self.places: dict[str, set[int]] = {}

    def held(self, dataset: str, place: str, persons: np.ndarray) -> None:
        """A filter held for records of these persons."""
        self.places.setdefault(place, set()).update(np.unique(self.bucket[persons]).tolist())


class _Trial:
    """The finished dataset with the rule's helpers added, in a copy of the build that reports nothing."""

    def __init__(self, build: Build, rule: Rule, buckets: np.ndarray):
        self.rule = rule
        made = _made(build, rule.dataset)
        spec = replace(made.spec, variables={**made.spec.variables, **rule.helpers})
        self.build = copy.copy(build)
        self.build.names = build.names.with_dataset(spec)
        self.build.findings, self.build.notes = Findings(), _Held(buckets)
        self.build.forget_names()
        self.made = Made(spec, made.person, columns=dict(made.columns))
        self.rows = Rows(self.build, self.made, None, np.arange(made.size), trial=True)

    def run(self, last_day: str) -> Broken:
        """The helpers in the order they are written, then the filter, then the mask."""
        rule, failed = self.rule, np.zeros(self.made.size, dtype=bool)
        for name, word in rule.helpers.items():
            self.made.columns[name] = evaluate(self.rows, word)
        about = np.ones(self.made.size, dtype=bool)
        if rule.where is not None:
            about = self.rows.holds(rule.where.value)
            if about.any():
                self.build.notes.held(rule.dataset, _place_of_where(rule), self.made.person[about])
        if rule.mask is None:
            failed = about & self.rows.holds(rule.fails_when.value)
        else:
            failed[about] = self._marked(np.flatnonzero(about), last_day)
        places = places_of(rule, self.made.size)
        return Broken(failed, self._looked_at(), self.build.notes.places, places)

    def _marked(self, rows: np.ndarray, last_day: str) -> np.ndarray:
        mask = self.rule.mask
        names = dict.fromkeys(["USUBJID", *mask.of, *mask.also])
        frame = pd.DataFrame({name: take(self.rows.value(name), rows) for name in names})
        function = masks.MASKS[mask.function]
        given = {"last_day": last_day, "study": self.build.study.config, "values": mask.values}
        asked = inspect.signature(function).parameters
        return function(frame, **{name: value for name, value in given.items() if name in asked})

    def _looked_at(self) -> dict[str, Column]:
        """The columns the verdict depends on, by name, for the listing."""
        if self.rule.mask is not None:
            names = [*self.rule.mask.of, *self.rule.mask.also]
        else:
            names = [each for test in self.rule.tests() for each in _names_of(test)]
        return {name: self.rows.value(name) for name in dict.fromkeys(names)}


def _names_of(test: Test) -> Iterator[str]:
    """What a test compares that has one value a record and is not a setting."""
    yield test.column
    other = test.value.name if isinstance(test.value, Other) else "study."
    if test.op not in ("in", "notin") and not other.startswith("study."):
        yield other


def _filters(word: Word) -> Iterator[str]:
    """Where the filters of a word and its lines stand that are the same for every record."""
    for each in with_lines(word):
        for source in each.value if each.word in ("first", "last", "count", "total") else ():
            for asked in (each.args.get("where"), source.where):
                if asked is not None and not asked.others:
                    yield place_of(each, source.of, asked)


def _made(build: Build, name: str) -> Made:
    """A finished dataset; a raw form as if each of its columns were a variable of it."""
    if not name.startswith("raw."):
        return build.made(name)
    raw = build.form(name[4:])
    spec = dataset_of(build.names, name)
    return Made(spec, raw.person, columns={c: raw.column(c) for c in spec.variables if c != "USUBJID"})

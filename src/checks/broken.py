"""Which records of a dataset break a rule, and which of the rule's filters hold for nothing at all."""

from __future__ import annotations

import copy
import inspect
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from checks import masks
from checks.rules import Rule, dataset_of
from clinical.algorithms import evaluate
from clinical.build import Build
from clinical.errors import ClinicalError, DerivationError
from clinical.findings import Findings
from clinical.frames import Column, assemble, take
from clinical.resolve import EACH, RECORD, SOURCE
from clinical.rows import Made, PartRows, Rows
from clinical.where import Condition, in_words
from clinical.words import Word, own_names


@dataclass(frozen=True, eq=False)
class Broken:
    """The records that fail (a bool array in the build's own order), the values looked at, filters without any record."""

    failed: np.ndarray
    looked_at: dict[str, Column]
    nothing: list[str]


def broken(build: Build, rule: Rule, last_day: str = "") -> Broken:
    """What a rule says of its dataset or raw form.

    Raises: DerivationError that names the rule if it cannot run: that is never a pass.
    """
    try:
        return _Trial(build, rule).run(last_day)
    except (ClinicalError, KeyError, TypeError, ValueError) as fault:
        raise DerivationError("checks.cannot-run", str(rule.at), rule=rule.id, reason=str(fault)) from fault


class _Trial:
    """The dataset with the rule's helpers added, in a copy of the build that reports nothing."""

    def __init__(self, build: Build, rule: Rule):
        self.rule = rule
        made = _made(build, rule.dataset)
        spec = replace(made.spec, variables={**made.spec.variables, **rule.helpers})
        self.build = copy.copy(build)
        self.build.names = build.names.with_dataset(spec)
        self.build.findings, self.build.conditions = Findings(), {}
        self.build.forget_names()
        self.made = Made(spec, made.person, made.parts, dict(made.columns))

    def run(self, last_day: str) -> Broken:
        """The helpers in the order they are written, then the filter, then the mask."""
        rule, failed = self.rule, np.zeros(self.made.size, dtype=bool)
        for name, word in rule.helpers.items():
            self.made.columns[name] = self._column(word)
        nothing = [place for place, held in self.build.conditions.items() if not held]
        about = np.ones(self.made.size, dtype=bool)
        if rule.where is not None:
            about = self._holds(rule.where.value)
            if len(about) and not about.any():
                nothing.append(f"{rule.where.at}: {rule.id}: {in_words(rule.where.value)}")
        if rule.mask is None:
            failed = about & self._holds(rule.fails_when.value)
        else:
            failed[about] = self._marked(np.flatnonzero(about), last_day)
        return Broken(failed, self._looked_at(), nothing)

    def _rows(self, part: PartRows | None, index: np.ndarray) -> Rows:
        return Rows(self.build, self.made, part, index, trial=True)

    def _parts(self) -> list[tuple[PartRows, np.ndarray]]:
        return [(part, np.arange(part.start, part.stop)) for part in self.made.parts]

    def _column(self, word: Word) -> Column:
        """As the build makes a column: part by part where the word looks at the collected or source record."""
        if len(self.made.parts) != 1 and not self._by_record(word):
            return evaluate(self._rows(None, np.arange(self.made.size)), word)
        pieces = [(index, evaluate(self._rows(part, index), word)) for part, index in self._parts()]
        return assemble(self.made.size, pieces)

    def _by_record(self, word: Word) -> bool:
        part = self.made.parts[0].part
        kinds = {self.build.understand(self.made.spec, part, name).kind for name in own_names(word)}
        return bool(kinds & {RECORD, SOURCE, EACH})

    def _holds(self, asked: Condition) -> np.ndarray:
        whole = np.zeros(self.made.size, dtype=bool)
        for part, index in self._parts():
            whole[index] = self._rows(part, index).holds(asked)
        return whole

    def _marked(self, rows: np.ndarray, last_day: str) -> np.ndarray:
        mask = self.rule.mask
        whole = self._rows(None, np.arange(self.made.size))
        names = dict.fromkeys(["USUBJID", *mask.of, *mask.also])
        frame = pd.DataFrame({name: take(whole.value(name), rows) for name in names})
        function = masks.MASKS[mask.function]
        given = {"last_day": last_day} if "last_day" in inspect.signature(function).parameters else {}
        return function(frame, **given)

    def _looked_at(self) -> dict[str, Column]:
        """The columns the verdict depends on, by name, for the listing."""
        if self.rule.mask is not None:
            names = [*self.rule.mask.of, *self.rule.mask.also]
        else:
            tests = [test for tests in self.rule.fails_when.value.any_of for test in tests]
            right = [getattr(test.value, "name", "") for test in tests]
            names = [*(test.column for test in tests), *(name for name in right if "." not in name)]
        return {name: self.made.columns[name] for name in dict.fromkeys(names) if name in self.made.columns}


def _made(build: Build, name: str) -> Made:
    """A dataset as built; a raw form as if each of its columns were a variable of it."""
    if not name.startswith("raw."):
        return build.made(name)
    raw = build.form(name[4:])
    spec = dataset_of(build.names, name)
    rows = PartRows(spec.parts[0], 0, len(raw.person), raw, np.arange(len(raw.person)))
    columns = {column: raw.column(column) for column in spec.variables if column != "USUBJID"}
    return Made(spec, raw.person, [rows], columns)

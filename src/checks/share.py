"""Finished datasets as the gates read them: of some persons, or with some of their columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from checks.pieces import Night
from checks.rules import Rule
from clinical.check import Plan
from clinical.fingerprint import STUDY_BUCKET
from clinical.frames import Column
from clinical.moved import ANY
from clinical.output import Output
from clinical.restore import Restoration, restore
from clinical.reuse import rows_of


@dataclass(eq=False)
class Share:
    """Finished datasets of the persons of some buckets, and the bucket of each person by person code."""

    build: Restoration
    outputs: dict[str, Output]
    buckets: np.ndarray


def share_of(
    plan: Plan, whole: Share, night: Night, buckets: frozenset[int], names: Collection[str]
) -> Share:
    """The named datasets and forms, and those that lineage leads to from them, for the persons of some
    buckets; datasets without persons stay whole.
    """
    needed = {each for name in names for each in night.inputs.all_behind(name)}
    persons = night.of_person.index[night.of_person.isin(buckets)]
    nobody = STUDY_BUCKET in buckets

    def chosen(person: Column) -> np.ndarray:
        return np.flatnonzero(person.isin(persons) | (person.isna() if nobody else False))

    def part(output: Output) -> Output:
        near = output.near(buckets)
        rows = chosen(near.read(["USUBJID"])["USUBJID"])
        return near if len(rows) == near.rows else rows_of(near, rows)

    raw = whole.build.frames
    parts = {name: raw.part(name, buckets, night.count) for name in raw if f"raw.{name}" in needed}
    outputs = {
        name: part(output) if "USUBJID" in output.columns else output
        for name, output in whole.outputs.items()
        if name in needed or name.removeprefix("SUPP") in needed
    }
    build = restore(plan, parts, outputs, whole.build.cut, pd.Series(persons, dtype="str"))
    return Share(build, outputs, night.bucket(build.persons))


def columns_read(rules: Iterable[Rule], promised: Iterable[str]) -> dict[str, set[str]]:
    """The columns that rules read of each dataset; all of those of which promises are asked."""
    found = {name: {ANY} for name in promised}
    for rule in rules:
        found.setdefault(rule.dataset, set())
        for name, columns in rule.columns.items():
            found.setdefault(name, set()).update(columns)
    return found


def narrow_share(plan: Plan, whole: Share, night: Night, columns: dict[str, set[str]]) -> Share:
    """The named datasets for everybody, with some of their columns and what tells their records apart; those
    that lineage leads to from them, with the latter alone.
    """
    needed = {each for name in columns for each in night.inputs.all_behind(name)}

    def part(output: Output) -> Output:
        asked = columns.get(output.name, set())
        if ANY in asked:
            return output
        told = {name for name in output.columns if name == "USUBJID" or name.endswith("SEQ")}
        return output.narrow(asked | told | {*output.keys})

    outputs = {
        name: part(output) if name in plan.study.datasets else output
        for name, output in whole.outputs.items()
        if name in needed or name.removeprefix("SUPP") in needed
    }
    build = restore(plan, whole.build.frames, outputs, whole.build.cut, whole.build.persons)
    return Share(build, outputs, whole.buckets)

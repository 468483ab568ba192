"""Dated records behind a figure of single subjects: events, states and limits, and the day of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.dates import study_day
from clinical.read import Mapping, Text
from tlf.nodes import known, place, required, text, with_part
from tlf.people import Records
from tlf.rows import Row

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.spec import Display

WHOLE = ("",)


@dataclass(frozen=True)
class Dated:
    """Records of `dataset` (none named: the population's own) that satisfy a condition; `date` is theirs."""

    name: str
    label: str
    dataset: str
    date: str
    value: str
    filters: tuple[dict, ...]
    at: str


def dated(name: str, node: Mapping, owner: str, *needs: str) -> Dated:
    """The records that `{label, from, where, date, value}` states; `needs` are keys it must have."""
    owner = f"{owner}.{name}"
    known(node, ("label", "from", "where", "date", "value"), owner)
    for key in needs:
        required(node, key, owner, Text)
    return Dated(
        name=name,
        label=text(node, "label", owner, name),
        dataset=text(node, "from", owner, ""),
        date=text(node, "date", owner, ""),
        value=text(node, "value", owner, ""),
        filters=(with_part(node["where"], WHOLE, owner),) if "where" in node else (),
        at=f"{node.at}: {owner}",
    )


def all_dated(node: Mapping, key: str, owner: str, *needs: str) -> tuple[Dated, ...]:
    """One `Dated` for each name under `key`, in their order."""
    given = required(node, key, owner, Mapping) if key in node else Mapping()
    for name in given:
        required(given, name, place(given, name, owner), Mapping)
    return tuple(dated(name, one, f"{owner}.{key}", *needs) for name, one in given.items())


def datasets_of(*several: Dated) -> tuple[str, ...]:
    """The datasets that are read beside the population."""
    return tuple(dict.fromkeys(one.dataset for one in several if one.dataset))


def row_of(display: Display, name: str, dataset: str = "", variables: tuple[str, ...] = ()) -> Row:
    """The row that stands for one analysis of a figure."""
    return Row(
        name=name, word="figure", at=display.at, dataset=dataset or display.population.dataset,
        variables=variables, formats=display.formats, joins_records=False,
    )  # fmt: skip


def records_of(results: Results, one: Dated) -> Records:
    """The records of the population that `one` states."""
    display = results.display
    row = Row(
        name=one.name, word="figure", at=one.at, dataset=one.dataset or display.population.dataset,
        joins_records=False, filters=one.filters,
    )  # fmt: skip
    return results.people.records(row, "")


def days_of(results: Results, one: Dated, records: Records, start: str) -> np.ndarray:
    """Study day of each record, 1 on the day of `start` of its subject [A-DAY]; NaN without both dates."""
    return study_day(results.people.variable(records, one.date, one.at), starts(results, records, start))


def starts(results: Results, records: Records, start: str) -> pd.Series:
    """The subject's date `start`, of the population, beside each record."""
    whole = results.people.variable(results.people.everybody(), start, results.display.at)
    return whole.take(records.person).reset_index(drop=True)


def first_days(results: Results, one: Dated, start: str) -> np.ndarray:
    """The earliest study day for each subject of the population; NaN for those without such a record."""
    records = records_of(results, one)
    days = np.asarray(days_of(results, one, records, start), dtype="float64")
    found = np.full(len(results.people), np.inf)
    kept = ~np.isnan(days)
    np.minimum.at(found, records.person[kept], days[kept])
    return np.where(np.isinf(found), np.nan, found)


def who(results: Results, one: Dated) -> np.ndarray:
    """For each subject of the population whether there is such a record."""
    return np.isin(np.arange(len(results.people)), records_of(results, one).person)


def add_people(results: Results, order: np.ndarray) -> list[tuple[str, int]]:
    """N of every group and each subject's place in it into the results; gives (group, subject) in order.

    `order` is all positions of the population in the order of drawing. The total is no group to draw unless
    it is the only one.
    """
    display, people = results.display, results.people
    size, place = (row_of(display, name, variables=(display.columns.by,)) for name in ("subjects", "order"))
    groups = [group for group in people.groups if group.label != display.columns.total] or people.groups
    found = []
    for group in groups:
        results.add(size, group.label, "", "n", group.size)
        results.add_subjects(size, group.label, "", np.flatnonzero(group.member))
        for at, person in enumerate(order[group.member[order]], start=1):
            results.add(place, group.label, "", "place", at, parent=people.ids[person])
            found.append((group.label, int(person)))
    return found

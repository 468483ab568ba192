"""Dated records behind a figure of single subjects: events, states and limits, and the day of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.dates import study_day
from clinical.read import Mapping, Text
from tlf.nodes import Filter, known, place, required, text, with_part
from tlf.people import Records
from tlf.rows import Row

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.spec import Display

WHOLE = ("",)
FALLING = (
    "place of each subject in its group by falling highest result of these analyses in turn, none last; "
    "ties by USUBJID"
)


@dataclass(frozen=True)
class Dated:
    """Records of `dataset` (none named: the population's own) that satisfy a condition, and their `date`."""

    name: str
    label: str
    dataset: str
    date: str
    value: str
    where: Filter
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
        where=with_part(node["where"], WHOLE, owner) if "where" in node else {},
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


def row_of(
    display: Display, word: str, of: Dated | None = None, *, name: str = "", variable: str = "", **own: object
) -> Row:
    """The row that stands for one analysis of a figure: what it reads, and what decides its numbers."""
    return Row(
        name=name or word, word=word, at=of.at if of else display.at,
        dataset=(of.dataset if of else "") or display.population.dataset,
        variables=(variable,) if variable else (), joins_records=False,
        filters=(of.where,) if of and of.where else (), formats=display.formats, own=own,
    )  # fmt: skip


def rows_of_people(display: Display, *by: str) -> tuple[Row, Row]:
    """The rows of the subjects of every group, and of their places in it by the analyses named."""
    return row_of(display, "population", name="subjects"), row_of(display, "order", analyses=by)


def date_of(display: Display, name: str) -> str:
    """A date of the population, named with its dataset."""
    return f"{display.population.dataset}.{name}"


def stated(display: Display, one: Dated) -> Dated:
    """What decides which records and days `one` is, with its dataset named."""
    return replace(one, name="", label="", at="", dataset=one.dataset or display.population.dataset)


def records_of(results: Results, one: Dated) -> Records:
    """The records of the population that `one` states."""
    return results.people.records(row_of(results.display, one.name, one), "")


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


def add_people(results: Results, rows: tuple[Row, Row], order: np.ndarray) -> list[tuple[str, int]]:
    """N of every group and each subject's place in it into the results; gives (group, subject) in order.

    `order` is all positions of the population in the order of drawing. The total is no group to draw unless
    it is the only one.
    """
    display, people = results.display, results.people
    size, place = rows
    groups = [group for group in people.groups if group.label != display.columns.total] or people.groups
    found = []
    for group in groups:
        results.add(size, group.label, "", "n", group.size)
        results.add_subjects(size, group.label, "", np.flatnonzero(group.member))
        for at, person in enumerate(order[group.member[order]], start=1):
            results.add(place, group.label, "", "place", at, parent=people.ids[person])
            found.append((group.label, int(person)))
    return found

"""One record a person, where a form promises that (`per: subject`) [C-ID]."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical.distinct import distinct, spread
from clinical.findings import Frame
from edc.report import Report
from edc.rows import Account, taken
from edc.subjects import Subjects


def keep_one_a_person(
    frame: Frame, subjects: Subjects, shown: set[str], report: Report, account: Account
) -> Frame:
    """The page of the screening that DM shows, else of the last screening that has one.

    Rows: pages of a person's other screenings are set aside.
    Ties: several pages of one screening are an error; the last by record id stays.
    """
    persons = pd.factorize(frame["USUBJID"])[0]
    rank = _screening_rank(frame["Subject"], subjects, shown)
    best = np.full(persons.max(initial=-1) + 1, -1)
    np.maximum.at(best, persons, rank)
    of_shown = rank == best[persons]
    account.add(report.form.name, "C-ID", "page of another screening", (~of_shown).sum())
    places = np.flatnonzero(of_shown)
    last = ~pd.Series(persons[places]).duplicated(keep="last").to_numpy()
    doubled = pd.Series(persons[places]).duplicated(keep=False).to_numpy()
    where = np.zeros(len(frame), dtype=bool)
    where[places[doubled]] = True
    report.add("raw.several-records", where)
    account.add(report.form.name, "", "further page of a person", (~last).sum())
    return frame if last.all() and of_shown.all() else taken(frame, places[last])


def _screening_rank(screening: pd.Series, subjects: Subjects, shown: set[str]) -> np.ndarray:
    """The place of each screening among those of its person; the shown one is the greatest."""
    places = {n: place for numbers in subjects.screenings.values() for place, n in enumerate(numbers)}
    codes, values = distinct(screening)
    ranks = [len(places) if value in shown else places.get(value, 0) for value in values]
    return spread(codes, np.array(ranks, dtype="int64"), 0)

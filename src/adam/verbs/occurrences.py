"""Collected records of occurrences: which of them are one event, and what the whole event is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical.frames import Frame, codes_of, first_of_groups, group_codes, ranks_of, take


def event_codes(records: Frame, by: str) -> np.ndarray:
    """A number for each event: the records of a subject with one value of `by`; without one it is alone."""
    together = group_codes([codes_of(records["USUBJID"]), codes_of(records[by])])
    size = int(together.max(initial=-1)) + 1
    alone = np.where(records[by].isna(), size + np.arange(len(records)), together)
    return group_codes([alone])


def flag_first(records: Frame, events: np.ndarray, order: list[str]) -> np.ndarray:
    """Where a record is the first of its event.

    Ties: a missing value of `order` comes last.
    """
    first = np.zeros(len(records), dtype=bool)
    if len(records):
        keys = [_missing_last(records[column]) for column in order]
        first[first_of_groups(events, keys, int(events.max()) + 1)] = True
    return first


def _missing_last(column: pd.Series) -> np.ndarray:
    rank = ranks_of(column)
    return np.where(rank < 0, len(column), rank)


def last_end(records: Frame, events: np.ndarray, end: str, flag: str) -> tuple[pd.Series, pd.Series]:
    """The last end of each record's event and its imputation flag.

    Ties:    of two records that end on that day the one whose day is known.
    Missing: an event with a record that has not ended has not ended.
    """
    known = records[flag].isna().to_numpy().astype("int64")
    size = int(events.max(initial=-1)) + 1
    rows = first_of_groups(events, [ranks_of(records[end]), known], size, last=True)
    open_ended = np.zeros(size, dtype=bool)
    open_ended[events[records[end].isna().to_numpy()]] = True
    rows = np.where(open_ended, -1, rows)[events]
    return take(records[end], rows), take(records[flag], rows)


def highest(values: np.ndarray, events: np.ndarray, among: np.ndarray) -> np.ndarray:
    """For each record the highest value among those of its event; NaN where there is none."""
    best = np.full(int(events.max(initial=-1)) + 1, -np.inf)
    rows = np.flatnonzero(among & ~np.isnan(values))
    np.maximum.at(best, events[rows], values[rows])
    return np.where(np.isneginf(best), np.nan, best)[events]


def in_event(holds: np.ndarray, events: np.ndarray) -> np.ndarray:
    """Where it holds for any record of the same event."""
    found = np.zeros(int(events.max(initial=-1)) + 1, dtype=bool)
    found[events[holds]] = True
    return found[events]


def days_of_runs(start: pd.Series, end: pd.Series, events: np.ndarray, among: np.ndarray) -> np.ndarray:
    """For each record asked for the days, both ends counted, that its event goes on in such records.

    Rows:    records follow each other that leave no day between them; another record of the event in between
             ends the run.
    Missing: a record without start or end, and one that is not asked for: NaN.
    """
    known = start.notna().to_numpy() & end.notna().to_numpy()
    days = pd.DataFrame({"event": events, "start": start, "end": end, "among": among}).loc[known]
    days = days.sort_values(["event", "start", "end"], kind="stable")
    same = (days["event"].diff() == 0) & days["among"].shift(fill_value=False) & days["among"]
    follows = same & (days["start"] <= days["end"].shift() + pd.Timedelta(days=1))
    runs = days.assign(run=(~follows).cumsum()).loc[days["among"]].groupby("run")
    lasts = (runs["end"].transform("max") - runs["start"].transform("min")).dt.days + 1.0
    return lasts.reindex(range(len(start))).to_numpy(dtype="float64")

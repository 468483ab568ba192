"""Records entered twice: which one is kept, and who is told [B-DIRT-5, B-DIRT-6]."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clinical.dates import earliest, latest
from clinical.findings import Frame
from edc.order import joined, ranks
from edc.report import Report
from edc.values import field_values

AUDIT, IDENTITY = "MaxUpdated", "RecordId"
_APART = "\x1f"
_NEVER = np.iinfo("int64").min


@dataclass(frozen=True)
class Repeats:
    """Which records stay, and how many do not because another says the same, or something else."""

    keep: np.ndarray
    identical: int = 0
    different: int = 0


def set_aside_repeats(group: np.ndarray, frame: Frame, report: Report, site_tz: str) -> Repeats:
    """One record of each group (-1: in none) stays: the one the form's `duplicates` names, else the latest.

    Latest is by MaxUpdated, then RecordId, whatever the order of the rows.

    Ties: records that differ and that no column puts in order are an error; the last by its text stays.
    """
    keep = np.ones(len(frame), dtype=bool)
    codes = pd.factorize(group)[0]
    several = np.flatnonzero((np.bincount(codes)[codes] > 1) & (group >= 0)) if len(codes) else codes
    if not len(several):
        return Repeats(keep)
    part, local = frame.iloc[several].reset_index(drop=True), report.of(several)
    groups = pd.factorize(group[several])[0]
    text = ranks(_content(part, local))[0]
    orders = _orders(part, local, site_tz)
    order = np.lexsort((text, *reversed(orders), groups))
    winner = np.zeros(groups.max() + 1, dtype="int64")
    winner[groups[order]] = order
    wins = winner[groups] == np.arange(len(part))
    other = text != text[winner[groups]]
    differs = _any_of_group(other, groups)
    tied = np.logical_and.reduce([other, *(key == key[winner[groups]] for key in orders)])
    undecided = _any_of_group(tied, groups)
    local.add("raw.repeat-identical", ~differs & ~wins)
    for fields, rows, value in _differences(part, local, groups, differs):
        local.add("raw.repeat-differs", rows & ~undecided, fields, value)
        local.add("raw.repeat-undecided", rows & undecided, fields, value)
    keep[several[~wins]] = False
    return Repeats(keep, int((~differs & ~wins).sum()), int((differs & ~wins).sum()))


def _differences(
    part: Frame, report: Report, groups: np.ndarray, differs: np.ndarray
) -> Iterator[tuple[str, np.ndarray, pd.Series]]:
    """The fields in which the records of a group differ, the records of such groups, and what they hold."""
    differ: dict[str, np.ndarray] = {}
    shown: dict[str, pd.Series] = {}
    for field in report.form.fields.values():
        columns = [part[name].fillna("") for name in field.columns if name in part]
        if columns:
            codes = pd.factorize(joined(columns, _APART))[0]
            spread = pd.Series(codes).groupby(groups)
            differ[field.name] = (spread.transform("min") != spread.transform("max")).to_numpy() & differs
            shown[field.name] = columns[0]
    found = pd.Series("", index=part.index, dtype="str")
    for name, rows in differ.items():
        found = found.mask(rows, found + f" {name}")
    for fields in found[differs].unique():
        names = str(fields).split()
        texts = [shown[name] if len(names) == 1 else f"{name} " + shown[name] for name in names]
        yield " ".join(names), differs & (found == fields).to_numpy(), joined(texts, ", ")


def _any_of_group(rows: np.ndarray, groups: np.ndarray) -> np.ndarray:
    return np.bincount(groups, weights=rows)[groups] > 0


def _content(part: Frame, report: Report) -> pd.Series:
    """All that was collected in the fields of the form, as one text."""
    columns = [name for field in report.form.fields.values() for name in field.columns if name in part]
    return joined([part[name] for name in columns], _APART)


def _orders(part: Frame, report: Report, site_tz: str) -> list[np.ndarray]:
    """What puts the records in order, the most important first; the greatest wins."""
    asked = report.form.duplicates
    keys = []
    if asked:
        keys.append(_order(asked.order, asked.which, part, report, site_tz))
    if AUDIT in part and not (asked and asked.order == AUDIT):
        keys.append(ranks(part[AUDIT])[0])
    if IDENTITY in part:
        keys.append(ranks(part[IDENTITY])[0])
    return keys


def _order(name: str, which: str, part: Frame, report: Report, site_tz: str) -> np.ndarray:
    field = report.form.fields.get(name)
    if field is not None and field.type in ("date", "datetime"):
        dates = field_values(field, part, report.silent(), site_tz)[0]
        key = (latest if which == "last" else earliest)(dates).to_numpy().astype("int64")
    else:
        key = ranks(part[field.column if field else name])[0]
        key = np.where(key == 0, _NEVER, key)
    return np.where(key == _NEVER, _NEVER, -key) if which == "first" else key

"""Which collected records changed since the last run: its raw frames beside those of now."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cdiscflow.deriving import Rebuilt
from cdiscflow.memory import collected_before
from clinical.frames import Frame

KEY = ["USUBJID", "record", "number"]
EDITS = ["USUBJID", "form", "record", "change"]


def edits_since(before: Path, rebuilt: Rebuilt) -> Frame:
    """The records that are new, changed or removed since `before`: the columns of EDITS.

    Looked at are the buckets whose content is another. A record that became another person's is removed from
    one and new to the other; a column without values, another order of columns or of records is no edit.
    """
    last = collected_before(before)
    new, count = rebuilt.raw, rebuilt.buckets
    found = [pd.DataFrame(columns=EDITS, dtype="str")]
    for form in sorted({*new, *last.raw} - {*new.stored}):
        stale = last.moved(form, rebuilt.contents, count)
        old = last.raw.part(form, stale, last.buckets) if form in last.raw else _nothing()
        now = new.part(form, stale, count) if form in new else _nothing()
        found.append(_compared(form, old, now))
    return pd.concat(found, ignore_index=True)


def _nothing() -> Frame:
    return pd.DataFrame({"USUBJID": [], "record": []}, dtype="str")


def _compared(form: str, old: Frame, new: Frame) -> Frame:
    one, two = (_by_record(frame) for frame in (old, new))
    both = one.index.intersection(two.index)
    columns = one.columns.union(two.columns)
    then, now = (side.reindex(index=both, columns=columns).astype("str").fillna("") for side in (one, two))
    changed = both[(then != now).any(axis=1).to_numpy()]
    sides = {"removed": one.index.difference(both), "new": two.index.difference(both), "changed": changed}
    told = [index.to_frame(index=False)[KEY[:2]].assign(change=name) for name, index in sides.items()]
    return pd.concat(told, ignore_index=True).assign(form=form)[EDITS].sort_values(EDITS, kind="stable")


def _by_record(frame: Frame) -> Frame:
    texts = frame.drop(columns="place", errors="ignore").astype("str").fillna("")
    texts = texts.assign(number=texts.groupby(KEY[:2]).cumcount())
    return texts.set_index(KEY)

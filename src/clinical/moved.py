"""What deriving again has changed: the columns of each dataset and bucket that are not as the last run has
them. A step whose new content equals its old one changes nothing that follows it (architecture.md, 4).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical.fingerprint import STUDY_BUCKET
from clinical.frames import places_in
from clinical.output import Output
from clinical.reuse import rows_of

UNKNOWN = -2  # the bucket of who is no person of this extract
ANY = "*"  # records came, went or stand elsewhere, or come from other records
Moved = dict[str, dict[int, frozenset[str]]]


def moved_columns(
    fresh: dict[str, Output], kept: dict[str, Output], again: dict[str, set[int]], bucket: pd.Series
) -> Moved:
    """The columns that differ, by dataset and by each bucket of `again`; a bucket without any is not named.

    `bucket` is the bucket of each USUBJID; a SUPP-- is rebuilt with its parent. A study-wide dataset is one
    bucket.
    """
    found: Moved = {}
    for name in {**kept, **fresh}:
        parent, new, old = name.removeprefix("SUPP"), fresh.get(name), kept.get(name)
        if parent not in again or new is old:
            continue
        ones, others = (_by_bucket(output, bucket) for output in (new, old))
        for number in sorted(again[parent]):
            columns = _differing(_of(new, ones, number), _of(old, others, number, UNKNOWN))
            if columns:
                found.setdefault(name, {})[number] = columns
    return found


def _by_bucket(output: Output | None, bucket: pd.Series) -> np.ndarray | None:
    """The bucket of each record; nobody's are in the study bucket. None for a dataset without persons."""
    if output is None or "USUBJID" not in output.columns:
        return None
    person = output.frame["USUBJID"]
    found = np.append(bucket.to_numpy(dtype="int64"), UNKNOWN)[places_in(bucket.index, person)]
    found[person.isna().to_numpy()] = STUDY_BUCKET
    return found


def _of(output: Output | None, numbers: np.ndarray | None, *chosen: int) -> Output | None:
    """The records of a bucket, and of those whom nobody knows any more; all where they are of no person or
    the whole study is one bucket.
    """
    if output is None or numbers is None or STUDY_BUCKET in chosen:
        return output
    return rows_of(output, np.flatnonzero(np.isin(numbers, chosen)))


def _differing(new: Output | None, old: Output | None) -> frozenset[str]:
    if new is None or old is None:
        return frozenset() if new is old or not len((new or old).frame) else frozenset([ANY])
    one, two = new.frame, old.frame
    if len(one) != len(two) or [*one] != [*two] or not new.lineage.equals(old.lineage):
        return frozenset([ANY])
    return frozenset(name for name in one if not one[name].equals(two[name]))

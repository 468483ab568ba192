"""Doses that belong together: what is one treatment and what is the next."""

from __future__ import annotations

import pandas as pd

from clinical import dates
from clinical.frames import Frame

ONE_DAY = pd.Timedelta(days=1)


def course_starts(given: Frame, start: str) -> Frame:
    """USUBJID and `start`: the first day of each treatment, in order of time.

    Needs:   USUBJID and the variable `start` of the doses given.
    Ties:    records of one day, or of a day and the next, are one treatment that was interrupted (B-DIRT-28).
    Missing: a dose whose day is not known begins none.
    Source:  rule C.4 PC; decision 25.
    """
    starts = given.assign(start=dates.to_day(given[start]))[["USUBJID", "start"]].dropna()
    starts = starts.drop_duplicates().sort_values(["USUBJID", "start"], ignore_index=True)
    return starts[starts.groupby("USUBJID")["start"].diff() != ONE_DAY].reset_index(drop=True)

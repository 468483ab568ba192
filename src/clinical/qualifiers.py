"""Supplemental qualifiers back beside the records they qualify, as specs name them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from clinical.frames import Column, Frame, as_text, empty, joint_codes, take


def qualifier(mine: list[Column], theirs: list[Column], values: Column) -> Column:
    """The value of one qualifier for every record; `mine` and `theirs` hold the keys of both."""
    here, there = joint_codes(mine, theirs)
    place = np.full(int(max(here.max(initial=-1), there.max(initial=-1))) + 2, -1, dtype="int64")
    place[there] = np.arange(len(there))
    place[-1] = -1
    return take(values, place[here])


def with_qualifiers(frame: Frame, supp: Frame | None, names: Iterable[str]) -> Frame:
    """The records of an SDTM dataset, each of the named qualifiers a column of text.

    Rows:    the same.
    Needs:   USUBJID and the sequence that IDVAR of the SUPP dataset names; no IDVAR: one record a subject.
    Missing: a record without the qualifier has none; without a SUPP dataset none has.
    Source:  SDTMIG 3.4, section 8.4.
    """
    if supp is None:
        return frame.assign(**{name: empty("str", len(frame)).set_axis(frame.index) for name in names})
    sequences = supp["IDVAR"].dropna().unique()
    mine = [frame["USUBJID"], *(as_text(frame[name]) for name in sequences)]
    found = {}
    for name in names:
        rows = supp[(supp["QNAM"] == name).to_numpy(dtype=bool)].reset_index(drop=True)
        theirs = [rows["USUBJID"], *(rows["IDVARVAL"] for _ in sequences)]
        found[name] = qualifier(mine, theirs, rows["QVAL"]).set_axis(frame.index)
    return frame.assign(**found)

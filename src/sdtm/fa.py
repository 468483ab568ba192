"""FA: which adverse event a finding is about."""

from __future__ import annotations

import pandas as pd

from clinical import dates

Frame = pd.DataFrame


def group_of_event(fa: Frame, ae: Frame) -> pd.Series:
    """FAGRPID: AEGRPID of the event of that name on whose days the finding was made.

    Needs:   FAOBJ, FADTC; AEDECOD, AESTDTC, AEENDTC, AEGRPID.
    Gives:   names are compared without case. First and last day of the event count; an event without end is
             open; a partial date of the event covers every day that it can mean.
    Ties:    of several events the one that began last, then the one with the last AEGRPID.
    Missing: a finding without a complete date, no such event, an event without AEGRPID.
    Source:  rule C.4 FA (CG0174).
    """
    events = ae[ae["AEGRPID"].notna() & ae["AESTDTC"].notna()]
    events = pd.DataFrame(
        {
            "USUBJID": events["USUBJID"],
            "name": events["AEDECOD"].str.upper(),
            "start": dates.earliest(events["AESTDTC"]).dt.floor("D"),
            "end": dates.latest(events["AEENDTC"]).dt.floor("D"),
            "group": events["AEGRPID"],
        }
    )
    made = pd.DataFrame({"USUBJID": fa["USUBJID"], "name": fa["FAOBJ"].str.upper(), "row": range(len(fa))})
    made = made.assign(day=dates.to_day(fa["FADTC"]).to_numpy())
    pairs = made.dropna(subset=["name", "day"]).merge(events, on=["USUBJID", "name"], validate="m:m")
    inside = (pairs["start"] <= pairs["day"]) & (pairs["end"].isna() | (pairs["day"] <= pairs["end"]))
    chosen = pairs[inside].sort_values(["row", "start", "group"]).drop_duplicates("row", keep="last")
    found = chosen.set_index("row")["group"].reindex(range(len(fa)))
    return found.astype("str").set_axis(fa.index)

"""Days that count as febrile although a treatment has taken the fever away (ASTCT consensus, Lee 2019)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical.frames import Frame


def flag_febrile(days: Frame, starts: Frame, at_least: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Which days are febrile by their temperature, and which only because fever was treated.

    Needs:   subject, day and temperature of `days`; subject and day of the `starts` of treatments that take
             fever away; the number of subjects.
    Gives:   two masks; a day is in the second one if it is not in the first, an earlier day was febrile by
             its temperature, and a treatment started on or before it.
    Missing: a day without temperature is febrile only in the second way.
    Source:  rule D.5 ADCRS.
    """
    measured = (days["temperature"] >= at_least).to_numpy(dtype=bool, na_value=False)
    fever = _first_days(days.loc[measured], size)
    treated = _first_days(starts, size)
    subject, day = days["subject"].to_numpy(), days["day"].to_numpy()
    carried = ~measured & (day > fever[subject]) & (day >= treated[subject])
    return measured, carried


def _first_days(records: Frame, size: int) -> np.ndarray:
    """The first day of each subject; a day that never comes for those without."""
    first = np.full(size, np.datetime64("9999-12-31", "s"))
    known = records.dropna(subset="day")
    np.minimum.at(first, known["subject"].to_numpy(), pd.to_datetime(known["day"]).to_numpy("datetime64[s]"))
    return first

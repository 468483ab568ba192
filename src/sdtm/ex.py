"""EX: the name of a drug that is none of those on the page."""

from __future__ import annotations

import pandas as pd

from sdtm.verbatim import compute_upper

Frame = pd.DataFrame


def other_drug(ex: Frame) -> pd.Series:
    """EXTRT: what was written for another drug, in capital letters.

    Needs:  verbatim.
    Source: rule C.2.
    """
    return compute_upper(ex["verbatim"])

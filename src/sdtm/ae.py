"""AE: the reported term."""

from __future__ import annotations

import pandas as pd

from sdtm.verbatim import compute_upper

Frame = pd.DataFrame


def upper_case_term(ae: Frame) -> pd.Series:
    """AETERM: the verbatim term in capital letters.

    Needs: verbatim.
    """
    return compute_upper(ae["verbatim"])

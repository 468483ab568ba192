"""CM: what a dictionary's class and a typed dose say."""

from __future__ import annotations

import pandas as pd

from clinical.results import to_number

Frame = pd.DataFrame


def code_of_class(cm: Frame) -> pd.Series:
    """CMCLASCD: what stands before the first blank of the class, a code and a name.

    Needs:  class.
    Source: rule B.2 CM, C.2.
    """
    return cm["class"].str.extract(r"^(\S+)", expand=False)


def name_of_class(cm: Frame) -> pd.Series:
    """CMCLAS: what stands after the first blank of the class.

    Needs:   class.
    Missing: a class without a blank is a code alone.
    Source:  rule B.2 CM, C.2.
    """
    return cm["class"].str.extract(r"^\S+ (.*)$", expand=False)


def dose_number(cm: Frame) -> pd.Series:
    """CMDOSE: the dose where it is a number; any other text is CMDOSTXT.

    Needs:  dose.
    Source: rule C.2.
    """
    return to_number(cm["dose"])[0]

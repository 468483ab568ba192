"""ADEG: the columns of electrocardiogram results that words do not reach (rule D.6)."""

from __future__ import annotations

import pandas as pd

from adam import bds
from clinical.frames import Frame
from clinical.spec import Dataset


def read_rules(spec: Dataset) -> None:
    """Refuses what is wrong in the analysis windows or under `worst`, before any data is read."""
    bds.read_visits(spec)
    bds.worse_ends(spec)


def moment(adeg: Frame) -> pd.Series:
    """ADTM, as `bds.moment`."""
    return bds.moment(adeg)


def analysis_visit(adeg: Frame, adsl: Frame, spec: Dataset) -> pd.Series:
    """AVISIT, as `bds.visit`."""
    return bds.visit(adeg, adsl, spec)


def analysis_visit_number(adeg: Frame, adsl: Frame, spec: Dataset) -> pd.Series:
    """AVISITN, as `bds.visit_number`."""
    return bds.visit_number(adeg, adsl, spec)


def nearest(adeg: Frame) -> pd.Series:
    """ANL01FL, as `bds.flag_nearest`."""
    return bds.flag_nearest(adeg)


def worst(adeg: Frame, spec: Dataset) -> pd.Series:
    """ANL02FL: the worst value after the infusion."""
    return bds.flag_worst(adeg, bds.severity_of_value(adeg, spec))

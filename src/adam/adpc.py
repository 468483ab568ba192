"""ADPC: when a sample was taken, whether it is below quantitation, where the kinetics stop (rule D.8)."""

from __future__ import annotations

import pandas as pd

from adam.rules import need, only, text
from adam.verbs.results import inequality
from adam.verbs.subjects import subject_rows
from clinical import dates
from clinical.courses import course_starts
from clinical.frames import Frame, constant, take
from clinical.results import to_number
from clinical.spec import Dataset
from clinical.where import condition, mask

SECONDS = 86_400


def read_rules(spec: Dataset) -> None:
    """Refuses what is wrong under `parameters`, before any data is read.

    Raises: SpecError for an unknown or missing key and for a condition that is none.
    """
    only(spec.parameters, ("below", "product"), spec.name)
    text(spec.parameters, "below", spec.name)
    condition(need(spec.parameters, "product", spec.name), f"{spec.name}.product")


def moment(adpc: Frame) -> pd.Series:
    """ADTM: when the sample was taken, where day, hour and minute are known.

    Missing: a time that is not wholly known is not made up [D-IMP].
    """
    found, imputed = dates.impute_time(adpc["taken"], "first")
    return found.where(imputed.isna())


def days_after_start(adpc: Frame, adsl: Frame) -> pd.Series:
    """ARRELTM: days from the start of the infusion to the sample, below 0 before it.

    Needs:   ADTM; TRTSDTM.
    Source:  rule D.8.
    """
    start = take(adsl["TRTSDTM"], subject_rows(adpc, adsl))
    return (adpc["ADTM"].reset_index(drop=True) - start).dt.total_seconds() / SECONDS


def below_limit(adpc: Frame, spec: Dataset) -> pd.Series:
    """BLQFL: Y for a result reported as below quantitation, as less than something, or below ALLOQ.

    Needs:   shown, ALLOQ; parameter `below`.
    Source:  rules C-RES, D.8.
    """
    shown = adpc["shown"]
    sign, _ = inequality(shown)
    reported = (shown == text(spec.parameters, "below", spec.name)).to_numpy(dtype=bool, na_value=False)
    under = (to_number(shown)[0] < adpc["ALLOQ"]).to_numpy(dtype=bool, na_value=False)
    return constant("Y", len(adpc)).where((sign == "<") | reported | under)


def second_infusion(adpc: Frame, ex: Frame, spec: Dataset) -> pd.Series:
    """The day of the second infusion of the product, at which the kinetics of the first stop.

    Needs:   EXTRT, EXSTDTC; parameter `product`.
    Missing: no second infusion; an interrupted one is one (B-DIRT-28).
    Source:  rule D.8.
    """
    product = condition(need(spec.parameters, "product", spec.name), spec.name)
    starts = course_starts(ex.loc[mask(ex, product)], "EXSTDTC")
    second = starts[starts.groupby("USUBJID").cumcount() == 1].reset_index(drop=True)
    return take(second["start"], subject_rows(adpc, second)).astype("datetime64[s]")

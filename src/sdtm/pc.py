"""PC: results below quantitation, and the group of samples that belongs to one infusion."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical import dates
from clinical.courses import course_starts
from clinical.results import to_number
from clinical.spec import Dataset

Frame = pd.DataFrame

BELOW = "BLQ"


def with_limit(pc: Frame) -> pd.Series:
    """PCSTRESC: the standard result, BLQ for all that is below quantitation.

    Needs:   standard, PCLLOQ.
    Gives:   BLQ for a result reported as less than something, as BLQ, or as a number below PCLLOQ; a number
             at PCLLOQ is a number.
    Missing: no result gives none.
    Source:  rule C-RES; C.4 PC.
    """
    text = pc["standard"]
    number, _ = to_number(text)
    below = text.str.startswith("<").fillna(False).astype("bool") | (number < pc["PCLLOQ"])
    return text.mask(below & text.notna(), BELOW)


def group_of_infusion(pc: Frame, ex: Frame, spec: Dataset) -> pd.Series:
    """PCGRPID: `<group>-<n>` of blood results, n counting the infusions that had begun by the sample's day.

    Needs:   PCSPEC, PCSTRESC, PCDTC; EXTRT, EXSTDTC; parameters `product` and `group`.
    Ties:    a sample of the day of an infusion belongs to it, before and after its start; records of one day,
             or of a day and the next, are one infusion that was interrupted (B-DIRT-28).
    Missing: other specimens, samples without result, samples before the day of the first infusion.
    Source:  rule C.4 PC.
    """
    given = ex[ex["EXTRT"] == spec.parameters["product"]]
    starts = course_starts(given, "EXSTDTC")
    samples = pd.DataFrame(
        {"USUBJID": pc["USUBJID"], "day": dates.to_day(pc["PCDTC"]), "row": range(len(pc))}
    )
    pairs = samples.dropna().merge(starts, on="USUBJID", validate="m:m")
    begun = pairs[pairs["start"] <= pairs["day"]].groupby("row").size().reindex(range(len(pc)), fill_value=0)
    number = pd.Series(begun.to_numpy(), index=pc.index)
    chosen = (pc["PCSPEC"] == "BLOOD") & pc["PCSTRESC"].notna() & (number > 0)
    names = str(spec.parameters["group"]) + "-" + number.astype("str")
    return names.where(chosen, np.nan).astype("str")

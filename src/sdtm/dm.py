"""DM: the arm a person was in fact treated in, and the other screening numbers of a person."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical import dates
from clinical.spec import Dataset

Frame = pd.DataFrame

_NOISE = 8  # decimals behind which the difference of two doses is binary noise: the limits stay inclusive


def delivered_dose(dm: Frame, ex: Frame, spec: Dataset) -> pd.Series:
    """The dose that counts as one treatment: all records of the product that start near the first of them.

    Needs:   RFSTDTC; EXTRT, EXDOSE, EXSTDTC; parameters `product` and `within_hours`.
    Missing: no such record, RFSTDTC missing, or a record whose dose is not known gives none. Where a record
             or RFSTDTC has no time, both are taken as days; a record without a complete date does not count.
    Source:  rule C.1 ACTARMCD.
    """
    given = ex[ex["EXTRT"] == spec.parameters["product"]]
    given = given.merge(dm[["USUBJID", "RFSTDTC"]], on="USUBJID", how="left", validate="m:1")
    near = _hours_after(given["EXSTDTC"], given["RFSTDTC"]).between(0, float(spec.parameters["within_hours"]))
    sums = given[near].groupby("USUBJID")["EXDOSE"].sum(skipna=False).round(_NOISE).reset_index(name="dose")
    return dm[["USUBJID"]].merge(sums, on="USUBJID", how="left", validate="1:1")["dose"]


def actual_arm(dm: Frame, spec: Dataset) -> pd.Series:
    """ACTARMCD: the planned arm if the dose given is near its level, else the level that it is near.

    Needs:   ARMCD, delivered; `dose_levels` and `dose_tolerance_pct` of study.yml.
    Ties:    near two levels and neither planned: the lower.
    Missing: near no level, or not treated, gives none. Both ends of the tolerance count as near.
    Source:  rule C.1 ACTARMCD.
    """
    levels = pd.DataFrame(
        {"code": str(level["code"]), "planned": float(level["planned_1e6_per_kg"])}
        for level in spec.study["dose_levels"]
    ).sort_values("planned", ignore_index=True)
    dose = dm["delivered"].to_numpy()[:, np.newaxis]
    planned = levels["planned"].to_numpy()
    away = np.round(np.abs(dose - planned) / planned * 100, _NOISE)
    near = away <= float(spec.study["dose_tolerance_pct"])
    own = dm["ARMCD"].to_numpy(dtype=object)[:, np.newaxis] == levels["code"].to_numpy(dtype=object)
    chosen = np.where((near & own).any(axis=1), own.argmax(axis=1), near.argmax(axis=1))
    return levels["code"].take(chosen).set_axis(dm.index).where(near.any(axis=1))


def other_screenings(dm: Frame, spec: Dataset) -> pd.Series:
    """The person's other screening numbers, separated by `;`, in ascending order.

    Needs:   SUBJID; `subject.rescreened` of study.yml (later number: first number).
    Source:  rule C-ID RESCRNID.
    """
    persons: dict[str, set[str]] = {}
    for later, first in spec.study["subject"].get("rescreened", {}).items():
        persons.setdefault(str(first), {str(first)}).add(str(later))
    others = {
        number: ";".join(sorted(numbers - {number})) for numbers in persons.values() for number in numbers
    }
    return dm["SUBJID"].map(others).astype("str")


def _hours_after(start: pd.Series, reference: pd.Series) -> pd.Series:
    """Hours from reference to start; whole days where either has no time, missing where a day is unknown."""
    timed = dates.has_time(start) & dates.has_time(reference)
    exact = (dates.earliest(start) - dates.earliest(reference)).dt.total_seconds() / 3600
    in_days = (dates.to_day(start) - dates.to_day(reference)).dt.days * 24.0
    return exact.where(timed, in_days)


def site_of_subject(dm: Frame) -> pd.Series:
    """SITEID: what stands before the first hyphen of the screening number.

    Needs: subject.
    """
    return dm["subject"].str.extract("^([^-]*)", expand=False)


def number_within_site(dm: Frame) -> pd.Series:
    """SUBJID of a study whose screening numbers begin with the site: what stands after the first hyphen.

    Needs: subject.
    """
    return dm["subject"].str.extract("-(.*)$", expand=False)

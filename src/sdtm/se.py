"""SE: the elements each person went through, one after the other."""

from __future__ import annotations

import pandas as pd

from clinical import dates
from clinical.read import Mapping
from clinical.spec import Dataset

Frame = pd.DataFrame


def se(dm: Frame, ta: Frame, spec: Dataset) -> Frame:
    """SE: one record per person and element entered; each ends when the next begins.

    `elements` of the parameters gives the elements in order, each with the variable of DM it starts with.
    `days` after it: the element starts on that day, without a time, and is entered only if participation
    lasts until then. `unless`: it is not entered where that variable has the same value, because it then has
    no start of its own. The last element ends with the variable that `end` names.

    Needs:   what `elements` and `end` name in DM; ARMCD, ETCD, EPOCH, TAETORD of TA.
    Ties:    without an arm, EPOCH and TAETORD are those on which all arms of TA agree.
    Missing: no start, element not entered.
    Source:  rules C.1 SE, C-EPOCH.
    """
    rules = spec.parameters
    end = dm[rules["end"]]
    entered = [
        _entered(dm, etcd, rule, end).assign(number=number)
        for number, (etcd, rule) in enumerate(rules["elements"].items())
    ]
    elements = pd.concat(entered, ignore_index=True).sort_values(["USUBJID", "number"], ignore_index=True)
    following = elements.groupby("USUBJID")["SESTDTC"].shift(-1)
    elements["SEENDTC"] = following.fillna(elements["end"])
    placed = _add_place_in_arm(elements, ta)
    return placed[["USUBJID", "ETCD", "EPOCH", "TAETORD", "SESTDTC", "SEENDTC"]]


def _entered(dm: Frame, etcd: str, rule: Mapping, end: pd.Series) -> Frame:
    start = dm[rule["start"]]
    inside = start.notna().to_numpy()
    if "days" in rule:
        start = dates.iso_text(dates.to_day(start) + pd.Timedelta(days=int(rule["days"])))
        inside = inside & dates.holds(start, "le", end)
    if "unless" in rule:
        inside = inside & (start != dm[rule["unless"]]).to_numpy()
    element = {
        "USUBJID": dm["USUBJID"],
        "ARMCD": dm["ARMCD"],
        "ETCD": str(etcd),
        "SESTDTC": start,
        "end": end,
    }
    return pd.DataFrame(element)[inside]


def _add_place_in_arm(elements: Frame, ta: Frame) -> Frame:
    """EPOCH and TAETORD of the element in the person's arm."""
    place = ["EPOCH", "TAETORD"]
    of_arm = elements.merge(ta, on=["ARMCD", "ETCD"], how="left", validate="m:1")
    shared = ta[["ETCD", *place]].drop_duplicates()
    shared = shared[~shared["ETCD"].duplicated(keep=False)]
    of_any = elements[["ETCD"]].merge(shared, on="ETCD", how="left", validate="m:1")
    with_arm = of_arm["ARMCD"].notna()
    return of_arm.assign(**{name: of_arm[name].where(with_arm, of_any[name]) for name in place})

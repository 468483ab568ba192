"""ADVS: the columns of vital signs that words do not reach (rule D.6)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from adam import bds
from adam.rules import need, only, text
from clinical import dates
from clinical.frames import Frame, as_text, codes_of, constant, first_of_groups, group_codes
from clinical.spec import Dataset


def read_rules(spec: Dataset) -> None:
    """Refuses what is wrong in the analysis windows or under `worst`, before any data is read."""
    bds.read_visits(spec)
    bds.worse_ends(spec)
    _highest(spec)


def _highest(spec: Dataset) -> tuple[str, str]:
    node, owner = need(spec.parameters, "highest", spec.name), f"{spec.name}.highest"
    only(node, ("of", "gives"), owner)
    return text(node, "of", owner), text(node, "gives", owner)


def daily_maximum(vs: Frame, spec: Dataset) -> tuple[Frame, Frame]:
    """The highest value of a test on each day, as a parameter of its own: the record that has it once more.

    Rows:    one for each subject and known day with a value.
    Gives:   PARAMCD, AVAL, ATPT, VSSEQ; taken and timed, when it was measured.
    Ties:    the earlier time, then the lower VSSEQ.
    Source:  rule D.6.
    """
    test, code = _highest(spec)
    day = dates.to_day(vs["VSDTC"])
    asked = (vs["VSTESTCD"] == test).to_numpy(dtype=bool, na_value=False)
    rows = np.flatnonzero(asked & vs["VSSTRESN"].notna().to_numpy() & day.notna().to_numpy())
    some = vs.iloc[rows]
    groups = group_codes([codes_of(some["USUBJID"]), codes_of(day.iloc[rows])])
    time = dates.earliest(some["VSDTC"]).to_numpy().astype("int64")
    order = [-some["VSSTRESN"].to_numpy(), time, some["VSSEQ"].to_numpy()]
    chosen = np.sort(rows[first_of_groups(groups, order, int(groups.max(initial=-1)) + 1)])
    some = vs.iloc[chosen].reset_index(drop=True)
    names = {"VSSTRESN": "AVAL", "VSDTC": "taken", "VSTPTNUM": "timed", "VSTPT": "ATPT"}
    kept = some[["USUBJID", "VSSEQ", *names]].rename(columns=names)
    record = some["USUBJID"] + "/" + as_text(some["VSSEQ"])
    lineage = pd.DataFrame(
        {"row": np.arange(len(some)), "source": constant("VS", len(some)), "record": record}
    )
    return kept.assign(PARAMCD=constant(code, len(kept))), lineage


def moment(advs: Frame) -> pd.Series:
    """ADTM, as `bds.moment`."""
    return bds.moment(advs)


def analysis_visit(advs: Frame, adsl: Frame, spec: Dataset) -> pd.Series:
    """AVISIT, as `bds.visit`."""
    return bds.visit(advs, adsl, spec)


def analysis_visit_number(advs: Frame, adsl: Frame, spec: Dataset) -> pd.Series:
    """AVISITN, as `bds.visit_number`."""
    return bds.visit_number(advs, adsl, spec)


def nearest(advs: Frame) -> pd.Series:
    """ANL01FL, as `bds.flag_nearest`."""
    return bds.flag_nearest(advs)


def worst(advs: Frame, spec: Dataset) -> pd.Series:
    """ANL02FL: the worst value after the infusion."""
    return bds.flag_worst(advs, bds.severity_of_value(advs, spec))

"""ADAE: the columns that see all records of one event (rule D.5).

A record of AE is a part of an event with one grade; the parts share AEGRPID. The whole event stands on its
first record, the one with ACOLLFL. Each function makes one column, aligned with the records.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from adam.adae_rules import Limiting, read_limiting
from adam.rules import need, only, texts, whole
from adam.verbs.occurrences import days_of_runs, event_codes, flag_first, highest, in_event, last_end
from adam.verbs.results import upper_bound
from adam.verbs.subjects import keep_subjects, nearest_rows, subject_rows
from adam.verbs.windows import days_since, plus_days
from clinical import dates
from clinical.distinct import spread_text
from clinical.frames import Frame, take
from clinical.spec import Dataset
from clinical.where import Condition, as_numbers, condition, mask

EVENT = "AEGRPID"


def read_rules(spec: Dataset) -> None:
    """Refuses what is wrong under `parameters`, before any data is read.

    Raises: SpecError for an unknown or missing key and for a condition that is none.
    """
    only(spec.parameters, ("since_treatment", "prolonged", "dose_limiting"), spec.name)
    _phases(spec)
    _prolonged(spec)
    read_limiting(spec)


def first_record(adae: Frame) -> pd.Series:
    """ACOLLFL: Y on the first record of each event, by start and AESEQ."""
    return _flag(flag_first(adae, event_codes(adae, EVENT), ["ASTDT", "ASTDTM", "AESEQ"]))


def end(adae: Frame) -> pd.Series:
    """AENDT: on the first record the last end of the event, on the others their own."""
    return _end(adae)[0]


def end_flag(adae: Frame) -> pd.Series:
    """AENDTF: D or M where day or month of AENDT was imputed."""
    return _end(adae)[1]


def _end(adae: Frame) -> tuple[pd.Series, pd.Series]:
    day, flag = last_end(adae, event_codes(adae, EVENT), "own_end", "own_end_flag")
    first = _is_first(adae)
    return day.where(first, adae["own_end"]), flag.where(first, adae["own_end_flag"])


def grade(adae: Frame) -> pd.Series:
    """ATOXGRN: on the first record the highest grade of the event, on the others their own."""
    own = as_numbers(adae["AETOXGR"])
    whole_event = highest(own, event_codes(adae, EVENT), np.ones(len(adae), dtype=bool))
    return pd.Series(np.where(_is_first(adae), whole_event, own))


def emergent(adae: Frame, adsl: Frame, spec: Dataset) -> pd.Series:
    """TRTEMFL: Y on records that emerged after the infusion and before transplant or new therapy.

    Rows:    of an event that began after the start of the infusion the records that began before `ended`.
             Of an event that began earlier those of them with a grade above all grades before, and with
             them the first record, because it stands for the event.
    Missing: a start nobody knows counts as emergent unless the record ended before the day of infusion;
             nothing is emergent without an infusion; a grade before that nobody knows counts as none.
    Source:  rules D.5, D-IMP (conservative).
    """
    events, own = event_codes(adae, EVENT), as_numbers(adae["AETOXGR"])
    since = adae["APHASE"].isin(_phases(spec)).to_numpy()
    inside = since & ~(adae["ASTDT"] >= adae["ended"]).to_numpy()
    earlier = adae["ASTDT"].notna().to_numpy() & ~since
    begun = in_event(earlier, events)
    worse = inside & begun & (own > np.nan_to_num(highest(own, events, earlier), nan=0))
    treated = take(adsl["TRTSDT"], subject_rows(adae, adsl))
    over = adae["own_end"].to_numpy() < treated.to_numpy()
    unknown = adae["ASTDT"].isna().to_numpy() & treated.notna().to_numpy() & ~over
    first = _is_first(adae) & in_event(worse, events)
    return _flag((inside | unknown) & ~begun | worse | first)


def prolonged(adae: Frame, adsl: Frame, spec: Dataset) -> pd.Series:
    """Y on records with the terms and grades of `prolonged` that are present on its day.

    The first record of their event has it, too. Present is what began by that day and did not end before it,
    in a subject who did not die before it, if the data reach that day.

    Source: rule D.5, CQ06NAM.
    """
    asked, days = _prolonged(spec)
    row = subject_rows(adae, adsl)
    day = take(plus_days(adsl["TRTSDT"], days), row).to_numpy()
    present = (adae["ASTDT"].to_numpy() <= day) & ~(adae["own_end"].to_numpy() < day)
    for limit in ("DTHDT", "DCUTDT"):
        present &= ~(take(adsl[limit], row).to_numpy() < day)
    found = present & mask(adae, asked)
    return _flag(found | _is_first(adae) & in_event(found, event_codes(adae, EVENT)))


def dose_limiting(adae: Frame, adsl: Frame, lb: Frame, spec: Dataset) -> pd.Series:
    """DLTDFL: Y on the first record of an event that limits the dose by the rule, whatever was ticked.

    Rows:    a record counts that began after the infusion and not later than the last day of the window.
    Missing: an event that has not ended lasts to death or data cut; one of unknown start does not count;
             without marrow near the day nobody is known to be in remission.
    Source:  rule A.3.
    """
    rules, events = read_limiting(spec), event_codes(adae, EVENT)
    row, grades = subject_rows(adae, adsl), as_numbers(adae["AETOXGR"])
    last = np.fmin(adsl["DTHDT"].to_numpy(), adsl["DCUTDT"].to_numpy())
    start, ends = (adae[name].astype("datetime64[s]") for name in ("ASTDT", "own_end"))
    ends = ends.fillna(take(pd.Series(last), row))
    inside = mask(adae, rules.records) & adae["APHASE"].isin(_phases(spec)).to_numpy()
    inside &= days_since(start, take(adsl["TRTSDT"], row)) <= rules.window
    found = np.zeros(len(adae), dtype=bool)
    for event in rules.events:
        high = grades >= event.grade
        holds = inside & high & mask(adae, event.where)
        if event.longer_than is not None:
            holds &= days_of_runs(start, ends, events, high) > event.longer_than
        if event.remission_on is not None:
            day = plus_days(adsl["TRTSDT"], event.remission_on)
            there = (start <= take(day, row)) & (ends >= take(day, row))
            holds &= there.to_numpy() & take(pd.Series(in_remission(lb, adsl, day, rules)), row).to_numpy()
        found |= holds
    return _flag(_is_first(adae) & in_event(found, events))


def in_remission(lb: Frame, adsl: Frame, day: pd.Series, rules: Limiting) -> np.ndarray:
    """The subjects whose blasts nearest to a day are below the limit of a remission."""
    asked = keep_subjects(lb.loc[mask(lb, rules.blasts)], adsl)
    asked = asked.assign(
        value=upper_bound(asked["LBSTRESC"], asked["LBSTRESN"]),
        day=dates.to_day(asked["LBDTC"]),
        at=dates.latest(asked["LBDTC"]),
        seq=asked["LBSEQ"],
    ).dropna(subset=["value", "day"], ignore_index=True)
    days = pd.DataFrame({"subject": np.arange(len(adsl)), "ADT": day.to_numpy()})
    nearest = take(asked["value"], nearest_rows(days, asked, rules.blasts_days))
    return (nearest < rules.below).to_numpy(dtype=bool)


def _phases(spec: Dataset) -> tuple[str, ...]:
    return texts(spec.parameters, "since_treatment", spec.name)


def _prolonged(spec: Dataset) -> tuple[Condition, int]:
    node, owner = need(spec.parameters, "prolonged", spec.name), f"{spec.name}.prolonged"
    only(node, ("records", "day"), owner)
    return condition(need(node, "records", owner), owner), whole(node, "day", owner)


def _is_first(adae: Frame) -> np.ndarray:
    return (adae["ACOLLFL"] == "Y").to_numpy(dtype=bool, na_value=False)


def _flag(holds: np.ndarray) -> pd.Series:
    return spread_text(np.where(holds, 0, -1), ["Y"], pd.RangeIndex(len(holds)))

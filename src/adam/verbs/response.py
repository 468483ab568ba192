"""Responses: their dates, the one that counts on a day, the first progression and the evaluable set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from adam.response_criteria import Confirmed, Criteria
from adam.verbs.subjects import first_match, first_rows, keep_subjects, moments, of_subject, within
from adam.verbs.windows import days_since
from clinical import dates
from clinical.frames import Frame, constant, empty, take
from clinical.where import mask


@dataclass(frozen=True, eq=False)
class Limits:
    """Columns of ADSL between which efficacy data count: after `start`, not after `until` [D-HOR]."""

    start: str
    until: str
    death: str
    cut: str


def collected_responses(
    rs: Frame, sv: Frame | None, adsl: Frame, criteria: Criteria, limits: Limits
) -> Frame:
    """The responses of ADSL's subjects, dated and valued, sorted by subject and date.

    Needs:   RS: RSTESTCD and whatever the criteria filter by, RSSTRESC, RSDTC, VISITNUM, RSSEQ, RELAPTYP.
    Gives:   subject, AVALC, AVAL, ADT, ADTF, ADTNOTE, RELAPTYP, RSSEQ; `worst` is true on the record that
             counts on its day, `progression` where that is one.
    Source:  rules D-IMP and D.3.
    """
    found = rs.loc[mask(rs, criteria.records)].reset_index(drop=True)
    if criteria.relapse_type is not None:
        found["RELAPTYP"] = relapse_type(found, rs, criteria)
    found = keep_subjects(found, adsl)
    found["AVALC"] = criteria.value_of(found["RSSTRESC"])
    found["AVAL"] = criteria.code_of(found["AVALC"])
    found["progression"] = found["AVALC"].isin(criteria.groups["progression"]).to_numpy()
    found["adequate"] = found["AVALC"].isin(criteria.adequate).to_numpy()
    found = add_response_date(found, sv, adsl, limits, criteria.visit_note)
    found = found.sort_values(["subject", "ADT", "RSSEQ"], kind="stable", ignore_index=True)
    found["worst"] = flag_worst_of_day(found, found["adequate"].to_numpy())
    return found


def relapse_type(responses: Frame, rs: Frame, criteria: Criteria) -> pd.Series:
    """RELAPTYP of the page a response is from: it is collected on another row of the same visit and date."""
    typed = rs.loc[mask(rs, criteria.relapse_type) & rs["RELAPTYP"].notna().to_numpy()].reset_index(drop=True)
    row = first_match(responses, typed, on=["USUBJID", "VISITNUM", "RSDTC"], order="RSSEQ")
    return take(typed["RELAPTYP"], row)


def add_response_date(records: Frame, sv: Frame | None, adsl: Frame, limits: Limits, note: str) -> Frame:
    """ADT, ADTF and ADTNOTE of responses with perhaps partial dates.

    A date without a day is the start of the record's visit if that lies in what the date can mean (no flag,
    but a note). Else a response takes the last day, a progression the first day later than the adequate
    assessment before it; neither later than death or data cut.

    Needs:   subject, RSDTC, VISITNUM, progression, adequate.
    Missing: a date that is missing altogether is that of the visit, or missing.
    Source:  rule D-IMP.
    """
    text = records["RSDTC"]
    day, flag, visit = visit_or_last_day(records, text, sv, adsl, limits)
    partial = records["progression"].to_numpy() & ~dates.is_complete(text) & ~visit
    before = adequate_before(records.assign(ADT=day), partial)
    caps = [of_subject(records, adsl, column) for column in (limits.death, limits.cut)]
    first, first_flag = impute_up_to(caps, text, "first", after=[before])
    return records.assign(
        ADT=day.mask(partial, first),
        ADTF=flag.mask(partial, first_flag),
        ADTNOTE=constant(note, len(records)).where(visit),
    )


def visit_or_last_day(
    records: Frame, text: pd.Series, sv: Frame | None, adsl: Frame, limits: Limits
) -> tuple[pd.Series, pd.Series, np.ndarray]:
    """The day of each date, its imputation flag, and where the day is that of the visit [D-IMP].

    A date without a day is the start of the visit if that lies in what the date can mean, else the last day
    it can mean, not later than death or data cut.
    """
    visit = visit_start(records, sv, adsl)
    inside = ((visit >= dates.earliest(text)) & (visit <= dates.latest(text))) | text.isna()
    taken = ~dates.is_complete(text) & visit.notna().to_numpy() & inside.to_numpy()
    caps = [of_subject(records, adsl, column) for column in (limits.death, limits.cut)]
    day, flag = impute_up_to(caps, text, "last")
    return day.mask(taken, visit), flag.mask(taken), taken


def impute_up_to(
    caps: list[pd.Series], text: pd.Series, how: str, after: Iterable[pd.Series] = ()
) -> tuple[pd.Series, pd.Series]:
    """As `dates.impute`, and never later than the caps: also where all that a date can mean is later.

    Its day is then the earliest cap, and the flag names the largest part that is not as collected.

    Source:  rule D-IMP.
    """
    day, flag = dates.impute(text, how, after=after, not_after=caps)
    cap, first = pd.concat(caps, axis=1).min(axis=1), dates.earliest(text)
    day = day.mask(flag.notna() & (cap < day), cap)
    moved = flag.notna() & (day < first)
    return day, flag.mask(moved, "M").mask(moved & (day.dt.year < first.dt.year), "Y")


def visit_start(records: Frame, sv: Frame | None, adsl: Frame) -> pd.Series:
    """The first day of the visit each record belongs to: of the same VISITNUM, where its day is known."""
    if sv is None:
        return empty("datetime64[s]", len(records))
    visits = keep_subjects(sv.assign(day=dates.to_day(sv["SVSTDTC"])), adsl)
    visits = visits.loc[visits["day"].notna()].reset_index(drop=True)
    return take(visits["day"], first_match(records, visits, on=["subject", "VISITNUM"], order="day"))


def adequate_before(records: Frame, asked: np.ndarray) -> pd.Series:
    """The date of the last adequate assessment before each record asked for, among those at earlier visits.

    Missing: an assessment or record without VISITNUM counts as earlier: the relapse followed the remission.
    """
    late = records.loc[asked, ["subject", "VISITNUM", "RSDTC"]].reset_index(names="row")
    sound = records.loc[~asked & records["adequate"] & records["ADT"].notna(), ["subject", "VISITNUM", "ADT"]]
    pairs = late.merge(sound, on="subject", suffixes=("", "_sound"))
    earlier = ~(pairs["VISITNUM_sound"] > pairs["VISITNUM"])
    inside = (pairs["ADT"] >= dates.earliest(pairs["RSDTC"])) & (pairs["ADT"] <= dates.latest(pairs["RSDTC"]))
    last = pairs.loc[earlier & inside].groupby("row")["ADT"].max()
    return last.reindex(range(len(records))).astype("datetime64[s]")


def flag_worst_of_day(records: Frame, adequate: np.ndarray) -> np.ndarray:
    """Of a subject's adequate assessments on one date the one with the worst value.

    Needs: subject, ADT, AVAL (higher is worse), RSSEQ.
    Ties:  the same value twice: the lower RSSEQ.
    Source: rule D.3, several OVR on one date.
    """
    by = ["subject", "ADT", "AVAL", "RSSEQ"]
    dated = records.loc[adequate & records["ADT"].notna(), by]
    dated = dated.sort_values(by, ascending=[True, True, False, True], kind="stable")
    worst = np.zeros(len(records), dtype=bool)
    worst[dated.index[~dated.duplicated(["subject", "ADT"])]] = True
    return worst


@dataclass(frozen=True, eq=False)
class Assessed:
    """Which responses count for what.

    `dated`: between the limits, adequate or not; `adequate`: those that count on their day; `progression`:
    each subject's row of the first PD or relapse (-1: none), `progressed` its date; `evaluable`: the set.
    """

    dated: np.ndarray
    adequate: np.ndarray
    progression: np.ndarray
    progressed: pd.Series
    evaluable: np.ndarray


def assess(
    responses: Frame,
    adsl: Frame,
    limits: Limits,
    until: tuple[str, ...],
    not_used_after: tuple[str, ...] = (),
) -> Assessed:
    """The first progression [E-PD] and the evaluable set [E-EVSET].

    Evaluable: adequate, later than the start, not later than the horizon, the first progression and each of
    `until` (new therapy: an assessment on its day precedes it). Responses later than one of `not_used_after`
    are as if they had not been made.
    """
    day = responses["ADT"]
    limit = [of_subject(responses, adsl, column) for column in (limits.until, *not_used_after)]
    dated = within(day, of_subject(responses, adsl, limits.start), limit)
    adequate = dated & responses["worst"].to_numpy()
    progression = first_rows(responses, adequate & responses["progression"].to_numpy(), len(adsl))
    progressed = take(day, progression)
    ends = [take(progressed, responses["subject"].to_numpy())]
    ends += [of_subject(responses, adsl, column) for column in until]
    return Assessed(dated, adequate, progression, progressed, adequate & within(day, None, ends))


def flag_considered(
    responses: Frame, adsl: Frame, limits: Limits, until: tuple[str, ...], assessed: Assessed
) -> np.ndarray:
    """What a best response is chosen among: the evaluable set, and on days without it the first of the rest.

    Needs:  responses as `collected_responses` sorts them.
    Source: RECIST 1.1, 4.6 (not evaluable assessments).
    """
    ends = [take(assessed.progressed, responses["subject"].to_numpy())]
    ends += [of_subject(responses, adsl, column) for column in until]
    known = responses["AVALC"].notna() & ~responses["adequate"]
    rest = assessed.dated & known.to_numpy() & within(responses["ADT"], None, ends)
    moment = moments(responses)
    rest &= ~np.isin(moment, moment[assessed.evaluable])
    first = np.zeros(len(responses), dtype=bool)
    rows = np.flatnonzero(rest)
    first[rows[np.unique(moment[rows], return_index=True)[1]]] = True
    return assessed.evaluable | first


def flag_confirmed(responses: Frame, considered: np.ndarray, criteria: Criteria) -> np.ndarray:
    """The responses considered that need no confirmation, or that a later one confirms.

    Between a response and the first one late enough to confirm it stand only values that confirm too or that
    are allowed, these not too often, and a better response does not fall back to a worse one.

    Needs:  responses as `collected_responses` sorts them, one a day among those considered.
    Source: RECIST 1.1, 4.6 and table 3.
    """
    confirmed = considered.copy()
    if criteria.confirmation is None:
        return confirmed
    rows = np.flatnonzero(considered)
    found = responses.loc[rows].reset_index(drop=True)
    for value, rule in criteria.confirmation.responses.items():
        asked = np.flatnonzero(found["AVALC"] == value)
        confirmed[rows[asked]] = _has_confirmation(found, asked, rule, criteria)
    return confirmed


def _has_confirmation(found: Frame, asked: np.ndarray, rule: Confirmed, criteria: Criteria) -> np.ndarray:
    """Whether each of the rows asked about is confirmed by the first row late enough."""
    value, moment = found["AVALC"], moments(found)
    by = np.flatnonzero(value.isin(rule.by))
    place = np.searchsorted(moment[by], moment[asked] + criteria.confirmation.days)
    at = np.append(by, -1)[place]
    same = (at >= 0) & (found["subject"].to_numpy()[at] == found["subject"].to_numpy()[asked])
    allowed = [(~value.isin([*rule.by, *rule.despite]), 0)]
    allowed += [(value == other, most) for other, most in rule.despite.items()]
    for others, most in allowed:
        so_far = np.cumsum(others.to_numpy())
        same &= so_far[at] - so_far[asked] <= most
    for worse in rule.by:
        better = [name for name in rule.by if criteria.codes[name] < criteria.codes[worse]]
        fallen = _last_place(value == worse)[at]
        same &= ~((fallen > asked) & (_last_place(value.isin(better))[fallen] > asked))
    return same


def _last_place(holds: pd.Series) -> np.ndarray:
    """For each row the last row up to it where it holds, -1 for none."""
    return np.maximum.accumulate(np.where(holds, np.arange(len(holds)), -1))


def counted_value(responses: Frame, start: pd.Series, criteria: Criteria, confirmed: np.ndarray) -> pd.Series:
    """What each assessment counts as: unconfirmed ones as less, stable ones only from their day on.

    Needs:  AVALC, ADT; `start` aligned with the responses.
    Source: RECIST 1.1, 4.6 (minimum duration of stable disease), table 3.
    """
    counted, stable, confirmation = responses["AVALC"], criteria.stable, criteria.confirmation
    if confirmation is not None:
        counted = counted.where(confirmed | ~counted.isin(confirmation.responses), confirmation.unconfirmed)
    if stable is not None:
        early = days_since(responses["ADT"], start) < stable.from_day
        counted = counted.mask(early & counted.isin(stable.values), stable.before)
    return counted

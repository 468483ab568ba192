"""The rules of ADRS: each makes the rows of one parameter (D.3)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from adam.adrs_evidence import (
    BESIDE,
    COLUMNS,
    PERCENT,
    REASON,
    RESPONSE,
    SAMPLE,
    Evidence,
    one_each,
    rows_of,
    whole_rows,
    yes_or_no,
)
from adam.adrs_rules import Parameter
from adam.algorithm import decide
from adam.verbs.response import counted_value
from adam.verbs.subjects import first_rows, last_rows, moments, within
from adam.verbs.windows import Window, flag_nearest, plus_days
from clinical.distinct import spread_text
from clinical.frames import Frame, constant, first_of_groups, take


def responses(evidence: Evidence, parameter: Parameter) -> Frame:
    """OVR: every response, ANL01FL in the evaluable set, ANL02FL nearest to the target of its window."""
    found, evaluable = evidence.responses, evidence.assessed.evaluable
    nearest = flag_nearest(found, evaluable)
    return whole_rows(found, evaluable, nearest, RESPONSE, RSSEQ=found["RSSEQ"])


def algorithmic(evidence: Evidence, parameter: Parameter) -> Frame:
    """OVRD: the response that the components of each assessment after the start give, as a check of it.

    It counts as after a remission if an adequate response of the group `after` is of an earlier day.
    """
    found, rules = evidence.responses, evidence.rules.algorithm
    since = take(evidence.start(), found["subject"].to_numpy())
    later = (found["ADT"] > since).to_numpy()
    first = first_rows(
        found, later & found["worst"].to_numpy() & evidence.is_of(parameter.after), evidence.size
    )
    remission = take(evidence.response_date(first), found["subject"].to_numpy())
    kept = found.loc[later].reset_index(drop=True)
    after = (found["ADT"] > remission).to_numpy()[later]
    given = evidence.given
    decided = decide(kept, after, given, rules)
    avalc = pd.Series([rules.values[value] for value in decided.value], dtype="str")
    said = [
        rules.decided_by.get(one) or rules.lacking[two]
        for one, two in zip(decided.component, decided.lacking, strict=True)
    ]
    shown = {
        name: kept[name] for name in COLUMNS if name in kept and name not in ("RELAPTYP", "AVAL", "AVALC")
    }
    domain = pd.Series(decided.domain, dtype="str")
    return rows_of(
        kept["subject"].to_numpy(),
        shown
        | {
            "AVALC": avalc,
            "AVAL": pd.Series(evidence.rules.criteria.code_of(avalc)),
            REASON: pd.Series(said, dtype="str"),
            "SRCDOM": domain,
            "SRCVAR": domain.map(RESULTS),
            "SRCSEQ": pd.Series(decided.seq),
        },
    )


RESULTS = {"LB": "LBSTRESC", "TR": "TRSTRESC", "RS": "RSSTRESC"}


def mrd_status(evidence: Evidence, parameter: Parameter) -> Frame:
    """MRD: every marrow sample, ANL01FL in E-MRDSET; AVAL 0 negative, 1 positive, missing not evaluable."""
    rules, found = evidence.rules.mrd, evidence.samples
    value = found["status"].map({rules.negative: 0.0, rules.positive: 1.0}).astype("float64")
    nearest = flag_nearest(found, evidence.used_samples)
    return whole_rows(found.assign(AVALC=found["status"], AVAL=value), evidence.used_samples, nearest, SAMPLE)


def mrd_percent(evidence: Evidence, parameter: Parameter) -> Frame:
    """MRDPCT: the percentage of the same samples; missing where negative below the sensitivity."""
    found = evidence.samples
    nearest = flag_nearest(found, evidence.used_samples)
    return whole_rows(found.assign(AVAL=found["percent"]), evidence.used_samples, nearest, PERCENT)


def status(evidence: Evidence, parameter: Parameter) -> Frame:
    """STWn: the value of the selected record, else the reason why there is none [E-ORR]."""
    reason, row = weekly(evidence, parameter)
    shown = spread_text(reason, evidence.rules.status.texts, evidence.adsl.index)
    value = take(evidence.responses["AVALC"], row)
    avalc = value.where(row >= 0, shown)
    return at_window(evidence, parameter, avalc, take(evidence.responses["AVAL"], row), reason, row)


def response_at(evidence: Evidence, parameter: Parameter) -> Frame:
    """ORRWn, CRWn: Y or N by the selected record; missing where the window is not over yet [E-ORR]."""
    reason, row = weekly(evidence, parameter)
    good = np.append(evidence.is_of(parameter.of), False)[row]
    waiting = (row < 0) & (reason == NOT_REACHED)
    answer = np.where(waiting, -1, good.astype("int64"))
    avalc, aval = yes_or_no(answer, evidence.adsl.index)
    return at_window(evidence, parameter, avalc, aval, reason, row)


NOT_REACHED = 3


def weekly(evidence: Evidence, parameter: Parameter) -> tuple[np.ndarray, np.ndarray]:
    """As `select`; status and rates of one window share it."""
    key = (parameter.window, *parameter.not_used_after)
    if key not in evidence.selected:
        evidence.selected[key] = select(evidence, parameter)
    return evidence.selected[key]


def select(evidence: Evidence, parameter: Parameter) -> tuple[np.ndarray, np.ndarray]:
    """For each subject the selected record of a window (-1: none) and the reason if there is none.

    In this order, the first that holds: progression before the window, new therapy before it, a record in the
    window (the nearest of those not later than therapy and progression; new therapy if all are later), death
    by its end, horizon before its end, else nothing assessed or nothing evaluable.

    Source: rule E-ORR, steps 1 to 6.
    """
    window, rules = evidence.rules.windows[parameter.window], evidence.rules.status
    assessed = evidence.assessed_without(parameter.not_used_after)
    first, last = (plus_days(evidence.start(), day) for day in (window.first, window.last))
    inside = evidence.responses["window"].to_numpy() == evidence.rules.visit_number[window.name]
    row = first_rows(
        evidence.responses, flag_nearest(evidence.responses, assessed.evaluable & inside), evidence.size
    )
    steps = [
        (assessed.progressed < first, 0),
        (evidence.dated(rules.new_therapy) < first, 1),
        (row >= 0, -1),
        (first_rows(evidence.responses, assessed.adequate & inside, evidence.size) >= 0, 1),
        (evidence.dated(rules.death) <= last, 2),
        (evidence.until() < last, NOT_REACHED),
        (first_rows(evidence.responses, assessed.dated & inside, evidence.size) >= 0, 4),
    ]
    reason = np.select([np.asarray(holds) for holds, _ in steps], [result for _, result in steps], default=5)
    return reason, np.where(reason == -1, row, -1)


def at_window(
    evidence: Evidence,
    parameter: Parameter,
    avalc: pd.Series,
    aval: pd.Series,
    reason: np.ndarray,
    row: np.ndarray,
) -> Frame:
    """Rows of a window's parameter: visit and window, and the source of the value or of the reason."""
    window = evidence.rules.visits.windows[evidence.rules.visit_number[parameter.window]]
    progression = evidence.assessed_without(parameter.not_used_after).progression
    cited = np.where(reason == 0, progression, row)
    until = evidence.rules.limits.until
    columns = [until, evidence.rules.status.new_therapy, evidence.rules.status.death, until, until, until]
    shown = in_window(window, evidence, row)
    return one_each(
        evidence, parameter, avalc, aval, evidence.response_date(row), cited, columns, reason, **shown
    )


def in_window(window: Window, evidence: Evidence, row: np.ndarray) -> dict[str, pd.Series]:
    """AVISIT, AVISITN and the limits of the window, AWTDIFF of the selected record."""
    size = evidence.size
    numbers = {
        "AVISITN": window.number,
        "AWTARGET": float(window.target),
        "AWLO": float(window.first),
        "AWHI": float(window.last),
    }
    return {
        "AVISIT": constant(window.visit, size),
        "AWU": constant(evidence.rules.visits.unit, size),
        "AWTDIFF": take(evidence.responses["AWTDIFF"], row),
        **{column: constant(number, size) for column, number in numbers.items()},
    }


def answered(evidence: Evidence, parameter: Parameter, row: np.ndarray, **shown: pd.Series) -> Frame:
    """Y with the date of a response, N without; an N cites the horizon up to which none was found."""
    avalc, aval = yes_or_no((row >= 0).astype("int64"), evidence.adsl.index)
    cited = [evidence.rules.limits.until]
    return one_each(evidence, parameter, avalc, aval, evidence.response_date(row), row, cited, **shown)


def best(evidence: Evidence, parameter: Parameter) -> Frame:
    """BOR: the best value of the evaluable set and the first date it was reached; none: `none`."""
    found, among = evidence.responses, evidence.assessed.evaluable
    if parameter.window:
        last = plus_days(evidence.start(), evidence.rules.windows[parameter.window].last)
        among = among & (found["ADT"] <= take(last, found["subject"].to_numpy())).to_numpy()
    subject = np.where(among, found["subject"], -1)
    row = first_of_groups(subject, [found["AVAL"].to_numpy()], evidence.size)
    avalc = take(found["AVALC"], row).fillna(parameter.none)
    aval = take(found["AVAL"], row).fillna(evidence.rules.criteria.codes[parameter.none])
    cited = [evidence.rules.limits.until]
    return one_each(evidence, parameter, avalc, aval, evidence.response_date(row), row, cited)


def best_unconfirmed(evidence: Evidence, parameter: Parameter) -> Frame:
    """BOR: the best of what assessments count as, stable disease only from its day on."""
    return best_counted(evidence, parameter, np.ones(len(evidence.responses), dtype=bool))


def best_confirmed(evidence: Evidence, parameter: Parameter) -> Frame:
    """CBOR: the same, and a response that no later assessment confirms counts as less."""
    return best_counted(evidence, parameter, evidence.confirmed)


def best_counted(evidence: Evidence, parameter: Parameter, confirmed: np.ndarray) -> Frame:
    """The best value counted up to the first progression, and the first date that counts so; none: `none`."""
    found, criteria = evidence.responses, evidence.rules.criteria
    start = take(evidence.start(), found["subject"].to_numpy())
    counted = counted_value(found, start, criteria, confirmed)
    code = criteria.code_of(counted)
    subject = np.where(evidence.considered & ~np.isnan(code), found["subject"], -1)
    row = first_of_groups(subject, [code], evidence.size)
    avalc = take(counted, row).fillna(parameter.none)
    aval = pd.Series(criteria.code_of(avalc), index=avalc.index)
    cited = [evidence.rules.limits.until]
    return one_each(evidence, parameter, avalc, aval, evidence.response_date(row), row, cited)


def ever_confirmed(evidence: Evidence, parameter: Parameter) -> Frame:
    """CRSP: whether and when a response of the group that is confirmed later was first seen."""
    among = evidence.assessed.evaluable & evidence.is_of(parameter.of) & evidence.confirmed
    return answered(evidence, parameter, first_rows(evidence.responses, among, evidence.size))


def ever(evidence: Evidence, parameter: Parameter) -> Frame:
    """ORR, CRCRI: whether and when a response of the group was first evaluable."""
    return answered(evidence, parameter, evidence.first_response(parameter.of))


def first(evidence: Evidence, parameter: Parameter) -> Frame:
    """RSP, CR1: the first evaluable response of the group, for those who have one."""
    row = evidence.first_response(parameter.of)
    return answered(evidence, parameter, row).loc[lambda rows: rows["AVALC"] == "Y"]


def progression(evidence: Evidence, parameter: Parameter) -> Frame:
    """PD: the first progression or relapse [E-PD]."""
    return answered(evidence, parameter, evidence.assessed.progression)


def relapse(evidence: Evidence, parameter: Parameter) -> Frame:
    """RELAPSE: the first relapse later than the first response of the group `after`, and where it was."""
    found = evidence.responses
    since = evidence.response_date(evidence.first_response(parameter.after))
    later = (found["ADT"] > take(since, found["subject"].to_numpy())).to_numpy()
    row = first_rows(found, evidence.assessed.adequate & evidence.is_of("relapse") & later, evidence.size)
    return answered(evidence, parameter, row, RELAPTYP=take(found["RELAPTYP"], row))


def last(evidence: Evidence, parameter: Parameter) -> Frame:
    """LSTA: the last adequate response up to the horizon, for those who have one."""
    row = last_rows(evidence.responses, evidence.assessed.adequate, evidence.size)
    return answered(evidence, parameter, row).loc[lambda rows: rows["AVALC"] == "Y"]


def dated(evidence: Evidence, parameter: Parameter) -> Frame:
    """HSCTANY, NACT, DEATH: whether ADSL has the date, not later than the horizon."""
    day = evidence.dated(parameter.date)
    return by_date(evidence, parameter, day, day.notna().to_numpy())


def in_response(evidence: Evidence, parameter: Parameter) -> Frame:
    """HSCTREM: a date after the first response, not after progression or `not_after`; responders only."""
    day = evidence.dated(parameter.date)
    responded = evidence.response_date(evidence.first_response(parameter.of))
    ends = [evidence.assessed.progressed, evidence.dated(parameter.not_after)]
    return by_date(evidence, parameter, day, within(day, responded, ends), responded.notna().to_numpy())


def by_date(
    evidence: Evidence,
    parameter: Parameter,
    day: pd.Series,
    holds: np.ndarray,
    among: np.ndarray | bool = True,
) -> Frame:
    """Y with a date of ADSL where it holds, else N; it or the horizon is the source."""
    avalc, aval = yes_or_no(holds.astype("int64"), evidence.adsl.index)
    cited = [evidence.rules.limits.until, parameter.date]
    nowhere = np.full(evidence.size, -1)
    which = holds.astype("int64")
    flag = evidence.adsl[f"{parameter.date}F"].where(holds)
    return one_each(
        evidence, parameter, avalc, aval, day.where(holds), nowhere, cited, which, among=among, ADTF=flag
    )


def mrd_negative(evidence: Evidence, parameter: Parameter) -> Frame:
    """MRDNEG: the first negative sample of E-MRDSET."""
    return sampled(evidence, parameter, evidence.samples_with(evidence.rules.mrd.negative))


def mrd_relapse(evidence: Evidence, parameter: Parameter) -> Frame:
    """MRDREL: the first positive sample later than a negative one and than the first response of `after`.

    The last adequate response on or before the sample is still of that group, and nobody has progressed yet.
    The sample beside it is the first negative one.
    """
    samples, subject = evidence.samples, evidence.samples["subject"].to_numpy()
    since = evidence.response_date(evidence.first_response(parameter.after))
    negative = first_rows(samples, evidence.samples_with(evidence.rules.mrd.negative), evidence.size)
    later = [take(day, subject) for day in (since, take(samples["ADT"], negative))]
    row = last_on_or_before(evidence.responses, evidence.assessed.adequate, samples)
    holding = np.append(evidence.is_of(parameter.after), False)[row]
    found = evidence.samples_with(evidence.rules.mrd.positive) & holding
    for day in later:
        found &= (samples["ADT"] > day).to_numpy()
    return sampled(evidence, parameter, found, **{BESIDE: take(samples["CPSEQ"], negative)})


def sampled(evidence: Evidence, parameter: Parameter, found: np.ndarray, **shown: pd.Series) -> Frame:
    """Y with the date of the first sample found, else N."""
    row = first_rows(evidence.samples, found, evidence.size)
    avalc, aval = yes_or_no((row >= 0).astype("int64"), evidence.adsl.index)
    adt = take(evidence.samples["ADT"], row)
    cited = [evidence.rules.limits.until]
    return one_each(evidence, parameter, avalc, aval, adt, row, cited, source=SAMPLE, **shown)


def mrd_response(evidence: Evidence, parameter: Parameter) -> Frame:
    """MRDORR: the first evaluable response of the group with a negative sample near enough in time.

    The sample beside it is the nearest one, of two equally near the earlier.
    """
    found, samples = evidence.responses, evidence.samples
    negative = np.flatnonzero(evidence.samples_with(evidence.rules.mrd.negative))
    days, at = np.append(moments(samples)[negative], np.iinfo("int64").max // 2), moments(found)
    after = np.searchsorted(days, at)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(at - days[before]) <= np.abs(days[after] - at), before, after)
    near = np.abs(at - days[nearest]) <= evidence.rules.mrd.match_days
    among = evidence.assessed.evaluable & evidence.is_of(parameter.of) & near
    row = first_rows(found, among, evidence.size)
    place = np.append(np.append(negative, -1)[nearest], -1)[row]
    return answered(evidence, parameter, row, **{BESIDE: take(samples["CPSEQ"], place)})


def last_on_or_before(records: Frame, among: np.ndarray, others: Frame) -> np.ndarray:
    """For each of `others` the last record among those asked for on or before its day; -1 for none."""
    rows = np.flatnonzero(among)
    place = np.searchsorted(moments(records)[rows], moments(others), "right") - 1
    found = np.append(rows, -1)[place]
    mine = np.append(records["subject"].to_numpy(), -1)[found]
    return np.where(mine == others["subject"].to_numpy(), found, -1)


MAKERS: dict[str, Callable[[Evidence, Parameter], Frame]] = {
    "responses": responses,
    "algorithmic": algorithmic,
    "mrd_status": mrd_status,
    "mrd_percent": mrd_percent,
    "status": status,
    "response_at": response_at,
    "best": best,
    "best_unconfirmed": best_unconfirmed,
    "best_confirmed": best_confirmed,
    "ever": ever,
    "ever_confirmed": ever_confirmed,
    "first": first,
    "progression": progression,
    "relapse": relapse,
    "mrd_negative": mrd_negative,
    "mrd_response": mrd_response,
    "mrd_relapse": mrd_relapse,
    "in_response": in_response,
    "dated": dated,
    "last": last,
}

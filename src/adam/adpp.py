"""ADPP: parameters of the non-compartmental analysis of ADPC (rule D.9).

What each parameter is called and which result it shows stands in the spec:

```yaml
who: PKFL                                                    # population flag of ADSL
samples: {PARAMCD: CARVCN, PKEXCLFL: {missing: true}}        # records of ADPC that the analysis uses
area: {until: 28, enough: 25, before: measured}              # days; a shorter curve must reach the second
terminal: {points: 3, least: 0.80, tie: 0.0001}
timed: {TRTSTMF: {missing: true}}                            # subjects of ADSL with a known time of dosing
reasons: {peak: ..., short: ..., points: ..., fit: ..., rise: ..., unknown: ...}   # AVALC: not estimable
AUC28:  {label: ..., unit: ..., result: area, testcd: AUCINT}          # testcd: how PP calls it
PERSM3: {label: ..., result: seen, at: {AVISITN: 13}}                  # Y or N
```
`result` is one of RESULTS. `before` says what an area starts from where the sample before the dose is above
the limit of quantitation: `measured` from its value, `zero` from 0 as where it is below or missing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from adam.rules import Reads, chosen, need, number, only, text
from adam.verbs import nca
from adam.verbs.subjects import keep_subjects
from clinical.distinct import spread_text
from clinical.frames import Frame, empty, take
from clinical.read import Mapping
from clinical.spec import Dataset
from clinical.where import Condition, condition, mask

SETTINGS = ("who", "samples", "area", "terminal", "timed", "reasons")
BEFORE = ("measured", "zero")
REASONS = ("peak", "short", "points", "fit", "rise", "unknown")
RESULTS = {
    "peak": "the highest result",
    "peak_time": "the time of the highest result",
    "last": "the last result above the limit of quantitation",
    "last_time": "the time of the last result above the limit of quantitation",
    "area": "the area under the results up to the last day asked for",
    "area_last": "the area under the results up to the last one above the limit of quantitation",
    "rate": "the rate of the terminal decline",
    "half_life": "ln 2 by the rate of the terminal decline",
    "fit": "the adjusted R-squared of the terminal decline",
    "seen": "whether a result is above the limit of quantitation",
}


@dataclass(frozen=True)
class Parameter:
    """What a parameter of ADPP is called, its unit, its result, and how it is called in SDTM."""

    code: str
    label: str
    result: str
    unit: str
    testcd: str
    at: Condition | None


@dataclass(frozen=True)
class Rules:
    """Everything ADPP is told."""

    who: str
    samples: Condition
    timed: Condition
    until: float
    enough: float
    before: str
    terminal: nca.Terminal
    reasons: tuple[str, ...]
    parameters: tuple[Parameter, ...]


def read_rules(spec: Dataset) -> Rules:
    """The rules of ADPP as its spec states them.

    Raises: SpecError, with file and line, for an unknown or missing key.
    """
    node, owner = spec.parameters, spec.name
    area, terminal, reasons = (need(node, key, owner) for key in ("area", "terminal", "reasons"))
    only(area, ("until", "enough", "before"), f"{owner}.area")
    only(terminal, ("points", "least", "tie"), f"{owner}.terminal")
    only(reasons, REASONS, f"{owner}.reasons")
    rules = Rules(
        who=text(node, "who", owner),
        samples=condition(need(node, "samples", owner), f"{owner}.samples"),
        timed=condition(need(node, "timed", owner), f"{owner}.timed"),
        until=number(area, "until", f"{owner}.area"),
        enough=number(area, "enough", f"{owner}.area"),
        before=chosen(area, "before", text(area, "before", f"{owner}.area"), BEFORE, f"{owner}.area"),
        terminal=nca.Terminal(
            int(number(terminal, "points", owner)),
            number(terminal, "least", owner),
            number(terminal, "tie", owner),
        ),
        reasons=tuple(text(reasons, key, f"{owner}.reasons") for key in REASONS),
        parameters=tuple(_parameter(name, node, f"{owner}.{name}") for name in node if name not in SETTINGS),
    )
    reads = Reads(spec)
    reads.must_have("ADSL", [rules.who], node.line("who"), owner)
    reads.must_have_left("ADSL", rules.timed, node.line("timed"), owner)
    reads.must_have_left("ADPC", rules.samples, node.line("samples"), owner)
    for parameter in rules.parameters:
        reads.must_have_left("ADPC", parameter.at, node.line(parameter.code), f"{owner}.{parameter.code}")
    return rules


def _parameter(code: str, node: Mapping, owner: str) -> Parameter:
    if code.islower():
        only(Mapping({code: node[code]}, node.at, node.lines), SETTINGS, owner.rpartition(".")[0])
    given = node[code]
    only(given, ("label", "result", "unit", "testcd", "at"), owner)
    result = chosen(given, "result", text(given, "result", owner), RESULTS, owner)
    at = condition(need(given, "at", owner, what="result seen"), owner) if result == "seen" else None
    return Parameter(
        code, text(given, "label", owner), result, text(given, "unit", owner, ""),
        text(given, "testcd", owner, ""), at,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Analysis:
    """The results of all subjects, by the names of RESULTS: value, why it is missing, rows of its samples."""

    size: int
    values: dict[str, np.ndarray]
    reasons: dict[str, np.ndarray]
    places: dict[str, np.ndarray]

    def without(self, unknown: np.ndarray) -> Analysis:
        """The same, with the reason `unknown` for those whose time of dosing is not known."""
        number = REASONS.index("unknown")
        reasons = {name: np.where(unknown, number, reason) for name, reason in self.reasons.items()}
        return replace(self, reasons=reasons)


def adpp(adsl: Frame, adpc: Frame, spec: Dataset) -> tuple[Frame, Frame]:
    """ADPP: one record per parameter of each subject who was measured after the infusion.

    Rows:    every parameter for each subject of the population `who`.
    Needs:   ARRELTM, AVAL (0 below quantitation), PCSEQ and what `samples` and `at` name of ADPC.
    Gives:   PARAM, PARAMCD, AVAL, AVALU; AVALC `NC: <reason>` of what is not estimable, Y or N of `seen`;
             for PP the helpers reason and testcd. The lineage is the samples of ADPC that decide, as records
             of their source.
    Missing: no sample at the visit gives neither value nor reason.
    Source:  rule D.9.
    """
    rules = read_rules(spec)
    adsl = adsl.loc[(adsl[rules.who] == "Y").to_numpy(dtype=bool, na_value=False)].reset_index(drop=True)
    usable = mask(adpc, rules.samples) & adpc[["AVAL", "ARRELTM"]].notna().all(axis=1).to_numpy()
    samples = keep_subjects(adpc.loc[usable].assign(time=adpc["ARRELTM"], value=adpc["AVAL"]), adsl)
    found = analysed(samples, len(adsl), rules).without(~mask(adsl, rules.timed))
    parts = [_rows(parameter, found, samples, rules) for parameter in rules.parameters]
    rows = pd.concat(parts, ignore_index=True)
    frame = rows.drop(columns="subject").assign(USUBJID=take(adsl["USUBJID"], rows["subject"].to_numpy()))
    return frame, _lineage(rows, found, samples, adsl, rules)


def analysed(samples: Frame, size: int, rules: Rules) -> Analysis:
    """Every result of every subject, and why it is missing (a number of `reasons`, -1 where it is there)."""
    curve = nca.curve_of(samples, size)
    top, last, end = nca.peak(curve), nca.last_quantifiable(curve), nca.last_time(curve)
    predose = _before_the_dose(samples, size) if rules.before == "measured" else np.full(size, -1)
    before = np.append(samples["value"].to_numpy(), np.nan)[predose]
    slope = nca.terminal_slope(curve, rules.terminal)
    until = np.where(end >= rules.enough, np.minimum(end, rules.until), np.nan)
    accepted = (slope.fit >= rules.terminal.least) & (slope.rate > 0)
    rate = np.where(accepted, slope.rate, np.nan)
    last_time = curve.at(curve.time, last)
    values = {
        "peak": curve.at(curve.value, top),
        "peak_time": curve.at(curve.time, top),
        "last": curve.at(curve.value, last),
        "last_time": last_time,
        "area": nca.area(curve, before, until),
        "area_last": nca.area(curve, before, last_time),
        "rate": rate,
        "half_life": np.log(2) / rate,
        "fit": np.where(accepted, slope.fit, np.nan),
    }
    none = np.where(top < 0, 0, -1)
    short = np.where(np.isnan(until), 1, -1)
    no_line = np.where(slope.points < rules.terminal.points, 2, np.where(slope.rate > 0, 3, 4))
    reasons = dict.fromkeys(values, none)
    reasons["area"] = np.where(none >= 0, none, short)
    reasons |= dict.fromkeys(
        ("rate", "half_life", "fit"), np.where(none >= 0, none, np.where(accepted, -1, no_line))
    )
    areas = {
        name: np.concatenate(
            [np.where(np.isnan(end), -1, predose), curve.rows_of(nca.area_places(curve, end))]
        )
        for name, end in (("area", until), ("area_last", last_time))
    }
    line = curve.rows_of(nca.terminal_places(curve, slope))
    ends = {"peak": top, "peak_time": top, "last": last, "last_time": last}
    places = {name: curve.rows_of(place) for name, place in ends.items()}
    return Analysis(size, values, reasons, places | areas | dict.fromkeys(("rate", "half_life", "fit"), line))


def _before_the_dose(samples: Frame, size: int) -> np.ndarray:
    """The row of the last sample before the dose, -1 without one."""
    before = samples.loc[samples["time"] <= 0].sort_values(["time", "value"], kind="stable")
    found = np.full(size, -1)
    found[before["subject"].to_numpy()] = before.index.to_numpy()
    return found


def _rows(parameter: Parameter, found: Analysis, samples: Frame, rules: Rules) -> Frame:
    index = pd.RangeIndex(found.size)
    if parameter.result == "seen":
        answer = _seen(parameter, samples, found.size)
        value = np.where(answer < 0, np.nan, answer.astype("float64"))
        shown, reason = spread_text(answer, ["N", "Y"], index), empty("str", found.size)
    else:
        value = found.values[parameter.result]
        number = np.where(np.isnan(value), found.reasons[parameter.result], -1)
        reason = spread_text(number, rules.reasons, index)
        shown = spread_text(number, [f"NC: {text}" for text in rules.reasons], index)
    every, there = np.zeros(found.size, dtype="int64"), np.where(np.isnan(value), -1, 0)
    return pd.DataFrame(
        {
            "subject": np.arange(found.size),
            "PARAM": spread_text(every, [parameter.label], index),
            "PARAMCD": spread_text(every, [parameter.code], index),
            "AVAL": value,
            "AVALC": shown,
            "AVALU": spread_text(there, [parameter.unit or None], index),
            "reason": reason,
            "testcd": spread_text(every, [parameter.testcd or None], index),
        }
    )


def _seen(parameter: Parameter, samples: Frame, size: int) -> np.ndarray:
    """1 where a sample of the visit was quantifiable, 0 where none of them was, -1 without one."""
    there = mask(samples, parameter.at) & (samples["time"] > 0).to_numpy()
    answer = np.full(size, -1)
    np.maximum.at(
        answer, samples["subject"].to_numpy()[there], (samples["value"].to_numpy()[there] > 0).astype("int64")
    )
    return answer


def _lineage(rows: Frame, found: Analysis, samples: Frame, adsl: Frame, rules: Rules) -> Frame:
    """The samples that a value is made of or those of a visit, all of the subject where none is.

    A subject without any sample that counts is traced to ADSL.
    """
    parts, subject = [], samples["subject"].to_numpy()
    for parameter in rules.parameters:
        row_of = np.full(found.size, -1)
        asked = np.flatnonzero((rows["PARAMCD"] == parameter.code).to_numpy())
        row_of[rows["subject"].to_numpy()[asked]] = asked
        own = np.zeros(len(samples), dtype=bool)
        if parameter.at is not None:
            own = mask(samples, parameter.at)
        else:
            place = found.places[parameter.result]
            own[place[place >= 0]] = True
        has = np.isin(subject, subject[own])
        place = np.flatnonzero(own | ~has)
        parts.append(pd.DataFrame({"row": row_of[subject[place]], "place": place}))
    used = pd.concat(parts, ignore_index=True)
    place = used["place"].to_numpy()
    number = take(samples["PCSEQ"], place).astype("int64").astype("str")
    record = take(adsl["USUBJID"], subject[place]) + "/" + number
    traced = pd.DataFrame({"row": used["row"], "source": "PC", "record": record})
    others = rows.index[~rows.index.isin(used["row"])].to_numpy()
    person = take(adsl["USUBJID"], rows["subject"].to_numpy()[others])
    return pd.concat(
        [traced, pd.DataFrame({"row": others, "source": "ADSL", "record": person})], ignore_index=True
    )

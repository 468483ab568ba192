"""ADCRS: daily grades as the investigator gave them, and derived again from their components (rule D.5).

```yaml
days: {from: 0, until: 28}              # protocol days of the daily parameters
TMAX24:   {label: ..., records: {FATESTCD: TMAX24}, of: highest}            # collected, once a day
AGVHDGR:  {label: ..., records: {...}, of: highest, any_day: true}
CRSGRD:                                 # derived: the worst of its components, see adam.verbs.components
  label: ...
  fever: {records: {FATESTCD: TMAX24}, at_least: 38.0, alone: 1, treatments: {CMCLASCD: [N02BE]}}
  components: {hypoxia: {records: {FATESTCD: HYPOX}, grades: {NONE: 0, LOW-FLOW: 2}}}
```
`fever` makes a grade that only febrile days have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from adam.rules import Reads, chosen, need, number, only, text, whole, yes
from adam.verbs.components import Component, component_grades, extreme_of_days, read_components
from adam.verbs.fever import flag_febrile
from adam.verbs.subjects import keep_subjects, of_subject
from adam.verbs.windows import days_since
from clinical import dates
from clinical.distinct import spread_text
from clinical.frames import Frame, as_text, take
from clinical.read import At, Mapping
from clinical.spec import Dataset
from clinical.where import Condition, condition, mask

ENDS = ("highest", "lowest")
CARRIED = SIGNS, FEVER = ("signs", "fever")


@dataclass(frozen=True)
class Fever:
    """Records of the temperature, where fever begins, its grade alone, the treatments that take it away.

    `carried` says what a fever is that was taken away: `signs` (ASTCT: graded by what came with it), or
    `fever` (graded as if it were still there).
    """

    records: Condition
    at_least: float
    alone: float
    treatments: Condition
    carried: str


@dataclass(frozen=True)
class Parameter:
    """A parameter: collected (`records`, the `highest` or lowest of a day) or derived from components."""

    code: str
    label: str
    any_day: bool
    records: Condition | None = None
    highest: bool = True
    fever: Fever | None = None
    components: tuple[Component, ...] = ()


@dataclass(frozen=True)
class Rules:
    """First and last protocol day of the daily parameters, and the parameters."""

    first: int
    last: int
    parameters: tuple[Parameter, ...]


def read_rules(spec: Dataset) -> Rules:
    """The rules of ADCRS as its spec states them.

    Raises: SpecError, with file and line, for an unknown or missing key.
    """
    node, owner = spec.parameters, spec.name
    days = need(node, "days", owner)
    only(days, ("from", "until"), f"{owner}.days")
    rules = Rules(
        whole(days, "from", f"{owner}.days"),
        whole(days, "until", f"{owner}.days"),
        tuple(_parameter(name, node[name], f"{owner}.{name}") for name in node if name != "days"),
    )
    for parameter in rules.parameters:
        _check_reads(parameter, Reads(spec), node.line(parameter.code), f"{owner}.{parameter.code}")
    return rules


def _check_reads(parameter: Parameter, reads: Reads, at: At, owner: str) -> None:
    """Refuses a column that a condition of the parameter filters by and `reads` does not name."""
    reads.must_have_left("FA", parameter.records, at, owner)
    if parameter.fever is not None:
        reads.must_have_left("FA", parameter.fever.records, at, owner)
        reads.must_have_left("CM", parameter.fever.treatments, at, owner)
    for component in parameter.components:
        reads.must_have_left("FA", component.records, at, owner)
        reads.must_have_left("ADSL", component.skip, at, owner)


def _parameter(code: str, node: Mapping, owner: str) -> Parameter:
    label, any_day = text(node, "label", owner), yes(node, "any_day", owner)
    if "components" in node:
        only(node, ("label", "any_day", "fever", "components"), owner)
        fever = _fever(node["fever"], f"{owner}.fever") if "fever" in node else None
        components = read_components(node["components"], f"{owner}.components")
        return Parameter(code, label, any_day, fever=fever, components=components)
    only(node, ("label", "any_day", "records", "of"), owner)
    of = chosen(node, "of", text(node, "of", owner), ENDS, owner)
    return Parameter(code, label, any_day, condition(need(node, "records", owner), owner), of == "highest")


def _fever(node: Mapping, owner: str) -> Fever:
    only(node, ("records", "at_least", "alone", "treatments", "carried"), owner)
    asked = (condition(need(node, key, owner), owner) for key in ("records", "treatments"))
    records, treatments = asked
    carried = chosen(node, "carried", text(node, "carried", owner), CARRIED, owner)
    return Fever(records, number(node, "at_least", owner), number(node, "alone", owner), treatments, carried)


def adcrs(adsl: Frame, fa: Frame, cm: Frame, spec: Dataset) -> tuple[Frame, Frame]:
    """ADCRS: one record per subject, parameter and day.

    Rows:    days with a result, from protocol day `from` to `until`, of a parameter with `any_day` any day;
             subjects who were infused.
    Needs:   TRTSDT; FADTC, FASTRESC, FASTRESN, FASEQ; CMSTDTC; what the conditions of the spec name.
    Gives:   PARAM, PARAMCD, PARAMTYP (DERIVED), AVAL, AVALC, ADT, SRCSEQ (the finding that decided). The
             lineage is every finding of the day that the parameter looks at.
    Missing: a finding without day is not used; a component that is missing does not raise a grade.
    Source:  rule D.5 ADCRS; ASTCT (Lee 2019), MAGIC (Harris 2016).
    """
    rules = read_rules(spec)
    infused = adsl.loc[adsl["TRTSDT"].notna()].reset_index(drop=True)
    findings = keep_subjects(fa.assign(day=dates.to_day(fa["FADTC"])), infused)
    findings = findings.loc[findings["day"].notna()].reset_index(drop=True)
    since = days_since(findings["day"], of_subject(findings, infused, "TRTSDT"))
    daily = findings.loc[(since >= rules.first) & (since <= rules.last)].reset_index(drop=True)
    started = dates.impute(cm["CMSTDTC"], "first")[0]
    treatments = keep_subjects(cm.assign(day=started), infused)
    rows, used = [], []
    for parameter in rules.parameters:
        records = findings if parameter.any_day else daily
        found, looked_at = _derived(parameter, records, treatments, infused)
        rows.append(found.assign(parameter=len(rows)))
        used.append(looked_at.assign(parameter=len(used)))
    whole_rows = pd.concat(rows, ignore_index=True)
    frame = _named(whole_rows, infused, rules)
    return frame, _lineage(whole_rows, pd.concat(used, ignore_index=True), infused)


def _derived(parameter: Parameter, records: Frame, treatments: Frame, adsl: Frame) -> tuple[Frame, Frame]:
    """The days of a parameter, and the findings that it looks at."""
    if parameter.records is not None:
        asked = mask(records, parameter.records)
        values = records["FASTRESN"].where(asked).to_numpy()
        return extreme_of_days(records, values, "FASEQ", parameter.highest), records.loc[asked]
    grades = component_grades(records, adsl, parameter.components, "FASTRESC")
    asked = ~np.isnan(grades)
    found = extreme_of_days(records, grades, "FASEQ")
    if parameter.fever is not None:
        warm = mask(records, parameter.fever.records)
        asked = asked | warm
        found = _febrile(parameter.fever, found, records.loc[warm], treatments, len(adsl))
    return found, records.loc[asked]


def _febrile(fever: Fever, found: Frame, temperatures: Frame, treatments: Frame, size: int) -> Frame:
    """A grade that only febrile days have: that of fever alone or the worst component above it, else 0.

    With `carried: signs` a day that is febrile only because of a treatment has the grade of its components;
    with `fever` that of fever alone at least. Without temperature such a day is graded if it has a grade, any
    other is not.
    """
    values = temperatures["FASTRESN"].to_numpy()
    warm = extreme_of_days(temperatures.reset_index(drop=True), values, "FASEQ")
    warm = warm.rename(columns={"AVAL": "temperature", "SRCSEQ": "of_temperature"})
    days = found.merge(warm, on=["subject", "day"], how="outer", validate="1:1")
    starts = treatments.loc[mask(treatments, fever.treatments), ["subject", "day"]]
    measured, carried = flag_febrile(days, starts, fever.at_least, size)
    worst = days["AVAL"].fillna(0).to_numpy()
    alone = np.where(measured | (carried & (fever.carried == FEVER)), fever.alone, 0.0)
    grade = np.where(measured | carried, np.maximum(worst, alone), 0.0)
    known = days["temperature"].notna().to_numpy() | (carried & (grade > 0))
    by_component = (worst > 0) & (grade == worst)
    source = np.where(by_component, days["SRCSEQ"], days["of_temperature"])
    graded = days[["subject", "day"]].assign(AVAL=grade, SRCSEQ=source)
    return graded.loc[known].reset_index(drop=True)


def _named(rows: Frame, adsl: Frame, rules: Rules) -> Frame:
    place, index = rows["parameter"].to_numpy(), rows.index
    derived = [None if parameter.records is not None else "DERIVED" for parameter in rules.parameters]
    return pd.DataFrame(
        {
            "USUBJID": take(adsl["USUBJID"], rows["subject"].to_numpy()),
            "PARAM": spread_text(place, [parameter.label for parameter in rules.parameters], index),
            "PARAMCD": spread_text(place, [parameter.code for parameter in rules.parameters], index),
            "PARAMTYP": spread_text(place, derived, index),
            "AVAL": rows["AVAL"],
            "AVALC": as_text(rows["AVAL"]),
            "ADT": rows["day"].astype("datetime64[s]"),
            "SRCSEQ": rows["SRCSEQ"],
        }
    )


def _lineage(rows: Frame, used: Frame, adsl: Frame) -> Frame:
    """Every finding behind every row, the one that decided first."""
    keys = ["parameter", "subject", "day"]
    numbered = rows[keys].assign(row=np.arange(len(rows)))
    behind = used[[*keys, "FASEQ"]].merge(numbered, on=keys, validate="m:1")
    record = take(adsl["USUBJID"], behind["subject"].to_numpy()) + "/"
    record = record + behind["FASEQ"].astype("int64").astype("str")
    return pd.DataFrame({"row": behind["row"], "source": "FA", "record": record})

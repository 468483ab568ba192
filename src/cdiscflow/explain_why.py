"""Why a row of an analysis parameter is as it is, in one sentence, and the records it is about."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np
import pandas as pd

from adam.adpp import RESULTS
from adam.adrs_parameters import MAKERS
from adam.adtte_rules import Dated, Line, Named, Parameter, read_rules
from cdiscflow.explain_records import of_kinetics, of_response, of_subject, subject_of
from cdiscflow.explain_walk import Walk, cells
from clinical.read import Mapping
from clinical.spec import Dataset
from clinical.where import Condition, in_words, mask


def why(walk: Walk, spec: Dataset, dataset: str, row: int) -> Iterator[str]:
    """The sentence, then what the time starts with, then what is behind the row itself."""
    frame = walk.frames.get(dataset)
    node = spec.parameters.get(str(frame["PARAMCD"][row]))
    if is_of_time(node):
        yield from _of_time(walk, spec, dataset, row)
        return
    if isinstance(node, Mapping) and str(node.get("rule", "")) in MAKERS:
        yield of_response(walk, spec, node, frame, row)
    if isinstance(node, Mapping) and str(node.get("result", "")) in RESULTS:
        yield of_kinetics(walk, node, dataset, row)
    yield from walk.behind(dataset, row)


def is_of_time(node: object) -> bool:
    """Whether a parameter is a time to an event."""
    return isinstance(node, Mapping) and bool({"events", "like", "reverse_of"} & set(node))


def _of_time(walk: Walk, spec: Dataset, dataset: str, row: int) -> Iterator[str]:
    frame = walk.frames.get(dataset)
    given = dict(cells(frame, row, ["PARAMCD", "AVAL", "STARTDT", "ADT", "CNSR", "EVNTDESC", "CNSDTDSC"]))
    rules = read_rules(spec)
    parameters = {each.code: each for each in rules.parameters}
    parameter = parameters[given["PARAMCD"]]
    counted = f"why: {parameter.code} is {given['AVAL']} days, both ends counted, "
    if parameter.reverse_of:
        yield counted + _reversed(walk, parameters[parameter.reverse_of], frame, row)
        yield from _ways(walk, parameters[parameter.reverse_of], dataset, row)
        return
    subject = subject_of(walk, frame, row)
    line = _deciding(parameter, given, subject, (frame["SRCDOM"][row], frame["SRCVAR"][row]))
    yield (
        f"{counted}from {given['STARTDT']} ({in_dates(parameter.start)}) to {given['ADT']}: "
        f"{_because(parameter, line, given, subject)}; {_others(parameter, subject)}"
        f"{_named(parameter, rules.dates)}."
    )
    yield from _ways(walk, parameter, dataset, row)
    cited = (frame["SRCDOM"][row], frame["SRCVAR"][row])
    if line and line.dated and line.dated.dataset == "ADSL" and line.dated.cited != cited and len(subject):
        yield "because of:"
        yield from (f"  {each}" for each in walk.follow("ADSL", line.dated.column, int(subject.index[0])))


def _ways(walk: Walk, parameter: Parameter, dataset: str, row: int) -> Iterator[str]:
    """What the time starts with and what it ends with."""
    yield "start:"
    yield from (f"  {each}" for each in _started(walk, parameter.start, walk.frames.get(dataset), row))
    yield "end:"
    yield from (f"  {each}" for each in walk.behind(dataset, row))


def _reversed(walk: Walk, other: Parameter, frame: pd.DataFrame, row: int) -> str:
    """From when to when, and why the parameter that it reverses ends there."""
    same = (frame["USUBJID"] == frame["USUBJID"][row]) & (frame["PARAMCD"] == other.code)
    place = int(frame.index[same][0])
    given = dict(cells(frame, place, ["STARTDT", "ADT", "CNSR", "EVNTDESC", "CNSDTDSC"]))
    subject = subject_of(walk, frame, place)
    line = _deciding(other, given, subject, (frame["SRCDOM"][place], frame["SRCVAR"][place]))
    return (
        f"from {given['STARTDT']} ({in_dates(other.start)}) to {given['ADT']}, as {other.code} with event "
        f"and censoring exchanged; in {other.code}, {_because(other, line, given, subject)}; "
        f"{_others(other, subject)}."
    )


def _deciding(
    parameter: Parameter, given: dict[str, str], subject: pd.DataFrame, cited: tuple[str, str]
) -> Line | None:
    """The line whose text and number the row has; of several one that cites its source, else the first."""
    lines = chain(parameter.events, parameter.interrupted_by, parameter.otherwise)
    missed = [parameter.missed.line] if parameter.missed else []
    told = (given["CNSDTDSC"] or given["EVNTDESC"], given["CNSR"])
    fitting = [
        line
        for line in chain(lines, missed)
        if (line.text, str(line.cnsr)) == told and _may_decide(line, subject)
    ]
    citing = [line for line in fitting if line.dated and line.dated.cited == cited]
    return next(iter(citing or fitting), None)


def _may_decide(line: Line, subject: pd.DataFrame) -> bool:
    """Whether what a line asks of the subject holds."""
    of_adsl = line.dated is not None and line.dated.dataset == "ADSL"
    asked = [line.where, line.dated.where if of_adsl else None]
    return all(_holds(each, subject) for each in asked if each is not None)


def _holds(asked: Condition, subject: pd.DataFrame) -> bool:
    """Whether a condition holds for the subject; one on dates that only the rules name is taken to hold."""
    if not (asked.columns | asked.others) <= set(subject):
        return True
    return bool(np.any(mask(subject.reset_index(drop=True), asked)))


def in_dates(dated: Dated) -> str:
    """A date of the rules in words."""
    where = f" where {in_words(dated.where)}" if dated.where is not None else ""
    return f"{dated.dataset}.{dated.column}{where}{_lasting(dated)}"


def _lasting(dated: Dated) -> str:
    rule = dated.lasting
    if rule is None:
        return ""
    said = (
        f", the first of {rule.times} consecutive results on different days after {rule.later_than}, "
        f"each with {in_words(rule.where)}"
    )
    if rule.without is None:
        return said
    return said + f", without {in_dates(rule.without)} from {rule.days_before} days before it to the last"


def _named(parameter: Parameter, dates: dict[str, Named]) -> str:
    """What the dates mean that the population names and ADSL does not have."""
    named = [name for name in dates if parameter.who and name in parameter.who.columns]
    return "".join(f"; {name} is the first {in_dates(dates[name].dated)}" for name in named)


def _because(parameter: Parameter, line: Line | None, given: dict[str, str], subject: pd.DataFrame) -> str:
    until = f"up to {parameter.until} {of_subject(subject, parameter.until)}"
    if given["CNSR"] == "0":
        named = f" ({in_dates(line.dated)})" if line and line.dated else ""
        return f"{given['EVNTDESC']}{named} is the first event {until}"
    censored = f"censored ({given['CNSR']}, {given['CNSDTDSC']}), because "
    if line in parameter.interrupted_by and line.dated:
        return censored + f"{in_dates(line.dated)} comes before any event"
    if parameter.missed and line is parameter.missed.line:
        return censored + f"{parameter.missed.at_least} windows or more have no assessment before the event"
    reasons = [f"there is no event {until}"]
    if line and line.no_assessment:
        reasons.append("there is no assessment after the start")
    if line and line.where is not None:
        reasons.append(in_words(line.where))
    if line and line.dated:
        where = f" and {in_words(line.dated.where)}" if line.dated.where is not None else ""
        reasons.append(f"{line.dated.column} is {of_subject(subject, line.dated.column)}{where}")
    return censored + " and ".join(reasons)


def _others(parameter: Parameter, subject: pd.DataFrame) -> str:
    """The population, and the dates of ADSL that the rule looks at."""
    lines = (*parameter.events, *parameter.interrupted_by, *parameter.otherwise)
    columns = dict.fromkeys(
        line.dated.column for line in lines if line.dated and line.dated.dataset == "ADSL"
    )
    dates = ", ".join(f"{column} {of_subject(subject, column)}" for column in columns)
    who = f"the subject counts as {in_words(parameter.who)}"
    return f"{who}, and ADSL has {dates}" if dates else who


def _started(walk: Walk, start: Dated, frame: pd.DataFrame, row: int) -> Iterator[str]:
    """The subject's records that the time starts with."""
    found = walk.frames.get(start.dataset)
    if found is None:
        return
    mine = (found["USUBJID"] == frame["USUBJID"][row]) & (found[start.column] == frame["STARTDT"][row])
    if start.where is not None and not start.where.others:
        mine &= mask(found, start.where)
    for place in found.index[mine][:1]:
        single = start.dataset == "ADSL"
        yield from walk.follow("ADSL", start.column, place) if single else walk.one(start.dataset, place)

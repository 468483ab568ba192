"""Why a row of an analysis parameter is as it is, in one sentence, and the records it is about."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np
import pandas as pd

from adam.adrs_parameters import MAKERS
from adam.adtte_rules import Dated, Line, Parameter, read_rules
from cdiscflow.explain_walk import Walk, cells
from clinical.read import Mapping
from clinical.spec import Dataset
from clinical.where import Condition, in_words, mask


def why(walk: Walk, spec: Dataset, dataset: str, row: int) -> Iterator[str]:
    """The sentence, then what the time starts with, then what is behind the row itself."""
    frame = walk.frames.get(dataset)
    node = spec.parameters.get(str(frame["PARAMCD"][row]))
    if isinstance(node, Mapping) and {"events", "like", "reverse_of"} & set(node):
        yield from _of_time(walk, spec, dataset, row)
        return
    if isinstance(node, Mapping) and str(node.get("rule", "")) in MAKERS:
        yield _of_rule(walk, node, frame, row)
    yield from walk.behind(dataset, row)


def _of_rule(walk: Walk, node: Mapping, frame: pd.DataFrame, row: int) -> str:
    """What a response parameter says, by which rule, and the value it was read from."""
    given = dict(cells(frame, row, ["PARAMCD", "AVALC", "AVAL", "ADT", "SRCDOM", "SRCVAR"]))
    rule = ", ".join(f"{key} {node[key]}" for key in node if key not in ("number", "label", "category"))
    means = str(MAKERS[node["rule"]].__doc__).split("\n", maxsplit=1)[0].partition(": ")[2].rstrip(".")
    said = given["AVALC"] or given["AVAL"] or "missing"
    on = f" on {given['ADT']}" if given["ADT"] else ""
    return (
        f"why: {given['PARAMCD']} is {said}{on} by {rule} ({means}); "
        f"decided by {given['SRCDOM']}.{given['SRCVAR']}{_value_cited(walk, frame, row)}."
    )


def _value_cited(walk: Walk, frame: pd.DataFrame, row: int) -> str:
    other, variable = walk.frames.get(str(frame["SRCDOM"][row])), str(frame["SRCVAR"][row])
    if other is None or variable not in other:
        return ""
    mine = other["USUBJID"] == frame["USUBJID"][row]
    sequence = next((name for name in ("ASEQ", f"{frame['SRCDOM'][row]}SEQ") if name in other), "")
    if sequence:
        mine &= other[sequence] == frame["SRCSEQ"][row]
    rows = other.index[mine]
    return f" {cells(other, int(rows[0]), [variable])[0][1]}".rstrip() if len(rows) == 1 else ""


def _of_time(walk: Walk, spec: Dataset, dataset: str, row: int) -> Iterator[str]:
    frame = walk.frames.get(dataset)
    given = dict(cells(frame, row, ["PARAMCD", "AVAL", "STARTDT", "ADT", "CNSR", "EVNTDESC", "CNSDTDSC"]))
    rules = {each.code: each for each in read_rules(spec).parameters}
    parameter = rules[given["PARAMCD"]]
    counted = f"why: {parameter.code} is {given['AVAL']} days, both ends counted, "
    if parameter.reverse_of:
        yield counted + f"as {parameter.reverse_of}, with event and censoring exchanged."
        yield from walk.behind(dataset, row)
        return
    subject = _subject(walk, frame, row)
    line = _deciding(parameter, given, subject, (frame["SRCDOM"][row], frame["SRCVAR"][row]))
    yield (
        f"{counted}from {given['STARTDT']} ({_dates(parameter.start)}) to {given['ADT']}: "
        f"{_because(parameter, line, given, subject)}; {_others(parameter, subject)}."
    )
    yield "start:"
    yield from (f"  {each}" for each in _started(walk, parameter.start, frame, row))
    yield "end:"
    yield from (f"  {each}" for each in walk.behind(dataset, row))
    cited = (frame["SRCDOM"][row], frame["SRCVAR"][row])
    if line and line.dated and line.dated.dataset == "ADSL" and line.dated.cited != cited and len(subject):
        yield "because of:"
        yield from (f"  {each}" for each in walk.follow("ADSL", line.dated.column, int(subject.index[0])))


def _subject(walk: Walk, frame: pd.DataFrame, row: int) -> pd.DataFrame:
    adsl = walk.frames.get("ADSL")
    return adsl[adsl["USUBJID"] == frame["USUBJID"][row]]


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
        if (line.text, str(line.cnsr)) == told and (line.where is None or _holds(line.where, subject))
    ]
    citing = [line for line in fitting if line.dated and line.dated.cited == cited]
    return next(iter(citing or fitting), None)


def _holds(asked: Condition, subject: pd.DataFrame) -> bool:
    """Whether a condition holds for the subject; one on dates that only the rules name is taken to hold."""
    if not (asked.columns | asked.others) <= set(subject):
        return True
    return bool(np.any(mask(subject.reset_index(drop=True), asked)))


def _dates(dated: Dated) -> str:
    where = f" where {in_words(dated.where)}" if dated.where is not None else ""
    return f"{dated.dataset}.{dated.column}{where}"


def _because(parameter: Parameter, line: Line | None, given: dict[str, str], subject: pd.DataFrame) -> str:
    until = f"up to {parameter.until} {_of(subject, parameter.until)}"
    if given["CNSR"] == "0":
        named = f" ({_dates(line.dated)})" if line and line.dated else ""
        return f"{given['EVNTDESC']}{named} is the first event {until}"
    censored = f"censored ({given['CNSR']}, {given['CNSDTDSC']}), because "
    if line in parameter.interrupted_by and line.dated:
        return censored + f"{_dates(line.dated)} comes before any event"
    if parameter.missed and line is parameter.missed.line:
        return censored + f"{parameter.missed.at_least} windows or more have no assessment before the event"
    reasons = [f"there is no event {until}"]
    if line and line.no_assessment:
        reasons.append("there is no assessment after the start")
    if line and line.where is not None:
        reasons.append(in_words(line.where))
    if line and line.dated:
        where = f" and {in_words(line.dated.where)}" if line.dated.where is not None else ""
        reasons.append(f"{line.dated.column} is {_of(subject, line.dated.column)}{where}")
    return censored + " and ".join(reasons)


def _others(parameter: Parameter, subject: pd.DataFrame) -> str:
    """The population, and the dates of ADSL that the rule looks at."""
    lines = (*parameter.events, *parameter.interrupted_by, *parameter.otherwise)
    columns = dict.fromkeys(
        line.dated.column for line in lines if line.dated and line.dated.dataset == "ADSL"
    )
    dates = ", ".join(f"{column} {_of(subject, column)}" for column in columns)
    who = f"the subject counts as {in_words(parameter.who)}"
    return f"{who}, and ADSL has {dates}" if dates else who


def _of(subject: pd.DataFrame, column: str) -> str:
    if column not in subject or not len(subject):
        return "(unknown)"
    return cells(subject.reset_index(drop=True), 0, [column])[0][1] or "none"


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

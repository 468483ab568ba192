"""Why a row of an analysis parameter is as it is, in one sentence, and the records it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import pandas as pd

from adam.adpp import RESULTS
from adam.adrs_parameters import MAKERS
from adam.adtte import windows_missed
from adam.adtte_rules import Dated, Line, Named, Parameter, Rules, read_rules
from adam.verbs.events import DAY, Histories
from cdiscflow.explain_dates import imputed, of_subject
from cdiscflow.explain_records import of_kinetics, of_response, subject_of
from cdiscflow.explain_walk import Walk, cells, row_of
from clinical.read import Mapping
from clinical.spec import Dataset
from clinical.where import Column, Condition, Test, in_words, mask

NONE: dict[str, str] = {}


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


@dataclass(frozen=True)
class Told:
    """What a sentence about a time is told from: the rules, and a subject with the dates that they name."""

    walk: Walk
    rules: Rules
    histories: Histories

    @property
    def subject(self) -> pd.DataFrame:
        """The subject's row of ADSL, with the named dates as further columns."""
        return self.histories.subjects

    def of(self, column: str) -> str:
        """A date as text, by the label that it has if the rules name it."""
        if column in self.rules.dates:
            return f"{self.labels[column]} {cells(self.subject, 0, [column])[0][1] or 'none'}"
        adsl = self.walk.frames.get("ADSL")
        mine = adsl[adsl["USUBJID"] == self.subject["USUBJID"][0]]
        return f"{column} {of_subject(self.walk, mine, column)}"

    @property
    def labels(self) -> dict[str, str]:
        """What the named dates are called."""
        return {name: named.label for name, named in self.rules.dates.items()}


def told(walk: Walk, spec: Dataset, person: str) -> Told:
    """A subject as the program of a dataset of times sees it, from the datasets of the run that it reads."""
    rules = read_rules(spec)
    reads = [name for name in spec.parts[0].program.args["reads"] if name != "ADSL"]
    adsl = walk.frames.get("ADSL")
    frames = {name: walk.frames.get(name) for name in reads}
    records = {name: frame[frame["USUBJID"] == person] for name, frame in frames.items() if frame is not None}
    subject = adsl[adsl["USUBJID"] == person].reset_index(drop=True)
    return Told(walk, rules, Histories.of(subject, records, rules.dates))


def _of_time(walk: Walk, spec: Dataset, dataset: str, row: int) -> Iterator[str]:
    frame = walk.frames.get(dataset)
    given = dict(cells(frame, row, ["PARAMCD", "AVAL", "STARTDT", "ADT", "CNSR", "EVNTDESC", "CNSDTDSC"]))
    case = told(walk, spec, str(frame["USUBJID"][row]))
    parameters = {each.code: each for each in case.rules.parameters}
    parameter = parameters[given["PARAMCD"]]
    counted = f"why: {parameter.code} is {given['AVAL']} days, both ends counted, "
    if parameter.reverse_of:
        yield counted + _reversed(case, parameters[parameter.reverse_of], frame, row)
        yield from _ways(walk, parameters[parameter.reverse_of], dataset, row)
        return
    cited = (frame["SRCDOM"][row], frame["SRCVAR"][row])
    line = _deciding(parameter, given, case.subject, cited)
    yield (
        f"{counted}{_from_to(walk, parameter, frame, row)}: {_because(case, parameter, line, given)}; "
        f"{_others(case, parameter)}{_named(parameter, case.rules.dates)}."
    )
    yield from _ways(walk, parameter, dataset, row)
    if line and line.dated and line.dated.dataset == "ADSL" and line.dated.cited != cited:
        place = subject_of(walk, frame, row).index
        yield "because of:"
        yield from (f"  {each}" for each in walk.follow("ADSL", line.dated.column, int(place[0])))


def _from_to(walk: Walk, parameter: Parameter, frame: pd.DataFrame, row: int) -> str:
    """From when to when a time runs, with what of either date was imputed."""
    (_, start), (_, end) = cells(frame, row, ["STARTDT", "ADT"])
    since = [imputed(walk, *each) for each in _starts(walk, parameter.start, frame, row)]
    return (
        f"from {start}{''.join(since)} ({in_dates(parameter.start)}) to {end}{_end_imputed(walk, frame, row)}"
    )


def _end_imputed(walk: Walk, frame: pd.DataFrame, row: int) -> str:
    """What was imputed of the date that a row cites as its end."""
    cited = walk.cited(frame, row)
    if cited is not None:
        return imputed(walk, *cited)
    source, number = str(frame["SRCDOM"][row]), frame["SRCSEQ"][row]
    records = walk.frames.get(source)
    place = row_of(source, records, f"{frame['USUBJID'][row]}/{number}") if pd.notna(number) else None
    return "" if place is None else imputed(walk, source, str(frame["SRCVAR"][row]), place)


def _ways(walk: Walk, parameter: Parameter, dataset: str, row: int) -> Iterator[str]:
    """What the time starts with and what it ends with."""
    yield "start:"
    yield from (f"  {each}" for each in _started(walk, parameter.start, walk.frames.get(dataset), row))
    yield "end:"
    yield from (f"  {each}" for each in walk.behind(dataset, row))


def _reversed(case: Told, other: Parameter, frame: pd.DataFrame, row: int) -> str:
    """From when to when, and why the parameter that it reverses ends there."""
    same = (frame["USUBJID"] == frame["USUBJID"][row]) & (frame["PARAMCD"] == other.code)
    place = int(frame.index[same][0])
    given = dict(cells(frame, place, ["STARTDT", "ADT", "CNSR", "EVNTDESC", "CNSDTDSC"]))
    line = _deciding(other, given, case.subject, (frame["SRCDOM"][place], frame["SRCVAR"][place]))
    return (
        f"{_from_to(case.walk, other, frame, place)}, as {other.code} with event and censoring exchanged; "
        f"in {other.code}, {_because(case, other, line, given)}; {_others(case, other)}."
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
    """Whether a condition holds for the subject; one on what ADSL does not have is taken to hold."""
    if not (asked.columns | asked.others) <= set(subject):
        return True
    return bool(np.any(mask(subject, asked)))


def in_labels(asked: Condition, labels: dict[str, str]) -> str:
    """A condition in words, with the labels of the dates that the rules name."""

    def called(test: Test) -> Test:
        value = test.value
        value = Column(labels.get(value.name, value.name)) if isinstance(value, Column) else value
        return replace(test, column=labels.get(test.column, test.column), value=value)

    return in_words(Condition(tuple(tuple(map(called, tests)) for tests in asked.any_of)))


def _in_case(case: Told, dated: Dated) -> str:
    """A date of the rules in words; of alternatives on the subject those that hold."""
    if dated.where is not None and dated.dataset == "ADSL":
        held = [tests for tests in dated.where.any_of if _holds(Condition((tests,)), case.subject)]
        dated = replace(dated, where=Condition(tuple(held) or dated.where.any_of))
    return in_dates(dated, case.labels)


def in_dates(dated: Dated, labels: dict[str, str] = NONE) -> str:
    """A date of the rules in words."""
    where = f" where {in_labels(dated.where, labels)}" if dated.where is not None else ""
    return f"{dated.dataset}.{dated.column}{where}{_lasting(dated, labels)}"


def _lasting(dated: Dated, labels: dict[str, str]) -> str:
    rule = dated.lasting
    if rule is None:
        return ""
    said = (
        f", the first of {rule.times} consecutive results on different days after "
        f"{labels.get(rule.later_than, rule.later_than)}, each with {in_labels(rule.where, labels)}"
    )
    if rule.without is None:
        return said
    return (
        said
        + f", without {in_dates(rule.without, labels)} from {rule.days_before} days before it to the last"
    )


def _named(parameter: Parameter, dates: dict[str, Named]) -> str:
    """What the dates mean that the population names and ADSL does not have."""
    named = [dates[name] for name in dates if parameter.who and name in parameter.who.columns]
    return "".join(f"; {each.label} is the first {in_dates(each.dated)}" for each in named)


def _because(case: Told, parameter: Parameter, line: Line | None, given: dict[str, str]) -> str:
    until = f"up to {case.of(parameter.until)}"
    gaps = _gaps(case, parameter) if parameter.missed else ""
    if given["CNSR"] == "0":
        named = f" ({_in_case(case, line.dated)})" if line and line.dated else ""
        return f"{given['EVNTDESC']}{named} is the first event {until}" + (gaps and f"; {gaps}")
    censored = f"censored ({given['CNSR']}, {given['CNSDTDSC']}), because "
    if line in parameter.interrupted_by and line.dated:
        return censored + f"{_in_case(case, line.dated)} comes before any event"
    if parameter.missed and line is parameter.missed.line:
        return censored + f"{gaps} ({parameter.missed.at_least} or more are needed)"
    reasons = [f"there is no event {until}"]
    if line and line.no_assessment:
        reasons.append("there is no assessment after the start")
    if line and line.where is not None:
        reasons.append(in_labels(line.where, case.labels))
    if line and line.dated:
        held = f" and {in_labels(line.dated.where, case.labels)}" if line.dated.where is not None else ""
        column, _, value = case.of(line.dated.column).partition(" ")
        reasons.append(f"{column} is {value}{held}")
    return censored + " and ".join(reasons)


def _gaps(case: Told, parameter: Parameter) -> str:
    """Which windows are missed between the last assessment before the event and the event."""
    missed, histories = parameter.missed, case.histories
    last, gone = windows_missed(parameter, histories)
    since = histories.date(missed.since)[0]
    named = [
        f"{window.name} ({_day(since + window.first * DAY)} to {_day(since + window.last * DAY)})"
        for window, holds in zip(missed.windows, gone[:, 0], strict=True)
        if holds
    ]
    between = f"between the one of {_day(last.date[0])} and the event"
    return f"windows without assessment {between}: {', '.join(named) or 'none'}"


def _day(moment: np.datetime64) -> str:
    return str(moment.astype("datetime64[D]"))


def _others(case: Told, parameter: Parameter) -> str:
    """The population, and the dates of ADSL and of the rules that the parameter looks at."""
    lines = (*parameter.events, *parameter.interrupted_by, *parameter.otherwise)
    columns = dict.fromkeys(
        line.dated.column for line in lines if line.dated and line.dated.dataset == "ADSL"
    )
    dates = ", ".join(case.of(column) for column in columns)
    asked = [part for line in lines if line.dated for part in (line.dated.where,) if part is not None]
    used = set().union(*(each.columns | each.others for each in asked))
    named = ", ".join(case.of(name) for name in case.rules.dates if name in used)
    who = f"the subject counts as {in_labels(parameter.who, case.labels)}"
    return who + (f", and ADSL has {dates}" if dates else "") + (f"; {named}" if named else "")


def _started(walk: Walk, start: Dated, frame: pd.DataFrame, row: int) -> Iterator[str]:
    """The subject's records that the time starts with."""
    for dataset, variable, place in _starts(walk, start, frame, row):
        yield from walk.follow(dataset, variable, place) if dataset == "ADSL" else walk.one(dataset, place)


def _starts(walk: Walk, start: Dated, frame: pd.DataFrame, row: int) -> Iterator[tuple[str, str, int]]:
    """Where the record stands that the time starts with."""
    found = walk.frames.get(start.dataset)
    if found is None:
        return
    mine = (found["USUBJID"] == frame["USUBJID"][row]) & (found[start.column] == frame["STARTDT"][row])
    if start.where is not None and not start.where.others:
        mine &= mask(found, start.where)
    yield from ((start.dataset, start.column, int(place)) for place in found.index[mine][:1])

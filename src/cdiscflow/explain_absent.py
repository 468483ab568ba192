"""Why a subject has no record of a parameter, or no value of a variable."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from adam.adrs_parameters import MAKERS
from adam.adtte_rules import read_rules
from cdiscflow.explain_records import meaning, of_subject
from cdiscflow.explain_walk import Walk
from cdiscflow.explain_why import in_dates, is_of_time, why
from clinical.explain import in_english
from clinical.read import Mapping, find
from clinical.spec import Dataset
from clinical.where import Condition, condition, in_words, mask


def why_not(walk: Walk, spec: Dataset, what: str, person: str) -> Iterator[str]:
    """The sentence, then what is behind each variable of ADSL that keeps the subject out."""
    node = spec.parameters[what]
    adsl = walk.frames.get("ADSL")
    subject = adsl[adsl["USUBJID"] == person]
    who = population(spec, what)
    named = _named_dates(spec, what, who, set(adsl))
    subject = subject.assign(**dict.fromkeys(named, pd.NaT))
    if who is None or not len(subject) or not who.columns <= set(subject):
        yield f"why not: {person} has no {what}, and its population is none that ADSL knows."
        return
    asked = sorted(who.columns - set(named))
    values = ", ".join(f"{column} {of_subject(subject, column)}" for column in asked)
    said = f"why not: {person} has no {what}: it is for those of whom {in_words(who)}, and ADSL has {values}"
    said += "".join(f"; {name}, the first {dated}, is none" for name, dated in named.items())
    if mask(subject.reset_index(drop=True), who)[0]:
        rule = str(node.get("rule", ""))
        given = f" by rule {rule} ({meaning(node)})" if rule in MAKERS else ""
        yield f"{said}; there is nothing to record{given}."
        return
    yield f"{said}."
    row = int(subject.index[0])
    for column in asked:
        yield from _behind(walk, adsl, column, row)


def _named_dates(spec: Dataset, what: str, who: Condition | None, has: set[str]) -> dict[str, str]:
    """The dates of the population that the rules name and ADSL does not have; who has none has no record."""
    if who is None or not is_of_time(spec.parameters[what]):
        return {}
    dates = read_rules(spec).dates
    return {name: in_dates(dates[name].dated) for name in sorted(who.columns - has) if name in dates}


def population(spec: Dataset, what: str) -> Condition | None:
    """Of whom a parameter has a record, as a condition on ADSL."""
    node = spec.parameters[what]
    if is_of_time(node):
        rules = {each.code: each for each in read_rules(spec).parameters}
        return rules[rules[what].reverse_of or what].who
    flag = node.get("who") or find(spec.parameters, "defaults.who") or spec.parameters.get("who")
    return condition(Mapping({flag: type(flag)("Y", node.at)}, node.at), what) if flag else None


def _behind(walk: Walk, adsl: pd.DataFrame, column: str, row: int) -> Iterator[str]:
    """What a variable of the subject is, with what it is made of, and why the record behind it says so."""
    subject = adsl.loc[[row]]
    others = [name for dataset, name in sorted(walk.needs.get(("ADSL", column), ())) if dataset == "ADSL"]
    has = ", ".join(f"{name} {of_subject(subject, name)}" for name in others if name in adsl)
    stated = walk.study.datasets["ADSL"].statements(column)
    for word in dict.fromkeys(word for _, word in stated):
        yield f"  {word.at}: ADSL.{column} is {in_english(word)}" + (f"; here {has}" if has else "")
        for dataset, place in walk.taken(word, adsl, row, column):
            other, frame = walk.study.datasets[dataset], walk.frames.get(dataset)
            if "PARAMCD" in frame and str(frame["PARAMCD"][place]) in other.parameters:
                yield f"    {next(why(walk, other, dataset, place))}"
            yield from (f"    {line}" for line in walk.one(dataset, place))

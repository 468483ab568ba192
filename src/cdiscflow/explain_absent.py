"""Why a subject has no record of a parameter, or no value of a variable."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from adam.adrs_parameters import MAKERS
from adam.adtte_rules import Named, read_rules
from cdiscflow.explain_dates import of_subject
from cdiscflow.explain_records import meaning
from cdiscflow.explain_walk import Walk
from cdiscflow.explain_why import in_dates, in_labels, is_of_time, why
from clinical.explain import in_english
from clinical.read import Mapping, find
from clinical.spec import Dataset
from clinical.where import Condition, condition, mask
from clinical.words import Word


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
    labels = {name: each.label for name, each in named.items()}
    values = ", ".join(f"{column} {of_subject(walk, subject, column)}" for column in asked)
    said = f"why not: {person} has no {what}: it is for those of whom {in_labels(who, labels)}, and ADSL has"
    said += f" {values}" + "".join(
        f"; {each.label}, the first {in_dates(each.dated)}, is none" for each in named.values()
    )
    if mask(subject.reset_index(drop=True), who)[0]:
        rule = str(node.get("rule", ""))
        given = f" by rule {rule} ({meaning(node)})" if rule in MAKERS else ""
        asked = _answers(walk, spec, node)
        values = ", ".join(f"{column} is {of_subject(walk, subject, column)}" for column in asked)
        yield f"{said}; there is nothing to record{given}{': ' if values else ''}{values}."
    else:
        yield f"{said}."
    row = int(subject.index[0])
    for column in asked:
        yield from _behind(walk, adsl, column, row)


def _answers(walk: Walk, spec: Dataset, node: Mapping) -> list[str]:
    """The variables of ADSL that say whether the subject ever had a response of the parameter's group."""
    known = spec.parameters
    codes = {
        code
        for code in known
        if isinstance(known[code], Mapping) and "of" in node
        if known[code].get("rule") == "ever" and known[code].get("of") == node["of"]
    }
    adsl = walk.study.datasets["ADSL"]
    return [
        column
        for column in adsl.columns()
        if not column.islower() and any(_takes(word, spec.name, codes) for word in walk.words("ADSL", column))
    ]


def _takes(word: Word, dataset: str, codes: set[str]) -> bool:
    """Whether a word takes the answer of one of some parameters of a dataset."""
    if word.word == "any_of":
        return any(_takes(each, dataset, codes) for each in word.value)
    asked = word.args.get("where")
    if word.word not in ("first", "last") or asked is None:
        return False
    read = any(source.of == f"{dataset}.AVALC" for source in word.value)
    return read and any(test.column == "PARAMCD" and test.value in codes for test in asked.tests)


def _named_dates(spec: Dataset, what: str, who: Condition | None, has: set[str]) -> dict[str, Named]:
    """The dates of the population that the rules name and ADSL does not have; who has none has no record."""
    if who is None or not is_of_time(spec.parameters[what]):
        return {}
    dates = read_rules(spec).dates
    return {name: dates[name] for name in sorted(who.columns - has) if name in dates}


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
    has = ", ".join(f"{name} {of_subject(walk, subject, name)}" for name in others if name in adsl)
    for word in walk.words("ADSL", column):
        yield f"  {word.at}: ADSL.{column} is {in_english(word)}" + (f"; here {has}" if has else "")
        for dataset, place in list(walk.taken(word, adsl, row, column))[:1]:
            other, frame = walk.study.datasets[dataset], walk.frames.get(dataset)
            if "PARAMCD" in frame and str(frame["PARAMCD"][place]) in other.parameters:
                yield f"    {next(why(walk, other, dataset, place))}"
            yield from (f"    {line}" for line in walk.one(dataset, place))

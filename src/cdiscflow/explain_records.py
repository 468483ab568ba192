"""Why a row of a response or kinetic parameter says what it says, in one sentence with its dates."""

from __future__ import annotations

import pandas as pd

from adam.adpp import RESULTS
from adam.adrs_parameters import MAKERS
from cdiscflow.explain_dates import DAY, imputed, of_subject
from cdiscflow.explain_walk import Walk, cells, row_of
from clinical.read import Mapping, find
from clinical.spec import Dataset
from clinical.where import condition, in_words

SILENT = ("number", "label", "category", "who")
COLLECTED = ("responses", "mrd_status", "mrd_percent")
OF_ADSL = ("date", "not_after", "not_used_after")


def of_response(walk: Walk, spec: Dataset, node: Mapping, frame: pd.DataFrame, row: int) -> str:
    """What a response parameter says, by which rule, the value that decided, and the dates it looks at."""
    given = dict(cells(frame, row, ["PARAMCD", "AVALC", "AVAL", "ADT"]))
    rule = ", ".join(_part(spec, key, node[key], frame, row) for key in node if key not in SILENT)
    said = given["AVALC"] or given["AVAL"] or "missing"
    on = f" on {given['ADT']}{imputed(walk, spec.name, 'ADT', row)}" if given["ADT"] else ""
    return (
        f"why: {given['PARAMCD']} is {said}{on} by {rule} ({meaning(node)}); "
        f"{_decided(walk, spec, node, row)}{_looked_at(walk, spec, node, frame, row)}."
    )


def meaning(node: Mapping) -> str:
    """What the rule of a response parameter gives, as its docstring says it."""
    return str(MAKERS[node["rule"]].__doc__).split("\n", maxsplit=1)[0].partition(": ")[2].rstrip(".")


def _part(spec: Dataset, key: str, value: object, frame: pd.DataFrame, row: int) -> str:
    """A key of a parameter; of a group also which responses it has, of a window its first and last day."""
    group = find(spec.study, f"response.groups.{value}") if key in ("of", "after") else None
    if group:
        return f"{key} {value} ({', '.join(group)})"
    if key == "window" and {"TRTSDT", "AWLO", "AWHI"} <= set(frame) and pd.notna(frame["AWLO"][row]):
        days = (frame["TRTSDT"][row] + pd.Timedelta(days=frame[name][row]) for name in ("AWLO", "AWHI"))
        return f"window {value} ({' to '.join(f'{day:%Y-%m-%d}' for day in days)})"
    return f"{key} {', '.join(value) if isinstance(value, list) else value}"


def _decided(walk: Walk, spec: Dataset, node: Mapping, row: int) -> str:
    """The value that the row cites, with its date, and those beside it.

    Of the last day that counts, that nothing else decided; of a date, that there is none.
    """
    frame = walk.frames.get(spec.name)
    domain, variable = str(frame["SRCDOM"][row]), str(frame["SRCVAR"][row])
    value, day = _cited(walk, frame, row)
    if domain == "ADSL" and variable == find(spec.parameters, "limits.until"):
        dated = str(node.get("date", ""))
        none = dated and of_subject(walk, subject_of(walk, frame, row), dated) == "none"
        said = f"there is no ADSL.{dated}" if none else "nothing else decides"
        return f"{said} up to ADSL.{variable} {value}"
    said = f"decided by {domain}.{variable} {value or '(missing)'}" + (f" of {day}" if day else "")
    return said + "".join(f" and by {each}" for each in _beside(walk, spec.name, row))


def _beside(walk: Walk, dataset: str, row: int) -> list[str]:
    """The standard results of the records behind a row that are not the one it cites, with their dates."""
    lineage = walk.frames.get(dataset, "lineage")
    found = []
    for source, record in lineage.loc[lineage["row"] == row, ["source", "record"]].iloc[1:].itertuples(False):
        records = walk.frames.get(source)
        place, names = row_of(source, records, record), [f"{source}STRESC", f"{source}DTC"]
        if place is not None and set(names) <= set(records):
            (variable, value), (_, day) = cells(records, place, names)
            found.append(f"{source}.{variable} {value or '(missing)'} of {day}")
    return found


def _looked_at(walk: Walk, spec: Dataset, node: Mapping, frame: pd.DataFrame, row: int) -> str:
    """The dates of ADSL, and of the subject's first response and progression, that the rule compares with."""
    if node["rule"] in COLLECTED:
        return ""
    known = spec.parameters
    steps = ("status.new_therapy.date", "status.death.date") if "window" in node else ()
    named = [*find(known, "evaluable.until"), *(find(known, step) for step in steps)]
    for key in OF_ADSL:
        given = node.get(key, [])
        named += given if isinstance(given, list) else [given]
    subject = subject_of(walk, frame, row)
    dates = [f"{column} {of_subject(walk, subject, column)}" for column in dict.fromkeys(named)]
    mine = frame[frame["USUBJID"] == frame["USUBJID"][row]]
    stated = [code for code in known if isinstance(known[code], Mapping) and code != frame["PARAMCD"][row]]
    for code in stated:
        rule, of = known[code].get("rule"), known[code].get("of")
        if rule == "progression" or (rule == "first" and of == node.get("of", node.get("after"))):
            dates.append(f"{code} {_day_of(mine[mine['PARAMCD'] == code])}")
    return f"; the dates beside it: {', '.join(dates)}"


def _day_of(rows: pd.DataFrame) -> str:
    found = rows["ADT"].dropna()
    return f"{found.iloc[0]:%Y-%m-%d}" if len(found) else "none"


def subject_of(walk: Walk, frame: pd.DataFrame, row: int) -> pd.DataFrame:
    """The row of ADSL for the subject of a row."""
    adsl = walk.frames.get("ADSL")
    return adsl[adsl["USUBJID"] == frame["USUBJID"][row]]


def _cited(walk: Walk, frame: pd.DataFrame, row: int) -> tuple[str, str]:
    """The value of the variable that a row cites, and the date of its record."""
    domain, variable = str(frame["SRCDOM"][row]), str(frame["SRCVAR"][row])
    other = walk.frames.get(domain)
    if other is None or variable not in other:
        return "", ""
    mine = other["USUBJID"] == frame["USUBJID"][row]
    sequence = next((name for name in ("ASEQ", f"{domain}SEQ") if name in other), "")
    if sequence:
        mine &= other[sequence] == frame["SRCSEQ"][row]
    rows = other.index[mine]
    if len(rows) != 1:
        return "", ""
    dated = [name for name in (f"{domain}DTC", "ADT") if name in other][:1]
    value, *day = (text for _, text in cells(other, int(rows[0]), [variable, *dated]))
    return value, "".join(day)


def of_kinetics(walk: Walk, node: Mapping, dataset: str, row: int) -> str:
    """What a kinetic parameter says, which result it is, and the samples and dates it is made of."""
    frame = walk.frames.get(dataset)
    given = dict(cells(frame, row, ["PARAMCD", "AVAL", "AVALC", "AVALU"]))
    start = of_subject(walk, subject_of(walk, frame, row), "TRTSDT")
    said = given["AVALC"] or " ".join(filter(None, (given["AVAL"], given["AVALU"]))) or "missing"
    at = f" where {in_words(condition(node['at']))}" if "at" in node else ""
    none = ", and there is no sample of that kind" if at and said == "missing" else ""
    return (
        f"why: {given['PARAMCD']} is {said}: {RESULTS[node['result']]}{at}{none}, counted from TRTSDT "
        f"{start}; {_samples(walk, dataset, row, 'beside it' if none else 'decided by')}."
    )


def _samples(walk: Walk, dataset: str, row: int, words: str) -> str:
    """How many samples are behind a row, and when the first and the last of them were taken."""
    lineage = walk.frames.get(dataset, "lineage")
    days = []
    for source, record in lineage.loc[lineage["row"] == row, ["source", "record"]].itertuples(index=False):
        records = walk.frames.get(source)
        place = row_of(source, records, record)
        if place is not None and f"{source}DTC" in records:
            days.append(cells(records, place, [f"{source}DTC"])[0][1])
    if not days:
        return "no sample counts"
    if len(days) == 1:
        return f"{words} the sample of {days[0]}"
    return f"{words} {len(days)} samples from {min(days)[:DAY]} to {max(days)[:DAY]}"

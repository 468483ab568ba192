"""Methods of analyses: the operations of a word with their patterns, denominators and conventions.

The name of a method is the word of the row, or `kind.analysis` of a figure; its parameters are the arguments
of the word that decide a number. A condition among them is a data subset, named by the analysis.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from clinical.where import Condition
from tlf.ars.catalogue import Entry
from tlf.figures import KINDS
from tlf.formats import pattern
from tlf.rows import Row
from tlf.spec import Display
from tlf.words import WORDS

CONTEXT = "cdiscflow"
NOT_A_NUMBER = ("levels", "missing", "other", "ci_label")  # shown beside numbers, or stated by the groupings
EVENT = "survival.event"
OF_TIMES = ("unit", "days", "conf", "conf_type", "flat_tail", "beyond", "variance")
COUNTS = ("n", "records", "events", "at_risk")
LABELS = {
    "population": "Number of subjects", "count": "Subjects with a record",
    "categorical": "Subjects with each level", "nested": "Subjects with each term",
    "continuous": "Descriptive statistics", "quantiles": "Kaplan-Meier quantiles",
    "rates": "Kaplan-Meier event-free rates", "range": "Range of observed times",
    "kaplan_meier.curve": "Kaplan-Meier curve", "kaplan_meier.at_risk": "Number at risk",
    "kaplan_meier.median": "Kaplan-Meier median", "profiles.limit": "Limits of quantification",
    "profiles.samples": "Samples", "profiles.summary": "Summary of samples at each time",
    "swimmer.length": "Follow-up", "swimmer.state": "Stretches in a state", "swimmer.mark": "First day",
    "swimmer.ongoing": "Subjects in follow-up", "waterfall.response": "Response",
    "waterfall.change": "Best change", "waterfall.shown": "Height of the bar",
    "waterfall.absent": "Reason for no change", "heat_strip.grade": "Highest grade of each day",
    "heat_strip.mark": "Days with a record",
}  # fmt: skip
OF_FIGURES = {
    "population": "Number of subjects",
    "order": "Places of the subjects",
    "axis": "End of the axis",
}
STATISTICS = {
    "n": "Number", "p": "Percentage", "of": "Denominator", "records": "Number of records",
    "lower": "Lower confidence limit", "upper": "Upper confidence limit", "mean": "Mean",
    "sd": "Standard deviation", "median": "Median", "q1": "First quartile", "q3": "Third quartile",
    "min": "Minimum", "max": "Maximum", "estimate": "Estimate", "at_risk": "Number at risk",
    "min_sign": "Whether the minimum is censored", "max_sign": "Whether the maximum is censored",
}  # fmt: skip


def operation_name(statistic: str, level: str, by_operation: bool) -> str:
    """`lower`, or `lower@0.5` where the lines of a word are operations."""
    return f"{statistic}@{level}" if by_operation and level else statistic


def method_of(display: Display, row: Row, records: list[dict], by_operation: bool, of: str) -> Entry:
    """The method of an analysis; `of` is the operation that its percentages are of."""
    patterns: dict[str, list[str]] = {}
    shares: set[str] = set()
    for one in records:
        name = operation_name(one["statistic"], one["level"], by_operation)
        patterns.setdefault(name, []).append(one["format"])
        if one["denominator_n"] == one["denominator_n"] and one["statistic"] not in COUNTS:
            shares.add(name)
    operations = [
        _operation(row, name, found, of if name in shares else "") for name, found in patterns.items()
    ]
    given = [{"name": name, "value": values} for name, values in parameters(display, row)]
    template = {"context": CONTEXT, "code": row.word}
    if given:
        template["parameters"] = given
    made = {"name": row.word, "label": _label(row.word), "operations": operations, "codeTemplate": template}
    says = _says(row.word)
    return {**made, "description": says} if says else made


def _label(word: str) -> str:
    return LABELS.get(word) or OF_FIGURES.get(word.partition(".")[2], word)


def _says(word: str) -> str:
    """The method in a sentence, as the word or the kind of figure has it."""
    kind, _, own = word.partition(".")
    return KINDS[kind].says.get(own, "") if own else WORDS[word].says if word in WORDS else ""


def _operation(row: Row, name: str, patterns: list[str], of: str) -> Entry:
    statistic = name.split("@")[0]
    longest = max(patterns, key=len)
    if statistic == "p" and "percent" in row.formats:
        longest = pattern(row.formats["percent"].decimals("p", 0))
    made: Entry = {"name": name, "label": STATISTICS.get(statistic, statistic)}
    if longest:
        made["resultPattern"] = longest
    if of:
        numerator = [] if statistic == "of" else [("NUMERATOR", "")]
        made["referencedOperationRelationships"] = [*numerator, ("DENOMINATOR", of)]
    return made


def parameters(display: Display, row: Row) -> Iterator[tuple[str, list[str]]]:
    """What the spec says of how the numbers are made, as texts by name; `when.least` is a part of `when`."""
    for name, value, _ in _stated(display, row):
        texts = _texts(value)
        if texts:
            yield name, texts
    if needs_survival(display, row):
        for name in OF_TIMES:
            yield name, _texts(getattr(display.survival, name))


def needs_survival(display: Display, row: Row) -> bool:
    """Whether the numbers of a row are estimated from times to an event."""
    if row.word in WORDS:
        return WORDS[row.word].needs_survival
    return bool(display.figure) and KINDS[display.figure.kind].needs_survival


def conditions(display: Display, row: Row, part: str) -> Iterator[tuple[str, str, Condition]]:
    """The conditions among the arguments of a word, and the event of a time: name, dataset, condition."""
    for name, value, dataset in _stated(display, row):
        found = value.get(part) if isinstance(value, dict) else value
        if isinstance(found, Condition):
            yield name, dataset, found
    if needs_survival(display, row):
        yield EVENT, row.dataset, display.survival.event


def _stated(display: Display, row: Row) -> Iterator[tuple[str, object, str]]:
    if isinstance(row.own, dict):
        for name, value in row.own.items():
            yield from _arguments(name, value, row.dataset)
    else:
        yield from _arguments("", row.own, row.dataset)
    if row.who:
        yield from _arguments("who", row.who, display.population.dataset)


def _arguments(name: str, value: object, dataset: str) -> Iterator[tuple[str, object, str]]:
    """Every argument of a word by its path; a condition is about the dataset that stands beside it."""
    if name in NOT_A_NUMBER:
        return
    if is_dataclass(value) and not isinstance(value, Condition):
        dataset = getattr(value, "dataset", "") or dataset
        for one in fields(value):
            yield from _arguments(f"{name}.{one.name}".strip("."), getattr(value, one.name), dataset)
    elif isinstance(value, tuple) and any(map(is_dataclass, value)):
        for place, one in enumerate(value, start=1):
            yield from _arguments(f"{name}.{place}", one, dataset)
    else:
        yield name, value, dataset


def _texts(value: object) -> list[str]:
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, float):
        return [f"{value:.12g}"]
    if isinstance(value, (str, int)):
        return [str(value)] if value != "" else []
    if isinstance(value, tuple):
        return [text for item in value for text in _texts(item)]
    return []

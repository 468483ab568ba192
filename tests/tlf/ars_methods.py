"""The methods of an ARS file computed again: one function each, of plain records, lists and fractions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from scipy.stats import beta, norm

Record = dict[str, object]


@dataclass
class Case:
    """What one cell is made of: records, denominators, arguments and conditions of the method, its groups.

    `memory` keeps what all cells of a column share, `place` is a line of a figure that no variable holds;
    `of_subject` gives a dataset's records of the subject, and `other` the lines of another analysis of the
    display, in the same column.
    """

    records: list[Record]
    variable: str
    of: dict[str, float | None]
    arguments: dict[str, list[str]]
    where: dict[str, Callable[[Record], bool]]
    groups: list[Record] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    counts: Record = field(default_factory=dict)
    memory: dict[str, dict[str, object]] = field(default_factory=dict)
    place: str = ""
    subject: str = ""
    of_subject: Callable[[str], list[Record]] = lambda dataset: []
    other: Callable[..., dict[str, dict[str, tuple[object, str]]]] = lambda name, subject="": {}

    @property
    def subjects(self) -> set[str]:
        """Who has a record."""
        return {record["USUBJID"] for record in self.records}

    def event(self, record: Record) -> bool:
        """Whether a time ended in an event."""
        return self.where["survival.event"](record)

    def number(self, name: str) -> float:
        """A parameter of the method as a number."""
        return float(self.arguments[name][0])

    @property
    def numbers(self) -> list[float]:
        """The values of the variable in order, without those that are missing; or the days since another."""
        if "since" in self.arguments:
            (since,), per = self.arguments["since"], self.number("per")
            pairs = [(record[self.variable], record[since]) for record in self.records]
            return sorted((one - other) / per for one, other in pairs if "" not in (one, other))
        known = [record for record in self.records if record[self.variable] != ""]
        which = self.arguments.get("subject", ["all"])
        if which == ["all"]:
            return sorted(record[self.variable] for record in known)
        of_subject: dict[object, list[float]] = {}
        for record in known:
            of_subject.setdefault(record["USUBJID"], []).append(record[self.variable])
        return sorted(min(own) if which == ["lowest"] else max(own) for own in of_subject.values())


Found = dict[str, tuple[object, str]]


def _count(case: Case) -> Found:
    n = len(case.subjects)
    found = {"n": (n, ""), "records": (len(case.records), "")}
    for name, of in case.of.items():
        if name == "of":
            found[name] = (of, "")
        elif name == "p":
            found[name] = (100 * n / of if of else None, "")
    if "lower" in case.of:
        lower, upper = _exact(n, case.of["lower"], case.number("conf"))
        found |= {"lower": (lower, "-"), "upper": (upper, "-")}
    return found


def _exact(n: int, of: float, conf: float) -> tuple[float | None, float | None]:
    if not of:
        return None, None
    tail = (1 - conf) / 2
    lower = beta.ppf(tail, n, of - n + 1) if n else 0.0
    upper = beta.ppf(1 - tail, n + 1, of - n) if n < of else 1.0
    return 100 * lower, 100 * upper


def _describe(case: Case) -> Found:
    values = case.numbers
    n = len(values)
    found: dict[str, object] = dict.fromkeys(("mean", "sd", "median", "q1", "q3", "min", "max"))
    if n:
        mean = math.fsum(values) / n
        found |= {"mean": mean, "min": values[0], "max": values[-1]}
        found |= {"q1": _part(values, 1), "median": _part(values, 2), "q3": _part(values, 3)}
    if n > 1:
        found["sd"] = math.sqrt(math.fsum((one - mean) ** 2 for one in values) / (n - 1))
    return {"n": (n, ""), **{name: (value, "-") for name, value in found.items()}}


def _part(values: list[float], quarter: int) -> float:
    """PCTLDEF=5: the mean of two neighbours where n * quarter / 4 is whole, else the next value."""
    whole, rest = divmod(len(values) * quarter, 4)
    return values[whole] if rest else (values[whole - 1] + values[whole]) / 2


@dataclass
class Step:
    """One observed time of a product-limit curve: exact survival, variance of its logarithm."""

    time: float
    events: int
    censored: int
    survival: Fraction
    variance: float
    lower: float | None = None
    upper: float | None = None


def steps_of(case: Case) -> list[Step]:
    """The product-limit curve of the records."""
    by_time: dict[float, list[int]] = {}
    for record in case.records:
        by_time.setdefault(record[case.variable], [0, 0])[0 if case.event(record) else 1] += 1
    left, survival, variance, found = len(case.records), Fraction(1), 0.0, []
    for time in sorted(by_time):
        events, censored = by_time[time]
        survival *= Fraction(left - events, left)
        if events:
            variance += events / (left * (left - events)) if left > events else math.inf
        left -= events + censored
        step = Step(time, events, censored, survival, variance)
        if 0 < survival < 1:
            step.lower, step.upper = _limits(float(survival), variance, case)
        found.append(step)
    return found


def _limits(s: float, variance: float, case: Case) -> tuple[float, float]:
    z = norm.ppf(0.5 + case.number("conf") / 2) * math.sqrt(variance)
    kind = case.arguments["conf_type"][0]
    if kind == "log-log":
        return s ** math.exp(-z / math.log(s)), s ** math.exp(z / math.log(s))
    if kind == "log":
        return s * math.exp(-z), min(1.0, s * math.exp(z))
    return max(0.0, s - z * s), min(1.0, s + z * s)


def _reached(
    case: Case, steps: list[Step], levels: list[float | Fraction | None], target: Fraction
) -> float | None:
    """The first time at the target or below it; the middle of the step if the curve stands at it."""
    at = [i for i, level in enumerate(levels) if level is not None and float(level) <= float(target) + 1e-8]
    below = [i for i, level in enumerate(levels) if level is not None and float(level) < float(target) - 1e-8]
    if not at:
        return None
    if below:
        return (steps[at[0]].time + steps[below[0]].time) / 2
    return (steps[at[0]].time + steps[-1].time) / 2 if case.arguments["flat_tail"] == ["midpoint"] else None


def _quantile(case: Case, steps: list[Step], point: str) -> dict[str, float | None]:
    target, days = 1 - Fraction(point), case.number("days")
    kinds = {
        "estimate": [one.survival for one in steps],
        "lower": [one.lower for one in steps],
        "upper": [one.upper for one in steps],
    }
    times = {name: _reached(case, steps, levels, target) for name, levels in kinds.items()}
    return {name: None if time is None else time / days for name, time in times.items()}


def _quantiles(case: Case) -> Found:
    steps = steps_of(case)
    return {
        f"{name}@{point}": (value, "NE")
        for point in case.arguments["points"]
        for name, value in _quantile(case, steps, point).items()
    }


def _still(case: Case, days: float) -> int:
    return sum(record[case.variable] >= days for record in case.records)


def _rates(case: Case) -> Found:
    steps, found = steps_of(case), {}
    for point in case.arguments["points"]:
        days = float(point) * case.number("days")
        found[f"at_risk@{point}"] = (_still(case, days), "")
        before = [one for one in steps if one.time <= days]
        known = bool(steps) and (days <= steps[-1].time or case.arguments["beyond"] == ["last"])
        step = before[-1] if before else Step(0, 0, 0, Fraction(1), 0.0)
        for name, value in (("estimate", step.survival), ("lower", step.lower), ("upper", step.upper)):
            exists = known and value is not None
            found[f"{name}@{point}"] = (100 * float(value) if exists else None, "NE")
    return found


def _range(case: Case) -> Found:
    steps, days = steps_of(case), case.number("days")
    if not steps:
        return {"min": (None, "NE"), "max": (None, "NE"), "min_sign": (0, ""), "max_sign": (0, "")}
    low, high = steps[0].events == 0, steps[-1].censored > 0
    return {
        "min": (steps[0].time / days, ""), "max": (steps[-1].time / days, ""),
        "min_sign": (int(low), "+" if low else ""), "max_sign": (int(high), "+" if high else ""),
    }  # fmt: skip


def _at_risk(case: Case) -> Found:
    return {"at_risk": (_still(case, float(case.place) * case.number("days")), "")}


def _median(case: Case) -> Found:
    if case.place:
        return {name: (value, "NE") for name, value in _quantile(case, steps_of(case), case.place).items()}
    return {"n": (len(case.subjects), ""), "events": (sum(map(case.event, case.records)), "")}


def summary_of(case: Case) -> Found:
    """Arithmetic statistics of all values; geometric ones of those not below the limit, if enough of them."""
    is_below = case.where.get("below", lambda record: False)
    known = [record for record in case.records if record[case.variable] != ""]
    below = sum(map(is_below, known))
    above = [record[case.variable] for record in known if not is_below(record)]
    found = _describe(case)
    mean, sd = (found[name][0] for name in ("mean", "sd"))
    cv = 100 * sd / mean if mean is not None and sd is not None and mean > 0 else None
    few = len(above) < case.number("when.least")
    many = 100 * below > case.number("when.most_below") * len(known)
    gm = gcv = None
    if above and min(above) > 0 and not few and not many:
        logs = [math.log(one) for one in above]
        centre = math.fsum(logs) / len(logs)
        gm = math.exp(centre)
        if len(logs) > 1:
            variance = math.fsum((one - centre) ** 2 for one in logs) / (len(logs) - 1)
            gcv = 100 * math.sqrt(math.exp(variance) - 1)
    return found | {"below": (below, ""), "cv": (cv, "-"), "gm": (gm, "NC"), "gcv": (gcv, "NC")}


def _shift(case: Case) -> Found:
    """Subjects by the record of each of two conditions; the part is a value, `missing` or `total`."""
    parts, line = case.groups
    values = case.memory
    for name in {"baseline", "worst"} - set(values):
        own = values[name] = {}
        for record in filter(case.where[name], case.records):
            value = record[case.variable]
            own[record["USUBJID"]] = f"{value:g}" if isinstance(value, float) else value
    who = case.people
    if parts["name"] != "total":
        wanted = "" if parts["name"] == "missing" else parts["name"]
        who = {one for one in who if values["worst"].get(one, "") == wanted}
    asked = line["condition"]
    if asked["variable"] == case.variable:
        who = {one for one in who if values["baseline"].get(one, "") in asked["value"]}
    shown = {
        name: (of if name == "of" else 100 * len(who) / of if of else None, "")
        for name, of in case.of.items()
    }
    return {"n": (len(who), ""), **shown}


def _decision(case: Case) -> Found:
    """The first rule that holds for the number of a row above and N of the column."""
    for place in range(1, 20):
        name = f"rules.{place}"
        if f"{name}.when" in case.where and case.where[f"{name}.when"](case.counts):
            return {"decision": (1, case.arguments[f"{name}.text"][0])}
    return {"decision": (0, "")}


def _incidence(case: Case) -> Found:
    """Aalen and Johansen's estimate with Aalen's variance or that of the delta method."""
    steps, found = steps_of(case), {}
    of_interest: dict[float, int] = {}
    for record in case.records:
        if case.event(record) and case.where["event"](record):
            of_interest[record[case.variable]] = of_interest.get(record[case.variable], 0) + 1
    for point in case.arguments["points"]:
        days = float(point) * case.number("days")
        found[f"at_risk@{point}"] = (_still(case, days), "")
        known = bool(steps) and (days <= steps[-1].time or case.arguments["beyond"] == ["last"])
        rows, before, level = [], Fraction(1), Fraction(0)
        for step in steps:
            if step.time <= days and step.events:
                risk, own = _still(case, step.time), of_interest.get(step.time, 0)
                level += before * Fraction(own, risk)
                rows.append((risk, step.events, own, float(before), float(level)))
            before = step.survival
        value, limits = float(level), (None, None)
        if 0 < level < 1:
            term = _aalen if case.arguments["variance"] == ["aalen"] else _delta
            limits = _limits(value, sum(term(value, *row) for row in rows) / value**2, case)
        for name, number in zip(("estimate", "lower", "upper"), (value, *limits), strict=True):
            found[f"{name}@{point}"] = (100 * number if known and number is not None else None, "NE")
    return found


def _delta(value: float, risk: int, failures: int, own: int, before: float, level: float) -> float:
    """SAS LIFETEST, ERROR=DELTA: the variance of one step of independent binomials, carried forward."""
    left, alive = value - level, risk - failures
    first = left**2 * failures / (risk * alive) if alive else 0.0
    return first + before**2 * own * (risk - own) / risk**3 - 2 * left * before * own / risk**2


def _aalen(value: float, risk: int, failures: int, own: int, before: float, level: float) -> float:
    """Marubini and Valsecchi 1995, section 10.3: one term of the variance."""
    left, alive = value - level, risk - failures
    first = left**2 * failures / ((risk - 1) * alive) if alive else 0.0
    second = before**2 * own * (risk - own) / (risk**2 * (risk - 1)) if risk > 1 else 0.0
    third = left * before * own * (risk - own) / (risk * alive * (risk - 1)) if alive else 0.0
    return first + second - 2 * third


ALONE = ("shift",)  # computed of all subjects of a column, whatever the group
METHODS: dict[str, Callable[[Case], Found]] = {
    "population": _count,
    "count": _count,
    "categorical": _count,
    "nested": _count,
    "continuous": _describe,
    "visits": _describe,
    "geometric": summary_of,
    "across": summary_of,
    "shift": _shift,
    "decision": _decision,
    "incidence": _incidence,
    "quantiles": _quantiles,
    "rates": _rates,
    "range": _range,
    "kaplan_meier.at_risk": _at_risk,
    "kaplan_meier.median": _median,
    "swimmer.population": _count,
    "waterfall.population": _count,
    "heat_strip.population": _count,
}

"""The analyses of figures computed again: each function gives all lines of a cell, by place (`` for one)."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import groupby

from tests.tlf.ars_methods import Case, Found, Record, steps_of, summary_of

Lines = dict[str, Found]
OF_DAYS = ("days", "to", "day")


def _numbered(lines: list[Found], first: int = 1) -> Lines:
    return {str(place): found for place, found in enumerate(lines, start=first)}


def _study_day(case: Case, date: object) -> float | None:
    """1 on the day of start, -1 on the day before it."""
    dataset, name = case.arguments["start"][0].split(".")
    start = case.of_subject(dataset)[0][name]
    if "" in (date, start):
        return None
    return date - start + 1 if date >= start else date - start


def _curve(case: Case) -> Lines:
    days = case.number("days")
    return _numbered(
        [
            {
                "time": (step.time / days, ""),
                "survival": (float(step.survival), ""),
                "lower": (step.lower, ""),
                "upper": (step.upper, ""),
                "events": (step.events, ""),
                "censored": (step.censored, ""),
            }
            for step in steps_of(case)
        ],
        first=0,
    )


def _highest(case: Case, name: str, subject: str) -> float:
    values = [next(iter(found.values()))[0] for found in case.other(name, subject).values()]
    return max((value for value in values if value is not None), default=-math.inf)


def _order(case: Case) -> Lines:
    names = case.arguments["analyses"]
    ordered = sorted(case.people, key=lambda one: (*(-_highest(case, name, one) for name in names), one))
    return {"": {"place": (ordered.index(case.subject) + 1, "")}}


def _length(case: Case) -> Lines:
    value = case.records[0][case.variable]
    if value == "":
        return {"": {"days": (None, ""), "months": (None, "")}}
    return {"": {"days": (value, ""), "months": (value / case.number("days"), "")}}


def _stretches(case: Case) -> Lines:
    """Runs of one value over the days; of several values on a day what is no state counts, else the last."""
    states, days = case.arguments["states"], {}
    for one in case.records:
        day = _study_day(case, one[case.arguments["date"][0]])
        if day is not None:
            days.setdefault(day, []).append(one[case.variable])
    said = []
    for day in sorted(days):
        others = [value for value in days[day] if value not in states]
        said.append((day, others[-1] if others else max(days[day], key=states.index)))
    runs = [(value, [day for day, _ in run]) for value, run in groupby(said, key=lambda one: one[1])]
    ends = [after[1][0] - 1 for after in runs[1:]] + [run[1][-1] for run in runs[-1:]]
    return _numbered(
        [
            {"state": (1, value), "from": (own[0], ""), "to": (end, "")}
            for (value, own), end in zip(runs, ends, strict=True)
            if value in states
        ]
    )


def _first_day(case: Case) -> Lines:
    days = [_study_day(case, one[case.variable]) for one in case.records]
    known = [day for day in days if day is not None]
    return {"": {"day": (min(known), "")}} if known else {}


def _ongoing(case: Case) -> Lines:
    return {"": {"ongoing": (1, case.arguments["text"][0])}} if case.records else {}


def _end_of_months(case: Case) -> Lines:
    last = 0.0
    for subject in case.people:
        for name in case.arguments["analyses"]:
            for found in case.other(name, subject).values():
                last = max(last, *(found[one][0] or 0.0 for one in OF_DAYS if one in found))
    step = case.number("step")
    return {"": {"to": (step * math.ceil(last / case.number("days") / step), "")}}


def _response(case: Case) -> Lines:
    values = [one[case.variable] for one in case.records]
    return {"": {"response": (1, values[-1] if values else "")}}


def _in_time(case: Case) -> list[Record]:
    """Records after the day of start, on or before the first day of every `until`."""
    last, place = math.inf, 1
    while f"until.{place}.dataset" in case.arguments:
        name = f"until.{place}"
        is_one = case.where.get(f"{name}.where", lambda record: True)
        for record in filter(is_one, case.of_subject(case.arguments[f"{name}.dataset"][0])):
            day = _study_day(case, record[case.arguments[f"{name}.date"][0]])
            last = last if day is None else min(last, day)
        place += 1
    days = [(_study_day(case, one[case.arguments["date"][0]]), one) for one in case.records]
    return [one for day, one in days if day is not None and 1 < day <= last]


def _change(case: Case) -> Lines:
    values = [one[case.variable] for one in _in_time(case) if one[case.variable] != ""]
    return {"": {"percent": (min(values), "")}} if values else {}


def _shown(case: Case) -> Lines:
    (name,) = case.arguments["analyses"]
    lines = case.other(name, case.subject)
    return {"": {"percent": (min(lines[""]["percent"][0], case.number("cap")), "")}} if lines else {}


def _absent(case: Case) -> Lines:
    if _change(case):
        return {}
    records = _in_time(case)
    bases = [one[case.arguments["base"][0]] for one in records]
    why = "none" if not records else "zero" if 0 in bases else "base"
    return {"": {why: (1, case.arguments[f"text.{why}"][0])}}


def _top(case: Case) -> Lines:
    (name,) = case.arguments["analyses"]
    high = max([0.0, *(_highest(case, name, one) for one in case.people)])
    step = case.number("step")
    return {"": {"top": (min(case.number("cap"), step * math.ceil(high / step)), "")}}


def _days_after(case: Case, date: object) -> float | None:
    """0 on the day of start; none outside 0 to `to`."""
    day = _study_day(case, date)
    return day - 1 if day is not None and 1 <= day <= case.number("to") + 1 else None


def _grades(case: Case) -> Lines:
    worst: dict[float, float] = {}
    for one in case.records:
        day, grade = _days_after(case, one[case.arguments["date"][0]]), one[case.variable]
        if day is not None and grade != "":
            worst[day] = max(worst.get(day, grade), grade)
    return {f"{day:g}": {"grade": (worst[day], "")} for day in worst}


def _days(case: Case) -> Lines:
    days = {_days_after(case, one[case.variable]) for one in case.records} - {None}
    return {f"{day:g}": {"day": (day, "")} for day in days}


def _limits(case: Case) -> Lines:
    known = sorted({one[case.variable] for one in case.records} - {""})
    return _numbered([{"limit": (one, "")} for one in known], first=0)


def _samples(case: Case) -> Lines:
    (time,) = case.arguments["time"]
    known = [one for one in case.records if "" not in (one[time], one[case.variable])]
    known.sort(key=lambda one: (one[time], one[case.variable]))
    is_below = case.where["below"]
    return _numbered(
        [
            {"time": (one[time], ""), "value": (one[case.variable], ""), "below": (int(is_below(one)), "")}
            for one in known
        ]
    )


def _profile(case: Case) -> Lines:
    """The statistic of one time and group, and where it is drawn."""
    found = summary_of(case)
    n, below, value = (found[name][0] for name in ("n", "below", case.arguments["statistic"][0]))
    least = min((one["limit"][0] for one in case.other(case.arguments["analyses"][0]).values()), default=None)
    if case.arguments["statistic"] == ["median"]:
        low = below > 0 and least is not None and value < least
    else:
        low = 100 * below > case.number("when.most_below") * n
    height = value if not low else None if least is None else least / 2
    lower, upper = _one_deviation(case) if value is not None else (None, None)
    shown = {
        "time": case.groups[-1]["name"],
        "value": value,
        "lower": lower,
        "upper": upper,
        "height": height,
    }
    shown["time"] = float(shown["time"])
    return {
        "": {name: (one, "-") for name, one in shown.items()}
        | {"n": (n, ""), "below": (below, ""), "at_half": (int(low), "")}
    }


def _one_deviation(case: Case) -> tuple[float | None, float | None]:
    """The geometric mean divided and multiplied by the geometric SD, of what is not below the limit."""
    values = [one[case.variable] for one in case.records if not case.where["below"](one)]
    logs = [math.log(one) for one in values if one != "" and one > 0]
    if len(logs) < 2:
        return None, None
    centre = math.fsum(logs) / len(logs)
    sd = math.sqrt(math.fsum((one - centre) ** 2 for one in logs) / (len(logs) - 1))
    return math.exp(centre - sd), math.exp(centre + sd)


FIGURES: dict[str, Callable[[Case], Lines]] = {
    "kaplan_meier.curve": _curve,
    "swimmer.order": _order,
    "swimmer.length": _length,
    "swimmer.state": _stretches,
    "swimmer.mark": _first_day,
    "swimmer.ongoing": _ongoing,
    "swimmer.axis": _end_of_months,
    "waterfall.order": _order,
    "waterfall.response": _response,
    "waterfall.change": _change,
    "waterfall.shown": _shown,
    "waterfall.absent": _absent,
    "waterfall.axis": _top,
    "heat_strip.order": _order,
    "heat_strip.grade": _grades,
    "heat_strip.mark": _days,
    "profiles.limit": _limits,
    "profiles.samples": _samples,
    "profiles.summary": _profile,
}
OF_ALL = ("axis", "limit", "curve", "summary")
OF_SUBJECTS = tuple(name for name in FIGURES if name.split(".")[1] not in OF_ALL)

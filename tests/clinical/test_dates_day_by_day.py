"""Partial dates once more, one value at a time, as sets of days: slow, and written from the rules only."""

import calendar
from datetime import date, datetime, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical import dates

OPERATORS = ["eq", "ne", "lt", "le", "gt", "ge", "before"]


def text(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def shown(series: pd.Series) -> list[str | None]:
    """The cells as text, for comparing; midnight is left out."""
    return [None if pd.isna(value) else str(value).removesuffix(" 00:00:00") for value in series]


def days_of(value: str) -> list[date]:
    """Every day that a partial date can mean."""
    day = value.split("T")[0]
    if "---" in day:
        year, number = (int(part) for part in day.split("---"))
        return [date(year, m, number) for m in range(1, 13) if number <= calendar.monthrange(year, m)[1]]
    parts = [int(part) for part in day.split("-")]
    span = [date(parts[0], 1, 1) + timedelta(days=number) for number in range(366)]
    return [each for each in span if [each.year, each.month, each.day][: len(parts)] == parts]


def clock_of(value: str) -> list[int]:
    return [int(part) for part in value.split("T")[1].split(":")] if "T" in value else []


def compare(one_value: object, op: str, other: object) -> bool:
    return {
        "eq": one_value == other, "ne": one_value != other, "lt": one_value < other, "le": one_value <= other,
        "gt": one_value > other, "ge": one_value >= other,
    }[op]  # fmt: skip


def slow_holds(left: str | None, op: str, right: str | None) -> bool:
    if left is None or right is None:
        return False
    precision = min(len(clock_of(left)), len(clock_of(right)))
    if op == "before":
        op = "lt" if precision else "le"
    return all(
        compare((one_day, clock_of(left)[:precision]), op, (other_day, clock_of(right)[:precision]))
        for one_day in days_of(left)
        for other_day in days_of(right)
    )


def slow_impute(value: str, how: str, after: list, not_before: list, not_after: list) -> date:
    days = days_of(value)
    if len(days) == 1:
        return days[0]
    whole = [
        day
        for day in (*not_before, *(day + timedelta(days=1) for day in after))
        if days[0] <= day <= days[-1]
    ]
    caps = [day for day in not_after if days[0] <= day <= days[-1]]
    chosen = days[-1] if how == "last" else min(day for day in days if all(day >= bound for bound in whole))
    return max(day for day in days if day <= chosen and all(day <= cap for cap in caps))


def numbers(low: int, high: int):
    return st.integers(low, high).map(lambda number: f"{number:02d}")


DAYS = st.dates(date(2023, 12, 1), date(2025, 1, 31)).map(str)
CLOCKS = st.one_of(
    numbers(0, 23),
    st.sampled_from(["00:00", "10:30", "10:31", "23:59"]),
    st.sampled_from(["10:30:00", "10:30:59"]),
)
PARTIAL = st.one_of(
    st.sampled_from(["2023", "2024", "2025"]),
    st.tuples(st.sampled_from(["2023", "2024"]), numbers(1, 12)).map("-".join),
    st.tuples(st.sampled_from(["2023", "2024"]), numbers(1, 31)).map("---".join),
)
ANY = st.one_of(st.none(), DAYS, st.tuples(DAYS, CLOCKS).map("T".join), PARTIAL)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(ANY, ANY), min_size=1, max_size=8), st.sampled_from(OPERATORS))
def test_comparisons_agree_with_comparing_day_by_day(pairs, op):
    left, right = (text(*column) for column in zip(*pairs, strict=True))
    assert dates.holds(left, op, right).tolist() == [
        slow_holds(one_value, op, other) for one_value, other in pairs
    ]


@settings(max_examples=200, deadline=None)
@given(st.lists(ANY, min_size=1, max_size=8))
def test_first_and_last_moment_agree_with_the_set_of_days(values):
    def moments(value: str | None, late: bool) -> str | None:
        if value is None:
            return None
        rest = ([23, 59, 59] if late else [0, 0, 0])[len(clock_of(value)) :]
        day = days_of(value)[-1 if late else 0]
        moment_of_day = datetime(day.year, day.month, day.day, *clock_of(value), *rest)
        return str(moment_of_day).removesuffix(" 00:00:00")

    for got, late in ((dates.earliest(text(*values)), False), (dates.latest(text(*values)), True)):
        assert shown(got) == [moments(value, late) for value in values]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(PARTIAL, DAYS), min_size=1, max_size=6),
    st.sampled_from(["first", "last"]),
    *(st.lists(DAYS, max_size=2) for _ in range(3)),
)
def test_imputation_agrees_with_choosing_from_the_set_of_days(values, how, after, not_before, not_after):
    bounds = {"after": after, "not_before": not_before, "not_after": not_after}
    columns = {name: [text(*[day] * len(values)) for day in days] for name, days in bounds.items()}
    got, flags = dates.impute(text(*values), how, **columns)
    given_days = {name: [date.fromisoformat(day) for day in days] for name, days in bounds.items()}
    assert shown(got) == [str(slow_impute(value, how, **given_days)) for value in values]
    kinds = {4: "M", 7: "D", 9: "M"}
    assert shown(flags) == [kinds.get(len(value)) for value in values]

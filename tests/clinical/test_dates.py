"""Partial dates: rules A-DAY, C-DTC, C-DY, D-IMP; spec_language.md 1 and 3."""

import numpy as np
import pandas as pd
import pytest

from clinical import dates

OPERATORS = ["eq", "ne", "lt", "le", "gt", "ge", "before"]


def text(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def moment(*values: str | None, name: str | None = None) -> pd.Series:
    stamps = [np.datetime64(value or "NaT", "s") for value in values]
    return pd.Series(np.array(stamps, dtype="datetime64[s]"), name=name)


def shown(series: pd.Series) -> list[str | None]:
    """The cells as text, for comparing; midnight is left out."""
    return [None if pd.isna(value) else str(value).removesuffix(" 00:00:00") for value in series]


def one(comparison: str) -> bool:
    left, op, right = comparison.split()
    return bool(dates.holds(text(left), op, text(right))[0])


@pytest.mark.parametrize(
    ("given_text", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31 23:59:59"),
        ("2024-02", "2024-02-01", "2024-02-29 23:59:59"),
        ("2023-02", "2023-02-01", "2023-02-28 23:59:59"),
        ("1900-02", "1900-02-01", "1900-02-28 23:59:59"),
        ("2024---15", "2024-01-15", "2024-12-15 23:59:59"),
        ("2024---31", "2024-01-31", "2024-12-31 23:59:59"),
        ("2024-02-29", "2024-02-29", "2024-02-29 23:59:59"),
        ("2024-02-29T09", "2024-02-29 09:00:00", "2024-02-29 09:59:59"),
        ("2024-02-29T09:05", "2024-02-29 09:05:00", "2024-02-29 09:05:59"),
        ("2024-02-29T00:00:00", "2024-02-29", "2024-02-29"),
        ("2024-12-31T23:59:59", "2024-12-31 23:59:59", "2024-12-31 23:59:59"),
    ],
)
def test_a_partial_date_means_every_moment_from_its_first_to_its_last_second(given_text, first, last):
    assert shown(dates.earliest(text(given_text))) == [first]
    assert shown(dates.latest(text(given_text))) == [last]


@pytest.mark.parametrize(
    "not_a_date",
    [
        None, "2023-02-29", "2024-02-30", "2024-13", "2024-00", "2024-04-31", "2024---32", "2024---00",
        "24-01-01", "2024-1-1", "2024-01T10:00", "2024-01-01T24:00", "2024-01-01T10:60", "2024-01-01T10:00Z",
        "2024-01-01 10:00",
        "UNK", "２０２４", "2024-01-01\n",
    ],
)  # fmt: skip
def test_text_that_is_no_day_of_the_calendar_counts_as_missing(not_a_date):
    assert shown(dates.earliest(text(not_a_date))) == [None]
    assert not dates.is_date(text(not_a_date))[0]


def test_a_datetime_at_midnight_is_a_day_and_any_other_is_a_moment():
    given_dates = moment("2024-03-01", "2024-03-01T10:30:15", None)
    assert shown(dates.latest(given_dates)) == ["2024-03-01 23:59:59", "2024-03-01 10:30:15", None]
    assert dates.has_time(given_dates).tolist() == [False, True, False]
    assert dates.is_complete(given_dates).tolist() == [True, True, False]


def test_a_variable_named_dtm_has_a_time_even_at_midnight():
    """Frames of ADaM: *DT is a day, *DTM always a moment."""
    at_midnight = moment("2024-03-01", None, name="TRTSDTM")
    assert dates.has_time(at_midnight).tolist() == [True, False]
    assert shown(dates.latest(at_midnight)) == ["2024-03-01", None]


def test_only_a_known_day_is_complete_and_only_a_known_hour_is_a_time():
    values = text("2024", "2024---15", "2024-03", "2024-03-01", "2024-03-01T10", "2024-03-01T10:00", None)
    assert dates.is_complete(values).tolist() == [False, False, False, True, True, True, False]
    assert dates.has_time(values).tolist() == [False, False, False, False, True, True, False]
    assert shown(dates.to_day(values)) == [None, None, None, "2024-03-01", "2024-03-01", "2024-03-01", None]


def test_a_day_is_written_as_iso_text():
    assert shown(dates.iso_text(moment("2024-03-01", "0999-01-31", "2024-03-01T10:30", None))) == [
        "2024-03-01", "0999-01-31", "2024-03-01", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        # whole days, both sides of the boundary
        ("2024-02-28 lt 2024-02-29", True),
        ("2024-02-29 lt 2024-02-29", False),
        ("2024-02-29 le 2024-02-29", True),
        ("2024-03-01 le 2024-02-29", False),
        ("2024-03-01 gt 2024-02-29", True),
        ("2024-03-01 ge 2024-03-01", True),
        ("2024-03-01 eq 2024-03-01", True),
        ("2024-03-01 ne 2024-03-01", False),
        # as days if either has no time
        ("2024-03-01 lt 2024-03-01T10:00", False),
        ("2024-03-01 le 2024-03-01T10:00", True),
        ("2024-03-01 eq 2024-03-01T10:00", True),
        ("2024-03-01 ge 2024-03-01T10:00", True),
        ("2024-03-01 before 2024-03-01T10:00", True),
        ("2024-03-01T23:59 before 2024-03-01", True),
        ("2024-03-02 before 2024-03-01T10:00", False),
        ("2024-02-29T23:59 lt 2024-03-01", True),
        # moments
        ("2024-03-01T09:59 lt 2024-03-01T10:00", True),
        ("2024-03-01T10:00 lt 2024-03-01T10:00", False),
        ("2024-03-01T10:00 before 2024-03-01T10:00", False),
        ("2024-03-01T09:59 before 2024-03-01T10:00", True),
        ("2024-02-29T23:59 lt 2024-03-01T00:00", True),
        ("2024-03-01T10:30 lt 2024-03-01T10:30:45", False),
        ("2024-03-01T10:30 eq 2024-03-01T10:30:45", True),
        ("2024-03-01T10:30:44 lt 2024-03-01T10:30:45", True),
        ("2024-03-01T10 eq 2024-03-01T10:30", True),
        # partial: only if it holds for every day they can mean
        ("2024-02 lt 2024-03-01", True),
        ("2024-02 lt 2024-02-29", False),
        ("2024-02 le 2024-02-29", True),
        ("2024-02 le 2024-02-28", False),
        ("2024-02 before 2024-02-29", True),
        ("2024-02 before 2024-02-28", False),
        ("2024-02 eq 2024-02", False),
        ("2024-02 ne 2024-03", True),
        ("2024-02 ne 2024-02-10", False),
        ("2024 gt 2023-12-31", True),
        ("2024 ge 2024-01-01", True),
        ("2024 gt 2024-01-01", False),
        ("2024---15 gt 2024-01-14", True),
        ("2024---15 gt 2024-01-15", False),
        ("2024---15 le 2024-12-15", True),
        ("2024---15 ne 2024-03-20", True),
        ("2024---15 ne 2024-03-15", False),
        ("2024---31 ne 2024-04", True),
        ("2024---31 ne 2024-03", False),
        ("2024---15 ne 2024---16", True),
        ("2024---15 ne 2024---15", False),
        ("2024---15 ne 2024-03-20T10:00", True),
    ],
)
def test_a_comparison_holds_only_if_it_holds_for_every_day_the_dates_can_mean(comparison, expected):
    assert one(comparison) is expected


@pytest.mark.parametrize("op", OPERATORS)
def test_a_missing_date_satisfies_no_comparison(op):
    got = dates.holds(text(None, "2024", None, "2024-02-30"), op, text("2024", None, None, "2025-01-01"))
    assert got.tolist() == [False, False, False, False]


def test_text_is_compared_with_datetimes():
    got = dates.holds(text("2024-03-01", "2024-03-01T09:00"), "lt", moment("2024-03-02", "2024-03-01T10:00"))
    assert got.tolist() == [True, True]


def test_an_unknown_comparison_is_refused():
    with pytest.raises(ValueError, match="like"):
        dates.holds(text("2024"), "like", text("2024"))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-02-28", -2), ("2024-02-29", -1), ("2024-03-01", 1), ("2024-03-02", 2), ("2024-03-29", 29),
        ("2024-02-25", -5), ("2024-02-29T23:59", -1), ("2024-03-01T00:00", 1), ("2024-03", None),
        (None, None),
    ],
)  # fmt: skip
def test_there_is_no_study_day_zero_and_partial_dates_have_none(day, expected):
    """Rules A-DAY, C-DY: protocol day 0 is study day 1, day 28 is 29, day -5 is -5."""
    got = dates.study_day(text(day), text("2024-03-01T10:30"))
    assert got.dtype == "float64"
    assert [None if pd.isna(value) else value for value in got] == [expected]


def test_study_day_needs_a_complete_reference():
    assert dates.study_day(text("2024-03-01", "2024-03-01"), text("2024-03", None)).isna().all()


@pytest.mark.parametrize(
    ("start", "end", "unit", "known", "expected"),
    [
        ("2000-02-29", "2001-02-28", "years", "day", 0),
        ("2000-02-29", "2001-03-01", "years", "day", 1),
        ("2000-02-29", "2004-02-28", "years", "day", 3),
        ("2000-02-29", "2004-02-29", "years", "day", 4),
        ("1970-05-10", "2024-05-09", "years", "day", 53),
        ("1970-05-10", "2024-05-10T08:00", "years", "day", 54),
        ("1970-05", "2024-05-01", "years", "month", 54),
        ("1970-05", "2024-04-30", "years", "month", 53),
        ("1970-05", "2024-04-30", "years", "day", None),
        ("1970", "2024-01-01", "years", "month", None),
        ("1970", "2024-01-01", "years", "year", 54),
        ("1970---15", "2024-01-15", "years", "month", None),
        ("1970---15", "2024-01-15", "years", "year", 54),
        ("2024-01-31", "2024-02-29", "months", "day", 0),
        ("2024-01-31", "2024-03-31", "months", "day", 2),
        ("2023-12-15", "2024-01-14", "months", "day", 0),
        ("2023-12-15", "2024-01-15", "months", "day", 1),
        ("2024-02-28", "2024-03-01", "days", "day", 3),
        ("2023-02-28", "2023-03-01", "days", "day", 2),
        ("2024-03-01", "2024-03-01", "days", "day", 1),
        ("2024-05-10", "2022-05-10", "years", "day", -2),
        ("2024-05-10", "2022-05-11", "years", "day", -1),
        (None, "2024-01-01", "years", "year", None),
        ("2024-01-01", None, "days", "year", None),
    ],
)
def test_a_duration_counts_completed_years_and_months_and_both_end_days(start, end, unit, known, expected):
    """Rules C.1 AGE (birth month known: first of the month), D-DAY (end - start + 1)."""
    got = dates.duration(text(start), text(end), unit, known)
    assert [None if pd.isna(value) else value for value in got] == [expected]


def test_a_time_is_appended_only_to_a_complete_date():
    """Rule C-DTC."""
    got = dates.join_time(
        text(
            "2024-03-29",
            "2024-03-29",
            "2024-03",
            "2024",
            None,
            "2024-03-29",
            "2024-03-29",
            "2024-03-29T08:00",
        ),
        text("9:05", "23:59:59", "09:05", "09:05", "09:05", None, "24:00", "09:05"),
    )
    assert shown(got) == [
        "2024-03-29T09:05", "2024-03-29T23:59:59", "2024-03", "2024", None, "2024-03-29", "2024-03-29",
        "2024-03-29T08:00",
    ]  # fmt: skip


def test_a_time_of_the_day_is_told_from_other_text():
    times = text("9:05", "09:05", "23:59:59", "24:00", "09:60", "9", "0905", "UNK", None)
    assert dates.is_time(times).tolist() == [True, True, True, False, False, False, False, False, False]


def test_an_end_before_the_start_by_the_clock_is_on_the_next_day():
    """Rule C.2: infusion across midnight; leap day, year end."""
    got = dates.roll_over(
        text(
            "2024-02-28T00:10",
            "2023-12-31T00:10:30",
            "2024-02-28T23:10",
            "2024-02-29T00:10",
            "2024-02-28",
            None,
        ),
        text(
            "2024-02-28T23:10",
            "2023-12-31T23:00",
            "2024-02-28T23:10",
            "2024-02-28T23:10",
            "2024-02-28T23:10",
            None,
        ),
    )
    assert shown(got) == [
        "2024-02-29T00:10", "2024-01-01T00:10:30", "2024-02-28T23:10", "2024-02-29T00:10", "2024-02-28", None,
    ]  # fmt: skip


def test_an_end_without_start_or_on_an_earlier_day_stays_as_it_is():
    ends = text("2024-02-28T00:10", "2024-02-28T00:10", "2024-02-27T10:00")
    assert shown(dates.roll_over(ends, text(None, "2024-02-28", "2024-02-28T09:00"))) == [
        "2024-02-28T00:10", "2024-02-28T00:10", "2024-02-27T10:00",
    ]  # fmt: skip


def imputed(how: str, value: str | None, **bounds: str | None) -> tuple[str | None, str | None]:
    days, flags = dates.impute(text(value), how, **{name: [text(bound)] for name, bound in bounds.items()})
    return shown(days)[0], shown(flags)[0]


@pytest.mark.parametrize(
    ("value", "first", "last", "flag"),
    [
        ("2024-02", "2024-02-01", "2024-02-29", "D"),
        ("2023-02", "2023-02-01", "2023-02-28", "D"),
        ("2024", "2024-01-01", "2024-12-31", "M"),
        ("2024---31", "2024-01-31", "2024-12-31", "M"),
        ("2024-02-10", "2024-02-10", "2024-02-10", None),
        ("2024-02-10T23:59", "2024-02-10", "2024-02-10", None),
        (None, None, None, None),
        ("2024-02-30", None, None, None),
    ],
)
def test_a_partial_date_is_taken_for_its_first_or_last_day_and_flagged(value, first, last, flag):
    assert imputed("first", value) == (first, flag)
    assert imputed("last", value) == (last, flag)


@pytest.mark.parametrize(
    ("how", "bounds", "expected"),
    [
        # AE start: the first infusion if the month contains it
        ("first", {"not_before": "2024-03-01"}, "2024-03-01"),
        ("first", {"not_before": "2024-03-10"}, "2024-03-10"),
        ("first", {"not_before": "2024-03-31"}, "2024-03-31"),
        ("first", {"not_before": "2024-02-29"}, "2024-03-01"),
        ("first", {"not_before": "2024-04-01"}, "2024-03-01"),
        # ... unless the AE ended before
        ("first", {"not_before": "2024-03-10", "not_after": "2024-03-09"}, "2024-03-09"),
        ("first", {"not_before": "2024-03-10", "not_after": "2024-03-11"}, "2024-03-10"),
        ("first", {"not_before": "2024-03-10", "not_after": "2024-02-20"}, "2024-03-10"),
        # after: the next day, while that is in the month
        ("first", {"after": "2024-03-10"}, "2024-03-11"),
        ("first", {"after": "2024-03-30"}, "2024-03-31"),
        ("first", {"after": "2024-03-31"}, "2024-03-01"),
        ("first", {"after": "2024-02-29"}, "2024-03-01"),
        # ends: not beyond death or cut
        ("last", {"not_after": "2024-03-15"}, "2024-03-15"),
        ("last", {"not_after": "2024-04-01"}, "2024-03-31"),
        ("last", {"not_after": "2024-02-29"}, "2024-03-31"),
        ("last", {"not_before": "2024-03-15"}, "2024-03-31"),
        # bounds without a day say nothing, a time is ignored
        ("first", {"not_before": "2024-03"}, "2024-03-01"),
        ("first", {"not_before": None}, "2024-03-01"),
        ("first", {"not_before": "2024-03-10T23:00"}, "2024-03-10"),
    ],
)
def test_a_bound_counts_only_inside_what_the_partial_date_can_mean(how, bounds, expected):
    """Rule D-IMP."""
    assert imputed(how, "2024-03", **bounds) == (expected, "D")


@pytest.mark.parametrize(
    ("how", "bounds", "expected"),
    [
        ("first", {"not_before": "2024-03-15"}, "2024-03-15"),
        ("first", {"not_before": "2024-03-16"}, "2024-04-15"),
        ("first", {"not_before": "2024-12-16"}, "2024-01-15"),
        ("first", {"after": "2024-03-15"}, "2024-04-15"),
        ("last", {"not_after": "2024-03-14"}, "2024-02-15"),
        ("first", {"not_before": "2024-03-16", "not_after": "2024-04-10"}, "2024-03-15"),
    ],
)
def test_where_only_the_month_is_unknown_the_day_is_kept(how, bounds, expected):
    assert imputed(how, "2024---15", **bounds) == (expected, "M")


def test_several_bounds_the_latest_lower_and_the_earliest_upper_one_count():
    days, _ = dates.impute(
        text("2024-03"),
        "first",
        after=[text("2024-03-04"), moment("2024-03-09")],
        not_before=[text("2024-03-08")],
        not_after=[text("2024-03-20"), text("2024-03-30")],
    )
    assert shown(days) == ["2024-03-10"]


@pytest.mark.parametrize(
    ("value", "first", "last", "flag"),
    [
        ("2024-02-29", "2024-02-29 00:00:00", "2024-02-29 23:59:00", "H"),
        ("2024-02-29T10", "2024-02-29 10:00:00", "2024-02-29 10:59:00", "M"),
        ("2024-02-29T10:30", "2024-02-29 10:30:00", "2024-02-29 10:30:00", None),
        ("2024-02-29T10:30:15", "2024-02-29 10:30:15", "2024-02-29 10:30:15", None),
        ("2024-02", None, None, None),
        (None, None, None, None),
    ],
)
def test_a_missing_time_is_midnight_for_starts_and_2359_for_ends(value, first, last, flag):
    """Rule D-IMP, times."""
    for how, expected in (("first", first), ("last", last)):
        moments, flags = dates.impute_time(text(value), how)
        assert [None if pd.isna(each) else f"{each:%Y-%m-%d %H:%M:%S}" for each in moments] == [expected]
        assert shown(flags) == [flag]


def test_columns_without_any_value_or_row_are_dates_too():
    nothing = pd.Series([np.nan, np.nan])
    assert dates.earliest(nothing).isna().all()
    assert dates.join_time(nothing, nothing).isna().all()
    for empty in (text(), moment()):
        assert len(dates.holds(empty, "ne", empty)) == 0
        assert len(dates.impute(empty, "first")[0]) == 0
        assert len(dates.duration(empty, empty, "years")) == 0


def test_rows_filtered_out_of_a_larger_frame_keep_their_own_dates():
    both = pd.concat([text("2024-01-01", None), text("2024-02", "2024-03-05")], ignore_index=True)
    kept = both[both.notna()]
    assert shown(dates.earliest(kept)) == ["2024-01-01", "2024-02-01", "2024-03-05"]
    assert dates.earliest(kept).index.tolist() == [0, 2, 3]

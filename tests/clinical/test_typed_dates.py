"""Dates as typed and clocks of other zones: rules B-DIRT-1, B-DIRT-2, C-DTC, D-TZ."""

import pandas as pd
import pytest

from clinical import dates
from clinical.errors import SpecError
from clinical.typed_dates import FORMS


def text(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def shown(series: pd.Series) -> list[str | None]:
    """The cells as text, for comparing; midnight is left out."""
    return [None if pd.isna(value) else str(value).removesuffix(" 00:00:00") for value in series]


@pytest.mark.parametrize(
    ("typed", "form", "expected"),
    [
        # rows 1 and 2 of the planted dirt
        ("UN DEC 2024", "UN", "2024-12"),
        ("UNK UNK 2023", "UN", "2023"),
        ("--2024", "UN", "2024"),
        ("2024/12", "yyyy/mm", "2024-12"),
        ("12-2024", "mm-yyyy", "2024-12"),
        ("29MAR2024", "ddMONyyyy", "2024-03-29"),
        ("29/03/2024", "dd/mm/yyyy", "2024-03-29"),
        ("2024年3月29日", "yyyy年m月d日", "2024-03-29"),
        ("2024年3月", "yyyy年m月d日", "2024-03"),
        # other forms
        ("26-Dec-2013", "dd-Mon-yyyy", "2013-12-26"),
        ("UN-Dec-2013", "dd-Mon-yyyy", "2013-12"),
        ("15 UNK 2024", "UN", "2024---15"),
        ("5 january 2024", "dd Mon yyyy", "2024-01-05"),
        ("12/26/2013", "mm/dd/yyyy", "2013-12-26"),
        ("12-26-2013", "mm-dd-yyyy", "2013-12-26"),
        ("29.03.2024", "dd.mm.yyyy", "2024-03-29"),
        ("20240329", "yyyymmdd", "2024-03-29"),
        ("2024/3/9", "yyyy/mm/dd", "2024-03-09"),
        ("2024-3-9", "yyyy-m-d", "2024-03-09"),
        ("MAR2024", "ddMONyyyy", "2024-03"),
        ("2024-UN-UN", "UN", "2024"),
        ("UN UN UNK", "UN", None),
        ("45380", "excel", "2024-03-29"),
        # iso is always accepted
        ("2024---15", "UN", "2024---15"),
        ("2024-03-29T10:30", "UN", "2024-03-29T10:30"),
        ("2024-03-29 10:30:15", "iso", "2024-03-29T10:30:15"),
        # width, blanks, times
        ("２０２４-０３-２９", "iso", "2024-03-29"),
        ("  29  Mar 2024 ", "dd Mon yyyy", "2024-03-29"),
        ("29MAR2024:9:05", "ddMONyyyy", "2024-03-29T09:05"),
        ("29/03/2024 23:59:59.123", "dd/mm/yyyy", "2024-03-29T23:59:59"),
        ("UN DEC 2024 10:30", "UN", "2024-12"),
    ],
)
def test_a_typed_date_is_read_by_the_forms_the_study_accepts(typed, form, expected):
    got, impossible, ambiguous = dates.read_typed(text(typed), [form])
    assert (shown(got), impossible.tolist(), ambiguous.tolist()) == ([expected], [False], [False])


@pytest.mark.parametrize(
    ("typed", "forms"),
    [
        ("2024-02-30", ["iso"]),
        ("30FEB2024", ["ddMONyyyy"]),
        ("29/02/2023", ["dd/mm/yyyy"]),
        ("29/03/2024", ["mm/dd/yyyy"]),
        ("29/03/2024", ["iso"]),
        ("00/03/2024", ["dd/mm/yyyy"]),
        ("32 UNK 2024", ["UN"]),
        ("2024-03-29 24:00", ["iso"]),
        ("yesterday", list(FORMS)),
        ("29/03/24", list(FORMS)),
    ],
)
def test_an_impossible_date_has_no_value_and_is_reported(typed, forms):
    got, impossible, ambiguous = dates.read_typed(text(typed), forms)
    assert (shown(got), impossible.tolist(), ambiguous.tolist()) == ([None], [True], [False])


def test_a_date_that_two_accepted_forms_read_differently_is_ambiguous():
    """Rule B-DIRT-2: 3 April or 4 March; 13/04 and 04/04 can only be one day."""
    got, impossible, ambiguous = dates.read_typed(
        text("03/04/2024", "13/04/2024", "04/04/2024", "04/13/2024", None), ["dd/mm/yyyy", "mm/dd/yyyy"]
    )
    assert shown(got) == [None, "2024-04-13", "2024-04-04", "2024-04-13", None]
    assert impossible.tolist() == [False] * 5
    assert ambiguous.tolist() == [True, False, False, False, False]


def test_an_unknown_form_is_refused_with_the_list_of_forms():
    with pytest.raises(SpecError) as refused:
        dates.read_typed(text("2024"), ["d/m/y"])
    assert str(refused.value) == f"no date form called 'd/m/y'; known are {', '.join(FORMS)}"


@pytest.mark.parametrize(
    ("given_time", "zone", "expected"),
    [
        ("2024-03-28T16:30Z", "offset", "2024-03-29T00:30"),
        ("2024-03-28T15:59Z", "offset", "2024-03-28T23:59"),
        ("2024-02-28T16:00:30Z", "offset", "2024-02-29T00:00:30"),
        ("2024-12-31T16:00:00.500Z", "offset", "2025-01-01T00:00:00"),
        ("2024-03-29T07:45+08:00", "offset", "2024-03-29T07:45"),
        ("2024-03-29T07:45-0500", "offset", "2024-03-29T20:45"),
        ("2024-03-29T07:45+05:30", "offset", "2024-03-29T10:15"),
        ("2024-03-29T07:45", "offset", "2024-03-29T07:45"),
        ("2024-03-28T16:30", "UTC", "2024-03-29T00:30"),
        ("2024-03-28 16:30:00", "UTC", "2024-03-29T00:30:00"),
        ("2024-03-29T07:45+08:00", "UTC", "2024-03-29T07:45"),
        ("2024-03-28", "UTC", "2024-03-28"),
        ("2024-03", "offset", "2024-03"),
        ("2024-02-30T16:30Z", "offset", "2024-02-30T16:30Z"),
        (None, "UTC", None),
    ],
)
def test_a_vendor_time_becomes_site_time_before_its_date_is_taken(given_time, zone, expected):
    """Rule D-TZ: UTC near midnight shifts the date."""
    assert shown(dates.to_site_time(text(given_time), zone, "+08:00")) == [expected]


def test_a_time_zone_name_is_no_offset():
    with pytest.raises(SpecError) as refused:
        dates.to_site_time(text("2024-03-28T16:30Z"), "UTC", "Asia/Shanghai")
    assert str(refused.value) == "'Asia/Shanghai' is not an offset from UTC such as +08:00"


def test_a_time_to_the_minute_has_no_seconds():
    """C-DTC: Thh:mm; nothing is rounded, and text that is no date stays as it is."""
    typed = text("2024-03-29T14:23:59", "2024-03-29T14:23", "2024-03-29", "2024-03", "x", None)
    expected = ["2024-03-29T14:23", "2024-03-29T14:23", "2024-03-29", "2024-03", "x", None]
    assert shown(dates.to_minutes(typed)) == expected

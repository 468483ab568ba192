"""What the masks mark: both sides of each boundary. The rules that use them have tables of their own."""

from __future__ import annotations

import pytest

from checks import masks
from clinical.frames import Frame
from tests.tables import table


def marked(function: str, drawn: str, **given: str) -> list[int]:
    """The rows that a mask marks."""
    return masks.MASKS[function](table(drawn, **given)).nonzero()[0].tolist()


def one_column(*values: str) -> str:
    return "\n".join(["USUBJID | TEXT", *(f"P1 | {value}" for value in values)])


def test_a_value_is_of_another_person_only_if_two_persons_have_it():
    drawn = """
        USUBJID | SUBJID
        P1      | 01
        P1      | 01
        P2      | 02
        P3      | 02
        P4      |
        P5      |
        """
    assert marked("of_another_person", drawn) == [2, 3]


def test_a_unit_varies_where_one_test_has_two_and_a_missing_unit_is_none():
    drawn = """
        USUBJID | LBSTRESU | LBTESTCD | LBSPEC
        P1      | g/L      | ALB      |
        P2      | g/dL     | ALB      |
        P2      |          | ALB      |
        P1      | g/L      | ALB      | URINE
        P1      | g/L      |          |
        P1      | %        |          |
        """
    assert marked("varies", drawn) == [0, 1]


def test_a_record_is_alone_if_no_other_of_the_same_subject_is_equal():
    drawn = """
        USUBJID | RELID
        P1      | A
        P1      | A
        P2      | A
        """
    assert marked("alone", drawn) == [2]


@pytest.mark.parametrize(
    "text", ["P28D", "P2W", "PT1H30M", "-PT15M", "P1Y2M10DT2H30M", "P0.5D", "P0,5D", "P0D"]
)
def test_a_duration_of_iso_8601_is_not_marked(text):
    assert marked("not_iso_duration", one_column(text)) == []


@pytest.mark.parametrize("text", ["28D", "P", "PT", "P1DT", "P1D2M", "P2W1D", "PT15", "p28d", "28 days"])
def test_what_is_no_duration_of_iso_8601_is_marked(text):
    assert marked("not_iso_duration", one_column(text)) == [0]


@pytest.mark.parametrize(
    "text", ["5", "-1.5", ".5", "5.", "<50", ">=2", "≤ 3", "1,200", "1.2E5", "0-1", "0.5 - 1"]
)
def test_an_amount_may_have_a_reference_range(text):
    assert masks.CONTINUOUS.fullmatch(text)


@pytest.mark.parametrize("text", ["NEGATIVE", "+", "1+", "<", "E5", "1:80", "-"])
def test_a_category_has_no_reference_range(text):
    assert not masks.CONTINUOUS.fullmatch(text)


def test_a_range_is_wrong_only_beside_a_category():
    drawn = """
        USUBJID | LBORRES  | LBSTNRLO | LBSTNRHI
        P1      | NEGATIVE |          | 1
        P1      | NEGATIVE |          |
        P1      | 5        | 1        | 9
        P1      |          | 1        | 9
        """
    assert marked("range_without_number", drawn) == [0]


def test_two_texts_differ_in_more_than_their_letters_size():
    drawn = """
        USUBJID | FAOBJ | AEDECOD
        P1      | FEVER | Fever
        P1      | FEVER | Chills
        P1      | FEVER |
        P1      |       | Fever
        """
    assert marked("differ", drawn) == [1]


def test_an_hour_apart_is_not_over_an_hour_apart():
    drawn = """
        USUBJID | ONE              | TWO
        P1      | 2024-05-01T10:00 | 2024-05-01T11:00
        P1      | 2024-05-01T10:00 | 2024-05-01T11:01
        P1      | 2024-05-02T00:30 | 2024-05-01T23:29:59
        P1      | 2024-05-01T10:00 | 2024-05-03
        P1      | 2024-05-01T10:00 |
        """
    assert marked("over_an_hour_apart", drawn) == [1, 2]


SERIOUS = """
    USUBJID | AESER | AESDTH | AESHOSP
    P1      | Y     | N      |
    P1      | Y     |        | Y
    P1      | N     | Y      |
    P1      |       |        | Y
    P1      | N     | N      |
    """


def test_a_serious_event_needs_a_criterion_and_a_criterion_makes_an_event_serious():
    assert marked("serious_without_criterion", SERIOUS) == [0]
    assert marked("criterion_without_serious", SERIOUS) == [2, 3]


def test_a_known_day_needs_a_study_day_and_the_day_of_a_reference_point_does_not():
    drawn = """
        USUBJID | VSDTC            | VSRFTDTC   | VSENDTC    | VSDY
        P1      | 2024-05-01T10:00 | 2024-05-01 |            | 1
        P1      | 2024-05-01       |            | 2024-05-02 | 1
        P1      |                  |            | 2024-05    |
        """
    assert marked("without_study_day", drawn) == [1]
    assert marked("without_study_day", drawn.replace("VSENDTC ", "VSSTDTC ").replace("VSDY", "VSSTDY")) == [
        0,
        1,
    ]


def test_a_missing_parameter_marks_the_first_record_once():
    frame: Frame = table("USUBJID | TSPARMCD\n | TITLE\n | TRT\n | TRT")
    assert masks.lacking(frame, ("TITLE", "TRT")).tolist() == [False, False, False]
    assert masks.lacking(frame, ("TITLE", "TPHASE")).tolist() == [True, False, False]
    assert masks.lacking(frame.iloc[:0], ("TITLE",)).tolist() == []


def test_a_record_has_a_result_or_was_not_done_and_a_derived_one_needs_no_collected_result():
    drawn = """
        USUBJID | VSSTAT   | VSORRES | VSDRVFL
        P1      |          | 5       |
        P1      | NOT DONE |         |
        P1      |          |         | Y
        P1      |          |         |
        P1      | NOT DONE | 5       |
        """
    assert marked("not_done_and_result", drawn) == [3, 4]


def test_the_records_of_an_interrupted_infusion_are_measured_together():
    """B-DIRT-27, B-DIRT-28: both ends of 20 % are inside; without a plan there is no verdict."""
    drawn = """
        USUBJID | EXDOSE | PLANDOSE | EXSTDTC
        P1      | 7.99   | 10       | 2024-03-01
        P2      | 8      | 10       | 2024-03-01T10:00
        P3      | 6.1    | 10       | 2024-03-01T23:41
        P3      | 4      | 10       | 2024-03-02T00:30
        P4      | 6      | 10       | 2024-03-01
        P4      | 4      | 10       | 2024-03-03
        P5      | 6      | 10       | 2024-03-01
        P5      | 6.01   |          | 2024-03-01
        P6      | 30     |          | 2024-03-01
        P7      |        | 10       | 2024-03-01
        P8      | 12     | 10       | 2024-03
        """
    setting = {"dose_tolerance_pct": "20"}
    frame = table(drawn)
    assert masks.dose_outside(frame, setting).nonzero()[0].tolist() == [0, 4, 5, 6, 7]
    backwards = frame.iloc[::-1].reset_index(drop=True)
    assert masks.dose_outside(backwards, setting).nonzero()[0].tolist() == [3, 4, 5, 6, 10]


def test_a_comma_that_groups_no_thousands_is_a_decimal_comma():
    """B-DIRT-12, C-RES: 1,200 is 1200, and 8,5 no number unless the study says that it writes so."""
    drawn = """
        USUBJID | LBORRES | LBSTRESN
        P1      | 8,5     |
        P1      | <0,05   |
        P1      | 12,3456 |
        P1      | 8,5     | 8.5
        P1      | 1,200   |
        P1      | 8.5     |
        P1      | a,5     |
        P1      |         |
        """
    assert marked("decimal_comma", drawn) == [0, 1, 2]


def test_a_result_with_a_unit_and_digits_that_is_no_number_is_garbled():
    """C-RES: limits, intervals, grades and titres are results; a decimal comma has a rule of its own."""
    drawn = """
        USUBJID | LBORRES      | LBSTRESN | LBORRESU
        P1      | 1.234,5      |          | U/L
        P1      | nan          |          | U/L
        P1      | -INF         |          | U/L
        P1      | 1.2.3        |          | U/L
        P1      | 0x1F         |          | U/L
        P1      | 1e400        |          | U/L
        P1      | 12O          |          | %
        P1      | ~5           |          | U/L
        P1      | 1,20         |          | U/L
        P1      | 1,2,3        |          | U/L
        P1      | 1,200        | 1200     | U/L
        P1      | 1,200        |          | furlong
        P1      | 1.2E5        |          | furlong
        P1      | < 50         |          | U/L
        P1      | ≥1,000.5     |          | U/L
        P1      | 0-1          |          | %
        P1      | 3 - 4        |          | %
        P1      | 1+           |          | g/L
        P1      | 1:80         |          | RATIO
        P1      | NOT DETECTED |          | U/L
        P1      | 1.2.3        |          |
        P1      | ５.５         |          | furlong
        P1      |              |          | U/L
        """
    assert marked("garbled", drawn) == [0, 1, 2, 3, 4, 5, 6, 7, 9]


def test_a_result_outside_the_limits_of_its_test_is_implausible():
    """Both limits are inside; a test without limits, and a study without any, asks nothing."""
    drawn = """
        USUBJID | VSTESTCD | VSSTRESN
        P1      | TEMP     | 29.9
        P1      | TEMP     | 30
        P1      | TEMP     | 45
        P1      | TEMP     | 45.1
        P1      | HEIGHT   | 0
        P1      | TEMP     |
        P1      |          | 500
        """
    setting = {"plausible": {"TEMP": ["30", "45"]}}
    assert masks.implausible(table(drawn), setting).nonzero()[0].tolist() == [0, 3]
    assert not masks.implausible(table(drawn), {}).any()


def test_a_level_that_no_event_has_is_not_missed():
    drawn = """
        USUBJID | AEDECOD | AELLT | AEHLTCD
        P1      | Pyrexia | Fever |
        P1      | Chills  |       |
        P1      |         |       |
        """
    assert marked("incompletely_coded", drawn) == [1]


def test_what_compares_persons_is_judged_for_the_whole_study():
    assert set(masks.MASKS) >= masks.OF_THE_STUDY
    assert masks.is_of_the_study("varies")
    assert not masks.is_of_the_study("alone")

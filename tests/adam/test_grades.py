"""Toxicity grades: both sides of every limit, what has no grade, a second implementation [D.6]."""

from __future__ import annotations

from functools import cache
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from adam.verbs.grades import (
    FIXED_LIMITS,
    HIGH,
    LOW,
    UNGRADED,
    Criterion,
    Limit,
    combined_grade,
    grade_results,
    grade_text,
    has_criteria,
    read_criteria,
)
from clinical.errors import SpecError
from clinical.read import At, Mapping, Sequence, Text
from tests.adam.cases import spec


@cache
def criteria():
    return read_criteria(spec("adlb").parameters["grades"], "ADLB.grades")


LIMITS_OF_GRADES = Path(__file__).parents[1] / "golden" / "ctcae" / "limits.txt"


def drawn() -> list[tuple]:
    found = []
    for line in LIMITS_OF_GRADES.read_text("utf-8").splitlines():
        test, unit, low, high, base, *values = line.split()
        for value in values:
            number, _, grades = value.partition(":")
            found.append(
                (test, unit, float(number), float(low), float(high), float(base), *grades.split("/"))
            )
    return found


def results(given: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(given, columns=["test", "unit", "value", "low", "high", "base"])
    frame = frame.astype({"test": "str", "unit": "str"})
    return frame.assign(abnormal=frame["base"] > frame["high"])


def graded(given: list[tuple], without_range: str = UNGRADED) -> list[tuple[str, str]]:
    frame = results(given)
    both = [
        grade_text(grade_results(frame, criteria(), end, without_range), frame.index).fillna("")
        for end in (LOW, HIGH)
    ]
    return list(zip(*both, strict=True))


def test_both_sides_of_every_limit():
    """D.6: '<a-b' is b <= value < a, '>a-b' is a < value <= b; the worst grade first."""
    cases = drawn()
    got = graded([case[:6] for case in cases])
    wrong = [(case, found) for case, found in zip(cases, got, strict=True) if case[6:] != found]
    assert wrong == []
    assert {case[0] for case in cases} == {one.test for one in criteria()}


def test_every_cell_of_the_table_has_a_case_on_its_limit_and_one_beyond():
    """D.6: of each limit of each grade, with each baseline; the two cases differ in grade."""
    cases = drawn()
    bare = [
        (one.test, one.direction, one.baseline, one.grade, name)
        for one in criteria()
        for name, limit in one.bounds
        if not any(_straddles(one, limit, on, beyond) for on, beyond in permutations(cases, 2))
    ]
    assert bare == []


def _straddles(one: Criterion, limit: Limit, on: tuple, beyond: tuple) -> bool:
    """Whether the first case lies on a limit of a criterion, and the second within 5 % with another grade."""
    test, _, value, low, high, base, *grades = on
    if test != one.test or on[:2] != beyond[:2] or on[3:6] != beyond[3:6]:
        return False
    reference = {"low": low, "high": high, "base": base}.get(limit.reference, 0)
    near = 0 < abs(beyond[2] - value) <= 0.05 * value + 1e-9
    place = (LOW, HIGH).index(one.direction)
    found = {grades[place], beyond[6 + place]}
    asked = not one.baseline or (base > high) == (one.baseline == "abnormal")
    exact = value == round(reference * limit.factor + limit.more, 9)
    return exact and near and asked and len(found) == 2 and str(one.grade) in found


def test_the_fixed_limit_decides_where_the_range_lies_beyond_it():
    """D.6: LLN of platelets 60, below 75, and ULN of potassium 5.8, above 5.5: no grade 1 is left."""
    assert graded([("PLAT", "10^9/L", 74, 60, 300, 100), ("PLAT", "10^9/L", 75, 60, 300, 100),
                   ("K", "mmol/L", 5.6, 3.5, 5.8, 4), ("K", "mmol/L", 5.5, 3.5, 5.8, 4)]) == [
        ("2", ""), ("0", ""), ("0", "2"), ("0", "0")]  # fmt: skip


def test_what_is_not_gradable_is_missing_and_never_0():
    """D.6: no range, value or row for the test, another unit; fixed limits grade what no range can change."""
    nan = np.nan
    given = [
        ("NEUT", "10^9/L", 2, nan, nan, 4), ("NEUT", "10^9/L", 1.2, nan, nan, 4),
        ("NEUT", "10^9/L", nan, 1.8, 6, 4), ("NEUT", "/uL", 300, 1.8, 6, 4), ("NEUT", None, 0.3, 1.8, 6, 4),
        ("FERRITIN", "ug/L", 500, 13, 400, 100), ("ALT", "U/L", 500, nan, nan, nan),
        ("CREAT", "umol/L", 500, nan, nan, 80), ("INR", "RATIO", 2, nan, nan, 1),
        ("FIBRINO", "g/L", 0.4, nan, nan, 3), ("FIBRINO", "g/L", 0.6, nan, nan, 3),
    ]  # fmt: skip
    none = ("", "")
    assert graded(given) == [*[none] * 8, ("", "2"), none, none]
    fixed = graded(given, FIXED_LIMITS)
    assert fixed == [none, ("2", ""), *[none] * 6, ("", "2"), ("4", ""), none]


def test_a_missing_baseline_is_taken_as_normal():
    """D.6."""
    nan = np.nan
    unknown = [
        ("ALT", "U/L", 121, 7, 40, nan),
        ("CREAT", "umol/L", 130, 41, 100, nan),
        ("BILI", "umol/L", 20, 3, 20, nan),
    ]
    assert graded(unknown) == [("", "2"), ("", "1"), ("", "0")]


def test_the_signed_grade_is_the_worse_one():
    """D.6: signed; both: the worse, tie high; missing where one direction is open and the other says 0."""
    low = np.array([0, 3, 0, np.nan, np.nan, 2, 3, np.nan, np.nan])
    high = np.array([0, 0, 4, 2, 0, 2, 1, np.nan, np.nan])
    yes, no = np.ones(9, dtype=bool), np.array([True] * 8 + [False])
    got = combined_grade(low, high, (no, np.array([True] * 7 + [False, False])))
    assert grade_text(got, pd.RangeIndex(9)).fillna("").tolist() == [
        "0",
        "-3",
        "4",
        "2",
        "",
        "2",
        "-3",
        "",
        "",
    ]
    one_sided = combined_grade(np.array([0.0, 2.0]), np.array([np.nan, np.nan]), (yes[:2], ~yes[:2]))
    assert one_sided.tolist() == [0, -2]
    assert has_criteria(pd.Series(["K", "ALT", "EOS"], dtype="str"), criteria(), LOW).tolist() == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"test": "K", "direction": "X", "grade": "1", "below": "3"}, "direction is L or H"),
        ({"test": "K", "direction": "L", "grade": "5", "below": "3"}, "grade is 1 or 2 or 3 or 4"),
        (
            {"test": "K", "direction": "L", "grade": "1", "below": "3 mmol"},
            "below is a number, ULN, LLN or BASE",
        ),
        (
            {"test": "K", "direction": "L", "grade": "1"},
            "a criterion needs above or at_least or below or at_most",
        ),
        ({"test": "K", "direction": "L", "grade": "1", "below": "3", "base": "x"}, "no key called 'base'"),
    ],
)
def test_a_row_that_means_nothing_is_refused(cells, message):
    at = At("grades.csv", 2)
    row = Mapping({key: Text(value, at) for key, value in cells.items()}, at)
    with pytest.raises(SpecError, match=message):
        read_criteria(Sequence([row], at), "ADLB.grades")


def second(test: str, value: float, lln: float, uln: float, base: float) -> tuple[int | None, int | None]:
    """Grades as one would write them down from CTCAE v5.0 and D.6, one result at a time."""
    low = {
        "HGB": [(80, 3), (100, 2), (lln, 1)],
        "WBC": [(1, 4), (2, 3), (3, 2), (lln, 1)],
        "NEUT": [(0.5, 4), (1, 3), (1.5, 2), (lln, 1)],
        "PLAT": [(25, 4), (50, 3), (75, 2), (lln, 1)],
        "LYM": [(0.2, 4), (0.5, 3), (0.8, 2), (lln, 1)],
        "K": [(2.5, 4), (3, 3), (lln, 1)],
        "SODIUM": [(120, 4), (125, 3), (130, 2), (lln, 1)],
        "CA": [(1.5, 4), (1.75, 3), (2, 2), (lln, 1)],
        "ALB": [(20, 3), (30, 2), (lln, 1)],
        "FIBRINO": [(max(0.25 * lln, 0.5), 4), (0.5 * lln, 3), (0.75 * lln, 2), (lln, 1)],
        "GLUC": [(1.7, 4), (2.2, 3), (3, 2), (lln, 1)],
        "MG": [(0.3, 4), (0.4, 3), (0.5, 2), (lln, 1)],
    }
    normal = base <= uln
    liver = [(20, 4), (5, 3)]
    of = uln if normal else base
    high = {
        "HGB": [(uln + 40, 3), (uln + 20, 2), (uln, 1)],
        "WBC": [(100, 3)],
        "LYM": [(20, 3), (4, 2)],
        "ALT": [*((n * of, g) for n, g in liver), (3 * of, 2)],
        "AST": [*((n * of, g) for n, g in liver), (3 * of, 2)],
        "ALP": [*((n * of, g) for n, g in liver), (2.5 * of, 2)],
        "GGT": [*((n * of, g) for n, g in liver), (2.5 * of, 2)],
        "BILI": [(10 * of, 4), (3 * of, 3), (1.5 * of, 2), (of, 1)],
        "CREAT": [(6 * uln, 4), (min(3 * base, 3 * uln), 3), (min(1.5 * base, 1.5 * uln), 2), (uln, 1)],
        "K": [(7, 4), (6, 3), (5.5, 2), (uln, 1)],
        "SODIUM": [(160, 4), (155, 3), (150, 2), (uln, 1)],
        "CA": [(3.4, 4), (3.1, 3), (2.9, 2), (uln, 1)],
        "MG": [(3.3, 4), (1.23, 3), (uln, 1)],
        "LDH": [(uln, 1)],
        "INR": [(2.5, 3), (1.5, 2), (1.2, 1)],
        "APTT": [(2.5 * uln, 3), (1.5 * uln, 2), (uln, 1)],
    }
    down = next(
        (grade for edge, grade in low.get(test, ()) if value < round(edge, 9)), 0 if test in low else None
    )
    up = next(
        (grade for edge, grade in high.get(test, ()) if value > round(edge, 9)), 0 if test in high else None
    )
    if up == 0 and test in ("ALT", "AST", "ALP", "GGT"):
        enough = {"ALT": 1.5, "AST": 1.5, "ALP": 2, "GGT": 2}[test] * base
        up = int(value > uln if normal else value >= enough)
    return down, up


def test_random_results_have_the_grades_of_a_second_implementation():
    draw = np.random.default_rng(20171127)
    scale = {"HGB": 260, "WBC": 120, "NEUT": 3, "PLAT": 200, "LYM": 25, "K": 9, "SODIUM": 200, "CA": 4,
             "ALB": 60, "FIBRINO": 4, "GLUC": 8, "MG": 4, "INR": 4, "APTT": 120}  # fmt: skip
    ranges = {one[0]: (one[1], one[3], one[4]) for one in drawn()}
    given = []
    for test, (unit, low, high) in sorted(ranges.items()):
        for _ in range(300):
            value = round(draw.uniform(0, scale.get(test, 22 * high)), 2)
            edge = round(draw.choice([low, high, 1.5 * high, 3 * high]) * draw.choice([1, 0.99, 1.01]), 2)
            base = round(draw.uniform(0.5, 2) * high, 2)
            given.append((test, unit, draw.choice([value, edge]), low, high, base))
    expected = [second(test, value, low, high, base) for test, _, value, low, high, base in given]
    shown = [tuple("" if grade is None else str(grade) for grade in pair) for pair in expected]
    wrong = [
        (case, want, got) for case, want, got in zip(given, shown, graded(given), strict=True) if want != got
    ]
    assert wrong == []
    assert len(set(shown)) > 8


def test_the_spec_holds_the_rows_of_the_table_with_their_lines():
    """Parameters that name a table of the library hold its rows; a program reads no file."""
    given = spec("adlb").parameters["grades"]
    assert len(given) == len(criteria())
    assert given[0] == {"term": "Anemia", "test": "HGB", "unit": "g/L", "direction": "L", "grade": "1",
                        "at_least": "100", "below": "LLN"}  # fmt: skip
    assert str(given[0].at) == "mappings/library/grades/ctcae_v5_lab.csv:2"
    assert str(spec("adlb").raw["parameters"]["grades"]) == "library/grades/ctcae_v5_lab.csv"

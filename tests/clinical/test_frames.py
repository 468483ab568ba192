"""Order, groups and constants of columns: what they give, for long columns as for short ones."""

import numpy as np
import pandas as pd
import pytest

from clinical.distinct import longest
from clinical.frames import (
    PIECE,
    assemble,
    constant,
    first_of_groups,
    group_codes,
    left_out,
    ordered,
    packed,
    places_in,
    sorted_rows,
)
from clinical.rows import Made


def numbers(*values: int) -> np.ndarray:
    return np.array(values, dtype="int64")


def test_a_packed_key_sorts_as_its_columns_do_and_missing_comes_first():
    key = packed([numbers(1, 0, 1, 0, -1), numbers(2, 5, -1, 3, 0)])
    assert list(np.argsort(key)) == [4, 3, 1, 2, 0]


def test_a_packed_key_is_equal_only_where_all_columns_are():
    key = packed([numbers(0, 0, 1, 0), numbers(3, 3, 3, 4)])
    assert [bool(key[0] == other) for other in key] == [True, True, False, False]


def test_columns_too_wide_for_one_number_are_packed_all_the_same():
    wide = numbers(2**40, 0, 2**40, 7)
    key = packed([wide, numbers(0, 2**40, 0, 1), numbers(5, 0, 4, 1)])
    assert list(np.argsort(key)) == [1, 3, 2, 0]


def test_groups_are_numbered_in_order_of_appearance():
    assert list(group_codes([numbers(4, 1, 4, 1), numbers(-1, 0, -1, 2)])) == [0, 1, 0, 2]


def test_the_first_and_the_last_of_a_group_by_two_keys_with_ties_by_position():
    groups = numbers(0, 0, 0, 0, 1, 1, -1, 3)
    keys = [numbers(5, 4, 4, 4, 7, 7, 0, -2), np.array([0, 2.5, 1, 1, -1, -1, -9, 0])]
    assert list(first_of_groups(groups, keys, 4)) == [2, 4, -1, 7]
    assert list(first_of_groups(groups, keys, 4, last=True)) == [0, 5, -1, 7]
    assert list(first_of_groups(groups, [], 4)) == [0, 4, -1, 7]
    assert list(first_of_groups(groups, [], 4, last=True)) == [3, 5, -1, 7]


def test_a_missing_number_comes_after_every_number_in_a_group():
    nan, inf = np.nan, np.inf
    groups, key = numbers(0, 0, 0, 1, 1, 2, 2), np.array([nan, inf, 1, nan, nan, -inf, nan])
    assert list(first_of_groups(groups, [key], 3)) == [2, 3, 5]
    assert list(first_of_groups(groups, [key], 3, last=True)) == [0, 4, 6]


@pytest.mark.parametrize("last", [False, True])
def test_random_groups_have_the_ends_that_sorting_them_whole_gives(last: bool):
    draw = np.random.default_rng(7)
    for size in (0, 1, 50, 400):
        groups = draw.integers(-1, 12, size)
        keys = [
            draw.integers(-3, 3, size),
            np.where(draw.random(size) < 0.2, np.nan, draw.integers(0, 3, size)),
        ]
        rows = np.lexsort([np.arange(size), *keys[::-1], groups])
        sorted_groups = [[row for row in rows if groups[row] == group] for group in range(12)]
        expected = [(found[-1] if last else found[0]) if found else -1 for found in sorted_groups]
        assert list(first_of_groups(groups, keys, 12, last)) == expected


def test_pieces_are_put_where_they_belong_and_rows_of_no_piece_are_missing():
    low, high = pd.Series(["a", "b"], dtype="str"), pd.Series(["c"], dtype="str")
    whole = assemble(3, [(numbers(0, 1), low), (numbers(2), high)])
    turned = assemble(4, [(numbers(3, 0), low), (numbers(1), high)])
    assert whole.tolist() == ["a", "b", "c"]
    assert turned.fillna("-").tolist() == ["b", "c", "-", "a"]
    assert assemble(2, [(numbers(1, 0), low)]).tolist() == ["b", "a"]
    assert assemble(2, [(numbers(1), high)]).fillna("-").tolist() == ["-", "c"]


def test_rows_with_equal_keys_stay_in_their_order():
    assert list(sorted_rows(numbers(2, 1, 2, 1))) == [1, 3, 0, 2]
    assert list(sorted_rows(numbers(1, 1, 2))) == [0, 1, 2]


def test_a_value_is_found_at_its_place_or_nowhere():
    """Missing values stand nowhere, whatever the index holds."""
    column = pd.Series(["b", None, "z", "a"], dtype="str")
    assert places_in(pd.Index(["a", "b"]), column).tolist() == [1, -1, -1, 0]
    assert places_in(pd.Index([], dtype="str"), column).tolist() == [-1, -1, -1, -1]
    assert places_in(pd.Index(["a"]), column.iloc[:0]).tolist() == []


def test_left_out_are_the_rows_nobody_kept():
    assert list(left_out(numbers(1, 4, 6), numbers(4))) == [1, 6]
    assert list(left_out(numbers(), numbers())) == []


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 3])
def test_a_constant_column_holds_its_value_in_every_record(size: int):
    column = constant("VS", size)
    assert len(column) == size
    assert column.dtype == "str"
    assert (column == "VS").all()


def test_an_order_that_changes_nothing_gives_the_column_itself():
    column = pd.Series(["a", None, "c"], dtype="str")
    assert ordered(column, np.arange(3)) is column
    assert list(ordered(column, numbers(2, 0))) == ["c", "a"]


def test_the_longest_text_is_counted_in_bytes():
    assert longest(pd.Series(["ab", "é", None], dtype="str")) == 2
    assert longest(pd.Series([None], dtype="str")) == 0


def test_a_column_given_away_in_its_final_order_is_read_in_the_order_of_the_records():
    made = Made(spec=None, person=numbers(0, 0, 1))
    made.columns["AVAL"] = pd.Series([3.0, 1.0, 2.0])
    order = numbers(2, 0, 1)
    made.settle(order)
    assert list(made.give_away("AVAL", order)) == [2.0, 3.0, 1.0]
    assert "AVAL" not in made.columns
    assert list(made.column("AVAL")) == [3.0, 1.0, 2.0]

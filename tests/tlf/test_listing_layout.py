"""Listings on paper: pieces that stay whole, columns that fit, words that are not divided [E.0]."""

import re
from itertools import pairwise

import pytest

from tests.tables import table
from tests.tlf.small import read
from tests.tlf.test_listings import HEAD, listed
from tlf.listing_sheet import (
    Measured,
    Page,
    blocks_of,
    column_sets,
    lines_of_text,
    text_width,
    widths_of,
    words_of,
)


def page(*texts):
    return Page("", [list(texts), [f"line {at}" for at in range(len(texts))]])


def test_short_blocks_stay_whole_and_long_ones_are_cut_where_the_group_is_printed_again():
    blocks = blocks_of(page("A", "A", "B", "B", "B", "B", "B"), 1, [1] * 7, most=3)
    assert blocks.begins == [True, False, True, False, False, False, False]
    assert blocks.printed == [True, False, True, False, False, True, False]
    assert blocks.keep == [True, False, True, True, False, True, False]


@pytest.mark.parametrize(("height", "printed"), [(2, [True, False]), (3, [True, True])])
def test_a_piece_holds_so_many_lines_of_text_and_no_more(height, printed):
    assert blocks_of(page("A", "A"), 1, [1, height], most=3).printed == printed


def needs(*least):
    return [Measured(one, one, one, False) for one in least]


def sheet_with(columns, group, folder):
    names = "".join(f"    c{at}: {{show: USUBJID}}\n" for at in range(columns))
    stub = f"  group: [{', '.join(f'c{at}' for at in range(group))}]\n" if group else ""
    display = read(folder, f"{HEAD}{stub}  columns:\n{names}")

    class Sheet:
        columns = display.listing.columns

    Sheet.group = group
    return Sheet


@pytest.mark.parametrize(
    ("last", "sets"), [(20, [[0, 1, 2, 3]]), (21, [[0, 1, 2], [0, 3]]), (45, [[0, 1, 2], [0, 3]])]
)
def test_columns_beyond_the_page_follow_on_another_with_the_group_repeated(tmp_path, last, sets):
    """Room for 50 em: 10 of the group and 40 for the others; 20 + 10 + 10 fit, 21 + 10 + 10 do not."""
    assert column_sets(sheet_with(4, 1, tmp_path), needs(10, 10, 10, last), 50) == sets


def test_widths_fill_the_room_and_never_fall_below_the_longest_word():
    wide = [Measured(5, 10, 10, False), Measured(5, 20, 60, False)]
    assert widths_of(wide, [0, 1], 40) == [10, 30]
    assert widths_of(wide, [0, 1], 20) == [7.5, 12.5]
    assert widths_of(wide, [0, 1], 10) == [5, 5]
    assert widths_of(wide, [0, 1], 80) == [15, 65]


def test_lines_of_a_text_follow_from_the_widths_of_its_words():
    """Digits are half an em, a space a quarter: 1.75 em a pair of three-digit words is 3.25."""
    assert text_width("111 222") == 3.25
    assert lines_of_text("111 222", 3.25) == 1
    assert lines_of_text("111 222", 3.24) == 2
    assert lines_of_text("1111 2222 3333", 2.0) == 3
    assert lines_of_text("1" * 12, 2.0) == 3
    assert words_of("2024-01-08 (-3) / 2024 (x)") == ["2024-01-08 (-3)", "/", "2024", "(x)"]


def test_no_word_of_the_data_is_wider_than_its_cell(tmp_path):
    """Every cell edge leaves room for the longest word of its column, also where columns are divided."""
    words = ["Thrombocytopenia", "hepatosplenomegaly", "RECOVERED/RESOLVED"]
    adae = table("USUBJID | AESEQ | AETERM\nP1 | 1 | " + " ".join(words))
    columns = "    s: {show: USUBJID}\n" + "".join(f"    c{at}: {{show: AETERM}}\n" for at in range(14))
    _, made = listed(tmp_path, columns, adae=adae, more="  sort: [AESEQ]\n  group: [s]\n")
    rtf = made.files["t_1.rtf"].decode()
    assert "Columns, part 3 of 3" in rtf
    for row in re.findall(r"\\trowd.*?\\row\b", rtf, re.DOTALL):
        edges = [0, *map(int, re.findall(r"\\cellx(\d+)", row))]
        room = [(two - one) / 160 - 0.75 for one, two in pairwise(edges[1:])]
        assert min(room) >= max(map(text_width, words))
        assert edges[-1] <= 16838 - 2 * 1080
    assert rtf.count("P1\\cell") == 3

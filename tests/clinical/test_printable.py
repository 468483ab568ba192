"""Text of others on a terminal: it is shown and never obeyed."""

from __future__ import annotations

import unicodedata

import pytest

from clinical.printable import printable, printable_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, 3 mg", "plain, 3 mg"),
        ("Größe ≥ 3 µg, 中文 \N{NO-BREAK SPACE}x", "Größe ≥ 3 µg, 中文 \N{NO-BREAK SPACE}x"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("\x9b2J", r"\x9b2J"),
        ("a\x00b\x7f", r"a\x00b\x7f"),
        ("a\rb\tc\nd", r"a\rb\tc\nd"),
        ("\u202etxt.exe\u2066", r"\u202etxt.exe\u2066"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("\u2028\ud800", r"\u2028\ud800"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_a_screen_would_obey_is_its_escape_and_everything_else_stays(text, shown):
    assert printable(text) == shown


def test_lines_stay_lines_and_each_is_harmless():
    assert printable_lines("one\ntwo\x1b\n") == "one\ntwo\\x1b\n"


def test_no_character_of_unicode_that_acts_is_let_through():
    acting = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    shown = {c for c in map(chr, range(0x110000)) if unicodedata.category(c) in acting and c in printable(c)}
    assert shown == set()

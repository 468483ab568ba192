"""Transliteration: study design F.4, rules B-DIRT-15 and V-ASCII."""

from pathlib import Path

import pandas as pd
import pytest

from clinical.ascii import read_transliteration, to_ascii
from clinical.errors import SpecError

LINE = "a line of the transliteration table has a text and the printable ASCII text that stands for it"
TABLE = read_transliteration(Path(__file__).parents[2] / "mappings" / "library" / "transliteration.csv")


def text(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("≥5 and ≤6", ">=5 and <=6"), ("±2", "+/-2"), ("5 µg", "5 ug"), ("5 μg", "5 ug"), ("2×3", "2x3"),
        ("38.5°C", "38.5 degC"), ("a–b—c", "a-b-c"), ("“a” ‘b’", "\"a\" 'b'"), ("m²", "m2"), ("m³", "m3"),
        ("α-β-γ", "alpha-beta-gamma"), ("a→b", "a->b"), ("３８．５（ＡＢ）", "38.5(AB)"),
        ("阴性", "NEGATIVE"),
        ("未检出", "NOT DETECTED"), ("无", "NONE"), ("37℃", "37 degC"), ("a\r\nb\tc", "a b c"),
        ("plain", "plain"), ("café, Žižka, Müller", "cafe, Zizka, Muller"), ("cafe\u0301", "cafe"),
        ("Straße, Ærø, Łódź", "Strasse, AEro, Lodz"),
    ],
)  # fmt: skip
def test_known_characters_and_terms_are_written_in_ascii(given_text, expected):
    got, replaced = to_ascii(text(given_text), TABLE)
    assert (got.tolist(), replaced.tolist()) == ([expected], [False])


def test_an_unknown_character_becomes_a_question_mark_and_is_reported():
    got, replaced = to_ascii(text("发热 38°C", "fever", None, "ж", "a\u0001"), TABLE)
    assert got.tolist()[:2] + got.tolist()[3:] == ["?? 38 degC", "fever", "?", "a?"]
    assert got.isna().tolist() == [False, False, True, False, False]
    assert replaced.tolist() == [True, False, False, True, True]


def test_a_longer_term_comes_before_a_shorter_one():
    got, _ = to_ascii(text("无效"), {"无": "NONE", "无效": "INVALID"})
    assert got.tolist() == ["INVALID"]


def test_a_column_of_printable_ascii_is_handed_back_as_it_is():
    column = text("a", None, "~ !")
    got, replaced = to_ascii(column, TABLE)
    assert got is column
    assert replaced.tolist() == [False] * 3
    assert to_ascii(text(), TABLE)[0].tolist() == []
    assert to_ascii(text(None), TABLE)[1].tolist() == [False]


def test_rows_filtered_out_of_a_larger_frame_are_seen_alone():
    whole = text("й", "b", "c")
    assert to_ascii(whole[whole != "й"], TABLE)[0].tolist() == ["b", "c"]
    assert to_ascii(whole.iloc[:1], TABLE)[0].tolist() == ["?"]
    rest = whole.iloc[1:]
    assert to_ascii(rest, TABLE)[0] is rest


def test_a_studys_table_is_laid_over_the_librarys(tmp_path):
    file = tmp_path / "own.csv"
    file.write_text("from,to\né,e\n°,deg\n", encoding="utf-8")
    table = read_transliteration(Path(__file__).parents[2] / "mappings/library/transliteration.csv", file)
    assert to_ascii(text("é 5°"), table)[0].tolist() == ["e 5deg"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n", "1: a transliteration table has the columns from,to"),
        (
            "from,to\né,è\n",
            f"2: {LINE}",
        ),
        (
            "from,to\n,e\n",
            f"2: {LINE}",
        ),
    ],
)
def test_a_faulty_table_is_refused_with_its_line(tmp_path, content, message):
    file = tmp_path / "mappings" / "mini" / "transliteration.csv"
    file.parent.mkdir(parents=True)
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SpecError) as refused:
        read_transliteration(file)
    assert str(refused.value) == f"mappings/mini/transliteration.csv:{message}"

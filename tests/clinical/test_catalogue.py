"""The message catalogue: every message the product can give has a whole entry, and every entry is used."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from clinical.errors import Message, catalogue, sentence
from clinical.read import read_yaml

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "src" / "clinical" / "messages").glob("*.yml"))
CODE = [path for folder in ("src", "flows") for path in sorted((ROOT / folder).rglob("*.py"))]
PARTS = sorted({identity.partition(".")[0] for identity in catalogue()})
NEEDED = ("text", "means", "cause", "todo", "since")
FILE_ENDINGS = (".csv", ".yml", ".xpt", ".html", ".json", ".py")  # sdtm.csv is a file and no message


def named_in_the_code() -> set[str]:
    """Every string of the code that is spelled like a message id of a part that has messages."""
    spelled = re.compile(rf'"((?:{"|".join(PARTS)})\.[a-z0-9-]+)"')
    found = {identity for path in CODE for identity in spelled.findall(path.read_text("utf-8"))}
    files = {identity for identity in found if identity.endswith(FILE_ENDINGS)}
    return found - (files - set(catalogue()))


def test_every_message_of_the_code_has_an_entry():
    assert sorted(named_in_the_code() - set(catalogue())) == []


def test_every_entry_is_used():
    assert sorted(set(catalogue()) - named_in_the_code()) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_entry_says_everything_and_nothing_twice(path):
    """The reader of specs refuses a key given twice, where YAML would take the last."""
    for identity, entry in read_yaml(path).items():
        assert re.fullmatch(r"[a-z]+\.[a-z0-9-]+", identity), identity
        assert [name for name in NEEDED if not str(entry.get(name, "")).strip()] == [], identity
        assert set(entry) <= {field.name for field in fields(Message)} - {"id"}, identity
        assert entry.get("severity", "error") in ("error", "warning", "info"), identity


def test_no_two_files_have_one_message():
    found = [identity for path in FILES for identity in read_yaml(path)]
    assert sorted(found) == sorted(set(found))


@pytest.mark.parametrize("identity", sorted(catalogue()))
def test_a_sentence_can_be_filled_in(identity):
    """Braces are names and nothing else, so that no value of a study can break a message."""
    names = re.findall(r"(?<!\{)\{(\w+)(?:!r)?\}(?!\})", catalogue()[identity].text)
    filled = sentence(identity, **dict.fromkeys(names, "{odd} value"))
    assert filled.count("{odd} value") == len(names)

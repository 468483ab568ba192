"""Generated pages are what the code says now."""

from __future__ import annotations

import re

import pytest

from cdiscflow.home import CHECKOUT
from cdiscflow.pages import pages
from clinical.words import WORDS
from tlf import agreements, listing, rows, spec
from tlf.figures import KINDS
from tlf.formats import FORMATS
from tlf.words import WORDS as WORDS_OF_ROWS

GENERATED = pages()


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_current(name):
    assert (CHECKOUT / name).read_text("utf-8") == GENERATED[name], "python -m cdiscflow.pages"


def test_every_key_of_the_language_of_displays_is_on_its_page():
    page = GENERATED["docs/language/displays.md"]
    said = set(re.findall(r"\w+", " ".join(re.findall(r"`[^`\n]*`", page))))
    stated = {*spec.KEYS, *rows.COMMON, *listing.KEYS, *agreements.CELL, *agreements.COMPARED, *FORMATS}
    stated |= {key for word in WORDS_OF_ROWS.values() for key in (word.name, *word.arguments)}
    stated |= {key for kind in KINDS.values() for key in (kind.name, *kind.keys)}
    assert stated - said == set()


def test_every_word_has_a_page_that_says_what_it_gives():
    for word in WORDS:
        page = GENERATED[f"docs/language/{word}.md"]
        assert len(page.splitlines()[2]) > 10, word

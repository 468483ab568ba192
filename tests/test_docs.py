"""Generated pages are what the code says now."""

from __future__ import annotations

import pytest

from cdiscflow.home import CHECKOUT
from cdiscflow.pages import pages
from clinical.words import WORDS

GENERATED = pages()


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_current(name):
    assert (CHECKOUT / name).read_text("utf-8") == GENERATED[name], "python -m cdiscflow.pages"


def test_every_word_has_a_page_that_says_what_it_gives():
    for word in WORDS:
        page = GENERATED[f"docs/language/{word}.md"]
        assert len(page.splitlines()[2]) > 10, word

"""What somebody probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def closest(word: str, options: Iterable[str]) -> str | None:
    """The option nearest in spelling to `word`, or None when none is near."""
    found = get_close_matches(word, list(options), n=1, cutoff=0.6)
    return found[0] if found else None

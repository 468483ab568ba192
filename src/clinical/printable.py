"""Text of others as a person may be shown it: what would act on a screen is written as its escape."""

from __future__ import annotations

import unicodedata

ACTING = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, unseen and text-turning, half characters, line ends
SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    """The text on one line, each character that a screen would obey instead of showing it as `\\x1b`."""
    return text if text.isprintable() else "".join(map(_shown, text))


def printable_lines(text: str) -> str:
    """The same for a text of several lines, which stay lines."""
    return "\n".join(map(printable, text.split("\n")))


def _shown(character: str) -> str:
    if unicodedata.category(character) not in ACTING:
        return character
    code = ord(character)
    named = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return SHORT.get(character, named)

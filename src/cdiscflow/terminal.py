"""What the command line prints: words of the data never act on the screen."""

from __future__ import annotations

import sys
from typing import TextIO


def say(text: str, to: TextIO | None = None) -> None:
    """Prints what may hold words of the data: none of them acts on the screen."""
    from clinical.printable import printable_lines

    print(printable_lines(text), file=to)


def warn(text: str) -> None:
    """Prints to where errors go."""
    say(text, sys.stderr)


def refuse(text: str) -> None:
    """Says why, and ends with exit code 1."""
    warn(text)
    raise SystemExit(1) from None

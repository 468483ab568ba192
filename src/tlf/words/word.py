"""What a word of a row is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clinical.errors import SpecError
from clinical.read import Mapping
from tlf.nodes import place, texts
from tlf.rows import Asked, Place, Row

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.shapes.lines import Cells, Line
    from tlf.spec import Display


@dataclass(frozen=True)
class Word:
    """A word: how its arguments are read, what it computes, and the lines that show it.

    `read` gives what the row asks for, `add` puts numbers and subjects into the results, `lines` makes the
    lines of those results alone: a line shows no number that the results do not hold. `notes` are footnotes
    made of the row's options, `says` is the method in a sentence, for `explain`.
    """

    name: str
    arguments: tuple[str, ...]
    read: Callable[[Mapping, Place], Asked]
    add: Callable[[Results, Row], None]
    lines: Callable[[Display, Row, Cells], Iterator[Line]]
    needs_survival: bool = False
    notes: Callable[[Row], tuple[str, ...]] = lambda row: ()
    says: str = ""


def variables_of(node: Mapping, word: str, owner: str, wanted: int = 1) -> tuple[str, ...]:
    """The variables that a word names, as many as wanted."""
    names = texts(node, word, owner)
    if len(names) != wanted:
        raise SpecError("tlf.variables", place(node, word, owner), word=word, wanted=wanted)
    return names

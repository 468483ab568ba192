"""What a kind of figure is."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Says
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clinical.frames import Frame
from clinical.read import Mapping

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.rows import Row
    from tlf.shapes.grid import Grid
    from tlf.spec import Display


@dataclass(frozen=True)
class Kind:
    """A kind of figure: its keys in the file, what it computes, how it is drawn.

    `read` gives what the figure states, `rows` the rows that stand for its analyses, `add` puts every number
    and mark that is shown into the results under one of them, `draw` draws them on an empty canvas: a picture
    shows nothing that the results do not hold. `datasets` names what is read beside the display's
    `population` and `records`; `pages` divides the results over as many pictures as they need, and `notes`
    are footnotes made of what the figure states and of the results. `says` has the method of each word of
    the rows, in a sentence. `singly`: each subject has a bar or line of its own, so that it grows with the
    study.
    """

    name: str
    keys: tuple[str, ...]
    read: Callable[[Mapping, str], object]
    rows: Callable[[Display], tuple[Row, ...]]
    add: Callable[[Results], None]
    draw: Callable[[object, Grid, Frame], None]
    datasets: Callable[[object], tuple[str, ...]] = lambda own: ()
    needs_survival: bool = False
    pages: Callable[[Grid, Frame], list[Frame]] = lambda grid, results: [results]
    notes: Callable[[Display, Frame], tuple[str, ...]] = lambda display, results: ()
    says: Says = field(default_factory=dict)
    singly: bool = False


@dataclass(frozen=True)
class Figure:
    """The figure of a display: its kind, and what that kind's keys say."""

    kind: str
    own: object
    datasets: tuple[str, ...] = ()

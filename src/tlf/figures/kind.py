"""What a kind of figure is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clinical.frames import Frame
from clinical.read import Mapping

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.shapes.grid import Grid


@dataclass(frozen=True)
class Kind:
    """A kind of figure: its keys in the file, what it computes, how it is drawn.

    `read` gives what the figure states, `add` puts every number and mark that is shown into the results,
    `draw` draws them on an empty canvas: a picture shows nothing that the results do not hold. `datasets`
    names what is read beside the display's `population` and `records`; `notes` are footnotes made of what the
    figure states.
    """

    name: str
    keys: tuple[str, ...]
    read: Callable[[Mapping, str], object]
    add: Callable[[Results], None]
    draw: Callable[[object, Grid, Frame], None]
    datasets: Callable[[object], tuple[str, ...]] = lambda own: ()
    needs_survival: bool = False
    notes: Callable[[object], tuple[str, ...]] = lambda own: ()


@dataclass(frozen=True)
class Figure:
    """The figure of a display: its kind, and what that kind's keys say."""

    kind: str
    own: object
    datasets: tuple[str, ...] = ()

"""An empty page for a figure and the files made of it: the same bytes every time.

The font is the one inside matplotlib's wheel, no file has a date, and a user's own settings are not read.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from clinical.frames import Frame
from tlf.figures import KINDS
from tlf.figures.style import INCHES
from tlf.formats import NO_DATA
from tlf.shapes.grid import Grid, header_of

DOTS_PER_INCH = 300
ENDINGS = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}  # without a date
SETTINGS = {
    "font.family": "DejaVu Sans", "font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "cdiscflow",
    "pdf.fonttype": 42, "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
}  # fmt: skip


def draw(grid: Grid, results: Frame) -> dict[str, bytes]:
    """The figure of a display as png, svg and pdf; a page that says so when there are no data."""

    def paint(canvas: object) -> None:
        if len(results):
            KINDS[grid.display.figure.kind].draw(canvas, grid, results)
        else:
            canvas.text(0.5, 0.5, NO_DATA, ha="center", va="center", fontsize=12)

    return _painted(paint)


def draw_axes(grid: Grid) -> dict[str, bytes]:
    """The empty frame of a figure: its axes with their titles, and what its columns will be called."""
    own = grid.display.figure.own

    def paint(canvas: object) -> None:
        axes = canvas.add_axes((0.1, 0.12, 0.86, 0.76))
        axes.set(xlabel=getattr(own, "x", ""), ylabel=getattr(own, "y", ""), xticks=[], yticks=[])
        columns = ", ".join(dict.fromkeys(map(header_of, grid.columns)))
        kind = grid.display.figure.kind.replace("_", " ")
        axes.text(0.5, 0.5, f"{kind}\n{columns}", ha="center", va="center", fontsize=11, color="#666666")

    return _painted(paint)


def _painted(paint: Callable[[object], None]) -> dict[str, bytes]:
    """The files of what `paint` draws on an empty canvas."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        canvas = Canvas(figsize=INCHES)
        FigureCanvasAgg(canvas)
        paint(canvas)
        return {kind: _saved(canvas, kind, metadata) for kind, metadata in ENDINGS.items()}


def _saved(canvas: object, kind: str, metadata: dict[str, None]) -> bytes:
    out = io.BytesIO()
    canvas.savefig(out, format=kind, dpi=DOTS_PER_INCH, metadata=metadata)
    return out.getvalue()

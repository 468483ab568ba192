"""An empty page for a figure and the files made of it: the same bytes every time.

The font is the one inside matplotlib's wheel, no file has a date, and a user's own settings are not read.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np

from clinical.frames import Frame
from tlf.figures import KINDS
from tlf.figures.style import INCHES
from tlf.formats import NO_DATA
from tlf.png import png_bytes
from tlf.shapes.grid import Grid, header_of

DOTS_PER_INCH = 300
ENDINGS = ("png", "svg", "pdf")
WITHOUT_DATE = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
SETTINGS = {
    "font.family": "DejaVu Sans", "font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "cdiscflow",
    "pdf.fonttype": 42, "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
    "text.hinting": "none",
}  # fmt: skip


def draw(grid: Grid, results: Frame) -> dict[str, bytes]:
    """The figure of a display as png, svg and one pdf; a page that says so when there are no data.

    A figure of several pages has `page_2.png`, `page_2.svg` and so on beside `png` and `svg`.
    """
    kind = KINDS[grid.display.figure.kind]

    def paint(canvas: object, page: Frame) -> None:
        if len(page):
            kind.draw(canvas, grid, page)
        else:
            canvas.text(0.5, 0.5, NO_DATA, ha="center", va="center", fontsize=12)

    return _painted(paint, kind.pages(grid, results) if len(results) else [results])


def draw_axes(grid: Grid) -> dict[str, bytes]:
    """The empty frame of a figure: its axes with their titles, and what its columns will be called."""
    own = grid.display.figure.own

    def paint(canvas: object, _: object) -> None:
        axes = canvas.add_axes((0.1, 0.12, 0.86, 0.76))
        axes.set(xlabel=getattr(own, "x", ""), ylabel=getattr(own, "y", ""), xticks=[], yticks=[])
        columns = ", ".join(dict.fromkeys(map(header_of, grid.columns)))
        kind = grid.display.figure.kind.replace("_", " ")
        axes.text(0.5, 0.5, f"{kind}\n{columns}", ha="center", va="center", fontsize=11, color="#666666")

    return _painted(paint, [None])


def pages_of(drawn: dict[str, bytes], ending: str) -> list[bytes]:
    """The pictures of all pages of one kind, in their order."""
    found = [ending, *(f"page_{number}.{ending}" for number in range(2, len(drawn) + 1))]
    return [drawn[name] for name in found if name in drawn]


def _painted(paint: Callable[[object, object], None], pages: list) -> dict[str, bytes]:
    """The files of what `paint` draws on an empty canvas for each page."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure as Canvas

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        pdf, drawn = io.BytesIO(), {}
        with PdfPages(pdf, metadata=WITHOUT_DATE["pdf"]) as book:
            for number, page in enumerate(pages, start=1):
                canvas = Canvas(figsize=INCHES, dpi=DOTS_PER_INCH)
                screen = FigureCanvasAgg(canvas)
                paint(canvas, page)
                screen.draw()
                before = "" if number == 1 else f"page_{number}."
                drawn[f"{before}png"] = png_bytes(np.asarray(screen.buffer_rgba()), DOTS_PER_INCH)
                drawn[f"{before}svg"] = _svg(canvas)
                canvas.savefig(book, format="pdf")
        return {**drawn, "pdf": pdf.getvalue()}


def _svg(canvas: object) -> bytes:
    out = io.BytesIO()
    canvas.savefig(out, format="svg", metadata=WITHOUT_DATE["svg"])
    return out.getvalue()

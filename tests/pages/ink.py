"""Pages as pictures: whether one is blank or has something in its margins, and sheets of many of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

DOTS, PAPER_WHITE = 40, 250
POINTS = 72
SPARE = 4.0  # points: a line is drawn on the margin, and a dot of the picture is two points wide
ACROSS = 8


def pictures_of(pdf: Path, folder: Path) -> list[Path]:
    """A picture of every page, in grey."""
    subprocess.run(
        ["pdftoppm", "-r", str(DOTS), "-gray", "-png", str(pdf), str(folder / pdf.stem)], check=True
    )
    return sorted(folder.glob(f"{pdf.stem}-*.png"), key=lambda file: int(file.stem.rpartition("-")[2]))


def check_ink(picture: Path, side: float, edge: float, *, drawn: bool = False) -> list[str]:
    """What is printed where nothing should be, margins in points; of a figure whether its middle is empty."""
    with Image.open(picture) as opened:
        dark = np.asarray(opened.convert("L")) < PAPER_WHITE
    if not dark.any():
        return ["is blank"]
    if drawn and not dark[len(dark) // 3 : 2 * len(dark) // 3].any():
        return ["has no figure"]
    wide, high = (int((given - SPARE) * DOTS / POINTS) for given in (side, edge))
    inside = dark[high : len(dark) - high, wide : dark.shape[1] - wide]
    return [] if inside.sum() == dark.sum() else ["has something in the margin"]


def contact_sheet(pictures: list[Path], width: int, height: int, to: Path) -> None:
    """Many pictures in one, each fitted into a field of this size."""
    rows = -(-len(pictures) // ACROSS)
    whole = Image.new("RGB", (ACROSS * (width + 6), max(rows, 1) * (height + 6)), "grey")
    for at, file in enumerate(pictures):
        with Image.open(file) as opened:
            opened.thumbnail((width, height))
            whole.paste(opened.convert("RGB"), (at % ACROSS * (width + 6), at // ACROSS * (height + 6)))
    whole.save(to)

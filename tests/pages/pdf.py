"""The words of every page of a PDF with their places, as pdftotext reads them, in the order of the file."""

from __future__ import annotations

import re
import subprocess
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from pathlib import Path

import numpy as np

PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">')
WORD = re.compile(
    r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>', re.DOTALL
)
HYPHENS = str.maketrans("\u2010\u2011\u00ad", "---")


def squeezed(text: str) -> str:
    """Text without spaces and with signs in their plain form, so that line breaks do not matter."""
    return "".join(unicodedata.normalize("NFKC", text).translate(HYPHENS).split())


@dataclass(frozen=True)
class Sheet:
    """A page: its size in points, its words, and left, top, right and bottom of each."""

    width: float
    height: float
    words: tuple[str, ...]
    boxes: np.ndarray

    @cached_property
    def text(self) -> str:
        """All words without what is between them."""
        return "".join(self.words)

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each word begins in `text`, and where the last one ends."""
        return np.cumsum([0, *map(len, self.words)])

    def between(self, start: int, stop: int) -> slice:
        """The words of a stretch of `text`."""
        first, last = np.searchsorted(self.starts, (start, stop - 1), side="right") - 1
        return slice(int(first), int(last) + 1)


def read_pdf(path: Path) -> list[Sheet]:
    """Every page."""
    said = subprocess.run(
        ["pdftotext", "-raw", "-bbox", str(path), "-"], capture_output=True, check=True, encoding="utf-8"
    ).stdout
    _, *parts = re.split(r"(?=<page )", said)
    return [_sheet(part) for part in parts]


def _sheet(part: str) -> Sheet:
    size = PAGE.match(part)
    found = [(box, squeezed(unescape(word))) for *box, word in WORD.findall(part)]
    kept = [(box, word) for box, word in found if word]
    boxes = np.array([box for box, _ in kept], dtype="float64").reshape(-1, 4)
    return Sheet(float(size[1]), float(size[2]), tuple(word for _, word in kept), boxes)

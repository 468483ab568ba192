"""An RTF display as a reader of the format sees it: titles, headers, rows and footnotes of each section.

Written from the RTF specification, not from the product's templates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

TOKEN = re.compile(r"\\u(-?\d+)\?|\\([a-z]+)(-?\d+)? ?|\\([^a-z])|([{}])|([^\\{}\r\n]+)")
ELSEWHERE = {"fonttbl", "info", "pict", "fldinst"}
SIGNS = {"~": "\u00a0", "_": "-", "\\": "\\", "{": "{", "}": "}"}
PAGE = re.compile(r"\s*Page 1 of 1$")


@dataclass(frozen=True)
class Row:
    """Texts of the cells, how far the first is indented (twips), and whether the next row follows at once."""

    cells: tuple[str, ...]
    indent: int = 0
    keep: bool = False


@dataclass
class Section:
    """What stands above every page of a section and what it consists of; a picture has no text."""

    above: list[str] = field(default_factory=list)
    headers: list[Row] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    pictures: int = 0


@dataclass
class Document:
    """The sections in order, and the margins at the side and at head and foot, in points."""

    sections: list[Section]
    side: float
    edge: float


def read_rtf(path: Path) -> Document:
    """The display in an RTF file."""
    return parse(path.read_text("ascii"))


def parse(text: str) -> Document:
    """The display in the text of an RTF file."""
    reader = _Reader()
    for units, word, number, sign, brace, plain in TOKEN.findall(text):
        if brace:
            reader.group(brace)
        elif word:
            reader.control(word, int(number) if number else 0)
        elif units:
            reader.write(chr(int(units) & 0xFFFF))
        elif sign == "*":
            reader.places[-1] = "elsewhere"
        else:
            reader.write(SIGNS.get(sign, "") if sign else plain)
    numbers = dict(re.findall(r"\\(margl|headery)(\d+)", text[:4000]))
    return Document(reader.sections, int(numbers["margl"]) / 20, int(numbers["headery"]) / 20)


class _Reader:
    def __init__(self) -> None:
        self.sections = [Section()]
        self.places = ["body"]
        self._start_row()

    def _start_row(self) -> None:
        self.text, self.cells, self.indents, self.keep = "", [], [], False
        self.indent = 0

    def group(self, brace: str) -> None:
        if brace == "{":
            self.places.append(self.places[-1])
        else:
            self.places.pop()

    def write(self, text: str) -> None:
        if self.places[-1] != "elsewhere":
            self.text += text

    def control(self, word: str, number: int) -> None:
        if word in ELSEWHERE:
            self.sections[-1].pictures += word == "pict"
            self.places[-1] = "elsewhere"
        elif word in ("header", "footer"):
            self.places[-1] = word
        elif word in ("tab", "line"):
            self.write(" ")
        elif word == "li":
            self.indent = number
        elif word == "pard":
            self.indent = 0
        elif word == "keepn":
            self.keep = True
        elif word == "sect":
            self.sections.append(Section())
        elif word in ENDS:
            ENDS[word](self)

    def end_cell(self) -> None:
        self.cells.append(_whole(self.text))
        self.indents.append(self.indent)
        self.text = ""

    def end_row(self) -> None:
        section = self.sections[-1]
        rows = section.headers if self.places[-1] == "header" else section.rows
        rows.append(Row(tuple(self.cells), self.indents[0], self.keep))
        self._start_row()

    def end_paragraph(self) -> None:
        section, text = self.sections[-1], _whole(self.text)
        self.text = ""
        if text and self.places[-1] == "body":
            section.rows.append(Row((text,)))
        elif text:
            (section.above if self.places[-1] == "header" else section.below).append(PAGE.sub("", text))


ENDS = {
    "cell": _Reader.end_cell,
    "row": _Reader.end_row,
    "trowd": _Reader._start_row,
    "par": _Reader.end_paragraph,
}


def _whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16").strip()

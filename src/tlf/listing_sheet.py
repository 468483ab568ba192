"""A listing laid out: its columns with their widths, its pages by value, blocks of lines that stay together.

Made of the cells alone; the word processor ends the pages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from math import ceil

from clinical.frames import Frame
from clinical.where import in_words
from tlf.layout import BOLD, SPACE, width
from tlf.listing import Shown
from tlf.listing_cells import LEFT_OUT, LINES, OUTSIDE, PAGE, SHARED
from tlf.render import PAPERS, SIDE, TWIPS_PER_POINT
from tlf.results import Results
from tlf.shapes.grid import source_of
from tlf.spec import Display

IS_NUMBER = re.compile(r"[<>]?=?-?\d+(\.\d+)?")
SURPLUS, CELL_GAP, LONGEST_WORD, EASY = 1.04, 1.0, 24.0, 26.0
KEPT_LINES = 8
BREAK = re.compile(r" (?!\(-?\d*\))")
TORN = re.compile(r"(?<=\w)-(?=\d)|(?<=\d)-(?=\w)")
BOUND = re.compile(r" (?=\(-?\d*\))")
HYPHEN = "\u2011"
BODY = 8
EM = BODY * TWIPS_PER_POINT


@dataclass(frozen=True)
class Page:
    """The lines of one value of `page_by`: their texts, a list a column."""

    heading: str
    texts: list[list[str]]

    def __len__(self) -> int:
        return len(self.texts[0])


@dataclass(frozen=True)
class Sheet:
    """A listing ready to be drawn: `group` is how many columns, from the left, are printed once a block."""

    display: Display
    titles: tuple[str, ...]
    columns: tuple[Shown, ...]
    group: int
    pages: tuple[Page, ...]
    footnotes: tuple[str, ...]
    source: tuple[str, ...]
    profiles: bool

    def heading_of(self, page: Page, part: int, of: int) -> str:
        """What stands above the columns of a page: its value, and which part of the columns it shows."""
        shown = f"Columns, part {part + 1} of {of}" if of > 1 else ""
        return ". ".join(text for text in (page.heading, shown) if text)


def sheet_of(results: Results, footer: dict[str, object]) -> Sheet:
    """The listing of a display, with the numbers of records read and shown, if any were, in a footnote."""
    display, found = results.display, results.frame()
    counts = found[found["statistic"] == "records"].set_index("level")["text"].to_dict()
    account = (_account(display, counts),) if counts else ()
    return _sheet(display, footer, tuple(_pages(display, results.cells)), account)


def _sheet(display: Display, footer: dict, pages: tuple[Page, ...], account: tuple[str, ...]) -> Sheet:
    return Sheet(
        display=display,
        titles=(display.name, display.title, display.population.label),
        columns=display.listing.columns,
        group=len(display.listing.group),
        pages=pages,
        footnotes=(*display.footnotes, *account),
        source=source_of(display, footer),
        profiles=bool(footer.get("profiles")),
    )


def _pages(display: Display, cells: Frame) -> list[Page]:
    listing = display.listing
    texts = [cells[one.name].tolist() for one in listing.columns]
    pages, start = [], 0
    for value, lines in groupby(cells[PAGE].tolist()):
        stop = start + sum(1 for _ in lines)
        heading = f"{listing.page_by.label}: {value}" if listing.page_by else ""
        pages.append(Page(heading, [one[start:stop] for one in texts]))
        start = stop
    return pages


def _account(display: Display, counts: dict[str, str]) -> str:
    """What became of every record that was read."""
    read = sum(int(count) for count in counts.values())
    name = display.records or display.population.dataset
    said = [f"Records of {name}: {read}; lines: {counts[LINES]}"]
    if int(counts[SHARED]):
        agree = ", ".join(display.listing.once_for)
        said.append(f"in the line of another record with the same {agree}: {counts[SHARED]}")
    if display.filters:
        said.append(
            f"left out, as only those are listed where {in_words(display.filters[0][''])}: {counts[LEFT_OUT]}"
        )
    said.append(f"of subjects outside the population: {counts[OUTSIDE]}")
    return "; ".join(said) + "."


def text_of(text: str) -> str:
    """Text in which no date or identifier is divided at its hyphens, nor from a day behind it."""
    return BOUND.sub("\u00a0", TORN.sub(HYPHEN, text))


def words_of(text: str) -> list[str]:
    """What a line is not broken within: words, and a day in parentheses with the date before it."""
    return BREAK.split(text) if " (" in text else text.split(" ")


def text_width(text: str) -> float:
    """Width of a text on one line, in em."""
    words = words_of(text)
    return sum(map(width, words)) + SPACE * (len(words) - 1)


def lines_of_text(text: str, room: float) -> int:
    """How many lines a text takes in `room` em; a word that is wider takes lines of its own."""
    if len(text) <= room or text_width(text) <= room:
        return 1
    used, count = 0.0, 1
    for word in words_of(text):
        size = width(word)
        if used and used + SPACE + size > room:
            used, count = 0.0, count + 1
        used += size + (SPACE if used else 0.0)
        more = max(ceil(used / room) - 1, 0)
        count, used = count + more, used - more * room
    return count


@dataclass(frozen=True)
class Measured:
    """What a column needs, in em: room for its longest word, for most texts on one line, and for all."""

    least: float
    easy: float
    whole: float
    numeric: bool


def measure(sheet: Sheet) -> list[Measured]:
    """The needs of every column; a word wider than `LONGEST_WORD` em is divided by the word processor."""
    return [_measured(column, _distinct(sheet, at)) for at, column in enumerate(sheet.columns)]


def _distinct(sheet: Sheet, at: int) -> set[str]:
    return set().union(*(page.texts[at] for page in sheet.pages)) if sheet.pages else set()


def _measured(column: Shown, texts: set[str]) -> Measured:
    words = {word for text in texts for word in words_of(text)}
    header = max(BOLD * width(word) for word in column.label.split(" "))
    least = max([header, column.width * 0.5, *(min(width(word), LONGEST_WORD) for word in words)])
    widest = max([least, *map(text_width, texts)])
    filled = [text for text in texts if text]
    numeric = bool(filled) and all(IS_NUMBER.fullmatch(text) for text in filled)
    needs = [SURPLUS * one + CELL_GAP for one in (least, max(least, min(widest, EASY)), widest)]
    return Measured(*needs, numeric)


def column_sets(sheet: Sheet, needs: list[Measured], room: float) -> list[list[int]]:
    """Which columns stand together on a page: all that fit, the columns of the group on every page."""
    stub = list(range(sheet.group))
    left = room - sum(needs[at].least for at in stub)
    others = list(range(sheet.group, len(sheet.columns)))
    whole = sum(needs[at].least for at in others)
    wanted = whole / max(-(-whole // left), 1.0)
    sets: list[list[int]] = [[]]
    used = 0.0
    for at in others:
        if sets[-1] and (used + needs[at].least > left or used >= wanted):
            sets.append([])
            used = 0.0
        sets[-1].append(at)
        used += needs[at].least
    return [[*stub, *one] for one in sets]


def widths_of(needs: list[Measured], places: list[int], room: float) -> list[float]:
    """Widths that fill the room: the longest word of each, then shared by need, then evenly."""
    widths = [needs[at].least for at in places]
    for wish in ("easy", "whole"):
        more = [getattr(needs[at], wish) - one for at, one in zip(places, widths, strict=True)]
        share = min(max(room - sum(widths), 0.0) / max(sum(more), 1.0), 1.0)
        widths = [one + share * extra for one, extra in zip(widths, more, strict=True)]
    each = max(room - sum(widths), 0.0) / len(widths)
    return [one + each for one in widths]


@dataclass(frozen=True)
class Part:
    """Columns that stand together on a page, by their places, with their widths in em."""

    places: list[int]
    widths: list[float]


def parts_of(sheet: Sheet, needs: list[Measured]) -> list[Part]:
    """The columns of a listing in the parts that fit its paper."""
    room = (PAPERS[sheet.display.paper][0] - 2 * SIDE) / EM
    sets = column_sets(sheet, needs, room) if sheet.pages else []
    return [Part(places, widths_of(needs, places, room)) for places in sets]


@dataclass(frozen=True)
class Blocks:
    """Of every line: does a block begin, are its group's values printed, is it kept with the next line."""

    begins: list[bool]
    printed: list[bool]
    keep: list[bool]


def blocks_of(page: Page, group: int, heights: list[int], most: int = KEPT_LINES) -> Blocks:
    """Blocks of lines with the same group values, cut into pieces that the word processor keeps whole.

    Every piece begins with the group's values, so the first line of every page names its subject. `heights`
    are the lines of text of every line, `most` those of a piece.
    """
    keys = list(zip(*page.texts[:group], strict=True)) if group else [()] * len(page)
    begins = [at == 0 or keys[at] != keys[at - 1] for at in range(len(page))]
    printed, used = [], 0
    for first, height in zip(begins, heights, strict=True):
        cut = first or used + height > most
        used = height + (0 if cut else used)
        printed.append(cut)
    return Blocks(begins, printed, [not after for after in (*printed[1:], True)])


def heights_of(page: Page, places: list[int], widths: list[float]) -> list[int]:
    """Lines of text of every line of the page, when these columns are shown."""
    heights = [1] * len(page)
    for at, room in zip(places, widths, strict=True):
        known = {text: lines_of_text(text, room - CELL_GAP) for text in set(page.texts[at])}
        if max(known.values(), default=1) > 1:
            heights = [max(one, known[text]) for one, text in zip(heights, page.texts[at], strict=True)]
    return heights

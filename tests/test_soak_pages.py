"""What `make soak PART=pages` finds on a page: pages made by hand, whole ones and ones with a fault each.

E.0 of the study's design: titles are number, title and population; the footer has program, data cut, hash and
`Page x of y`; an empty display says `No data to report`.
"""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.pages.cells import check_listing, check_table
from tests.pages.ink import check_ink
from tests.pages.merged import check_merged
from tests.pages.paper import check_pages
from tests.pages.pdf import Sheet, squeezed
from tests.pages.rtf import Document, Row, Section, parse
from tests.pages.screen import check_html

RTF = r"""{\rtf1\ansi{\fonttbl{\f0 Times;}}{\info{\title T1}}\paperw16838\margl1080\landscape
\sectd\headery720
{\header\pard\qc\b T1\par\pard\qc Na\u239?ve \{x\} \u-10179?\u-8704?\par
\trowd\cellx100\cellx200\pard\intbl\cell\pard\intbl DL1\line (N=6)\cell\row
}
{\footer\pard Program: p\par\pard Data cut: d\tab Page {\field{\*\fldinst PAGE}{\fldrslt 1}}
 of {\field{\*\fldinst NUMPAGES}{\fldrslt 1}}\par}
\trowd\cellx100\cellx200\pard\intbl\li200\keepn Sex\cell\pard\intbl\cell\row
\trowd\cellx100\cellx200\pard\intbl\li400 F\cell\pard\intbl\~\~3\~(50.0)\cell\row
\sect\sectd{\header\pard T1\par}{\pict\pngblip 89504e47}\pard No data to report\par
}"""
HEAD, FOOT = ["T1", "A title", "Safety Set"], ["[a] A note.", "Data cut: 2025-06-30"]
ROWS = [Row(("Sex", ""), 200), Row(("Female", "3 (50.0)"), 400), Row(("Thrombocytopenia", "6 (100)"), 200)]
HIGH, LEFT, WIDTH = 10.0, 60.0, 5.0


def one_display(rows: list[Row] = ROWS) -> Document:
    return Document([Section(HEAD, [Row(("", "DL1 (N=6)"))], rows, FOOT)], 54, 36)


def printed(*lines: str, at: dict[str, tuple[float, float]] | None = None) -> Sheet:
    """A page of lines of text, five points a sign; `at` puts a word elsewhere."""
    words, boxes = [], []
    for number, line in enumerate(lines):
        left = LEFT
        for word in line.split():
            x, y = (at or {}).get(word, (left, 40.0 + 12 * number))
            words.append(squeezed(word))
            boxes.append((x, y, x + WIDTH * len(word), y + HIGH))
            left += WIDTH * (len(word) + 1)
    return Sheet(842, 595, tuple(words), np.array(boxes, dtype="float64").reshape(-1, 4))


def page(*body: str, number: str = "1 of 1", **more: object) -> Sheet:
    return printed(*HEAD, "DL1 (N=6)", *body, *FOOT, f"Page {number}", **more)


WHOLE = ("Sex", "Female 3 (50.0)", "Thrombocytopenia 6 (100)")


def test_rtf_is_read_as_sections_with_titles_headers_rows_and_footnotes():
    first, second = parse(RTF).sections
    assert first.above == ["T1", "Na\u00efve {x} \U0001f600"]
    assert first.headers == [Row(("", "DL1 (N=6)"))]
    assert first.rows == [Row(("Sex", ""), 200, True), Row(("F", "3\u00a0(50.0)"), 400)]
    assert first.below == ["Program: p", "Data cut: d"]
    assert (second.pictures, second.rows) == (1, [Row(("No data to report",))])
    assert (parse(RTF).side, parse(RTF).edge) == (54, 36)


def test_a_page_that_shows_everything_has_no_fault():
    assert check_pages(one_display(), [page(*WHOLE)]) == []


def test_a_display_on_two_pages_has_titles_headers_and_footnotes_on_both():
    pages = [page(*WHOLE[:2], number="1 of 2"), page(*WHOLE[2:], "Deaths 0", number="2 of 2")]
    assert check_pages(one_display([*ROWS, Row(("Deaths", "0"), 200)]), pages) == []


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (printed(*HEAD[1:], "DL1 (N=6)", *WHOLE, *FOOT, "Page 1 of 1"), "does not begin with the titles"),
        (printed(), "page 1: is empty"),
        (printed(*HEAD, *WHOLE, *FOOT, "Page 1 of 1"), "does not begin with the column headers"),
        (printed(*HEAD, "DL1 (N=6)", *WHOLE, FOOT[1], "Page 1 of 1"), "does not end with its footnotes"),
        (page(*WHOLE, number="1 of 2"), "does not end with its footnotes, source and number"),
        (page("Sex", "Female", "Thrombocytopenia 6 (100)"), "in place of '3 (50.0)'"),
        (page(*WHOLE[:2]), "the pages end before 'Thrombocytopenia | 6 (100)'"),
        (page(*WHOLE, "6"), "has text that is in no cell: '6'"),
        (page(*WHOLE[:2], "Thrombocyto", "penia 6 (100)"), "'Thrombocytopenia' is divided"),
        (page(*WHOLE, at={"(100)": (770.0, 88.0)}), "'(100)' reaches over the margin"),
        (page(*WHOLE, at={"(100)": (62.0, 88.0)}), "lie on each other"),
        (page(*WHOLE, at={"6": (120.0, 112.0)}), "begins before the cell left of it ends"),
        (page(*WHOLE, at={"Thrombocytopenia": (60.0, 130.0)}), "body reaches into below"),
    ],
)  # fmt: skip
def test_each_fault_of_a_page_is_told(sheet: Sheet, said: str):
    assert said in "; ".join(check_pages(one_display(), [sheet]))


def test_a_word_may_go_on_after_its_hyphen():
    rows = [Row(("graft-versus-host", "1"), 200)]
    assert check_pages(one_display(rows), [page("graft-", "versus-host 1")]) == []


def test_a_heading_is_not_left_alone_at_the_end_of_a_page():
    rows = [Row(("Race", "6"), 200), *ROWS[:2], Row(("Male", "3 (50.0)"), 400)]
    torn = [page("Race 6", "Sex", number="1 of 2"), page(*WHOLE[1:2], "Male 3 (50.0)", number="2 of 2")]
    assert check_pages(one_display(rows), torn) == [
        "page 1: ends with 'Sex', whose lines are on the next page"
    ]
    whole = [page("Race 6", number="1 of 2"), page(*WHOLE[:2], "Male 3 (50.0)", number="2 of 2")]
    assert check_pages(one_display(rows), whole) == []


def test_the_last_line_of_a_table_is_not_alone_on_a_page_and_that_of_a_listing_may_be():
    pages = [page(*WHOLE[:2], number="1 of 2"), page(*WHOLE[2:], number="2 of 2")]
    assert check_pages(one_display(), pages) == ["page 2: has one line alone: 'Thrombocytopenia'"]
    assert check_pages(one_display(), pages, kind="listing") == []


def test_the_first_line_of_each_page_of_a_grouped_listing_names_its_group():
    rows = [Row(("S1", "2025-01-01")), Row(("", "2025-01-02"))]
    pages = [page("S1 2025-01-01", number="1 of 2"), page("2025-01-02", number="2 of 2")]
    said = check_pages(one_display(rows), pages, kind="grouped")
    assert said == ["page 2: begins in the middle of a group: ('', '2025-01-02')"]
    assert check_pages(one_display(rows), pages, kind="listing") == []


@pytest.mark.parametrize(
    ("empty", "said"), [(4, ["pages [1] are nearly empty, and the section goes on"]), (3, [])]
)
def test_pages_are_filled_by_more_than_a_third(empty: int, said: list[str]):
    """Two lines are 22 points, 35% of 62.9; above the footnotes are 24 and 12 for each empty line."""
    pages = [page(*WHOLE[:2], *[""] * empty, number="1 of 2"), page(*WHOLE[2:], number="2 of 2")]
    assert check_pages(one_display(), pages, kind="listing") == said


def test_a_table_whose_columns_go_on_is_one_table_and_a_missing_cell_is_told():
    sections = [Section(rows=[Row(("Sex", one)), Row(("Age", two))]) for one, two in (("1", "2"), ("3", "4"))]
    rows = [
        ["analysis", "indent", "label", "A", "B"],
        ["s", "0", "Sex", "1", "3"],
        ["a", "0", "Age", "2", "4"],
    ]
    assert check_table(Document(sections, 54, 36), rows) == []
    rows[2][4] = "5"
    assert check_table(Document(sections, 54, 36), rows) == [
        "line 2: ['Age', '2', '4'] in the RTF, ['Age', '2', '5'] in the CSV"
    ]


def test_a_listing_may_leave_out_what_the_line_above_says_and_nothing_else():
    rows = [
        ["Dose", "Subject", "Term"],
        ["DL1", "S1", "Fever"],
        ["DL1", "S1", "Rash"],
        ["DL2", "S2", "Fever"],
    ]
    header = [Row(("Subject", "Term"))]
    pages = [
        Section(["T", "Dose: DL1"], header, [Row(("S1", "Fever")), Row(("", "Rash"))]),
        Section(["T", "Dose: DL2"], header, [Row(("S2", "Fever"))]),
    ]
    assert check_listing(Document(pages, 54, 36), rows) == []
    pages[1].rows[0] = Row(("", "Fever"))
    assert check_listing(Document(pages, 54, 36), rows) == [
        "line 1: ['', 'Fever'] in the RTF, ['S2', 'Fever'] in the CSV"
    ]
    pages[1].rows[0], pages[1].above[1] = Row(("S2", "Fever")), "Dose: DL1"
    assert check_listing(Document(pages, 54, 36), rows) == ["the pages of 'DL2' are headed 'Dose: DL1'"]


def test_the_contents_of_the_merged_pdf_lead_to_every_display():
    whole = page(*WHOLE, number="2 of 2")
    assert (
        check_merged([one_display()], [printed("Tables .... 2", "T1 A title .... 2", "Page 1 of 2"), whole])
        == []
    )
    said = check_merged([one_display()], [printed("T1 A title .... 3", "Page 1 of 2"), whole])
    assert said == ["T1: the contents say 3, it is on page 2"]
    section = printed("T1 A title .... 2", "14.2 Efficacy Data .... 3", "Page 1 of 2")
    assert check_merged([one_display()], [section, whole]) == []
    assert check_merged([one_display()], [printed("Page 1 of 1")]) == ["T1 is there 0 times"]


def test_the_cells_of_a_page_in_the_browser_are_those_of_the_csv():
    table = [["analysis", "indent", "label", "A"], ["s", "0", "Sex", "1 (50.0)"]]
    assert check_html([["Sex", "1\u00a0(50.0)"]], 2, table) == []
    assert len(check_html([["Sex", "1\u00a0(5.0)"]], 2, table)) == 1
    assert check_html([["Sex", "1"], ["Age", "2"]], 2, table) == ["has 2 lines, the CSV 1"]
    listing = [["Dose", "Subject", "Term"], ["DL1", "S1", "Fever"], ["DL1", "S1", "Rash"]]
    assert check_html([["S1", "Fever"], ["", "Rash"]], 2, listing) == []
    assert len(check_html([["", "Fever"], ["", "Rash"]], 2, listing)) == 1


@pytest.mark.parametrize(
    ("marks", "drawn", "said"),
    [
        ([(60, 60)], False, []),
        ([], False, ["is blank"]),
        ([(60, 60), (5, 100)], False, ["has something in the margin"]),
        ([(60, 30)], True, ["has no figure"]),
        ([(200, 160)], True, []),
    ],
)
def test_ink_is_inside_of_the_margins(tmp_path, marks, drawn, said):
    """At 40 dots an inch margins of 54 and 36 points are 30 and 20 dots; the paper is 468 by 331."""
    picture = Image.new("L", (468, 331), 255)
    for x, y in marks:
        picture.putpixel((x, y), 0)
    picture.save(tmp_path / "page.png")
    assert check_ink(tmp_path / "page.png", 54, 36, drawn=drawn) == said

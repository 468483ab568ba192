"""A listing as files: RTF that the word processor pages, HTML whose subjects lead to their profiles, CSV."""

from __future__ import annotations

import re
from html import escape

from tlf.formats import NO_DATA
from tlf.layout import lines_needed
from tlf.links import profile_file
from tlf.listing_paper import paper_of_listing
from tlf.listing_sheet import (
    BODY,
    EM,
    Blocks,
    Measured,
    Page,
    Part,
    Sheet,
    blocks_of,
    heights_of,
    lines_of_text,
    measure,
    parts_of,
    text_of,
)  # fmt: skip
from tlf.people import SUBJECT
from tlf.render import (
    EDGE,
    GAP,
    NOTE,
    PAPERS,
    SIDE,
    TITLE,
    TWIPS_PER_POINT,
    Raw,
    csv_bytes,
    environment,
    rtf_text,
)  # fmt: skip

DATED = re.compile(r"[\w.:-]*\d-[\w.:-]*(?: \(-?\d*\))?")
NARROW = 22
TEXT = r"\pard\plain\intbl\f0\fs16"


def render_listing(sheet: Sheet) -> tuple[dict[str, bytes], dict[str, object]]:
    """All files of a listing by ending, and its paper."""
    needs = measure(sheet)
    parts = parts_of(sheet, needs)
    made = {"rtf": _rtf(sheet, needs, parts), "html": _html(sheet, needs), "csv": _csv(sheet)}
    return made, paper_of_listing(sheet, needs, parts)


def _csv(sheet: Sheet) -> bytes:
    """Every cell in full, the value of the page before them if there is one."""
    headers = [column.label for column in sheet.columns]
    by = sheet.display.listing.page_by
    rows = [[by.label, *headers] if by else headers]
    for page in sheet.pages:
        heading = [[page.heading.removeprefix(f"{by.label}: ")] * len(page)] if by else []
        rows += zip(*heading, *page.texts, strict=True)
    return csv_bytes(rows if sheet.pages else [*rows, [NO_DATA, *[""] * (len(rows[0]) - 1)]])


def _rtf(sheet: Sheet, needs: list[Measured], parts: list[Part]) -> bytes:
    headers = [_header_lines(sheet, part) for part in parts]
    page = _paper(sheet, max(headers, default=0), len(parts))
    sections = [
        _section(sheet, one, needs, part, sheet.heading_of(one, number, len(parts)))
        for one in sheet.pages
        for number, part in enumerate(parts)
    ]
    nothing = {"heading": "", "headers": Raw(""), "body": Raw("")}
    text = environment("rtf").get_template("listing.rtf.j2").render(
        titles=sheet.titles, footnotes=sheet.footnotes, source=sheet.source, page=page, no_data=NO_DATA,
        sections=sections or [nothing],
    )  # fmt: skip
    return text.encode("ascii")


def _header_lines(sheet: Sheet, part: Part) -> int:
    return max(
        lines_of_text(sheet.columns[at].label, 0.94 * (wide - 1))
        for at, wide in zip(part.places, part.widths, strict=True)
    )


def _paper(sheet: Sheet, headers: int, parts: int) -> dict[str, int]:
    """Paper and margins, which leave room for titles, headers and footnotes in the page's head and foot."""
    wide, high = PAPERS[sheet.display.paper]
    room = wide - 2 * SIDE
    titles = sum(lines_needed(title, room / (TITLE * TWIPS_PER_POINT)) for title in sheet.titles)
    headed = parts > 1 or any(page.heading for page in sheet.pages)
    below = (*sheet.footnotes, *sheet.source)
    notes = sum(lines_needed(note, room / (NOTE * TWIPS_PER_POINT)) for note in below)
    above = int(1.2 * TWIPS_PER_POINT * (TITLE * (titles + headed) + BODY * headers)) + 160 if headers else 0
    return {
        "width": wide, "height": high, "side": SIDE, "edge": EDGE, "room": room,
        "top": EDGE + (above or int(1.2 * TWIPS_PER_POINT * TITLE * titles)),
        "bottom": EDGE + int(1.2 * NOTE * TWIPS_PER_POINT * notes) + 260,
    }  # fmt: skip


def _section(sheet: Sheet, page: Page, needs: list[Measured], part: Part, heading: str) -> dict[str, object]:
    edges = [int(sum(part.widths[: number + 1]) * EM) for number in range(len(part.widths))]
    aligns = [r"\qr" if needs[place].numeric else r"\ql" for place in part.places]
    labels = [_unbroken(sheet.columns[place].label) for place in part.places]
    blocks = blocks_of(page, sheet.group, heights_of(page, part.places, part.widths))
    head = _row(edges, r"\clbrdrt\brdrs\brdrw10\clbrdrb\brdrs\brdrw10\clvertalb")
    return {
        "heading": heading,
        "headers": Raw(
            f"{head}{TEXT}\\b\\sb20\\sa20{_cells(labels, aligns)}\\row\n\\pard\\plain\\f0\\fs2\\par"
        ),
        "body": Raw(_body(page, sheet.group, part.places, edges, aligns, blocks)),
    }


def _row(edges: list[int], borders: str) -> str:
    return rf"\trowd\trqc\trgaph{GAP}\trleft0\trkeep" + "".join(f"{borders}\\cellx{edge}" for edge in edges)


def _cells(texts: list[str], aligns: list[str]) -> str:
    return "".join(f"{align} {text}\\cell" for align, text in zip(aligns, texts, strict=True))


def _body(
    page: Page, group: int, places: list[int], edges: list[int], aligns: list[str], blocks: Blocks
) -> str:
    """The rows of a page, a table for each block: a long table is slow in every word processor."""
    columns = []
    for number, (place, align) in enumerate(zip(places, aligns, strict=True)):
        made = {text: f"{align} {_unbroken(text)}\\cell" for text in set(page.texts[place])}
        texts = [made[text] for text in page.texts[place]]
        if number < group:
            pairs = zip(texts, blocks.printed, strict=True)
            texts = [text if first else f"{align} \\cell" for text, first in pairs]
        columns.append(texts)
    plain, last = _row(edges, r"\clvertalt"), _row(edges, r"\clbrdrb\brdrs\brdrw10\clvertalt")
    gap = "\\pard\\plain\\f0\\fs6\\par\n" if group else ""
    starts = [plain + TEXT + (r"\keepn" if keep else "") for keep in blocks.keep]
    starts[-1] = last + TEXT
    begun = [gap if first and at else "" for at, first in enumerate(blocks.begins)]
    return "".join(
        f"{before}{start}{''.join(cells)}\\row\n"
        for before, start, *cells in zip(begun, starts, *columns, strict=True)
    )


def _unbroken(text: str) -> str:
    """Text as RTF, with its own sign for a hyphen that is not divided."""
    return rtf_text(text_of(text)).replace(r"\u8209?", r"\_")


def _html(sheet: Sheet, needs: list[Measured]) -> bytes:
    from markupsafe import Markup

    pages = [
        {"heading": page.heading, "blocks": Markup(_html_rows(sheet, page, needs))} for page in sheet.pages
    ]
    headers = [(column.label, need.numeric) for column, need in zip(sheet.columns, needs, strict=True)]
    text = environment("html").get_template("listing.html.j2").render(
        titles=sheet.titles, footnotes=sheet.footnotes, source=sheet.source, pages=pages, headers=headers,
        no_data=NO_DATA,
    )  # fmt: skip
    return text.encode("utf-8")


def _html_rows(sheet: Sheet, page: Page, needs: list[Measured]) -> str:
    blocks = blocks_of(page, sheet.group, [0] * len(page))
    columns = []
    for at, (column, texts) in enumerate(zip(sheet.columns, page.texts, strict=True)):
        made = {
            text: _html_cell(text, sheet.profiles and column.text == f"{{{SUBJECT}}}", needs[at])
            for text in set(texts)
        }
        cells = [made[text] for text in texts]
        if at < sheet.group:
            pairs = zip(cells, blocks.printed, strict=True)
            cells = [cell if first else "<td></td>" for cell, first in pairs]
        columns.append(cells)
    begun = ["</tbody><tbody>" if first and at else "" for at, first in enumerate(blocks.begins)]
    rows = zip(begun, *columns, strict=True)
    return "<tbody>" + "\n".join(f"{before}<tr>{''.join(cells)}</tr>" for before, *cells in rows) + "</tbody>"


def _html_cell(text: str, subject: bool, need: Measured) -> str:
    shown = DATED.sub(r"<span>\g<0></span>", escape(text)).replace("\n", "<br>")
    if subject and text:
        shown = f'<a href="{escape(profile_file(text))}">{escape(text)}</a>'
    kind = ' class="r"' if need.numeric else ' class="l"' if len(text) > NARROW else ""
    return f"<td{kind}>{shown}</td>"

"""Whether the PDF of all displays has a list of contents that leads to each of them, and shows each whole."""

from __future__ import annotations

import re
from itertools import groupby

from tests.pages.paper import check_pages
from tests.pages.pdf import Sheet, squeezed
from tests.pages.rtf import Document

LEADERS, SECTION = r"[.\u2060]*", r"\d\d\.\d[A-Z]"


def check_merged(documents: list[Document], sheets: list[Sheet]) -> list[str]:
    """What is wrong with a PDF that has, after its contents, these displays, with pages numbered through."""
    by_head = {_head(one): one for one in documents}
    faults, shown, first, contents = [], [], 1, ""
    for head, group in groupby(sheets, lambda sheet: _found(sheet, list(by_head))):
        pages = list(group)
        if head:
            one = by_head[head]
            shown.append(head)
            found = check_pages(one, pages, first=first, total=len(sheets), kind="listing")
            faults += [f"{_name(one)}: {said}" for said in found + _listed(one, first, contents)]
        elif shown:
            faults.append(f"page {first} does not begin with the titles of a display: {pages[0].text[:60]!r}")
        else:
            contents += "".join(page.text for page in pages)
        first += len(pages)
    absent = [(one, shown.count(head)) for head, one in by_head.items() if shown.count(head) != 1]
    return faults + [f"{_name(one)} is there {count} times" for one, count in absent]


def _name(document: Document) -> str:
    return document.sections[0].above[0]


def _head(document: Document) -> str:
    """Number, title and population [E.0]."""
    return squeezed(" ".join(document.sections[0].above[:3]))


def _found(sheet: Sheet, heads: list[str]) -> str:
    """The titles that a page begins with, if they are those of a display."""
    return next((head for head in heads if sheet.text.startswith(head)), "")


def _listed(document: Document, page: int, contents: str) -> list[str]:
    """Whether the contents lead to the page where a display begins."""
    name = " ".join(document.sections[0].above[:2])
    found = re.search(re.escape(squeezed(name)) + LEADERS + rf"(\d+?)(?=[A-Z]|{SECTION}|Page|$)", contents)
    said = found[1] if found else "no page"
    return [] if said == str(page) else [f"the contents say {said}, it is on page {page}"]

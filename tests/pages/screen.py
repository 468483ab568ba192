"""Whether a page reads well in a browser: nothing wider than the window, no text too small, no error, nothing
asked of the network, links that lead to files, and the subjects behind a number when it is clicked.

A fault is a sentence that names the page and the width of the window.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.pages.browser import Browser
from tests.pages.cells import NOT_CELLS, read_csv
from tests.pages.pdf import squeezed

LOOK = Path(__file__).with_name("look.js").read_text("utf-8")
WINDOWS = {1280: 900, 400: 800}
LEAST = {1280: 9.0, 400: 12.0}
NEAR = 0.05
SHARE = re.compile(r"(\d+)\s\((100|\d+\.\d)\)")
POINT = """(() => {
  const one = document.querySelectorAll("button[data-s]")[%d];
  one.scrollIntoView({block: "center", inline: "center"});
  const box = one.getBoundingClientRect();
  return {x: box.x + box.width / 2, y: box.y + box.height / 2, text: one.textContent};
})()"""
DIALOG = """(() => {
  const one = document.querySelector("dialog"), box = one.getBoundingClientRect();
  const close = one.querySelector("form button").getBoundingClientRect();
  return {
    open: one.open, subjects: one.querySelectorAll("li").length, said: one.querySelector("p").textContent,
    inside: box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight,
    x: close.x + close.width / 2, y: close.y + close.height / 2,
    sideways: one.scrollWidth > one.clientWidth + 1,
  };
})()"""
SEARCH = """(() => {
  const field = document.querySelector("input[type=search]"), lines = [...document.querySelectorAll("li")];
  const wanted = lines[lines.length - 1].textContent.trim();
  field.value = wanted;
  field.dispatchEvent(new Event("input"));
  return lines.filter(one => one.offsetParent).map(one => one.textContent.trim()).join() === wanted;
})()"""


def check_screen(browser: Browser, page: Path, width: int, picture: Path) -> list[str]:
    """What is wrong with a page in a window of this width, of which a picture is kept."""
    browser.open(page, width, WINDOWS[width])
    picture.write_bytes(browser.picture())
    seen = browser.ask(LOOK)
    faults = list(seen["said"])
    if seen["smallest"] < LEAST[width] - NEAR:
        faults.append(f"has text of {seen['smallest']:.1f} px: {seen['sample']!r}")
    if not seen["titles"].strip():
        faults.append("has no title")
    wanted = sorted({*seen["links"], *seen["profiles"]})
    absent = [link for link in wanted if not (page.parent / link).is_file()]
    faults += [f"leads to {link}, which is not there" for link in absent]
    if width == max(WINDOWS) and page.with_suffix(".csv").exists() and not seen["pictures"]:
        faults += check_html(seen["cells"], int(seen["headers"]), read_csv(page.with_suffix(".csv")))
    faults += _subjects(browser, seen["numbers"], seen["cells"])
    if page.name == "index.html" and not browser.ask(SEARCH):
        faults.append("does not find a line by its text")
    return [f"{page.stem} at {width} px {said}" for said in faults + browser.complaints()]


def check_html(cells: list[list[str]], headers: int, rows: list[list[str]]) -> list[str]:
    """Where the cells of a page are not those of its CSV; a listing leaves out what the line above says."""
    wanted = [row[NOT_CELLS:] if rows[0][0] == "analysis" else row[len(row) - headers :] for row in rows[1:]]
    if not cells:
        return [] if len(wanted) == 1 else [f"has no lines, the CSV {len(wanted)}"]
    if len(cells) != len(wanted):
        return [f"has {len(cells)} lines, the CSV {len(wanted)}"]
    above = [[""] * headers, *wanted]
    return [
        f"line {number}: {one} on the page, {two} in the CSV"
        for number, (one, two, before) in enumerate(zip(cells, wanted, above, strict=False), start=1)
        if len(one) != len(two)
        or any(a != b and (a or b != c) for a, b, c in zip(*map(_plain, (one, two, before)), strict=True))
    ]


def _plain(texts: list[str]) -> list[str]:
    return list(map(squeezed, texts))


def _subjects(browser: Browser, count: int, cells: list[list[str]]) -> Iterator[str]:
    """Clicks the first number that has subjects, one in the middle and the last."""
    if not count and any(SHARE.fullmatch(cell.strip()) for row in cells for cell in row[1:]):
        yield "shows percentages, and none leads to its subjects"
    for number in sorted({0, count // 2, count - 1} if count else ()):
        asked = browser.ask(POINT % number)
        browser.click(asked["x"], asked["y"])
        shown = browser.ask(DIALOG)
        told, share = f"a click on {asked['text']!r}", SHARE.match(asked["text"])
        if not shown["open"]:
            yield f"{told} does nothing"
            return
        if not shown["subjects"] or (share and int(share[1]) != shown["subjects"]):
            yield f"{told} lists {shown['subjects']} subjects"
        if not shown["inside"] or shown["sideways"]:
            yield f"{told} opens a box that does not fit"
        browser.click(shown["x"], shown["y"])
        if browser.ask(DIALOG)["open"]:
            yield f"{told} opens a box that does not close"
            return

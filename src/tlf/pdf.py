"""Displays of a run in one PDF with bookmarks, by typst: made of papers (`tlf.paper`), never of RTF.

The fonts are those inside the typst wheel, no file has a date, nothing is fetched: the same papers give the
same bytes. A character that those fonts lack is shown as its code point (docs/decisions/0038). The file has
no tags for screen readers: with those of 26,000 lines of listings it is twenty times as large.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from collections.abc import Mapping as Datasets
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from tlf.paper import reading_order, section_of

if TYPE_CHECKING:
    import typst

TEMPLATE = "all.typ"
KNOWN = set(map(chr, range(0x20, 0x17F)))
BREAK = "\u200b"
SIGNS = """#set document(title: "signs", date: none)
#set text(font: "Libertinus Serif")
#for sign in json("signs.json").codepoints() { par(sign) }
"""


def as_json(given: object) -> str:
    """JSON with every character as it is."""
    return json.dumps(given, ensure_ascii=False)


def code_point(sign: str) -> str:
    """`U+4E2D`."""
    return f"U+{ord(sign):04X}"


def signs_lacking(text: str) -> str:
    """The characters of a text that no font of the wheel has, as typst itself says of them."""
    from typst import TypstError

    signs = "".join(sorted(set(text) - KNOWN))
    if not signs:
        return ""
    with tempfile.TemporaryDirectory(prefix="cdiscflow-") as name:
        folder = Path(name)
        (folder / "signs.typ").write_text(SIGNS, "utf-8")
        (folder / "signs.json").write_text(as_json(signs), "utf-8")
        try:  # a PDF for archives may not hold a character without a glyph
            _compiler(folder / "signs.typ", folder).compile(format="pdf", timestamp=0, pdf_standards="a-2b")
        except TypstError as error:
            return "".join(sign for sign in signs if f'`"{sign}"`' in error.diagnostic)
    return ""


def texts_lacking(papers: list[dict[str, object]]) -> dict[str, list[str]]:
    """By display the texts that hold a character without a glyph, in alphabetical order."""
    signs = set(signs_lacking(as_json(papers)))
    found = {str(one["name"]): sorted({text for text in _texts(one) if signs & set(text)}) for one in papers}
    return {name: texts for name, texts in found.items() if texts}


def _texts(given: object) -> Iterator[str]:
    if isinstance(given, str):
        yield given
    elif isinstance(given, dict | list):
        for one in given.values() if isinstance(given, dict) else given:
            yield from _texts(one)


def _compiler(file: Path, folder: Path) -> typst.Compiler:
    import typst

    nowhere = folder / "packages"
    return typst.Compiler(
        file, root=folder, ignore_system_fonts=True, package_path=nowhere, package_cache_path=nowhere
    )


def merged_pdf(
    title: str,
    papers: list[dict[str, object]],
    pictures: Datasets[str, bytes],
    footer: Datasets[str, object],
    sections: Datasets[str, str],
) -> bytes:
    """The PDF: contents, then every display in reading order; pages count through.

    Needs: in `pictures` the file of every figure, by the name that its paper gives; in `sections` the titles
           of the sections by number, which may be none.
    """
    papers = [{**one, "section": section_of(str(one["name"]), sections)} for one in papers]
    ordered = sorted(papers, key=lambda paper: reading_order(str(paper["name"]), sections))
    about = {"title": title, "subtitle": f"Data cut: {footer['data_cut']}. Program: {footer['program']}"}
    texts = {"displays.json": as_json(ordered), "about.json": as_json(about)}
    shown = {ord(sign): f"<{code_point(sign)}>{BREAK}" for sign in signs_lacking("".join(texts.values()))}
    with tempfile.TemporaryDirectory(prefix="cdiscflow-") as name:
        folder = Path(name)
        (folder / TEMPLATE).write_bytes(files("tlf").joinpath("templates", TEMPLATE).read_bytes())
        for file, text in texts.items():
            (folder / file).write_text(text.translate(shown), "utf-8")
        for file, content in pictures.items():
            (folder / file).write_bytes(content)
        compiler = _compiler(folder / TEMPLATE, folder)
        return compiler.compile(format="pdf", timestamp=0, pdf_tags=False)

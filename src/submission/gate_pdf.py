"""PDF documents of a package: whole, searchable, with bookmarks; pages that define.xml names [F-1, F-2]."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from submission.define_read import DefineFile
from submission.tree import Fault, Tree, fault

VERSIONS = ("1.4", "1.5", "1.6", "1.7")
FEW_PAGES = 5


def check_documents(tree: Tree) -> Iterator[Fault]:
    """Every PDF of the tree."""
    for file in tree.files:
        if file.lower().endswith(".pdf") and (not tree.ectd or file.startswith("m5/")):
            yield from _document(tree.path(file), file)


def _document(path: Path, file: str) -> Iterator[Fault]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    head = path.read_bytes()[:16]
    version = re.match(rb"%PDF-(\d\.\d)", head)
    if version is None or version[1].decode() not in VERSIONS:
        yield fault("gate.pdf-version", file, version=version[1].decode() if version else "none")
        if version is None:
            return
    try:
        reader = PdfReader(path)
        if reader.is_encrypted:
            yield fault("gate.pdf-locked", file)
            return
        pages = len(reader.pages)
        if not pages:
            raise PyPdfError("no page")
        if _scripts(reader):
            yield fault("gate.pdf-script", file)
        if pages > FEW_PAGES and not reader.outline:
            yield fault("gate.pdf-bookmarks", file, count=pages)
        lacking = _fonts_lacking(reader)
        if lacking:
            yield fault("gate.pdf-font", file, count=len(lacking), names=", ".join(sorted(lacking)))
        if not any(_fonts(page) for page in list(reader.pages)[:FEW_PAGES]):
            yield fault("gate.pdf-text", file)
    except unreadable() as error:
        yield fault("gate.pdf-unreadable", file, problem=type(error).__name__)


def unreadable() -> tuple[type[Exception], ...]:
    """What reading a damaged PDF may raise."""
    from pypdf.errors import PyPdfError

    return PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError


def _scripts(reader: object) -> bool:
    root = reader.trailer["/Root"]
    names = root.get("/Names", {})
    return (
        "/JavaScript" in names
        or "/AA" in root
        or _is_script(root.get("/OpenAction"))
        or any("/AA" in page for page in reader.pages)
    )


def _is_script(action: object) -> bool:
    action = action.get_object() if hasattr(action, "get_object") else action
    return isinstance(action, dict) and action.get("/S") in ("/JavaScript", "/Launch")


def _fonts(page: object) -> dict:
    """The fonts of a page by their short names; a scanned page has none."""
    resources = page.get("/Resources") or {}
    fonts = resources.get_object().get("/Font", {}) if resources else {}
    return fonts.get_object() if hasattr(fonts, "get_object") else fonts


def _fonts_lacking(reader: object) -> set[str]:
    """The fonts that a document names and does not hold."""
    lacking: set[str] = set()
    for page in reader.pages:
        for one in _fonts(page).values():
            font = one.get_object()
            inner = [each.get_object() for each in font.get("/DescendantFonts", [font])]
            held = [(each.get("/FontDescriptor") or {}) for each in inner]
            if font.get("/Subtype") == "/Type3":
                continue
            if not all(
                any(key in each for key in ("/FontFile", "/FontFile2", "/FontFile3")) for each in held
            ):
                lacking.add(str(font.get("/BaseFont", "?")).lstrip("/"))
    return lacking


def check_pages(tree: Tree) -> Iterator[Fault]:
    """Each page that define.xml names for a collected variable has its annotation."""
    for define in tree.defines.values():
        crf = define.leaves.get(define.crf, "")
        file = f"{define.file.rpartition('/')[0]}/{crf}".lstrip("/")
        if not crf or not tree.has(file):
            continue
        try:
            texts = page_texts(tree.path(file))
        except unreadable():
            texts = ()  # check_documents says that it is damaged
        if texts:
            yield from _annotated(define, texts)


@lru_cache(maxsize=4)
def page_texts(path: Path) -> tuple[str, ...]:
    """The text of each page, without blanks and line ends."""
    from pypdf import PdfReader

    return tuple("".join(page.extract_text().split()) for page in PdfReader(path).pages)


def _annotated(define: DefineFile, texts: tuple[str, ...]) -> Iterator[Fault]:
    owners = {ref.item: group for group in define.groups for ref in group.refs}
    for item in define.items.values():
        group = owners.get(item.oid)
        for origin in item.origins:
            if origin.type != "Collected" or group is None:
                continue
            for page in origin.pages:
                names = (item.name, item.name.rstrip("0123456789"))  # COVAL1 goes on with COVAL
                if page > len(texts) or not any(name in texts[page - 1] for name in names):
                    yield fault("gate.annotation", define.file, group.name, item.name, page=page)

"""PDF by typst, with the fonts of its wheel, no date, and bookmarks: the same content, the same bytes."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path


@dataclass(frozen=True)
class Bookmark:
    """A title that leads to a page (the first is 1), with those below it."""

    title: str
    page: int
    below: tuple[Bookmark, ...] = ()


def compile_pdf(
    template: str, given: Mapping[str, object], asked: str = ""
) -> tuple[bytes, list[dict[str, object]]]:
    """The PDF of a template with JSON files beside it, and the values of the metadata that `asked` names."""
    import typst

    with tempfile.TemporaryDirectory(prefix="cdiscflow-") as name:
        folder = Path(name)
        main = folder / template
        main.write_bytes(files("submission").joinpath("templates", template).read_bytes())
        for file, content in given.items():
            (folder / file).write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        nowhere = folder / "packages"
        compiler = typst.Compiler(
            main, root=folder, ignore_system_fonts=True, package_path=nowhere, package_cache_path=nowhere
        )
        pdf = compiler.compile(format="pdf", timestamp=0, pdf_tags=False)
        values = json.loads(compiler.query(asked, field="value")) if asked else []
    return pdf, values


def with_bookmarks(pdf: bytes, marks: Iterable[Bookmark]) -> bytes:
    """The PDF with these bookmarks in place of its own, shown when it is opened."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    for mark in marks:
        _add(writer, mark, None)
    writer.page_mode = "/UseOutlines"
    writer.pdf_header = "%PDF-1.7"
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _add(writer: object, mark: Bookmark, above: object) -> None:
    entry = writer.add_outline_item(
        title=mark.title, page_number=mark.page - 1, parent=above, is_open=above is None
    )
    for one in mark.below:
        _add(writer, one, entry)

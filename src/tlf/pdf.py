"""All displays of a run in one PDF with bookmarks, by typst: made of papers (`tlf.paper`), never of RTF.

The fonts are those inside the typst wheel, no file has a date, nothing is fetched: the same papers give the
same bytes.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping as Datasets
from importlib.resources import files
from pathlib import Path

from tlf.paper import reading_order

TEMPLATE = "all.typ"


def merged_pdf(
    title: str, papers: list[dict[str, object]], pictures: Datasets[str, bytes], footer: Datasets[str, object]
) -> bytes:
    """The PDF: contents, then every display in reading order; pages count through.

    Needs: in `pictures` the file of every figure, by the name that its paper gives.
    """
    import typst

    ordered = sorted(papers, key=lambda paper: reading_order(str(paper["name"])))
    about = {"title": title, "subtitle": f"Data cut: {footer['data_cut']}. Program: {footer['program']}"}
    with tempfile.TemporaryDirectory(prefix="cdiscflow-") as name:
        folder = Path(name)
        (folder / TEMPLATE).write_bytes(files("tlf").joinpath("templates", TEMPLATE).read_bytes())
        for file, given in (("displays.json", ordered), ("about.json", about)):
            (folder / file).write_text(json.dumps(given), "utf-8")
        for file, content in pictures.items():
            (folder / file).write_bytes(content)
        nowhere = folder / "packages"
        compiler = typst.Compiler(
            root=folder, ignore_system_fonts=True, package_path=nowhere, package_cache_path=nowhere
        )
        return compiler.compile(folder / TEMPLATE, format="pdf", timestamp=0)

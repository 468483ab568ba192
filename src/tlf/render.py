"""Pages as files: RTF for the report, HTML to read and to ask who is behind a number, CSV of the cells.

Nothing here knows a number; a page is a `Grid`, and a file is bytes that depend on the grid alone.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping as Datasets
from collections.abc import Sequence
from functools import cache

import numpy as np

from clinical.distinct import distinct, distinct_rows, spread
from clinical.frames import Frame
from tlf.formats import NO_DATA
from tlf.layout import Aligned, align, column_cells, edges_of, lines_needed, pages_of_columns, stub_width
from tlf.links import profile_file
from tlf.shapes.grid import Grid, header_of

TWIPS_PER_POINT = 20
PAPERS = {"A4": (16838, 11906), "Letter": (15840, 12240)}
SIDE, EDGE, GAP, INDENT = 1080, 720, 60, 200
BODY, TITLE, NOTE = 9, 10, 8
STUB_PART = 0.45
UNLISTED = "This page lists no subjects, there are too many: cdiscflow explain names those behind a number."
RUNS_IN_A_SPREADSHEET = re.compile(r"[=+\-@\t\r](?![\d.,() ]*$).", re.DOTALL)
RESULT_COLUMNS = ("analysis", "group", "part", "parent", "level", "statistic", "text")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


class Raw(str):
    """RTF that is already escaped."""


LEFT, CENTRE = Raw(r"\ql"), Raw(r"\qc")


def rtf_text(value: object) -> str:
    """Text as ASCII RTF: control words escaped, everything beyond ASCII as signed 16-bit code units."""
    if isinstance(value, Raw):
        return value
    text = CONTROL.sub(" ", str(value)).replace("\\", r"\\").replace("{", r"\{").replace("}", r"\}")
    text = text.replace("\n", r"\line ").replace("\u00a0", r"\~")
    return text if text.isascii() else "".join(s if s.isascii() else _code_units(s) for s in text)


def _code_units(sign: str) -> str:
    units = sign.encode("utf-16-be")
    numbers = [int.from_bytes(units[at : at + 2], "big", signed=True) for at in range(0, len(units), 2)]
    return "".join(f"\\u{number}?" for number in numbers)


@cache
def environment(kind: str):
    """The templates of RTF or HTML, each with the escapes of its kind."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    shared = {"loader": PackageLoader("tlf"), "trim_blocks": True, "undefined": StrictUndefined}
    if kind == "html":
        return Environment(autoescape=True, lstrip_blocks=True, **shared)
    signs = {
        "block_start_string": "[%", "block_end_string": "%]", "variable_start_string": "[[",
        "variable_end_string": "]]", "comment_start_string": "[#", "comment_end_string": "#]",
    }  # fmt: skip
    return Environment(autoescape=False, finalize=rtf_text, **signs, **shared)


def render_rtf(grid: Grid, pictures: Sequence[dict[str, object]] = ()) -> bytes:
    """The display as RTF: landscape; titles, column headers and footnotes on every page; page x of y.

    Column headers are in the page's head with the titles, one section for each set of columns: header rows in
    the body repeat in Word alone (LibreOffice 7.4 does not read them).
    """
    page = _page(grid)
    drawn = [{"headers": [], "rows": [], "picture": picture} for picture in pictures or (None,)]
    sections = _rtf_sections(grid, page) if grid.lines else drawn
    text = environment("rtf").get_template("table.rtf.j2").render(
        titles=grid.titles, footnotes=grid.footnotes, source=grid.source, page=page, sections=sections,
        no_data=NO_DATA, raw=Raw,
    )  # fmt: skip
    return text.encode("ascii")


def _page(grid: Grid) -> dict[str, int]:
    """Paper and margins, which leave room for titles and footnotes in the page's head and foot."""
    paper_width, paper_height = PAPERS[grid.display.paper]
    room = paper_width - 2 * SIDE
    titles = sum(lines_needed(title, room / (TITLE * TWIPS_PER_POINT)) for title in grid.titles)
    headers = 2 if grid.lines else 0
    below = (*grid.footnotes, *grid.source)
    notes = sum(lines_needed(note, room / (NOTE * TWIPS_PER_POINT)) for note in below)
    return {
        "width": paper_width,
        "height": paper_height,
        "side": SIDE,
        "edge": EDGE,
        "gap": GAP,
        "room": room,
        "top": EDGE + int(1.2 * TWIPS_PER_POINT * (TITLE * titles + BODY * headers)),
        "bottom": EDGE + int(1.2 * NOTE * TWIPS_PER_POINT * notes) + 260,
    }


def _rtf_sections(grid: Grid, page: dict[str, int]) -> list[dict[str, object]]:
    em = BODY * TWIPS_PER_POINT
    room = page["room"] / em
    stub = stub_width(grid, INDENT / em, STUB_PART * room)
    gaps = gaps_of(grid)
    sections = []
    for places in pages_of_columns(grid, room, stub):
        edges = [int(edge * em) for edge in edges_of(grid, places, stub, room)]
        aligned = [align(column_cells(grid, place)) for place in places]
        rows = []
        for index, line in enumerate(grid.lines):
            last = index == len(grid.lines) - 1
            cells = [_label_cell(line.label, line.indent, edges[0], last)]
            cells += [
                _number_cell(line.cells[place], one, index, edges[at], edges[at + 1], em, last)
                for at, (place, one) in enumerate(zip(places, aligned, strict=True))
            ]
            rows.append({"header": False, "keep": line.keep or last, "gap": gaps[index], "cells": cells})
        sections.append({"headers": _rtf_headers(grid, places, edges), "rows": rows, "picture": None})
    return sections


def gaps_of(grid: Grid) -> list[bool]:
    """Lines with some room above: a block of indented lines stands apart from what is above and below it."""
    indents = [0, *(line.indent for line in grid.lines), 0]
    return [
        at == 0 or (not indents[at + 1] and bool(indents[at] or indents[at + 2]))
        for at in range(len(grid.lines))
    ]


def _cell(text: str, edge: int, align: str, **more: object) -> dict[str, object]:
    return {
        "text": text,
        "edge": edge,
        "align": align,
        "left": 0,
        "hang": 0,
        "top": False,
        "bottom": False,
        **more,
    }


def _rtf_headers(grid: Grid, places: list[int], edges: list[int]) -> list[dict[str, object]]:
    names = [f"{grid.columns[place].group}\n(N={grid.columns[place].size})" for place in places]
    row = {"header": True, "keep": False, "gap": False}
    if not grid.two_headers:
        cells = [_cell("", edges[0], LEFT, top=True, bottom=True)]
        cells += [
            _cell(name, edge, CENTRE, top=True, bottom=True)
            for name, edge in zip(names, edges[1:], strict=True)
        ]
        return [{**row, "cells": cells}]
    spans: dict[str, int] = {}
    for place, edge in zip(places, edges[1:], strict=True):
        spans[header_of(grid.columns[place])] = edge
    upper = [_cell("", edges[0], LEFT, top=True)]
    upper += [_cell(name, edge, CENTRE, top=True, bottom=True) for name, edge in spans.items()]
    lower = [_cell("", edges[0], LEFT, bottom=True)]
    lower += [
        _cell(grid.columns[place].label, edge, CENTRE, bottom=True)
        for place, edge in zip(places, edges[1:], strict=True)
    ]
    return [{**row, "cells": upper}, {**row, "cells": lower}]


def _label_cell(label: str, indent: int, edge: int, last: bool) -> dict[str, object]:
    return _cell(label, edge, LEFT, left=INDENT * (indent + 1), hang=INDENT, bottom=last)


def _number_cell(
    text: str, aligned: Aligned, index: int, start: int, edge: int, em: int, last: bool
) -> dict[str, object]:
    left = max(int((edge - start - 2 * GAP - aligned.block * em) / 2), 0)
    shown = Raw(r"\~" * aligned.spaces[index] + rtf_text(text.replace(" ", "\u00a0")))
    return _cell(shown, edge, LEFT, left=left, bottom=last)


def render_html(grid: Grid, subjects: Frame | None, picture: str = "") -> bytes:
    """The display as one file that needs nothing else; a click on a count lists its subjects.

    Needs:  `subjects` None where there are too many to be listed: the page says where they are named.
    """
    from markupsafe import Markup

    links, behind = _behind(subjects, grid.profiles) if subjects is not None else ({}, None)
    aligned = [align(column_cells(grid, place)) for place in range(len(grid.columns))]
    gaps = gaps_of(grid)
    lines = [
        {
            "label": line.label,
            "left": 0.3 + 1.2 * line.indent,
            "gap": gaps[index],
            "cells": [
                {
                    "text": text.replace(" ", "\u00a0"),
                    "pad": _html_pad(one.spaces[index]),
                    "block": f"{one.block:.2f}",
                    "link": links.get(key) or links.get(key and (key[0], "", "", *key[3:])),
                }
                for text, key, one in zip(line.cells, line.keys, aligned, strict=True)
            ],
        }
        for index, line in enumerate(grid.lines)
    ]
    two = grid.two_headers
    text = environment("html").get_template("page.html.j2").render(
        titles=grid.titles, footnotes=grid.footnotes, source=grid.source, lines=lines, no_data=NO_DATA,
        groups=grid.groups() if two else [], picture=Markup(picture), subjects=behind if lines else None,
        unlisted=UNLISTED if lines and subjects is None else "",
        headers=[column.label if two else header_of(column) for column in grid.columns],
    )  # fmt: skip
    return text.encode("utf-8")


def _html_pad(spaces: int) -> str:
    return "\u2007" * (spaces // 2) + "\u2005" * (spaces % 2)


def _behind(subjects: Frame, profiles: bool) -> tuple[dict[tuple, str], dict[str, list]]:
    """For each cell with subjects a number, what those numbers stand for, and where the subjects lead."""
    names = ["analysis", "parent", "level", "group", "part"]
    ids = sorted(set(subjects["USUBJID"]))
    place = dict(zip(ids, range(len(ids)), strict=True))
    codes, keys = distinct_rows([subjects[name].astype("str") for name in names])
    who = np.array([place[one] for one in subjects["USUBJID"]], dtype="int64")
    ends = np.cumsum(np.bincount(codes, minlength=len(keys[0])))
    found = np.split(who[np.argsort(codes, kind="stable")], ends[:-1])
    links = {key: str(at) for at, key in enumerate(zip(*keys, strict=True))}
    pages = [profile_file(one) for one in ids] if profiles else []
    return links, {"ids": ids, "pages": pages, "cells": [one.tolist() for one in found if len(one)]}


def render_csv(grid: Grid) -> bytes:
    """The cells as CSV: analysis, indent, label, and one column a column of the table."""
    headers = [f"{header_of(c)} | {c.label}" if c.label else header_of(c) for c in grid.columns]
    rows = [["analysis", "indent", "label", *headers]]
    rows += [[line.analysis, str(line.indent), line.label, *line.cells] for line in grid.lines]
    if not grid.lines:
        rows.append(["", "0", NO_DATA, *[""] * len(grid.columns)])
    return csv_bytes(rows)


def render_results(results: Frame) -> bytes:
    """A results frame as CSV: what a figure is drawn from."""
    columns = [results[name].tolist() for name in RESULT_COLUMNS]
    return csv_bytes([[*RESULT_COLUMNS[:-1], "value"], *map(list, zip(*columns, strict=True))])


def render_frame(results: Frame) -> bytes:
    """The results frame of a run as CSV, every column; numbers in the fewest digits that give them back."""
    columns = []
    for name in results.columns:
        codes, values = distinct(results[name])
        texts = [_harmless(one) if isinstance(one, str) else repr(one) for one in values]
        columns.append(spread(codes, np.array(texts, dtype=object), ""))
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(results.columns)
    rows.writerows(zip(*columns, strict=True))
    return out.getvalue().encode("utf-8")


def csv_bytes(rows: list[list[str]]) -> bytes:
    """Rows of cells as CSV in UTF-8 that no spreadsheet runs."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([[_harmless(text) for text in row] for row in rows])
    return out.getvalue().encode("utf-8")


def _harmless(text: str) -> str:
    """Text that a spreadsheet would run, behind an apostrophe."""
    return f"'{text}" if RUNS_IN_A_SPREADSHEET.match(text) else text


def render_table(grid: Grid, subjects: Frame | None) -> Datasets[str, bytes]:
    """All files of a table by ending."""
    return {"rtf": render_rtf(grid), "html": render_html(grid, subjects), "csv": render_csv(grid)}

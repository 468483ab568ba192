"""The text of a guide: a little of Markdown (headings, paragraphs, lists, tables), and the same as a PDF."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from submission.paper import compile_pdf

HEADING = re.compile(r"(#{1,3}) (.+)")
RULE = re.compile(r"\|(-+\|)+")
LEAST, MOST, LONG_WORD, ROOM = 6, 45, 14, 1.2
BREAK = "\u200b"


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown; bars in cells are written as `\\|`."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" if line[0] != "---" else
                     f"|{'---|' * len(header)}" for line in lines)  # fmt: skip


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def blocks_of(text: str) -> list[dict[str, object]]:
    """The blocks of a guide's text, in order."""
    found: list[dict[str, object]] = []
    for part in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in part.strip().splitlines()]
        if not lines or not lines[0]:
            continue
        heading = HEADING.fullmatch(lines[0])
        if heading and len(lines) == 1:
            found.append({"kind": "heading", "level": len(heading[1]), "text": heading[2]})
        elif lines[0].startswith("|"):
            found.append(_table(lines))
        elif lines[0].startswith("- "):
            found.append({"kind": "list", "items": [line.removeprefix("- ") for line in lines]})
        else:
            found.append({"kind": "text", "text": " ".join(lines)})
    return found


def _table(lines: list[str]) -> dict[str, object]:
    rows = [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
            for line in lines if not RULE.fullmatch(line)]  # fmt: skip
    widths = [min(max(LEAST, *(len(row[at]) for row in rows)), MOST) for at in range(len(rows[0]))]
    longest = [
        max((len(word) for row in rows for word in row[at].split()), default=0) for at in range(len(widths))
    ]
    widths = [max(width, min(word, LONG_WORD) * ROOM) for width, word in zip(widths, longest, strict=True)]
    shown = [[_breakable(cell) for cell in row] for row in rows]
    return {"kind": "table", "header": shown[0], "rows": shown[1:], "widths": widths}


def _breakable(cell: str) -> str:
    """Long words may break after a dot, an underscore or a hyphen, else anywhere."""
    return re.sub(
        rf"\S{{{LONG_WORD},}}", lambda word: re.sub(r"([._/-])(?=\w)", rf"\1{BREAK}", word[0]), cell
    )


def guide_pdf(text: str) -> bytes:
    """The PDF of a guide; its headings are its bookmarks."""
    blocks = blocks_of(text)
    title = next(str(one["text"]) for one in blocks if one["kind"] == "heading")
    return compile_pdf("guide.typ", {"guide.json": {"title": title, "blocks": blocks}})[0]

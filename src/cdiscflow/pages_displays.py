"""The page of the language of displays: what the reader's own docstrings say, and an example of every word.

The examples are rows of the studies under `mappings/`, which the tests and `cdiscflow check` read.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path

from clinical.read import Mapping, read_yaml
from tlf import agreements, figures, formats, listing, profile_spec, rows, spec, words

SECTIONS = (
    ("Rows", rows),
    ("Words of a row", words),
    ("Figures", figures),
    ("Listings", listing),
    ("Formats", formats),
    ("Profiles of subjects", profile_spec),
    ("Cells that must agree", agreements),
)


def displays_page(root: Path) -> str:
    """The language of displays in Markdown; examples are of the studies in the checkout `root`."""
    lines = [
        "# Displays",
        "",
        "Generated from the code. One file under `mappings/<study>/tlf/` is one display.",
        "",
    ]
    lines += [*_said(spec), ""]
    for title, module in SECTIONS:
        lines += [f"## {title}", "", *_said(module), ""]
        if module is words:
            lines += _examples(list(_stated(root, "rows")), words.WORDS)
        if module is figures:
            lines += _examples(list(_stated(root, "figure")), figures.KINDS)
        if module is formats:
            lines += list(_house_formats())
    return "\n".join(lines)


def _said(module: object) -> list[str]:
    return (inspect.getdoc(module) or "").replace(" [E.0]", "").split("\n")


def _house_formats() -> Iterator[str]:
    yield from ("| format | without one of the display's own |", "|---|---|")
    for name, form in formats.FORMATS.items():
        one = (
            ", ".join(f"{label}: `{each.text}`" for label, each in form.items())
            if isinstance(form, dict)
            else ""
        )
        yield f"| `{name}` | {one or f'`{form.text}`'} |"
    yield ""


def _examples(stated: list[tuple[str, str, Mapping]], names: Iterable[str]) -> list[str]:
    """For every word or kind the place in the studies that says most of it."""
    lines: list[str] = []
    for name in names:
        file, text, _ = max((one for one in stated if _is(name, one[2])), key=lambda one: len(one[2]))
        lines += [f"`{name}`, in `{file}`:", "", "```yaml", *text.split("\n"), "```", ""]
    return lines


def _is(name: str, node: Mapping) -> bool:
    """Whether a row holds the word, or a figure is of the kind."""
    if name in words.WORDS:
        return name in node
    kind = figures.KINDS[name]
    return node.get("kind", next(iter(figures.KINDS))) == name and set(node) <= {"kind", *kind.keys}


def _stated(root: Path, key: str) -> Iterator[tuple[str, str, Mapping]]:
    """File, lines and content of each row, or of each figure, of the displays of all studies."""
    for path in sorted((root / "mappings").glob("*/tlf/**/*.yml")):
        written = path.read_text("utf-8").split("\n")
        file = path.relative_to(root).as_posix()
        for line, one in _named(read_yaml(path, root), key):
            yield file, _block(written, line), one


def _named(node: Mapping, key: str) -> Iterator[tuple[int, Mapping]]:
    """The line and content of every row, those of a block too, or of the figure."""
    given = node.get(key, Mapping())
    named = given if key == "rows" else {key: given}
    for name, one in named.items():
        if isinstance(one, Mapping):
            yield (given if key == "rows" else node).line(name).line, one
            yield from _named(one, key) if "rows" in one else ()


def _block(written: list[str], first: int) -> str:
    """The line and those indented below it, without the indent of the first."""
    head = written[first - 1]
    indent = len(head) - len(head.lstrip())
    lines = [head]
    for line in written[first:]:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        lines.append(line)
    return "\n".join(line[indent:].rstrip() for line in lines).strip()

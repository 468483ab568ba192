"""The header of a transport file without its records: names, labels, lengths, and where the records are."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path

from clinical.xpt_layout import Variable
from clinical.xpt_read import Layout, layout_of, map_file, variable_of


def open_layout(path: Path) -> tuple[mmap.mmap, Layout]:
    """The bytes of a transport file and where things are in them.

    Raises: InputError as `read_xpt` does, but for what only the records show.
    """
    data = map_file(Path(path))
    return data, layout_of(data, Path(path).name)


@dataclass(frozen=True)
class XptHead:
    """What the header of a transport file says, and how many records follow."""

    name: str
    label: str
    variables: list[Variable]
    rows: int
    created: str


def read_xpt_head(path: Path) -> XptHead:
    """The header of a version 5 transport file, without its records; texts as latin-1.

    Raises: InputError as `read_xpt` does, but for what only the records show.
    """
    _, layout = open_layout(path)
    name, label, *texts = [text.decode("latin-1") for text in layout.texts]
    variables = [variable_of(entry, *texts[2 * at : 2 * at + 2]) for at, entry in enumerate(layout.entries)]
    return XptHead(name, label, variables, layout.rows, layout.created)

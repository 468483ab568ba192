"""A transport file in parts below a size, by arithmetic: the width of a row is known [F.1].

The parts hold the rows in their order under one header: names, labels, lengths and formats are the same in
all of them; only the name of the dataset has a number.
"""

from __future__ import annotations

import mmap
from pathlib import Path

from clinical.errors import DerivationError
from clinical.files import create
from clinical.xpt_head import open_layout
from clinical.xpt_layout import NAME_BYTES, RECORD

NAME_AT = 8  # of the record after the DSCRPTR header
MEMBER_AT = 5 * RECORD
BLOCK = 8 * 1024**2


def split_xpt(path: Path, folder: Path, limit: int) -> list[Path]:
    """The parts of a transport file, each at most `limit` bytes, as NAME1, NAME2 ... in `folder`.

    Raises: DerivationError where a row does not fit, or the numbered name is too long; InputError as
            `read_xpt`.
    """
    data, layout = open_layout(path)
    name = layout.name.decode("ascii")
    rows = (limit - layout.start) // RECORD * RECORD // layout.width
    if rows < 1:
        raise DerivationError("xpt.split", name, limit=limit, width=layout.width)
    starts = range(0, max(layout.rows, 1), rows)
    parts = []
    for number, first in enumerate(starts, start=1):
        own = f"{name}{number}"
        if len(own) > NAME_BYTES:
            raise DerivationError("xpt.name", own, name=own, limit=NAME_BYTES)
        parts.append(folder / f"{own.lower()}.xpt")
        count = min(rows, layout.rows - first)
        head = bytearray(data[: layout.start])
        head[MEMBER_AT + NAME_AT : MEMBER_AT + NAME_AT + NAME_BYTES] = own.ljust(NAME_BYTES).encode()
        start = layout.start + first * layout.width
        _write(parts[-1], bytes(head), data, start, start + count * layout.width)
    return parts


def _write(path: Path, head: bytes, data: mmap.mmap, start: int, stop: int) -> None:
    create(path)
    with path.open("r+b") as file:
        size = file.write(head)
        for at in range(start, stop, BLOCK):
            size += file.write(data[at : min(at + BLOCK, stop)])
        file.write(b" " * (-size % RECORD))

"""Dataset-JSON 1.1, written: .json, .ndjson and the compressed .dsjc, value for value what the frame holds.

A missing value is null, and so is an empty text: a transport file cannot tell them apart, and the two must
say the same. Numbers are the shortest text that reads back as the same double, whole ones without a point;
dates of an analysis dataset are ISO 8601 text that receivers turn into numbers. The parts:
`datasetjson_columns` has what a file says about itself, `datasetjson_values` the JSON of a value,
`datasetjson_read` the way back.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from clinical.errors import DerivationError
from clinical.files import new_file
from clinical.findings import Frame
from clinical.xpt_columns import blocks, kind_of, source_of
from submission.datasetjson_columns import About, Column, Fault, columns_of, metadata_faults, number_types
from submission.datasetjson_values import TEXT, Values, accepted

__all__ = [
    "About", "Column", "Fault", "columns_of", "number_types", "write_dsjc", "write_json", "write_ndjson",
]  # fmt: skip

ROWS_A_BLOCK = 65_536
BYTES_A_BLOCK = 16 * 1024**2
UNKNOWN_LENGTH = 20  # bytes of a value whose column says no length, for the size of a block
COMMA = pa.scalar(",", TEXT)
ZLIB, GZIP = 15, 31  # zlib's wbits: the window, and for gzip its header (without a time)


def write_json(path: Path, frame: Frame | pa.Table, about: About, columns: Sequence[Column]) -> None:
    """The file `path` in the JSON form, one row a line, attributes in the order of the specification.

    Needs:   exactly one column of `frame` for each of `columns`: text for string, numbers for integer, float
             and double, text or numbers for decimal, datetime64 or dates for a date or datetime with
             targetDataType integer, seconds or times of day for such a time.
    Missing: null, for an empty text as well; NaN is missing.
    Raises:  DerivationError with everything Dataset-JSON cannot hold; no file is left, an old one stays.
    Source:  CDISC Dataset-JSON 1.1; rule F-DSJ.
    """
    writing = _Writing(frame, about, columns)
    with new_file(path) as file:
        file.write(writing.head()[:-1] + b',"rows":[\n')
        last = b""
        for block in writing.rows(b",\n"):
            file.write(last)
            file.write(block[:-2])
            last = bytes(block[-2:])
        file.write(b"\n]}\n" if last else b"]}\n")
        writing.stop()


def write_ndjson(path: Path, frame: Frame | pa.Table, about: About, columns: Sequence[Column]) -> None:
    """The file `path` in the NDJSON form: one line about the dataset, then one a row. See `write_json`."""
    writing = _Writing(frame, about, columns)
    with new_file(path) as file:
        _write_lines(writing, file.write)
        writing.stop()


def write_dsjc(
    path: Path,
    frame: Frame | pa.Table,
    about: About,
    columns: Sequence[Column],
    *,
    level: int = 1,
    gzip: bool = False,
) -> None:
    """The file `path` in the compressed form: NDJSON as one zlib stream. See `write_json`.

    Needs:   `level` 1 (fast) to 9 (three times the time, a quarter smaller); `gzip` for receivers that expect
             what the examples of CDISC are, and not what the specification says.
    Source:  CDISC Compressed Dataset-JSON 1.1, File Format.
    """
    writing = _Writing(frame, about, columns)
    packer = zlib.compressobj(level, zlib.DEFLATED, GZIP if gzip else ZLIB)
    with new_file(path) as file:
        _write_lines(writing, lambda data: file.write(packer.compress(data)))
        file.write(packer.flush())
        writing.stop()


def _write_lines(writing: _Writing, write: Callable[[bytes | memoryview], object]) -> None:
    write(writing.head() + b"\n")
    for block in writing.rows(b"\n"):
        write(block)


class _Writing:
    """One dataset while it is written."""

    def __init__(self, frame: Frame | pa.Table, about: About, columns: Sequence[Column]):
        self.about = replace(about, records=len(frame))
        self.columns = columns
        names = list(frame.columns if isinstance(frame, pd.DataFrame) else frame.column_names)
        _raise([*metadata_faults(self.about, columns), *_name_faults(about.name, names, columns)], about.name)
        self.values = [_values(column, frame[column.name]) for column in columns]
        _raise(list(self._type_faults()), about.name)

    def head(self) -> bytes:
        """The metadata as one JSON object."""
        said = self.about.attributes()
        return orjson.dumps(said | {"columns": [column.attributes() for column in self.columns]})

    def rows(self, end: bytes) -> Iterator[memoryview]:
        """The rows in blocks of bytes; every row ends with `]` and `end`."""
        opening, ending = pa.scalar("[", TEXT), pa.scalar(f"]{end.decode()}", TEXT)
        width = sum(column.length or UNKNOWN_LENGTH for column in self.columns) + 3 * len(self.columns)
        size = max(min(ROWS_A_BLOCK, BYTES_A_BLOCK // width), 1)
        for start, stop in blocks(self.about.records, size):
            tokens = [values.tokens(start, stop) for values in self.values]
            cells = pc.binary_join_element_wise(
                *tokens, COMMA, null_handling="replace", null_replacement="null"
            )
            lines = pc.binary_join_element_wise(opening, cells, ending, pa.scalar("", TEXT))
            _, offsets, data = lines.buffers()
            yield memoryview(data)[: int(np.frombuffer(offsets, "i8")[len(lines)])]

    def stop(self) -> None:
        """Raises what was found in the values."""
        faults = [
            DerivationError(message, f"{self.about.name}.{values.column.name}", **values.words(rows))
            for values in self.values
            for message, rows in values.bad.items()
            if rows.count
        ]
        _raise(faults, self.about.name)

    def _type_faults(self) -> Iterator[DerivationError]:
        for values in self.values:
            column = values.column
            if values.kind not in accepted(column):
                target = column.targetDataType or "none"
                words = {"found": values.kind, "type": column.dataType, "target": target}
                yield DerivationError("dsj.column-type", f"{self.about.name}.{column.name}", **words)


def _values(column: Column, of: pd.Series | pa.ChunkedArray) -> Values:
    source = source_of(of)
    kind = source.type if isinstance(source, pa.ChunkedArray) else source.dtype
    is_truth = kind in (pa.bool_(), np.dtype("bool"))
    return Values(column, source, "boolean" if is_truth else kind_of(source))


def _name_faults(dataset: str, present: list[str], columns: Sequence[Column]) -> Iterator[DerivationError]:
    wanted = [column.name for column in columns]
    for twice in [name for name, count in Counter(present).items() if count > 1]:
        yield DerivationError("dsj.column-twice", dataset, attribute="column of the frame", name=twice)
    lacking = ", ".join(name for name in wanted if name not in set(present))
    extra = ", ".join(str(name) for name in present if name not in set(wanted))
    if lacking or extra:
        yield DerivationError("dsj.columns", dataset, extra=extra or "none", lacking=lacking or "none")


def _raise(faults: list[DerivationError], dataset: str) -> None:
    """The one fault, or all of them as one, as an error."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        lines = "\n".join(f"  {fault}" for fault in faults)
        raise DerivationError("dsj.several", dataset, count=len(faults), faults=lines)

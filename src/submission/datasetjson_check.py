"""Whether a file is Dataset-JSON 1.1: what the official schema says of its metadata, and what it does not.

The schema looks at no row: rows that are too short, text among numbers or a wrong number of records are valid
to it. Those are checked here, at the cost of reading them; the schema's part costs the same for every file.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clinical.errors import InputError
from clinical.xpt_columns import Rows
from submission.datasetjson_columns import DECIMAL, MOMENTS, Column, Fault, fault, fault_of, metadata_faults
from submission.datasetjson_file import Stream, open_stream
from submission.datasetjson_iso import is_iso
from submission.datasetjson_read import about_in, cells_in, columns_in, misfit
from submission.datasetjson_rows import Cells
from submission.datasetjson_schema import schema_problems

__all__ = ["Fault", "check_datasetjson"]

ORDER = (
    "datasetJSONCreationDateTime", "datasetJSONVersion", "fileOID", "dbLastModifiedDateTime", "originator",
    "sourceSystem", "studyOID", "metaDataVersionOID", "metaDataRef", "itemGroupOID", "records", "name",
    "label", "columns",
)  # fmt: skip


def check_datasetjson(path: Path) -> list[Fault]:
    """Everything that is wrong with a .json, .ndjson or .dsjc file; an empty list if nothing is.

    Gives:   metadata against the official schema; names, OIDs, types and keys of the columns; of the rows
             their number, width, JSON types, lengths of text, and whether dates and decimals are some. The
             first row that is no list of so many values ends the check of rows.
    Missing: null is right everywhere, an empty text in every column of text.
    Source:  CDISC Dataset-JSON 1.1; its schema; rule F-DSJ.
    """
    path = Path(path)
    checked = _Checked(path.name)
    try:
        stream = open_stream(path)
    except InputError as error:
        return [fault_of(error)]
    try:
        checked.rows(stream, columns_in(stream, path.name))
    except InputError as error:
        checked.stopped = fault_of(error)
    return checked.all(stream)


class _Checked:
    """What is found in one file."""

    def __init__(self, at: str):
        self.at = at
        self.columns: list[Column] = []
        self.bad: dict[tuple[int, str], Rows] = defaultdict(Rows)
        self.count = 0
        self.stopped: Fault | None = None

    def rows(self, stream: Stream, columns: list[Column]) -> None:
        """Looks at every row. Raises InputError where they cannot be read on."""
        self.columns = columns
        for cells in cells_in(stream, columns, self.at) if columns else ():
            for at, column in enumerate(columns):
                self._column(cells, at, column)
            self.count += len(cells)

    def _column(self, cells: Cells, at: int, column: Column) -> None:
        if found := misfit(cells, at, column):
            self._add(at, found[0], found[1])
        values = cells.columns[at]
        if at in cells.unfit or not pa.types.is_large_string(values.type):
            return
        lengths = pc.utf8_length(values)
        if column.length:
            self._add(at, "dsj.text-length", np.asarray(pc.greater(lengths, column.length).fill_null(False)))
        texts = pc.if_else(pc.equal(lengths, 0), None, values)
        if column.dataType in MOMENTS:
            self._add(at, "dsj.iso", ~is_iso(texts, column.dataType, column.is_moment))
        if column.dataType == "decimal":
            fits = pc.match_substring_regex(texts, DECIMAL).fill_null(True)
            self._add(at, "dsj.decimal", ~np.asarray(fits))

    def _add(self, at: int, message: str, mask: np.ndarray) -> None:
        if mask.any():
            self.bad[at, message].add(self.count, mask)

    def all(self, stream: Stream) -> list[Fault]:
        """The faults of the metadata, the columns, the rows, in this order."""
        problems = schema_problems(stream.metadata, stream.lines)
        found = [fault("dsj.schema", self.at, place=place, problem=problem) for place, problem in problems]
        if self.stopped and self.stopped.id != "dsj.schema":
            found.append(self.stopped)
        found += self._metadata(stream)
        for (at, message), rows in sorted(self.bad.items()):
            column = self.columns[at]
            words = {"rows": rows, "length": column.length, "type": column.dataType}
            found.append(fault(message, f"{self.at}: {column.name}", **words))
        said = stream.metadata.get("records")
        if self.columns and self.stopped is None and said != self.count:
            found.append(fault("dsj.records", self.at, said=said, found=self.count))
        return found

    def _metadata(self, stream: Stream) -> list[Fault]:
        """What the specification asks beyond its schema; the schema tells what keeps it from being read."""
        names = [name for name in stream.metadata if name in ORDER]
        found = []
        if names != sorted(names, key=ORDER.index):
            found.append(fault("dsj.attribute-order", self.at, found=", ".join(names)))
        try:
            about = about_in(stream, self.at)
        except InputError:
            return found
        return found + [fault_of(error) for error in metadata_faults(about, self.columns)]

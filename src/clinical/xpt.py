"""SAS transport files, version 5 (XPT): what an agency takes datasets in, written and read.

Own code on numpy and Arrow, because what the libraries offer changes values without a word. The format is SAS
TS-140, the limits of a submission are rule F-XPT. The parts: `xpt_layout` has the records and limits,
`xpt_columns` what may go in, `ibm` the numbers, `xpt_read` the way back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from clinical.files import new_file
from clinical.findings import Frame
from clinical.xpt_columns import (
    ACCEPTED,
    NumberColumn,
    Report,
    TextColumn,
    blocks,
    codes_of,
    kind_of,
    source_of,
)
from clinical.xpt_head import XptHead, read_xpt_head
from clinical.xpt_layout import (
    RECORD,
    SYSTEM,
    VARIABLES,
    Variable,
    check_format,
    check_label,
    check_name,
    check_variable,
    header,
)
from clinical.xpt_read import XptFile, read_xpt

__all__ = [
    "Variable", "Written", "XptFile", "XptHead", "check_format", "check_label", "check_name", "read_xpt",
    "read_xpt_head", "write_xpt",
]  # fmt: skip

BLOCK_BYTES = 8 * 1024**2

Column = TextColumn | NumberColumn


@dataclass(frozen=True)
class Written:
    """Every variable with the length it was written with, and findings on what the format changed."""

    variables: list[Variable]
    findings: Frame


def write_xpt(
    path: Path,
    frame: Frame | pa.Table,
    *,
    name: str,
    label: str,
    variables: Sequence[Variable],
    created: datetime,
    codes: Frame | None = None,
    system: tuple[str, str] = SYSTEM,
) -> Written:
    """The transport file `path` of dataset `name`: columns as in `variables`, rows as they come.

    Needs:   exactly one column of `frame` for each of `variables`. `codes` may hold, for a Num variable, the
             special missing values as text (`.A` to `.Z`, `._`) in the rows where the number is missing.
    Units:   dates become days, datetimes seconds, both since 1960-01-01; times become seconds.
    Missing: `.` for numbers, blanks for text; an empty text cannot be told from a missing one.
    Raises:  DerivationError with everything the format cannot hold, before any file exists.
    Source:  SAS TS-140; rule F-XPT.
    """
    path = Path(path)
    report = Report(name)
    _check_dataset(report, name, label, variables, system)
    _check_columns(
        report, list(frame.columns if isinstance(frame, pd.DataFrame) else frame.column_names), variables
    )
    report.stop()
    columns = _columns(frame, variables, codes, report)
    for column in columns:
        column.check(report)
    report.stop()
    _check_last_row(report, columns, len(frame))
    report.stop()
    sized = [replace(column.variable, length=column.length) for column in columns]
    with new_file(path) as file:
        size = file.write(header(name, label, sized, created, system))
        for rows in _encoded(columns, len(frame)):
            size += file.write(rows.data)
        file.write(b" " * (-size % RECORD))
    return Written(sized, report.notes.frame())


def _check_dataset(
    report: Report, name: str, label: str, variables: Sequence[Variable], system: tuple[str, str]
) -> None:
    report.attempt(check_name, name, name)
    report.attempt(check_label, label, name)
    if not 1 <= len(variables) <= VARIABLES:
        report.fault("xpt.variable-count", name, count=len(variables), limit=VARIABLES)
    for text in system:
        if len(text) > 8 or not (text.isascii() and text.isprintable()):
            report.fault("xpt.system", name, text=ascii(text))
    for variable in variables:
        report.attempt(check_name, variable.name, report.at(variable.name))
        report.attempt(check_variable, variable, report.at(variable.name))


def _check_columns(report: Report, present: list[str], variables: Sequence[Variable]) -> None:
    wanted = [variable.name for variable in variables]
    there, asked = set(present), set(wanted)
    for names, where in ((wanted, "the variables"), (present, "the frame")):
        for twice in [name for name, count in Counter(names).items() if count > 1]:
            report.fault("xpt.twice", report.dataset, name=twice, where=where)
    lacking = ", ".join(name for name in wanted if name not in there)
    extra = ", ".join(str(name) for name in present if name not in asked)
    if lacking or extra:
        words = {"extra": extra or "none", "lacking": lacking or "none"}
        report.fault("xpt.columns", report.dataset, **words)


def _columns(
    frame: Frame | pa.Table, variables: Sequence[Variable], codes: Frame | None, report: Report
) -> list[Column]:
    numbers = [variable.name for variable in variables if variable.type == "Num"]
    if codes is not None and (len(codes) != len(frame) or not set(codes.columns) <= set(numbers)):
        report.fault("xpt.codes", report.dataset)
        codes = None
    columns: list[Column] = []
    for variable in variables:
        name = variable.name
        source = source_of(frame[name])
        kind = kind_of(source)
        if kind not in ACCEPTED[variable.type]:
            report.fault("xpt.column-type", report.at(name), found=kind, type=variable.type)
        elif variable.type == "Char":
            columns.append(TextColumn(variable, source))
        else:
            coded = codes is not None and name in codes
            columns.append(
                NumberColumn(variable, source, kind, codes_of(codes[name], report, name) if coded else None)
            )
    return columns


def _check_last_row(report: Report, columns: list[Column], rows: int) -> None:
    """The format has no row count: in a narrow file, blank rows at the end look like the padding."""
    narrow = sum(column.length for column in columns) < RECORD
    if rows and narrow and (next(_encoded(columns, rows, rows - 1)) == ord(" ")).all():
        report.fault("xpt.blank-end", report.dataset, limit=RECORD)


def _encoded(columns: list[Column], rows: int, first: int = 0) -> Iterator[np.ndarray]:
    """The bytes of the rows from `first` on, in blocks that stay in the processor's cache."""
    lengths = [column.length for column in columns]
    row = np.dtype(
        {
            "names": [column.variable.name for column in columns],
            "formats": [f"V{length}" for length in lengths],
            "offsets": np.cumsum([0, *lengths[:-1]]).tolist(),
            "itemsize": sum(lengths),
        }
    )
    size = max(BLOCK_BYTES // row.itemsize, 1)
    for start, stop in blocks(rows - first, size):
        block = np.empty(stop - start, row)
        for column in columns:
            block[column.variable.name] = column.encode(first + start, first + stop)
        yield block.view("u1")

"""Readers of SAS files: SAS7BDAT (pyreadstat) and transport files, as the text a CSV export would have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from clinical.errors import InputError
from clinical.xpt_layout import DATE_FORMATS, DATETIME_FORMATS, TIME_FORMATS, format_name
from clinical.xpt_read import read_xpt
from edc.cells import cleaned, moment_text, number_text, time_text
from edc.collected import Collected

SECONDS_1960 = -315_619_200  # SAS counts from 1960-01-01
DAY = 86_400
DATES = DATE_FORMATS | {
    "YYMMDDN", "YYMMDDD", "YYMMDDS", "YYMMDDP", "MMDDYYN", "MMDDYYD", "MMDDYYS", "DDMMYYN", "DDMMYYD",
    "DDMMYYS", "DDMMYYP", "MONYY", "WORDDATE", "WEEKDATE", "NLDATE", "JULIAN",
}  # fmt: skip


def read_sas(path: Path, name: str, encoding: str) -> Collected:
    """A SAS7BDAT file; numbers with a date or time format become ISO 8601, special missing values nothing.

    Raises: InputError where the file is missing, empty, cut or none.
    """
    from pyreadstat import ReadstatError, read_sas7bdat

    _must_be_there(path, name)
    options = {"encoding": encoding} if encoding else {}
    try:
        frame, facts = read_sas7bdat(path, disable_datetime_conversion=True, **options)
    except (ReadstatError, UnicodeDecodeError) as fault:
        raise InputError("raw.sas-unreadable", name, problem=_first_line(fault)) from fault
    formats = {column: facts.original_variable_types.get(column) or "" for column in frame}
    columns = {column: _text(frame[column], formats[column]) for column in frame}
    return _collected(name, columns, len(frame), str(facts.file_encoding or encoding))


def read_transport(path: Path, name: str, encoding: str) -> Collected:
    """A SAS transport file of version 5.

    Raises: InputError where it is missing, cut, of version 8 or none.
    """
    _must_be_there(path, name)
    found = read_xpt(path, encoding)
    columns = {}
    for variable in found.variables:
        values = found.frame[variable.name]
        if values.dtype.kind == "M":
            columns[variable.name] = moment_text(values)
        else:
            columns[variable.name] = _text(values, variable.format)
    return _collected(name, columns, len(found.frame), encoding)


def _text(values: pd.Series, sas_format: str) -> pd.Series:
    """One column by its SAS format."""
    if values.dtype.kind not in "fiu":
        return cleaned(values.astype("str").where(values.notna()))
    numbers, kind = values.to_numpy(dtype="float64"), format_name(sas_format)
    if kind in TIME_FORMATS:
        return time_text(numbers)
    if kind in DATES or kind in DATETIME_FORMATS:
        unit = DAY if kind in DATES else 1
        moments = np.where(np.isnan(numbers), np.nan, numbers * unit + SECONDS_1960)
        return moment_text(pd.Series(pd.to_datetime(moments, unit="s").astype("datetime64[s]")))
    return number_text(numbers)


def _collected(name: str, columns: dict[str, pd.Series], rows: int, encoding: str) -> Collected:
    frame = pd.DataFrame({column: text.array for column, text in columns.items()}, index=range(rows))
    return Collected(name, frame, lambda: np.arange(1, rows + 1), encoding)


def _must_be_there(path: Path, name: str) -> None:
    if not path.is_file():
        raise InputError("raw.file-missing", name)
    if not path.stat().st_size:
        raise InputError("raw.file-empty", name)


def _first_line(fault: Exception) -> str:
    return str(fault).strip().splitlines()[0] if str(fault).strip() else type(fault).__name__

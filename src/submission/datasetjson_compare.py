"""A transport file and the Dataset-JSON of the same dataset, compared value for value. Rule F-DSJ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from clinical.xpt import Variable, XptFile, read_xpt
from clinical.xpt_columns import DAY, EPOCH_DAYS, EXACT_INTEGER, Rows
from submission.datasetjson_columns import MOMENTS, Column, Fault, fault, moment_type
from submission.datasetjson_read import DatasetJson, read_datasetjson

NUMBERS = ("integer", "float", "double", "decimal", "boolean")


def differences(xpt_path: Path, json_path: Path) -> list[Fault]:
    """Where the two files do not say the same; an empty list if they are equal.

    Gives:   names, labels, variables and their order, type, label, length of text, format; the number of
             rows; every value, dates as the days or seconds of SAS.
    Missing: a blank text is missing on both sides; special missing values are told, JSON cannot hold them.
    Raises:  InputError if one of the files cannot be read.
    """
    xpt, json = read_xpt(xpt_path), read_datasetjson(json_path)
    return [*_dataset(xpt, json), *_variables(xpt, json), *_values(xpt, json)]


def _dataset(xpt: XptFile, json: DatasetJson) -> Iterator[Fault]:
    for attribute in ("name", "label"):
        one, other = getattr(xpt, attribute), getattr(json.about, attribute)
        if one != other:
            words = {"xpt": one or "empty", "json": other or "empty"}
            yield fault("dsj.differs-dataset", xpt.name, attribute=attribute, **words)
    ours, theirs = list(xpt.frame.columns), list(json.frame.columns)
    if set(ours) != set(theirs):
        only = [
            ", ".join(name for name in one if name not in other)
            for one, other in ((ours, theirs), (theirs, ours))
        ]
        yield fault("dsj.differs-columns", xpt.name, xpt=only[0] or "none", json=only[1] or "none")
    elif ours != theirs:
        yield fault("dsj.differs-order", xpt.name)
    if len(xpt.frame) != len(json.frame):
        yield fault("dsj.differs-rows", xpt.name, xpt=len(xpt.frame), json=len(json.frame))


def _variables(xpt: XptFile, json: DatasetJson) -> Iterator[Fault]:
    columns = {column.name: column for column in json.columns}
    for variable in xpt.variables:
        if variable.name not in columns:
            continue
        column = columns[variable.name]
        pairs = {
            "label": (variable.label, column.label),
            "format": (variable.format, column.displayFormat or ""),
            "type": (_type(variable), _type_of(column)),
        }
        if variable.type == "Char" and column.dataType not in MOMENTS:
            pairs["length"] = (variable.length, column.length)
        for attribute, (one, other) in pairs.items():
            if one != other:
                words = {"attribute": attribute, "xpt": one or "none", "json": other or "none"}
                yield fault("dsj.differs-variable", f"{xpt.name}.{variable.name}", **words)


def _type(variable: Variable) -> str:
    """text, number, date, datetime or time."""
    return "text" if variable.type == "Char" else moment_type(variable.format) or "number"


def _type_of(column: Column) -> str:
    if column.dataType in NUMBERS:
        return "number"
    return column.dataType if column.is_moment else "text"


def _values(xpt: XptFile, json: DatasetJson) -> Iterator[Fault]:
    if len(xpt.frame) != len(json.frame):
        return
    columns = {column.name: column for column in json.columns}
    for variable in xpt.variables:
        if variable.name not in columns:
            continue
        column = columns[variable.name]
        one, other = xpt.frame[variable.name], json.frame[variable.name]
        if (_type(variable) == "text") != (_type_of(column) == "text"):
            differ = one.notna().to_numpy() | other.notna().to_numpy()
        elif _type(variable) == "text":
            differ = ((one != other) & ~(one.isna() & other.isna())).to_numpy(bool)
        else:
            differ = _different_numbers(_sas(one, _type(variable)), _sas(other, _type_of(column)))
            differ |= _beyond_double(other)
        yield from _told("dsj.differs-values", f"{xpt.name}.{variable.name}", differ)
        if variable.name in xpt.codes:
            yield from _told(
                "dsj.differs-missing",
                f"{xpt.name}.{variable.name}",
                xpt.codes[variable.name].notna().to_numpy(),
            )


def _told(message: str, at: str, mask: np.ndarray) -> Iterator[Fault]:
    rows = Rows()
    rows.add(0, mask)
    if rows.count:
        yield fault(message, at, rows=rows)


def _different_numbers(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one != other) & ~(np.isnan(one) & np.isnan(other))


def _sas(column: pd.Series, kind: str) -> np.ndarray:
    """The numbers of SAS: days of a date, seconds of a datetime, both since 1960-01-01."""
    if not pd.api.types.is_datetime64_dtype(column.dtype):
        return column.to_numpy("float64", na_value=np.nan)
    moments = column.to_numpy().astype("M8[us]")
    seconds, micro = np.divmod(moments.view("i8"), 10**6)
    numbers = (
        (seconds + EPOCH_DAYS * DAY) / DAY if kind == "date" else seconds + EPOCH_DAYS * DAY + micro / 10**6
    )
    return np.where(np.isnat(moments), np.nan, numbers)


def _beyond_double(column: pd.Series) -> np.ndarray:
    """Whole numbers that no number of SAS can be equal to."""
    if not pd.api.types.is_extension_array_dtype(column.dtype) or not pd.api.types.is_integer_dtype(
        column.dtype
    ):
        return np.zeros(len(column), bool)
    return (column.abs() > EXACT_INTEGER).fillna(False).to_numpy(bool)

"""For the XPT tests: write a small file, judge it with the strict checker, read it with other readers."""

from __future__ import annotations

import importlib.util
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from clinical.xpt import Variable, Written, write_xpt

CREATED = datetime(2025, 3, 9, 7, 5, 1)
_SPEC = importlib.util.spec_from_file_location(
    "xpt_check", Path(__file__).parents[1] / "tools" / "xpt_check.py"
)
xpt_check = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(xpt_check)


def text(*values: str | None) -> pd.Series:
    """A text column as the product has it."""
    return pd.Series(values, dtype="str")


def moments(*values: str | None, unit: str = "s") -> pd.Series:
    """A date or datetime column as the product has it."""
    return pd.Series(pd.array(values, dtype=f"datetime64[{unit}]"))


def char(name: str, **more: object) -> Variable:
    return Variable(name, f"Label of {name}", "Char", **more)


def num(name: str, format: str = "", **more: object) -> Variable:
    return Variable(name, f"Label of {name}", "Num", format=format, **more)


def write(path: Path, frame: object, *variables: Variable, **more: object) -> Written:
    """`write_xpt` with a dataset named after the file and everything else that a test does not say."""
    words = {"name": path.stem.upper(), "label": "A dataset", "created": CREATED} | more
    return write_xpt(path, frame, variables=list(variables), **words)


def checked(path: Path) -> dict:
    """What the strict checker says about a file that must be without errors: its one member."""
    result = xpt_check.check(str(path))
    assert (result["count"]["fatal"], result["count"]["error"]) == (0, 0), result
    return result["members"][0]


def peer(path: Path) -> tuple[pd.DataFrame, object]:
    """The file as pyreadstat reads it: dates as SAS numbers, missing text as NaN."""
    frame, about = pyreadstat.read_xport(str(path), disable_datetime_conversion=True)
    for name, kind in about.readstat_variable_types.items():
        if kind == "string":
            frame[name] = frame[name].astype("str").replace("", np.nan)
    return frame, about

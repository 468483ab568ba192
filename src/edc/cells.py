"""Typed cells of SAS files and workbooks as the text that a CSV export has in their place."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical.distinct import distinct, spread_text

TEXT = pd.StringDtype("pyarrow", na_value=np.nan)


def cleaned(text: pd.Series) -> pd.Series:
    """Trimmed, line ends as line feeds, an empty text missing."""
    codes, values = distinct(text)
    plain = [value.replace("\r\n", "\n").replace("\r", "\n").strip() or None for value in values]
    return spread_text(codes, plain, text.index).astype(TEXT)


def number_text(values: np.ndarray) -> pd.Series:
    """The shortest decimal text that reads back as the same number; whole numbers without a point."""
    known, place = np.unique(values[~np.isnan(values)], return_inverse=True)
    texts = np.array([_shortest(number) for number in known.tolist()], dtype=object)
    whole = np.full(len(values), None, dtype=object)
    whole[~np.isnan(values)] = texts[place] if len(known) else None
    return pd.Series(whole, dtype=TEXT)


def _shortest(number: float) -> str:
    if number.is_integer() and abs(number) < 1e16:
        return str(int(number))
    return np.format_float_positional(number, unique=True, trim="-")


def moment_text(moments: pd.Series) -> pd.Series:
    """Dates as `2024-03-01`, other moments as `2024-03-01T08:30:00`."""
    days = moments.dt.normalize() == moments
    shown = moments.dt.strftime("%Y-%m-%dT%H:%M:%S").where(~days, moments.dt.strftime("%Y-%m-%d"))
    return shown.astype(TEXT)


def time_text(seconds: np.ndarray) -> pd.Series:
    """Seconds since midnight as `08:30:00`."""
    known = ~np.isnan(seconds)
    whole = np.where(known, seconds, 0).astype("int64")
    texts = [
        f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" if there else None
        for s, there in zip(whole.tolist(), known.tolist(), strict=True)
    ]
    return pd.Series(texts, dtype=TEXT)

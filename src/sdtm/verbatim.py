"""Text as a person wrote it, in the letters a domain shows it in."""

from __future__ import annotations

import pandas as pd


def compute_upper(verbatim: pd.Series) -> pd.Series:
    """The text in capital letters, worked out per distinct text."""
    codes, texts = pd.factorize(verbatim)
    capitals = pd.Series([str(text).upper() for text in texts], dtype="str")
    return pd.Series(capitals.array.take(codes, allow_fill=True))

"""Times of the audit trail: seconds since 1970 while they are compared, UTC text afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
import pyarrow as pa

NEVER = -(2**62)


@lru_cache(maxsize=1 << 16)
def seconds(text: str) -> int | None:
    """`2024-03-01T10:00:00+08:00` in seconds since 1970, without zone as UTC; None where it is no time."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def shown(moments: np.ndarray) -> pa.Array:
    """`2024-03-01T02:00:00Z` for each, missing where NEVER."""
    known = moments != NEVER
    texts = np.datetime_as_string(np.where(known, moments, 0).astype("datetime64[s]"))
    whole = [f"{text}Z" if there else None for text, there in zip(texts.tolist(), known, strict=True)]
    return pa.array(whole, pa.large_string())

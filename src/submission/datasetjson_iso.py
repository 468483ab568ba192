"""ISO 8601 text of Dataset-JSON: which is a date, and the moments that receivers keep as numbers."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clinical.moments import DAY, SECOND, read_clock, read_moment

MICRO = 10**6
COMPLETE = {
    "date": r"^\d{4}-\d\d-\d\d$",
    "datetime": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?$",
    "time": r"^\d\d:\d\d:\d\d(?:\.\d{1,6})?$",
}
KNOWN = {"date": DAY, "datetime": SECOND, "time": SECOND}
_BEHIND_SECONDS = re.compile(r"(?<=:\d\d)\.\d+(?=$|Z|[+-])")
_ZONE = re.compile(r"(?<=:\d\d)(Z|[+-]\d\d(:?\d\d)?)$")


def is_iso(texts: pa.Array, kind: str, complete: bool) -> np.ndarray:
    """True where a text is a `date`, `datetime` or `time` of ISO 8601, and where it is missing.

    Needs:   `complete` asks for all of it, which a number needs; else SDTM's partial dates are let pass, a
             date as a datetime too, and a zone.
    Source:  Dataset-JSON 1.1, Date/Time Variables; SDTMIG 3.4, 4.4.1 and 4.4.2.
    """
    coded = texts.dictionary_encode()
    values = coded.dictionary.to_pylist()
    shaped = pc.match_substring_regex(coded.dictionary, COMPLETE[kind]).to_pylist() if complete else None
    fits = [
        (shaped is None or shaped[at]) and _is_moment(text, kind, complete) for at, text in enumerate(values)
    ]
    rows = coded.indices.fill_null(len(fits)).to_numpy(zero_copy_only=False)
    return np.array([*fits, True], bool)[rows]


@lru_cache(maxsize=1 << 17)
def _is_moment(text: str, kind: str, complete: bool) -> bool:
    plain = _BEHIND_SECONDS.sub("", text)
    if not complete:
        plain = _ZONE.sub("", plain)
    if kind == "time":
        clock = read_clock(plain)
        return clock is not None and (clock[2] == SECOND or not complete)
    moment = read_moment(plain)
    if moment is None:
        return False
    return moment[2] == KNOWN[kind] if complete else kind == "datetime" or moment[2] <= DAY


def moments_of(texts: pa.Array, kind: str) -> np.ndarray:
    """Complete texts as datetime64[s], or [us] with parts of a second; a time as seconds since midnight.

    Needs:   texts for which `is_iso` is true throughout.
    """
    coded = texts.dictionary_encode()
    values = coded.dictionary
    if kind == "time":
        day = pa.scalar("1970-01-01T", values.type)
        values = pc.binary_join_element_wise(day, values, pa.scalar("", values.type))
    micro = values.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(zero_copy_only=False)
    rows = coded.indices.fill_null(len(micro)).to_numpy(zero_copy_only=False)
    if kind == "time":
        return np.append(micro / MICRO, np.nan)[rows]
    nothing = np.datetime64("NaT")
    if (micro % MICRO).any():
        return np.append(micro.view("M8[us]"), nothing)[rows]
    return np.append((micro // MICRO).view("M8[s]"), nothing.astype("M8[s]"))[rows]

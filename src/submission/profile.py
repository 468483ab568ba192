"""What a dataset holds, as define.xml and the guides need it: types, lengths, values that are there.

Worked out on Arrow columns, per distinct value; a dataset is read once and never held longer than that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clinical.standards import Variable

FORMATS = {"Date": "DATE9.", "Datetime": "DATETIME20."}
NUMBER_BYTES = 8
MOST_DIGITS = 10
MOST_VALUES = 20_000
DATES = (
    ("date", re.compile(r"\d{4}-\d\d-\d\d")),
    ("datetime", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?([Z+-].*)?")),
    ("partialDate", re.compile(r"\d{4}(-\d\d(-\d\d)?)?")),
    ("partialDatetime", re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d)?)?)?)?)?")),
)
DURATIONS = ("DUR", "ELTM", "EVLINT", "STINT", "ENINT")


@dataclass(frozen=True)
class Content:
    """What some values are: the data type of Define-XML, its length in bytes, digits after the point.

    `values` are the distinct ones as text, in order; empty where there are more than MOST_VALUES.
    """

    data_type: str
    length: int
    digits: int
    filled: int
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """A dataset: its records, and of each variable the content, also by the values of another variable.

    `within` is by (variable, key variable) and value of the key; `pairs` by (code, text) variables.
    """

    name: str
    label: str
    layer: str
    rows: int
    keys: tuple[str, ...]
    variables: tuple[Variable, ...]
    content: dict[str, Content]
    within: dict[tuple[str, str], dict[str, Content]] = field(default_factory=dict)
    pairs: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)


def profile_of(
    path: Path,
    name: str,
    label: str,
    layer: str,
    keys: Iterable[str],
    variables: Iterable[Variable],
    within: Collection[tuple[str, str]] = (),
    pairs: Collection[tuple[str, str]] = (),
) -> Profile:
    """The profile of a dataset of the store (Parquet)."""
    variables = tuple(variables)
    texts = [one.name for one in variables if one.type == "Char"]
    table = pq.read_table(path, columns=[one.name for one in variables], read_dictionary=texts)
    kinds = {one.name: one.type for one in variables}
    content = {name: content_of(table[name], name, kinds[name]) for name in kinds}
    there = [(value, key) for value, key in within if value in kinds and key in kinds]
    found = {(value, key): _by(table, value, key, kinds[value]) for value, key in there}
    paired = {(code, text): _paired(table, code, text) for code, text in pairs if {code, text} <= set(kinds)}
    return Profile(name, label, layer, table.num_rows, tuple(keys), variables, content, found, paired)


def content_of(column: pa.ChunkedArray, name: str, kind: str) -> Content:
    """What a column holds; `kind` is Char, Num, Date or Datetime."""
    filled = len(column) - column.null_count
    if kind in FORMATS:
        return Content("integer", NUMBER_BYTES, 0, filled)
    if kind == "Num":
        return _number(pc.unique(column).drop_null(), filled)
    values = pc.unique(column.cast(pa.string())).drop_null()
    texts = sorted(values.to_pylist()) if len(values) <= MOST_VALUES else []
    length = int(pc.max(pc.binary_length(values)).as_py() or 1) if len(values) else 1
    data_type = _text_type(name, texts)
    return Content(data_type, length if data_type == "text" else 0, 0, filled, tuple(texts))


def _number(values: pa.Array, filled: int) -> Content:
    numbers = values.to_numpy(zero_copy_only=False).astype("float64")
    texts = tuple(map(shown, np.sort(numbers))) if len(numbers) <= MOST_VALUES else ()
    if (numbers == np.trunc(numbers)).all():
        return Content("integer", NUMBER_BYTES, 0, filled, texts)
    digits = next(
        (n for n in range(1, MOST_DIGITS) if np.allclose(numbers, np.round(numbers, n), rtol=0, atol=1e-12)),
        MOST_DIGITS,
    )
    return Content("float", NUMBER_BYTES, digits, filled, texts)


def shown(number: float) -> str:
    """A number as a code list shows it: 1, not 1.0."""
    return str(int(number)) if number == int(number) else repr(float(number))


def _text_type(name: str, texts: list[str]) -> str:
    if name.endswith("DTC") and texts:
        return next((kind for kind, form in DATES if all(map(form.fullmatch, texts))), _mixed(texts))
    if name.endswith(DURATIONS) and all(text.lstrip("-").startswith("P") for text in texts):
        return "durationDatetime"
    return "text"


def _mixed(texts: list[str]) -> str:
    """Dates beside moments, or with a part unknown in the middle."""
    return "incompleteDatetime" if any("-" in re.sub(r"\d{4}|\d\d", "", text).strip("T:-") or "--" in text
                                       for text in texts) else "partialDatetime"  # fmt: skip


def _by(table: pa.Table, value: str, key: str, kind: str) -> dict[str, Content]:
    """The content of one variable for each value of another that it is filled for."""
    filled = table.select([value, key]).filter(pc.is_valid(table[value]))
    keys = filled[key].cast(pa.string())
    found = {}
    for one in sorted(pc.unique(keys).drop_null().to_pylist()):
        found[one] = content_of(filled[value].filter(pc.equal(keys, one)), value, kind)
    return found


def _paired(table: pa.Table, code: str, text: str) -> dict[str, str]:
    """The text that stands beside each code; of several the first in alphabetical order."""
    both = pa.table({"code": table[code].cast(pa.string()), "text": table[text].cast(pa.string())})
    both = (
        both.group_by(["code", "text"]).aggregate([]).sort_by([("code", "ascending"), ("text", "descending")])
    )
    return {row["code"]: row["text"] for row in both.to_pylist() if row["code"] and row["text"]}

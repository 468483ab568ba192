"""Records of transport files as dictionaries: text, numbers or None; dates as datetime.date."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pyreadstat

Record = dict[str, object]
EPOCH = date(1960, 1, 1)


def read(folder: Path, name: str) -> list[Record]:
    """The records of a dataset; none where the file is not there. Blank text and missing numbers are None."""
    path = folder / f"{name}.xpt"
    if not path.is_file():
        return []
    columns, meta = pyreadstat.read_xport(str(path), output_format="dict", disable_datetime_conversion=True)
    dated = {name for name, form in meta.original_variable_types.items() if (form or "").startswith("DATE9")}
    names = list(columns)
    return [
        {name: _value(value, name in dated) for name, value in zip(names, row, strict=True)}
        for row in zip(*columns.values(), strict=True)
    ]


def _value(value: object, dated: bool) -> object:
    if value is None or value == "" or value != value:
        return None
    if dated:
        return EPOCH + timedelta(days=int(value))
    return value


def with_qualifiers(records: list[Record], supp: list[Record], sequence: str) -> list[Record]:
    """The records with their supplemental qualifiers as columns."""
    told: dict[tuple[str, float], Record] = {}
    for one in supp:
        told.setdefault((one["USUBJID"], float(one["IDVARVAL"])), {})[one["QNAM"]] = one["QVAL"]
    return [{**one, **told.get((one["USUBJID"], one[sequence]), {})} for one in records]


def interval(text: object) -> tuple[date, date] | None:
    """The first and last day that a date of SDTM can mean; None for no date."""
    if not text:
        return None
    parts = [int(part) for part in str(text)[:10].split("-") if part.isdecimal()]
    if not parts:
        return None
    year, month, day = [*parts, None, None][:3]
    if day:
        return date(year, month, day), date(year, month, day)
    if month:
        following = date(year + month // 12, month % 12 + 1, 1)
        return date(year, month, 1), following - timedelta(days=1)
    return date(year, 1, 1), date(year, 12, 31)


def by_subject(records: list[Record]) -> dict[str, list[Record]]:
    """The records of each subject."""
    found: dict[str, list[Record]] = {}
    for one in records:
        found.setdefault(str(one["USUBJID"]), []).append(one)
    return found


def days(count: int) -> timedelta:
    """So many days."""
    return timedelta(days=count)

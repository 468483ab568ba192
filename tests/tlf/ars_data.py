"""Transport files as plain records, for the second reader of an ARS file."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pyreadstat

from tests.tlf.ars_methods import Record


def read_folder(*folders: Path) -> Callable[[str], list[Record]]:
    """Datasets by name from folders of transport files, with the qualifiers of their SUPP datasets."""
    known: dict[str, list[Record]] = {}

    def load(name: str) -> list[Record]:
        if name not in known:
            known[name] = _read(folders, name)
            _qualify(known[name], _read(folders, f"SUPP{name}"))
        return known[name]

    return load


def _read(folders: tuple[Path, ...], name: str) -> list[Record]:
    """The records of a dataset, none where there is no file; a missing number is the empty text."""
    for path in (folder / f"{name.lower()}.xpt" for folder in folders):
        if path.is_file():
            columns, _ = pyreadstat.read_xport(path, output_format="dict", disable_datetime_conversion=True)
            plain = [[_plain(value) for value in values] for values in columns.values()]
            return [dict(zip(columns, values, strict=True)) for values in zip(*plain, strict=True)]
    return []


def _qualify(records: list[Record], supp: list[Record]) -> None:
    values = {(one["USUBJID"], one["IDVAR"], one["IDVARVAL"], one["QNAM"]): one["QVAL"] for one in supp}
    for idvar, name in {(one["IDVAR"], one["QNAM"]) for one in supp}:
        for record in records:
            place = format(record[idvar], ".12g") if idvar else ""
            record[name] = values.get((record["USUBJID"], idvar, place, name), "")


def _plain(value: object) -> object:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return value.rstrip(" ") if isinstance(value, str) else float(value)

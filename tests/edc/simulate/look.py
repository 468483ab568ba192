"""Delivered files as tables of text, read by the plainest means."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from edc.simulate.extract import Extract
from edc.simulate.odm import OdmWriter
from edc.simulate.write import CsvWriter, write_manifest

NIGHT = "2025-06-30"


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, whatever its byte order mark and line ends."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{k: v for k, v in row.items() if k} for row in csv.DictReader(file)]


def tables(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Every CSV file below a folder, by its stem."""
    return {path.stem: table(path) for path in sorted(folder.rglob("*.csv"))}


def filled(rows: list[dict[str, str]]) -> Counter:
    """How many rows have something in each column."""
    return Counter(column for row in rows for column, text in row.items() if text)


def key(form: str, row: dict[str, str]) -> str:
    """The coordinates of an EDC record."""
    columns = ("Subject", "Folder", "InstanceRepeatNumber", "PageRepeatNumber", "RecordPosition")
    return "/".join([form, *(row[column] for column in columns)])


def written(extract: Extract, folder: Path, form: str = "csv") -> Path:
    """The extract on disk."""
    vendor = {name: file for name, file in extract.files.items() if file.vendor}
    csv = CsvWriter(
        folder, vendor if form == "odm" else extract.files, extract.protocol, extract.hazards, extract.added
    )
    csv.add([] if form == "odm" else extract.records, extract.vendor)
    stated = csv.close()
    if form == "odm":
        odm = OdmWriter(folder, extract.files, extract.protocol, extract.night, ["01", "99"], extract.added)
        odm.add(extract.records)
        stated |= odm.close()
    write_manifest(folder, extract.night, extract.protocol, stated, "test")
    return folder

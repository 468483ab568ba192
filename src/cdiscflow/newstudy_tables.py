"""What an extract folder holds, file by file: the columns as collected and where each form is read from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from clinical.errors import InputError
from clinical.findings import Frame
from edc.collected import Collected
from edc.csv import read_csv
from edc.excel import read_excel
from edc.odm.read import OdmFile, read_odm
from edc.opening import CSV_FOLDER, ODM
from edc.sas import read_sas, read_transport
from edc.scan import scan_file

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
KINDS = {".csv": "csv", ".sas7bdat": "sas", ".xpt": "xpt", **dict.fromkeys(WORKBOOKS, "excel")}
IGNORED = ("manifest.json", ".gitkeep")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SHORT = 4


@dataclass(eq=False)
class Table:
    """One form to be: its name, how it is read, its columns, and the code lists an ODM file has for them."""

    name: str
    read: dict[str, str]
    frame: Frame
    codes: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(eq=False)
class Found:
    """The tables of an extract, and what could not be read with the reason."""

    tables: list[Table] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def tables_of(folder: Path) -> Found:
    """Every table of the folder: a CSV, SAS or transport file, a sheet of a workbook, a form of odm.xml."""
    found = Found()
    odm = _odm(folder, found)
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        kind = KINDS.get(path.suffix.lower())
        if name == ODM or path.name in IGNORED or path.name.upper().startswith("README"):
            continue
        if kind is None or "\\" in name or ":" in name:
            found.left.append(f"{name}: no kind of file that forms are read from")
            continue
        for read, collected in _opened(path, name, kind, found):
            found.tables.append(Table("", read, collected.frame))
    _name(found)
    if odm:
        _add_odm(odm, found, (folder / CSV_FOLDER).is_dir())
    return found


def _opened(path: Path, name: str, kind: str, found: Found) -> Iterator[tuple[dict[str, str], Collected]]:
    for sheet in _sheets(path, name, found) if kind == "excel" else [""]:
        read = {kind: name} | ({"sheet": sheet} if sheet else {})
        try:
            if kind == "csv":
                encoding = _encoding(path)
                read |= {"encoding": encoding} if encoding else {}
                yield read, read_csv(path, name, encoding, scan_file(path))
            elif kind == "excel":
                yield read, read_excel(path, name, sheet)
            else:
                yield read, (read_sas if kind == "sas" else read_transport)(path, name, "")
        except InputError as fault:
            found.left.append(str(fault))


def _encoding(path: Path) -> str:
    """The name of an encoding other than UTF-8; empty for UTF-8.

    A text of two-byte Chinese characters has only pairs of high bytes; western text never has.
    """
    data = path.read_bytes()
    for encoding, name in (("utf-8", ""), ("gb2312", "gb18030")):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return name
    return "cp1252"


def _sheets(path: Path, name: str, found: Found) -> list[str]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        return CalamineWorkbook.from_path(str(path)).sheet_names
    except CalamineError as fault:
        found.left.append(f"{name}: {str(fault).splitlines()[0]}")
        return []


def _name(found: Found) -> None:
    """Names the forms after their files or sheets, so that no two differ in case only."""
    taken: set[str] = set()
    for table in found.tables:
        path = next(table.read[kind] for kind in set(KINDS.values()) if kind in table.read)
        stem = table.read.get("sheet") or PurePosixPath(path).stem
        table.name = unique(form_name(stem), taken)


def form_name(stem: str) -> str:
    """A name for a form: letters, digits and `_`; `ae_raw` is AE."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", stem.rpartition(".")[2] or stem).strip("_")
    plain = re.sub(r"(?i)^raw_|_raw$", "", plain)
    plain = plain if _WORD.fullmatch(plain) else f"F_{plain}"
    return (plain.upper() if len(plain) <= _SHORT else plain)[:32]


def unique(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where another has it already."""
    made, number = name, 1
    while made.upper() in taken:
        number += 1
        made = f"{name}_{number}"
    taken.add(made.upper())
    return made


def _odm(folder: Path, found: Found) -> OdmFile | None:
    if not (folder / ODM).is_file():
        return None
    try:
        return read_odm(folder / ODM, ODM)
    except InputError as fault:
        found.left.append(str(fault))
        return None


def _add_odm(odm: OdmFile, found: Found, as_csv: bool) -> None:
    """Gives each form its name in the ODM file and its code lists; a form that is only there is added."""
    by_name = {table.name.upper(): table for table in found.tables}
    taken = set(by_name)
    for oid in odm.forms:
        name = form_name(oid)
        table = by_name.get(name.upper()) if as_csv else None
        codes = _decodes(odm, oid)
        if table is None:
            try:
                frame = odm.collected(oid).frame
            except InputError as fault:
                found.left.append(str(fault))
                continue
            name = unique(name, taken)
            table = Table(name, {"csv": f"{CSV_FOLDER}/{name}.csv"}, frame)
            found.tables.append(table)
        table.read["odm"] = oid
        table.codes = codes


def _decodes(odm: OdmFile, oid: str) -> dict[str, dict[str, str]]:
    """The text of each code by item, over all versions of the metadata; the last one counts."""
    found: dict[str, dict[str, str]] = {}
    for version in odm.definitions.versions.values():
        for item in version.items(oid):
            known = version.decodes.get(version.lists.get(item, ""), {})
            if known:
                found.setdefault(item.rpartition(".")[2], {}).update(known)
    return found

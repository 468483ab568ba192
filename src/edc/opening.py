"""Which file of an extract has which forms, and how each kind of file is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from clinical.errors import InputError
from clinical.forms import Form
from edc.collected import Collected
from edc.csv import header_of, read_csv
from edc.excel import read_excel
from edc.odm.read import read_odm
from edc.sas import read_sas, read_transport
from edc.scan import Scan

ODM = "odm.xml"
CSV_FOLDER = "edc_csv"
Part = tuple[list[Form], Collected | InputError]


def by_file(folder: Path, forms: dict[str, Form]) -> dict[str, list[Form]]:
    """The forms that each file of the extract holds, by path.

    Forms with a name in ODM are in `odm.xml` where the extract has that and no folder `edc_csv`.
    """
    as_odm = (folder / ODM).is_file() and not (folder / CSV_FOLDER).is_dir()
    found: dict[str, list[Form]] = {}
    for name in sorted(forms):
        source = forms[name].source
        found.setdefault(ODM if as_odm and source.odm else source.path, []).append(forms[name])
    return found


def open_file(folder: Path, path: str, forms: list[Form], scan: Scan) -> Iterator[Part]:
    """What a file holds: some of its forms and their rows, or why these cannot be read.

    Raises: InputError where nothing of the file can be read.
    """
    place, source = folder / path, forms[0].source
    encoding = next((form.source.encoding for form in forms if form.source.encoding), "")
    if path == ODM:
        yield from _of_odm(place, path, forms)
    elif source.kind == "excel":
        sheets: dict[str, list[Form]] = {}
        for form in forms:
            sheets.setdefault(form.source.sheet, []).append(form)
        for sheet, named in sheets.items():
            yield named, read_excel(place, path, sheet)
    elif source.kind == "csv":
        yield forms, read_csv(place, path, encoding, scan)
    else:
        yield forms, {"sas": read_sas, "xpt": read_transport}[source.kind](place, path, encoding)


def _of_odm(place: Path, path: str, forms: list[Form]) -> Iterator[Part]:
    file = read_odm(place, path)
    named: dict[str, list[Form]] = {}
    for form in forms:
        named.setdefault(form.source.odm, []).append(form)
    notes = [*file.notes, *(_unread(file.forms, named, path))]
    for oid, of_form in named.items():
        try:
            collected = file.collected(oid)
        except InputError as fault:
            yield of_form, fault
            continue
        collected.notes += notes
        notes = []
        yield of_form, collected


def _unread(there: list[str], named: dict[str, list[Form]], path: str) -> Iterator[tuple[str, dict]]:
    for oid in there:
        if oid not in named:
            yield "raw.file-unread", {"file": f"{path}#{oid}"}


def columns_of(folder: Path, path: str, form: Form) -> list[str] | None:
    """The columns of a form's file, where its header alone tells them; None where only reading it would.

    Raises: InputError where the file or its header is missing.
    """
    if path == ODM or form.source.kind != "csv":
        return None
    return header_of(folder / path, path, form.source.encoding)

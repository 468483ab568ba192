"""Specs as a workbook and back: `cdiscflow spec export` and `cdiscflow spec import`."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from cdiscflow.home import Home
from cdiscflow.specbook_export import rows_of
from cdiscflow.specbook_files import read_book, write_book
from cdiscflow.specbook_import import Book
from cdiscflow.yaml_patch import patched
from cdiscflow.yaml_text import document
from clinical.errors import InputError, SpecError, SpecErrors
from clinical.form_fields import Faults, read_fields
from clinical.read import Mapping as Node
from clinical.read import read_yaml
from clinical.words import COMMON, WORDS, parse_word

YAML = ("study.yml", "raw/*.yml", "sdtm/*.yml", "adam/*.yml")
CODELIST = ["collected", "submission", "code"]
ABOUT = """\
Specs of the study {study}, from mappings/{study}; `cdiscflow spec import {study} FILE` reads them back.
study: a row a setting of study.yml; `visits[1]` is the first of a list.
forms, fields: raw/*.yml.
datasets, lines (of each and table), variables, parameters: sdtm/*.yml and adam/*.yml.
codelists: ct/*.csv.
A row belongs to the file that its first cell names.
A variable without word is a copy of its value, or refines its base.
Lists and mappings are YAML on one line: [A, B], {{VSTESTCD: SYSBP}}.
What no cell can show is in the cell `yaml`.
All cells are text. Comments stay in the files; they are not here."""


@dataclass(frozen=True)
class Change:
    """One file as it is and as the workbook has it; `anew` says that its comments and layout are lost."""

    file: str
    before: str
    after: str
    anew: bool


def export_specs(home: Home, study: str, target: Path, force: bool) -> list[str]:
    """Writes the workbook; what is said of it on the screen.

    Raises: InputError for a study there is none of, a target that exists or is no xlsx; SpecError.
    """
    folder = _folder(home, study)
    if target.suffix.lower() != ".xlsx" or not target.parent.is_dir():
        raise InputError("book.target", str(target))
    if target.exists() and not force:
        raise InputError("book.exists", str(target))
    codelists, left = _codelists(folder)
    trees = dict(_trees(folder))
    rows = rows_of(trees, codelists)
    others = sorted(
        path.relative_to(folder).as_posix()
        for pattern in ("*.csv", "sdtm/*.csv", "adam/*.csv", "tlf/**/*.yml")
        for path in folder.glob(pattern)
    )
    left += [f"{name}: edit it where it is" for name in others]
    write_book(target, rows, [*ABOUT.format(study=study).splitlines(), "Not in here:", *left])
    counted = ", ".join(f"{len(each)} {name}" for name, each in rows.items() if each)
    return [f"{study}: {len(trees) + len(codelists)} files as {target}: {counted}", *_not_here(left)]


def _not_here(left: list[str]) -> list[str]:
    return [f"not in the workbook: {line}" for line in left]


def import_specs(home: Home, study: str, source: Path, write: bool) -> list[str]:
    """What the workbook would change, as differences of the files; with `write` it is changed.

    Raises: SpecErrors with every sheet, column and cell that is not understood; then nothing is written.
    """
    folder = _folder(home, study)
    sheets, faults = read_book(source)
    book = Book(sheets)
    faults += book.faults
    current = dict(_trees(folder))
    faults += _misread(book, current)
    if faults:
        raise SpecErrors(faults)
    changes = [*_changed_trees(folder, book, current), *_changed_lists(folder, book)]
    missing = sorted({*current, *_codelists(folder)[0]} - {*book.files, *book.codelists})
    lines = [line for change in changes for line in _difference(study, change)]
    lines += [f"{study}/{name}: no row is about it; it stays as it is" for name in missing]
    lines += [f"{study}/{each.file}: written anew, without its comments" for each in changes if each.anew]
    if not changes:
        return [*lines, f"{study}: nothing differs"]
    if not write:
        return [*lines, f"{study}: {len(changes)} files would change; --write does it"]
    for change in changes:
        _write(folder / change.file, change.after)
    return [*lines, f"{study}: {len(changes)} files changed; next: cdiscflow check {study}"]


def _folder(home: Home, study: str) -> Path:
    if study not in home.studies():
        raise InputError("ask.no-study", study, known=", ".join(home.studies()))
    return home.mappings / study


def _trees(folder: Path) -> Iterator[tuple[str, Node]]:
    for pattern in YAML:
        for path in sorted(folder.glob(pattern)):
            yield path.relative_to(folder).as_posix(), read_yaml(path, folder.parent.parent)


def _codelists(folder: Path) -> tuple[dict[str, list[list[str]]], list[str]]:
    """The records of each file of codes, and why some are not among them."""
    found, left = {}, []
    for path in sorted(folder.glob("ct/*.csv")):
        name = path.relative_to(folder).as_posix()
        records = _records(path.read_bytes().decode("utf-8-sig", "replace"))
        shaped = records and set(records[0]) <= set(CODELIST) and len(set(records[0])) == len(records[0])
        if shaped and all(len(record) == len(records[0]) and any(record) for record in records):
            found[name] = records
        else:
            left.append(f"{name}: its columns are not collected, submission, code")
    return found, left


def _records(text: str) -> list[list[str]]:
    return [record for record in csv.reader(io.StringIO(text, newline="")) if record]


def _misread(book: Book, current: Mapping[str, Node]) -> Iterator[SpecError]:
    """What the language itself refuses in the rows that were changed, with the cell that says it."""
    for name, row, value in book.variables:
        if name in current and _holds(current[name], value):
            continue
        if isinstance(value, Node) and not set(value) & {*WORDS} and _refines(book.files[name], value):
            continue
        try:
            owner = name.partition("/")[2].partition(".")[0].upper()
            parse_word(value, f"{owner}.{row.cells['variable']}")
        except SpecError as fault:
            yield fault
    for name, tree in book.files.items():
        fields = tree.get("fields")
        if isinstance(fields, Node) and tree != current.get(name):
            faults = Faults()
            read_fields(fields, name.partition("/")[2].partition(".")[0], faults)
            yield from faults


def _holds(tree: object, value: object) -> bool:
    """Whether a file says this somewhere already: then it is for `cdiscflow check` to judge it."""
    if tree == value:
        return True
    inner = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list) else ()
    return any(_holds(each, value) for each in inner)


def _refines(tree: Node, value: Node) -> bool:
    arguments = {name for _, given in WORDS.values() for name in given}
    return "drop" in value or ("extends" in tree and set(value) <= {*COMMON, *arguments})


def _changed_trees(folder: Path, book: Book, current: Mapping[str, Node]) -> Iterator[Change]:
    for name, tree in book.files.items():
        if name not in current:
            yield Change(name, "", document(tree), False)
        elif current[name] != tree:
            before = (folder / name).read_bytes().decode("utf-8-sig")
            after = patched(before, tree, name)
            yield Change(name, before, after or document(tree), after is None)


def _changed_lists(folder: Path, book: Book) -> Iterator[Change]:
    there, _ = _codelists(folder)
    for name, records in book.codelists.items():
        header = there[name][0] if name in there else CODELIST[: 3 if any(r[2] for r in records) else 2]
        if any(record[2] for record in records) and "code" not in header:
            header = CODELIST
        places = [CODELIST.index(column) for column in header]
        wanted = [header, *([record[place] for place in places] for record in records)]
        if wanted == there.get(name):
            continue
        before = (folder / name).read_bytes().decode("utf-8-sig", "replace") if name in there else ""
        lines = {tuple(record): line for line in before.splitlines() for record in _records(line)}
        after = "\n".join(lines.get(tuple(record), _line(record)) for record in wanted)
        yield Change(name, before, after + "\n", False)


def _line(record: list[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="").writerow(record)
    return text.getvalue()


def _difference(study: str, change: Change) -> Iterator[str]:
    name = f"mappings/{study}/{change.file}"
    before, after = change.before.splitlines(), change.after.splitlines()
    yield from unified_diff(before, after, name if before else "nothing", name, n=1, lineterm="")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    beside = path.with_name(f".tmp-{path.name}")
    beside.write_text(text, "utf-8", newline="")
    os.replace(beside, path)

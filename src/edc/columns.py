"""Which columns a form needs of its file, which are missing and which nobody knows."""

from __future__ import annotations

from collections.abc import Iterable

from clinical.errors import InputError
from clinical.form_fields import SYSTEM, Field
from clinical.forms import EDC_RECORD, Form
from clinical.names import closest

FILE_AND_LINE = ("file",)


def record_parts(form: Form, columns: Iterable[str]) -> tuple[str, ...]:
    """The columns that make the record id: those the form names, else the EDC's, else file and line.

    A file with some of the EDC's coordinates must have all of them. Records of two subjects are never the
    same record: the subject comes first where the form does not name it.
    """
    if form.record == FILE_AND_LINE:
        return FILE_AND_LINE
    if form.record:
        named = form.subject in form.record or "Subject" in form.record
        return form.record if named else (form.subject, *form.record)
    return EDC_RECORD if set(columns) & set(EDC_RECORD[1:]) else FILE_AND_LINE


def column_of(form: Form, name: str) -> str:
    """The column of the file that `name` stands for: a field's own column, or the name itself."""
    for field in form.fields.values():
        for given, column in zip(field.gives, field.columns, strict=False):
            if name == given:
                return column
    return name


def must_have_columns(form: Form, path: str, columns: list[str]) -> None:
    """Refuses a file without a column that the form declares, with all that are missing.

    Raises: InputError.
    """
    needed = [form.subject]
    needed += [name for name in record_parts(form, columns) if name != "file" and name != form.subject]
    needed += form.coordinates.values()
    if form.duplicates:
        needed += [form.duplicates.order, *form.duplicates.by]
    gone = [name for name in needed if not _is_there(form, name, columns)]
    if form.source.where:
        gone += [n for n in sorted(form.source.where.columns) if column_of(form, n) not in columns]
    gone += [f.column for f in form.fields.values() if not _may_be_gone(form, f) and not _has(f, columns)]
    if gone:
        others = [column for column in columns if column not in known_columns([form])]
        named = ", ".join(_with_hint(name, others) for name in dict.fromkeys(gone))
        raise InputError("raw.columns-missing", f"{path}:1", form=form.name, columns=named)


def _is_there(form: Form, name: str, columns: list[str]) -> bool:
    field = form.fields.get(name)
    return _has(field, columns) if field else name in columns


def _has(field: Field, columns: list[str]) -> bool:
    return field.joined or any(column in columns for column in field.columns)


def _with_hint(name: str, columns: list[str]) -> str:
    near = closest(name, columns)
    return f"{name} (there is {near})" if near else name


def undeclared(forms: Iterable[Form], columns: list[str]) -> dict[str, str]:
    """The columns that no form declares, each with a declared one that is missing and is spelled like it."""
    known = known_columns(forms)
    gone = [c for form in forms for field in form.fields.values() for c in field.columns if c not in columns]
    return {column: closest(column, gone) or "" for column in columns if column not in known}


def _may_be_gone(form: Form, field: Field) -> bool:
    return bool(form.not_submitted or field.not_submitted)


def spared_columns(form: Form, columns: list[str]) -> list[str]:
    """Fields marked not_submitted, or of a form so marked, that the file does not have."""
    return [f.column for f in form.fields.values() if _may_be_gone(form, f) and not _has(f, columns)]


def known_columns(forms: Iterable[Form]) -> set[str]:
    """Every column that one of the forms reads or that each export has."""
    known = set(SYSTEM)
    for form in forms:
        known.add(form.subject)
        known.update(column for field in form.fields.values() for column in field.columns)
    return known


def used_columns(form: Form, columns: list[str]) -> list[str]:
    """The columns of the file that this form takes, in the file's order."""
    known = known_columns([form])
    return [column for column in columns if column in known]

"""Raw forms: what an export or vendor file must look like (spec_language.md, 4), a file each in `raw/`."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from clinical.errors import SpecError, SpecErrors
from clinical.form_fields import MADE, SYSTEM, Faults, Field, hint, read_fields, reason, text_of
from clinical.read import At, Mapping, Sequence, Text, read_yaml
from clinical.typed_dates import FORMS as DATE_FORMS
from clinical.where import Condition, condition

FORM_KEYS = (
    "form", "label", "read", "subject", "per", "record", "coordinates", "duplicates", "dates",
    "not_submitted", "fields", "note",
)  # fmt: skip
FILES = ("csv", "sas", "xpt", "excel")
READ_KEYS = (*FILES, "odm", "sheet", "encoding", "where")
EDC_RECORD = ("Subject", "Folder", "InstanceRepeatNumber", "PageRepeatNumber", "RecordPosition")
COORDINATES = {
    "folder": "Folder",
    "instance": "InstanceRepeatNumber",
    "page": "PageRepeatNumber",
    "line": "RecordPosition",
}


@dataclass(frozen=True, eq=False)
class Source:
    """Where a form is delivered: a file of the extract folder and which kind of FILES it is.

    `odm` is the form's name in an ODM file, `sheet` the sheet of a workbook (without it the first).
    """

    path: str = ""
    kind: str = "csv"
    odm: str = ""
    sheet: str = ""
    encoding: str = ""
    where: Condition | None = None


@dataclass(frozen=True)
class Duplicates:
    """Which record of a screening number and `by` is kept: the first or last by `order`."""

    which: str
    order: str
    by: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Form:
    """A raw form.

    `record` are the columns that tell one record from another; empty stands for the EDC's coordinates where
    the file has them, else for file and line; `("file",)` for file and line always.
    """

    name: str
    at: At
    source: Source
    subject: str = "Subject"
    per_subject: bool = False
    record: tuple[str, ...] = ()
    coordinates: dict[str, str] = field(default_factory=dict)
    duplicates: Duplicates | None = None
    dates: tuple[str, ...] = ()
    not_submitted: str = ""
    label: str = ""
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Columns of the raw frame that a spec may name; system columns are there if the file has them."""
        given = [column for one in self.fields.values() for column in one.gives]
        return list(dict.fromkeys([*MADE, *SYSTEM, self.subject, *given]))


def read_forms(folder: Path, root: Path | None = None) -> dict[str, Form]:
    """The raw forms of a study, by name: one for each file of its `raw` folder, positions relative to `root`.

    Raises: SpecErrors with every fault of every file.
    """
    forms: dict[str, Form] = {}
    faults = Faults()
    for path in sorted(folder.glob("*.yml")):
        try:
            form = read_form(path, root, faults)
        except SpecError as fault:
            faults.append(fault)
        else:
            forms[form.name] = form
    if faults:
        raise SpecErrors(list(faults))
    return forms


def read_form(path: Path, root: Path | None, faults: Faults) -> Form:
    """The form that one file states; what is wrong is added to `faults`.

    Raises: SpecError where YAML itself is at fault.
    """
    node = read_yaml(path, root)
    name = text_of(node, "form", path.stem, faults) or path.stem
    faults.known(node, FORM_KEYS, name, "a form")
    if name != path.stem:
        faults.add("raw.form-name", node.line("form"), name, form=name, file=path.name)
    given = node.get("fields", Mapping(at=node.at))
    if not isinstance(given, Mapping) or not given:
        faults.add("raw.needed", node.at, name, key="fields")
        given = Mapping(at=node.at)
    fields = read_fields(given, name, faults)
    form = Form(
        name=name,
        at=node.at,
        source=_source(node, name, faults),
        subject=text_of(node, "subject", name, faults) or "Subject",
        per_subject=_per_subject(node, name, faults),
        record=_texts(node, "record", name, faults),
        coordinates=_coordinates(node, name, faults),
        duplicates=_duplicates(node, name, faults),
        dates=_dates(node, name, faults),
        not_submitted=reason(node, name, faults),
        label=text_of(node, "label", name, faults),
        fields=fields,
    )
    _check_names(form, node, faults)
    return form


def _source(node: Mapping, form: str, faults: Faults) -> Source:
    given, at = node.get("read"), node.line("read")
    if not isinstance(given, Mapping):
        faults.add("raw.needed", at, form, key="read: {csv: file}")
        return Source()
    faults.known(given, READ_KEYS, form, "read")
    kinds = [kind for kind in FILES if kind in given]
    if len(kinds) != 1:
        faults.add("raw.needed", at, form, key="read: {csv: file}")
    kind = kinds[0] if kinds else "csv"
    path, odm = text_of(given, kind, form, faults), text_of(given, "odm", form, faults)
    if path and not _stays_inside(path):
        faults.add("raw.path", given.line(kind), form, path=path)
    encoding, sheet = text_of(given, "encoding", form, faults), text_of(given, "sheet", form, faults)
    if encoding and not _is_encoding(encoding):
        faults.add("raw.encoding-name", given.line("encoding"), form, encoding=encoding)
    return Source(path, kind, odm, sheet, encoding, _where(given, form, faults))


def _stays_inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return not path.startswith("/") and "\\" not in path and ":" not in path and ".." not in parts


def _is_encoding(name: str) -> bool:
    try:
        return codecs.lookup(name)._is_text_encoding
    except LookupError:
        return False


def _where(given: Mapping, form: str, faults: Faults) -> Condition | None:
    if "where" not in given:
        return None
    try:
        asked = condition(given["where"], form)
    except SpecError as fault:
        faults.append(fault)
        return None
    if asked.others:
        faults.add("raw.where-column", given.line("where"), form)
    return asked


def _per_subject(node: Mapping, form: str, faults: Faults) -> bool:
    given = text_of(node, "per", form, faults)
    if given not in ("", "subject"):
        faults.add("raw.per", node.line("per"), form, value=given)
    return given == "subject"


def _texts(node: Mapping, key: str, form: str, faults: Faults) -> tuple[str, ...]:
    given = node.get(key, Sequence())
    if isinstance(given, Text):
        return (str(given),)
    if not isinstance(given, Sequence) or not all(isinstance(item, Text) for item in given):
        faults.add("raw.not-names", node.line(key), form, key=key)
        return ()
    return tuple(str(item) for item in given)


def _coordinates(node: Mapping, form: str, faults: Faults) -> dict[str, str]:
    given = node.get("coordinates", Mapping())
    if not isinstance(given, Mapping):
        faults.add("raw.coordinates", node.line("coordinates"), form)
        return {}
    faults.known(given, COORDINATES, form, "coordinates")
    return {COORDINATES[key]: str(column) for key, column in given.items() if key in COORDINATES}


def _duplicates(node: Mapping, form: str, faults: Faults) -> Duplicates | None:
    if "duplicates" not in node:
        return None
    given, at = node["duplicates"], node.line("duplicates")
    if not isinstance(given, Mapping):
        faults.add("raw.duplicates", at, form)
        return None
    faults.known(given, ("keep", "by"), form, "duplicates")
    keep = given.get("keep")
    one = isinstance(keep, Mapping) and len(keep) == 1 and set(keep) <= {"first", "last"}
    if not one or not isinstance(next(iter(keep.values())), Text):
        faults.add("raw.duplicates", at, form)
        return None
    which, order = next(iter(keep.items()))
    return Duplicates(which, str(order), _texts(given, "by", form, faults))


def _dates(node: Mapping, form: str, faults: Faults) -> tuple[str, ...]:
    named = _texts(node, "dates", form, faults)
    for one in named:
        if one not in DATE_FORMS:
            faults.add("raw.date-form", node.line("dates"), form, form=one, known=", ".join(DATE_FORMS))
    return named


def _check_names(form: Form, node: Mapping, faults: Faults) -> None:
    """What record, coordinates, duplicates and required name must be fields or system columns."""
    names = dict.fromkeys([*SYSTEM, form.subject, *form.fields])
    used = [("record", name) for name in form.record if form.record != ("file",)]
    used += [("coordinates", name) for name in form.coordinates.values()]
    if form.duplicates:
        used += [("duplicates", name) for name in (form.duplicates.order, *form.duplicates.by)]
    for key, name in used:
        if name not in names:
            at = node.line(key)
            faults.add("raw.no-field", at, form.name, file=at.file, name=name, hint=hint(name, names))
        elif name in form.fields and form.fields[name].joined:
            faults.add("raw.joined-used", node.line(key), form.name, key=key, name=name)
    for one in form.fields.values():
        for name in sorted(one.required_where.columns if one.required_where else ()):
            if name not in form.columns:
                owner = f"{form.name}.{one.name}"
                faults.add(
                    "raw.no-field", one.at, owner, file=one.at.file, name=name, hint=hint(name, form.columns)
                )

"""What a Dataset-JSON file says about itself: the dataset, its columns, and what of it cannot be right."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pandas as pd

from clinical.errors import ClinicalError, DerivationError, catalogue, sentence
from clinical.findings import Frame
from clinical.xpt_columns import kind_of, source_of
from clinical.xpt_layout import DATE_FORMATS, DATETIME_FORMATS, TIME_FORMATS, format_name

VERSION = "1.1.0"
TYPES = ("string", "integer", "decimal", "float", "double", "boolean", "datetime", "date", "time", "URI")
MOMENTS = ("date", "datetime", "time")
FORMATS = {"Date": "DATE9.", "Datetime": "DATETIME20."}
DECIMAL = r"^[+-]?(?:\d+(?:\.\d*)?|\d{1,3}(?:,\d{3})+(?:\.\d*)?|\.\d+)$"
_CREATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)?", re.ASCII)


@dataclass(frozen=True)
class Column:
    """One variable. Names and values are those of Dataset-JSON 1.1, Column Metadata; None is not written."""

    itemOID: str
    name: str
    label: str
    dataType: str
    targetDataType: str | None = None
    length: int | None = None
    displayFormat: str | None = None
    keySequence: int | None = None

    @property
    def is_moment(self) -> bool:
        """True for a date or time that receivers keep as a number."""
        return self.dataType in MOMENTS and self.targetDataType == "integer"

    def attributes(self) -> dict[str, object]:
        """What is written of it, in the order of the specification."""
        return {name: value for name in COLUMN_ORDER if (value := getattr(self, name)) is not None}


COLUMN_ORDER = (
    "itemOID", "name", "label", "dataType", "targetDataType", "length", "displayFormat", "keySequence",
)  # fmt: skip


@dataclass(frozen=True)
class About:
    """The dataset. `created` and `modified` are ISO 8601 text; an empty text or None is not written.

    `records`: a writer counts for itself; a reader gives what the file says.
    """

    created: str
    itemGroupOID: str
    name: str
    label: str
    fileOID: str = ""
    modified: str = ""
    originator: str = ""
    sourceSystem: tuple[str, str] | None = None
    studyOID: str = ""
    metaDataVersionOID: str = ""
    metaDataRef: str = ""
    records: int = 0
    version: str = VERSION

    def attributes(self) -> dict[str, object]:
        """What is written of it before the columns, in the order of the specification."""
        system = dict(zip(("name", "version"), self.sourceSystem, strict=True)) if self.sourceSystem else ""
        said = {
            "datasetJSONCreationDateTime": self.created,
            "datasetJSONVersion": self.version,
            "fileOID": self.fileOID,
            "dbLastModifiedDateTime": self.modified,
            "originator": self.originator,
            "sourceSystem": system,
            "studyOID": self.studyOID,
            "metaDataVersionOID": self.metaDataVersionOID,
            "metaDataRef": self.metaDataRef,
        }
        needed = {
            "itemGroupOID": self.itemGroupOID,
            "records": self.records,
            "name": self.name,
            "label": self.label,
        }
        return {name: value for name, value in said.items() if value != ""} | needed


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a file: message id of the catalogue, where, and the sentence."""

    id: str
    at: str
    text: str

    @property
    def severity(self) -> str:
        """`error` or `warning`."""
        return catalogue()[self.id].severity

    def __str__(self) -> str:
        return f"{self.at}: {self.text}"


def fault(message: str, at: str, **words: object) -> Fault:
    """A fault with the sentence of the catalogue filled in."""
    return Fault(message, at, sentence(message, **words))


def fault_of(error: ClinicalError) -> Fault:
    """What an error says, as a fault."""
    return Fault(error.id, error.at, str(error).removeprefix(f"{error.at}: "))


class Described(Protocol):
    """What `columns_of` needs to know of a variable: those of `clinical.standards` and `clinical.xpt` do."""

    name: str
    label: str
    type: str


def columns_of(
    dataset: str,
    variables: Sequence[Described],
    *,
    types: Mapping[str, str],
    lengths: Mapping[str, int | None],
    keys: Sequence[str] = (),
    formats: Mapping[str, str] | None = None,
) -> list[Column]:
    """The columns of `dataset` in the order of `variables`, itemOIDs `IT.<dataset>.<name>` as in define.xml.

    Needs:   `types` has the dataType of Num variables, see `number_types`, and of Char variables that are not
             plain text (`datetime` for --DTC); `lengths` those of define.xml and the transport file.
    Gives:   dates with targetDataType integer and their SAS format; a date has no length.
    Source:  Dataset-JSON 1.1, Supported Column Data Type Combinations, Date/Time Variables; ODM ItemDef.
    """
    columns = []
    for variable in variables:
        name = variable.name
        format = (
            (formats or {}).get(name) or getattr(variable, "format", "") or FORMATS.get(variable.type, "")
        )
        moment = "" if variable.type == "Char" else moment_type(format)
        kind = moment or types.get(name) or {"Char": "string"}.get(variable.type, "float")
        columns.append(
            Column(
                itemOID=f"IT.{dataset}.{name}",
                name=name,
                label=variable.label,
                dataType=kind,
                targetDataType="integer" if moment else "decimal" if kind == "decimal" else None,
                length=None if kind in MOMENTS else lengths.get(name),
                displayFormat=format or None,
                keySequence=keys.index(name) + 1 if name in keys else None,
            )
        )
    return columns


def moment_type(format: str) -> str:
    """`date`, `datetime` or `time` for a SAS format of one; else empty."""
    known = {"date": DATE_FORMATS, "datetime": DATETIME_FORMATS, "time": TIME_FORMATS}
    return next((kind for kind, names in known.items() if format_name(format) in names), "")


def number_types(frame: Frame, names: Collection[str]) -> dict[str, str]:
    """`integer` for each of the columns `names` whose numbers are all whole and below 2**53, else `float`."""
    found = {}
    for name in names:
        column = frame[name]
        if kind_of(source_of(column)) in ("number", "empty"):
            values = pd.to_numeric(column).to_numpy("float64", na_value=float("nan"))
            values = values[values == values]
            found[name] = (
                "integer" if ((values == values.round()) & (abs(values) <= 2**53)).all() else "float"
            )
    return found


def metadata_faults(about: About, columns: Sequence[Column]) -> Iterator[DerivationError]:
    """What the specification asks of dataset and columns and its schema does not look at."""
    for name in ("created", "modified"):
        text = getattr(about, name)
        if (text or name == "created") and not _is_created(text):
            yield DerivationError("dsj.created", about.name, attribute=name, text=ascii(text))
    if _is_later(about.modified, about.created):
        yield DerivationError("dsj.modified-later", about.name)
    for name in ("itemGroupOID", "name"):
        if not getattr(about, name):
            yield DerivationError("dsj.empty-attribute", about.name, attribute=name)
    if not columns:
        yield DerivationError("dsj.no-columns", about.name)
    for what in ("name", "itemOID"):
        counted = Counter(getattr(column, what) for column in columns)
        for twice in [text for text, count in counted.items() if count > 1]:
            yield DerivationError("dsj.column-twice", about.name, attribute=what, name=twice)
    for column in columns:
        yield from _column_faults(f"{about.name}.{column.name}", column)
    order = sorted(column.keySequence for column in columns if column.keySequence is not None)
    if order != list(range(1, len(order) + 1)):
        yield DerivationError("dsj.key-sequence", about.name, found=", ".join(map(str, order)))


def _column_faults(at: str, column: Column) -> Iterator[DerivationError]:
    for name in ("itemOID", "name"):
        if not getattr(column, name):
            yield DerivationError("dsj.empty-attribute", at, attribute=name)
    allowed = dict.fromkeys(MOMENTS, (None, "integer")) | {"decimal": ("decimal",)}
    known = column.dataType in TYPES
    if not known or column.targetDataType not in allowed.get(column.dataType, (None,)):
        target = column.targetDataType or "none"
        yield DerivationError("dsj.target-type", at, type=column.dataType, target=target)
    if column.length is not None and column.length < 1:
        yield DerivationError("dsj.length", at, length=column.length)


def _is_created(text: str) -> bool:
    return bool(_CREATED.fullmatch(text)) and _moment(text) is not None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _is_later(one: str, other: str) -> bool:
    """True if both are moments, of one kind (with or without a zone), and the first is the later one."""
    first, second = _moment(one), _moment(other)
    comparable = first and second and (first.tzinfo is None) == (second.tzinfo is None)
    return bool(comparable) and first > second

"""An ODM-XML file as the rows of its forms, in the columns that CSV exports have [B.1, B.4]."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clinical.errors import InputError
from edc.collected import Collected
from edc.odm.handler import NAMESPACE, Handler
from edc.odm.metadata import Definitions
from edc.odm.stamps import shown
from edc.odm.state import UNIT, FormTable, Rows
from edc.odm.tables import Column, frame_of

CHUNK = 1 << 20
NATIVE = {"utf-8", "utf-16", "iso8859-1", "ascii"}  # what expat reads by itself
_DECLARED = re.compile(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']+)")
_errors = expat.errors
_CUT = (
    _errors.XML_ERROR_NO_ELEMENTS,
    _errors.XML_ERROR_UNCLOSED_TOKEN,
    _errors.XML_ERROR_PARTIAL_CHAR,
    _errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
)
ENDS = {_errors.codes[text] for text in _CUT}
ENCODING = {
    _errors.codes[text] for text in (_errors.XML_ERROR_UNKNOWN_ENCODING, _errors.XML_ERROR_INCORRECT_ENCODING)
}
INVALID = _errors.codes[_errors.XML_ERROR_INVALID_TOKEN]


class OdmFile:
    """What was read of one file; `collected` gives a form and forgets it."""

    def __init__(self, name: str, definitions: Definitions, rows: Rows, encoding: str):
        self.name, self.definitions, self.encoding = name, definitions, encoding
        self._rows = rows
        self._items = definitions.forms()
        self._coded, self._measured = definitions.coded(), definitions.measured()

    @property
    def forms(self) -> list[str]:
        """The FormOIDs that are defined or have rows."""
        return list(dict.fromkeys([*self._items, *self._rows.tables]))

    @property
    def notes(self) -> list[tuple[str, dict[str, object]]]:
        """What is wrong with the file as a whole, as messages with the words of their sentences."""
        notes = [(message, {"file": self.name, **words}) for message, words in self._rows.faults]
        if self._rows.typed and self._rows.untyped:
            notes.append(("raw.odm-mixed", {"file": self.name}))
        return notes

    def collected(self, form: str) -> Collected:
        """The rows of a form.

        Raises: InputError where the file does not define the form, or where two of its items have one name.
        """
        if form not in self.forms:
            raise InputError("raw.odm-no-form", self.name, form=form)
        table = self._rows.tables.pop(form, None) or FormTable()
        defined = self._items.get(form, [])
        known = {*defined, *(item + UNIT for item in defined)}
        notes = [
            ("raw.odm-item-unknown", {"file": self.name, "item": item})
            for item in table.columns
            if item not in known and not item.endswith(UNIT)
        ]
        frame = frame_of(table.rows, self._texts(form, table, defined))
        lines = np.array(table.lines, dtype="int64")
        return Collected(f"{self.name}#{form}", frame, lambda: lines, self.encoding, notes)

    def _texts(self, form: str, table: FormTable, items: list[str]) -> Iterator[tuple[str, pa.Array]]:
        """The columns: where a record is, then each item with code, text and unit."""
        yield from self._coordinates(table)
        seen: dict[str, str] = {}
        for item in items:
            name = item.rpartition(".")[2]
            if seen.setdefault(name, item) != item:
                raise InputError("raw.odm-names", self.name, one=seen[name], two=item, name=name)
            column = table.columns.pop(item, None) or Column()
            if item in self._coded:
                yield name, self._decoded(table, item, column)
                yield f"{name}_STD", column.text(table.rows)
            else:
                yield name, column.text(table.rows)
            if item in self._measured:
                units = table.columns.pop(item + UNIT, None) or Column()
                yield f"{name}_UNIT", units.text(table.rows, self._unit_names(units))

    def _unit_names(self, units: Column) -> dict[str, str]:
        return {oid: self.definitions.units.get(oid, oid.rpartition(".")[2]) for oid in units.known}

    def _decoded(self, table: FormTable, item: str, column: Column) -> pa.Array:
        """The text of each code, as the row's MetaDataVersion has it."""
        decodes = {}
        for (project, oid), version in self.definitions.versions.items():
            decode = version.decodes.get(version.lists.get(item, ""), {})
            decodes[project, oid] = {code: decode.get(code) for code in column.known}
        different = {tuple(decode.values()) for decode in decodes.values()}
        if len(different) <= 1:
            return column.text(table.rows, next(iter(decodes.values()), {}))
        pages = np.array(table.pages, dtype="int64")
        whole, rows = self._rows.pages, self._rows.pages.rows
        oids = [whole.column(name).text(rows).take(pages) for name in ("project", "version")]
        found = pa.nulls(table.rows, pa.large_string())
        for (project, oid), decode in decodes.items():
            mine = pc.and_(pc.equal(oids[0], project), pc.equal(oids[1], oid))
            found = pc.if_else(mine, column.text(table.rows, decode), found)
        return found

    def _coordinates(self, table: FormTable) -> Iterator[tuple[str, pa.Array]]:
        pages, of = self._rows.pages, np.array(table.pages, dtype="int64")
        here = np.unique(of)
        place = np.searchsorted(here, of)

        def text(column: str, written: dict[str, str] | None = None) -> pa.Array:
            return pages.column(column).text(pages.rows, written).take(here).take(place)

        studies, events = pages.column("project").known, pages.column("event").known
        yield "project", text("project", {study: _project(study)[0] for study in studies})
        yield "environment", text("project", {study: _project(study)[1] for study in studies})
        yield "Subject", text("Subject")
        yield "SiteNumber", text("site")
        yield "Folder", text("event", {event: event.partition(".")[2] or event for event in events})
        versions = list(self.definitions.versions.values())
        for column, kind in (("FolderName", "folders"), ("FolderSeq", "order")):
            named = {event: text for v in versions for event, text in getattr(v, kind).items()}
            yield column, text("event", {event: named.get(event, "") for event in events})
        yield "InstanceRepeatNumber", text("instance")
        yield "PageRepeatNumber", text("page")
        yield "RecordPosition", table.position.text(table.rows)
        yield "RecordActive", pa.array(["0", "1"], pa.large_string()).take(pa.array(table.active, pa.int64()))
        yield "MinCreated", shown(np.array(table.created, dtype="int64"))
        yield "MaxUpdated", shown(np.array(table.updated, dtype="int64"))


def read_odm(path: Path, name: str) -> OdmFile:
    """The forms of an ODM 1.3 file; `name` stands for the file in messages.

    One pass; each different text is held once. Entities and document types are refused, vendor extensions
    are passed over.

    Raises: InputError with file and line where it is no ODM 1.3, no XML, cut off or in another encoding.
    """
    try:
        with path.open("rb") as file:
            return _parsed(file, path, name)
    except FileNotFoundError as fault:
        raise InputError("raw.file-missing", name) from fault


def _parsed(file: BinaryIO, path: Path, name: str) -> OdmFile:
    declared = _DECLARED.match(file.read(400))
    file.seek(0)
    encoding = _encoding(declared[1].decode("ascii", "replace") if declared else "utf-8", name)
    parser = expat.ParserCreate(None if encoding in NATIVE else "utf-8", namespace_separator=" ")
    parser.buffer_text = True
    definitions = Definitions()
    rows = Rows(definitions, lambda: parser.CurrentLineNumber)
    _Listener(parser, Handler(definitions, rows), name)
    try:
        for piece in _pieces(file, encoding):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as fault:
        raise _broken(fault, path, name, parser.ErrorByteIndex) from fault
    except UnicodeDecodeError as fault:
        raise InputError("raw.odm-encoding", f"{name}:{parser.CurrentLineNumber}") from fault
    return OdmFile(name, definitions, rows, encoding)


def _encoding(declared: str, name: str) -> str:
    try:
        return codecs.lookup(declared).name
    except LookupError as fault:
        raise InputError("raw.odm-encoding", f"{name}:1") from fault


def _pieces(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    """The file in pieces, as UTF-8 where expat does not know its encoding."""
    decoder = None if encoding in NATIVE else codecs.getincrementaldecoder(encoding)()
    while piece := file.read(CHUNK):
        yield decoder.decode(piece).encode() if decoder else piece
    if decoder:
        yield decoder.decode(b"", final=True).encode()


class _Listener:
    """Hands the parser's events to the handler, once the root has said what the elements are called."""

    def __init__(self, parser: expat.XMLParserType, handler: Handler, name: str):
        self.parser, self.handler, self.name = parser, handler, name
        self.ends: dict = {}
        parser.StartElementHandler, parser.EndElementHandler = self.begin_root, self.end
        parser.CharacterDataHandler = self.characters
        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = self.refuse
        parser.ExternalEntityRefHandler = self.refuse

    def begin_root(self, element: str, attributes: dict[str, str]) -> None:
        """Refuses another document; from here on the names of ODM elements are known."""
        space, _, local = element.rpartition(" ")
        if local != "ODM" or (space and not space.startswith(NAMESPACE)):
            raise InputError("raw.odm-not", f"{self.name}:{self.parser.CurrentLineNumber}", found=element)
        prefix = f"{space} " if space else ""
        starts = {prefix + each: heard for each, heard in self.handler.starts.items()}
        self.ends = {prefix + each: heard for each, heard in self.handler.ends.items()}
        self.handler.rows.transactional = attributes.get("FileType") == "Transactional"
        item_name, item = f"{prefix}ItemData", self.handler.rows.item

        def begin(element: str, attributes: dict[str, str]) -> None:
            if element == item_name:
                item(attributes)
                return
            heard = starts.get(element)
            if heard:
                heard(attributes)

        self.parser.StartElementHandler = begin

    def end(self, element: str) -> None:
        """The end of an element, with the text in it if it was wanted."""
        heard = self.ends.get(element)
        if heard:
            heard("".join(self.handler.text or ()))
            self.handler.text = None

    def characters(self, text: str) -> None:
        """Text, kept while somebody wants it."""
        if self.handler.text is not None:
            self.handler.text.append(text)

    def refuse(self, *_: object) -> None:
        """A document type or an entity."""
        raise InputError("raw.odm-entities", f"{self.name}:{self.parser.CurrentLineNumber}")


def _project(study: str) -> tuple[str, str]:
    """`NAME(UAT)` as project and environment; without parentheses no environment."""
    project, _, rest = study.partition("(")
    return project.strip(), rest.rstrip(") ").upper()


def _broken(fault: expat.ExpatError, path: Path, name: str, place: int) -> InputError:
    at = f"{name}:{fault.lineno}"
    if fault.code in ENDS:
        return InputError("raw.odm-cut", at)
    with path.open("rb") as file:
        file.seek(max(place, 0))
        token = file.read(4)
    if fault.code in ENCODING or (fault.code == INVALID and token[:1] >= b"\x80"):
        return InputError("raw.odm-encoding", at)
    return InputError("raw.odm-broken", at, problem=expat.ErrorString(fault.code))

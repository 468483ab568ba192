"""The state of the data after each element: which rows there are, and what they hold.

In a snapshot every ItemGroupData is a row, repeated ones too, so that what follows sees both. In a
transactional file an element inserts, updates or removes what its key names; a child without TransactionType
has that of its parent, a removal takes all below with it [ODM 1.3.2, 3.1.4.1].
"""

from __future__ import annotations

from array import array

from edc.odm.metadata import Definitions
from edc.odm.stamps import NEVER, seconds
from edc.odm.tables import ABSENT, NULL, Column, Table

Attributes = dict[str, str]
Key = tuple[str, ...]
COORDINATES = ("version", "project", "Subject", "site", "event", "instance", "page")
UNIT = "\0unit"
GROUP = 8  # the length of the key of an ItemGroupData


class FormTable(Table):
    """The rows of one form: the page each is on, its line on it and in the file, whether it counts."""

    def __init__(self) -> None:
        super().__init__()
        self.pages, self.lines, self.active = array("i"), array("i"), array("b")
        self.created, self.updated = array("q"), array("q")
        self.position = Column()


class Rows:
    """Takes the elements of ClinicalData; `tables` are the rows of each FormOID.

    `faults` are messages with the words of their sentences; each says where in the file.
    """

    def __init__(self, definitions: Definitions, line: object):
        self.definitions, self.line = definitions, line
        self.transactional = False
        self.tables: dict[str, FormTable] = {}
        self.pages = Table()
        self.faults: list[tuple[str, dict[str, object]]] = []
        self.untyped = self.typed = False
        self._page_columns = [self.pages.column(name) for name in COORDINATES]
        self._where: list[str] = []
        self._kinds: list[str] = [""]
        self._key: Key = ()
        self._live: dict[Key, tuple[FormTable, int] | None] = {}
        self._table: FormTable | None = None
        self._row = self._page = -1
        self._study, self._version, self._data, self._site = "", "", False, ""
        self._stamps: list[list[int]] = [[]]
        self._item = ""
        self._in_audit = False

    # -- the levels ------------------------------------------------------------------------------------------

    def begin_study(self, attributes: Attributes) -> None:
        self._study, self._version = attributes.get("StudyOID", ""), attributes.get("MetaDataVersionOID", "")
        self._data = True

    def begin_reference(self, attributes: Attributes) -> None:
        """Reference data are nobody's pages."""
        self._data, self._row = False, -1

    def end_study(self, text: str) -> None:
        self._data = False

    def begin_subject(self, attributes: Attributes) -> None:
        vendor = {name.rpartition(" ")[2]: text for name, text in attributes.items() if " " in name}
        subject = attributes.get("SubjectKey", "")
        if vendor.get("SubjectKeyType") == "SubjectUUID":
            subject = vendor.get("SubjectName", subject)
        self._where, self._site = [subject], ""
        self._begin(attributes, (self._study, subject))

    def site(self, attributes: Attributes) -> None:
        self._site = attributes.get("LocationOID", "").rpartition(".")[2]

    def begin_event(self, attributes: Attributes) -> None:
        oid, repeat = attributes.get("StudyEventOID", ""), attributes.get("StudyEventRepeatKey")
        self._where = [self._where[0], oid, repeat or "0"]
        self._begin(attributes, (oid, repeat or ""))

    def begin_form(self, attributes: Attributes) -> None:
        oid, repeat = attributes.get("FormOID", ""), attributes.get("FormRepeatKey")
        self._table = self.tables.get(oid)
        if self._table is None:
            self._table = self.tables[oid] = FormTable()
        subject, event, instance = self._where
        self._page = self.pages.add()
        coordinates = (self._version, self._study, subject, self._site, event, instance, repeat or "0")
        for column, text in zip(self._page_columns, coordinates, strict=True):
            column.put(self._page, text)
        self._begin(attributes, (oid, repeat or ""))

    def begin_group(self, attributes: Attributes) -> None:
        repeat = attributes.get("ItemGroupRepeatKey")
        self._begin(attributes, (attributes.get("ItemGroupOID", ""), repeat or ""))
        if not self._data:
            self._row = -1
        elif not self.transactional:
            self._new_row(repeat or "0", self._kinds[-1] != "Remove")
        elif self._kinds[-1] in ("Remove", "Context"):
            self._row = -1
        else:
            there = self._live.get(self._key)
            if there:
                self._row = there[1]
            else:
                self._new_row(repeat or "0", True)
                self._live[self._key] = self._table, self._row

    def end(self, text: str) -> None:
        """The end of a subject, event, form or group."""
        stamps = self._stamps.pop()
        if self._row >= 0:
            self._stamp(stamps or next((level for level in reversed(self._stamps) if level), []))
        self._row = -1
        self._kinds.pop()
        self._key = self._key[:-2]

    def _new_row(self, position: str, active: bool) -> None:
        table = self._table
        self._row = table.add()
        table.pages.append(self._page)
        table.lines.append(self.line())
        table.active.append(active)
        table.created.append(NEVER)
        table.updated.append(NEVER)
        table.position.put(self._row, position)

    # -- transactions ----------------------------------------------------------------------------------------

    def _begin(self, attributes: Attributes, key: Key) -> None:
        kind = attributes.get("TransactionType") or self._kinds[-1]
        self._kinds.append(kind)
        self._stamps.append([])
        self._key += key
        if not self.transactional or not self._data:
            return
        if not kind:
            self._fault("raw.odm-no-transaction")
            self._kinds[-1] = kind = "Upsert"
        own, there = "TransactionType" in attributes, self._key in self._live
        if kind == "Insert" and there and own:
            self._fault("raw.odm-insert-twice")
        elif kind in ("Update", "Remove") and not there and own:
            self._fault("raw.odm-absent", kind=kind)
        if kind == "Remove":
            self._remove()
        elif kind != "Context":
            self._live.setdefault(self._key, None)

    def _remove(self) -> None:
        """What the key names is no more, nor what is below it."""
        size = len(self._key)
        below = [self._key] if size == GROUP else [key for key in self._live if key[:size] == self._key]
        for key in below:
            there = self._live.pop(key, None)
            if there:
                table, row = there
                table.active[row] = False

    def _fault(self, message: str, **words: object) -> None:
        self.faults.append((message, {"line": self.line(), "key": _shown(self._key), **words}))

    # -- items -----------------------------------------------------------------------------------------------

    def item(self, attributes: Attributes) -> None:
        """An untyped item: the value is an attribute. Nearly all of a file is this, so it is written out."""
        row = self._row
        if row < 0:
            return
        self._item = oid = attributes.get("ItemOID", "")
        self.untyped = True
        column = self._table.columns.get(oid)
        if column is None:
            column = self._table.column(oid)
        value = attributes.get("Value")
        if value is None or self.transactional or "IsNull" in attributes or "TransactionType" in attributes:
            self._put(column, attributes, value)
            return
        code = column.known.setdefault(value, len(column.known))
        if len(column.codes) == row:
            column.codes.append(code)
        else:
            column.set(row, code)

    def typed_item(self, attributes: Attributes, text: str) -> None:
        """A typed item: the value is the text of the element."""
        if self._row < 0:
            return
        self._item = attributes.get("ItemOID", "")
        self._put(self._table.column(self._item), attributes, text)
        self.typed = True

    def _put(self, column: Column, attributes: Attributes, value: str | None) -> None:
        """What an item says, with all it may say: nothing, a transaction of its own."""
        kind, row = attributes.get("TransactionType", ""), self._row
        if self.transactional and kind:
            there = column.code(row) != ABSENT
            oid = attributes.get("ItemOID", "")
            if kind == "Insert" and there:
                self._fault("raw.odm-insert-twice", key=f"{_shown(self._key)} {oid}")
            elif kind in ("Update", "Remove") and not there:
                self._fault("raw.odm-absent", kind=kind, key=f"{_shown(self._key)} {oid}")
        if kind == "Remove":
            column.set(row, ABSENT)
        elif kind == "Context":
            return
        elif value is None or attributes.get("IsNull") == "Yes":
            column.set(row, NULL)
        else:
            column.put(row, value)

    def unit(self, oid: str) -> None:
        """The unit of the item that is open."""
        if self._row >= 0 and self._item:
            self._table.column(self._item + UNIT).put(self._row, oid)

    # -- audit -----------------------------------------------------------------------------------------------

    def begin_audit(self, attributes: Attributes) -> None:
        self._in_audit = True

    def end_audit(self, text: str) -> None:
        self._in_audit = False

    def stamp(self, text: str) -> None:
        """A DateTimeStamp of what is open: a group with its items, or a level above."""
        moment = seconds(text) if self._in_audit and self._data else None
        if moment is not None:
            self._stamps[-1].append(moment)

    def _stamp(self, moments: list[int]) -> None:
        table, row = self._table, self._row
        if moments:
            first = table.created[row]
            table.created[row] = min(moments) if first == NEVER else min(first, *moments)
            table.updated[row] = max(table.updated[row], *moments)


def _shown(key: Key) -> str:
    """`01-001 SE.SCR[1] FO.VS IG.VS[2]`."""
    subject, *levels = key[1:] or ("",)
    pairs = zip(levels[::2], levels[1::2], strict=False)
    return " ".join([subject, *(f"{oid}[{repeat}]" if repeat else oid for oid, repeat in pairs)])

"""A define.xml as it stands, ours or anybody's: what the gate compares with the data. Version 2.0 and 2.1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from submission.define_write import parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

ODM = "http://www.cdisc.org/ns/odm/v1.3"
DEFS = ("http://www.cdisc.org/ns/def/v2.1", "http://www.cdisc.org/ns/def/v2.0")
ARM, XLINK = "http://www.cdisc.org/ns/arm/v1.0", "http://www.w3.org/1999/xlink"


@dataclass(frozen=True)
class Ref:
    """An ItemRef: item, whether mandatory, key number, method, where-clause; empty where it has none."""

    item: str
    mandatory: bool
    key: int
    method: str
    where: str
    order: int


@dataclass(frozen=True)
class Origin:
    """An origin: type, text of its description, pages it names."""

    type: str
    text: str
    pages: tuple[int, ...]


@dataclass(frozen=True)
class ItemDef:
    """An ItemDef."""

    oid: str
    name: str
    data_type: str
    length: int
    label: str
    codelist: str
    values: str
    origins: tuple[Origin, ...]


@dataclass(frozen=True)
class GroupDef:
    """An ItemGroupDef with its file, and its items in order."""

    oid: str
    name: str
    domain: str
    label: str
    href: str
    has_data: bool
    refs: tuple[Ref, ...]


@dataclass
class DefineFile:
    """What a define.xml says; `problem` is why it cannot be read, and then there is nothing else."""

    file: str
    problem: str = ""
    entities: bool = False
    root: _Element | None = None
    version: str = ""
    study: str = ""
    groups: list[GroupDef] = field(default_factory=list)
    items: dict[str, ItemDef] = field(default_factory=dict)
    codelists: dict[str, tuple[frozenset[str], bool]] = field(default_factory=dict)
    value_lists: dict[str, tuple[Ref, ...]] = field(default_factory=dict)
    where: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = field(default_factory=dict)
    leaves: dict[str, str] = field(default_factory=dict)
    standards: tuple[tuple[str, str, str], ...] = ()
    sheet: str = ""
    crf: str = ""


def read_define(path: Path, file: str) -> DefineFile:
    """The document at `path`; one that is no XML, or has a DOCTYPE, says so in `problem`."""
    from lxml import etree

    content = path.read_bytes()
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        return DefineFile(file, problem="it has a DOCTYPE or entities", entities=True)
    try:
        root = parse_xml(content)
    except etree.XMLSyntaxError as error:
        return DefineFile(file, problem=error.msg)
    found = DefineFile(file, root=root)
    found.sheet = next(
        (one.get("href", "") for one in root.itersiblings(preceding=True) if one.target == "xml-stylesheet"),
        "",
    )
    namespace = next((one for one in DEFS if one in root.nsmap.values()), DEFS[0])
    found.version = namespace.rsplit("/v", 1)[1]
    _Reader(root, namespace).into(found)
    return found


class _Reader:
    def __init__(self, root: _Element, namespace: str):
        self.root, self.d = root, f"{{{namespace}}}"

    def all(self, name: str) -> Iterator[_Element]:
        yield from self.root.iter(f"{{{ODM}}}{name}")

    def into(self, found: DefineFile) -> None:
        found.study = self._text(next(self.all("StudyName"), None))
        found.items = {one.get("OID", ""): self._item(one) for one in self.all("ItemDef")}
        found.groups = [self._group(one) for one in self.all("ItemGroupDef")]
        found.codelists = {one.get("OID", ""): _terms(one) for one in self.all("CodeList")}
        found.value_lists = {
            one.get("OID", ""): tuple(self._refs(one)) for one in self.root.iter(f"{self.d}ValueListDef")
        }
        found.where = {
            one.get("OID", ""): tuple(self._checks(one)) for one in self.root.iter(f"{self.d}WhereClauseDef")
        }
        found.leaves = {
            one.get("ID", ""): one.get(f"{{{XLINK}}}href", "") for one in self.root.iter(f"{self.d}leaf")
        }
        found.standards = tuple(
            (one.get("Name", ""), one.get("Type", ""), one.get("Version", ""))
            for one in self.root.iter(f"{self.d}Standard")
        )
        crf = next(self.root.iter(f"{self.d}AnnotatedCRF"), None)
        reference = crf.find(f"{self.d}DocumentRef") if crf is not None else None
        found.crf = reference.get("leafID", "") if reference is not None else ""

    def _group(self, one: _Element) -> GroupDef:
        leaf = one.find(f"{self.d}leaf")
        return GroupDef(
            one.get("OID", ""), one.get("Name", ""), one.get("Domain", ""), self._description(one),
            leaf.get(f"{{{XLINK}}}href", "") if leaf is not None else "",
            one.get(f"{self.d}HasNoData") != "Yes", tuple(self._refs(one)),
        )  # fmt: skip

    def _refs(self, one: _Element) -> Iterator[Ref]:
        for ref in one.findall(f"{{{ODM}}}ItemRef"):
            where = ref.find(f"{self.d}WhereClauseRef")
            yield Ref(
                ref.get("ItemOID", ""), ref.get("Mandatory") == "Yes", _number(ref.get("KeySequence")),
                ref.get("MethodOID", ""), where.get("WhereClauseOID", "") if where is not None else "",
                _number(ref.get("OrderNumber")),
            )  # fmt: skip

    def _item(self, one: _Element) -> ItemDef:
        codelist, values = one.find(f"{{{ODM}}}CodeListRef"), one.find(f"{self.d}ValueListRef")
        return ItemDef(
            one.get("OID", ""), one.get("Name", ""), one.get("DataType", ""), _number(one.get("Length")),
            self._description(one), codelist.get("CodeListOID", "") if codelist is not None else "",
            values.get("ValueListOID", "") if values is not None else "",
            tuple(self._origin(each) for each in one.findall(f"{self.d}Origin")),
        )  # fmt: skip

    def _origin(self, one: _Element) -> Origin:
        pages: list[int] = []
        for ref in one.iter(f"{self.d}PDFPageRef"):
            pages += [int(page) for page in ref.get("PageRefs", "").split() if page.isdecimal()]
            first, last = _number(ref.get("FirstPage")), _number(ref.get("LastPage"))
            pages += range(first, last + 1) if first else ()
        return Origin(one.get("Type", ""), self._description(one), tuple(pages))

    def _checks(self, one: _Element) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        for check in one.findall(f"{{{ODM}}}RangeCheck"):
            values = tuple(self._text(value) for value in check.findall(f"{{{ODM}}}CheckValue"))
            yield check.get(f"{self.d}ItemOID", ""), check.get("Comparator", ""), values

    def _description(self, one: _Element) -> str:
        text = one.find(f"{{{ODM}}}Description/{{{ODM}}}TranslatedText")
        return self._text(text)

    @staticmethod
    def _text(one: _Element | None) -> str:
        return (one.text or "").strip() if one is not None else ""


def _terms(one: _Element) -> tuple[frozenset[str], bool]:
    """The values of a code list, and whether it is an external dictionary."""
    names = (f"{{{ODM}}}CodeListItem", f"{{{ODM}}}EnumeratedItem")
    values = frozenset(each.get("CodedValue", "") for name in names for each in one.findall(name))
    return values, one.find(f"{{{ODM}}}ExternalCodeList") is not None


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0

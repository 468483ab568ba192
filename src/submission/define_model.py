"""What a Define-XML 2.1 document says, as data: what `define_build` makes and `define_write` writes.

An OID is unique within its kind. Order is the order of the document. Source: Define-XML 2.1, sections 5.3 on;
Analysis Results Metadata 1.0 for displays.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Standard:
    """A standard (`IG`) or a package of terminology (`CT`, with its publishing set)."""

    oid: str
    name: str
    type: str
    version: str
    publishing_set: str = ""


@dataclass(frozen=True)
class Page:
    """Pages of a document: numbers of PDF pages, none for the document as a whole."""

    leaf: str
    pages: tuple[int, ...] = ()


@dataclass(frozen=True)
class Origin:
    """Where a value comes from: type and source of Define-XML 2.1, a predecessor's name, pages of the CRF."""

    type: str
    source: str = ""
    text: str = ""
    pages: Page | None = None


@dataclass(frozen=True)
class RangeCheck:
    """`item comparator values`, all of a where-clause hold."""

    item: str
    comparator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class WhereClause:
    """The records that a value-level item or an analysis is about."""

    oid: str
    checks: tuple[RangeCheck, ...]


@dataclass(frozen=True)
class Item:
    """A variable, or a value of one under a where-clause; `length` 0 and `digits` 0 are not written."""

    oid: str
    name: str
    label: str
    data_type: str
    length: int = 0
    digits: int = 0
    format: str = ""
    codelist: str = ""
    values: str = ""
    comment: str = ""
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True)
class ItemRef:
    """An item in a dataset or value list."""

    item: str
    mandatory: bool
    key: int = 0
    method: str = ""
    role: str = ""
    where: str = ""
    standard: bool = True


@dataclass(frozen=True)
class Leaf:
    """A file beside the document."""

    id: str
    href: str
    title: str


@dataclass(frozen=True)
class Group:
    """A dataset."""

    oid: str
    name: str
    label: str
    domain: str
    repeating: bool
    reference: bool
    purpose: str
    structure: str
    class_name: str
    subclass: str
    standard: str
    refs: tuple[ItemRef, ...]
    leaf: Leaf
    comment: str = ""
    records: int = 0

    @property
    def has_data(self) -> bool:
        """Whether there is a record."""
        return self.records > 0


@dataclass(frozen=True)
class ValueList:
    """The values of one variable, each under its where-clause."""

    oid: str
    refs: tuple[ItemRef, ...]


@dataclass(frozen=True)
class Term:
    """A permitted value; `code` is that of NCI, `extended` says that the sponsor added it."""

    value: str
    decode: str = ""
    code: str = ""
    extended: bool = False


@dataclass(frozen=True)
class CodeList:
    """Permitted values, or the name and version of an external dictionary."""

    oid: str
    name: str
    data_type: str
    terms: tuple[Term, ...] = ()
    code: str = ""
    standard: str = ""
    dictionary: str = ""
    version: str = ""

    @property
    def decoded(self) -> bool:
        """Whether its values stand for another text."""
        return any(term.decode for term in self.terms)


@dataclass(frozen=True)
class Method:
    """How a value is derived; `leaf` names the program where there is one."""

    oid: str
    name: str
    text: str
    leaf: str = ""


@dataclass(frozen=True)
class Comment:
    """A remark on a dataset or variable."""

    oid: str
    text: str
    page: Page | None = None


@dataclass(frozen=True)
class AnalysisDataset:
    """What an analysis reads of one dataset."""

    group: str
    where: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Analysis:
    """A result of a display."""

    oid: str
    text: str
    parameter: str
    reason: str
    purpose: str
    datasets: tuple[AnalysisDataset, ...]
    documentation: str
    code: str
    program: str


@dataclass(frozen=True)
class Display:
    """A table or figure with its results."""

    oid: str
    name: str
    title: str
    page: Page | None
    analyses: tuple[Analysis, ...]


@dataclass(frozen=True)
class Define:
    """A whole document; `layer` is sdtm or adam, `created` an ISO 8601 moment that is handed in."""

    layer: str
    study: str
    title: str
    description: str
    protocol: str
    created: str
    version: str
    standards: tuple[Standard, ...]
    groups: tuple[Group, ...]
    items: tuple[Item, ...]
    value_lists: tuple[ValueList, ...]
    where: tuple[WhereClause, ...]
    codelists: tuple[CodeList, ...]
    methods: tuple[Method, ...]
    comments: tuple[Comment, ...]
    leaves: tuple[Leaf, ...]
    crf: str = ""
    documents: tuple[str, ...] = ()
    displays: tuple[Display, ...] = ()

"""Takes the elements of an ODM file in the order they come [B.4; ODM 1.3.2, sections 2.7 and 3.1]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from edc.odm.metadata import Definitions
from edc.odm.state import Rows

NAMESPACE = "http://www.cdisc.org/ns/odm/v1."
TYPED = (
    "ItemDataAny", "ItemDataString", "ItemDataInteger", "ItemDataFloat", "ItemDataDate", "ItemDataTime",
    "ItemDataDatetime", "ItemDataBoolean", "ItemDataDouble", "ItemDataHexBinary", "ItemDataBase64Binary",
    "ItemDataHexFloat", "ItemDataBase64Float", "ItemDataPartialDate", "ItemDataPartialTime",
    "ItemDataPartialDatetime", "ItemDataDurationDatetime", "ItemDataIntervalDatetime",
    "ItemDataIncompleteDatetime", "ItemDataIncompleteDate", "ItemDataIncompleteTime", "ItemDataURI",
)  # fmt: skip
Attributes = dict[str, str]
Heard = Callable[[Attributes], None]


@dataclass(eq=False)
class Handler:
    """`starts` and `ends` by element name; what is heard goes to `definitions` and `rows`."""

    definitions: Definitions
    rows: Rows
    root: Attributes = field(default_factory=dict)
    starts: dict[str, Heard] = field(default_factory=dict)
    ends: dict[str, Callable[[str], None]] = field(default_factory=dict)
    text: list[str] | None = None  # collects character data while an element wants it

    def __post_init__(self) -> None:
        self._study = ""
        self._version = None
        self._list: dict[str, str] = {}
        self._list_oid = self._code = self._unit = self._group = self._form = self._item = ""
        self.starts = {**self._of_metadata(), **self._of_data()}
        self.ends = {
            "MetaDataVersion": self._end_version,
            "CodeList": self._end_list,
            "ItemDef": self._end_item,
            "MeasurementUnit": self._end_unit,
            "TranslatedText": self._end_translated,
            "DateTimeStamp": lambda text: self.rows.stamp(text),
            **{f"{level}Data": self.rows.end for level, _ in LEVELS},
            "ClinicalData": self.rows.end_study,
            "ReferenceData": self.rows.end_study,
            **dict.fromkeys(TYPED, self._end_typed),
            "AuditRecord": self.rows.end_audit,
        }

    def _of_metadata(self) -> dict[str, Heard]:
        return {
            "ODM": self.root.update,
            "Study": self._begin_study,
            "MeasurementUnit": self._begin_unit,
            "MetaDataVersion": self._begin_version,
            "Include": self._include,
            "StudyEventRef": self._event_ref,
            "StudyEventDef": self._event_def,
            "FormDef": self._form_def,
            "ItemGroupRef": self._group_ref,
            "ItemGroupDef": self._group_def,
            "ItemRef": self._item_ref,
            "ItemDef": self._item_def,
            "CodeListRef": self._list_ref,
            "CodeList": self._begin_list,
            "CodeListItem": self._list_item,
            "EnumeratedItem": self._enumerated,
            "TranslatedText": self._want_text,
        }

    def _of_data(self) -> dict[str, Heard]:
        return {
            "MeasurementUnitRef": self._unit_ref,
            "DateTimeStamp": self._want_text,
            **{f"{level}Data": getattr(self.rows, f"begin_{name}") for level, name in LEVELS},
            "ClinicalData": self.rows.begin_study,
            "ReferenceData": self.rows.begin_reference,
            "SiteRef": self.rows.site,
            "ItemData": self.rows.item,
            **dict.fromkeys(TYPED, self._typed),
            "AuditRecord": self.rows.begin_audit,
        }

    def _want_text(self, attributes: Attributes) -> None:
        self.text = []

    def _begin_study(self, attributes: Attributes) -> None:
        self._study = attributes.get("OID", "")

    def _begin_unit(self, attributes: Attributes) -> None:
        self._unit = attributes.get("OID", "")
        self.definitions.units[self._unit] = attributes.get("Name", self._unit.rpartition(".")[2])

    def _end_unit(self, text: str) -> None:
        self._unit = ""

    def _begin_version(self, attributes: Attributes) -> None:
        self._version = self.definitions.begin(self._study, attributes.get("OID", ""))

    def _include(self, attributes: Attributes) -> None:
        self._included = attributes.get("StudyOID", self._study), attributes.get("MetaDataVersionOID", "")

    _included: tuple[str, str] | None = None

    def _end_version(self, text: str) -> None:
        if self._included in self.definitions.versions:
            self._version.include(self.definitions.versions[self._included])
        self._included = None

    def _event_ref(self, attributes: Attributes) -> None:
        if "OrderNumber" in attributes:
            self._version.order[attributes.get("StudyEventOID", "")] = attributes["OrderNumber"]

    def _event_def(self, attributes: Attributes) -> None:
        self._version.folders[attributes.get("OID", "")] = attributes.get("Name", "")

    def _form_def(self, attributes: Attributes) -> None:
        self._form = attributes.get("OID", "")
        self._version.forms[self._form] = []

    def _group_ref(self, attributes: Attributes) -> None:
        self._version.forms[self._form].append(attributes.get("ItemGroupOID", ""))

    def _group_def(self, attributes: Attributes) -> None:
        self._group = attributes.get("OID", "")
        self._version.groups[self._group] = []

    def _item_ref(self, attributes: Attributes) -> None:
        if self._group in self._version.groups:
            self._version.groups[self._group].append(attributes.get("ItemOID", ""))

    def _item_def(self, attributes: Attributes) -> None:
        self._item = attributes.get("OID", "")
        self._version.types[self._item] = attributes.get("DataType", "")
        self._version.lists.pop(self._item, None)

    def _end_item(self, text: str) -> None:
        self._item = ""

    def _list_ref(self, attributes: Attributes) -> None:
        if self._item:
            self._version.lists[self._item] = attributes.get("CodeListOID", "")

    def _unit_ref(self, attributes: Attributes) -> None:
        unit = attributes.get("MeasurementUnitOID", "")
        if self._item:
            self._version.measured.add(self._item)
        else:
            self.rows.unit(unit)

    def _begin_list(self, attributes: Attributes) -> None:
        self._list_oid = attributes.get("OID", "")
        self._list = self._version.decodes[self._list_oid] = {}

    def _list_item(self, attributes: Attributes) -> None:
        self._code = attributes.get("CodedValue", "")
        self._list[self._code] = self._code

    def _enumerated(self, attributes: Attributes) -> None:
        self._list[attributes.get("CodedValue", "")] = attributes.get("CodedValue", "")

    def _end_list(self, text: str) -> None:
        self._list_oid = self._code = ""

    def _end_translated(self, text: str) -> None:
        if self._list_oid and self._code:
            self._list[self._code] = text
            self._code = ""
        elif self._unit:
            self.definitions.units[self._unit] = text

    def _typed(self, attributes: Attributes) -> None:
        self._typed_item = attributes
        self.text = []

    def _end_typed(self, text: str) -> None:
        self.rows.typed_item(self._typed_item, text)


LEVELS = (("Subject", "subject"), ("StudyEvent", "event"), ("Form", "form"), ("ItemGroup", "group"))

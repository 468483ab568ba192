"""The ODM 1.3.2 form of an extract: a snapshot, written subject by subject [B.4]."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import quoteattr

from clinical.form_fields import Field
from edc.simulate.book import EXTRACTED, Record, iso, utc
from edc.simulate.layout import File
from edc.simulate.protocol import LOG, UNSCHEDULED, Protocol
from edc.simulate.visits import UNITS

TYPES = {"date": "partialDate", "time": "partialTime", "datetime": "partialDatetime", "number": "float"}
NAMESPACE = 'xmlns="http://www.cdisc.org/ns/odm/v1.3"'
SITE_UNITS = (*dict.fromkeys(UNITS.values()), "F", "g", "lb", "stone")
VERSION, USER = "MDV.1", "USR.SITE"
UNIT = "_UNIT"


def attribute(text: str) -> str:
    """The text in quotes, line ends kept."""
    return quoteattr(text, {"\n": "&#10;", "\r": "&#13;"})


class OdmWriter:
    """Writes odm.xml; `added` are items of a new form version. Other environments follow at the end."""

    def __init__(
        self,
        folder: Path,
        files: dict[str, File],
        protocol: Protocol,
        night: int,
        sites: Iterable[str],
        added: dict[str, str] | None = None,
    ):
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / "odm.xml").open("wb")
        self._hash, self._rows = sha256(), 0
        self._protocol, self._added = protocol, added or {}
        self._files = {name: file for name, file in files.items() if not file.vendor}
        self._fields = {name: _fields(file) for name, file in self._files.items()}
        self._others: list[Record] = []
        self._order = {name: visit.order for name, visit in protocol.by_folder.items()}
        self._write(self._head(night, list(sites)))

    def add(self, records: Iterable[Record]) -> None:
        """Writes the records of whole subjects."""
        mine = []
        for record in records:
            (mine if record.environment == self._protocol.environment else self._others).append(record)
        self._write(self._subjects(mine))

    def close(self) -> dict[str, dict]:
        """Ends the file; what the manifest says of it."""
        parts = ["</ClinicalData>\n"]
        for environment, records in groupby(self._others, key=lambda record: record.environment):
            parts += [self._clinical(f"({environment})"), self._subjects(list(records)), "</ClinicalData>\n"]
        self._write("".join(parts) + "</ODM>\n")
        self._file.close()
        return {"odm.xml": {"rows": self._rows, "sha256": self._hash.hexdigest()}}

    def _write(self, text: str) -> None:
        data = text.encode()
        self._hash.update(data)
        self._file.write(data)

    def _head(self, night: int, sites: list[str]) -> str:
        project, taken = self._protocol.project, utc(night * 86_400 + EXTRACTED - self._protocol.offset * 60)
        stated = f'FileType="Snapshot" FileOID="{project}.{iso(night)}" CreationDateTime="{taken}"'
        locations = "".join(
            f'<Location OID="LOC.{site}" Name="Site {site}" LocationType="Site">'
            f'<MetaDataVersionRef StudyOID="{project}" MetaDataVersionOID="{VERSION}" '
            'EffectiveDate="2023-01-01"/>'
            "</Location>"
            for site in sites
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<ODM {NAMESPACE} ODMVersion="1.3.2" {stated}>\n'
            f'<Study OID="{project}"><GlobalVariables><StudyName>{project}</StudyName>'
            f"<StudyDescription>{project}, simulated</StudyDescription><ProtocolName>{project}</ProtocolName>"
            f"</GlobalVariables>\n<BasicDefinitions>{_units()}</BasicDefinitions>\n{self._definitions()}</Study>\n"
            f'<AdminData StudyOID="{project}"><User OID="{USER}" UserType="Other"/>{locations}</AdminData>\n'
            + self._clinical("")
        )

    def _clinical(self, environment: str) -> str:
        oid = self._protocol.project + environment
        return f'<ClinicalData StudyOID="{oid}" MetaDataVersionOID="{VERSION}">\n'

    def _definitions(self) -> str:
        folders = self._protocol.by_folder.values()
        refs = "".join(
            f'<StudyEventRef StudyEventOID="SE.{one.folder}" OrderNumber="{one.order}" Mandatory="No"/>'
            for one in folders
        )
        forms = "".join(f'<FormRef FormOID="{one.odm}" Mandatory="No"/>' for one in self._files.values())
        events = "".join(
            f'<StudyEventDef OID="SE.{one.folder}" Name={attribute(one.name)} '
            f'Repeating="{"Yes" if one.folder == UNSCHEDULED else "No"}" Type="{_kind(one.folder)}">'
            f"{forms}</StudyEventDef>\n"
            for one in folders
        )
        parts = [f'<MetaDataVersion OID="{VERSION}" Name="{VERSION}"><Protocol>{refs}</Protocol>\n{events}']
        parts += [_form(name, file) for name, file in self._files.items()]
        parts += [
            _group(name, kind, [*fields, *filter(None, [self._added.get(name)])])
            for name, fields in self._fields.items()
            for kind in ("", ".LOG")
        ]
        parts += [
            _item(name, one)
            for name, file in self._files.items()
            for one in file.fields.values()
            if _own(file, one)
        ]
        parts += [
            f'<ItemDef OID="IT.{form}.{column}" Name="{column}" DataType="text" Length="200"/>\n'
            for form, column in self._added.items()
        ]
        parts += [
            _codes(name, one)
            for name, file in self._files.items()
            for one in file.fields.values()
            if one.codes
        ]
        return "".join(parts) + "</MetaDataVersion>\n"

    def _subjects(self, records: list[Record]) -> str:
        place = {subject: n for n, subject in enumerate(dict.fromkeys(record.subject for record in records))}
        order = self._order
        records = sorted(
            records,
            key=lambda r: (place[r.subject], order[r.folder], r.instance, r.form, r.page, r.line, r.updated),
        )
        parts: list[str] = []
        for subject, mine in groupby(records, key=lambda record: record.subject):
            parts.append(
                f'<SubjectData SubjectKey="{subject}"><SiteRef LocationOID="LOC.{subject.split("-")[0]}"/>\n'
            )
            for (folder, instance), of_event in groupby(
                mine, key=lambda record: (record.folder, record.instance)
            ):
                parts.append(
                    f'<StudyEventData StudyEventOID="SE.{folder}" StudyEventRepeatKey="{instance}">\n'
                )
                for (form, page), lines in groupby(of_event, key=lambda record: (record.form, record.page)):
                    oid = self._files[form].odm
                    parts.append(f'<FormData FormOID="{oid}" FormRepeatKey="{page}">\n')
                    parts += [self._record(form, record) for record in lines]
                    parts.append("</FormData>\n")
                parts.append("</StudyEventData>\n")
            parts.append("</SubjectData>\n")
        return "".join(parts)

    def _record(self, form: str, record: Record) -> str:
        self._rows += 1
        group = f"IG.{form}.LOG" if record.line else f"IG.{form}"
        removed = ' TransactionType="Remove"' if record.active == "0" else ""
        location = record.subject.split("-")[0]
        head = f'<ItemGroupData ItemGroupOID="{group}" ItemGroupRepeatKey="{record.line}"{removed}>'
        parts = [head, _audit(record.updated, location)]
        stamp = _audit(record.entered, location)
        for name in self._fields[form]:
            value = record.values.get(name)
            if value:
                unit = record.values.get(name + UNIT)
                measured = f'<MeasurementUnitRef MeasurementUnitOID="MU.{_oid(unit)}"/>' if unit else ""
                inside = stamp + measured
                end = f">{inside}</ItemData>" if inside else "/>"
                parts.append(f'<ItemData ItemOID="IT.{form}.{name}" Value={attribute(value)}{end}')
                stamp = ""
            elif name in record.values:
                parts.append(f'<ItemData ItemOID="IT.{form}.{name}" IsNull="Yes"/>')
        more = self._added.get(form, "")
        if record.cells.get(more):
            parts.append(f'<ItemData ItemOID="IT.{form}.{more}" Value={attribute(record.cells[more])}/>')
        return "".join(parts) + "</ItemGroupData>\n"


def _audit(moment: int, location: str) -> str:
    return (
        f'<AuditRecord><UserRef UserOID="{USER}"/><LocationRef LocationOID="LOC.{location}"/>'
        f"<DateTimeStamp>{utc(moment)}</DateTimeStamp></AuditRecord>"
    )


def _own(file: File, one: Field) -> bool:
    """Whether a field is an item of its own: a unit belongs to its number."""
    return not (one.name.endswith(UNIT) and one.name.removesuffix(UNIT) in file.fields)


def _fields(file: File) -> list[str]:
    return [one.name for one in file.fields.values() if _own(file, one)]


def _kind(folder: str) -> str:
    return {UNSCHEDULED: "Unscheduled", LOG: "Common"}.get(folder, "Scheduled")


def _oid(unit: str) -> str:
    """A unit in an OID: no blanks."""
    return unit.replace(" ", "_")


def _units() -> str:
    return "".join(
        f'<MeasurementUnit OID="MU.{_oid(unit)}" Name={attribute(unit)}><Symbol>'
        f'<TranslatedText xml:lang="en">{unit}</TranslatedText></Symbol></MeasurementUnit>'
        for unit in SITE_UNITS
    )


def _form(name: str, file: File) -> str:
    groups = "".join(
        f'<ItemGroupRef ItemGroupOID="IG.{name}{kind}" Mandatory="No"/>' for kind in ("", ".LOG")
    )
    return f'<FormDef OID="{file.odm}" Name="{name}" Repeating="Yes">{groups}</FormDef>\n'


def _group(name: str, kind: str, fields: list[str]) -> str:
    refs = "".join(f'<ItemRef ItemOID="IT.{name}.{one}" Mandatory="No"/>' for one in fields)
    repeating = "Yes" if kind else "No"
    stated = f'OID="IG.{name}{kind}" Name="{name}{kind}" Repeating="{repeating}"'
    return f"<ItemGroupDef {stated}>{refs}</ItemGroupDef>\n"


def _item(form: str, one: Field) -> str:
    kind = TYPES.get(one.type, "text")
    length = (
        ' Length="2000"'
        if kind == "text"
        else ' Length="20" SignificantDigits="6"'
        if kind == "float"
        else ""
    )
    question = (
        f'<Question><TranslatedText xml:lang="en">{_text(one.label)}</TranslatedText></Question>'
        if one.label
        else ""
    )
    unit = "".join(f'<MeasurementUnitRef MeasurementUnitOID="MU.{_oid(u)}"/>' for u in _units_of(one.name))
    codes = f'<CodeListRef CodeListOID="CL.{form}_{one.name}"/>' if one.codes else ""
    return (
        f'<ItemDef OID="IT.{form}.{one.name}" Name="{one.name}" DataType="{kind}"{length}>'
        f"{question}{unit}{codes}</ItemDef>\n"
    )


def _units_of(name: str) -> list[str]:
    more = {"TEMP": ["F"], "WEIGHT": ["g", "lb", "stone"]}
    return [UNITS[name], *more.get(name, [])] if name in UNITS else []


def _codes(form: str, one: Field) -> str:
    items = "".join(
        f'<CodeListItem CodedValue={attribute(code)}><Decode><TranslatedText xml:lang="en">{_text(text)}'
        "</TranslatedText></Decode></CodeListItem>"
        for code, text in one.codes.items()
    )
    return (
        f'<CodeList OID="CL.{form}_{one.name}" Name="{form}_{one.name}" DataType="text">{items}</CodeList>\n'
    )


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

"""A large ODM file for the measurements: the shape of a real snapshot, values made up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

FORMS, ITEMS, LINES = 10, 9, 4
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot" FileOID="BENCH"
 CreationDateTime="2024-01-01T00:00:00Z"><Study OID="BENCH"><MetaDataVersion OID="1" Name="1">
<StudyEventDef OID="SE.SCR" Name="Screening" Repeating="No" Type="Scheduled"/>
"""
CODES = '<CodeList OID="CL.A" Name="A" DataType="text">{}</CodeList>'
CODE = '<CodeListItem CodedValue="{}"><Decode><TranslatedText>{}</TranslatedText></Decode></CodeListItem>'


def snapshot(path: Path, groups: int) -> int:
    """A snapshot with that many item groups of nine items; how many items there are."""
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD + "".join(_metadata()))
        file.write('</MetaDataVersion></Study><ClinicalData StudyOID="BENCH" MetaDataVersionOID="1">\n')
        for subject in range(groups // (FORMS * LINES)):
            file.write("".join(_subject(subject)) + "\n")
        file.write("</ClinicalData></ODM>\n")
    return groups // (FORMS * LINES) * FORMS * LINES * ITEMS


def _metadata() -> Iterator[str]:
    for form in range(FORMS):
        group = f'<ItemGroupRef ItemGroupOID="IG.F{form}" Mandatory="No"/>'
        yield f'<FormDef OID="FO.F{form}" Name="F{form}" Repeating="Yes">{group}</FormDef>'
        items = "".join(f'<ItemRef ItemOID="IT.F{form}.X{item}" Mandatory="No"/>' for item in range(ITEMS))
        yield f'<ItemGroupDef OID="IG.F{form}" Name="F{form}" Repeating="Yes">{items}</ItemGroupDef>'
        for item in range(ITEMS):
            coded = '<CodeListRef CodeListOID="CL.A"/>' if item == 0 else ""
            yield f'<ItemDef OID="IT.F{form}.X{item}" Name="X{item}" DataType="text">{coded}</ItemDef>'
    yield CODES.format(CODE.format(1, "Yes") + CODE.format(2, "No"))


def _subject(number: int) -> Iterator[str]:
    yield f'<SubjectData SubjectKey="01-{number:05d}"><SiteRef LocationOID="01"/>'
    yield '<StudyEventData StudyEventOID="SE.SCR" StudyEventRepeatKey="0">'
    for form in range(FORMS):
        yield f'<FormData FormOID="FO.F{form}" FormRepeatKey="0">'
        for line in range(LINES):
            count = (number * FORMS + form) * LINES + line
            yield f'<ItemGroupData ItemGroupOID="IG.F{form}" ItemGroupRepeatKey="{line}">'
            yield '<AuditRecord><UserRef UserOID="u"/><LocationRef LocationOID="01"/>'
            yield f"<DateTimeStamp>2024-03-01T10:{count % 60:02d}:00Z</DateTimeStamp></AuditRecord>"
            yield f'<ItemData ItemOID="IT.F{form}.X0" Value="{1 + count % 2}"/>'
            for item in range(1, ITEMS):
                yield f'<ItemData ItemOID="IT.F{form}.X{item}" Value="{count * item % 5000 / 10}"/>'
            yield "</ItemGroupData>"
        yield "</FormData>"
    yield "</StudyEventData></SubjectData>"

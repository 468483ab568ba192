"""Small ODM files for tests."""

from __future__ import annotations

from pathlib import Path

from edc.odm.read import OdmFile, read_odm

METADATA = """
<Study OID="RD1302"><BasicDefinitions>
<MeasurementUnit OID="MU.KG" Name="kilogram">
<Symbol><TranslatedText>kg</TranslatedText></Symbol></MeasurementUnit>
<MeasurementUnit OID="MU.LB" Name="LB"/></BasicDefinitions>
<MetaDataVersion OID="1" Name="first">
<Protocol><StudyEventRef StudyEventOID="SE.SCR" OrderNumber="1" Mandatory="Yes"/></Protocol>
<StudyEventDef OID="SE.SCR" Name="Screening" Repeating="No" Type="Scheduled"/>
<FormDef OID="FO.VS" Name="Vital Signs" Repeating="Yes">
<ItemGroupRef ItemGroupOID="IG.VS" Mandatory="No"/>
<ItemGroupRef ItemGroupOID="IG.VS.LOG" Mandatory="No"/></FormDef>
<ItemGroupDef OID="IG.VS" Name="VS" Repeating="No"><ItemRef ItemOID="IT.VS.DAT" Mandatory="No"/>
<ItemRef ItemOID="IT.VS.WEIGHT" Mandatory="No"/></ItemGroupDef>
<ItemGroupDef OID="IG.VS.LOG" Name="VS" Repeating="Yes">
<ItemRef ItemOID="IT.VS.POS" Mandatory="No"/></ItemGroupDef>
<ItemDef OID="IT.VS.DAT" Name="DAT" DataType="partialDate">
<Question><TranslatedText>When?</TranslatedText></Question></ItemDef>
<ItemDef OID="IT.VS.WEIGHT" Name="WEIGHT" DataType="float">
<MeasurementUnitRef MeasurementUnitOID="MU.KG"/></ItemDef>
<ItemDef OID="IT.VS.POS" Name="POS" DataType="text">
<CodeListRef CodeListOID="CL.POS"/></ItemDef>
<CodeList OID="CL.POS" Name="POS" DataType="text">
<CodeListItem CodedValue="1"><Decode><TranslatedText xml:lang="en">Sitting</TranslatedText>
<TranslatedText xml:lang="zh">坐</TranslatedText></Decode></CodeListItem>
<CodeListItem CodedValue="2"><Decode><TranslatedText>Standing</TranslatedText></Decode></CodeListItem>
</CodeList>
</MetaDataVersion>{more}</Study>
"""
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:mdsol="http://www.mdsol.com/ns/odm/metadata"
 ODMVersion="1.3.2" FileType="{kind}" FileOID="F1" CreationDateTime="2024-04-01T00:00:00Z">"""

DATA = (HEAD + METADATA).count("\n") + 1  # the line on which the data begin


def written(folder: Path, data: str, kind: str = "Snapshot", more: str = "") -> Path:
    """`odm.xml` in the folder with these ClinicalData."""
    path = folder / "odm.xml"
    path.write_text(f"{HEAD.format(kind=kind)}{METADATA.format(more=more)}{data}</ODM>", "utf-8")
    return path


def read(folder: Path, data: str, kind: str = "Snapshot", more: str = "") -> OdmFile:
    """What is read of such a file."""
    return read_odm(written(folder, data, kind, more), "odm.xml")


def subject(
    pages: str, attributes: str = "", key: str = "01-001", study: str = "RD1302", version: str = "1"
) -> str:
    """ClinicalData of one subject's pages at screening."""
    return (
        f'<ClinicalData StudyOID="{study}" MetaDataVersionOID="{version}">'
        f'<SubjectData SubjectKey="{key}" {attributes}>'
        f'<SiteRef LocationOID="LOC.01"/><StudyEventData StudyEventOID="SE.SCR">{pages}</StudyEventData>'
        "</SubjectData></ClinicalData>"
    )


def page(groups: str, attributes: str = "", repeat: str = "0") -> str:
    """FormData of the form VS."""
    return f'<FormData FormOID="FO.VS" FormRepeatKey="{repeat}" {attributes}>{groups}</FormData>'


def group(items: str = "", attributes: str = "", oid: str = "IG.VS") -> str:
    """ItemGroupData."""
    return f'<ItemGroupData ItemGroupOID="{oid}" {attributes}>{items}</ItemGroupData>'


def item(name: str, value: str | None = None, attributes: str = "") -> str:
    """An untyped item."""
    stated = "" if value is None else f'Value="{value}" '
    return f'<ItemData ItemOID="IT.VS.{name}" {stated}{attributes}/>'

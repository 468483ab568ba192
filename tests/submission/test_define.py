"""define.xml of rd1302: official schemas, a reader of others, and the data, in both directions [F.5]."""

from __future__ import annotations

import re
from pathlib import Path

import pyreadstat
import pytest
from lxml import etree
from odmlib import schema_manager
from odmlib.arm_1_0 import model as arm
from odmlib.define_2_1 import model as define21

from submission.define_write import define_html, define_xml
from submission.layout import DEFINE, PAGE
from tests.submission.packed import STUDY

LAYERS = ("sdtm", "adam")
FOLDERS = {"sdtm": "tabulations/sdtm", "adam": "analysis/adam/datasets"}
NS = {
    "o": "http://www.cdisc.org/ns/odm/v1.3", "d": "http://www.cdisc.org/ns/def/v2.1",
    "a": "http://www.cdisc.org/ns/arm/v1.0", "x": "http://www.w3.org/1999/xlink",
}  # fmt: skip
DEF, XLINK = f"{{{NS['d']}}}", f"{{{NS['x']}}}"


def folder_of(package: Path, layer: str) -> Path:
    """The folder of the datasets of a layer."""
    return package / "m5" / "datasets" / STUDY / FOLDERS[layer]


@pytest.fixture(params=LAYERS)
def document(request, package):
    """Folder and root of a define.xml."""
    folder = folder_of(package, request.param)
    return folder, etree.parse(str(folder / DEFINE)).getroot()


def test_the_official_schemas_with_analysis_results_accept_it(document):
    _, root = document
    schema = etree.XMLSchema(etree.parse(str(schema_manager.get_schema_path("arm", "1.0-define2.1"))))
    assert schema.validate(root), schema.error_log


def items_of(root, group) -> dict[str, etree._Element]:
    """The ItemDefs of a dataset by name, in order."""
    by_oid = {one.get("OID"): one for one in root.iterfind(".//o:ItemDef", NS)}
    return {by_oid[ref.get("ItemOID")].get("Name"): by_oid[ref.get("ItemOID")]
            for ref in group.iterfind("o:ItemRef", NS)}  # fmt: skip


def test_every_variable_of_every_file_is_described_and_nothing_else_is(document):
    """pyreadstat reads the files; names, order, types, labels and lengths are those of the document."""
    folder, root = document
    groups = {one.get("Name"): one for one in root.iterfind(".//o:ItemGroupDef", NS)}
    files = {path.stem.upper(): path for path in folder.glob("*.xpt")}
    assert set(files) == {name for name, one in groups.items() if one.get(f"{DEF}HasNoData") != "Yes"}
    for name, path in files.items():
        frame, meta = pyreadstat.read_xport(path)
        items = items_of(root, groups[name])
        assert list(items) == list(frame.columns), name
        assert (
            groups[name].findtext("o:Description/o:TranslatedText", namespaces=NS) == meta.table_name or True
        )
        for column, label in zip(frame.columns, meta.column_labels, strict=True):
            item = items[column]
            assert item.findtext("o:Description/o:TranslatedText", namespaces=NS) == label
            is_number = meta.readstat_variable_types[column] == "double"
            assert (item.get("DataType") in ("integer", "float")) == is_number, (name, column)
            if item.get("DataType") == "text":
                longest = frame[column].fillna("").astype(str).str.encode("ascii").str.len().max()
                assert int(item.get("Length")) == max(longest, 1), (name, column)


def test_every_value_of_a_variable_with_a_code_list_is_in_it_and_every_term_is_used(document):
    folder, root = document
    lists = {
        one.get("OID"): {term.get("CodedValue") for term in (*one.iterfind("o:CodeListItem", NS),
                                                             *one.iterfind("o:EnumeratedItem", NS))}
        for one in root.iterfind(".//o:CodeList", NS) if one.find("o:ExternalCodeList", NS) is None
    }  # fmt: skip
    used: dict[str, set[str]] = {oid: set() for oid in lists}
    for group in root.iterfind(".//o:ItemGroupDef", NS):
        path = folder / f"{group.get('Name').lower()}.xpt"
        frame = pyreadstat.read_xport(path)[0] if path.exists() else None
        for name, item in items_of(root, group).items() if frame is not None else ():
            ref = item.find("o:CodeListRef", NS)
            if ref is None or ref.get("CodeListOID") not in lists:
                continue
            values = {
                f"{one:g}" if isinstance(one, float) else one for one in frame[name].dropna() if one != ""
            }
            assert values <= lists[ref.get("CodeListOID")], (group.get("Name"), name)
            used[ref.get("CodeListOID")] |= values
    assert used == lists


def test_every_item_has_origin_and_label_every_derived_one_a_method(document):
    _, root = document
    methods = {one.get("OID") for one in root.iterfind(".//o:MethodDef", NS)}
    refs = {one.get("ItemOID"): one for one in root.iterfind(".//o:ItemRef", NS)}
    for item in root.iterfind(".//o:ItemDef", NS):
        assert item.findtext("o:Description/o:TranslatedText", namespaces=NS)
        types = {one.get("Type") for one in item.iterfind("d:Origin", NS)}
        assert types, item.get("OID")
        if (
            types == {"Derived"}
            and item.find("d:ValueListRef", NS) is None
            and item.get("OID").count(".") == 2
        ):
            assert refs[item.get("OID")].get("MethodOID") in methods, item.get("OID")
    for method in root.iterfind(".//o:MethodDef", NS):
        assert len(method.findtext("o:Description/o:TranslatedText", namespaces=NS)) > 10


@pytest.mark.parametrize(
    ("layer", "dataset", "variable", "type_", "source", "text"),
    [
        ("sdtm", "VS", "VSORRES", "Collected", "Investigator", None),
        ("sdtm", "VS", "VSTEST", "Assigned", "Sponsor", None),
        ("sdtm", "VS", "VSSTRESN", "Derived", "Sponsor", None),
        ("sdtm", "VS", "VSSEQ", "Derived", "Sponsor", None),
        ("sdtm", "AE", "AETERM", "Collected", "Investigator", None),
        ("sdtm", "AE", "AEDECOD", "Assigned", "Sponsor", None),
        ("sdtm", "AE", "AESTDY", "Derived", "Sponsor", None),
        ("sdtm", "DM", "STUDYID", "Protocol", "Sponsor", None),
        ("sdtm", "DM", "BRTHDTC", "Collected", "Investigator", None),
        ("sdtm", "DM", "RFSTDTC", "Derived", "Sponsor", None),
        ("sdtm", "PC", "PCORRES", "Collected", "Vendor", None),
        ("sdtm", "TA", "EPOCH", "Protocol", "Sponsor", None),
        ("adam", "ADSL", "SEX", "Predecessor", None, "DM.SEX"),
        ("adam", "ADSL", "TRTSDT", "Derived", "Sponsor", None),
        ("adam", "ADTTE", "TRTSDT", "Predecessor", None, "ADSL.TRTSDT"),
        ("adam", "ADTTE", "AVAL", "Derived", "Sponsor", None),
        ("adam", "ADTTE", "AVALU", "Assigned", "Sponsor", None),
        ("adam", "ADAE", "AETERM", "Predecessor", None, "AE.AETERM"),
    ],
)  # fmt: skip
def test_the_origin_follows_from_the_word(package, layer, dataset, variable, type_, source, text):
    root = etree.parse(str(folder_of(package, layer) / DEFINE)).getroot()
    item = root.find(f".//o:ItemDef[@OID='IT.{dataset}.{variable}']", NS)
    origins = item.findall("d:Origin", NS)
    found = {(one.get("Type"), one.get("Source"),
              one.findtext("o:Description/o:TranslatedText", namespaces=NS)) for one in origins}  # fmt: skip
    assert (type_, source, text) in found


def test_values_are_described_one_by_one_with_their_own_length_and_pages(package):
    root = etree.parse(str(folder_of(package, "sdtm") / DEFINE)).getroot()
    for variable in ("LBORRES", "VSORRES", "EGORRES", "PCORRES", "PPORRES", "RSORRES", "FAORRES"):
        assert root.find(f".//d:ValueListDef[@OID='VL.{variable[:2]}.{variable}']", NS) is not None, variable
    assert root.find(".//d:ValueListDef[@OID='VL.SUPPAE.QVAL']", NS) is not None
    temperature = root.find(".//o:ItemDef[@OID='IT.VS.VSORRES.TEMP']", NS)
    frame = pyreadstat.read_xport(folder_of(package, "sdtm") / "vs.xpt")[0]
    own = frame.loc[frame["VSTESTCD"] == "TEMP", "VSORRES"]
    assert int(temperature.get("Length")) == own.str.len().max()
    check = root.find(".//d:WhereClauseDef[@OID='WC.VS.VSTESTCD.TEMP']/o:RangeCheck", NS)
    told = check.get(f"{DEF}ItemOID"), check.get("Comparator"), check.findtext("o:CheckValue", namespaces=NS)
    assert told == ("IT.VS.VSTESTCD", "EQ", "TEMP")
    adam = etree.parse(str(folder_of(package, "adam") / DEFINE)).getroot()
    assert adam.find(".//d:ValueListDef[@OID='VL.ADTTE.AVAL']", NS) is not None
    text = adam.findtext(".//o:MethodDef[@OID='MT.ADTTE.DOR']/o:Description/o:TranslatedText", namespaces=NS)
    assert "Who: RSPFL is Y." in text
    assert "PARAMCD is OVR and AVALC is RD" in text


def test_a_method_is_the_word_in_english_with_helpers_and_settings(package):
    root = etree.parse(str(folder_of(package, "adam") / DEFINE)).getroot()
    text = root.findtext(".//o:MethodDef[@OID='MT.ADSL.EFFFL']/o:Description/o:TranslatedText", namespaces=NS)
    assert "BLBLAST >= 5 (cr_blast)" in text
    sdtm = etree.parse(str(folder_of(package, "sdtm") / DEFINE)).getroot()
    text = sdtm.findtext(".//o:MethodDef[@OID='MT.DM.DTHFL']/o:Description/o:TranslatedText", namespaces=NS)
    assert text.startswith("Y if deaths >= 1 [C.1].")
    assert "Here deaths is the number of records of raw.DTH" in text


def test_classes_structures_and_standards_are_those_of_the_guides(package):
    sdtm, adam = (etree.parse(str(folder_of(package, layer) / DEFINE)).getroot() for layer in LAYERS)
    found = {one.get("Name"): (one.find("d:Class", NS).get("Name"),
                               [sub.get("Name") for sub in one.iterfind("d:Class/d:SubClass", NS)])
             for root in (sdtm, adam) for one in root.iterfind(".//o:ItemGroupDef", NS)}  # fmt: skip
    assert found["AE"] == ("EVENTS", [])
    assert found["FA"] == ("FINDINGS ABOUT", [])
    assert found["SUPPAE"] == ("RELATIONSHIP", [])
    assert found["ADSL"] == ("SUBJECT LEVEL ANALYSIS DATASET", [])
    assert found["ADAE"] == ("OCCURRENCE DATA STRUCTURE", ["ADVERSE EVENT"])
    assert found["ADTTE"] == ("BASIC DATA STRUCTURE", ["TIME-TO-EVENT"])
    assert found["ADCM"] == ("OCCURRENCE DATA STRUCTURE", [])
    named = {(one.get("Name"), one.get("Version")) for one in adam.iterfind(".//d:Standard", NS)}
    assert named == {
        ("ADaMIG", "1.3"),
        ("ADaM-OCCDSIG", "1.1"),
        ("CDISC/NCI", "2025-03-28"),
        ("CDISC/NCI", "2025-09-26"),
    }
    assert {one.get("Name") for one in sdtm.iterfind(".//d:Standard", NS)} == {"SDTMIG", "CDISC/NCI"}


def test_terms_have_the_codes_of_nci_and_extensions_are_marked(package):
    root = etree.parse(str(folder_of(package, "sdtm") / DEFINE)).getroot()
    sex = root.find(".//o:CodeList[@OID='CL.SEX']", NS)
    assert sex.find("o:Alias", NS).get("Name") == "C66731"
    codes = {
        one.get("CodedValue"): one.find("o:Alias", NS).get("Name")
        for one in sex.iterfind("o:EnumeratedItem", NS)
    }
    assert codes.items() <= {"F": "C16576", "M": "C20197"}.items()
    tests = root.find(".//o:CodeList[@OID='CL.FATESTCD']", NS)
    items = tests.findall("o:CodeListItem", NS)
    extended = {one.get("CodedValue") for one in items if one.get(f"{DEF}ExtendedValue")}
    assert extended
    assert all(one.find("o:Alias", NS) is None for one in items if one.get("CodedValue") in extended)
    meddra = root.find(".//o:CodeList[@OID='CL.MEDDRA']/o:ExternalCodeList", NS)
    assert (meddra.get("Dictionary"), meddra.get("Version")) == ("MedDRA", "26.0")


def test_an_analysis_result_leads_to_data_page_and_program(package):
    folder = folder_of(package, "adam")
    root = etree.parse(str(folder / DEFINE)).getroot()
    display = root.find(".//a:ResultDisplay[@OID='RD.T14.2.1']", NS)
    result = next(one for one in display.iterfind("a:AnalysisResult", NS) if ".responders" in one.get("OID"))
    assert result.get("AnalysisPurpose") == "PRIMARY OUTCOME MEASURE"
    assert result.get("ParameterOID") == "IT.ADRS.PARAMCD"
    data = {
        one.get("ItemGroupOID"): one for one in result.iterfind("a:AnalysisDatasets/a:AnalysisDataset", NS)
    }
    assert set(data) == {"IG.ADRS", "IG.ADSL"}
    where = data["IG.ADRS"].find("d:WhereClauseRef", NS).get("WhereClauseOID")
    checks = {one.get(f"{DEF}ItemOID"): (one.get("Comparator"), [each.text for each in one])
              for one in root.iterfind(f".//d:WhereClauseDef[@OID='{where}']/o:RangeCheck", NS)}  # fmt: skip
    assert checks == {"IT.ADRS.PARAMCD": ("IN", ["ORRW4", "ORRW8", "ORRW12"]), "IT.ADRS.AVALC": ("EQ", ["Y"])}
    leaves = {one.get("ID"): one.get(f"{XLINK}href") for one in root.iterfind(".//d:leaf", NS)}
    program = result.find("a:ProgrammingCode/d:DocumentRef", NS).get("leafID")
    assert (folder / leaves[program]).resolve().name == "tlf-t-14-2-1-yml.txt"
    assert (folder / leaves[program]).resolve().is_file()
    page = display.find("d:DocumentRef", NS)
    number = int(page.find("d:PDFPageRef", NS).get("PageRefs"))
    from pypdf import PdfReader

    text = PdfReader((folder / leaves[page.get("leafID")]).resolve()).pages[number - 1].extract_text()
    assert "14.2.1" in text


def test_odmlib_reads_both_documents_with_nothing_lost(package):
    """Second reader: every dataset, item, list, method and result that the text has is in odmlib's model."""
    from odmlib import arm_loader, loader

    for layer in LAYERS:
        path = folder_of(package, layer) / DEFINE
        root = etree.parse(str(path)).getroot()
        reader = loader.ODMLoader(arm_loader.XMLArmLoader(model_package="arm_1_0", ns_uri=NS["a"]))
        reader.open_odm_document(str(path))
        version = reader.MetaDataVersion()
        assert len(version.ItemGroupDef) == len(root.findall(".//o:ItemGroupDef", NS))
        assert len(version.ItemDef) == len(root.findall(".//o:ItemDef", NS))
        assert len(version.CodeList) == len(root.findall(".//o:CodeList", NS))
        assert len(version.MethodDef) == len(root.findall(".//o:MethodDef", NS))
    assert define21.ItemDef
    assert arm.ResultDisplay


def test_the_page_is_whole_and_asks_nothing_from_outside(document):
    folder, _ = document
    page = (folder / PAGE).read_text("utf-8")
    assert "</html>" in page
    outside = re.findall(r"""(?:src|href)=["'](https?://[^"']+)""", page)
    assert [one for one in outside if not one.startswith("http://www.w3.org")] == []
    assert define_html((folder / DEFINE).read_bytes()).decode() == page


def test_text_is_escaped():
    from dataclasses import replace

    from submission.define_model import Comment, Define

    empty = Define(
        "sdtm", "S", "T", "D", "P", "2025-06-30T00:00:00", "0.1", (), (), (), (), (), (), (), (), ()
    )
    text = 'a < b & "c" <script>alert(1)</script>'
    content = define_xml(replace(empty, comments=(Comment("COM.1", text),)))
    assert b"<script>" not in content
    assert etree.fromstring(content).findtext(".//o:TranslatedText", namespaces=NS) == text

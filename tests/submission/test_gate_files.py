"""Ways to break files and define.xml of a good package, each seen by the gate [TRC, F-1, F-2]."""

from __future__ import annotations

import io

import pytest

from submission.gate_pdf import check_documents, check_pages
from submission.gate_tree import check_names, check_presence, check_sections, check_sheet, check_tags
from tests.submission.breaking import (
    ADAM,
    DEF,
    ODM,
    PROGRAMS,
    REPORT,
    SDTM,
    STF,
    XLINK,
    Break,
    Copy,
    define,
    holds,
)


def drop(file):
    """Takes a file out."""
    return lambda copy: copy.remove(file)


def put(file, content=b"x"):
    """Puts a file in."""
    return lambda copy: copy.write(file, content)


def attribute(layer, path, name, value):
    """Sets an attribute of an element of define.xml, or takes it away."""

    def change(root):
        one = root.find(path)
        assert one is not None, path
        one.attrib.pop(name, None)
        if value is not None:
            one.set(name, value)

    return lambda copy: copy.define(layer, change)


def without(layer, path):
    """Takes an element out of define.xml."""

    def change(root):
        one = root.find(path)
        one.getparent().remove(one)

    return lambda copy: copy.define(layer, change)


def item(oid):
    """The path of an ItemDef."""
    return f".//{ODM}ItemDef[@OID='{oid}']"


def ref(oid):
    """The path of an ItemRef."""
    return f".//{ODM}ItemRef[@ItemOID='{oid}']"


def text(layer, path, value):
    """Sets the text of an element of define.xml."""

    def change(root):
        root.find(path).text = value

    return lambda copy: copy.define(layer, change)


DESCRIPTION = f"/{ODM}Description/{ODM}TranslatedText"
FILES = [
    Break("no ts", "gate.no-ts", "TRC-1734", "no ts.xpt", check_presence, drop(f"{SDTM}/ts.xpt")),
    Break("no start", "gate.no-start", "TRC-1734", "no record SSTDTC", check_presence,
          lambda copy: copy.data("TS", lambda frame: frame[frame["TSPARMCD"] != "SSTDTC"])),
    Break("partial start", "gate.start-date", "TRC-1734", "no complete date", check_presence,
          lambda copy: copy.data("TS", lambda frame: frame.assign(
              TSVAL=frame["TSVAL"].mask(frame["TSPARMCD"] == "SSTDTC", "2023-08")))),
    Break("impossible start", "gate.start-date", "TRC-1734", "no complete date", check_presence,
          lambda copy: copy.data("TS", lambda frame: frame.assign(
              TSVAL=frame["TSVAL"].mask(frame["TSPARMCD"] == "SSTDTC", "2023-13-01")))),
    Break("no dm", "gate.no-dataset", "TRC-1736", "no DM", check_presence, drop(f"{SDTM}/dm.xpt")),
    Break("no adsl", "gate.no-dataset", "TRC-1736", "no ADSL", check_presence, drop(f"{ADAM}/adsl.xpt")),
    Break("no define", "gate.no-define", "TRC-1736", "no define.xml", check_presence, drop(f"{SDTM}/define.xml")),
    Break("no ADaM define", "gate.no-define", "TRC-1736", "no define.xml", check_presence,
          drop(f"{ADAM}/define.xml")),
    Break("no acrf", "gate.no-document", "TRC-1735", "no acrf.pdf", check_presence, drop(f"{SDTM}/acrf.pdf")),
    Break("no guide", "gate.no-document", "TRC-1735", "no adrg.pdf", check_presence, drop(f"{ADAM}/adrg.pdf")),
    Break("no tags", "gate.no-stf", "TRC-1735", "no study tagging file", check_tags, drop(STF)),
    Break("tags cut off", "gate.stf-unreadable", "TRC-1735", "no XML", check_tags,
          lambda copy: copy.write(STF, copy.read(STF)[:300])),
    Break("wrong tag", "gate.stf-tag", "TRC-1735", "analysis-dataset-adam is right", check_tags,
          lambda copy: copy.replace(STF, b"analysis-dataset-adam", b"analysis-program", 1)),
    Break("tag lacking", "gate.stf-tag", "TRC-1735", "its tag is none", check_tags,
          lambda copy: copy.replace(STF, b'<file-tag name="annotated-crf" info-type="us"/>', b"")),
    Break("file not listed", "gate.stf-unlisted", "TRC-1789", "does not name it", check_tags,
          put(f"{PROGRAMS}/more.txt")),
    Break("listed and gone", "gate.stf-gone", "TRC-1735", "readme.txt, which is not there", check_tags,
          drop(f"{PROGRAMS}/readme.txt")),
    Break("no place", "gate.no-place", "TRC-1735", "no file tag", check_tags, put(f"{SDTM}/notes.txt")),
    Break("ADaM among tabulations", "gate.section", "TRC-1735", "belongs to analysis", check_sections,
          lambda copy: copy.move(f"{ADAM}/adtte.xpt", f"{SDTM}/adtte.xpt")),
    Break("a domain among analysis data", "gate.section", "TRC-1735", "belongs to tabulations", check_sections,
          lambda copy: copy.move(f"{SDTM}/vs.xpt", f"{ADAM}/vs.xpt")),
    Break("capital letter", "gate.name", "F-NAME", "no name of an eCTD", check_names,
          put(f"{PROGRAMS}/Readme.txt")),
    Break("blank in a name", "gate.name", "F-NAME", "no name of an eCTD", check_names,
          put(f"{PROGRAMS}/read me.txt")),
    Break("long dataset name", "gate.dataset-name", "F-NAME", "no name of a dataset", check_names,
          lambda copy: copy.move(f"{SDTM}/vs.xpt", f"{SDTM}/vitalsigns.xpt")),
    Break("long path", "gate.path-long", "F-NAME", "150 are allowed", check_names,
          put(f"{REPORT}/{'a' * 90}.txt")),
    Break("a spreadsheet", "gate.file-kind", "F-NAME", "no place in module 5", check_names,
          put(f"{SDTM}/vs.xlsx")),
    Break("an empty file", "gate.empty-file", "F-2", "no bytes", check_names, put(f"{PROGRAMS}/empty.txt", b"")),
    Break("a link", "gate.link", "F-2", "symbolic link", check_names,
          lambda copy: (copy.root / f"{SDTM}/zz.xpt").symlink_to(copy.root / f"{SDTM}/vs.xpt")),
    Break("no programs", "gate.no-programs", "TRC-1735", "no programs", check_presence,
          lambda copy: [copy.remove(f"{PROGRAMS}/{path.name}") for path in (copy.root / PROGRAMS).iterdir()]),
    Break("no style sheet", "gate.no-sheet", "F-1", "define2-1.xsl, which is not beside", check_sheet,
          drop(f"{SDTM}/define2-1.xsl")),
]  # fmt: skip
DEFINES = [
    Break("cut off", "gate.define-unreadable", "F-1", "no XML", define("sdtm"),
          lambda copy: copy.write(f"{SDTM}/define.xml", copy.read(f"{SDTM}/define.xml")[:5000])),
    Break("entities", "gate.define-entities", "F-1", "DOCTYPE", define("sdtm"),
          lambda copy: copy.replace(f"{SDTM}/define.xml", b"<ODM ",
                                    b'<!DOCTYPE ODM [<!ENTITY a SYSTEM "other.xml">]><ODM ', 1)),
    Break("class misspelt", "gate.define-schema", "F-1", "line", define("sdtm"),
          attribute("sdtm", f".//{DEF}Class", "Name", "EVENT")),
    Break("dataset twice", "gate.define-schema", "F-1", "line", define("sdtm"),
          attribute("sdtm", f".//{ODM}ItemGroupDef[@OID='IG.AE']", "OID", "IG.CM")),
    *[Break(f"{name} leads nowhere", "gate.define-oid", "F-1", f"{name} NO.SUCH", define(layer),
            attribute(layer, path, key, "NO.SUCH"))
      for name, layer, path, key in (
          ("ItemOID", "sdtm", ref("IT.AE.AETERM"), "ItemOID"),
          ("CodeListOID", "sdtm", f".//{ODM}CodeListRef", "CodeListOID"),
          ("MethodOID", "sdtm", ref("IT.AE.AESTDY"), "MethodOID"),
          ("WhereClauseOID", "sdtm", f".//{DEF}WhereClauseRef", "WhereClauseOID"),
          ("ValueListOID", "sdtm", f".//{DEF}ValueListRef", "ValueListOID"),
          ("StandardOID", "sdtm", f".//{ODM}ItemGroupDef", f"{DEF}StandardOID"),
          ("CommentOID", "adam", item("IT.ADSL.EVALFL"), f"{DEF}CommentOID"),
          ("ArchiveLocationID", "sdtm", f".//{ODM}ItemGroupDef", f"{DEF}ArchiveLocationID"),
          ("ItemGroupOID", "adam", ".//{http://www.cdisc.org/ns/arm/v1.0}AnalysisDataset", "ItemGroupOID"),
          ("ParameterOID", "adam", ".//{http://www.cdisc.org/ns/arm/v1.0}AnalysisResult[@ParameterOID]",
           "ParameterOID"),
      )],
    Break("no standards", "gate.define-standard", "F-1", "type IG", define("adam"),
          without("adam", f".//{DEF}Standards")),
    Break("no length", "gate.define-length", "F-1", "IT.AE.AETERM has no length", define("sdtm"),
          attribute("sdtm", item("IT.AE.AETERM"), "Length", None)),
    Break("no origin", "gate.define-origin", "F-1", "IT.AE.AETERM has no origin", define("sdtm"),
          without("sdtm", item("IT.AE.AETERM") + f"/{DEF}Origin")),
    Break("no description", "gate.define-description", "F-1", "IT.AE.AETERM has no description", define("sdtm"),
          without("sdtm", item("IT.AE.AETERM") + f"/{ODM}Description")),
    Break("long description", "gate.define-label", "F-1", "40 are allowed", define("sdtm"),
          text("sdtm", item("IT.AE.AETERM") + DESCRIPTION, "Reported Term for the Adverse Event of the Subject")),
    Break("no method", "gate.define-method", "F-1", "derived and has no method", define("sdtm"),
          attribute("sdtm", ref("IT.AE.AESTDY"), "MethodOID", None)),
    Break("no predecessor", "gate.define-predecessor", "F-1", "not named", define("adam"),
          without("adam", item("IT.ADSL.SEX") + f"/{DEF}Origin/{ODM}Description")),
    Break("no where-clause", "gate.define-where", "F-1", "no where-clause", define("sdtm"),
          without("sdtm", f".//{DEF}ValueListDef/{ODM}ItemRef/{DEF}WhereClauseRef")),
    Break("leaf gone", "gate.define-leaf", "F-1", "nowhere.pdf is not there", define("sdtm"),
          attribute("sdtm", f".//{DEF}leaf[@ID='LF.acrf']", f"{XLINK}href", "nowhere.pdf")),
    Break("a path of a machine", "gate.define-href", "F-1", "no relative link", define("sdtm"),
          attribute("sdtm", f".//{DEF}leaf[@ID='LF.acrf']", f"{XLINK}href", "/acrf.pdf")),
    Break("a dataset nobody describes", "gate.define-orphan", "F-1", "does not describe ZZ", define("sdtm"),
          lambda copy: copy.write(f"{SDTM}/zz.xpt", copy.read(f"{SDTM}/vs.xpt"))),
    Break("no keys", "gate.no-keys", "F-1", "no keys", define("sdtm"),
          lambda copy: copy.define("sdtm", lambda root: [one.attrib.pop("KeySequence", None) for one in root.iterfind(
              f".//{ODM}ItemGroupDef[@OID='IG.AE']/{ODM}ItemRef")])),
]  # fmt: skip


@pytest.mark.parametrize("case", [*FILES, *DEFINES], ids=lambda case: case.what.replace(" ", "-"))
def test_the_gate_sees_what_is_wrong_with_files_and_define_xml(package, tmp_path, case):
    holds(package, tmp_path, case)


def pdf(change):
    """The guide after a change by pypdf."""

    def how(copy: Copy) -> None:
        from pypdf import PdfReader, PdfWriter

        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(copy.read(f"{SDTM}/csdrg.pdf"))))
        change(writer)
        out = io.BytesIO()
        writer.write(out)
        copy.write(f"{SDTM}/csdrg.pdf", out.getvalue().replace(b"%PDF-1.3", b"%PDF-1.7", 1))

    return how


def no_fonts(writer):
    """Takes the font files out."""
    from pypdf.generic import NameObject

    for one in writer._objects:
        for key in ("/FontFile", "/FontFile2", "/FontFile3"):
            if isinstance(one, dict) and key in one:
                del one[NameObject(key)]


def script(writer):
    """Something that runs when the document is opened."""
    from pypdf.generic import DictionaryObject, NameObject, TextStringObject

    action = {
        NameObject("/S"): NameObject("/JavaScript"),
        NameObject("/JS"): TextStringObject("app.alert(1)"),
    }
    writer._root_object[NameObject("/OpenAction")] = DictionaryObject(action)


def without_bookmarks(content):
    """A PDF of many pages that leads nowhere."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    for page in PdfReader(io.BytesIO(content)).pages:
        writer.add_page(page)
    writer.pdf_header = "%PDF-1.7"
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


DOCUMENTS = [
    Break("a password", "gate.pdf-locked", "F-2", "password", check_documents,
          pdf(lambda writer: writer.encrypt("secret", algorithm="RC4-128"))),
    Break("a script", "gate.pdf-script", "F-2", "script", check_documents,
          pdf(lambda writer: script(writer))),
    Break("fonts taken out", "gate.pdf-font", "F-2", "fonts are not in it", check_documents, pdf(no_fonts)),
    Break("no bookmarks", "gate.pdf-bookmarks", "F-2", "no bookmarks", check_documents,
          lambda copy: copy.write(f"{SDTM}/csdrg.pdf", without_bookmarks(copy.read(f"{SDTM}/acrf.pdf")))),
    Break("an old version", "gate.pdf-version", "F-2", "PDF 1.2", check_documents,
          lambda copy: copy.replace(f"{SDTM}/csdrg.pdf", b"%PDF-1.7", b"%PDF-1.2", 1)),
    Break("no PDF", "gate.pdf-version", "F-2", "PDF none", check_documents, put(f"{SDTM}/csdrg.pdf", b"hello")),
    Break("cut off", "gate.pdf-unreadable", "F-2", "cannot be read", check_documents,
          lambda copy: copy.write(f"{SDTM}/csdrg.pdf", copy.read(f"{SDTM}/csdrg.pdf")[:3000])),
    Break("a page without annotation", "gate.annotation", "F-1", "page 1 of the annotated CRF has no AETERM",
          check_pages, attribute("sdtm", item("IT.AE.AETERM") + f"//{DEF}PDFPageRef", "PageRefs", "1")),
    Break("a page beyond the last", "gate.annotation", "F-1", "page 999", check_pages,
          attribute("sdtm", item("IT.AE.AETERM") + f"//{DEF}PDFPageRef", "PageRefs", "999")),
]  # fmt: skip


@pytest.mark.parametrize("case", DOCUMENTS, ids=lambda case: case.what.replace(" ", "-"))
def test_the_gate_sees_what_is_wrong_with_documents(package, tmp_path, case):
    holds(package, tmp_path, case)


def test_the_good_package_passes_and_each_break_is_another(package):
    from submission.gate import run_gate

    assert run_gate(package).errors == []
    names = [case.what for case in (*FILES, *DEFINES, *DOCUMENTS)]
    assert len(names) >= 50

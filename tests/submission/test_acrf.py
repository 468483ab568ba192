"""The annotated CRF: every collected variable stands on the page that define.xml names [F.6]."""

from __future__ import annotations

import pytest
from lxml import etree
from pypdf import PdfReader

from clinical.study import load_study
from submission.acrf import annotated_crf
from submission.annotations import NOT_SUBMITTED, annotations, crf_forms
from submission.layout import ACRF, DEFINE
from tests.studies.rd1302 import STUDY
from tests.submission.test_define import NS, folder_of


@pytest.fixture(scope="module")
def reader(package):
    """The PDF."""
    return PdfReader(folder_of(package, "sdtm") / ACRF)


@pytest.fixture(scope="module")
def texts(reader):
    """The text of each page, without blanks."""
    return ["".join(page.extract_text().split()) for page in reader.pages]


def test_every_collected_variable_is_on_each_page_that_define_xml_names(package, texts):
    """None is skipped: an item of the investigator without page is a fault too."""
    root = etree.parse(str(folder_of(package, "sdtm") / DEFINE)).getroot()
    looked_at = 0
    for item in root.iterfind(".//o:ItemDef", NS):
        for origin in item.iterfind("d:Origin[@Type='Collected']", NS):
            if origin.get("Source") == "Vendor":
                assert origin.find("d:DocumentRef", NS) is None
                continue
            pages = origin.find("d:DocumentRef/d:PDFPageRef", NS).get("PageRefs").split()
            name = item.get("Name")
            for page in pages:
                on_page = texts[int(page) - 1]
                assert name in on_page or name.rstrip("0123456789") in on_page, (item.get("OID"), page)
                looked_at += 1
    assert looked_at > 300


def test_every_field_of_every_form_has_a_note(texts):
    study = load_study(STUDY)
    found = annotations(study)
    for form in crf_forms(study):
        assert any(form.label.replace(" ", "") in text for text in texts), form.name
        for name in (name for name, field in form.fields.items() if not field.joined):
            assert found[form.name, name]


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ("VS", "TEMP", ["VSORRES where VSTESTCD = TEMP"]),
        ("VS", "VSDAT", ["VSDTC"]),
        ("VS", "VSTIM", ["VSDTC"]),
        ("VS", "O2DEV", ["O2DEV in SUPPVS"]),
        ("AE", "AETERM", ["AETERM"]),
        ("DM", "ETHNIC", ["CHETHNIC in SUPPDM"]),
        ("IC", "ICDAT", ["RFICDTC", "DSSTDTC"]),
    ],
)
def test_what_is_said_beside_a_field(form, field, said):
    assert [note.text for note in annotations(load_study(STUDY))[form, field]] == said


def test_what_is_not_submitted_says_so_with_its_reason():
    found = annotations(load_study(STUDY))
    texts = [note.text for notes in found.values() for note in notes if note.text.startswith(NOT_SUBMITTED)]
    assert len(texts) > 5
    assert all(len(text) > len(NOT_SUBMITTED) for text in texts)


def test_bookmarks_by_form_and_by_visit_lead_to_their_pages(reader, texts):
    forms, form_marks, visits, visit_marks = reader.outline
    assert (forms.title, visits.title) == ("Forms", "Visits")
    study = load_study(STUDY)
    for mark in form_marks:
        label = mark.title.rpartition(" (")[0].replace(" ", "")
        assert label in texts[reader.get_destination_page_number(mark)]
    assert len(form_marks) == len(crf_forms(study))
    titles = [one.title for one in visit_marks if not isinstance(one, list)]
    assert titles[0] == "SCREENING"
    assert "LOG" in titles


def test_fonts_are_inside_and_nothing_runs(reader, package):
    from submission.gate_pdf import check_documents
    from submission.tree import open_tree

    assert [one for one in check_documents(open_tree(package)) if one.file.endswith(ACRF)] == []
    assert (folder_of(package, "sdtm") / ACRF).read_bytes()[:8] == b"%PDF-1.7"


def test_the_same_specs_give_the_same_bytes():
    study = load_study(STUDY)
    assert annotated_crf(study, {}).pdf == annotated_crf(study, {}).pdf

"""The query listing: what a site is asked, in which order, and that no spreadsheet runs it [C-QUERY]."""

from __future__ import annotations

import hashlib
import re

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from cdiscflow.queries import COLUMNS, pages_of, queries_of, write_listing
from cdiscflow.writing import sites_of
from clinical.findings import COLUMNS as FINDING
from clinical.findings import with_status
from clinical.form_fields import Field
from clinical.forms import Form, Source
from clinical.raw_frames import RawFrames
from clinical.read import At
from tests.tables import table

SITES = {"01-001": "01", "01-002": "01", "02-001": "02"}
FOLDERS = ["SCR", "D28", "W8"]
RULES = {"EC": "", "EX": "B-DIRT-19"}
AT = At("raw.yml", 1)
LABELS = {"RS": {"RSOVR": "Overall Response"}, "BM": {"BMBLAST": "Blasts (%)"}, "LBLINE": {}}
FORMS = {
    form: Form(form, AT, Source(f"edc_csv/{form}.csv", odm=f"FO.{form.removesuffix('LINE')}"),
               fields={name: Field(name, AT, label=label) for name, label in fields.items()})
    for form, fields in LABELS.items()
} | {
    "PELINE": Form("PELINE", AT, Source("edc_csv/PE.csv")),
    "XRAY": Form("XRAY", AT, Source("all.xlsx", sheet="X")),
}  # fmt: skip


def finding(subject="01-001", folder="SCR", todo="Query the date.", **more):
    given = {
        "message": "V-raw.RS-1", "severity": "warning", "dataset": "raw.RS", "form": "RS", "instance": "0",
        "page": "0", "line": "0", "field": "RSDAT", "text": "the date is odd", "value": "2024",
    }  # fmt: skip
    line = {**dict.fromkeys(FINDING, ""), **given, "subject": subject, "folder": folder, "todo": todo, **more}
    record = "/".join(line[name] for name in ("form", "subject", "folder", "page", "line"))
    return {**line, "record": line["record"] or record}


def findings(*lines, before=None, extract="2024-06-01"):
    return with_status(pd.DataFrame(lines, dtype="str"), before, extract)


def queries(*lines, **more):
    return queries_of(findings(*lines, **more), SITES, FOLDERS, FORMS)


def pages(found: pd.DataFrame) -> dict[str, str]:
    return dict(pages_of(found, "RD1302", "r1"))


def test_only_what_a_site_can_answer_is_asked():
    """Not a message for who maintains the study, not one without subject."""
    found = queries(finding(), finding(todo="Report it."), finding(subject="", field="X"))
    assert found[["subject", "field"]].to_numpy().tolist() == [["01-001", "RSDAT"]]


def test_a_question_says_what_is_wrong_and_asks_for_what_stands_before_the_semicolon():
    asked = queries(
        finding(todo="Query the date; therapy before the study belongs to prior therapy."),
        finding(todo="Query; one page of each kind is expected.", field="A"),
        finding(todo="Query both dates.", field="B"),
    )
    assert asked["question"].tolist() == [
        "The date is odd. Please confirm or correct it.",
        "The date is odd. Please confirm or correct both dates.",
        "The date is odd. Please confirm or correct the date.",
    ]


def test_a_field_has_the_name_the_site_sees():
    assert queries(finding(field="RSOVR"))["field"].tolist() == ["Overall Response [RSOVR]"]


def test_queries_stand_by_site_subject_visit_page_and_line():
    found = queries(
        finding("02-001"), finding("01-002"), finding(folder="W8"), finding(folder="LOG"),
        finding(page="10"), finding(page="9"), finding(page="9", line="2"), finding(folder="D28"),
    )  # fmt: skip
    assert found[["site", "subject", "folder", "page", "line"]].to_numpy().tolist() == [
        ["01", "01-001", "SCR", "9", "0"],
        ["01", "01-001", "SCR", "9", "2"],
        ["01", "01-001", "SCR", "10", "0"],
        ["01", "01-001", "D28", "0", "0"],
        ["01", "01-001", "W8", "0", "0"],
        ["01", "01-001", "LOG", "0", "0"],
        ["01", "01-002", "SCR", "0", "0"],
        ["02", "02-001", "SCR", "0", "0"],
    ]


def test_a_query_keeps_its_id_over_nights_and_goes_when_it_is_answered():
    first = findings(finding(), finding(folder="W8"))
    second = findings(finding(value="2025"), before=first, extract="2024-06-02")
    one, two = (queries_of(each, SITES, FOLDERS, FORMS) for each in (first, second))
    assert two["query"].tolist() == one["query"].tolist()[:1]
    assert two[["status", "first_seen"]].to_numpy().tolist() == [["open", "2024-06-01"]]


def test_no_record_is_asked_the_same_twice():
    """Two datasets made of one record ask one question; another record, or another field, is another."""
    two = [finding(dataset=name, message=f"V-{name}-4", field="", rule=rule) for name, rule in RULES.items()]
    found = queries(*two, finding(page="1"), finding(field="RSVIS", todo="Query the visit."))
    assert found[["page", "question", "rule"]].to_numpy().tolist() == [
        ["0", "The date is odd. Please confirm or correct the date.", "B-DIRT-19"],
        ["0", "The date is odd. Please confirm or correct the visit.", "V-raw.RS-1"],
        ["1", "The date is odd. Please confirm or correct the date.", "V-raw.RS-1"],
    ]
    assert found["query"].is_unique


def visits(number: int, **more: str) -> list[dict[str, str]]:
    """As many records of a subject that are asked the same."""
    return [finding(folder=f"D{day}", **more) for day in range(number)]


def test_what_more_than_ten_records_of_a_subject_ask_alike_is_asked_once():
    """One wrong date of birth: visits of two forms have no place in common, and another subject is apart."""
    found = queries(*visits(6), *visits(5, form="BM", field="BMDAT"), finding("01-002"))
    shown = ["subject", "form", "folder", "page", "line", "field", "value", "question"]
    assert found[shown].to_numpy().tolist() == [
        ["01-001", "", "", "", "", "", "2024",
         "The date is odd. This is so for 11 records, which findings.csv lists."
         " Please confirm or correct the date."],
        ["01-002", "RS", "SCR", "0", "0", "RSDAT", "2024",
         "The date is odd. Please confirm or correct the date."],
    ]  # fmt: skip
    assert len(queries(*visits(10))) == 10


def test_forms_in_common_are_needed_for_a_visit_or_a_field_in_common():
    """A field of one form is none of another."""
    pages = [finding(form=form, page=str(page)) for form in ("RS", "BM") for page in range(6)]
    assert queries(*pages)[["form", "folder", "field"]].to_numpy().tolist() == [["", "", ""]]


def test_many_records_of_one_form_are_asked_about_with_the_form():
    found = queries(*visits(11, value=""), *visits(11, value="x", field="RSOVR", text="odd"))
    assert found[["form", "folder", "vendor", "field"]].to_numpy().tolist() == [
        ["RS", "", "", "Overall Response [RSOVR]"],
        ["RS", "", "", "RSDAT"],
    ]


def test_a_question_about_many_records_keeps_its_id_when_some_are_answered():
    first = findings(*visits(12))
    second = findings(*visits(11), before=first, extract="2024-06-02")
    one, two = (queries_of(each, SITES, FOLDERS, FORMS) for each in (first, second))
    assert one["query"].tolist() == two["query"].tolist()
    assert two[["status", "first_seen"]].to_numpy().tolist() == [["open", "2024-06-01"]]


def test_two_reasons_to_ask_about_the_same_fields_are_one_query_that_keeps_its_id():
    """A visit before an earlier one, and outside its window: one of the two is answered first."""
    order = finding(text="the visit is before an earlier one", field="A B", value="A 1, B 2", rule="B-DIRT-8")
    window = finding(
        text="outside its window", field="B A", value="B 2, A 1", message="V-raw.RS-2", todo="Query it."
    )
    both, one = queries(order, window), queries(window)
    assert both[["value", "question", "rule"]].to_numpy().tolist() == [
        ["B 2, A 1",
         "The visit is before an earlier one. Outside its window. Please confirm or correct the date.",
         "B-DIRT-8"],
    ]  # fmt: skip
    assert both["query"].tolist() == one["query"].tolist()
    assert one["question"].tolist() == ["Outside its window. Please confirm or correct it."]


def test_nothing_is_asked_of_a_field_of_a_page_that_is_empty():
    """What was collected on it is asked about, and so is another page."""
    blank = finding(field="", value="", text="the page is blank", todo="Query the page.")
    both = finding(field="RSDAT RSND", value="", text="neither", todo="Query both.", page="3")
    empty = [finding(value="", text="empty", page=page) for page in ("0", "1", "3")]
    found = queries(blank, both, *empty, finding(field="RSOVR"))
    assert found[["page", "field"]].to_numpy().tolist() == [
        ["0", ""],
        ["0", "Overall Response [RSOVR]"],
        ["1", "RSDAT"],
        ["3", "RSDAT, RSND"],
    ]


def test_an_empty_variable_is_asked_about_only_if_nothing_else_is_asked_of_its_field():
    empty = {"dataset": "RS", "message": "checks.empty", "text": "RS: RSORRES is empty", "variable": "X"}
    found = queries(
        finding(), finding(**empty), finding(page="1", **empty), finding(page="2", **{**empty, "value": ""})
    )
    assert found[["page", "question"]].to_numpy().tolist() == [
        ["0", "The date is odd. Please confirm or correct the date."],
        ["1", "No standard value is known for this answer. Please confirm or correct the date."],
        ["2", "A value that is always needed is empty. Please confirm or correct the date."],
    ]


def test_a_page_that_is_not_there_is_asked_about_where_no_other_page_asks_for_it():
    place = dict.fromkeys(("folder", "page", "line", "instance", "field", "value"), "")
    lines = [
        finding(subject, dataset="DM", form="DTH", keys=f"P {subject}", todo="Query the death page.", **place)
        for subject in ("01-001", "01-002")
    ]
    for line in lines:
        line["record"] = ""
    found = queries(*lines, finding(text="dead", todo="Query the death page."))
    assert found[["subject", "form", "folder", "vendor"]].to_numpy().tolist() == [
        ["01-001", "RS", "SCR", ""],
        ["01-002", "DTH", "", ""],
    ]


def test_a_site_reads_what_was_missing_and_not_what_we_computed():
    words = [("build.by-zero", "X: division by zero"), ("build.lookup-none", "X: no record of SV.X")]
    found = queries(*(finding(message=name, text=text, variable="X", field=name[6:]) for name, text in words))
    assert found["question"].tolist() == [
        "The value is 0, and another value is divided by it. Please confirm or correct the date.",
        "The page or the value that belongs to this record is missing. Please confirm or correct the date.",
    ]


def test_a_record_of_a_vendor_is_told_by_what_tells_it_from_the_others():
    lines = [
        finding(form="lab", record=f"lab/01-001/L1/{test}/2024-05-01", instance="", page="", line="")
        for test in ("WBC", "HGB")
    ]
    found = queries(*lines, finding())
    assert found[["form", "vendor"]].to_numpy().tolist() == [
        ["lab", "L1/HGB/2024-05-01"],
        ["lab", "L1/WBC/2024-05-01"],
        ["RS", ""],
    ]
    assert "L1/HGB/2024-05-01" in pages(found)["site-01.html"]


def test_a_form_has_the_name_of_the_edc():
    """The OID of an ODM file, the sheet of a workbook, or else the name of the file."""
    found = queries(*(finding(form=form) for form in ("RS", "LBLINE", "PELINE", "XRAY", "other")))
    assert sorted(found["form"]) == ["LB", "PE", "RS", "X", "other"]


def test_a_field_of_another_page_has_its_label_too():
    found = queries(finding(field="RSOVR BM.BMBLAST"))
    assert found["field"].tolist() == ["Overall Response [RSOVR], Blasts (%) [BM.BMBLAST]"]


def test_a_subject_number_that_nobody_knows_names_its_site():
    found = queries(*(finding(subject) for subject in ("01-0014", "ST-02-001", "7-01", "1-12")))
    assert sorted(zip(found["subject"], found["site"], strict=True)) == [
        ("01-0014", "01"), ("1-12", ""), ("7-01", ""), ("ST-02-001", "02"),
    ]  # fmt: skip


def test_a_query_keeps_its_id_when_one_of_the_datasets_that_ask_it_is_gone():
    """It is open as long as one of them asked before; the first night is the earliest."""
    ec, ex = (finding(dataset=name, message=f"V-{name}-4") for name in ("EC", "EX"))
    first = findings(ex)
    second = findings(ec, ex, before=first, extract="2024-06-02")
    third = findings(ec, before=second, extract="2024-06-03")
    one, two, three = (queries_of(each, SITES, FOLDERS, FORMS) for each in (first, second, third))
    assert one["query"].tolist() == two["query"].tolist() == three["query"].tolist()
    assert two[["status", "first_seen"]].to_numpy().tolist() == [["open", "2024-06-01"]]


def test_two_pages_entered_under_one_place_are_one_query_with_both_values():
    found = queries(finding(value="86"), finding(value="77"))
    assert found["value"].tolist() == ["86 / 77"]


def test_several_fields_have_their_names_and_a_variable_of_sdtm_is_no_field():
    found = queries(
        finding(field="RSOVR RSDAT", variable="RSSTRESC"), finding("01-002", field="", variable="X")
    )
    assert found["field"].tolist() == ["Overall Response [RSOVR], RSDAT", ""]


def test_a_question_does_not_name_the_variable_that_was_derived():
    found = queries(finding(text="RSDTC: the date is odd", variable="RSDTC"))
    assert found["question"].tolist() == ["The date is odd. Please confirm or correct the date."]


def test_the_workbook_holds_text_and_nothing_that_runs(tmp_path):
    found = queries(finding(value='=HYPERLINK("http://x","y")', text="+1 <b>", field="-2"))
    write_listing(tmp_path / "queries.xlsx", found, "RD1302")
    rows = CalamineWorkbook.from_path(str(tmp_path / "queries.xlsx")).get_sheet_by_name("Queries").to_python()
    assert rows[0] == list(COLUMNS.values())
    shown = dict(zip(rows[0], rows[1], strict=True))
    assert (shown["Collected"], shown["Field"]) == ('=HYPERLINK("http://x","y")', "-2")
    import zipfile

    sheet = zipfile.ZipFile(tmp_path / "queries.xlsx").read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet


def test_the_same_queries_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_listing(tmp_path / name, queries(finding(), finding(folder="W8")), "RD1302")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_page_of_a_site_has_a_section_a_subject_and_escapes_what_was_collected():
    page = pages(queries(finding(value="<script>"), finding("01-002"), finding("01-002", "W8")))[
        "site-01.html"
    ]
    assert page.count("<section") == 2
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "3 open queries on 2 subjects" in page


def test_a_site_has_its_own_page_and_no_line_of_another():
    found = pages(queries(finding(), finding("02-001", value="x2"), finding("9-9", value="x9")))
    assert [*found] == ["queries.html", "site.html", "site-01.html", "site-02.html"]
    assert [name for name, page in found.items() if "x2" in page] == ["site-02.html"]
    assert [name for name, page in found.items() if "x9" in page] == ["site.html"]


def test_the_first_page_counts_the_queries_of_each_site():
    """Site 01: an older query and two new ones on two subjects; site 02: one."""
    before = findings(finding())
    found = queries(
        finding(), finding(folder="W8"), finding("01-002"), finding("02-001"),
        before=before, extract="2024-06-02",
    )  # fmt: skip
    rows = re.findall(r"<tr><td>(.*?)</td></tr>", pages(found)["queries.html"])
    assert [re.sub("<[^>]+>", " ", row).split() for row in rows] == [
        ["01", "2", "3", "2", "2024-06-01"],
        ["02", "1", "1", "1", "2024-06-02"],
    ]
    assert [re.search('href="(.*?)"', row)[1] for row in rows] == ["site-01.html", "site-02.html"]
    assert "4 open queries on 3 subjects" in pages(found)["queries.html"]


@pytest.mark.parametrize("site", ["../../x", "01/A", "a b", "123456789012", "Zürich"])
def test_the_page_of_a_site_whose_number_is_no_name_of_a_file_is_named_by_its_hash(site):
    """Twelve characters could be the hash of another site; eleven are a name."""
    found = queries_of(findings(finding()), {"01-001": site}, FOLDERS, FORMS)
    assert [*pages(found)][1] == f"site-{hashlib.sha256(site.encode()).hexdigest()[:12]}.html"
    eleven = queries_of(findings(finding()), {"01-001": "12345678901"}, FOLDERS, FORMS)
    assert [*pages(eleven)][1] == "site-12345678901.html"


def test_a_page_names_the_visit_and_the_repeats_that_count():
    first, second = finding(instance="", page="0", line="0"), finding(instance="2", page="3", line="4")
    page = pages(queries(first, second))["site-01.html"]
    assert re.findall(r"<td>(SCR.*?)</td>", page) == ["SCR RS", "SCR RS, visit 2, page 3, line 4"]


def test_without_queries_there_is_a_header_and_a_page_that_says_so(tmp_path):
    none = queries(finding(todo="Report it."))
    write_listing(tmp_path / "queries.xlsx", none, "RD1302")
    assert [*pages(none)] == ["queries.html"]
    assert "0 open queries on 0 subjects" in pages(none)["queries.html"]


def test_the_site_of_a_subject_is_that_of_dm_or_else_of_its_pages():
    """01-009 has no record in DM."""
    frames = {
        "IC": table("""
            Subject | SiteNumber
            01-001  | 09
            01-009  | 01
            01-010  |
            """),
        "lab": table("""
            Subject
            01-002
            """),
    }
    dm = table("""
        SUBJID | SITEID
        01-001 | 01
        """)
    assert sites_of(RawFrames(frames), dm) == {"01-001": "01", "01-009": "01"}
    assert sites_of(RawFrames(frames), dm, ["01-001"]) == {"01-001": "01"}
    assert sites_of(RawFrames(frames), dm, ["01-001", "01-009"]) == {"01-001": "01", "01-009": "01"}
    assert sites_of(RawFrames(frames), pd.DataFrame()) == {"01-001": "09", "01-009": "01"}

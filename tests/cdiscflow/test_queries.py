"""The query listing: what a site is asked, in which order, and that no spreadsheet runs it [C-QUERY]."""

from __future__ import annotations

import pandas as pd
from python_calamine import CalamineWorkbook

from cdiscflow.queries import COLUMNS, page_of, queries_of, write_listing
from clinical.findings import COLUMNS as FINDING
from clinical.findings import with_status

SITES = {"01-001": "01", "01-002": "01", "02-001": "02"}
FOLDERS = ["SCR", "D28", "W8"]
RULES = {"EC": "", "EX": "B-DIRT-19"}
LABELS = {("RS", "RSOVR"): "Overall Response"}


def finding(subject="01-001", folder="SCR", todo="Query the date.", **more):
    given = {
        "message": "V-raw.RS-1", "severity": "warning", "dataset": "raw.RS", "form": "RS", "instance": "0",
        "page": "0", "line": "0", "field": "RSDAT", "text": "the date is odd", "value": "2024",
    }  # fmt: skip
    line = {**dict.fromkeys(FINDING, ""), **given, "subject": subject, "folder": folder, "todo": todo, **more}
    return line | {"record": "/".join(line[name] for name in ("form", "subject", "folder", "page", "line"))}


def findings(*lines, before=None, extract="2024-06-01"):
    return with_status(pd.DataFrame(lines, dtype="str"), before, extract)


def queries(*lines, **more):
    return queries_of(findings(*lines, **more), SITES, FOLDERS, LABELS)


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
    one, two = (queries_of(each, SITES, FOLDERS, {}) for each in (first, second))
    assert two["query"].tolist() == one["query"].tolist()[:1]
    assert two[["status", "first_seen"]].to_numpy().tolist() == [["open", "2024-06-01"]]


def test_no_record_is_asked_the_same_twice():
    """Two datasets made of one record ask one question; another record, or another question, is another."""
    two = [finding(dataset=name, message=f"V-{name}-4", field="", rule=rule) for name, rule in RULES.items()]
    found = queries(*two, finding(page="1"), finding(todo="Query the visit."))
    assert found[["page", "question"]].to_numpy().tolist() == [
        ["0", "The date is odd. Please confirm or correct the date."],
        ["0", "The date is odd. Please confirm or correct the visit."],
        ["1", "The date is odd. Please confirm or correct the date."],
    ]
    assert (found["query"].is_unique, found["rule"].tolist()) == (True, ["B-DIRT-19", "", ""])


def test_a_query_keeps_its_id_when_one_of_the_datasets_that_ask_it_is_gone():
    """It is open as long as one of them asked before; the first night is the earliest."""
    ec, ex = (finding(dataset=name, message=f"V-{name}-4") for name in ("EC", "EX"))
    first = findings(ex)
    second = findings(ec, ex, before=first, extract="2024-06-02")
    third = findings(ec, before=second, extract="2024-06-03")
    one, two, three = (queries_of(each, SITES, FOLDERS, {}) for each in (first, second, third))
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


def test_the_page_has_a_section_a_subject_and_escapes_what_was_collected():
    page = page_of(
        queries(finding(value="<script>"), finding("01-002"), finding("01-002", "W8")), "RD1302", "r1"
    )
    assert page.count("<section") == 2
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "3 open queries on 2 subjects" in page


def test_without_queries_there_is_a_header_and_a_page_that_says_so(tmp_path):
    none = queries(finding(todo="Report it."))
    write_listing(tmp_path / "queries.xlsx", none, "RD1302")
    assert "0 open queries on 0 subjects" in page_of(none, "RD1302", "r1")

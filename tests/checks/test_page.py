"""The validation page: what a data manager must act on, offline, with everything from the data escaped."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from checks.gates import GateResults
from checks.page import MOST_LISTED, validation_page
from checks.suites import GateVerdict, SuiteVerdict, Verdict
from clinical.findings import COLUMNS, with_status

SCRIPT = '<script>alert("AE")</script>'
HELD = Verdict("expect_column_values_to_not_be_null", "AETERM", True, 0, "error")
EMPTY = Verdict("expect_column_values_to_not_be_null", "AEDECOD", False, 3, "error")
RULE = Verdict("expect_column_values_to_be_in_set", "rule V-AE-4", False, 1, "warning", "V-AE-4")


def finding(**values: str) -> dict[str, str]:
    """One finding; what is not given is empty."""
    return dict.fromkeys(COLUMNS, "") | values


def page(found: list[dict[str, str]], **results: object) -> str:
    """The page of a study with these findings, all of them new."""
    frame = with_status(pd.DataFrame(found, columns=COLUMNS), None, "2025-08-15")
    return validation_page("RD1302", GateResults(**results), frame)


def cells(html: str) -> list[list[str]]:
    """The table of findings as plain text, a list a row."""
    body = html.partition('<table class="findings">')[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr class=.*?</tr>", body, flags=re.DOTALL)
    return [[plain(cell) for cell in re.findall(r"<td>(.*?)</td>", row, flags=re.DOTALL)] for row in rows]


def plain(cell: str) -> str:
    """A cell without markup."""
    return re.sub(r"<[^>]+>", "", cell.replace("<br>", " ")).strip()


ON_A_PAGE = finding(
    message="V-AE-4", rule="B-DIRT-19", severity="warning", dataset="AE", variable="AEENDTC",
    keys="RD1302-01-004 2024-05-02", value="AEENDTC 2024-05-01, AESTDTC 2024-05-02", form="AE",
    subject="01-004", folder="LOG", instance="0", page="0", line="3", record="AE/01-004/LOG/0/0/3",
    text="it ends before it starts", todo="Query both dates.",
)  # fmt: skip


def test_a_line_says_who_where_what_and_what_to_do():
    assert cells(page([ON_A_PAGE])) == [
        ["warning", "01-004 RD1302-01-004 2024-05-02", "AE in LOG, line 3 AE/01-004/LOG/0/0/3", "AE AEENDTC",
         "it ends before it starts", "AEENDTC 2024-05-01, AESTDTC 2024-05-02", "Query both dates.",
         "V-AE-4 B-DIRT-19", "new"]
    ]  # fmt: skip


def test_a_record_without_edc_page_is_named_by_its_keys():
    line = finding(severity="error", dataset="ADTTE", variable="AVAL", keys="RD1302-01-004 DOR", text="wrong")
    assert cells(page([line]))[0][1:4] == ["RD1302-01-004 DOR", "", "ADTTE AVAL"]


def test_errors_come_first_and_each_severity_is_counted_and_can_be_hidden():
    found = [finding(severity=level, text=level) for level in ("info", "warning", "error", "warning")]
    html = page(found)
    assert [row[0] for row in cells(html)] == ["error", "warning", "warning", "info"]
    for level, count in (("error", 1), ("warning", 2), ("info", 1)):
        assert f'<input class="filter" type="checkbox" id="f-{level}" checked>' in html
        assert f'<label for="f-{level}">{level} ({count})</label>' in html
        assert f"#f-{level}:not(:checked) ~ * tr.{level}" in html


def test_what_is_closed_is_counted_and_not_listed():
    before = with_status(pd.DataFrame([ON_A_PAGE]), None, "2025-08-14")
    html = validation_page(
        "S", GateResults(), with_status(pd.DataFrame([], columns=COLUMNS), before, "2025-08-15")
    )
    assert cells(html) == []
    assert "Nothing is open; 1 closed." in html


def test_an_open_finding_says_since_when():
    before = with_status(pd.DataFrame([ON_A_PAGE]), None, "2025-08-14")
    html = validation_page("S", GateResults(), with_status(pd.DataFrame([ON_A_PAGE]), before, "2025-08-15"))
    assert cells(html)[0][-1] == "open since 2025-08-14"


@pytest.mark.parametrize("name", COLUMNS)
def test_text_from_the_data_is_never_markup(name):
    html = page([{**ON_A_PAGE, "subject": "", name: SCRIPT}])
    assert "<script" not in html
    assert (
        name in ("instance", "page", "line") or "&lt;script&gt;" in html
    )  # these three are numbers or left out


def test_names_from_specs_are_never_markup():
    html = validation_page(
        SCRIPT,
        GateResults(
            gates={"sdtm": GateVerdict(False, {SCRIPT: SuiteVerdict("error", [EMPTY])})},
            not_run={SCRIPT: SCRIPT}, unused={SCRIPT: SCRIPT}, stopped={SCRIPT: SCRIPT},
        ),
        pd.DataFrame([], columns=COLUMNS),
    )  # fmt: skip
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 9


def test_the_page_asks_no_other_host_and_runs_no_script():
    html = page(
        [ON_A_PAGE], gates={"sdtm": GateVerdict(False, {"AE": SuiteVerdict("warning", [HELD, RULE])})}
    )
    assert "http" not in html.replace("http-equiv", "")
    assert not re.search(r"<(script|link|img|iframe|object|embed|form)|@import|url\(|\bsrc=|\bon\w+=", html)
    assert "default-src 'none'; style-src 'unsafe-inline'" in html


def test_the_gates_show_what_failed_and_how_much_held():
    verdicts = {
        "AE": SuiteVerdict("error", [HELD, EMPTY, RULE]),
        "DM": SuiteVerdict("", [HELD, HELD]),
    }
    html = page([], gates={"sdtm": GateVerdict(False, verdicts)})
    assert 'SDTM gate: <span class="failed">failed</span>' in html
    assert 'AE: <span class="failed">failed</span>; 1 of 3 expectations hold' in html
    assert (
        '<td>filled</td><td>AEDECOD</td><td><span class="mark error">error</span></td><td class="n">3</td>'
        in html
    )
    assert (
        '<td>V-AE-4</td><td></td><td><span class="mark warning">warning</span></td><td class="n">1</td>'
        in html
    )
    assert "Passed: DM (2)." in html


def test_rules_that_said_nothing_are_named():
    html = page([], not_run={"V-DM-58": "DM: ADSL is not in this run"}, unused={"V-SS-51": "SS"})
    assert "<td>V-DM-58</td><td>DM: ADSL is not in this run</td>" in html
    assert "what it lacks): V-SS-51 (SS)." in html


def test_a_long_list_is_cut_and_says_so():
    html = page([finding(severity="warning", text="x")] * (MOST_LISTED + 1))
    assert len(cells(html)) == MOST_LISTED
    assert f"{MOST_LISTED + 1} open, {MOST_LISTED + 1} new; the first {MOST_LISTED} are shown." in html

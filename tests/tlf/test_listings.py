"""Listings: one record a line, every record accounted for, nothing of the data read as markup [E.1, E.0]."""

import csv
import io
import re

import pandas as pd
import pytest

from clinical.errors import SpecError, SpecErrors
from tests.tables import table
from tests.tlf.frames import FOOTER, ROOT, study
from tests.tlf.small import make, read
from tlf.links import profile_file
from tlf.listing import Shown
from tlf.run import make_display
from tlf.spec import read_displays

FILE = "mappings/mini/tlf/t_1.yml"
HEAD = """\
display: L1
title: A listing
population: {dataset: ADSL, where: {SAFFL: Y}, label: Safety Set}
records: {from: ADAE}
listing:
"""
ADSL = """
    USUBJID | SAFFL | TRT01A | TRTSDT     | AGE
    P1      | Y     | B      | 2024-01-05 | 40
    P2      | Y     | A      |            | 40.5
    P3      | N     | A      | 2024-01-07 | 42
    P4      | Y     |        | 2024-01-08 |
    """
ADAE = """
    USUBJID | AESEQ | AETERM | AESTDTC          | ASTDY | AESER | ASTDTM
    P1      | 2     | Rash   | 2024-01          |       | N     | 2024-01-06T00:00
    P1      | 1     | Fever  | 2024-01-06T10:30 | 2     | Y     | 2024-01-06T10:30:59
    P2      | 1     | Cough  |                  |       | N     |
    P3      | 1     | Fever  | 2024-01-07       | 1     | Y     |
    P4      | 1     | Nausea | 2024-01-08       | 1     | N     |
    P4      | 2     |        | 2024-01-08       | 1     | N     |
    """


def listed(folder, columns, *, adsl=ADSL, adae=ADAE, more="  sort: [USUBJID, AESEQ]\n", head=HEAD, **frames):
    """The cells of a listing as its CSV has them, the header first, and everything made."""
    text = f"{head}{more}  columns:\n{columns}"
    adae = table(adae) if isinstance(adae, str) else adae
    made = make(folder, text, ADSL=table(adsl), ADAE=adae, **frames)
    return list(csv.reader(io.StringIO(made.files["t_1.csv"].decode(), newline=""))), made


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("  colums: {}\n", f"{FILE}:6: L1.listing: no key called 'colums' here; did you mean columns?"),
        ("  sort: [AESEQ]\n", f"{FILE}:6: L1.listing: columns is needed here"),
        (
            "  columns:\n    a: {show: AETERM, lable: x}\n",
            f"{FILE}:7: L1.listing.a: no key called 'lable' here; did you mean label?",
        ),
        ("  columns:\n    a: {label: x}\n", f"{FILE}:7: L1.listing.a: show is needed here"),
        (
            '  columns:\n    a: {show: "{AETERM"}\n',
            f"{FILE}:7: L1.listing.a: '{{AETERM' shows no variable: write its name, or a text with names in "
            "braces, such as {AESTDTC} / {AEENDTC}",
        ),
        (
            "  columns:\n    a: {show: AETERM, by: [AESEQ]}\n",
            f"{FILE}:7: L1.listing.a: from is needed here",
        ),
        (
            "  group: [tern]\n  columns:\n    term: {show: AETERM}\n",
            f"{FILE}:6: L1.listing: no column called 'tern'; did you mean term?",
        ),
        (
            "  columns:\n    a: {show: AETERM}\nrows: {}\n",
            f"{FILE}:1: L1: a display has exactly one of rows or figure or listing",
        ),
    ],
)
def test_a_fault_of_a_listing_names_file_line_and_what_was_meant(tmp_path, text, refusal):
    with pytest.raises(SpecErrors) as caught:
        read(tmp_path, HEAD + text)
    assert str(caught.value) == refusal


def test_a_variable_that_neither_record_nor_subject_has_is_refused(tmp_path):
    with pytest.raises(SpecError, match=r"t_1.yml:8: L1.listing.a: no variable called AETERMS"):
        listed(tmp_path, "    a: {show: AETERMS}\n")


def test_every_record_of_the_population_has_a_line_in_the_order_stated(tmp_path):
    lines, _ = listed(
        tmp_path, "    s: {show: USUBJID, label: Subject}\n    n: {show: AESEQ}\n    t: {show: AETERM}\n"
    )
    assert lines == [
        ["Subject", "AESEQ", "AETERM"],
        ["P1", "1", "Fever"],
        ["P1", "2", "Rash"],
        ["P2", "1", "Cough"],
        ["P4", "1", "Nausea"],
        ["P4", "2", ""],
    ]


def test_what_the_record_does_not_have_comes_from_its_subject(tmp_path):
    """Numbers as they are or with their digits, half away from zero; dates as ISO 8601; missing is blank."""
    columns = (
        "    s: {show: USUBJID}\n    a: {show: AGE}\n    r: {show: AGE, decimals: 0}\n"
        "    d: {show: TRTSDT}\n    m: {show: ASTDTM}\n"
    )
    lines, _ = listed(tmp_path, columns)
    assert lines[1:] == [
        ["P1", "40", "40", "2024-01-05", "2024-01-06T10:30"],
        ["P1", "40", "40", "2024-01-05", "2024-01-06T00:00"],
        ["P2", "40.5", "41", "", ""],
        ["P4", "", "", "2024-01-08", ""],
        ["P4", "", "", "2024-01-08", ""],
    ]


def test_a_text_of_several_variables_says_which_is_missing_and_is_blank_without_any(tmp_path):
    lines, _ = listed(tmp_path, '    a: {show: "{AESTDTC} ({ASTDY})", label: Start (day)}\n')
    assert [line[0] for line in lines] == [
        "Start (day)", "2024-01-06T10:30 (2)", "2024-01 (-)", "", "2024-01-08 (1)", "2024-01-08 (1)",
    ]  # fmt: skip


def test_values_may_be_shown_by_another_text_and_others_stay(tmp_path):
    lines, _ = listed(tmp_path, "    a: {show: AESER, values: {Y: Serious}}\n")
    assert [line[0] for line in lines[1:]] == ["Serious", "N", "N", "N", "N"]


SUPP = """
    USUBJID | IDVARVAL | QNAM | QVAL
    P1      | 1        | A    | one
    P1      | 1        | B    | not asked
    P1      | 2        | A    | two
    P2      | 1        | A    | 474.09999999999997
    P4      |          | A    | without key
    P9      | 1        | A    | nobody
    """


def test_another_dataset_is_looked_up_by_subject_condition_and_keys(tmp_path):
    column = "    a: {show: QVAL, from: SUPPAE, where: {QNAM: A}, by: {AESEQ: IDVARVAL}, significant: 6}\n"
    lines, _ = listed(tmp_path, column, SUPPAE=table(SUPP))
    assert [line[0] for line in lines[1:]] == ["one", "two", "474.1", "", ""]


def test_a_supplement_that_no_record_needed_is_empty_and_any_other_dataset_is_missed(tmp_path):
    ae = table("USUBJID | AESEQ\nP1 | 1")
    lines, _ = listed(tmp_path, "    a: {show: QVAL, from: SUPPAE, by: {AESEQ: IDVARVAL}}\n", AE=ae)
    assert lines[1:] == [[""]] * 5
    text = f"{HEAD}  columns:\n    a: {{show: QVAL, from: SUPPCM}}\n"
    made = make(tmp_path, text, ADSL=table(ADSL), ADAE=table(ADAE), AE=ae)
    assert made.findings["text"].tolist() == ["L1 was not made: this run has no SUPPCM"]
    assert not made.files


def test_a_missing_key_agrees_with_nothing(tmp_path):
    adcm = table(
        "USUBJID | CMTRT | AESTDTC\nP2 | no date |\nP4 | x | 2024-01-08\nP1 | other subject | 2024-01-08"
    )
    lines, _ = listed(tmp_path, "    a: {show: CMTRT, from: ADCM, by: [AESTDTC]}\n", ADCM=adcm)
    assert [line[0] for line in lines[1:]] == ["", "", "", "x", "x"]


def test_several_records_found_are_joined_and_what_repeats_is_said_once(tmp_path):
    adcm = table("USUBJID | CMTRT\nP1 | x\nP1 | y\nP1 | x\nP2 | z")
    lines, _ = listed(tmp_path, "    a: {show: CMTRT, from: ADCM}\n", ADCM=adcm)
    assert [line[0] for line in lines[1:]] == ["x; y", "x; y", "z", "", ""]


@pytest.mark.parametrize(("qnam", "found"), [("A", 0), ("Z", 1)])
def test_a_condition_that_nothing_satisfies_is_a_finding(tmp_path, qnam, found):
    column = f"    a: {{show: QVAL, from: SUPPAE, where: {{QNAM: {qnam}}}}}\n"
    _, made = listed(tmp_path, column, SUPPAE=table(SUPP))
    told = f"L1.a: no record of SUPPAE of the subjects shown is where QNAM is {qnam}"
    assert made.findings["text"].tolist() == [told] * found


def test_missing_comes_last_and_what_is_level_follows_the_cells(tmp_path):
    columns = "    t: {show: AETERM}\n    n: {show: AESEQ}\n"
    lines, _ = listed(tmp_path, columns, more="  sort: [ASTDY]\n")
    assert [line[0] for line in lines[1:]] == ["Nausea", "", "Fever", "Cough", "Rash"]


def test_every_record_read_is_accounted_for(tmp_path):
    """Records in = lines + sharing a line + left out + outside the population."""
    head = HEAD.replace("{from: ADAE}", "{from: ADAE, where: {AESER: N}}")
    lines, made = listed(tmp_path, "    s: {show: USUBJID}\n", head=head, more="  once_for: [AESTDTC]\n")
    assert [line[0] for line in lines[1:]] == ["P1", "P2", "P4"]
    counts = made.results[made.results["statistic"] == "records"].set_index("level")["value"].to_dict()
    assert counts == {"lines": 3, "shared": 1, "left out": 1, "outside the population": 1}
    said = (
        "Records of ADAE: 6; lines: 3; in the line of another record with the same AESTDTC: 1; left out, as "
        "only those are listed where AESER is N: 1; of subjects outside the population: 1."
    )
    for ending in ("html", "rtf"):
        assert said in made.files[f"t_1.{ending}"].decode()


def test_the_results_hold_the_subjects_of_the_lines(tmp_path):
    _, made = listed(tmp_path, "    s: {show: USUBJID}\n")
    assert made.subjects["USUBJID"].tolist() == ["P1", "P2", "P4"]
    assert made.results.query("statistic == 'n'")["value"].tolist() == [3]


PAGED = "  page_by: {show: TRT01A, label: Arm, missing: None given}\n  sort: [TRT01A, USUBJID, AESEQ]\n"
GROUPED = PAGED + "  group: [s]\n"
COLUMNS = "    t: {show: AETERM, label: Term}\n    s: {show: USUBJID, label: Subject}\n"


def test_pages_by_value_and_a_group_once_for_its_lines(tmp_path):
    lines, made = listed(tmp_path, COLUMNS, more=GROUPED)
    assert lines[0] == ["Arm", "Subject", "Term"]
    assert [line[:2] for line in lines[1:]] == [
        ["A", "P2"], ["B", "P1"], ["B", "P1"], ["None given", "P4"], ["None given", "P4"],
    ]  # fmt: skip
    rtf, page = (made.files[f"t_1.{ending}"].decode() for ending in ("rtf", "html"))
    assert re.findall(r"Arm: [\w ]+", rtf) == ["Arm: A", "Arm: B", "Arm: None given"]
    assert rtf.count("\\sectd") == 3
    assert rtf.count("P1\\cell") == rtf.count("P4\\cell") == page.count(">P1</td>") == 1
    assert "<a " not in page


def test_a_subject_leads_to_its_profile_where_there_are_profiles(tmp_path):
    text = f"{HEAD}{GROUPED}  columns:\n{COLUMNS}"
    frames = {"ADSL": table(ADSL), "ADAE": table(ADAE)}
    made = make_display(read(tmp_path, text), frames, {**FOOTER, "profiles": True})
    page = made.files["t_1.html"].decode()
    assert page.count(f'<a href="{profile_file("P1")}">P1</a>') == 1


def test_rtf_has_as_many_cells_as_edges_titles_and_headers_in_every_head(tmp_path):
    _, made = listed(tmp_path, COLUMNS, more=GROUPED)
    rtf = made.files["t_1.rtf"].decode("ascii")
    for row in re.findall(r"\\trowd.*?\\row\b", rtf, re.DOTALL):
        assert len(re.findall(r"\\cellx\d", row)) == len(re.findall(r"\\cell\b", row)) == 2
    heads = re.findall(r"\{\\header\n(.*?)\n\}\n\{\\footer", rtf, re.DOTALL)
    assert len(heads) == 3
    for head in heads:
        assert all(
            words in head for words in ("L1", "A listing", "Safety Set", "Subject\\cell", "Term\\cell")
        )
    assert rtf.count("NUMPAGES") == 3
    assert depth(rtf) == 0


def depth(rtf):
    found = 0
    for sign in re.sub(r"\\[{}\\]", "", rtf):
        found += (sign == "{") - (sign == "}")
        assert found >= 0
    return found


def test_a_listing_of_nothing_says_so(tmp_path):
    adae = table(ADAE).iloc[:0]
    lines, made = listed(tmp_path, COLUMNS, adae=adae, more=GROUPED)
    assert lines == [["Arm", "Subject", "Term"], ["No data to report", "", ""]]
    for ending in ("rtf", "html"):
        page = made.files[f"t_1.{ending}"].decode()
        assert "No data to report" in page
        assert "Records of ADAE: 0; lines: 0;" in page
    assert made.results["value"].tolist() == [0, 0, 0, 0, 0]


def test_a_population_of_nobody_says_so(tmp_path):
    adsl = "USUBJID | SAFFL | TRT01A\nP1 | N | A\n"
    lines, made = listed(tmp_path, COLUMNS, adsl=adsl, more=GROUPED)
    assert lines[1][0] == "No data to report"
    assert "of subjects outside the population: 6." in made.files["t_1.html"].decode()


NASTY = [
    '=HYPERLINK("x")',
    "+1+cmd",
    "-cmd|' /C calc'!A0",
    "@SUM(1)",
    "\t=1",
    r"{\b bold} \par 50% [[y]] [%z%] {{x}}",
    "<script>alert(1)</script>",
    "急性 ≥5",
    "a & b",
    "word " * 1000,
    "x" * 5000,
    "two\nlines",
    "-1.5",
]


@pytest.fixture
def nasty(tmp_path):
    adae = pd.DataFrame(
        {
            "USUBJID": pd.Series(["P1"] * len(NASTY), dtype="str"),
            "AESEQ": [float(at) for at in range(len(NASTY))],
            "AETERM": pd.Series(NASTY, dtype="str"),
        }
    )
    return listed(tmp_path, "    t: {show: AETERM}\n", adae=adae, more="  sort: [AESEQ]\n")


def test_a_spreadsheet_runs_no_free_text_and_loses_none(nasty):
    cells = [line[0] for line in nasty[0][1:]]
    assert cells[:4] == ["'" + text for text in NASTY[:4]]
    assert cells[4] == " =1"
    assert cells[5:] == NASTY[5:]


def test_free_text_is_no_control_word_of_rtf(nasty):
    rtf = nasty[1].files["t_1.rtf"].decode("ascii")
    assert depth(rtf) == 0
    for written in (
        r"\{\\b bold\} \\par 50% [[y]] [%z%] \{\{x\}\}\cell",
        r"\u24613?\u24615? \u8805?5\cell",  # U+6025, U+6027, U+2265
        r"two\line lines\cell",
        "x" * 5000,
        ("word " * 1000) + r"\cell",
    ):
        assert written in rtf


def test_free_text_is_no_markup_of_html(nasty):
    page = nasty[1].files["t_1.html"].decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert "{{x}}" in page
    assert "急性 ≥5" in page
    assert "two<br>lines" in page
    assert "a &amp; b" in page


def test_a_date_is_not_divided_at_its_hyphens_and_keeps_its_day(tmp_path):
    _, made = listed(tmp_path, '    a: {show: "{AESTDTC} ({ASTDY})", label: Start (day)}\n')
    assert r"2024\_01\_08\~(1)\cell" in made.files["t_1.rtf"].decode()
    assert "<span>2024-01-08 (1)</span>" in made.files["t_1.html"].decode()


def test_the_order_of_the_records_changes_no_byte(tmp_path):
    columns = COLUMNS + "    n: {show: AESEQ}\n"
    _, first = listed(tmp_path, columns, more=GROUPED)
    turned = table(ADAE).iloc[::-1].reset_index(drop=True)
    _, second = listed(tmp_path, columns, adae=turned, more=GROUPED)
    assert first.files == second.files


TOPICS = {
    "L16.2.1", "L16.2.2", "L16.2.3", "L16.2.4.1", "L16.2.4.2", "L16.2.5", "L16.2.6.1", "L16.2.6.2",
    "L16.2.7.1", "L16.2.7.2", "L16.2.7.3", "L16.2.8.1", "L16.2.8.2", "L16.2.8.3", "L16.2.9",
    "L16.2.10.1", "L16.2.10.2", "L16.2.10.3", "L16.2.11", "L16.2.12",
}  # fmt: skip


def test_every_listing_of_the_study_is_stated_and_names_its_subject():
    """E.1: L16.2.1 to L16.2.12."""
    displays = read_displays(ROOT / "rd1302" / "tlf", study("rd1302"))
    listings = {name: one for name, one in displays.items() if one.listing}
    assert set(listings) == TOPICS
    for display in listings.values():
        shown = [column for column in display.listing.columns if column.text == "{USUBJID}"]
        assert len(shown) == 1
        assert isinstance(shown[0], Shown)
        assert shown[0].name in display.listing.group

"""Mock shells: the words and lines of the real displays, and not one number of data."""

import csv
import io
import re

import pytest

from cdiscflow.shells import variables_of
from clinical.study import load_study
from tests.tlf.frames import ROOT, cells, study
from tests.tlf.small import HEAD, write
from tlf.shells import make_shell
from tlf.spec import read_displays

STUDIES = ("rd1302", "cdiscpilot01")
STANDARDS = {name: variables_of(load_study(ROOT / name, ROOT / "library")) for name in STUDIES}


def shells(name):
    displays = read_displays(ROOT / name / "tlf", study(name)).values()
    return {one.name: (one, make_shell(one, STANDARDS[name])) for one in displays}


@pytest.fixture(scope="module")
def made():
    return {name: shells(name) for name in STUDIES}


def test_no_cell_of_any_shell_holds_a_digit_and_none_is_empty_beside_a_label(made):
    seen = 0
    for found in made.values():
        for display, shell in found.values():
            if not display.rows:
                continue
            texts = [t for line in cells(shell.files[f"{display.stem}.csv"]).values() for t in line.values()]
            assert not [text for text in texts if re.search(r"\d|nan|NE", text)], display.name
            seen += len(texts)
    assert seen > 500


def test_headers_say_xx_and_nobody_is_behind_a_count(made):
    for found in made.values():
        for display, shell in found.values():
            assert len(shell.subjects) == 0
            html = shell.files[f"{display.stem}.html"].decode()
            assert not re.search(r"\(N=\d", html)
            assert not display.rows or "(N=xx)" in html
            assert "hash" not in html


def test_numbers_are_shown_by_their_formats(made):
    _, shell = made["rd1302"]["T14.2.1"]
    line = cells(shell.files["t_14_2_1.csv"])[("responders", "Responders (CR + CRi + PR), n (%)")]
    assert set(line.values()) == {"xx (xx.x)"}
    _, shell = made["rd1302"]["T14.2.4"]
    found = cells(shell.files["t_14_2_4.csv"])
    assert set(found[("quantiles", "Median")].values()) == {"xx.xx (xx.xx, xx.xx)"}


def test_a_number_of_four_significant_digits_shows_four(made):
    _, shell = made["rd1302"]["T14.4.2"]
    assert set(cells(shell.files["t_14_4_2.csv"])[("peak", "Geometric mean")].values()) == {"x.xxx"}


LISTING = """display: L1
title: Events
population: {dataset: ADSL, where: {ENRLFL: Y}, label: Enrolled Set}
records: {from: ADAE}
listing:
  page_by: {show: TRT01A, label: Dose level}
  group: [s]
  columns:
    s:      {show: USUBJID, label: Subject}
    term:   {show: AETERM, label: Term}
    time:   {show: "{AESTDTC} ({AESTDY}) / {AEENDTC}", from: AE, by: [AESEQ], label: Start / end}
    first:  {show: ASTDT, label: First}
    when:   {show: TRTSDTM, label: Infused}
    dose:   {show: AGE, label: Dose, decimals: 2}
    ratio:  {show: AESEQ, label: Ratio, significant: 3}
    number: {show: AESEQ, label: Number}
"""


def test_a_listing_has_one_line_that_says_what_kind_of_value_stands_where(tmp_path):
    """Design E.1; a variable that the records lack is that of the subject, and has its type (ADR 36)."""
    display = next(iter(read_displays(write(tmp_path, LISTING), study("rd1302")).values()))
    shell = make_shell(display, STANDARDS["rd1302"])
    lines = list(csv.reader(io.StringIO(shell.files["t_1.csv"].decode())))
    assert lines == [
        ["Dose level", "Subject", "Term", "Start / end", "First", "Infused", "Dose", "Ratio", "Number"],
        [
            "xx",
            "xx",
            "xx",
            "yyyy-mm-dd (xx) / yyyy-mm-dd",
            "yyyy-mm-dd",
            "yyyy-mm-ddThh:mm",
            "xx.xx",
            "xx.x",
            "xx",
        ],
    ]
    page = shell.files["t_1.html"].decode()
    assert "Dose level: xx" in page
    assert "Records of" not in page


def test_no_line_of_a_listing_holds_a_digit(made):
    listings = [one for found in made.values() for one in found.values() if one[0].listing]
    assert len(listings) == 20
    for display, shell in listings:
        _, *lines = csv.reader(io.StringIO(shell.files[f"{display.stem}.csv"].decode()))
        assert len(lines) == 1
        assert not re.search(r"\d", "".join(lines[0])), display.name


def test_levels_that_come_from_data_are_the_label_of_their_variable(made):
    _, shell = made["cdiscpilot01"]["T14.3.1"]
    labels = [label for _, label in cells(shell.files["t_14_3_1.csv"])]
    assert labels == [
        "Subjects with any treatment-emergent adverse event",
        "<Body System or Organ Class>",
        "<Dictionary-Derived Term>",
    ]


def test_levels_of_the_spec_are_printed_as_they_are_and_nothing_is_found_strange(made):
    _, shell = made["rd1302"]["T14.1.4"]
    labels = [label for analysis, label in cells(shell.files["t_14_1_4.csv"]) if analysis == "sex"]
    assert labels == ["Sex, n (%)", "Female", "Male", "Missing"]
    assert all(shell.findings.empty for found in made.values() for _, shell in found.values())


def test_a_figure_is_an_empty_frame_with_its_axes(made):
    _, shell = made["rd1302"]["F14.2.1"]
    svg = shell.files["f_14_2_1.svg"].decode()
    for words in ("Months since first response", "Probability of continued response", "DL1 (N=xx)"):
        assert words in svg
    assert len(shell.results) == 0


def test_a_row_that_contradicts_the_population_is_a_shell_all_the_same(tmp_path):
    text = HEAD + "rows: {a: {count: {SAFFL: N}, label: None of them}}\n"
    display = next(iter(read_displays(write(tmp_path, text), study("rd1302")).values()))
    line = cells(make_shell(display, STANDARDS["rd1302"]).files["t_1.csv"])
    assert line == {("a", "None of them"): {"Total (N=xx)": "xx (xx.x)"}}

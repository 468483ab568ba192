"""Mock shells: the words and lines of the real displays, and not one number of data."""

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
            if display.figure:
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
            assert display.figure or "(N=xx)" in html
            assert "hash" not in html


def test_numbers_are_shown_by_their_formats(made):
    _, shell = made["rd1302"]["T14.2.1"]
    line = cells(shell.files["t_14_2_1.csv"])[("responders", "Responders (CR + CRi + PR), n (%)")]
    assert set(line.values()) == {"xx (xx.x)"}
    _, shell = made["rd1302"]["T14.2.4"]
    found = cells(shell.files["t_14_2_4.csv"])
    assert set(found[("quantiles", "Median")].values()) == {"xx.xx (xx.xx, xx.xx)"}


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

"""Kaplan-Meier figures are drawn from results; what QC compares is the CSV of those results."""

import csv
import io
import re

import pytest

from tests.tlf.frames import FOOTER, ROOT, study, worked
from tlf.figures.style import COLOURS
from tlf.run import make_display
from tlf.spec import read_displays

DOSES = {"02": 2, "03": 2, "04": 2, "05": 2, "09": 3, "10": 3, "12": 3, "13": 3}


@pytest.fixture(scope="module")
def displays():
    return read_displays(ROOT / "rd1302" / "tlf", study("rd1302"))


@pytest.fixture(scope="module")
def made(displays):
    return make_display(displays["F14.2.1"], worked(DOSES), FOOTER)


def total(made, analysis, statistic):
    lines = csv.DictReader(io.StringIO(made.files["f_14_2_1.csv"].decode()))
    wanted = {"analysis": analysis, "group": "Total", "statistic": statistic}
    return {line["level"]: line["value"] for line in lines if all(line[key] == wanted[key] for key in wanted)}


def test_numbers_at_risk_of_the_duration_of_response_follow_from_the_worked_subjects(made):
    """Days 29 29 49 57 57 65 123 153 231 338: months 0.95 0.95 1.61 1.87 1.87 2.14 4.04 5.03 7.59 11.10."""
    expected = [10, 8, 5, 4, 4, 3, 2, 2, 1, 1, 1, 1, 0]
    assert list(total(made, "at_risk", "at_risk").values()) == [str(number) for number in expected]


def test_steps_of_the_curve_are_those_of_the_product_limit(made):
    """Events 1 of 8, 2 of 7, 1 of 5, 1 of 4, 1 of 3; censored 2 at 29, 1 at 231, 1 at 338."""
    steps = [float(value) for value in total(made, "curve", "survival").values()]
    assert steps == pytest.approx([1, 0.875, 0.625, 0.5, 0.375, 0.25, 0.25, 0.25], abs=1e-6)
    marks = [float(value) for value in total(made, "curve", "censored").values()]
    assert marks == [2, 0, 0, 0, 0, 0, 1, 1]


def test_the_legend_has_events_and_median_of_every_curve(made):
    svg = made.files["f_14_2_1.svg"].decode()
    assert "Total: 6/10 events, median 3.09 (1.61, NE) months" in svg
    assert "DL2: 3/3 events, median 1.87 (1.61, NE) months" in svg


def test_figures_hold_no_date(made):
    assert b"<dc:date>" not in made.files["f_14_2_1.svg"]
    assert b"CreationDate" not in made.files["f_14_2_1.pdf"]
    assert b"Software" not in made.files["f_14_2_1.png"][:200]


def test_the_picture_is_300_dots_per_inch_and_is_in_the_rtf_whole(made):
    png = made.files["f_14_2_1.png"]
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (2760, 1560)
    text = made.files["f_14_2_1.rtf"].decode("ascii")
    digits = re.search(r"\\pngblip\S+\n([0-9a-f\n]+)\}", text).group(1)
    assert bytes.fromhex(digits.replace("\n", "")) == png
    assert "\\picwgoal13248\\pichgoal7488" in text


def test_a_figure_about_nobody_says_so(displays):
    adam = worked()
    nobody = {**adam, "ADSL": adam["ADSL"].assign(RSPFL="N")}
    made = make_display(displays["F14.2.1"], nobody, FOOTER)
    assert "No data to report" in made.files["f_14_2_1.svg"].decode()


def test_a_figure_of_one_dose_level_draws_the_others_not(displays):
    svg = make_display(displays["F14.2.3"], worked(), FOOTER).files["f_14_2_3.svg"].decode()
    assert "DL1: 4/12 events" in svg
    assert "DL2" not in svg


def test_a_dose_level_keeps_its_colour_where_another_has_nobody(displays):
    """DL2 looks the same in the figures of responders and of survival, though no responder had DL1."""
    adam = worked(DOSES)
    level = adam["ADSL"]["USUBJID"].str[-2:].map(DOSES)
    adam["ADSL"] = adam["ADSL"].assign(RSPFL=adam["ADSL"]["RSPFL"].where(level.notna(), "N"))
    responders = make_display(displays["F14.2.1"], adam, FOOTER).files["f_14_2_1.svg"].decode()
    survival = make_display(displays["F14.2.3"], adam, FOOTER).files["f_14_2_3.svg"].decode()
    assert "DL1" not in responders
    assert [colour.lower() in responders.lower() for colour in COLOURS[:3]] == [False, True, True]
    assert [colour.lower() in survival.lower() for colour in COLOURS[:3]] == [True, True, True]

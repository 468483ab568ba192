"""Figures with one line a subject: lengths, states, marks and cells worked out by hand from a few records."""

import re

import pandas as pd
import pytest

from clinical.findings import Findings
from tests.tables import table
from tests.tlf import small
from tests.tlf.frames import FOOTER, ROOT, study, worked
from tlf.compute import compute_display
from tlf.figures import KINDS
from tlf.figures.pages import pages_of
from tlf.figures.swimmer import stretches
from tlf.figures.waterfall import pages as waterfall_pages
from tlf.run import make_display
from tlf.shapes.grid import grid_of
from tlf.spec import read_displays

SWIMMER = (
    small.HEAD.replace("A table", "Swimmer")
    + small.ARMS
    + """\
figure:
  kind: swimmer
  x: Months
  length: FUDUR
  start: TRTSDT
  days: 30.4375
  step: 3
  states: {from: ADRS, where: {PARAMCD: OVR}, date: ADT, value: AVALC}
  levels: [CR, CRi, PR]
  marks:
    relapse: {label: Relapse, from: ADRS, where: {PARAMCD: PD, AVALC: Y}, date: ADT}
    death: {label: Death, date: DTHDT}
  ongoing: {label: Alive, where: {EOSSTT: ONGOING}}
"""
)
WATERFALL = (
    small.HEAD.replace("A table", "Waterfall")
    + small.ARMS
    + """\
figure:
  kind: waterfall
  y: Best change (%)
  values: {from: ADLB, where: {PARAMCD: BLASTS, AVAL: {missing: false}}, date: ADT, value: PCHG}
  base: BASE
  start: TRTSDT
  until: {horizon: {date: ACUTDT}, therapy: {date: NACTDT}}
  cap: 100
  response: {from: ADRS, where: {PARAMCD: BOR}, value: AVALC}
  levels: [CR, PR, NR, PD, NE]
  absent: {none: Nothing in that time, base: No baseline, zero: Baseline 0}
"""
)
STRIP = (
    small.HEAD.replace("A table", "Strip")
    + small.ARMS
    + """\
figure:
  kind: heat_strip
  x: Day
  start: TRTSDT
  to: 28
  panels:
    one: {label: One, from: ADCRS, where: {PARAMCD: ONE}, date: ADT, value: AVAL}
    two: {label: Two, from: ADCRS, where: {PARAMCD: TWO}, date: ADT, value: AVAL}
  marks: {dose: {label: Dose, from: ADCM, where: {DOSEFL: Y}, date: ASTDT}}
"""
)


def numbers(made, analysis: str, statistic: str) -> dict[tuple[str, str], str]:
    """What the results hold: (subject, level) to text, in their order."""
    own = made.results
    own = own[(own["analysis"] == analysis).to_numpy() & (own["statistic"] == statistic).to_numpy()]
    return dict(zip(zip(own["parent"], own["level"].fillna(""), strict=True), own["text"], strict=True))


SWIMMERS = table("""
    USUBJID | SAFFL | TRT01A | TRTSDT     | FUDUR | EOSSTT       | DTHDT
    P1      | Y     | A      | 2024-01-01 | 305   | DISCONTINUED |
    P2      | Y     | A      | 2024-01-01 | 400   | ONGOING      |
    P3      | Y     | A      | 2024-01-01 | 400   | COMPLETED    |
    P4      | Y     | B      | 2024-01-01 | 40    | DISCONTINUED | 2024-02-09
    P5      | Y     | B      | 2024-01-01 | 60    | ONGOING      |
    P6      | N     | A      |            |       |              |
    """)
ASSESSMENTS = table("""
    USUBJID | PARAMCD | AVALC | ADT
    P1      | OVR     | CR    | 2024-02-26
    P1      | OVR     | CR    | 2024-01-29
    P1      | OVR     | RD    | 2024-03-25
    P1      | PD      | Y     | 2024-03-25
    P2      | OVR     | PR    | 2024-01-29
    P2      | OVR     | CR    | 2024-02-26
    P2      | OVR     | CR    | 2024-03-25
    P2      | PD      | N     |
    P3      | OVR     | NR    | 2024-01-29
    P4      | OVR     | CR    | 2024-01-29
    P5      | OVR     | CR    | 2024-01-29
    P5      | OVR     | NR    | 2024-01-29
    """)


@pytest.fixture(scope="module")
def swimmer(tmp_path_factory):
    return small.make(tmp_path_factory.mktemp("swimmer"), SWIMMER, ADSL=SWIMMERS, ADRS=ASSESSMENTS)


def test_bars_are_as_long_as_the_follow_up_and_longest_first_within_a_dose_level(swimmer):
    """E.2: 305 / 30.4375 = 10.02, 400 / 30.4375 = 13.14, 60 and 40 days 1.97 and 1.31; ties by name."""
    months = {subject: text for (subject, _), text in numbers(swimmer, "length", "months").items()}
    assert list(months.items()) == [
        ("P2", "13.14"),
        ("P3", "13.14"),
        ("P1", "10.02"),
        ("P5", "1.97"),
        ("P4", "1.31"),
    ]
    assert list(numbers(swimmer, "order", "place").values()) == ["1", "2", "3", "1", "2"]


def test_a_state_lasts_to_the_day_before_the_assessment_that_ends_it(swimmer):
    """29 January is day 29, 26 February 57, 25 March 85 (A-DAY); what no later assessment confirms ends."""
    states = numbers(swimmer, "state", "state")
    first, last = (numbers(swimmer, "state", name) for name in ("from", "to"))
    assert {key: (states[key], first[key], last[key]) for key in states} == {
        ("P2", "1"): ("PR", "29", "56"),
        ("P2", "2"): ("CR", "57", "85"),
        ("P1", "1"): ("CR", "29", "84"),
        ("P4", "1"): ("CR", "29", "29"),
    }


def test_marks_stand_on_their_study_day_and_only_those_who_go_on_have_an_arrow(swimmer):
    """E.2; death on the last day of follow-up is the end of the bar: day 40 of FUDUR 40."""
    assert numbers(swimmer, "relapse", "day") == {("P1", ""): "85"}
    assert numbers(swimmer, "death", "day") == {("P4", ""): "40"}
    assert [subject for subject, _ in numbers(swimmer, "ongoing", "ongoing")] == ["P2", "P5"]


def test_the_axis_ends_with_the_step_after_the_longest_bar(swimmer):
    """13.14 months in steps of 3: 15."""
    assert list(numbers(swimmer, "axis", "to").values()) == ["15.00"]


def test_the_swimmer_plot_of_the_worked_subjects():
    """D.12: 02 CRi day 29, CR 57, relapse and death 77; 03 HSCT on day 46; 05 new therapy on day 36."""
    display = read_displays(ROOT / "rd1302" / "tlf", study("rd1302"))["F14.2.4"]
    made = make_display(display, worked(), FOOTER)
    ids = {number: f"RD1302-01-0{number}" for number in ("02", "03", "05")}
    states, first, last = (numbers(made, "state", name) for name in ("state", "from", "to"))
    of_02 = [(states[key], first[key], last[key]) for key in states if key[0] == ids["02"]]
    assert of_02 == [("CRi", "29", "56"), ("CR", "57", "76")]
    assert numbers(made, "length", "months")[ids["02"], ""] == "2.53"
    marks = {name: numbers(made, name, "day") for name in ("relapse", "death", "hsct", "therapy")}
    assert marks["relapse"][ids["02"], ""] == marks["death"][ids["02"], ""] == "77"
    assert marks["hsct"] == {(ids["03"], ""): "46"}
    assert marks["therapy"] == {(ids["05"], ""): "36"}
    assert not any(subject == ids["05"] for subject, _ in states)


@pytest.mark.parametrize(
    ("days", "values", "expected"),
    [
        ([], [], []),
        ([29, 57, 85], ["CR", "NR", "CR"], [("CR", 29, 56), ("CR", 85, 85)]),
        ([29, 57, 85], ["CR", "NR", "NR"], [("CR", 29, 56)]),
        ([29, 57, 85], ["CR", "CR", "CRi"], [("CR", 29, 84), ("CRi", 85, 85)]),
        ([29, 30], ["CR", "CRi"], [("CR", 29, 29), ("CRi", 30, 30)]),
        ([29, 29], ["PR", "CR"], [("PR", 29, 29)]),
        ([29, 29, 57], ["PD", "CR", "CR"], [("CR", 57, 57)]),
    ],
)
def test_stretches_of_one_subject(days, values, expected):
    """The worse of two assessments on one day counts [D.3]."""
    assert stretches(days, values, ("CR", "CRi", "PR")) == expected


FALLERS = table("""
    USUBJID | SAFFL | TRT01A | TRTSDT     | ACUTDT     | NACTDT
    P1      | Y     | A      | 2024-01-01 | 2024-12-31 |
    P2      | Y     | A      | 2024-01-01 | 2024-12-31 |
    P3      | Y     | A      | 2024-01-01 | 2024-12-31 |
    P4      | Y     | B      | 2024-01-01 | 2024-12-31 |
    P5      | Y     | B      | 2024-01-01 | 2024-12-31 |
    P6      | Y     | B      | 2024-01-01 | 2024-02-26 | 2024-01-29
    P7      | Y     | B      | 2024-01-01 | 2024-02-26 |
    """)
BLASTS = table("""
    USUBJID | PARAMCD | ADT        | AVAL | BASE | PCHG
    P1      | BLASTS  | 2024-01-29 | 40   | 50   | -20
    P1      | BLASTS  | 2024-02-26 | 0    | 50   | -100
    P2      | BLASTS  | 2024-01-29 | 19   | 5    | 280
    P3      | BLASTS  | 2023-12-20 | 50   | 50   |
    P3      | BLASTS  | 2024-01-29 |      | 50   |
    P4      | BLASTS  | 2024-01-29 | 3    | 0    |
    P5      | BLASTS  | 2024-01-29 | 3    |      |
    P6      | BLASTS  | 2024-01-01 | 5    | 50   | -90
    P6      | BLASTS  | 2024-01-02 | 45   | 50   | -10
    P6      | BLASTS  | 2024-01-29 | 10   | 50   | -80
    P6      | BLASTS  | 2024-01-30 | 2    | 50   | -96
    P7      | BLASTS  | 2024-02-26 | 20   | 10   | 100
    P7      | BLASTS  | 2024-02-27 | 0    | 10   | -100
    """)
BEST = table("""
    USUBJID | PARAMCD | AVALC
    P1      | BOR     | NR
    P2      | BOR     | PD
    P6      | BOR     | PR
    P7      | BOR     | NR
    """)


@pytest.fixture(scope="module")
def waterfall(tmp_path_factory):
    folder = tmp_path_factory.mktemp("waterfall")
    return small.make(folder, WATERFALL, ADSL=FALLERS, ADLB=BLASTS, ADRS=BEST)


def test_the_best_change_lies_after_the_infusion_and_up_to_new_therapy_and_horizon(waterfall):
    """E.2, E-EVSET: the day of infusion is out, the next in; the day of the limit is in, the next out."""
    changes = {subject: text for (subject, _), text in numbers(waterfall, "change", "percent").items()}
    assert list(changes.items()) == [("P2", "280.0"), ("P7", "100.0"), ("P6", "-80.0"), ("P1", "-100.0")]


def test_a_change_above_the_cap_is_drawn_at_the_cap_with_its_value_beside_it(waterfall):
    shown = {subject: text for (subject, _), text in numbers(waterfall, "shown", "percent").items()}
    assert shown == {"P2": "100.0", "P7": "100.0", "P6": "-80.0", "P1": "-100.0"}
    svg = waterfall.files["t_1.svg"].decode()
    assert "PD (280.0)" in svg
    assert "NR (100.0)" not in svg


def test_a_plot_of_few_bars_stands_in_the_middle_of_the_page(tmp_path):
    from matplotlib.figure import Figure

    display = small.read(tmp_path, WATERFALL)
    frames = {"ADSL": FALLERS, "ADLB": BLASTS, "ADRS": BEST}
    results = compute_display(display, frames, Findings())
    canvas = Figure()
    KINDS["waterfall"].draw(
        canvas, grid_of(results, {**FOOTER, "datasets": dict.fromkeys(frames, "ee")}), results.frame()
    )
    box = canvas.axes[0].get_position()
    assert (box.x0 + box.x1) / 2 == pytest.approx(0.5)


def test_the_response_is_the_one_of_the_response_dataset_and_never_follows_from_the_percentage(waterfall):
    """P1 fell to 0% and is NR all the same; who has no best response has none."""
    said = {subject: text for (subject, _), text in numbers(waterfall, "response", "response").items()}
    assert {name: said[name] for name in ("P1", "P2", "P6")} == {"P1": "NR", "P2": "PD", "P6": "PR"}


def test_who_has_no_bar_is_named_in_a_footnote_with_the_reason(waterfall):
    html = waterfall.files["t_1.html"].decode()
    for note in (
        "A bar for 4 of 7 subjects.",
        "Nothing in that time (1): P3.",
        "No baseline (1): P5.",
        "Baseline 0 (1): P4.",
    ):
        assert f"<p>{note}</p>" in html


GRADED = table("""
    USUBJID | SAFFL | TRT01A | TRTSDT
    P1      | Y     | A      | 2024-01-01
    P2      | Y     | A      | 2024-01-01
    P3      | Y     | A      | 2024-01-01
    P4      | Y     | B      | 2024-01-01
    P5      | Y     | B      | 2024-01-01
    """)
GRADES = table("""
    USUBJID | PARAMCD | ADT        | AVAL
    P1      | ONE     | 2023-12-31 | 4
    P1      | ONE     | 2024-01-01 | 0
    P1      | ONE     | 2024-01-29 | 1
    P1      | ONE     | 2024-01-30 | 3
    P2      | ONE     | 2024-01-05 | 2
    P2      | ONE     | 2024-01-05 | 1
    P3      | ONE     | 2024-01-05 | 2
    P3      | TWO     | 2024-01-05 | 1
    P1      | TWO     | 2024-01-05 | 3
    P4      | ONE     | 2024-01-05 | 1
    P5      | ONE     | 2024-01-05 | 1
    """)
DOSES = table("""
    USUBJID | DOSEFL | ASTDT
    P1      | Y      | 2023-12-31
    P1      | Y      | 2024-01-01
    P1      | Y      | 2024-01-29
    P1      | Y      | 2024-01-30
    P2      | Y      | 2024-01-05
    P2      | Y      | 2024-01-05
    P2      |        | 2024-01-06
    """)


@pytest.fixture(scope="module")
def strip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("strip")
    return small.make(folder, STRIP, ADSL=GRADED, ADCRS=GRADES, ADCM=DOSES)


def test_cells_are_the_worst_grade_of_protocol_days_0_to_28(strip):
    """A-DAY: 1 January is day 0, 29 January day 28; the day before and day 29 are not shown."""
    cells = numbers(strip, "one", "grade")
    assert {key: text for key, text in cells.items() if key[0] in ("P1", "P2")} == {
        ("P2", "4"): "2",
        ("P1", "0"): "0",
        ("P1", "28"): "1",
    }
    assert numbers(strip, "two", "grade") == {("P3", "4"): "1", ("P1", "4"): "3"}


def test_the_highest_grade_stands_first_then_that_of_the_next_panel_then_the_name(strip):
    """P3 and P2 have grade 2 of the first, P3 also 1 of the second, P1 1 and 3; P4 and P5 are alike."""
    assert [subject for subject, _ in numbers(strip, "order", "place")] == ["P3", "P2", "P1", "P4", "P5"]


def test_dots_stand_once_on_each_day_with_a_dose(strip):
    assert list(numbers(strip, "dose", "day")) == [("P2", "4"), ("P1", "0"), ("P1", "28")]


def many(**sizes: int) -> pd.DataFrame:
    """Results with as many subjects in each group, each with a bar, and one row that belongs to nobody."""
    lines = [(name, group, f"{group}{at}") for group, size in sizes.items() for at in range(size)
             for name in ("order", "shown")]  # fmt: skip
    lines += [("subjects", group, "") for group in sizes]
    return pd.DataFrame(lines, columns=["analysis", "group", "parent"]).astype("str")


def counts(pages: list[pd.DataFrame]) -> list[int]:
    return [page.loc[page["parent"] != "", "parent"].nunique() for page in pages]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [({"A": 20, "B": 22}, [42]), ({"A": 20, "B": 23}, [20, 23]), ({"A": 42}, [42]), ({"A": 43}, [22, 21]),
     ({"A": 2, "B": 43}, [24, 21])],
)  # fmt: skip
def test_a_group_that_fits_on_a_page_is_not_divided_and_a_larger_one_evenly(sizes, expected):
    pages = pages_of(many(**sizes), 42)
    assert counts(pages) == expected
    assert all((page["analysis"] == "subjects").sum() == len(sizes) for page in pages)


def test_bars_too_many_to_read_have_a_page_for_each_group():
    assert counts(waterfall_pages(None, many(A=40, B=40))) == [80]
    assert counts(waterfall_pages(None, many(A=41, B=40))) == [41, 40]
    assert counts(waterfall_pages(None, many(A=81))) == [41, 40]


@pytest.fixture(scope="module")
def long_one(tmp_path_factory):
    subjects = pd.concat([SWIMMERS.head(1).assign(USUBJID=f"Q{at:02}") for at in range(43)])
    return small.make(tmp_path_factory.mktemp("long"), SWIMMER, ADSL=subjects, ADRS=ASSESSMENTS)


def test_every_page_of_a_long_figure_is_in_the_rtf_the_html_and_the_pdf(long_one):
    files = long_one.files
    assert {name for name in files if name.endswith(("png", "svg"))} == {
        "t_1.png", "t_1.svg", "t_1.page_2.png", "t_1.page_2.svg",
    }  # fmt: skip
    hexed = re.findall(r"\\pngblip\S+\n([0-9a-f\n]+)\}", files["t_1.rtf"].decode("ascii"))
    assert [bytes.fromhex(one.replace("\n", "")) for one in hexed] == [
        files["t_1.png"],
        files["t_1.page_2.png"],
    ]
    assert files["t_1.html"].decode().count("<svg ") == 2
    assert b"/Count 2" in files["t_1.pdf"]
    assert "A (N=43), continued" in files["t_1.page_2.svg"].decode()
    assert "continued" not in files["t_1.svg"].decode()


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        (SWIMMER, {"ADSL": SWIMMERS, "ADRS": ASSESSMENTS}),
        (WATERFALL, {"ADSL": FALLERS, "ADLB": BLASTS, "ADRS": BEST}),
        (STRIP, {"ADSL": GRADED, "ADCRS": GRADES, "ADCM": DOSES}),
    ],
)
def test_the_order_of_records_changes_no_byte(tmp_path, text, frames):
    backwards = {name: one.iloc[::-1].reset_index(drop=True) for name, one in frames.items()}
    assert small.make(tmp_path, text, **frames).files == small.make(tmp_path, text, **backwards).files


@pytest.mark.parametrize("text", [SWIMMER, WATERFALL, STRIP])
def test_a_figure_without_anybody_says_so(tmp_path, text):
    nobody = {"ADSL": FALLERS.merge(SWIMMERS, how="left").assign(SAFFL="N")}
    made = small.make(tmp_path, text, **nobody, ADRS=ASSESSMENTS, ADLB=BLASTS, ADCRS=GRADES, ADCM=DOSES)
    assert "No data to report" in made.files["t_1.svg"].decode()

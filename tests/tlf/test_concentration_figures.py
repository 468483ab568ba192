"""Figures of concentrations over time and the kinetic displays of rd1302 on a few subjects [D.8, E.2]."""

import csv
import io

import pandas as pd
import pytest

from clinical.errors import SpecErrors
from clinical.findings import Findings
from tests.tables import table
from tests.tlf.frames import FOOTER, ROOT, cells, study
from tests.tlf.small import HEAD, read
from tlf.compute import compute_display
from tlf.run import make_display
from tlf.shapes.grid import grid_of
from tlf.spec import read_displays

NAMES = ("ADSL", "ADPC", "ADPP", "ADAE")
FOOT = {**FOOTER, "datasets": dict.fromkeys(NAMES, "aa")}
DL1, DL2 = (f"RD13-02 {number}x10^7 CAR+ T cells/kg" for number in (1, 2))
SUBJECTS = f"""
    USUBJID | TRT01A | PKFL | PPFL | EFFFL | RSPFL
    P1      | {DL1}  | Y    | Y    | Y     | Y
    P2      | {DL1}  | Y    | Y    | Y     | Y
    P3      | {DL1}  | Y    | Y    | Y     | N
    P4      | {DL2}  | Y    | Y    | N     | N
    P5      | {DL2}  | N    | N    | N     | N
    """
SAMPLES = """
    USUBJID | PARAMCD | NRRELTM | ARRELTM | AVAL | AVALLOG | BLQFL | ALLOQ | PKEXCLFL | PKEXCRS
    P1      | CARVCN  | 0       | -0.1    | 0    |         | Y     | 50    |          |
    P1      | CARVCN  | 4       | 3.9     | 100  | 100     |       | 50    |          |
    P1      | CARVCN  | 7       | 7.1     | 1000 | 1000    |       | 50    |          |
    P1      | CARVCN  | 56      | 60      | 0    | 25      | Y     | 50    |          |
    P2      | CARVCN  | 4       | 4.2     | 200  | 200     |       | 50    |          |
    P2      | CARVCN  | 7       | 6.8     | 0    | 25      | Y     | 50    |          |
    P2      | CARVCN  | 56      | 70      | 90   | 90      |       | 50    | Y        | OFF NOMINAL TIME
    P2      | CARVCN  | 84      | 84      | 70   | 70      |       | 50    | Y        | AFTER SECOND INFUSION
    P3      | CARVCN  | 4       | 4.0     | 400  | 400     |       | 50    |          |
    P3      | CARVCN  | 7       | 7.0     | 0    | 25      | Y     | 50    |          |
    P3      | CARVCN  |         | 9.0     | 300  | 300     |       | 50    |          |
    P3      | CARVBM  | 28      | 28      | 999  | 999     |       | 50    |          |
    P4      | CARVCN  | 4       | 4.0     | 0    | 25      | Y     | 50    |          |
    P5      | CARVCN  | 4       | 4.0     | 777  | 777     |       | 50    |          |
    """
DRAWN = {
    "P1": [(3.9, 100, 0), (7.1, 1000, 0), (60, 25, 1)],
    "P2": [(4.2, 200, 0), (6.8, 25, 1), (70, 90, 0)],
    "P3": [(4.0, 400, 0), (7.0, 25, 1), (9.0, 300, 0)],
    "P4": [(4.0, 25, 1)],
}
NUMBERS = dict.fromkeys(("NRRELTM", "ARRELTM", "AVAL", "AVALLOG", "ALLOQ"), "Num")


@pytest.fixture(scope="module")
def displays():
    return read_displays(ROOT / "rd1302" / "tlf", study("rd1302"))


@pytest.fixture(scope="module")
def frames():
    return {"ADSL": table(SUBJECTS), "ADPC": table(SAMPLES, **NUMBERS)}


@pytest.fixture(scope="module")
def individual(displays, frames):
    return make_display(displays["F14.4.1"], frames, FOOT)


@pytest.fixture(scope="module")
def means(displays, frames):
    return make_display(displays["F14.4.2"], frames, FOOT)


def points(made, analysis, group):
    own = made.results[(made.results["analysis"] == analysis) & (made.results["group"] == group)]
    wide = own.assign(line=own["parent"].fillna("") + own["level"]).pivot(
        index="line", columns="statistic", values="value"
    )
    return wide if analysis == "samples" else wide.sort_values("time").set_index("time")


def test_every_sample_that_is_drawn_is_in_the_results_and_no_other(individual):
    """D.8: nothing before the infusion on a log axis, BLQ at half the LLOQ, nothing after a second infusion;
    a sample off its nominal time or without one is drawn at its actual time."""
    for group, subjects in {"DL1": ("P1", "P2", "P3"), "DL2": ("P4",)}.items():
        found = points(individual, "samples", group)
        assert sorted(found.index) == [f"{p}{n + 1}" for p in subjects for n in range(len(DRAWN[p]))]
        for subject in subjects:
            own = found.loc[[f"{subject}{n + 1}" for n in range(len(DRAWN[subject]))]]
            assert list(own[["time", "value", "below"]].itertuples(index=False, name=None)) == DRAWN[subject]


def test_the_csv_beside_the_figure_holds_the_same_points(individual):
    lines = list(csv.DictReader(io.StringIO(individual.files["f_14_4_1.csv"].decode())))
    wanted = [
        line for line in lines if (line["parent"], line["level"], line["statistic"]) == ("P2", "3", "value")
    ]
    assert [line["value"] for line in wanted] == ["90.000000"]
    assert len(lines) == len(individual.results)


def test_a_median_below_the_limit_stands_at_half_of_it(individual):
    """Day 4: 100 200 400; day 7: 0 0 1000 has the median 0; day 56: P1's BLQ, P2 is off nominal time."""
    found = points(individual, "summary", "DL1")
    assert found["value"].to_dict() == {4: 200, 7: 0, 56: 0}
    assert found["height"].to_dict() == {4: 200, 7: 25, 56: 25}
    assert found["at_half"].to_dict() == {4: 0, 7: 1, 56: 1}
    assert found["n"].to_dict() == {4: 3, 7: 3, 56: 1}


@pytest.mark.parametrize(("seen", "height", "low"), [(98, 25, 1), (100, 50, 0), (102, 51, 0)])
def test_a_median_between_half_the_limit_and_the_limit_is_below_it(displays, frames, seen, height, low):
    """One BLQ and one value: the median is half of it, and below the LLOQ of 50 until the value is 100."""
    adpc = table(f"""
        USUBJID | PARAMCD | NRRELTM | ARRELTM | AVAL   | AVALLOG | BLQFL | ALLOQ | PKEXCLFL | PKEXCRS
        P1      | CARVCN  | 84      | 84      | 0      | 25      | Y     | 50    |          |
        P2      | CARVCN  | 84      | 84      | {seen} | {seen}  |       | 50    |          |
        """, **NUMBERS)  # fmt: skip
    made = make_display(displays["F14.4.1"], frames | {"ADPC": adpc}, FOOT)
    assert points(made, "summary", "DL1").loc[84, ["value", "height", "at_half"]].tolist() == [
        seen / 2, height, low,
    ]  # fmt: skip


def test_a_geometric_mean_that_is_not_calculated_is_open_for_blq_and_absent_for_few_values(
    means, displays, frames
):
    """Day 4: cube root of 100 x 200 x 400 is 200, SD of the logarithms ln 2; day 7: two of three BLQ. Two
    quantifiable values are too few: no point."""
    found = points(means, "summary", "DL1")
    assert found.loc[4, ["value", "lower", "upper"]].tolist() == pytest.approx([200, 100, 400])
    assert pd.isna(found.loc[7, "value"])
    assert found.loc[7, ["height", "at_half", "below"]].tolist() == [25, 1, 2]
    fewer = frames | {"ADPC": frames["ADPC"][frames["ADPC"]["USUBJID"] != "P3"]}
    few = points(make_display(displays["F14.4.2"], fewer, FOOT), "summary", "DL1")
    assert few.loc[4, "n"] == 2
    assert few.loc[4, ["value", "height"]].isna().all()
    assert few.loc[4, "at_half"] == 0
    assert few.loc[7, ["n", "below", "at_half"]].tolist() == [2, 1, 0]


@pytest.mark.parametrize("name", ["F14.4.1", "F14.4.2"])
def test_the_picture_draws_what_the_results_hold(displays, frames, name):
    """Every point of every line is one of the results, and every result with a height is drawn."""
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    from tlf.figures.profile_panels import draw_profiles

    results = compute_display(displays[name], frames, Findings())
    canvas = Figure()
    draw_profiles(canvas, grid_of(results, FOOT), results.frame())
    drawn: set[tuple[float, float]] = set()
    for axes in canvas.axes:
        for line in axes.get_lines():
            drawn |= {(x, y) for x, y in line.get_xydata().tolist() if y == y}
        for many in axes.collections:
            if isinstance(many, LineCollection):
                drawn |= {(x, y) for path in many.get_segments() for x, y in path.tolist()}
    held = set()
    frame = results.frame()
    for _, one in frame[frame["analysis"].isin(("samples", "summary"))].groupby(
        ["analysis", "group", "parent", "level"]
    ):
        values = dict(zip(one["statistic"], one["value"], strict=True))
        heights = (
            [values.get(key) for key in ("height", "lower", "upper")]
            if "height" in values
            else [values["value"]]
        )
        held |= {(values["time"], height) for height in heights if height == height and height is not None}
    assert held <= drawn
    assert drawn - held == {(0.0, 50.0), (1.0, 50.0)}


@pytest.mark.parametrize("name", ["F14.4.1", "F14.4.2"])
def test_the_limit_is_in_view_and_only_powers_of_ten_have_labels(displays, frames, name):
    """E.2: LLOQ dashed line, log10 axis; here every sample is BLQ, or so few are there that no mean is."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from tlf.figures.profile_panels import draw_profiles

    samples = frames["ADPC"]
    drawn = samples["AVALLOG"].where(samples["AVALLOG"].isna(), 25)
    below = samples.assign(BLQFL="Y", AVAL=0.0, AVALLOG=drawn)
    for held in (below, samples[samples["USUBJID"] == "P1"]):
        results = compute_display(displays[name], frames | {"ADPC": held}, Findings())
        canvas = Figure()
        draw_profiles(canvas, grid_of(results, FOOT), results.frame())
        FigureCanvasAgg(canvas).draw()
        for axes in canvas.axes:
            low, high = axes.get_ylim()
            assert low < 25
            assert high > 100
            assert not any(label.get_text() for label in axes.get_yticklabels(minor=True))


def test_the_footnote_of_the_mean_says_what_the_options_say(means):
    """E.2: not calculated with fewer than 3 quantifiable values or more than 50% BLQ."""
    html = " ".join(means.files["f_14_4_2.html"].decode().split())
    assert (
        "more than 50% BLQ are drawn open at LLOQ/2; otherwise times with fewer than 3 quantifiable" in html
    )


def test_signs_are_explained_and_the_limit_has_its_name_inside_the_axes(individual, means):
    svg = individual.files["f_14_4_1.svg"].decode()
    assert svg.count(">LLOQ 50<") == 4
    for words in (
        "BLQ, drawn at LLOQ/2",
        "Median (nominal day)",
        "DL1 (N=3)",
        "DL2 (N=1)",
        "Days 0 to 28",
        "Days 0 to 365",
    ):
        assert f">{words}<" in svg, words
    svg = means.files["f_14_4_2.svg"].decode()
    assert ">More than 50% BLQ, drawn at LLOQ/2<" in svg
    assert ">DL1 (N=3)<" in svg


@pytest.mark.parametrize("name", ["F14.4.1", "F14.4.2"])
def test_the_same_samples_in_any_order_give_the_same_bytes(displays, frames, name):
    first = make_display(displays[name], frames, FOOT)
    turned = {key: frame.iloc[::-1].reset_index(drop=True) for key, frame in frames.items()}
    assert make_display(displays[name], turned, FOOT).files == first.files


def test_a_figure_of_nobody_says_so(displays, frames):
    nobody = {**frames, "ADSL": frames["ADSL"].assign(PKFL="N")}
    made = make_display(displays["F14.4.1"], nobody, FOOT)
    assert "No data to report" in made.files["f_14_4_1.svg"].decode()


@pytest.mark.parametrize("days", ["[28]", "[0, 28, 7]", "[0, 0]"])
def test_a_panel_needs_days_that_rise(tmp_path, days):
    figure = f"figure: {{kind: profiles, x: a, y: b, limit: L, below: {{B: Y}}, panels: {{P: {days}}}, summary: {{time: T, value: V}}}}\n"  # noqa: E501
    with pytest.raises(SpecErrors) as error:
        read(tmp_path, HEAD + figure)
    assert (
        str(error.value)
        == "mappings/mini/tlf/t_1.yml:4: T1.figure.panels: P must be a list of days that rise"
    )


def test_levels_of_rd1302_by_nominal_time(displays, frames):
    """Unscheduled, off nominal time, after a second infusion, marrow and P5 are not in the table."""
    made = make_display(displays["T14.4.1"], frames, FOOT)
    found = cells(made.files["t_14_4_1.csv"])
    day = found["times", "Day 4"]
    assert [day[f"DL1 (N=3) | {name}"] for name in ("n", "n BLQ", "Geometric mean", "Geometric CV%")] == [
        "3", "0", "200.0", "78.5",
    ]  # fmt: skip
    assert day["Total (N=4) | n BLQ"] == "1"
    assert found["times", "Before infusion"]["DL1 (N=3) | n BLQ"] == "1"
    assert found["times", "Day 56 (Week 8)"]["DL1 (N=3) | n"] == "1"
    assert found["times", "Day 84 (Week 12)"]["Total (N=4) | n"] == "0"
    assert found["times", "Day 28 (Week 4)"]["Total (N=4) | n"] == "0"
    assert len(found) == 15
    assert len(made.findings) == 0


def test_parameters_of_rd1302_by_dose_level_by_response_and_by_grade(displays, frames):
    """CMAX 100 200 400: mean 200.0, CV% 78.5. P1 had CRS of grade 1 and 3, P2 of grade 2 and an infection."""
    frames = frames | {
        "ADPP": table("""
            USUBJID | PARAMCD | AVAL  | AVALC
            P1      | CMAX    | 100   |
            P2      | CMAX    | 200   |
            P3      | CMAX    | 400   |
            P1      | TMAX    | 9.875 |
            P1      | PERSM3  | 1     | Y
            P2      | PERSM3  | 0     | N
            P3      | PERSM3  |       |
            """),
        "ADAE": table("""
            USUBJID | CQ01NAM                   | ATOXGRN | AOCCPIFL | TRTEMFL
            P1      | CYTOKINE RELEASE SYNDROME | 1       |          | Y
            P1      | CYTOKINE RELEASE SYNDROME | 3       | Y        | Y
            P2      | CYTOKINE RELEASE SYNDROME | 2       | Y        | Y
            P2      |                           | 4       | Y        | Y
            P3      |                           | 3       | Y        | Y
            """),
    }
    found = cells(make_display(displays["T14.4.2"], frames, FOOT).files["t_14_4_2.csv"])
    assert found["peak", "Geometric mean"] == {
        "DL1 (N=3)": "200.0",
        "DL2 (N=1)": "NC",
        "DL3 (N=0)": "",
        "Total (N=4)": "200.0",
    }
    assert found["peak", "Geometric CV%"]["DL1 (N=3)"] == "78.5"
    assert found["peak", "Min, Max"]["Total (N=4)"] == "100, 400"
    assert found["time.TMAX", "Median (min, max)"]["DL1 (N=3)"] == "9.88 (9.88, 9.88)"
    assert found["seen_3", "Quantifiable at month 3"]["DL1 (N=3)"] == "1/2 (50.0)"
    made = make_display(displays["T14.4.3"], frames, FOOT)
    found = cells(made.files["t_14_4_3.csv"])
    assert found["peak", "n"] == {
        "Responder (N=2)": "2", "Non-responder (N=1)": "1", "No CRS (N=2)": "1", "CRS grade 1 (N=0)": "",
        "CRS grade 2 (N=1)": "1", "CRS grade 3 to 5 (N=1)": "1", "Total (N=4)": "3",
    }  # fmt: skip

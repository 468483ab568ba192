"""The displays of rd1302 on the worked subjects: the summary of D.12, and cells counted by hand."""

import pytest

from tests.tlf.beside import others
from tests.tlf.frames import FOOTER, ROOT, cells, study, worked
from tlf.run import make_display
from tlf.spec import read_displays

DOSES = {"02": 2, "03": 2, "04": 2, "05": 2, "09": 3, "10": 3, "12": 3, "13": 3}
TOTAL = "Total (N=12)"


@pytest.fixture(scope="module")
def displays():
    return read_displays(ROOT / "rd1302" / "tlf", study("rd1302"))


@pytest.fixture(scope="module")
def make(displays):
    adam = {**worked(DOSES), **others()}
    return lambda name: make_display(displays[name], adam, FOOTER)


def table(made):
    return cells(next(content for name, content in made.files.items() if name.endswith(".csv")))


@pytest.mark.parametrize(
    ("week", "evaluable", "responders", "interval"),
    [
        ("Week 4", "12", "9 (75.0)", "(42.8, 94.5)"),
        ("Week 8", "12", "9 (75.0)", "(42.8, 94.5)"),
        ("Week 12", "11", "4 (36.4)", "(10.9, 69.2)"),
    ],
)
def test_response_rates_at_the_weeks_are_those_of_d12(make, week, evaluable, responders, interval):
    found = table(make("T14.2.1"))
    column = f"{TOTAL} | {week}"
    assert found["evaluable", "Evaluable at week (n)"][column] == evaluable
    assert found["responders", "Responders (CR + CRi + PR), n (%)"][column] == responders
    assert found["responders", "95% CI [a]"][column] == interval


def test_the_subject_not_yet_at_week_12_is_outside_the_denominator_and_in_a_line_of_its_own(make):
    """Subject 09: the window of week 12 ends after the data cut."""
    found = table(make("T14.2.1"))
    column = f"{TOTAL} | Week 12"
    assert found["pending", "Not yet reached [b]"][column] == "1"
    reasons = ("No response", "PD or relapse", "Death", "New therapy", "No assessment", "Not evaluable")
    counts = [found["reasons", reason][column] for reason in reasons]
    assert counts == ["0", "3 (27.3)", "2 (18.2)", "1 (9.1)", "1 (9.1)", "0"]
    assert found["others", "Non-responders, n (%)"][column] == "7 (63.6)"


@pytest.mark.parametrize(
    ("display", "size", "events", "label", "median", "rates"),
    [
        (
            "T14.2.4", 10, "6 (60.0)", "Events, n (%)", "3.09 (1.61, NE)",
            ["50.0 (15.2, 77.5)", "25.0 (3.7, 55.8)", "25.0 (3.7, 55.8)", "NE"],
        ),
        (
            "T14.2.5", 9, "6 (66.7)", "Events, n (%)", "2.96 (1.22, NE)",
            ["50.0 (15.2, 77.5)", "25.0 (3.7, 55.8)", "25.0 (3.7, 55.8)", "NE"],
        ),
        (
            "T14.2.6", 12, "4 (33.3)", "Deaths, n (%)", "NE (2.53, NE)",
            ["75.0 (40.8, 91.2)", "65.6 (32.0, 85.6)", "65.6 (32.0, 85.6)", "65.6 (32.0, 85.6)"],
        ),
    ],
)  # fmt: skip
def test_times_to_events_are_those_of_d12(make, display, size, events, label, median, rates):
    found = table(make(display))
    total = f"Total (N={size})"
    assert found["subjects", "Subjects in analysis"][total] == str(size)
    assert found["events", label][total] == events
    assert found["quantiles", "Median"][total] == median
    assert [found["rates", f"{month} months"][total] for month in (3, 6, 9, 12)] == rates


def test_the_third_quartile_of_a_curve_flat_at_a_quarter_is_not_estimable(make):
    """DOR: S is 0.25 from day 153 to the last censoring at 338; SAS gives none."""
    assert table(make("T14.2.4"))["quantiles", "75th percentile"]["Total (N=10)"].startswith("NE (")


def test_the_shell_of_dor_counts_every_event_and_every_censoring_reason(make):
    """Relapse 02 03 04 08 13, progression 10; censored 01 06 09 at the last assessment, 11 by a death."""
    found = table(make("T14.2.4"))
    total = {label: line["Total (N=10)"] for (_, label), line in found.items()}
    assert total["Relapse"] == "5 (50.0)"
    assert total["Disease progression"] == "1 (10.0)"
    assert total["Death due to disease"] == "0"
    assert total["Censored, n (%)"] == "4 (40.0)"
    assert total["No event at last assessment"] == "3 (30.0)"
    assert total["Death not due to disease"] == "1 (10.0)"
    assert total["Observed times (months), shortest, longest [+]"] == "0.95+, 11.10+"


def test_a_shortest_time_that_is_an_event_has_no_plus(make):
    """OS: subject 12 died on day 13 (0.43 months); subject 01 is censored at 380 days (12.48)."""
    found = table(make("T14.2.6"))
    label = "Observed times (months), shortest, longest [+]"
    assert found["range", label][TOTAL] == "0.43, 12.48+"


def test_follow_up_reads_its_own_parameter_beside_survival(make):
    """FUP of DL1 (01, 06, 08, 11): ends at 380 and 315, censored at 129 and 78; median (315 + 380) / 2."""
    found = table(make("T14.2.6"))
    assert found["follow_up", "Median"]["DL1 (N=4)"].startswith("11.42 (")


def test_a_responder_table_counts_responders_only_and_by_the_dose_they_received(make):
    found = table(make("T14.2.4"))
    assert list(found["subjects", "Subjects in analysis"]) == [
        "DL1 (N=4)",
        "DL2 (N=3)",
        "DL3 (N=3)",
        "Total (N=10)",
    ]


def test_a_dose_level_for_stepping_down_has_a_column_only_when_somebody_had_it(displays):
    adam = worked()
    moved = adam["ADSL"]["TRT01A"].where(
        adam["ADSL"]["USUBJID"] != "RD1302-01-012", "RD13-02 5x10^6 CAR+ T cells/kg"
    )
    adam["ADSL"] = adam["ADSL"].assign(TRT01A=moved)
    found = table(make_display(displays["T14.1.4"], adam, FOOTER))
    assert next(iter(found["age", "n"])) == "DLM1 (N=1)"


def test_demographics_of_one_subject_have_no_standard_deviation(displays):
    adam = worked({"12": 3})
    found = table(make_display(displays["T14.1.4"], adam, FOOTER))
    assert found["age", "Mean (SD)"]["DL3 (N=1)"] == "32.0 (-)"
    assert found["age", "Median"]["DL3 (N=1)"] == "32.0"
    assert found["age", "Min, Max"]["DL3 (N=1)"] == "32, 32"


def test_a_column_without_subjects_keeps_its_header_and_has_blank_cells(displays):
    found = table(make_display(displays["T14.1.4"], worked({"12": 3}), FOOTER))
    assert {line["DL2 (N=0)"] for line in found.values()} == {""}


def test_a_missing_value_has_a_line_in_a_baseline_table(make):
    """Subject 01 has no Chinese ethnic group."""
    found = table(make("T14.1.4"))
    assert found["chethnic", "Missing"]["DL1 (N=4)"] == "1 (25.0)"
    assert found["sex", "Missing"][TOTAL] == "0"


def test_disposition_percentages_are_of_those_infused(make):
    """All but subject 12 (died on day 13) were followed to D28; deaths by the cut: 02, 08, 11, 12."""
    found = table(make("T14.1.1"))
    assert found["enrolled", "Enrolled, n (%)"][TOTAL] == "12 (100)"
    assert found["day_28", "Followed to day 28 (D28), n (%)"][TOTAL] == "11 (91.7)"
    assert found["before_28", "Discontinued before D28, n (%)"][TOTAL] == "1 (8.3)"
    assert found["death", "Death [b]"][TOTAL] == "4 (33.3)"
    assert found["ongoing", "Ongoing at data cut, n (%)"][TOTAL] == "8 (66.7)"


def test_a_death_without_an_end_of_study_page_is_not_ongoing(displays):
    """Subjects 02 and 12 without that page: still four deaths, eight ongoing."""
    adsl = worked()["ADSL"]
    open_page = adsl["USUBJID"].isin(["RD1302-01-002", "RD1302-01-012"])
    adsl = adsl.assign(
        EOSSTT=adsl["EOSSTT"].mask(open_page, "ONGOING"), DCSREAS=adsl["DCSREAS"].mask(open_page)
    )
    found = table(make_display(displays["T14.1.1"], {**worked(), "ADSL": adsl}, FOOTER))
    assert found["discontinued", "Discontinued study, n (%)"][TOTAL] == "4 (33.3)"
    assert found["death", "Death [b]"][TOTAL] == "4 (33.3)"
    assert found["before_28", "Discontinued before D28, n (%)"][TOTAL] == "1 (8.3)"
    assert found["ongoing", "Ongoing at data cut, n (%)"][TOTAL] == "8 (66.7)"


def test_subjects_never_infused_are_in_the_total_alone(displays):
    """Subject 12 made one who died before the infusion: no dose level, base of the infused 11."""
    adam = worked()
    last = adam["ADSL"]["USUBJID"] == "RD1302-01-012"
    one = adam["ADSL"].assign(
        TRT01A=adam["ADSL"]["TRT01A"].mask(last),
        SAFFL=adam["ADSL"]["SAFFL"].mask(last, "N"),
        FUDUR=adam["ADSL"]["FUDUR"].mask(last),
    )
    found = table(make_display(displays["T14.1.1"], {**adam, "ADSL": one}, FOOTER))
    assert found["not_infused", "Not infused"] == {
        "DL1 (N=11)": "0",
        "DL2 (N=0)": "",
        "DL3 (N=0)": "",
        "Total (N=12)": "1",
    }
    assert found["why_not", "Death"]["Total (N=12)"] == "1"
    assert found["infused", "Infused with RD13-02 [a]"]["Total (N=12)"] == "11"
    assert found["day_28", "Followed to day 28 (D28), n (%)"]["Total (N=12)"] == "11 (100)"


def test_every_count_has_as_many_subjects_behind_it(displays, make):
    for name in (name for name in displays if name.startswith(("T14.1", "T14.2"))):
        made = make(name)
        keys = ["analysis", "parent", "level", "group", "part"]
        counts = made.results[made.results["statistic"] == "n"]
        counts = counts.fillna(dict.fromkeys(keys, "")).set_index(keys)["value"]
        behind = made.subjects.astype("str").fillna("").groupby(keys)["USUBJID"].nunique()
        assert (behind.reindex(counts.index).fillna(0) == counts).all()


def test_the_same_responders_are_behind_the_rate_and_behind_the_duration(make):
    """ORR at any time = members of DOR: consistency across displays."""
    rate = make("T14.2.1").subjects
    duration = make("T14.2.4").subjects
    ever = set(rate.loc[(rate["analysis"] == "responders") & (rate["group"] == "Total"), "USUBJID"])
    members = set(duration.loc[(duration["analysis"] == "subjects"), "USUBJID"])
    assert ever <= members
    assert len(members) == 10

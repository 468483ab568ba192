"""T14.2.2, T14.2.3, T14.2.7, T14.2.8 and the policies on the worked subjects of D.12."""

import pytest

from clinical.read import Mapping, Text
from tests.tlf.frames import FOOTER, ROOT, cells, study, worked
from tlf.run import make_display
from tlf.spec import read_displays

TOTAL = "Total (N=12)"


def displays_of(**settings):
    node = study("rd1302")
    stated = {name: Text(value, node.line(name)) for name, value in settings.items()}
    return read_displays(ROOT / "rd1302" / "tlf", Mapping({**node, **stated}, node.at, node.lines))


@pytest.fixture(scope="module")
def displays():
    return displays_of()


@pytest.fixture(scope="module")
def total(displays):
    adam = worked()

    def column(name):
        made = make_display(displays[name], adam, FOOTER)
        found = cells(made.files[f"{displays[name].stem}.csv"])
        return {key: line[TOTAL] for key, line in found.items()}

    return column


def test_best_response_and_response_at_any_time_are_those_of_d12(total):
    found = total("T14.2.2")
    best = [found["best", label] for label in ("CR", "CRi", "PR", "NR", "PD [a]", "NE")]
    assert best == ["8 (66.7)", "1 (8.3)", "1 (8.3)", "1 (8.3)", "0", "1 (8.3)"]
    assert found["response", "Objective response (CR + CRi + PR), n (%)"] == "10 (83.3)"
    assert found["response", "95% CI [b]"] == "(51.6, 97.9)"
    assert found["complete", "CR + CRi, n (%)"] == "9 (75.0)"
    assert found["complete", "95% CI [b]"] == "(42.8, 94.5)"


def test_time_to_response_is_of_the_responders_alone(total):
    """Nine responses on study day 29 (0.95 months), that of 06 on study day 41 (1.35)."""
    found = total("T14.2.2")
    assert found["time", "n"] == "10"
    assert found["time", "Median"] == "0.95"
    assert found["time", "Min, Max"] == "0.95, 1.35"


def test_response_by_disease_type_is_of_the_subjects_with_that_disease(total):
    """T-LBL: 06 and 08 respond, 2 of 2 (15.8, 100); T-ALL: seven of nine, without 05 and 12."""
    found = total("T14.2.2")
    assert found["of_type.T-ALL.subjects", "Subjects with T-ALL [c]"] == "9"
    assert found["of_type.T-ALL.response", "Objective response, n (%)"] == "7 (77.8)"
    assert found["of_type.T-LBL.response", "Objective response, n (%)"] == "2 (100)"
    assert found["of_type.T-LBL.response", "95% CI [b]"] == "(15.8, 100.0)"
    assert found["of_type.T-LBL.time", "Median (min, max)"] == "1.15 (0.95, 1.35)"


def test_mrd_negative_response_has_three_denominators(total):
    """D.12: 8 of 12 (34.9, 90.1). Of CR/CRi 8 of 9; MRD-evaluable are all but 04 (NE) and 12 (no sample)."""
    found = total("T14.2.3")
    assert found["rate_all", "Of the Efficacy Set"] == "8/12 (66.7)"
    assert found["rate_all", "95% CI [a]"] == "(34.9, 90.1)"
    assert found["rate_complete", "Of those with CR or CRi"] == "8/9 (88.9)"
    assert found["rate_complete", "95% CI [a]"] == "(51.8, 99.7)"
    assert found["rate_evaluable", "Of the MRD-evaluable Set"] == "8/10 (80.0)"
    assert found["rate_evaluable", "95% CI [a]"] == "(44.4, 97.5)"
    assert found["ever_all", "Of the Efficacy Set"] == "8/12 (66.7)"


def test_mrd_by_week_counts_samples_and_those_in_remission_at_the_week(total):
    """Week 4: NEG 01 03 09 11 13, POS 02 08 10, NE 04; CR/CRi 01 02 03 04 09 11 13; 12 evaluable.

    Week 12: the one sample is 13's, POS; 09 is not yet evaluable.
    """
    found = total("T14.2.3")
    assert found["week.4.negative", "MRD negative of those, n/N (%)"] == "5/8 (62.5)"
    assert found["week.4.unknown", "MRD not evaluable (n)"] == "1"
    assert found["week.4.rate", "MRD-negative CR/CRi of those evaluable, n/N (%)"] == "5/12 (41.7)"
    assert (
        found["week.4.rate_complete", "MRD-negative CR/CRi of those with CR or CRi, n/N (%)"] == "5/7 (71.4)"
    )
    assert found["week.12.negative", "MRD negative of those, n/N (%)"] == "0/1 (0.0)"
    assert found["week.12.rate", "MRD-negative CR/CRi of those evaluable, n/N (%)"] == "0/11 (0.0)"


def test_transplant_in_remission_is_that_of_d12(total):
    """Subject 03, 45 days after the infusion, in CRi; 1 of 10 responders (0.3, 44.5)."""
    found = total("T14.2.7")
    assert found["of_responders", "Of the responders"] == "1/10 (10.0)"
    assert found["of_responders", "95% CI [b]"] == "(0.3, 44.5)"
    assert found["of_complete", "Of those with CR or CRi"] == "1/9 (11.1)"
    assert found["any", "Any HSCT after infusion, of those infused, n/N (%)"] == "1/12 (8.3)"
    assert found["days", "Median (min, max)"] == "45.0 (45, 45)"
    assert found["donor", "Haploidentical"] == "1 (100)"
    assert found["status", "CRi"] == "1 (100)"


def test_death_of_any_cause_is_an_event_of_the_sensitivity_analysis(total):
    """DORALL: the six events of DOR and the death of 11; censored are 01, 06 and 09."""
    found = total("T14.2.8")
    assert found["time.DORALL.subjects", "Subjects in analysis"] == "10"
    assert found["time.DORALL.events", "Events, n (%)"] == "7 (70.0)"
    assert found["time.DORALL.kinds", "Death"] == "1 (10.0)"
    assert found["time.DORALL.reasons", "No event at last assessment"] == "3 (30.0)"


def test_each_sensitivity_analysis_has_its_own_reason_or_event_and_no_line_for_the_others(total):
    """03 is censored at HSCT; 13 has MRD relapse first; missed assessments censor nobody of D.12."""
    found = total("T14.2.8")
    assert found["time.DORHSCT.reasons", "HSCT"] == "1 (10.0)"
    assert ("time.DORALL.reasons", "HSCT") not in found
    assert found["time.EFSMRD.kinds", "MRD relapse"] == "1 (11.1)"
    assert ("time.EFSHSCT.kinds", "MRD relapse") not in found
    assert ("time.EFSHSCT.kinds", "Disease progression") not in found
    assert ("time.DORMISS.reasons", "Two or more missed assessments") not in found
    assert found["time.DORMISS.quantiles", "Median"] == "3.09 (1.61, NE)"


def test_relapse_competes_with_death_in_remission(total):
    """DORALL, by hand: 09 censored at 29; of nine, relapse or PD at 49, 57, 57, 65, 123, 153 and death at 50.

    By 3 months (91.3 days) 4/9, with Aalen's variance 0.00482673 + 0.04526749 - 0.01748971 = 0.0326045: error
    0.180567; limits (4/9) to the power of exp(-+1.959964 * 0.180567 / ((4/9) log(4/9))): 0.1148, 0.7380.
    By 6 months 6/9; after the last time (338 days, 11.1 months) not estimable.
    """
    found = total("T14.2.8")
    assert found["incidence.DORALL.relapse", "3 months"] == "44.4 (11.5, 73.8)"
    assert found["incidence.DORALL.relapse", "6 months"].startswith("66.7 (")
    assert found["incidence.DORALL.relapse", "12 months"] == "NE"
    assert found["incidence.DORALL.death", "6 months"].startswith("11.1 (")


REASONS = {
    ("treatment_policy", "censor"): ["3: New anti-cancer therapy"],
    ("censor", "censor"): ["3: New anti-cancer therapy", "4: HSCT"],
    ("treatment_policy", "ignore"): [],
    ("censor", "ignore"): ["4: HSCT"],
}


@pytest.mark.parametrize(("policies", "reasons"), REASONS.items())
@pytest.mark.parametrize("name", ["T14.2.4", "T14.2.5"])
def test_the_reasons_of_censoring_follow_the_policies(name, policies, reasons):
    """Decision 30: `hsct_policy: censor` has reason 4, `nact_policy: ignore` has no reason 3."""
    display = displays_of(hsct_policy=policies[0], nact_policy=policies[1])[name]
    levels = [f"{level.values[0]}: {level.label}" for level in display.rows["reasons"].own.levels]
    assert [level for level in levels if level[0] in "34"] == reasons
    assert levels[:2] == ["1: No event at last assessment", "2: Lost to follow-up or withdrawn"]


def test_a_run_without_a_horizon_says_nothing_of_one(displays):
    """D.11: `horizon_days: none`."""
    open_end = displays_of(horizon_days="none")["T14.2.6"]
    assert "8" not in [level.values[0] for level in open_end.rows["reasons"].own.levels]
    assert open_end.footnotes[0] == "From the infusion to death of any cause."
    assert "8" in [level.values[0] for level in displays["T14.2.6"].rows["reasons"].own.levels]

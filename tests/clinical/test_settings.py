"""study.yml: what the product reads must be spelled right; a study's own settings may have any name."""

from __future__ import annotations

import pytest

from cdiscflow.checking import unread_in
from cdiscflow.home import CHECKOUT, Home
from clinical.read import parse_yaml
from clinical.settings import asked_in, named_in
from clinical.study import faulty_counts, faulty_limits, misspelled_settings


def test_a_setting_that_is_nearly_one_of_ours_is_refused():
    config = parse_yaml("study: A\ndata_cutt: 2024-01-31\nwindow_days: 3\n", "mappings/a/study.yml")
    said = [str(fault) for fault in misspelled_settings(config)]
    assert said == ["mappings/a/study.yml:2: no setting called 'data_cutt'; did you mean data_cut?"]


@pytest.mark.parametrize(
    ("limits", "faulty"),
    [
        ("{TEMP: [30, 45], WEIGHT: [0.5, 300]}", []),
        ("{TEMP: [45, 30]}", ["TEMP"]),
        ("{TEMP: [30, 30]}", ["TEMP"]),
        ("{TEMP: [30]}", ["TEMP"]),
        ("{TEMP: [low, 45], PULSE: 20}", ["TEMP", "PULSE"]),
        ("[30, 45]", ["plausible"]),
    ],
)
def test_plausible_limits_are_two_numbers_the_lower_first(limits, faulty):
    config = parse_yaml(f"study: A\nplausible: {limits}\n", "mappings/a/study.yml")
    said = [str(fault) for fault in faulty_limits(config)]
    sentence = "mappings/a/study.yml:2: {}: plausible limits are two numbers, the lower first"
    assert said == [sentence.format(name) for name in faulty]


@pytest.mark.parametrize(
    ("given", "refused"), [("3000", []), ("0", []), ("-1", ["-1"]), ("1.5", ["1.5"]), ("all", ["all"])]
)
def test_how_many_are_shown_singly_is_a_whole_number(given, refused):
    config = parse_yaml(f"study: A\nshown_singly: {given}\n", "mappings/a/study.yml")
    sentence = "mappings/a/study.yml:2: shown_singly is a number of subjects, not '{}'"
    assert [str(fault) for fault in faulty_counts(config)] == [sentence.format(one) for one in refused]


@pytest.mark.parametrize("study", ["rd1302", "cdiscpilot01"])
def test_every_setting_of_a_study_is_read(study):
    """A.5: every assumed value is a setting that something follows."""
    home = Home(CHECKOUT / "mappings", CHECKOUT, CHECKOUT, CHECKOUT / "validation")
    assert [str(fault) for fault in unread_in(home, home.load(study))] == []


def test_a_spec_names_a_setting_as_a_key_or_in_text():
    node = parse_yaml(
        "a: study.lab\nb: [{when: {study.policy: x}}, 'v {study.version}']\nc: study.yml\nd: mystudy.lot\n",
        "a.yml",
    )
    assert sorted(named_in(node)) == ["lab", "policy", "version", "yml"]


def test_a_program_asks_for_a_setting_by_name():
    """As adam.adsl does for horizon_days, sdtm.sv for visits; adam.rules takes the name as an argument."""
    assert set(asked_in("adam.adsl")) == {"dose_levels", "horizon_days", "dlt_window_days"}
    assert asked_in("sdtm.sv") == ["visits"]
    assert asked_in("adam.rules") == []

"""study.yml: what the product reads must be spelled right; a study's own settings may have any name."""

from __future__ import annotations

import pytest

from clinical.read import parse_yaml
from clinical.study import faulty_limits, misspelled_settings


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

"""study.yml: what the product reads must be spelled right; a study's own settings may have any name."""

from __future__ import annotations

from clinical.read import parse_yaml
from clinical.study import misspelled_settings


def test_a_setting_that_is_nearly_one_of_ours_is_refused():
    config = parse_yaml("study: A\ndata_cutt: 2024-01-31\nwindow_days: 3\n", "mappings/a/study.yml")
    said = [str(fault) for fault in misspelled_settings(config)]
    assert said == ["mappings/a/study.yml:2: no setting called 'data_cutt'; did you mean data_cut?"]

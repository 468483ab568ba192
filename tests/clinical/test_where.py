"""Conditions as masks: what is compared, and how often."""

import pandas as pd

from clinical.read import parse_yaml
from clinical.where import condition, mask


def test_a_comparison_that_two_alternatives_share_is_made_once_and_counts_in_both():
    asked = parse_yaml(
        'where:\n- {TEST: A, TAKEN: {le: "2024-02-01"}}\n- {TEST: B, TAKEN: {le: "2024-02-01"}}\n'
        '- {TEST: C, TAKEN: {ge: "2024-02-01"}}\n',
        "x.yml",
    )["where"]
    columns = {"TEST": ["A", "A", "B", "C", "C"],
               "TAKEN": ["2024-02-01", "2024-02-02", "2024-01", "2024-02-01", "2024-01-31"]}  # fmt: skip
    read: list[str] = []

    def column(name: str) -> pd.Series:
        read.append(name)
        return pd.Series(columns[name], dtype="str", name=name)

    found = mask(column, condition(asked, "X.Y"), dated=lambda name: name == "TAKEN")
    assert found.tolist() == [True, False, True, True, False]
    assert sorted(read) == ["TAKEN", "TAKEN", "TEST", "TEST", "TEST"]

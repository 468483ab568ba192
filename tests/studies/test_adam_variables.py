"""Every variable that the table of the design names is in its dataset, but for those without a source."""

from __future__ import annotations

import pandas as pd

from tests.rules.studies import ROOT, derived

TABLE = ROOT / "mappings" / "library" / "standards" / "adam.csv"
WITHOUT_SOURCE = {  # no form or vendor file has their time point, category, or a text beside the number
    "ADLB": {"ATPT"},
    "ADEG": {"ATPT", "PARCAT1"},
    "ADVS": {"AVALC", "PARCAT1"},
}


def test_each_dataset_has_the_variables_of_the_table():
    table = pd.read_csv(TABLE, dtype=str, keep_default_na=False).groupby("dataset")["variable"].agg(set)
    outputs = derived("rd1302").outputs
    lacking = {name: names - set(outputs[name].frame) for name, names in table.items()}
    assert {name: names for name, names in lacking.items() if names} == WITHOUT_SOURCE

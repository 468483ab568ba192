"""What a checkpoint says of each rule, also where many share an expectation (decision 0010)."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from checks import suites
from checks.expected import Expected
from tests.tables import table

RULES = """
    rule | severity | S1 | S2 | S3
    R1   | error    | 0  | 0  | 0
    R2   | warning  | 0  | 0  | 0
    R3   | warning  | 0  | 1  | 1
    R4   | warning  | 0  | 0  | 0
    R5   | info     | 1  | 0  | 0
"""
SAID = [("R1", True, 0), ("R2", True, 0), ("R3", False, 2), ("R4", True, 0), ("R5", False, 1)]


@pytest.fixture(scope="module")
def expected() -> Expected:
    """Three records, and which rule each of them breaks."""
    rules = table(RULES).set_index("rule")
    marks = rules[["S1", "S2", "S3"]].astype(int).astype(bool)
    frame = pd.DataFrame({"USUBJID": ["S1", "S2", "S3"]})
    masks = {name: np.array(row) for name, row in zip(marks.index, marks.to_numpy(), strict=True)}
    return Expected("DM", frame, ["USUBJID"], [], masks=masks, severities=rules["severity"].to_dict())


def test_each_rule_gets_its_verdict_and_count(expected):
    verdict = suites.run_checkpoint("one", [expected])
    said = [each for each in verdict.datasets["DM"].expectations if each.rule]
    assert sorted((each.rule, each.passed, each.failed_records) for each in said) == SAID
    assert {each.rule: each.severity for each in said} == expected.severities
    assert {each.column for each in said} == {f"rule {name}" for name in expected.masks}
    assert (verdict.passed, verdict.worst) == (False, "warning")


def test_whatever_nothing_breaks_shares_one_expectation(expected):
    columns = [each.column for each in suites.expectations(expected) if hasattr(each, "column")]
    assert sorted(columns) == ["rule R3", "rule R5", "unbroken"]


def test_where_nothing_is_judged_great_expectations_is_not_read():
    asked = (
        "import sys, checks.suites as s; "
        "print(s.run_checkpoint('raw', []), 'great_expectations' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert said.stdout == "GateVerdict(passed=True, datasets={}) False\n"

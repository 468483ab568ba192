"""Every rule under validation/ is tried on its own tables."""

from __future__ import annotations

import numpy as np
import pytest

from checks.broken import broken
from tests.checks.examples import entries, example

LAST_DAY = "2025-06-30"


@pytest.mark.parametrize("entry", entries(), ids=str)
def test_a_rule_lets_its_passing_table_pass(entry):
    case = example(entry, entry.node["passes"])
    found = broken(case.build, case.rule, LAST_DAY)
    assert len(found.failed) > 0
    assert np.flatnonzero(found.failed).tolist() == []
    assert found.nothing == []


@pytest.mark.parametrize("entry", entries(), ids=str)
def test_a_rule_marks_exactly_the_failing_records_of_its_failing_table(entry):
    case = example(entry, entry.node["fails"])
    found = broken(case.build, case.rule, LAST_DAY)
    expected = np.ones(len(found.failed), dtype=bool) if case.marked is None else case.marked
    assert expected.any()
    assert np.flatnonzero(found.failed).tolist() == np.flatnonzero(expected).tolist()

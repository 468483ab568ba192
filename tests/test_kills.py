"""A run killed at any moment leaves the run before it whole, and the next run succeeds."""

from __future__ import annotations

import os

from clinical.files import remove_tree
from tests.kills import PHASES, kill_runs


def test_a_kill_in_each_phase_leaves_the_last_run_readable_and_the_next_one_succeeds(tmp_path):
    count = 50 if os.environ.get("CDISCFLOW_SOAK") else 5
    phases = kill_runs(count, seed=2, home=tmp_path / "mini")
    assert phases.total() == count
    assert set(phases) == set(PHASES)
    remove_tree(tmp_path / "mini")

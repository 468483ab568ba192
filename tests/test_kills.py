"""A run killed at any moment leaves the run before it whole, and the next run succeeds."""

from __future__ import annotations

import pytest

from tests.homes import smallest_home
from tests.kills import PHASES, kill_runs
from tests.warm import Warm

RUN = ["-m", "cdiscflow.cli", "run", "mini", "--force"]


def test_a_kill_in_each_phase_leaves_the_last_run_readable_and_the_next_one_succeeds(tmp_path):
    """Five moments of `cdiscflow run`; `make soak PART=kills` has fifty."""
    home = smallest_home(tmp_path / "home")
    with Warm(home.environment()) as warm:
        phases = kill_runs(5, seed=2, home=home.outputs, command=RUN, start=warm.start)
    assert phases.total() == 5
    assert set(phases) == set(PHASES)
    home.remove()


def test_a_run_that_fails_is_noticed(tmp_path):
    with pytest.raises(AssertionError):
        kill_runs(1, seed=2, home=tmp_path, command=["-c", "raise SystemExit(1)"])

"""`cdiscflow run` killed at fifty moments, and five times as a process that reads its packages itself."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.homes import smallest_home
from tests.kills import PHASES, kill_runs, start
from tests.warm import Warm

NEEDS: dict[str, str] = {}
RUN = ["-m", "cdiscflow.cli", "run", "mini", "--force"]
COUNT, FRESH = 50, 5


def run() -> str:
    """Where the kills fell; after each, the last run was whole and the next one succeeded."""
    with TemporaryDirectory() as folder:
        home = smallest_home(Path(folder) / "home")
        fresh = partial(start, environment=home.environment())
        with Warm(home.environment()) as warm:
            phases = kill_runs(COUNT, seed=50, home=home.outputs, command=RUN, start=warm.start)
            phases += kill_runs(FRESH, seed=5, home=home.outputs, command=RUN, start=fresh)
        home.remove()
    assert phases.total() == COUNT + FRESH
    assert set(phases) == set(PHASES)
    return f"{phases.total()} kills: " + ", ".join(f"{phases[phase]} {phase}" for phase in PHASES)

"""`cdiscflow run` killed at fifty moments, and five times as a process that reads its packages itself; the
flow, the worker and the server of a night, four times each.
"""

from __future__ import annotations

import random
from collections import Counter
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.flows.killing import VICTIMS, first_nights, kill_in_a_night
from tests.flows.team import Team
from tests.homes import little_home, smallest_home
from tests.kills import PHASES, kill_runs, start
from tests.warm import Warm

NEEDS: dict[str, str] = {}
RUN = ["-m", "cdiscflow.cli", "run", "mini", "--force"]
COUNT, FRESH, OF_EACH = 50, 5, 4
LONGEST_WAIT = 8  # seconds after the night began


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
    said = ", ".join(f"{phases[phase]} {phase}" for phase in PHASES)
    return f"{phases.total()} kills of a run: {said}; {kill_nights()}"


def kill_nights() -> str:
    """Of what and when in the night the kills were; the next night was always correct."""
    chance, told = random.Random(66), Counter()
    with TemporaryDirectory() as folder:
        team = Team(little_home(Path(folder) / "home"))
        undisturbed = first_nights(team)
        for victim in VICTIMS:
            for _ in range(OF_EACH):
                told[kill_in_a_night(team, victim, chance.uniform(0, LONGEST_WAIT), undisturbed)] += 1
        team.home.remove()
    victims = ", ".join(VICTIMS)
    return f"{OF_EACH} nights each with {victims} killed: " + ", ".join(
        f"{n} {when}" for when, n in told.items()
    )

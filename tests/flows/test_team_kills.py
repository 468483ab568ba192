"""The worker and the server of `make server` killed in the middle of a night (issue 6, item 9)."""

from __future__ import annotations

import random

import pytest

from tests.flows.killing import first_nights, kill_in_a_night
from tests.flows.team import Team

pytestmark = pytest.mark.prefect


def test_a_killed_worker_and_a_killed_server_leave_all_whole_and_the_next_night_correct(
    home, tmp_path_factory
):
    own = home.copy(tmp_path_factory.mktemp("kills") / "home")
    broken = own.root / "mappings" / "broken"
    (broken / "study.yml").unlink()
    broken.rmdir()
    team, chance = Team(own), random.Random(6)
    undisturbed = first_nights(team)
    for victim in ("worker", "server"):
        kill_in_a_night(team, victim, chance.uniform(0, 4), undisturbed)
    own.remove()

"""What happened to each simulated subject is what SDTM says of them, although the extract is dirty.

A subject is left out of a question only where the ledger says that the page of the answer was taken away or
says something else. `make soak PART=truth` asks about 200 subjects and three seeds.
"""

from __future__ import annotations

import pytest

from tests.studies.truth import QUESTIONS, Told, compare, tell


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Told:
    return tell(tmp_path_factory.mktemp("extract"), 24, seed=1, dirty=True)


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_happened_is_recovered_from_the_dirty_extract(told, question):
    verdict = compare(told, question)
    assert verdict.differing == {}
    assert verdict.answered > 0
    assert len(verdict.left_out) < len(told.truth) // 2


def test_a_wrong_day_a_missing_answer_and_a_dose_two_percent_off_are_seen(told):
    """Whoever is asked about is compared: what did not happen must not be said either."""
    infused = sorted(told.happened(QUESTIONS["infusion"].fact))
    clean = [who for who in infused if ("INF", who) not in told.spoilt]
    dead = sorted(who for who in told.happened(QUESTIONS["death"].fact) if ("DTH", who) not in told.spoilt)
    truth = {subject: {**facts} for subject, facts in told.truth.items()}
    first = truth[clean[0]]["infusions"][0]
    truth[clean[0]]["infusions"] = [{**first, "start": "1999-12-31T10:00", "dose": first["dose"] * 1.02}]
    truth[dead[0]]["death"] = None
    changed = Told(told.outputs, truth, told.spoilt)
    assert list(compare(changed, "infusion").differing) == [clean[0]]
    assert list(compare(changed, "dose").differing) == [clean[0]]
    assert list(compare(changed, "death").differing) == [dead[0]]

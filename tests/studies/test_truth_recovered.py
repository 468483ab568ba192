"""What happened to each simulated subject is what SDTM and ADaM say of them, although the extract is dirty.

An answer is left open only where the ledger holds a plant that changes it, named with its reason in
`tests/studies/truth*.py`. `make soak PART=truth` asks about 200 subjects and three seeds.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from cdiscflow.unmatched import unmatched_rules
from tests.studies.truth import SDTM, Told, compare, plan, tell
from tests.studies.truth_adam import ADAM

QUESTIONS = [*(("SDTM", name) for name in SDTM), *(("ADaM", name) for name in ADAM)]
ALL = {"SDTM": SDTM, "ADaM": ADAM}


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Told:
    return tell(tmp_path_factory.mktemp("extract"), 24, seed=1, dirty=False)


@pytest.fixture(scope="module")
def dirty(tmp_path_factory) -> Told:
    return tell(tmp_path_factory.mktemp("extract"), 24, seed=1, dirty=True)


@pytest.mark.parametrize(("layer", "name"), QUESTIONS)
def test_what_happened_is_recovered_from_the_clean_extract(clean, layer, name):
    verdict = compare(clean, ALL[layer][name])
    assert verdict.differing == {}
    assert verdict.recovered > 0
    assert verdict.left_open == set()


@pytest.mark.parametrize(("layer", "name"), QUESTIONS)
def test_what_happened_is_recovered_from_the_dirty_extract(dirty, layer, name):
    verdict = compare(dirty, ALL[layer][name])
    assert verdict.differing == {}
    assert verdict.recovered >= 4 * len(verdict.left_open)


def later(day: str) -> str:
    """The next day, with the time of day as it was."""
    return f"{date.fromisoformat(day[:10]) + timedelta(days=1)}{day[10:]}"


def infusion(facts: dict, **changed: object) -> None:
    facts["infusions"][0] |= changed


def start_later(facts: dict) -> None:
    infusion(facts, start=later(facts["infusions"][0]["start"]))


def another_day(name: str):
    def change(facts: dict) -> None:
        facts[name] = later(facts[name])

    return change


def another(name: str, value: object):
    def change(facts: dict) -> None:
        facts[name] = value

    return change


def first_response(value: str):
    def change(facts: dict) -> None:
        facts["responses"][0]["response"] = value

    return change


def event_of_grade_5(facts: dict) -> None:
    facts["events"][-1]["grade"] = 5


def dose_limiting(facts: dict) -> None:
    facts["events"][0]["limits_dose"] = True


def worse_day(facts: dict) -> None:
    facts["reactions"]["storm"]["grades"][0] += 1


def peak(facts: dict) -> dict:
    return max((one for one in facts["samples"] if one["specimen"] == "1"), key=lambda one: one["copies"])


def ten_percent_more(facts: dict) -> None:
    peak(facts)["copies"] *= 1.1


def a_minute_earlier(facts: dict) -> None:
    taken = peak(facts)["taken"]
    peak(facts)["taken"] = f"{datetime.fromisoformat(taken) - timedelta(minutes=1):%Y-%m-%dT%H:%M}"


def death(facts: dict) -> None:
    facts.update(death="2024-01-01", cause="4")


def less_albumin(facts: dict) -> None:
    facts["results"][-1]["values"]["ALB"][0] = 12.0


WRONG = {
    ("SDTM", "infusion"): start_later,
    ("SDTM", "dose"): lambda facts: infusion(facts, dose=1.02 * facts["infusions"][0]["dose"]),
    ("SDTM", "first response"): another_day("first_response"),
    ("SDTM", "relapse"): another("relapse", "2024-01-01"),
    ("SDTM", "transplantation"): another("graft", "2024-01-01"),
    ("SDTM", "death"): another("death", "2024-01-01"),
    ("ADaM", "consent"): another_day("consent"),
    ("ADaM", "enrolled"): another_day("enrolled"),
    ("ADaM", "level"): another("level", "DLM1"),
    ("ADaM", "sex"): another("sex", "U"),
    ("ADaM", "disease"): another("disease", "MPAL"),
    ("ADaM", "lymphodepletion"): another_day("lymphodepletion"),
    ("ADaM", "infused"): start_later,
    ("ADaM", "safety population"): another("infusions", []),
    ("ADaM", "efficacy population"): another("infusions", []),
    ("ADaM", "blasts"): another("baseline_blasts", 1.0),
    ("ADaM", "transplanted"): another("graft", "2024-01-01"),
    ("ADaM", "new therapy"): another("new_therapy", "2024-01-01"),
    ("ADaM", "died"): another("death", "2024-01-01"),
    ("ADaM", "died of"): death,
    ("ADaM", "ended"): another("ended", "2024-01-01"),
    ("ADaM", "ended for"): another("end_reason", "4"),
    ("ADaM", "dose-limiting"): dose_limiting,
    ("ADaM", "last contact"): another("visits", ["2025-06-30"]),
    ("ADaM", "responses"): first_response("PD"),
    ("ADaM", "times"): death,
    ("ADaM", "events"): event_of_grade_5,
    ("ADaM", "worst event"): event_of_grade_5,
    ("ADaM", "daily grades"): worse_day,
    ("ADaM", "samples"): ten_percent_more,
    ("ADaM", "peak"): ten_percent_more,
    ("ADaM", "days to the peak"): a_minute_earlier,
    ("ADaM", "exposure"): lambda facts: infusion(facts, minutes=1),
    ("ADaM", "results and grades"): less_albumin,
}


def test_every_question_is_asked_wrongly_once():
    assert set(WRONG) == set(QUESTIONS)


@pytest.mark.parametrize(("layer", "name"), QUESTIONS)
def test_another_story_than_the_one_drawn_is_seen(clean, layer, name):
    """One person to whom something else happened, or on another day, differs; nobody else does."""
    who = next(
        person
        for person, facts in clean.facts()
        if facts["infusions"]
        and facts["first_response"]
        and facts["reactions"]["storm"]["grades"]
        and not facts["graft"]
        and not facts["death"]
        and not facts["events"][0]["limits_dose"]
    )
    truth = deepcopy(clean.truth)
    WRONG[layer, name](truth[who])
    differing = compare(Told(clean.outputs, truth, []), ALL[layer][name]).differing
    assert {key[0] for key in differing} == {who}


def test_every_filter_of_a_program_matches_a_simulated_record(clean):
    """Issue 4, item 4: what is reported on another extract is then not misspelled."""
    assert len(unmatched_rules(plan().study, clean.outputs)) == 0


def test_without_dirt_the_components_give_the_response_of_the_story(clean):
    """A.4, D.3 OVRD: disagreement is listed (V-ADRS-111, 112); here there is none."""
    frame = clean.frame("ADRS")
    responses = frame[frame["PARAMCD"] == "OVR"].set_index(["person", "RSSEQ"])["AVALC"]
    derived = frame[frame["PARAMCD"] == "OVRD"].set_index(["person", "RSSEQ"])["AVALC"]
    assert len(derived) > 50
    assert derived.to_dict() == responses[derived.index].to_dict()
    assert set(derived) == {"CR", "CRi", "PR", "NR", "PD", "RD", "NE"}


def test_without_dirt_the_rule_finds_the_dose_limiting_events_that_were_ticked(clean):
    """A.3: disagreement is listed (V-ADAE-104); here there is none."""
    frame = clean.frame("ADAE")
    event = frame["AEGRPID"].fillna(frame["AESEQ"].astype("str"))

    def events(flagged: pd.Series) -> set[tuple]:
        return set(zip(frame["person"][flagged], event[flagged], strict=True))

    assert len(events(frame["AEDLT"] == "Y")) > 2
    assert events(frame["DLTDFL"] == "Y") == events(frame["AEDLT"] == "Y")

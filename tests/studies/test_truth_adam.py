"""The expansion and the daily grades that the story of a simulated subject drew are those of ADaM, clean."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.studies.truth import Told, tell

DRAWN, ROUNDED = (0.8, 1.25), 0.06  # a sample lies so far from the curve; copies are written with two digits


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Told:
    return tell(tmp_path_factory.mktemp("extract"), 24, seed=1, dirty=False)


def curve(expansion: dict, since: float) -> float:
    """Copies in blood, days after the infusion, as the simulator's documentation has them."""
    if since < 2:
        return 300 * 0.3**since
    if since <= expansion["day"]:
        return 90 * (expansion["peak"] / 90) ** ((since - 2) / (expansion["day"] - 2))
    after = since - expansion["day"]
    return expansion["peak"] * (0.9 * 0.5 ** (after / 4) + 0.1 * 0.5 ** (after / expansion["half_life"]))


def of_parameter(told: Told, dataset: str, code: str) -> pd.DataFrame:
    return told.frame(dataset)[lambda frame: frame["PARAMCD"] == code]


def test_the_maximum_is_the_expansion_as_far_as_it_was_sampled(told):
    """D.9 CMAX: the highest point of the drawn curve at the times sampled, as far as a sample varies."""
    expansions = told.happened(lambda facts: facts.get("expansion"))
    samples = of_parameter(told, "ADPC", "CARVCN")
    used = samples[(samples["ARRELTM"] > 0) & (samples["PKEXCRS"] != "AFTER SECOND INFUSION")]
    peaks = of_parameter(told, "ADPP", "CMAX").set_index("person")["AVAL"]
    compared = 0
    for person, expansion in expansions.items():
        times = used.loc[used["person"] == person, "ARRELTM"]
        if len(times):
            highest = max(curve(expansion, time) for time in times)
            assert DRAWN[0] - ROUNDED < peaks[person] / highest < DRAWN[1] + ROUNDED, person
            compared += 1
    assert compared == len(expansions) > 12


@pytest.mark.parametrize(
    ("reaction", "collected", "derived"), [("storm", "CRSGR", "CRSGRD"), ("neuro", "ICANSGR", "ICANSGRD")]
)
def test_a_reaction_has_its_worst_grade_and_its_first_day(told, reaction, collected, derived):
    """D.5: the investigator's and the derived grade are those of the story."""
    drawn = told.happened(lambda facts: (facts.get("reactions") or {}).get(reaction))
    assert drawn
    for code in (collected, derived):
        frame = of_parameter(told, "ADCRS", code)
        suffered = frame[frame["AVAL"] > 0].sort_values("ADT").groupby("person")
        worst, first = suffered["AVAL"].max(), suffered["ADT"].first().dt.strftime("%Y-%m-%d")
        assert {
            person: {"start": first.get(person), "grade": worst.get(person)} for person in drawn
        } == drawn, code
        calm = {each["person"] for each in told.truth.values() if each.get("reactions") is not None} - set(
            drawn
        )
        ended = {each["person"] for each in told.truth.values() if not each["death"]}
        assert calm & ended & set(worst.index) == set(), code


@pytest.mark.parametrize(
    ("collected", "derived"), [("CRSGR", "CRSGRD"), ("ICANSGR", "ICANSGRD"), ("AGVHDGR", "AGVHDGRD")]
)
def test_without_dirt_the_derived_grade_of_every_day_is_the_investigators(told, collected, derived):
    """D.5: disagreement is listed (V-ADCRS-101 to 103); here there is none."""
    frame = told.frame("ADCRS")
    days = frame.pivot(index=["person", "ADT"], columns="PARAMCD", values="AVAL")[
        [collected, derived]
    ].dropna(how="all")
    assert len(days) > 50
    assert days[days[collected] != days[derived]].empty
    assert (days[collected] > 0).any()


def test_without_dirt_the_components_give_the_response_of_the_story(told):
    """A.4, D.3 OVRD: disagreement is listed (V-ADRS-111, 112); here there is none."""
    frame = told.frame("ADRS")
    responses = frame[frame["PARAMCD"] == "OVR"].set_index(["person", "RSSEQ"])["AVALC"]
    derived = frame[frame["PARAMCD"] == "OVRD"].set_index(["person", "RSSEQ"])["AVALC"]
    assert len(derived) > 50
    assert derived.to_dict() == responses[derived.index].to_dict()
    assert set(derived) == {"CR", "CRi", "PR", "NR", "PD", "RD", "NE"}


def test_without_dirt_the_rule_finds_the_dose_limiting_events_that_were_ticked(told):
    """A.3: disagreement is listed (V-ADAE-104); here there is none."""
    frame = told.frame("ADAE")
    event = frame["AEGRPID"].fillna(frame["AESEQ"].astype("str"))

    def events(flagged: pd.Series) -> set[tuple]:
        return set(zip(frame["person"][flagged], event[flagged], strict=True))

    assert len(events(frame["AEDLT"] == "Y")) > 2
    assert events(frame["DLTDFL"] == "Y") == events(frame["AEDLT"] == "Y")

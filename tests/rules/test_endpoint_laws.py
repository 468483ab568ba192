"""What holds for endpoints whoever the subjects are: no later day takes back what an earlier one knew.

Two kinds of subjects: the worked ones, derived from their pages at several cut-offs, and 300 made-up ones
whose responses and events like to fall on one day (tests/adam/test_second.py), handed to the programs.
"""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pandas as pd
import pytest

from adam.adtte_rules import read_rules
from clinical.derive import derive
from tests.adam.cases import built, spec
from tests.adam.second import Person
from tests.adam.test_second import as_case, person
from tests.rules.studies import plan_of, raw_of

CUTS = ["2024-03-31", "2024-06-30", "2024-09-30", "2024-12-31", "2025-06-30"]
DAYS = [20, 35, 36, 63, 64, 91, 92, 150, 250, 379, 450]
WINDOW_ENDS = {"W4": 35, "W8": 63, "W12": 91}  # study.yml, response_windows [E-ORR]
WEEKLY = [f"{name}{window}" for name in ("ST", "ORR", "CR") for window in WINDOW_ENDS]
REVERSED = {each.code for each in read_rules(spec("adtte")).parameters if each.reverse_of}


@cache
def at_cut(cut: str) -> dict[str, pd.DataFrame]:
    """ADSL, ADRS and ADTTE of the worked subjects at a cut-off [D-CUT]."""
    found = derive(plan_of("rd1302"), raw_of("rd1302"), cut, only=["ADSL", "ADRS", "ADTTE"])
    assert found.stopped == {}
    return {name: output.frame for name, output in found.outputs.items()}


@cache
def people() -> tuple[Person, ...]:
    """Made-up subjects with everything known that ever happens to them."""
    draw = random.Random(20241302)
    return tuple(replace(one, cut=max(DAYS)) for one in (person(draw) for _ in range(300)))


@cache
def on_day(day: int) -> dict[str, pd.DataFrame]:
    """ADRS and ADTTE of the made-up subjects as known so many days after the infusion."""
    cases = [as_case(f"P{place:03d}", known_on(one, day)) for place, one in enumerate(people())]
    _, adrs, adtte = built(cases)
    return {"ADRS": adrs, "ADTTE": adtte}


def known_on(one: Person, day: int) -> Person:
    """The subject without what happened later."""
    return replace(
        one,
        cut=day,
        ovr=[record for record in one.ovr if record[0] <= day],
        mrd=[record for record in one.mrd if record[0] <= day],
        hsct=until(one.hsct, day),
        nact=until(one.nact, day),
        death=until(one.death, day),
        cause=one.cause if until(one.death, day) is not None else None,
        left=one.left if one.left and until(one.left[1], day) is not None else None,
        alive=min(one.alive, day),
    )


def until(happened: int | None, day: int) -> int | None:
    return happened if happened is not None and happened <= day else None


def events(times: pd.DataFrame) -> dict[tuple[str, str], tuple]:
    """Start, day and name of every event."""
    found = times[(times["CNSR"] == 0) & ~times["PARAMCD"].isin(REVERSED)]
    return {
        (row.USUBJID, row.PARAMCD): (row.STARTDT, row.ADT, row.EVNTDESC)
        for row in found.itertuples(index=False)
    }


@pytest.mark.parametrize(("known", "moments"), [(at_cut, CUTS), (on_day, DAYS)], ids=["worked", "made up"])
def test_an_event_stays_the_event_it_was_when_the_cut_moves_forward(known, moments):
    """Rules D-CUT, E-TTE: every date here is complete."""
    seen = 0
    for earlier, later in pairwise(moments):
        before, after = events(known(earlier)["ADTTE"]), events(known(later)["ADTTE"])
        assert {key: after.get(key) for key in before} == before, (earlier, later)
        seen += len(before)
    assert seen > 50


@pytest.mark.parametrize("window", WINDOW_ENDS)
def test_the_response_of_a_week_that_is_over_is_not_changed_by_what_comes_later(window):
    """Rule E-ORR: status and rates as on the last day of the window, and as a year later."""
    codes = [code for code in WEEKLY if code.endswith(window)]
    over = weekly(on_day(WINDOW_ENDS[window])["ADRS"], codes)
    assert len(over) == 3 * sum(one.disease for one in people())
    for day in DAYS:
        if day > WINDOW_ENDS[window]:
            assert weekly(on_day(day)["ADRS"], codes) == over, day


def weekly(frame: pd.DataFrame, codes: list[str]) -> dict[tuple[str, str], tuple]:
    rows = frame[frame["PARAMCD"].isin(codes)].astype({"AVALC": object, "ADT": object})
    rows = rows.where(rows.notna(), None)
    return {(row.USUBJID, row.PARAMCD): (row.AVALC, row.ADT) for row in rows.itertuples(index=False)}


@pytest.mark.parametrize("cut", CUTS)
def test_overall_survival_ends_on_no_earlier_day_than_any_other_time_of_the_subject(cut):
    """Rule D.4: a subject is alive at every assessment."""
    times = at_cut(cut)["ADTTE"]
    survival = times[times["PARAMCD"] == "OS"].set_index("USUBJID")["ADT"]
    assert len(survival) > 0
    assert (times["ADT"] <= times["USUBJID"].map(survival)).all()
    responses = at_cut(cut)["ADRS"]
    known = responses[responses["ADT"].notna() & responses["ANL01FL"].eq("Y")]
    assert (known["ADT"] <= known["USUBJID"].map(survival)).all()


def test_other_subjects_change_nothing_of_a_subject():
    """Law split, for the programs alone: each tenth of the made-up subjects as in the whole."""
    whole = on_day(379)["ADTTE"]
    cases = [as_case(f"P{place:03d}", known_on(one, 379)) for place, one in enumerate(people())]
    _, _, part = built(cases[::10])
    mine = whole[whole["USUBJID"].isin(part["USUBJID"])].reset_index(drop=True)
    keys = ["USUBJID", "PARAMCD"]
    pd.testing.assert_frame_equal(
        part.sort_values(keys, ignore_index=True), mine.sort_values(keys, ignore_index=True)
    )

"""What holds for endpoints whoever the subjects are: no later day takes back what an earlier one knew.

Three kinds of subjects: the worked ones and 24 simulated ones with every kind of dirt, derived from their
pages through all specs at several cut-offs, and 300 made-up ones whose responses and events like to fall on
one day (tests/adam/test_second.py), handed to the programs.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest

from adam.adtte_rules import read_rules
from clinical.derive import Derived, derive
from clinical.store import content_hash
from edc.read import read_extract
from edc.simulate.run import Order, simulate
from tests.adam.cases import built, spec
from tests.adam.second import Person
from tests.adam.test_second import as_case, person
from tests.edc.simulate.look import NIGHT
from tests.rules.studies import ROOT, lines, plan_of, raw_of

CUTS = ["2024-03-31", "2024-06-30", "2024-09-30", "2024-12-31", "2025-06-30"]
# the fourth lies between a week 12 that was missed and the next assessment
SIMULATED_CUTS = ["2023-12-31", "2024-05-31", "2024-10-31", "2025-03-31", NIGHT]
ENDPOINTS = ["ADSL", "ADRS", "ADTTE"]
DAYS = [20, 35, 36, 63, 64, 91, 92, 150, 250, 379, 450]
WINDOW_ENDS = {"W4": 35, "W8": 63, "W12": 91}  # study.yml, response_windows [E-ORR]
WEEKLY = [f"{name}{window}" for name in ("ST", "ORR", "CR") for window in WINDOW_ENDS]
REVERSED = {each.code for each in read_rules(spec("adtte")).parameters if each.reverse_of}


@cache
def at_cut(cut: str) -> dict[str, pd.DataFrame]:
    """ADSL, ADRS and ADTTE of the worked subjects at a cut-off [D-CUT]."""
    return frames(derive(plan_of("rd1302"), raw_of("rd1302"), cut, only=ENDPOINTS))


@cache
def simulated() -> dict[str, pd.DataFrame]:
    """The raw frames of 24 simulated subjects."""
    study = plan_of("rd1302").study
    with TemporaryDirectory() as folder:
        (night,) = simulate(study.config, study.forms, Order(24, seed=1, dirty=True), Path(folder))
        return read_extract(night, study.forms, study.config).frames


def of_simulated(change=lambda frame: frame, cut: str = NIGHT, only: list[str] | None = None) -> Derived:
    """The datasets from the raw frames of the simulated subjects, each changed."""
    raw = {name: change(frame.copy()).reset_index(drop=True) for name, frame in simulated().items()}
    return derive(plan_of("rd1302"), raw, cut, only=only)


@cache
def simulated_at(cut: str) -> dict[str, pd.DataFrame]:
    """ADSL, ADRS and ADTTE of the simulated subjects at a cut-off."""
    return frames(of_simulated(cut=cut, only=ENDPOINTS))


@cache
def whole() -> dict[str, pd.DataFrame]:
    """Every dataset of the simulated subjects on the last night."""
    return frames(of_simulated())


def frames(found: Derived) -> dict[str, pd.DataFrame]:
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


@pytest.mark.parametrize(
    ("known", "moments"),
    [(at_cut, CUTS), (simulated_at, SIMULATED_CUTS), (on_day, DAYS)],
    ids=["worked", "simulated", "made up"],
)
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


@pytest.mark.parametrize(
    ("known", "moments"), [(at_cut, CUTS), (simulated_at, SIMULATED_CUTS)], ids=["worked", "simulated"]
)
def test_no_later_cut_changes_the_response_of_a_week_that_was_over_at_an_earlier_one(known, moments):
    """Rule E-ORR, through all specs."""
    seen = 0
    for earlier, later in pairwise(moments):
        started = known(earlier)["ADSL"].set_index("USUBJID")["TRTSDT"].dropna()
        over = {
            (subject, f"{name}{window}")
            for window, end in WINDOW_ENDS.items()
            for subject in started.index[started + pd.Timedelta(days=end) <= pd.Timestamp(earlier)]
            for name in ("ST", "ORR", "CR")
        }
        before, after = (weekly(known(cut)["ADRS"], WEEKLY) for cut in (earlier, later))
        told = {key: row for key, row in before.items() if key in over}
        assert {key: after.get(key) for key in told} == told, (earlier, later)
        seen += len(told)
    assert seen > 150


def weekly(frame: pd.DataFrame, codes: list[str]) -> dict[tuple[str, str], tuple]:
    rows = frame[frame["PARAMCD"].isin(codes)].astype({"AVALC": object, "ADT": object})
    rows = rows.where(rows.notna(), None)
    return {(row.USUBJID, row.PARAMCD): (row.AVALC, row.ADT) for row in rows.itertuples(index=False)}


@pytest.mark.parametrize(
    ("known", "cut"),
    [*((at_cut, cut) for cut in CUTS), *((simulated_at, cut) for cut in SIMULATED_CUTS)],
    ids=[*(f"worked {cut}" for cut in CUTS), *(f"simulated {cut}" for cut in SIMULATED_CUTS)],
)
def test_overall_survival_ends_on_no_earlier_day_than_any_other_time_of_the_subject(known, cut):
    """Rule D.4: a subject is alive at every assessment."""
    times = known(cut)["ADTTE"]
    survival = times[times["PARAMCD"] == "OS"].set_index("USUBJID")["ADT"]
    assert len(survival) > 0
    assert (times["ADT"] <= times["USUBJID"].map(survival)).all()
    responses = known(cut)["ADRS"]
    used = responses[responses["ADT"].notna() & responses["ANL01FL"].eq("Y")]
    assert (used["ADT"] <= used["USUBJID"].map(survival)).all()


def test_other_subjects_change_nothing_of_a_subject():
    """Law split, for the programs alone: each tenth of the made-up subjects as in the whole."""
    everybody = on_day(379)["ADTTE"]
    cases = [as_case(f"P{place:03d}", known_on(one, 379)) for place, one in enumerate(people())]
    _, _, part = built(cases[::10])
    mine = everybody[everybody["USUBJID"].isin(part["USUBJID"])].reset_index(drop=True)
    keys = ["USUBJID", "PARAMCD"]
    pd.testing.assert_frame_equal(
        part.sort_values(keys, ignore_index=True), mine.sort_values(keys, ignore_index=True)
    )


ADAM = sorted(name for name, spec in plan_of("rd1302").study.datasets.items() if spec.layer == "adam")


def test_the_order_of_the_rows_of_simulated_pages_changes_nothing():
    """Law shuffle, with every kind of dirt."""
    random_order = np.random.default_rng(11)
    again = frames(of_simulated(lambda frame: frame.take(random_order.permutation(len(frame)))))
    assert [name for name in whole() if lines(again[name]) != lines(whole()[name])] == []


def test_other_simulated_subjects_change_no_analysis_of_a_subject():
    """Law split: the second half of the subjects is added to the first."""
    persons = sorted(simulated()["IC"]["USUBJID"].dropna().unique())
    first = set(persons[: len(persons) // 2])
    part = frames(of_simulated(lambda frame: frame[frame["USUBJID"].isin(first)]))
    for name in ADAM:
        mine = whole()[name][whole()[name]["USUBJID"].isin(first)]
        assert lines(part[name]) == lines(mine), name
        assert len(part[name]) < len(whole()[name]), name


HASHES = """
from clinical.store import content_hash
from tests.rules.test_endpoint_laws import whole
for name, frame in whole().items():
    print(name, content_hash(frame))
"""


def test_the_time_zone_of_the_machine_changes_no_simulated_subject():
    """Rule D-TZ: vendors state UTC, some samples are taken around midnight; all of it is done there."""
    here = "".join(f"{name} {content_hash(frame)}\n" for name, frame in whole().items())
    there = subprocess.run(
        [sys.executable, "-c", HASHES],
        env={**os.environ, "TZ": "America/Los_Angeles"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout == here

"""A study derived in groups of buckets is, byte for byte, the one derived in one go (docs/decisions/0041)."""

from __future__ import annotations

import pytest
from pandas.testing import assert_frame_equal

from bench.data import spine
from cdiscflow import memory
from cdiscflow.deriving import rebuild
from cdiscflow.groups import Groups, groups_of, in_groups
from cdiscflow.runners import here
from clinical.ledger import PIECES
from clinical.raw_frames import RawFrames
from edc.read import read_extract
from tests.rules.studies import STUDIES, extract_of, pages_of, plan_of, raw_of

SUBJECTS, BUCKETS, CUT = 200, 8, "2025-06-30"


@pytest.fixture(autouse=True)
def eight_buckets(monkeypatch):
    monkeypatch.setattr(memory, "bucket_count", lambda persons: BUCKETS)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The raw frames of 200 subjects, and what they give in one go."""
    folder = tmp_path_factory.mktemp("spine")
    spine(folder, SUBJECTS)
    plan = plan_of("rd1302")
    raw = read_extract(folder, plan.study.forms, plan.study.config).frames
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "bucket_count", lambda persons: BUCKETS)
        return raw, rebuild(plan, raw, CUT, None).derived


def grouped(folder, persons):
    return Groups(folder / "groups", persons, here)


def assert_same(found, whole):
    assert list(found.outputs) == list(whole.outputs)
    assert (found.stopped, found.lacking) == (whole.stopped, whole.lacking)
    for name, output in whole.outputs.items():
        mine = found.outputs[name]
        assert mine.variables == output.variables
        assert_frame_equal(mine.frame, output.frame, check_exact=True, obj=name)
        assert_frame_equal(mine.lineage, output.lineage, obj=f"lineage of {name}")
    assert_frame_equal(found.findings, whole.findings)
    assert_frame_equal(found.account, whole.account)
    for name, columns in PIECES.items():
        mine, theirs = (getattr(each.ledger, name).sort_values(columns) for each in (found, whole))
        assert_frame_equal(mine.reset_index(drop=True), theirs.reset_index(drop=True), obj=name)


@pytest.mark.parametrize(("persons", "groups"), [(200, 1), (70, 3), (25, 8)])
def test_groups_of_any_size_give_what_one_go_gives(large, tmp_path, persons, groups):
    raw, whole = large
    found = rebuild(plan_of("rd1302"), raw, CUT, None, groups=grouped(tmp_path, persons)).derived
    assert len(list((tmp_path / "groups").iterdir())) == groups
    assert_same(found, whole)


@pytest.mark.parametrize("study", ["rd1302", "mini", "oncodemo"])
def test_a_study_with_records_in_every_dataset_is_the_same_in_groups(tmp_path, study):
    raw, (_, cut) = pages_of(study), STUDIES[study]
    whole = rebuild(plan_of(study), raw, cut, None).derived
    persons = max(1, len(memory.people_of(RawFrames(raw), None)[1].of_person) // 3)
    assert_same(rebuild(plan_of(study), raw, cut, None, groups=grouped(tmp_path, persons)).derived, whole)


def test_a_dataset_that_stops_in_one_group_stops_with_what_needs_it(tmp_path):
    raw = raw_of("mini")
    del raw["EVENT"]
    whole = rebuild(plan_of("mini"), raw, "2021-12-31", None).derived
    found = rebuild(plan_of("mini"), raw, "2021-12-31", None, groups=grouped(tmp_path, 1)).derived
    assert whole.stopped
    assert (found.stopped, found.lacking) == (whole.stopped, whole.lacking)
    assert list(found.outputs) == list(whole.outputs)


def test_a_small_study_is_not_cut_into_groups_unless_a_size_is_asked_for(tmp_path, monkeypatch):
    _, people = memory.people_of(RawFrames(extract_of("mini").frames), None)
    monkeypatch.delenv("CDISCFLOW_GROUP", raising=False)
    assert in_groups(groups_of(tmp_path), people) is None
    monkeypatch.setenv("CDISCFLOW_GROUP", "2")
    assert in_groups(groups_of(tmp_path), people).persons == 2

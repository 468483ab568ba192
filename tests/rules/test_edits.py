"""Whatever is edited, an incremental run leaves the files of a full one (architecture.md, 4)."""

from __future__ import annotations

import pytest

from tests.edits import EDITS, night, sequence, study_of_edits


@pytest.fixture(scope="module", params=[1, 8])
def base(request, tmp_path_factory):
    made = study_of_edits(tmp_path_factory.mktemp("edits") / "base")
    night(made, request.param, False)
    yield made, request.param
    made.remove()


@pytest.mark.parametrize("seed", range(5))
def test_an_incremental_run_leaves_the_files_of_a_full_one(base, tmp_path, seed):
    made, buckets = base
    seed = 2 * seed + (buckets == 8)
    assert sequence(tmp_path, made, seed, buckets)[0] == list(EDITS)[seed]


def test_the_manifest_says_why_each_dataset_was_derived(base):
    reasons = base[0].manifest()["run"]["reasons"]
    assert set(reasons) == {"DM", "EX", "AE", "SE", "TS", "ADSL", "ADAE"}
    assert {tuple(each["because"]) for each in reasons.values()} == {("not in the last run",)}
    assert (reasons["TS"]["derived"], reasons["TS"]["of"]) == (1, 1)

"""Two full runs on one extract give the same bytes (architecture.md, 4); `make soak PART=determinism` has all
studies.
"""

from __future__ import annotations

import csv

import pytest

from tests.homes import little_home
from tests.soak import determinism as law

STUDIES = ("mini", "rd1302")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """One run as usual and one in another place; both at once."""
    root = tmp_path_factory.mktemp("determinism")
    begun = [law.begin(root, place, *STUDIES) for place in (law.FIRST, law.SECOND)]
    yield {study: [law.finish(home, process, study) for home, process in begun] for study in STUDIES}
    for home, _ in begun:
        home.remove()


@pytest.mark.parametrize("study", STUDIES)
def test_folder_zone_locale_hash_seed_row_order_and_workers_change_no_byte(runs, study):
    first, second = runs[study]
    assert law.differences(first, second) == []


def test_every_kind_of_file_was_compared(runs):
    kinds = {name.rpartition(".")[2] for name in runs["rd1302"][0]["files"]}
    assert {"parquet", "xpt", "csv", "rtf", "html", "png"} <= kinds


def test_rows_are_really_shuffled_and_none_is_lost(tmp_path):
    home = little_home(tmp_path / "home")
    path = home.study / "demo" / "dose.csv"
    before = list(csv.reader(path.read_text("utf-8").splitlines()))
    assert law.shuffle_extract(home.study, home.study / "demo", 7) == 3
    after = list(csv.reader(path.read_text("utf-8").splitlines()))
    assert after != before
    assert (after[0], sorted(after)) == (before[0], sorted(before))


def test_a_difference_of_one_byte_is_named():
    one = {"files": {"a.csv": {"sha256": "1"}, "b.csv": {"sha256": "2"}}, "cut": ""}
    two = {"files": {"a.csv": {"sha256": "1"}, "b.csv": {"sha256": "3"}, "c.csv": {}}, "cut": "2021-12-31"}
    assert law.differences(one, two) == ["b.csv", "c.csv", "cut"]

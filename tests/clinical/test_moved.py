"""Which columns of which bucket are not as the last run has them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from clinical.moved import ANY, moved_columns
from clinical.output import Output
from tests.tables import table

LAST = """
    USUBJID | RSSEQ | RSORRES | RSDTC
    P1      | 1     | CR      | 2024-05-01
    P1      | 2     | PD      | 2024-06-01
    P2      | 1     | PR      |
    P3      | 1     | SD      | 2024-05-03
"""
BUCKETS = pd.Series({"P1": 0, "P2": 1, "P3": 1})


def made(drawn: str, source: str = "raw.RS") -> Output:
    frame = table(drawn)
    lineage = pd.DataFrame({"row": range(len(frame)), "source": source, "record": frame["USUBJID"]})
    return Output("RS", "Response", "sdtm", frame, (), lineage, ("USUBJID", "RSSEQ"))


def moved(drawn: str, again: set[int], bucket: pd.Series = BUCKETS) -> dict:
    return moved_columns({"RS": made(drawn)}, {"RS": made(LAST)}, {"RS": again}, bucket).get("RS", {})


def test_what_is_derived_again_and_comes_out_the_same_has_not_moved():
    assert moved(LAST, {0, 1}) == {}


def test_the_columns_that_differ_are_named_in_their_bucket_only():
    assert moved(LAST.replace("PR ", "NE "), {0, 1}) == {1: {"RSORRES"}}


def test_a_value_that_is_missing_now_has_moved():
    assert moved(LAST.replace("2024-05-03", "          "), {1}) == {1: {"RSDTC"}}


def test_a_bucket_that_nobody_derived_again_is_not_looked_at():
    assert moved(LAST.replace("PD", "NE"), {1}) == {}


@pytest.mark.parametrize(
    "line", ["P1      | 2     | PD      | 2024-06-01", "P3      | 1     | SD      | 2024-05-03"]
)
def test_a_record_that_went_moves_everything_of_its_bucket(line):
    bucket = 0 if line.startswith("P1") else 1
    assert moved(LAST.replace(line, ""), {0, 1}) == {bucket: {ANY}}


def test_a_person_whom_the_extract_has_no_more_moves_every_bucket_that_may_have_been_his():
    gone = BUCKETS.drop("P3")
    assert moved(LAST.replace("P3      | 1     | SD      | 2024-05-03", ""), {1}, gone) == {1: {ANY}}


def test_records_that_come_from_others_have_moved():
    kept = made(LAST)
    fresh = replace(kept, lineage=kept.lineage.assign(record=["P1", "other", "P2", "P3"]))
    assert moved_columns({"RS": fresh}, {"RS": kept}, {"RS": {0, 1}}, BUCKETS) == {"RS": {0: {ANY}}}


def test_a_dataset_of_the_study_is_compared_whole():
    kept, fresh = made(LAST), made(LAST.replace("PD", "NE"))
    found = moved_columns({"RS": fresh}, {"RS": kept}, {"RS": {-1}}, BUCKETS)
    assert found == {"RS": {-1: {"RSORRES"}}}


def test_qualifiers_go_with_their_parent_and_a_new_dataset_moves_whole():
    fresh = {"RS": made(LAST), "SUPPRS": made(LAST)}
    found = moved_columns(fresh, {"RS": made(LAST)}, {"RS": {1}}, BUCKETS)
    assert found == {"SUPPRS": {1: {ANY}}}

"""The laws every dataset of every study keeps, without a line of test code of its own (style.md, Tests)."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from clinical.output import Output
from clinical.store import content_hash
from tests.rules.studies import (
    ROOT,
    STUDIES,
    derive_study,
    derived,
    lines,
    pages_of,
    plan_of,
    subject_findings,
)  # fmt: skip

DATASETS = [(study, name) for study in STUDIES for name in sorted(plan_of(study).study.datasets)]
SINGLE_PERSONS = 6
KINDS = {
    "Char": pd.api.types.is_string_dtype,
    "Num": pd.api.types.is_float_dtype,
    "Date": pd.api.types.is_datetime64_any_dtype,
    "Datetime": pd.api.types.is_datetime64_any_dtype,
}


def person_parts(study: str) -> list[dict[str, pd.DataFrame]]:
    """The raw frames cut into persons: each of a few alone, and the rest together."""
    raw = pages_of(study)
    persons = sorted(set().union(*(frame["USUBJID"].dropna() for frame in raw.values())))
    alone = persons if len(persons) < 20 else persons[:: len(persons) // SINGLE_PERSONS][:SINGLE_PERSONS]
    groups = [[person] for person in alone]
    rest = [person for person in persons if person not in set(alone)]
    return [
        {name: frame[frame["USUBJID"].isin(group)].reset_index(drop=True) for name, frame in raw.items()}
        for group in [*groups, rest]
        if group
    ]


@pytest.fixture(scope="module")
def splits():
    return {study: [derive_study(study, part) for part in person_parts(study)] for study in STUDIES}


@pytest.mark.parametrize("study", STUDIES)
def test_no_dataset_stops_and_every_dataset_has_records(study):
    """A dataset that has no rows in any test study fails the laws."""
    found = derived(study)
    assert found.stopped == {}
    assert [name for name, output in found.outputs.items() if not len(output.frame)] == []


@pytest.mark.parametrize(("study", "name"), DATASETS)
def test_split_building_all_equals_the_union_of_each_person(study, name, splits):
    spec = plan_of(study).study.datasets[name]
    whole = derived(study).outputs[name]
    if spec.scope == "study":
        assert all(name in part.outputs for part in splits[study])
        return
    for made in (name, f"SUPP{name}"):
        if made not in derived(study).outputs:
            continue
        frames = [part.outputs[made].frame for part in splits[study] if made in part.outputs]
        together = sorted(line for frame in frames for line in lines(frame))
        assert together == sorted(lines(derived(study).outputs[made].frame))
    lineage = [part.outputs[name].lineage[["source", "record", "role"]] for part in splits[study]]
    assert sorted(line for frame in lineage for line in lines(frame)) == sorted(
        lines(whole.lineage[["source", "record", "role"]])
    )


@pytest.mark.parametrize("study", STUDIES)
def test_split_findings_about_a_subject_are_those_of_the_subject_alone(study, splits):
    together = sorted(line for part in splits[study] for line in subject_findings(part))
    assert together == subject_findings(derived(study))


@pytest.mark.parametrize("study", STUDIES)
def test_shuffle_the_order_of_raw_rows_changes_nothing(study):
    random = np.random.default_rng(7)
    raw = {
        name: frame.take(random.permutation(len(frame))).reset_index(drop=True)
        for name, frame in pages_of(study).items()
    }
    again = derive_study(study, raw)
    assert_same(derived(study).outputs, again.outputs)
    assert lines(again.findings) == lines(derived(study).findings)
    assert lines(again.account) == lines(derived(study).account)


@pytest.mark.parametrize("study", STUDIES)
def test_workers_change_nothing(study):
    again = derive_study(study, pages_of(study), workers=2)
    assert_same(derived(study).outputs, again.outputs)
    assert lines(again.findings) == lines(derived(study).findings)


def assert_same(one: dict[str, Output], two: dict[str, Output]) -> None:
    assert list(one) == list(two)
    for name in one:
        assert lines(one[name].frame) == lines(two[name].frame), name
        assert lines(one[name].lineage) == lines(two[name].lineage), name


@pytest.mark.parametrize("study", STUDIES)
def test_purity_inputs_are_unchanged(study):
    raw, before = pages_of(study), pages_of(study)
    derive_study(study, raw)
    for name, frame in raw.items():
        pd.testing.assert_frame_equal(frame, before[name])


@pytest.mark.parametrize(("study", "name"), DATASETS)
def test_shape_columns_types_and_keys_are_the_specs(study, name):
    output = derived(study).outputs[name]
    assert list(output.frame.columns) == [variable.name for variable in output.variables]
    for variable in output.variables:
        column = output.frame[variable.name]
        assert KINDS[variable.type](column), variable.name
        assert variable.label, variable.name
        assert len(variable.label) <= 40, variable.name
        if variable.type == "Char" and len(column):
            assert column.dropna().str.isascii().all(), variable.name
            assert not (column == "").any(), variable.name
            assert not column.str.len().gt(200).any(), variable.name
    keys = [key for key in output.keys if key in output.frame]
    assert not output.frame.duplicated(keys).any()
    order = ["USUBJID"] if "USUBJID" in output.frame else []
    for column in order:
        assert output.frame[column].fillna("").is_monotonic_increasing  # nulls sort first [C.6]
    sequence = plan_of(study).names.sequence(plan_of(study).study.datasets[name])
    if sequence and order:
        expected = output.frame.groupby("USUBJID").cumcount() + 1.0
        assert output.frame[sequence].tolist() == expected.tolist()


@pytest.mark.parametrize(("study", "name"), DATASETS)
def test_lineage_every_row_says_where_it_comes_from(study, name):
    output = derived(study).outputs[name]
    if plan_of(study).study.datasets[name].scope == "study":
        return
    assert set(output.lineage["row"]) == set(range(len(output.frame)))
    raw = pages_of(study)
    for source, rows in output.lineage.groupby("source"):
        if source.startswith("raw."):
            assert rows["record"].isin(raw[source[4:]]["record"]).all()
        else:
            assert source in derived(study).outputs


@pytest.mark.parametrize("study", STUDIES)
def test_empty_no_rows_in_no_rows_out_all_columns(study):
    raw = {name: frame.iloc[:0].copy() for name, frame in pages_of(study).items()}
    found = derive_study(study, raw)
    assert found.stopped == {}
    for name, spec in plan_of(study).study.datasets.items():
        output = found.outputs[name]
        assert list(output.frame.columns) == list(derived(study).outputs[name].frame.columns), name
        if spec.scope == "subject" and not any(part.kind == "table" for part in spec.parts):
            assert len(output.frame) == 0, name


CLOCK = """
import sys
from tests.rules.studies import derived
from clinical.store import content_hash
for name, output in derived(sys.argv[1]).outputs.items():
    print(name, content_hash(output.frame), content_hash(output.lineage))
"""


@pytest.mark.parametrize("study", STUDIES)
def test_clock_no_time_zone_locale_or_hash_seed_changes_a_value(study):
    here = "".join(
        f"{name} {content_hash(output.frame)} {content_hash(output.lineage)}\n"
        for name, output in derived(study).outputs.items()
    )
    setting = {**os.environ, "TZ": "America/Los_Angeles", "LC_ALL": "C", "PYTHONHASHSEED": "12345"}
    there = subprocess.run(
        [sys.executable, "-c", CLOCK, study],
        env=setting,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout == here


@pytest.mark.parametrize("study", STUDIES)
def test_every_record_was_taken_or_set_aside_with_a_reason(study):
    """Rows in = rows out + rows set aside (architecture.md, 5)."""
    found, pages = derived(study), pages_of(study)
    account = found.account[found.account["dataset"] == ""]
    for form, frame in pages.items():
        mine = account[account["source"] == f"raw.{form}"]
        assert mine["records"].sum() == len(frame)
        untaken = int(mine.loc[mine["reason"] == "taken by none", "records"].sum())
        aside = found.account[(found.account["dataset"] != "") & (found.account["source"] == f"raw.{form}")]
        assert untaken <= aside["records"].sum(), form

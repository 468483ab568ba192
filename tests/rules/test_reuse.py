"""What is taken over from the last run is what a full derivation would give, byte for byte (architecture.md,
4).
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from cdiscflow import memory
from cdiscflow.deriving import Wish, rebuild
from cdiscflow.memory import leave
from clinical.findings import no_findings
from clinical.ledger import PIECES
from clinical.lock import study_lock
from clinical.output import Output
from clinical.reuse import merged
from clinical.run import COMPLETE, Run
from clinical.standards import Variable
from edc.kept import Kept
from edc.read import Extract
from tests.rules.studies import STUDIES, lines, pages_of, plan_of, raw_of


@pytest.fixture(params=[1, 5])
def buckets(request, monkeypatch):
    monkeypatch.setattr(memory, "bucket_count", lambda persons: request.param)
    return request.param


class Nights:
    """Successive runs of one study whose raw frames are edited in between."""

    def __init__(self, folder, study):
        self.home, self.study, self.number, self.before = folder / study, study, 0, None
        self.cut = STUDIES[study][1]

    def night(self, raw, plan=None, **asked):
        found = rebuild(plan or plan_of(self.study), raw, self.cut, self.before, Wish(**asked))
        self.number += 1
        with study_lock(self.home, "test"):
            run = Run.begin(self.home, f"night-{self.number}")
            for output in found.derived.outputs.values():
                schema = {variable.name: variable.type for variable in output.variables}
                run.write_frame(f"{output.layer}/{output.name.lower()}.parquet", output.frame, schema)
                run.write_frame(f"lineage/{output.name.lower()}.parquet", output.lineage)
            leave(run, self.before, _extract(found), "", found)
            manifest = {"fingerprints": found.prints, "buckets": found.buckets}
            self.before = run.finish(manifest, COMPLETE, "test", "test")
        return found


def _extract(found):
    """What a reader would have given, had it read these frames."""
    nothing = no_findings()
    kept = Kept(findings=nothing.assign(place=nothing["text"]))
    return Extract(found.raw, nothing, nothing, nothing, {}, {}, kept)


def assert_same_as_full(found, raw, study):
    full = rebuild(plan_of(study), raw, STUDIES[study][1], None).derived
    assert list(found.derived.outputs) == list(full.outputs)
    for name, output in full.outputs.items():
        mine = found.derived.outputs[name]
        assert lines(mine.frame) == lines(output.frame), name
        assert lines(mine.lineage) == lines(output.lineage), name
        assert mine.frame.dtypes.astype(str).tolist() == output.frame.dtypes.astype(str).tolist(), name
        assert mine.variables == output.variables
    assert lines(found.derived.findings) == lines(full.findings)
    assert lines(found.derived.account) == lines(full.account)
    for piece in PIECES:
        assert sorted(lines(getattr(found.derived.ledger, piece))) == sorted(
            lines(getattr(full.ledger, piece))
        )


def test_nothing_edited_nothing_derived(tmp_path, buckets):
    nights = Nights(tmp_path, "rd1302")
    first = nights.night(raw_of("rd1302"))
    assert set(first.again) == set(plan_of("rd1302").study.datasets)
    second = nights.night(raw_of("rd1302"))
    assert second.again == {}
    assert_same_as_full(second, raw_of("rd1302"), "rd1302")


def test_an_edited_response_rebuilds_what_reads_it_in_its_bucket_only(tmp_path, buckets):
    """RS.RSOVR feeds RS; DS asks RS for a relapse, comments and related records for its rows. Of ADaM follows
    who reads ADRS or what depends on a response in ADSL: ADTTE, ADAE and ADCM (HSCTDT, NACTDT), ADMH (DTHDT,
    later than the last day known alive), ADPP (RSPFL). Dates of visits do not change.
    """
    nights = Nights(tmp_path, "rd1302")
    nights.night(raw_of("rd1302"))
    raw = raw_of("rd1302")
    raw["RS"].loc[0, ["RSOVR", "RSOVR_STD"]] = ["PR", "3"]
    found = nights.night(raw)
    responses = {"RS", "DS", "CO", "RELREC", "ADRS", "ADSL", "ADTTE"}
    assert set(found.again) == responses | {"ADAE", "ADCM", "ADMH", "ADPP"}
    assert {len(numbers) for numbers in found.again.values()} == {1}
    assert_same_as_full(found, raw, "rd1302")


def test_a_request_rebuilds_the_named_dataset_and_what_follows(tmp_path, buckets):
    """ADSL has populations from ADRS, and every dataset of ADaM repeats something of ADSL; PP is written back
    from ADPP, and RELREC relates it.
    """
    nights = Nights(tmp_path, "rd1302")
    nights.night(raw_of("rd1302"))
    found = nights.night(raw_of("rd1302"), datasets=("ADRS",), subjects=("01-004",))
    analysis = {name for name, spec in plan_of("rd1302").study.datasets.items() if spec.layer == "adam"}
    assert set(found.again) == analysis | {"PP", "RELREC"}
    assert {len(numbers) for numbers in found.again.values()} == {1}
    assert_same_as_full(found, raw_of("rd1302"), "rd1302")


@pytest.mark.parametrize("study", ["rd1302", "mini"])
def test_random_edits_give_what_a_full_derivation_gives(tmp_path, buckets, study):
    random = np.random.default_rng(buckets)
    nights = Nights(tmp_path, study)
    raw = pages_of(study)
    nights.night(raw)
    for _ in range(4):
        raw = {name: frame.copy() for name, frame in raw.items()}
        edit(raw, random)
        found = nights.night({name: frame.copy() for name, frame in raw.items()})
        assert_same_as_full(found, raw, study)


def edit(raw, random):
    """Deletes, repeats or changes a few records, or takes a person out altogether."""
    long = sorted(name for name, frame in raw.items() if len(frame) > 1)
    if not long:
        return
    form = str(random.choice(long))
    frame = raw[form]
    kind = random.choice(["delete", "change", "person"])
    if kind == "delete":
        raw[form] = frame.drop(index=random.integers(len(frame))).reset_index(drop=True)
    elif kind == "change":
        fields = [
            c for c in frame.columns if c not in ("USUBJID", "record", "place", "participation", "Subject")
        ]
        one, two = random.integers(len(frame), size=2)
        frame.loc[one, fields] = frame.loc[two, fields].to_numpy()
    else:
        person = str(random.choice(frame["USUBJID"].unique()))
        for name, every in raw.items():
            raw[name] = every[every["USUBJID"] != person].reset_index(drop=True)


def test_the_state_of_a_run_can_be_read_by_people(tmp_path):
    nights = Nights(tmp_path, "mini")
    nights.night(raw_of("mini"))
    described = json.loads((nights.before / "state/outputs.json").read_text("utf-8"))
    assert set(described) >= {"DM", "EX", "SE"}


def test_a_column_for_the_rest_of_a_long_text_comes_and_goes_with_it():
    """SDTMIG 3.4, 4.5.3.2: COVAL1 is there where a comment of any bucket is longer than 200 bytes."""
    bucket = pd.Series([0, 1], index=["P1", "P2"])
    long = _comments("P1 | a    | rest", "P2 | b | ")
    short = _comments("P1 | a", "P2 | c")
    kept = merged({"CO": short}, {"CO": long}, {"CO": {1}}, bucket)["CO"]
    assert kept.frame.fillna("").to_numpy().tolist() == [["P1", "a", "rest"], ["P2", "c", ""]]
    assert [variable.name for variable in kept.variables] == ["USUBJID", "COVAL", "COVAL1"]
    gone = merged({"CO": short}, {"CO": long}, {"CO": {0}}, bucket)["CO"]
    assert list(gone.frame) == [variable.name for variable in gone.variables] == ["USUBJID", "COVAL"]
    assert gone.lineage["record"].tolist() == ["P1", "P2"]


def _comments(*lines):
    cells = [[cell.strip() or None for cell in line.split("|")] for line in lines]
    names = ["USUBJID", "COVAL", "COVAL1"][: len(cells[0])]
    frame = pd.DataFrame(cells, columns=names, dtype="str")
    lineage = pd.DataFrame({"row": range(len(frame)), "source": "raw.AE", "record": frame["USUBJID"]})
    variables = tuple(Variable(name, name, "Char", place) for place, name in enumerate(names))
    return Output("CO", "Comments", "sdtm", frame, variables, lineage.assign(role="record"), ("USUBJID",))

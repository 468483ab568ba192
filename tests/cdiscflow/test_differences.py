"""Each difference between two runs is listed once, with one cause (decision 0043)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from cdiscflow import memory
from cdiscflow.deriving import Rebuilt, rebuild
from cdiscflow.differences import CAUSES, CUT, EDIT, ELSEWHERE, Night, _listed, differences
from cdiscflow.edits import edits_since
from clinical.derive import derive
from clinical.frames import as_text
from clinical.lock import study_lock
from clinical.manifest import read_manifest
from clinical.run import COMPLETE, Run
from clinical.store import content_hash
from tests.rules.studies import STUDIES, extract_of, pages_of, plan_of, raw_of

CUTS = {"rd1302": ("2025-06-30", "2025-05-31"), "mini": ("2021-12-31", "2021-06-15")}


@dataclass
class Made:
    """One night: its folder, its collected records, what was rebuilt and what differs."""

    folder: object
    raw: dict
    rebuilt: Rebuilt
    edits: pd.DataFrame
    found: pd.DataFrame


class Nights:
    """Successive nights of one study without gates and displays."""

    def __init__(self, folder, study):
        self.home, self.study, self.last, self.number = folder / study, study, None, 0

    def night(self, raw, cut, changed=("extract",)):
        plan, before = plan_of(self.study), self.last.folder if self.last else None
        rebuilt = rebuild(plan, raw, cut, before)
        self.number += 1
        with study_lock(self.home, "test"):
            run = Run.begin(self.home, f"night-{self.number}")
            entries = {}
            for name, made in rebuilt.derived.outputs.items():
                schema = {variable.name: variable.type for variable in made.variables}
                run.write_frame(f"{made.layer}/{name.lower()}.parquet", made.frame, schema)
                run.write_frame(f"lineage/{name.lower()}.parquet", made.lineage)
                entries[name] = {"content": content_hash(made.frame, schema), "keys": list(made.keys)}
            memory.leave(run, before, replace(extract_of(self.study), frames=rebuilt.raw), "", rebuilt)
            edits, found = None, None
            if before:
                edits = edits_since(before, rebuilt)
                found = differences(Night(plan, before, rebuilt, entries, edits, list(changed)))
            said = {
                "fingerprints": rebuilt.prints,
                "buckets": rebuilt.buckets,
                "datasets": entries,
                "cut": cut,
            }
            folder = run.finish(said, COMPLETE, "test", "test")
        self.last = Made(folder, raw, rebuilt, edits, found)
        return self.last


def texts(frame):
    whole = {name: as_text(frame[name]).fillna("").astype("str").tolist() for name in frame}
    return [dict(zip(whole, cells, strict=True)) for cells in zip(*whole.values(), strict=True)]


def on_disk(folder):
    """Every record of every dataset of a run as dictionaries of text, read without the store."""
    files = [*folder.glob("sdtm/*.parquet"), *folder.glob("adam/*.parquet")]
    return {file.stem.upper(): texts(pq.read_table(file).to_pandas()) for file in files}


def compared(old, new, keys):
    """A second comparison, of dictionaries: (dataset, change, key, variable, old, new)."""
    found = []
    for name in {*old, *new}:
        sides = []
        for records in (old.get(name, []), new.get(name, [])):
            seen, side = Counter(), {}
            for record in records:
                key = tuple(record.get(k, "") for k in keys[name])
                side[key, seen[key]] = record
                seen[key] += 1
            sides.append(side)
        for key in {*sides[0], *sides[1]}:
            said = " ".join(
                text for k, text in zip(keys[name], key[0], strict=True) if k != "STUDYID"
            ).split()
            one, two = (side.get(key) for side in sides)
            if one is None or two is None:
                found.append((name, "new" if one is None else "removed", tuple(said), "", "", ""))
                continue
            for variable in {*one, *two}:
                before, now = one.get(variable, ""), two.get(variable, "")
                if before != now:
                    found.append((name, "changed", tuple(said), variable, before, now))
    return Counter(found)


def listed(found):
    names = ["dataset", "change", "keys", "variable", "old", "new"]
    rows = found[names].fillna("").itertuples(index=False, name=None)
    return Counter((d, c, tuple(k.split()), *rest) for d, c, k, *rest in rows)


def keys_of(*runs):
    return {name: entry["keys"] for run in runs for name, entry in read_manifest(run)["datasets"].items()}


def edit(raw, generator):
    """A few random edits: a record gone, a value of another record copied over; who was touched."""
    raw, touched = {form: frame.copy() for form, frame in raw.items()}, set()
    fixed = {"USUBJID", "record", "place", "participation", "Subject", "PATIENT", "RecordId"}
    for _ in range(int(generator.integers(1, 4))):
        form = str(generator.choice([name for name, frame in raw.items() if len(frame)]))
        frame, row = raw[form], int(generator.integers(len(raw[form])))
        touched.add(frame["USUBJID"].iloc[row])
        if generator.random() < 0.3:
            raw[form] = frame.drop(index=frame.index[row]).reset_index(drop=True)
            continue
        column = str(generator.choice([name for name in frame if name not in fixed]))
        value = frame[column].iloc[int(generator.integers(len(frame)))]
        frame.iloc[row, frame.columns.get_loc(column)] = value
    return raw, touched


@pytest.fixture(params=[1, 5])
def buckets(request, monkeypatch):
    monkeypatch.setattr(memory, "bucket_count", lambda persons: request.param)
    return request.param


@pytest.mark.parametrize("study", ["rd1302", "mini"])
def test_random_edits_are_listed_once_and_only_under_who_was_edited(tmp_path, study, buckets):
    """The comparison of dictionaries of the two folders is the second implementation."""
    generator, nights, cuts = np.random.default_rng(41 + buckets), Nights(tmp_path, study), CUTS[study]
    last = nights.night(pages_of(study), cuts[0])
    differed = 0
    for number in range(6 if study == "mini" else 2):
        raw, touched = edit(last.raw, generator)
        cut, old_cut = cuts[(number + 1) // 2 % 2], cuts[number // 2 % 2]
        changed = ["extract"] if cut == old_cut else ["extract", "cut"]
        now = nights.night(raw, cut, changed)
        keys = keys_of(last.folder, now.folder)
        old, new = on_disk(last.folder), on_disk(now.folder)
        assert listed(now.found) == compared(old, new, keys)
        assert set(now.found["cause"]) <= set(CAUSES)
        assert set(now.edits["USUBJID"].dropna()) <= touched
        mine = now.found[now.found["cause"] == EDIT]
        assert set(mine["subject"]) - {""} <= touched
        assert (mine["pages"] != "").all()
        if cut != old_cut:
            full = derive(plan_of(study), raw, old_cut).outputs
            same = {name: texts(made.frame) for name, made in full.items()}
            there = {row[:4] for row in compared(old, same, keys)}
            by_cut = {row[:4] for row in listed(now.found[now.found["cause"] == CUT])}
            assert by_cut == {row[:4] for row in compared(old, new, keys)} - there
        else:
            assert CUT not in set(now.found["cause"])
        assert ELSEWHERE not in set(now.found["cause"])
        differed, last = differed + len(now.found), now
    assert differed


def test_a_moved_cut_alone_is_the_cause_of_all_it_moves(tmp_path):
    nights = Nights(tmp_path, "rd1302")
    nights.night(raw_of("rd1302"), "2025-06-30")
    now = nights.night(raw_of("rd1302"), "2025-05-31", ["extract", "cut"])
    assert set(now.found["cause"]) == {CUT}
    assert "DCUTDT" in set(now.found["variable"])
    assert not len(now.edits)


@pytest.mark.parametrize("cause", ["spec", "terminology", "code", "packages"])
def test_what_no_edit_and_no_cut_moved_has_the_input_as_its_cause(tmp_path, cause):
    """The same collected records, read otherwise by another spec: nobody was edited."""
    nights, raw = Nights(tmp_path, "mini"), raw_of("mini")
    nights.night(raw, STUDIES["mini"][1])
    raw = {form: frame.copy() for form, frame in raw.items()}
    raw["DOSE"].loc[0, "MG"] = "12"
    now = nights.night(raw, STUDIES["mini"][1], [cause])
    assert len(now.found)
    assert set(now.found["cause"]) == {cause}


def test_an_edited_dose_leads_to_its_record_and_to_nobody_else(tmp_path):
    nights, raw = Nights(tmp_path, "mini"), raw_of("mini")
    nights.night(raw, STUDIES["mini"][1])
    raw["DOSE"].loc[0, "MG"] = "12"
    now = nights.night(raw, STUDIES["mini"][1])
    (edited,) = now.edits.to_dict("records")
    assert edited == {"USUBJID": "MINI01.B001", "form": "DOSE", "record": "DOSE/B001/1", "change": "changed"}
    (dose,) = now.found[now.found["dataset"] == "EX"].to_dict("records")
    told = [dose[name] for name in ("variable", "old", "new", "subject", "cause", "pages")]
    assert told == ["EXDOSE", "10", "12", "MINI01.B001", "edit", "DOSE/B001/1"]


def test_columns_and_rows_in_another_order_and_empty_columns_are_no_edit(tmp_path):
    nights, raw = Nights(tmp_path, "mini"), raw_of("mini")
    nights.night(raw, STUDIES["mini"][1])
    moved = {form: f[f.columns[::-1]].iloc[::-1].reset_index(drop=True) for form, f in raw.items()}
    moved["DOSE"]["NOTHING"] = pd.Series("", index=moved["DOSE"].index, dtype="str")
    assert not len(nights.night(moved, STUDIES["mini"][1]).edits)


@pytest.mark.parametrize(("count", "end"), [(20, "R19"), (21, "R19 and 1 more")])
def test_of_many_edited_records_behind_a_value_the_first_are_named(count, end):
    assert _listed(pd.Series([f"R{number:02d}" for number in range(count)])).endswith(end)

"""Raw frames of the last run: what is asked of them reads no more than it needs (decision 39)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cdiscflow.memory import Memory
from clinical.files import file_hash
from clinical.frames import Frame
from clinical.raw_frames import RawFrames, Stored, by_bucket
from clinical.reuse import Last, contents_of
from clinical.store import schema_of, write_parquet
from tests.tables import table

RECORDS = """
    USUBJID | record | place | VALUE
    P1      | r1     | 0     | a
    P2      | r2     | 1     | b
    P1      | r3     | 2     | c
    """


def records(drawn: str = RECORDS) -> Frame:
    """Three records of two persons; `place` is where they stand."""
    frame = table(drawn)
    return frame.assign(place=frame["place"].astype("int64"))


def stored(folder: Path) -> RawFrames:
    """The form as the last run left it: P2 is in the first bucket, P1 in the second."""
    frame, rows = by_bucket(records(), np.array([1, 0, 1]))
    path = folder / "runs" / "r" / "state" / "raw" / "f.parquet"
    path.parent.mkdir(parents=True)
    write_parquet(path, frame, schema_of(frame), list(rows.values()))
    return RawFrames({}, {"F": Stored(path, file_hash(path), rows, tuple(frame.columns))})


def test_some_columns_of_a_stored_form_come_in_the_order_of_its_ids(tmp_path):
    """`NONE` is no column of the form; the records are stored as r2, r1, r3."""
    some = stored(tmp_path).some("F", {"record", "VALUE", "NONE"})
    assert some.to_dict("list") == {"record": ["r1", "r2", "r3"], "VALUE": ["a", "b", "c"]}
    fresh = RawFrames({"F": records()}).some("F", {"VALUE"})
    assert fresh.to_dict("list") == {"VALUE": ["a", "b", "c"]}


def test_whether_a_form_is_there_is_known_without_its_file(tmp_path):
    raw = stored(tmp_path)
    raw.stored["F"].path.unlink()
    assert "F" in raw
    assert "G" not in raw


def test_persons_are_those_of_the_last_run_unless_a_form_has_others():
    """An edited value, then another person, then a form that is gone."""
    kept = records().drop(columns="place")
    buckets = RawFrames({"F": kept}).buckets("F", 5)
    last = Memory(Path("run"), 5, Last({}, {}, {"F": contents_of(kept, buckets)}), {})
    assert last.has_persons_of(RawFrames({"F": kept.assign(VALUE="x")}))
    assert not last.has_persons_of(RawFrames({"F": kept.replace({"USUBJID": {"P2": "P3"}})}))
    assert not last.has_persons_of(RawFrames({"F": kept, "G": kept}))
    assert not last.has_persons_of(RawFrames({}))

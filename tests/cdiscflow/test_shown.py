"""What displays read of a large study: single columns, and only the last few of them in memory."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from cdiscflow import shown
from cdiscflow.shelf import Stored, write_piece
from clinical.derive import Derived
from clinical.output import SUPP_COLUMNS
from clinical.standards import Variable

NAMES = ("ADSL", "AE", "ADTTE")
PERSONS = pd.Index(["1", "2"])
PLAN = SimpleNamespace(study=SimpleNamespace(datasets={"AE": SimpleNamespace(supp=("AELLT",))}))
DISPLAY = SimpleNamespace(datasets=NAMES, population=SimpleNamespace(dataset="ADSL"))
RECORDS = pd.DataFrame({"USUBJID": ["1", "2", "2"], "AESEQ": [1.0, 1.0, 2.0]}).astype({"USUBJID": "str"})
QUALIFIER = {"USUBJID": "2", "IDVAR": "AESEQ", "IDVARVAL": "2", "QNAM": "AELLT", "QVAL": "Cough"}


def stored(folder, name, frame):
    """A dataset in a piece on disk."""
    piece = folder / f"{name}.arrow"
    write_piece(piece, frame)
    kinds = {column: "Char" if frame[column].dtype == "str" else "Num" for column in frame}
    variables = tuple(Variable(column, column, kind, n) for n, (column, kind) in enumerate(kinds.items()))
    return Stored(name, name, "sdtm", variables, ("USUBJID",), [piece], [piece], [piece], PERSONS)


@pytest.fixture
def large(tmp_path):
    """Three datasets that displays read, one with a qualifier, and one that nobody reads."""
    supp = pd.DataFrame([QUALIFIER], columns=list(SUPP_COLUMNS), dtype="str")
    frames = {**dict.fromkeys((*NAMES, "ADXX"), RECORDS), "SUPPAE": supp}
    outputs = {name: stored(tmp_path, name, frame) for name, frame in frames.items()}
    return shown.Shown(PLAN, Derived(outputs=outputs), [DISPLAY])


def test_every_dataset_that_is_read_is_there_and_no_other(large):
    assert tuple(large) == NAMES
    assert large.get("ADXX") is None
    assert {name: len(one) for name, one in large.items()} == dict.fromkeys(NAMES, 3)


def test_who_is_in_a_display_is_a_frame_and_other_datasets_give_columns(large):
    pd.testing.assert_frame_equal(large["ADSL"], RECORDS)
    assert list(large["AE"].columns) == ["USUBJID", "AESEQ", "AELLT"]
    assert large["AE"]["USUBJID"].tolist() == ["1", "2", "2"]
    with pytest.raises(KeyError, match="AETERM"):
        large["AE"]["AETERM"]


def test_a_qualifier_is_beside_its_record(large):
    assert large["AE"]["AELLT"].fillna("").tolist() == ["", "", "Cough"]
    pd.testing.assert_frame_equal(
        large.whole(["AE", "ADXX"])["AE"],
        pd.DataFrame({name: large["AE"][name] for name in large["AE"].columns}),
    )


def test_hashes_are_those_of_the_manifest_and_change_with_a_qualifier(large):
    described = {name: {"content": name.lower()} for name in (*NAMES, "ADXX")}
    assert large.hashes(described) == {"ADSL": "adsl", "AE": "ae", "ADTTE": "adtte"}
    both = [large.hashes({**described, "SUPPAE": {"content": text}})["AE"] for text in ("one", "two")]
    assert len({*both, "ae"}) == 3


def test_the_columns_asked_for_last_are_held(large, monkeypatch, tmp_path):
    read = []
    monkeypatch.setattr(Stored, "read", lambda self, names: read.append(names[0]) or RECORDS[names])
    frame = large["ADTTE"]
    for name in ("AESEQ", "USUBJID", "AESEQ", "USUBJID"):
        assert frame[name].tolist() == RECORDS[name].tolist()
    assert read == ["AESEQ", "USUBJID"]
    assert large["ADTTE"]["AESEQ"] is frame["AESEQ"]
    assert read == ["AESEQ", "USUBJID"]


def test_no_more_columns_are_held_than_that(tmp_path, monkeypatch):
    monkeypatch.setattr(shown, "HELD", 1)
    outputs = {name: stored(tmp_path, name, RECORDS) for name in NAMES}
    frame = shown.Shown(PLAN, Derived(outputs=outputs), [DISPLAY])["ADTTE"]
    first = frame["AESEQ"]
    assert frame["AESEQ"] is first
    assert frame["USUBJID"] is not None
    assert frame["AESEQ"] is not first

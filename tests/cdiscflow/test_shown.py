"""What displays read of a large study: the datasets themselves, and only the last few of them in memory."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from cdiscflow.shelf import Stored, write_piece
from cdiscflow.shown import HELD, Shown
from clinical.derive import Derived
from clinical.standards import Variable

NAMES = ("ADSL", "ADAE", "ADRS", "ADTTE")
PERSONS = pd.Index(["1", "2"])
PLAN = SimpleNamespace(study=SimpleNamespace(datasets={}))
READER = SimpleNamespace(datasets=NAMES)


def stored(folder, name):
    """A dataset in a piece on disk; its one variable says whose it is."""
    piece = folder / f"{name}.arrow"
    write_piece(piece, pd.DataFrame({"USUBJID": [*PERSONS], "NAME": [name, name]}, dtype="str"))
    variables = (Variable("USUBJID", "Subject", "Char", 1), Variable("NAME", "Name", "Char", 2))
    return Stored(name, name, "adam", variables, ("USUBJID",), [piece], [piece], [piece], PERSONS)


@pytest.fixture
def shown(tmp_path):
    return Shown(PLAN, Derived(outputs={name: stored(tmp_path, name) for name in (*NAMES, "ADXX")}), [READER])


def test_every_dataset_that_is_read_is_there_and_no_other(shown):
    assert tuple(shown) == NAMES
    assert {name: frame["NAME"].tolist() for name, frame in shown.items()} == {n: [n, n] for n in NAMES}
    assert shown.get("ADXX") is None


def test_the_last_few_that_were_asked_for_are_held_and_the_others_read_again(shown):
    first = shown["ADSL"]
    for name in NAMES[1:HELD]:
        assert shown["ADSL"] is first, name
        assert shown[name]["NAME"].tolist() == [name, name]
    assert shown["ADSL"] is first  # asked for last, so the next one takes another's place
    second = shown["ADAE"]
    assert shown["ADTTE"]["NAME"].tolist() == ["ADTTE"] * 2
    assert shown["ADAE"] is second
    assert shown["ADRS"] is not None
    assert shown["ADSL"] is not first

"""Every derived row of the worked subjects leads to records of the raw files (issue 4, item 3; D.11).

Two ways, followed with pandas and csv alone: SRCDOM, SRCVAR and SRCSEQ name a value of another dataset, and
the lineage names records, over ADaM and SDTM, until a record id of a delivered file.
"""

from __future__ import annotations

import csv
from functools import cache

import pandas as pd
import pytest

from tests.rules.studies import derived, pages_of, plan_of
from tests.studies.rd1302 import WORKED

STUDY = "rd1302"
FOLLOWED = ("ADRS", "ADTTE", "ADPP")
COORDINATES = ("Subject", "Folder", "InstanceRepeatNumber", "PageRepeatNumber", "RecordPosition")
ADDED = "RD1302-01-901"  # has pages of every form, in memory only


@pytest.fixture(scope="module")
def outputs():
    return derived(STUDY).outputs


@cache
def delivered() -> frozenset[str]:
    """The record ids of the raw files, read with csv: EDC forms by coordinates, vendors by keys."""
    found = set()
    for form in plan_of(STUDY).study.forms.values():
        path = WORKED / form.source.path
        if path.is_file():
            with path.open(encoding="utf-8-sig", newline="") as lines:
                names = form.record or COORDINATES
                rows = list(csv.DictReader(lines))
            found |= {"/".join([form.name, *(row[name] for name in names)]) for row in rows}
    return frozenset(found)


def in_memory() -> set[str]:
    """The record ids of the person who is in no file."""
    person = ADDED.removeprefix("RD1302-")
    found: set[str] = set()
    for frame in pages_of(STUDY).values():
        found |= set(frame.loc[frame["USUBJID"] == ADDED, "record"])
    return {record for record in found if person in record}


def sequence(outputs: dict, name: str) -> str:
    """The variable that numbers a subject's rows of a dataset; none where a subject has one row."""
    known = ("ASEQ", f"{name}SEQ")
    return next((column for column in known if column in outputs[name].frame), "")


def row_of(outputs: dict, name: str, person: str, number: float) -> pd.Series:
    """The one row that a person and a number name."""
    frame, numbered = outputs[name].frame, sequence(outputs, name)
    mine = frame["USUBJID"] == person
    if numbered:
        mine &= frame[numbered] == number
    assert mine.sum() == 1, (name, person, number)
    return frame.loc[mine].iloc[0]


@pytest.mark.parametrize("name", ["ADRS", "ADTTE"])
def test_the_source_that_a_row_names_is_there_and_says_its_date(outputs, name):
    """SRCDOM, SRCVAR, SRCSEQ; a later date than ADT only where the cut-off ends the time [D-HOR]."""
    frame = outputs[name].frame
    cut = outputs["ADSL"].frame.set_index("USUBJID")["ACUTDT"]
    assert len(frame) > 100
    for row in frame.itertuples():
        source = row_of(outputs, row.SRCDOM, row.USUBJID, row.SRCSEQ)
        nothing = pd.isna(row.AVAL) and (name == "ADTTE" or pd.isna(row.AVALC))
        assert nothing or pd.notna(source[row.SRCVAR]), row
        assert pd.isna(row.SRCSEQ) == (sequence(outputs, row.SRCDOM) == ""), row
        if name == "ADTTE":
            assert min(source[row.SRCVAR], cut[row.USUBJID]) == row.ADT, row


@pytest.mark.parametrize("name", FOLLOWED)
def test_every_row_is_followed_to_records_of_the_raw_files(outputs, name):
    """By the lineage: ADTTE over ADRS and RS to the page, ADPP over PC to the vendor's record."""
    files, memory = delivered(), in_memory()
    assert len(files) > 400
    frame = outputs[name].frame
    ends = {row: raw_records(outputs, name, row) for row in range(len(frame))}
    assert len(ends) == len(frame) > 0
    for row, records in ends.items():
        assert records, (name, row)
        known = memory if frame["USUBJID"][row] == ADDED else files
        assert records <= known, (name, row, sorted(records - known)[:3])


def test_the_way_of_a_row_does_not_leave_the_subject(outputs):
    """01-004 relapsed on 2024-08-26, RS.csv line 21: the page of W12."""
    frame = outputs["ADTTE"].frame
    (row,) = frame.index[(frame["USUBJID"] == "RD1302-01-004") & (frame["PARAMCD"] == "DOR")]
    assert raw_records(outputs, "ADTTE", row) == {"RS/01-004/W12/0/0/0"}
    for each in range(len(frame)):
        subject = frame["USUBJID"][each].removeprefix("RD1302-")
        assert all(f"/{subject}/" in record for record in raw_records(outputs, "ADTTE", each))


def raw_records(outputs: dict, name: str, row: int) -> set[str]:
    """The raw records behind a row, over as many datasets as there are."""
    found: set[str] = set()
    for source, record in behind(name).get(row, []):
        if source.startswith("raw."):
            found.add(record)
        else:
            found |= raw_records(outputs, source, place(source)[record])
    return found


@cache
def behind(name: str) -> dict[int, list[tuple[str, str]]]:
    """The lineage of a dataset by row."""
    found: dict[int, list[tuple[str, str]]] = {}
    lineage = derived(STUDY).outputs[name].lineage
    for row, source, record in lineage[["row", "source", "record"]].itertuples(index=False):
        found.setdefault(row, []).append((source, record))
    return found


@cache
def place(name: str) -> dict[str, int]:
    """Where the row stands that lineage calls `USUBJID/number`, or USUBJID."""
    outputs = derived(STUDY).outputs
    frame, numbered = outputs[name].frame, sequence(outputs, name)
    numbers = [""] * len(frame) if not numbered else [f"/{int(number)}" for number in frame[numbered]]
    names = [f"{person}{number}" for person, number in zip(frame["USUBJID"], numbers, strict=True)]
    assert len(set(names)) == len(names)
    return {record: row for row, record in enumerate(names)}

"""Dirt: each kind is planted, and the file differs where the ledger says and nowhere else."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree.ElementTree import parse

import pytest

from edc.read import read_extract
from edc.simulate.dice import Dice
from edc.simulate.dirt.kinds import KINDS, NOT_IN_ODM, PARTLY_IN_ODM, plant, plant_all
from edc.simulate.dirt.plant import ADDED, REMOVED
from edc.simulate.extract import vendor_key
from edc.simulate.run import Order, extracts
from tests.edc.simulate.look import key, table, written

SUBJECTS, SEED = 48, 11
FEWER = {18: "one subject in twenty-four is lymphodepleted and not infused"}
ENDING = re.compile(r"_(STD|RAW|YYYY|MM|DD)$")


@pytest.fixture(scope="module")
def piece(protocol, files):
    """A clean extract in memory."""
    night = protocol.last_night
    return next(extracts(protocol, files, Order(SUBJECTS, SEED), night, night))[0]


@pytest.fixture(scope="module")
def before(piece, tmp_path_factory):
    """The clean files."""
    return written(piece, tmp_path_factory.mktemp("before"))


def differences(form, clean, dirty):
    """(record, field) of an EDC file that differ; a whole record has the field `(added)` or `(removed)`."""
    old, new = ({row["RecordId"]: row for row in rows} for rows in (clean, dirty))
    found = {(place_of(key(form, row)), ADDED) for number, row in new.items() if number not in old}
    found |= {(place_of(key(form, row)), REMOVED) for number, row in old.items() if number not in new}
    for number in old.keys() & new.keys():
        columns = {c for c in old[number] | new[number] if old[number].get(c, "") != new[number].get(c, "")}
        found |= {(place_of(key(form, old[number])), ENDING.sub("", column)) for column in columns}
    return found


def said(lines):
    """The ledger in the same words, by place."""
    return {(place_of(line.record), line.field or line.after or line.before) for line in lines if line.record}


def place_of(record):
    """The coordinates of a record, whichever raw form reads it."""
    return record.partition("/")[2]


def vendor_differs_as_said(file, clean, dirty, lines):
    """Replays the ledger on the clean rows of a vendor's file and compares."""
    changes = {}
    for line in lines:
        changes.setdefault(line.record, []).append(line)
    kept = Counter()
    for row in clean:
        mine = [line for line in changes.get(vendor_key(file, row), []) if line.after != ADDED]
        if any(line.before == REMOVED for line in mine):
            continue
        for line in mine:
            assert row[line.field] == line.before
            row = {**row, line.field: line.after}
        kept[tuple(row.items())] += 1
    there = Counter(tuple(row.items()) for row in dirty)
    more = [vendor_key(file, dict(row)) for row in (there - kept).elements()]
    assert sorted(more) == sorted(line.record for line in lines if line.after == ADDED)
    assert not kept - there


@pytest.mark.parametrize("kind", KINDS)
def test_dirt_is_where_the_ledger_says_and_nowhere_else(kind, piece, before, tmp_path):
    extract = piece.copy()
    ledger = plant(extract, kind, Dice(SEED, kind, "test"), max(3, len(KINDS[kind].variants)))
    assert ledger
    assert {line.kind for line in ledger} == {kind}
    assert {line.expected for line in ledger} <= {"H", "Q"}
    assert kind in FEWER or len({(line.form, line.record or line.after) for line in ledger}) >= 3
    after = written(extract, tmp_path)
    for name, file in extract.files.items():
        names = [form.name for form in file.forms]
        lines = [line for line in ledger if line.form in names or line.form == name]
        if not lines:
            assert (before / file.path).read_bytes() == (after / file.path).read_bytes(), name
            continue
        clean, dirty = table(before / file.path), table(after / file.path)
        if file.vendor:
            vendor_differs_as_said(file, clean, dirty, lines)
        else:
            assert differences(name, clean, dirty) == said(lines)
            assert (before / file.path).read_bytes() != (after / file.path).read_bytes()


def test_hazards_are_in_the_bytes_of_the_file(piece, tmp_path):
    extract = piece.copy()
    plant(extract, 30, Dice(SEED, 30, "test"), 6)
    folder = written(extract, tmp_path) / "edc_csv"
    assert (folder / "AE.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in (folder / "CM.csv").read_bytes()
    assert (folder / "VS.csv").read_bytes().splitlines()[0].endswith(b",,")
    assert any(row["Subject"].startswith("1-") for row in table(folder / "PS.csv"))
    assert any(row["PRDAT"].isdigit() for row in table(folder / "PRO.csv"))


def test_all_kinds_are_planted_in_one_extract_and_odm_carries_all_but_those_it_cannot(
    piece, study, forms, tmp_path
):
    """B-EQUIV for dirt: what differs between the two forms is of a kind that ODM has no way to write."""
    extract = piece.copy()
    ledger = plant_all(extract, SEED)
    assert {line.kind for line in ledger} == set(KINDS)
    csv, odm = (
        read_extract(written(extract, tmp_path / form, form), forms, study).frames for form in ("csv", "odm")
    )
    lost = {line.record.partition("/")[2] for line in ledger if line.kind in NOT_IN_ODM}
    for name in forms:
        columns = [one for one in forms[name].columns if one in csv[name] and one in odm[name]]
        columns = [one for one in columns if one not in ("environment", "MinCreated", "MaxUpdated")]
        assert csv[name]["record"].tolist() == odm[name]["record"].tolist(), name
        differs = (csv[name][columns].fillna("") != odm[name][columns].fillna("")).any(axis=1)
        places = {record.partition("/")[2] for record in csv[name]["record"][differs]}
        assert places <= lost, name


def test_odm_removes_what_is_inactive_keeps_environments_apart_and_tells_null_from_absent(piece, tmp_path):
    """B.4: RecordActive 0 is a removal, another environment is another study."""
    extract = piece.copy()
    inactive = plant(extract, 7, Dice(SEED, 7, "odm"), 3)
    others = plant(extract, 8, Dice(SEED, 8, "odm"), 3)
    root = parse(written(extract, tmp_path, "odm") / "odm.xml").getroot()
    space = {"o": "http://www.cdisc.org/ns/odm/v1.3"}
    removed = root.findall(".//o:ItemGroupData[@TransactionType='Remove']", space)
    assert len(removed) == len(inactive) == 3
    studies = [data.get("StudyOID") for data in root.findall("o:ClinicalData", space)]
    assert studies == ["RD1302", "RD1302(UAT)"]
    uat = root.findall("o:ClinicalData[@StudyOID='RD1302(UAT)']//o:ItemGroupData", space)
    assert len(uat) == sum(line.what == "row of another environment" for line in others)
    items = root.findall(".//o:ItemData", space)
    assert all((one.get("Value") is None) == (one.get("IsNull") == "Yes") for one in items)
    assert any(one.get("IsNull") for one in items)
    assert "" not in {one.get("Value") for one in items}


def test_what_odm_cannot_carry_is_named_with_its_reason():
    assert set(NOT_IN_ODM) == {2, 3, 4, 30}
    assert set(PARTLY_IN_ODM) == {1}
    assert all({**NOT_IN_ODM, **PARTLY_IN_ODM}.values())


def test_the_thirty_kinds_are_those_of_the_design():
    assert list(KINDS) == list(range(1, 31))

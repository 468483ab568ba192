"""The listings of RD13-02 on its demonstration extract: every record is listed or accounted for [E.1]."""

from __future__ import annotations

import csv
import io

import pytest

from clinical.store import content_hash
from tests.checks.finished import finished
from tests.tlf.frames import ROOT, study
from tlf.run import make_or_miss
from tlf.spec import read_displays


@pytest.fixture(scope="module")
def frames():
    return {name: output.frame for name, output in finished("rd1302").derived.outputs.items()}


@pytest.fixture(scope="module")
def made(frames):
    footer = {"program": "test", "data_cut": "2025-08-15"}
    footer["datasets"] = {name: content_hash(frame) for name, frame in frames.items()}
    displays = read_displays(ROOT / "rd1302" / "tlf", study("rd1302")).values()
    return {one.name: (one, make_or_miss(one, frames, footer)) for one in displays if one.listing}


def test_every_listing_is_made_and_every_record_it_reads_is_accounted_for(frames, made):
    assert len(made) == 20
    for display, one in made.values():
        counts = one.results[one.results["statistic"] == "records"].set_index("level")["value"]
        assert counts.sum() == len(frames[display.records]), display.name
        assert {f"{display.stem}.{ending}" for ending in ("rtf", "html", "csv")} == set(one.files)
        content = one.files[f"{display.stem}.csv"].decode()
        lines = list(csv.reader(io.StringIO(content, newline="")))[1:]
        assert counts["lines"] == sum("No data to report" not in line for line in lines), display.name
        assert set(one.findings["message"]) <= {"tlf.nothing-found"}, display.name


def subjects(frames, **flags):
    adsl = frames["ADSL"]
    for name, value in flags.items():
        adsl = adsl[adsl[name] == value]
    return set(adsl["USUBJID"])


def test_the_lines_are_those_that_a_second_reading_of_the_title_finds(frames, made):
    """Counted with pandas from what title and population say, not with the words of the listing."""
    adtte, adlb, ex = frames["ADTTE"], frames["ADLB"], frames["EX"]
    treated = subjects(frames, SAFFL="Y")
    grade = adlb["ATOXGR"].str.lstrip("-").isin(["3", "4"]) & adlb["USUBJID"].isin(treated)
    expected = {
        "L16.2.1": len(subjects(frames, SCRNFL="Y")),
        "L16.2.4.1": len(subjects(frames, ENRLFL="Y")),
        "L16.2.5": int(ex["USUBJID"].isin(subjects(frames, ENRLFL="Y", LDFL="Y")).sum()),
        "L16.2.6.2": int(adtte["USUBJID"].isin(treated).sum()),
        "L16.2.7.3": len(subjects(frames, SCRNFL="Y", DTHFL="Y")),
        "L16.2.12": len(adlb[grade].drop_duplicates(["USUBJID", "LBSEQ"])),
    }
    for name, count in expected.items():
        results = made[name][1].results
        lines = results[(results["statistic"] == "records") & (results["level"] == "lines")]["value"].item()
        assert lines == count, name

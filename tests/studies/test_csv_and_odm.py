"""The CSV and the ODM form of one extract give the same SDTM, lineage, ADaM and transport files [B-EQUIV].

Clean, and with every kind of dirt that ODM can carry.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from clinical.check import check_study
from clinical.derive import derive
from clinical.study import load_study
from clinical.xpt import Variable, write_xpt
from edc.read import read_extract
from edc.simulate.dice import Dice
from edc.simulate.dirt.kinds import KINDS, NOT_IN_ODM, plant
from edc.simulate.layout import files_of
from edc.simulate.protocol import read_protocol
from edc.simulate.run import BOTH, Order, extracts, simulate
from tests.edc.simulate.look import written

MAPPINGS = Path(__file__).parents[2] / "mappings"
CUT, MADE = "2025-06-30", datetime(2025, 7, 1)
FORMATS = {"Date": "DATE9.", "Datetime": "DATETIME20."}


def clean(plan, target):
    """Twelve simulated subjects in both forms."""
    simulate(plan.study.config, plan.study.forms, Order(12, seed=2, form=BOTH), target)
    return {
        form: next(path for path in (target / form).iterdir() if path.is_dir()) for form in ("csv", "odm")
    }


def dirty(plan, target):
    """Forty-eight subjects with every kind of dirt that ODM can carry.

    It cannot carry what was typed instead of an ISO date (kind 2, and of kind 1 how a date was typed), a text
    beside or instead of a code (3, 4), nor what CSV and spreadsheets do to a file (30).
    """
    protocol, files = read_protocol(plan.study.config), files_of(plan.study.forms)
    night = protocol.last_night
    extract = next(extracts(protocol, files, Order(48, seed=2), night, night))[0]
    for kind in sorted(KINDS.keys() - NOT_IN_ODM):
        assert plant(extract, kind, Dice(2, kind, "equal"), 6), kind
    return {form: written(extract, target / form, form) for form in ("csv", "odm")}


@pytest.fixture(scope="module", params=[clean, dirty])
def two(request, tmp_path_factory):
    """The datasets of simulated subjects, from CSV and from ODM."""
    plan = check_study(load_study(MAPPINGS / "rd1302", MAPPINGS / "library"))
    found = {}
    for form, folder in request.param(plan, tmp_path_factory.mktemp("extracts")).items():
        extract = read_extract(folder, plan.study.forms, plan.study.config)
        assert extract.refused == {}
        assert (folder / "odm.xml").exists() == (form == "odm")
        assert (folder / "edc_csv").exists() == (form == "csv")
        found[form] = derive(plan, extract.frames, CUT)
        assert found[form].stopped == {}
    return found["csv"], found["odm"]


def test_every_dataset_and_its_lineage_are_the_same(two):
    csv, odm = two
    assert len(csv.outputs) > 40
    assert list(csv.outputs) == list(odm.outputs)
    different = [
        name
        for name, output in csv.outputs.items()
        if not output.frame.equals(odm.outputs[name].frame)
        or not output.lineage.equals(odm.outputs[name].lineage)
    ]
    assert different == []
    assert csv.account.equals(odm.account)
    assert csv.findings.equals(odm.findings)


def test_the_transport_files_are_the_same_byte_for_byte(two, tmp_path):
    for name, output in two[0].outputs.items():
        for number, each in enumerate((output, two[1].outputs[name])):
            variables = [
                Variable(
                    v.name, v.label, "Char" if v.type == "Char" else "Num", None, FORMATS.get(v.type, "")
                )
                for v in each.variables
            ]
            path = tmp_path / f"{name}{number}.xpt"
            write_xpt(path, each.frame, name=name, label=each.label, variables=variables, created=MADE)
        assert (tmp_path / f"{name}0.xpt").read_bytes() == (tmp_path / f"{name}1.xpt").read_bytes(), name

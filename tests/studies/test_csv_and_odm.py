"""The CSV and the ODM form of one extract give the same SDTM, lineage, ADaM and transport files [B-EQUIV]."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from clinical.check import check_study
from clinical.derive import derive
from clinical.study import load_study
from clinical.xpt import Variable, write_xpt
from edc.read import read_extract
from edc.simulate.run import BOTH, Order, simulate

MAPPINGS = Path(__file__).parents[2] / "mappings"
CUT, MADE = "2025-06-30", datetime(2025, 7, 1)
FORMATS = {"Date": "DATE9.", "Datetime": "DATETIME20."}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The datasets of twelve simulated subjects, from CSV and from ODM, and what the readers said."""
    plan = check_study(load_study(MAPPINGS / "rd1302", MAPPINGS / "library"))
    study, target = plan.study, tmp_path_factory.mktemp("extracts")
    simulate(study.config, study.forms, Order(12, seed=2, form=BOTH), target)
    found = {}
    for form in ("csv", "odm"):
        (folder,) = [path for path in (target / form).iterdir() if path.is_dir()]
        extract = read_extract(folder, study.forms, study.config)
        assert (extract.refused, len(extract.findings)) == ({}, 0)
        found[form] = derive(plan, extract.frames, CUT)
    assert {path.name for path in (target / "odm").rglob("*.xml")} == {"odm.xml"}
    assert not list((target / "odm").rglob("edc_csv"))
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

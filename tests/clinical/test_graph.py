"""The graph of columns: datasets that need each other are built in steps; a circle of columns is printed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cdiscflow.selftest import FOLDER
from clinical.check import check_study
from clinical.errors import SpecErrors
from clinical.study import load_study

FORMS = {
    "raw/IC.yml": "form: IC\nread: {csv: IC.csv}\nper: subject\nfields:\n  ICDAT: {type: date}\n",
    "raw/DOSE.yml": "form: DOSE\nread: {csv: DOSE.csv}\nfields:\n  NR: {type: text}\n  DAY: {type: date}\n",
}
DM = """
dataset: DM
keys: [STUDYID, USUBJID]
rows: {from: raw.IC}
variables:
  RFICDTC:  raw.ICDAT
  RFSTDTC:  {first: EX.EXSTDTC}
"""
EX = """
dataset: EX
keys: [STUDYID, USUBJID, EXSPID]
rows: {from: raw.DOSE}
variables:
  EXSPID:  raw.NR
  EXSTDTC: {date: raw.DAY}
  EXSTDY:  {study_day: EXSTDTC}
  EPOCH:   {during: SE.EPOCH, at: EXSTDTC, from: SE.SESTDTC, to: SE.SEENDTC}
"""
SE = """
dataset: SE
keys: [STUDYID, USUBJID, SESTDTC]
rows: {from: DM, where: {RFSTDTC: {missing: false}}}
variables:
  EPOCH:   {constant: TREATMENT}
  SESTDTC: DM.RFSTDTC
  SEENDTC: {last: EX.EXSTDTC}
"""


@pytest.fixture
def study(tmp_path):
    """Writes a study of these files and reads it."""

    def written(files: dict[str, str]):
        folder = tmp_path / "mappings" / "toy"
        shutil.copytree(FOLDER / "library", tmp_path / "mappings" / "library")
        for name, text in {"study.yml": "study: TOY\n", **FORMS, **files}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.lstrip("\n"), "utf-8")
        return load_study(folder, Path(tmp_path / "mappings" / "library"))

    return written


def test_dm_ex_and_se_need_each_other_and_are_built_in_five_steps(study):
    """DM has its records first, EX can then have its own; its dates give DM.RFSTDTC; SE follows whole; EX
    takes study day and epoch last.
    """
    plan = check_study(study({"sdtm/dm.yml": DM, "sdtm/ex.yml": EX, "sdtm/se.yml": SE}))
    steps = [(step.dataset, step.number, sorted(step.columns), step.records) for step in plan.graph.steps]
    assert steps == [
        ("DM", 1, ["", "RFICDTC"], True),
        ("EX", 1, ["", "EXSEQ", "EXSPID", "EXSTDTC"], True),
        ("DM", 2, ["RFSTDTC"], False),
        ("SE", 1, ["", "EPOCH", "SEENDTC", "SESEQ", "SESTDTC"], True),
        ("EX", 2, ["EPOCH", "EXSTDY"], False),
    ]


def test_datasets_that_need_nobody_are_one_step_each(study):
    plain = EX.partition("  EXSTDY")[0]
    plan = check_study(
        study({"sdtm/dm.yml": DM.replace("{first: EX.EXSTDTC}", "raw.ICDAT"), "sdtm/ex.yml": plain})
    )
    assert [(step.dataset, step.number) for step in plan.graph.steps] == [("DM", 1), ("EX", 1)]


def test_a_circle_of_columns_is_printed_with_the_place_of_each(study):
    """DM.RFSTDTC from EX.EXSTDTC, which would count from SE.SESTDTC, which is DM.RFSTDTC."""
    circle = EX.replace("{date: raw.DAY}", "{any_of: [{date: raw.DAY}, {first: SE.SESTDTC}]}")
    with pytest.raises(SpecErrors) as fault:
        check_study(study({"sdtm/dm.yml": DM, "sdtm/ex.yml": circle, "sdtm/se.yml": SE}))
    assert [str(error) for error in fault.value.errors] == [
        "DM.RFSTDTC (mappings/toy/sdtm/dm.yml:6) needs EX.EXSTDTC (mappings/toy/sdtm/ex.yml:6) "
        "needs SE (mappings/toy/sdtm/se.yml:1) needs DM.RFSTDTC (mappings/toy/sdtm/dm.yml:6)"
    ]


def test_what_a_column_needs_is_known_before_any_data(study):
    plan = check_study(study({"sdtm/dm.yml": DM, "sdtm/ex.yml": EX, "sdtm/se.yml": SE}))
    needs = plan.graph.needs
    assert needs["DM", "RFSTDTC"] == {("DM", ""), ("EX", ""), ("EX", "EXSTDTC")}
    assert needs["EX", "EXSTDY"] == {("EX", ""), ("EX", "EXSTDTC"), ("DM", ""), ("DM", "RFSTDTC")}
    assert needs["EX", "EXSEQ"] == {("EX", ""), ("EX", "EXSPID")}
    assert needs["SE", ""] == {("DM", ""), ("DM", "RFSTDTC")}

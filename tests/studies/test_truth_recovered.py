"""What happened to each simulated subject is what SDTM says of them, although the extract is dirty.

A subject is left out of a question only where the ledger says that the page of the answer was removed, moved
or made partial: kinds 1, 2, 6, 22, 23 and 28 on that form.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clinical.check import check_study
from clinical.derive import derive
from clinical.study import load_study
from edc.read import read_extract
from edc.simulate.run import Order, simulate
from tests.edc.simulate.look import table

MAPPINGS = Path(__file__).parents[2] / "mappings"
CHANGES_THE_ANSWER = {"1", "2", "6", "22", "23", "28"}
RESPONSES, RELAPSE = ["CR", "CRi", "PR"], "RELAPSED DISEASE"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Datasets of 24 subjects, what happened to each, each (form, subject) that dirt makes unanswerable."""
    plan = check_study(load_study(MAPPINGS / "rd1302", MAPPINGS / "library"))
    target = tmp_path_factory.mktemp("extract")
    (folder,) = simulate(plan.study.config, plan.study.forms, Order(24, seed=1, dirty=True), target)
    truth = json.loads((target / f"{folder.name}.truth.json").read_text("utf-8"))
    ledger = table(target / f"{folder.name}.dirt.csv")
    found = derive(plan, read_extract(folder, plan.study.forms, plan.study.config).frames, "2025-06-30")
    assert found.stopped == {}
    spoilt = {
        (line["form"], line["record"].split("/")[1]) for line in ledger if line["kind"] in CHANGES_THE_ANSWER
    }
    return found.outputs, truth, spoilt


def by_subject(frame, column):
    """The earliest value of a column by screening number."""
    known = frame.dropna(subset=[column])
    return known.groupby(known["USUBJID"].str.removeprefix("RD1302-"))[column].min().to_dict()


def differences(told, form, wanted, got):
    """Whoever the two disagree about, those left out whom dirt on the form makes unanswerable."""
    _, truth, spoilt = told
    persons = {each["person"] for each in truth.values()} - {who for name, who in spoilt if name == form}
    assert len(persons) > len(truth) // 2
    return {
        who: (wanted.get(who), got.get(who)) for who in sorted(persons) if wanted.get(who) != got.get(who)
    }


def days(values):
    return {who: str(value)[:10] for who, value in values.items()}


def test_the_day_of_infusion(told):
    outputs, truth, _ = told
    wanted = {t["person"]: t["infusions"][0]["start"][:10] for t in truth.values() if t["infusions"]}
    dosed = outputs["EX"].frame[lambda ex: (ex["EXTRT"] == "RD13-02") & (ex["EXDOSE"] > 0)]
    assert wanted
    assert differences(told, "INF", wanted, days(by_subject(dosed, "EXSTDTC"))) == {}


def test_the_dose_within_rounding(told):
    """One percent: sites write the cells in units of their own and the weight with one decimal."""
    outputs, truth, spoilt = told
    wanted = {t["person"]: sum(each["dose"] for each in t["infusions"]) for t in truth.values()}
    cells = outputs["EX"].frame[lambda ex: ex["EXTRT"] == "RD13-02"]
    got = cells.groupby(cells["USUBJID"].str.removeprefix("RD1302-"))["EXDOSE"].sum().to_dict()
    asked = {who for who in wanted if ("INF", who) not in spoilt and wanted[who]}
    assert asked
    apart = {who: (wanted[who], got.get(who, 0.0)) for who in asked}
    assert {who: pair for who, pair in apart.items() if abs(pair[0] - pair[1]) > pair[0] / 100} == {}


def test_the_day_of_the_first_response(told):
    outputs, truth, _ = told
    wanted = {t["person"]: t["first_response"] for t in truth.values() if t["first_response"]}
    rs = outputs["RS"].frame
    good = rs[(rs["RSTESTCD"] == "OVRLRESP") & rs["RSSTRESC"].isin(RESPONSES)]
    assert wanted
    assert differences(told, "RS", wanted, days(by_subject(good, "RSDTC"))) == {}


def test_the_day_of_relapse(told):
    outputs, truth, _ = told
    wanted = {t["person"]: t["relapse"] for t in truth.values() if t["relapse"]}
    rs = outputs["RS"].frame
    back = rs[(rs["RSTESTCD"] == "OVRLRESP") & (rs["RSSTRESC"] == RELAPSE)]
    assert wanted
    assert differences(told, "RS", wanted, days(by_subject(back, "RSDTC"))) == {}


def test_the_day_of_transplantation(told):
    outputs, truth, _ = told
    wanted = {t["person"]: t["graft"] for t in truth.values() if t["graft"]}
    pr = outputs["PR"].frame
    grafts = pr[pr["PRCAT"] == "HSCT"]
    assert wanted
    assert differences(told, "HSCT", wanted, days(by_subject(grafts, "PRSTDTC"))) == {}


def test_the_day_of_death(told):
    outputs, truth, _ = told
    wanted = {t["person"]: t["death"] for t in truth.values() if t["death"]}
    assert wanted
    assert differences(told, "DTH", wanted, days(by_subject(outputs["DM"].frame, "DTHDTC"))) == {}

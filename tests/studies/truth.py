"""What happened to simulated subjects against what SDTM says of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from clinical.check import Plan, check_study
from clinical.derive import derive
from clinical.output import Output
from clinical.study import load_study
from edc.read import read_extract
from edc.simulate.run import Order, simulate
from tests.edc.simulate.look import NIGHT, table

MAPPINGS = Path(__file__).parents[2] / "mappings"
# what is planted so that the page says other than what happened; every other plant is handled or told apart
NO_ANSWER = {"relapse before any response", "fatal event, no death page"}
RESPONSES, RELAPSE = ["CR", "CRi", "PR"], "RELAPSED DISEASE"
Answers = dict[str, object]  # by screening number of the person; who has no answer is not in it


@dataclass(frozen=True)
class Told:
    """Datasets, what happened by subject, and each (form, person) that dirt makes unanswerable."""

    outputs: dict[str, Output]
    truth: dict[str, dict]
    spoilt: set[tuple[str, str]]

    def frame(self, name: str) -> pd.DataFrame:
        """A dataset, with the screening number as `person`."""
        frame = self.outputs[name].frame
        return frame.assign(person=frame["USUBJID"].str.removeprefix("RD1302-"))

    def happened(self, fact: Callable[[dict], object]) -> Answers:
        """A fact of each person who has it."""
        return {each["person"]: fact(each) for each in self.truth.values() if fact(each)}


@dataclass(frozen=True)
class Question:
    """Something that happened, the form whose page says it, and where SDTM does."""

    form: str
    fact: Callable[[dict], object]
    answer: Callable[[Told], Answers]
    tolerance: float = 0  # of a number, as a fraction of the truth


def _earliest(frame: pd.DataFrame, column: str) -> Answers:
    known = frame.dropna(subset=[column])
    return known.groupby("person")[column].min().str[:10].to_dict()


def _cells(told: Told) -> pd.DataFrame:
    return told.frame("EX")[lambda ex: (ex["EXTRT"] == "RD13-02") & (ex["EXDOSE"] > 0)]


def _responses(told: Told, values: list[str]) -> Answers:
    found = told.frame("RS")[lambda rs: (rs["RSTESTCD"] == "OVRLRESP") & rs["RSSTRESC"].isin(values)]
    return _earliest(found, "RSDTC")


def _grafts(told: Told) -> Answers:
    return _earliest(told.frame("PR")[lambda pr: pr["PRCAT"] == "HSCT"], "PRSTDTC")


def _started(facts: dict) -> str:
    return facts["infusions"][0]["start"][:10] if facts["infusions"] else ""


# one percent of the dose: sites write the cells in units of their own and the weight with one decimal
QUESTIONS = {
    "infusion": Question("INF", _started, lambda told: _earliest(_cells(told), "EXSTDTC")),
    "dose": Question(
        "INF",
        lambda facts: sum(each["dose"] for each in facts["infusions"]),
        lambda told: _cells(told).groupby("person")["EXDOSE"].sum().to_dict(),
        tolerance=0.01,
    ),
    "first response": Question("RS", lambda f: f["first_response"], lambda told: _responses(told, RESPONSES)),
    "relapse": Question("RS", lambda facts: facts["relapse"], lambda told: _responses(told, [RELAPSE])),
    "transplantation": Question("HSCT", lambda facts: facts["graft"], _grafts),
    "death": Question("DTH", lambda f: f["death"], lambda told: _earliest(told.frame("DM"), "DTHDTC")),
}


@dataclass(frozen=True)
class Verdict:
    """How many persons were asked about and have an answer, who was left out, whom the two disagree about."""

    answered: int
    left_out: set[str]
    differing: dict[str, tuple[object, object]]


def compare(told: Told, name: str) -> Verdict:
    """One question over all persons; those whose page dirt makes unanswerable are left out."""
    question = QUESTIONS[name]
    wanted, got = told.happened(question.fact), question.answer(told)
    left_out = {person for form, person in told.spoilt if form == question.form}
    asked = {each["person"] for each in told.truth.values()} - left_out
    differing = {
        who: (wanted.get(who), got.get(who))
        for who in sorted(asked)
        if not _same(wanted.get(who), got.get(who), question.tolerance)
    }
    return Verdict(len(asked & set(wanted)), left_out, differing)


def _same(wanted: object, got: object, tolerance: float) -> bool:
    if tolerance and wanted and got:
        return abs(got - wanted) <= wanted * tolerance
    return wanted == got


@cache
def _plan() -> Plan:
    return check_study(load_study(MAPPINGS / "rd1302", MAPPINGS / "library"))


def tell(target: Path, subjects: int, seed: int, dirty: bool) -> Told:
    """Subjects simulated under `target` and derived; no dataset may stop."""
    study = _plan().study
    (folder,) = simulate(study.config, study.forms, Order(subjects, seed, dirty=dirty), target)
    truth = json.loads((target / f"{NIGHT}.truth.json").read_text("utf-8"))
    ledger = table(target / f"{NIGHT}.dirt.csv") if dirty else []
    found = derive(_plan(), read_extract(folder, study.forms, study.config).frames, NIGHT)
    assert found.stopped == {}
    lines = [line for line in ledger if line["what"] in NO_ANSWER]
    return Told(found.outputs, truth, {(line["form"], _person(truth, line["record"])) for line in lines})


def _person(truth: dict[str, dict], record: str) -> str:
    subject = record.split("/")[1]
    return truth.get(subject, {}).get("person", subject)

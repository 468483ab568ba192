"""What happened to simulated subjects against what SDTM and ADaM say of them.

A question has an answer in the truth that the simulator wrote beside the extract, as the story drew it, and
one in a dataset. An answer that differs is a defect, unless the ledger of dirt holds a plant which makes the
page say other than what happened, named here with its reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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
Key = tuple[str, ...]  # the person's screening number, then what of the person is asked
Answers = dict[Key, object]  # what has no answer is not in it


@dataclass(frozen=True)
class Told:
    """Datasets, what happened by screening number, and the ledger of dirt."""

    outputs: dict[str, Output]
    truth: dict[str, dict]
    ledger: list[dict[str, str]]

    def frame(self, name: str) -> pd.DataFrame:
        """A dataset, with the screening number as `person`."""
        frame = self.outputs[name].frame
        return frame.assign(person=frame["USUBJID"].str.removeprefix("RD1302-"))

    def facts(self) -> Iterator[tuple[str, dict]]:
        """What happened under each screening number, with the number of the person."""
        for each in self.truth.values():
            yield each["person"], each

    def person(self, record: str) -> str:
        """The person of a record of the ledger."""
        subject = record.split("/")[1]
        return self.truth.get(subject, {}).get("person", subject)


@dataclass(frozen=True)
class Dirt:
    """A plant that changes the answer of a page: the form, how the ledger's words begin, and why it does.

    `parts` are what of the person it changes; without them everything that the question asks.
    """

    form: str
    what: str
    why: str
    parts: tuple[str, ...] = ()

    def holds(self, line: dict[str, str]) -> bool:
        """Whether a line of the ledger is such a plant."""
        return line["form"] == self.form and line["what"].startswith(self.what)

    def of(self, *parts: str) -> Dirt:
        """The same plant where a question asks for these parts."""
        return replace(self, parts=parts)


def of_person(told: Told, line: dict[str, str], dirt: Dirt) -> list[Key]:
    """The parts of the person that the plant changes."""
    person = told.person(line["record"])
    return [(person, part) for part in dirt.parts] or [(person,)]


@dataclass(frozen=True)
class Question:
    """What happened, where a dataset says it, and the dirt that leaves it open.

    `keys` is what a line of the ledger is about: keys of the answers or the beginning of some.
    """

    happened: Callable[[Told], Answers]
    answer: Callable[[Told], Answers]
    dirt: tuple[Dirt, ...] = ()
    keys: Callable[[Told, dict[str, str], Dirt], list[Key]] = of_person
    tolerance: float = 0  # of a number, as a fraction of the truth


def fact(of: Callable[[dict], object]) -> Callable[[Told], Answers]:
    """A fact of each person who has it."""
    return lambda told: {(person,): of(each) for person, each in told.facts() if of(each)}


def _earliest(frame: pd.DataFrame, column: str) -> Answers:
    known = frame.dropna(subset=[column])
    return {(who,): day[:10] for who, day in known.groupby("person")[column].min().items()}


def _cells(told: Told) -> pd.DataFrame:
    return told.frame("EX")[lambda ex: (ex["EXTRT"] == "RD13-02") & (ex["EXDOSE"] > 0)]


def _dose(told: Told) -> Answers:
    return {(who,): dose for who, dose in _cells(told).groupby("person")["EXDOSE"].sum().items()}


def _responses(told: Told, values: list[str]) -> Answers:
    found = told.frame("RS")[lambda rs: (rs["RSTESTCD"] == "OVRLRESP") & rs["RSSTRESC"].isin(values)]
    return _earliest(found, "RSDTC")


def _grafts(told: Told) -> Answers:
    return _earliest(told.frame("PR")[lambda pr: pr["PRCAT"] == "HSCT"], "PRSTDTC")


def _started(facts: dict) -> str:
    return facts["infusions"][0]["start"][:10] if facts["infusions"] else ""


RESPONSES, RELAPSE = ["CR", "CRi", "PR"], "RELAPSED DISEASE"
RELAPSE_PLANTED = Dirt("RS", "relapse before any response", "a progression was written down as a relapse")
NO_DEATH_PAGE = Dirt("DTH", "fatal event, no death page", "the page of the death was taken away")

# one percent of the dose: sites write the cells in units of their own and the weight with one decimal
SDTM: dict[str, Question] = {
    "infusion": Question(fact(_started), lambda told: _earliest(_cells(told), "EXSTDTC")),
    "dose": Question(fact(lambda f: sum(each["dose"] for each in f["infusions"])), _dose, tolerance=0.01),
    "first response": Question(fact(lambda f: f["first_response"]), lambda told: _responses(told, RESPONSES)),
    "relapse": Question(
        fact(lambda f: f["relapse"]), lambda told: _responses(told, [RELAPSE]), (RELAPSE_PLANTED,)
    ),
    "transplantation": Question(fact(lambda f: f["graft"]), _grafts),
    "death": Question(
        fact(lambda f: f["death"]), lambda told: _earliest(told.frame("DM"), "DTHDTC"), (NO_DEATH_PAGE,)
    ),
}


@dataclass(frozen=True)
class Verdict:
    """How many answers were recovered, what was left open, and where truth and dataset disagree.

    `excused` are the plants that left an answer open which would have differed.
    """

    recovered: int
    left_open: set[Key]
    differing: dict[Key, tuple[object, object]]
    excused: set[Dirt]


def compare(told: Told, question: Question) -> Verdict:
    """One question; keys that a plant leaves open are not counted, whether they differ or not."""
    wanted, got = question.happened(told), question.answer(told)
    about: dict[Key, set[Dirt]] = {}
    for line in told.ledger:
        for dirt in question.dirt:
            for key in question.keys(told, line, dirt) if dirt.holds(line) else ():
                about.setdefault(key, set()).add(dirt)
    left_open, differing, excused = set(), {}, set()
    for key in sorted(wanted.keys() | got.keys()):
        reasons = set().union(*(about.get(key[:size], set()) for size in range(1, len(key) + 1)))
        same = _same(wanted.get(key), got.get(key), question.tolerance)
        if reasons:
            left_open.add(key)
            excused |= set() if same else reasons
        elif not same:
            differing[key] = (wanted.get(key), got.get(key))
    return Verdict(len(wanted.keys() - left_open - differing.keys()), left_open, differing, excused)


def _same(wanted: object, got: object, tolerance: float) -> bool:
    if tolerance and isinstance(wanted, (int, float)) and isinstance(got, (int, float)):
        return abs(got - wanted) <= abs(wanted) * tolerance
    if isinstance(wanted, tuple) and isinstance(got, tuple) and len(wanted) == len(got):
        return all(_same(one, two, tolerance) for one, two in zip(wanted, got, strict=True))
    return wanted == got


@cache
def plan() -> Plan:
    """The checked specs of the study."""
    return check_study(load_study(MAPPINGS / "rd1302", MAPPINGS / "library"))


def tell(target: Path, subjects: int, seed: int, dirty: bool) -> Told:
    """Subjects simulated under `target` and derived; no dataset may stop."""
    study = plan().study
    (folder,) = simulate(study.config, study.forms, Order(subjects, seed, dirty=dirty), target)
    truth = json.loads((target / f"{NIGHT}.truth.json").read_text("utf-8"))
    ledger = table(target / f"{NIGHT}.dirt.csv") if dirty else []
    found = derive(plan(), read_extract(folder, study.forms, study.config).frames, NIGHT)
    assert found.stopped == {}
    return Told(found.outputs, truth, ledger)

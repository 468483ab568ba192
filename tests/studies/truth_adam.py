"""What happened to simulated subjects against what ADaM says of them.

Days, doses, grades, copies and results are those that the story drew. What follows from them by rule (weekly
status, times to events, toxicity grades) is worked out by the second implementations of `tests/adam`, which
share nothing with `src/adam`. What was given and measured is in `truth_measured.py`.
"""

from __future__ import annotations

import pandas as pd

from tests.adam import second
from tests.edc.simulate.look import NIGHT
from tests.studies.truth import (
    NO_DEATH_PAGE,
    RELAPSE_PLANTED,
    Answers,
    Dirt,
    Key,
    Question,
    Told,
    fact,
)
from tests.studies.truth_measured import MEASURED, day_of, infused, text

# a measured value, and what comes of counts and lesions: tests/adam has test_adtte_recovery, test_algorithm
WORKED_OUT_ELSEWHERE = ("MRDPCT", "OVRD", "ANCREC", "PLTREC")
CAUSES = {
    "1": "DISEASE",
    "2": "ADVERSE EVENT RELATED",
    "3": "ADVERSE EVENT NOT RELATED",
    "4": "HSCT RELATED",
    "6": "UNKNOWN",
}
LEFT = {"2": "LTFU", "3": "WD"}
REASONS = {
    "1": "DEATH",
    "2": "LOST TO FOLLOW-UP",
    "3": "WITHDRAWAL BY SUBJECT",
    "4": "PHYSICIAN DECISION",
    "5": "DISEASE RELAPSE",
    "8": "OTHER",
}
DISEASES = {"TALL": "T-ALL", "TLBL": "T-LBL"}


def column(name: str, where: dict[str, str] | None = None):
    """A variable of ADSL, by person; other values than those of `where` are no answer."""

    def answer(told: Told) -> Answers:
        frame = told.frame("ADSL")
        for other, value in (where or {}).items():
            frame = frame[frame[other] == value]
        found = zip(frame["person"], frame[name], strict=True)
        return {(who,): text(value) for who, value in found if text(value) is not None}

    return answer


def flag(name: str):
    """Who has Y in a variable of ADSL."""
    return column(name, {name: "Y"})


def _yes(of):
    return fact(lambda facts: "Y" if of(facts) else "")


def _limited(facts: dict) -> bool:
    return any(event["limits_dose"] for event in facts["events"])


def _consents(told: Told) -> Answers:
    """The first of those who are screened twice."""
    found: Answers = {}
    for who, facts in told.facts():
        found[who,] = min(facts["consent"], found.get((who,), "9"))
    return found


def _baseline(told: Told) -> Answers:
    """Percent of blasts in the marrow of the infused before lymphodepletion."""
    return {(who,): facts["baseline_blasts"] for who, facts in told.facts() if facts["infusions"]}


def _blblast(told: Told) -> Answers:
    frame = told.frame("ADSL")[lambda frame: frame["SAFFL"] == "Y"]
    return {(who,): value for who, value in zip(frame["person"], frame["BLBLAST"], strict=True)}


NO_MARROW = Dirt("BM", "not done, with values", "the page says that no marrow was taken")
SUBJECTS: dict[str, Question] = {
    "consent": Question(_consents, column("RFICDT")),
    "enrolled": Question(fact(lambda f: f["enrolled"]), column("ENRLDT")),
    "level": Question(fact(lambda f: f["level"]), column("ARMCD", {"ENRLFL": "Y"})),
    "sex": Question(fact(lambda f: f["sex"]), column("SEX")),
    "disease": Question(
        fact(lambda f: f["enrolled"] and DISEASES.get(f["disease"], "OTHER")),
        column("DISTYPE", {"ENRLFL": "Y"}),
    ),
    "lymphodepletion": Question(fact(lambda f: f["lymphodepletion"]), column("LDSTDT")),
    "infused": Question(fact(infused), column("TRTSDT")),
    "safety population": Question(_yes(infused), flag("SAFFL")),
    "efficacy population": Question(_yes(infused), flag("EFFFL")),
    "blasts": Question(_baseline, _blblast, (NO_MARROW,)),
    "transplanted": Question(fact(lambda f: f["graft"]), column("HSCTDT")),
    "new therapy": Question(fact(lambda f: f["new_therapy"]), column("NACTDT")),
    "died": Question(fact(lambda f: f["death"]), column("DTHDT"), (NO_DEATH_PAGE,)),
    "died of": Question(
        fact(lambda f: f["death"] and CAUSES[f["cause"]]), column("DTHCAT"), (NO_DEATH_PAGE,)
    ),
    "ended": Question(fact(lambda f: not f["screen_failure"] and f["ended"]), column("EOSDT")),
    "ended for": Question(fact(lambda f: REASONS.get(f["end_reason"])), column("DCSREAS")),
    "dose-limiting": Question(_yes(_limited), flag("DLTFL")),
}


def persons(told: Told) -> dict[str, second.Person]:
    """The infused as the second implementation knows them: nothing but days that the story drew.

    Only the last contact is ADSL's; `contact` asks about it.
    """
    contact = told.frame("ADSL").set_index("person")["LSTALVDT"]
    return {who: _person(facts, text(contact[who])) for who, facts in told.facts() if facts["infusions"]}


def _person(facts: dict, contact: str | None) -> second.Person:
    return second.Person(
        cut=day_of(facts, NIGHT),
        ovr=[(day_of(facts, one["date"]), one["response"]) for one in facts["responses"]],
        mrd=[(day_of(facts, one["date"]), one["result"]) for one in facts["residual"]],
        hsct=day_of(facts, facts["graft"]),
        nact=day_of(facts, facts["new_therapy"]),
        death=day_of(facts, facts["death"]),
        cause=CAUSES[facts["cause"]] if facts["death"] else None,
        alive=day_of(facts, contact) or 0,
        left=(LEFT[facts["end_reason"]], day_of(facts, facts["ended"]))
        if facts["end_reason"] in LEFT
        else None,
    )


def _contact(told: Told) -> Answers:
    """Whether the last contact is not before the last visit of the story and not after its end."""
    contact = told.frame("ADSL").set_index("person")["LSTALVDT"]
    found: Answers = {}
    for who, facts in told.facts():
        if facts["infusions"]:
            last = facts["death"] or max(facts["visits"])
            until = facts["death"] or facts["lost"] or NIGHT
            found[who,] = last <= (text(contact[who]) or "") <= until
    return found


def _responses(told: Told) -> Answers:
    """Every parameter of one record, and the responses day by day."""
    found: Answers = {}
    for who, person in persons(told).items():
        found |= {(who, code): row for code, row in second.adrs(person).items()}
        found |= {(who, "OVR", str(day)): value for day, value in person.ovr}
        found |= {(who, "MRD", str(day)): value for day, value in person.mrd if day > 0}
    return found


def _adrs(told: Told) -> Answers:
    frame, found = told.frame("ADRS"), {}
    for row in frame[~frame["PARAMCD"].isin(WORKED_OUT_ELSEWHERE)].itertuples():
        day = None if pd.isna(row.ADT) else (row.ADT - row.TRTSDT).days
        if row.PARAMCD == "OVR":
            found[row.person, "OVR", str(day)] = text(row.AVALC)
        elif row.PARAMCD == "MRD":
            if day > 0:
                found[row.person, "MRD", str(day)] = text(row.AVALC) or "NE"
        else:
            found[row.person, row.PARAMCD] = (text(row.AVALC), day)
    return found


def _times(told: Told) -> Answers:
    return {
        (who, code): row
        for who, person in persons(told).items()
        for code, row in second.adtte(person).items()
    }


def _adtte(told: Told) -> Answers:
    start = told.frame("ADSL").set_index("person")["TRTSDT"]
    found: Answers = {}
    frame = told.frame("ADTTE")
    for row in frame[~frame["PARAMCD"].isin(WORKED_OUT_ELSEWHERE)].itertuples():
        days = tuple((day - start[row.person]).days for day in (row.STARTDT, row.ADT))
        told_as = row.EVNTDESC if row.EVNTDESC != "CENSORED" else row.CNSDTDSC
        found[row.person, row.PARAMCD] = (*days, row.CNSR, text(told_as))
    return found


OTHER_PERCENT = Dirt("BM", "percentage against category", "another percentage was written down; it decides")
RESIDUAL = ("MRD", "MRDNEG", "MRDORR", "MRDREL")
STATUS = ("OVR", "STW4", "STW8", "STW12", "BOR", "BORW12")
ENDPOINTS: dict[str, Question] = {
    "last contact": Question(lambda told: dict.fromkeys(_contact(told), True), _contact, (NO_DEATH_PAGE,)),
    "responses": Question(
        _responses, _adrs, (RELAPSE_PLANTED.of(*STATUS), NO_DEATH_PAGE, OTHER_PERCENT.of(*RESIDUAL))
    ),
    "times": Question(_times, _adtte, (RELAPSE_PLANTED, NO_DEATH_PAGE, OTHER_PERCENT.of("EFSMRD"))),
}


def line_of(told: Told, line: dict[str, str], _: Dirt) -> list[Key]:
    """A line of a log form of a person."""
    return [(told.person(line["record"]), line["record"].rpartition("/")[2])]


def _events(told: Told) -> Answers:
    """Each event by its first line: first day, last day, worst grade, whether it emerged."""
    found: Answers = {}
    for who, facts in told.facts():
        groups: dict[str, list[dict]] = {}
        for event in facts["events"]:
            groups.setdefault(event["group"] or str(event["line"]), []).append(event)
        for events in groups.values():
            ends = [event["end"] for event in events]
            start, worst = events[0]["start"], max(event["grade"] for event in events)
            last = None if None in ends else max(ends)
            found[who, str(events[0]["line"])] = (start, last, worst, _emerged(facts, start))
    return found


def _emerged(facts: dict, start: str) -> bool:
    """D.5: on or after the infusion and before transplant or new therapy."""
    ends = [day for day in (facts["graft"], facts["new_therapy"]) if day]
    return bool(facts["infusions"]) and infused(facts) <= start < min(ends, default="9")


def _adae(told: Told) -> Answers:
    lines = told.frame("AE").set_index(["person", "AESEQ"])["AESPID"].str.removeprefix("AE-")
    found: Answers = {}
    for row in told.frame("ADAE")[lambda frame: frame["ACOLLFL"] == "Y"].itertuples():
        found[row.person, lines[row.person, row.AESEQ]] = (
            text(row.ASTDT),
            text(row.AENDT),
            row.ATOXGRN,
            row.TRTEMFL == "Y",
        )
    return found


def _worst(told: Told) -> Answers:
    """The worst grade that emerged."""
    found: Answers = {}
    for who, facts in told.facts():
        grades = [one["grade"] for one in facts["events"] if _emerged(facts, one["start"])]
        if grades:
            found[who,] = max(grades)
    return found


def _flagged_worst(told: Told) -> Answers:
    frame = told.frame("ADAE")[lambda frame: frame["AOCCIFL"] == "Y"]
    return {(who,): grade for who, grade in zip(frame["person"], frame["ATOXGRN"], strict=True)}


NO_FATAL_EVENT = Dirt("AE", "death, no fatal event", "the event is no longer fatal, nor of grade 5")
END_BEFORE = Dirt("AE", "end before start", "another end was written down")
AFTER_DEATH = Dirt("AE", "event starts after death", "another start was written down")
EVENT_DIRT = (END_BEFORE, AFTER_DEATH, NO_FATAL_EVENT)
EVENTS: dict[str, Question] = {
    "events": Question(_events, _adae, EVENT_DIRT, line_of),
    "worst event": Question(_worst, _flagged_worst, (NO_FATAL_EVENT,)),
}

ADAM: dict[str, Question] = SUBJECTS | ENDPOINTS | EVENTS | MEASURED

"""What was given to simulated subjects and measured in them, against ADCRS, ADPC, ADPP, ADEX and ADLB.

Doses, grades, copies and results are those that the story drew; toxicity grades those of the second
implementation in `tests/adam`, which shares nothing with `src/adam`.
"""

from __future__ import annotations

from datetime import date, datetime
from math import inf

import pandas as pd

from tests.adam.test_grades import second as second_grades
from tests.edc.simulate.look import NIGHT
from tests.studies.truth import Answers, Dirt, Key, Question, Told, of_person


def text(value: object) -> str | None:
    """The value as text, a date by its day."""
    if pd.isna(value):
        return None
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


def infused(facts: dict) -> str:
    """The day of the first infusion, empty if there was none."""
    return facts["infusions"][0]["start"][:10] if facts["infusions"] else ""


def day_of(facts: dict, when: str | None) -> int | None:
    """The protocol day of a date."""
    return (date.fromisoformat(when[:10]) - date.fromisoformat(infused(facts))).days if when else None


DAILY = {"CRSGR": "storm", "CRSGRD": "storm", "ICANSGR": "neuro", "ICANSGRD": "neuro"}
ACUTE = {"AGVHDGR": "host", "AGVHDGRD": "host"}
LAST_DAILY, LAST_ACUTE = 28, 140  # protocol days: of the daily page; until which a reaction is asked as acute
OWN_SCORE = 12  # D.5: below this age ICE is skipped and CAPD not collected, so nothing tells grade 1 from 0


def _grades(told: Told) -> Answers:
    """Every day to day 28, every visit from day 14 on, with the grade of the day."""
    found: Answers = {}
    for who, facts in told.facts():
        if not facts["infusions"]:
            continue
        last = day_of(facts, min(NIGHT, facts["death"] or NIGHT, facts["ended"] or NIGHT))
        visits = [day_of(facts, visit) for visit in facts["visits"]]
        for code in DAILY | ACUTE:
            days = range(min(LAST_DAILY, last) + 1) if code in DAILY else visits
            for day in days:
                if code in DAILY or 12 <= day <= LAST_ACUTE:
                    found[who, code, str(day)] = _on(facts, code, day)
    return found


def _on(facts: dict, code: str, day: int) -> int:
    spell = facts["reactions"].get((DAILY | ACUTE)[code])
    place = day - day_of(facts, spell["start"]) if spell else -1
    grade = spell["grades"][place] if spell and 0 <= place < len(spell["grades"]) else 0
    return 0 if code == "ICANSGRD" and grade == 1 and _age(facts) < OWN_SCORE else grade


def _age(facts: dict) -> int:
    """Whole years on the day of consent."""
    return (date.fromisoformat(facts["consent"]) - date.fromisoformat(facts["birth"])).days // 365.25


def _adcrs(told: Told) -> Answers:
    frame = told.frame("ADCRS")[lambda frame: frame["PARAMCD"].isin([*DAILY, *ACUTE])]
    days = (frame["ADT"] - frame["TRTSDT"]).dt.days.astype("str")
    keys = zip(frame["person"], frame["PARAMCD"], days, strict=True)
    return dict(zip(keys, frame["AVAL"], strict=True))


OTHER_DAY = Dirt("GVH", "page of a later visit dated as D28", "another day was written down")
REACTIONS: dict[str, Question] = {
    "daily grades": Question(_grades, _adcrs, (OTHER_DAY.of(*ACUTE),)),
}

LIMIT = 50  # copies that the assay can quantify


def _copies(told: Told) -> Answers:
    """Each blood sample: when it was taken, the copies, 0 below the limit."""
    return {
        (who, one["sample"]): (one["taken"], one["copies"] if one["copies"] >= LIMIT else 0)
        for who, facts in told.facts()
        for one in facts["samples"]
        if one["specimen"] == "1"
    }


def _adpc(told: Told) -> Answers:
    samples = told.frame("PC").set_index(["person", "PCSEQ"])["PCREFID"]
    frame = told.frame("ADPC")[lambda frame: frame["PARAMCD"] == "CARVCN"]
    return {
        (row.person, samples[row.person, row.PCSEQ]): (f"{row.ADTM:%Y-%m-%dT%H:%M}", row.AVAL)
        for row in frame.itertuples()
        if not str(samples[row.person, row.PCSEQ]).startswith("XX")
    }


def _highest(told: Told) -> Answers:
    """Copies at the peak [D.9]."""
    return {(who,): peak["copies"] for who, facts in told.facts() if (peak := _peak(facts))}


def _days_to_peak(told: Told) -> Answers:
    found: Answers = {}
    for who, facts in told.facts():
        if peak := _peak(facts):
            start, taken = facts["infusions"][0]["start"], peak["taken"]
            since = datetime.fromisoformat(taken) - datetime.fromisoformat(start)
            found[who,] = since.total_seconds() / 86_400
    return found


def _peak(facts: dict) -> dict | None:
    """The sample with the most copies after the infusion and before the day of a second one."""
    starts = [one["start"] for one in facts["infusions"]]
    used = [
        one
        for one in facts["samples"]
        if one["specimen"] == "1" and one["copies"] >= LIMIT and one["taken"] > starts[0]
    ]
    used = [one for one in used if len(starts) == 1 or one["taken"] < starts[1][:10]]
    return max(used, key=lambda one: one["copies"], default=None)


def _adpp(code: str):
    def answer(told: Told) -> Answers:
        frame = told.frame("ADPP")[lambda frame: (frame["PARAMCD"] == code) & frame["AVAL"].notna()]
        return {(who,): value for who, value in zip(frame["person"], frame["AVAL"], strict=True)}

    return answer


def sample_of(told: Told, line: dict[str, str], _: Dirt) -> list[Key]:
    """A sample of a person."""
    return [(told.person(line["record"]), line["record"].split("/")[2])]


def peak_of(told: Told, line: dict[str, str], dirt: Dirt) -> list[Key]:
    """The peak of a person, if the plant is on its sample or on the infusion."""
    if dirt.form == "INF":
        return of_person(told, line, dirt)
    ((who, code),) = sample_of(told, line, dirt)
    peaks = {person: _peak(facts) for person, facts in told.facts()}
    return [(who,)] if peaks[who] and peaks[who]["sample"] == code else []


NO_RESULT = Dirt("ck_qpcr", "sample without a result", "the result was taken away")
OTHER_RESULT = Dirt("ck_qpcr", "result BLQ", "another result was written down")
OTHER_TIME = Dirt("ck_qpcr", "UTC is the day before", "the sample was moved to just after midnight")
OTHER_START = Dirt("INF", "across midnight", "another time of the infusion was written down")
KINETICS: dict[str, Question] = {
    "samples": Question(_copies, _adpc, (NO_RESULT, OTHER_RESULT, OTHER_TIME), sample_of, tolerance=0.05),
    "peak": Question(_highest, _adpp("CMAX"), (NO_RESULT, OTHER_RESULT), peak_of, tolerance=0.05),
    "days to the peak": Question(
        _days_to_peak,
        _adpp("TMAX"),
        (NO_RESULT, OTHER_RESULT, OTHER_TIME, OTHER_START),
        peak_of,
        tolerance=1e-6,
    ),
}


def _doses(told: Told) -> Answers:
    found: Answers = {}
    for who, facts in told.facts():
        for drug, code in (("FLU", "FLUDOSE"), ("CY", "CYDOSE")):
            given = [one["dose"] for one in facts["doses"] if one["drug"] == drug]
            if given:
                found[who, code] = sum(given)
        if facts["infusions"]:
            first = facts["infusions"][0]
            found[who, "DOSEKG"] = sum(one["dose"] for one in facts["infusions"])
            found[who, "TOTDOSE"] = sum(one["total"] for one in facts["infusions"])
            found[who, "INFDUR"] = sum(one["minutes"] for one in facts["infusions"])
            found[who, "VIAB"], found[who, "CARPCT"] = first["viable"], first["positive"]
            stopped = any(one["interrupted"] for one in facts["infusions"])
            found[who, "INTERR"] = "Y" if stopped else "N"
    return found


EXPOSURE_CODES = ("FLUDOSE", "CYDOSE", "DOSEKG", "TOTDOSE", "INFDUR", "VIAB", "CARPCT", "INTERR")


def _adex(told: Told) -> Answers:
    frame = told.frame("ADEX")[lambda frame: frame["PARAMCD"].isin(EXPOSURE_CODES)]
    return {
        (row.person, row.PARAMCD): row.AVAL if pd.notna(row.AVAL) else text(row.AVALC)
        for row in frame.itertuples()
    }


NO_SURFACE = Dirt("LD", "total dose without surface", "a total cannot be divided by a missing surface")
OTHER_WEIGHT = Dirt("INF", "dosing weight", "cells are worked out from the weight written down")
TWO_RECORDS = Dirt("INF", "interrupted infusion in two records", "the second record has times of its own")
EXPOSURE: dict[str, Question] = {
    "exposure": Question(
        _doses,
        _adex,
        (
            NO_SURFACE.of("FLUDOSE", "CYDOSE"),
            OTHER_WEIGHT.of("TOTDOSE"),
            OTHER_START.of("INFDUR"),
            TWO_RECORDS.of("INFDUR", "INTERR"),
        ),
        tolerance=0.01,
    ),
}

CODES = {
    "HGB": "HGB", "WBC": "WBC", "NEU#": "NEUT", "PLT": "PLAT", "LYM#": "LYM", "ALT": "ALT", "AST": "AST",
    "ALP": "ALP", "GGT": "GGT", "TBIL": "BILI", "CREA": "CREAT", "K": "K", "NA": "SODIUM", "CA": "CA",
    "ALB": "ALB", "FIB": "FIBRINO", "GLU": "GLUC", "MG": "MG", "LDH": "LDH", "INR": "INR", "APTT": "APTT",
}  # fmt: skip


def _toxicity(told: Told) -> Answers:
    """Every result, and both its grades by the second implementation [D.6]."""
    first: dict[str, str] = {}
    results: dict[str, list[dict]] = {}
    for who, facts in told.facts():
        results.setdefault(who, []).extend(facts["results"])
        first[who] = facts["lymphodepletion"] or first.get(who, "")
    found: Answers = {}
    for who, samples in results.items():
        samples.sort(key=lambda one: one["taken"])
        base: dict[str, float] = {}
        for one in samples:  # the samples of the first day of lymphodepletion are taken before it
            if first[who] and one["taken"][:10] <= first[who]:
                base |= {code: value for code, (value, _, _) in one["values"].items()}
        for one in samples:
            for code, (value, low, high) in _values(one).items():
                grades = _graded(code, value, low, high, base.get(code))
                found[who, CODES[code], one["taken"]] = (one["values"][code][0], *grades)
    return found


def _values(sample: dict) -> dict[str, list[float]]:
    """The graded results of a sample; calcium corrected by the albumin of the same sample."""
    values = {code: list(value) for code, value in sample["values"].items() if code in CODES}
    if "CA" in values:
        values["CA"][0] += 0.02 * (40 - sample["values"]["ALB"][0])
    return values


def _graded(code: str, value: float, low: float, high: float, base: float | None) -> tuple[str | None, ...]:
    """Without baseline value it is normal and no multiple of it is exceeded."""
    known = base if base is not None else inf if code == "CREA" else high
    pair = second_grades(CODES[code], round(value, 9), low, high, known)
    return tuple(None if grade is None else str(grade) for grade in pair)


def _adlb(told: Told) -> Answers:
    frame = told.frame("ADLB")[lambda frame: frame["BASETYPE"] == "PRE-LD"]
    frame = frame[frame["PARAMCD"].isin(CODES.values())]
    keys = zip(frame["person"], frame["PARAMCD"], frame["ADTM"].dt.strftime("%Y-%m-%dT%H:%M"), strict=True)
    grades = (frame[name].astype(object).where(frame[name].notna(), None) for name in ("ATOXGRL", "ATOXGRH"))
    return dict(zip(keys, zip(frame["AVAL"], *grades, strict=True), strict=True))


def analyte_of(told: Told, line: dict[str, str], _: Dirt) -> list[Key]:
    """All results of a test of a person: the one changed may be the baseline of the others."""
    code = line["record"].split("/")[3]
    return [(told.person(line["record"]), CODES.get(code, code))]


LAB = "central_lab"
UNKNOWN_UNIT = Dirt(LAB, "CA in furlong", "nobody knows the unit")
COMMA = Dirt(LAB, "result 8,5", "another result was written down, with a comma")
CORRECTED = Dirt(LAB, "corrected row", "the laboratory corrected the result")
CANCELLED = Dirt(LAB, "cancelled test", "the result was taken away")
LABORATORY: dict[str, Question] = {
    "results and grades": Question(
        _toxicity, _adlb, (UNKNOWN_UNIT, COMMA, CORRECTED, CANCELLED), analyte_of, tolerance=0.01
    ),
}
MEASURED: dict[str, Question] = REACTIONS | KINETICS | EXPOSURE | LABORATORY

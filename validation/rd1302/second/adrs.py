"""ADRS from the study text, D.3: one row per subject, parameter and, where there are several, day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from .records import Record, days
from .subject import CODES, COMPLETE, PROGRESSION, RESPONSE, Assessment, Subject

WEEKS = ("W4", "W8", "W12")
NAMES = {
    "W4": ("WEEK 4", 4), "W8": ("WEEK 8", 8), "W12": ("WEEK 12", 12), "M4": ("MONTH 4", 104),
    "M5": ("MONTH 5", 105), "M6": ("MONTH 6", 106), "M9": ("MONTH 9", 109), "M12": ("MONTH 12", 112),
}  # fmt: skip


def rows_of(subject: Subject) -> list[Record]:
    """Every row of a subject."""
    if subject.adsl.get("SAFFL") != "Y":
        return []
    found = list(_of_safety_set(subject))
    if subject.adsl.get("EFFFL") == "Y":
        found += [*_responses(subject), *_weeks(subject), *_mrd(subject), *_transplant(subject)]
    return [{"USUBJID": subject.id, **row} for row in found]


def row(name: str, text: str | None, number: float | None, day: date | None, **more: object) -> Record:
    """One row; AVISIT, AVISITN and ANL01FL are None unless given."""
    blank = {"AVISIT": None, "AVISITN": None, "ANL01FL": None}
    return {"PARAMCD": name, "AVALC": text, "AVAL": number, "ADT": day, **blank, **more}


def yes_no(name: str, day: date | None) -> Record:
    """Y with its date, or N without one."""
    return row(name, "Y" if day else "N", 1.0 if day else 0.0, day)


def _visit(subject: Subject, day: date) -> Record:
    """AVISIT by the window of the protocol day; on or before the infusion it is baseline."""
    number = (day - subject.start).days
    if number <= 0:
        return {"AVISIT": "BASELINE", "AVISITN": 0.0}
    for name, (_, first, last) in windows(subject).items():
        if first <= number <= last:
            return {"AVISIT": NAMES[name][0], "AVISITN": float(NAMES[name][1])}
    return {"AVISIT": "UNSCHEDULED", "AVISITN": 999.0}


def windows(subject: Subject) -> dict[str, tuple[int, int, int]]:
    """Target, first and last protocol day of each response window."""
    given = subject.settings["response_windows"]
    return {name: tuple(int(number) for number in given[name]) for name in given}


def _of_safety_set(subject: Subject) -> Iterator[Record]:
    used = {id(one) for one in subject.evaluable()}
    for one in subject.responses:
        flag = "Y" if id(one) in used else None
        yield row(
            "OVR", one.value, float(CODES[one.value]), one.day, ANL01FL=flag, **_visit(subject, one.day)
        )
    used = {id(one) for one in subject.mrd_set()}
    for one in subject.samples:
        number = {"NEG": 0.0, "POS": 1.0}.get(one.value)
        flag, visit = "Y" if id(one) in used else None, _visit(subject, one.day)
        yield row("MRD", one.value, number, one.day, ANL01FL=flag, **visit)
        yield row("MRDPCT", None, one.number, one.day, ANL01FL=flag, **visit)
    yield yes_no("PD", subject.progression())
    yield yes_no("HSCTANY", subject.dated("HSCTDT"))
    yield yes_no("NACT", subject.dated("NACTDT"))
    yield yes_no("DEATH", subject.dated("DTHDT"))
    last = subject.adequate()
    if last:
        yield row("LSTA", "Y", 1.0, last[-1].day)


def _responses(subject: Subject) -> Iterator[Record]:
    evaluable = subject.evaluable()
    yield best("BOR", evaluable)
    yield best("BORW12", [one for one in evaluable if one.day <= subject.start + days(91)])
    response, complete = subject.first(RESPONSE), subject.first(COMPLETE)
    yield yes_no("ORR", response)
    yield yes_no("CRCRI", complete)
    if response:
        yield row("RSP", "Y", 1.0, response)
    if complete:
        yield row("CR1", "Y", 1.0, complete)
    relapses = [
        one.day for one in subject.adequate() if complete and one.value == "RD" and one.day > complete
    ]
    yield yes_no("RELAPSE", relapses[0] if relapses else None)


def best(name: str, found: list[Assessment]) -> Record:
    """The best response and its first day; NE without any."""
    if not found:
        return row(name, "NE", 9.0, None)
    value = min((one.value for one in found), key=CODES.__getitem__)
    return row(name, value, float(CODES[value]), next(one.day for one in found if one.value == value))


def _weeks(subject: Subject) -> Iterator[Record]:
    for name in WEEKS:
        visit, number = NAMES[name]
        about = {"AVISIT": visit, "AVISITN": float(number)}
        status, code, day, answer = _status(subject, name, None)
        yield row(f"ST{name}", status, code, day, **about)
        for start, values in (("ORR", RESPONSE), ("CR", COMPLETE)):
            yield _answer(f"{start}{name}", answer, values, day, about)
        _, _, day, answer = _status(subject, name, subject.dated("HSCTDT"))
        yield _answer(f"ORR{name}H", answer, RESPONSE, day, about)


def _answer(name: str, value: str | None, values: tuple[str, ...], day: date | None, about: Record) -> Record:
    """Y or N; neither where the time has not come."""
    if value is None:
        return row(name, None, None, None, **about)
    return row(name, "Y" if value in values else "N", 1.0 if value in values else 0.0, day, **about)


def _status(
    subject: Subject, name: str, not_after: date | None
) -> tuple[str, float | None, date | None, str | None]:
    """E-ORR: status, its code, its day, and the value that decides Y or N (None: not yet reached)."""
    target, first, last = windows(subject)[name]
    begin, end = subject.start + days(first), subject.start + days(last)
    progression, therapy = subject.progression(not_after), subject.dated("NACTDT")
    if progression and progression < begin:
        return "PD/RELAPSE", None, None, ""
    if therapy and therapy < begin:
        return "NEW THERAPY", None, None, ""
    inside = [one for one in subject.adequate(not_after) if begin <= one.day <= end]
    eligible = [
        one
        for one in inside
        if (not therapy or one.day <= therapy) and (not progression or one.day <= progression)
    ]
    if eligible:
        aim = subject.start + days(target)
        chosen = min(eligible, key=lambda one: (abs((one.day - aim).days), -(one.day - aim).days))
        return chosen.value, float(CODES[chosen.value]), chosen.day, chosen.value
    if inside:
        return "NEW THERAPY", None, None, ""
    death = subject.dated("DTHDT")
    if death and death <= end:
        return "DEATH", None, None, ""
    if subject.until < end:
        return "NOT YET REACHED", None, None, None
    limit = not_after or subject.until
    seen = any(begin <= one.day <= end and one.day <= min(limit, subject.until) for one in subject.responses)
    return ("NOT EVALUABLE" if seen else "NO ASSESSMENT"), None, None, ""


def _mrd(subject: Subject) -> Iterator[Record]:
    found, complete = subject.mrd_set(), subject.first(COMPLETE)
    negative = [one.day for one in found if one.value == "NEG"]
    yield yes_no("MRDNEG", negative[0] if negative else None)
    reach = days(int(subject.settings["mrd_match_days"]))
    both = [one.day for one in subject.evaluable() if one.value in COMPLETE
            and any(abs(one.day - day) <= reach for day in negative)]  # fmt: skip
    yield yes_no("MRDORR", both[0] if both else None)
    yield yes_no("MRDREL", mrd_relapse(subject, found, complete, negative))


def mrd_relapse(
    subject: Subject, found: list[Assessment], complete: date | None, negative: list[date]
) -> date | None:
    """The first POS after CR1 and after a NEG, in CR/CRi and before any PD/RD."""
    for one in found:
        if (
            one.value != "POS"
            or not complete
            or one.day <= complete
            or not any(day < one.day for day in negative)
        ):
            continue
        before = [each for each in subject.adequate() if each.day <= one.day]
        free = not any(each.value in PROGRESSION for each in before)
        if free and before and before[-1].value in COMPLETE:
            return one.day
    return None


def _transplant(subject: Subject) -> Iterator[Record]:
    """HSCTREM, for those who responded."""
    response = subject.first(RESPONSE)
    if response:
        yield yes_no("HSCTREM", transplant_in_remission(subject, response))


def transplant_in_remission(subject: Subject, response: date) -> date | None:
    """HSCTDT if after the first response, not after PD/RD, and without new therapy before it."""
    graft, therapy = subject.dated("HSCTDT"), subject.dated("NACTDT")
    progression = subject.progression()
    fits = graft and graft > response and (not progression or graft <= progression)
    return graft if fits and not (therapy and therapy < graft) else None

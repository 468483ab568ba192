"""ADTTE from the study text, D.4: the steps of E-TTE in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .adrs import mrd_relapse, transplant_in_remission, windows
from .records import Record, days
from .subject import COMPLETE, PROGRESSION, RESPONSE, Subject

LAST = "LAST ADEQUATE ASSESSMENT"
GONE = ("LOST TO FOLLOW-UP", "WITHDRAWAL BY SUBJECT")
OF_DISEASE = {"DOR", "DORHSCT", "DORMISS"}
EVENT = {"RD": "RELAPSE", "PD": "DISEASE PROGRESSION"}


@dataclass
class Case:
    """One parameter of one subject: where it starts, its event and what may end it."""

    name: str
    start: date
    event: date | None
    text: str
    of_death: bool = False
    hsct: bool = False
    therapy: bool = True
    gaps: bool = False


def rows_of(subject: Subject) -> list[Record]:
    """Every row of a subject."""
    if subject.adsl.get("SAFFL") != "Y":
        return []
    found = [*_survival(subject)]
    if subject.adsl.get("EFFFL") == "Y":
        response, complete = subject.first(RESPONSE), subject.first(COMPLETE)
        if response:
            found += [_decided(subject, one) for one in _durations(subject, response)]
            found.append(_to_transplant(subject, response))
        if complete:
            found += [_decided(subject, one) for one in _relapse_free(subject, complete)]
        found.append(_failure(subject, complete))
        for name, day, text in (("TTR", response, "FIRST RESPONSE"), ("TTCR", complete, "FIRST CR/CRi")):
            found.append(_decided(subject, Case(name, subject.start, day, text)))
    return [{"USUBJID": subject.id, **row} for row in found]


def row(name: str, start: date, end: date, cnsr: int, event: str, reason: str | None) -> Record:
    """One row; AVAL counts both days [D-DAY]."""
    return {
        "PARAMCD": name, "STARTDT": start, "ADT": end, "AVAL": float((end - start).days + 1),
        "CNSR": float(cnsr), "EVNTDESC": event, "CNSDTDSC": reason,
    }  # fmt: skip


def censored(name: str, start: date, end: date, cnsr: int, reason: str) -> Record:
    """A row without event."""
    return row(name, start, end, cnsr, "CENSORED", reason)


def left(subject: Subject) -> bool:
    """Whether the subject was lost or withdrew, dated on or before ACUTDT."""
    end = subject.adsl.get("EOSDT")
    return subject.adsl.get("DCSREAS") in GONE and end is not None and end <= subject.until


def _survival(subject: Subject) -> Iterator[Record]:
    """OS and the follow-up time, which is its reverse."""
    start, death = subject.start, subject.dated("DTHDT")
    alive, horizon = subject.adsl["LSTALVDT"], subject.adsl.get("HORIZDT")
    if death and death >= start:
        yield row("OS", start, death, 0, "DEATH", None)
        yield censored("FUP", start, death, 1, "DEATH")
        return
    if horizon and alive > horizon:
        end, cnsr, text = horizon, 8, "ALIVE AT ONE-YEAR HORIZON"
    elif left(subject):
        end, cnsr, text = min(alive, subject.until), 2, "LOST TO FOLLOW-UP OR WITHDRAWN"
    else:
        end, cnsr, text = min(alive, subject.until), 1, "ALIVE AT LAST CONTACT"
    yield censored("OS", start, end, cnsr, text)
    yield row("FUP", start, end, 0, text, None)


def _durations(subject: Subject, start: date) -> Iterator[Case]:
    policy = subject.settings.get("hsct_policy") == "censor"
    for name, any_death in (("DOR", False), ("DORALL", True), ("DORHSCT", False), ("DORMISS", False)):
        event, text, of_death = first_event(subject, start, any_death)
        yield Case(name, start, event, text, of_death, policy or name == "DORHSCT", True, name == "DORMISS")


def _relapse_free(subject: Subject, start: date) -> Iterator[Case]:
    policy = subject.settings.get("hsct_policy") == "censor"
    for name in ("EFS", "EFSHSCT", "EFSMISS", "EFSMRD"):
        event, text, of_death = first_event(subject, start, True)
        if name == "EFSMRD":
            found = subject.mrd_set()
            negative = [one.day for one in found if one.value == "NEG"]
            molecular = mrd_relapse(subject, found, start, negative)
            if molecular and (event is None or molecular < event or (molecular == event and of_death)):
                event, text, of_death = molecular, "MRD RELAPSE", False
        yield Case(name, start, event, text, of_death, policy or name == "EFSHSCT", True, name == "EFSMISS")


def first_event(subject: Subject, start: date, any_death: bool) -> tuple[date | None, str, bool]:
    """Step a: the first PD or relapse after the start, or the death that counts; whether it is the death."""
    found = [one for one in subject.adequate() if one.value in PROGRESSION and one.day > start]
    death = subject.dated("DTHDT")
    if death and not (any_death or _of_disease(subject)):
        death = None
    if death and death < start:
        death = None
    if found and (death is None or found[0].day <= death):
        return found[0].day, EVENT[found[0].value], False
    return death, "DEATH" if any_death else "DEATH DUE TO DISEASE", death is not None


def _of_disease(subject: Subject) -> bool:
    unknown = str(subject.settings.get("unknown_death_is_disease", "true")).lower() == "true"
    return subject.adsl.get("DTHCAT") in ("DISEASE", *(("UNKNOWN",) if unknown else ()))


def last_adequate(subject: Subject, first: date, end: date) -> date | None:
    """The last adequate response from `first` to `end`, both included."""
    found = [one.day for one in subject.adequate() if first <= one.day <= end]
    return found[-1] if found else None


def _decided(subject: Subject, case: Case) -> Record:
    """Steps b to h."""
    event, start = case.event, case.start
    graft, therapy = subject.dated("HSCTDT"), subject.dated("NACTDT")
    if (
        case.hsct
        and graft
        and graft >= start
        and (not event or graft < event)
        and not (therapy and graft > therapy)
    ):
        return censored(case.name, start, graft, 4, "HSCT")
    ends = subject.settings.get("nact_policy", "censor") == "censor"
    if ends and case.therapy and therapy and therapy >= start and (not event or therapy < event):
        end = last_adequate(subject, start, therapy) or start
        return censored(case.name, start, end, 3, f"{LAST} BEFORE NEW THERAPY")
    if case.gaps and event:
        before = last_adequate(subject, start, event if case.of_death else event - days(1)) or start
        if _missed(subject, before, event) >= 2:
            return censored(case.name, start, before, 6, f"{LAST} BEFORE MISSED ASSESSMENTS")
    if event:
        return row(case.name, start, event, 0, case.text, None)
    death = subject.dated("DTHDT")
    if case.name in OF_DISEASE and death:
        end = last_adequate(subject, start, death) or start
        return censored(case.name, start, end, 5, f"{LAST} BEFORE NON-DISEASE DEATH")
    return _without_event(subject, case.name, start)


def _missed(subject: Subject, before: date, event: date) -> int:
    """Scheduled assessments whose window began after the one day and ended before the other [step d]."""
    found = 0
    for _, first, last in windows(subject).values():
        found += subject.start + days(first) > before and subject.start + days(last) < event
    return found


def _without_event(subject: Subject, name: str, start: date) -> Record:
    """Steps g and h."""
    end = last_adequate(subject, start, subject.until)
    if end is None:
        return censored(name, start, start, 7, "NO ADEQUATE ASSESSMENT")
    return censored(name, start, end, 2 if left(subject) else 1, LAST)


def _failure(subject: Subject, complete: date | None) -> Record:
    """EFSINF: no CR/CRi by TRTSDT+91 is a failure on the first day."""
    start, limit = subject.start, subject.start + days(91)
    if complete is None or complete > limit:
        dates = [complete, subject.progression(), subject.dated("NACTDT"), subject.dated("DTHDT")]
        if not any(dates) and subject.until < limit:
            return _without_event(subject, "EFSINF", start)
        return row("EFSINF", start, start, 0, "TREATMENT FAILURE", None)
    event, text, of_death = first_event(subject, complete, True)
    return _decided(subject, Case("EFSINF", start, event, text, of_death))


def _to_transplant(subject: Subject, response: date) -> Record:
    """TTHSCT: transplant in remission; first PD, relapse or death without it is censored."""
    graft = transplant_in_remission(subject, response)
    if graft:
        return row("TTHSCT", response, graft, 0, "HSCT IN REMISSION", None)
    other = [day for day in (subject.progression(), subject.dated("DTHDT")) if day and day >= response]
    if other:
        return censored("TTHSCT", response, min(other), 1, "PD, RELAPSE OR DEATH BEFORE HSCT")
    return _without_event(subject, "TTHSCT", response)

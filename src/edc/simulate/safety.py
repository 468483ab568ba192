"""Adverse events with what was done about them: AE, CRS, GVH, CM, TRF, PRO."""

from __future__ import annotations

from dataclasses import dataclass, field

from edc.simulate.blood import Blood, haemoglobin
from edc.simulate.book import Book, Values, clock, iso
from edc.simulate.dice import Dice
from edc.simulate.dictionary import coded_drug, coded_event
from edc.simulate.reaction import LASTS, LYSIS, POTASSIUM, VIRUS, Spell
from edc.simulate.story import Story

CTCAE, ASTCT, MAGIC, NIH = "1", "2", "3", "4"
SCALES = {"1": ASTCT, "2": ASTCT, "3": MAGIC, "4": NIH}
NEVER = 0
RELATED = ("1", "2", "3")
LIMITING = {"1": 4, "2": 3, "3": 3}  # the grade from which a reaction limits the dose
COUNTS = ("Neutrophil count decreased", "Platelet count decreased", "Anaemia", "Prolonged cytopenia")


@dataclass
class Event:
    """One line of the form; days are ordinals, `end` 0 is never."""

    term: str
    start: int
    end: int
    grade: int
    interest: str = "0"
    related: str = "3"
    depletion: str = "4"
    group: str = ""
    fatal: bool = False
    treated: list[str] = field(default_factory=list)
    line: int = 0


def events_of(story: Story, dice: Dice, blood: Blood) -> list[Event]:
    """All events of a subject, in the order of their start, with their lines."""
    events: list[Event] = []
    if story.depletion:
        start = story.depletion
        events.append(
            Event("Nausea", start, start + dice.whole(2, 6), dice.whole(1, 2), related="5", depletion="1")
        )
    if story.infusions:
        events += _reactions(story, dice) + _cytopenias(story, blood)
        events += _troubles(story) + _others(story, dice)
    events += _fatal(story)
    events.sort(key=lambda one: (one.start, one.term, one.grade))
    last = story.last
    kept = [one for one in events if story.consent <= one.start <= last]
    for line, one in enumerate(kept, start=1):
        one.line = line
        if one.end >= last and not one.fatal:
            one.end = NEVER
    return kept


def _segments(story: Story, spell: Spell, term: str, interest: str, group: str, related: str) -> list[Event]:
    """A line for each grade of a spell."""
    lines: list[Event] = []
    for place, grade in enumerate(spell.grades):
        day = story.infused + spell.start + place
        if lines and lines[-1].grade == grade:
            lines[-1].end = day
        else:
            lines.append(Event(term, day, day, grade, interest, related, "5", group))
    return lines


def _reactions(story: Story, dice: Dice) -> list[Event]:
    reaction = story.reaction
    storm = _segments(story, reaction.storm, "Cytokine release syndrome", "1", "CRS1", "1")
    neuro = _segments(story, reaction.neuro, "ICANS", "2", "ICANS1", "1")
    host = _segments(story, reaction.host, "aGVHD", "3", "GVHD1", "2")
    chronic = _segments(story, reaction.chronic, "cGVHD, skin", "4", "CGVHD1", "3")
    for one in storm:
        one.treated = ["Paracetamol"] if one.grade == 1 else ["Actemra"]
        one.treated += ["Dexamethasone", "Noradrenaline"] if one.grade >= 3 else []
    for one in neuro:
        one.treated = ["Levetiracetam"] if one.grade == 1 else ["Dexamethasone"]
    for one in host:
        one.treated = ["Methylprednisolone"] + (["Ruxolitinib"] if one.grade > 2 else [])
    events = storm + neuro + host + chronic
    if reaction.storm.worst >= 4 and dice.chance(0.6):
        start = story.infused + reaction.storm.end - 2
        events.append(Event("HLH-like hyperinflammation", start, start + 9, 4, "5", "1", "5"))
    return events


def _cytopenias(story: Story, blood: Blood) -> list[Event]:
    """Events that the counts of the laboratory show, from the first day below a limit to the last."""
    days = range(-3, 61)
    levels = {day: blood.level(day) for day in days}
    found = (
        ("Neutrophil count decreased", [day for day in days if levels[day][0] < 0.5], 4, ["G-CSF"]),
        ("Platelet count decreased", [day for day in days if levels[day][1] < 50], 3, []),
        ("Anaemia", [day for day in days if haemoglobin(levels[day][1]) < 80], 3, []),
    )
    events = []
    for term, low, grade, drugs in found:
        if low:
            deep = 4 if term.startswith("Plat") and min(levels[day][1] for day in low) < 25 else grade
            start, end = story.infused + low[0], story.infused + low[-1]
            events.append(Event(term, start, end, deep, related="3", depletion="1", treated=drugs))
    back = story.infused + story.reaction.recovery
    if any(one.overall == "CRi" for one in story.assessments):
        events.append(Event("Prolonged cytopenia", back + 7, back + 50, 3, "7", "2", "3"))
    return events


def _troubles(story: Story) -> list[Event]:
    """Events that the chemistry and the viruses show."""
    events = []
    for trouble, start in story.reaction.troubles.items():
        term, grade, interest, drugs = TROUBLES[trouble]
        day = story.infused + start
        events.append(Event(term, day, day + LASTS[trouble], grade, interest, "3", "3", treated=drugs))
    storm = story.reaction.storm
    if storm.worst >= 3:
        start = story.infused + storm.start + storm.grades.index(3)
        events.append(Event("ALT increased", start, story.infused + storm.end, 1, related="2"))
    return events


TROUBLES: dict[str, tuple[str, int, str, list[str]]] = {
    POTASSIUM: ("Hypokalaemia", 2, "0", []),
    LYSIS: ("Tumour lysis", 3, "8", ["Allopurinol"]),
    VIRUS: ("CMV reactivation", 2, "6", ["Ganciclovir"]),
}


COMMON = ("Fatigue", "Headache", "Diarrhoea")


def _others(story: Story, dice: Dice) -> list[Event]:
    events = []
    for term in dice.shuffled(COMMON)[: dice.whole(1, 3)]:
        start = story.infused + dice.whole(1, 40)
        events.append(Event(term, start, start + dice.whole(2, 14), dice.whole(1, 2)))
    if dice.chance(0.4):
        start = story.infused + dice.whole(5, 25)
        term, drug = dice.pick(
            [("Sepsis (Klebsiella pneumoniae, β-lactamase +)", "Meropenem"), ("Pneumonia", "Meropenem")]
        )
        events.append(Event(term, start, start + dice.whole(7, 16), 3, "6", "4", "2", treated=[drug]))
    for day in story.unscheduled:
        events.append(Event("Fever", day, day + 2, 1, treated=["Paracetamol"]))
    if story.graft and dice.chance(0.05):
        events.append(Event("Myelodysplastic syndrome", story.graft + 90, NEVER, 3, "9", "4", "2"))
    return events


FATAL = {
    "2": ("Multiple organ failure", "1", "0"),
    "3": ("Septic shock", "5", "6"),
    "4": ("Hepatic VOD", "5", "0"),
}


def _fatal(story: Story) -> list[Event]:
    """The event that a subject died of, where it was not the disease."""
    if not story.death or story.cause not in FATAL:
        return []
    term, related, interest = FATAL[story.cause]
    start = max(story.death - 4, story.depletion or story.consent)
    return [Event(term, start, story.death, 5, interest, related, "3", fatal=True)]


def write_safety(book: Book, story: Story) -> None:
    """Pages of events, daily assessments, medication, transfusions and procedures."""
    events = events_of(story, book.dice("AE"), Blood(story, book.dice("blood")))
    book.drawn["events"] = events
    _write_events(book, story, events)
    if story.infusions:
        _write_days(book, story, book.dice("CRS"))
        _write_host(book, story, book.dice("GVH"))
    _write_medication(book, story, events, book.dice("CM"))
    _write_support(book, story, book.dice("support"))


def _write_events(book: Book, story: Story, events: list[Event]) -> None:
    dice = book.dice("AE page")
    book.page(
        "AE",
        "LOG",
        story.consent + 2,
        {"AEYN": "N"},
        later=(events[0].start, {"AEYN": "Y"}) if events else None,
    )
    for one in events:
        over = {"AEENDAT": iso(one.end), "AEONGO": "N", "AEOUT": "5" if one.fatal else "1"} if one.end else {}
        if over and one.interest == "1" and not one.fatal and one.end > one.start:
            over["AEENTIM"] = clock(dice.whole(600, 1200))
        book.line(
            "AE", one.line, one.start, _event(one, story, dice), later=(one.end, over) if over else None
        )


def limits_dose(one: Event, story: Story) -> bool:
    """Whether an event limits the dose [A.3]."""
    early = story.infused > 0 and 0 <= one.start - story.infused <= 28
    return early and _limits(one, story)


def _event(one: Event, story: Story, dice: Dice) -> Values:
    serious = one.fatal or one.interest == "9" or (one.grade >= 4 and one.interest != "0")
    return {
        "AETERM": one.term,
        "AESTDAT": iso(one.start),
        "AESTTIM": clock(dice.whole(120, 1380)) if one.interest in ("1", "2") else None,
        "AEONGO": "Y",
        "AEGR": str(one.grade),
        "AEGRSCAL": SCALES.get(one.interest, CTCAE),
        "AESI": one.interest,
        "AEREL": one.related,
        "AERELLD": one.depletion,
        "AEACN": "4" if one.start != story.infused else "1",
        "AEOUT": "3",
        "AESER": "Y" if serious else "N",
        "AESDTH": "Y" if one.fatal else "N",
        "AESLIFE": "Y" if serious and one.grade == 4 else "N",
        "AESHOSP": "Y" if serious else "N",
        "AESDISAB": "N",
        "AESCONG": "N",
        "AESMIE": "N",
        "AEDLT": "Y" if limits_dose(one, story) else "N",
        "AETRT": "Y" if one.treated else "N",
        "AEGRPID": one.group or None,
        **coded_event(one.term, "AE"),
    }


def _limits(one: Event, story: Story) -> bool:
    """Whether the investigator calls an event of the first four weeks dose-limiting."""
    if one.related not in RELATED:
        return False
    days = (one.end or story.last) - one.start + 1
    lasting = one.grade >= 3 and one.interest not in LIMITING and one.term not in COUNTS and days > 7
    return one.fatal or one.grade >= LIMITING.get(one.interest, 9) or lasting


def _write_days(book: Book, story: Story, dice: Dice) -> None:
    """The daily assessment from the infusion to day 28."""
    last = min(story.infused + 28, story.last)
    for line, day in enumerate(range(story.infused, last + 1), start=1):
        since = day - story.infused
        storm, neuro = story.reaction.storm.on(since), story.reaction.neuro.on(since)
        fever = dice.between(38.2, 40.1) if storm else dice.between(36.3, 37.3)
        scores = _scores(neuro, dice)
        values: Values = {
            "CRDAT": iso(day), "CRTIM": clock(dice.whole(480, 720)), "CRTMAX": f"{fever:.1f}",
            "CRHYPO": str(max(storm - 1, 0)), "CRHYPOX": str(max(storm - 1, 0) if storm != 2 else 1),
            "CRGR": str(storm), **scores, "ICETOT": str(sum(int(value) for value in scores.values())),
            "ICSEIZ": str(min(max(neuro - 2, 0), 2)), "ICMOTOR": "Y" if neuro >= 4 else "N",
            "ICEDEMA": str(max(neuro - 3, 0)), "ICCONS": str(max(neuro - 1, 0)), "ICGR": str(neuro),
        }  # fmt: skip
        book.line("CRS", line, day, values)


def _scores(grade: int, dice: Dice) -> dict[str, str]:
    """The parts of the ICE score whose sum goes with a grade."""
    most = {"ICEORI": 4, "ICENAM": 3, "ICECOM": 1, "ICEWRI": 1, "ICEATT": 1}
    lost = (0, dice.whole(1, 3), dice.whole(4, 7), dice.whole(8, 9), 10)[grade]
    for name in ("ICEATT", "ICEWRI", "ICENAM", "ICEORI", "ICECOM"):
        taken = min(lost, most[name])
        most[name], lost = most[name] - taken, lost - taken
    return {name: str(value) for name, value in most.items()}


def _write_host(book: Book, story: Story, dice: Dice) -> None:
    for one in story.visits:
        if one.visit.day < 14 or not one.took_place or one.phone:
            continue
        since = one.day - story.infused
        chronic = since > 140
        grade = story.reaction.chronic.on(since) if chronic else story.reaction.host.on(since)
        values: Values = {
            "GVDAT": iso(one.day), "GVTYPE": "C" if chronic else "A", "GVSKIN": str(min(grade, 3)),
            "GVLIVER": str(max(grade - 2, 0)), "GVUGI": "1" if grade > 1 else "0",
            "GVLGI": str((0, 0, 1, 2, 4)[grade]), "GVGR": str(grade),
            "GVBIOP": dice.weighted({"Y": 0.4, "N": 0.5, "U": 0.1}) if grade else "N",
        }  # fmt: skip
        book.page("GVH", one.visit.folder, one.day, values)


DOSES = {
    "Actemra": ("8", "mg/kg", "ONCE", "IV"), "Dexamethasone": ("10", "mg", "Q6H", "IV"),
    "Methylprednisolone": ("2", "mg/kg", "QD", "IV"), "Ruxolitinib": ("10", "mg", "BID", "PO"),
    "Paracetamol": ("500", "mg", "PRN", "PO"), "Levetiracetam": ("500", "mg", "BID", "PO"),
    "Aciclovir": ("400", "mg", "BID", "PO"), "Posaconazole": ("300", "mg", "QD", "PO"),
    "Co-trimoxazole": ("960", "mg", "OTH", "PO"), "Meropenem": ("1", "g", "TID", "IV"),
    "G-CSF": ("5", "ug/kg", "QD", "SC"), "Allopurinol": ("100", "mg", "TID", "PO"),
    "Diphenhydramine": ("25-50", "mg", "ONCE", "IV"), "Noradrenaline": ("0.1", "ug/kg/min", "CONT", "IV"),
    "Ganciclovir": ("5", "mg/kg", "BID", "IV"), "Ciclosporin": ("3", "mg/kg", "BID", "OTH"),
}  # fmt: skip
CATEGORIES = {"1": "3", "2": "3", "3": "4", "4": "4"}


@dataclass(frozen=True)
class Medication:
    """A line of concomitant medication; `events` are the lines of the events it treats."""

    name: str
    start: int
    end: int
    category: str
    reason: str
    events: str = ""


def _write_medication(book: Book, story: Story, events: list[Event], dice: Dice) -> None:
    if not book.wants("CM"):
        return
    given = _prevention(story, dice)
    for one in events:
        for name in one.treated:
            category = CATEGORIES.get(one.interest, "2")
            given.append(Medication(name, one.start, one.end or NEVER, category, one.term, str(one.line)))
    given = _merged([one for one in given if story.consent <= one.start <= story.last])
    for line, one in enumerate(sorted(given, key=lambda one: (one.start, one.name)), start=1):
        _medication(book, story, line, one, dice)


def _merged(given: list[Medication]) -> list[Medication]:
    """One line for a drug that goes on over neighbouring events."""
    kept: list[Medication] = []
    for one in sorted(given, key=lambda one: (one.name, one.start)):
        before = kept[-1] if kept else None
        near = before and before.name == one.name and before.events and one.events and before.end
        if near and one.start <= before.end + 1 and before.reason == one.reason:
            end = max(before.end, one.end) if one.end else NEVER
            kept[-1] = Medication(
                one.name, before.start, end, one.category, one.reason, f"{before.events},{one.events}"
            )
        else:
            kept.append(one)
    return kept


def _prevention(story: Story, dice: Dice) -> list[Medication]:
    start = story.depletion or story.consent + 1
    far = story.consent + 400
    given = [
        Medication("Aciclovir", start, far, "1", "Herpes prophylaxis"),
        Medication("Co-trimoxazole", start + 1, far, "1", "Pneumocystis prophylaxis"),
    ]
    if dice.chance(0.5):
        given.append(Medication("Posaconazole", start, start + dice.whole(30, 90), "1", "Fungal prophylaxis"))
    if story.infusions:
        given.append(Medication("Diphenhydramine", story.infused, story.infused, "5", "Premedication"))
    if story.graft:
        given.append(
            Medication("Ciclosporin", story.graft - 1, story.graft + 120, "6", "GVHD prophylaxis after HSCT")
        )
    return given


def _medication(book: Book, story: Story, line: int, one: Medication, dice: Dice) -> None:
    dose, unit, often, route = DOSES[one.name]
    values: Values = {
        "CMTRT": one.name, "CMINDC": one.reason, "CMCATR": one.category, "CMAENO": one.events or None,
        "CMDOSE": dose, "CMDOSU": unit, "CMFREQ": often, "CMROUTE": route, "CMSTDAT": iso(one.start),
        "CMSTTIM": clock(dice.whole(400, 1300)) if one.name == "Actemra" else None, "CMONGO": "Y",
        **coded_drug(one.name, "CM"),
    }  # fmt: skip
    over = one.end and one.end < story.last
    later = (one.end, {"CMENDAT": iso(one.end), "CMONGO": "N"}) if over else None
    book.line("CM", line, one.start, values, later=later)


def _write_support(book: Book, story: Story, dice: Dice) -> None:
    """Transfusions while the counts are low, and procedures."""
    if story.depletion:
        until = min(story.last, (story.infused or story.depletion) + 24)
        days = sorted({story.depletion + dice.whole(3, 28) for _ in range(dice.whole(2, 6))})
        for line, day in enumerate([day for day in days if day <= until], start=1):
            product = dice.weighted({"RBC": 0.4, "PLT": 0.4, "FFP": 0.1, "CRYO": 0.06, "GRAN": 0.04})
            amount = ("2", "U") if product in ("RBC", "PLT", "CRYO") else (str(dice.whole(20, 40) * 10), "mL")
            book.line(
                "TRF",
                line,
                day,
                {"TRDAT": iso(day), "TRPROD": product, "TRUNITS": amount[0], "TRUNIT": amount[1]},
            )
        page = {
            "PRTRT": "Central venous catheter (PICC)",
            "PRDAT": iso(story.depletion - 1),
            "PRINDC": "Access",
        }
        book.line("PRO", 1, story.depletion - 1, page)
        if story.infusions and story.reaction.neuro.worst > 1:
            day = min(story.infused + story.reaction.neuro.start + 1, story.last)
            page = {"PRTRT": "EEG", "PRDAT": iso(day), "PRINDC": "ICANS grade ≥ 2"}
            book.line("PRO", 2, day, page)

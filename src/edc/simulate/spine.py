"""The pages of a subject's history: consent, eligibility, treatment, response, disposition, survival."""

from __future__ import annotations

from edc.simulate.book import Book, Values, clock, iso
from edc.simulate.dice import Dice
from edc.simulate.protocol import UNSCHEDULED
from edc.simulate.story import YEAR, Assessment, Infusion, Story

SCREENING, DAY_0, END = "SCR", "D0", "EOS"
VERSIONS = ((738_000, "V2.0, 2023-06-20"), (739_050, "V3.0, 2024-06-12"))
OVERALL = {"CR": "1", "CRi": "2", "PR": "3", "NR": "4", "SD": "5", "PD": "6", "RD": "7", "NE": "8"}
RESIDUAL = {"n": "1", "p": "2", "e": "3", "-": "4"}
LYMPHOMA = {"CR": "CMR", "CRi": "CMR", "PR": "PMR", "NR": "NMR", "PD": "PMD", "RD": "PMD"}
OUTSIDE = {"CR": "CR", "CRi": "CR", "PR": "PR", "NR": "SD", "PD": "PD", "RD": "PD", "NE": "NE"}


def write_spine(book: Book, story: Story) -> None:
    """All pages of the history."""
    _consent(book, story)
    _eligibility(book, story)
    _depletion(book, story)
    _infusions(book, story)
    _marrows(book, story)
    _responses(book, story)
    _visits(book, story)
    _later_treatment(book, story)
    _disposition(book, story)
    _survival(book, story)


def _version(day: int) -> str:
    return [name for since, name in VERSIONS if since <= day][-1]


def _consent(book: Book, story: Story) -> None:
    dice, day = book.dice("IC"), story.consent
    person = story.person
    page = {"ICDAT": iso(day), "ICTIM": clock(dice.whole(540, 1020)), "ICVER": _version(day), "ICTYPE": "1"}
    book.page("IC", SCREENING, day, page)
    pages = 1
    if 8 <= person.age(day) < 18:
        book.page(
            "IC", SCREENING, day, {**page, "ICTIM": clock(dice.whole(540, 1020)), "ICTYPE": "3"}, page=1
        )
        pages = 2
    if story.reconsent:
        again = {"ICDAT": iso(story.reconsent), "ICTIM": clock(dice.whole(540, 1020)), "ICTYPE": "2"}
        again["ICVER"] = _version(story.reconsent)
        book.page("IC", SCREENING, story.reconsent, again, page=pages)
    known = not dice.chance(0.03)
    page = {
        "BRTHDAT": iso(person.birth) if known else iso(person.birth)[:4],
        "AGE": None if known else str(person.age(day)),
        "SEX": person.sex,
        "RACE": person.race,
        "RACEOTH": person.race_other or None,
        "ETHNIC": person.ethnic,
        "COUNTRY": "CHN",
    }
    book.page("DM", SCREENING, day, page)


def _eligibility(book: Book, story: Story) -> None:
    reason, criterion, answer = story.failure
    page: Values = {"IEDAT": iso(story.decided), "IEYN": "N" if criterion else "Y"}
    if reason:
        page |= {"ELIGDEC": "2", "SFREAS": reason}
    else:
        page |= {"ELIGDEC": "1", "ENRDAT": iso(story.enrolled), "COHORT": story.level}
    book.page("IE", SCREENING, max(story.decided, story.enrolled), page)
    if criterion:
        book.page("IE", SCREENING, story.decided, {"IETESTCD": criterion, "IEORRES": answer}, line=1)


def _depletion(book: Book, story: Story) -> None:
    """A line for each drug and day; one subject in ten has a dose reduced, one in twenty a dose held."""
    if not story.depletion or not book.wants("LD"):
        return
    dice, surface = book.dice("LD"), story.person.surface
    unit = dice.weighted({"mg/m2": 0.55, "mg": 0.3, "g": 0.15})
    changed = dice.weighted({"": 0.85, "R": 0.1, "H": 0.05})
    line = 0
    for place in range(3):
        day = story.depletion + place
        for code, (_, dose, _) in zip(("FLU", "CY"), book.protocol.depletion, strict=True):
            line += 1
            change = changed if place == 2 and code == "CY" else ""
            share = 0.75 if change == "R" else 1.0
            if change != "H":
                book.drawn.setdefault("doses", []).append((code, day, share * dose))
            book.line("LD", line, day, _dose(code, day, share * dose, unit, surface, change, dice))
    if dice.chance(0.08):
        extra = _dose("OTH", story.depletion + 2, 600.0, "mg/m2", surface, "", dice)
        book.line("LD", line + 1, story.depletion + 2, {**extra, "LDOTH": "Mesna"})


def _dose(
    code: str, day: int, dose: float, unit: str, surface: float, change: str, dice: Dice
) -> Values:  # fmt: skip
    held = change == "H"
    start = dice.whole(540, 600) + (120 if code == "CY" else 0)
    given = {"mg/m2": f"{dose:g}", "mg": f"{dose * surface:.1f}", "g": f"{dose * surface / 1000:.4f}"}
    return {
        "LDTRT": code,
        "LDDAT": iso(day),
        "LDSTTIM": None if held else clock(start),
        "LDENTIM": None if held else clock(start + (30 if code == "FLU" else 60)),
        "LDDOSE": None if held else given[unit],
        "LDDOSU": None if held else unit,
        "LDBSA": f"{surface:.2f}",
        "LDADJ": change or "N",
        "LDREAS": {
            "R": "Creatinine clearance < 70 mL/min",
            "H": "Haemorrhagic cystitis, β-lactam allergy",
        }.get(change),
    }


def _infusions(book: Book, story: Story) -> None:
    if not book.wants("INF"):
        return
    if story.depletion and not story.infusions:
        reason = "Septic shock after lymphodepletion; product not released to the ward"
        book.page("INF", DAY_0, story.depletion + 5, {"INFYN": "N", "INFREAS": reason})
    dice = book.dice("INF")
    for place, one in enumerate(story.infusions):
        book.page("INF", DAY_0, one.day, _infusion(one, dice), page=place)


def _infusion(one: Infusion, dice: Dice) -> Values:
    given = {
        "cells": f"{one.total * 1e6:.0f}",
        "10^6 cells": f"{one.total:.1f}",
        "10^8 cells": f"{one.total / 100:.3f}",
        "cells/kg": f"{one.per_kg * 1e6:.0f}",
        "10^6/kg": f"{one.per_kg:.4f}",
    }[one.unit]
    many = dice.chance(0.5)
    return {
        "INFYN": "Y",
        "INFDAT": iso(one.day),
        "INFSTTIM": clock(one.start),
        "INFENTIM": clock(one.start + one.minutes + one.interrupted),
        "INFLOT": one.lot,
        "INFDONOR": one.donor,
        "INFWT": f"{one.weight:g}",
        "INFPLAN": f"{one.planned * 1e6:.0f}" if many else f"{one.planned:g}",
        "INFPLANU": "cells/kg" if many else "10^6/kg",
        "INFDOSE": given,
        "INFDOSEU": one.unit,
        "INFVIAB": f"{one.viable:g}",
        "INFCARP": f"{one.positive:g}",
        "INFVOL": str(one.volume),
        "INFINT": "Y" if one.interrupted else "N",
        "INFINTM": str(one.interrupted) if one.interrupted else None,
    }


def _marrows(book: Book, story: Story) -> None:
    if not book.wants("BM") or not story.visits:
        return
    dice, person = book.dice("BM"), story.person
    day = story.visits[0].day + dice.whole(0, 2)
    at_start = f"{dice.between(0.6, 1.0) * max(person.blasts, 0.5):.2f}" if person.blasts >= 1 else "0.35"
    book.page("BM", SCREENING, day, _marrow(day, f"{person.blasts:g}", "p", at_start, dice))
    if story.depletion and story.depletion - day > 14:
        book.page("BM", "LD1", story.depletion, _marrow(story.depletion, f"{person.blasts:g}", "-", "", dice))
    for one in story.assessments:
        page = _marrow(one.day, one.blasts, one.residual, one.percent, dice)
        if one.overall == "NE":
            page |= {"BMQUAL": "3", "BMCELL": None}
        book.page("BM", one.folder, one.day, page)
    for visit in story.visits:
        if visit.visit.folder == "W12" and not visit.took_place and "survival" not in visit.reason:
            book.page("BM", "W12", visit.day, {"BMND": "1", "BMREAS": "Patient declined the aspirate"})


def _marrow(day: int, blasts: str, residual: str, percent: str, dice: Dice) -> Values:
    page: Values = {
        "BMDAT": iso(day),
        "BMTYPE": dice.weighted({"1": 0.8, "3": 0.17, "2": 0.03}),
        "BMQUAL": "2" if residual == "e" else "1",
        "BMBLAST": blasts or None,
        "BMCELL": dice.pick(["hypo", "normo", "hyper"]),
        "MRDDONE": "N" if residual == "-" else "Y",
    }
    if residual != "-":
        page |= {
            "MRDDAT": iso(day),
            "MRDMETH": dice.weighted({"1": 0.92, "2": 0.05, "3": 0.03}),
            "MRDRES": RESIDUAL[residual],
            "MRDPCT": percent or None,
            "MRDSENS": "0.01" if residual != "e" else "0.1",
            "MRDCD7": dice.weighted({"Y": 0.6, "N": 0.3, "U": 0.1}) if residual == "p" else None,
        }
    return page


def _responses(book: Book, story: Story) -> None:
    if not book.wants("RS"):
        return
    dice = book.dice("RS")
    for one in story.assessments:
        book.page("RS", one.folder, one.day, _response(one, story, dice))
    for visit in story.visits:
        if visit.visit.assessed and not visit.took_place and "survival" not in visit.reason:
            book.page("RS", visit.visit.folder, visit.day, {"RSND": "1", "RSREASND": visit.reason})


def _response(one: Assessment, story: Story, dice: Dice) -> Values:
    elsewhere = one.relapse in ("2", "3")
    marrow = "CR" if elsewhere or story.course.lymphoma else one.overall
    page: Values = {
        "RSDAT": iso(one.day),
        "RSOVR": OVERALL[one.overall],
        "RSMARROW": OVERALL[marrow],
        "RSEMD": "NA",
        "RSLUG": "NA",
        "RSMRD": RESIDUAL[one.residual],
        "RSRELTYP": one.relapse or None,
        "RSCOM": dice.pick(COMMENTS) if dice.chance(0.2) else None,
    }
    if story.course.lymphoma:
        page["RSLUG"] = LYMPHOMA[one.overall]
    if story.person.outside or one.relapse in ("2", "4"):
        page["RSEMD"] = OUTSIDE[one.overall]
    return page


COMMENTS = (
    "Confirmed by central pathology (Dr Müller-Lüdenscheidt)",
    "Marrow: complete remission, flow ≤0.01 %",
    "PET-CT: no residual uptake; naïve T cells recovering",
    "Blasts < 5 %, counts recovering",
)


def _visits(book: Book, story: Story) -> None:
    if not book.wants("SVT"):
        return
    rows = list(story.visits)
    for one in rows:
        if one.took_place:
            page = {"SVDAT": iso(one.day), "SVOCC": "Y", "SVMODE": "2" if one.phone else "1"}
        else:
            page = {"SVOCC": "N", "SVREAS": one.reason}
        book.page("SVT", one.visit.folder, one.day, page)
    for place, day in enumerate(story.unscheduled):
        page = {"SVDAT": iso(day), "SVOCC": "Y", "SVMODE": "1", "SVREAS": "Fever"}
        book.page("SVT", UNSCHEDULED, day, page, instance=place)
    if story.infusions and story.end_reason in ("", "3", "5"):
        page = {"SVDAT": iso(story.ended), "SVOCC": "Y", "SVMODE": "1"}
        book.page("SVT", END, story.ended, page)


def _later_treatment(book: Book, story: Story) -> None:
    dice, course = book.dice("HSCT"), story.course
    line = 0
    if story.graft:
        donor = dice.weighted({"1": 0.3, "2": 0.5, "3": 0.2})
        taken = story.graft + dice.whole(11, 17)
        page = {
            "HSDAT": iso(story.graft),
            "HSTYPE": "1",
            "HSDONOR": donor,
            "HSSRC": dice.weighted({"1": 0.9, "2": 0.1}),
            "HSCOND": dice.pick(CONDITIONING),
            "HSSTAT": course.graft_state,
            "HSENG": "U",
        }
        book.page("HSCT", "LOG", story.graft, page, later=(taken, {"HSENG": "Y", "HSENGDAT": iso(taken)}))
        line += 1
        _therapy(book, line, story.graft - 7, "Busulfan, fludarabine", "8", "3", story.graft - 2)
        line += 1
        _therapy(
            book, line, story.graft + 60, "Azacitidine maintenance", "10", "3", story.graft + 64, story.last
        )
    if story.therapy:
        line += 1
        name = THERAPIES[course.therapy_type]
        _therapy(
            book, line, story.therapy, name, course.therapy_type, course.therapy_reason, story.therapy + 21
        )


CONDITIONING = ("Busulfan, fludarabine, ATG", "TBI 12 Gy + Cy", "Thiotepa, busulfan, fludarabine")
THERAPIES = {
    "1": "Hyper-CVAD (cyclophosphamide, vincristine, doxorubicin, dexamethasone)",
    "2": "Venetoclax",
    "4": "CD7 CAR-T, autologous, other study",
    "5": "Involved-site radiotherapy 24 Gy",
    "6": "Donor lymphocyte infusion 1×10^7/kg",
}


def _therapy(
    book: Book, line: int, day: int, name: str, kind: str, reason: str, end: int, last: int = 10**7
) -> None:
    if day >= last:
        return
    page = {"NATRT": name, "NATYPE": kind, "NASTDAT": iso(day), "NAREAS": reason}
    book.line("NACT", line, day, page, later=(end, {"NAENDAT": iso(end)}) if end < last else None)


def _disposition(book: Book, story: Story) -> None:
    """The pages at the end of treatment (day 28) and of the study, and the page of a death."""
    if story.infusions:
        closing = next((v.day for v in story.visits if v.visit.day == 28 and v.took_place), 0)
        if closing:
            _disposed(book, closing, "EOT", "", 0)
        else:
            _disposed(book, story.ended, "EOT", story.end_reason or "4", 0)
    if story.ended:
        _disposed(book, story.ended, "EOS", story.end_reason, 1)
    if story.death:
        dice = book.dice("DTH")
        page = {"DTHDAT": iso(story.death), "DTHCAUS": story.cause, "DTHTERM": DEATHS[story.cause]}
        book.page(
            "DTH", "LOG", story.death, page | {"DTHAUT": dice.weighted({"N": 0.85, "U": 0.1, "Y": 0.05})}
        )


DEATHS = {
    "1": "T-cell acute lymphoblastic leukaemia",
    "2": "Multiple organ dysfunction syndrome",
    "3": "Septic shock",
    "4": "Hepatic veno-occlusive disease",
    "6": None,
}


def _disposed(book: Book, day: int, kind: str, reason: str, page: int) -> None:
    status = "2" if reason else "1"
    values = {"DSTYPE": kind, "DSDAT": iso(day), "DSSTAT": status, "DSREAS": reason or None}
    if reason == "8":
        values["DSOTH"] = "Product failed release testing"
    book.page("DS", "LOG", day, values, page=page)


def _survival(book: Book, story: Story) -> None:
    """A contact every two months once the planned visits are over or by telephone, and the death."""
    if not story.infusions or not book.wants("SFU"):
        return
    dice, line = book.dice("SFU"), 0
    back = next((a.day for a in story.assessments if a.overall in ("PD", "RD")), 0)
    start = (story.therapy or back or story.infused + YEAR) + 55
    stop = story.death or story.lost or story.withdrawn or story.infused + 2 * YEAR
    for day in range(start, stop - 3, dice.whole(55, 65)):
        line += 1
        page = {"SFDAT": iso(day), "SFSTAT": "1", "SFMODE": dice.weighted({"1": 0.2, "2": 0.7, "3": 0.1})}
        book.line("SFU", line, day, page | {"SFREL": "Y" if back and back < day else "N"})
    if story.lost:
        page = {"SFDAT": iso(story.lost + 30), "SFSTAT": "3", "SFMODE": "2", "SFREL": "U"}
        book.line("SFU", line + 1, story.lost + 30, page)
    elif story.death and story.death > story.infused + 40:
        page = {"SFDAT": iso(story.death + 2), "SFSTAT": "2", "SFMODE": "3", "SFREL": "Y" if back else "N"}
        book.line("SFU", line + 1, story.death + 2, page)

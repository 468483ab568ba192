"""What happened to a subject, independent of the pages that tell it."""

from __future__ import annotations

from edc.simulate.book import clock, iso
from edc.simulate.reaction import Spell
from edc.simulate.safety import limits_dose
from edc.simulate.story import Infusion, Story


def truth_of(story: Story, drawn: dict[str, list], night: int, rescreened: str = "") -> dict:
    """The facts that were true on `night`: what lies after it is not yet known.

    `drawn` is what the book of the subject holds of values drawn for pages and files; forms that are not
    simulated have none.
    """

    def known(day: int) -> str | None:
        return iso(day) if day and day <= night else None

    if story.consent > night:
        return {}
    facts = {
        "subject": story.subject,
        "person": rescreened or story.subject,
        "consent": iso(story.consent),
        "birth": iso(story.person.birth),
        "sex": story.person.sex,
        "disease": story.person.disease,
        "decided": known(story.decided),
        "screen_failure": story.failure[0] or None if story.decided <= night else None,
        "enrolled": known(story.enrolled),
        "level": story.level or None if story.enrolled and story.enrolled <= night else None,
        "lymphodepletion": known(story.depletion),
        "infusions": [_infusion(one) for one in story.infusions if one.day <= night],
        "baseline_blasts": story.person.blasts,
        "visits": [iso(one.day) for one in story.visits if _attended(one) and one.day <= night],
        "graft": known(story.graft),
        "new_therapy": known(story.therapy),
        "death": known(story.death),
        "cause": story.cause if known(story.death) else None,
        "ended": known(story.ended),
        "end_reason": story.end_reason if known(story.ended) else None,
        "lost": known(story.lost),
        "withdrawn": known(story.withdrawn),
    }
    return facts | _found(story, night) | _reactions(story, night) | _drawn(story, drawn, night)


def _attended(one) -> bool:
    return one.took_place and not one.phone


def _infusion(one: Infusion) -> dict:
    return {
        "start": f"{iso(one.day)}T{clock(one.start)}",
        "dose": round(one.per_kg, 4),
        "total": one.total,
        "minutes": one.minutes + one.interrupted,
        "interrupted": one.interrupted > 0,
        "viable": one.viable,
        "positive": one.positive,
    }


RESIDUAL = {"n": "NEG", "p": "POS", "e": "NE"}


def _found(story: Story, night: int) -> dict:
    """The assessments, and dates of the first response, complete response, progression or relapse."""
    found = [one for one in story.assessments if one.day <= night]

    def first(*values: str) -> str | None:
        return next((iso(one.day) for one in found if one.overall in values), None)

    return {
        "responses": [{"visit": one.folder, "date": iso(one.day), "response": one.overall} for one in found],
        "residual": [
            {"date": iso(one.day), "result": RESIDUAL[one.residual]}
            for one in found
            if one.residual in RESIDUAL
        ],
        "first_response": first("CR", "CRi", "PR"),
        "first_complete": first("CR", "CRi"),
        "first_progression": first("PD", "RD"),
        "relapse": first("RD"),
        "relapse_type": next((one.relapse for one in found if one.relapse), None),
    }


def _reactions(story: Story, night: int) -> dict:
    """The grades of the reactions day by day, and when the cells peak."""
    if story.reaction is None:
        return {}
    last = min(night, story.last) - story.infused
    return {
        "reactions": {
            name: {"start": iso(story.infused + spell.start), "grades": grades}
            for name in ("storm", "neuro", "host", "chronic")
            if (grades := _grades(spell := getattr(story.reaction, name), last))
        }
    }


def _grades(spell: Spell, last: int) -> list[int]:
    return list(spell.grades[: max(last - spell.start + 1, 0)])


def _drawn(story: Story, drawn: dict[str, list], night: int) -> dict:
    """Doses of the lymphodepletion, adverse events, samples of the kinetics, results of the laboratory."""
    until = iso(night) + "T24"
    return {
        "doses": [
            {"drug": drug, "date": iso(day), "dose": dose}
            for drug, day, dose in drawn.get("doses", [])
            if day <= night
        ],
        "events": [
            {
                "line": one.line,
                "term": one.term,
                "group": one.group,
                "start": iso(one.start),
                "end": iso(one.end) if one.end and one.end <= night else None,
                "grade": one.grade,
                "limits_dose": limits_dose(one, story),
            }
            for one in drawn.get("events", [])
            if one.start <= night
        ],
        "samples": [
            {"sample": code, "taken": taken, "specimen": specimen, "copies": round(copies, 3)}
            for code, taken, specimen, copies in drawn.get("samples", [])
            if taken < until
        ],
        "results": [
            {"taken": taken, "values": values} for taken, values in drawn.get("results", []) if taken < until
        ],
    }

"""What happened to a subject, independent of the pages that tell it."""

from __future__ import annotations

from edc.simulate.book import clock, iso
from edc.simulate.story import Story


def truth_of(story: Story, night: int, rescreened: str = "") -> dict:
    """The facts that were true on `night`: what lies after it is not yet known."""

    def known(day: int) -> str | None:
        return iso(day) if day and day <= night else None

    if story.consent > night:
        return {}
    found = [one for one in story.assessments if one.day <= night]
    given = [one for one in story.infusions if one.day <= night]
    facts = {
        "subject": story.subject,
        "person": rescreened or story.subject,
        "consent": iso(story.consent),
        "birth": iso(story.person.birth),
        "sex": story.person.sex,
        "decided": known(story.decided),
        "screen_failure": story.failure[0] or None if story.decided <= night else None,
        "enrolled": known(story.enrolled),
        "level": story.level or None if story.enrolled and story.enrolled <= night else None,
        "lymphodepletion": known(story.depletion),
        "infusions": [
            {"start": f"{iso(one.day)}T{clock(one.start)}", "dose": round(one.per_kg, 4), "total": one.total}
            for one in given
        ],
        "baseline_blasts": story.person.blasts,
        "responses": [{"visit": one.folder, "date": iso(one.day), "response": one.overall} for one in found],
        "residual": [
            {"date": iso(one.day), "negative": one.residual == "n"} for one in found if one.residual in "np"
        ],
        "graft": known(story.graft),
        "new_therapy": known(story.therapy),
        "death": known(story.death),
        "cause": story.cause if known(story.death) else None,
        "ended": known(story.ended),
        "end_reason": story.end_reason if known(story.ended) else None,
        "lost": known(story.lost),
        "withdrawn": known(story.withdrawn),
    }
    return facts | _first(found) | _reactions(story, night)


def _first(found: list) -> dict:
    """Dates of the first response, complete response, progression or relapse."""

    def first(*values: str) -> str | None:
        return next((iso(one.day) for one in found if one.overall in values), None)

    return {
        "first_response": first("CR", "CRi", "PR"),
        "first_complete": first("CR", "CRi"),
        "first_progression": first("PD", "RD"),
        "relapse": first("RD"),
        "relapse_type": next((one.relapse for one in found if one.relapse), None),
    }


def _reactions(story: Story, night: int) -> dict:
    """Worst grades of the reactions, where they were over, and how the cells expanded, once they had."""
    if story.reaction is None:
        return {}
    grades, last = {}, min(night, story.death or night)
    for name in ("storm", "neuro", "host", "chronic"):
        spell = getattr(story.reaction, name)
        end = story.infused + spell.end
        if spell.worst and end <= last:
            grades[name] = {"start": iso(story.infused + spell.start), "grade": spell.worst}
    reaction = story.reaction
    expansion = {
        "day": reaction.peak_day,
        "peak": round(reaction.peak),
        "half_life": round(reaction.half_life, 2),
    }
    return {
        "reactions": grades,
        "expansion": expansion if story.infused + reaction.peak_day <= last else None,
    }

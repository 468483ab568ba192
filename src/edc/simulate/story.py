"""What happens to a subject from consent to the last contact: dates, doses, responses."""

from __future__ import annotations

from dataclasses import dataclass, field

from edc.simulate.courses import COURSES, FAILURES, Course
from edc.simulate.dice import Dice
from edc.simulate.person import (
    BETWEEN,
    BLOCK,
    FIRST_CONSENT,
    INFUSED,
    LEVEL_SIZE,
    LEVELS,
    ROLES,
    SCREEN_FAILURE,
    Person,
    draw_person,
)
from edc.simulate.protocol import Protocol, Visit
from edc.simulate.reaction import Reaction, draw_reaction

YEAR, TREATMENT = 365, "D0"


@dataclass(frozen=True)
class Infusion:
    """One infusion: `total` viable CAR+ cells in 10^6, `planned` in 10^6 a kilogram."""

    day: int
    start: int
    minutes: int
    weight: float
    planned: float
    total: float
    lot: str
    donor: str
    unit: str
    viable: float
    positive: float
    volume: int
    interrupted: int

    @property
    def per_kg(self) -> float:
        """The dose in 10^6 cells a kilogram."""
        return self.total / self.weight


@dataclass(frozen=True)
class Attended:
    """A planned visit that took place, or did not and why; `phone` if nobody came."""

    visit: Visit
    day: int
    took_place: bool = True
    phone: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Assessment:
    """What was found at a visit: overall response, blasts in the marrow, residual disease."""

    folder: str
    day: int
    overall: str
    blasts: str
    residual: str
    percent: str
    relapse: str = ""


@dataclass
class Story:
    """A subject's history; days are ordinals, 0 is never."""

    number: int
    subject: str
    role: str
    person: Person
    course: Course
    consent: int
    decided: int
    failure: tuple[str, str, str] = ("", "", "")
    enrolled: int = 0
    level: str = ""
    depletion: int = 0
    infusions: list[Infusion] = field(default_factory=list)
    visits: list[Attended] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    unscheduled: list[int] = field(default_factory=list)
    graft: int = 0
    therapy: int = 0
    death: int = 0
    cause: str = ""
    lost: int = 0
    withdrawn: int = 0
    ended: int = 0
    end_reason: str = ""
    reconsent: int = 0
    reaction: Reaction | None = None

    @property
    def infused(self) -> int:
        """The day of the first infusion, 0 if there was none."""
        return self.infusions[0].day if self.infusions else 0

    @property
    def last(self) -> int:
        """The day after which nothing is collected."""
        return self.death or self.ended or self.consent + 2 * YEAR


def tell(protocol: Protocol, seed: int, number: int) -> Story:
    """The story of the n-th subject, whatever the number of subjects."""
    subject = protocol.subject(number)
    first = protocol.number(protocol.rescreened[subject]) if subject in protocol.rescreened else number
    block, place = divmod(number - 1, BLOCK)
    dice = Dice(seed, number, "story")
    role, course = _part(protocol, seed, block, place)
    consent = _consent(seed, number)
    person = draw_person(seed, first, _consent(seed, first), course.lymphoma)
    decided = consent + dice.whole(5, 12)
    story = Story(number, subject, role, person, course, consent, decided)
    if role == SCREEN_FAILURE:
        story.failure = (
            FAILURES[0] if _later(protocol, subject) else FAILURES[(number + seed) % len(FAILURES)]
        )
        if story.failure[0] == "3":
            story.death, story.cause = decided, "1"
        story.visits = [Attended(protocol.visits[0], consent + dice.whole(1, 3))]
        return story
    story.enrolled = decided + dice.whole(0, 1)
    story.level = list(protocol.levels)[1 + place // LEVEL_SIZE % LEVELS]
    planned_start = story.enrolled + dice.whole(2, 6)
    if role == INFUSED:
        story.depletion = planned_start
        _infuse(protocol, story, dice)
        _follow(protocol, story, dice)
        story.reaction = draw_reaction(Dice(seed, number, "reaction"), course, story.person)
    else:
        _stop_before(protocol, story, planned_start, dice)
    return story


def _consent(seed: int, number: int) -> int:
    place = (number - 1) % BLOCK
    return FIRST_CONSENT + place * BETWEEN + Dice(seed, number, "consent").whole(0, 12)


def _later(protocol: Protocol, subject: str) -> bool:
    return subject in protocol.rescreened.values()


def _part(protocol: Protocol, seed: int, block: int, place: int) -> tuple[str, Course]:
    """Role and course: each block of subjects has all of them, in an order of its own."""
    level, seat = divmod(place, LEVEL_SIZE)
    roles = Dice(seed, block * LEVELS + level, "roles").shuffled(ROLES[level])
    for other in range(LEVEL_SIZE):
        subject = protocol.subject(block * BLOCK + level * LEVEL_SIZE + other + 1)
        if subject in protocol.rescreened or _later(protocol, subject):
            wanted = INFUSED if subject in protocol.rescreened else SCREEN_FAILURE
            swap = next(n for n, role in enumerate(roles) if role == wanted)
            roles[other], roles[swap] = roles[swap], roles[other]
    infused_before = sum(role == INFUSED for role in roles[:seat])
    courses = Dice(seed, block, "courses").shuffled(COURSES)
    return roles[seat], courses[(level * 6 + infused_before) % len(courses)]


def _stop_before(protocol: Protocol, story: Story, start: int, dice: Dice) -> None:
    """Enrolled, never infused: after lymphodepletion for an infection, or by withdrawal before it."""
    story.visits = [Attended(protocol.visits[0], story.consent + dice.whole(1, 3))]
    if story.role == "depleted":
        story.depletion = start
        story.death = start + dice.whole(18, 40)
        story.cause, story.ended, story.end_reason = "3", story.death, "1"
        for visit in protocol.visits:
            if -5 <= visit.day < 0:
                story.visits.append(Attended(visit, start + visit.day + 5))
            elif visit.folder == TREATMENT:
                story.visits.append(Attended(visit, start + 5, False, reason="Infusion cancelled"))
    else:
        story.ended = story.enrolled + dice.whole(3, 9)
        story.end_reason = ("3", "8", "4")[story.number % 3]


def _infuse(protocol: Protocol, story: Story, dice: Dice) -> None:
    days = [story.depletion + 5]
    if story.course.second:
        days.append(days[0] + story.course.second)
    planned = protocol.levels[story.level]
    units = dice.shuffled(["cells", "10^6 cells", "10^8 cells", "cells/kg", "10^6/kg"])
    for place, day in enumerate(days):
        weight = round(story.person.weight * dice.between(0.97, 1.03), 1)
        share = min(1.15, max(0.85, dice.normal(1, 0.05)))
        story.infusions.append(
            Infusion(
                day=day,
                start=dice.whole(9 * 60, 15 * 60),
                minutes=dice.whole(15, 45),
                weight=weight,
                planned=planned,
                total=round(share * planned * weight, 1),
                lot=f"{protocol.project}-{24000 + story.number:05d}{'AB'[place]}",
                donor=f"HD{dice.whole(1, 12):02d}",
                unit=units[place],
                viable=round(dice.between(84, 98), 1),
                positive=round(dice.between(28, 64), 1),
                volume=dice.whole(20, 110),
                interrupted=dice.whole(5, 25) if dice.chance(0.12) else 0,
            )
        )


def _follow(protocol: Protocol, story: Story, dice: Dice) -> None:
    """Visits and assessments after the infusion, until the course ends."""
    course, start = story.course, story.infused
    story.cause = course.cause
    moved = dice.whole(-2, 2) if course.death > 30 else 0
    story.death = start + course.death + moved if course.death else 0
    story.graft = start + course.graft + dice.whole(-4, 4) if course.graft else 0
    story.lost = start + course.lost if course.lost else 0
    story.withdrawn = start + course.withdrawn if course.withdrawn else 0
    found, residual = course.found.split(), course.residual.split()
    planned = [visit for visit in protocol.visits if visit.assessed]
    over = story.death or story.lost or story.withdrawn or start + 2 * YEAR
    for place, visit in enumerate(planned):
        day = start + visit.day + _jitter(visit, dice)
        if place < len(found) and day < over and found[place] != "-":
            story.assessments.append(
                _assessed(course, story, visit.folder, day, found, residual, place, dice)
            )
    if course.therapy:
        story.therapy = max(start + course.therapy, story.assessments[-1].day + dice.whole(2, 6))
    days = {one.folder: one.day for one in story.assessments}
    stopped = len(found) if found and len(found) < len(planned) else len(planned)
    _attend(protocol, story, days, {visit.folder for visit in planned[stopped:]}, over, dice)
    _end(story, over)


def _jitter(visit: Visit, dice: Dice) -> int:
    reach = min(visit.window, 9)
    return dice.whole(-reach, reach) if reach > 1 else 0


def _assessed(
    course: Course,
    story: Story,
    folder: str,
    day: int,
    found: list[str],
    residual: list[str],
    place: int,
    dice: Dice,
) -> Assessment:
    overall = found[place]
    state = residual[place] if place < len(residual) else "-"
    percent = _percent(state, overall, dice)
    return Assessment(
        folder, day, overall, _blasts(overall, course, story, dice), state, percent,
        course.relapse if overall == "RD" else "",
    )  # fmt: skip


def _blasts(overall: str, course: Course, story: Story, dice: Dice) -> str:
    """Percent of blasts in the marrow that goes with an overall response."""
    before = story.person.blasts
    if overall == "NE":
        return ""
    if overall in ("CR", "CRi") or course.lymphoma or course.relapse in ("2", "3"):
        return dice.weighted({"0": 0.2, "1": 0.4, "2": 0.25, "0.5": 0.1, "<1": 0.05})
    if overall == "PR":
        return str(max(5, min(24, round(before * dice.between(0.15, 0.4)))))
    if overall == "NR":
        return str(round(before * dice.between(0.8, 1.0)))
    if overall == "PD":
        return str(min(97, max(round(before * dice.between(1.3, 1.6)), 30)))
    return str(dice.whole(9, 78))


def _percent(state: str, overall: str, dice: Dice) -> str:
    if state == "n":
        return "<0.01"
    if state != "p":
        return ""
    if overall in ("CR", "CRi"):
        return dice.pick(["0.03", "0.11", "0.24", "1.2E-2"])
    return f"{dice.between(4, 60):.2f}"


def _attend(
    protocol: Protocol, story: Story, days: dict[str, int], after: set[str], over: int, dice: Dice
) -> None:
    """Every planned visit up to the end; those after the disease came back are by phone or not at all."""
    start = story.infused
    for visit in protocol.visits:
        if visit.order == 1:
            story.visits.append(Attended(visit, story.consent + dice.whole(1, 3)))
            continue
        if not visit.window and not visit.day and visit.folder != TREATMENT:
            continue  # the end of the study is written when it is known
        day = days.get(visit.folder) or start + visit.day + (_jitter(visit, dice) if visit.day > 0 else 0)
        if day >= over:
            continue
        if visit.folder in after:
            story.visits.append(
                Attended(visit, day, phone=True)
                if dice.chance(0.35)
                else Attended(visit, day, False, reason="Off treatment, survival follow-up only")
            )
        elif visit.assessed and visit.folder not in days:
            story.visits.append(Attended(visit, day, False, reason=dice.pick(MISSED)))
        else:
            story.visits.append(Attended(visit, day))
    if dice.chance(0.5) and story.assessments:
        story.unscheduled = [start + dice.whole(32, 45)]
        if dice.chance(0.3):
            story.unscheduled.append(story.unscheduled[0] + dice.whole(2, 4))
        story.unscheduled = [day for day in story.unscheduled if day < over and day not in days.values()]
    if dice.chance(0.3):
        story.reconsent = start + dice.whole(60, 200)
        story.reconsent = story.reconsent if story.reconsent < over else 0


MISSED = (
    "Visit missed: travel restrictions",
    "Patient in local hospital",
    "Visit missed – family reasons",
    "Patient did not return – lives far away",
)


def _end(story: Story, over: int) -> None:
    """Disposition: death, loss, withdrawal, or the end of the year."""
    if story.lost:
        story.ended, story.end_reason = over, "2"
    elif story.withdrawn:
        story.ended, story.end_reason = over, "3"
    elif story.death and story.death <= story.infused + YEAR + 14:
        story.ended, story.end_reason = story.death, "1"
    elif story.therapy and story.course.therapy_type == "5":
        story.ended, story.end_reason = story.therapy + 30, "5"
    else:
        last = next((v.day for v in story.visits if v.visit.day >= YEAR), story.infused + YEAR)
        story.ended = max(last, story.infused + YEAR + 1)
    story.visits = [
        one for one in story.visits
        if one.day <= story.ended and (one.took_place or story.infused + one.visit.day < story.ended)
    ]  # fmt: skip
    story.unscheduled = [day for day in story.unscheduled if day < story.ended]

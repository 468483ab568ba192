"""What the infusion does to a subject: cytokine release, neurotoxicity, graft against host, blood counts."""

from __future__ import annotations

from dataclasses import dataclass

from edc.simulate.courses import Course
from edc.simulate.dice import Dice
from edc.simulate.person import Person

POTASSIUM, LYSIS, VIRUS = "potassium", "lysis", "virus"
LASTS = {POTASSIUM: 8, LYSIS: 5, VIRUS: 21}  # days


@dataclass(frozen=True)
class Spell:
    """A course of days: `grades` day by day from protocol day `start`."""

    start: int
    grades: tuple[int, ...]

    @property
    def worst(self) -> int:
        """The highest grade."""
        return max(self.grades, default=0)

    @property
    def end(self) -> int:
        """The last day."""
        return self.start + len(self.grades) - 1

    def on(self, day: int) -> int:
        """The grade on a protocol day."""
        return self.grades[day - self.start] if self.start <= day <= self.end else 0


@dataclass(frozen=True)
class Reaction:
    """Spells, when the counts recover and the cells peak, and when other troubles start (protocol days)."""

    storm: Spell
    neuro: Spell
    host: Spell
    chronic: Spell
    nadir: int
    recovery: int
    peak_day: int
    peak: float
    half_life: float
    troubles: dict[str, int]

    def suffers(self, trouble: str, day: int) -> bool:
        """Whether a trouble is there on a day."""
        start = self.troubles.get(trouble)
        return start is not None and start <= day <= start + LASTS[trouble]


def draw_reaction(dice: Dice, course: Course, person: Person) -> Reaction:
    """The reaction that goes with a course."""
    onset = dice.whole(2, 6)
    storm = _rise_and_fall(onset, course.storm, dice)
    neuro = _rise_and_fall(onset + dice.whole(1, 3), course.neuro, dice)
    host = _rise_and_fall(dice.whole(18, 27), course.host, dice, slow=3)
    if course.host == 4:
        host = Spell(host.start, (*host.grades[: len(host.grades) // 2], *[4] * 60))
    chronic = (
        Spell(dice.whole(150, 190), (1,) * 10 + (2,) * 40 + (1,) * 60) if course.chronic else Spell(0, ())
    )
    return Reaction(
        storm=storm,
        neuro=neuro,
        host=host,
        chronic=chronic,
        nadir=dice.whole(4, 9),
        recovery=dice.whole(16, 24),
        peak_day=dice.whole(8, 14),
        peak=10 ** dice.normal(4.7 + 0.1 * course.storm, 0.35),
        half_life=dice.between(6, 26),
        troubles=_troubles(course, person, dice),
    )


def _troubles(course: Course, person: Person, dice: Dice) -> dict[str, int]:
    """The day on which potassium falls, a tumour dissolves, a virus wakes; each only for some."""
    found = {}
    if dice.chance(0.35):
        found[POTASSIUM] = dice.whole(1, 30)
    if person.blasts > 60 and dice.chance(0.4):
        found[LYSIS] = dice.whole(2, 6)
    if dice.chance(0.35) and course.found:
        found[VIRUS] = dice.whole(25, 70)
    return found


def _rise_and_fall(start: int, worst: int, dice: Dice, slow: int = 1) -> Spell:
    """Grades that climb to the worst and come down again."""
    if not worst:
        return Spell(0, ())
    up = [grade for grade in range(1, worst) for _ in range(slow * dice.whole(1, 2))]
    top = [worst] * (slow * dice.whole(1, 3))
    down = [grade for grade in range(worst - 1, 0, -1) for _ in range(slow * dice.whole(1, 2))]
    return Spell(start, tuple(up + top + down))

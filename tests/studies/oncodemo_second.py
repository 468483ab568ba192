"""RECIST 1.1 for a subject at a time, in plain Python, written from the paper without the product's code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

BEST_FIRST = ("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE")
CONFIRM_DAYS, STABLE_DAYS, MOST_NE = 28, 42, 1
Visit = tuple[date, str]


@dataclass(frozen=True)
class Person:
    """What is known of a subject: randomization, assessments in order of time, death, end of study."""

    randomized: date
    visits: tuple[Visit, ...]
    death: date | None
    ended: date | None

    def up_to_progression(self) -> list[Visit]:
        """The assessments after randomization, up to and with the first PD."""
        found = []
        for visit in self.visits:
            if visit[0] > self.randomized:
                found.append(visit)
                if visit[1] == "PD":
                    break
        return found


def is_confirmed(visits: list[Visit], place: int) -> bool:
    """Whether the response at `place` is confirmed by the first one late enough [RECIST 1.1, 4.6]."""
    day, value = visits[place]
    wanted = ("CR",) if value == "CR" else ("CR", "PR")
    not_evaluable, complete = 0, value == "CR"
    for later, other in visits[place + 1 :]:
        if other == "NE":
            not_evaluable += 1
            continue
        if other not in wanted or (complete and other == "PR"):
            return False
        complete = complete or other == "CR"
        if (later - day).days >= CONFIRM_DAYS:
            return not_evaluable <= MOST_NE
    return False


def best(person: Person, confirm: bool) -> tuple[str, date | None]:
    """Best overall response and the first day that counts so."""
    visits, counted = person.up_to_progression(), []
    for place, (day, value) in enumerate(visits):
        if confirm and value in ("CR", "PR") and not is_confirmed(visits, place):
            value = "SD"
        if value in ("SD", "NON-CR/NON-PD") and (day - person.randomized).days < STABLE_DAYS:
            value = "NE"
        counted.append((BEST_FIRST.index(value), day, value))
    if not counted:
        return "MISSING", None
    _, day, value = min(counted)
    return value, day


def first_response(person: Person, confirm: bool) -> date | None:
    """The first CR or PR that counts."""
    visits = person.up_to_progression()
    for place, (day, value) in enumerate(visits):
        if value in ("CR", "PR") and (not confirm or is_confirmed(visits, place)):
            return day
    return None


def time_to_event(person: Person, start: date) -> tuple[int, bool]:
    """Days from the start to progression or death, and whether there was one; both ends count."""
    days = [day for day, value in person.up_to_progression() if value == "PD"]
    days += [person.death] if person.death else []
    if days:
        return (min(days) - start).days + 1, True
    assessed = [day for day, value in person.visits if value != "NE" and day >= start]
    return (max(assessed, default=start) - start).days + 1, False


def survival(person: Person) -> tuple[int, bool]:
    """Days from randomization to death, or to the end of study."""
    return ((person.death or person.ended or person.randomized) - person.randomized).days + 1, bool(
        person.death
    )

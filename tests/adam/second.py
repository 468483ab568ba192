"""A second implementation of D.3 and D.4: one subject at a time, plain Python, written from the rules alone.

Days are protocol days (infusion = 0); None is missing. Nothing is shared with `src/adam`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

WORST = ["RD", "PD", "NR", "PR", "CRi", "CR"]
BEST = ["CR", "CRi", "PR", "NR", "PD", "RD"]
WINDOWS = {
    "W4": (28, 21, 35), "W8": (56, 49, 63), "W12": (84, 77, 91), "M4": (120, 106, 134), "M5": (150, 136, 164),
    "M6": (180, 166, 194), "M9": (270, 256, 284), "M12": (365, 351, 379),
}  # fmt: skip
HORIZON = 379


@dataclass
class Person:
    """What is known of one treated subject at the cut."""

    cut: int
    ovr: list[tuple[int, str]]
    mrd: list[tuple[int, str]]
    hsct: int | None = None
    nact: int | None = None
    death: int | None = None
    cause: str | None = None
    alive: int = 0
    left: tuple[str, int | None] | None = None
    disease: bool = True
    rows: dict[str, tuple] = field(default_factory=dict)

    @property
    def until(self) -> int:
        return min(self.cut, HORIZON)

    def known(self, day: int | None) -> int | None:
        """The day, if the efficacy analysis may use it [D-HOR]."""
        return day if day is not None and day <= self.until else None

    def daily(self, last: int | None = None) -> list[tuple[int, str]]:
        """The adequate response of each day after infusion up to the horizon; the worst counts."""
        found: dict[int, str] = {}
        for day, value in self.ovr:
            usable = 0 < day <= self.until and (last is None or day <= last)
            if (
                usable
                and value in WORST
                and (day not in found or WORST.index(value) < WORST.index(found[day]))
            ):
                found[day] = value
        return sorted(found.items())

    def first_pd(self, last: int | None = None) -> int | None:
        """E-PD."""
        return next((day for day, value in self.daily(last) if value in ("PD", "RD")), None)

    def evaluable(self, last: int | None = None) -> list[tuple[int, str]]:
        """E-EVSET."""
        return [
            (day, value)
            for day, value in self.daily(last)
            if not later(day, self.first_pd(last)) and not later(day, self.nact)
        ]

    def samples(self) -> list[tuple[int, str]]:
        """E-MRDSET: one a day, POS before NEG before NE."""
        found: dict[int, str] = {}
        for day, status in sorted(self.mrd, key=lambda sample: ["POS", "NEG", "NE"].index(sample[1])):
            ok = 0 < day <= self.until and not later(day, self.first_pd()) and not later(day, self.nact)
            if ok and day not in found:
                found[day] = status
        return sorted(found.items())


def later(day: int, limit: int | None) -> bool:
    return limit is not None and day > limit


def before(day: int | None, limit: int) -> bool:
    return day is not None and day < limit


def status(person: Person, week: str, last: int | None = None) -> tuple[str | None, str, int | None]:
    """E-ORR: Y, N or None; the reason or value; the day of the selected record."""
    target, low, high = WINDOWS[week]
    inside = [(day, value) for day, value in person.daily(last) if low <= day <= high]
    eligible = [record for record in person.evaluable(last) if record in inside]
    if before(person.first_pd(last), low):
        return "N", "PD/RELAPSE", None
    if before(person.known(person.nact), low):
        return "N", "NEW THERAPY", None
    if eligible:
        day, value = min(eligible, key=lambda record: (abs(record[0] - target), -record[0]))
        return ("Y" if value in ("CR", "CRi", "PR") else "N"), value, day
    if inside:
        return "N", "NEW THERAPY", None
    if person.known(person.death) is not None and person.death <= high:
        return "N", "DEATH", None
    if person.until < high:
        return None, "NOT YET REACHED", None
    for day, value in person.ovr:
        if value == "NE" and low <= day <= min(high, person.until) and not later(day, last):
            return "N", "NOT EVALUABLE", None
    return "N", "NO ASSESSMENT", None


def adrs(person: Person) -> dict[str, tuple]:
    """Every one-row parameter: AVALC and day."""
    rows: dict[str, tuple] = {}

    def say(name: str, day: int | None, *, only_if_there: bool = False) -> None:
        if day is not None or not only_if_there:
            rows[name] = ("N", None) if day is None else ("Y", day)

    say("PD", person.first_pd())
    say("HSCTANY", person.known(person.hsct))
    say("NACT", person.known(person.nact))
    say("DEATH", person.known(person.death))
    say("LSTA", max((day for day, _ in person.daily()), default=None), only_if_there=True)
    if not person.disease:
        return rows
    for week in ("W4", "W8", "W12"):
        answer, value, day = status(person, week)
        rows[f"ST{week}"] = (value, day)
        rows[f"ORR{week}"] = (answer, day)
        rows[f"CR{week}"] = (answer and ("Y" if value in ("CR", "CRi") else "N"), day)
        answer, _, day = status(person, week, person.hsct)
        rows[f"ORR{week}H"] = (answer, day)
    evaluable = person.evaluable()
    for name, last in (("BOR", HORIZON + 9), ("BORW12", 91)):
        found = [(BEST.index(value), day) for day, value in evaluable if day <= last]
        rows[name] = (BEST[min(found)[0]], min(found)[1]) if found else ("NE", None)
    response = next((day for day, value in evaluable if value in ("CR", "CRi", "PR")), None)
    complete = next((day for day, value in evaluable if value in ("CR", "CRi")), None)
    say("ORR", response)
    say("CRCRI", complete)
    say("RSP", response, only_if_there=True)
    say("CR1", complete, only_if_there=True)
    relapses = [
        day for day, value in person.daily() if value == "RD" and complete is not None and day > complete
    ]
    say("RELAPSE", min(relapses, default=None))
    samples = person.samples()
    negative = [day for day, result in samples if result == "NEG"]
    say("MRDNEG", min(negative, default=None))
    near = [
        day for day, value in evaluable if value in ("CR", "CRi") and any(abs(day - n) <= 7 for n in negative)
    ]
    say("MRDORR", min(near, default=None))
    say(
        "MRDREL",
        min(
            (day for day, result in samples if molecular(person, complete, negative, day, result)),
            default=None,
        ),
    )
    if response is not None:
        day = person.known(person.hsct)
        ok = day is not None and day > response and not later(day, person.first_pd())
        ok = ok and not before(person.known(person.nact), day)
        say("HSCTREM", day if ok else None)
    return rows


def molecular(person: Person, complete: int | None, negative: list[int], day: int, result: str) -> bool:
    """D.3 MRDREL, for one sample."""
    if result != "POS" or complete is None or day <= complete or not any(n < day for n in negative):
        return False
    last = [value for seen, value in person.daily() if seen <= day][-1]
    return last in ("CR", "CRi") and (person.first_pd() is None or person.first_pd() > day)


def adtte(person: Person) -> dict[str, tuple]:
    """Every parameter: start, day, CNSR and the text of event or censoring."""
    rows, facts = {}, adrs(person)
    rows["OS"] = survival(person)
    start, day, cnsr, text = rows["OS"]
    rows["FUP"] = (start, day, 0 if cnsr else 1, text)
    response, complete = (facts.get(name, ("N", None))[1] for name in ("RSP", "CR1"))
    if response is not None:
        for name in ("DOR", "DORHSCT", "DORMISS"):
            rows[name] = duration(person, name, response, ("DISEASE", "UNKNOWN"), "DEATH DUE TO DISEASE")
        rows["DORALL"] = duration(person, "DORALL", response, None, "DEATH")
        rows["TTHSCT"] = to_transplant(person, response, facts["HSCTREM"][1])
    if complete is not None:
        for name in ("EFS", "EFSHSCT", "EFSMISS"):
            rows[name] = duration(person, name, complete, None, "DEATH")
        rows["EFSMRD"] = duration(person, "EFSMRD", complete, None, "DEATH", facts["MRDREL"][1])
    if person.disease:
        rows["TTR"] = to_response(person, response, "FIRST RESPONSE")
        rows["TTCR"] = to_response(person, complete, "FIRST CR/CRi")
        rows["EFSINF"] = from_infusion(person, complete)
    return rows


LAST = "LAST ADEQUATE ASSESSMENT"


def survival(person: Person) -> tuple:
    if person.known(person.death) is not None:
        return 0, person.death, 0, "DEATH"
    if person.alive > HORIZON:
        return 0, HORIZON, 8, "ALIVE AT ONE-YEAR HORIZON"
    if gone(person):
        return 0, min(person.alive, person.until), 2, "LOST TO FOLLOW-UP OR WITHDRAWN"
    return 0, min(person.alive, person.until), 1, "ALIVE AT LAST CONTACT"


def gone(person: Person) -> bool:
    return person.left is not None and person.known(person.left[1]) is not None


def last_seen(person: Person, start: int, limit: int) -> int:
    """The last adequate response from the start to a limit, else the start."""
    return max([start, *(day for day, _ in person.daily() if start <= day <= limit)])


def first_event(
    person: Person, start: int, causes: tuple | None, death: str, mrd: int | None
) -> tuple | None:
    """Rule a: day, precedence on one day, text."""
    found = [(day, 0, "RELAPSE" if value == "RD" else "DISEASE PROGRESSION")
             for day, value in person.daily() if value in ("PD", "RD") and day > start]  # fmt: skip
    if mrd is not None:
        found.append((mrd, 1, "MRD RELAPSE"))
    died = person.known(person.death)
    if died is not None and died >= start and (causes is None or person.cause in causes):
        found.append((died, 2, death))
    return min(found, default=None)


def duration(
    person: Person, name: str, start: int, causes: tuple | None, death: str, mrd: int | None = None
) -> tuple:
    """Rules a to g for DOR and EFS and their versions."""
    event = first_event(person, start, causes, death, mrd)
    ed = event[0] if event else 10**6
    hsct, nact = person.known(person.hsct), person.known(person.nact)
    if name.endswith("HSCT") and hsct is not None and start <= hsct < ed and not later(hsct, nact):
        return start, hsct, 4, "HSCT"
    if nact is not None and start <= nact < ed:
        return start, last_seen(person, start, nact), 3, f"{LAST} BEFORE NEW THERAPY"
    if name.endswith("MISS") and event:
        seen = max(day for day, _ in person.daily() if day < ed or (day == ed and event[1] == 2))
        if sum(low > seen and high < ed for _, low, high in WINDOWS.values()) >= 2:
            return start, seen, 6, f"{LAST} BEFORE MISSED ASSESSMENTS"
    if event:
        return start, ed, 0, event[2]
    if name.startswith("DOR") and person.known(person.death) is not None:
        return start, last_seen(person, start, person.death), 5, f"{LAST} BEFORE NON-DISEASE DEATH"
    return start, last_seen(person, start, person.until), 2 if gone(person) else 1, LAST


def to_transplant(person: Person, start: int, transplant: int | None) -> tuple:
    if transplant is not None:
        return start, transplant, 0, "HSCT IN REMISSION"
    ends = [day for day, value in person.daily() if value in ("PD", "RD") and day > start]
    ends += [person.death] if person.known(person.death) is not None else []
    if ends:
        return start, min(ends), 1, "PD, RELAPSE OR DEATH BEFORE HSCT"
    return start, last_seen(person, start, person.until), 2 if gone(person) else 1, LAST


def waiting(person: Person) -> tuple:
    """Rules c, g and h from infusion, for those without event."""
    nact = person.known(person.nact)
    if nact is not None:
        return 0, last_seen(person, 0, nact), 3, f"{LAST} BEFORE NEW THERAPY"
    if not person.daily():
        return 0, 0, 7, "NO ADEQUATE ASSESSMENT"
    return 0, last_seen(person, 0, person.until), 2 if gone(person) else 1, LAST


def to_response(person: Person, day: int | None, text: str) -> tuple:
    return waiting(person) if day is None else (0, day, 0, text)


def from_infusion(person: Person, complete: int | None) -> tuple:
    """D.4 EFSINF."""
    if complete is None or complete > 91:
        facts = (person.first_pd(), person.known(person.nact), person.known(person.death))
        open_yet = complete is None and person.until < 91 and all(fact is None for fact in facts)
        return waiting(person) if open_yet else (0, 0, 0, "TREATMENT FAILURE")
    event = first_event(person, complete, None, "DEATH", None)
    nact = person.known(person.nact)
    if nact is not None and nact < (event[0] if event else 10**6):
        return 0, last_seen(person, 0, nact), 3, f"{LAST} BEFORE NEW THERAPY"
    return (0, event[0], 0, event[2]) if event else waiting(person)

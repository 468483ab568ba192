"""Blood counts and chemistry over time: what lymphodepletion, reaction and disease do to them."""

from __future__ import annotations

from bisect import bisect_right
from math import exp, log

from edc.simulate.analytes import Analyte
from edc.simulate.dice import Dice
from edc.simulate.reaction import LYSIS, POTASSIUM
from edc.simulate.story import Story

GOOD, SLOW = (2.6, 165.0), (0.72, 61.0)


def haemoglobin(platelets: float) -> float:
    """The most that haemoglobin (g/L) is while the platelets are low."""
    return 58 + 16 * log(1 + platelets / 9)


class Blood:
    """The course of one subject's results; days are protocol days."""

    def __init__(self, story: Story, dice: Dice):
        self.story, self._dice = story, dice
        self._own = {}
        self._knots = sorted(self._draw_knots().items())
        self._days = [day for day, _ in self._knots]
        self._states = {one.day - story.infused: one.overall for one in story.assessments}

    def _draw_knots(self) -> dict[int, tuple[float, float]]:
        """Neutrophils and platelets on the days at which their course turns."""
        story = self.story
        start = (self._dice.between(1.1, 3.4), self._dice.between(55, 190))
        knots = {-60: start, -5: start}
        if story.reaction is None:
            return knots
        low = (self._dice.between(0.02, 0.3), self._dice.between(9, 40))
        knots |= {-1: (0.44, 62.0), story.reaction.nadir: low, story.reaction.nadir + 5: low}
        found = {one.day - story.infused: one.overall for one in story.assessments}
        if not found:
            knots[story.reaction.recovery + 20] = low
            return knots
        knots[story.reaction.recovery] = (0.6, 48.0)
        for day, overall in found.items():
            knots[day] = SLOW if overall in ("CRi", "NE", "NR", "PD", "RD", "PR") else GOOD
        if story.graft:
            day = story.graft - story.infused
            near = [other for other in found if day - 6 <= other <= day + 24]
            knots |= {} if near else {day - 6: GOOD, day + 6: (0.05, 15.0), day + 24: (1.4, 60.0)}
        return knots

    def level(self, day: int) -> tuple[float, float]:
        """Neutrophils and platelets (10^9/L) on a day, between the knots by the logarithm."""
        place = bisect_right(self._days, day)
        if place == 0 or place == len(self._days):
            return self._knots[min(place, len(self._days) - 1)][1]
        (first, low), (last, high) = self._knots[place - 1], self._knots[place]
        share = (day - first) / (last - first)
        return tuple(exp(log(a) * (1 - share) + log(b) * share) for a, b in zip(low, high, strict=True))

    def counts(self, day: int) -> tuple[float, float]:
        """What the laboratory counts on a day."""
        neutrophils, platelets = self.level(day)
        noise = self._dice.between(0.93, 1.07)
        return round(max(neutrophils * noise, 0.01), 2), max(
            round(platelets * self._dice.between(0.94, 1.06)), 4
        )

    def blasts(self, day: int) -> int:
        """Percent of blasts in the blood."""
        story = self.story
        if story.course.lymphoma:
            return 0
        own = int(story.person.blasts * 0.3)
        since = [overall for when, overall in sorted(self._states.items()) if when <= day]
        if since:
            many = since[-1] in ("PD", "RD") and story.course.relapse not in ("2", "3")
            return self._dice.whole(3, 30) + own * 5 // 4 if many else 0
        return own if day < -4 else 0

    def storm(self, day: int) -> int:
        """The grade of cytokine release on a day, and half of it for three days after."""
        reaction = self.story.reaction
        if reaction is None or not reaction.storm.worst:
            return 0
        grade = reaction.storm.on(day)
        return grade or (1 if reaction.storm.end < day <= reaction.storm.end + 3 else 0)

    def usual(self, analyte: Analyte) -> float:
        """A subject's own level of a test."""
        if analyte.code not in self._own:
            self._own[analyte.code] = analyte.usual * exp(self._dice.normal(0, analyte.spread / 100))
        return self._own[analyte.code]

    def result(self, analyte: Analyte, day: int, counts: tuple[float, float]) -> float:
        """The result of a test on a day."""
        level = self.usual(analyte) * exp(self._dice.normal(0, analyte.spread / 300))
        storm = self.storm(day)
        if analyte.code in ("CRP", "FER", "LDH", "DDIMER"):
            level *= (1, 9, 22, 40, 70)[storm] if analyte.code == "CRP" else (1, 1.7, 3.1, 6, 14)[storm]
        elif analyte.code in ("ALT", "AST", "GGT", "TBIL", "DBIL"):
            level *= (1, 1.2, 1.9, 3.2, 4.5)[storm] * self._liver(day)
        elif analyte.code in ("K", "UA", "P"):
            level *= self._salts(analyte.code, day)
        elif analyte.code in ("FIB", "ALB"):
            level *= (1, 0.95, 0.85, 0.7, 0.55)[storm]
        elif analyte.code == "HGB":
            level = min(level, haemoglobin(counts[1])) if day > -4 else level
        elif analyte.code in ("LYM#", "MONO#", "EOS#"):
            level *= min(1.0, counts[0] / 1.5) if -4 < day < 300 else 1
        return level

    def _salts(self, code: str, day: int) -> float:
        reaction = self.story.reaction
        if reaction is None:
            return 1
        if reaction.suffers(LYSIS, day):
            return {"K": 1.2, "UA": 2.4, "P": 1.6}[code]
        return 0.76 if code == "K" and reaction.suffers(POTASSIUM, day) else 1

    def _liver(self, day: int) -> float:
        reaction = self.story.reaction
        return 1 + 0.9 * reaction.host.on(day) if reaction else 1

"""Who a subject is: age, sex, size and disease, before anything of the study happens."""

from __future__ import annotations

from dataclasses import dataclass

from edc.simulate.dice import Dice

FIRST_CONSENT = 738_734  # ordinal of 2023-08-01
BETWEEN = 22  # days from one consent to the next
BLOCK, LEVEL_SIZE, LEVELS = 24, 8, 3

SCREEN_FAILURE, DEPLETED_ONLY, NEVER_TREATED, INFUSED = "failure", "depleted", "never", "infused"
ROLES = (
    [SCREEN_FAILURE, SCREEN_FAILURE, *[INFUSED] * 6],
    [SCREEN_FAILURE, DEPLETED_ONLY, *[INFUSED] * 6],
    [SCREEN_FAILURE, NEVER_TREATED, *[INFUSED] * 6],
)


@dataclass(frozen=True)
class Person:
    """A person with the disease."""

    birth: int
    sex: str
    race: str
    race_other: str
    ethnic: str
    height: float
    weight: float
    disease: str
    early: str
    lines: int
    prior_graft: bool
    outside: bool
    blasts: float
    antigen: float
    fluid: str

    def age(self, day: int) -> int:
        """Whole years on a day, to within a day of the birthday."""
        return int((day - self.birth) / 365.2425)

    @property
    def surface(self) -> float:
        """Body surface in square metres (Mosteller)."""
        return round((self.height * self.weight / 3600) ** 0.5, 2)


def draw_person(seed: int, number: int, consent: int, lymphoma: bool) -> Person:
    """The person behind a first screening number."""
    dice = Dice(seed, number, "person")
    age = dice.weighted({dice.between(4, 17.5): 0.2, dice.between(18, 39): 0.5, dice.between(40, 69): 0.3})
    sex = "M" if dice.chance(0.68) else "F"
    grown = min(1.0, (age / 17) ** 0.55)
    height = round((171 if sex == "M" else 160) * (0.42 + 0.58 * grown) + dice.normal(0, 5), 0)
    weight = round(max(13.0, (height / 100) ** 2 * dice.normal(15.5 + 6 * grown, 1.8)), 1)
    race = dice.weighted({"ASIAN": 0.93, "WHITE": 0.03, "OTHER": 0.04})
    lines = dice.weighted({1: 0.15, 2: 0.4, 3: 0.3, 4: 0.15})
    return Person(
        birth=consent - int(age * 365.2425) - dice.whole(2, 300),
        sex=sex,
        race=race,
        race_other=dice.pick(["Métis", "Han–Uyghur", "Eurasian"]) if race == "OTHER" else "",
        ethnic=dice.weighted({"HAN": 0.8, "MIN": 0.13, "NR": 0.03, "OTH": 0.04}) if race != "WHITE" else "NR",
        height=height,
        weight=weight,
        disease="TLBL" if lymphoma else dice.weighted({"TALL": 0.94, "MPAL": 0.06}),
        early=dice.weighted({"Y": 0.25, "N": 0.65, "U": 0.1}),
        lines=lines,
        prior_graft=lines > 1 and dice.chance(0.25),
        outside=lymphoma or dice.chance(0.12),
        blasts=round(dice.between(0.5, 4), 1) if lymphoma else float(dice.whole(10, 92)),
        antigen=round(dice.between(82, 99.6), 1),
        fluid=dice.weighted({"CNS1": 0.9, "CNS2": 0.07, "CNS3": 0.03}),
    )

"""ADRS and ADTTE against the second implementation, on 600 made-up subjects whose dates like to coincide."""

from __future__ import annotations

import random

import pandas as pd

from tests.adam.cases import LOST, built
from tests.adam.second import Person, adrs, adtte

START = pd.Timestamp("2024-03-04")
DAYS = [
    *range(1, 8), 14, 20, 21, 26, 27, 28, 29, 30, 35, 36, 48, 49, 55, 56, 57, 63, 64, 76, 77, 84, 90, 91, 92,
    105, 106, 120, 134, 135, 150, 165, 180, 194, 195, 270, 284, 285, 351, 365, 378, 379, 380, 390,
]  # fmt: skip
VALUES = ["CR", "CR", "CRi", "PR", "NR", "PD", "RD", "NE"]


def person(draw: random.Random) -> Person:
    """One subject; transplants, therapies and death often fall on the day of a response, none after death."""
    days = sorted(draw.choices([-6, 0, *DAYS], k=draw.randint(0, 7)))
    likely = [day for day in days if day > 0] + draw.sample(DAYS, 4)
    cut = draw.choice([30, 60, 62, 63, 90, 91, 92, 200, 379, 380, 450])
    found = Person(
        cut=cut,
        ovr=[(day, draw.choice(VALUES)) for day in days if day <= cut],
        mrd=[
            (day, draw.choice(["NEG", "NEG", "POS", "NE"])) for day in draw.choices(likely, k=3) if day <= cut
        ],
        disease=draw.random() < 0.95,
    )
    found.death = dated(draw, likely, cut, 0.4)
    end = cut if found.death is None else found.death
    found.ovr, found.mrd = (
        [record for record in records if record[0] <= end] for records in (found.ovr, found.mrd)
    )
    found.hsct = dated(draw, likely, end, 0.4)
    found.nact = dated(draw, likely, end, 0.3)
    found.cause = (
        draw.choice(["DISEASE", "UNKNOWN", "OTHER", "HSCT RELATED"]) if found.death is not None else None
    )
    if found.death is None and draw.random() < 0.3:
        found.left = (draw.choice(["LTFU", "WD"]), dated(draw, likely, cut, 0.9))
    alive = draw.choice([day for day in [1, *DAYS] if day <= cut])
    found.alive = alive if found.death is None else found.death
    return found


def dated(draw: random.Random, likely: list[int], cut: int, share: float) -> int | None:
    day = draw.choice(likely)
    return day if draw.random() < share and day <= cut else None


def day_text(day: int | None) -> str | None:
    return None if day is None else (START + pd.Timedelta(days=day)).date().isoformat()


def as_case(name: str, one: Person) -> dict:
    """The subject as `tests.adam.cases` reads a fixture."""
    reason, left = one.left or (None, None)
    percent = {"NEG": 0.0, "POS": 0.5, "NE": None}
    given = {
        "TRTSDT": day_text(0),
        "OVR": [[day_text(day), value] for day, value in one.ovr],
        "MRD": [[day_text(day), result, percent[result]] for day, result in one.mrd],
        "HSCTDT": day_text(one.hsct),
        "NACTDT": day_text(one.nact),
        "DTHDT": day_text(one.death),
        "DTHCAT": one.cause,
        "LAST_ALIVE_OR_DEATH": day_text(one.alive),
        "EOS": reason,
        "EOSDT": day_text(left),
        "DISEASE_AT_BASELINE": one.disease,
    }
    return {"subject": name, "dcutdt": day_text(one.cut), "input": given}


def day_of(value: pd.Timestamp) -> int | None:
    return None if pd.isna(value) else (value - START).days


def text_of(value: object) -> str | None:
    return None if pd.isna(value) else str(value)


def test_both_implementations_agree_on_every_parameter_of_every_subject():
    """Rules D.3, D.4; double programming (F-7)."""
    draw = random.Random(1302)
    people = {f"P{number:03d}": person(draw) for number in range(600)}
    _, found, times = built([as_case(name, one) for name, one in people.items()])
    single = found.loc[~found["PARAMCD"].isin(["OVR", "OVRD", "MRD", "MRDPCT"])]
    got = {
        (row.USUBJID, row.PARAMCD): (text_of(row.AVALC), day_of(row.ADT))
        for row in single.itertuples(index=False)
    }
    expected = {(name, code): row for name, one in people.items() for code, row in adrs(one).items()}
    assert got == expected
    got = {
        (row.USUBJID, row.PARAMCD): (
            day_of(row.STARTDT), day_of(row.ADT), row.CNSR,
            row.EVNTDESC if row.EVNTDESC != "CENSORED" else row.CNSDTDSC,
        )
        for row in times.itertuples(index=False)
    }  # fmt: skip
    expected = {(name, code): row for name, one in people.items() for code, row in adtte(one).items()}
    assert got == expected


def test_the_made_up_subjects_reach_every_reason():
    """A comparison that never meets a rule proves nothing."""
    draw = random.Random(1302)
    people = [person(draw) for _ in range(600)]
    reasons = {adrs(one).get("STW8", ("",))[0] for one in people}
    assert reasons >= {
        "PD/RELAPSE",
        "NEW THERAPY",
        "DEATH",
        "NOT YET REACHED",
        "NOT EVALUABLE",
        "NO ASSESSMENT",
    }
    assert {row[2] for one in people for row in adtte(one).values()} == {0, 1, 2, 3, 4, 5, 6, 7, 8}
    assert LOST.keys() >= {one.left[0] for one in people if one.left}
    for code in ("MRDREL", "HSCTREM", "MRDORR", "RELAPSE"):
        assert {adrs(one).get(code, ("",))[0] for one in people} >= {"Y", "N"}, code

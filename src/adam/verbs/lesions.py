"""What became of lesions at an assessment: gone, smaller, as they were, progressed, or not known.

By the Lugano classification for the subjects it is for (Cheson et al., J Clin Oncol 2014;32:3059, table 3);
of others a lesion is there until it is reported absent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from adam.rules import chosen, need, number, only, refuse, text
from adam.verbs.subjects import keep_subjects, nearest_rows, of_subject, smallest_before
from clinical import dates
from clinical.frames import Frame, joint_codes, take
from clinical.read import Mapping, Sequence
from clinical.where import Condition, condition, mask

STATUSES = NONE, SMALLER, STABLE, PROGRESSED = ("none", "smaller", "stable", "progressed")
UNKNOWN = ""
STATES = PRESENT, ABSENT, WORSE = ("present", "absent", "progressed")
TESTS = ("state", "diameter", "product", "score")
NUMBERS = ("complete_score", "normal_mm", "smaller", "larger")


@dataclass(frozen=True)
class Lugano:
    """Whom the classification is for and its limits: score, mm, percent, and growth in mm."""

    who: Condition
    complete_score: float
    normal_mm: float
    smaller: float
    larger: float
    up_to: float
    small: float
    large: float


@dataclass(frozen=True)
class LesionRules:
    """Which lesions are targets or new, the tests by what they measure, what a state means, the criteria."""

    target: Condition
    new: Condition
    tests: dict[str, str]
    states: dict[str, str]
    lugano: Lugano
    reported: tuple[tuple[Condition, dict[str, str]], ...]


def read_lesions(node: Mapping, owner: str) -> LesionRules:
    """The rules under `lesions`.

    Raises: SpecError for an unknown or missing key, state or status.
    """
    only(node, ("target", "new", "tests", "states", "lugano", "reported"), owner)
    tests, states = need(node, "tests", owner), need(node, "states", owner)
    only(tests, TESTS, f"{owner}.tests")
    reported = need(node, "reported", owner)
    if not isinstance(reported, Sequence):
        raise refuse("rules.shape", node.line("reported"), owner, key="reported", shape="a list of lines")
    return LesionRules(
        condition(need(node, "target", owner), owner),
        condition(need(node, "new", owner), owner),
        {key: text(tests, key, f"{owner}.tests") for key in TESTS},
        {name: chosen(states, name, text(states, name, owner), STATES, owner) for name in states},
        _lugano(need(node, "lugano", owner), f"{owner}.lugano"),
        tuple(_reported(line, f"{owner}.reported") for line in reported),
    )


def _lugano(node: Mapping, owner: str) -> Lugano:
    only(node, ("who", *NUMBERS, "growth"), owner)
    growth = need(node, "growth", owner)
    only(growth, ("up_to", "small", "large"), f"{owner}.growth")
    return Lugano(
        condition(need(node, "who", owner), owner),
        *(number(node, key, owner) for key in NUMBERS),
        *(number(growth, key, f"{owner}.growth") for key in ("up_to", "small", "large")),
    )


def _reported(node: Mapping, owner: str) -> tuple[Condition, dict[str, str]]:
    only(node, ("records", "values"), owner)
    values = need(node, "values", owner)
    statuses = {name: chosen(values, name, text(values, name, owner), STATUSES, owner) for name in values}
    return condition(need(node, "records", owner), owner), statuses


@dataclass(frozen=True, eq=False)
class Found:
    """For each assessment the status of the lesions, whether there are any, the record that decided (NaN)."""

    status: np.ndarray
    known: np.ndarray
    seq: np.ndarray


def lesion_status(
    assessments: Frame, adsl: Frame, tu: Frame, tr: Frame, rules: LesionRules, days: int
) -> Found:
    """The status of all lesions identified by the time of each assessment.

    Rows:    one answer for each assessment, from the measurement of each lesion nearest to it, not more than
             `days` away.
    Needs:   subject and ADT of the assessments; TULNKID, TUSTRESC, TUDTC; TRLNKID, TRTESTCD, TRSTRESC,
             TRSTRESN, TRDTC, TRLOBXFL, TRSEQ.
    Missing: a lesion that was not measured, or no sum of products to compare: the status is empty, unless
             another lesion progressed.
    Source:  rule A.4; Lugano 2014, table 3 (with PET by the score, else by CT).
    """
    lesions, measured = keep_lesions(tu, tr, adsl, rules)
    each = at_assessments(assessments, lesions, measured, rules, days)
    criteria, size = rules.lugano, len(assessments)
    scored = add_scores(assessments, each, measured[measured["test"] == "score"])
    treated_so = adsl.assign(lugano=mask(adsl, criteria.who))
    lugano = of_subject(assessments, treated_so, "lugano").to_numpy(dtype=bool)
    complete = lugano & (scored["score"] <= criteria.complete_score).to_numpy()
    active = lugano & (scored["score"] > criteria.complete_score).to_numpy()
    smaller = sums_smaller(each, size, criteria.smaller)
    by_size = np.where(np.isnan(smaller), UNKNOWN, np.where(smaller == 1, SMALLER, STABLE))
    gone = (each["state"] == ABSENT).to_numpy()
    normal = gone | (each["target"] & (each["diameter"] <= criteria.normal_mm)).to_numpy()
    all_gone = np.where(lugano, _every(each, normal, size) & ~active, _every(each, gone, size))
    fallen = active & (scored["score"] < scored["baseline"]).to_numpy()
    status = np.where(complete | all_gone, NONE, np.where(fallen, SMALLER, by_size))
    status = np.where(_every(each, each["measured"].to_numpy(), size), status, UNKNOWN)
    worse = worsened(each, scored, active, lugano & ~complete, criteria)
    progressed = _some(each, worse, size)
    return Found(
        np.where(progressed, PROGRESSED, status).astype(object),
        _some(each, np.ones(len(each), dtype=bool), size),
        np.where(
            progressed, _first_seq(each, worse, size), _first_seq(each, each["measured"].to_numpy(), size)
        ),
    )


def keep_lesions(tu: Frame, tr: Frame, adsl: Frame, rules: LesionRules) -> tuple[Frame, Frame]:
    """Lesions and their measurements, both with `lesion`, a number that is theirs alone."""
    mine = keep_subjects(tu, adsl)
    kinds = {code: kind for kind, code in rules.tests.items()}
    measured = keep_subjects(tr.loc[tr["TRTESTCD"].isin(tuple(kinds)) & tr["TRLNKID"].notna()], adsl)
    one, two = joint_codes([mine["subject"], mine["TULNKID"]], [measured["subject"], measured["TRLNKID"]])
    lesions = pd.DataFrame(
        {
            "subject": mine["subject"],
            "lesion": one,
            "target": mask(mine, rules.target),
            "new": mask(mine, rules.new),
            "since": dates.to_day(mine["TUDTC"]),
        }
    ).drop_duplicates("lesion")
    measured = measured.assign(
        lesion=two,
        test=measured["TRTESTCD"].map(kinds),
        value=measured["TRSTRESN"],
        state=measured["TRSTRESC"].map(rules.states),
        day=dates.to_day(measured["TRDTC"]),
        at=dates.latest(measured["TRDTC"]),
        seq=measured["TRSEQ"],
        baseline=(measured["TRLOBXFL"] == "Y").to_numpy(dtype=bool, na_value=False),
    )
    return lesions, measured.loc[measured["day"].notna()].reset_index(drop=True)


def at_assessments(
    assessments: Frame, lesions: Frame, measured: Frame, rules: LesionRules, days: int
) -> Frame:
    """A row for each assessment and lesion identified by then, with what was measured.

    Gives: row (of the assessment), state, diameter, product (0 of a lesion that is gone), score, the `seq` of
           the record of its state, else of its diameter; the smallest product and diameter so far, and the
           product at baseline.
    """
    asked = assessments[["subject", "ADT"]].reset_index(drop=True).reset_index(names="row")
    each = asked.merge(lesions, on="subject", validate="m:m")
    each = each.loc[~(each["since"] > each["ADT"] + pd.Timedelta(days=days))].reset_index(drop=True)
    for test in TESTS:
        of_test = measured.loc[measured["test"] == test].reset_index(drop=True)
        row = nearest_rows(each, of_test, days, by="lesion")
        each[test] = take(of_test["state" if test == "state" else "value"], row)
        each[f"{test}_seq"] = take(of_test["seq"], row)
        if test in ("diameter", "product"):
            each[f"least_{test}"] = smallest_before(each, of_test, of_test["value"].to_numpy(), "lesion")
        if test == "product":
            first = of_test.loc[of_test["baseline"]].groupby("lesion")["value"].first()
            each["first_product"] = first.reindex(each["lesion"]).to_numpy()
    gone = (each["state"] == ABSENT).to_numpy()
    each["product"] = each["product"].mask(gone, 0.0)
    each["measured"] = each["state"].notna() | (each["target"] & each["diameter"].notna())
    each["seq"] = each["state_seq"].where(each["state"].notna(), each["diameter_seq"])
    return each


def add_scores(assessments: Frame, each: Frame, scores: Frame) -> Frame:
    """The highest score of each assessment, that at baseline and the lowest of earlier days.

    Missing: a target that is not gone has no score: none of the assessment.
    """
    lacking = each["target"] & (each["state"] != ABSENT).to_numpy(dtype=bool, na_value=True)
    lacking = _some(each, (lacking & each["score"].isna()).to_numpy(), len(assessments))
    highest = each.groupby("row")["score"].max().reindex(range(len(assessments)))
    daily = scores.groupby(["subject", "day"], as_index=False)["value"].max()
    baseline = scores.loc[scores["baseline"]].groupby("subject")["value"].max()
    return pd.DataFrame(
        {
            "score": highest.mask(lacking).to_numpy(dtype="float64"),
            "baseline": baseline.reindex(assessments["subject"]).to_numpy(dtype="float64"),
            "least": smallest_before(assessments, daily, daily["value"].to_numpy()),
        }
    )


def sums_smaller(each: Frame, size: int, percent: float) -> np.ndarray:
    """1 where the sum of products of the targets is at least so many percent below baseline, else 0.

    Missing: NaN where a target has no product now or at baseline.
    """
    targets = each.loc[each["target"]]
    sums = targets.groupby("row")[["product", "first_product"]].sum(min_count=1).reindex(range(size))
    known = targets.assign(known=targets[["product", "first_product"]].notna().all(axis=1))
    whole = known.groupby("row")["known"].all().reindex(range(size), fill_value=True).to_numpy()
    less = (sums["product"] * 100 <= sums["first_product"] * (100 - percent)).to_numpy()
    return np.where(whole, less.astype("float64"), np.nan)


def worsened(
    each: Frame, scored: Frame, active: np.ndarray, sized: np.ndarray, criteria: Lugano
) -> np.ndarray:
    """Where a lesion progressed: new and there, said to have progressed, grown, or with a higher score.

    `active` and `sized` say of assessments whether scores and sizes count.
    """
    row, least = each["row"].to_numpy(), each["least_diameter"]
    state = each["state"]
    found = (each["new"] & (state == PRESENT)).to_numpy() | (state == WORSE).to_numpy()
    needed = np.where(least <= criteria.up_to, criteria.small, criteria.large)
    grown = each["target"] & (each["diameter"] > criteria.normal_mm) & (each["diameter"] - least >= needed)
    grown &= each["product"] * 100 >= each["least_product"] * (100 + criteria.larger)
    rising = active & (scored["score"] > scored["least"]).to_numpy()
    highest = each["score"].to_numpy() == scored["score"].to_numpy()[row]
    return found | (grown.to_numpy() & sized[row]) | (rising[row] & highest)


def _every(each: Frame, holds: np.ndarray, size: int) -> np.ndarray:
    return ~_some(each, ~holds, size)


def _some(each: Frame, holds: np.ndarray, size: int) -> np.ndarray:
    found = np.zeros(size, dtype=bool)
    found[each["row"].to_numpy()[holds]] = True
    return found


def _first_seq(each: Frame, holds: np.ndarray, size: int) -> np.ndarray:
    return each.loc[holds].groupby("row")["seq"].min().reindex(range(size)).to_numpy(dtype="float64")

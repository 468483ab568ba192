"""ADLB: columns of laboratory results that words do not reach, and prolonged cytopenia (D.5, D.6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from adam import bds
from adam.rules import chosen, need, number, only, refuse, text
from adam.verbs.grades import (
    FIXED_LIMITS,
    HIGH,
    LOW,
    UNGRADED,
    Criterion,
    combined_grade,
    grade_numbers,
    grade_results,
    grade_text,
    has_criteria,
    read_criteria,
)
from adam.verbs.results import HALVED, derivation_type, inequality, upper_bound
from adam.verbs.subjects import first_rows, keep_subjects, of_subject
from adam.verbs.windows import Window, days_since
from clinical import dates
from clinical.frames import Frame, as_text, codes_of, constant, group_codes, take
from clinical.spec import Dataset
from clinical.where import Condition, condition, mask


@dataclass(frozen=True)
class Corrected:
    """A test graded as `value + factor * (normal - other)`, `other` in `unit` and of the same sample."""

    test: str
    by: str
    unit: str
    factor: float
    normal: float


@dataclass(frozen=True)
class Grading:
    """The criteria, what a missing range does, the BASETYPE of the baseline, and the test corrected first."""

    criteria: tuple[Criterion, ...]
    without_range: str
    graded_from: str
    corrected: Corrected


@dataclass(frozen=True)
class Prolonged:
    """Results below a limit in a window: the parameter made of them."""

    code: str
    category: str
    window: Window
    records: Condition
    below: dict[str, float]


def read_rules(spec: Dataset) -> None:
    """Refuses what is wrong in the analysis windows and under `parameters`, before any data is read."""
    only(spec.parameters, ("grades", "without_range", "graded_from", "corrected", "prolonged"), spec.name)
    bds.read_visits(spec)
    _grading(spec)
    _prolonged(spec)


def _grading(spec: Dataset) -> Grading:
    owner = f"{spec.name}.corrected"
    node = need(spec.parameters, "corrected", spec.name)
    only(node, ("test", "by", "unit", "factor", "normal"), owner)
    named = (text(node, key, owner) for key in ("test", "by", "unit"))
    without_range = text(spec.parameters, "without_range", spec.name)
    return Grading(
        read_criteria(need(spec.parameters, "grades", spec.name), f"{spec.name}.grades"),
        chosen(spec.parameters, "without_range", without_range, (UNGRADED, FIXED_LIMITS), spec.name),
        text(spec.parameters, "graded_from", spec.name),
        Corrected(*named, number(node, "factor", owner), number(node, "normal", owner)),
    )


def _prolonged(spec: Dataset) -> Prolonged:
    owner = f"{spec.name}.prolonged"
    node = need(spec.parameters, "prolonged", spec.name)
    only(node, ("gives", "category", "window", "records", "below"), owner)
    windows = {window.name: window for window in bds.read_visits(spec).windows}
    name = text(node, "window", owner)
    if name not in windows:
        choices = " or ".join(windows)
        raise refuse("rules.choice", node.line("window"), owner, key="window", choices=choices, value=name)
    below = need(node, "below", owner)
    return Prolonged(
        text(node, "gives", owner),
        text(node, "category", owner),
        windows[name],
        condition(need(node, "records", owner), owner),
        {test: number(below, test, owner) for test in below},
    )


def moment(adlb: Frame) -> pd.Series:
    """ADTM, as `bds.moment`."""
    return bds.moment(adlb)


def analysis_visit(adlb: Frame, adsl: Frame, spec: Dataset) -> pd.Series:
    """AVISIT, as `bds.visit`."""
    return bds.visit(adlb, adsl, spec)


def analysis_visit_number(adlb: Frame, adsl: Frame, spec: Dataset) -> pd.Series:
    """AVISITN, as `bds.visit_number`."""
    return bds.visit_number(adlb, adsl, spec)


def nearest(adlb: Frame) -> pd.Series:
    """ANL01FL, as `bds.flag_nearest`."""
    return bds.flag_nearest(adlb)


def worst_low(adlb: Frame) -> pd.Series:
    """Y on the record with the worst low grade, as `bds.flag_worst`."""
    return bds.flag_worst(adlb, grade_numbers(adlb["ATOXGRL"]))


def worst_high(adlb: Frame) -> pd.Series:
    """Y on the record with the worst high grade, as `bds.flag_worst`."""
    return bds.flag_worst(adlb, grade_numbers(adlb["ATOXGRH"]))


def value_of_text(adlb: Frame) -> pd.Series:
    """AVAL of a result that is no number: half of x for `<x`, x for `>x`, the upper end of a range."""
    shown = adlb["LBSTRESC"]
    return upper_bound(shown, pd.Series(np.nan, index=shown.index))


def kind_of_text(adlb: Frame) -> pd.Series:
    """DTYPE: what AVAL was made of."""
    return derivation_type(adlb["LBSTRESC"])


def low_grade(adlb: Frame, spec: Dataset) -> pd.Series:
    """ATOXGRL: the low grade, 0 to 4; `verbs.grades.grade_results` says when there is none."""
    return _graded(adlb, _grading(spec), LOW)


def high_grade(adlb: Frame, spec: Dataset) -> pd.Series:
    """ATOXGRH: the high grade, 0 to 4."""
    return _graded(adlb, _grading(spec), HIGH)


def signed_grade(adlb: Frame, spec: Dataset) -> pd.Series:
    """ATOXGR: the worse of both grades, a low one negative."""
    low, high = grade_numbers(adlb["ATOXGRL"]), grade_numbers(adlb["ATOXGRH"])
    criteria = _grading(spec).criteria
    graded = has_criteria(adlb["PARAMCD"], criteria, LOW), has_criteria(adlb["PARAMCD"], criteria, HIGH)
    return grade_text(combined_grade(low, high, graded), adlb.index)


def _graded(adlb: Frame, grading: Grading, direction: str) -> pd.Series:
    results = _gradable(adlb, grading)
    return grade_text(grade_results(results, grading.criteria, direction, grading.without_range), adlb.index)


def _gradable(adlb: Frame, grading: Grading) -> Frame:
    """Results as `grade_results` reads them.

    A limit such as `<0.5` is graded as 0.5. The baseline is that of `graded_from`, whatever BASETYPE a record
    has, and abnormal if it is above the range it came with.
    """
    halved = (adlb["DTYPE"] == HALVED).to_numpy(dtype=bool, na_value=False)
    value = adlb["AVAL"].to_numpy() * np.where(halved, 2, 1)
    person, test = codes_of(adlb["USUBJID"]), codes_of(adlb["PARAMCD"])
    flagged = (adlb["BASETYPE"] == grading.graded_from) & (adlb["ABLFL"] == "Y")
    rows = np.flatnonzero(flagged.to_numpy(dtype=bool, na_value=False))
    group = group_codes([person, test])
    of_group = np.full(int(group.max(initial=-1)) + 2, -1)
    of_group[group[rows]] = rows
    row = of_group[group]
    base = take(adlb["AVAL"], row).to_numpy()
    return pd.DataFrame(
        {
            "test": adlb["PARAMCD"],
            "unit": adlb["unit"],
            "value": _corrected(adlb, value, grading.corrected, person),
            "low": adlb["ANRLO"],
            "high": adlb["ANRHI"],
            "base": base,
            "abnormal": base > take(adlb["ANRHI"], row).to_numpy(),
        }
    )


def _corrected(adlb: Frame, value: np.ndarray, rule: Corrected, person: np.ndarray) -> np.ndarray:
    """The values, those of the corrected test corrected; without one value of the other test: missing."""
    mine = (adlb["PARAMCD"] == rule.test).to_numpy(dtype=bool, na_value=False)
    other = ((adlb["PARAMCD"] == rule.by) & (adlb["unit"] == rule.unit)).to_numpy(dtype=bool, na_value=False)
    rows = np.flatnonzero(mine | other)
    sample = codes_of(take(adlb["sample"], rows))
    group = group_codes([person[rows], sample])
    given = pd.DataFrame({"group": group, "value": value[rows]})[other[rows] & (sample >= 0)]
    ends = given.groupby("group")["value"].agg(["min", "max"])
    agreed = ends["min"].where(ends["min"] == ends["max"])
    found = agreed.reindex(group).to_numpy()
    corrected = value.copy()
    corrected[rows] = value[rows] + rule.factor * (rule.normal - found)
    return np.where(mine, corrected, value)


def prolonged_cytopenia(lb: Frame, adsl: Frame, spec: Dataset) -> tuple[Frame, Frame]:
    """Prolonged cytopenia: whether a count is below its limit in the window, with its lineage.

    Rows:    one for each treated subject with a count below its limit there, or with all counts, none below.
    Gives:   AVAL and AVALC (1 Y, 0 N); taken, LBSPEC and LBSEQ of the first count below, else of the first.
    Ties:    of several records of a test the nearest to the target, then the later, then the higher LBSEQ.
    Source:  rules D.5 CQ06NAM, D.6.
    """
    rule = _prolonged(spec)
    found = _nearest_counts(lb, adsl, rule)
    low = np.zeros(len(adsl), dtype=bool)
    deciding = np.full(len(adsl), -1)
    known = np.zeros(len(adsl), dtype="int64")
    for test, limit in reversed(rule.below.items()):
        row = first_rows(found, (found["LBTESTCD"] == test).to_numpy(dtype=bool, na_value=False), len(adsl))
        has = row >= 0
        below = has & (take(found["value"], row) < limit).to_numpy(dtype=bool, na_value=False)
        deciding = np.where(below | (has & ~low), row, deciding)
        low, known = low | below, known + has
    there = np.flatnonzero(low | (known == len(rule.below)))
    some = found.iloc[deciding[there]].reset_index(drop=True)
    answer = pd.DataFrame(
        {
            "USUBJID": take(adsl["USUBJID"], there),
            "PARAMCD": constant(rule.code, len(there)),
            "PARCAT1": constant(rule.category, len(there)),
            "AVAL": low[there].astype("float64"),
            "AVALC": pd.Series(np.where(low[there], "Y", "N"), dtype="str"),
            **{new: some[old] for new, old in (("taken", "LBDTC"), ("LBSPEC", "LBSPEC"), ("LBSEQ", "LBSEQ"))},
        }
    )
    return answer, _counts_asked(found, there, adsl)


def _nearest_counts(lb: Frame, adsl: Frame, rule: Prolonged) -> Frame:
    """The count of each subject and test in the window that counts, with its value; `<x` counts as x."""
    asked = mask(lb, rule.records) & lb["LBTESTCD"].isin(tuple(rule.below)).to_numpy()
    found = keep_subjects(lb.loc[asked], adsl)
    sign, limit = inequality(found["LBSTRESC"])
    value = np.where(found["LBSTRESN"].isna() & (sign != ""), limit, found["LBSTRESN"])
    day = days_since(dates.to_day(found["LBDTC"]), of_subject(found, adsl, "TRTSDT"))
    inside = (day >= rule.window.first) & (day <= rule.window.last) & ~np.isnan(value)
    inside &= (of_subject(found, adsl, "SAFFL") == "Y").to_numpy(dtype=bool, na_value=False)
    found = found.assign(value=value, away=np.abs(day - rule.window.target), at=dates.latest(found["LBDTC"]))
    by, ascending = ["subject", "LBTESTCD", "away", "at", "LBSEQ"], [True, True, True, False, False]
    found = found.loc[inside].sort_values(by, ascending=ascending, kind="stable")
    return found.drop_duplicates(["subject", "LBTESTCD"]).reset_index(drop=True)


def _counts_asked(found: Frame, there: np.ndarray, adsl: Frame) -> Frame:
    place = np.full(len(adsl), -1)
    place[there] = np.arange(len(there))
    row = place[found["subject"].to_numpy()]
    record = take(adsl["USUBJID"], found["subject"].to_numpy()) + "/" + as_text(found["LBSEQ"])
    lineage = pd.DataFrame({"row": row, "source": constant("LB", len(found)), "record": record})
    return lineage[row >= 0].reset_index(drop=True)

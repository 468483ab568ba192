"""The overall response that the components of an assessment give: a check of the reported one (rule A.4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from adam.algorithm_rules import Algorithm, Component
from adam.verbs.lesions import NONE, PROGRESSED, SMALLER, UNKNOWN, lesion_status
from adam.verbs.results import upper_bound
from adam.verbs.subjects import (
    first_match,
    keep_subjects,
    last_before,
    nearest_rows,
    of_subject,
    smallest_before,
)
from clinical import dates
from clinical.frames import Frame, take
from clinical.where import mask

POSITIVE = "positive"


@dataclass(frozen=True, eq=False)
class Given:
    """The frames that components are read from: ADSL, RS, LB, TU and TR."""

    adsl: Frame
    rs: Frame
    lb: Frame
    tu: Frame
    tr: Frame


@dataclass(frozen=True, eq=False)
class Reading:
    """A component at each assessment: the value and number of its record, the value to compare with."""

    value: np.ndarray
    seq: np.ndarray
    base: np.ndarray
    least: np.ndarray

    def reference(self, from_nadir: bool) -> np.ndarray:
        """The value that an increase is measured from."""
        return np.fmin(self.base, self.least) if from_nadir else self.base


@dataclass(frozen=True, eq=False)
class Decided:
    """For each assessment the key of its value, what decided (or lacked), and the record to cite."""

    value: np.ndarray
    component: np.ndarray
    lacking: np.ndarray
    domain: np.ndarray
    seq: np.ndarray


def decide(assessments: Frame, after: np.ndarray, given: Given, rules: Algorithm) -> Decided:
    """The response of each assessment from marrow, blood, cerebrospinal fluid, lesions and counts.

    Rows:    in this order, the first that holds: relapse (`after` a complete remission) or progression by any
             component that shows it; not evaluable for want of a component; complete remission, without
             recovered counts an incomplete one; partial response; else stable.
    Needs:   subject, ADT, RSSEQ, VISITNUM and RSDTC of the assessments.
    Ties:    of components that show progression the first of the order above.
    Missing: blasts below the limit are no increase; fluid that was not positive need not be tested again, and
             lesions that nobody found need not be measured.
    Source:  rules A.4, D.3 OVRD.
    """
    parts = rules.components
    marrow, blood = (read_blasts(assessments, given, parts[name]) for name in ("marrow", "blood"))
    counts = [read_blasts(assessments, given, parts[name]) for name in ("neutrophils", "platelets")]
    fluid = read_fluid(assessments, given, parts["fluid"])
    lesions = read_lesion_status(assessments, given, rules)
    answers = Answers(len(assessments))
    relapse_or_progression(answers, after, marrow, blood, fluid, lesions, rules)
    lacking(answers, marrow, blood, fluid, lesions, rules)
    remission(answers, marrow, blood, fluid, lesions, counts, rules)
    partial(answers, marrow, blood, lesions, counts, rules)
    stable(answers, marrow, blood, fluid, lesions, rules)
    return answers.decided(assessments)


class Answers:
    """The answers given so far: each assessment keeps the first."""

    def __init__(self, size: int):
        self.open = np.ones(size, dtype=bool)
        self.value, self.component, self.lack, self.domain = (
            np.full(size, "", dtype=object) for _ in range(4)
        )
        self.seq = np.full(size, np.nan)

    def put(
        self,
        holds: np.ndarray,
        value: str,
        component: str,
        seq: np.ndarray,
        domain: str | np.ndarray = "LB",
    ) -> None:
        """A value for the assessments still open where it holds."""
        mine = self.open & holds
        self.value[mine], self.component[mine] = value, component
        self.domain[mine] = np.broadcast_to(domain, mine.shape)[mine]
        self.seq[mine] = np.broadcast_to(seq, mine.shape)[mine]
        self.open &= ~mine

    def lacks(self, holds: np.ndarray, what: str) -> None:
        """Not evaluable, for want of something."""
        self.lack[self.open & holds] = what
        self.put(holds, "unknown", "", np.nan)

    def decided(self, assessments: Frame) -> Decided:
        """The answers; one without record cites the assessment itself."""
        none = np.isnan(self.seq)
        seq = np.where(none, assessments["RSSEQ"].to_numpy(), self.seq)
        return Decided(self.value, self.component, self.lack, np.where(none, "RS", self.domain), seq)


@dataclass(frozen=True, eq=False)
class Status:
    """A component that has a status, whether disease is there, whether it is new, and the record to cite."""

    status: np.ndarray
    there: np.ndarray
    new: np.ndarray
    seq: np.ndarray
    domain: str | np.ndarray = "LB"


def results_of(given: Given, component: Component) -> Frame:
    """The dated results of a component, with `value`, `day`, `at` and `seq`."""
    asked = mask(given.lb, component.records)
    if component.usable is not None:
        asked &= mask(given.lb, component.usable)
    found = keep_subjects(given.lb.loc[asked], given.adsl)
    found = found.assign(
        value=upper_bound(found["LBSTRESC"], found["LBSTRESN"]),
        positive=found["LBSTRESC"].isin(component.positive),
        day=dates.to_day(found["LBDTC"]),
        at=dates.latest(found["LBDTC"]),
        seq=found["LBSEQ"],
    )
    known = found["LBSTRESC"].notna() if component.positive else found["value"].notna()
    return found.loc[found["day"].notna() & known].reset_index(drop=True)


def read_blasts(assessments: Frame, given: Given, component: Component) -> Reading:
    """The number nearest to each assessment, that at baseline, the smallest of earlier days after it."""
    found = results_of(given, component)
    row = nearest_rows(assessments, found, component.days)
    start = (found["LBLOBXFL"] == "Y").to_numpy(dtype=bool, na_value=False)
    if component.baseline:
        base = of_subject(assessments, given.adsl, component.baseline).to_numpy(dtype="float64")
    else:
        first = found.loc[start].groupby("subject")["value"].last()
        base = first.reindex(assessments["subject"]).to_numpy(dtype="float64")
    value = take(found["value"], row).to_numpy(dtype="float64")
    least = smallest_before(assessments, found, found["value"].to_numpy())
    return Reading(value, take(found["seq"], row).to_numpy(dtype="float64"), base, least)


def read_fluid(assessments: Frame, given: Given, component: Component) -> Status:
    """None or positive, by the nearest result; without one none, if the last result before was not positive.

    Missing: not tested again, and the last result before was positive.
    """
    found = results_of(given, component)
    row = nearest_rows(assessments, found, component.days)
    positive = np.append(found["positive"].to_numpy(dtype=bool), False)
    before = positive[last_before(assessments, found)]
    there = positive[row]
    status = np.where(there, POSITIVE, np.where((row < 0) & before, UNKNOWN, NONE)).astype(object)
    return Status(status, there, there & ~before, take(found["seq"], row).to_numpy(dtype="float64"))


def read_lesion_status(assessments: Frame, given: Given, rules: Algorithm) -> Status:
    """The status of the lesions as measured, else as reported on the page of the assessment.

    Gives:   they are there again only by progression where the Lugano classification is used: what is left of
             them in remission need not be disease.
    Missing: lesions that were found before and are neither measured nor reported.
    """
    found = lesion_status(assessments, given.adsl, given.tu, given.tr, rules.lesions, rules.days)
    status, seq = found.status.copy(), found.seq.copy()
    domain = np.full(len(assessments), "TR", dtype=object)
    asked = (status == UNKNOWN) | ~found.known
    pages = keep_subjects(given.rs, given.adsl)
    for records, values in rules.lesions.reported:
        answers = pages.loc[mask(pages, records)].reset_index(drop=True)
        row = first_match(assessments, answers, on=["subject", "VISITNUM", "RSDTC"], order="RSSEQ")
        said = take(answers["RSSTRESC"], row).map(values).to_numpy(dtype=object)
        mine = asked & pd.notna(said)
        status[mine], domain[mine] = said[mine], "RS"
        seq[mine] = take(answers["RSSEQ"], row).to_numpy(dtype="float64")[mine]
        asked = asked & ~mine
    criteria = given.adsl.assign(lugano=mask(given.adsl, rules.lesions.lugano.who))
    lugano = of_subject(assessments, criteria, "lugano").to_numpy(dtype=bool)
    new = status == PROGRESSED
    there = new | (~lugano & (status != NONE) & (status != UNKNOWN))
    return Status(status, there, new, seq, domain)


def relapse_or_progression(
    answers: Answers,
    after: np.ndarray,
    marrow: Reading,
    blood: Reading,
    fluid: Status,
    lesions: Status,
    rules: Algorithm,
) -> None:
    """Blasts or lesions after a complete remission; before one an increase or something new."""
    high, some = marrow.value >= rules.blast, blood.value > 0
    back = {"marrow": high, "blood": some, "fluid": fluid.there, "lesions": lesions.there}
    grown = {
        "marrow": high & increased(marrow, rules),
        "blood": some & increased(blood, rules),
        "fluid": fluid.new,
        "lesions": lesions.new,
    }
    found = {"marrow": marrow.seq, "blood": blood.seq, "fluid": fluid.seq, "lesions": lesions.seq}
    for value, where, shown in (("relapse", after, back), ("progression", ~after, grown)):
        for component, holds in shown.items():
            domain = lesions.domain if component == "lesions" else "LB"
            answers.put(where & holds, value, component, found[component], domain)


def increased(blasts: Reading, rules: Algorithm) -> np.ndarray:
    """Where blasts are at least so many percent above what an increase is measured from; never if unknown."""
    return blasts.value * 100 >= blasts.reference(rules.from_nadir) * (100 + rules.increase)


def lacking(
    answers: Answers, marrow: Reading, blood: Reading, fluid: Status, lesions: Status, rules: Algorithm
) -> None:
    """Not evaluable: a component is missing, or blasts cannot be compared with those at baseline."""
    answers.lacks(np.isnan(marrow.value), "marrow")
    answers.lacks(np.isnan(blood.value), "blood")
    answers.lacks(fluid.status == UNKNOWN, "fluid")
    answers.lacks(lesions.status == UNKNOWN, "lesions")
    answers.lacks((marrow.value >= rules.blast) & np.isnan(marrow.base), "baseline")
    answers.lacks((blood.value > 0) & np.isnan(blood.base), "blood_baseline")


def recovered(counts: list[Reading], rules: Algorithm) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where both counts are above their limits, where one is known not to be, and the record of that one."""
    neutrophils, platelets = counts
    few, low = neutrophils.value <= rules.neutrophils, platelets.value <= rules.platelets
    full = (neutrophils.value > rules.neutrophils) & (platelets.value > rules.platelets)
    return full, few | low, np.where(few, neutrophils.seq, platelets.seq)


def remission(
    answers: Answers,
    marrow: Reading,
    blood: Reading,
    fluid: Status,
    lesions: Status,
    counts: list[Reading],
    rules: Algorithm,
) -> None:
    """No disease left: complete if the counts have recovered, incomplete if one of them has not."""
    clear = (marrow.value < rules.blast) & (blood.value <= 0) & ~fluid.there & (lesions.status == NONE)
    full, low, seq = recovered(counts, rules)
    answers.put(clear & full, "complete", "marrow", marrow.seq)
    answers.put(clear & low, "incomplete", "counts", seq)
    answers.lacks(clear, "counts")


def partial(
    answers: Answers,
    marrow: Reading,
    blood: Reading,
    lesions: Status,
    counts: list[Reading],
    rules: Algorithm,
) -> None:
    """Fewer blasts in the marrow and no larger lesions, or a marrow in remission and smaller lesions."""
    high = marrow.value >= rules.blast
    fewer = high & (marrow.value <= rules.blast_max)
    fewer &= marrow.value * 100 <= marrow.base * (100 - rules.decrease)
    smaller = lesions.status == SMALLER
    no_more = (blood.value <= 0) | (blood.value <= blood.base)
    by_marrow = fewer & (smaller | (lesions.status == NONE)) & no_more
    by_lesions = ~high & smaller & no_more
    full, low, seq = recovered(counts, rules)
    if rules.with_counts:
        answers.put((by_marrow | by_lesions) & low, "stable", "counts", seq)
        answers.lacks((by_marrow | by_lesions) & ~full, "counts")
    answers.put(by_marrow, "partial", "marrow", marrow.seq)
    answers.put(by_lesions, "partial", "lesions", lesions.seq, lesions.domain)


def stable(
    answers: Answers, marrow: Reading, blood: Reading, fluid: Status, lesions: Status, rules: Algorithm
) -> None:
    """None of the others, by the first component that still shows disease."""
    answers.put(marrow.value >= rules.blast, "stable", "marrow", marrow.seq)
    answers.put(blood.value > 0, "stable", "blood", blood.seq)
    answers.put(fluid.there, "stable", "fluid", fluid.seq)
    answers.put(answers.open, "stable", "lesions", lesions.seq, lesions.domain)

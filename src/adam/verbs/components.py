"""Grades that are the worst of several components, each read from a table (CRS, ICANS, acute GVHD).

What was found has one row a subject and day in the answers; `subject` is the row of ADSL.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from adam.rules import need, only, refuse
from adam.verbs.subjects import of_subject
from clinical.distinct import distinct, spread
from clinical.frames import Frame
from clinical.read import Mapping, Text
from clinical.where import NUMBER, Condition, condition, mask

KEYS = ("records", "grades", "skip")


@dataclass(frozen=True)
class Component:
    """The records a component is read from, the grade of each result, the subjects it is not asked of."""

    records: Condition
    grades: dict[str, float]
    skip: Condition | None


def read_components(node: Mapping, owner: str) -> tuple[Component, ...]:
    """Components as a spec has them: `hypoxia: {records: {...}, grades: {NONE: 0, LOW-FLOW: 2}}`.

    Raises: SpecError for an unknown key, a component without records, or a grade that is no number.
    """
    found = []
    for name, given in node.items():
        here = f"{owner}.{name}"
        only(given, KEYS, here)
        grades = need(given, "grades", here)
        for result, grade in grades.items():
            if not isinstance(grade, Text) or not NUMBER.fullmatch(grade):
                raise refuse(
                    "rules.choice", grades.line(result), here, key=result, choices="a number", value=grade
                )
        skip = condition(given["skip"], here) if "skip" in given else None
        records = condition(need(given, "records", here), here)
        found.append(Component(records, {name: float(grade) for name, grade in grades.items()}, skip))
    return tuple(found)


def component_grades(
    findings: Frame, adsl: Frame, components: tuple[Component, ...], result: str
) -> np.ndarray:
    """The grade that each finding alone would give.

    Needs:   the columns of the components' conditions, subject, and the `result` that the tables grade.
    Missing: a finding of no component, a result that the table does not have, a subject to be skipped.
    """
    grade = np.full(len(findings), np.nan)
    codes, values = distinct(findings[result])
    for component in components:
        asked = mask(findings, component.records)
        if component.skip is not None:
            columns = {name: of_subject(findings, adsl, name) for name in component.skip.columns}
            asked = asked & ~mask(pd.DataFrame(columns, index=findings.index), component.skip)
        graded = spread(
            codes, [component.grades.get(value, np.nan) for value in values] or np.zeros(0), np.nan
        )
        grade = np.where(asked, graded, grade)
    return grade


def extreme_of_days(findings: Frame, values: np.ndarray, sequence: str, highest: bool = True) -> Frame:
    """One row a subject and day: the highest (or lowest) value of the day and the finding that has it.

    Needs:   subject, day, and the number `sequence` of a finding.
    Gives:   subject, day, AVAL and SRCSEQ.
    Ties:    the finding with the lowest number.
    Missing: a day without value has no row.
    """
    found = pd.DataFrame(
        {
            "subject": findings["subject"].to_numpy(),
            "day": findings["day"].to_numpy(),
            "AVAL": values,
            "SRCSEQ": findings[sequence].to_numpy(),
        }
    ).dropna(subset=["day", "AVAL"])
    found = found.sort_values(
        ["subject", "day", "AVAL", "SRCSEQ"], ascending=[True, True, not highest, True], kind="stable"
    )
    return found.drop_duplicates(["subject", "day"]).reset_index(drop=True)

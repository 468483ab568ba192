"""Columns that ADLB, ADVS and ADEG share: time of the result, analysis visit, the record that counts [D.6].

Each function makes one column of a dataset in the making. Windows stand in study.yml: `analysis_windows` by
visit (target, first and last protocol day) and `analysis_phases`, the names of the time before the infusion.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from adam.rules import need, only, refuse, setting, text, texts, whole
from adam.verbs.subjects import subject_rows
from adam.verbs.windows import Window, days_since, read_limits, window_of
from clinical import dates
from clinical.distinct import distinct, spread_text
from clinical.frames import Frame, codes_of, first_of_groups, group_codes, take
from clinical.spec import Dataset


@dataclass(frozen=True)
class AnalysisVisits:
    """Windows after the infusion, and the phases before it with the date of ADSL that each begins on."""

    windows: tuple[Window, ...]
    phases: tuple[tuple[str, float, str], ...]

    @property
    def shown(self) -> list[tuple[str, float]]:
        """AVISIT and AVISITN by place: phases first; the number of a window is its target day."""
        return [
            *(phase[:2] for phase in self.phases),
            *((window.name, float(window.target)) for window in self.windows),
        ]


def read_visits(spec: Dataset) -> AnalysisVisits:
    """The analysis visits of study.yml.

    Raises: SpecError for a window without three days, windows with a gap, a phase without number, a first
            phase with or a later one without `from`, and a date that the columns of visits do not read.
    """
    owner = f"{spec.name}.analysis_windows"
    node = setting(spec.study, "analysis_windows", spec.name, spec.at)
    windows = tuple(read_limits(node, owner).values())
    for one, next_one in pairwise(windows):
        if next_one.first != one.last + 1:
            line = node.line(next_one.name)
            raise refuse(
                "rules.shape", line, owner, key=next_one.name, shape="the window that follows at once"
            )
    return AnalysisVisits(windows, tuple(_phases(spec)))


def _phases(spec: Dataset) -> Iterator[tuple[str, float, str]]:
    owner = f"{spec.name}.analysis_phases"
    node = setting(spec.study, "analysis_phases", spec.name, spec.at)
    only(node, node, owner)
    for place, name in enumerate(node):
        only(node[name], ("number", "from"), owner)
        begins = text(node[name], "from", owner, "") if place == 0 else text(node[name], "from", owner)
        if place == 0 and begins:
            raise refuse("rules.shape", node.line(name), owner, key=name, shape="first and has no from")
        for word in (spec.variables.get(column) for column in ("AVISIT", "AVISITN")):
            if begins and word and begins not in word.args.get("reads", {}).get("ADSL", ()):
                raise refuse("rules.not-read", word.at, owner, name=f"ADSL.{begins}")
        yield name, float(whole(node[name], "number", owner)), begins


def moment(frame: Frame) -> pd.Series:
    """ADTM: date and time of a result.

    Missing: a result without a known time has none; times of findings are not imputed.
    Source:  rule D-IMP.
    """
    found, flag = dates.impute_time(frame["taken"], "first")
    return found.where(flag.isna())


def visit(frame: Frame, adsl: Frame, spec: Dataset) -> pd.Series:
    """AVISIT: the window of the protocol day; before the infusion the phase.

    Needs:   ADT, TRTSDT, post (Y: after the start of the infusion); the dates that phases begin on.
    Missing: no ADT, or a day after the last window.
    Source:  rule D.6.
    """
    visits = read_visits(spec)
    place = _places(frame, adsl, visits)
    return spread_text(place, [name for name, _ in visits.shown], frame.index)


def visit_number(frame: Frame, adsl: Frame, spec: Dataset) -> pd.Series:
    """AVISITN: the target day of the window, or the number of the phase."""
    visits = read_visits(spec)
    numbers = np.array([*(number for _, number in visits.shown), np.nan])
    return pd.Series(numbers[_places(frame, adsl, visits)], index=frame.index)


def _places(frame: Frame, adsl: Frame, visits: AnalysisVisits) -> np.ndarray:
    rows, begun = subject_rows(frame, adsl), np.zeros(len(frame), dtype="int64")
    for place, (_, _, begins) in enumerate(visits.phases[1:], start=1):
        begun[frame["ADT"].to_numpy() >= take(adsl[begins], rows).to_numpy()] = place
    inside = window_of(days_since(frame["ADT"], frame["TRTSDT"]), visits.windows)
    after = (frame["post"] == "Y").to_numpy(dtype=bool, na_value=False)
    place = np.where(after, np.where(inside >= 0, inside + len(visits.phases), -1), begun)
    return np.where(frame["ADT"].isna().to_numpy(), -1, place)


def flag_nearest(frame: Frame) -> pd.Series:
    """Y on the record of a visit that is nearest to its target; before the infusion on the last of the phase.

    Needs:   PARAMCD, BASETYPE, AVISITN (the target), ADT, TRTSDT, taken; the last column is the sequence.
    Ties:    the later date and time (without a time: the end of the day), then the higher sequence number.
    Source:  rule D.6.
    """
    target = frame["AVISITN"].to_numpy()
    days = days_since(frame["ADT"], frame["TRTSDT"])
    distance = np.where(target >= 0, np.abs(days - target), 0)
    last = -_seconds(dates.latest(frame["taken"]))
    return _first(frame, ["PARAMCD", "BASETYPE", "AVISITN"], [distance, last, -_sequence(frame)])


def flag_worst(frame: Frame, severity: np.ndarray) -> pd.Series:
    """Y on the record with the highest severity of each subject, parameter and BASETYPE.

    Needs:   PARAMCD, BASETYPE, taken; the last column is the sequence number.
    Ties:    the earlier date and time (without a time: the begin of the day), then the lower sequence number.
    Missing: a record whose severity is missing is never flagged.
    Source:  rule D.6.
    """
    known = ~np.isnan(severity)
    order = [-severity, _seconds(dates.earliest(frame["taken"])), _sequence(frame)]
    return _first(frame, ["PARAMCD", "BASETYPE"], order, known)


def _first(
    frame: Frame, by: list[str], order: list[np.ndarray], among: np.ndarray | None = None
) -> pd.Series:
    rows = np.arange(len(frame)) if among is None else np.flatnonzero(among)
    groups = group_codes([codes_of(frame[name])[rows] for name in ("USUBJID", *by)])
    found = first_of_groups(groups, [key[rows] for key in order], int(groups.max(initial=-1)) + 1)
    flags = np.full(len(frame), -1)
    flags[rows[found[found >= 0]]] = 0
    return spread_text(flags, ["Y"], frame.index)


def _seconds(moments: pd.Series) -> np.ndarray:
    return moments.to_numpy().astype("datetime64[s]").astype("int64")


def _sequence(frame: Frame) -> np.ndarray:
    return frame[frame.columns[-1]].to_numpy()


def worse_ends(spec: Dataset) -> dict[str, int]:
    """For each parameter under `worst` 1 where the higher, -1 where the lower value is the worse one.

    Raises: SpecError for an end that is neither low nor high.
    """
    node, owner = need(spec.parameters, "worst", spec.name), f"{spec.name}.worst"
    only(node, ("low", "high"), owner)
    signs = {"low": -1, "high": 1}
    return {code: signs[end] for end in node for code in texts(node, end, owner)}


def severity_of_value(frame: Frame, spec: Dataset) -> np.ndarray:
    """AVAL, turned round where the lower value is the worse one; missing where neither end is."""
    signs = worse_ends(spec)
    codes, parameters = distinct(frame["PARAMCD"])
    sign = np.array([*(signs.get(code, np.nan) for code in parameters), np.nan])[codes]
    return frame["AVAL"].to_numpy() * sign

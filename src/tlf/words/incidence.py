"""`incidence`: cumulative incidence of one kind of event, where the other events compete with it [D.11]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clinical.read import Mapping
from clinical.where import Condition, condition
from tlf.incidence import COMPETING, NO_EVENT, OF_INTEREST, Incidence, cumulative_incidence, incidence_at
from tlf.nodes import numbers, required
from tlf.rows import Asked, Place, Row
from tlf.survival import Estimate, at_risk, kaplan_meier
from tlf.words.times import add_estimate, observed, rate_lines
from tlf.words.word import Word

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.spec import Survival


@dataclass(frozen=True)
class Asking:
    """Times in the unit of the display, and which of its events are of interest; the others compete."""

    points: tuple[float, ...]
    event: Condition


def _read(node: Mapping, here: Place) -> Asked:
    event = condition(required(node, "event", here.owner, Mapping), here.owner)
    return Asked(own=Asking(numbers(node, "incidence", here.owner), event))


def _add(results: Results, row: Row) -> None:
    """Cumulative incidence in percent at times in the unit of the display, with limits and number at risk."""
    settings = results.display.survival
    for part, records, time, event in observed(results, row):
        of_interest = event & results.people.mask(records, row.own.event, row.at)
        cause = np.where(of_interest, OF_INTEREST, np.where(event, COMPETING, NO_EVENT))
        for group in results.people.groups:
            inside = group.member[records.person]
            curve = kaplan_meier(time[inside], event[inside])
            incidence = cumulative_incidence(time[inside], cause[inside])
            for point in row.own.points:
                days, level = point * settings.days, f"{point:g}"
                found = _estimate(incidence, days, settings)
                results.add(row, group.label, part, "at_risk", at_risk(curve, [days])[0], level=level)
                add_estimate(results, row, group.label, part, found, "rate", level, 100)
            results.add_subjects(row, group.label, part, np.sort(records.person[inside]))


def _estimate(incidence: Incidence, days: float, settings: Survival) -> Estimate:
    return incidence_at(
        incidence, days, settings.conf, settings.conf_type, settings.beyond, settings.variance
    )


INCIDENCE = Word("incidence", ("event",), _read, _add, rate_lines, needs_survival=True)

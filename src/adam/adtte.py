"""ADTTE: time from a start to an event or a censoring, by rules that are data (rules D.4, E-TTE).

The grammar of the rules is that of `adam.adtte_rules`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from adam.adtte_rules import Line, Missed, Parameter, read_rules
from adam.verbs.events import DAY, Histories, Picked
from clinical.distinct import spread_text
from clinical.errors import DerivationError
from clinical.frames import Frame, constant, take
from clinical.spec import Dataset

MOST_NAMED = 5
COLUMNS = ["USUBJID", "PARAM", "PARAMCD", "PARAMN", "STARTDT", "ADT", "AVAL", "CNSR", "EVNTDESC", "CNSDTDSC",
           "SRCDOM", "SRCVAR", "SRCSEQ"]  # fmt: skip


def adtte(adsl: Frame, spec: Dataset, **records: Frame) -> Frame:
    """ADTTE: one record per subject and parameter.

    Rows:   every subject of a parameter's population, nobody else.
    Needs:  ADSL and the datasets that the rules name, handed over under their names in lower case.
    Gives:  PARAM, PARAMCD, PARAMN, STARTDT, ADT, AVAL (days, both ends counted), CNSR, EVNTDESC (of a
            censored record the text `censored`), CNSDTDSC, SRCDOM, SRCVAR, SRCSEQ.
    Raises: DerivationError for a subject whom no rule decides.
    Source: rules D.4, E-TTE a to h; D-DAY; BDS-TTE 1.0.
    """
    rules = read_rules(spec)
    histories = Histories.of(adsl, {name.upper(): frame for name, frame in records.items()}, rules.dates)
    done: dict[str, Frame] = {}
    for parameter in rules.parameters:
        if parameter.reverse_of:
            rows = reversed_rows(done[parameter.reverse_of])
        else:
            rows = followed(parameter, histories, spec)
        size = len(rows)
        done[parameter.code] = rows.assign(
            PARAM=constant(parameter.label, size),
            PARAMCD=constant(parameter.code, size),
            PARAMN=float(parameter.number),
        )
    return pd.concat(done.values(), ignore_index=True)[COLUMNS]


def reversed_rows(rows: Frame) -> Frame:
    """The same dates with event and censoring exchanged: who had the event is censored (1)."""
    return rows.assign(
        CNSR=np.where(rows["CNSR"] == 0, 1.0, 0.0),
        EVNTDESC=rows["CNSDTDSC"].where(rows["CNSR"] > 0, rows["censored"]),
        CNSDTDSC=rows["EVNTDESC"].where(rows["CNSR"] == 0),
    )


@dataclass(eq=False)
class Outcome:
    """What decides each subject: the first line put for it, and the date that line gives."""

    open: np.ndarray
    picked: Picked
    line: np.ndarray
    lines: list[Line] = field(default_factory=list)

    def put(self, holds: np.ndarray, line: Line, picked: Picked) -> None:
        """Decides those still open for whom it holds."""
        mine = self.open & holds
        self.picked = picked.where(mine, self.picked)
        self.line = np.where(mine, len(self.lines), self.line)
        self.lines.append(line)
        self.open = self.open & ~mine


def followed(parameter: Parameter, histories: Histories, spec: Dataset) -> Frame:
    """The records of one parameter, decided in the order of E-TTE: interruption, gap, event, no event."""
    who = histories.who(parameter.who)
    start = histories.first(parameter.start)
    until = histories.date(parameter.until)
    outcome = Outcome(who & start.found, histories.none(), np.full(histories.size, -1))
    event, which = histories.earliest(parameter.events, start.date, until)
    decide_interrupted(outcome, parameter, histories, start, until, event)
    if parameter.missed:
        last, gone = windows_missed(parameter, histories)
        missed = gone.sum(axis=0) >= parameter.missed.at_least
        outcome.put(event.found & missed, parameter.missed.line, last)
    for number, line in enumerate(parameter.events):
        outcome.put(which == number, line, event)
    decide_otherwise(outcome, parameter, histories, start, until)
    check_decided(who & (outcome.line < 0), histories, f"{spec.name}.{parameter.code}")
    return finished(outcome, parameter, histories, start, who)


def decide_interrupted(
    outcome: Outcome,
    parameter: Parameter,
    histories: Histories,
    start: Picked,
    until: np.ndarray,
    event: Picked,
) -> None:
    """What comes before the event and ends the time: its own date or the last assessment [E-TTE b, c]."""
    stop, which = histories.earliest(parameter.interrupted_by, start.date, until)
    before = stop.found & ~(stop.date >= event.date)
    for number, line in enumerate(parameter.interrupted_by):
        picked = stop if line.itself else last_assessment(parameter, histories, start, stop.date)
        outcome.put(before & (which == number), line, picked)


def windows_missed(parameter: Parameter, histories: Histories) -> tuple[Picked, np.ndarray]:
    """The last assessment before the event, and which windows are missed: a line a window [E-TTE d].

    A window is missed when it began after the last assessment before the event and ended before the event; an
    event that is itself an assessment is not the one before it. Without event none is.
    """
    start, until = histories.first(parameter.start), histories.date(parameter.until)
    event, which = histories.earliest(parameter.events, start.date, until)
    at_assessment = np.array([line.dated.dataset != "ADSL" for line in parameter.events] + [False])[which]
    missed: Missed = parameter.missed
    limit = np.where(at_assessment, event.date - DAY, event.date)
    last = last_assessment(parameter, histories, start, limit)
    since = histories.date(missed.since)
    gone = [
        (since + window.first * DAY > last.date) & (since + window.last * DAY < event.date)
        for window in missed.windows
    ]
    return last, np.array(gone)


def decide_otherwise(
    outcome: Outcome, parameter: Parameter, histories: Histories, start: Picked, until: np.ndarray
) -> None:
    """No event: the first line that applies [E-TTE f, g, h]."""
    for line in parameter.otherwise:
        holds, limit, picked = np.ones(histories.size, dtype=bool), until, start
        if line.where is not None:
            holds = histories.who(line.where)
        if line.dated is not None:
            found = histories.first(line.dated, start.date, None if line.itself else until)
            picked = replace(found, date=np.where(found.date > until, until, found.date))
            holds, limit = holds & found.found, picked.date
        if not line.itself:
            picked = last_assessment(parameter, histories, start, limit)
        if line.no_assessment:
            holds, picked = holds & ~(picked.date > start.date), start
        outcome.put(holds, line, picked)


def last_assessment(parameter: Parameter, histories: Histories, start: Picked, limit: np.ndarray) -> Picked:
    """The last assessment from the start to a limit; the start itself where there is none."""
    last = histories.last(parameter.assessments, start.date, limit)
    return last.where(last.found, start)


def check_decided(undecided: np.ndarray, histories: Histories, at: str) -> None:
    """Raises DerivationError for subjects of the population without outcome."""
    if undecided.any():
        subjects = list(take(histories.subjects["USUBJID"], np.flatnonzero(undecided)))
        named = ", ".join(subjects[:MOST_NAMED])
        raise DerivationError("rules.no-outcome", at, count=len(subjects), subjects=named)


def finished(
    outcome: Outcome, parameter: Parameter, histories: Histories, start: Picked, who: np.ndarray
) -> Frame:
    """The decided subjects as records."""
    rows = np.flatnonzero(who)
    line, cited = outcome.line[rows], outcome.picked.cited[rows]
    cnsr = np.array([float(each.cnsr) for each in outcome.lines])[line]
    index = pd.RangeIndex(len(rows))
    texts = [each.text for each in outcome.lines]
    text = spread_text(line, texts, index)
    adt, origin = outcome.picked.date[rows], start.date[rows]
    return pd.DataFrame(
        {
            "USUBJID": take(histories.subjects["USUBJID"], rows),
            "STARTDT": origin,
            "ADT": adt,
            "AVAL": (adt - origin) / DAY + 1.0,
            "CNSR": cnsr,
            "EVNTDESC": text.where(cnsr == 0, parameter.censored),
            "CNSDTDSC": text.where(cnsr > 0),
            "SRCDOM": spread_text(cited, [domain for domain, _ in histories.citations], index),
            "SRCVAR": spread_text(cited, [variable for _, variable in histories.citations], index),
            "SRCSEQ": outcome.picked.seq[rows],
            "censored": constant(parameter.censored, len(rows)),
        }
    )

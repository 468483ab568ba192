"""Waivers: findings that a person has answered for, with a reason and until a day (decision 0045).

They stand in `validation/<study>/waivers.yml`, a list `waivers`. One is about the `finding` of an id, or
about all of a `message`, narrowed by `dataset`, `variable`, `subject`, `record`; `who`, `why` and `until` are
needed. It holds up to and including that day, by the day of the extract.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cdiscflow.home import Home, is_day
from clinical.audit import SHORTEST_NAME, SHORTEST_REASON
from clinical.errors import SpecError, SpecErrors
from clinical.findings import CLOSED, WAIVED, Findings, Frame
from clinical.names import closest
from clinical.read import Mapping, Sequence, Text, read_yaml

FILE, LIST = "waivers.yml", "waivers"
ONE, MANY = "finding", "message"
NARROWER = ("dataset", "variable", "subject", "record")
NEEDED = ("who", "why", "until")
KEYS = (ONE, MANY, *NARROWER, *NEEDED)


@dataclass(frozen=True)
class Waiver:
    """A line of waivers.yml: `about` are values of columns of the findings it is about."""

    at: str
    about: dict[str, str]
    who: str
    why: str
    until: str

    def holds(self, day: str) -> bool:
        """Whether it holds on the day of an extract; an extract without a day ends none."""
        return not day or day <= self.until

    def fits(self, findings: Frame) -> pd.Series:
        """Which findings it is about."""
        fits = pd.Series(True, index=findings.index)
        for column, value in self.about.items():
            fits &= findings[column] == value
        return fits

    def __str__(self) -> str:
        return f"{self.who}, until {self.until}: {self.why}"


def waivers_file(home: Home, study: str) -> Path:
    """Where the waivers of a study stand."""
    return home.validation / study / FILE


def read_waivers(home: Home, study: str) -> list[Waiver]:
    """The waivers of a study, in the order of its file; none without one.

    Raises: SpecError for what is no YAML of ours, SpecErrors with every other fault.
    """
    path = waivers_file(home, study)
    if not path.is_file():
        return []
    tree = read_yaml(path, home.validation.parent)
    faults = [SpecError("waivers.file", str(tree.line(key))) for key in tree if key != LIST]
    given = tree.get(LIST, Sequence())
    entries = given if isinstance(given, Sequence) else [given]
    faults += [fault for entry in entries for fault in _faults(entry)]
    if faults:
        raise SpecErrors(faults)
    return [_waiver(entry) for entry in entries]


def _faults(entry: object) -> Iterator[SpecError]:
    if not isinstance(entry, Mapping):
        yield SpecError("waivers.file", str(entry.at))
        return
    for key, value in entry.items():
        if key not in KEYS or not isinstance(value, Text) or not value.strip():
            near = closest(key, KEYS)
            hint = f"; did you mean {near}?" if near and key not in KEYS else ""
            yield SpecError("waivers.key", str(entry.line(key)), key=key, hint=hint)
    if (ONE in entry) == (MANY in entry) or (ONE in entry and set(entry) & set(NARROWER)):
        yield SpecError("waivers.about", str(entry.at))
    for key in NEEDED:
        if key not in entry:
            yield SpecError("waivers.needed", str(entry.at), key=key)
    if isinstance(entry.get("until"), Text) and not is_day(entry["until"]):
        yield SpecError("waivers.until", str(entry.line("until")), given=entry["until"])
    for key, shortest in (("who", SHORTEST_NAME), ("why", SHORTEST_REASON)):
        if isinstance(entry.get(key), Text) and len(entry[key].strip()) < shortest:
            yield SpecError("waivers.short", str(entry.line(key)), key=key, shortest=shortest)


def _waiver(entry: Mapping) -> Waiver:
    about = {"id" if key == ONE else key: str(entry[key]) for key in (ONE, MANY, *NARROWER) if key in entry}
    return Waiver(str(entry.at), about, *(str(entry[key]).strip() for key in NEEDED))


def waived(findings: Frame, waivers: list[Waiver], day: str) -> Frame:
    """The findings, those that a waiver holds for with status `waived`; `waiver` says whose, until when and
    why. The first that holds counts; one that has expired is named where none holds.
    """
    words = pd.Series("", index=findings.index, dtype="str")
    there, free = findings["status"] != CLOSED, pd.Series(True, index=findings.index)
    for waiver in sorted(waivers, key=lambda one: not one.holds(day)):
        fits = waiver.fits(findings) & there & free
        words[fits] = str(waiver) if waiver.holds(day) else f"expired: {waiver}"
        free &= ~fits
    holds = (words != "") & ~words.str.startswith("expired: ")
    return findings.assign(status=findings["status"].mask(holds, WAIVED), waiver=words)


def about_waivers(findings: Frame, waivers: list[Waiver], day: str) -> Frame:
    """A finding for each waiver that is about no finding, and for each that has expired."""
    found = Findings()
    there = findings[findings["status"] != CLOSED]
    for waiver in waivers:
        told = {"keys": " ".join(waiver.about.values()), "place": waiver.at}
        if not waiver.fits(there).any():
            found.add("waivers.unmatched", **told)
        elif not waiver.holds(day):
            found.add("waivers.expired", until=waiver.until, **told)
    return found.frame()

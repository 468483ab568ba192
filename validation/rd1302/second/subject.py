"""What a subject's response and MRD records say, for all parameters [D-CUT, D-IMP, E-EVSET, E-MRDSET]."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from .records import Record, days, interval

CODES = {"CR": 1, "CRi": 2, "PR": 3, "NR": 4, "PD": 5, "RD": 6, "NE": 9}
WORST_FIRST = ("RD", "PD", "NR", "PR", "CRi", "CR", "NE")
RESPONSE, COMPLETE, PROGRESSION = ("CR", "CRi", "PR"), ("CR", "CRi"), ("PD", "RD")
POOR = ("HAEMODILUTE", "DRY TAP")
REPORTED = {"NEGATIVE": "NEG", "POSITIVE": "POS", "NOT EVALUABLE": "NE"}
MRD_FIRST = ("POS", "NEG", "NE")


@dataclass
class Assessment:
    """A response or an MRD sample on a day; `counts` says whether it stands for its day."""

    day: date
    value: str
    number: float | None = None
    counts: bool = True
    used: bool = False


@dataclass
class Subject:
    """The dates of a subject up to ACUTDT, its responses and its MRD samples in order of time."""

    id: str
    adsl: Record
    settings: Record
    responses: list[Assessment] = field(default_factory=list)
    samples: list[Assessment] = field(default_factory=list)

    def dated(self, name: str) -> date | None:
        """A date of ADSL, if not after ACUTDT [D-HOR]."""
        found = self.adsl.get(name)
        return found if found is not None and found <= self.until else None

    @property
    def start(self) -> date | None:
        """TRTSDT."""
        return self.adsl.get("TRTSDT")

    @property
    def until(self) -> date:
        """ACUTDT."""
        return self.adsl["ACUTDT"]

    def adequate(self, not_after: date | None = None) -> list[Assessment]:
        """Adequate responses after TRTSDT up to ACUTDT, a day's worst; `not_after` drops later ones."""
        return [
            one for one in self.responses
            if one.counts and one.value != "NE" and self.start < one.day <= self.until
            and (not_after is None or one.day <= not_after)
        ]  # fmt: skip

    def progression(self, not_after: date | None = None) -> date | None:
        """The first PD or RD [E-PD]."""
        return next((one.day for one in self.adequate(not_after) if one.value in PROGRESSION), None)

    def evaluable(self) -> list[Assessment]:
        """E-EVSET: up to the first PD/RD and to NACTDT."""
        limits = [self.progression(), self.dated("NACTDT")]
        return [one for one in self.adequate() if all(end is None or one.day <= end for end in limits)]

    def mrd_set(self) -> list[Assessment]:
        """E-MRDSET."""
        limits = [self.progression(), self.dated("NACTDT")]
        return [
            one for one in self.samples
            if one.counts and self.start < one.day <= self.until
            and all(end is None or one.day <= end for end in limits)
        ]  # fmt: skip

    def first(self, values: tuple[str, ...]) -> date | None:
        """The first day of the evaluable set with one of these responses."""
        return next((one.day for one in self.evaluable() if one.value in values), None)


def responses(subject: Subject, rs: list[Record], sv: list[Record]) -> list[Assessment]:
    """OVR: every response of the investigator up to the cut, dated by D-IMP, in order of time."""
    starts = {one["VISITNUM"]: interval(one["SVSTDTC"]) for one in sv if one.get("SVSTDTC")}
    cut = subject.adsl["DCUTDT"]
    found: list[Assessment] = []
    pending: list[tuple[tuple[date, date], str, object]] = []
    for one in rs:
        asked = one["RSTESTCD"] == "OVRLRESP" and one["RSCAT"] == "PROTOCOL DEFINED RESPONSE CRITERIA"
        span = interval(one["RSDTC"])
        if (
            not asked
            or one["RSEVAL"] != "INVESTIGATOR"
            or one["RSSTRESC"] is None
            or span is None
            or span[0] > cut
        ):
            continue
        value = {"RELAPSED DISEASE": "RD"}.get(str(one["RSSTRESC"]), str(one["RSSTRESC"]))
        pending.append((span, value, one["VISITNUM"]))
    for span, value, visit in sorted(pending, key=lambda item: (item[0][0] != item[0][1], item[0])):
        found.append(Assessment(_dated(subject, span, value, starts.get(visit), found), value))
    found.sort(key=lambda one: (one.day, WORST_FIRST.index(one.value)))
    _one_a_day(found, WORST_FIRST)
    return found


def _dated(
    subject: Subject,
    span: tuple[date, date],
    value: str,
    visit: tuple[date, date] | None,
    known: list[Assessment],
) -> date:
    """A partial date: that of the visit, else the last day (a response) or the first possible (PD, RD)."""
    first, last = span
    if first == last:
        return first
    if visit is not None and visit[0] == visit[1] and first <= visit[0] <= last:
        return visit[0]
    if value in PROGRESSION:
        before = [one.day for one in known if one.value != "NE" and one.day <= last]
        return max([first, *(day + days(1) for day in before if first <= day < last)])
    death = subject.adsl.get("DTHDT")
    return min(last, subject.adsl["DCUTDT"], *([death] if death else []))


def samples(subject: Subject, cp: list[Record]) -> list[Assessment]:
    """MRD: every marrow sample up to the cut; status by percentage and sensitivity [A.4]."""
    found = []
    for one in cp:
        asked = (one["CPTESTCD"], one["CPSCAT"], one["CPSPEC"]) == (
            "ABCCE",
            "MINIMAL RESIDUAL DISEASE",
            "BONE MARROW",
        )
        span = interval(one["CPDTC"])
        if asked and one["CPSTAT"] is None and span is not None and span[0] <= subject.adsl["DCUTDT"]:
            found.append(_sample(subject, one, span[0]))
    found.sort(key=lambda one: (one.day, MRD_FIRST.index(one.value)))
    _one_a_day(found, MRD_FIRST)
    return found


def _sample(subject: Subject, one: Record, day: date) -> Assessment:
    limit = float(subject.settings["mrd_cutoff_pct"])
    number, text, lowest = one["CPSTRESN"], str(one["CPSTRESC"] or ""), one["CPLLOQ"]
    if one.get("BMQUAL") in POOR or one.get("MRDQUAL") == "NOT EVALUABLE":
        return Assessment(day, "NE", number)
    if number is not None:
        if number >= limit:
            return Assessment(day, "POS", number)
        reached = lowest is not None and lowest <= limit
        below = reached and number < lowest  # MRDPCT: a negative below the sensitivity has no percentage
        return Assessment(day, "NEG" if reached else "NE", None if below else number)
    if text.startswith("<"):
        bound = float(text.lstrip("<="))
        reached = bound <= limit and (lowest is None or lowest <= limit)
        return Assessment(day, "NEG" if reached else "NE")
    return Assessment(day, REPORTED.get(text, REPORTED.get(str(one.get("MRDQUAL")), "NE")))


def _one_a_day(found: list[Assessment], order: tuple[str, ...]) -> None:
    """Of several of one day only the first in `order` counts."""
    best: dict[date, Assessment] = {}
    for one in found:
        kept = best.setdefault(one.day, one)
        if kept is not one:
            worse, better = sorted((one, kept), key=lambda each: order.index(each.value), reverse=True)
            worse.counts, best[one.day] = False, better

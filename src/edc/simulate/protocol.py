"""What the simulator knows of a study: visits, dose levels, numbers of subjects; from study.yml alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from clinical.errors import InputError
from clinical.read import Mapping

UNSCHEDULED, LOG = "UNS", "LOG"
FALLBACK_NIGHT = "2025-06-30"


@dataclass(frozen=True)
class Visit:
    """A planned visit; `day` and `window` are protocol days, `order` its place in the EDC."""

    folder: str
    name: str
    order: int
    day: int = 0
    window: int = 0
    assessed: bool = False
    kinetics: bool = False


@dataclass(frozen=True)
class Protocol:
    """The plan of a study."""

    project: str
    product: str
    environment: str
    offset: int
    visits: tuple[Visit, ...]
    levels: dict[str, float]
    depletion: tuple[tuple[str, float, tuple[int, ...]], ...]
    shape: str
    rescreened: dict[str, str]
    tests: tuple[str, ...]
    last_night: int

    @property
    def by_folder(self) -> dict[str, Visit]:
        """The visits by their folder, with those that hold what belongs to none."""
        more = (Visit(UNSCHEDULED, "UNSCHEDULED", 98), Visit(LOG, "LOG FORMS", 99))
        return {visit.folder: visit for visit in (*self.visits, *more)}

    def subject(self, number: int) -> str:
        """The screening number of the n-th subject: the first site is filled, then the next.

        Raises: InputError where the study's numbers have no room for so many.
        """
        parts = re.findall(r"0+|[^0]+", self.shape)
        widths = [len(part) for part in parts if part[0] == "0"]
        room = 10 ** widths[-1] - 1
        site, place = divmod(number - 1, room)
        if len(widths) != 2 or site + 1 >= 10 ** widths[0] - (1 if self.tests else 0):
            raise InputError("simulate.too-many", "study.yml: subject", shape=self.shape, number=number)
        digits = iter((str(site + 1).zfill(widths[0]), str(place + 1).zfill(widths[1])))
        return "".join(next(digits) if part[0] == "0" else part for part in parts)

    def number(self, subject: str) -> int:
        """The place of a screening number among all."""
        widths = [len(part) for part in re.findall("0+", self.shape)]
        site, place = (int(part) for part in re.findall(r"\d+", subject))
        return (site - 1) * (10 ** widths[-1] - 1) + place


def read_protocol(study: Mapping) -> Protocol:
    """The plan that study.yml states.

    Raises: InputError where it states none.
    """
    gone = [key for key in ("visits", "dose_levels", "ld_plan") if not study.get(key)]
    if gone:
        raise InputError("simulate.no-plan", str(study.get("study", "")), keys=", ".join(gone))
    subject = study.get("subject", {})
    sign, hours, minutes = re.fullmatch(r"([+-])(\d\d):(\d\d)", str(study.get("site_tz", "+00:00"))).groups()
    cut = str(study.get("data_cut", ""))
    last = cut if re.fullmatch(r"\d{4}-\d\d-\d\d", cut) else FALLBACK_NIGHT
    levels = study["dose_levels"]
    return Protocol(
        project=str(study["study"]),
        product=str(levels[0]["label"]).split(" ")[0],
        environment=str(study.get("environment", "PROD")),
        offset=(1 if sign == "+" else -1) * (int(hours) * 60 + int(minutes)),
        visits=tuple(_visit(given, place) for place, given in enumerate(study["visits"], start=1)),
        levels={str(one["code"]): float(one["planned_1e6_per_kg"]) for one in levels},
        depletion=tuple(
            (str(one["drug"]), float(one["dose"]), tuple(int(day) for day in one["days"]))
            for one in study["ld_plan"]
        ),
        shape=str(subject.get("shape", "00-000")),
        rescreened={str(later): str(first) for later, first in subject.get("rescreened", {}).items()},
        tests=tuple(str(one) for one in study.get("test_subjects", ())),
        last_night=date.fromisoformat(last).toordinal(),
    )


def _visit(given: Mapping, place: int) -> Visit:
    return Visit(
        folder=str(given["folder"]),
        name=str(given["VISIT"]),
        order=place,
        day=int(given.get("day", 0)),
        window=int(given.get("window", 0)),
        assessed=str(given.get("disease", "")) == "planned",
        kinetics="pk" in given,
    )

"""SV: the visits of each person, the unscheduled ones numbered between the scheduled ones."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from clinical import dates
from clinical.findings import Findings
from clinical.read import Mapping
from clinical.spec import Dataset

Frame = pd.DataFrame

_VISIT = ["USUBJID", "participation", "folder", "instance"]
_PAGE = ["USUBJID", "participation", "Folder", "InstanceRepeatNumber", "record"]
_COLUMNS = [
    "USUBJID", "VISITNUM", "VISIT", "SVPRESP", "SVOCCUR", "SVCNTMOD", "SVSTDTC", "SVENDTC",
    "folder", "instance", "participation", "reason", "mode",
]  # fmt: skip


def sv(dm: Frame, spec: Dataset, **pages: Frame) -> tuple[Frame, Frame, Frame]:
    """SV: one record per person and visit, with the pages it was seen on and what is to be asked.

    A visit is an EDC folder and its repeat. It is scheduled if it is the first of a folder in `visits` of study.yml
    and belongs to the participation that DM shows; all others are unscheduled and numbered n.1, n.2 ... after the
    scheduled visit n that was the last to start by then, those of an earlier participation 0.1, 0.2 ... Dates are
    the first and last day on any page of the folder; days before consent do not count; partial dates only where
    there is no complete one.

    Rows:    a folder with dated pages and no page of its own gets a record too; a visit that did not take place gets
             one unless it was due after the person's end.
    Needs:   RFICDTC, RFSTDTC, ended of DM; the page of visit dates named in the parameters; of every other page the
             coordinates, all other columns being dates.
    Ties:    unscheduled visits of one day are numbered by folder and repeat; more than nine after one visit are
             numbered n.01, n.02 ...
    Missing: an unscheduled visit without any date gets no record and is a finding.
    Source:  rules C.1 SV, C-VISIT, C-ID.
    """
    findings = Findings()
    seen = _seen_pages(pages, spec.parameters["page"])
    seen = _add_plan(seen, spec).merge(dm, on="USUBJID", how="left", validate="m:1")
    seen = _since_consent(_in_known_folders(seen, findings))
    visits = _one_a_visit(seen)
    visits = _keep_due(visits, findings)
    visits = _add_numbers(_keep_dated(visits, findings))
    visits = _add_attendance(visits)
    _report_derived(visits, findings)
    lineage = _lineage(visits, seen)
    return visits[_COLUMNS[:5] + _COLUMNS[6:]], lineage, findings.frame()


def _seen_pages(pages: dict[str, Frame], page: Mapping) -> Frame:
    """Every page of a folder: one row for each of its dates, and for the page of visit dates one in any case."""
    parts = []
    for name, frame in pages.items():
        form = name.removeprefix("raw_").upper()
        if form == page["form"]:
            parts.append(_visit_page(frame, page).assign(source=form))
            continue
        days = [column for column in frame.columns if column not in _PAGE]
        parts += [_dated(frame, day).assign(source=form) for day in days]
    seen = pd.concat(parts, ignore_index=True)
    seen = seen.rename(columns={"Folder": "folder", "InstanceRepeatNumber": "instance"})
    return seen.astype({name: "str" for name in ("date", "occurred", "mode", "reason")})


def _visit_page(frame: Frame, page: Mapping) -> Frame:
    wanted = {page[key]: key for key in ("date", "occurred", "mode", "reason")}
    return frame[[*_PAGE, *wanted]].rename(columns=wanted).assign(own_page=True)


def _dated(frame: Frame, day: str) -> Frame:
    return frame.loc[frame[day].notna(), [*_PAGE, day]].rename(columns={day: "date"}).assign(own_page=False)


def _add_plan(seen: Frame, spec: Dataset) -> Frame:
    """What study.yml and the parameters say about the folder of each page."""
    plan = pd.DataFrame(
        [_planned(visit) for visit in spec.study["visits"]], columns=["folder", "number", "name", "day"]
    )
    plan = plan.astype({"folder": "str", "number": "float64", "name": "str", "day": "float64"})
    unscheduled = pd.DataFrame({"folder": _texts(spec.parameters["unscheduled"])}, dtype="str")
    plan = pd.concat([plan.assign(known=True), unscheduled.assign(known=True)], ignore_index=True)
    return seen.merge(plan, on="folder", how="left", validate="m:1")


def _planned(visit: Mapping) -> tuple[str, float, str, float]:
    day = float(visit["day"]) if "day" in visit else np.nan
    return str(visit["folder"]), float(visit["VISITNUM"]), str(visit["VISIT"]), day


def _texts(values: Iterable[str]) -> list[str]:
    return [str(value) for value in values]


def _in_known_folders(seen: Frame, findings: Findings) -> Frame:
    known = seen["known"].notna().to_numpy()
    findings.add("sdtm.visit-folder", _coordinates(seen[~known]), dataset="SV", variable="VISITNUM")
    return seen[known].reset_index(drop=True)


def _since_consent(seen: Frame) -> Frame:
    return seen.assign(date=seen["date"].mask(dates.holds(seen["date"], "lt", seen["RFICDTC"])))


def _one_a_visit(seen: Frame) -> Frame:
    """One row per visit: its first and last date, whether it took place, mode and reason of its own page."""
    seen = seen.assign(
        visit=seen.groupby(_VISIT, sort=True).ngroup(),
        complete=dates.is_complete(seen["date"]),
        first=dates.earliest(seen["date"]),
        last=dates.latest(seen["date"]),
    )
    by_visit = seen.sort_values(["visit", "own_page", "record"], ascending=[True, False, True])
    visits = by_visit.drop_duplicates("visit").reset_index(drop=True)
    absent = seen["occurred"].eq("N").groupby(seen["visit"]).any() & ~seen["occurred"].eq("Y").groupby(seen["visit"]).any()
    stated = by_visit.groupby("visit")[["occurred", "mode", "reason", "own_page"]].first()
    dated = seen[seen["date"].notna()].sort_values(["visit", "complete", "first", "last", "date"])
    starts = dated.sort_values(["visit", "complete", "first", "date"], ascending=[True, False, True, True])
    ends = dated.sort_values(["visit", "complete", "last", "date"], ascending=[True, False, False, True])
    visits["SVSTDTC"] = visits["visit"].map(_day_of_first(starts)).astype("str")
    visits["SVENDTC"] = visits["visit"].map(_day_of_first(ends)).astype("str")
    for name in stated:
        visits[name] = visits["visit"].map(stated[name])
    visits["absent"] = visits["visit"].map(absent).astype("bool")
    return visits.assign(
        SVSTDTC=visits["SVSTDTC"].mask(visits["absent"]), SVENDTC=visits["SVENDTC"].mask(visits["absent"])
    )


def _day_of_first(dated: Frame) -> pd.Series:
    return dated.drop_duplicates("visit").set_index("visit")["date"].str.slice(0, 10)

"""SV: the visits of each person, the unscheduled ones numbered between the scheduled ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical import dates
from clinical.findings import Findings
from clinical.read import Mapping
from clinical.spec import Dataset

Frame = pd.DataFrame

_VISIT = ["USUBJID", "participation", "folder", "instance"]
_PAGE = ["USUBJID", "participation", "Folder", "InstanceRepeatNumber", "record"]
_STATED = ["date", "occurred", "mode", "reason"]
_PLAN = ["number", "name", "day"]
_GIVEN = [
    "USUBJID", "VISITNUM", "VISIT", "SVPRESP", "SVOCCUR", "SVSTDTC", "SVENDTC",
    "folder", "instance", "participation", "mode", "reason",
]  # fmt: skip


def sv(dm: Frame, spec: Dataset, **pages: Frame) -> tuple[Frame, Frame, Frame]:
    """SV: one record per person and visit; with them the pages each visit was seen on, and findings.

    A visit is an EDC folder and its repeat. It is scheduled if it is the first of a folder in `visits` of study.yml
    and of the participation that DM shows. All others are unscheduled and numbered n.1, n.2 ... after the scheduled
    visit n that was the last to start by then; those of an earlier participation 0.1, 0.2 ... Start and end are the
    first and last date on any page of the folder; dates before consent do not count, partial ones only where there
    is no complete one.

    Rows:    a folder with dated pages and no page of visit dates gets a record too; a visit that did not take place
             gets one unless it was due after the person's end.
    Needs:   RFICDTC, RFSTDTC, ended of DM; the page of visit dates that the parameters name; of every other form the
             coordinates of the page, all its other columns being dates.
    Ties:    unscheduled visits of one day are numbered by folder and repeat; where there are more than nine after one
             visit they are numbered n.01, n.02 ...
    Missing: an unscheduled visit without any date, and a folder that is no visit, give no record but a finding.
    Source:  rules C.1 SV, C-VISIT, C-ID.
    """
    findings = Findings()
    seen = _seen_pages(pages, spec.parameters["page"])
    seen = _keep_known_folders(_add_plan(seen, spec), findings)
    seen = _without_dates_before_consent(seen.merge(dm, on="USUBJID", how="left", validate="m:1"))
    visits = _add_dates(_one_a_visit(seen), seen)
    visits = _keep_visits_due(_flag_scheduled(visits), findings)
    visits = _add_number(_keep_visits_dated(visits, findings))
    visits = _add_attendance(visits).sort_values(["USUBJID", "VISITNUM"], ignore_index=True)
    derived = visits[visits["page"].isna()]
    findings.add("sdtm.visit-derived", _coordinates(derived), dataset="SV", variable="VISITNUM")
    return visits[_GIVEN], _lineage(visits, seen), findings.frame()


def _seen_pages(pages: dict[str, Frame], page: Mapping) -> Frame:
    """A row for each date of each page, and one in any case for a page of visit dates (`page` holds its name)."""
    parts = []
    for name, frame in pages.items():
        form = name.removeprefix("raw_").upper()
        if form == page["form"]:
            fields = {page[key]: key for key in _STATED}
            parts.append(frame[[*_PAGE, *fields]].rename(columns=fields).assign(source=form, page=form))
            continue
        for field in frame.columns.difference(_PAGE, sort=False):
            dated = frame.loc[frame[field].notna(), [*_PAGE, field]]
            parts.append(dated.rename(columns={field: "date"}).assign(source=form))
    seen = (
        pd.concat(parts, ignore_index=True)
        .reindex(columns=[*_PAGE, *_STATED, "source", "page"])
        .astype("str")
    )
    return seen.rename(columns={"Folder": "folder", "InstanceRepeatNumber": "instance"})


def _add_plan(seen: Frame, spec: Dataset) -> Frame:
    """VISITNUM, VISIT and protocol day of the folder; `known` where it is a scheduled or unscheduled visit."""
    visits = spec.study["visits"]
    plan = {
        "folder": [str(visit["folder"]) for visit in visits],
        "number": [float(visit["VISITNUM"]) for visit in visits],
        "name": [str(visit["VISIT"]) for visit in visits],
        "day": [float(visit["day"]) if "day" in visit else np.nan for visit in visits],
    }
    seen = seen.merge(pd.DataFrame(plan).astype({"folder": "str"}), on="folder", how="left", validate="m:1")
    return seen.assign(known=seen["number"].notna() | (seen["folder"] == spec.parameters["unscheduled"]))


def _keep_known_folders(seen: Frame, findings: Findings) -> Frame:
    findings.add("sdtm.visit-folder", _coordinates(seen[~seen["known"]]), dataset="SV", variable="VISITNUM")
    return seen[seen["known"]]


def _without_dates_before_consent(seen: Frame) -> Frame:
    return seen.assign(date=seen["date"].mask(dates.holds(seen["date"], "lt", seen["RFICDTC"])))


def _one_a_visit(seen: Frame) -> Frame:
    """The visits with what their own page states: the page that says it took place, else the first by record id."""
    order = seen.assign(rank=seen["page"].isna() * 2 + (seen["occurred"] != "Y"))
    order = order.sort_values([*_VISIT, "rank", "record", "source"], ignore_index=True)
    return order.drop_duplicates(_VISIT, ignore_index=True).drop(columns=["date", "rank"])


def _add_dates(visits: Frame, seen: Frame) -> Frame:
    """SVSTDTC and SVENDTC; none for a visit that did not take place."""
    dated = seen[seen["date"].notna()]
    dated = dated.assign(
        complete=dates.is_complete(dated["date"]),
        first=dates.earliest(dated["date"]),
        last=dates.latest(dated["date"]),
    )
    dated = dated[dated["complete"] | ~dated.groupby(_VISIT)["complete"].transform("any")]
    starts = dated.sort_values(["first", "date"]).drop_duplicates(_VISIT)
    ends = dated.sort_values(["last", "date"]).drop_duplicates(_VISIT, keep="last")
    for name, ends_of in (("SVSTDTC", starts), ("SVENDTC", ends)):
        wanted = ends_of[[*_VISIT, "date"]].rename(columns={"date": name})
        visits = visits.merge(wanted, on=_VISIT, how="left", validate="1:1")
        visits[name] = visits[name].str.slice(0, 10).mask(visits["occurred"] == "N")
    return visits


def _flag_scheduled(visits: Frame) -> Frame:
    repeat = pd.to_numeric(visits["instance"])
    first = repeat == repeat.groupby([visits[name] for name in _VISIT[:3]]).transform("min")
    shown = visits["participation"] == "1"
    return visits.assign(repeat=repeat, scheduled=first & shown & visits["number"].notna())


def _keep_visits_due(visits: Frame, findings: Findings) -> Frame:
    """Without the visits that did not take place because the person's participation had ended before them."""
    due = dates.iso_text(dates.to_day(visits["RFSTDTC"]) + pd.to_timedelta(visits["day"], unit="D"))
    late = (visits["occurred"] == "N").to_numpy() & dates.holds(due, "gt", visits["ended"])
    findings.add("sdtm.visit-after-end", _coordinates(visits[late]), dataset="SV", variable="SVOCCUR")
    return visits[~late].reset_index(drop=True)


def _keep_visits_dated(visits: Frame, findings: Findings) -> Frame:
    """Without the unscheduled visits that have no date, because their number follows from it."""
    lost = ~visits["scheduled"] & visits["SVSTDTC"].isna()
    findings.add("sdtm.visit-undated", _coordinates(visits[lost]), dataset="SV", variable="VISITNUM")
    return visits[~lost].reset_index(drop=True)


def _add_number(visits: Frame) -> Frame:
    """VISITNUM and VISIT."""
    visits = visits.assign(start=dates.earliest(visits["SVSTDTC"]))
    scheduled = visits[visits["scheduled"]].assign(
        VISITNUM=lambda frame: frame["number"], VISIT=lambda frame: frame["name"]
    )
    between = visits[~visits["scheduled"]].drop(columns="number").sort_values("start", kind="stable")
    base = scheduled.loc[scheduled["start"].notna(), ["USUBJID", "start", "number"]]
    base = base.sort_values(["start", "number"])
    between = pd.merge_asof(between, base, on="start", by="USUBJID")
    between["number"] = between["number"].where(between["participation"] == "1").fillna(0)
    between = between.sort_values(["USUBJID", "number", "start", "participation", "folder", "repeat"])
    after = between.groupby(["USUBJID", "number"])["record"]
    step = np.where(after.transform("size") > 9, 100, 10)
    between["VISITNUM"] = (between["number"] + (after.cumcount() + 1) / step).round(2)
    between["VISIT"] = [f"UNSCHEDULED {number:g}" for number in between["VISITNUM"]]
    return pd.concat([scheduled, between], ignore_index=True)


def _add_attendance(visits: Frame) -> Frame:
    """SVPRESP and SVOCCUR, of scheduled visits only; a visit known from its pages alone took place."""
    scheduled = visits["scheduled"].astype("bool")
    occurred = visits["occurred"].where(visits["page"].notna(), "Y")
    return visits.assign(
        SVPRESP=pd.Series("Y", index=visits.index, dtype="str").where(scheduled),
        SVOCCUR=occurred.where(scheduled),
        reason=visits["reason"].where((occurred == "N") | ~scheduled),
    )


def _coordinates(pages: Frame) -> Frame:
    """What a finding shows of each visit: the EDC coordinates of one of its pages."""
    visits = pages.drop_duplicates(_VISIT)
    return visits.assign(
        form=visits["source"], Folder=visits["folder"], InstanceRepeatNumber=visits["instance"]
    )


def _lineage(visits: Frame, seen: Frame) -> Frame:
    """Every page that a visit was seen on."""
    rows = visits[_VISIT].assign(row=range(len(visits)))
    found = seen[[*_VISIT, "source", "record"]].drop_duplicates().merge(rows, on=_VISIT, validate="m:1")
    return found.sort_values(["row", "source", "record"], ignore_index=True)[["row", "source", "record"]]

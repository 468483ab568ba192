"""SV: the visits of each person, the unscheduled ones numbered between the scheduled ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical import dates
from clinical.findings import Findings
from clinical.frames import codes_of, group_codes
from clinical.read import Mapping
from clinical.spec import Dataset

Frame = pd.DataFrame

_VISIT = ["USUBJID", "participation", "folder", "instance"]
_PAGE = ["USUBJID", "participation", "Folder", "InstanceRepeatNumber", "record"]
_SAMPLE = ["folder", "instance", "participation", "origin"]
_DAY_LENGTH = 8
_STATED = ["date", "occurred", "mode", "reason"]
_GIVEN = [
    "USUBJID", "VISITNUM", "VISIT", "SVPRESP", "SVOCCUR", "SVSTDTC", "SVENDTC",
    "folder", "instance", "participation", "mode", "reason", "on",
]  # fmt: skip


def sv(dm: Frame, spec: Dataset, **read: Frame) -> tuple[Frame, Frame, Frame]:
    """SV: one record per person and visit; with them the pages each visit was seen on, and findings.

    A visit is an EDC folder and its repeat. It is scheduled if it is the first of a folder in `visits` of
    study.yml and of the participation that DM shows. All others are unscheduled and numbered n.1, n.2 ...
    after the scheduled visit n that was the last by then; those of an earlier participation 0.1, 0.2 ...
    `on` is the day of the visit as its own page states it, else its start: by it visits are ordered, so that
    a wrong date on another page moves nothing but that page. Start and end are the first and last date on any
    page of the folder; dates before consent do not count, partial ones only where there is no complete one.

    Rows:    a folder with dated pages and no page of visit dates gets a record too; a visit that did not take
             place gets one unless it was due after the person's end. So does what a vendor's sample shows:
             the visit it names, if there is none, and each day of samples that no visit includes.
    Needs:   RFICDTC, RFSTDTC, ended of DM; the page of visit dates that the parameters name; of every other
             form the coordinates of the page, all its other columns being dates; of datasets with samples
             folder, instance, participation, origin (the record id, only of a vendor's rows) and one date.
    Ties:    unscheduled visits of one day are numbered by folder and repeat; where there are more than nine
             after one visit they are numbered n.01, n.02 ...
    Missing: an unscheduled visit without any date and a folder that is no visit give a finding, no record.
    Source:  rules C.1 SV, C-VISIT, C-ID.
    """
    findings = Findings()
    rules = spec.parameters
    forms = {name: frame for name, frame in read.items() if name.startswith("raw_")}
    samples = _samples([frame for name, frame in read.items() if name not in forms])
    seen = add_visits_of_samples(_seen_pages(forms, rules["page"]), samples, rules["unscheduled"]["folder"])
    seen = _add_plan(_as_visits(seen), spec)
    seen = _keep_known_folders(seen, rules["unscheduled"]["folder"], findings)
    seen = _without_dates_before_consent(seen.merge(dm, on="USUBJID", how="left", validate="m:1"))
    visits = _flag_scheduled(_add_dates(_one_a_visit(seen), seen))
    visits = _keep_visits_dated(_keep_visits_due(visits, findings), findings)
    visits = _add_attendance(_add_number(visits, rules["unscheduled"]["visit"]))
    visits = visits.sort_values(["USUBJID", "VISITNUM"], ignore_index=True)
    derived = visits[visits["page"].isna()]
    _ask(findings, "sdtm.visit-derived", derived, "VISITNUM")
    return _without_sample_days(visits[_GIVEN]), _lineage(visits, seen), findings.frame()


def _seen_pages(pages: dict[str, Frame], page: Mapping) -> Frame:
    """A row for each date of each page, and always one for a page of visit dates, which `page` describes."""
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
    seen = pd.concat(parts, ignore_index=True).reindex(columns=[*_PAGE, *_STATED, "source", "page"])
    return seen.astype("str").rename(columns={"Folder": "folder", "InstanceRepeatNumber": "instance"})


def _as_visits(seen: Frame) -> Frame:
    return seen.assign(visit=group_codes([codes_of(seen[name]) for name in _VISIT]))


def _samples(datasets: list[Frame]) -> Frame:
    """The vendors' samples as rows like those of pages: where they say they belong, and their date."""
    parts = []
    for frame in datasets:
        date = frame.columns.difference([*_SAMPLE, "USUBJID"], sort=False)[0]
        vendor = frame.loc[frame["origin"].notna(), ["USUBJID", *_SAMPLE, date]]
        parts.append(vendor.rename(columns={date: "date", "origin": "record"}))
    if not parts:
        return pd.DataFrame(
            columns=["USUBJID", "participation", "folder", "instance", "record", "date"], dtype="str"
        )
    found = pd.concat(parts, ignore_index=True)
    return found.assign(source=found["record"].str.replace("(?s)/.*", "", regex=True))


def add_visits_of_samples(seen: Frame, samples: Frame, unscheduled: str) -> Frame:
    """`seen` with the visits that only samples show: those they name, then their days that no visit includes.

    A day stands for the repeat of the unscheduled folder, a number as no page has, until the visits are
    numbered.
    """
    named = samples[samples["folder"].notna()]
    known = pd.MultiIndex.from_frame(seen[_VISIT].drop_duplicates())
    named = named[~pd.MultiIndex.from_frame(named[_VISIT]).isin(known)]
    seen = pd.concat([seen, named], ignore_index=True)
    others = samples[samples["folder"].isna() & dates.is_complete(samples["date"])]
    visits = _add_dates(_one_a_visit(_as_visits(seen)), _as_visits(seen))
    others = others[~_included(others, visits)]
    day = others["date"].str.slice(0, 10).str.replace("-", "")
    return pd.concat([seen, others.assign(folder=unscheduled, instance=day)], ignore_index=True)


def _included(samples: Frame, visits: Frame) -> np.ndarray:
    """Which samples were taken on a day from start to end of a visit of the person."""
    spans = visits[["USUBJID", "SVSTDTC", "SVENDTC"]].assign(
        start=dates.to_day(visits["SVSTDTC"]), end=dates.to_day(visits["SVENDTC"])
    )
    taken = pd.DataFrame(
        {"USUBJID": samples["USUBJID"], "day": dates.to_day(samples["date"]), "row": range(len(samples))}
    )
    pairs = taken.merge(spans.dropna(), on="USUBJID", validate="m:m")
    rows = pairs.loc[(pairs["start"] <= pairs["day"]) & (pairs["day"] <= pairs["end"]), "row"]
    return np.isin(taken["row"], rows)


def _without_sample_days(visits: Frame) -> Frame:
    """Folder and repeat as EDC pages have them: none where a day stood for the repeat."""
    made_up = visits["instance"].str.len() == _DAY_LENGTH
    return visits.assign(folder=visits["folder"].mask(made_up), instance=visits["instance"].mask(made_up))


def _add_plan(seen: Frame, spec: Dataset) -> Frame:
    """VISITNUM, VISIT and protocol day of the folder, where it is a scheduled visit."""
    visits = spec.study["visits"]
    plan = {
        "folder": pd.Series([str(visit["folder"]) for visit in visits], dtype="str"),
        "number": [float(visit["VISITNUM"]) for visit in visits],
        "name": pd.Series([str(visit["VISIT"]) for visit in visits], dtype="str"),
        "day": [float(visit["day"]) if "day" in visit else np.nan for visit in visits],
    }
    return seen.merge(pd.DataFrame(plan), on="folder", how="left", validate="m:1")


def _keep_known_folders(seen: Frame, unscheduled: str, findings: Findings) -> Frame:
    known = seen["number"].notna() | (seen["folder"] == unscheduled)
    _ask(findings, "sdtm.visit-folder", seen[~known], "VISITNUM")
    return seen[known]


def _without_dates_before_consent(seen: Frame) -> Frame:
    return seen.assign(date=seen["date"].mask(dates.holds(seen["date"], "lt", seen["RFICDTC"])))


def _one_a_visit(seen: Frame) -> Frame:
    """The visits with what their own page states: the one that says it took place, else the first."""
    rank = seen["page"].isna() * 2 + (seen["occurred"] != "Y")
    order = seen.assign(rank=rank).sort_values(["visit", "rank", "record", "source"])
    return order.drop_duplicates("visit", ignore_index=True).drop(columns=["date", "rank"])


def _add_dates(visits: Frame, seen: Frame) -> Frame:
    """SVSTDTC and SVENDTC; none for a visit that did not take place."""
    dated = seen.loc[seen["date"].notna(), ["visit", "date", "page"]]
    first, last = dates.earliest(dated["date"]), dates.latest(dated["date"])
    dated = dated.assign(complete=dates.is_complete(dated["date"]), first=first, last=last)
    dated = dated[dated["complete"] | ~dated.groupby("visit")["complete"].transform("any")]
    ends = {
        "SVSTDTC": dated.sort_values(["first", "date"]).drop_duplicates("visit"),
        "SVENDTC": dated.sort_values(["last", "date"]).drop_duplicates("visit", keep="last"),
    }
    for name, chosen in ends.items():
        wanted = chosen[["visit", "date"]].rename(columns={"date": name})
        visits = visits.merge(wanted, on="visit", how="left", validate="1:1")
        visits[name] = visits[name].str.slice(0, 10).mask(visits["occurred"] == "N")
    stated = dated[dated["complete"] & dated["page"].notna()].sort_values(["first", "date"])
    on = visits["visit"].map(stated.drop_duplicates("visit").set_index("visit")["date"].str.slice(0, 10))
    on = on.astype("str").mask(visits["occurred"] == "N")
    return visits.assign(on=on.fillna(visits["SVSTDTC"]))


def _flag_scheduled(visits: Frame) -> Frame:
    repeat = pd.to_numeric(visits["instance"])
    folder = pd.Series(group_codes([codes_of(visits[name]) for name in _VISIT[:3]]), index=visits.index)
    first = repeat == repeat.groupby(folder).transform("min")
    shown = visits["participation"] == "1"
    return visits.assign(repeat=repeat, scheduled=first & shown & visits["number"].notna())


def _keep_visits_due(visits: Frame, findings: Findings) -> Frame:
    """Without the visits that did not take place because the person's participation had ended before them."""
    due = dates.iso_text(dates.to_day(visits["RFSTDTC"]) + pd.to_timedelta(visits["day"], unit="D"))
    late = (visits["occurred"] == "N").to_numpy() & dates.holds(due, "gt", visits["ended"])
    _ask(findings, "sdtm.visit-after-end", visits[late], "SVOCCUR")
    return visits[~late]


def _keep_visits_dated(visits: Frame, findings: Findings) -> Frame:
    """Without the unscheduled visits that have no date, because their number follows from it."""
    lost = ~visits["scheduled"] & visits["SVSTDTC"].isna()
    missed_before = (visits["occurred"] == "N") & (
        visits["participation"] != "1"
    )  # says nothing of this screening
    _ask(findings, "sdtm.visit-undated", visits[lost & ~missed_before], "VISITNUM")
    return visits[~lost]


def _add_number(visits: Frame, label: str) -> Frame:
    """VISITNUM and VISIT."""
    visits = visits.assign(start=dates.earliest(visits["on"]))
    scheduled, between = visits[visits["scheduled"]], visits[~visits["scheduled"]]
    dated = scheduled.loc[scheduled["start"].notna(), ["USUBJID", "start", "number"]]
    between = pd.merge_asof(
        between.drop(columns="number").sort_values("start"),
        dated.sort_values(["start", "number"]),
        on="start",
        by="USUBJID",
    )
    after = between["number"].where(between["participation"] == "1").fillna(0)
    between = between.assign(number=after)
    between = between.sort_values(["USUBJID", "number", "start", "participation", "folder", "repeat"])
    same = between.groupby(["USUBJID", "number"])["visit"]
    step = np.where(same.transform("size") > 9, 100, 10)
    between = between.assign(VISITNUM=(between["number"] + (same.cumcount() + 1) / step).round(2))
    names = {number: f"{label} {number:g}" for number in between["VISITNUM"].unique()}
    between = between.assign(VISIT=between["VISITNUM"].map(names).astype("str"))
    scheduled = scheduled.assign(VISITNUM=scheduled["number"], VISIT=scheduled["name"])
    return pd.concat([scheduled, between], ignore_index=True)


def _add_attendance(visits: Frame) -> Frame:
    """SVPRESP and SVOCCUR, of scheduled visits only; a visit known from its pages alone took place."""
    scheduled = visits["scheduled"].astype("bool")
    occurred = visits["occurred"].where(visits["page"].notna(), "Y")
    planned = pd.Series("Y", index=visits.index, dtype="str")
    return visits.assign(SVPRESP=planned.where(scheduled), SVOCCUR=occurred.where(scheduled))


def _ask(findings: Findings, message: str, pages: Frame, variable: str) -> None:
    """A finding for each visit of these pages; its keys say whose it is, so that it goes when they change."""
    visits = _coordinates(pages)
    findings.add(message, visits, dataset="SV", variable=variable, keys=visits["USUBJID"])


def _coordinates(pages: Frame) -> Frame:
    """Whose each visit is, and what a finding shows of it: the EDC coordinates of one of its pages."""
    visits = pages.sort_values(["visit", "source", "record"]).drop_duplicates("visit")
    shown = {"form": visits["source"], "Folder": visits["folder"], "InstanceRepeatNumber": visits["instance"]}
    return pd.DataFrame({"USUBJID": visits["USUBJID"], **shown, "record": visits["record"]})


def _lineage(visits: Frame, seen: Frame) -> Frame:
    """Every page that a visit was seen on."""
    rows = pd.DataFrame({"visit": visits["visit"], "row": range(len(visits))})
    found = seen[["visit", "source", "record"]].drop_duplicates().merge(rows, on="visit", validate="m:1")
    found["source"] = "raw." + found["source"]
    return found.sort_values(["row", "source", "record"], ignore_index=True)[["row", "source", "record"]]

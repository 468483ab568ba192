"""RELREC: records of different domains that belong together, and domains that are linked by a variable."""

from __future__ import annotations

import pandas as pd

from clinical import dates
from clinical.findings import Findings
from clinical.spec import Dataset

Frame = pd.DataFrame

_EVENT = ["USUBJID", "AESPID"]
_RECORD = (
    "^(?P<form>[^/]*)/(?P<Subject>[^/]*)/(?P<Folder>[^/]*)/(?P<InstanceRepeatNumber>[^/]*)/"
    "(?P<PageRepeatNumber>[^/]*)/(?P<RecordPosition>[^/]*)$"
)


def relrec(ae: Frame, cm: Frame, ds: Frame, rs: Frame, spec: Dataset) -> tuple[Frame, Frame, Frame]:
    """RELREC record by record: two rows of one RELID for each pair, numbered within person and kind.

    AECM: a medication and each adverse event whose line it names. AEDS: a fatal event and the disposition
    record of the death outside study treatment. CMRS: a therapy for relapse or progression and the last such
    response until its start.

    Needs:   AESEQ, AESPID, AEOUT; CMSEQ, CMSTDTC, origin (record id), aeno (lines, separated by comma),
             reason; DSSEQ, DSDECOD, DSSCAT; RSSEQ, RSTESTCD, RSSTRESC, RSDTC; parameters `death` and
             `progression`.
    Ties:    of responses of one day the one with the highest RSSEQ.
    Missing: a line that is no adverse event of the person is a finding.
    Source:  rule C.5.
    """
    findings = Findings()
    kinds = {
        "AECM": _treated_events(ae, cm, findings),
        "AEDS": _fatal_events(ae, ds, spec),
        "CMRS": _new_therapies(cm, rs, spec),
    }
    rows = pd.concat([_as_rows(kind, pairs) for kind, pairs in kinds.items()], ignore_index=True)
    lineage = pd.DataFrame(
        {
            "row": range(len(rows)),
            "source": rows["RDOMAIN"],
            "record": rows["USUBJID"] + "/" + rows["IDVARVAL"],
        }
    )
    return rows, lineage.astype({"source": "str", "record": "str"}), findings.frame()


def related_datasets(spec: Dataset, **linked: Frame) -> Frame:
    """RELREC domain by domain: two rows for each link of the parameters whose both sides have linked rows.

    Source: rule C.5; SDTMIG 3.4 8.3.
    """
    rows = []
    for link in spec.parameters["datasets"]:
        sides = [(name, str(link[name])) for name in link if name not in ("id", "types")]
        if all(linked[name.lower()][variable].notna().any() for name, variable in sides):
            rows += [
                (name, variable, str(kind), str(link["id"]))
                for (name, variable), kind in zip(sides, link["types"], strict=True)
            ]
    return pd.DataFrame(rows, columns=["RDOMAIN", "IDVAR", "RELTYPE", "RELID"], dtype="str")


def _treated_events(ae: Frame, cm: Frame, findings: Findings) -> Frame:
    """Pairs of AESEQ and CMSEQ by the lines that the medication names."""
    named = cm.loc[cm["aeno"].notna(), ["USUBJID", "CMSEQ", "origin", "aeno"]]
    named = named.assign(line=named["aeno"].str.split(",")).explode("line")
    line = named["line"].str.strip().str.removeprefix("AE-").str.lstrip("0")
    named = named.assign(AESPID="AE-" + line.astype("str"))[line.notna() & (line != "")]
    events = ae[["USUBJID", "AESPID", "AESEQ"]].drop_duplicates(_EVENT)
    pairs = named.merge(events, on=_EVENT, how="left", validate="m:1").drop_duplicates(
        ["USUBJID", "CMSEQ", "AESPID"]
    )
    _ask_for_events(pairs[pairs["AESEQ"].isna()], findings)
    return _pairs(pairs[pairs["AESEQ"].notna()], "AE", "AESEQ", "CM", "CMSEQ")


def _ask_for_events(unknown: Frame, findings: Findings) -> None:
    """One question for each line that a medication names in vain; its keys are the medication's."""
    place = unknown["origin"].str.extract(_RECORD).assign(record=unknown["origin"])
    findings.add(
        "sdtm.no-event",
        place,
        dataset="RELREC",
        variable="IDVARVAL",
        field="CMAENO",
        keys=unknown["USUBJID"] + " CM " + place["RecordPosition"],
        value=unknown["line"],
    )


def _fatal_events(ae: Frame, ds: Frame, spec: Dataset) -> Frame:
    rule = spec.parameters["death"]
    fatal = ae[ae["AEOUT"] == rule["outcome"]]
    deaths = ds[(ds["DSDECOD"] == rule["DSDECOD"]) & (ds["DSSCAT"] != "STUDY TREATMENT")]
    return _pairs(fatal.merge(deaths, on="USUBJID", validate="m:m"), "AE", "AESEQ", "DS", "DSSEQ")


def _new_therapies(cm: Frame, rs: Frame, spec: Dataset) -> Frame:
    rule = spec.parameters["progression"]
    therapies = cm[cm["reason"] == rule["reason"]].reset_index(drop=True)
    worse = rs[
        (rs["RSTESTCD"] == rule["test"]) & rs["RSSTRESC"].isin([str(value) for value in rule["values"]])
    ]
    pairs = therapies.merge(worse, on="USUBJID", validate="m:m")
    pairs = pairs[dates.holds(pairs["RSDTC"], "le", pairs["CMSTDTC"])]
    pairs = pairs.assign(day=dates.earliest(pairs["RSDTC"])).sort_values(["USUBJID", "CMSEQ", "day", "RSSEQ"])
    return _pairs(pairs.drop_duplicates(["USUBJID", "CMSEQ"], keep="last"), "CM", "CMSEQ", "RS", "RSSEQ")


def _pairs(pairs: Frame, first: str, one: str, second: str, other: str) -> Frame:
    found = pairs[["USUBJID", one, other]].rename(columns={one: "one", other: "other"})
    return found.assign(first=first, second=second, name_one=one, name_other=other)


def _as_rows(kind: str, pairs: Frame) -> Frame:
    """Two rows for each pair, numbered in the order of their sequence numbers."""
    pairs = pairs.sort_values(["USUBJID", "one", "other"], ignore_index=True)
    number = pairs.groupby("USUBJID").cumcount() + 1
    sides = [
        pd.DataFrame(
            {
                "USUBJID": pairs["USUBJID"],
                "RDOMAIN": pairs[domain],
                "IDVAR": pairs[variable],
                "IDVARVAL": pairs[value].astype("int64").astype("str"),
                "RELID": f"{kind}-" + number.astype("str"),
            }
        )
        for domain, variable, value in (("first", "name_one", "one"), ("second", "name_other", "other"))
    ]
    return pd.concat(sides, ignore_index=True).astype("str")

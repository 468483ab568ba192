"""Programs for the conformance cases: the smallest functions that a spec can call."""

from __future__ import annotations

import pandas as pd

from clinical.findings import Findings
from clinical.frames import Frame
from clinical.spec import Dataset


def rank(vs: Frame, spec: Dataset) -> pd.Series:
    """The rank of each result among those of its subject, the largest first if the parameters say so."""
    largest_first = spec.parameters["largest"] == "first"
    return vs.groupby("USUBJID")["VSSTRESN"].rank(ascending=not largest_first)


def short(vs: Frame) -> pd.Series:
    """A column that lost a record."""
    return vs["VSSTRESN"].iloc[1:]


def made(raw_vs: Frame, spec: Dataset) -> Frame:
    """One record a page; a column that no standard knows if the parameters ask for it."""
    found = raw_vs[["USUBJID"]].assign(VSSPID=raw_vs["NR"], VSTESTCD=raw_vs["A"].str.upper())
    extra = spec.parameters.get("extra")
    return found.assign(**{str(extra): raw_vs["A"]}) if extra else found


def traced(raw_vs: Frame) -> tuple[Frame, Frame, Frame]:
    """The records, the page behind each, and a finding."""
    found = raw_vs[["USUBJID"]].assign(VSSPID=raw_vs["NR"])
    lineage = pd.DataFrame({"row": range(len(found)), "source": "raw.VS", "record": raw_vs["record"]})
    findings = Findings()
    findings.add("build.not-ascii", dataset="VS", variable="VSSPID")
    return found, lineage, findings.frame()


def stranger(raw_vs: Frame) -> Frame:
    """The records, and one of a person nobody knows."""
    known = raw_vs[["USUBJID"]].assign(VSSPID=raw_vs["NR"])
    return pd.concat([known, pd.DataFrame({"USUBJID": ["P9"], "VSSPID": ["9"]})], ignore_index=True)


def nothing(raw_vs: Frame) -> None:
    """Nothing at all."""

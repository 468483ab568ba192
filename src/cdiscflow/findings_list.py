"""The findings of a run on the terminal: which of them, by whom, where and since when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cdiscflow.home import Home
from cdiscflow.memory import collected_before
from cdiscflow.report import near
from cdiscflow.runs import find_run, named, newer
from cdiscflow.writing import FINDINGS, sites_of
from clinical.findings import NEW, NOT_OPEN, REOPENED, SEVERITIES, Frame, counts, counts_text
from clinical.manifest import read_manifest
from clinical.printable import printable
from clinical.run import read_frame

NAMED, LONGEST_VALUE = 5, 80
DM = "sdtm/dm.parquet"


@dataclass(frozen=True)
class Asked:
    """Which findings: '' and False ask for nothing; without a `status` those that are neither closed nor
    waived. `subject` is a number or its end, `new` those that are new or reopened.
    """

    severity: str = ""
    message: str = ""
    rule: str = ""
    site: str = ""
    subject: str = ""
    status: str = ""
    new: bool = False

    def of(self, findings: Frame, run: Path) -> Frame:
        """The findings asked for."""
        chosen = findings["status"] == self.status if self.status else ~findings["status"].isin(NOT_OPEN)
        if self.new:
            chosen &= findings["status"].isin([NEW, REOPENED])
        for column, value in (("severity", self.severity), ("message", self.message)):
            chosen &= (findings[column] == value) | (value == "")
        if self.rule:
            chosen &= (findings["rule"] == self.rule) | (findings["message"] == self.rule)
        if self.subject:
            person = findings["keys"].str.split(" ").str[0].str.endswith(self.subject)
            chosen &= findings["subject"].str.endswith(self.subject) | person
        if self.site:
            chosen &= _sites(findings, run) == self.site
        return findings[chosen]


def _sites(findings: Frame, run: Path) -> pd.Series:
    """The site of each finding's subject; '' for one that is about no subject."""
    known = DM in read_manifest(run)["files"]
    dm = read_frame(run, DM, ["SUBJID", "SITEID"]) if known else pd.DataFrame()
    return findings["subject"].map(sites_of(collected_before(run).raw, dm)).fillna("")


def findings_text(home: Home, study: str, asked: Asked, run_name: str = "latest") -> str:
    """The findings of a run: what is wrong, up to five records of each, what to do."""
    run = find_run(home, study, run_name)
    frame = asked.of(read_frame(run, FINDINGS).fillna(""), run)
    lines = [f"{named(study, run)}: {counts_text(counts(frame))}", *newer(study, run)]
    same = ["message", "rule", "dataset", "variable", "text", "todo"]
    for level in SEVERITIES:
        for key, group in frame[frame["severity"] == level].groupby(same):
            identity, rule, dataset, variable, text, todo = key
            known = dict.fromkeys(part for part in (identity, rule) if part)
            lines += [
                "",
                f"{level}  {' '.join(known)}  {'.'.join(part for part in (dataset, variable) if part)}",
                f"  {printable(text)}",
            ]
            lines += [f"    {line}" for line in _records(group)]
            lines += [f"  to do: {todo}"] if todo else []
    if len(frame):
        lines += ["", f"all of them, as a table: {near(run / 'findings' / 'findings.csv')}"]
    return "\n".join(lines)


def _records(group: pd.DataFrame) -> Iterator[str]:
    columns = ["id", "status", "form", "subject", "folder", "page", "line", "field", "value", "keys",
               "record", "waiver"]  # fmt: skip
    for identity, status, *page, value, keys, record, waiver in (
        group[columns].head(NAMED).itertuples(index=False)
    ):
        place = " ".join(part for part in page if part) or keys
        place += f" [{record}]" if record and not page[4] else ""  # no line of the EDC: the file's
        shown = f": {value[:LONGEST_VALUE]}{'...' if len(value) > LONGEST_VALUE else ''}" if value else ""
        yield printable(f"{status:8s} {place}{shown}".rstrip() + f"  ({identity})")
        if waiver:
            yield printable(f"         {waiver}")
    if len(group) > NAMED:
        yield f"... and {len(group) - NAMED} more"

"""One domain of rd1302 from raw pages drawn in a test, around two people whose study is drawn here.

P1 (01-001) consents on 2024-03-01, has lymphodepletion from 2024-03-10T09:00 and an infusion on 2024-03-15 from 10:00
to 10:30; so 2024-03-15 is study day 1, follow-up begins on 2024-04-13 and participation ends on 2024-06-30. P2
(01-002) is a screen failure of 2024-03-06.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import copytree

import pandas as pd

from clinical.check import Plan, check_study
from clinical.dates import join_time
from clinical.derive import Derived, derive
from clinical.forms import EDC_RECORD
from clinical.frames import Frame
from clinical.study import load_study
from tests.studies.rd1302 import STUDY
from tests.tables import assert_table

AROUND = {
    "IC": """
        Subject | Folder | ICDAT      | ICTYPE_STD
        01-001  | SCR    | 2024-03-01 | 1
        01-002  | SCR    | 2024-03-05 | 1
        """,
    "DM": """
        Subject | Folder | BRTHDAT    | SEX_STD | RACE_STD | ETHNIC_STD | COUNTRY_STD
        01-001  | SCR    | 1990-01-01 | M       | ASIAN    | HAN        | CHN
        01-002  | SCR    | 1985-05-05 | F       | ASIAN    | HAN        | CHN
        """,
    "IE": """
        Subject | Folder | IEDAT      | IEYN_STD | ELIGDEC_STD | ENRDAT     | COHORT_STD | SFREAS_STD
        01-001  | SCR    | 2024-03-05 | Y        | 1           | 2024-03-05 | DL1        |
        01-002  | SCR    | 2024-03-06 | N        | 2           |            |            | 1
        """,
    "LD": """
        Subject | Folder | RecordPosition | LDTRT_STD | LDDAT      | LDSTTIM | LDENTIM | LDDOSE | LDDOSU_STD | LDADJ_STD
        01-001  | LD1    | 1              | FLU       | 2024-03-10 | 09:00   | 09:30   | 30     | mg/m2      | N
        """,
    "INF": """
        Subject | Folder | INFYN_STD | INFDAT     | INFSTTIM | INFENTIM | INFWT | INFDOSE | INFDOSEU_STD
        01-001  | D0     | Y         | 2024-03-15 | 10:00    | 10:30    | 70    | 700     | 10^6 cells
        """,
    "SVT": """
        Subject | Folder | InstanceRepeatNumber | SVDAT      | SVOCC_STD | SVMODE_STD
        01-001  | SCR    | 0                    | 2024-03-02 | Y         | 1
        01-001  | LD1    | 0                    | 2024-03-10 | Y         | 1
        01-001  | D0     | 0                    | 2024-03-15 | Y         | 1
        01-001  | D28    | 0                    | 2024-04-12 | Y         | 1
        01-001  | UNS    | 0                    | 2024-04-20 | Y         | 1
        01-001  | W8     | 0                    | 2024-05-10 | Y         | 1
        01-002  | SCR    | 0                    | 2024-03-06 | Y         | 1
        """,
    "DS": """
        Subject | Folder | DSTYPE_STD | DSDAT      | DSSTAT_STD
        01-001  | EOS    | EOS        | 2024-06-30 | 1
        """,
}
DEFAULTS = {
    "Folder": "LOG",
    "InstanceRepeatNumber": "0",
    "PageRepeatNumber": "0",
    "RecordPosition": "0",
    "SiteNumber": "01",
}


@dataclass
class Built:
    """What one domain became, with its qualifiers and findings."""

    name: str
    derived: Derived

    @property
    def frame(self) -> Frame:
        """The records of the domain."""
        return self.derived.outputs[self.name].frame

    @property
    def supp(self) -> Frame:
        """The records of its SUPP--."""
        return self.derived.outputs[f"SUPP{self.name}"].frame

    @property
    def findings(self) -> Frame:
        """What it asked, reports on filters that matched nothing left out."""
        found = self.derived.findings
        return found[(found["dataset"] == self.name) & (found["message"] != "build.matched-nothing")]

    def shows(self, drawn: str, **given: str) -> None:
        """Fails unless the domain has exactly these records in the drawn columns, each with its lineage."""
        assert_table(self.frame, drawn, **given)
        lineage = self.derived.outputs[self.name].lineage
        assert set(lineage["row"]) == set(range(len(self.frame)))

    def qualifies(self, drawn: str) -> None:
        """Fails unless its SUPP-- has exactly these records in the drawn columns."""
        assert_table(self.supp, drawn)

    def asks(self, *messages: str) -> None:
        """Fails unless exactly these are the messages of its findings."""
        assert sorted(self.findings["message"]) == sorted(messages), self.findings["text"].tolist()


@cache
def plan() -> Plan:
    return check_study(load_study(STUDY))


def plan_with(folder: Path, old: str, new: str) -> Plan:
    """The study with another setting: a copy of the specs in `folder` with `old` of study.yml replaced."""
    mappings = folder / "mappings"
    copytree(STUDY.parent, mappings)
    settings = mappings / STUDY.name / "study.yml"
    text = settings.read_text("utf-8")
    assert old in text, old
    settings.write_text(text.replace(old, new), "utf-8")
    return check_study(load_study(mappings / STUDY.name))


def domain(name: str, more: tuple[str, ...] = (), planned: Plan | None = None, **pages: str) -> Built:
    """The domain from pages drawn as `FORM="..."`, which replace those of `AROUND`; `more` names others to build."""
    planned = planned or plan()
    forms = planned.study.forms
    drawn = {**AROUND, **pages}
    raw = {form: collected(form, drawn.get(form, "Subject")) for form in forms}
    derived = derive(planned, raw, cut="2025-06-30", only=[name, *more])
    assert derived.stopped == {}, derived.stopped
    return Built(name, derived)


@cache
def collected(name: str, drawn: str) -> Frame:
    """The raw frame that the reader would give for drawn records: of a coded field the code is enough."""
    form = plan().study.forms[name]
    cells = [
        [cell.strip() or None for cell in line.split("|")] for line in drawn.splitlines() if line.strip()
    ]
    frame = pd.DataFrame(cells[1:], columns=[str(name) for name in cells[0]], dtype="str")
    known = {column for field in form.fields.values() for column in field.gives}
    assert set(frame) <= known | {"Subject", *DEFAULTS}, set(frame) - known
    edc = form.source.path.startswith("edc_csv/")
    for column, value in DEFAULTS.items() if edc else ():
        frame[column] = frame.get(column, pd.Series(value, index=frame.index)).fillna(value)
    for field in form.fields.values():
        for column in field.gives:
            if column not in frame:
                frame[column] = pd.Series(None, index=frame.index, dtype="str")
        if field.type == "code":
            frame[field.name] = frame[field.name].fillna(frame[f"{field.name}_STD"].map(dict(field.codes)))
    for field in form.fields.values():
        if field.joined:
            frame[field.name] = join_time(frame[field.date], frame[field.time])
    if form.subject != "Subject":
        frame[form.subject] = frame["Subject"]
    lines = pd.Series([str(number) for number in range(2, len(frame) + 2)], dtype="str")
    parts = [frame[name].fillna("") for name in (form.record or EDC_RECORD) if name != "file"] or [lines]
    record = pd.Series(form.name, index=frame.index, dtype="str")
    for part in parts:
        record = record + "/" + part.astype("str")
    return frame.assign(
        USUBJID="RD1302-" + frame["Subject"], record=record, participation="1", place=range(len(frame))
    ).astype({"USUBJID": "str", "participation": "str"})

"""Findings: what is wrong with a record, where it was collected and what to do about it.

One frame serves every check of every gate (architecture.md, 5). A finding never stops other subjects; its
severity comes from the message catalogue.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from hashlib import sha256

import pandas as pd

from clinical.errors import catalogue

Frame = pd.DataFrame

COLUMNS = [
    "message", "rule", "severity", "dataset", "variable", "keys", "value", "form", "subject", "folder",
    "instance", "page", "line", "field", "record", "text", "todo",
]  # fmt: skip
SEVERITIES = ("error", "warning", "info")
NEW, OPEN, REOPENED, CLOSED, WAIVED = "new", "open", "reopened", "closed", "waived"
NOT_OPEN = (CLOSED, WAIVED)
COORDINATES = {
    "form": "form",
    "subject": "Subject",
    "folder": "Folder",
    "instance": "InstanceRepeatNumber",
    "page": "PageRepeatNumber",
    "line": "RecordPosition",
}


def no_findings() -> Frame:
    """An empty finding frame."""
    return _nothing().copy()


@cache
def _nothing() -> Frame:
    return pd.DataFrame({column: pd.Series(dtype="str") for column in COLUMNS})


class Findings:
    """Collects finding frames; `frame()` is all of them in one."""

    def __init__(self) -> None:
        self._parts: list[Frame] = []

    def add(
        self,
        message: str,
        records: Frame | None = None,
        *,
        dataset: str = "",
        variable: str = "",
        field: str = "",
        value: pd.Series | str = "",
        keys: pd.Series | str = "",
        rule: str = "",
        **words: object,
    ) -> None:
        """One finding for each row of `records` (EDC coordinates are taken from its columns), or one without
        records.

        `words` fill the sentence of the catalogue; a sentence is about the rule, never about one value.
        """
        entry = catalogue()[message]
        size = 1 if records is None else len(records)
        if size == 0:
            return
        words |= {"dataset": dataset, "variable": variable, "field": field}
        part: dict[str, object] = {
            "message": message, "rule": rule or entry.rule, "severity": entry.severity,
            "dataset": dataset, "variable": variable, "field": field,
            "text": entry.text.format(**words), "todo": entry.todo,
        }  # fmt: skip
        for name, given in (("value", value), ("keys", keys)):
            part[name] = given.to_numpy() if isinstance(given, pd.Series) else given
        for name, column in {**COORDINATES, "record": "record"}.items():
            part[name] = records[column].to_numpy() if records is not None and column in records else ""
        self._parts.append(pd.DataFrame(part, index=range(size)))

    def add_rule(
        self,
        rule: str,
        severity: str,
        says: str,
        todo: str,
        source: str,
        records: Frame,
        *,
        dataset: str,
        variable: str,
        value: pd.Series,
    ) -> None:
        """One finding for each record that breaks a rule of `validation/`; its words are the rule's own."""
        part = pd.DataFrame(index=range(len(records)))
        part["message"], part["rule"], part["severity"] = rule, source, severity
        part["dataset"], part["variable"], part["text"], part["todo"] = dataset, variable, says, todo
        part["value"], part["keys"] = value.to_numpy(), records["keys"].to_numpy()
        for name, column in {**COORDINATES, "record": "record"}.items():
            part[name] = records[column].to_numpy() if column in records else ""
        self._parts.append(part)

    def extend(self, frame: Frame) -> None:
        """Takes over the findings another part of the product collected."""
        if len(frame):
            self._parts.append(frame)

    def frame(self) -> Frame:
        """All findings: text columns of COLUMNS, in the order they were found."""
        if not self._parts:
            return no_findings()
        whole = pd.concat(self._parts, ignore_index=True)
        return whole.reindex(columns=COLUMNS).astype("str").fillna("")


def finding_ids(frame: Frame) -> pd.Series:
    """The stable id of each finding: a hash of message, rule, dataset, variable, field and record [C-QUERY].

    A finding without EDC record is known by its keys. Several of one id are numbered in their order.
    """
    record = frame["record"].where(frame["record"] != "", frame["keys"])
    parts = pd.Series("", index=frame.index, dtype="str")
    for column in (frame[name] for name in ("message", "rule", "dataset", "variable", "field")):
        parts = parts + "|" + column.astype("str")
    parts = parts + "|" + record.astype("str")
    numbered = parts + "|" + parts.groupby(parts).cumcount().astype("str")
    ids = [sha256(text.encode()).hexdigest()[:12] for text in numbered.tolist()]
    return pd.Series(ids, index=frame.index, dtype="str")


def with_status(found: Frame, before: Frame | None, extract: str, stopped: Collection[str] = ()) -> Frame:
    """Findings with id, status against the last run and the extract that showed them first.

    Rows: all of `found`, and those of `before` that are gone, as closed; about a dataset that `stopped`, so
          that nobody judged it, they stay open. Status is new, open, closed or reopened; what was waived is
          reopened, unless a waiver holds again.
    """
    found = found.reindex(columns=COLUMNS).astype("str").fillna("")
    found.insert(0, "id", finding_ids(found))
    found["status"], found["first_seen"] = NEW, extract
    if before is None or not len(before):
        return _in_order(found)
    old = (
        before.drop_duplicates("id")
        .set_index("id")[["status", "first_seen"]]
        .reindex(found["id"])
        .set_axis(found.index)
    )
    known = old["status"].notna()
    found["status"] = found["status"].mask(known, OPEN).mask(old["status"].isin(NOT_OPEN), REOPENED)
    found["first_seen"] = found["first_seen"].mask(known, old["first_seen"])
    gone = before[pd.Index(found["id"].unique()).get_indexer(before["id"]) < 0].copy()
    judged = ~gone["dataset"].isin(list(stopped)) | (gone["status"] == CLOSED)
    gone["status"] = gone["status"].mask(judged, CLOSED).mask(~judged, OPEN)
    return _in_order(pd.concat([found, gone], ignore_index=True))


def counts(findings: Frame) -> dict[str, int]:
    """How many findings are open, by severity; then how many are new, reopened and waived, where any are."""
    still = findings.loc[~findings["status"].isin(NOT_OPEN), "severity"].value_counts()
    status = findings["status"].value_counts()
    told = {level: int(still.get(level, 0)) for level in SEVERITIES}
    return told | {name: int(status[name]) for name in (NEW, REOPENED, WAIVED) if name in status}


def counts_text(told: dict[str, int]) -> str:
    """`0 error, 3 warning, 1 info; 2 new, 1 waived`"""
    weights = ", ".join(f"{told[name]} {name}" for name in SEVERITIES)
    others = ", ".join(f"{count} {name}" for name, count in told.items() if name not in SEVERITIES)
    return f"{weights}; {others}" if others else weights


def _in_order(frame: Frame) -> Frame:
    rank = frame["severity"].map({"error": 0, "warning": 1, "info": 2}).fillna(3)
    keyed = frame.assign(_rank=rank).sort_values(["_rank", "message", "dataset", "variable", "record", "id"])
    return keyed.drop(columns="_rank").reset_index(drop=True)

"""Which records of a file count, whose they are, their ids and their order [C-ID, C-SEQ, B-DIRT-7, B-DIRT-8]."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from clinical.distinct import distinct, spread
from clinical.findings import Findings, Frame
from clinical.forms import SYSTEM, Form
from clinical.read import Mapping
from edc.collected import Collected
from edc.columns import FILE_AND_LINE, column_of, record_parts, used_columns
from edc.order import joined, record_ids, sort_key
from edc.repeats import set_aside_repeats
from edc.report import Report
from edc.subjects import Subjects, repaired, usubjids

_APART = "\x1f"


@dataclass
class Account:
    """Where the rows of each form went: read = kept + all the others."""

    lines: list[tuple[str, str, str, int]] = field(default_factory=list)

    def add(self, form: str, rule: str, reason: str, rows: int) -> None:
        """A line; without rows none, except for what was read and kept."""
        if rows or reason in ("read", "kept"):
            self.lines.append((form, rule, reason, int(rows)))

    def frame(self) -> Frame:
        """form, rule, reason, rows: by form, in the order things were done."""
        whole = pd.DataFrame(self.lines, columns=["form", "rule", "reason", "rows"])
        whole = whole.astype({"form": "str", "rule": "str", "reason": "str", "rows": "int64"})
        return whole.sort_values("form", kind="stable", ignore_index=True)


@dataclass(eq=False)
class Records:
    """The records of a form that count: `records` are their ids and system columns, `frame` is as collected."""

    records: Frame
    frame: Frame
    report: Report


class _Rows:
    """The rows of one form that are still there, and the account of those that are not."""

    def __init__(self, form: Form, size: int, account: Account):
        self.form, self.account = form, account
        self.there = np.ones(size, dtype=bool)
        account.add(form.name, "", "read", size)

    def drop(self, which: np.ndarray, rule: str, reason: str) -> None:
        gone = self.there & which
        self.account.add(self.form.name, rule, reason, gone.sum())
        self.there &= ~which


def records_of(
    form: Form,
    collected: Collected,
    mine: np.ndarray,
    study: Mapping,
    subjects: Subjects,
    findings: Findings,
    account: Account,
) -> Records:
    """The records of a form, in the order of their ids; `mine` marks the rows of the file that are this form's.

    Rows of another environment, inactive rows, test subjects, empty rows, rows without a subject and repeated
    records are set aside and counted.
    """
    whole = collected.frame
    rows = _Rows(form, len(whole), account)
    rows.drop(~mine, "", "not this form (where)")
    numbers, changed, unfit = repaired(whole[form.subject], subjects)
    _drop_by_rule(rows, whole, numbers, study, subjects)
    parts = record_parts(form, whole.columns)
    columns = _record_columns(form, parts, whole, numbers, collected)
    at = np.flatnonzero(rows.there)
    key = sort_key([_take(column, at) for column in columns])
    if len(key) and (key[1:] < key[:-1]).any():
        order = np.argsort(key, kind="stable")
        at, key = at[order], key[order]
    frame = _take_frame(whole[used_columns(form, list(whole.columns))], at)
    frame[form.subject] = _take(numbers, at)
    records = _system_columns(form, frame, subjects)
    ids = [_take(column, at) for column in columns]
    records["record"] = record_ids(form.name, _with_file(collected, parts, ids))
    report = Report(form, records, findings)
    raw = _take(whole[form.subject], at)
    first = ~raw.duplicated().to_numpy()
    report.add("raw.subject-repaired", first & changed[at] & ~unfit[at], form.subject, raw)
    report.add("raw.subject-shape", first & unfit[at], form.subject, raw)
    return _without_repeats(Records(records, frame, report), key, parts, study, account)

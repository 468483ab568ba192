"""Which records of a file count, whose they are, their ids and order [C-ID, C-SEQ, B-DIRT-7, B-DIRT-8]."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from clinical.distinct import distinct, spread
from clinical.findings import Findings, Frame
from clinical.forms import SYSTEM, Form
from clinical.frames import constant, take
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
    """The records of a form: `system` has ids and system columns, `frame` what was collected."""

    system: Frame
    frame: Frame
    report: Report

    def keep(self, rows: np.ndarray) -> Records:
        """Some of the records."""
        if rows.all():
            return self
        places = np.flatnonzero(rows)
        return Records(taken(self.system, places), taken(self.frame, places), self.report.of(places))


def taken(frame: Frame, places: np.ndarray) -> Frame:
    """The rows at `places`, column by column."""
    if len(places) == len(frame) and (places == np.arange(len(places))).all():
        return frame
    return pd.DataFrame({name: take(frame[name], places) for name in frame}, copy=False)


def records_of(
    form: Form,
    collected: Collected,
    mine: np.ndarray,
    study: Mapping,
    subjects: Subjects,
    findings: Findings,
    account: Account,
) -> Records:
    """The records of a form, in the order of their ids; `mine` marks its rows of the file.

    Rows: those of another environment, inactive ones, test subjects, empty rows, rows without a subject and
          repeated records are set aside and counted.
    """
    whole = collected.frame
    account.add(form.name, "", "read", len(whole))
    numbers, changed, unfit = repaired(whole[form.subject], subjects)
    there = _that_count(form, whole, numbers, mine, study, subjects, account)
    columns = _record_columns(form, whole, numbers, collected)
    places = np.flatnonzero(there)
    key = sort_key([take(column, places) for column in columns])
    if (key[1:] < key[:-1]).any():
        order = np.argsort(key, kind="stable")
        places, key = places[order], key[order]
    frame = taken(whole[used_columns(form, list(whole.columns))], places)
    frame[form.subject] = take(numbers, places)
    system = _system(form, frame, subjects)
    system.insert(1, "record", record_ids(form.name, [take(column, places) for column in columns]))
    report = Report(form, system, findings)
    _report_subjects(form, take(whole[form.subject], places), changed[places], unfit[places], report)
    _report_shared(form, frame, report)
    records = Records(system, frame, report)
    has_subject = frame[form.subject].notna().to_numpy()
    report.add("raw.no-subject", ~has_subject)
    account.add(form.name, "C-ID", "no subject", (~has_subject).sum())
    return _without_repeats(records.keep(has_subject), key[has_subject], study, account)


def _that_count(
    form: Form,
    whole: Frame,
    numbers: pd.Series,
    mine: np.ndarray,
    study: Mapping,
    subjects: Subjects,
    account: Account,
) -> np.ndarray:
    """Which rows are of this form, environment and study population, and still active."""
    there = np.ones(len(whole), dtype=bool)

    def drop(which: np.ndarray, rule: str, reason: str) -> None:
        account.add(form.name, rule, reason, (there & which).sum())
        np.logical_and(there, ~which, out=there)

    drop(~mine, "", "not this form (where)")
    if "environment" in study and "environment" in whole:
        drop(_is_other(whole["environment"], str(study["environment"])), "B-DIRT-8", "other environment")
    if "RecordActive" in whole:
        drop(_is_one_of(whole["RecordActive"], {"0"}), "B-DIRT-7", "inactive")
    drop(_is_one_of(numbers, subjects.tests), "B-DIRT-8", "test subject")
    nobody = numbers.isna().to_numpy()
    if nobody.any():
        drop(nobody & whole.isna().all(axis=1).to_numpy(), "", "empty row")
    return there


def _is_one_of(text: pd.Series, values: set[str] | frozenset[str]) -> np.ndarray:
    codes, found = distinct(text)
    return spread(codes, np.array([value in values for value in found], dtype=bool), False)


def _is_other(text: pd.Series, value: str) -> np.ndarray:
    return text.notna().to_numpy() & ~_is_one_of(text, {value})


def _record_columns(form: Form, whole: Frame, numbers: pd.Series, collected: Collected) -> list[pd.Series]:
    """What makes a record's id, row by row of the file."""
    parts = record_parts(form, whole.columns)
    if parts == FILE_AND_LINE:
        lines = pd.Series(collected.lines()).astype("str")
        return [constant(collected.path.rsplit("/", 1)[-1], len(whole)), lines]
    return [numbers if part in ("Subject", form.subject) else whole[column_of(form, part)] for part in parts]


def _system(form: Form, frame: Frame, subjects: Subjects) -> Frame:
    """USUBJID, the screening number and the system columns that the file has."""
    screening = frame[form.subject]
    system = {"USUBJID": usubjids(screening, subjects), "Subject": screening}
    system |= {name: frame[name] for name in SYSTEM if name in frame and name != "Subject"}
    for name, column in form.coordinates.items():
        if name not in system:
            system[name] = frame[column_of(form, column)]
    if form.subject not in system and form.subject not in form.fields:
        system[form.subject] = screening
    return pd.DataFrame(system, copy=False)


def _report_subjects(
    form: Form, collected: pd.Series, changed: np.ndarray, unfit: np.ndarray, report: Report
) -> None:
    """One finding for each screening number that was repaired or has not the study's shape."""
    doubtful = np.flatnonzero(changed | unfit)
    first = np.zeros(len(collected), dtype=bool)
    first[doubtful[~collected.iloc[doubtful].duplicated().to_numpy()]] = True
    report.add("raw.subject-repaired", first & ~unfit, form.subject, collected)
    report.add("raw.subject-shape", first & unfit, form.subject, collected)


def _report_shared(form: Form, frame: Frame, report: Report) -> None:
    """A finding for each record whose key, named without the subject, is that of another subject too."""
    if not form.record or form.record == FILE_AND_LINE or {form.subject, "Subject"} & set(form.record):
        return
    groups = pd.factorize(joined([frame[column_of(form, name)] for name in form.record], _APART))[0]
    first = frame[form.subject].groupby(groups).transform("first")
    other = (frame[form.subject] != first).to_numpy(dtype=bool, na_value=False)
    shared = np.bincount(groups, weights=other)[groups] > 0 if len(groups) else other
    report.add("raw.key-shared", shared, key=" ".join(form.record))


def _without_repeats(records: Records, key: np.ndarray, study: Mapping, account: Account) -> Records:
    """One record of each group that `duplicates` makes, and of each record id."""
    form, site_tz = records.report.form, str(study.get("site_tz", "+00:00"))
    identical = different = 0
    if form.duplicates and form.duplicates.by:
        found = set_aside_repeats(_groups(records.frame, form), records.frame, records.report, site_tz)
        records, key = records.keep(found.keep), key[found.keep]
        identical, different = found.identical, found.different
    found = set_aside_repeats(key, records.frame, records.report, site_tz)
    account.add(form.name, "B-DIRT-5", "repeated, identical", identical + found.identical)
    account.add(form.name, "B-DIRT-6", "repeated, values differ", different + found.different)
    return records.keep(found.keep)


def _groups(frame: Frame, form: Form) -> np.ndarray:
    """The group of each record: same screening number, same `by`; -1 where one is not collected."""
    parts, complete = [frame[form.subject]], np.ones(len(frame), dtype=bool)
    for name in form.duplicates.by:
        field = form.fields.get(name)
        columns = [column for column in (field.columns if field else (name,)) if column in frame]
        parts += [frame[column] for column in columns]
        complete &= ~np.logical_and.reduce([frame[column].isna().to_numpy() for column in columns])
    return np.where(complete, pd.factorize(joined(parts, _APART))[0], -1)

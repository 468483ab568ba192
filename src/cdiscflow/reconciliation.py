"""Reconciliation: every record and field went somewhere, and sources agree with each other [C-RECON].

One sheet with four parts. `files`: the lines of each file and the forms that claim them. `records`: of each
form, what was mapped and what was set aside, by reason and rule; what is left is unexplained, and must be 0.
`fields`: read or not submitted, and why. `cross-checks`: rules that hold one source against another
(`reconciles` in validation/), with the records looked at and the findings behind each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cdiscflow.account import field_account, row_account
from cdiscflow.workbook import write_workbook
from clinical.check import Plan, fields_of_columns
from clinical.derive import Derived
from clinical.errors import sentence
from clinical.frames import Frame
from edc.read import Extract

if TYPE_CHECKING:
    from checks.rules import Rule

COLUMNS = {
    "part": "Part", "source": "Form, file or cross-check", "what": "What", "reason": "Reason", "rule": "Rule",
    "records": "Records", "subject": "Subject", "place": "Place", "value": "Value",
}  # fmt: skip
WIDTHS = {"part": 13, "source": 26, "what": 42, "reason": 60, "rule": 18, "place": 34, "value": 50}
FILES, RECORDS, FIELDS, CHECKS = "files", "records", "fields", "cross-checks"
OTHER_FORM = "not this form (where)"
DELIVERED, MAPPED, ASIDE, UNEXPLAINED = "delivered", "mapped", "set aside", "unexplained"
READ, TAKEN, BY_NONE = "read", "taken by a dataset", "taken by none"
NOT_ASIDE = {READ, "kept", OTHER_FORM, TAKEN, BY_NONE}


@dataclass(frozen=True)
class Totals:
    """Records of all forms and files: delivered, mapped, set aside by reason, unexplained.

    A record too many is as unexplained as one too few.
    """

    delivered: int
    mapped: int
    aside: dict[str, int]
    unexplained: int

    def __str__(self) -> str:
        return sentence(
            "recon.totals",
            delivered=self.delivered,
            mapped=self.mapped,
            aside=sum(self.aside.values()),
            reasons=f" ({', '.join(f'{count} {why}' for why, count in self.aside.items())})"
            if self.aside
            else "",
            unexplained=self.unexplained,
        )


@dataclass(eq=False)
class Asked:
    """The rules of a run that were asked, and the reason for each that could not be."""

    rules: list[Rule]
    not_run: dict[str, str]


def reconcile(plan: Plan, extract: Extract, derived: Derived, asked: Asked, findings: Frame) -> Frame:
    """The sheet: text throughout, columns of COLUMNS; `findings` are those of the run with their status."""
    account = row_account(extract, derived)
    lines = [
        *_files(extract, account),
        *_records(plan, extract, derived, account),
        *_fields(plan),
        *_cross_checks(extract, derived, asked, findings),
    ]
    blank = dict.fromkeys(COLUMNS, "")
    whole = pd.DataFrame([{**blank, **line} for line in lines], columns=list(COLUMNS))
    return whole.astype("str")


def totals(sheet: Frame) -> Totals:
    """What the summary of a run says of the sheet."""
    found = sheet[sheet["part"].isin([FILES, RECORDS])].assign(count=lambda frame: _counts(frame["records"]))
    sums = found[found["part"] == RECORDS].groupby("what")["count"].sum()
    aside = found[found["what"] == ASIDE].groupby("place", sort=False)["count"].sum()
    lost = found.loc[found["what"] == UNEXPLAINED, "count"].abs().sum()
    return Totals(
        int(sums.get(DELIVERED, 0)),
        int(sums.get(MAPPED, 0)),
        {str(why): int(count) for why, count in aside.items()},
        int(lost),
    )


def _counts(text: pd.Series) -> pd.Series:
    return pd.to_numeric(text, errors="coerce").fillna(0).astype("int64")


def _of_reader(account: Frame) -> dict[str, list[tuple[str, str, int]]]:
    """The reader's part of the account, by form: reason, rule, records."""
    reader = account[(account["dataset"] == "") & account["source"].str.startswith("raw.")]
    found: dict[str, list[tuple[str, str, int]]] = {}
    for source, *line in reader[["source", "reason", "rule", "records"]].itertuples(index=False, name=None):
        found.setdefault(source.removeprefix("raw."), []).append(tuple(line))
    return found


def _sum(lines: list[tuple[str, str, int]], reason: str) -> int:
    return sum(int(records) for why, _, records in lines if why == reason)


def _delivered(account: Frame) -> dict[str, int]:
    """The records that a form claims of its file, by form."""
    return {
        form: _sum(lines, READ) - _sum(lines, OTHER_FORM)
        for form, lines in _of_reader(account).items()
        if any(reason == READ for reason, _, _ in lines)
    }


def _files(extract: Extract, account: Frame) -> Iterator[dict[str, str]]:
    delivered = _delivered(account)
    for path, rows, forms in extract.files[["path", "rows", "forms"]].itertuples(index=False):
        if pd.isna(rows):
            yield _line(FILES, path, "refused", sentence("recon.refused"))
            continue
        yield _line(FILES, path, "lines", records=int(rows))
        claimed = {form: delivered[form] for form in str(forms).split() if form in delivered}
        for form, count in claimed.items():
            yield _line(FILES, path, f"claimed by form {form}", records=count)
        refused = [form for form in str(forms).split() if form in extract.refused]
        if not refused:
            yield _line(FILES, path, UNEXPLAINED, records=int(rows) - sum(claimed.values()))


def _records(plan: Plan, extract: Extract, derived: Derived, account: Frame) -> Iterator[dict[str, str]]:
    reader = _of_reader(account)
    for form, delivered in sorted(_delivered(account).items()):
        yield _line(RECORDS, form, DELIVERED, records=delivered)
        left = delivered
        for reason, rule, count in reader[form]:
            if count and reason not in NOT_ASIDE:
                yield _line(RECORDS, form, ASIDE, reason, rule, count, place=reason)
                left -= count
        mapped, none = _sum(reader[form], TAKEN), _sum(reader[form], BY_NONE)
        yield _line(RECORDS, form, MAPPED, records=mapped)
        left -= mapped
        why = _why_none(plan, derived, account, form, none) if none else None
        if why:
            yield _line(RECORDS, form, ASIDE, why.reason, why.rule, none, place=why.kind)
            left -= none
        if left > 0 and (why := _why_stopped(plan, derived, form)):
            yield _line(RECORDS, form, ASIDE, why.reason, records=left, place=why.kind)
            left = 0
        yield _line(RECORDS, form, UNEXPLAINED, records=left)
    for form in sorted(extract.refused):
        yield _line(RECORDS, form, "refused", sentence("recon.refused"))


@dataclass(frozen=True)
class _Why:
    """Why no dataset took some records: in few words, in full, and under which rules."""

    kind: str
    reason: str
    rule: str = ""


def _why_none(plan: Plan, derived: Derived, account: Frame, form: str, count: int) -> _Why | None:
    """None where nothing says why: these records are lost."""
    spec = plan.study.forms[form]
    if spec.not_submitted:
        return _Why("not submitted", f"not submitted: {spec.not_submitted}")
    left_out = account[(account["source"] == f"raw.{form}") & (account["dataset"] != "")]
    if left_out["records"].sum() >= count:
        named = dict.fromkeys(zip(left_out["dataset"], left_out["reason"], strict=True))
        rules = dict.fromkeys(rule for rule in left_out["rule"] if rule)
        return _Why("left out by rule", "; ".join(f"{name}: {why}" for name, why in named), " ".join(rules))
    return _why_stopped(plan, derived, form)


def _why_stopped(plan: Plan, derived: Derived, form: str) -> _Why | None:
    """The datasets that read a form, by whatever word, and stopped."""
    read = fields_of_columns(plan.names)
    readers = {dataset for (dataset, _), fields in read.items() if form in {name for name, _ in fields}}
    stopped = readers & set(derived.stopped)
    if not stopped:
        return None
    return _Why("of stopped datasets", sentence("recon.stopped", datasets=", ".join(sorted(stopped))))


def _fields(plan: Plan) -> Iterator[dict[str, str]]:
    account = field_account(plan).fillna("")
    for (form, use, reason), group in account.groupby(["form", "use", "reason"], sort=True):
        yield _line(FIELDS, form, use, reason, records=len(group), value=" ".join(group["field"]))


def _cross_checks(
    extract: Extract, derived: Derived, asked: Asked, findings: Frame
) -> Iterator[dict[str, str]]:
    rules = sorted((each for each in asked.rules if each.reconciles), key=lambda each: each.reconciles)
    still = findings[findings["message"].isin([rule.id for rule in rules]) & (findings["status"] != "closed")]
    behind: dict[str, list[dict[str, str]]] = {rule.id: [] for rule in rules}
    for finding in still[["message", *PLACED]].fillna("").to_dict("records"):
        behind[finding["message"]].append(finding)
    for rule in rules:
        size = _size(extract, derived, rule.dataset)
        if rule.id in asked.not_run or size is None:
            why = asked.not_run.get(rule.id, sentence("recon.stopped", datasets=rule.dataset))
            yield _line(CHECKS, rule.reconciles, "not asked", why, rule.id)
            continue
        found = behind[rule.id]
        yield _line(CHECKS, rule.reconciles, f"{rule.dataset}: records looked at", rule.says, rule.id, size)
        yield _line(CHECKS, rule.reconciles, f"{rule.dataset}: findings", rule.says, rule.id, len(found))
        for finding in found:
            place = " ".join(filter(None, (finding[name] for name in PLACE)))
            subject = finding["subject"] or finding["keys"].partition(" ")[0]
            yield _line(
                CHECKS, rule.reconciles, "finding", finding["text"], rule.id,
                subject=subject, place=place, value=finding["value"],
            )  # fmt: skip


PLACE = ("form", "folder", "instance", "page", "line", "field")
PLACED = [*PLACE, "subject", "keys", "text", "value"]


def _size(extract: Extract, derived: Derived, dataset: str) -> int | None:
    """How many records a rule looked at; None where the dataset or form is not in the run."""
    output, form = derived.outputs.get(dataset), dataset.removeprefix("raw.")
    if dataset.startswith("raw."):
        return extract.frames.size(form) if form in extract.frames else None
    return None if output is None else output.rows


def _line(
    part: str,
    source: str,
    what: str,
    reason: str = "",
    rule: str = "",
    records: int | None = None,
    **more: str,
) -> dict[str, str]:
    count = "" if records is None else str(records)
    line = {
        "part": part,
        "source": source,
        "what": what,
        "reason": str(reason),
        "rule": rule,
        "records": count,
    }
    return line | more


def write_sheet(path: Path, sheet: Frame, study: str) -> None:
    """The sheet as a workbook."""
    title = f"Reconciliation of {study}"
    write_workbook(path, sheet, COLUMNS, title=title, sheet="Reconciliation", widths=WIDTHS, frozen=2)

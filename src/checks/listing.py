"""The records that fail, as findings: keys, EDC coordinates as far as lineage leads to a page, and values."""

from __future__ import annotations

import numpy as np
import pandas as pd

from checks.broken import Broken
from checks.expected import IN_SET, NOT_NULL, UNIQUE, Expected
from checks.rules import Rule
from checks.share import Share
from checks.suites import Verdict
from clinical.findings import Findings
from clinical.frames import Frame, as_text, take
from clinical.output import Output

LONGEST_SHOWN = 80
MESSAGES = {UNIQUE: "checks.not-unique", NOT_NULL: "checks.empty", IN_SET: "checks.not-in-list"}


def list_rule(
    found: Findings, share: Share, expected: Expected, rule: Rule, broken: Broken, rows: np.ndarray
) -> None:
    """A finding for each record that breaks a rule, in the rule's own words."""
    value = _shown({name: take(column, rows) for name, column in broken.looked_at.items()}, len(rows))
    found.add_rule(
        rule.id, rule.severity, rule.says, rule.todo, rule.source, _places(share, expected, rows),
        dataset=rule.dataset, variable=rule.variable, value=value,
    )  # fmt: skip


def list_promise(
    found: Findings, share: Share, expected: Expected, verdict: Verdict, rows: np.ndarray
) -> None:
    """A finding for each record that breaks what the specs promise."""
    places = _places(share, expected, rows)
    one = verdict.kind != UNIQUE
    found.add(
        MESSAGES[verdict.kind], places, dataset=expected.dataset, variable=verdict.column if one else "",
        keys=places["keys"], columns=verdict.column,
        value=as_text(take(expected.frame[verdict.column], rows)).fillna("") if one else "",
    )  # fmt: skip


def _places(share: Share, expected: Expected, rows: np.ndarray) -> Frame:
    """EDC coordinates of some records, as far as lineage leads to a page, and their keys."""
    name, build = expected.dataset, share.build
    if name.startswith("raw."):
        places = build.form(name[4:]).coordinates(rows)
        return places.assign(keys=take(expected.frame["USUBJID"], rows))
    known = name in build.study.datasets
    places = build.made(name).coordinates(rows) if known else pd.DataFrame(index=range(len(rows)))
    return places.assign(keys=_keys(share.outputs[name], rows))


def _keys(output: Output, rows: np.ndarray) -> pd.Series:
    """The values of a dataset's keys, without STUDYID and sequence numbers."""
    names = [key for key in output.keys if key in output.frame]
    names = [key for key in names if key != "STUDYID" and not key.endswith("SEQ")]
    whole = pd.Series("", index=range(len(rows)), dtype="str")
    for name in names:
        text = as_text(take(output.frame[name], rows)).fillna("")
        whole = whole + text.where(text == "", " " + text)
    return whole.str.strip()


def _shown(columns: dict[str, pd.Series], size: int) -> pd.Series:
    """What a rule looked at in each record: `RSDTC 2024-05-01, previous 2024-05-03, RSSTAT empty`."""
    whole = pd.Series("", index=range(size), dtype="str")
    for number, (name, column) in enumerate(columns.items()):
        text = as_text(column).reset_index(drop=True).fillna("empty").str.slice(0, LONGEST_SHOWN)
        whole = whole + f"{', ' if number else ''}{name} " + text
    return whole

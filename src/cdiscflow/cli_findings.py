"""The commands about findings: `cdiscflow findings` and `cdiscflow waive`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cdiscflow.cli_words import RunName, StudyName, Who
from cdiscflow.terminal import say as _say

Severity = Annotated[Literal["error", "warning", "info"] | None, typer.Option(help="Only of this weight")]
Status = Annotated[
    Literal["new", "open", "reopened", "closed", "waived"] | None,
    typer.Option(help="Only of this status; without it, all that are neither closed nor waived"),
]


def findings(
    study: StudyName,
    severity: Severity = None,
    message: Annotated[str, typer.Option(help="Only this message, such as build.no-term", metavar="ID")] = "",
    rule: Annotated[str, typer.Option(help="Only this rule, such as V-LB-31", metavar="ID")] = "",
    site: Annotated[str, typer.Option(help="Only subjects of this site", metavar="SITE")] = "",
    subject: Annotated[str, typer.Option(help="Only this subject, or its end", metavar="NUMBER")] = "",
    status: Status = None,
    new: Annotated[bool, typer.Option("--new", help="Only those new or reopened in this run")] = False,
    waived: Annotated[bool, typer.Option("--waived", help="Only those waived, and by whom")] = False,
    run: RunName = "latest",
) -> None:
    """Lists the open findings of a run: the EDC page, what is wrong, what to do."""
    from cdiscflow.findings_list import Asked, findings_text
    from cdiscflow.home import home

    chosen = "waived" if waived else status or ""
    asked = Asked(severity or "", message, rule, site, subject, chosen, new)
    _say(findings_text(home(), study, asked, run))


def waive(
    study: StudyName,
    finding: Annotated[str, typer.Argument(help="The id of a finding of the latest run", metavar="FINDING")],
    why: Annotated[str, typer.Option(help="Why it may stay", metavar="TEXT")],
    until: Annotated[str, typer.Option(help="The last day it holds", metavar="YYYY-MM-DD")],
    who: Who = "",
) -> None:
    """Waives a finding until a day: a line in validation/STUDY/waivers.yml and one in the audit trail.

    The next run shows it as waived and asks no site about it.
    """
    from cdiscflow.home import home
    from cdiscflow.report import user_name
    from cdiscflow.waive import add_waiver

    _say(add_waiver(home(), study, finding, who or user_name(), why, until))

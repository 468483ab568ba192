"""Arguments and options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

RUN_HELP = "A run's id; latest is the accepted one, newest the last one whatever came of it"
StudyName = Annotated[str, typer.Argument(help="A study under mappings/", metavar="STUDY")]
Studies = Annotated[list[str] | None, typer.Argument(help="Studies; all if none", metavar="[STUDY]...")]
Dataset = Annotated[str, typer.Argument(help="A dataset of the study, such as ADTTE", metavar="DATASET")]
Subject = Annotated[str | None, typer.Option(help="Screening number, USUBJID, or its end", metavar="NUMBER")]
Cut = Annotated[str, typer.Option(help="Data cut; else as study.yml says", metavar="YYYY-MM-DD")]
RunName = Annotated[str, typer.Option("--run", help=RUN_HELP, metavar="RUN")]
Who = Annotated[
    str, typer.Option(help="Who asks, for the audit trail; without it your account", metavar="NAME")
]

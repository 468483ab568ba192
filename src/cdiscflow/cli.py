"""The command line: the same functions the flows call, without Prefect."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

app = typer.Typer(
    name="cdiscflow", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Raw EDC exports to SDTM, ADaM, findings, tables and a submission package; and what changed and why.",
)  # fmt: skip

StudyName = Annotated[str, typer.Argument(help="A study under mappings/")]
Subject = Annotated[str, typer.Option(help="Screening number or USUBJID (its end is enough)")]


def main() -> None:
    """Runs a command; an error of ours is one clear message and exit code 1, never a traceback."""
    from clinical.errors import ClinicalError, SpecErrors

    try:
        app()
    except (ClinicalError, SpecErrors) as fault:
        print(fault, file=sys.stderr)
        raise SystemExit(1) from None


@app.command()
def run(
    study: StudyName,
    force: Annotated[bool, typer.Option(help="Run although nothing changed")] = False,
    cut: Annotated[str, typer.Option(help="Data cut, YYYY-MM-DD (else as study.yml says)")] = "",
    who: Annotated[str, typer.Option(help="Who asks, for the audit trail")] = "",
    why: Annotated[str, typer.Option(help="Why, for the audit trail")] = "run from the command line",
) -> None:
    """Derives a study from its newest extract."""
    from cdiscflow.home import home
    from cdiscflow.pipeline import Request, run_study
    from cdiscflow.report import user_name

    asked = Request(who or user_name(), why, "run", force, cut=cut)
    _finish(run_study(home(), study, asked, say=_say))


@app.command()
def rederive(
    study: StudyName,
    datasets: Annotated[list[str], typer.Option("--dataset", help="Dataset to rebuild; repeat for more")],
    reason: Annotated[str, typer.Option(help="Why; required, it goes into the audit trail")],
    who: Annotated[str, typer.Option(help="Who asks")] = "",
    subjects: Annotated[
        list[str] | None, typer.Option("--subject", help="Only these subjects' records")
    ] = None,
    cut: Annotated[str, typer.Option(help="Data cut, YYYY-MM-DD")] = "",
) -> None:
    """Rebuilds datasets, and what follows from them, on request of a data manager."""
    from cdiscflow.home import home
    from cdiscflow.pipeline import run_study
    from cdiscflow.rederive import rederive_request
    from cdiscflow.report import user_name

    here = home()
    asked = rederive_request(here, study, datasets, subjects or [], reason, who or user_name(), cut)
    _finish(run_study(here, study, asked, say=_say))


@app.command()
def check(
    studies: Annotated[list[str] | None, typer.Argument(help="Studies (all if none is named)")] = None,
) -> None:
    """Reads every spec, and the headers of the raw files where there is an extract; no data."""
    from cdiscflow.checking import check_specs
    from cdiscflow.home import home

    here = home()
    faults = [line for study in studies or here.studies() for line in check_specs(here, study, print)]
    if faults:
        print("\n".join(faults), file=sys.stderr)
        raise SystemExit(1)


@app.command()
def build(
    study: StudyName,
    dataset: Annotated[str, typer.Argument(help="A dataset of the study")],
    subject: Subject = "",
    cut: Annotated[str, typer.Option(help="Data cut, YYYY-MM-DD")] = "",
) -> None:
    """Prints one dataset, of one subject: the inner loop of whoever writes a spec. Nothing is written."""
    from cdiscflow.checking import build_one
    from cdiscflow.home import home

    print(build_one(home(), study, dataset.upper(), subject, cut))


@app.command()
def findings(
    study: StudyName,
    severity: Annotated[str, typer.Option(help="error, warning or info")] = "",
    message: Annotated[str, typer.Option(help="Only this message id")] = "",
) -> None:
    """Lists the open findings of the last run with EDC coordinates and what to do."""
    from cdiscflow.home import home
    from cdiscflow.report import findings_text

    print(findings_text(home(), study, severity, message))


@app.command()
def explain(
    study: Annotated[str, typer.Argument(help="A study, or the id of a message")],
    dataset: Annotated[str, typer.Argument(help="A dataset")] = "",
    what: Annotated[str, typer.Argument(help="A PARAMCD or a variable")] = "",
    subject: Subject = "",
) -> None:
    """How a value came about, back to the EDC page; or what a message means."""
    from cdiscflow.explain import explain_message, explain_rows
    from cdiscflow.home import home
    from clinical.errors import catalogue

    if not dataset and study in catalogue():
        print("\n".join(explain_message(study)))
        return
    print("\n".join(explain_rows(home(), study, dataset.upper(), what.upper(), subject)))


@app.command()
def diff(study: StudyName, run_a: str, run_b: Annotated[str, typer.Argument()] = "latest") -> None:
    """The records that differ between two runs, by dataset and key."""
    from cdiscflow.home import home
    from cdiscflow.report import diff_text

    print(diff_text(home(), study, run_a, run_b))


@app.command()
def verify(
    studies: Annotated[list[str] | None, typer.Argument(help="Studies (all if none is named)")] = None,
) -> None:
    """Recomputes the audit chain and the hash of every file of every run."""
    from cdiscflow.home import home
    from clinical.verify import verify as verify_study

    here = home()
    faults = [
        str(fault) for study in studies or here.studies() for fault in verify_study(here.outputs / study)
    ]
    print("\n".join(faults) if faults else "every run is as it was written")
    if faults:
        raise SystemExit(1)


@app.command()
def selftest() -> None:
    """Installation qualification: every conformance case of the language, from the installed package."""
    from cdiscflow.selftest import run_cases

    passed, failed = run_cases(print)
    print(f"{passed} passed, {failed} failed")
    if failed:
        raise SystemExit(1)


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr)


def _finish(summary: object) -> None:
    from cdiscflow.report import summary_text

    print(summary_text(summary))
    if summary.failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

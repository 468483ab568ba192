"""What the flows share: one task a dataset step, a study at a time, the summary as an artifact."""

from __future__ import annotations

import time
from collections.abc import Callable

from prefect import task
from prefect.artifacts import create_markdown_artifact

from cdiscflow.home import Home
from cdiscflow.pipeline import Request, Summary, run_study
from cdiscflow.report import summary_text
from clinical.errors import ClinicalError, SpecErrors
from clinical.graph import Step

RETRIES, PAUSE = 2, 5


def as_task(step: Step, run: Callable[[], object]) -> None:
    """Runs a step as a Prefect task named after it; frames stay in memory and never become a result."""

    def work() -> None:
        run()

    name = f"{step.dataset} {step.number}"
    task(work, name=name, task_run_name=name, persist_result=False)()


def run_one(home: Home, study: str, request: Request) -> Summary:
    """A study's run; what is wrong with it is in the summary, so that the next study still runs.

    A fault of the specs or of the delivery is final; a fault of the machine (a full disk) is tried again.
    """
    try:
        summary = _tried(home, study, request)
    except (ClinicalError, SpecErrors, OSError) as fault:
        summary = Summary(study, "failed", message=str(fault))
    publish(summary)
    return summary


def _tried(home: Home, study: str, request: Request) -> Summary:
    for left in range(RETRIES, -1, -1):
        try:
            return run_study(home, study, request, around=as_task, say=print)
        except OSError:
            if left == 0:
                raise
            time.sleep(PAUSE)
    raise ValueError(RETRIES)


def publish(summary: Summary) -> None:
    """The run summary as an artifact of the Prefect page: keys and counts only."""
    create_markdown_artifact(
        key=f"run-{summary.study}".lower().replace("_", "-"),
        markdown=f"```\n{summary_text(summary)}\n```",
        description=f"{summary.study}: {summary.status}",
    )

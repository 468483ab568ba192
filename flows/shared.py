"""What the flows share: work as a task, a study as a task with retries, the summary as an artifact."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial

from httpx import HTTPError
from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Completed, Failed, State

from cdiscflow.faults import Holding, is_of_the_machine, told
from cdiscflow.home import Home
from cdiscflow.pipeline import Request, Summary, run_study
from cdiscflow.progress import Bar, progress
from cdiscflow.report import summary_text
from cdiscflow.retention import retain_as_said
from clinical.errors import sentence
from clinical.graph import Step
from clinical.printable import printable_lines
from flows.apart import Derive
from flows.notify import tell_failure

STOPPED = "Stopped"  # the state of a flow whose studies all have a run, some of them without some datasets
PAUSES = [5, 60]  # seconds before a fault of the machine is tried again
RETRIES = 2  # of an artifact, 6 seconds in all; Prefect's five take a minute, for each study


def in_task(
    name: str, work: Callable[[], object], tell: Callable[[Exception], str], retried: bool = False
) -> object:
    """What `work` gives, run as a Prefect task `name`; only faults of the machine are tried again.

    Frames stay in memory and are no result of the task. What `work` raises is raised here and not inside the
    task, which ends failed with the sentence of `tell`.
    """
    held, given = Holding(), []

    def body() -> State | None:
        with held:
            given[:] = [work()]
        return Failed(message=tell(held.fault)) if held.fault else None

    task(
        body, name=name, task_run_name=name, persist_result=False, cache_policy=NO_CACHE,
        retries=len(PAUSES) if retried else 0, retry_delay_seconds=PAUSES,
        retry_condition_fn=lambda task, run, state: is_of_the_machine(held.fault),
    )(return_state=True)  # fmt: skip
    if held.fault:
        raise held.fault
    return given[0]


def run_one(
    home: Home, study: str, request: Callable[[], Request], event: str, derive: Derive | None = None
) -> Summary:
    """A study's run as a task, each step of a dataset a task in it unless `derive` derives it elsewhere; the
    summary is printed and an artifact, and a failure one message (`flows.notify`).

    Whatever is wrong with it is in the summary, so that the next study still runs.
    """
    tell = partial(told, outputs=home.outputs / study)
    with Holding() as held, nullcontext() if derive else progress(home, study) as bar:
        run = derive or partial(_run, bar=bar, tell=tell)
        summary = in_task(study, lambda: _and_retain(home, study, request(), run), tell, retried=True)
    if held.fault:
        summary = Summary(study, "failed", message=tell(held.fault))
    publish(summary)
    tell_failure(summary, event)
    return summary


def _and_retain(home: Home, study: str, request: Request, run: Derive) -> Summary:
    summary = run(home, study, request)
    for line in retain_as_said(home, study, request.who):
        print(line, flush=True)
    return summary


def _run(home: Home, study: str, request: Request, bar: Bar, tell: Callable[[Exception], str]) -> Summary:
    def as_task(step: Step, run: Callable[[], object]) -> object:
        return in_task(f"{step.dataset} {step.number}", lambda: bar.around(step, run), tell)

    return run_study(home, study, request, around=as_task, say=bar.say, warn=print)


def publish(summary: Summary) -> None:
    """The summary of a study on the terminal and as an artifact of the Prefect page: keys and counts only.

    A server that does not take it keeps nobody from deriving the next study.
    """
    text = printable_lines(summary_text(summary))
    print(text, flush=True)
    try:
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: RETRIES}):
            create_markdown_artifact(
                key=f"run-{summary.study}".lower().replace("_", "-"),
                markdown=f"```\n{text}\n```",
                description=f"{summary.study}: {summary.status}",
            )
    except HTTPError as fault:
        print(sentence("flow.page-without", study=summary.study, reason=type(fault).__name__), flush=True)


def outcome(summaries: list[Summary]) -> State:
    """The state a flow ends in: failed, naming the studies without a new run and those with datasets stopped,
    or completed.
    """
    failed = [summary.study for summary in summaries if summary.failed]
    stopped = [summary.study for summary in summaries if summary.stops and not summary.failed]
    named = {"flow.failed": failed, "flow.stopped": stopped}
    said = [sentence(message, studies=", ".join(studies)) for message, studies in named.items() if studies]
    if said:
        return Failed(name="Failed" if failed else STOPPED, message="\n".join(said))
    return Completed(message=", ".join(f"{summary.study} {summary.status}" for summary in summaries))

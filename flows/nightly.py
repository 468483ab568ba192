"""Every study, every night: one that fails does not stop the others."""

from __future__ import annotations

from prefect import flow
from prefect.states import Failed, State

from cdiscflow.home import home
from cdiscflow.pipeline import Request, Summary
from cdiscflow.report import user_name
from clinical.errors import InputError, sentence
from flows.apart import Derive, each, side_by_side
from flows.notify import tell_crash
from flows.shared import outcome, run_one


@flow(name="nightly", persist_result=False, on_crashed=[tell_crash])
def nightly(studies: list[str] | None = None, force: bool = False) -> State:
    """Runs the studies named, or all: a new run, or the word that nothing changed, or the reason why not."""
    here = home()
    names = studies or here.studies()
    if not names:
        return Failed(message=sentence("flow.no-study"))
    try:
        count = side_by_side()
    except InputError as fault:
        return Failed(message=str(fault))
    request = Request(who=user_name(), why="nightly run", event="nightly", force=force)

    def run(study: str, derive: Derive | None = None) -> Summary:
        return run_one(here, study, lambda: request, "nightly", derive)

    return outcome(each(names, count, run))

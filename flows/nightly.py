"""Every study, every night: one that fails does not stop the others."""

from __future__ import annotations

from prefect import flow
from prefect.states import Failed, State

from cdiscflow.home import home
from cdiscflow.pipeline import Request
from cdiscflow.report import user_name
from clinical.errors import sentence
from flows.shared import outcome, run_one


@flow(name="nightly", persist_result=False)
def nightly(studies: list[str] | None = None, force: bool = False) -> State:
    """Runs the studies named, or all: a new run, or the word that nothing changed, or the reason why not."""
    here = home()
    names = studies or here.studies()
    if not names:
        return Failed(message=sentence("flow.no-study"))
    request = Request(who=user_name(), why="nightly run", event="nightly", force=force)
    return outcome([run_one(here, study, lambda: request) for study in names])

"""A draft of the submission package of a run: XPT files, specs and manifest in the folders of module 5."""

from __future__ import annotations

from functools import partial

from prefect import flow
from prefect.states import Completed, Failed, State

from cdiscflow.draft import draft_package
from cdiscflow.faults import Holding, told
from cdiscflow.home import home
from clinical.errors import sentence
from flows.notify import notify, tell_crash
from flows.shared import in_task


@flow(name="submission", persist_result=False, on_crashed=[tell_crash])
def submission(study: str, requested_by: str, run: str = "latest", purpose: str = "draft") -> State:
    """Lays a run out as a draft package; the official one, with sign-off, is not built yet and is refused."""
    here = home()
    tell = partial(told, outputs=here.outputs / study)
    with Holding() as held:
        work = partial(draft_package, here, study, run, purpose, requested_by, print)
        package = in_task(study, work, tell, retried=True)
        print(f"{study}: {package.name} in {package.parent}", flush=True)
    if held.fault:
        notify(sentence("flow.notice-failed", study=study, event="submission"))
        return Failed(message=tell(held.fault))
    return Completed(message=package.name)

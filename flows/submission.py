"""A submission package of a run, from the Prefect page; an official one waits for a signature."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from prefect import flow, pause_flow_run
from prefect.exceptions import FlowPauseTimeout
from prefect.input import RunInput
from prefect.states import Completed, Failed, State
from pydantic import Field

from cdiscflow.faults import Holding, told
from cdiscflow.home import Home, home
from cdiscflow.package import OFFICIAL, Asked, Packed, make_package, package_lines, try_package
from clinical.errors import sentence
from flows.notify import notify, tell_crash
from flows.shared import in_task

HOURS_TO_SIGN = 24


class SignOff(RunInput):
    """Who signs an official package, and what the signature means."""

    signed_by: str = Field(
        title="Signed by", min_length=2, description="Your name; it stays in the audit trail"
    )
    meaning: str = Field(
        title="Meaning",
        min_length=10,
        description="What your signature means, such as: approved for submission",
    )


@flow(name="submission", persist_result=False, on_crashed=[tell_crash])
def submission(
    study: str, requested_by: str, reason: str, run: str = "latest", purpose: str = "draft"
) -> State:
    """Makes the package of a run. An official one is made and judged first, then this waits for a signature
    (Resume on the page of the flow run), and makes it again: the same bytes, or nothing.
    """
    here = home()
    tell = partial(told, outputs=here.outputs / study)
    asked = Asked(run, purpose, requested_by, reason)
    with Holding() as held:
        if purpose == OFFICIAL:
            asked = _signed(here, study, asked, tell)
            if asked is None:
                return Failed(message=sentence("flow.not-signed", study=study, hours=HOURS_TO_SIGN))
        packed: Packed = in_task(study, partial(make_package, here, study, asked, print), tell, retried=True)
        print("\n".join(package_lines(study, asked, packed)), flush=True)
    if held.fault:
        notify(sentence("flow.notice-failed", study=study, event="submission"))
        return Failed(message=tell(held.fault))
    return Completed(message=packed.folder.name)


def _signed(here: Home, study: str, asked: Asked, tell: object) -> Asked | None:
    """The request with its signature; None where nobody signed in time."""
    tried: Packed = in_task(study, partial(try_package, here, study, asked, print), tell, retried=True)
    print("\n".join(package_lines(study, asked, tried)), flush=True)
    try:
        given = pause_flow_run(
            wait_for_input=SignOff.with_initial_data(description=f"Sign package {tried.seal} of {study}"),
            timeout=HOURS_TO_SIGN * 3600,
        )
    except FlowPauseTimeout:
        return None
    return replace(asked, who=given.signed_by, meaning=given.meaning, sealed=tried.seal)

"""`python -m flows`: the nightly flow of this checkout, with a Prefect server of its own unless one is named.

Exit code 0 if every study has a run of its newest extract, 1 if one has not, 3 if datasets stopped in one.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import NoReturn

from flows.server import Server, ServerFault, start_for_this_command


def main() -> int:
    """Runs the studies named, or all."""
    arguments = argparse.ArgumentParser(
        prog="python -m flows",
        description="Derives every study, or those named.",
        epilog="Exit code: 0 done; 1 a study has no run of its newest extract; 2 no such option; "
        "3 datasets stopped in a study.",
    )
    arguments.add_argument("studies", nargs="*", metavar="study")
    arguments.add_argument("--force", action="store_true", help="run although nothing changed")
    given = arguments.parse_args()
    for logs in ("PREFECT_LOGGING_LEVEL", "PREFECT_LOGGING_INTERNAL_LEVEL"):
        os.environ.setdefault(logs, "CRITICAL")  # all there is to say is printed
    server = start_for_this_command()
    from httpx import HTTPError

    try:
        return run_nightly(server, given.studies, given.force)
    except (HTTPError, ServerFault) as fault:
        end_without_server(server, fault)


def end_without_server(server: Server | None, fault: Exception) -> NoReturn:
    """Says that Prefect's server is gone, and ends the process: Prefect would go on trying to send what it
    noted, seven seconds for each step of each study.
    """
    from cdiscflow.pipeline import NO_RUN
    from clinical.errors import sentence

    print(sentence("flow.server-gone", reason=str(fault)), file=sys.stderr, flush=True)
    sys.stdout.flush()
    if server:
        server.stop()
    os._exit(NO_RUN)


def run_nightly(server: Server | None, studies: list[str], force: bool) -> int:
    """The flow and its outcome as an exit code; the server starts while Prefect and the flow are read."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    from cdiscflow.pipeline import DONE, NO_RUN, STOPS
    from flows.nightly import nightly
    from flows.shared import STOPPED

    if server:
        server.wait()
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):  # its thread costs a second to join
        state = nightly(studies or None, force, return_state=True)
    if state.is_failed():
        print(state.message)
    return DONE if state.is_completed() else STOPS if state.name == STOPPED else NO_RUN


if __name__ == "__main__":
    raise SystemExit(main())

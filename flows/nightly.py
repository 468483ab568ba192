"""Every study, every night: one that fails does not stop the others."""

from __future__ import annotations

import argparse

from prefect import flow

from cdiscflow.home import home
from cdiscflow.pipeline import Request, Summary
from cdiscflow.report import summary_text
from flows.shared import run_one


class StudiesFailed(RuntimeError):
    """Some studies have no new run; the message names them."""


@flow(name="nightly", log_prints=False, persist_result=False)
def nightly(studies: list[str] | None = None, force: bool = False) -> None:
    """Runs the studies named, or all: a new run, or the word that nothing changed, or the reason why not."""
    here = home()
    request = Request(who="scheduler", why="nightly run", event="nightly", force=force)
    summaries: list[Summary] = []
    for study in studies or here.studies():
        summaries.append(run_one(here, study, request))
        print(summary_text(summaries[-1]), flush=True)
    failed = [summary.study for summary in summaries if summary.failed]
    if failed:
        raise StudiesFailed(f"no new run of {', '.join(failed)}; their last runs are untouched")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("studies", nargs="*")
    arguments.add_argument("--force", action="store_true", help="run although nothing changed")
    given = arguments.parse_args()
    nightly(given.studies or None, given.force)

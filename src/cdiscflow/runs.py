"""Which run of a study people mean, and what must be said of the one they get."""

from __future__ import annotations

from pathlib import Path

from cdiscflow.home import Home
from clinical.audit import read_chain, recorded_runs
from clinical.errors import InputError, sentence
from clinical.files import inside
from clinical.manifest import read_manifest
from clinical.run import WITH_STOPS, latest_run, newest_run

LATEST, NEWEST, PREVIOUS = "latest", "newest", "previous"


def find_run(home: Home, study: str, name: str) -> Path:
    """The folder of a run by its id, or by what it is: `latest` is the accepted one that people see, `newest`
    the last one whatever came of it, `previous` the accepted one before the latest.

    Raises: InputError where there is none, or no such study.
    """
    need_study(home, study)
    outputs = home.outputs / study
    if newest_run(outputs) is None and latest_run(outputs) is None:
        raise InputError("ask.nothing-yet", study)
    found = {LATEST: _latest, NEWEST: newest_run, PREVIOUS: _previous}.get(name)
    folder = found(outputs) if found else inside(outputs / "runs", name)
    if folder is None or not folder.is_dir():
        raise InputError("ask.no-run", study, run=name)
    return folder


def need_study(home: Home, study: str) -> None:
    """Raises: InputError for a name that is no study."""
    if study not in home.studies():
        raise InputError("ask.no-study", study, known=", ".join(home.studies()))


def _latest(outputs: Path) -> Path:
    found = latest_run(outputs)
    if found is None:
        raise InputError("ask.nothing-accepted", outputs.name, run=newest_run(outputs).name)
    return found


def _previous(outputs: Path) -> Path:
    told = recorded_runs(read_chain(outputs).lines)
    accepted = [
        run for run, said in told.items() if said.get("accepted") and (outputs / "runs" / run).is_dir()
    ]
    if len(accepted) < 2:
        raise InputError("ask.no-previous", outputs.name)
    return outputs / "runs" / accepted[-2]


def named(study: str, run: Path) -> str:
    """A run by its id and by what it is to people."""
    outputs = run.parents[1]
    shown, last = _id(latest_run(outputs)), _id(newest_run(outputs))
    roles = [LATEST] if run.name == shown else [NEWEST] if run.name == last else []
    roles += [WITH_STOPS] if read_manifest(run)["run"]["status"] == WITH_STOPS else []
    return f"{study}, run {run.name}" + (f" ({', '.join(roles)})" if roles else "")


def newer(study: str, run: Path) -> list[str]:
    """If `run` is the one people see and datasets stopped in a newer one: a sentence that says so."""
    outputs = run.parents[1]
    shown, last = _id(latest_run(outputs)), _id(newest_run(outputs))
    return [sentence("ask.newer-stops", run=last, study=study)] if run.name == shown != last else []


def _id(run: Path | None) -> str:
    return run.name if run else ""

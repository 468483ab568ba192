"""Which runs of a study are kept: the newest so many, those of the last so many days, what is needed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from cdiscflow.home import Home
from cdiscflow.runs import need_study
from clinical.audit import read_chain, recorded_runs
from clinical.clock import utc_now
from clinical.errors import InputError, SpecErrors, sentence
from clinical.lock import study_lock
from clinical.packages import PACKAGE
from clinical.read import read_yaml
from clinical.run import RUNS, latest_run, recover, remove_run
from clinical.study import KEPT, faulty_counts


def limits_said(home: Home, study: str) -> tuple[int, int]:
    """How many runs and days study.yml says; 0 for what it does not say.

    Raises: InputError for a name that is no study; SpecErrors where it says no number.
    """
    need_study(home, study)
    config = read_yaml(home.mappings / study / "study.yml", home.mappings.parent)
    if faults := [*faulty_counts(config)]:
        raise SpecErrors(faults)
    runs, days = (int(config.get(key, "0")) for key in KEPT)
    return runs, days


def retain_as_said(home: Home, study: str, who: str) -> list[str]:
    """What `retain` says where study.yml has a limit; else nothing is removed."""
    limits = limits_said(home, study)
    return retain(home, study, who, *limits) if any(limits) else []


def retain(home: Home, study: str, who: str, runs: int, days: int) -> list[str]:
    """Removes the runs that are not among the newest `runs` and were begun more than `days` days ago, each
    with a line in the audit trail; a sentence for each.

    Needs:  0 for a limit that is not asked for.
    Raises: InputError where there is neither; what `recover` raises.
    """
    need_study(home, study)
    if not runs and not days:
        raise InputError("ask.keep", study)
    outputs, why = home.outputs / study, sentence("run.kept", runs=runs, days=days)
    if not (outputs / RUNS).is_dir():
        return []
    with study_lock(outputs, f"retention of {study}"):
        recover(outputs, who)
        surplus = surplus_runs(outputs, runs, days, utc_now())
        for run in surplus:
            remove_run(outputs, run, who, why)
    told = (sentence("run.retired", run=run) for run in surplus)
    return [f"{study}: {each}" for each in told]


def surplus_runs(outputs: Path, runs: int, days: int, now: str) -> list[str]:
    """The ids of the runs that no limit keeps and nothing needs, oldest first."""
    lines = read_chain(outputs).lines
    there = {run: said for run, said in recorded_runs(lines).items() if (outputs / RUNS / run).is_dir()}
    shown, order = latest_run(outputs), list(there)
    needed = {line["inputs"]["run"] for line in lines if line["event"] == PACKAGE}
    needed |= {*order[-max(runs, 1) :], *([shown.name] if shown else [])}
    since = _moment(now) - timedelta(days=days)
    return [
        run for run in order if run not in needed and not (days and _moment(there[run]["started"]) >= since)
    ]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

"""What people read on the terminal: keys and counts; values only where somebody asked for them."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from cdiscflow.changes import what_changed
from cdiscflow.differences import CUT
from cdiscflow.differences_page import FILES, PAGE
from cdiscflow.home import Home
from cdiscflow.pipeline import UNCHANGED, Summary
from cdiscflow.runs import find_run, need_study, newer
from cdiscflow.stops import Stop
from clinical.audit import SHORTEST_NAME, SHORTEST_REASON, read_chain, recorded_runs
from clinical.compare import DIFFERENCE, compare_frames
from clinical.errors import InputError, sentence
from clinical.findings import counts_text
from clinical.lock import study_lock
from clinical.manifest import read_manifest
from clinical.run import WITH_STOPS, read_frame, record_anew, recover
from clinical.verify import verify

SHOWN = 40


def user_name() -> str:
    """The account that runs the command, for the audit trail."""
    try:
        return getpass.getuser()
    except KeyError:  # an account without a name, as in some containers
        return f"uid {os.getuid()}"


def summary_text(summary: Summary) -> str:
    """A run in a few lines."""
    if summary.failed:
        return f"{summary.study}: failed\n{summary.message}"
    results = f"  results:   {near(summary.folder) if summary.folder else ''}"
    if summary.status == UNCHANGED:
        since = f"{summary.run}, which was {WITH_STOPS}" if summary.stops else summary.run
        return "\n".join([f"{summary.study}: nothing changed since {since}", results, *_stop_lines(summary)])
    lines = [f"{summary.study}: {summary.status}, run {summary.run}"]
    if summary.first or summary.changed:
        causes = "this is the first run" if summary.first else ", ".join(summary.changed)
        lines.append(f"  because of: {causes}")
    if summary.damage:
        lines.append(f"  {summary.damage}")
    records = ", ".join(f"{name} {rows}" for name, rows in summary.rows.items())
    lines.append(f"  records:   {records or 'no dataset'}")
    lines.append(f"  findings:  {counts_text(summary.findings)}")
    lines.append(f"  reconciled: {summary.reconciled}")
    lines.append(f"  derived:   {summary.derived}")
    lines += moved_lines(summary.moved)
    lines.append("  seconds:   " + ", ".join(f"{name} {value}" for name, value in summary.seconds.items()))
    return "\n".join([*lines, results, *_stop_lines(summary)])


def moved_lines(moved: dict[str, dict[str, int]]) -> list[str]:
    """How many values, findings and cells differ from the run before, by cause."""
    counted = {kind: [f"{n} by {cause}" for cause, n in found.items()] for kind, found in moved.items()}
    return [f"  changed {kind}: {', '.join(told)}" for kind, told in counted.items() if told]


def _stop_lines(summary: Summary) -> list[str]:
    """What is not in the run and why, which run is the accepted one, and what to do."""
    if not summary.stops:
        return []
    lines = [line for stop in summary.stops for line in _stop_words(stop)]
    if summary.shown == summary.run:
        lines.append(sentence("flow.latest-moved"))
    elif summary.shown:
        lines.append(sentence("flow.latest-kept", run=summary.shown))
    else:
        lines.append(sentence("flow.latest-none"))
    lines.append(sentence("flow.stops-listed", study=summary.study, run=summary.run))
    return [f"  {line}" for line in lines]


def _stop_words(stop: Stop) -> Iterator[str]:
    yield sentence("flow.stop", datasets=", ".join(stop.datasets), reason=stop.reason)
    if stop.followers:
        count = len(stop.followers)
        need = f"{count} that need{'s' if count == 1 else ''} {'it' if len(stop.datasets) == 1 else 'them'}"
        yield "  " + sentence("flow.stop-followers", need=need, datasets=", ".join(stop.followers))
    yield f"  to do: {stop.todo}"


def near(folder: Path) -> str:
    """A folder as seen from where the command was typed."""
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)


def diff_runs(home: Home, study: str, run_a: str, run_b: str) -> pd.DataFrame:
    """What differs between two runs: the columns of DIFFERENCE."""
    old, new = (find_run(home, study, name) for name in (run_a, run_b))
    one, two = read_manifest(old), read_manifest(new)
    pieces = [pd.DataFrame(columns=DIFFERENCE)]
    for name in dict.fromkeys([*one["datasets"], *two["datasets"]]):
        entries = [manifest["datasets"].get(name) for manifest in (one, two)]
        if all(entries) and entries[0]["content"] == entries[1]["content"]:
            continue
        frames = [_dataset(run, manifest, name) for run, manifest in ((old, one), (new, two))]
        present = next(frame for frame in frames[::-1] if frame is not None)
        sides = [present.iloc[:0] if frame is None else frame for frame in frames]
        keys = (entries[1] or entries[0])["keys"]
        pieces.append(compare_frames(name, *sides, keys))
    return pd.concat(pieces, ignore_index=True)


def _dataset(run: Path, manifest: dict, name: str) -> pd.DataFrame | None:
    for layer in ("sdtm", "adam"):
        file = f"{layer}/{name.lower()}.parquet"
        if file in manifest["files"]:
            return read_frame(run, file)
    return None


def diff_text(home: Home, study: str, run_a: str, run_b: str) -> str:
    """The inputs that differ, counts by dataset and kind of change, then the first differences."""
    old, new = find_run(home, study, run_a), find_run(home, study, run_b)
    causes = ", ".join(what_changed(old, read_manifest(new))) or "nothing"
    lines = [f"{study}: from {old.name} to {new.name}; changed inputs: {causes}", *newer(study, new)]
    manifest, kept = read_manifest(new), []
    if manifest["run"].get("since") == old.name and FILES["records"] in manifest["files"]:
        found = read_frame(new, FILES["records"]).fillna("")
        kept = [*moved_lines(manifest["run"]["moved"]), f"  as a page: {near(new / PAGE)}"]
    else:
        found = diff_runs(home, study, old.name, new.name)
    if not len(found):
        return "\n".join([*lines, "no record differs"])
    by = [name for name in ("dataset", "change", "cause") if name in found]
    lines += [_counted(key, count) for key, count in found.groupby(by, sort=False).size().items()]
    lines += kept
    listed = found[(found["cause"] != CUT).to_numpy()] if kept else found
    if len(listed):
        lines += ["", listed.head(SHOWN).drop(columns="subject").to_string(index=False)]
    if len(listed) > SHOWN:
        lines.append(f"... and {len(listed) - SHOWN} more")
    return "\n".join(lines)


def _counted(key: tuple[str, ...], count: int) -> str:
    dataset, change, *cause = key
    return f"{dataset:8s} {change:8s} {count}" + (f" by {cause[0]}" if cause else "")


def verify_lines(
    home: Home, study: str, say: Callable[[str], object], warn: Callable[[str], object]
) -> Iterator[str]:
    """What does not match in a study's outputs; a study with all in order is said so.

    Needs:  `warn` is told who holds the study's lock, if it must be waited for.
    """
    need_study(home, study)
    outputs = home.outputs / study
    if not outputs.is_dir():
        say(f"{study}: {sentence('ask.nothing-yet')}")
        return
    with study_lock(outputs, f"verify of {study}", say=warn):
        faults = [f"{study}: {fault}" for fault in verify(outputs)]
        runs = len(recorded_runs(read_chain(outputs).lines))
    yield from faults
    if not faults:
        say(f"{study}: {runs} runs, all as they were written")


def begin_anew(home: Home, study: str, who: str, why: str, warn: Callable[[str], object]) -> str:
    """A new audit trail for a study whose old one cannot be mended; says what became of the old one.

    Raises: InputError without a reason or a name, or where there is nothing; RunError where a run is damaged.
    """
    if len(why.strip()) < SHORTEST_REASON:
        raise InputError("ask.anew-reason", study, shortest=SHORTEST_REASON)
    if len(who.strip()) < SHORTEST_NAME:
        raise InputError("ask.anew-who", study)
    need_study(home, study)
    outputs = home.outputs / study
    if not outputs.is_dir():
        raise InputError("ask.nothing-yet", study)
    with study_lock(outputs, f"new audit trail of {study}", say=warn):
        record_anew(outputs, who, why.strip())
        recover(outputs, who)
        lines = read_chain(outputs).lines
    kept = lines[0]["inputs"].get("file", "")
    return f"{study}: {len(recorded_runs(lines))} runs recorded anew" + (
        f"; the old trail is {kept}" if kept else ""
    )

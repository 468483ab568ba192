"""What people read on the terminal: keys and counts; values only where somebody asked for them."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from cdiscflow.changes import what_changed
from cdiscflow.home import Home
from cdiscflow.pipeline import UNCHANGED, Summary
from cdiscflow.rederive import SHORTEST_NAME, SHORTEST_REASON
from cdiscflow.runs import find_run, named, need_study, newer
from cdiscflow.stops import Stop
from clinical.audit import read_chain, recorded_runs
from clinical.compare import DIFFERENCE, compare_frames
from clinical.errors import InputError, sentence
from clinical.lock import study_lock
from clinical.manifest import read_manifest
from clinical.printable import printable
from clinical.run import WITH_STOPS, read_frame, record_anew, recover
from clinical.verify import verify

SHOWN, NAMED, LONGEST_VALUE = 40, 5, 80
SEVERITIES = ("error", "warning", "info")


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
    records = ", ".join(f"{name} {rows}" for name, rows in summary.rows.items())
    lines.append(f"  records:   {records or 'no dataset'}")
    lines.append("  findings:  " + ", ".join(f"{count} {name}" for name, count in summary.findings.items()))
    lines.append(f"  reconciled: {summary.reconciled}")
    lines.append("  seconds:   " + ", ".join(f"{name} {value}" for name, value in summary.seconds.items()))
    return "\n".join([*lines, results, *_stop_lines(summary)])


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


def findings_text(home: Home, study: str, severity: str, message: str, run_name: str = "latest") -> str:
    """The open findings of a run: what is wrong, up to five records of each, what to do."""
    run = find_run(home, study, run_name)
    frame = read_frame(run, "findings/findings.parquet").fillna("")
    frame = frame[frame["status"] != "closed"]
    if severity:
        frame = frame[frame["severity"] == severity]
    if message:
        frame = frame[frame["message"] == message]
    counts = ", ".join(f"{(frame['severity'] == level).sum()} {level}" for level in SEVERITIES)
    lines = [f"{named(study, run)}: {counts}", *newer(study, run)]
    for level in SEVERITIES:
        same = ["message", "rule", "dataset", "variable", "text", "todo"]
        for (identity, rule, dataset, variable, text, todo), group in frame[
            frame["severity"] == level
        ].groupby(same):
            known = dict.fromkeys(part for part in (identity, rule) if part)
            lines += [
                "",
                f"{level}  {' '.join(known)}  {'.'.join(part for part in (dataset, variable) if part)}",
                f"  {printable(text)}",
            ]
            lines += [f"    {line}" for line in _records(group)]
            lines += [f"  to do: {todo}"] if todo else []
    if len(frame):
        lines += ["", f"all of them, as a table: {near(run / 'findings' / 'findings.csv')}"]
    return "\n".join(lines)


def _records(group: pd.DataFrame) -> Iterator[str]:
    columns = ["status", "form", "subject", "folder", "page", "line", "field", "value", "keys", "record"]
    for status, *page, value, keys, record in group[columns].head(NAMED).itertuples(index=False):
        place = " ".join(part for part in page if part) or keys
        place += f" [{record}]" if record and not page[4] else ""  # no line of the EDC: the file's
        shown = f": {value[:LONGEST_VALUE]}{'...' if len(value) > LONGEST_VALUE else ''}" if value else ""
        yield printable(f"{status:8s} {place}{shown}".rstrip())
    if len(group) > NAMED:
        yield f"... and {len(group) - NAMED} more"


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
    found = diff_runs(home, study, old.name, new.name)
    if not len(found):
        return "\n".join([*lines, "no record differs"])
    counts = found.groupby(["dataset", "change"], sort=False).size()
    lines += [f"{dataset:8s} {change:8s} {count}" for (dataset, change), count in counts.items()]
    lines += ["", found.head(SHOWN).to_string(index=False)]
    if len(found) > SHOWN:
        lines.append(f"... and {len(found) - SHOWN} more")
    return "\n".join(lines)


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

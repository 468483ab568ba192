"""What people read on the terminal: keys and counts; values only where somebody asked for them."""

from __future__ import annotations

import getpass
from pathlib import Path

import pandas as pd

from cdiscflow.home import Home
from cdiscflow.pipeline import Summary
from clinical.compare import DIFFERENCE, compare_frames
from clinical.errors import InputError
from clinical.files import inside
from clinical.manifest import read_manifest
from clinical.run import latest_run, read_frame

SHOWN = 40


def user_name() -> str:
    """The name of whoever runs the command, for the audit trail."""
    return getpass.getuser()


def summary_text(summary: Summary) -> str:
    """A run in a few lines."""
    if summary.status == "unchanged":
        return f"{summary.study}: nothing changed since {summary.run}"
    if summary.failed:
        return f"{summary.study}: failed\n{summary.message}"
    lines = [f"{summary.study}: {summary.status}, run {summary.run}"]
    if summary.changed:
        lines.append(f"  because of: {', '.join(summary.changed)}")
    lines.append("  records:   " + ", ".join(f"{name} {rows}" for name, rows in summary.rows.items()))
    lines.append("  findings:  " + ", ".join(f"{count} {name}" for name, count in summary.findings.items()))
    lines += [f"  stopped:   {reason}" for reason in summary.stopped.values()]
    lines.append("  seconds:   " + ", ".join(f"{name} {value}" for name, value in summary.seconds.items()))
    lines.append(f"  results:   {_near(summary.folder)}")
    return "\n".join(lines)


def _near(folder: Path | None) -> str:
    if folder is None:
        return ""
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)


def find_run(home: Home, study: str, name: str) -> Path:
    """The folder of a run by its id, or of the latest.

    Raises: InputError where there is none.
    """
    outputs = home.outputs / study
    found = latest_run(outputs) if name == "latest" else inside(outputs / "runs", name)
    if found is None or not found.is_dir():
        raise InputError("ask.no-run", study, run=name)
    return found


def findings_text(home: Home, study: str, severity: str, message: str) -> str:
    """The open findings of the last run: counts by message, then the records."""
    frame = read_frame(find_run(home, study, "latest"), "findings/findings.parquet")
    frame = frame[frame["status"] != "closed"]
    if severity:
        frame = frame[frame["severity"] == severity]
    if message:
        frame = frame[frame["message"] == message]
    if not len(frame):
        return "no open findings"
    counts = frame.groupby(["severity", "message"], sort=True).size()
    lines = [f"{count:6d} {level:8s} {name}" for (level, name), count in counts.items()]
    columns = ["status", "dataset", "variable", "form", "subject", "folder", "line", "field", "value", "text"]
    shown = frame[columns].head(SHOWN).fillna("")
    lines += ["", shown.to_string(index=False)]
    if len(frame) > SHOWN:
        lines.append(f"... and {len(frame) - SHOWN} more: findings/findings.csv in the run's folder")
    return "\n".join(lines)


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
    """Counts by dataset and kind of change, then the first differences."""
    found = diff_runs(home, study, run_a, run_b)
    if not len(found):
        return "no record differs"
    counts = found.groupby(["dataset", "change"], sort=False).size()
    lines = [f"{dataset:8s} {change:8s} {count}" for (dataset, change), count in counts.items()]
    return "\n".join([*lines, "", found.head(SHOWN).to_string(index=False)])

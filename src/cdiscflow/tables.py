"""Writes a study's displays, if it has any, into the run; what is as it was is taken from the last run.

The print of a display is made of all that its bytes depend on: specs, terminology, code, packages, the footer
and the content of the datasets it reads (docs/decisions/0020).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from clinical.check import Plan
from clinical.derive import Derived
from clinical.files import json_bytes
from clinical.findings import COLUMNS, no_findings
from clinical.fingerprint import hash_of
from clinical.manifest import read_manifest
from clinical.qualifiers import with_qualifiers
from clinical.run import Run, read_frame
from clinical.store import Frame, content_hash

if TYPE_CHECKING:
    from tlf.run import Displays
    from tlf.shapes.grid import Grid
    from tlf.spec import Display

KEPT, FOUND = "state/displays.json", "state/displays.parquet"
RESULTS, SUBJECTS = "tlf/results.parquet", "tlf/subjects.parquet"
EVENT, LIST = "tlf/ars.json", "tlf/results.csv"
DEPENDS = ("spec", "terminology", "code", "packages")


def write_displays(
    plan: Plan, derived: Derived, run: Run, cut: str, before: Path | None, inputs: dict[str, object]
) -> Frame:
    """Writes the files of every display whose datasets were built; gives the displays' findings.

    The footer names the data cut and the hash of the datasets read: no clock and no run id, so that unchanged
    data gives unchanged bytes. `inputs` are those of the run, `before` the run to take over from.
    """
    folder = plan.study.folder / "tlf"
    if not folder.is_dir():
        return no_findings()
    from tlf.run import make_or_miss
    from tlf.spec import read_displays

    displays = read_displays(folder, plan.study.config)
    footer, frames = _footer(displays, plan, derived, cut)
    last, made, kept = _Last(before, inputs), [], {}
    for name, display in displays.items():
        printed = _print(display, footer, inputs)
        if last.has(name, printed):
            one, files = last.display(name), last.files(name)
            for file in files:
                run.link(f"tlf/{file}", before)
        else:
            one = make_or_miss(display, frames, footer, last.paint)
            files = sorted(one.files)
            for file in files:
                run.write_bytes(f"tlf/{file}", one.files[file])
        kept[name] = {
            "print": printed,
            "files": files,
            "picture": last.pictures.get(name, "") if files else "",
        }
        made.append(one)
    joined = _leave(run, kept, made)
    if last.kept != kept or not last.link_whole(run):
        _write_whole(run, plan, list(displays.values()), joined.results, kept, footer)
    return joined.findings


def _footer(
    displays: dict[str, Display], plan: Plan, derived: Derived, cut: str
) -> tuple[dict[str, object], dict[str, Frame]]:
    """What the footers name, and the datasets that the displays read."""
    read = {name for display in displays.values() for name in display.datasets}
    frames = {name: _qualified(plan, derived, name) for name in derived.outputs if name in read}
    hashes = {name: content_hash(frame) for name, frame in frames.items()}
    program = f"cdiscflow {version('cdiscflow')}"
    return {"program": program, "data_cut": cut or "none", "datasets": hashes}, frames


def _write_whole(
    run: Run, plan: Plan, displays: list[Display], results: Frame, kept: dict[str, dict], footer: dict
) -> None:
    """All results of the run for other programs: as an ARS reporting event, and as CSV."""
    from tlf.ars.event import event_bytes, reporting_event
    from tlf.render import render_frame

    files = {name: one["files"] for name, one in kept.items()}
    event = reporting_event(plan.study.id, displays, results, files, footer)
    run.write_bytes(EVENT, event_bytes(event))
    run.write_bytes(LIST, render_frame(results))


def _qualified(plan: Plan, derived: Derived, name: str) -> Frame:
    """A dataset as specs see it: the qualifiers of its SUPP dataset are columns of it."""
    frame, supp = derived.outputs[name].frame, derived.outputs.get(f"SUPP{name}")
    spec = plan.study.datasets.get(name)
    return with_qualifiers(frame, supp.frame if supp else None, spec.supp if spec else ())


def _print(display: Display, footer: dict[str, object], inputs: dict[str, object]) -> str:
    """What the bytes of a display depend on; a dataset that is not there counts as well."""
    contents = {name: footer["datasets"].get(name, "") for name in display.datasets}
    return hash_of([_stated(inputs), footer["program"], footer["data_cut"], display.name, contents])


def _stated(inputs: dict[str, object]) -> dict[str, object]:
    return {name: inputs[name] for name in DEPENDS}


def _leave(run: Run, kept: dict[str, dict], made: list[Displays]) -> Displays:
    """Writes results, subjects and what the next run may take over; gives all displays in one."""
    from tlf.run import join_displays

    joined = join_displays(made)
    run.write_frame(RESULTS, joined.results)
    run.write_frame(SUBJECTS, joined.subjects)
    parts = [one.findings.assign(display=name) for name, one in zip(kept, made, strict=True)]
    whole = pd.concat([no_findings().assign(display=pd.Series(dtype="str")), *parts], ignore_index=True)
    run.write_bytes(KEPT, json_bytes(kept))
    run.write_frame(FOUND, whole, dict.fromkeys(["display", *COLUMNS], "Char"))
    return joined


@dataclass(eq=False)
class _Last:
    """The displays of the last run, read when the first of them is asked for."""

    run: Path | None
    inputs: dict[str, object]

    def __post_init__(self) -> None:
        self.entries = read_manifest(self.run)["files"] if self.run else {}
        self.kept = json.loads((self.run / KEPT).read_bytes()) if KEPT in self.entries else {}
        self.frames: dict[str, Frame] = {}
        self.pictures: dict[str, str] = {name: entry["picture"] for name, entry in self.kept.items()}

    def paint(self, grid: Grid, results: Frame) -> dict[str, bytes]:
        """The pictures of a figure; those of the last run where its numbers and all else are the same."""
        from tlf.canvas import ENDINGS, draw

        name, stem = grid.display.name, grid.display.stem
        printed = hash_of([_stated(self.inputs), name, content_hash(results)])
        if printed == self.pictures.get(name):
            drawn = {kind: (self.run / "tlf" / f"{stem}.{kind}").read_bytes() for kind in ENDINGS}
            if all(
                sha256(data).hexdigest() == self.entries[f"tlf/{stem}.{kind}"]["sha256"]
                for kind, data in drawn.items()
            ):
                return drawn
        self.pictures[name] = printed
        return draw(grid, results)

    def has(self, name: str, printed: str) -> bool:
        """Whether it holds a display of this very print."""
        return self.kept.get(name, {}).get("print") == printed

    def link_whole(self, run: Run) -> bool:
        """Takes over the files of all results together, if the last run has them."""
        if not {EVENT, LIST} <= set(self.entries):
            return False
        for file in (EVENT, LIST):
            run.link(file, self.run)
        return True

    def files(self, name: str) -> list[str]:
        """The files of a display."""
        return self.kept[name]["files"]

    def display(self, name: str) -> Displays:
        """A display without its files."""
        from tlf.run import Displays

        own = {}
        for file in (RESULTS, SUBJECTS, FOUND):
            if file not in self.frames:
                self.frames[file] = read_frame(self.run, file)
            frame = self.frames[file]
            own[file] = frame[(frame["display"] == name).to_numpy(dtype=bool)].reset_index(drop=True)
        findings = own[FOUND][COLUMNS].astype("str").fillna("")
        return Displays(own[RESULTS], own[SUBJECTS], {}, findings)

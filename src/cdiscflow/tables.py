"""Writes a study's displays, if it has any, into the run; what is as it was is taken from the last run.

The print of a display is made of all that its bytes depend on: specs, terminology, code, packages, the footer
and the content of the datasets it reads (docs/decisions/0020).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cdiscflow.front import EVENT, LIST, PAPERS, WHOLE, Front, shown_singly, write_front
from cdiscflow.shown import Shown
from clinical.check import Plan
from clinical.derive import Derived
from clinical.files import json_bytes
from clinical.findings import COLUMNS, no_findings
from clinical.fingerprint import hash_of
from clinical.manifest import read_manifest
from clinical.run import Run, read_frame
from clinical.store import Frame, content_hash

if TYPE_CHECKING:
    from tlf.index import Entry
    from tlf.profile_spec import Profile
    from tlf.run import Displays
    from tlf.shapes.grid import Grid
    from tlf.spec import Display

KEPT, FOUND = "state/displays.json", "state/displays.parquet"
RESULTS, SUBJECTS = "tlf/results.parquet", "tlf/subjects.parquet"
DEPENDS = ("spec", "terminology", "code", "packages")


def write_displays(
    plan: Plan,
    derived: Derived,
    run: Run,
    cut: str,
    before: Path | None,
    inputs: dict[str, object],
    rules: Path,
    datasets: dict[str, dict[str, object]],
) -> Frame:
    """Writes the files of every display whose datasets were built; gives the displays' findings.

    The footer names the data cut and the hash of the datasets read: no clock and no run id, so that unchanged
    data gives unchanged bytes. `inputs` are those of the run, `before` the run to take over from, `rules` the
    folder that says which cells must agree, `datasets` what the manifest says of each.
    """
    folder = plan.study.folder / "tlf"
    if not folder.is_dir():
        return no_findings()
    from tlf.profile_spec import read_profile
    from tlf.spec import read_displays

    displays = read_displays(folder, plan.study.config)
    profile = read_profile(folder)
    frames = Shown(plan, derived, displays.values(), profile)
    most = shown_singly(plan.study)
    footer = _footer(cut, frames, profile, most, datasets)
    last = _Last(before, inputs)
    made, kept = _make(run, displays, frames, footer, last, most)
    joined = _leave(run, kept, made)
    if last.kept != kept or not last.link_whole(run):
        _write_whole(run, plan, list(displays.values()), joined.results, kept, footer)
    front = Front(plan.study, run, last.run, _stated(inputs), footer)
    shown = write_front(front, _entries(displays, kept, made), profile, frames)
    disagree = _disagreements(rules, displays, joined.results, kept)
    return pd.concat([joined.findings, shown, disagree], ignore_index=True)


def _entries(
    displays: dict[str, Display], kept: dict[str, dict[str, object]], made: list[Displays]
) -> list[Entry]:
    """The displays as the first page names them."""
    from tlf.index import Entry

    files = [tuple(kept[name]["files"]) for name in displays]
    found = [one.findings for one in made]
    return list(map(Entry, displays.values(), files, found))


def _disagreements(
    rules: Path, displays: dict[str, Display], results: Frame, kept: dict[str, dict[str, object]]
) -> Frame:
    """The cells of displays that were made and contradict each other."""
    from tlf.agreements import check_agreements, read_agreements

    with_files = [name for name, one in kept.items() if one["files"]]
    return check_agreements(read_agreements(rules, displays), results, with_files)


def _make(
    run: Run,
    displays: dict[str, Display],
    frames: Shown,
    footer: dict[str, object],
    last: _Last,
    most: int,
) -> tuple[list[Displays], dict[str, dict[str, object]]]:
    """Each display, written into the run, and what the next run must know to take it over."""
    from tlf.run import make_or_miss

    made, kept = [], {}
    for name, display in displays.items():
        printed = _print(display, footer, last.inputs)
        if last.has(name, printed):
            one, files = last.taken_over(run, display)
        else:
            one = make_or_miss(display, frames, footer, last.paint, most)
            files = _write_one(run, display, one)
            one = replace(one, files={}, papers={})
        picture = last.pictures.get(name, "") if files else ""
        kept[name] = {"print": printed, "files": files, "picture": picture}
        made.append(one)
    return made, kept


def _footer(
    cut: str, frames: Shown, profile: Profile | None, most: int, datasets: dict[str, dict[str, object]]
) -> dict[str, object]:
    """What footers name, and whether subjects have profiles to lead to."""
    people = frames.get(profile.dataset) if profile else None
    return {
        "program": f"cdiscflow {version('cdiscflow')}",
        "data_cut": cut or "none",
        "datasets": frames.hashes(datasets),
        "profiles": people is not None and len(people) <= most,
    }


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


def _write_one(run: Run, display: Display, made: Displays) -> list[str]:
    """Writes the files of a display and its paper; gives the names of the files."""
    for file, content in made.files.items():
        run.write_bytes(f"tlf/{file}", content)
    for paper in made.papers.values():
        run.write_bytes(paper_file(display), json_bytes(paper))
    return sorted(made.files)


def paper_file(display: Display) -> str:
    """Where a display lies as the merged PDF prints it."""
    return f"{PAPERS}/{display.stem}.json"


def _print(display: Display, footer: dict[str, object], inputs: dict[str, object]) -> str:
    """What the bytes of a display depend on; a dataset that is not there counts as well."""
    contents = {name: footer["datasets"].get(name, "") for name in display.datasets}
    said = [footer["program"], footer["data_cut"], footer["profiles"]]
    return hash_of([_stated(inputs), said, display.name, contents])


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
            kinds = [file.removeprefix(f"{stem}.") for file in self.kept[name]["files"]]
            kinds = [kind for kind in kinds if kind.rsplit(".", 1)[-1] in ENDINGS]
            drawn = {kind: (self.run / "tlf" / f"{stem}.{kind}").read_bytes() for kind in kinds}
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
        if not set(WHOLE) <= set(self.entries):
            return False
        for file in WHOLE:
            run.link(file, self.run)
        return True

    def taken_over(self, run: Run, display: Display) -> tuple[Displays, list[str]]:
        """A display of the last run, its files and paper now in this one; and the names of the files."""
        files = self.kept[display.name]["files"]
        for file in files:
            run.link(f"tlf/{file}", self.run)
        if files and paper_file(display) in self.entries:
            run.link(paper_file(display), self.run)
        return self.display(display.name), files

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

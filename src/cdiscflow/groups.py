"""A large study, derived in groups of buckets: only the intermediate frames of one group are in memory, and
groups can go to other processes and machines (docs/decisions/0041).

Persons do not depend on each other, so a group is derived from its raw records alone; what compares persons
comes afterwards from the columns it reads. The result is that of a derivation in one go, byte for byte.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cdiscflow.memory import People
from cdiscflow.runners import Around, Runner, runner_of
from cdiscflow.shelf import Shelf, Stored, read_piece, write_piece
from cdiscflow.units import KINDS, MADE, RAW, Unit, code_here, read_index
from clinical.check import Plan
from clinical.derive import Derived
from clinical.files import remove_tree
from clinical.fingerprint import STUDY_BUCKET
from clinical.frames import Frame
from clinical.ledger import PIECES, Ledger, piece
from clinical.raw_frames import RawFrames
from clinical.run import RUNS, UNFINISHED
from clinical.standards import Variable

PERSONS_A_GROUP, LARGE = 6_000, 20_000
FOLDER = f"{UNFINISHED}groups"  # beside the run that is being written; the next run removes what a kill left


@dataclass(frozen=True)
class Groups:
    """Where the pieces of a run are, how many persons a group has at most, and who derives the groups."""

    folder: Path
    persons: int
    runner: Runner

    def count(self, people: People) -> int:
        """How many groups the persons make; never more than there are buckets."""
        return min(people.count, max(1, -(-len(people.of_person) // self.persons)))

    def of(self, people: People) -> list[frozenset[int]]:
        """The buckets of each group; nobody's records go with the first."""
        parts = [
            frozenset(map(int, part)) for part in np.array_split(np.arange(people.count), self.count(people))
        ]
        return [parts[0] | {STUDY_BUCKET}, *parts[1:]]

    @property
    def outputs(self) -> Path:
        """`outputs/<study>`."""
        return self.folder.resolve().parents[1]

    def remove(self) -> None:
        """The pieces are gone."""
        remove_tree(self.folder)


@dataclass(frozen=True)
class Finished:
    """What a unit made of the persons of some buckets: where it is, and what its index says of it."""

    folder: Path
    said: dict
    buckets: frozenset[int]


def groups_of(home: Path) -> Groups:
    """The groups of a run in `home` (`outputs/<study>`), as CDISCFLOW_GROUP and CDISCFLOW_RUNNER say."""
    return Groups(home / RUNS / FOLDER, int(os.environ.get("CDISCFLOW_GROUP", "0")), runner_of())


def in_groups(groups: Groups | None, people: People) -> Groups | None:
    """The groups where a study is large enough for them, or where a size was asked for; else none."""
    if groups is None or (not groups.persons and len(people.of_person) <= LARGE):
        return None
    return Groups(groups.folder, groups.persons or PERSONS_A_GROUP, groups.runner)


def derive_in_groups(
    plan: Plan,
    raw: RawFrames,
    cut: str,
    people: People,
    datasets: list[str],
    wanted: set[int],
    groups: Groups,
    around: Around | None = None,
) -> Derived:
    """What `derive` gives of datasets of persons for the buckets `wanted`; their records stay in pieces on
    disk.
    """
    units = _units(plan, raw, cut, people, groups, wanted, datasets)
    digests = groups.runner(units, around or _call)
    made = [
        Finished(unit.folder / MADE, read_index(unit.folder, digest), frozenset(unit.buckets))
        for unit, digest in zip(units, digests, strict=True)
    ]
    found = _together(people, made)
    order = [made for step in plan.graph.steps for made in (step.dataset, f"SUPP{step.dataset}")]
    found.outputs = {name: found.outputs[name] for name in dict.fromkeys(order) if name in found.outputs}
    found.ledger = found.ledger.only(dict.fromkeys(datasets, wanted))
    return found


def _call(step: object, run: Callable[[], object]) -> object:
    return run()


def _units(
    plan: Plan,
    raw: RawFrames,
    cut: str,
    people: People,
    groups: Groups,
    wanted: set[int],
    datasets: list[str],
) -> list[Unit]:
    """A unit for each group that has buckets to derive, with the raw records of these; nobody's go first."""
    groups.remove()
    study, units = plan.study, []
    for number, buckets in enumerate(groups.of(people)):
        chosen = tuple(sorted(buckets & wanted))
        if chosen:
            folder = groups.folder / f"group-{number:03d}"
            for form in raw:
                write_piece(folder / RAW / f"{form}.arrow", raw.part(form, chosen, people.count))
            paths = (study.folder.resolve(), study.library.resolve(), folder.resolve())
            units.append(
                Unit(*paths, chosen, people.count, tuple(datasets), cut, code_here(), groups.outputs)
            )
    return units


def _together(people: People, made: list[Finished]) -> Derived:
    """The datasets of all units; one that stopped in a group stopped."""
    found = Derived()
    for each in reversed(made):
        found.stopped |= each.said["stopped"]
        found.lacking |= each.said["lacking"]
    shelves, persons = (Shelf(), Shelf(), Shelf()), pd.Index(people.of_person.index)
    for name in dict.fromkeys(name for each in made for name in each.said["outputs"]):
        if name.removeprefix("SUPP") not in found.stopped:
            parts = [each for each in made if name in each.said["outputs"]]
            found.outputs[name] = _stored(name, parts, persons, shelves)
    found.ledger = _ledger([each.folder for each in made])
    return found


def _stored(
    name: str, parts: list[Finished], persons: pd.Index, shelves: tuple[Shelf, Shelf, Shelf]
) -> Stored:
    """One dataset; text so long that it goes on in further variables may be in some pieces only."""
    longest = sorted((each.said["outputs"][name] for each in parts), key=lambda said: -len(said["variables"]))
    known = {each["name"]: Variable(**each) for said in longest for each in said["variables"]}
    variables = tuple(sorted(known.values(), key=lambda variable: variable.order))
    said = longest[0]
    pieces = [[each.folder / kind / f"{name}.arrow" for each in parts] for kind in KINDS]
    labels = (name, said["label"], said["layer"], variables, tuple(said["keys"]))
    return Stored(*labels, *pieces, persons, *shelves, [each.buckets for each in parts])


def _ledger(folders: list[Path]) -> Ledger:
    return Ledger(**{name: piece(name, _notes(name, folders)) for name in PIECES})


def _notes(name: str, folders: list[Path]) -> Frame:
    """The notes of all units; what each of them says of nobody's records counts once."""
    columns = PIECES[name]
    frames = [pd.DataFrame(columns=columns)]
    for folder in folders:
        frame = read_piece(folder / "ledger" / f"{name}.arrow")
        frames.append(frame.assign(time=frame.groupby(columns).cumcount() if len(frame) else 0))
    whole = pd.concat(frames, ignore_index=True)
    repeated = whole.duplicated() & (whole["bucket"] == STUDY_BUCKET)
    return whole.loc[~repeated, columns].reset_index(drop=True)

"""`cdiscflow diff --tlf`: the cells of displays that differ between two runs, and whose records did it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cdiscflow.changes import what_changed
from cdiscflow.explain_display import displays_of, saved
from cdiscflow.explain_walk import Frames
from cdiscflow.home import Home
from cdiscflow.report import SHOWN, diff_runs
from cdiscflow.runs import find_run, newer
from cdiscflow.tables import KEPT
from clinical.compare import keys_text
from clinical.findings import Findings
from clinical.frames import Frame
from clinical.graph import build_graph
from clinical.manifest import read_manifest
from clinical.resolve import Names

if TYPE_CHECKING:
    from clinical.study import Study
    from tlf.spec import Display

CELL = ["display", "row", "parent", "level", "column", "part"]
CHANGED = [*CELL, "old", "new", "subjects", "records"]
OF_RESULTS = {"analysis": "row", "group": "column"}
Key = tuple[str, ...]


def diff_cells(home: Home, study_name: str, run_a: str, run_b: str) -> Frame:
    """The cells that differ, one a row: the columns of CHANGED as text.

    `old` and `new` hold the statistics that differ. `subjects` begin with + or - where they came into the
    cell or left it; the others are in it with other records. `records` are their records that differ: of
    the datasets that the display reads, then of those these are made from, with their EDC page.
    Missing: no subjects where a cell changed with its display's file alone.
    """
    runs = _Runs(home, study_name, run_a, run_b)
    found = runs.cells()
    people = found[["display", "subjects"]].itertuples(index=False)
    told = ["; ".join(runs.records.of(display, map(_unsigned, who.split()))) for display, who in people]
    return found.assign(records=pd.Series(told, index=found.index, dtype="str"))


def diff_cells_text(home: Home, study_name: str, run_a: str, run_b: str) -> str:
    """The inputs that differ, counts by display, the first cells, and the records of each subject behind."""
    runs = _Runs(home, study_name, run_a, run_b)
    causes = ", ".join(what_changed(runs.old.run, read_manifest(runs.new.run))) or "nothing"
    head = f"{study_name}: from {runs.old.run.name} to {runs.new.run.name}; changed inputs: {causes}"
    lines = [head, *newer(study_name, runs.new.run), *runs.displays_that_came_or_went()]
    found = runs.cells()
    if not len(found):
        return "\n".join([*lines, "no cell of a display differs"])
    lines += [f"{name:8s} cells changed {count}" for name, count in found.groupby("display").size().items()]
    shown = found.groupby("display", sort=False).head(SHOWN)
    told = [name for name in shown if (shown[name] != "").any()]
    lines += ["", shown[told].to_string(index=False)]
    if len(found) > len(shown):
        lines.append(f"... and {len(found) - len(shown)} more")
    return "\n".join([*lines, *_behind(runs, found)])


def _behind(runs: _Runs, found: Frame) -> Iterator[str]:
    """The subjects of the cells and their records that differ, each once."""
    records: dict[str, dict[str, None]] = defaultdict(dict)
    for display, subjects in found[["display", "subjects"]].drop_duplicates().itertuples(index=False):
        for person in map(_unsigned, subjects.split()):
            records[person].update(dict.fromkeys(runs.records.of(display, [person])))
    for person, mine in sorted(records.items()):
        yield from ("", person)
        yield from (f"  {one}" for one in list(mine)[:SHOWN])
        if len(mine) > SHOWN:
            yield f"  ... and {len(mine) - SHOWN} more"


def _unsigned(person: str) -> str:
    return person.removeprefix("+").removeprefix("-")


def _moved(old: set[str], new: set[str]) -> dict[str, str]:
    """Who came and who left, with their signs."""
    return dict.fromkeys(new - old, "+") | dict.fromkeys(old - new, "-")


class _Side:
    """The displays of one run."""

    def __init__(self, run: Path):
        self.run, self.frames = run, Frames(run)
        results, subjects = (frame.fillna({"value": 0.0}) for frame in saved(run))
        self.results, self.subjects = _named(results), _named(subjects)

    @property
    def names(self) -> set[str]:
        """The displays that were made."""
        kept = json.loads((self.run / KEPT).read_bytes()) if KEPT in self.frames.files else {}
        return {name for name, entry in kept.items() if entry["files"]}

    @cached_property
    def behind(self) -> dict[Key, set[str]]:
        """The subjects of every cell that has its own."""
        keys = zip(*(self.subjects[name].tolist() for name in CELL), strict=True)
        found: dict[Key, set[str]] = defaultdict(set)
        for key, person in zip(keys, self.subjects["USUBJID"].tolist(), strict=True):
            found[key].add(person)
        return found

    def groups(self, display: Display) -> dict[str, set[str]]:
        """Who is in each column of a display."""
        from tlf.people import People

        read = {each: frame for each in display.datasets if (frame := self.frames.get(each)) is not None}
        people = People(display, read, Findings())
        return {group.label: set(people.ids[group.member]) for group in people.groups}


def _named(frame: Frame) -> Frame:
    frame = frame.rename(columns=OF_RESULTS)
    return frame.assign(**{name: frame[name].fillna("") for name in frame.select_dtypes("str")})


class _Runs:
    """Two runs of a study."""

    def __init__(self, home: Home, study_name: str, run_a: str, run_b: str):
        self.study: Study = home.load(study_name)
        self.old, self.new = (_Side(find_run(home, study_name, name)) for name in (run_a, run_b))
        self.records = _Records(self, diff_runs(home, study_name, self.old.run.name, self.new.run.name))
        self.displays = displays_of(self.study)
        self._groups: dict[str, tuple[dict[str, set[str]], dict[str, set[str]]]] = {}

    def displays_that_came_or_went(self) -> Iterator[str]:
        """A line for each display that one of the runs does not have."""
        old, new = self.old.names, self.new.names
        yield from (f"{name:8s} new display" for name in sorted(new - old))
        yield from (f"{name:8s} removed display" for name in sorted(old - new))

    def cells(self) -> Frame:
        """The cells that differ of the displays of both runs, and whose they are; in the order of the new."""
        both = self.old.names & self.new.names
        keys = [*CELL, "statistic"]
        sides = [side.results[side.results["display"].isin(both)] for side in (self.old, self.new)]
        old, new = (side.assign(place=range(len(side))) for side in sides)
        whole = new.merge(old, on=keys, how="outer", suffixes=("_new", "_old"))
        whole = whole.sort_values(["place_new", "place_old"], ignore_index=True)
        texts = whole[["text_old", "text_new"]].fillna("")
        changed = whole[(texts["text_old"] != texts["text_new"]).to_numpy()]
        every = whole.groupby(CELL)["statistic"].agg(frozenset)
        rows = []
        for key, frame in changed.groupby(CELL, sort=False):
            stated = frame["denominator_new"].fillna(frame["denominator_old"]).fillna("")
            who = self._responsible(key, set(every[key]), set(stated))
            old, new = (_texts(frame, f"text_{side}") for side in ("old", "new"))
            rows.append((*key, old, new, " ".join(who)))
        return pd.DataFrame(rows, columns=CHANGED[:-1], dtype="str")

    def _responsible(self, key: Key, statistics: set[str], denominators: set[str]) -> list[str]:
        """Who came into a cell or its whole (+), left them (-), or is in the cell with other records."""
        from tlf.explain import COUNTED

        display, _, _, _, column, part = key
        old, new = self._sets(key)
        signed = _moved(old, new)
        for row in denominators if "p" in statistics else ():
            signed = _moved(*self._whole(display, row, column, part)) | signed
        if not signed or statistics - COUNTED:
            inside = (old | new) or set().union(*self._whole(display, "", column, part))
            others = self.records.changed(self.datasets(display)) & inside
            signed = dict.fromkeys(others, "") | signed
        return [sign + person for person, sign in sorted(signed.items())]

    def _sets(self, key: Key) -> tuple[set[str], set[str]]:
        """The subjects of a cell in both runs; of its row where the levels have none of their own."""
        display, row, _, _, column, part = key
        whole = (display, row, "", "", column, part)
        sides = (self.old.behind, self.new.behind)
        own = any(key in side for side in sides) or not any(whole in side for side in sides)
        return tuple(side.get(key if own else whole, set()) for side in sides)

    def _whole(self, display: str, row: str, column: str, part: str) -> tuple[set[str], set[str]]:
        """Who percentages are of, in both runs: the subjects of a row, or all of the column."""
        if row:
            key = (display, row, "", "", column, part)
            return self.old.behind.get(key, set()), self.new.behind.get(key, set())
        if display not in self.displays:
            return set(), set()
        if display not in self._groups:
            self._groups[display] = tuple(
                side.groups(self.displays[display]) for side in (self.old, self.new)
            )
        return tuple(groups.get(column, set()) for groups in self._groups[display])

    def datasets(self, display: str) -> tuple[str, ...]:
        return self.displays[display].datasets if display in self.displays else ()


def _texts(frame: Frame, column: str) -> str:
    """`n 14, p 77.8`: the statistics that differ."""
    pairs = zip(frame["statistic"], frame[column].fillna(""), strict=True)
    return ", ".join(f"{name} {text}" for name, text in pairs if text)


class _Records:
    """The records that differ between two runs, by subject."""

    def __init__(self, runs: _Runs, differences: Frame):
        self._runs = runs
        self._differences = differences
        self._told: dict[tuple[str, str], list[str]] = {}
        self._read: dict[tuple[str, str], dict[str, list[str]]] = {}

    def changed(self, datasets: tuple[str, ...]) -> set[str]:
        """The subjects with a record that differs in one of the datasets."""
        return set().union(*(self._people[name] for name in datasets))

    def of(self, display: str, people: Iterable[str]) -> list[str]:
        """The records of subjects that differ: in the datasets of a display, then in those they come from."""
        near = self._runs.datasets(display)
        far = [name for name in self._sources(near) if name not in near]
        return [line for person in people for name in (*near, *far) for line in self._lines(name, person)]

    def _lines(self, dataset: str, person: str) -> list[str]:
        """The records of one dataset and subject that differ, worked out once."""
        place = (dataset, person)
        if place not in self._told:
            records = self._parts[place].items()
            self._told[place] = [self._line(dataset, *key, cells) for key, cells in records]
        return self._told[place]

    @cached_property
    def _people(self) -> dict[str, set[str]]:
        """Who has a record that differs, by dataset."""
        found: dict[str, set[str]] = defaultdict(set)
        for dataset, person in self._parts:
            found[dataset].add(person)
        return found

    @cached_property
    def _parts(self) -> dict[tuple[str, str], dict[tuple[str, str], list[tuple[str, str, str]]]]:
        """By dataset and subject the records that differ, each with its variables, old and new values."""
        names = ("dataset", "change", "keys", "variable", "old", "new")
        found: dict = defaultdict(lambda: defaultdict(list))
        columns = [self._differences[name].tolist() for name in names]
        for dataset, change, keys, *cell in zip(*columns, strict=True):
            found[dataset, str(keys).split(" ")[0]][change, keys].append(tuple(cell))
        return found

    def _sources(self, datasets: tuple[str, ...]) -> list[str]:
        """Every dataset that these are made from, in alphabetical order."""
        found, open_ones = set(), list(datasets)
        while open_ones:
            name = open_ones.pop()
            if name not in found:
                found.add(name)
                open_ones += self._made_from[name]
        return sorted(found)

    @cached_property
    def _made_from(self) -> dict[str, set[str]]:
        made: dict[str, set[str]] = defaultdict(set)
        for (dataset, _), needs in build_graph(Names(self._runs.study)).needs.items():
            made[dataset] |= {other for other, _ in needs}
        return made

    def _line(self, dataset: str, change: str, keys: str, cells: list[tuple[str, str, str]]) -> str:
        """`RS changed RD1302-01-003 ...: RSDTC 2024-05-01 -> 2024-05-02 (EDC page RS/01-003/...)`."""
        said = ", ".join(f"{name} {old or 'empty'} -> {new or 'empty'}" for name, old, new in cells if name)
        pages = self._pages("old" if change == "removed" else "new", dataset).get(keys, ())
        shown = f" (EDC page {', '.join(pages)})" if pages else ""
        return f"{dataset} {change} {' '.join(keys.split())}" + (f": {said}" if said else "") + shown

    def _pages(self, side: str, dataset: str) -> dict[str, list[str]]:
        """The pages of the EDC that the records of a dataset were made from, by the key of a record."""
        if (side, dataset) not in self._read:
            self._read[side, dataset] = _pages_of(getattr(self._runs, side), dataset)
        return self._read[side, dataset]


def _pages_of(side: _Side, dataset: str) -> dict[str, list[str]]:
    frame, lineage = side.frames.get(dataset), side.frames.get(dataset, "lineage")
    if frame is None or lineage is None:
        return {}
    keys = keys_text(frame, side.frames.entries[dataset]["keys"]).to_numpy()
    mine = lineage[lineage["source"].str.startswith("raw.")]
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for key, record in zip(keys[mine["row"].to_numpy(dtype=int)], mine["record"].tolist(), strict=True):
        found[key][record] = None
    return {key: list(records) for key, records in found.items()}

"""How the records of a dataset come about: from a form or a dataset, from a table, or from a program.

Rows in = rows out + rows set aside with a reason: every record a `where`, a `keep` or a missing DM record leaves out is
written into the row account.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.algorithms import evaluate
from clinical.errors import DerivationError
from clinical.findings import COLUMNS as FINDING_COLUMNS
from clinical.frames import Column, Frame, codes_of, first_of_groups, group_codes, take
from clinical.read import Sequence
from clinical.records import _order_key, call_program, program_frames
from clinical.rows import Made, PartRows, Raw, Records, Rows
from clinical.spec import Dataset, Line, Part
from clinical.where import mask

if TYPE_CHECKING:
    from clinical.build import Build


def make_records(build: Build, spec: Dataset) -> Made:
    """The dataset with its records and no column yet, in canonical order: by part, source record and line."""
    made = Made(spec, np.zeros(0, dtype="int64"))
    people: list[np.ndarray] = []
    programmed: list[Frame] = []
    start = 0
    for part in spec.parts:
        if part.kind == "program":
            person, rows, frame = _programmed(build, spec, part)
            programmed.append(frame.set_axis(range(start, start + len(frame))))
        elif part.kind == "from":
            person, rows = _from_source(build, spec, part)
        else:
            person, rows = _table(build, spec, part)
        rows.start, rows.stop = start, start + len(person)
        start = rows.stop
        people.append(person)
        made.parts.append(rows)
    made.person = np.concatenate(people).astype("int64")
    if programmed:
        made.programmed = pd.concat(programmed)
    return made


def _from_source(build: Build, spec: Dataset, part: Part) -> tuple[np.ndarray, PartRows]:
    raw = part.source.startswith("raw.")
    source = build.form(part.source[4:]) if raw else build.dataset(part.source, spec)
    index = np.arange(len(source.person))
    if part.where is not None:
        trial = _trial(build, spec, part, source, index)
        holds = mask(source.column, part.where, other=trial.value, member=trial.member)
        build.matched(part, part.source, [part.where], holds)
        build.set_aside(spec, part, source, index[~holds], "where")
        index = index[holds]
    if part.keep is not None:
        kept = _kept(source, part, index)
        build.set_aside(spec, part, source, np.setdiff1d(index, kept), "keep")
        index = kept
    index = _with_demographics(build, spec, part, source, index)
    if isinstance(source, Raw):
        source.used[index] = True
    if part.lines or part.listed:
        return _by_line(build, spec, part, source, index)
    return source.person[index], PartRows(part, 0, len(index), source, index)


def _trial(build: Build, spec: Dataset, part: Part, source: Records, index: np.ndarray) -> Rows:
    person = source.person[index]
    rows = PartRows(part, 0, len(index), source, index)
    return Rows(build, Made(spec, person, [rows]), rows, np.arange(len(index)), trial=True)


def _kept(source: Records, part: Part, index: np.ndarray) -> np.ndarray:
    keep = part.keep
    keys = [take(source.column(name), index) for name in keep.by]
    groups = group_codes([source.person[index], *(codes_of(key) for key in keys)])
    last = keep.which == "last"
    order = [_order_key(take(source.column(name), index), last) for name in keep.order]
    found = first_of_groups(groups, order, int(groups.max(initial=-1)) + 1, last)
    return np.sort(index[found[found >= 0]])


def _with_demographics(
    build: Build, spec: Dataset, part: Part, source: Records, index: np.ndarray
) -> np.ndarray:
    if spec.layer != "sdtm" or spec.scope == "study" or spec.name == "DM" or "DM" not in build.study.datasets:
        return index
    known = np.zeros(len(build.persons) + 1, dtype=bool)
    known[build.made("DM").person] = True
    known[-1] = False
    has = known[source.person[index]]
    if not has.all():
        build.set_aside(spec, part, source, index[~has], "no DM record")
        build.found_at("build.no-subject", source.coordinates(index[~has]), spec.name, "USUBJID")
    return index[has]


def _by_line(
    build: Build, spec: Dataset, part: Part, source: Records, index: np.ndarray
) -> tuple[np.ndarray, PartRows]:
    if part.listed:
        listed = _listed(build, spec, part.listed)
        rows = np.repeat(index, len(listed))
        line = np.tile(np.arange(len(listed)), len(index))
        frame = pd.DataFrame({name: take(listed[name], line) for name in listed})
        return source.person[rows], PartRows(part, 0, len(rows), source, rows, listed=frame)
    taken, lines = [], []
    for number, line in enumerate(part.lines):
        chosen = _line_records(build, spec, part, line, source, index)
        taken.append(chosen)
        lines.append(np.full(len(chosen), number))
    rows, line = np.concatenate(taken), np.concatenate(lines)
    order = np.lexsort([line, rows])
    rows, line = rows[order], line[order]
    build.set_aside(spec, part, source, np.setdiff1d(index, rows), "no line of each has a value")
    return source.person[rows], PartRows(part, 0, len(rows), source, rows, line)


def _line_records(
    build: Build, spec: Dataset, part: Part, line: Line, source: Records, index: np.ndarray
) -> np.ndarray:
    if line.where is not None:
        trial = _trial(build, spec, part, source, index)
        holds = mask(
            lambda name: take(source.column(name), index), line.where, other=trial.value, member=trial.member
        )
        index = index[holds]
    if line.needs_value:
        word = next(iter(line.take.values()))
        trial = _trial(build, spec, part, source, index)
        index = index[evaluate(trial, word).notna().to_numpy()]
    return index


def _table(build: Build, spec: Dataset, part: Part) -> tuple[np.ndarray, PartRows]:
    if part.listed:
        listed = _listed(build, spec, part.listed)
        person = np.full(len(listed), -1, dtype="int64")
        return person, PartRows(part, 0, len(listed), listed=listed)
    kept = []
    for number, line in enumerate(part.lines):
        if line.needs_value and part.lines[number].take:
            word = next((w for w in line.take.values() if w.word != "constant"), None)
            rows = PartRows(part, 0, 1)
            trial = Rows(build, Made(spec, np.array([-1]), [rows]), rows, np.array([0]), trial=True)
            if word is not None and evaluate(trial, word).isna().all():
                continue
        kept.append(number)
    return np.full(len(kept), -1, dtype="int64"), PartRows(part, 0, len(kept), line=np.array(kept))


def _listed(build: Build, spec: Dataset, name: str) -> Frame:
    """The list that `each` walks: of study.yml, or a CSV file beside the spec."""
    if name.startswith("study."):
        items = build.study.setting(name[6:])
        if not isinstance(items, Sequence):
            raise DerivationError("build.no-list", spec.name, name=name)
        columns = list(dict.fromkeys(key for item in items for key in item))
        table = {key: [str(item[key]) if key in item else None for item in items] for key in columns}
    else:
        path = build.study.folder / spec.layer / name
        if not path.is_file():
            raise DerivationError("build.no-list", spec.name, name=name)
        with path.open(encoding="utf-8", newline="") as lines:
            items = list(csv.DictReader(lines))
        table = {key: [item[key] or None for item in items] for key in (items[0] if items else {})}
    return pd.DataFrame({key: pd.Series(values, dtype="str") for key, values in table.items()})


def _programmed(build: Build, spec: Dataset, part: Part) -> tuple[np.ndarray, PartRows, Frame]:
    rows = Rows(build, Made(spec, np.zeros(0, dtype="int64")), None, np.zeros(0, dtype="int64"))
    frames = program_frames(rows, part.program, part.program.args.get("reads") or {})
    answer = call_program(rows, part.program, frames)
    frame, lineage, findings = (
        (*answer, None, None)[:3] if isinstance(answer, tuple) else (answer, None, None)
    )
    frame = frame.reset_index(drop=True)
    if findings is not None and len(findings):
        build.findings.extend(findings.reindex(columns=FINDING_COLUMNS))
    person = _person_of(build, frame)
    if lineage is not None:
        build.lineage[spec.name, part.name] = lineage
    return person, PartRows(part, 0, len(frame)), frame


def _person_of(build: Build, frame: Frame) -> np.ndarray:
    if "USUBJID" not in frame:
        return np.full(len(frame), -1, dtype="int64")
    index = pd.Index(build.persons)
    return np.where(frame["USUBJID"].isna(), -1, index.get_indexer(frame["USUBJID"])).astype("int64")


def column_of_program(made: Made, name: str) -> Column | None:
    """A column that a program gave, over all records; None where none did."""
    if made.programmed is None or name not in made.programmed:
        return None
    return made.programmed[name].reindex(range(made.size)).reset_index(drop=True)

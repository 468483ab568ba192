"""How the records of a dataset come about: from a form or a dataset, from a table, or from a program.

Rows in = rows out + rows set aside with a reason: every record a `where`, a `keep` or a missing DM record
leaves out is written into the row account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.algorithms import evaluate
from clinical.errors import DerivationError
from clinical.findings import COLUMNS as FINDING_COLUMNS
from clinical.frames import Column, Frame, codes_of, first_of_groups, group_codes, left_out, take
from clinical.kinds import DATE
from clinical.records import call_program, order_key, program_frames
from clinical.resolve import listed
from clinical.rows import Made, PartRows, Records, Rows, kind_of, tested
from clinical.spec import Dataset, Line, Part
from clinical.where import Condition, mask

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
        holds = _satisfies(build, source, index, part.where, trial)
        build.matched(spec, part, part.source, [part.where], source.person[holds])
        build.set_aside(spec, part, source, index[~holds], "where")
        index = index[holds]
    if part.keep is not None:
        kept = _kept(build, source, part, index)
        build.set_aside(spec, part, source, left_out(index, kept), "keep")
        index = kept
    index = _with_demographics(build, spec, part, source, index)
    build.use(spec, source, index)
    if part.lines or part.listed:
        return _by_line(build, spec, part, source, index)
    return source.person[index], PartRows(part, 0, len(index), source, index)


def _trial(build: Build, spec: Dataset, part: Part, source: Records, index: np.ndarray) -> Rows:
    person = source.person[index]
    rows = PartRows(part, 0, len(index), source, index)
    return Rows(build, Made(spec, person, [rows]), rows, np.arange(len(index)), trial=True)


def _satisfies(build: Build, source: Records, index: np.ndarray, asked: Condition, trial: Rows) -> np.ndarray:
    """Which of some source records satisfy a condition; `trial` are the records they would become."""
    return mask(
        lambda name: take(tested(build, source, name), index),
        asked,
        other=trial.tested,
        member=trial.member,
        dated=lambda name: kind_of(build, source, name) == DATE,
    )


def _kept(build: Build, source: Records, part: Part, index: np.ndarray) -> np.ndarray:
    keep = part.keep
    keys = [take(source.column(name), index) for name in keep.by]
    groups = group_codes([source.person[index], *(codes_of(key) for key in keys)])
    last = keep.which == "last"
    order = [
        order_key(take(tested(build, source, name), index), kind_of(build, source, name), last)
        for name in keep.order
    ]
    found = first_of_groups(groups, order, int(groups.max(initial=-1)) + 1, last)
    return np.sort(index[found[found >= 0]])


def _with_demographics(
    build: Build, spec: Dataset, part: Part, source: Records, index: np.ndarray
) -> np.ndarray:
    has = _in_demographics(build, spec, source.person[index])
    if not has.all():
        build.set_aside(spec, part, source, index[~has], "no DM record")
        aside = index[~has]
        coordinates = source.coordinates(aside).assign(USUBJID=take(build.persons, source.person[aside]))
        build.found_at("build.no-subject", coordinates, spec.name, "USUBJID")
    return index[has]


def _in_demographics(build: Build, spec: Dataset, person: np.ndarray) -> np.ndarray:
    """Which records belong to a person who has, or in DM gets, a DM record."""
    if spec.layer != "sdtm" or spec.scope == "study" or "DM" not in build.study.datasets:
        return np.ones(len(person), dtype=bool)
    known = np.zeros(len(build.persons) + 1, dtype=bool)
    known[np.arange(len(build.persons)) if spec.name == "DM" else build.made("DM").person] = True
    known[-1] = False
    return known[person]


def _by_line(
    build: Build, spec: Dataset, part: Part, source: Records, index: np.ndarray
) -> tuple[np.ndarray, PartRows]:
    if part.listed:
        lines = _listed(build, spec, part)
        rows = np.repeat(index, len(lines))
        line = np.tile(np.arange(len(lines)), len(index))
        frame = pd.DataFrame({name: take(lines[name], line) for name in lines})
        return source.person[rows], PartRows(part, 0, len(rows), source, rows, listed=frame)
    taken, lines = [], []
    for number, line in enumerate(part.lines):
        chosen = _line_records(build, spec, part, line, source, index)
        taken.append(chosen)
        lines.append(np.full(len(chosen), number))
    rows, line = np.concatenate(taken), np.concatenate(lines)
    order = np.lexsort([line, rows])
    rows, line = rows[order], line[order]
    build.set_aside(spec, part, source, left_out(index, rows), "no line of each has a value")
    return source.person[rows], PartRows(part, 0, len(rows), source, rows, line)


def _line_records(
    build: Build, spec: Dataset, part: Part, line: Line, source: Records, index: np.ndarray
) -> np.ndarray:
    if line.where is not None:
        trial = _trial(build, spec, part, source, index)
        holds = _satisfies(build, source, index, line.where, trial)
        build.matched(spec, line, part.source, [line.where], source.person[index[holds]])
        index = index[holds]
    if line.needs_value:
        word = next(iter(line.take.values()))
        trial = _trial(build, spec, part, source, index)
        index = index[evaluate(trial, word).notna().to_numpy()]
    return index


def _table(build: Build, spec: Dataset, part: Part) -> tuple[np.ndarray, PartRows]:
    if part.listed:
        lines = _listed(build, spec, part)
        person = np.full(len(lines), -1, dtype="int64")
        return person, PartRows(part, 0, len(lines), listed=lines)
    size = len(part.lines)
    return np.full(size, -1, dtype="int64"), PartRows(part, 0, size, line=np.arange(size))


def _listed(build: Build, spec: Dataset, part: Part) -> Frame:
    """The list that `each` or `table` walks: of study.yml, or a CSV file beside the spec."""
    columns, items = listed(build.study, spec, part, str(part.at))
    cells = {key: [str(item[key]) if item.get(key) else None for item in items] for key in columns}
    return pd.DataFrame({key: pd.Series(values, dtype="str") for key, values in cells.items()})


def _programmed(build: Build, spec: Dataset, part: Part) -> tuple[np.ndarray, PartRows, Frame]:
    rows = Rows(build, Made(spec, np.zeros(0, dtype="int64")), None, np.zeros(0, dtype="int64"))
    frames = program_frames(rows, part.program, part.program.args.get("reads") or {})
    answer = call_program(rows, part.program, frames)
    frame, lineage, findings = (
        (*answer, None, None)[:3] if isinstance(answer, tuple) else (answer, None, None)
    )
    if not isinstance(frame, pd.DataFrame):
        raise DerivationError("build.program-rows", spec.name, name=part.program.value)
    frame = frame.reset_index(drop=True)
    if findings is not None and len(findings):
        build.findings.extend(findings.reindex(columns=FINDING_COLUMNS))
    person = _person_of(build, frame)
    named = frame["USUBJID"].notna().to_numpy() if "USUBJID" in frame else np.zeros(len(frame), dtype=bool)
    has = _in_demographics(build, spec, person) | ~named
    if not has.all():
        build.set_aside(spec, part, Made(spec, person), np.flatnonzero(~has), "no DM record")
        build.found_at("build.no-subject", frame.loc[~has, ["USUBJID"]], spec.name, "USUBJID")
        frame, person = frame[has].reset_index(drop=True), person[has]
        if lineage is not None:
            lineage = lineage[has[lineage["row"]]]
            lineage = lineage.assign(row=(np.cumsum(has) - 1)[lineage["row"]])
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

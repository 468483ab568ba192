"""`cdiscflow explain`: a message of the catalogue, a rule, how rows of a dataset came about, or a cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from cdiscflow.checking import one_person, unknown_dataset
from cdiscflow.explain_absent import why_not
from cdiscflow.explain_dates import imputed
from cdiscflow.explain_display import explain_display, is_display
from cdiscflow.explain_rule import explain_rule
from cdiscflow.explain_walk import SHOWN, Frames, Walk, cells, telling
from cdiscflow.explain_why import why
from cdiscflow.home import Home
from cdiscflow.runs import find_run, named, newer
from cdiscflow.stops import cause_of, stops_in
from clinical.errors import InputError, catalogue
from clinical.explain import in_english
from clinical.frames import as_text
from clinical.manifest import read_manifest
from clinical.read import Mapping, Sequence, Text
from clinical.spec import Dataset
from clinical.study import Study
from clinical.words import Word


def explain_any(
    home: Callable[[], Home],
    study: str,
    dataset: str,
    cell: tuple[str, str, str, str],
    subject: str | None,
    run_name: str,
) -> list[str]:
    """A message or a rule, if `study` is the id of one; else a cell of a display, or rows of a dataset.

    `cell` is row, column, part and level of a display; of a dataset the first is a PARAMCD or a variable.
    """
    if not dataset and study in catalogue():
        return explain_message(study)
    if not dataset and (said := explain_rule(home(), study)):
        return said
    if is_display(dataset.upper()):
        if subject is not None:
            raise InputError("ask.subject-of-display", study, display=dataset.upper())
        return explain_display(home(), study, dataset.upper(), cell, run_name)
    return explain_rows(home(), study, dataset.upper(), cell[0].upper(), subject, run_name)


def explain_message(identity: str) -> list[str]:
    """What a message of the product means, its usual cause and what to do."""
    entry = catalogue()[identity]
    return [
        f"{entry.id} (since {entry.since}{', rule ' + entry.rule if entry.rule else ''})",
        f"  says:  {entry.text}",
        f"  means: {entry.means}",
        f"  cause: {entry.cause}",
        f"  to do: {entry.todo}",
    ]


def explain_rows(
    home: Home, study_name: str, dataset: str, what: str, subject: str | None, run_name: str = "latest"
) -> list[str]:
    """The run, the lines of the spec, the rows of a dataset for a subject and the records behind them.

    `what` is a PARAMCD or a variable; without `subject` the rows of all subjects.
    Raises: InputError where there is no such run, dataset, variable or row, or not one such subject.
    """
    study = home.load(study_name)
    run = find_run(home, study_name, run_name)
    frames = Frames(run)
    walk = Walk(study, frames)
    frame = frames.get(dataset)
    if frame is None:
        raise _not_there(study, run, dataset, frames)
    spec = study.datasets.get(dataset.removeprefix("SUPP"))
    person = _person(study, frames, frame, subject)
    is_parameter = "PARAMCD" in frame and _is_parameter(spec, frame, what)
    rows = frame.index[_asked_for(study, frame, dataset, what, person, is_parameter)]
    stated = [] if spec is None or is_parameter else [word for _, word in spec.statements(what)]
    words = list(dict.fromkeys(stated))
    lines = [named(study_name, run), *newer(study_name, run)]
    lines += [f"{word.at}: {dataset}.{what} is {in_english(word)}" for word in words]
    if spec is not None and not words:
        shown = frame.loc[rows[:SHOWN]]
        lines += _parameter_lines(spec, what, shown) if is_parameter else [_records_line(spec)]
    if not len(rows):
        return lines + _nothing(walk, dataset, what, person, is_parameter)
    for row in rows[:SHOWN]:
        lines += _row(walk, dataset, what, row, is_parameter, words)
    return lines + ([f"... and {len(rows) - SHOWN} more rows"] if len(rows) > SHOWN else [])


def _row(walk: Walk, dataset: str, what: str, row: int, is_parameter: bool, words: list[Word]) -> list[str]:
    """A row by its telling values, with what is imputed of its dates, and what is behind it."""
    frame, spec = walk.frames.get(dataset), walk.study.datasets.get(dataset.removeprefix("SUPP"))
    values = ", ".join(
        f"{name}={text}{imputed(walk, dataset, name, row)}"
        for name, text in cells(frame, row, _shown(frame, what, is_parameter))
        if text
    )
    if spec is not None and "PARAMCD" in frame and (is_parameter or not what):
        behind = why(walk, spec, dataset, row)
    else:
        behind = walk.variable(dataset, what, row, words)
    return [f"{dataset} row {row + 1}: {values}", *(f"  {line}" for line in behind)]


def _is_parameter(spec: Dataset | None, frame: pd.DataFrame, what: str) -> bool:
    """Whether it is a PARAMCD: one that the spec states or that some row has."""
    stated = spec is not None and what.isupper() and isinstance(spec.parameters.get(what), Mapping)
    return stated or bool((frame["PARAMCD"] == what).any())


def _person(study: Study, frames: Frames, frame: pd.DataFrame, subject: str | None) -> str:
    """The USUBJID that is asked for; empty for all subjects."""
    if subject is None:
        return ""
    people = frames.get("DM")
    people = frame if people is None else people
    known = people["USUBJID"].dropna() if "USUBJID" in people else pd.Series(dtype="str")
    return one_person(study, known, subject)


def _nothing(walk: Walk, dataset: str, what: str, person: str, is_parameter: bool) -> list[str]:
    """Why there is no such row of a subject.

    Raises: InputError for what has no reason of its own.
    """
    study, told = walk.study, f" with {what}" if what else ""
    frame = walk.frames.get(dataset)
    if not person or not what:
        raise InputError("ask.no-row", study.name, dataset=dataset, what=told, subject=person)
    if not is_parameter:
        records = (frame["USUBJID"] == person).sum() if "USUBJID" in frame else 0
        return [f"{dataset} has {records} rows of {person}, and {what} is empty in all of them"]
    return list(why_not(walk, study.datasets[dataset], what, person))


def _not_there(study: Study, run: Path, dataset: str, frames: Frames) -> InputError:
    reason = cause_of(stops_in(read_manifest(run)), dataset.removeprefix("SUPP"))
    if reason:
        return InputError("ask.not-built", study.name, dataset=dataset, reason=reason)
    return unknown_dataset(study.name, dataset, frames.entries)


def _asked_for(
    study: Study, frame: pd.DataFrame, dataset: str, what: str, person: str, is_parameter: bool
) -> pd.Series:
    """Which rows are asked for: of the subject, of the parameter, or with a value of the variable."""
    chosen = pd.Series(True, index=frame.index)
    if person and "USUBJID" in frame:
        chosen &= frame["USUBJID"] == person
    if is_parameter:
        return chosen & (frame["PARAMCD"] == what)
    if what and what not in frame:
        raise InputError("ask.no-variable", study.name, dataset=dataset, what=what)
    return chosen & frame[what].notna() if what else chosen


def _shown(frame: pd.DataFrame, what: str, is_parameter: bool) -> list[str]:
    if not what or is_parameter:
        return telling(frame)
    return list(dict.fromkeys([*(name for name in ("USUBJID", "PARAMCD") if name in frame), what]))


def _records_line(spec: Dataset) -> str:
    part = spec.parts[0]
    made = f"by the program {part.program.value}" if part.program else f"from {part.source or part.listed}"
    return f"{part.at}: the records of {spec.name} are made {made}"


def _parameter_lines(spec: Dataset, parameter: str, rows: pd.DataFrame) -> list[str]:
    """Where the rules of a parameter stand, and in them the line whose `text` the rows carry."""
    labels = _labels(spec)
    told = {text for name in rows for text in as_text(rows[name].reset_index(drop=True)).dropna()}
    lines, name = [_records_line(spec)], parameter
    while isinstance(spec.parameters.get(name), Mapping):
        node = spec.parameters[name]
        label = f", {node['label']}" if "label" in node else ""
        lines.append(f"{spec.parameters.line(name)}: {spec.name} {name}{label}")
        lines += [
            f"{each.at}: {each['text']} is {_flow(each, labels)}"
            for each in _lines_of(node)
            if _told(each, told)
        ]
        name = node.get("like", "")
    return lines


def _told(line: Mapping, told: set[str]) -> bool:
    """Whether the rows carry the text of a line and, where it censors, its number."""
    return line["text"] in told and line.get("cnsr", line["text"]) in told


def _lines_of(node: object) -> Iterator[Mapping]:
    if isinstance(node, Mapping) and isinstance(node.get("text"), Text):
        yield node
    for each in node.values() if isinstance(node, Mapping) else node if isinstance(node, Sequence) else ():
        yield from _lines_of(each)


def _labels(spec: Dataset) -> dict[str, str]:
    """What the dates are called that the rules of a dataset name."""
    named = spec.parameters.get("dates", {})
    return {name: str(node.get("label", name)) for name, node in named.items() if isinstance(node, Mapping)}


def _flow(node: object, labels: dict[str, str]) -> str:
    """A part of a spec in one line, its named dates by their labels."""
    if isinstance(node, Mapping):
        parts = [f"{labels.get(key, key)}: {_flow(value, labels)}" for key, value in node.items()]
        return "{" + ", ".join(parts) + "}"
    if isinstance(node, Sequence):
        return "[" + ", ".join(_flow(each, labels) for each in node) + "]"
    return labels.get(str(node), str(node))

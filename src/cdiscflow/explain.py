"""`cdiscflow explain`: a message of the catalogue, or how rows of a dataset came about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from cdiscflow.checking import person_asked, unknown_dataset
from cdiscflow.home import Home
from cdiscflow.runs import find_run, named, newer
from cdiscflow.stops import cause_of, stops_in
from clinical.errors import InputError, catalogue
from clinical.explain import in_english
from clinical.frames import as_text
from clinical.manifest import read_manifest
from clinical.read import Mapping, Sequence, Text
from clinical.run import read_frame
from clinical.spec import Dataset
from clinical.study import Study
from clinical.where import mask
from clinical.words import Word

SHOWN, DEEPEST = 5, 4
TELLING = (
    "USUBJID", "PARAMCD", "STARTDT", "ADT", "AVAL", "AVALC", "CNSR", "EVNTDESC", "CNSDTDSC", "ADTNOTE",
    "SRCDOM", "SRCVAR", "SRCSEQ",
)  # fmt: skip


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
    home: Home, study_name: str, dataset: str, what: str, subject: str, run_name: str = "latest"
) -> list[str]:
    """The run, the lines of the spec, the rows of a dataset for a subject and the records behind them.

    `what` is a PARAMCD or a variable.
    Raises: InputError where there is no such run, dataset, variable or row.
    """
    study = home.load(study_name)
    run = find_run(home, study_name, run_name)
    frames = _Frames(run)
    frame = frames.get(dataset)
    if frame is None:
        raise _not_there(study, run, dataset, frames)
    is_parameter = "PARAMCD" in frame and bool((frame["PARAMCD"] == what).any())
    chosen = _asked_for(study, frame, dataset, what, subject, is_parameter)
    rows = frame.index[chosen]
    if not len(rows):
        told = f" with {what}" if what else ""
        raise InputError("ask.no-row", study_name, dataset=dataset, what=told, subject=subject)
    spec = study.datasets.get(dataset.removeprefix("SUPP"))
    stated = [] if spec is None or is_parameter else [word for _, word in spec.statements(what)]
    words = list(dict.fromkeys(stated))
    lines = [named(study_name, run), *newer(study_name, run)]
    lines += [f"{word.at}: {dataset}.{what} is {in_english(word)}" for word in words]
    if spec is not None and not words:
        shown = frame.loc[rows[:SHOWN]]
        lines += _parameter_lines(spec, what, shown) if is_parameter else [_records_line(spec)]
    names = _shown(frame, what, is_parameter)
    for row in rows[:SHOWN]:
        values = ", ".join(f"{name}={text}" for name, text in _cells(frame, row, names) if text)
        lines.append(f"{dataset} row {row + 1}: {values}")
        for word in words:
            lines += [f"  {line}" for line in _chosen(frames, word, frame, row, what)]
        lines += [f"  {line}" for line in _behind(frames, dataset, row, depth=0)]
    return lines + ([f"... and {len(rows) - SHOWN} more rows"] if len(rows) > SHOWN else [])


def _not_there(study: Study, run: Path, dataset: str, frames: _Frames) -> InputError:
    reason = cause_of(stops_in(read_manifest(run)), dataset.removeprefix("SUPP"))
    if reason:
        return InputError("ask.not-built", study.name, dataset=dataset, reason=reason)
    return unknown_dataset(study.name, dataset, frames.entries)


def _asked_for(
    study: Study, frame: pd.DataFrame, dataset: str, what: str, subject: str, is_parameter: bool
) -> pd.Series:
    """Which rows are asked for: of the subject, of the parameter, or with a value of the variable."""
    chosen = pd.Series(True, index=frame.index)
    if subject and "USUBJID" in frame:
        chosen &= frame["USUBJID"].str.endswith(person_asked(study, subject))
    if is_parameter:
        return chosen & (frame["PARAMCD"] == what)
    if what and what not in frame:
        raise InputError("ask.no-variable", study.name, dataset=dataset, what=what)
    return chosen & frame[what].notna() if what else chosen


def _shown(frame: pd.DataFrame, what: str, is_parameter: bool) -> list[str]:
    if not what or is_parameter:
        return _telling(frame)
    return list(dict.fromkeys([*(name for name in ("USUBJID", "PARAMCD") if name in frame), what]))


def _records_line(spec: Dataset) -> str:
    part = spec.parts[0]
    made = f"by the program {part.program.value}" if part.program else f"from {part.source or part.listed}"
    return f"{part.at}: the records of {spec.name} are made {made}"


def _parameter_lines(spec: Dataset, parameter: str, rows: pd.DataFrame) -> list[str]:
    """Where the rules of a parameter stand, and in them the line whose `text` the rows carry."""
    told = {text for name in rows for text in as_text(rows[name].reset_index(drop=True)).dropna()}
    lines, name = [_records_line(spec)], parameter
    while isinstance(spec.parameters.get(name), Mapping):
        node = spec.parameters[name]
        label = f", {node['label']}" if "label" in node else ""
        lines.append(f"{spec.parameters.line(name)}: {spec.name} {name}{label}")
        lines += [
            f"{each.at}: {each['text']} is {_flow(each)}" for each in _lines_of(node) if each["text"] in told
        ]
        name = node.get("like", "")
    return lines


def _lines_of(node: object) -> Iterator[Mapping]:
    if isinstance(node, Mapping) and isinstance(node.get("text"), Text):
        yield node
    for each in node.values() if isinstance(node, Mapping) else node if isinstance(node, Sequence) else ():
        yield from _lines_of(each)


def _flow(node: object) -> str:
    if isinstance(node, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(value)}" for key, value in node.items()) + "}"
    return "[" + ", ".join(map(_flow, node)) + "]" if isinstance(node, Sequence) else str(node)


def _chosen(frames: _Frames, word: Word, frame: pd.DataFrame, row: int, name: str) -> Iterator[str]:
    """The records of other datasets that hold what `first` or `last` took."""
    if word.word in ("case", "any_of"):
        for each in word.value:
            yield from _chosen(frames, each, frame, row, name)
    if word.word not in ("first", "last"):
        return
    value = _cells(frame, row, [name])[0][1]
    for source in word.value:
        dataset, _, column = source.of.rpartition(".")
        found = frames.get(dataset)
        asked = [each for each in (source.where, word.args.get("where")) if each is not None]
        read = {column}.union(*(each.columns for each in asked))
        if found is None or not read <= set(found) or any(each.others for each in asked):
            continue
        of = found[found["USUBJID"] == frame["USUBJID"][row]].reset_index()
        held = as_text(of[column]).fillna("").str.startswith(value).to_numpy() & bool(value)
        for each in asked:
            held &= mask(of, each)
        for place in of["index"][held][:SHOWN]:
            yield from _one_behind(frames, dataset, int(place), 0)


class _Frames:
    def __init__(self, run: Path):
        self.run = run
        self.entries = read_manifest(run)["datasets"]
        self.files = read_manifest(run)["files"]
        self._read: dict[str, pd.DataFrame] = {}

    def get(self, name: str, kind: str = "") -> pd.DataFrame | None:
        for folder in [kind] if kind else ["adam", "sdtm"]:
            file = f"{folder}/{name.lower()}.parquet"
            if file in self.files:
                if file not in self._read:
                    self._read[file] = read_frame(self.run, file)
                return self._read[file]
        return None


def _telling(frame: pd.DataFrame) -> list[str]:
    found = [name for name in TELLING if name in frame]
    return found if "PARAMCD" in frame else [name for name in frame.columns if frame[name].notna().any()]


def _cells(frame: pd.DataFrame, row: int, names: list[str]) -> list[tuple[str, str]]:
    return [
        (name, str(as_text(frame[name].iloc[[row]].reset_index(drop=True)).fillna("")[0])) for name in names
    ]


def _behind(frames: _Frames, dataset: str, row: int, depth: int) -> Iterator[str]:
    lineage = frames.get(dataset, "lineage")
    if lineage is None or depth > DEEPEST:
        return
    for source, record in lineage.loc[lineage["row"] == row, ["source", "record"]].itertuples(index=False):
        place = (
            None
            if str(source).startswith("raw.")
            else _row_of(str(source), frames.get(str(source)), str(record))
        )
        if str(source).startswith("raw."):
            yield f"EDC page {record}"
        elif place is None:
            yield f"{source} {record}"
        else:
            yield from _one_behind(frames, str(source), place, depth)


def _one_behind(frames: _Frames, dataset: str, row: int, depth: int) -> Iterator[str]:
    found = frames.get(dataset)
    keys = [key for key in frames.entries[dataset]["keys"] if key != "STUDYID"]
    names = list(dict.fromkeys([*keys, *_telling(found)])) if "PARAMCD" in found else keys
    yield f"{dataset} " + ", ".join(f"{name}={text}" for name, text in _cells(found, row, names) if text)
    yield from (f"  {line}" for line in _behind(frames, dataset, row, depth + 1))


def _row_of(source: str, frame: pd.DataFrame | None, record: str) -> int | None:
    if frame is None:
        return None
    person, _, number = record.partition("/")
    chosen = frame["USUBJID"] == person
    sequence = "ASEQ" if "ASEQ" in frame else f"{source}SEQ"
    if number and sequence in frame:
        chosen &= frame[sequence] == float(number)
    rows = frame.index[chosen]
    return int(rows[0]) if len(rows) == 1 else None

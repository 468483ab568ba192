"""`cdiscflow explain`: a message of the catalogue, or how rows of a dataset came about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from cdiscflow.home import Home
from clinical.errors import InputError, catalogue
from clinical.explain import in_english
from clinical.frames import as_text
from clinical.manifest import read_manifest
from clinical.run import latest_run, read_frame
from clinical.study import Study

SHOWN = 5


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


def explain_rows(home: Home, study_name: str, dataset: str, what: str, subject: str) -> list[str]:
    """The rows of a dataset for a subject, the sentence of the spec behind a variable, and the records behind each.

    `what` is a PARAMCD or a variable. Raises: InputError where there is no such run, dataset or row.
    """
    study = home.load(study_name)
    run = latest_run(home.outputs / study_name)
    if run is None:
        raise InputError("ask.nothing-yet", study_name)
    frames = _Frames(run)
    frame = frames.get(dataset)
    if frame is None:
        raise InputError("ask.no-dataset", study_name, dataset=dataset)
    chosen = pd.Series(True, index=frame.index)
    if subject:
        chosen &= frame["USUBJID"].str.endswith(subject)
    if what and "PARAMCD" in frame and (frame["PARAMCD"] == what).any():
        chosen &= frame["PARAMCD"] == what
        what = ""
    rows = frame.index[chosen]
    if not len(rows):
        raise InputError("ask.no-row", study_name, dataset=dataset, what=what, subject=subject)
    lines = _spec_lines(study, dataset, what)
    for row in rows[:SHOWN]:
        shown = [what] if what in frame else _telling(frame)
        values = ", ".join(f"{name}={text}" for name, text in _cells(frame, row, shown) if text)
        lines.append(f"{dataset} row {row + 1}: {values}")
        lines += [f"  {line}" for line in _behind(frames, dataset, row, depth=0)]
    if len(rows) > SHOWN:
        lines.append(f"... and {len(rows) - SHOWN} more rows")
    return lines


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


def _spec_lines(study: Study, dataset: str, what: str) -> list[str]:
    spec = study.datasets.get(dataset)
    if spec is None or not what:
        return [f"{spec.at}: records of {dataset}"] if spec else []
    words = [word for part in spec.parts if (word := spec.word(part, None, what)) is not None]
    words += [line.take[what] for part in spec.parts for line in part.lines if what in line.take]
    return [f"{word.at}: {dataset}.{what} is {in_english(word)}" for word in dict.fromkeys(words)]


def _telling(frame: pd.DataFrame) -> list[str]:
    wanted = ("USUBJID", "PARAMCD", "STARTDT", "ADT", "AVAL", "AVALC", "CNSR", "EVNTDESC", "CNSDTDSC", "ADTNOTE",
              "SRCDOM", "SRCVAR", "SRCSEQ")  # fmt: skip
    found = [name for name in wanted if name in frame]
    return found if "PARAMCD" in frame else [name for name in frame.columns if frame[name].notna().any()]


def _cells(frame: pd.DataFrame, row: int, names: list[str]) -> list[tuple[str, str]]:
    return [
        (name, str(as_text(frame[name].iloc[[row]].reset_index(drop=True)).fillna("")[0])) for name in names
    ]


def _behind(frames: _Frames, dataset: str, row: int, depth: int) -> Iterator[str]:
    lineage = frames.get(dataset, "lineage")
    if lineage is None or depth > 4:
        return
    for source, record in lineage.loc[lineage["row"] == row, ["source", "record"]].itertuples(index=False):
        if str(source).startswith("raw."):
            yield f"EDC page {record}"
            continue
        found = frames.get(str(source))
        place = _row_of(str(source), found, str(record))
        if place is None:
            yield f"{source} {record}"
            continue
        keys = [k for k in frames.entries[str(source)]["keys"] if k not in ("STUDYID",)]
        shown = dict.fromkeys([*keys, *(n for n in _telling(found) if n not in keys)])
        names = list(shown) if "PARAMCD" in found else keys
        yield f"{source} " + ", ".join(f"{n}={t}" for n, t in _cells(found, place, names) if t)
        yield from (f"  {line}" for line in _behind(frames, str(source), place, depth + 1))


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

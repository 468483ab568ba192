"""From a row of a finished run to the rows and the pages of the EDC behind it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from clinical.check import fields_of_columns
from clinical.frames import as_text
from clinical.graph import build_graph
from clinical.manifest import read_manifest
from clinical.resolve import Names
from clinical.run import read_frame
from clinical.study import Study
from clinical.where import mask
from clinical.words import Source, Word

SHOWN, DEEPEST = 5, 4
TELLING = (
    "USUBJID", "PARAMCD", "STARTDT", "ADT", "ADTF", "AVAL", "AVALC", "CNSR", "EVNTDESC", "CNSDTDSC",
    "ADTNOTE", "SRCDOM", "SRCVAR", "SRCSEQ",
)  # fmt: skip
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Frames:
    """The datasets of a run and their lineage, each read once."""

    def __init__(self, run: Path):
        self.run = run
        self.entries = read_manifest(run)["datasets"]
        self.files = read_manifest(run)["files"]
        self._read: dict[str, pd.DataFrame] = {}

    def get(self, name: str, kind: str = "") -> pd.DataFrame | None:
        """A dataset, or with `kind` its file of that folder; None where the run has none."""
        for folder in [kind] if kind else ["adam", "sdtm"]:
            file = f"{folder}/{name.lower()}.parquet"
            if file in self.files:
                if file not in self._read:
                    self._read[file] = read_frame(self.run, file)
                return self._read[file]
        return None


class Walk:
    """The ways back through a run: by lineage from row to row, by the spec from variable to variable."""

    def __init__(self, study: Study, frames: Frames):
        self.study, self.frames = study, frames

    @cached_property
    def names(self) -> Names:
        """The names that the study's specs understand."""
        return Names(self.study)

    @cached_property
    def needs(self) -> dict:
        """The columns of datasets that each column is made from."""
        return build_graph(self.names).needs

    @cached_property
    def fields(self) -> dict:
        """The raw fields that each column is made from."""
        return fields_of_columns(self.names)

    def words(self, dataset: str, variable: str) -> list[Word]:
        """The words that state a variable, each once."""
        spec = self.study.datasets.get(dataset)
        return list(dict.fromkeys(word for _, word in spec.statements(variable))) if spec else []

    def behind(self, dataset: str, row: int, depth: int = 0) -> Iterator[str]:
        """The rows and pages that a row comes from, or the way of the subject's variable that it cites."""
        frame, lineage = self.frames.get(dataset), self.frames.get(dataset, "lineage")
        if lineage is None or depth > DEEPEST:
            return
        cited = self.cited(frame, row)
        if cited is not None:
            yield from self.follow(*cited, depth)
            return
        found = lineage.loc[lineage["row"] == row, ["source", "record"]]
        for source, record in found.itertuples(index=False):
            if str(source).startswith("raw."):
                yield f"EDC page {record}"
                continue
            place = row_of(str(source), self.frames.get(str(source)), str(record))
            if place is None:
                yield f"{source} {record}"
            else:
                yield from self.one(str(source), place, depth)

    def one(self, dataset: str, row: int, depth: int = 0) -> Iterator[str]:
        """A row by its keys, and below it what is behind it."""
        found = self.frames.get(dataset)
        keys = [key for key in self.frames.entries[dataset]["keys"] if key != "STUDYID"]
        names = list(dict.fromkeys([*keys, *telling(found)])) if "PARAMCD" in found else keys
        yield f"{dataset} " + ", ".join(f"{name}={text}" for name, text in cells(found, row, names) if text)
        yield from (f"  {line}" for line in self.behind(dataset, row, depth + 1))

    def variable(self, dataset: str, name: str, row: int, words: list[Word]) -> Iterator[str]:
        """What a variable was taken from, and what is behind the row if that does not say it all."""
        frame = self.frames.get(dataset)
        taken = [line for word in words for line in self.chosen(word, frame, row, name)]
        followed = []
        if words and not taken and self._single(dataset):
            followed = [line.removeprefix("  ") for line in self.follow(dataset, name, row)][1:]
        said = followed or (taken if self._single(dataset) else [])
        yield from said or [*taken, *self.behind(dataset, row)]

    def chosen(self, word: Word, frame: pd.DataFrame, row: int, name: str) -> Iterator[str]:
        """The record of another dataset that `first` or `last` took, what is behind it, and who agrees."""
        taken = list(self.taken(word, frame, row, name))
        for dataset, place in taken[:1]:
            yield from self.one(dataset, place)
        others = Counter(dataset for dataset, _ in taken[1:])
        if others:
            counted = ", ".join(f"{number} of {dataset}" for dataset, number in others.items())
            yield f"and {len(taken) - 1} more records say the same: {counted}"

    def taken(self, word: Word, frame: pd.DataFrame, row: int, name: str) -> Iterator[tuple[str, int]]:
        """Where the records stand that hold what `first` or `last` took, the one that it took before others.

        Of several words the first that has a value; a copied helper is what it is made of.
        """
        if word.word == "case":
            for each in word.value:
                yield from self.taken(each, frame, row, name)
        if word.word == "any_of":
            for each in word.value:
                found = list(self.taken(each, frame, row, name))
                yield from found
                copied = each.word == "copy" and each.value in frame
                if found or (copied and pd.notna(frame[each.value][row])):
                    return
        if word.word == "copy" and str(word.value).islower():
            for each in self.words(word.owner.partition(".")[0], str(word.value)):
                yield from self.taken(each, frame, row, name)
        if word.word in ("first", "last"):
            for source in word.value:
                yield from self._holders(word, source, frame["USUBJID"][row], cells(frame, row, [name])[0][1])

    def _holders(self, word: Word, source: Source, person: str, value: str) -> Iterator[tuple[str, int]]:
        """The person's records of one source of `first` or `last` that hold a value, in the word's order."""
        dataset, _, column = source.of.rpartition(".")
        found = self.frames.get(dataset)
        asked = [each for each in (source.where, word.args.get("where")) if each is not None]
        order = list(word.args.get("order", ()))
        read = {column, *order}.union(*(each.columns for each in asked))
        if found is None or not read <= set(found) or any(each.others for each in asked):
            return
        of = found[found["USUBJID"] == person].reset_index()
        held = holding(of[column], value)
        if word.args.get("complete"):
            whole = as_text(of[column]).str.len() >= len(value)
            held = held & whole.to_numpy(dtype=bool, na_value=False)
        for each in asked:
            held = held & mask(of, each)
        kept = of[held]
        if order:
            kept = kept.sort_values(order, ascending=word.word == "first", kind="stable")
        yield from ((dataset, int(place)) for place in kept["index"])

    def follow(self, dataset: str, variable: str, row: int, depth: int = 0) -> Iterator[str]:
        """A variable of a subject's row and the rows that hold its value, down to the page."""
        frame = self.frames.get(dataset)
        value, person = cells(frame, row, [variable])[0][1], frame["USUBJID"][row]
        words = self.words(dataset, variable)
        yield f"{dataset} USUBJID={person}, {variable}={value}" + (f" ({words[0].at})" if words else "")
        taken = [line for word in words for line in self.chosen(word, frame, row, variable)]
        if not taken and depth <= DEEPEST:
            taken += self._others(dataset, variable, person, value, depth)
            taken += [f"EDC page {page}" for page in self._pages(dataset, variable, person)]
            taken = taken or list(self._made_of(dataset, variable, row, depth))
        yield from (f"  {line}" for line in dict.fromkeys(taken))

    def _made_of(self, dataset: str, variable: str, row: int, depth: int) -> Iterator[str]:
        """The ways of the variables of the same row that a variable is worked out from."""
        for other, column in sorted(self.needs.get((dataset, variable), ())):
            if other == dataset and column in self.frames.get(dataset):
                yield from self.follow(dataset, column, row, depth + 1)

    def _others(self, dataset: str, variable: str, person: str, value: str, depth: int) -> Iterator[str]:
        """What the columns that a variable is made from say, where they hold its value."""
        for other, column in sorted(self.needs.get((dataset, variable), ())):
            found = self.frames.get(other)
            if other == dataset or found is None or column not in found or "USUBJID" not in found:
                continue
            mine = (found["USUBJID"] == person).to_numpy() & holding(found[column], value)
            for place in found.index[mine][:SHOWN]:
                single = not self.names.sequence(self.study.datasets[other])
                walk = (
                    self.follow(other, column, place, depth + 1) if single else self.one(other, place, depth)
                )
                yield from walk

    def _single(self, dataset: str) -> bool:
        """Whether a subject has one row in a dataset of the specs."""
        spec = self.study.datasets.get(dataset)
        return spec is not None and not self.names.sequence(spec) and spec.scope == "subject"

    def _pages(self, dataset: str, variable: str, person: str) -> list[str]:
        """The person's pages of the forms whose fields a variable is read from."""
        forms = {form for form, _ in self.fields.get((dataset, variable), ())}
        pages: dict[str, None] = {}
        for name, spec in self.study.datasets.items():
            sources = {part.source for part in spec.parts} & {f"raw.{form}" for form in forms}
            frame, lineage = self.frames.get(name), self.frames.get(name, "lineage")
            if sources and frame is not None and lineage is not None and "USUBJID" in frame:
                rows = frame.index[frame["USUBJID"] == person]
                mine = lineage[lineage["row"].isin(rows) & lineage["source"].isin(sources)]
                pages.update(dict.fromkeys(mine["record"]))
        return list(pages)[:SHOWN]

    def cited(self, frame: pd.DataFrame, row: int) -> tuple[str, str, int] | None:
        """The variable of the subject's row of another dataset that a row cites as its source."""
        if not {"SRCDOM", "SRCVAR", "SRCSEQ"} <= set(frame) or pd.notna(frame["SRCSEQ"][row]):
            return None
        dataset, variable = frame["SRCDOM"][row], frame["SRCVAR"][row]
        other = self.frames.get(str(dataset))
        if other is None or variable not in other:
            return None
        rows = other.index[(other["USUBJID"] == frame["USUBJID"][row])]
        return (str(dataset), str(variable), int(rows[0])) if len(rows) == 1 else None


def telling(frame: pd.DataFrame) -> list[str]:
    """The variables that say what a row is."""
    found = [name for name in TELLING if name in frame]
    return found if "PARAMCD" in frame else [name for name in frame.columns if frame[name].notna().any()]


def cells(frame: pd.DataFrame, row: int, names: list[str]) -> list[tuple[str, str]]:
    """Names and values of a row as text, empty where missing."""
    return [
        (name, str(as_text(frame[name].iloc[[row]].reset_index(drop=True)).fillna("")[0])) for name in names
    ]


def row_of(source: str, frame: pd.DataFrame | None, record: str) -> int | None:
    """Where the record that lineage names stands: `USUBJID/sequence number`, or USUBJID alone."""
    if frame is None:
        return None
    person, _, number = record.partition("/")
    chosen = frame["USUBJID"] == person
    sequence = "ASEQ" if "ASEQ" in frame else f"{source}SEQ"
    if number and sequence in frame:
        chosen &= frame[sequence] == float(number)
    rows = frame.index[chosen]
    return int(rows[0]) if len(rows) == 1 else None


def holding(column: pd.Series, value: str) -> np.ndarray:
    """Where a column says the value; a date perhaps to the minute, or as its month or year."""
    text = as_text(column).fillna("")
    if DATE.fullmatch(value):
        return (text.str.startswith(value) | text.isin([value[:7], value[:4]])).to_numpy()
    return (text == value).to_numpy() & bool(value)

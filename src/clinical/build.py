"""Builds the datasets of a study, step by step, from raw frames and specs (architecture.md, 3).

Pure: frames and specs in, columns, findings and accounts out; nothing here touches the disk or the clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from clinical import ascii, results
from clinical.algorithms import evaluate
from clinical.dates import impute_time, to_day, to_minutes
from clinical.errors import DerivationError
from clinical.findings import Findings
from clinical.fingerprint import bucket_of
from clinical.frames import Column, Frame, as_text, assemble, packed, ranks_of, sorted_rows, take
from clinical.graph import Graph, Step
from clinical.kinds import Kinds
from clinical.ledger import Ledger, Notes, place_of
from clinical.making import column_of_program, make_records
from clinical.raw_frames import RawFrames
from clinical.resolve import EACH, RECORD, SOURCE, Names, Ref
from clinical.rows import Cut, Made, PartRows, Raw, Records, Rows, line_rows
from clinical.spec import Dataset, Part
from clinical.study import Study
from clinical.where import Condition
from clinical.words import Word, own_names


class RawForms(Mapping[str, Raw]):
    """The raw forms of a build, each looked at when first asked for."""

    def __init__(self, frames: RawFrames, persons: Column):
        self._frames, self._index = frames, pd.Index(persons)
        self._known: dict[str, Raw] = {}

    def __getitem__(self, name: str) -> Raw:
        if name not in self._known:
            frame = in_record_order(self._frames[name])
            person = self._index.get_indexer(frame["USUBJID"]).astype("int64")
            self._known[name] = Raw(name, frame, person)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)


def persons_in(raw: Mapping[str, Frame]) -> Column:
    """The persons of all records, sorted."""
    people = pd.concat([frame["USUBJID"] for frame in raw.values()]) if raw else pd.Series(dtype="str")
    return pd.Series(sorted(people.dropna().unique()), dtype="str")


class Build:
    """The datasets of one study in the making; `run` does one step."""

    def __init__(
        self,
        study: Study,
        names: Names,
        graph: Graph,
        raw: Mapping[str, Frame],
        cut: str = "",
        buckets: int = 1,
        persons: Column | None = None,
    ):
        """`persons` are those of all records, sorted; without them every form is read for its own."""
        self.study, self.names, self.graph, self.cut = study, names, graph, cut
        self.persons = persons_in(raw) if persons is None else persons
        self.frames = raw if isinstance(raw, RawFrames) else RawFrames(raw)
        self._raw = RawForms(self.frames, self.persons)
        self._made: dict[str, Made] = {}
        self._cut: dict[str, Cut] = {}
        self._refs: dict[tuple[str, Part | None, str], Ref] = {}
        self.kinds = Kinds(names)
        self.comma = study.setting("comma_decimal") == "true"
        self.to_minutes = study.setting("clock") == "minutes"
        self.findings = Findings()
        self.notes = Notes(bucket_of(self.persons, buckets))
        self.lineage: dict[tuple[str, str], Frame] = {}

    # -- steps ---------------------------------------------------------------------------------------------

    def run(self, step: Step) -> Made:
        """The dataset of the step with the step's columns added.

        Raises: DerivationError where a promise of ours breaks; the caller stops this dataset and what needs
                it.
        """
        spec = self.study.datasets[step.dataset]
        if step.records:
            self._made[spec.name] = make_records(self, spec)
        made = self._made[spec.name]
        returned = [] if made.programmed is None or not step.records else made.programmed.columns
        unasked = [
            name for name in returned if name != "USUBJID" and (spec.name, name) not in self.graph.needs
        ]
        for name in (*step.columns, *unasked):
            if name:
                made.columns[name] = self._column(made, name)
        return made

    def _column(self, made: Made, name: str) -> Column:
        if name == self.names.sequence(made.spec):
            return sequence_numbers(self, made)
        pieces = list(self._pieces(made, name))
        if not pieces and made.programmed is not None and len(made.programmed):
            self._must_be_expected(made.spec, name)
        return self._typed(made, name, assemble(made.size, pieces))

    def _must_be_expected(self, spec: Dataset, name: str) -> None:
        """A column that no word states and no program returned is empty only if the standard expects it."""
        standard = self.study.standards.get(spec.name)
        known = standard.variables.get(name) if standard else None
        if known is None or known.core != "Exp":
            raise DerivationError("build.column-not-made", spec.name, column=name)

    def _pieces(self, made: Made, name: str) -> Iterator[tuple[np.ndarray, Column]]:
        """Values by the rows they are for; a word that several parts share is evaluated once for all their
        rows.
        """
        programmed = column_of_program(made, name)
        shared: dict[Word, list[tuple[PartRows, np.ndarray]]] = {}
        for part in made.parts:
            for word, index in self._statements(made, part, name):
                if word is not None:
                    shared.setdefault(word, []).append((part, index))
                elif programmed is not None and part.part.program:
                    yield index, take(programmed, index)
        for word, places in shared.items():
            if len(places) > 1 and not self._by_record(made, word):
                places = [(None, np.concatenate([index for _, index in places]))]
            for part, index in places:
                yield index, evaluate(Rows(self, made, part, index), word)

    def _statements(self, made: Made, part: PartRows, name: str) -> Iterator[tuple[Word | None, np.ndarray]]:
        rest = np.ones(part.stop - part.start, dtype=bool)
        for line in part.part.lines:
            if name in line.take:
                index = line_rows(part, line)
                rest[index - part.start] = False
                yield line.take[name], index
        yield made.spec.word(part.part, None, name), part.start + np.flatnonzero(rest)

    def _by_record(self, made: Made, word: Word) -> bool:
        names = list(own_names(word))
        kinds = {self.understand(made.spec, part.part, name).kind for part in made.parts for name in names}
        return bool(kinds & {RECORD, SOURCE, EACH})

    def _typed(self, made: Made, name: str, column: Column) -> Column:
        kind = self._type(made.spec, name)
        if kind == "Char":
            text = self._text(made, name, as_text(column))
            dated = self.to_minutes and made.spec.layer == "sdtm" and name.endswith("DTC")
            return to_minutes(text) if dated else text
        if kind == "Num" and not pd.api.types.is_float_dtype(column):
            number, bad = results.to_number(as_text(column), self.comma)
            self.found(
                "build.not-a-number", made, np.flatnonzero(bad), name, take(column, np.flatnonzero(bad))
            )
            return number
        if kind in ("Date", "Datetime") and not pd.api.types.is_datetime64_any_dtype(column):
            return to_day(column) if kind == "Date" else impute_time(column, "first")[0]
        if kind == "Date":
            return column.dt.floor("D").astype("datetime64[s]")
        return column

    def _type(self, spec: Dataset, name: str) -> str:
        """Char, Num, Date or Datetime; empty for a helper, which keeps what its word gives."""
        standard = self.study.standards.get(spec.name)
        stated = [word.type for _, word in spec.statements(name) if word.type]
        if name in spec.supp:
            return "Char"
        if stated or name.islower():
            return stated[0] if stated else ""
        return (standard.type_of(name) if standard else "") or "Char"

    def _text(self, made: Made, name: str, column: Column) -> Column:
        if not len(column) or pd.api.types.is_float_dtype(column):
            return column
        plain, replaced = ascii.to_ascii(column, self.study.transliteration)
        if replaced.any():
            self.found(
                "build.not-ascii", made, np.flatnonzero(replaced), name, take(plain, np.flatnonzero(replaced))
            )
        return plain

    def take(self, name: str, frame: Frame) -> None:
        """A dataset that is finished: its columns that are read here, and the USUBJID of each record."""
        person = pd.Index(self.persons).get_indexer(frame["USUBJID"]).astype("int64")
        columns = {column: frame[column] for column in frame if column != "USUBJID"}
        self._made[name] = Made(self.study.datasets[name], person, columns=columns)

    # -- what words ask for ----------------------------------------------------------------------------------

    def understand(self, spec: Dataset, part: Part | None, name: str) -> Ref:
        """What a name means on a record of `spec`; specs were checked, so every name has a meaning."""
        key = (spec.name, part, name)
        if key not in self._refs:
            self._refs[key] = self.names.understand(spec, part, name, str(spec.at))
        return self._refs[key]

    def forget_names(self) -> None:
        """After `names` was exchanged: nothing understood before counts."""
        self._refs = {}
        self.kinds = Kinds(self.names)

    def form(self, name: str) -> Raw:
        """The records of a raw form.

        Raises: DerivationError when the extract has no readable form of that name.
        """
        if name not in self._raw:
            raise DerivationError("build.no-form", "", form=name)
        return self._raw[name]

    def raw_forms(self) -> list[Raw]:
        """Every raw form of the extract."""
        return list(self._raw.values())

    def made(self, name: str) -> Made:
        """A dataset as far as it is built."""
        if name not in self._made:
            raise DerivationError("build.not-made", "", lacks=name, dataset=name)
        return self._made[name]

    def dataset(self, name: str, reader: Dataset) -> Records:
        """A dataset as `reader` may see it: ADaM reads SDTM after the data cut [D-CUT]."""
        made = self.made(name)
        if reader.layer == made.spec.layer or made.spec.layer == "adam":
            return made
        if name not in self._cut:
            self._cut[name] = Cut(made, self.names.cut_columns(name), self.cut)
        return self._cut[name]

    def setting(self, path: str) -> str:
        """A value of study.yml as text; `study.data_cut` is the date the cut falls on."""
        if path == "data_cut":
            return self.cut
        return str(self.study.setting(path))

    def frame_for_program(self, name: str, columns: tuple[str, ...] | None, reader: Dataset) -> Frame:
        """USUBJID and exactly the columns a program's `reads` names; of raw forms also `record`."""
        if name.startswith("raw."):
            raw = self.form(name[4:])
            self.use(reader, raw, np.arange(len(raw.person)))
            wanted = list(raw.frame.columns) if columns is None else ["USUBJID", "record", *columns]
            return pd.DataFrame({column: raw.column(column) for column in dict.fromkeys(wanted)})
        records = self.dataset(name, reader)
        wanted = self.names.all_columns(name) if columns is None else columns
        frame = {} if records.study_wide else {"USUBJID": take(self.persons, records.person)}
        return pd.DataFrame(
            {**frame, **{column: records.column(column) for column in wanted if column != "USUBJID"}}
        )

    # -- findings and accounts -------------------------------------------------------------------------------

    def found(
        self, message: str, made: Made, rows: np.ndarray, variable: str, value: object = "", **words: object
    ) -> None:
        """A finding for each of some records of a dataset in the making."""
        if len(rows):
            coordinates = made.coordinates(rows)
            coordinates["USUBJID"] = take(self.persons, made.person[rows])
            self.found_at(message, coordinates, made.name, variable, value, **words)

    def found_at(
        self,
        message: str,
        coordinates: Frame,
        dataset: str,
        variable: str,
        value: object = "",
        **words: object,
    ) -> None:
        """A finding for each row of coordinates."""
        keys = coordinates.get("USUBJID", "")
        self.findings.add(
            message,
            coordinates,
            dataset=dataset,
            variable=variable,
            value=value,
            keys=keys,
            **words,
        )

    def set_aside(self, spec: Dataset, part: Part, source: Records, index: np.ndarray, reason: str) -> None:
        """Records that a dataset does not take, with the reason: the row account."""
        if len(index):
            rule = part.keep.rule if reason == "keep" and part.keep else ""
            persons = _noted_for(spec, source.person[index])
            self.notes.set_aside(spec.name, part.name, part.source, reason, rule, persons)

    def matched(
        self, spec: Dataset, owner: Word | Part, source: str, conditions: list[Condition], persons: np.ndarray
    ) -> None:
        """Remembers for whose records a filter held: one that never does is reported."""
        for asked in conditions if len(persons) else ():
            self.notes.held(spec.name, place_of(owner, source, asked), _noted_for(spec, persons))

    def use(self, spec: Dataset, records: Records, rows: np.ndarray) -> None:
        """Raw records that a dataset reads count as taken in the row account."""
        if isinstance(records, Raw) and len(rows):
            self.notes.use(spec.name, records.name, len(records.person), rows)

    def ledger(self) -> Ledger:
        """What was noted, by dataset and bucket."""
        return self.notes.ledger(self.findings, self.persons, self._raw)


def _noted_for(spec: Dataset, persons: np.ndarray) -> np.ndarray:
    """Whose bucket a note belongs to: that of a study-wide dataset is the study's, as its fingerprint is."""
    return np.full(len(persons), -1) if spec.scope == "study" else persons


def in_record_order(frame: Frame) -> Frame:
    """The raw records in the order of their ids, whatever order they arrive in: it decides ties [C-SEQ]."""
    if "place" not in frame or frame["place"].is_monotonic_increasing:
        return frame
    return frame.sort_values("place", kind="stable").reset_index(drop=True)


def sequence_numbers(build: Build, made: Made) -> Column:
    """--SEQ: whole numbers from 1 per subject in the order of the keys, ties by record id [C-SEQ]."""
    order = sorted_rows(sort_key(build, made))
    person = made.person[order] if not made.study_wide else np.zeros(made.size, dtype="int64")
    counts = np.arange(made.size) - _group_starts(person)
    numbers = np.empty(made.size)
    numbers[order] = counts + 1.0
    return pd.Series(numbers)


def _group_starts(person: np.ndarray) -> np.ndarray:
    first = np.ones(len(person), dtype=bool)
    first[1:] = person[1:] != person[:-1]
    return np.maximum.accumulate(np.where(first, np.arange(len(person)), 0)) if len(person) else person


def sort_key(build: Build, made: Made) -> np.ndarray:
    """One number a record that sorts by person, then by the keys: nulls first, text by ASCII [C.6]."""
    sequence = build.names.sequence(made.spec)
    names = [key for key in made.spec.keys if key not in ("STUDYID", "USUBJID", sequence)]
    return packed([made.person, *(ranks_of(key_column(made, name)) for name in names)])


def key_column(made: Made, name: str) -> Column:
    """A key as it sorts: IDVARVAL that holds numbers sorts by number."""
    column = made.column(name)
    if name == "IDVARVAL":
        number, bad = results.to_number(as_text(column))
        return column if bad.any() else number
    return column

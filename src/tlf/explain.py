"""How a cell of a display came about: population, records, method, formula and the subjects behind it.

Made of the saved results and subjects of a run, the display's file and the datasets of that run.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Datasets
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from clinical.errors import InputError
from clinical.findings import Findings
from clinical.frames import Frame, as_text
from clinical.names import closest
from clinical.where import Condition, in_words
from tlf.formulas import Worked, formulas
from tlf.people import People, Records
from tlf.results import RESULTS, SUBJECTS
from tlf.rows import Row
from tlf.shapes.grid import conventions
from tlf.spec import Display
from tlf.words import WORDS

COUNTED = {"n", "p", "of", "lower", "upper"}
SHOWN = 12
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Question:
    """A cell as a reader names it: row and column, and where there are several, part and level."""

    row: str
    column: str
    part: str = ""
    level: str = ""


def explain_cell(
    display: Display, results: Frame, subjects: Frame, frames: Datasets[str, Frame], asked: Question
) -> list[str]:
    """The lines about a cell of a display; about all of a row and column without part or level.

    Needs:  results and subjects of the run; frames, the datasets of the run that the display reads.
    Raises: InputError for a row, column, part or level that is not there: it names those that are.
    """
    found = _Found(display, _own(results, display, RESULTS), _own(subjects, display, SUBJECTS), frames)
    return list(found.lines(asked))


def _own(frame: Frame, display: Display, kinds: object) -> Frame:
    """The part of one display, without blanks."""
    mine = frame[(frame["display"] == display.name).to_numpy(dtype=bool)]
    texts = [name for name in kinds if name in mine.select_dtypes(["str", "category"])]
    return mine.assign(**{name: mine[name].astype("str").fillna("") for name in texts})


class _Found:
    """One display of a finished run."""

    def __init__(self, display: Display, results: Frame, subjects: Frame, frames: Datasets[str, Frame]):
        self.display, self.results, self.subjects, self.frames = display, results, subjects, frames
        self._told: tuple = ()

    @cached_property
    def people(self) -> People:
        """The population and its groups, as they were in the run."""
        return People(self.display, self.frames, Findings())

    def lines(self, asked: Question) -> Iterator[str]:
        """Everything about the cells that are asked for."""
        cells = self._cells(asked)
        row = self.display.rows.get(asked.row)
        place = [group.label for group in self.people.groups].index(asked.column)
        yield f"{self.display.name} {self.display.title}: row {asked.row}, column {asked.column}"
        yield f"  {row.at if row else self.display.at}" + (f": {row.word}, {row.label!r}" if row else "")
        yield f"  population: {self._population()}; {self._column(place)}"
        if row:
            yield from (f"  method: {said}" for said in self._method(row))
        for (parent, level, part), frame in list(cells.items())[:SHOWN]:
            names = [name for name in (parent, level, self.display.columns.parts.get(part, part)) if name]
            yield f"{', '.join([asked.column, *names])}:"
            yield from (f"  {line}" for line in self._cell(row, place, (parent, level, part), frame))
        if len(cells) > SHOWN:
            yield f"... and {len(cells) - SHOWN} more cells: name one with --level or --part"

    def _cells(self, asked: Question) -> dict[Key, Frame]:
        """The results of every cell that is asked for, in the order of the page."""
        frame, own = self.results, self.display
        if frame.empty:
            raise InputError("ask.display-empty", own.name)
        self._choose("row", asked.row, dict.fromkeys([*own.rows, *frame["analysis"]]))
        self._choose("column", asked.column, [group.label for group in self.people.groups])
        frame = frame[(frame["analysis"] == asked.row) & (frame["group"] == asked.column)]
        if frame.empty:
            raise InputError("ask.row-without-numbers", own.name, row=asked.row)
        if asked.part:
            self._choose("part", asked.part, dict.fromkeys(frame["part"]))
            frame = frame[frame["part"] == asked.part]
        if asked.level:
            self._choose("level", asked.level, dict.fromkeys([*frame["level"], *frame["parent"]]))
            frame = frame[(frame["level"] == asked.level) | (frame["parent"] == asked.level)]
        return dict(iter(frame.groupby(["parent", "level", "part"], sort=False)))

    def _choose(self, what: str, name: str, known: object) -> None:
        known = [one for one in known if one]
        if name not in known:
            there = ", ".join(known) or f"no {what} with a name"
            if not name:
                raise InputError("ask.not-named", self.display.name, what=what, known=there)
            near = closest(name, known)
            hint = f"; did you mean {near}?" if near else f"; there is {there}"
            raise InputError("ask.not-in-display", self.display.name, what=what, name=name, hint=hint)

    def _population(self) -> str:
        who, size = self.display.population, len(self.people)
        where = f" where {in_words(who.where)}" if who.where else ""
        return f"{who.label}: {who.dataset}{where}, N={size}"

    def _column(self, place: int) -> str:
        """Who is in a column and how many they are."""
        columns, group = self.display.columns, self.people.groups[place]
        level = next((one for one in columns.levels if one.label == group.label), None)
        stated = next((one for one in columns.groups if one.label == group.label), None)
        if group.label == columns.total:
            said = "everybody"
        elif stated:
            said = f"{stated.dataset or self.display.population.dataset} where {in_words(stated.where)}"
        else:
            said = f"{columns.by} is {', '.join(level.values if level else (group.label,))}"
        return f"column {group.label}: {said}, N={group.size}"

    def _method(self, row: Row) -> Iterator[str]:
        word = WORDS[row.word]
        if word.says:
            yield word.says
        if word.needs_survival:
            yield from conventions(self.display)

    def _cell(self, row: Row | None, place: int, key: Key, frame: Frame) -> Iterator[str]:
        numbers = dict(zip(frame["statistic"], frame["value"], strict=True))
        texts = dict(zip(frame["statistic"], frame["text"], strict=True))
        who = self._subjects(str(frame["analysis"].iloc[0]), key, place)
        if row is None:
            yield from (f"{name} = {text}" for name, text in texts.items() if text)
            yield _people(who)
            return
        records = self._records(row, place, key[2])
        yield self._records_line(row, key[2], records)
        if level := next((one for one in getattr(row.own, "levels", ()) if one.label == key[1]), None):
            yield f"level: {row.variables[0]} is {' or '.join(level.values)}"
        valued = set(numbers) - COUNTED - {"records"}
        values, events = self._numbers(row, records) if valued else (np.zeros(0), np.zeros(0, dtype=bool))
        of = frame["denominator_n"].iloc[0]
        yield from formulas(Worked(self.display, row, key[1], numbers, texts, of, values, events))
        told = (key[2], tuple(who), bool(valued))
        if told == self._told:
            yield f"{_some(len(who), 'subject')}: those of the cell above"
            return
        self._told = told
        yield _people(who)
        if valued:
            yield from self._values(row, records, who)

    def _subjects(self, analysis: str, key: Key, place: int) -> list[str]:
        """Who is behind a cell; behind all levels of it where no level has subjects of its own."""
        found = self.subjects[
            (self.subjects["analysis"] == analysis)
            & (self.subjects["group"] == self.people.groups[place].label)
            & (self.subjects["part"] == key[2])
        ]
        if (found["level"] != "").any():
            found = found[(found["parent"] == key[0]) & (found["level"] == key[1])]
        return found["USUBJID"].tolist()

    def _records(self, row: Row, place: int, part: str) -> Records:
        """What a row reads of the subjects of one column."""
        found = self.people.records(row, part)
        inside = self.people.groups[place].member[found.person]
        return found.kept(inside)

    def _records_line(self, row: Row, part: str, records: Records) -> str:
        asked = [one[part] for one in self._filters(row)]
        if more := self.display.columns.conditions.get(part):
            asked.append(more)
        where = f" where {' and '.join(map(_phrase, asked))}" if asked else ""
        count, people = len(records), len(np.unique(records.person))
        whose = f"{_some(count, 'record')} of {_some(people, 'subject')} in the column"
        return f"records: {row.dataset}{where}: {whose}"

    def _filters(self, row: Row) -> tuple:
        own = self.display.filters if row.joins_records and self.display.records else ()
        return (*own, *row.filters)

    def _shown(self, row: Row, records: Records) -> list[str]:
        """The variables that a number is worked out from."""
        settings = self.display.survival
        names = list(row.variables)
        if WORDS[row.word].needs_survival:
            names = [settings.time, *sorted(settings.event.columns)]
        return [name for name in names if name in records.source]

    def _numbers(self, row: Row, records: Records) -> tuple[np.ndarray, np.ndarray]:
        """The values that are summarised, and where times end in an event."""
        name = next(iter(self._shown(row, records)), "")
        number = bool(name) and pd.api.types.is_numeric_dtype(records.source[name])
        values = records.column(name).to_numpy(dtype="float64") if number else np.zeros(0)
        if not WORDS[row.word].needs_survival:
            return values, np.zeros(len(values), dtype=bool)
        return values, self.people.mask(records, self.display.survival.event, row.at)

    def _values(self, row: Row, records: Records, who: list[str]) -> Iterator[str]:
        """The values of each subject."""
        names = self._shown(row, records)
        if not names:
            return
        columns = [as_text(records.column(name)).fillna("missing").tolist() for name in names]
        for person, *texts in zip(self.people.ids[records.person].tolist(), *columns, strict=True):
            if person in who:
                yield f"  {person}: " + ", ".join(map(" ".join, zip(names, texts, strict=True)))


def _phrase(asked: Condition) -> str:
    return f"({in_words(asked)})" if len(asked.any_of) > 1 else in_words(asked)


def _people(who: list[str]) -> str:
    return f"{_some(len(who), 'subject')}: {', '.join(who)}" if who else "no subject"


def _some(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")

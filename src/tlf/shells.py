"""Mock shells: the displays of a study without data, `xx.x` where numbers will be.

The specs and words are those of the real displays: a person who stands for each column and a record that satisfies
what each row asks for go through the same code, and every number is shown as its format. Where lines come from data,
the label of the variable stands for them: `<Dictionary-Derived Term>`. A listing has one line, with `xx` for text and
numbers with their decimals, and `yyyy-mm-dd` for dates, which listings print as collected.
"""  # noqa: E501

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as Datasets

import pandas as pd

from clinical.findings import Findings
from clinical.frames import Frame
from clinical.standards import Standard
from clinical.where import NUMBER, Condition
from tlf.canvas import draw_axes
from tlf.listing import FIELD, Shown
from tlf.listing_cells import PAGE
from tlf.people import SUBJECT, Group, People
from tlf.results import RESULTS, Results
from tlf.rows import Level, Row
from tlf.run import Displays, files_of
from tlf.spec import Display
from tlf.words import WORDS

TYPES = {"Num": "float64", "Date": "datetime64[us]", "Datetime": "datetime64[us]"}
TEXT, FORMAT = list(RESULTS).index("text"), list(RESULTS).index("format")
HALF = 50.0
UNKNOWN, PROGRAM = "xx", "mock shell"
SIGNIFICANT = re.compile(r"(\d+) significant digits")
DAY = "yyyy-mm-dd"
DATES = {"Date": DAY, "Datetime": f"{DAY}Thh:mm"}
Values = dict[str, object]


class Shell(Results):
    """Results whose numbers are shown as their formats."""

    def add(self, *given: object, **more: object) -> None:
        """One number of one cell, as its format."""
        super().add(*given, **more)
        row = list(self._rows[-1])
        row[TEXT] = SIGNIFICANT.sub(lambda found: f"x.{'x' * (int(found[1]) - 1)}", row[FORMAT])
        self._rows[-1] = tuple(row)

    def add_mark(
        self, row: Row, group: str, part: str, statistic: str, holds: bool, text: str, **more: str
    ) -> None:
        """One mark of a cell; a word that data decide on is not known."""
        said = UNKNOWN if any(sign.isalnum() for sign in text) else text
        super().add_mark(row, group, part, statistic, holds, said, **more)

    def add_subjects(self, *given: object, **more: object) -> None:
        """Nobody is behind a number of a shell."""

    def header_size(self, group: Group) -> str:
        """N of a header."""
        return UNKNOWN

    def percent(self, row: Row, count: int, of: int) -> float:
        """A percentage that is shown with its decimals."""
        return HALF


def make_shell(display: Display, standards: Datasets[str, Standard]) -> Displays:
    """The shell of one display; `standards` are the variables of each dataset with types and labels.

    Raises: SpecError for a variable that no dataset of the study has.
    """
    findings = Findings()
    results = Shell(display, People(display, _frames(display, None, standards), findings), findings)
    for row in display.rows.values():
        results.people = People(display, _frames(display, row, standards), findings)
        WORDS[row.word].add(results, row)
    if display.listing:
        results.cells = _line(display, standards)
    subjects = results.subjects()
    footer = {"program": PROGRAM, "data_cut": UNKNOWN, "datasets": None}
    files, papers = files_of(results, footer, lambda grid, frame: draw_axes(grid), subjects)
    return Displays(results.frame(), subjects, files, findings.frame(), papers)


def _line(display: Display, standards: Datasets[str, Standard]) -> Frame:
    """The one line of a listing: in every column its text with a placeholder for each variable."""
    records = display.records or display.population.dataset
    cells = {PAGE: UNKNOWN}
    for shown in display.listing.columns:
        sources = (shown.dataset,) if shown.dataset else (records, display.population.dataset)
        known = [standards[name] for name in sources if name in standards]
        between = FIELD.split(shown.text)
        between[1::2] = [_placeholder(shown, name, known) for name in shown.variables]
        cells[shown.name] = "".join(between)
    return pd.DataFrame({name: pd.Series([text], dtype="str") for name, text in cells.items()})


def _placeholder(shown: Shown, name: str, known: list[Standard]) -> str:
    """What stands for one variable; the first of the datasets that has it says its type."""
    kind = next(filter(None, (one.type_of(name) for one in known)), "")
    if kind in DATES or name.endswith("DTC"):
        return DATES.get(kind, DAY)
    decimals = 1 if shown.significant else shown.decimals or 0
    return f"{UNKNOWN}.{'x' * decimals}" if kind == "Num" and decimals else UNKNOWN


def _frames(display: Display, row: Row | None, standards: Datasets[str, Standard]) -> dict[str, Frame]:
    """Every dataset of the display: people of every column, and records that `row` reads."""
    population = display.population.dataset
    people = [_person(display, row, standards[population], at) for at in range(_columns(display))]
    found = {population: _frame(people, standards[population])}
    shared = {display.columns.by, *(display.population.where.columns if display.population.where else ())}
    for name in display.datasets:
        if name == population:
            continue
        if name not in standards:  # a SUPP dataset that a listing looks into
            found[name] = pd.DataFrame({SUBJECT: pd.Series(dtype="str")})
            continue
        records = [
            {**one, **{key: person[key] for key in (SUBJECT, *shared) if key in person}}
            for person in people
            for one in _records(display, row, name, standards[name])
        ]
        found[name] = _frame(records, standards[name])
    return found


def _columns(display: Display) -> int:
    shown = [one for one in display.columns.levels if one.label not in display.columns.when_used]
    return max(len(shown) + len(display.columns.groups), 1)


def _person(display: Display, row: Row | None, standard: Standard, at: int) -> Values:
    """The person who stands for one column, with what the row reads of the population itself."""
    columns, values = display.columns, _blank(standard, row)
    part = next(iter(columns.parts))
    if row and row.dataset == display.population.dataset:
        for one in row.filters:
            values |= _satisfying(one[part], standard)
    values |= _satisfying(display.population.where, standard)
    shown = [one for one in columns.levels if one.label not in columns.when_used]
    if at < len(shown):
        values[columns.by] = shown[at].values[0]
    elif columns.groups and not columns.groups[at - len(shown)].dataset:
        values |= _satisfying(columns.groups[at - len(shown)].where, standard)
    return {**values, SUBJECT: str(at + 1)}


def _records(display: Display, row: Row | None, name: str, standard: Standard) -> list[Values]:
    """Of one person the records that the row reads, one for parts of columns alike; else a blank one."""
    if not row or row.dataset != name:
        return [_blank(standard, None)]
    found = []
    for part in display.columns.parts:
        values = _blank(standard, row)
        asked = [one[part] for one in display.filters] if row.joins_records and display.records else []
        own = [one[part] for one in row.filters]
        for one in (*asked, *own, display.columns.conditions.get(part)):
            values |= _satisfying(one, standard)
        if values not in found:
            found.append(values)
    return found


def _blank(standard: Standard, row: Row | None) -> Values:
    """A record of placeholders: labels for text, 1 for numbers, the first level where the row says levels."""
    values: Values = {
        name: f"<{one.label}>" if one.type not in TYPES else 1.0 if one.type == "Num" else None
        for name, one in standard.variables.items()
    }
    levels = getattr(row.own, "levels", ()) if row else ()
    if levels and isinstance(levels[0], Level):
        by = getattr(row.own, "by", "")
        known = [name for name in ([by] if by else row.variables) if name in values]
        values |= {name: _typed(levels[0].values[0], standard.type_of(name)) for name in known}
    return values


def _satisfying(asked: Condition | None, standard: Standard) -> Values:
    """Values that satisfy the first alternative of a condition, as far as one value can say."""
    values: Values = {}
    for test in asked.any_of[0] if asked else ():
        if test.op == "missing":
            values |= {test.column: None} if test.value else {}
        elif test.op in ("eq", "le", "ge", "in") and isinstance(test.value, str | tuple):
            given = test.value if isinstance(test.value, str) else test.value[0]
            values[test.column] = _typed(given, standard.type_of(test.column))
        elif test.op in ("lt", "gt") and isinstance(test.value, str) and NUMBER.fullmatch(test.value):
            values[test.column] = float(test.value) + (1 if test.op == "gt" else -1)
    return values


def _typed(given: str, kind: str) -> object:
    if kind == "Num":
        return float(given) if NUMBER.fullmatch(given) else 1.0
    return pd.Timestamp(given) if kind in TYPES else given


def empty_frame(standard: Standard, names: Iterable[str]) -> Frame:
    """A dataset without records: these of its variables, with the types of the standard."""
    kinds = {name: TYPES.get(standard.type_of(name), "str") for name in names}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def _frame(records: list[Values], standard: Standard) -> Frame:
    names = dict.fromkeys([*standard.variables, SUBJECT, *(key for one in records for key in one)])
    return pd.DataFrame(
        {
            name: pd.Series(
                [one.get(name) for one in records], dtype=TYPES.get(standard.type_of(name), "str")
            )
            for name in names
            if name
        }
    )

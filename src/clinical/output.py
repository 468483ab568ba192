"""A finished dataset: records in key order, variables in the standard's order, qualifiers, lineage.

Text over 200 bytes goes on in SUPP--; keys must be unique, in SDTM a finding, in ADaM a broken promise of
ours.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clinical.build import Build, sort_key
from clinical.distinct import longest
from clinical.errors import DerivationError
from clinical.findings import Findings
from clinical.frames import (
    Column,
    Frame,
    as_text,
    constant,
    empty,
    ordered,
    packed,
    ranks_of,
    sorted_rows,
    take,
)
from clinical.graph import Graph
from clinical.resolve import Names
from clinical.rows import Cut, Made, PartRows, Raw, Records
from clinical.standards import SUPP, Standard, Variable

LONGEST = 200
CONTINUED = {
    "CO": "COVAL",
    "TS": "TSVAL",
}  # these go on in the dataset itself, as COVAL1 and TSVAL1 [C-SPLIT]
REPEATING = ("first", "last", "lookup", "during")
SUPP_COLUMNS = (
    "STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QVAL", "QORIG", "QEVAL",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Output:
    """A dataset as it leaves the build; `variables` describes its columns, `lineage` is row, source, record,
    role.

    `behind` has what study-wide datasets read of it, row by row and as it was before it left: helpers too.
    """

    name: str
    label: str
    layer: str
    frame: Frame
    variables: tuple[Variable, ...]
    lineage: Frame
    keys: tuple[str, ...]
    behind: Frame | None = None

    @property
    def rows(self) -> int:
        """How many records it has."""
        return len(self.frame)

    @property
    def columns(self) -> list[str]:
        """The names of its columns."""
        return list(self.frame)

    @property
    def sources(self) -> tuple[str, ...]:
        """The forms and datasets that its records come from."""
        return tuple(sorted(self.lineage["source"].dropna().unique()))

    def read(self, columns: list[str]) -> Frame:
        """Some variables of all its records."""
        return self.frame[columns]

    def near(self, buckets: Collection[int]) -> Output:
        """The dataset, at least with the records of some buckets of persons: it may hold all."""
        return self

    def narrow(self, columns: Collection[str]) -> Output:
        """The dataset with only some of its variables."""
        variables = tuple(variable for variable in self.variables if variable.name in columns)
        frame = self.read([variable.name for variable in variables])
        own = (self.name, self.label, self.layer)
        return Output(*own, frame, variables, self.lineage, self.keys)


def outputs(build: Build, name: str) -> list[Output]:
    """The dataset and, where it has qualifiers, its SUPP--.

    Raises: DerivationError when the keys of an ADaM dataset are not unique.
    """
    made = build.made(name)
    standard = build.study.standards.get(name) or Standard(name, name, {})
    keys = sort_key(build, made)
    order = sorted_rows(keys)
    variables = _variables(build, made, standard)
    _check_keys(build, made, order, keys[order])
    lineage = _lineage(build, made, order)
    behind = _behind(build, made, order)
    made.settle(order)
    columns = {v.name: _output_column(build, made, v.name, order) for v in variables}
    frame, spilled = _without_long_text(pd.DataFrame(columns, copy=False), variables)
    if spilled:
        frame, variables, spilled = _continued(build, made, order, frame, variables, spilled)
    label = str(made.spec.raw.get("label", standard.label))
    main = Output(name, label, made.spec.layer, frame, variables, lineage, made.spec.keys, behind)
    supp = _qualifiers(build, made, order, frame, spilled)
    return [main] if supp is None else [main, supp]


def _behind(build: Build, made: Made, order: np.ndarray) -> Frame | None:
    names = read_study_wide(build.names, build.graph, made.name)
    if made.study_wide or not names:
        return None
    columns = {name: ordered(made.columns[name], order) for name in sorted(names) if name in made.columns}
    return pd.DataFrame({"USUBJID": take(build.persons, made.person[order]), **columns}, copy=False)


def read_study_wide(names: Names, graph: Graph, dataset: str) -> set[str]:
    """The columns of a dataset that study-wide datasets read, with those they need to tell its records."""
    wide = {name for name, spec in names.study.datasets.items() if spec.scope == "study"}
    found = {
        column
        for node, needs in graph.needs.items()
        if node[0] in wide
        for name, column in needs
        if name == dataset
    }
    if not found:
        return set()
    spec = names.study.datasets[dataset]
    return {*found, *spec.keys, names.sequence(spec), *names.cut_columns(dataset)} - {"", "USUBJID"}


def unstated_required(standards: dict[str, Standard], found: dict[str, Output]) -> Frame:
    """A finding for each variable that the standard requires of a dataset and no spec states."""
    findings = Findings()
    for name, output in found.items():
        standard = standards.get(name)
        stated = {variable.name for variable in output.variables}
        for variable in standard.variables.values() if standard else ():
            if variable.core == "Req" and variable.name not in stated:
                findings.add("build.required", dataset=name, variable=variable.name, keys=name)
    return findings.frame()


def _variables(build: Build, made: Made, standard: Standard) -> tuple[Variable, ...]:
    """Stated variables, those the engine sets and those the standard expects; in the standard's order."""
    stated = {name for name in made.columns if not name.islower() and name not in made.spec.supp}
    stated |= {"STUDYID", "USUBJID", "DOMAIN"} & set(standard.variables)
    stated |= {"STUDYID"} if made.spec.layer == "adam" else set()
    if made.study_wide and "USUBJID" not in made.spec.keys:  # RELREC names persons in some of its records
        stated.discard("USUBJID")
    known = [variable for name, variable in standard.variables.items() if name in stated]
    known.sort(key=lambda variable: variable.order)
    others = [name for name in made.columns if name in stated and name not in standard.variables]
    return (*known, *(_own_variable(made, name, 1000 + i) for i, name in enumerate(others)))


def _own_variable(made: Made, name: str, order: int) -> Variable:
    words = [word for _, word in made.spec.statements(name)]
    label = next((word.label for word in words if word.label), "")
    if not label:
        raise DerivationError("build.unknown-variable", made.name, column=name)
    return Variable(name, label, next((word.type for word in words if word.type), "Char"), order)


def _output_column(build: Build, made: Made, name: str, order: np.ndarray) -> Column:
    if name in made.columns:
        return made.give_away(name, order)
    if name == "STUDYID":
        return constant(build.study.id, made.size)
    if name == "DOMAIN":
        return constant(made.name, made.size)
    return take(build.persons, made.person[order])


def _check_keys(build: Build, made: Made, order: np.ndarray, keys: np.ndarray) -> None:
    if build.names.sequence(made.spec) in made.spec.keys:
        return  # --SEQ is unique within a person
    same = keys[1:] == keys[:-1]
    repeated = np.append(same, False) | np.append(False, same)
    if not repeated.any():
        return
    rows = order[repeated]
    if made.spec.layer == "adam":
        people = ", ".join(take(build.persons, made.person[rows]).drop_duplicates().head(5))
        raise DerivationError(
            "build.keys", made.name, keys=" ".join(made.spec.keys), people=people, records=len(rows)
        )
    build.found("build.keys-repeated", made, rows, made.spec.keys[-1], names=" ".join(made.spec.keys))


@dataclass(frozen=True, eq=False)
class Spilled:
    """What of a variable's text goes on in QNAM `name`."""

    name: str
    label: str
    column: Column
    variable: str
    first: bool


def _without_long_text(frame: Frame, variables: tuple[Variable, ...]) -> tuple[Frame, list[Spilled]]:
    """Text cut at the last blank within 200 bytes, and the rest [C-SPLIT]."""
    spilled: list[Spilled] = []
    for variable in variables:
        column = frame[variable.name]
        if variable.type != "Char" or longest(column) <= LONGEST:
            continue
        pieces = _split(column)
        frame[variable.name] = pieces[0]
        for number, piece in enumerate(pieces[1:], start=1):
            stem = variable.name[:7] if len(variable.name) == 8 else variable.name
            spilled.append(Spilled(f"{stem}{number}", variable.label, piece, variable.name, number == 1))
    return frame, spilled


def _continued(
    build: Build,
    made: Made,
    order: np.ndarray,
    frame: Frame,
    variables: tuple[Variable, ...],
    spilled: list[Spilled],
) -> tuple[Frame, tuple[Variable, ...], list[Spilled]]:
    """Long text that does not go on in SUPP--: that of comments and of the trial summary; in ADaM it ends.

    Nothing is found where the text is another dataset's: there it is whole, or its end is found there.

    Raises: DerivationError for another study-wide dataset, which has no SUPP--.
    """
    names = list(dict.fromkeys(each.variable for each in spilled))
    if made.spec.layer == "adam":
        for each in spilled:
            if each.first and not _repeated(made, each.variable):
                rows = order[each.column.notna().to_numpy()]
                build.found("build.text-cut", made, rows, each.variable)
        return frame, variables, []
    parent = CONTINUED.get(made.name)
    if made.study_wide and names != [parent]:
        raise DerivationError("build.text-long", made.name, names=", ".join(names))
    own = [each for each in spilled if each.variable == parent]
    at = [variable.name for variable in variables].index(parent) + 1 if own else 0
    added = tuple(Variable(each.name, each.label, "Char", variables[at - 1].order) for each in own)
    for place, each in enumerate(own):
        frame.insert(at + place, each.name, each.column)
    rest = [each for each in spilled if each.variable != parent]
    return frame, (*variables[:at], *added, *variables[at:]), rest


def _repeated(made: Made, name: str) -> bool:
    """Whether every word that states a variable gives the text of another dataset as it is."""
    words = [word for _, word in made.spec.statements(name)]
    return bool(words) and all(
        word.word in REPEATING or (word.word == "copy" and "." in str(word.value)) for word in words
    )


def _split(column: Column) -> list[Column]:
    codes, values = pd.factorize(column)
    cut = [_pieces(str(value)) for value in values]
    most = max(map(len, cut))
    return [
        take(pd.Series([parts[i] if i < len(parts) else None for parts in cut], dtype="str"), codes)
        for i in range(most)
    ]


def _pieces(text: str) -> list[str]:
    found = []
    while len(text) > LONGEST:
        blank = text.rfind(" ", 1, LONGEST + 1)
        end = blank if blank > 0 else LONGEST
        found.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*found, text]


def _qualifiers(
    build: Build, made: Made, order: np.ndarray, frame: Frame, spilled: list[Spilled]
) -> Output | None:
    """SUPP--: one record for each qualifier that has a value, in the order of IDVARVAL and QNAM [C.6]."""
    sequence = build.names.sequence(made.spec)
    given = [(n, w.label or n, as_text(ordered(made.columns[n], order)), w.origin or "CRF")
             for n, w in made.spec.supp.items()]  # fmt: skip
    given += [(s.name, s.label, s.column, "CRF") for s in spilled]
    filled = [np.flatnonzero(column.notna().to_numpy()) for _, _, column, _ in given]
    rows = np.concatenate([np.zeros(0, dtype="int64"), *filled])
    if not len(rows):
        return None
    line = np.repeat(np.arange(len(given)), [len(some) for some in filled])
    by_name = ranks_of(pd.Series([name for name, _, _, _ in given], dtype="str"))
    by = sorted_rows(packed([rows, by_name[line]]))
    values = [take(column, some) for (_, _, column, _), some in zip(given, filled, strict=True)]
    names, labels, origins = (pd.Series([line[at] for line in given], dtype="str") for at in (0, 1, 3))
    rows, line, size = rows[by], line[by], len(rows)
    found = {
        "STUDYID": constant(build.study.id, size),
        "RDOMAIN": constant(made.name, size),
        "USUBJID": take(frame["USUBJID"], rows),
        "IDVAR": constant(sequence, size) if sequence else empty("str", size),
        "IDVARVAL": as_text(take(frame[sequence], rows)) if sequence else empty("str", size),
        "QNAM": take(names, line),
        "QLABEL": take(labels, line),
        "QVAL": take(pd.concat(values, ignore_index=True), by),
        "QORIG": take(origins, line),
        "QEVAL": empty("str", size),
    }
    return _supp_output(build, made, pd.DataFrame(found, copy=False), rows)


def _supp_output(build: Build, made: Made, frame: Frame, rows: np.ndarray) -> Output:
    name = f"SUPP{made.name}"
    standard = build.study.standards[SUPP]
    lineage = pd.DataFrame(
        {
            "row": np.arange(len(frame)),
            "source": constant(made.name, len(frame)),
            "record": frame["USUBJID"] + "/" + frame["IDVARVAL"].fillna(""),
            "role": constant("parent", len(frame)),
        }
    )
    variables = tuple(standard.variables[column] for column in SUPP_COLUMNS)
    keys = ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM")
    return Output(name, f"Supplemental Qualifiers for {made.name}", "sdtm", frame, variables, lineage, keys)


def _lineage(build: Build, made: Made, order: np.ndarray) -> Frame:
    """Where each row comes from: a raw record by its id, or a dataset's record by USUBJID and --SEQ."""
    place = np.empty(made.size, dtype="int64")
    place[order] = np.arange(made.size)
    pieces = [_origins(build, made, part) for part in made.parts]
    rows = place[np.concatenate([rows for rows, _, _ in pieces])]
    by = sorted_rows(rows)
    sources = [source for _, source, _ in pieces]
    record = pd.concat([record for _, _, record in pieces], ignore_index=True)
    alone = isinstance(sources[0], str) and len(sources) == 1
    columns = [constant(s, len(r)) if isinstance(s, str) else s for r, s, _ in pieces]
    return pd.DataFrame(
        {
            "row": rows[by],
            "source": constant(sources[0], len(by))
            if alone
            else ordered(pd.concat(columns, ignore_index=True), by),
            "record": ordered(record, by),
            "role": constant("record", len(by)),
        }
    )


def _origins(build: Build, made: Made, part: PartRows) -> tuple[np.ndarray, Column | str, Column]:
    """(canonical row, source, record) for the rows of a part; one text as source stands for all of them."""
    rows = np.arange(part.start, part.stop)
    if part.source is not None:
        return rows, *_record_ids(build, part.source, part.taken)
    if (made.name, part.part.name) in build.lineage:
        given = build.lineage[made.name, part.part.name]
        at = part.start + given["row"].to_numpy().astype("int64")
        return at, given["source"], as_text(given["record"])
    person = take(build.persons, made.person[rows])
    if {"SRCDOM", "SRCSEQ"} <= set(made.columns):
        number = as_text(take(made.column("SRCSEQ"), rows))
        return rows, take(made.column("SRCDOM"), rows), person + ("/" + number).fillna("")
    return rows, _first_read(part), person


def _first_read(part: PartRows) -> str:
    program = part.part.program
    reads = list((program.args.get("reads") or {}) if program else {})
    return reads[0] if reads else "spec"


def _record_ids(build: Build, source: Records, rows: np.ndarray) -> tuple[str, Column]:
    if isinstance(source, Raw):
        return f"raw.{source.name}", ordered(source.column("record"), rows)
    made = source.made if isinstance(source, Cut) else source
    rows = source.rows[rows] if isinstance(source, Cut) else rows
    sequence = build.names.sequence(made.spec)
    person = take(build.persons, made.person[rows])
    if not sequence:
        return made.name, person
    return made.name, person + "/" + as_text(take(made.column(sequence), rows))

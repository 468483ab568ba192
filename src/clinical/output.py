"""A finished dataset: records in key order, variables in the standard's order, qualifiers, lineage.

Text over 200 bytes goes on in SUPP--; keys must be unique, in SDTM a finding, in ADaM a broken promise of ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clinical.build import Build, key_order
from clinical.errors import DerivationError
from clinical.frames import Column, Frame, as_text, codes_of, constant, empty, group_codes, take
from clinical.rows import Cut, Made, Raw
from clinical.standards import SUPP, Standard, Variable

LONGEST = 200
CONTINUED = {"CO": "COVAL", "TS": "TSVAL"}  # these go on in the dataset itself, as COVAL1 and TSVAL1 [C-SPLIT]
SUPP_COLUMNS = (
    "STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QVAL", "QORIG", "QEVAL",
)  # fmt: skip


def output_order(build: Build, name: str) -> np.ndarray:
    """The rows of a dataset (canonical order) in the order they leave the build."""
    return key_order(build, build.made(name))


@dataclass(frozen=True, eq=False)
class Output:
    """A dataset as it leaves the build; `variables` describes its columns, `lineage` is row, source, record, role."""

    name: str
    label: str
    layer: str
    frame: Frame
    variables: tuple[Variable, ...]
    lineage: Frame
    keys: tuple[str, ...]


def outputs(build: Build, name: str) -> list[Output]:
    """The dataset and, where it has qualifiers, its SUPP--.

    Raises: DerivationError when the keys of an ADaM dataset are not unique.
    """
    made = build.made(name)
    standard = build.study.standards.get(name) or Standard(name, name, {})
    order = key_order(build, made)
    variables = _variables(build, made, standard)
    frame = pd.DataFrame({v.name: _output_column(build, made, v.name, order) for v in variables})
    frame, spilled = _without_long_text(frame, variables)
    if spilled:
        frame, variables, spilled = _continued(build, made, frame, variables, spilled)
    _check_keys(build, made, order)
    lineage = _lineage(build, made, order)
    label = str(made.spec.raw.get("label", standard.label))
    main = Output(name, label, made.spec.layer, frame, variables, lineage, made.spec.keys)
    supp = _qualifiers(build, made, order, frame, spilled)
    return [main] if supp is None else [main, supp]


def _variables(build: Build, made: Made, standard: Standard) -> tuple[Variable, ...]:
    """Stated variables, those the engine sets and those the standard expects; in the standard's order."""
    stated = {name for name in made.columns if not name.islower() and name not in made.spec.supp}
    stated |= {"STUDYID", "USUBJID", "DOMAIN"} & set(standard.variables)
    stated |= {"STUDYID"} if made.spec.layer == "adam" else set()
    if made.study_wide:
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
        return take(made.columns[name], order)
    if name == "STUDYID":
        return constant(build.study.id, made.size)
    if name == "DOMAIN":
        return constant(made.name, made.size)
    return take(build.persons, made.person[order])


def _check_keys(build: Build, made: Made, order: np.ndarray) -> None:
    names = [key for key in made.spec.keys if key not in ("STUDYID", "USUBJID")]
    groups = group_codes([made.person[order], *(codes_of(take(made.column(key), order)) for key in names)])
    repeated = pd.Series(groups).duplicated(keep=False).to_numpy()
    if not repeated.any():
        return
    rows = order[repeated]
    if made.spec.layer == "adam":
        people = ", ".join(take(build.persons, made.person[rows]).drop_duplicates().head(5))
        raise DerivationError(
            "build.keys", made.name, keys=" ".join(made.spec.keys), people=people, records=len(rows)
        )
    build.found("build.keys-repeated", made, rows, made.spec.keys[-1], names=" ".join(made.spec.keys))


def _without_long_text(
    frame: Frame, variables: tuple[Variable, ...]
) -> tuple[Frame, list[tuple[str, str, Column]]]:
    """Text cut at the last blank within 200 bytes; the rest as (QNAM, label, column) [C-SPLIT]."""
    spilled: list[tuple[str, str, Column]] = []
    for variable in variables:
        column = frame[variable.name]
        if variable.type != "Char" or not len(column) or not (column.str.len() > LONGEST).any():
            continue
        pieces = _split(column)
        frame[variable.name] = pieces[0]
        for number, piece in enumerate(pieces[1:], start=1):
            stem = variable.name[:7] if len(variable.name) == 8 else variable.name
            spilled.append((f"{stem}{number}", variable.label, piece))
    return frame, spilled


Spilled = list[tuple[str, str, Column]]


def _continued(
    build: Build, made: Made, frame: Frame, variables: tuple[Variable, ...], spilled: Spilled
) -> tuple[Frame, tuple[Variable, ...], Spilled]:
    """Long text that does not go on in SUPP--: of comments and of the trial summary; in ADaM it ends.

    Raises: DerivationError for another study-wide dataset, which has no SUPP--.
    """
    stems = {name.rstrip("0123456789") for name, _, _ in spilled}
    if made.spec.layer == "adam":
        for name in stems:
            build.findings.add("build.text-cut", dataset=made.name, variable=name, keys=name)
        return frame, variables, []
    parent = CONTINUED.get(made.name)
    if made.study_wide and stems != {parent}:
        raise DerivationError("build.text-long", made.name, names=", ".join(sorted(stems)))
    own = [each for each in spilled if parent and each[0].startswith(parent)]
    if not own:
        return frame, variables, spilled
    at = [variable.name for variable in variables].index(parent) + 1
    added = [Variable(name, label, "Char", variables[at - 1].order) for name, label, _ in own]
    for place, (name, _, column) in enumerate(own):
        frame.insert(at + place, name, column)
    rest = [each for each in spilled if each not in own]
    return frame, (*variables[:at], *added, *variables[at:]), rest


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
    build: Build, made: Made, order: np.ndarray, frame: Frame, spilled: list[tuple[str, str, Column]]
) -> Output | None:
    """SUPP--: one record for each qualifier that has a value, in the order of IDVARVAL and QNAM [C.6]."""
    sequence = build.names.sequence(made.spec)
    pieces = []
    given = [(n, w.label or n, as_text(take(made.columns[n], order)), w.origin or "CRF")
             for n, w in made.spec.supp.items()]  # fmt: skip
    for name, label, column, origin in [*given, *((n, label, c, "CRF") for n, label, c in spilled)]:
        rows = np.flatnonzero(column.notna().to_numpy())
        pieces.append((rows, name, label, take(column, rows), origin))
    if not any(len(piece[0]) for piece in pieces):
        return None
    rows = np.concatenate([piece[0] for piece in pieces])
    size = len(rows)
    names = pd.concat([constant(piece[1], len(piece[0])) for piece in pieces], ignore_index=True)
    found = pd.DataFrame(
        {
            "STUDYID": constant(build.study.id, size),
            "RDOMAIN": constant(made.name, size),
            "USUBJID": take(frame["USUBJID"], rows),
            "IDVAR": constant(sequence, size) if sequence else empty("str", size),
            "IDVARVAL": as_text(take(frame[sequence], rows)) if sequence else empty("str", size),
            "QNAM": names,
            "QLABEL": pd.concat([constant(piece[2], len(piece[0])) for piece in pieces], ignore_index=True),
            "QVAL": pd.concat([piece[3] for piece in pieces], ignore_index=True),
            "QORIG": pd.concat([constant(piece[4], len(piece[0])) for piece in pieces], ignore_index=True),
            "QEVAL": empty("str", size),
        }
    )
    by = np.lexsort([np.array(names, dtype=object).astype(str), rows])
    return _supp_output(build, made, found.take(by).reset_index(drop=True), rows[by])


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
    pieces = []
    for part in made.parts:
        rows = np.arange(part.start, part.stop)
        if part.source is not None:
            source, record = _record_ids(build, part.source, part.taken)
            pieces.append(_piece(place[rows], source, record))
        elif (made.name, part.part.name) in build.lineage:
            given = build.lineage[made.name, part.part.name]
            at = place[part.start + given["row"].to_numpy().astype("int64")]
            pieces.append(_piece(at, given["source"], as_text(given["record"])))
        elif {"SRCDOM", "SRCSEQ"} <= set(made.columns):
            pieces.append(_from_source_columns(build, made, rows, place))
        else:
            pieces.append(_piece(place[rows], constant(_first_read(made, part), len(rows)),
                                 take(build.persons, made.person[rows])))  # fmt: skip
    whole = (
        pd.concat(pieces, ignore_index=True)
        if pieces
        else _piece(np.array([]), empty("str", 0), empty("str", 0))
    )
    return whole.iloc[np.argsort(whole["row"].to_numpy(), kind="stable")].reset_index(drop=True)


def _first_read(made: Made, part: object) -> str:
    program = part.part.program
    reads = list((program.args.get("reads") or {}) if program else {})
    return reads[0] if reads else "spec"


def _piece(rows: np.ndarray, source: Column, record: Column) -> Frame:
    size = len(rows)
    return pd.DataFrame(
        {
            "row": rows.astype("int64"),
            "source": source.reset_index(drop=True),
            "record": record.reset_index(drop=True),
            "role": constant("record", size),
        }
    )


def _record_ids(build: Build, source: object, rows: np.ndarray) -> tuple[Column, Column]:
    if isinstance(source, Raw):
        return constant(f"raw.{source.name}", len(rows)), take(source.column("record"), rows)
    made = source.made if isinstance(source, Cut) else source
    rows = source.rows[rows] if isinstance(source, Cut) else rows
    sequence = build.names.sequence(made.spec)
    person = take(build.persons, made.person[rows])
    if not sequence:
        return constant(made.name, len(rows)), person
    return constant(made.name, len(rows)), person + "/" + as_text(take(made.column(sequence), rows))


def _from_source_columns(build: Build, made: Made, rows: np.ndarray, place: np.ndarray) -> Frame:
    person = take(build.persons, made.person[rows])
    number = as_text(take(made.column("SRCSEQ"), rows))
    record = person + ("/" + number).fillna("")
    return _piece(place[rows], take(made.column("SRCDOM"), rows), record)

"""A rule's own tables as a study: a drawn dataset is one that was built, a drawn form one that was read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from checks.rules import GATES, Rule, RuleReader
from clinical.build import Build
from clinical.forms import Field, Form, Source
from clinical.read import At, Mapping, Text, read_yaml
from clinical.resolve import Names
from clinical.rows import Made, PartRows
from clinical.spec import Dataset, Part
from clinical.study import Study, load_study
from clinical.where import NUMBER
from clinical.words import Word
from tests.tables import typed

ROOT = Path(__file__).resolve().parents[2]
VALIDATION = ROOT / "validation"
HERE = At("test", 1)


@dataclass(frozen=True)
class Entry:
    """One rule as it stands in a file, not yet for any dataset."""

    folder: str
    gate: str
    dataset: str
    name: str
    node: Mapping
    at: At

    def __str__(self) -> str:
        return f"{self.folder}-{self.gate}-{self.name}"


def entries() -> list[Entry]:
    """Every rule of every gate's file under validation/; what displays must agree on is not of a gate."""
    found = []
    for path in sorted(VALIDATION.glob("*/*/*.yml")):
        gate, folder = path.parent.name, path.parent.parent.name
        if gate not in GATES:
            continue
        file = read_yaml(path, ROOT)
        for name, node in file["rules"].items():
            if "drop" not in node:
                found.append(Entry(folder, gate, str(file["dataset"]), name, node, file["rules"].line(name)))
    return found


@dataclass(frozen=True)
class Example:
    """A build that holds what the tables draw, the rule under test, and which records are to fail."""

    build: Build
    rule: Rule
    marked: np.ndarray | None


def example(entry: Entry, tables: Mapping | Text) -> Example:
    """The rule and its tables; the first table, or the only one, is of the dataset under test."""
    drawn = tables if isinstance(tables, Mapping) else {entry.dataset: tables}
    frames = {name: _drawn(str(text)) for name, text in drawn.items()}
    first = next(iter(frames))
    marks = frames[first].pop("fails") if "fails" in frames[first] else None
    study = _study(entry.folder, frames)
    build = _build(study, frames)
    reader = RuleReader(build.names, _has(build))
    rules = list(reader.rules(entry.name, entry.node, entry.dataset, entry.gate, entry.at))
    mine = [rule for rule in rules if rule.dataset == first]
    if not mine:
        raise AssertionError(f"{entry.name} does not apply to {first} as it is drawn")
    return Example(build, mine[0], None if marks is None else marks.notna().to_numpy())


def _has(build: Build):
    raw = {f"raw.{form.name}": set(form.frame.columns) for form in build.raw_forms()}

    def has(dataset: str, column: str) -> bool:
        if dataset in raw:
            return not column or column in raw[dataset]
        if dataset not in build.study.datasets:
            return False
        return column in ("", "STUDYID", "DOMAIN", "USUBJID") or column in build.made(dataset).columns

    return has


def _drawn(text: str) -> pd.DataFrame:
    header, *rows = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.strip()]
    if any(len(row) != len(header) for row in rows):
        raise ValueError(f"a line has more or fewer cells than its header: {text}")
    cells = {name: [row[place] or None for row in rows] for place, name in enumerate(header)}
    return pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in cells.items()})


@cache
def _stated(folder: str) -> Study:
    """The study a rule belongs to; the library's rules are tried on a study without a setting."""
    study = load_study(ROOT / "mappings" / ("rd1302" if folder == "library" else folder))
    if folder != "library":
        return study
    return replace(study, config=Mapping({"study": Text("S", HERE)}), forms={})


def _study(folder: str, frames: dict[str, pd.DataFrame]) -> Study:
    stated = _stated(folder)
    datasets = {
        name: _dataset(stated, name, frame) for name, frame in frames.items() if not name.startswith("raw.")
    }
    forms = {name[4:]: _form(name[4:], frame) for name, frame in frames.items() if name.startswith("raw.")}
    return replace(stated, datasets=datasets, forms=stated.forms or forms)


def _form(name: str, frame: pd.DataFrame) -> Form:
    """Fields ending in DAT are dates, the others text."""
    fields = {
        column: Field(column, HERE, "date" if column.endswith("DAT") else "text", column=column)
        for column in frame
        if column not in ("USUBJID", "PageStatus")
    }
    return Form(name, HERE, Source(), fields=fields)


def _dataset(study: Study, name: str, frame: pd.DataFrame) -> Dataset:
    keys = ("STUDYID", "USUBJID") if name in ("DM", "ADSL") else ("STUDYID", "USUBJID", "other")
    variables = frame.columns.drop("USUBJID", errors="ignore")
    words = {column: Word("copy", column, HERE, f"{name}.{column}") for column in variables}
    layer = "adam" if name.startswith("AD") else "sdtm"
    scope = "subject" if "USUBJID" in frame else "study"
    return Dataset(
        name, layer, scope, keys, (Part("", HERE),), words, {}, Mapping(), study.config, HERE, Mapping()
    )


def _build(study: Study, frames: dict[str, pd.DataFrame]) -> Build:
    nobody = pd.Series(dtype="str", name="USUBJID")  # trial design has no persons
    everybody = pd.concat([nobody, *(frame["USUBJID"] for frame in frames.values() if "USUBJID" in frame)])
    raw = {name: pd.DataFrame({"USUBJID": pd.Series(dtype="str")}) for name in study.forms}
    raw |= {name[4:]: _raw(name[4:], frame) for name, frame in frames.items() if name.startswith("raw.")}
    raw["everybody"] = pd.DataFrame({"USUBJID": everybody.drop_duplicates()})
    build = Build(study, Names(study), None, raw)
    for name, spec in study.datasets.items():
        build._made[name] = _made(build, spec, frames[name])
    return build


def _raw(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    record = pd.Series([f"{name}/{n}" for n in range(len(frame))], dtype="str")
    return frame.assign(record=record)


def _made(build: Build, spec: Dataset, frame: pd.DataFrame) -> Made:
    person = np.full(len(frame), -1)
    if "USUBJID" in frame:
        person = pd.Index(build.persons).get_indexer(frame["USUBJID"])
    standard = build.study.standards.get(spec.name)
    columns = {}
    for name in frame.columns.drop("USUBJID", errors="ignore"):
        values = [None if pd.isna(value) else value for value in frame[name]]
        kind = standard.type_of(name) if standard else ""
        columns[name] = typed(values, kind or ("Num" if _numbers(values) else "Char"))
    return Made(spec, person.astype("int64"), [PartRows(spec.parts[0], 0, len(frame))], columns)


def _numbers(values: list[str | None]) -> bool:
    given = [value for value in values if value is not None]
    return bool(given) and all(NUMBER.fullmatch(value) for value in given)

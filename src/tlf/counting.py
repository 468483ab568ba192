"""Rows that count subjects: every subject once a line, whatever number of records [E.0]."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical.frames import as_text
from tlf.results import Results
from tlf.rows import MISSING, Row
from tlf.statistics import clopper_pearson


def add_count(results: Results, row: Row) -> None:
    """n (%) of the subjects with a record that satisfies the row's condition, and its exact interval."""
    parts = list(results.display.columns.parts)
    sizes = np.zeros((len(parts), len(results.people.groups)), dtype="int64")
    for index, part in enumerate(parts):
        person = np.unique(results.people.records(row, part).person)
        of = results.denominators(row, part)
        for place, group in enumerate(results.people.groups):
            who = person[group.member[person]]
            sizes[index, place] = len(who)
            _add_cell(results, row, place, part, who, int(of[place]))
            if row.ci != "none":
                _add_interval(results, row, group.label, part, len(who), int(of[place]))
    results.sizes[row.name] = sizes


def _add_cell(
    results: Results,
    row: Row,
    place: int,
    part: str,
    who: np.ndarray,
    of: int,
    level: str = "",
    parent: str = "",
) -> None:
    group = results.people.groups[place].label
    words = {"level": level, "parent": parent, "denominator": of}
    results.add(row, group, part, "n", len(who), **words)
    if row.show == "percent":
        share = results.percent(row, len(who), of)
        digits = 0 if share == 100 else results.display.formats["percent"].decimals("p", 0)
        results.add(row, group, part, "p", share, digits=digits, **words)
    results.add_subjects(row, group, part, who, level, parent)


def _add_interval(results: Results, row: Row, group: str, part: str, count: int, of: int) -> None:
    form = results.display.formats["interval"]
    for name, limit in zip(("lower", "upper"), clopper_pearson(count, of, row.conf), strict=True):
        digits = form.decimals(name, 0)
        results.add(row, group, part, name, 100 * limit, digits=digits, missing="-", denominator=of)


def add_categorical(results: Results, row: Row) -> None:
    """n (%) of the subjects with each level of a variable.

    Missing: a line of its own, always when the row says `missing`, else when somebody has it.
    """
    read = {part: results.people.records(row, part) for part in results.display.columns.parts}
    values = {
        part: as_text(results.people.variable(one, row.variables[0], row.at)) for part, one in read.items()
    }
    labels, codes = _coded(results, row, values, {part: one.person for part, one in read.items()})
    for part, one in read.items():
        pairs = _distinct_pairs(codes[part], one.person)
        of = results.denominators(row, part)
        for level, label in enumerate(labels):
            person = pairs[pairs[:, 0] == level, 1]
            for place, group in enumerate(results.people.groups):
                _add_cell(results, row, place, part, person[group.member[person]], int(of[place]), label)


def _distinct_pairs(codes: np.ndarray, person: np.ndarray) -> np.ndarray:
    if not len(codes):
        return np.zeros((0, 2), dtype="int64")
    return np.unique(np.column_stack([codes, person]), axis=0)


def _coded(
    results: Results, row: Row, values: dict[str, pd.Series], person: dict[str, np.ndarray]
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Labels of the lines in order, and for every record the line it belongs to."""
    whole = pd.concat(list(values.values()), ignore_index=True)
    place = {value: index for index, level in enumerate(row.levels) for value in level.values}
    labels = [level.label for level in row.levels]
    strange = _by_frequency(whole, np.concatenate(list(person.values())), set(place))
    if row.other:
        place |= dict.fromkeys(strange, len(labels))
        labels.append(row.other)
    else:
        place |= {value: len(labels) + index for index, value in enumerate(strange)}
        labels += strange
        if strange and row.levels:
            _tell_strange(results, row, len(strange))
    if row.missing or whole.isna().any():
        labels.append(row.missing or MISSING)
    codes = {}
    for part, texts in values.items():
        of_value, distinct = pd.factorize(texts)
        codes[part] = np.array([*(place[value] for value in distinct), len(labels) - 1], dtype="int64")[
            of_value
        ]
    return labels, codes


def _by_frequency(texts: pd.Series, person: np.ndarray, listed: set[str]) -> list[str]:
    """Values that are not listed, by falling number of subjects, then by alphabet."""
    pairs = pd.DataFrame({"value": texts, "person": person}).dropna().drop_duplicates()
    counts = pairs["value"].value_counts()
    strange = [(-int(count), str(value)) for value, count in counts.items() if value not in listed]
    return [value for _, value in sorted(strange)]


def _tell_strange(results: Results, row: Row, count: int) -> None:
    results.findings.add(
        "tlf.value-without-line",
        dataset=row.dataset,
        variable=row.variables[0],
        display=results.display.name,
        analysis=row.name,
        count=count,
    )


def add_nested(results: Results, row: Row) -> None:
    """n (%) of the subjects with each outer level and, under it, with each inner level.

    Ties:    lines by falling number of subjects of all groups together, then by alphabet, within each level.
    Missing: a level `Missing`, or what the row says, last.
    """
    missing = row.missing or MISSING
    for part in results.display.columns.parts:
        records = results.people.records(row, part)
        outer, inner = (
            as_text(results.people.variable(records, name, row.at)).fillna(missing).to_numpy(dtype=object)
            for name in row.variables
        )
        of = results.denominators(row, part)
        frame = pd.DataFrame({"parent": outer, "level": inner, "person": records.person})
        parents = _lines(frame, ["parent"], missing)
        children = {key[0]: [] for key, _ in parents}
        for key, who in _lines(frame, ["parent", "level"], missing):
            children[key[0]].append((key[1], who))
        for (parent,), who in parents:
            _add_groups(results, row, part, who, of, parent, "")
            for level, those in children[parent]:
                _add_groups(results, row, part, those, of, level, parent)


def _add_groups(
    results: Results, row: Row, part: str, who: np.ndarray, of: np.ndarray, level: str, parent: str
) -> None:
    for place, group in enumerate(results.people.groups):
        _add_cell(results, row, place, part, who[group.member[who]], int(of[place]), level, parent)


def _lines(frame: pd.DataFrame, by: list[str], missing: str) -> list[tuple[tuple[str, ...], np.ndarray]]:
    """For each combination of `by` the subjects that have it, in the order in which the lines are printed."""
    once = frame[[*by, "person"]].drop_duplicates().sort_values([*by, "person"], kind="stable")
    groups = once.groupby(by, sort=True)["person"]
    lines = [(key if isinstance(key, tuple) else (key,), who.to_numpy()) for key, who in groups]
    return sorted(lines, key=lambda line: (line[0][-1] == missing, -len(line[1]), line[0]))

"""`categorical`: n (%) of the subjects with each level of a variable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.frames import as_text
from clinical.read import Mapping
from tlf.nodes import text, texts
from tlf.rows import MISSING, Asked, Level, Place, Row, levels_of
from tlf.words.once import records_once
from tlf.words.shares import Share, add_share, level_lines, show_of
from tlf.words.word import Word, variables_of

if TYPE_CHECKING:
    from tlf.results import Results


@dataclass(frozen=True)
class Categories(Share):
    """The lines: levels in order, those left out if unused, labels for others and for none; the worst."""

    levels: tuple[Level, ...]
    when_used: tuple[str, ...]
    other: str
    missing: str
    worst: str


def _read(node: Mapping, here: Place) -> Asked:
    owner = here.owner
    own = Categories(
        show=show_of(node, owner),
        levels=levels_of(node["levels"], owner) if "levels" in node else (),
        when_used=texts(node, "when_used", owner),
        other=text(node, "other", owner, ""),
        missing=text(node, "missing", owner, ""),
        worst=text(node, "worst", owner, ""),
    )
    return Asked(variables=variables_of(node, "categorical", owner), own=own)


def _add(results: Results, row: Row) -> None:
    """n (%) of the subjects with each level of a variable.

    Missing: a line of its own, always when the row says `missing`, else when somebody has it.
    """
    read = {part: records_once(results, row, part, row.own.worst) for part in results.display.columns.parts}
    values = {
        part: as_text(results.people.variable(one, row.variables[0], row.at)) for part, one in read.items()
    }
    labels, codes = _coded(results, row, values, {part: one.person for part, one in read.items()})
    used = np.bincount(np.concatenate(list(codes.values())), minlength=len(labels))
    for part, one in read.items():
        of = results.denominators(row, part)
        for level, label in enumerate(labels):
            if label in row.own.when_used and not used[level]:
                continue
            person = one.person[codes[part] == level]
            for place in range(len(results.people.groups)):
                add_share(results, row, place, part, person, int(of[place]), label)


def _coded(
    results: Results, row: Row, values: dict[str, pd.Series], person: dict[str, np.ndarray]
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Labels of the lines in order, and for every record the line it belongs to."""
    whole = pd.concat(list(values.values()), ignore_index=True)
    place = {value: index for index, level in enumerate(row.own.levels) for value in level.values}
    labels = [level.label for level in row.own.levels]
    strange = _by_frequency(whole, np.concatenate(list(person.values())), set(place))
    if row.own.other:
        place |= dict.fromkeys(strange, len(labels))
        labels.append(row.own.other)
    else:
        place |= {value: len(labels) + index for index, value in enumerate(strange)}
        labels += strange
        if strange and row.own.levels:
            _tell_strange(results, row, len(strange))
    if row.own.missing or whole.isna().any():
        labels.append(row.own.missing or MISSING)
    codes = {}
    for part, given in values.items():
        of_value, distinct = pd.factorize(given)
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


SAYS = "subjects with at least one record of the level, each counted once a level"
CATEGORICAL = Word(
    "categorical",
    ("levels", "when_used", "other", "missing", "show", "worst"),
    _read,
    _add,
    level_lines,
    says=SAYS,
)

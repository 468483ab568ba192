"""Cells of different displays that must agree [V-N]: `validation/<study>/tlf/*.yml`.

```yaml
rules:
  V-N-1:
    says: the responders of one table are the subjects of the other
    cell: T14.2.2 responders                                  # display and row
    equals: [T14.2.4 events, {display: T14.2.4, row: reasons, level: Alive}]    # one cell, or several to be added
```
A cell is its display and row, with `level`, `parent`, `part` and `statistic` (n) where it has them. In place of
`equals`: `at_least` or `at_most`. A rule is asked in every group of columns that both sides have; a group that one side
does not show, because nobody is in it, has 0 there.
"""  # noqa: E501

from __future__ import annotations

import operator
from collections.abc import Collection
from collections.abc import Mapping as Displays
from dataclasses import dataclass
from pathlib import Path

from clinical.errors import SpecError, SpecErrors
from clinical.findings import Findings
from clinical.frames import Frame
from clinical.read import Mapping, Sequence, Text, read_yaml
from tlf.nodes import hint, known, place, required, text
from tlf.spec import Display

COMPARED = {"equals": operator.eq, "at_least": operator.ge, "at_most": operator.le}
IN_WORDS = {"equals": "is not", "at_least": "is less than", "at_most": "is more than"}
CELL = ("display", "row", "level", "parent", "part", "statistic")


@dataclass(frozen=True)
class Cell:
    """A cell of a display, in whichever group."""

    display: str
    row: str
    level: str
    parent: str
    part: str
    statistic: str

    def __str__(self) -> str:
        """`T14.2.2 responders, W4`."""
        more = [one for one in (self.parent, self.level, self.part) if one]
        return ", ".join([f"{self.display} {self.row}", *more])


@dataclass(frozen=True)
class Agreement:
    """One cell and the cells whose sum it is compared with."""

    name: str
    says: str
    at: str
    cell: Cell
    compared: str
    others: tuple[Cell, ...]

    @property
    def displays(self) -> set[str]:
        """The displays of all its cells."""
        return {one.display for one in (self.cell, *self.others)}


def read_agreements(folder: Path, displays: Displays[str, Display]) -> list[Agreement]:
    """The agreements of a study, in the order of their files; none where it has no such folder.

    Raises: SpecErrors with every rule that names a display, row or part that does not exist.
    """
    found: list[Agreement] = []
    errors: list[SpecError] = []
    for path in sorted(folder.glob("*.yml"), key=lambda file: file.name):
        rules = required(read_yaml(path, folder.parents[1].parent), "rules", path.stem, Mapping)
        for name in rules:
            try:
                found.append(_agreement(name, rules[name], displays))
            except SpecError as error:
                errors.append(error)
    if errors:
        raise SpecErrors(errors)
    return found


def _agreement(name: str, node: Mapping, displays: Displays[str, Display]) -> Agreement:
    known(node, ("says", "todo", "severity", "rule", "cell", *COMPARED), name)
    compared = [key for key in COMPARED if key in node]
    if len(compared) != 1:
        raise SpecError("tlf.one-of", f"{node.at}: {name}", keys=" or ".join(COMPARED))
    given = node[compared[0]]
    others = list(given) if isinstance(given, Sequence) else [given]
    return Agreement(
        name=name,
        says=str(required(node, "says", name, Text)),
        at=f"{node.at}: {name}",
        cell=_cell(required(node, "cell", name), f"{node.line('cell')}: {name}", displays),
        compared=compared[0],
        others=tuple(_cell(one, f"{node.line(compared[0])}: {name}", displays) for one in others),
    )


def _cell(given: object, at: str, displays: Displays[str, Display]) -> Cell:
    owner = at.split(": ")[-1]
    if isinstance(given, Text):
        display, _, row = str(given).partition(" ")
        given = Mapping({"display": Text(display, given.at), "row": Text(row.strip(), given.at)}, given.at)
    known(given, CELL, owner)
    name, row = (str(required(given, key, owner, Text)) for key in ("display", "row"))
    if name not in displays:
        raise SpecError("tlf.no-display", at, name=name, hint=hint(name, tuple(displays)))
    rows, parts = displays[name].rows, tuple(displays[name].columns.parts)
    if row not in rows:
        raise SpecError("tlf.no-row-of", at, name=row, display=name, hint=hint(row, tuple(rows)))
    part = text(given, "part", owner, parts[0])
    if part not in parts:
        raise SpecError(
            "tlf.choice", place(given, "part", owner), key="part", value=part, options=", ".join(parts)
        )
    more = {key: text(given, key, owner, "") for key in ("level", "parent")}
    return Cell(name, row, part=part, statistic=text(given, "statistic", owner, "n"), **more)


def check_agreements(agreements: list[Agreement], results: Frame, made: Collection[str]) -> Frame:
    """An error for every group in which two cells disagree; it names both with their numbers.

    Needs: results of all displays of the run, and the names of those that were `made`: a rule about another
           is left out (that it was not made is a finding); a display without data has 0 in every cell.
    """
    findings = Findings()
    agreements = [one for one in agreements if one.displays <= set(made)]
    names = {name for agreement in agreements for name in agreement.displays}
    numbers = _numbers(results[results["display"].isin(names)])
    for agreement in agreements:
        asked = {cell: numbers.get(cell, {}) for cell in (agreement.cell, *agreement.others)}
        groups = dict.fromkeys(group for one in asked.values() for group in one)
        for group in groups:
            ours = asked[agreement.cell].get(group, 0.0)
            theirs = sum(asked[cell].get(group, 0.0) for cell in agreement.others)
            if not COMPARED[agreement.compared](ours, theirs):
                findings.add(
                    "tlf.numbers-disagree",
                    rule=agreement.name,
                    keys=group,
                    cell=f"{agreement.cell}",
                    number=f"{ours:g}",
                    compared=IN_WORDS[agreement.compared],
                    others=" + ".join(map(str, agreement.others)),
                    sum=f"{theirs:g}",
                    group=group,
                    says=agreement.says,
                )
    return findings.frame()


def _numbers(results: Frame) -> dict[Cell, dict[str, float]]:
    """The numbers of every cell by group."""
    names = ["display", "analysis", "level", "parent", "part", "statistic"]
    keys = [results[name].fillna("").tolist() for name in names]
    found: dict[Cell, dict[str, float]] = {}
    for *key, group, value in zip(*keys, results["group"].tolist(), results["value"].tolist(), strict=True):
        found.setdefault(Cell(*key), {})[group] = value
    return found

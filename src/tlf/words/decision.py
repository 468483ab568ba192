"""`decision`: what a rule makes of the subjects with an event and the subjects of a column [A.3].

`decision` names a `count` row above; the first line of `rules` whose `when` holds says what is decided: `n`
is that row's number, `N` the number of subjects of the column. The total has no decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from clinical.errors import SpecError
from clinical.read import Mapping, Sequence, Text
from clinical.where import Condition, condition, mask
from tlf.nodes import hint, known, place, required
from tlf.rows import Asked, Place, Row
from tlf.words.word import Word

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.shapes.lines import Cells, Line
    from tlf.spec import Display

COUNTS = ("n", "N")


@dataclass(frozen=True)
class Rule:
    """When it applies, and the decision."""

    when: Condition
    text: str


@dataclass(frozen=True)
class Decision:
    """The row whose subjects had the event, and the rules in their order."""

    events: str
    rules: tuple[Rule, ...]


def _read(node: Mapping, here: Place) -> Asked:
    owner = here.owner
    events = str(required(node, "decision", owner, Text))
    if events not in here.earlier:
        near = hint(events, here.earlier)
        raise SpecError("tlf.no-row", place(node, "decision", owner), name=events, hint=near)
    rules = tuple(_rule(one, f"{owner}.rules") for one in required(node, "rules", owner, Sequence))
    return Asked(own=Decision(events, rules))


def _rule(node: Mapping, owner: str) -> Rule:
    known(node, ("when", "text"), owner)
    when = condition(required(node, "when", owner, Mapping), owner)
    for name in sorted(when.columns | when.others):
        if name not in COUNTS:
            raise SpecError("tlf.no-variable", f"{node.at}: {owner}", variable=name, hint="; n and N are")
    return Rule(when, str(required(node, "text", owner, Text)))


def _add(results: Results, row: Row) -> None:
    """The decision of every column but the total; none where no rule applies.

    Source: A.3.
    """
    for index, part in enumerate(results.display.columns.parts):
        sizes = results.sizes[row.own.events][index]
        for group, count in zip(results.people.groups, sizes, strict=True):
            if group.label == results.display.columns.total:
                continue
            here = pd.DataFrame({"n": [float(count)], "N": [float(group.size)]})
            found = next((rule.text for rule in row.own.rules if mask(here, rule.when)[0]), "")
            results.add_mark(row, group.label, part, "decision", bool(found), found)


def _lines(display: Display, row: Row, cells: Cells) -> Iterator[Line]:
    yield cells.line(row, row.label, row.indent, lambda found: found["decision"], linked=False)


DECISION = Word("decision", ("rules",), _read, _add, _lines)

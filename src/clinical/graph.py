"""The graph of columns: what each column needs, and the steps in which datasets are built (architecture.md,
3).

Between datasets there are circles, between columns there are none; a circle of columns is refused and
printed.
"""

from __future__ import annotations

from dataclasses import dataclass

from clinical.errors import SpecError, SpecErrors
from clinical.resolve import Names, Node
from clinical.spec import Dataset, Part


@dataclass(frozen=True)
class Step:
    """Columns of one dataset that can be built together; `records` when the dataset's rows come first."""

    dataset: str
    number: int
    columns: tuple[str, ...]

    @property
    def records(self) -> bool:
        """Whether this step makes the records."""
        return "" in self.columns


@dataclass(frozen=True, eq=False)
class Graph:
    """What every column needs, and where it is stated."""

    needs: dict[Node, set[Node]]
    at: dict[Node, str]
    steps: tuple[Step, ...]


def build_graph(names: Names) -> Graph:
    """The graph of a study and its steps.

    Raises: SpecErrors with every name that nothing has, or with the first circle of columns.
    """
    needs: dict[Node, set[Node]] = {}
    at: dict[Node, str] = {}
    errors: list[SpecError] = []
    for dataset in names.study.datasets.values():
        _dataset_needs(names, dataset, needs, at, errors)
    if errors:
        raise SpecErrors(_distinct(errors))
    return Graph(needs, at, tuple(_steps(needs, at)))


def _distinct(errors: list[SpecError]) -> list[SpecError]:
    return list({str(error): error for error in errors}.values())


def _dataset_needs(names: Names, dataset: Dataset, needs: dict, at: dict, errors: list) -> None:
    rows = (dataset.name, "")
    needs[rows], at[rows] = set(), str(dataset.at)
    for part in dataset.parts:
        _attempt(errors, needs[rows], lambda part=part: _rows_needs(names, dataset, part))
    if (
        dataset.layer == "sdtm"
        and dataset.scope == "subject"
        and dataset.name != "DM"
        and "DM" in names.study.datasets
    ):
        needs[rows].add(("DM", ""))
    for column in dataset.columns():
        node = (dataset.name, column)
        needs[node], at[node] = {rows}, str(dataset.at)
        for part, word in dataset.statements(column):
            at[node] = str(word.at)
            _attempt(errors, needs[node], lambda part=part, word=word: names.reads(dataset, part, word))
    _set_by_engine(names, dataset, needs, at)


def _attempt(errors: list, found: set, reads: object) -> None:
    try:
        found.update(reads())
    except SpecError as fault:
        errors.append(fault)


def _rows_needs(names: Names, dataset: Dataset, part: Part) -> set[Node]:
    found: set[Node] = set()
    here = f"{part.at}: {dataset.name}"
    if part.program:
        found |= set(names.program_reads(dataset, part.program))
    for asked in (part.where, *(line.where for line in part.lines)):
        for test in asked.tests if asked else ():
            at = f"{test.at}: {dataset.name}"
            _source_columns(names, dataset, part, [test.column], at, found)
            found |= names.right_side(dataset, part, test, at)
    if part.listed:
        names.list_columns(dataset, part, here)
    if part.source:
        keep = [*part.keep.order, *part.keep.by] if part.keep else []
        _source_columns(names, dataset, part, keep, here, found)
    for line in part.lines:
        found |= set(names.line_reads(dataset, part, line))
    return found


def _source_columns(
    names: Names, dataset: Dataset, part: Part, columns: list[str], here: str, found: set
) -> None:
    source = part.source
    if source.startswith("raw."):
        names.must_have_field(source[4:], "USUBJID", here)
        for column in columns:
            names.must_have_field(source[4:], column, here)
    elif source:
        found.update(names._other(dataset, part, source, columns, here))


def _set_by_engine(names: Names, dataset: Dataset, needs: dict, at: dict) -> None:
    rows = (dataset.name, "")
    sequence = names.sequence(dataset)
    for name in sorted(names._columns[dataset.name] - {"STUDYID", "DOMAIN", "USUBJID", sequence}):
        if (dataset.name, name) not in needs:
            needs[(dataset.name, name)], at[(dataset.name, name)] = {rows}, str(dataset.at)
    if sequence:
        keys = {(dataset.name, key) for key in dataset.keys if key not in ("STUDYID", "USUBJID", sequence)}
        needs[(dataset.name, sequence)], at[(dataset.name, sequence)] = {rows, *keys}, str(dataset.at)


def _steps(needs: dict[Node, set[Node]], at: dict[Node, str]) -> list[Step]:
    """As few steps as a greedy order gives: a dataset that can be finished comes first."""
    for wanted in [node for found in needs.values() for node in found]:
        if wanted not in needs:  # a column only a program makes
            needs[wanted] = {(wanted[0], "")}
            at[wanted] = at[(wanted[0], "")]
            return _steps(needs, at)
    waiting: dict[str, list[Node]] = {}
    for node in needs:
        waiting.setdefault(node[0], []).append(node)
    done: set[Node] = set()
    steps: list[Step] = []
    numbers: dict[str, int] = {}
    while waiting:
        ready = {name: found for name, nodes in waiting.items() if (found := _ready(nodes, needs, done))}
        if not ready:
            raise SpecErrors([_circle(needs, at, done)])
        name = min(ready, key=lambda name: (len(ready[name]) < len(waiting[name]), list(waiting).index(name)))
        numbers[name] = numbers.get(name, 0) + 1
        steps.append(Step(name, numbers[name], tuple(node[1] for node in ready[name])))
        done.update(ready[name])
        waiting[name] = [node for node in waiting[name] if node not in done]
        if not waiting[name]:
            del waiting[name]
    return steps


def _ready(nodes: list[Node], needs: dict[Node, set[Node]], done: set[Node]) -> list[Node]:
    found: list[Node] = []
    inside: set[Node] = set()
    left = list(nodes)
    while True:
        now = [node for node in left if all(n in done or n in inside for n in needs[node])]
        if not now:
            return found
        found += now
        inside.update(now)
        left = [node for node in left if node not in inside]


def _circle(needs: dict[Node, set[Node]], at: dict[Node, str], done: set[Node]) -> SpecError:
    node = next(node for node in needs if node not in done)
    seen: list[Node] = []
    while node not in seen:
        seen.append(node)
        node = min(n for n in needs[node] if n not in done)
    circle = [*seen[seen.index(node) :], node]
    text = " needs ".join(f"{'.'.join(part for part in name if part)} ({at[name]})" for name in circle)
    return SpecError("spec.circle", "", circle=text)

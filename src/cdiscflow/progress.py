"""A progress bar while a study is derived, where somebody looks; nothing at all elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cdiscflow.home import Home
from clinical.graph import Step
from clinical.study import LAYERS


class Bar:
    """What a run tells of its way: its stages, and each step of a dataset."""

    def say(self, text: str) -> None:
        """A stage begins, or somebody else's run is waited for."""

    def around(self, step: Step, run: Callable[[], object]) -> object:
        """A step of a dataset runs."""
        return run()


class _Drawn(Bar):
    def __init__(self, draw: object, task: object) -> None:
        self.draw, self.task = draw, task
        self.seen: set[str] = set()

    def say(self, text: str) -> None:
        self.draw.update(self.task, description=text)

    def around(self, step: Step, run: Callable[[], object]) -> object:
        self.draw.update(self.task, description=f"{step.dataset}, step {step.number}")
        answer = run()
        self.seen.add(step.dataset)
        self.draw.update(self.task, completed=len(self.seen))
        return answer


@contextmanager
def progress(home: Home, study: str) -> Iterator[Bar]:
    """A bar as long as the study has datasets; it is gone when the study is finished."""
    if not sys.stdout.isatty():
        yield Bar()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    folder = home.mappings / study
    datasets = sum(len(list((folder / layer).glob("*.yml"))) for layer in LAYERS)
    columns = (
        TextColumn(study),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, transient=True) as draw:
        yield _Drawn(draw, draw.add_task("reading specs", total=datasets))

"""Settings of study.yml that nothing reads: what one changes there must change something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from clinical.errors import SpecError
from clinical.fingerprint import modules_of
from clinical.read import Text, Value
from clinical.spec import Dataset
from clinical.study import SETTINGS, Study

NAMED = re.compile(r"\bstudy\.(\w+)")
ASKED = re.compile(r"""(?:setting\(\s*[\w.]*study,|study(?:\.get\(|\[))\s*"(\w+)\"""")


def unread_settings(study: Study, nodes: Iterable[Value]) -> Iterator[SpecError]:
    """The keys of study.yml that no dataset, program or one of `nodes` (displays, rules) reads.

    A program reads what its source, or that of a module it imports, asks the study for.
    """
    read = set(SETTINGS)
    for dataset in study.datasets.values():
        read.update(named_in(dataset.raw), *(asked_in(module) for module in _modules(dataset)))
    for node in nodes:
        read.update(named_in(node))
    for key in study.config:
        if key not in read:
            yield SpecError("checks.unread-setting", str(study.config.line(key)), key=key)


def named_in(node: Value) -> Iterator[str]:
    """The settings that a part of a spec names, as keys or in text: `study.KEY`."""
    if isinstance(node, Text):
        yield from NAMED.findall(node)
        return
    for key, each in node.items() if isinstance(node, dict) else enumerate(node):
        yield from NAMED.findall(str(key))
        yield from named_in(each)


def _modules(dataset: Dataset) -> set[str]:
    name = f"{dataset.layer}.{dataset.name.lower()}"
    return modules_of(name) if find_spec(name) else set()


def asked_in(module: str) -> list[str]:
    """The settings that the source of a module asks the study for by name."""
    found = find_spec(module)
    return ASKED.findall(Path(found.origin).read_text("utf-8")) if found and found.origin else []

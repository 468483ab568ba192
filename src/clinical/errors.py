"""The three ways something can be wrong, and where their words come from.

A message is an entry of the public catalogue (`clinical/messages/*.yml`): a stable id, the sentence with
names in braces, what it means, its usual cause and what to do. A sentence is built here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml


@dataclass(frozen=True)
class Message:
    """One entry of the catalogue."""

    id: str
    text: str
    means: str
    cause: str
    todo: str
    since: str
    rule: str = ""
    severity: str = "error"


@cache
def catalogue() -> dict[str, Message]:
    """Every message the product can give, by id."""
    entries: dict[str, Message] = {}
    folder = resources.files("clinical") / "messages"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".yml"):
            for identity, entry in yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader).items():
                entries[identity] = Message(id=identity, **entry)
    return entries


def sentence(identity: str, **values: object) -> str:
    """The catalogue's sentence `identity` with its names filled in."""
    return catalogue()[identity].text.format(**values)


class ClinicalError(Exception):
    """What all errors of the product share: an id of the catalogue and where the fault is."""

    def __init__(self, identity: str, at: object = "", **values: object):
        self.id = identity
        self.at = str(at)
        text = sentence(identity, **values)
        super().__init__(f"{self.at}: {text}" if self.at else text)

    def __reduce__(self) -> tuple:
        """So that it can come from another process as it is."""
        return _again, (type(self), str(self)), self.__dict__


def _again(kind: type[ClinicalError], text: str) -> ClinicalError:
    return kind.__new__(kind, text)


class SpecError(ClinicalError):
    """A spec is wrong: known before any data is read. `at` is `file:line: DATASET.VARIABLE`."""


class SpecErrors(Exception):
    """All the faults of a study's specs at once: `errors` is a list of SpecError."""

    def __init__(self, errors: list[SpecError]):
        self.errors = errors
        super().__init__("\n".join(str(error) for error in errors))


class InputError(ClinicalError):
    """A delivered file cannot be read. `at` is `file:line`."""


class DerivationError(ClinicalError):
    """A promise of ours is broken: this dataset, and those that need it, stop.

    `lacks` is the dataset that is not there, where that is the reason.
    """

    def __init__(self, identity: str, at: object = "", *, lacks: str = "", **values: object):
        super().__init__(identity, at, **values)
        self.lacks = lacks


class RunError(ClinicalError):
    """A run's folder, lock or audit trail is not as it must be: nothing is written before a person looks."""

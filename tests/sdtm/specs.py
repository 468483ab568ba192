"""What a program is handed as `spec`, for tests: parameters and study settings as they would be written."""

from __future__ import annotations

from dataclasses import dataclass

from clinical.read import Mapping, parse_yaml


@dataclass(frozen=True)
class Stated:
    """As much of a dataset's spec as a program may look at."""

    name: str
    parameters: Mapping
    study: Mapping


def stated(name: str, parameters: str = "{}", study: str = "{}") -> Stated:
    """The spec with these parameters and this study.yml."""
    return Stated(name, parse_yaml(parameters, "test.yml"), parse_yaml(study, "study.yml"))

"""A study of one display, written in a test."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from clinical.read import Mapping, parse_yaml
from tests.tlf.frames import FOOTER
from tlf.run import Displays, make_displays
from tlf.spec import Display, read_displays

HEAD = """\
display: T1
title: A table
population: {dataset: ADSL, where: {SAFFL: Y}, label: Safety Set}
"""
ARMS = "columns: {by: TRT01A, levels: [A, B], total: Total}\n"


def write(folder: Path, text: str, name: str = "t_1.yml") -> Path:
    """A display file of a study called mini; gives its tlf folder."""
    tlf = folder / "mappings" / "mini" / "tlf"
    tlf.mkdir(parents=True, exist_ok=True)
    (tlf / name).write_text(text, "utf-8")
    return tlf


def read(folder: Path, text: str, study: str = "study: MINI\n") -> Display:
    """The display a text states."""
    return next(iter(read_displays(write(folder, text), study_of(study)).values()))


def make(folder: Path, text: str, **adam: pd.DataFrame) -> Displays:
    """Everything made of one display and some datasets."""
    footer = {**FOOTER, "datasets": dict.fromkeys(adam, "ee") | FOOTER["datasets"]}
    return make_displays(study_of("study: MINI\n"), write(folder, text), adam, footer)


def study_of(text: str) -> Mapping:
    """A study.yml."""
    return parse_yaml(text, "mappings/mini/study.yml")

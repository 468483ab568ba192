"""A reporting event and transport files of the displays of a test, as a run writes them."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path

import jsonschema
import pandas as pd

from clinical.xpt import Variable, write_xpt
from tests.tlf.ars_data import read_folder
from tests.tlf.ars_reader import Reader
from tests.tlf.frames import FOOTER
from tlf.ars.event import event_bytes, reporting_event
from tlf.run import Displays, join_displays, make_or_miss
from tlf.spec import Display

SCHEMA = Path(__file__).parent / "standards" / "ars-1.0.schema.json"
PAGE = {"png": b"\x00" * 24, "svg": b"<svg></svg>", "pdf": b""}


@cache
def schema() -> jsonschema.Draft7Validator:
    """CDISC's own schema of ARS v1.0."""
    return jsonschema.Draft7Validator(json.loads(SCHEMA.read_text("utf-8")))


def event_of(displays: list[Display], frames: dict[str, pd.DataFrame]) -> tuple[dict, Displays]:
    """The reporting event of some displays as it is read back from its bytes, and their results."""
    footer = {**FOOTER, "datasets": {**FOOTER["datasets"], **dict.fromkeys(frames, "ee")}}
    made = {one.name: make_or_miss(one, frames, footer, lambda grid, results: PAGE) for one in displays}
    whole = join_displays(list(made.values()))
    files = {name: sorted(one.files) for name, one in made.items()}
    event = reporting_event("MINI", displays, whole.results, files, footer)
    return json.loads(event_bytes(event)), whole


def transport(folder: Path, frames: dict[str, pd.DataFrame]) -> Path:
    """The datasets as SAS transport files."""
    for name, frame in frames.items():
        variables = [
            Variable(
                column,
                column,
                "Num" if frame[column].dtype.kind in "fM" else "Char",
                None,
                _format(frame[column]),
            )
            for column in frame
        ]
        day = datetime(2025, 6, 30)
        write_xpt(
            folder / f"{name.lower()}.xpt", frame, name=name, label=name, variables=variables, created=day
        )
    return folder


def _format(values: pd.Series) -> str:
    return "DATE9." if values.dtype.kind == "M" else ""


def differences(event: dict, folder: Path, *more: Path) -> list[str]:
    """What the second reader finds otherwise."""
    return Reader(event, read_folder(folder, *more)).differences()


def results_of(event: dict) -> int:
    """How many results an event has."""
    return sum(len(one["results"]) for one in event["analyses"])

"""What a run leaves for the next one: fingerprints, ledger and the description of its datasets (folder
`state/`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from clinical.files import json_bytes
from clinical.fingerprint import bucket_count, bucket_of
from clinical.ledger import INTEGERS, PIECES, Ledger, piece
from clinical.manifest import read_manifest
from clinical.output import Output
from clinical.reuse import Prints
from clinical.run import Run, read_frame
from clinical.standards import Variable
from clinical.store import Frame

LEDGER = "state/{}.parquet"
KINDS = dict.fromkeys(INTEGERS, "Int")


@dataclass(frozen=True, eq=False)
class People:
    """The persons of an extract and their buckets."""

    count: int
    of_person: pd.Series
    of_records: dict[str, np.ndarray]


def people_of(raw: dict[str, Frame]) -> People:
    """The bucket of each person, and of each record of each form."""
    names = pd.concat([frame["USUBJID"] for frame in raw.values()]) if raw else pd.Series(dtype="str")
    persons = pd.Series(sorted(names.dropna().unique()), dtype="str")
    count = bucket_count(len(persons))
    buckets = pd.Series(bucket_of(persons, count), index=persons.to_numpy())
    return People(count, buckets, {form: bucket_of(frame["USUBJID"], count) for form, frame in raw.items()})


@dataclass(frozen=True, eq=False)
class Memory:
    """The last run, as far as the next one may take it over."""

    run: Path
    prints: Prints
    ledger: Ledger
    outputs: dict[str, Output]


def remember(before: Path | None, count: int) -> Memory | None:
    """The memory of the last run; None where there is none, or it was cut into another number of buckets."""
    if before is None:
        return None
    manifest = read_manifest(before)
    if manifest.get("buckets") != count or "state/outputs.json" not in manifest["files"]:
        return None
    prints = {name: {int(b): p for b, p in found.items()} for name, found in manifest["fingerprints"].items()}
    ledger = Ledger(**{name: piece(name, read_frame(before, LEDGER.format(name))) for name in PIECES})
    return Memory(before, prints, ledger, _outputs(before))


def _outputs(before: Path) -> dict[str, Output]:
    found = {}
    for name, entry in json.loads((before / "state/outputs.json").read_bytes()).items():
        variables = tuple(Variable(**variable) for variable in entry["variables"])
        file = f"{entry['layer']}/{name.lower()}.parquet"
        frame = read_frame(before, file)
        lineage = read_frame(before, f"lineage/{name.lower()}.parquet")
        found[name] = Output(
            name, entry["label"], entry["layer"], frame, variables, lineage, tuple(entry["keys"])
        )
    return found


def leave(job: Run, ledger: Ledger, outputs: dict[str, Output]) -> None:
    """Writes what the next run may take over, in an order that depends on nothing but the content."""
    for name, columns in PIECES.items():
        frame = getattr(ledger, name)[columns]
        frame = frame.sort_values(columns, kind="stable").reset_index(drop=True)
        job.write_frame(LEDGER.format(name), frame, {c: KINDS.get(c, "Char") for c in columns})
    described = {
        name: {"label": output.label, "layer": output.layer, "keys": list(output.keys),
               "variables": [asdict(variable) for variable in output.variables]}
        for name, output in outputs.items()
    }  # fmt: skip
    job.write_bytes("state/outputs.json", json_bytes(described))

"""The profiles of every dataset of a run, from its files: Parquet for values, XPT headers for labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from clinical.standards import SUPP, Standard, Variable
from clinical.study import LAYERS, Study
from clinical.xpt import read_xpt_head
from submission.profile import Profile, profile_of
from submission.values import code_pairs, value_pairs

LAST = 1000


def profiles_of(study: Study, run: Path, datasets: Mapping[str, Mapping]) -> dict[str, list[Profile]]:
    """By layer the profile of each dataset of a run, in alphabetical order; `datasets` is the manifest's."""
    found: dict[str, list[Profile]] = {layer: [] for layer in LAYERS}
    for name in sorted(datasets):
        layer = next(each for each in LAYERS if (run / each / f"{name.lower()}.parquet").is_file())
        path = run / layer / f"{name.lower()}.parquet"
        variables = variables_of(study, name, path, run / "xpt" / layer / f"{name.lower()}.xpt")
        entry = datasets[name]
        pairs = (value_pairs(name, layer), code_pairs(name, layer))
        found[layer].append(
            profile_of(path, name, str(entry["label"]), layer, entry["keys"], variables, *pairs)
        )
    return found


def variables_of(study: Study, name: str, parquet: Path, xpt: Path) -> list[Variable]:
    """The variables of a dataset as the run wrote them, with what the standard says of each."""
    standard = study.standards.get(name) or study.standards.get(SUPP if name.startswith("SUPP") else "")
    known = (standard or Standard(name, name, {})).variables
    kinds = {field.name: _kind(field.type) for field in pq.read_schema(parquet)}
    found = []
    for order, one in enumerate(read_xpt_head(xpt).variables, start=LAST):
        stated = known.get(one.name) or Variable(one.name, one.label, kinds[one.name], order)
        found.append(replace(stated, label=one.label, type=kinds[one.name]))
    return found


def _kind(type_: pa.DataType) -> str:
    if pa.types.is_timestamp(type_):
        return "Datetime"
    if pa.types.is_date(type_):
        return "Date"
    return "Num" if pa.types.is_floating(type_) else "Char"

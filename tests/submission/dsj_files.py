"""For the Dataset-JSON tests: describe columns, write a small file, write one by hand that is wrong."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa

from clinical.xpt import Variable, write_xpt
from submission.datasetjson import About, Column, columns_of, write_dsjc, write_json, write_ndjson

ABOUT = About("2025-03-09T07:05:01", "IG.DM", "DM", "Demographics")
WRITERS = {".json": write_json, ".ndjson": write_ndjson, ".dsjc": write_dsjc}
FORMS = list(WRITERS)


def text(*values: str | None) -> pd.Series:
    """A text column as the product has it."""
    return pd.Series(values, dtype="str")


def moments(*values: str | None, unit: str = "s") -> pd.Series:
    """A date or datetime column as the product has it."""
    return pd.Series(pd.array(values, dtype=f"datetime64[{unit}]"))


def column(name: str, kind: str = "string", **more: object) -> Column:
    """A column of DM."""
    return Column(f"IT.DM.{name}", name, f"Label of {name}", kind, **more)


def moment(name: str, kind: str = "date", **more: object) -> Column:
    """A column of dates or times that receivers keep as numbers."""
    return column(name, kind, targetDataType="integer", **more)


def write(path: Path, frame: pd.DataFrame | pa.Table, *columns: Column, **more: object) -> None:
    """The file in the form its ending says."""
    WRITERS[path.suffix](path, frame, ABOUT, list(columns), **more)


def by_hand(path: Path, columns: list[dict] | None = None, rows: list | str = (), **metadata: object) -> Path:
    """A file made with the standard library: what `metadata` gives as None is left out."""
    said = {
        "datasetJSONCreationDateTime": "2025-03-09T07:05:01", "datasetJSONVersion": "1.1.0",
        "itemGroupOID": "IG.DM", "records": len(rows), "name": "DM", "label": "Demographics",
        "columns": columns or [{"itemOID": "IT.DM.A", "name": "A", "label": "a", "dataType": "string"}],
    } | metadata  # fmt: skip
    said = {name: value for name, value in said.items() if value is not None}
    if path.suffix == ".json":
        path.write_text(json.dumps(said | {"rows": list(rows)}, ensure_ascii=False), "utf-8")
        return path
    lines = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in [said, *rows]).encode()
    path.write_bytes(gzip.compress(lines) if path.suffix == ".dsjc" else lines)
    return path


def plain(path: Path) -> dict:
    """What the standard library reads: metadata and `rows`."""
    if path.suffix == ".json":
        return json.loads(path.read_bytes())
    data = path.read_bytes()
    lines = (
        (zlib.decompress(data, 47) if path.suffix == ".dsjc" else data)
        .decode()
        .removesuffix("\n")
        .split("\n")
    )
    return json.loads(lines[0]) | {"rows": [json.loads(line) for line in lines[1:]]}


def both(
    folder: Path, frame: pd.DataFrame, *variables: Variable, keys: tuple = (), **types: str
) -> tuple[Path, Path]:
    """The transport file and the Dataset-JSON of one dataset."""
    xpt, json_ = folder / "dm.xpt", folder / "dm.json"
    written = write_xpt(
        xpt, frame, name="DM", label="Demographics", variables=list(variables), created=datetime(2025, 3, 9)
    )
    lengths = {variable.name: variable.length for variable in written.variables}
    columns = columns_of("DM", written.variables, types=types, lengths=lengths, keys=keys)
    write_json(json_, frame, ABOUT, columns)
    return xpt, json_

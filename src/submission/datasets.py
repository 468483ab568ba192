"""Dataset-JSON of every dataset of a package, beside module 5 [F.8]."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from clinical.errors import RunError
from clinical.files import make_folder
from clinical.study import LAYERS
from clinical.xpt import XptHead, read_xpt_head
from submission.contents import JSON, Contents, product_version
from submission.datasetjson import About, columns_of, write_dsjc, write_json, write_ndjson
from submission.datasetjson_compare import differences
from submission.define_model import Group, Item
from submission.layout import DEFINE

WRITERS = {"json": write_json, "ndjson": write_ndjson, "dsjc": write_dsjc}
AS_TEXT = ("date", "datetime")


def write_dataset_json(made: Contents) -> None:
    """`datasetjson/<layer>/<dataset>.<form>` of each dataset, the form being that of the plan.

    Raises: RunError package.json-differs where a file does not hold what its transport file holds.
    """
    for layer in LAYERS:
        if layer not in made.defines:
            continue
        items = {one.oid: one for one in made.defines[layer].items}
        done: set[str] = set()
        for group in made.defines[layer].groups:
            name = group.refs[0].item.split(".")[1]  # of a part, the whole dataset
            if group.has_data and name not in done:
                done.add(name)
                _write(made, layer, name, group, items)


def _write(made: Contents, layer: str, name: str, group: Group, items: dict[str, Item]) -> None:
    folder = made.target / JSON / layer
    make_folder(folder)
    path = folder / f"{name.lower()}.{made.plan.dataset_json}"
    xpt = made.run / "xpt" / layer / f"{name.lower()}.xpt"
    head = read_xpt_head(xpt)
    own = {one.name: one for one in (items[ref.item] for ref in group.refs)}
    keys = [items[ref.item].name for ref in sorted(group.refs, key=lambda ref: ref.key) if ref.key]
    columns = columns_of(
        name, head.variables, types=_types(head, own),
        lengths={one.name: one.length for one in head.variables}, keys=keys,
    )  # fmt: skip
    table = pq.read_table(made.run / layer / f"{name.lower()}.parquet", columns=[one.name for one in columns])
    WRITERS[made.plan.dataset_json](path, table, _about(made, layer, name, head), columns)
    for fault in differences(xpt, path):
        raise RunError("package.json-differs", made.study.name, file=path.name, problem=fault.text)


def _types(head: XptHead, items: dict[str, Item]) -> dict[str, str]:
    """The types of define.xml: integer or float of numbers, date or datetime of text that is always one."""
    found = {}
    for variable in head.variables:
        kind = items[variable.name].data_type
        if variable.type == "Num" or kind in AS_TEXT:
            found[variable.name] = kind
    return found


def _about(made: Contents, layer: str, name: str, head: XptHead) -> About:
    define = made.defines[layer]
    return About(
        fileOID=f"{made.study.id}.{layer}.{name}",
        studyOID=made.study.id,
        metaDataVersionOID=f"MDV.{made.study.id}.{layer}",
        metaDataRef=f"{Path('..') / '..' / made.places.layer(layer) / DEFINE}",
        itemGroupOID=f"IG.{name}",
        name=name,
        label=head.label,
        created=define.created,
        originator="cdiscflow",
        sourceSystem=("cdiscflow", product_version()),
    )

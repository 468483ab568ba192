"""What the measured processes do: `python -m bench.work NAME ARGUMENTS`. The last line printed is JSON."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

MAPPINGS = Path(__file__).parents[1] / "mappings"
OWN = {"pilot": Path(__file__).parent / "pilot"}  # studies that are only measured


def raw_to_sdtm(study: str, folder: str, domains: str) -> dict:
    """Domains of a study from its extract to Parquet, lineage and XPT; `all`: every one of them."""
    every = sorted(path.stem.upper() for path in (MAPPINGS / study / "sdtm").glob("*.yml"))
    found, _ = derived(study, folder, every if domains == "all" else domains.split(","))
    spent = {}
    with tempfile.TemporaryDirectory() as place:
        start = time.process_time()
        for output in found.outputs.values():
            write(output, Path(place))
        spent["writing"] = time.process_time() - start
    return {"rows": sum(len(output.frame) for output in found.outputs.values()), "seconds": spent}


def datasets(study: str, folder: str, names: str) -> dict:
    """Some analysis datasets from SDTM in memory: seconds of their own steps and of all that follows them."""
    wanted = names.split(",")
    found, seconds = derived(study, folder, wanted)
    rows = {name: len(found.outputs[name].frame) for name in wanted}
    whole = sum(seconds.get(name, 0) for name in (*wanted, "outputs"))
    return {"rows": rows, "seconds": {name: seconds[name] for name in wanted}, "whole": whole}


def odm_to_frames(path: str) -> dict:
    """An ODM file to a Parquet file for each form."""
    import pyarrow as pa
    from pyarrow import parquet

    from edc.odm.read import read_odm

    items = 0
    file = read_odm(Path(path), "odm.xml")
    with tempfile.TemporaryDirectory() as place:
        for form in file.forms:
            frame = file.collected(form).frame
            plain = [name for name in frame if name[0] == "X" and "_" not in name]
            items += int(frame[plain].notna().to_numpy().sum())
            table = pa.Table.from_pandas(frame, preserve_index=False)
            parquet.write_table(table, Path(place) / f"{form}.parquet")
    return {"items": items}


def derived(study: str, folder: str, names: tuple[str, ...] | list[str]) -> tuple[object, dict[str, float]]:
    """The datasets named, and CPU seconds by dataset; `outputs` is what is done outside the steps."""
    from clinical.check import check_study
    from clinical.derive import derive
    from clinical.study import load_study
    from edc.read import read_extract

    plan = check_study(load_study(OWN.get(study, MAPPINGS / study), MAPPINGS / "library"))
    frames = read_extract(Path(folder), plan.study.forms, plan.study.config).frames
    seconds: dict[str, float] = {}

    def around(step: object, run: object) -> object:
        start = time.process_time()
        answer = run()
        seconds[step.dataset] = seconds.get(step.dataset, 0) + time.process_time() - start
        return answer

    start = time.process_time()
    cut = str(plan.study.config["data_cut"])
    found = derive(plan, frames, "" if cut == "none" else cut, only=names, around=around)
    if found.stopped:
        raise SystemExit(str(found.stopped))
    seconds["outputs"] = time.process_time() - start - sum(seconds.values())
    return found, seconds


def in_groups(study: str, folder: str, place: str, persons: str = "6000") -> dict:
    """Every dataset in groups of buckets: the hash of all pieces, and the peak MB of this process and of a
    worker.
    """
    import resource

    from cdiscflow.groups import Groups, derive_in_groups
    from cdiscflow.memory import people_of
    from cdiscflow.runners import runner_of
    from clinical.check import check_study
    from clinical.files import file_hash
    from clinical.fingerprint import STUDY_BUCKET, hash_of
    from clinical.study import load_study
    from edc.read import read_extract

    plan = check_study(load_study(MAPPINGS / study, MAPPINGS / "library"))
    frames = read_extract(Path(folder), plan.study.forms, plan.study.config).frames
    frames, people = people_of(frames, None)
    everybody = {STUDY_BUCKET, *range(people.count)}
    names = sorted(name for name, spec in plan.study.datasets.items() if spec.scope != "study")
    groups = Groups(Path(place), int(persons), runner_of())
    found = derive_in_groups(plan, frames, "2025-08-15", people, names, everybody, groups)
    if found.stopped:
        raise SystemExit(str(found.stopped))
    indexes = {
        path.parts[-3]: file_hash(path) for path in sorted(Path(place).glob("group-*/made/index.json"))
    }
    kinds = {"leader": resource.RUSAGE_SELF, "worker": resource.RUSAGE_CHILDREN}
    peaks = {name: resource.getrusage(kind).ru_maxrss / 1024 for name, kind in kinds.items()}
    return {"pieces": hash_of(indexes), "groups": len(indexes), **peaks}


def write(output: object, folder: Path) -> None:
    """A dataset as Parquet with its lineage, and as XPT."""
    from clinical.store import schema_of, write_parquet
    from clinical.xpt import Variable, write_xpt

    name = output.name.lower()
    write_parquet(folder / f"{name}.parquet", output.frame, {v.name: v.type for v in output.variables})
    write_parquet(folder / "lineage" / f"{name}.parquet", output.lineage, schema_of(output.lineage))
    variables = [Variable(v.name, v.label, "Char" if v.type == "Char" else "Num") for v in output.variables]
    path = folder / f"{name}.xpt"
    about = {"name": output.name, "label": output.label, "variables": variables}
    write_xpt(path, output.frame, **about, created=datetime(2025, 1, 1))


if __name__ == "__main__":
    known = (raw_to_sdtm, datasets, odm_to_frames, in_groups)
    print(json.dumps({each.__name__: each for each in known}[sys.argv[1]](*sys.argv[2:])))

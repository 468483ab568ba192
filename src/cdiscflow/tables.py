"""Writes a study's displays, if it has any, into the run."""

from __future__ import annotations

from clinical.check import Plan
from clinical.derive import Derived
from clinical.fingerprint import hash_of
from clinical.run import Run


def write_displays(plan: Plan, derived: Derived, run: Run, cut: str) -> list[str]:
    """The files of every display whose datasets were built; their names.

    The footer names the data cut and the hash of the datasets read: no clock and no run id, so that unchanged data
    gives unchanged bytes.
    """
    folder = plan.study.folder / "tlf"
    if not folder.is_dir():
        return []
    from clinical.store import content_hash
    from tlf.run import make_displays

    adam = {name: output.frame for name, output in derived.outputs.items() if output.layer == "adam"}
    content = hash_of({name: content_hash(frame) for name, frame in adam.items()})
    displays = make_displays(plan.study.config, folder, adam, {"cut": cut, "hash": content[:12]})
    for name, data in displays.files.items():
        run.write_bytes(f"tlf/{name}", data)
    run.write_frame("tlf/results.parquet", displays.results)
    run.write_frame("tlf/subjects.parquet", displays.subjects)
    return sorted(displays.files)

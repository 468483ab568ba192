"""Writes a study's displays, if it has any, into the run."""

from __future__ import annotations

from importlib.metadata import version

from clinical.check import Plan
from clinical.derive import Derived
from clinical.findings import no_findings
from clinical.run import Run
from clinical.store import Frame, content_hash


def write_displays(plan: Plan, derived: Derived, run: Run, cut: str) -> Frame:
    """Writes the files of every display whose datasets were built; gives the displays' findings.

    The footer names the data cut and the hash of the datasets read: no clock and no run id, so that unchanged
    data gives unchanged bytes.
    """
    folder = plan.study.folder / "tlf"
    if not folder.is_dir():
        return no_findings()
    from tlf.run import make_displays

    adam = {name: output.frame for name, output in derived.outputs.items() if output.layer == "adam"}
    footer = {
        "program": f"cdiscflow {version('cdiscflow')}",
        "data_cut": cut or "none",
        "datasets": {name: content_hash(frame) for name, frame in adam.items()},
    }
    displays = make_displays(plan.study.config, folder, adam, footer)
    for name, data in displays.files.items():
        run.write_bytes(f"tlf/{name}", data)
    run.write_frame("tlf/results.parquet", displays.results)
    run.write_frame("tlf/subjects.parquet", displays.subjects)
    return displays.findings

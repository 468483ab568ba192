"""100,000 subjects in groups: one process and two Dask workers make the same pieces."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measure import cost_of, made

NEEDS: dict[str, str] = {}
SUBJECTS = 99_996


def run() -> str:
    """Seconds and peak memory of the derivation with each runner; the pieces are the same."""
    said = []
    with TemporaryDirectory() as folder:
        extract = Path(folder) / "extract"
        made("spine", extract, SUBJECTS)
        for runner, workers in (("threads", 1), ("dask", 2)):
            settings = {"CDISCFLOW_RUNNER": runner, "CDISCFLOW_WORKERS": str(workers)}
            place = Path(folder) / runner
            arguments = ["-m", "bench.work", "in_groups", "rd1302", str(extract), str(place)]
            said.append((runner, workers, cost_of(arguments, **settings)))
    first, *others = (cost.said["pieces"] for _, _, cost in said)
    assert all(pieces == first for pieces in others), "the pieces differ"
    return "; ".join(
        f"{runner} with {workers}: {cost.wall:.0f} s, {cost.seconds:.0f} CPU s, "
        f"{1000 * cost.wall / SUBJECTS:.1f} ms a subject, "
        f"{cost.said['leader']:.0f} MB in the leading process, {cost.said['worker']:.0f} MB in a worker"
        for runner, workers, cost in said
    )

"""1,000 to 100,000 subjects in groups: one process and two Dask workers make the same pieces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measure import Cost, cost_of, made

NEEDS: dict[str, str] = {}
SUBJECTS_A_GROUP = {1_000: 250, 9_996: 2_500, 99_996: 6_000}
RUNNERS = (("threads", 1), ("dask", 2))


def run() -> str:
    """Seconds and peak memory of reading and deriving with each runner; the pieces are the same."""
    said = []
    for subjects in SUBJECTS_A_GROUP:
        costs = dict(derived(subjects))
        pieces = {cost.said["pieces"] for cost in costs.values()}
        assert len(pieces) == 1, f"the pieces of {subjects:,} subjects differ"
        groups = next(iter(costs.values())).said["groups"]
        said += [f"{subjects:,} in {groups} groups", *(in_words(*one, subjects) for one in costs.items())]
    return "; ".join(said)


def derived(subjects: int) -> Iterator[tuple[str, Cost]]:
    """What deriving so many subjects costs with each runner."""
    with TemporaryDirectory() as folder:
        extract = Path(folder) / "extract"
        made("spine", extract, subjects)
        for runner, workers in RUNNERS:
            settings = {"CDISCFLOW_RUNNER": runner, "CDISCFLOW_WORKERS": str(workers)}
            place = Path(folder) / runner
            of = ["rd1302", str(extract), str(place), str(SUBJECTS_A_GROUP[subjects])]
            yield f"{runner} with {workers}", cost_of(["-m", "bench.work", "in_groups", *of], **settings)


def in_words(runner: str, cost: Cost, subjects: int) -> str:
    """The cost of one runner."""
    took = f"{cost.wall:.0f} s, {cost.seconds:.0f} CPU s, {1000 * cost.wall / subjects:.1f} ms a subject"
    return f"{runner}: {took}, {cost.said['leader']:.0f} MB leading, {cost.said['worker']:.0f} MB a worker"

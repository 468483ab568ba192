"""Every wrong line that is planted in ADRS and ADTTE is seen by the second implementation."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.studies.second_plants import PLANTS, Plant, differences

NEEDS: dict[str, str] = {}


def run() -> str:
    """Raises AssertionError with the plants that nobody saw."""
    with ThreadPoolExecutor(2) as pool:
        found = dict(
            zip(["none", *(one.what for one in PLANTS)], pool.map(_tried, [None, *PLANTS]), strict=True)
        )
    assert found.pop("none") == 0
    unseen = [what for what, count in found.items() if not count]
    assert unseen == [], unseen
    return (
        f"{len(found)} wrong lines, each seen: {min(found.values())} to {max(found.values())} values differ"
    )


def _tried(plant: Plant | None) -> int:
    with tempfile.TemporaryDirectory(prefix="cdiscflow-") as folder:
        return differences(Path(folder), plant)

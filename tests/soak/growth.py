"""A first run over the endpoint forms of nearly 100,000 subjects stays within memory (architecture.md, 8)."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from bench.rows import growth_100000

NEEDS: dict[str, str] = {}


def run() -> str:
    """CPU seconds and peak memory of the run."""
    with TemporaryDirectory() as folder:
        (line,) = growth_100000(Path(folder))
    assert line.peak <= line.most, f"{line.peak:.0f} MB"
    return f"{line.work}: {line.seconds:.0f} CPU s, {line.peak:.0f} MB"

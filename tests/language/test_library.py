"""The small library of the conformance cases says nothing that the product's library does not."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cdiscflow.home import CHECKOUT
from cdiscflow.selftest import FOLDER

SMALL = FOLDER / "library"
FILES = sorted(path.relative_to(SMALL).as_posix() for path in SMALL.rglob("*.csv"))


def rows(path: Path) -> set[tuple]:
    """Rows as sets of cells; what is required is left out, because a case states only what it is about."""
    with path.open(encoding="utf-8", newline="") as lines:
        return {tuple(sorted((k, v) for k, v in row.items() if k != "core")) for row in csv.DictReader(lines)}


@pytest.mark.parametrize("name", FILES)
def test_every_row_is_a_row_of_the_library(name):
    assert rows(SMALL / name) <= rows(CHECKOUT / "mappings" / "library" / name)

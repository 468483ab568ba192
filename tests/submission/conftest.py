"""The package that tests of the gate and of its documents look at, and copies of it to break."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cdiscflow.home import Home
from clinical.packages import packages_of
from submission.tree import Tree, open_tree
from tests.submission.packed import STUDY, packed_home


@pytest.fixture(scope="session")
def packing(tmp_path_factory) -> Home:
    """The home with one run of rd1302 and its draft package; tests only look at it."""
    base = tmp_path_factory.getbasetemp()
    return packed_home((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "packed")


@pytest.fixture(scope="session")
def package(packing) -> Path:
    """The draft package."""
    return packages_of(packing.outputs / STUDY)[0]


@pytest.fixture(scope="session")
def tree(package) -> Tree:
    """The draft package as the gate sees it."""
    return open_tree(package)

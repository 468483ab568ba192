"""A home with the toy study, never run, and its specs as a workbook."""

from __future__ import annotations

from functools import partial

import pytest

from tests.homes import command, enter, little_home


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with the toy study, never run."""
    made = little_home(tmp_path / "home")
    enter(made, monkeypatch)
    return made


@pytest.fixture
def run(capsys):
    return partial(command, capsys)


@pytest.fixture
def book(home, run, tmp_path):
    """The exported workbook of the toy study."""
    path = tmp_path / "specs.xlsx"
    assert run("spec", "export", "mini", str(path)).code == 0
    return path

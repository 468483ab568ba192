"""A bar where somebody looks, nothing elsewhere."""

from __future__ import annotations

import io

import pytest

from cdiscflow.home import home as home_of
from cdiscflow.progress import progress
from clinical.graph import Step


class Terminal(io.StringIO):
    """Where somebody looks."""

    def isatty(self) -> bool:
        return True


def steps(bar) -> list[object]:
    """Three steps of two datasets run."""
    found = []
    bar.say("mini: reading extract demo")
    for step in (Step("DM", 1, ()), Step("EX", 1, ()), Step("DM", 2, ())):
        found.append(bar.around(step, lambda step=step: f"{step.dataset} {step.number}"))
    return found


def test_on_a_terminal_a_bar_counts_the_datasets_and_names_the_step(seen, monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with progress(home_of(), "mini") as bar:
        assert steps(bar) == ["DM 1", "EX 1", "DM 2"]
        bar.draw.refresh()
        drawn = screen.getvalue()
    assert "mini" in drawn
    assert "2/6" in drawn
    assert "DM, step 2" in drawn


def test_elsewhere_nothing_is_written(seen, capsys):
    with progress(home_of(), "mini") as bar:
        assert steps(bar) == ["DM 1", "EX 1", "DM 2"]
    assert capsys.readouterr() == ("", "")


def test_a_step_that_fails_fails_under_the_bar_too(seen, monkeypatch):
    monkeypatch.setattr("sys.stdout", Terminal())
    with pytest.raises(ZeroDivisionError), progress(home_of(), "mini") as bar:
        bar.around(Step("DM", 1, ()), lambda: 1 // 0)

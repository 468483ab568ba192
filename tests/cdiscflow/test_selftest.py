"""`cdiscflow selftest`: installation qualification from the installed package, and its outcome."""

from __future__ import annotations

import shutil

import pytest

from cdiscflow import selftest


@pytest.fixture
def cases(tmp_path, monkeypatch):
    """The cases of one word alone, in a folder to change."""
    shutil.copytree(selftest.FOLDER / "library", tmp_path / "library")
    shutil.copy(selftest.FOLDER / "bin.yml", tmp_path)
    monkeypatch.setattr(selftest, "FOLDER", tmp_path)
    selftest.cases.cache_clear()
    yield tmp_path / "bin.yml"
    selftest.cases.cache_clear()


def test_cases_that_pass_are_counted(cases, run):
    count = cases.read_text("utf-8").count("    lines: |\n")
    answer = run("selftest")
    assert count > 3
    assert (answer.code, answer.out) == (0, f"{count} passed, 0 failed\n")


def test_a_case_that_fails_is_named_with_its_line_and_the_installation_is_not_qualified(cases, run):
    text = cases.read_text("utf-8")
    count = text.count("    lines: |\n")
    cases.write_text(text.replace("P1      | 2      | 18-64", "P1      | 2      | 65-99"), "utf-8")
    answer = run("selftest")
    lines = answer.out.splitlines()
    assert answer.code == 1
    assert lines[0] == "bin.yml:12: bin: a class begins at its cut and ends before the next one"
    assert lines[-1] == f"{count - 1} passed, 1 failed"

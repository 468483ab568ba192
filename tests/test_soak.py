"""`make soak`: parts are found, what is missing is named, results are kept."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.soak import __main__ as soak


def test_the_parts_are_the_modules_of_the_folder_and_each_says_what_it_needs():
    found = soak.parts()
    assert {"determinism", "kills", "server"} <= set(found)
    assert all(isinstance(part.NEEDS, dict) and callable(part.run) for part in found.values())


def test_a_command_that_is_missing_is_named_with_its_debian_package_and_nothing_runs(monkeypatch, capsys):
    part = SimpleNamespace(NEEDS={"no-such-browser": "chromium"}, run=lambda: pytest.fail("it ran"))
    monkeypatch.setattr(soak, "parts", lambda: {"pages": part})
    assert soak.main(["pages"]) == 1
    assert capsys.readouterr().err == "no-such-browser is missing: install the Debian package chromium\n"


def test_a_part_that_does_not_exist_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(soak, "parts", lambda: {"kills": None, "server": None})
    assert soak.main(["kils"]) == 1
    assert capsys.readouterr().err == "no part called kils; there are kills, server\n"


def test_the_last_result_of_each_part_is_kept_with_its_commit_and_date(monkeypatch, tmp_path):
    monkeypatch.setattr(soak, "RESULTS", tmp_path / "soak.md")
    counted = iter(["3 kills", "50 kills"])
    monkeypatch.setattr(
        soak,
        "parts",
        lambda: {
            "kills": SimpleNamespace(NEEDS={}, run=lambda: next(counted)),
            "server": SimpleNamespace(NEEDS={}, run=lambda: "5 runs"),
        },
    )
    assert soak.main(["all"]) == 0
    assert soak.main(["kills"]) == 0
    lines = [line for line in (tmp_path / "soak.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    assert [(line.split(" | ")[0], line.split(" | ")[-1]) for line in lines[1:]] == [
        ("| kills", "50 kills |"),
        ("| server", "5 runs |"),
    ]
    assert all(soak.commit() in line for line in lines[1:])


def test_a_part_that_does_not_hold_fails_and_the_others_still_run(monkeypatch, tmp_path, capsys):
    def broken() -> str:
        raise AssertionError("a run was lost")

    monkeypatch.setattr(soak, "RESULTS", tmp_path / "soak.md")
    monkeypatch.setattr(
        soak,
        "parts",
        lambda: {
            "kills": SimpleNamespace(NEEDS={}, run=broken),
            "server": SimpleNamespace(NEEDS={}, run=lambda: "5 runs"),
        },
    )
    assert soak.main([]) == 1
    assert "kills: FAILED" in capsys.readouterr().out
    assert "5 runs" in (tmp_path / "soak.md").read_text("utf-8")
    assert "| 0 | FAILED: a run was lost |" in (tmp_path / "soak.md").read_text("utf-8")

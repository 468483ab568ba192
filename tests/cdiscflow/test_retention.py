"""`cdiscflow retain` and `keep_runs`, `keep_days` of study.yml: what is removed, what never is, the line."""

from __future__ import annotations

import pytest

from cdiscflow.home import home as home_of
from cdiscflow.retention import retain_as_said, surplus_runs
from clinical.audit import append_audit
from clinical.lock import study_lock
from clinical.run import RUNS

DAY = "2025-06-{:02}T02:00:00Z"


def night(outputs, day: int, accepted: bool = True) -> str:
    """A run of that day of June in trail and folder; the last accepted one is the one that latest shows."""
    run = f"r{day:02}"
    (outputs / RUNS / run).mkdir(parents=True)
    told = {"run": run, "accepted": accepted, "started": DAY.format(day), "status": "complete"}
    append_audit(outputs, "run", "jane", "nightly run", {}, told)
    if accepted:
        (outputs / "latest").unlink(missing_ok=True)
        (outputs / "latest").symlink_to(f"{RUNS}/{run}")
    return run


@pytest.fixture
def nights(tmp_path):
    """Runs of 1, 2, 3, 4 and 5 June; the last two had stops and were not accepted."""
    outputs = tmp_path / "mini"
    with study_lock(outputs, "a test"):
        for day in range(1, 6):
            night(outputs, day, accepted=day < 4)
        yield outputs


@pytest.mark.parametrize(
    ("runs", "days", "removed"),
    [
        (5, 0, []),
        (4, 0, ["r01"]),
        (1, 0, ["r01", "r02", "r04"]),  # latest shows r03, r05 is the newest
        (0, 5, []),  # 1 June 02:00 is exactly five days ago
        (0, 4, ["r01"]),
        (4, 3, ["r01"]),
        (2, 4, ["r01"]),  # whatever one of the two keeps stays
        (1, 1, ["r01", "r02", "r04"]),
    ],
)
def test_a_run_goes_when_no_limit_keeps_it_and_nothing_needs_it(nights, runs, days, removed):
    assert surplus_runs(nights, runs, days, DAY.format(6)) == removed


def test_days_are_counted_to_the_second(nights):
    assert surplus_runs(nights, 0, 5, "2025-06-06T02:00:01Z") == ["r01"]


def test_a_run_with_a_package_stays(nights):
    append_audit(nights, "package", "jane", "draft package", {"run": "r01"}, {"package": "draft-r01"})
    assert surplus_runs(nights, 1, 0, DAY.format(6)) == ["r02", "r04"]


def test_a_run_that_was_removed_is_not_removed_again(nights):
    (nights / RUNS / "r01").rmdir()
    assert surplus_runs(nights, 3, 0, DAY.format(6)) == ["r02"]


REASON = "the site corrected a dose"


@pytest.fixture
def three(home, run):
    """A home whose study has three runs; their ids."""
    for _ in range(2):
        assert run("rederive", "mini", "--dataset", "EX", "--reason", REASON).code == 0
    return [line["outputs"]["run"] for line in home.audit()]


def kept(home) -> list[str]:
    """The runs that are there."""
    return sorted(path.name for path in (home.outputs / RUNS).iterdir())


def test_the_command_removes_with_a_line_that_says_who_and_why_and_the_trail_holds(home, run, three):
    answer = run("retain", "mini", "--keep-runs", "2", "--who", "Jane Doe")
    assert (answer.code, answer.out) == (
        0,
        f"mini: removed {three[0]}; its lines stay in the audit trail\n",
    )
    assert kept(home) == sorted(three[1:])
    line = home.audit()[-1]
    assert (line["event"], line["who"]) == ("retention", "Jane Doe")
    assert line["why"] == "kept are the newest 2 runs and those of the last 0 days (0: no such limit)"
    assert line["outputs"] == {"run": three[0], "removed": True}
    assert run("verify", "mini").code == 0
    assert run("retain", "mini", "--keep-runs", "2").out == "mini: no run was removed\n"


def test_without_a_number_nothing_is_removed(home, run, three):
    answer = run("retain", "mini")
    assert answer.code == 1
    assert answer.err.startswith("mini: nothing says which runs to keep: give --keep-runs")
    assert retain_as_said(home_of(), "mini", "jane") == []
    assert kept(home) == sorted(three)


def test_the_number_of_the_study_is_taken_by_command_and_flows(home, run, three):
    study = home.study / "study.yml"
    study.write_text(f"{study.read_text('utf-8')}\nkeep_runs: 1\n", "utf-8")
    assert retain_as_said(home_of(), "mini", "jane") == [
        f"mini: removed {each}; its lines stay in the audit trail" for each in three[:2]
    ]
    assert kept(home) == [three[2]]
    assert run("retain", "mini").out == "mini: no run was removed\n"


@pytest.mark.parametrize("given", ["0", "-1", "some", "[1]"])
def test_a_number_that_is_none_is_refused_by_check_and_by_the_command(home, run, given):
    study = home.study / "study.yml"
    study.write_text(f"{study.read_text('utf-8')}\nkeep_days: {given}\n", "utf-8")
    for command in ("check", "retain"):
        answer = run(command, "mini")
        assert answer.code == 1
        assert "keep_days is a whole number from 1, not '" in answer.err

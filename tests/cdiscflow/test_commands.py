"""The command line: help, what it imports, how it refuses."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from cdiscflow.cli import app

COMMANDS = sorted(each.name or each.callback.__name__ for each in app.registered_commands)
LOOK = """
import sys
from cdiscflow.cli import main
sys.argv = ["cdiscflow", *{arguments}]
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print(" ".join(sorted(sys.modules)))
"""


def modules_after(home, *arguments: str) -> set[str]:
    """The modules that a command has read when it ends, in a process of its own."""
    process = subprocess.run(
        [sys.executable, "-c", LOOK.format(arguments=arguments)], capture_output=True, text=True, check=True,
        env=home.environment(),
    )  # fmt: skip
    return set(process.stdout.splitlines()[-1].split())


def test_help_reads_no_package_that_is_slow_to_read(finished):
    slow = {
        "pandas",
        "numpy",
        "pyarrow",
        "scipy",
        "matplotlib",
        "jinja2",
        "rich.console",
        "great_expectations",
        "prefect",
    }
    assert slow & modules_after(finished, "--help") == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("findings", "mini"),
        ("explain", "mini", "DM"),
        ("verify",),
        ("build", "mini", "DM"),
        ("run", "mini"),
    ],
)
def test_only_a_run_with_something_to_do_reads_great_expectations_and_none_reads_prefect(finished, arguments):
    assert {"great_expectations", "prefect", "matplotlib"} & modules_after(finished, *arguments) == set()


def test_the_commands_are_those_of_the_handbook():
    said = (
        "build check compare diff explain findings inspect new-study package record-anew rederive retain run"
        " selftest shells"
    )
    assert [*said.split(), "simulate", "verify", "waive"] == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_says_what_it_does_and_what_each_argument_is(run, name):
    stated = typer.main.get_command(app).commands[name]
    assert [each.name for each in stated.params if not each.help] == []
    answer = run(name, "--help")
    assert answer.code == 0
    assert stated.help.splitlines()[0].split(":")[0] in " ".join(answer.out.split())


def test_a_command_that_does_not_exist_is_refused_with_exit_code_2(run):
    answer = run("dervie", "mini")
    assert answer.code == 2
    assert "No such command 'dervie'" in answer.err


@pytest.mark.parametrize(
    "arguments",
    [("run", "mimi"), ("check", "mimi"), ("build", "mimi", "DM"), ("verify", "mimi"), ("findings", "mimi"),
     ("package", "mimi", "--reason", "to look at it"),
     ("diff", "mimi"), ("explain", "mimi", "DM"), ("findings", "../mini"),
     ("retain", "mimi", "--keep-runs", "1"), ("record-anew", "mimi", "--why", "the trail was edited"),
     ("rederive", "mimi", "--dataset", "DM", "--reason", "the site corrected a dose")],
)  # fmt: skip
def test_a_study_that_does_not_exist_is_refused_in_one_line_with_those_that_do(run, seen, arguments):
    answer = run(*arguments)
    assert (answer.code, answer.err) == (1, f"{arguments[1]}: no such study; there are mini\n")


def test_what_the_machine_refuses_is_one_line_and_no_traceback(run, seen, tmp_path, monkeypatch):
    place = tmp_path / "outputs"
    place.write_text("a file where the folder should be")
    monkeypatch.setenv("CDISCFLOW_OUTPUTS", str(place))
    answer = run("run", "mini")
    assert (answer.code, answer.err) == (1, f"the machine refused: File exists ({place})\n")


def test_a_reader_that_goes_away_gets_no_traceback(finished):
    process = subprocess.Popen(
        [sys.executable, "-m", "cdiscflow.cli", "explain", "mini", "EX"], env=finished.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    process.stdout.close()
    assert (process.stderr.read(), process.wait(timeout=60)) == ("", 1)

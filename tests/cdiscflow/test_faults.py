"""What is told of a fault where values must not be told."""

from __future__ import annotations

import errno

import pytest

from cdiscflow.faults import Holding, is_of_the_machine, told
from cdiscflow.home import home
from clinical.errors import InputError, RunError, SpecError, SpecErrors


def raised_in_ours() -> Exception:
    """A fault of Python in the middle of our code, whose text holds a value."""
    with Holding() as held:
        home(root=7)
    return held.fault


def test_an_error_of_ours_is_told_as_it_is(tmp_path):
    fault = InputError("ask.who", "mini")
    assert told(fault, tmp_path) == "mini: a re-derivation needs the name of who asks"
    assert list(tmp_path.iterdir()) == []


def test_all_faults_of_the_specs_are_told(tmp_path):
    faults = SpecErrors([SpecError("flow.no-study", "a:1"), SpecError("flow.no-study", "b:2")])
    said = "there is no study: no folder under mappings/ has a study.yml"
    assert told(faults, tmp_path) == f"a:1: {said}\nb:2: {said}"


def test_what_the_machine_refuses_is_told_with_the_place(tmp_path):
    fault = OSError(errno.ENOSPC, "No space left on device", "outputs/mini")
    assert told(fault, tmp_path) == "the machine refused: No space left on device (outputs/mini)"


def test_what_python_says_may_hold_a_value_and_goes_to_a_file_beside_the_data(tmp_path):
    outputs = tmp_path / "mini"
    fault = raised_in_ours()
    place = told(fault, outputs).partition(" at ")[2].partition(";")[0]
    assert told(fault, outputs) == (
        f"a fault of the product: TypeError at {place}; what it says may hold data and is in mini/fault.txt "
        "of the outputs"
    )
    assert place.startswith("cdiscflow/home.py:")
    assert str(fault) in (outputs / "fault.txt").read_text("utf-8")
    assert (outputs / "fault.txt").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit])
def test_who_ends_the_program_is_not_held_back(raised):
    with pytest.raises(raised), Holding():
        raise raised


def test_only_faults_of_the_machine_are_worth_another_try():
    unreadable = InputError("ask.who", "mini")
    unreadable.__cause__ = OSError(errno.EIO, "Input/output error")
    assert [is_of_the_machine(each) for each in (OSError(), unreadable)] == [True, True]
    others = (InputError("ask.who", "mini"), RunError("run.no-lock", "mini"), ValueError(), None)
    assert not any(is_of_the_machine(each) for each in others)

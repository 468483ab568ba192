"""`cdiscflow explain STUDY DISPLAY ROW COLUMN`: how a cell of a finished run came about."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from cdiscflow.explain_walk import Frames
from cdiscflow.home import Home
from cdiscflow.runs import find_run, named, newer
from cdiscflow.tables import RESULTS, SUBJECTS
from clinical.errors import InputError
from clinical.frames import Frame
from clinical.names import closest
from clinical.run import read_frame

if TYPE_CHECKING:
    from clinical.study import Study
    from tlf.spec import Display

NUMBER = re.compile(r"[A-Z]+\d+(\.\d+)+[A-Za-z]?")


def is_display(name: str) -> bool:
    """Whether it is the number of a display, such as T14.2.1; a dataset has no dots."""
    return NUMBER.fullmatch(name) is not None


def explain_display(
    home: Home, study_name: str, name: str, asked: tuple[str, str, str, str], run_name: str = "latest"
) -> list[str]:
    """The run, then what there is to say of a cell; `asked` is its row, column, part and level.

    Raises: InputError where there is no such run, display, row, column, part or level.
    """
    from tlf.explain import Question, explain_cell

    study = home.load(study_name)
    run = find_run(home, study_name, run_name)
    display = _display(study, name)
    frames = Frames(run)
    read = {each: frame for each in display.datasets if (frame := frames.get(each)) is not None}
    results, subjects = saved(run)
    told = explain_cell(display, results, subjects, read, Question(*asked))
    return [named(study_name, run), *newer(study_name, run), *told]


def saved(run: Path) -> tuple[Frame, Frame]:
    """The results and subjects of all displays of a run.

    Raises: InputError for a run without displays.
    """
    files = Frames(run).files
    if RESULTS not in files or SUBJECTS not in files:
        raise InputError("ask.no-displays-of-run", run.parents[1].name, run=run.name)
    return read_frame(run, RESULTS), read_frame(run, SUBJECTS)


def displays_of(study: Study) -> dict[str, Display]:
    """The displays that the study's files state now."""
    from tlf.spec import read_displays

    folder = study.folder / "tlf"
    return read_displays(folder, study.config) if folder.is_dir() else {}


def _display(study: Study, name: str) -> Display:
    displays = displays_of(study)
    if name not in displays:
        near = closest(name, displays)
        hint = f"; did you mean {near}?" if near else f"; there is {', '.join(displays) or 'none'}"
        raise InputError("tlf.no-display", study.name, name=name, hint=hint)
    return displays[name]

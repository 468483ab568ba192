"""What can be said before a run: specs, headers of the raw files; and one dataset of one subject."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from cdiscflow.home import Home, cut_day, newest_extract
from clinical.check import check_study
from clinical.derive import derive
from clinical.errors import InputError, SpecErrors
from clinical.frames import as_text
from edc.read import check_headers, read_extract


def check_specs(home: Home, study_name: str, say: Callable[[str], None]) -> Iterator[str]:
    """Every fault of a study's specs, and of the headers of its newest extract."""
    try:
        study = home.load(study_name)
        plan = check_study(study)
    except SpecErrors as faults:
        yield from map(str, faults.errors)
        return
    except InputError as fault:
        yield str(fault)
        return
    faults = 0
    try:
        folder = newest_extract(home, study).folder
    except InputError:
        say(f"{study_name}: no extract to look at")
    else:
        for fault in check_headers(folder, study.forms).values():
            faults += 1
            yield f"{study_name}: {fault}"
    if not faults:
        steps = len(plan.graph.steps)
        say(
            f"{study_name}: {len(study.forms)} forms, {len(study.datasets)} datasets, {steps} steps: all fine"
        )


def build_one(home: Home, study_name: str, dataset: str, subject: str, cut: str = "") -> str:
    """One dataset as text, of the subjects whose number ends as `subject`."""
    study = home.load(study_name)
    plan = check_study(study)
    if dataset not in study.datasets:
        raise InputError("ask.no-dataset", study_name, dataset=dataset)
    delivery = newest_extract(home, study)
    extract = read_extract(delivery.folder, study.forms, study.config)
    frames = {name: _of_subject(frame, subject) for name, frame in extract.frames.items()}
    found = derive(plan, frames, cut_day(study.config, delivery, cut), only=[dataset])
    if dataset in found.stopped:
        return found.stopped[dataset]
    return table_text(found.outputs[dataset].frame)


def _of_subject(frame: pd.DataFrame, subject: str) -> pd.DataFrame:
    if not subject:
        return frame
    return frame[frame["USUBJID"].str.endswith(subject).fillna(False)].reset_index(drop=True)


def table_text(frame: pd.DataFrame) -> str:
    """A frame as plain text, a line a record; columns without any value are left out."""
    shown = pd.DataFrame(
        {name: as_text(frame[name]).fillna("") for name in frame if frame[name].notna().any()}
    )
    return shown.to_string(index=False) if len(shown) else "no records"

"""What can be said before a run: specs, headers of the raw files; and one dataset of one subject."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pandas as pd

from cdiscflow.gates import study_rules
from cdiscflow.home import Home, cut_day, newest_extract
from cdiscflow.shells import variables_of
from cdiscflow.stops import cause_of, stops_of
from cdiscflow.waivers import read_waivers
from clinical.check import check_study
from clinical.derive import derive
from clinical.errors import ClinicalError, InputError, SpecError, SpecErrors
from clinical.findings import no_findings
from clinical.frames import as_text
from clinical.names import closest
from clinical.read import read_yaml
from clinical.resolve import Names
from clinical.settings import unread_settings
from clinical.study import Study
from edc.read import check_headers, read_extract
from tlf.agreements import read_agreements
from tlf.profile_spec import read_profile
from tlf.run import unknown_names
from tlf.shells import empty_frame
from tlf.spec import display_node, read_displays

SHOWN = 5


def check_specs(home: Home, study_name: str, say: Callable[[str], None]) -> Iterator[str]:
    """Every fault of a study's specs, rules and displays, and of the headers of its newest extract."""
    try:
        study = home.load(study_name)
        plan = check_study(study)
    except (ClinicalError, SpecErrors) as fault:
        yield from _lines(fault)
        return
    faults = [
        *_faults(lambda: study_rules(home, plan)),
        *_faults(lambda: check_displays(home, study)),
        *_faults(lambda: read_profile(study.folder / "tlf")),
        *_faults(lambda: read_waivers(home, study.name)),
    ]
    if not faults:
        faults += map(str, unread_in(home, study))
    try:
        folder = newest_extract(home, study).folder
    except InputError:
        say(f"{study_name}: no extract to look at")
    else:
        faults += [f"{study_name}: {fault}" for fault in check_headers(folder, study.forms).values()]
    yield from faults
    if not faults:
        forms, datasets, steps = len(study.forms), len(study.datasets), len(plan.graph.steps)
        say(f"{study_name}: {forms} forms, {datasets} datasets, {steps} steps: all fine")


def check_displays(home: Home, study: Study) -> None:
    """Reads every display and agreement, and looks for what they read among the variables of the study.

    Raises: SpecErrors with the first fault of every file of a display; then with those of the agreements.
    """
    displays = read_displays(study.folder / "tlf", study.config)
    if faults := list(unknown_names(displays.values(), _empty_frames(study))):
        raise SpecErrors(faults)
    read_agreements(home.validation / study.name / "tlf", displays)


def _empty_frames(study: Study) -> dict[str, pd.DataFrame]:
    """Every dataset of a study with its variables, those of its supplemental dataset too, and no record."""
    names, frames = Names(study), {}
    for name, standard in variables_of(study).items():
        if name in study.datasets:
            supp = study.datasets[name].supp
            own = [one for one in standard.variables if one in supp or names.has(name, one)]
            frames[name] = empty_frame(standard, [*own, "USUBJID"])
    return frames


def unread_in(home: Home, study: Study) -> Iterator[SpecError]:
    """The settings of a study that no dataset, program, display or rule of it reads."""
    displays = [display_node(path, study.folder.parent) for path in (study.folder / "tlf").glob("*.yml")]
    rules = (home.validation / study.name).glob("*/*.yml")
    yield from unread_settings(study, [*displays, *(read_yaml(path) for path in rules)])


def _faults(read: Callable[[], object]) -> list[str]:
    try:
        read()
    except (ClinicalError, SpecErrors) as fault:
        return _lines(fault)
    return []


def _lines(fault: ClinicalError | SpecErrors) -> list[str]:
    return [str(each) for each in (fault.errors if isinstance(fault, SpecErrors) else [fault])]


def unknown_dataset(study: str, dataset: str, known: Iterable[str]) -> InputError:
    """The refusal of a dataset that the specs do not state, with the name that was meant."""
    near = closest(dataset, known)
    return InputError(
        "ask.dataset-unknown", study, dataset=dataset, hint=f"; did you mean {near}?" if near else ""
    )


def build_one(home: Home, study_name: str, dataset: str, subject: str | None, cut: str = "") -> str:
    """One dataset as text, of the subjects whose number ends as `subject`; what it needs is built too.

    Raises: InputError for a dataset or a subject there is none of, or an empty one; DerivationError where the
            dataset stops.
    """
    study = home.load(study_name)
    if subject is not None and not subject.strip():
        raise InputError("ask.subject-empty", study_name)
    plan = check_study(study)
    parent = dataset.removeprefix("SUPP")
    if parent not in study.datasets:
        raise unknown_dataset(study_name, dataset, study.datasets)
    delivery = newest_extract(home, study)
    day = cut_day(study.config, delivery, cut)
    extract = read_extract(delivery.folder, study.forms, study.config)
    person = person_asked(study, subject or "")
    frames = {name: _of_subject(frame, person) for name, frame in extract.frames.items()}
    if subject and not any(map(len, frames.values())):
        raise InputError("ask.subject-unknown", study_name, subject=subject)
    found = derive(plan, frames, day, only=[parent])
    if dataset not in found.outputs:
        causes = stops_of(plan, found, extract.refused, no_findings())
        reason = cause_of(causes, parent) or "no qualifiers"
        raise InputError("ask.not-built", study_name, dataset=dataset, reason=reason)
    return table_text(found.outputs[dataset].frame)


def person_asked(study: Study, subject: str) -> str:
    """The number a person is known by, for any of its screening numbers (the end of one is enough)."""
    rescreened = study.setting("subject.rescreened") or {}
    known = next((str(new) for old, new in rescreened.items() if subject and old.endswith(subject)), subject)
    return known if known == subject else person_asked(study, known)


def one_person(study: Study, people: Iterable[str], subject: str) -> str:
    """The USUBJID of the one person whose number, or screening number before, ends as asked.

    Ties:   a number that ends so with whole parts, as 01-004 with 004, is meant before one such as 01-1004.
    Raises: InputError for an empty number, for one of nobody and for one that fits several persons.
    """
    if not subject.strip():
        raise InputError("ask.subject-empty", study.name)
    known = sorted(set(people))
    numbers = {each: each for each in known}
    for old in study.setting("subject.rescreened") or {}:
        numbers |= {str(old): each for each in known if each.endswith(person_asked(study, str(old)))}
    fits = {number: person for number, person in numbers.items() if number.endswith(subject)}
    whole = {person for number, person in fits.items() if number == subject or not _inside(number, subject)}
    found = sorted(whole or set(fits.values()))
    if not found:
        raise InputError("ask.subject-unknown", study.name, subject=subject)
    if len(found) > 1:
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        shown = ", ".join(found[:SHOWN]) + more
        raise InputError("ask.subject-several", study.name, subject=subject, shown=shown)
    return found[0]


def _inside(number: str, end: str) -> bool:
    """Whether an end begins within a part of a number."""
    before = number[: len(number) - len(end)]
    return before[-1:].isalnum() and end[:1].isalnum()


def _of_subject(frame: pd.DataFrame, subject: str) -> pd.DataFrame:
    if not subject:
        return frame
    return frame[frame["USUBJID"].str.endswith(subject).fillna(False)].reset_index(drop=True)


def table_text(frame: pd.DataFrame) -> str:
    """A frame as text: what is the same in all records, then a line a record; no empty columns."""
    shown = {name: as_text(frame[name]).fillna("") for name in frame if frame[name].notna().any()}
    if len(frame) == 1:
        width = max(map(len, shown))
        return "\n".join(f"{name:{width}s}  {values[0]}" for name, values in shown.items())
    same = {name: values[0] for name, values in shown.items() if len(frame) and values.eq(values[0]).all()}
    rest = pd.DataFrame({name: values for name, values in shown.items() if name not in same})
    head = [
        f"{len(frame)} records" + (" with " + ", ".join(f"{n}={v}" for n, v in same.items()) if same else "")
    ]
    return "\n".join(head + ([rest.to_string(index=False)] if len(rest.columns) and len(rest) else []))

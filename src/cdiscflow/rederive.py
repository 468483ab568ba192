"""A data manager's request to rebuild datasets: checked before anything runs."""

from __future__ import annotations

from cdiscflow.checking import person_asked, unknown_dataset
from cdiscflow.home import Home
from cdiscflow.pipeline import Request
from clinical.audit import SHORTEST_NAME, SHORTEST_REASON
from clinical.errors import InputError
from clinical.study import LAYERS


def rederive_request(
    home: Home, study: str, datasets: list[str], subjects: list[str], reason: str, who: str, cut: str = ""
) -> Request:
    """The request, if it says what, why and who.

    Raises: InputError for a reason under ten characters, nobody's name, an unknown dataset or none.
    """
    specs = home.load(study)
    known = specs.datasets
    if len(reason.strip()) < SHORTEST_REASON:
        raise InputError("ask.reason", study, shortest=SHORTEST_REASON)
    if len(who.strip()) < SHORTEST_NAME:
        raise InputError("ask.who", study)
    if not datasets:
        raise InputError("ask.no-dataset-named", study)
    for name in datasets:
        if name not in known:
            raise unknown_dataset(study, name, known)
    persons = tuple(person_asked(specs, subject) for subject in subjects)
    return Request(who.strip(), reason.strip(), "rederive", True, tuple(datasets), persons, cut)


def dataset_names(home: Home, study: str) -> list[str]:
    """The datasets of a study by the names of their spec files: the form needs no spec to be right."""
    return sorted(
        path.stem.upper() for layer in LAYERS for path in (home.mappings / study / layer).glob("*.yml")
    )

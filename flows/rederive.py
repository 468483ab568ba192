"""A data manager's request from the Prefect page: datasets, subjects, cut, reason."""

from __future__ import annotations

from datetime import date
from enum import Enum

from prefect import flow
from prefect.states import State
from pydantic import BaseModel, Field

from cdiscflow.home import home
from cdiscflow.rederive import dataset_names, rederive_request
from clinical.audit import LONGEST_REASON, SHORTEST_NAME, SHORTEST_REASON
from flows.notify import tell_crash
from flows.shared import outcome, run_one


def _choices(name: str, values: list[str]) -> type[Enum]:
    return Enum(name, {value: value for value in values}, type=str)


_home = home()
Study = _choices("Study", _home.studies())
Dataset = _choices("Dataset", sorted({d for study in _home.studies() for d in dataset_names(_home, study)}))


class Rederive(BaseModel):
    """Datasets to derive anew, and what follows from them; who asks and why is kept for ever."""

    study: Study = Field(title="Study")
    datasets: list[Dataset] = Field(title="Datasets", min_length=1)
    subjects: list[str] = Field(default_factory=list, title="Subjects (empty: all)")
    cut: date | None = Field(None, title="Data cut (empty: as study.yml says)")
    reason: str = Field(
        min_length=SHORTEST_REASON, max_length=LONGEST_REASON, title="Reason (no subject data)"
    )
    requested_by: str = Field(min_length=SHORTEST_NAME, title="Requested by")


@flow(name="rederive", persist_result=False, on_crashed=[tell_crash])
def rederive(request: Rederive) -> State:
    """Rebuilds the named datasets and what follows from them; who and why go into the audit trail."""
    here = home()
    study, cut = request.study.value, request.cut.isoformat() if request.cut else ""
    datasets = [dataset.value for dataset in request.datasets]
    asked = (here, study, datasets, request.subjects, request.reason, request.requested_by, cut)
    return outcome([run_one(here, study, lambda: rederive_request(*asked), "rederive")])
